from __future__ import annotations

from bip_utils import SS58Encoder

from chains.substrate.ownership import verifier
from tests.unit.chains.keys import rule
from tests.unit.chains.rules import row
from tests.vectors.listed_key_rows import KEY, SIGNED


def test_without_a_prefix_nothing_is_bound() -> None:
    text = SS58Encoder.Encode(KEY, 10)
    found = verifier(rule("substrate", "okx-raw"))(row(text, SIGNED, key=KEY.hex()))
    assert found.reason == "key-signature"
    found = verifier(rule("substrate", "okx-raw", ss58_prefix=10))(row(text, SIGNED, key=KEY.hex()))
    assert found.reason == "address-signed"
