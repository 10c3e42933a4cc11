from __future__ import annotations

import pytest
from bip_utils import SS58Encoder
from hypothesis import given
from hypothesis import strategies as st

from chains.errors import AddressError, ForeignAddress
from chains.substrate.addresses import canonical, prefix_bytes
from tests.unit.chains.keys import ed25519_keys

prefixes = st.integers(0, 16383).filter(lambda number: number not in (46, 47))
"""46 and 47 are reserved, and bip_utils does not write them."""


@given(ed25519_keys, prefixes)
def test_an_address_is_the_key_behind_the_prefix(key: bytes, prefix: int) -> None:
    text = SS58Encoder.Encode(key, prefix)
    assert canonical(text, {"ss58_prefix": prefix}) == key == canonical(text, {})
    with pytest.raises(ForeignAddress):
        canonical(text, {"ss58_prefix": prefix ^ 1})


@given(st.integers(0, 16383), st.integers(0, 16383))
def test_prefixes_are_told_apart(one: int, other: int) -> None:
    assert (prefix_bytes(one) == prefix_bytes(other)) == (one == other)


@pytest.mark.parametrize(
    "text", ["", "1", "15WXogcgXnHsZ1FeuNc6cg34i8R6JCXgWrDLNLERLLesJ7bg", "0x"]
)
def test_other_text_is_refused(text: str) -> None:
    with pytest.raises(AddressError):
        canonical(text, {"ss58_prefix": 0})
