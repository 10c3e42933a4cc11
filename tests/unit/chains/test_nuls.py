from __future__ import annotations

import pytest

from chains.errors import AddressError
from chains.nuls import canonical, verifier
from tests.unit.chains.keys import rule
from tests.unit.chains.rules import row
from tests.vectors.signing import OKX_KECCAK, compressed, hex_signature


def test_text_is_kept_and_never_bound() -> None:
    assert canonical("NULSd6HgXXXX", {}) == b"NULSd6HgXXXX"
    for text in ("", "a b", "NULS\n", "x" * 131, "\u00e9"):
        with pytest.raises(AddressError):
            canonical(text, {})


def test_the_sentence_says_what_would_settle_it() -> None:
    signed = hex_signature(1, OKX_KECCAK)
    found = verifier(rule("nuls", "okx-keccak"))(row("NULSd6", signed, key=compressed(1).hex()))
    assert (found.word, found.digest) == ("key-only", "okx-keccak")
    assert found.detail.endswith("this key as that of the account.")
