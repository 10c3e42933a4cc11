from __future__ import annotations

from chains.filecoin.addresses import derive, encode
from chains.filecoin.ownership import verifier
from tests.unit.chains.keys import rule
from tests.unit.chains.rules import row
from tests.vectors.signing import OKX_KECCAK, hex_signature, uncompressed


def test_only_key_addresses_are_bound() -> None:
    judge = verifier(rule("filecoin", "okx-keccak"))
    signed, key = hex_signature(1, OKX_KECCAK), uncompressed(1).hex()
    assert judge(row(encode(derive(uncompressed(1))), signed, key=key)).reason == "address-signed"
    assert judge(row(encode(derive(uncompressed(2))), signed, key=key)).reason != "address-signed"
    assert judge(row("f01729", signed, key=key)).reason == "address-form"
