from __future__ import annotations

import pytest
from bip_utils import AtomAddrEncoder, InjAddrEncoder
from hypothesis import given

from chains.cosmos.addresses import canonical
from chains.errors import AddressError, ForeignAddress, RegistryError
from chains.signatures import evm_account, hash160
from tests.unit.chains.keys import secp256k1_keys, short


@given(secp256k1_keys)
def test_an_address_is_a_hash_of_the_key(key: bytes) -> None:
    text = AtomAddrEncoder.EncodeKey(short(key), hrp="celestia")
    assert canonical(text, {"bech32_hrp": "celestia"}) == hash160(short(key))
    text = InjAddrEncoder.EncodeKey(short(key))
    assert canonical(text, {"bech32_hrp": "inj"}) == evm_account(key)
    with pytest.raises(ForeignAddress):
        canonical(text, {"bech32_hrp": "cosmos"})


@pytest.mark.parametrize("text", ["", "cosmos1", "cosmos1qqqq", "x"])
def test_other_text_is_refused(text: str) -> None:
    with pytest.raises(AddressError):
        canonical(text, {"bech32_hrp": "cosmos"})


def test_a_network_without_prefix_is_our_own_mistake() -> None:
    with pytest.raises(RegistryError, match="bech32_hrp"):
        canonical("cosmos1", {})
