from __future__ import annotations

from hashlib import sha256

from bip_utils import TonAddrEncoder, TonAddrVersions
from hypothesis import given

from chains.ton.addresses import canonical
from chains.ton.wallets import accounts, cell_hash
from tests.unit.chains.keys import ed25519_keys

# Made with @ton/ton, an implementation that ships the contracts' code cells.
KEY = bytes.fromhex("848ab1340c6c31d9afab778d16e44b53acc5c15729f2d3105f9d7ba1e04ba911")
MADE = {
    "v3r2": "778de65f3e9cafb9e26b101758863b4de67688373700fa9dbc385e69759fdd01",
    "v4r2": "c562d32c22bc792c17012c9925a22b3c3575149f014951f6a6a1ae6fc4570df6",
    "v5r1": "1b465ce03f0a3701bc6db15c27bcfda08523ee53f8269b7112060e85eae1bffb",
}
# A published row, whose wallet is the highload one.
HIGHLOAD_KEY = bytes.fromhex("6711ba8eaa47855b01d73e3849cd93861b1c11d7a86ae5fb8f96bb63d9be5a6b")
HIGHLOAD = "UQB1CKrUWm7qf41Z1GeEE6AgVVj5cH6y6x1aRmWe6q4mj1fn"


def test_wallets_made_by_another_library() -> None:
    assert {bytes.fromhex(account) for account in MADE.values()} < accounts(KEY)
    assert len(accounts(KEY)) == 4


def test_the_published_highload_wallet() -> None:
    assert canonical(HIGHLOAD, {})[1:] in accounts(HIGHLOAD_KEY)
    assert canonical(HIGHLOAD, {})[1:] not in accounts(KEY)


@given(ed25519_keys)
def test_wallets_of_every_key(key: bytes) -> None:
    versions = (TonAddrVersions.V3R2, TonAddrVersions.V4, TonAddrVersions.V5R1)
    texts = [TonAddrEncoder.EncodeKey(key, version=version) for version in versions]
    assert {canonical(text, {})[1:] for text in texts} < accounts(key)
    old = TonAddrEncoder.EncodeKey(key, version=TonAddrVersions.V3R1)
    assert canonical(old, {})[1:] not in accounts(key)  # revision 1 is not read


def test_a_cell_of_whole_bytes_is_not_padded() -> None:
    assert cell_hash(0xAB, 8) == sha256(b"\x00\x02\xab").digest()
    assert cell_hash(0b101, 3) == sha256(b"\x00\x01\xb0").digest()
