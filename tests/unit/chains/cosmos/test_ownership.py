from __future__ import annotations

import pytest
from bip_utils import AtomAddrEncoder, InjAddrEncoder

from chains.cosmos.ownership import verifier
from chains.errors import RegistryError
from tests.unit.chains.keys import rule, short
from tests.unit.chains.rules import row
from tests.vectors.signing import OKX_KECCAK, TRON_V2, hex_signature, uncompressed


@pytest.mark.parametrize("hashed", ["hash160", "keccak"])
def test_each_network_derives_its_own_address(hashed: str) -> None:
    judge = verifier(rule("cosmos", "okx-keccak", bech32_hrp="inj", account_hash=hashed))
    atom = AtomAddrEncoder.EncodeKey(short(uncompressed(1)), hrp="inj")
    inj = InjAddrEncoder.EncodeKey(short(uncompressed(1)))
    own, other = (atom, inj) if hashed == "hash160" else (inj, atom)
    signed, key = hex_signature(1, OKX_KECCAK), uncompressed(1).hex()
    assert judge(row(own, signed, key=key)).reason == "address-signed"
    assert judge(row(other, signed, key=key)).reason != "address-signed"
    assert judge(row(own, hex_signature(1, TRON_V2), key=key)).reason != "address-signed"


def test_a_network_without_prefix_is_our_own_mistake() -> None:
    with pytest.raises(RegistryError, match="bech32_hrp"):
        verifier(rule("cosmos", "okx-keccak"))
