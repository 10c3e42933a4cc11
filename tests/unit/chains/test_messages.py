from __future__ import annotations

import pytest
from eth_account.messages import defunct_hash_message
from eth_utils.crypto import keccak
from hypothesis import given
from hypothesis import strategies as st

from chains.adapter import OwnershipRule
from chains.errors import RegistryError
from chains.messages import NAMES, digest, sized, statements

OKX = "I am an OKX address"
AUDIT = "OKC_DTT_AUP2025"

# Intermediate values of OKX's public tool set, for both messages.
PUBLISHED = {
    ("okx-keccak", ""): (
        "fcdf430a10ef69670de4fd836a863bf458b428f55b29fc0811d5ef168bab9b0b",
        "64882f70675d1382c8d7a9bb041951d5027cd2df58bb2dc2c4af6a0d655bbc20",
    ),
    ("okx-raw", ""): (
        "144f4b58205369676e6564204d6573736167653a0a134920616d20616e204f4b582061646472657373",
        "144f4b58205369676e6564204d6573736167653a0a0f4f4b435f4454545f41555032303235",
    ),
    ("eos-okx", ""): (
        "ec72b6cd487767cb48777437caa6e66bb5e1e0bf754be58f5a070307699b55fe",
        "dd2ec51d7a31a0dbe085fdba90b7d383da9826ab4b38d4e52a7165d565358870",
    ),
    ("evm-okx", ""): (
        "2c5ade6d905fda46ee20b58294772d2bdbee68c92ba5c54f38c325bae1326e2f",
        "6ae84a9e1604d69c9f76fe429ad47d8deb08c4d13241e5c27fef7e41a1c6a6c3",
    ),
    ("tron-v1", ""): (
        "6c1339a970bf10ad613655db7095ec297e0c0c601131a42276b594808c98316d",
        "e73c6df59bab488da8699d7f993e31b842851c5943d156e2af38d9a45c2b9aa1",
    ),
    ("tron-v2", ""): (
        "5b7b165a9285bdd124ff61a92c7aa8bd11c90e38143aa5ee0182d2b262249fb4",
        "88747935f96631a31f614fa3a6d53396179ee5150c693b8f7180265667e47124",
    ),
    ("bitcoin-message", "Bitcoin"): (
        "801daa6c71eff63c5f821bdfccc89054ac070e454811bdd4145ac92cf5cf3132",
        "a8d80d77c0d31f5b2ae35e26b1fdf76735aadf8b78d0b8abbd0e467f5a5fe7f0",
    ),
    ("bitcoin-message", "Litecoin"): (
        "8a305d3cabf992e3a25a3c156a5cd9bacb312d3cb7953fdd13dc495f82d302ba",
        "381774a39ebcf03583917fdb42a397638ff0303ed8b151466d3f84ae277c06b6",
    ),
    ("bitcoin-message", "Dogecoin"): (
        "f1552c9a1bb5255e3a58598046956aa02e2bacc61e6eb53e6cdf1c69fcd3b622",
        "5aceae17fd1570fb8185d6b59a4f94299b3922cdf15fec54cfcb558f40ae80f6",
    ),
    ("bitcoin-message", "DarkCoin"): (
        "dc34824f5af1f8e7394b9b51761ef3adad36ce32d835d08cde454f21b92ca1cf",
        "ddad17ba4a6127ca591be221d60d5ceb6582cf7b7ecfdfebcaad39e952336de0",
    ),
    ("bitcoin-message", "Bitcoin Gold"): (
        "5e1dfc982537211986ea4a10f61e2253566930805a3396c6facfa15f759791e9",
        "b6b6531da43b712467f2158ce1c5062fbee383bf3a03ac5306445ca9b0244453",
    ),
    ("bitcoin-message", "Bitcoindiamond"): (
        "1f2d6f07e7a2ed4d95e9ab0b75988d888a1044bc15c79eb13b4b71aa62978eae",
        "793742000c5b380c8366a615cdee1ae4c87d09b78d41a8ab2bf25181075c8951",
    ),
    ("bitcoin-message", "DigiByte"): (
        "d0b8c47ebbba83a667787ec5118279121da5b66f24110ee359c439a90afed1f9",
        "6b8c5d18bb5ad2a367be13cd2effd503e1d13441b752c32af04b586db0daf45a",
    ),
    ("bitcoin-message", "Qtum"): (
        "d9e58957b898b2dc5004b186471c92bca045cc06518669e858ee816fde9922e6",
        "6172f5bae282d0aeb45744c422d22256b796656557b8c2b59f60676b83d9f9f1",
    ),
    ("bitcoin-message", "Raven"): (
        "756e4954fdc1acf4ad0aa8ac3322cd31e1f23681db43840ccfc7658f7c404a71",
        "c7995e6e9267c444a7b11eef5694fa73f058e38c29cace0bf6e67eb7d8c73491",
    ),
    ("bitcoin-message", "Zcash"): (
        "186a3b0315ea1ae6e5523ba2087e688bc4abb34f36151a69142b2a9f224bd122",
        "5e98095ede0332f26bd1d3108404678da8a553052c1e76c4fb4d9491a49012aa",
    ),
}


