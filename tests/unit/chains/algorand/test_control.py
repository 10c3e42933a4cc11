"""Rekeyed accounts of Algorand: what a row asks, and what the indexer's word is worth."""

from __future__ import annotations

from typing import Any

import pytest
from nacl.signing import SigningKey

from chains.adapter import ControlQuery, ControlWord, OwnershipWord
from chains.algorand.addresses import encode
from chains.algorand.control import query_of
from chains.algorand.ownership import verifier
from chains.control_panel import ControlPanel
from tests.fakes.account_history import scene
from tests.fakes.algorand_ledger import account, server_of, trial
from tests.fakes.ledger_trials import Trial, asking
from tests.fakes.readings import pinned
from tests.unit.chains.keys import rule
from tests.unit.chains.rules import row
from tests.vectors.signing import MESSAGE, okx

SECRET = SigningKey(b"\x06" * 32)
KEY = bytes(SECRET.verify_key)
SIGNED = SECRET.sign(okx(MESSAGE)).signature.hex()
RULE = rule("algorand", "okx-raw")
OTHER = account(77)


@pytest.mark.parametrize(
    ("address", "cells", "word"),
    [
        (OTHER, {}, OwnershipWord.KEY_ONLY),
        (KEY, {}, OwnershipWord.PROVEN),
        (OTHER, {"message": "no"}, None),
        (OTHER, {"key": "zz"}, None),
    ],
)
def test_what_rows_ask(address: bytes, cells: dict[str, str], word: OwnershipWord | None) -> None:
    made = row(encode(address), SIGNED, **({"key": KEY.hex()} | cells))
    verdict = verifier(RULE)(made)
    query = query_of(made, verdict, RULE)
    if word is None:
        assert query is None
    else:
        assert verdict.word is word
        assert query == ControlQuery(address, frozenset({KEY}), b"", ())


async def told(one: Trial, owner: bytes, key: bytes = KEY) -> tuple[str, str]:
    async with one.server, asking(one) as panel:
        point = await pinned(panel, one.scene.height)
        assert isinstance(panel, ControlPanel)
        (found,) = await panel.control(point, [ControlQuery(owner, frozenset({key}), b"", ())])
    return found.word, found.reason


async def test_an_account_that_was_rekeyed_before_the_snapshot() -> None:
    one = trial(scene(account))
    still = one.scene.still
    server_of(one).rekey(one.scene.heights[0], encode(still), encode(KEY))
    assert await told(one, still) == (ControlWord.PROVEN, "auth-address")
    assert await told(one, still, still) == (ControlWord.FAILED, "rekeyed")
    assert await told(one, still, OTHER) == (ControlWord.UNSETTLED, "other-key")


async def test_an_account_that_was_never_rekeyed() -> None:
    one = trial(scene(account))
    still = one.scene.still
    assert await told(one, still, still) == (ControlWord.PROVEN, "auth-address")
    assert await told(one, still) == (ControlWord.UNSETTLED, "other-key")


@pytest.mark.parametrize("is_inner", [False, True])
async def test_a_rekeying_after_the_snapshot_leaves_the_row_open(*, is_inner: bool) -> None:
    one = trial(scene(account))
    server, still = server_of(one), one.scene.still
    server.rekey(one.scene.heights[2], encode(still), encode(KEY))
    if is_inner:
        (made,) = server.lies.more
        call = {"tx-type": "appl", "sender": encode(OTHER), "fee": 0, "inner-txns": [made]}
        server.lies.more[:] = [call | {"id": "CALL", "confirmed-round": one.scene.heights[2]}]
    assert await told(one, still) == (ControlWord.UNSETTLED, "changed-since")
    assert await told(one, still, still) == (ControlWord.UNSETTLED, "changed-since")


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        (lambda height: {"closed-at-round": height + 1}, "changed-since"),
        (lambda height: {"created-at-round": height + 1}, "no-account"),
        (lambda _: {"auth-addr": "x"}, "not-asked"),
    ],
)
async def test_records_that_say_nothing_of_the_snapshot(record: Any, reason: str) -> None:  # noqa: ANN401 (a function of the height)
    one = trial(scene(account))
    still = one.scene.still
    server_of(one).records[encode(still)] = record(one.scene.height)
    assert await told(one, still, still) == (ControlWord.UNSETTLED, reason)


async def test_an_account_that_the_indexer_never_saw() -> None:
    one = trial(scene(account))
    assert await told(one, one.scene.unknown) == (ControlWord.UNSETTLED, "no-account")


async def test_an_indexer_that_threw_old_transactions_away_may_have_lost_the_rekeying() -> None:
    one = trial(scene(account))
    server_of(one).lies.first = one.scene.heights[2]
    assert await told(one, one.scene.still) == (ControlWord.UNSETTLED, "not-asked")
