from __future__ import annotations

import pytest
from bip_utils import XrpAddrEncoder
from hypothesis import given

from chains.encodings import base58check_text
from chains.errors import AddressError, ForeignAddress
from chains.signatures import hash160
from chains.xrpl.addresses import canonical, encode
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
     "XVLhHMPHU98es4dbozjVtdWzVrDjtV5fdx1mHp98tDMoQXc", "r\0"],
)  # fmt: skip
def test_other_text_is_refused(text: str) -> None:
    with pytest.raises(AddressError):
        canonical(text, {})


@pytest.mark.parametrize(
    "text",
    ["XVLhHMPHU98es4dbozjVtdWzVrDjtV5fdx1mHp98tDMoQXb",  # without a tag
     "XVLhHMPHU98es4dbozjVtdWzVrDjtV8AqEL4xcZj5whKbmc"],  # with tag 1; both from XLS-5
)  # fmt: skip
def test_an_x_address_is_its_account_whatever_the_tag(text: str) -> None:
    assert encode(canonical(text, {})) == "rGWrZyQqhTp9Xu7G5Pkayo7bXjH4k4QYpf"


def test_an_x_address_of_a_test_network_is_foreign() -> None:
    with pytest.raises(ForeignAddress):
        canonical("T719a5UwUCnEs54UsxG9CJYYDhwmFCqkr7wxCcNcfZ6p5GZ", {})


@pytest.mark.parametrize(
    "payload",
    [b"\x05\x44" + bytes(20) + b"\x00" + b"\x01" + bytes(7),
     b"\x05\x44" + bytes(20) + b"\x01" + bytes(7) + b"\x01",
     b"\x05\x44" + bytes(20) + b"\x02" + bytes(8),
     b"\x05\x45" + bytes(20) + b"\x00" + bytes(8)],
    ids=["a tag without its flag", "a tag of 64 bits", "an unknown flag", "another prefix"],
)  # fmt: skip
def test_an_x_address_that_xls_5_does_not_allow_is_refused(payload: bytes) -> None:
    bitcoin = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
    ripple = "rpshnaf39wBUDNEGHJKLM4PQRST7VWXYZ2bcdeCg65jkm8oFqi1tuvAxyz"
    text = base58check_text(payload).translate(str.maketrans(bitcoin, ripple))
    with pytest.raises(AddressError):
        canonical(text, {})
