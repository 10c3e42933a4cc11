from __future__ import annotations

import contextlib
from zlib import crc32

import pytest
from bip_utils import AdaByronIcarusAddrEncoder
from hypothesis import given
from hypothesis import strategies as st

from chains.cardano.addresses import canonical, encode, is_byron, is_staked
from chains.encodings import base58_text
from chains.errors import AddressError, ForeignAddress

credentials = st.binary(min_size=28, max_size=28)


@given(st.sampled_from([0, 1, 2, 3]), credentials, credentials)
def test_base_addresses_are_written_and_read(kind: int, payment: bytes, stake: bytes) -> None:
    address = bytes([kind << 4 | 1]) + payment + stake
    assert canonical(encode(address), {}) == address
    assert (is_staked(address), is_byron(address)) == (True, False)


@given(st.sampled_from([6, 7]), credentials)
def test_enterprise_addresses_are_written_and_read(kind: int, payment: bytes) -> None:
    address = bytes([kind << 4 | 1]) + payment
    assert canonical(encode(address), {}) == address
    assert not is_staked(address)


def test_byron_addresses_are_written_and_read() -> None:
    text = AdaByronIcarusAddrEncoder.EncodeKey(bytes(32), chain_code=bytes(32))
    address = canonical(text, {})
    assert encode(address) == text
    assert (is_staked(address), is_byron(address)) == (False, True)


MAIN_NETWORK = (
    "Ae2tdPwUPEZFRbyhz3cpfC2CumGzNkFBN2L42rcUc2yjQpEkxDbkPodpMAi",
    (
        "DdzFFzCqrht7HGoJ87gznLktJGywK1LbAJT2sbd4txmgS7FcYLMQFhawb18ojS9Hx55mrbsHPr7PTraKh14TSQb"
        "GBPJHbDZ9QVh6Z6Di"
    ),
)
TEST_NETWORKS = (
    "2cWKMJemoBajc46Wu4Z7e6bG48myZWfB7Z6pD77L6PrJQWt9HZ3Yv7o8CYZTBMqHTPTkv",
    (
        "37btjrVyb4KDXBNC4haBVPCrro8AQPHwvCMp3RFhhSVWwfFmZ6wwzSK6JK1hY6wHNmtrpTf1kdbva8TCneM2YsiXT7mr"
        "zT21EacHnPpz5YyUdj64na"
    ),
)
"""Byron addresses as they are published: Yoroi's, Daedalus' and CIP-19's own examples."""


@pytest.mark.parametrize("text", MAIN_NETWORK)
def test_a_byron_address_with_a_wrong_letter_is_none(text: str) -> None:
    assert encode(canonical(text, {})) == text
    for at in range(len("DdzFF"), len(text)):
        other = text[:at] + ("2" if text[at] == "1" else "1") + text[at + 1 :]
        with pytest.raises(AddressError):
            canonical(other, {})


@pytest.mark.parametrize("text", TEST_NETWORKS)
def test_byron_addresses_of_test_networks_are_foreign(text: str) -> None:
    with pytest.raises(ForeignAddress):
        canonical(text, {})


@given(st.binary(min_size=2, max_size=2))
def test_byron_attributes_of_any_kind_are_an_address_or_none(attributes: bytes) -> None:
    payload = bytes.fromhex("83581c") + bytes(28) + attributes
    framed = bytes.fromhex("82d81858") + bytes([len(payload)]) + payload
    text = base58_text(framed + b"\x1a" + crc32(payload).to_bytes(4, "big"))
    assert text.startswith("Ae2")
    with contextlib.suppress(AddressError):
        assert encode(canonical(text, {})) == text


@pytest.mark.parametrize("text", MAIN_NETWORK)
def test_a_byron_address_that_is_cut_is_none(text: str) -> None:
    for size in range(len(text)):
        with pytest.raises(AddressError):
            canonical(text[:size], {})
