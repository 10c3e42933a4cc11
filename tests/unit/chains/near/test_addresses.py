from __future__ import annotations

import pytest
from bip_utils import NearAddrEncoder
from hypothesis import given

from chains.errors import AddressError
from chains.near.addresses import canonical, derive
from tests.unit.chains.keys import ed25519_keys


@given(ed25519_keys)
def test_an_implicit_account_is_the_key(key: bytes) -> None:
    assert canonical(NearAddrEncoder.EncodeKey(key), {}) == derive(key)


def test_no_name_is_an_implicit_account() -> None:
    names = ["exchange.near", "a", "a-b_c.near", "z" * 64, "g" * 32, "0x" + "ab" * 20]
    for name in names:
        assert canonical(name, {}) == b"@" + name.encode()


@pytest.mark.parametrize("text", ["", ".near", "a..b", "A.near", "a b", "z" * 65, "a\n", "AB" * 32])
def test_other_text_is_refused(text: str) -> None:
    with pytest.raises(AddressError):
        canonical(text, {})
