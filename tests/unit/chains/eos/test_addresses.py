from __future__ import annotations

import pytest

from chains.eos.addresses import canonical
from chains.errors import AddressError


def test_account_names() -> None:
    for name in ("a", "okbwallet1tr", "eosio.token", "abcdefghijklj", ".a"):
        assert canonical(name, {}) == name.encode()
    for name in ("", "A", "a.", "abcdefghijklz", "abcdefghijkljj", "a6", "a b", "a\n"):
        with pytest.raises(AddressError):
            canonical(name, {})
