"""A replay in one pass: the workers make the findings while they judge, and compare them.

What a worker took for granted of a row is made sure of here, once the whole list is judged and
the recorded answers are read as they were in the run:

1. the parts of findings.jsonl that the blocks were compared with are the whole file, in order,
   and have a line for every row;
2. every row that was taken for the first one of its holding is the first one;
3. every account was read as the worker foresaw.

The rows that the workers left are assessed as in any run. Where one of the three does not hold,
or there is much left, nothing is concluded (`Unconfirmed`): the list is then verified again,
row by row, which also tells what is wrong.
"""

from __future__ import annotations

import pickle
from array import array
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from itertools import repeat
from pathlib import Path
from typing import NamedTuple

from chains.adapter import OwnershipVerdict
from crawler import block_check
from crawler.assess import settle
from crawler.block_check import Check, CheckedBlock, Left
from crawler.evidence.record import Record
from crawler.evidence.recorded import foreseen
from crawler.lists.interface import DivisibleFormat
from crawler.models import NO_HEIGHT, Claim
from crawler.outcome import Outcome
from crawler.ownership import OwnershipEngine
from crawler.plan import VALIDATOR_KEY_SIZE
from crawler.reports.findings import encode_line, finding_line
from crawler.run import Verifier
from crawler.wallet_list import WalletList

MOST_LEFT = 100_000
"""Rows that may be left to look at again: they are held in memory."""


class Unconfirmed(Exception):  # noqa: N818 (nothing is wrong yet)
    """The rows have to be verified one by one."""


class Differing(NamedTuple):
    """A row whose finding is not the recorded one."""

    line: int
    recorded: bytes
    made: bytes


def is_suited(wallet_list: WalletList, *, judge: bool, prove: bool) -> bool:
    """Return whether the rows of a list can be checked apart from one another."""
    members = wallet_list.source.members
    return judge and not prove and len(members) == 1 and isinstance(
        members[0].format, DivisibleFormat
    )  # fmt: skip


class RecheckingVerifier(Verifier):
    """A `Verifier` of a recorded run, for `plan`, `read` and then `differing`."""

    def check(self, engine: OwnershipEngine, record: Record, answers: Path, findings: Path) -> None:
        """Do pass 1 and compare what can be compared by then. Raises Unconfirmed."""
        self._record_read = record
        self._lines = findings.stat().st_size
        self._left: list[tuple[int, Left]] = []
        self._rows = array("Q")
        self._again: set[int] = set()
        """Ordinals of rows that an earlier row of the same holding comes before."""
        self._outcome = self.outcome()
        self._observer.start("ownership", None)
        check = Check(answers, findings, pickle.dumps(self._networks), self._moment is not None)
        work = partial(block_check.check_block, check)
        end = 0
        try:
            for judged in engine.judge(self.list, with_text=False, work=work):
                if not isinstance(judged, CheckedBlock):
                    raise TypeError("a list that is not divided has no checked blocks")
                # Without a line for every row, the lines of later blocks stand at other places.
                is_short = any(not left.recorded for left in judged.left)
                is_much = len(self._left) + len(judged.left) > MOST_LEFT
                if judged.start != end or is_short or is_much:
                    raise Unconfirmed
                end = judged.end
                self._take(judged)
                self._observer.advance("ownership", len(judged.numbers))
        finally:
            block_check.forget()
        if end != self._lines:
            raise Unconfirmed

    def _take(self, judged: CheckedBlock) -> None:
        before, coins = len(self._numbers), self.list.entity.coins
        places = [self._verdicts.setdefault(v, len(self._verdicts)) for v in judged.verdicts]
        self._numbers.extend(map(places.__getitem__, judged.numbers))
        self._rows.extend(judged.rows)
        for held in judged.held:
            mapping = coins[held.coin] if isinstance(held.coin, str) else held.coin
            put = map(
                self._plan.put, repeat(mapping), held.accounts, held.heights,
                (before + place for place in held.places),
            )  # fmt: skip
            self._again.update(
                before + place for place, again in zip(held.places, put, strict=True) if again
            )
        for left in judged.left:
            if isinstance(left.row, Claim):
                verdict = judged.verdicts[judged.numbers[left.place]]
                self._controls.add(left.row, verdict, before + left.place)
            self._left.append((before + left.place, left))
        for key, tally in judged.tallies:
            claim = tally.first.claim
            if key is not None and isinstance(claim, Claim):
                tally.first = replace(tally.first, claim=replace(claim, mapping=coins[key]))
            self._outcome.aggregate.take(tally)

    def differing(self, outcome: Outcome) -> Iterator[Differing]:
        """Count every row into `outcome`, once the balances are read; yield those that differ.

        Raises Unconfirmed.
        """
        left = {ordinal for ordinal, _ in self._left}
        if not self._again <= left or not self._was_foreseen():
            raise Unconfirmed
        outcome.aggregate = self._outcome.aggregate
        verdicts: list[OwnershipVerdict] = list(self._verdicts)
        labels = {ordinal: f"Line {self._rows[ordinal]}" for ordinal in self._plan.repeated}
        for ordinal, (_, row, recorded) in self._left:
            verdict = settle(verdicts[self._numbers[ordinal]], self._controls.of(ordinal))
            finding = self._finding(row, ordinal, verdict, labels)
            outcome.aggregate.add(finding)
            line = encode_line(finding_line(finding))
            if line != recorded:
                yield Differing(ordinal + 1, recorded, line)
        self._compare_summaries(outcome)

    def _was_foreseen(self) -> bool:
        """Return whether every account was read as `foreseen` says, where it says anything."""
        for holdings in self._plan.holdings():
            if holdings.form is None:
                continue
            told = {
                height: foreseen(
                    self._record_read, holdings.form, None if height == NO_HEIGHT else height
                )
                for height in set(holdings.heights)
            }
            for account, height, reading in zip(
                holdings.slots, holdings.heights, holdings.readings, strict=True
            ):
                if (height == NO_HEIGHT and self._moment is None) or (
                    len(account) == VALIDATOR_KEY_SIZE
                ):
                    continue
                told_of = told[height]
                expected = None if told_of is None else told_of(account)
                if expected is not None and expected is not reading and expected != reading:
                    return False
        return True
