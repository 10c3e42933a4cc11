from __future__ import annotations

import pytest
from bip_utils import IcxAddrEncoder
from hypothesis import given

from chains.errors import AddressError
from chains.icon import canonical, derive
from tests.unit.chains.keys import secp256k1_keys, short


@given(secp256k1_keys)
def test_an_address_is_the_nist_hash_of_the_point(key: bytes) -> None:
    assert canonical(IcxAddrEncoder.EncodeKey(short(key)), {}) == derive(key)


def test_a_contract_is_not_an_account() -> None:
    assert canonical("cx" + "ab" * 20, {}) != canonical("hx" + "ab" * 20, {})


@pytest.mark.parametrize(
    "text", ["", "hx", "ab" * 20, "hx" + "AB" * 20, "HX" + "ab" * 20, "hx0x" + "ab" * 19,
             "hx" + "ab" * 20 + "\n"]
)  # fmt: skip
def test_other_text_is_refused(text: str) -> None:
    with pytest.raises(AddressError):
        canonical(text, {})
