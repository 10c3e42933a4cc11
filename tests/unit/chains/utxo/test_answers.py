from __future__ import annotations

import pytest

from chains.errors import MalformedAnswer
from chains.utxo.answers import block_hash


def test_a_hash_is_trimmed_and_lowered() -> None:
    assert block_hash(" " + "AB" * 32 + "\n") == "ab" * 32
    for wrong in ("ab" * 31, "zz" * 32, 7):
        with pytest.raises(MalformedAnswer):
            block_hash(wrong)