@pytest.mark.parametrize("name", PUBLISHED, ids=" ".join)
def test_published_intermediate_values(name: tuple[str, str]) -> None:
    header = f"{name[1]} Signed Message:\n" if name[1] else ""
    found = tuple(digest(name[0], message, header).hex() for message in (OKX, AUDIT))
    assert found == PUBLISHED[name]


@given(st.text())
def test_eip191_is_that_of_eth_account(message: str) -> None:
    assert digest("eip191", message) == defunct_hash_message(text=message)
    assert digest("keccak", message) == keccak(text=message)
    assert digest("evm-okx", message) == defunct_hash_message(primitive=keccak(text=message))


def test_lengths_are_of_bytes_not_of_characters() -> None:
    assert digest("tron-v2", "é") != digest("tron-v2", "e")
    assert digest("okx-raw", "é").endswith(b"\x02\xc3\xa9")


@pytest.mark.parametrize(
    ("size", "prefix"),
    [(0, "00"), (252, "fc"), (253, "fdfd00"), (65535, "fdffff"), (65536, "fe00000100")],
)
def test_compact_size(size: int, prefix: str) -> None:
    assert sized(b"x" * size) == bytes.fromhex(prefix) + b"x" * size


def test_every_digest_but_the_raw_one_is_a_hash() -> None:
    sizes = {name: len(digest(name, OKX, "header")) for name in NAMES}
    assert {name for name, size in sizes.items() if size != 32} == {"okx-raw"}


def test_an_unknown_name_is_refused_and_the_known_ones_named() -> None:
    with pytest.raises(RegistryError, match=r"no digest named 'eip712'.*evm-okx"):
        digest("eip712", OKX)


def test_a_bitcoin_message_needs_its_header() -> None:
    with pytest.raises(RegistryError, match="message_header"):
        digest("bitcoin-message", OKX)


def test_a_lone_surrogate_is_no_message() -> None:
    with pytest.raises(RegistryError, match="not Unicode text"):
        digest("keccak", "\ud800")


def rule(digests: tuple[str, ...], messages: tuple[str, ...], **parameters: int) -> OwnershipRule:
    return OwnershipRule("testnet", "evm", digests, messages, parameters)


def test_statements_keep_the_stated_order() -> None:
    found = statements(rule(("tron-v2", "tron-v1"), (OKX, AUDIT)))
    assert [statement.digest for statement in found[AUDIT]] == ["tron-v2", "tron-v1"]
    assert found[OKX][0].signed == digest("tron-v2", OKX)
    assert set(found) == {OKX, AUDIT}


@pytest.mark.parametrize(("digests", "messages"), [((), (OKX,)), (("keccak",), ())])
def test_a_rule_that_would_judge_nothing_is_refused(
    digests: tuple[str, ...], messages: tuple[str, ...]
) -> None:
    with pytest.raises(RegistryError, match="no message or no digest"):
        statements(rule(digests, messages))


def test_a_header_that_is_no_text_is_refused() -> None:
    with pytest.raises(RegistryError, match="not a text"):
        statements(rule(("keccak",), (OKX,), message_header=5))
