from __future__ import annotations

import json

import pytest
from bip_utils import EosAddrEncoder
from hypothesis import given
from hypothesis import strategies as st

from chains.eos import canonical, read_key, read_keys, read_signature, verifier
from chains.errors import AddressError
from tests.unit.chains.keys import rule, secp256k1_keys, short
from tests.unit.chains.rules import row
from tests.vectors.recovered_rows import checked, k1_signature
from tests.vectors.signing import compressed


@given(secp256k1_keys)
def test_both_forms_of_a_key(key: bytes) -> None:
    assert read_key(EosAddrEncoder.EncodeKey(short(key))) == short(key)
    assert read_key(checked("PUB_K1_", short(key), b"K1")) == short(key)
    assert read_key(checked("PUB_K1_", short(key), b"")) is None
    assert read_key(checked("EOS", key, b"")) is None  # the long form has no text


@pytest.mark.parametrize("text", ["", "EOS", "EOS1", "PUB_K1_", "PUB_R1_x", "EOS\0", "eos"])
def test_what_is_no_key(text: str) -> None:
    assert read_key(text) is None


def test_a_pair_of_keys() -> None:
    one, two = (EosAddrEncoder.EncodeKey(compressed(number)) for number in (1, 2))
    pair = {"publicKey2": two, "publicKey1": one}
    assert read_keys(json.dumps(pair)) == [compressed(1), compressed(2)]
    assert read_keys(one) == [compressed(1)]
    for text in (
        "{}", "{", "{" * 499, json.dumps({"publicKey1": one}), json.dumps(pair | {"more": ""}),
        json.dumps(pair | {"publicKey1": 1}), json.dumps(pair | {"publicKey1": None}),
        json.dumps(pair | {"publicKey1": [one]}), json.dumps([pair]), json.dumps(pair) + " " * 500,
        '{"publicKey1":{"a":1},"publicKey2":1e999}',
    ):  # fmt: skip
        assert read_keys(text) is None


@given(st.integers(1, 3))
def test_signatures(number: int) -> None:
    text = k1_signature(number)
    assert read_signature(text) is not None
    assert read_signature(text[:-1]) is None
    assert read_signature("SIG_R1_" + text[7:]) is None
    assert read_signature(checked("SIG_K1_", bytes([26]) + bytes(64), b"K1")) is None


def test_account_names() -> None:
    for name in ("a", "okbwallet1tr", "eosio.token", "abcdefghijklj", ".a"):
        assert canonical(name, {}) == name.encode()
    for name in ("", "A", "a.", "abcdefghijklz", "abcdefghijkljj", "a6", "a b", "a\n"):
        with pytest.raises(AddressError):
            canonical(name, {})


def test_the_sentence_names_the_permission() -> None:
    key = EosAddrEncoder.EncodeKey(compressed(1))
    found = verifier(rule("eos", "eos-okx"))(row("okbwallet1tr", k1_signature(1), key=key))
    assert (found.word, found.digest) == ("key-only", "eos-okx")
    assert "get_account" in found.detail
