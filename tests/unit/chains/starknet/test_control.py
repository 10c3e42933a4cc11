from __future__ import annotations

import pytest

from chains.adapter import ControlQuery, ControlWord, OwnershipVerdict, OwnershipWord
from chains.errors import Incapable
from chains.starknet.control import GETTERS, query_of, settled
from tests.unit.chains.keys import rule
from tests.unit.chains.rules import row

RULE = rule("starknet", "okx-starknet")
SIGNED = OwnershipVerdict(OwnershipWord.KEY_ONLY, "key-signature", "", "okx-starknet", "I am")


def test_a_row_with_a_valid_signature_asks_for_its_key() -> None:
    query = query_of(row("0x5", "ab", key="0x7"), SIGNED, RULE)
    assert query == ControlQuery(
        (5).to_bytes(32, "big"), frozenset({(7).to_bytes(32, "big")}), b"", ()
    )


@pytest.mark.parametrize(
    "cells", [{"key": ""}, {"key": "x"}, {"owner1": "0x9"}, {"staking": "x"}, {"address": "x"}]
)
def test_rows_that_ask_nothing(cells: dict[str, str]) -> None:
    made = row(**({"address": "0x5", "signature1": "ab", "key": "0x7"} | cells))
    assert query_of(made, SIGNED, RULE) is None


@pytest.mark.parametrize("word", [OwnershipWord.PROVEN, OwnershipWord.FAILED])
def test_only_key_only_rows_ask(word: OwnershipWord) -> None:
    verdict = OwnershipVerdict(word, "", "", "okx-starknet", "I am")
    assert query_of(row("0x5", "ab", key="0x7"), verdict, RULE) is None


def test_one_question_that_was_not_answered_settles_nothing() -> None:
    query = ControlQuery(b"", frozenset({bytes(32)}), b"", ())
    said: list[object] = [Incapable("pruned"), *[["0x0"]] * (len(GETTERS) - 1)]
    assert settled(query, "0xabc", said).word is ControlWord.UNSETTLED
