from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chains.adapter import SnapshotPoint
from chains.errors import Incapable, MalformedAnswer, Throttled, TransportFailure
from chains.source import CaughtStale
from chains.xrpl import answers
from chains.xrpl.addresses import encode
from tests.fakes.xrpl_ledger import account


@given(st.integers(0, 10**17))
def test_drops_are_texts_and_exact(amount: int) -> None:
    assert answers.drops(str(amount)) == amount
    with pytest.raises(MalformedAnswer):
        answers.drops(amount)


@pytest.mark.parametrize(
    "text", ["", "-1", "1.5", "1e3", " 1", "9" * 19, "\N{ARABIC-INDIC DIGIT ONE}"]
)
def test_other_texts_are_no_drops(text: str) -> None:
    with pytest.raises(MalformedAnswer):
        answers.drops(text)


@pytest.mark.parametrize(
    ("token", "kind"), [("slowDown", Throttled), ("noNetwork", TransportFailure)]
)
def test_what_another_try_may_better(token: str, kind: type[Exception]) -> None:
    with pytest.raises(kind):
        answers.check({"result": {"status": "error", "error": token}})


def test_an_answer_is_of_the_ledger_that_was_asked_for() -> None:
    point = SnapshotPoint("xrpl", 7, "AB", None, "finalized")
    sound: dict[str, object] = {"validated": True, "ledger_hash": "AB", "ledger_index": 7}
    for members in (sound, sound | {"ledger_index": "7"}):
        answers.require_ledger(members, point)
    for wrong in ({"validated": False}, {"ledger_hash": "CD"}, {"ledger_index": "8"}):
        with pytest.raises(CaughtStale):
            answers.require_ledger(sound | wrong, point)
    with pytest.raises(MalformedAnswer):
        answers.require_ledger(sound | {"ledger_index": None}, point)


def test_errors_are_told_apart() -> None:
    answers.check({"result": {"status": "success"}})
    with pytest.raises(Incapable):
        answers.result({"result": {"status": "error", "error": "unknownCmd"}})
    with pytest.raises(answers.Refused) as refused:
        answers.result({"result": {"status": "error", "error": "lgrNotFound"}})
    assert refused.value.token == answers.NO_LEDGER
    for strange in ({}, {"status": "error"}, {"status": "success", "error": 7}):
        with pytest.raises(MalformedAnswer):
            answers.result({"result": strange})


def data(**changes: object) -> dict[str, Any]:
    members = {
        "LedgerEntryType": "AccountRoot", "Account": encode(account(1)), "Balance": "7",
        "Flags": 0, "OwnerCount": 0, "PreviousTxnLgrSeq": 5,
    }  # fmt: skip
    return {"account_data": members | changes}


def test_a_signer_list_may_stand_in_either_place() -> None:
    entry = {"SignerEntry": {"Account": encode(account(2)), "SignerWeight": 1}}
    lists = [{"SignerQuorum": 1, "SignerEntries": [entry]}]
    inside = answers.root(data(signer_lists=lists), account(1))
    outside = answers.root(data() | {"signer_lists": lists}, account(1))
    assert inside == outside
    assert inside.signers == (answers.Signer(account(2), 1),)


@pytest.mark.parametrize(
    "changes",
    [{"Account": encode(account(2))}, {"Account": "nobody"}, {"LedgerEntryType": "Offer"},
     {"Balance": 7}, {"PreviousTxnLgrSeq": -1}, {"RegularKey": 7},
     {"signer_lists": [{"SignerQuorum": 0, "SignerEntries": []}]},
     {"signer_lists": [{"SignerQuorum": 1, "SignerEntries": []}] * 2}],
    ids=str,
)  # fmt: skip
def test_an_entry_of_another_shape_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(MalformedAnswer):
        answers.root(data(**changes), account(1))
