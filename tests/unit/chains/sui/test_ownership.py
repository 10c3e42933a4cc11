from __future__ import annotations

from bip_utils import SuiAddrEncoder
from hypothesis import given

from chains.sui.addresses import canonical
from chains.sui.ownership import derive
from tests.unit.chains.keys import ed25519_keys


@given(ed25519_keys)
def test_an_address_is_the_hash_of_scheme_and_key(key: bytes) -> None:
    assert canonical(SuiAddrEncoder.EncodeKey(key), {}) == derive(key)
