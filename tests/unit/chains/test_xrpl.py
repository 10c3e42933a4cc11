from __future__ import annotations

import pytest
from bip_utils import XrpAddrEncoder
from hypothesis import given

from chains.errors import AddressError
from chains.signatures import hash160
from chains.xrpl import canonical
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
