from __future__ import annotations

import pytest
from bip_utils import XtzAddrEncoder, XtzAddrPrefixes
from hypothesis import given

from chains.errors import AddressError
from chains.tezos.addresses import canonical, derive, encode
from tests.unit.chains.keys import ed25519_keys


@given(ed25519_keys)
def test_tz1_is_the_hash_of_the_key(key: bytes) -> None:
    assert canonical(XtzAddrEncoder.EncodeKey(key, prefix=XtzAddrPrefixes.TZ1), {}) == derive(key)
    for other in (XtzAddrPrefixes.TZ2, XtzAddrPrefixes.TZ3):
        found = canonical(XtzAddrEncoder.EncodeKey(key, prefix=other), {})
        assert found[3:] == derive(key)[3:]
        assert found != derive(key)
        assert canonical(encode(found), {}) == found


@pytest.mark.parametrize(
    "text", ["", "x", "tz1Ke2h7sDdakHJQh8WX4Z372du1KChsksyV", "1DcT5Wij5tfb3oVViF8mA8p4WrG98ahZPT"]
)
def test_other_text_is_refused(text: str) -> None:
    with pytest.raises(AddressError):
        canonical(text, {})
