from __future__ import annotations

import pytest
from eth_utils.address import to_checksum_address
from hypothesis import given
from hypothesis import strategies as st

from chains.errors import AddressError, ForeignAddress
from chains.evm.addresses import canonical, encode, is_actor_id
from tests.vectors.text_forms import bech32

accounts = st.binary(min_size=20, max_size=20)
F410 = {"f410": True}
# A published Filecoin row and the account it stands for.
DELEGATED = "f410fa7sh5u6fvd7vt625dx2akhbu3jt7yvkhgdp55ki"
ACCOUNT = "07e47ed3c5a8ff59fb5d1df4051c34da67fc5547"


@given(accounts)
def test_every_hex_spelling_is_one_account(account: bytes) -> None:
    text = encode(account)
    for spelling in (
        text,
        text[2:],
        text.upper(),
        to_checksum_address(text),
        "0x" + text[2:].upper(),
    ):
        assert canonical(spelling, {}) == account
        assert canonical(spelling, F410) == account


@given(accounts)
def test_bech32_is_the_same_account(account: bytes) -> None:
    assert canonical(bech32("lat", account), {"bech32_hrp": "lat"}) == account
    with pytest.raises(ForeignAddress):
        canonical(bech32("lat", account), {"bech32_hrp": "ex"})
    with pytest.raises(AddressError):
        canonical(bech32("lat", account), {})


def test_a_published_delegated_address() -> None:
    assert canonical(DELEGATED, F410).hex() == ACCOUNT
    for damaged in (
        DELEGATED.upper(),
        DELEGATED[:-1] + "j",
        DELEGATED + "a",
        "f410" + DELEGATED[5:],
    ):
        with pytest.raises(AddressError):
            canonical(damaged, F410)
    with pytest.raises(AddressError):
        canonical(DELEGATED, {})


def test_an_actor_id_is_a_masked_account() -> None:
    assert canonical("f01234", F410).hex() == "ff0000000000000000000000" + "00000000000004d2"
    assert is_actor_id(canonical("f00", F410))
    assert not is_actor_id(bytes.fromhex(ACCOUNT))
    for text in ("f0", "f001", "f0-1", "f0x", "f0\u0661", f"f0{2**64}", "f0" + "9" * 5000, "f0 1"):
        with pytest.raises(AddressError):
            canonical(text, F410)


def test_a_filecoin_test_network_is_another_network() -> None:
    with pytest.raises(ForeignAddress):
        canonical("t01234", F410)


@pytest.mark.parametrize(
    "text",
    ["", "0x", "0x1", "0x" + "0" * 39, "0x" + "0" * 41, "0x" + "g" * 40, " 0x" + "0" * 40,
     "0x" + "0" * 40 + "\n", "0x" + "0" * 39 + "\0", "\ud800" * 40, "vitalik.eth", "0" * 1_000_000],
)  # fmt: skip
def test_what_is_no_account(text: str) -> None:
    for parameters in ({}, F410, {"bech32_hrp": "ex"}):
        with pytest.raises(AddressError):
            canonical(text, parameters)


def test_a_bech32_text_of_another_length_is_no_account() -> None:
    with pytest.raises(AddressError):
        canonical(bech32("ex", b"19 bytes are no acc"), {"bech32_hrp": "ex"})
