from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chains.encodings import (
    BECH32,
    BECH32M,
    base32_bytes,
    base58_bytes,
    base58_text,
    base58check_bytes,
    base58check_text,
    base64_bytes,
    bech32_bytes,
    bech32_values,
    cashaddr_payload,
    hex_bytes,
    hex_script,
    segwit_script,
)
from chains.errors import AddressError, ForeignAddress
from tests.vectors.text_forms import bech32, bech32_of_values, cashaddr

any_text = st.text(st.characters(exclude_categories=[]), max_size=200)
"""Lone surrogates included."""


@given(st.binary(max_size=40))
def test_hex_round_trip(data: bytes) -> None:
    for text in (data.hex(), data.hex().upper(), "0x" + data.hex(), "0X" + data.hex().upper()):
        assert hex_bytes(text, len(data)) == data
        assert hex_script(text, 40) == data


@pytest.mark.parametrize(
    "text",
    ["", "ff", "fff", "fffff", "ffffff", "0xff", "0xfffg", "ff f", " ffff", "ff\0f", "ff\ud800f",
     "ffff0x", "0x0xff", "\uff10\uff10\uff10\uff10", "ff ff", "f f f f", "  ff", "-fff"],
)  # fmt: skip
def test_two_bytes_are_not_read_from(text: str) -> None:
    assert hex_bytes(text, 2) is None


def test_a_script_has_a_limit() -> None:
    assert hex_script("51" * 3, 3) == b"QQQ"
    assert hex_script("0x" + "51" * 3, 3) == b"QQQ"
    assert hex_script("51" * 4, 3) is None
    assert hex_script("0x" + "51" * 4, 3) is None
    assert hex_script("515", 3) is None
    assert hex_script("5" * 1_000_000, 3) is None


@given(st.binary(min_size=65, max_size=65))
def test_base64_round_trip(data: bytes) -> None:
    text = base64.b64encode(data).decode()
    assert base64_bytes(text, 65) == data
    assert base64_bytes(text, 64) is None


def test_base64_has_one_text_for_one_value() -> None:
    text = base64.b64encode(bytes(65)).decode()
    assert text.endswith("AA=")
    assert base64.b64decode(text[:-2] + "B=") == bytes(65)  # a lenient decoder ignores the bit
    assert base64_bytes(text[:-2] + "B=", 65) is None
    for damaged in (
        text[:-1],
        text + "=",
        " " + text[1:],
        "\n" + text[1:],
        "-" + text[1:],
        "é" + text[1:],
    ):
        assert base64_bytes(damaged, 65) is None


@given(st.binary(max_size=70))
def test_base32_round_trip(data: bytes) -> None:
    text = base64.b32encode(data).decode().rstrip("=").lower()
    assert base32_bytes(text) == data


@pytest.mark.parametrize("text", ["A", "a", "AE", "ab", "a1", "é", "aa======", "aé", "a" * 136])
def test_base32_refuses(text: str) -> None:
    with pytest.raises(AddressError):
        base32_bytes(text)


@given(st.binary(min_size=1, max_size=40))
def test_base58_round_trip(data: bytes) -> None:
    assert base58_bytes(base58_text(data)) == data
    assert base58check_bytes(base58check_text(data)) == data


@pytest.mark.parametrize(
    "text",
    ["", "0", "O", "I", "l", " 1", "1 ", "1\0", "1\n", "é", "\ud800", "1" * 131, "z" * 1_000_000],
)
def test_base58_refuses(text: str) -> None:
    with pytest.raises(AddressError):
        base58_bytes(text)


def test_nothing_behind_a_nul_is_ignored() -> None:
    # libwally reads a C string: without a check of ours, the text below would be the address.
    address = "1DcT5Wij5tfb3oVViF8mA8p4WrG98ahZPT"
    segwit = "BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4"
    assert base58check_bytes(address)
    assert segwit_script(segwit, "bc")
    with pytest.raises(AddressError):
        base58check_bytes(address + "\0junk")
    with pytest.raises(AddressError):
        segwit_script(segwit + "\0junk", "bc")


# BIP-173 and BIP-350, "Test vectors for segwit addresses" (main network).
SEGWIT = {
    "BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4": "0014751e76e8199196d454941c45d1b3a323f1433bd6",
    "bc1pw508d6qejxtdg4y5r3zarvary0c5xw7kw508d6qejxtdg4y5r3zarvary0c5xw7kt5nd6y": (
        "5128751e76e8199196d454941c45d1b3a323f1433bd6751e76e8199196d454941c45d1b3a323f1433bd6"
    ),
    "BC1SW50QGDZ25J": "6002751e",
    "bc1zw508d6qejxtdg4y5r3zarvaryvaxxpcs": "5210751e76e8199196d454941c45d1b3a323",
    "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0": (
        "512079be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"
    ),
}
NOT_SEGWIT = [
    "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqh2y7hd",
    "BC1S0XLXVLHEMJA6C4DQV22UAPCTQUPFHLXM9H8Z3K2E72Q4K9HCZ7VQ54WELL",
    "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kemeawh",
    "bc1p38j9r5y49hruaue7wxjce0updqjuyyx0kh56v8s25huc6995vvpql3jow4",
    "BC130XLXVLHEMJA6C4DQV22UAPCTQUPFHLXM9H8Z3K2E72Q4K9HCZ7VQ7ZWS8R",
    "bc1pw5dgrnzv",
    "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7v8n0nx0muaewav253zgeav",
    "BC1QR508D6QEJXTDG4Y5R3ZARVARYV98GJ9P",
    "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7v07qwwzcrf",
    "bc1gmk9yu",
    "bc1QW508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4",
    "",
    "bc1",
    "1qqqqqqqq",
]


