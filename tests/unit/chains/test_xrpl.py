from __future__ import annotations

import pytest
from bip_utils import XrpAddrEncoder
from hypothesis import given

from chains.errors import AddressError, ForeignAddress
from chains.signatures import hash160
from chains.xrpl import canonical, tagged_account
from tests.unit.chains.keys import secp256k1_keys, short


@given(secp256k1_keys)
def test_an_address_is_the_hash_of_the_short_key(key: bytes) -> None:
    assert canonical(XrpAddrEncoder.EncodeKey(short(key)), {}) == hash160(short(key))


def test_the_well_known_accounts() -> None:
    assert canonical("rrrrrrrrrrrrrrrrrrrrBZbvji", {}) == bytes(19) + b"\x01"
    assert len(canonical("rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTh", {})) == 20


@pytest.mark.parametrize(
    "text",
    ["", "r", "rForeign", "rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTH",
     "1DcT5Wij5tfb3oVViF8mA8p4WrG98ahZPT",
     "XVLhHMPHU98es4dbozjVtdWzVrDjtV5fdx1mHp98tDMoQXb", "r\0"],
)  # fmt: skip
def test_other_text_is_refused(text: str) -> None:
    with pytest.raises(AddressError):
        canonical(text, {})


@pytest.mark.parametrize(
    ("text", "classic", "tag"),
    [
        # from the reference tests of XLS-5 (xrp-api, address codec)
        ("X7AcgcsBL6XDcUb289X4mJ8djcdyKaB5hJDWMArnXr61cqZ", "r9cZA1mLK5R5Am25ArfXFmqgNwjZgnfk59",
         None),
        ("X7AcgcsBL6XDcUb289X4mJ8djcdyKaGZMhc9YTE92ehJ2Fu", "r9cZA1mLK5R5Am25ArfXFmqgNwjZgnfk59",
         1),
    ],
)  # fmt: skip
def test_an_x_address_is_a_classic_account_and_a_tag(
    text: str, classic: str, tag: int | None
) -> None:
    assert tagged_account(text) == (canonical(classic, {}), tag)


@pytest.mark.parametrize(
    "text",
    ["", "X", "rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTh",
     "X7AcgcsBL6XDcUb289X4mJ8djcdyKaB5hJDWMArnXr61cqz"],
)  # fmt: skip
def test_other_text_is_no_x_address(text: str) -> None:
    with pytest.raises(AddressError):
        tagged_account(text)


def test_an_x_address_of_the_test_network_is_foreign() -> None:
    with pytest.raises(ForeignAddress):
        tagged_account("T719a5UwUCnEs54UsxG9CJYYDhwmFCqkr7wxCcNcfZ6p5GZ")
