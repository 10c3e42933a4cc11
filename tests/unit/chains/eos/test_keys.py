from __future__ import annotations

import pytest
from bip_utils import EosAddrEncoder
from hypothesis import given
from hypothesis import strategies as st

from chains.eos.keys import read_key, read_signature
from tests.unit.chains.keys import secp256k1_keys, short
from tests.vectors.recovered_rows import checked, k1_signature


@given(secp256k1_keys)
def test_both_forms_of_a_key(key: bytes) -> None:
    assert read_key(EosAddrEncoder.EncodeKey(short(key))) == short(key)
    assert read_key(checked("PUB_K1_", short(key), b"K1")) == short(key)
    assert read_key(checked("PUB_K1_", short(key), b"")) is None
    assert read_key(checked("EOS", key, b"")) is None  # the long form has no text


@pytest.mark.parametrize("text", ["", "EOS", "EOS1", "PUB_K1_", "PUB_R1_x", "EOS\0", "eos"])
def test_what_is_no_key(text: str) -> None:
    assert read_key(text) is None


@given(st.integers(1, 3))
def test_signatures(number: int) -> None:
    text = k1_signature(number)
    assert read_signature(text) is not None
    assert read_signature(text[:-1]) is None
    assert read_signature("SIG_R1_" + text[7:]) is None
    assert read_signature(checked("SIG_K1_", bytes([26]) + bytes(64), b"K1")) is None