@pytest.mark.parametrize("text", SEGWIT)
def test_segwit_addresses_of_the_bips(text: str) -> None:
    assert segwit_script(text, "bc").hex() == SEGWIT[text]


@pytest.mark.parametrize("text", NOT_SEGWIT)
def test_what_the_bips_refuse(text: str) -> None:
    with pytest.raises(AddressError) as refusal:
        segwit_script(text, "bc")
    assert not isinstance(refusal.value, ForeignAddress)


def test_another_prefix_is_another_network() -> None:
    with pytest.raises(ForeignAddress):
        segwit_script("tc1qw508d6qejxtdg4y5r3zarvary0c5xw7kg3g4ty", "bc")


@pytest.mark.parametrize(
    ("text", "variant"),
    [
        ("A12UEL5L", BECH32),
        ("abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxw", BECH32),
        ("split1checkupstagehandshakeupstreamerranterredcaperred2y9e3w", BECH32),
        ("A1LQFN3A", BECH32M),
        ("?1v759aa", BECH32M),
    ],
)
def test_bech32_texts_of_the_bips(text: str, variant: int) -> None:
    prefix, values, found = bech32_values(text)
    assert found == variant
    assert prefix == text.lower().rpartition("1")[0]
    assert len(values) == len(text) - len(prefix) - 7


@pytest.mark.parametrize(
    "text", ["pzry9x0s0muk", "1pzry9x0s0muk", "x1b4n0q5v", "li1dgmt3", "A1G7SGD8"]
)
def test_bech32_texts_that_bip173_refuses(text: str) -> None:
    with pytest.raises(AddressError):
        bech32_values(text)


@given(st.binary(max_size=40))
def test_bech32_round_trip(data: bytes) -> None:
    assert bech32_bytes(bech32("lat", data), "lat") == data
    assert bech32_bytes(bech32("lat", data).upper(), "lat") == data


def test_bech32m_is_not_bech32() -> None:
    with pytest.raises(AddressError, match="bech32m"):
        bech32_bytes(bech32("ex", b"12345", BECH32M), "ex")
    with pytest.raises(ForeignAddress):
        bech32_bytes(bech32("ex", b"12345"), "lat")


@pytest.mark.parametrize("values", [[0], [0, 1], [31, 31, 31], [0] * 9, [0, 0, 0, 0, 1]])
def test_padding_is_short_and_zero(values: list[int]) -> None:
    with pytest.raises(AddressError, match="padding"):
        bech32_bytes(bech32_of_values("ex", values), "ex")


# The cashaddr specification, "Translation table".
CASHADDR = "bitcoincash:qpm2qsznhks23z7629mms6s4cwef74vcwvy22gdx6a"
LEGACY = "1BpEi6DfDAUFd7GtittLSdBeYJvcoaVggu"


def test_cashaddr_of_the_specification() -> None:
    expected = b"\0" + base58check_bytes(LEGACY)[1:]
    for text in (CASHADDR, CASHADDR.upper(), CASHADDR.partition(":")[2]):
        assert cashaddr_payload(text, "bitcoincash") == expected


def test_cashaddr_refusals() -> None:
    with pytest.raises(ForeignAddress):
        cashaddr_payload(CASHADDR, "ecash")
    for text in (CASHADDR[:-1] + "q", "ecash" + CASHADDR[11:], CASHADDR[:-1] + "A", "", ":", "q"):
        with pytest.raises(AddressError) as refusal:
            cashaddr_payload(text, "bitcoincash")
        assert not isinstance(refusal.value, ForeignAddress)


@given(st.binary(min_size=1, max_size=40), st.sampled_from(["bitcoincash", "ecash"]))
def test_cashaddr_round_trip(data: bytes, prefix: str) -> None:
    assert cashaddr_payload(cashaddr(prefix, data), prefix) == data


@given(any_text)
def test_decoders_are_total(text: str) -> None:
    assert hex_bytes(text, 20) is None or len(text) in (40, 42)
    assert base64_bytes(text, 65) is None or len(text) == 88
    for decoder in (
        base32_bytes,
        base58_bytes,
        base58check_bytes,
        bech32_values,
        lambda found: segwit_script(found, "bc"),
        lambda found: cashaddr_payload(found, "ecash"),
    ):
        try:
            decoder(text)
        except AddressError:
            continue
