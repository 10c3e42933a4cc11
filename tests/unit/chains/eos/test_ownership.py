from __future__ import annotations

import json

from bip_utils import EosAddrEncoder

from chains.eos.ownership import read_keys, verifier
from tests.unit.chains.keys import rule
from tests.unit.chains.rules import row
from tests.vectors.recovered_rows import k1_signature
from tests.vectors.signing import compressed


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


def test_the_sentence_names_the_permission() -> None:
    key = EosAddrEncoder.EncodeKey(compressed(1))
    found = verifier(rule("eos", "eos-okx"))(row("okbwallet1tr", k1_signature(1), key=key))
    assert (found.word, found.digest) == ("key-only", "eos-okx")
    assert "get_account" in found.detail
