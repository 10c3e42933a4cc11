from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chains.encodings import base58check_text
from chains.errors import AddressError, ForeignAddress, RegistryError
from chains.tron.addresses import canonical, encode, version

ADDRESS = "TEjxQjU3CxkFrSDcPfHwZXSuPpCpdQ27NJ"


@given(st.binary(min_size=20, max_size=20))
def test_round_trip(account: bytes) -> None:
    text = encode(b"\x41" + account)
    assert text.startswith("T")
    assert canonical(text, {"version": "41"}) == b"\x41" + account


def test_letter_case_matters() -> None:
    assert canonical(ADDRESS, {})[0] == 0x41
    for text in (
        ADDRESS.lower(),
        ADDRESS.swapcase(),
        ADDRESS[:-1],
        ADDRESS + "J",
        " " + ADDRESS,
        "",
    ):
        with pytest.raises(AddressError):
            canonical(text, {})


def test_other_versions_are_other_networks() -> None:
    with pytest.raises(ForeignAddress):
        canonical("1DcT5Wij5tfb3oVViF8mA8p4WrG98ahZPT", {})
    with pytest.raises(ForeignAddress):
        canonical(ADDRESS, {"version": "a0"})
    with pytest.raises(AddressError, match="21 bytes"):
        canonical(base58check_text(b"\x41" + bytes(21)), {})


@pytest.mark.parametrize("value", ["", "4141", "xx", 41, True])
def test_a_version_is_one_byte_in_hex(value: str | int) -> None:
    with pytest.raises(RegistryError):
        version({"version": value})
