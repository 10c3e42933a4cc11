from __future__ import annotations

import pytest
from bip_utils import AptosAddrEncoder
from hypothesis import given

from chains.aptos import canonical, derive, verifier
from chains.errors import AddressError
from tests.unit.chains.keys import ed25519_keys, rule
from tests.unit.chains.rules import row
from tests.vectors.listed_key_rows import KEY, SIGNED


@given(ed25519_keys)
def test_an_address_is_the_hash_of_the_key_and_its_scheme(key: bytes) -> None:
    text = AptosAddrEncoder.EncodeKey(key)
    assert canonical(text, {}) == derive(key) == canonical(text[2:], {})
    assert canonical(AptosAddrEncoder.EncodeKey(key, trim_zeroes=True), {}) == derive(key)


def test_zeros_may_be_left_out_behind_0x_only() -> None:
    assert canonical("0x1", {}) == canonical("0x" + "0" * 63 + "1", {})
    for text in ("", "1", "0x", "0x" + "0" * 65, "0xg", "0x 1", "1" * 63):
        with pytest.raises(AddressError):
            canonical(text, {})


def test_a_rotated_key_names_the_account_record() -> None:
    judge = verifier(rule("aptos", "okx-raw"))
    found = judge(row("0x1", SIGNED, key=KEY.hex(), owner1="0x" + derive(KEY).hex()))
    assert (found.word, found.reason) == ("key-only", "owner-signature")
    assert "authentication_key" in found.detail
