"""Judges the rows of one block again and makes their findings: what a worker does in a replay.

All answers of a run are known before its replay begins. So a worker makes the finding of a row as
soon as it has judged it, taking the row for the first one of its holding and its balance for what
the record says, and compares the line with the recorded one. Rows whose line is another one, or
that only the whole list or the chain can tell about, are given back as they are: whoever gathers
the blocks looks at them again, and checks that what was taken for granted of the others was so.
"""

from __future__ import annotations

import pickle
import re
from array import array
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

from chains.adapter import Observed, OwnershipVerdict, Reading, Unresolved
from crawler.aggregate import Aggregate, Sum, Tally
from crawler.assess import Finding, assess, assess_malformed
from crawler.block_judge import (
    NO_RULE,
    UNMAPPED,
    Judge,
    JudgedBlock,
    Task,
    divisible_format,
    malformed_verdict,
)
from crawler.control import ControlPlan
from crawler.evidence.record import read_record
from crawler.evidence.recorded import foreseen
from crawler.lists.interface import Entry, Part
from crawler.models import Amount, Claim, ClaimKind, MalformedRow, SummaryRow
from crawler.plan import account_of, canonical_of, unmapped, unreadable
from crawler.reports.findings import encode_line, finding_line, line_around
from crawler.verdict_board import board

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from chains.registry import Network
    from crawler.entities import CoinMapping
    from crawler.evidence.recorded import Foreseen
    from crawler.lists.interface import Vocabulary

_ROW = re.compile(rb'\{"row":(\d{1,18}),')

ACCOUNTS_KEPT = 1 << 17
"""Accounts of addresses that a worker remembers."""


KINDS_KEPT = 4096
"""Kinds of rows whose lines a worker can put together from parts."""


@dataclass(frozen=True, slots=True)
class Check:
    """What the rows are compared with, sent along with every block."""

    answers: Path
    findings: Path
    networks: bytes
    """Pickled."""
    is_timed: bool


class Left(NamedTuple):
    """A row that has to be looked at again, and the line that is recorded of it."""

    place: int
    """In its block."""
    row: Claim | MalformedRow
    recorded: bytes


class Held(NamedTuple):
    """The accounts of one coin in a block, in list order."""

    coin: str | CoinMapping
    """The key of its mapping in the entity's table, or a mapping that does not stand there."""
    places: array[int]
    accounts: list[bytes]
    heights: list[int | None]


@dataclass(slots=True)
class CheckedBlock(JudgedBlock):
    """A block whose findings were compared, apart from the rows that are `left`."""

    rows: array[int] = field(default_factory=lambda: array("Q"))
    """Line numbers."""
    start: int = 0
    """Where the recorded lines of these rows begin in their file, in bytes."""
    end: int = 0
    left: list[Left] = field(default_factory=list)
    held: list[Held] = field(default_factory=list)
    tallies: list[tuple[str | None, Tally]] = field(default_factory=list)
    """The rows that were compared: key of their mapping, which is then left out, and the rows."""


class BlockCheck:
    """Checks the blocks of one run."""

    def __init__(self, vocabulary: Vocabulary, check: Check) -> None:
        """Read the recorded answers. Raises RecordError."""
        networks: Mapping[str, Network] = pickle.loads(check.networks)  # noqa: S301 (of `replay`)
        with check.answers.open("rb") as stream:
            self._record = read_record(stream)
        self._check = check
        self._judge = Judge(board())
        self._vocabulary = vocabulary
        self._keys = {id(mapping): key for key, mapping in vocabulary.coins.items()}
        self._canonical = canonical_of(vocabulary.coins, networks)
        self._controls = ControlPlan(networks, is_timed=check.is_timed)
        self._foreseen: dict[tuple[str, int | None], Foreseen | None] = {}
        self._read = ReadRows()
        self._accounts: dict[tuple[str, str], tuple[bytes, Unresolved | None]] = {}

    def checked(self, task: Task) -> CheckedBlock:
        """Return what became of a block. Raises ListError when the file has changed."""
        found = CheckedBlock()
        part = Part(task.standing, task.lines_before, task.is_last)
        entries = divisible_format(task.format).claims_of_part(
            task.block.pieces(),
            file=task.file,
            vocabulary=self._vocabulary,
            census=found.census,
            part=part,
        )
        with self._check.findings.open("rb") as stream:
            found.start = offset_behind(stream, task.lines_before)
            end = offset_behind(stream, task.lines_before + task.block.lines)
            stream.seek(found.start)
            recorded = stream.read(end - found.start)
        self._compare(found, entries, recorded)
        found.standing = part.standing
        self._judge.tell()
        return found

    def _compare(self, found: CheckedBlock, entries: Iterable[Entry], recorded: bytes) -> None:
        numbers: dict[int, int] = {}
        """Identity of a verdict -> its place in the lists."""
        held: dict[int, Held] = {}
        aggregate, read = Aggregate(), self._read
        position = 0
        for entry in entries:
            if isinstance(entry, SummaryRow):
                found.summaries.append(entry)
                continue
            verdict = self._verdict(entry)
            number = numbers.setdefault(id(verdict), len(found.verdicts))
            if number == len(found.verdicts):
                found.verdicts.append(verdict)
                found.counts.append(0)
            found.counts[number] += 1
            place = len(found.numbers)
            found.numbers.append(number)
            found.rows.append(entry.row)
            finding = None
            if isinstance(entry, MalformedRow):
                finding = assess_malformed(entry, verdict)
            elif (reading := self._reading(entry, verdict, held, place)) is not None:
                length = read.compare(entry, verdict, reading, recorded, position)
                if length:
                    position += length
                    continue
                finding = assess(entry, verdict, reading)
            end = recorded.find(b"\n", position) + 1 or len(recorded)
            if finding is not None and encode_line(finding_line(finding)) == recorded[position:end]:
                aggregate.add(finding)
            else:
                found.left.append(Left(place, entry, recorded[position:end]))
            position = end
        found.end = found.start + position
        found.held = list(held.values())
        for tally in read.tallies():
            aggregate.take(tally)
        found.tallies = [self._portable(tally) for tally in aggregate.tallies()]

    def _verdict(self, entry: Claim | MalformedRow) -> OwnershipVerdict:
        if isinstance(entry, MalformedRow):
            return malformed_verdict(entry)
        mapping = entry.mapping
        if mapping is None:
            return UNMAPPED
        return NO_RULE if mapping.rule is None else self._judge.verdict(
            mapping.rule, entry.material
        )  # fmt: skip

    def _reading(
        self, entry: Claim, verdict: OwnershipVerdict, held: dict[int, Held], place: int
    ) -> Reading | None:
        """Return the reading of a claim, if it can be told here; note its account either way."""
        mapping = entry.mapping
        if entry.claims_nothing:
            return None if self._controls.query(entry, verdict) is not None else unmapped(entry)
        account, problem = self._account(entry)
        is_held = problem is None and mapping is not None and mapping.network is not None
        if is_held and mapping is not None:
            group = held.get(id(mapping))
            if group is None:
                coin = self._keys.get(id(mapping), mapping)
                group = held[id(mapping)] = Held(coin, array("L"), [], [])
            group.places.append(place)
            group.accounts.append(account)
            group.heights.append(entry.height)
        if self._controls.query(entry, verdict) is not None:
            return None  # the plan has to know of everything that was asked
        if problem is not None:
            return problem
        if mapping is None or not is_held:
            return unmapped(entry)
        return None if entry.kind is ClaimKind.STAKING else self._balance(
            mapping, entry.height, account
        )  # fmt: skip

    def _balance(self, mapping: CoinMapping, height: int | None, account: bytes) -> Reading | None:
        reading = unreadable(mapping, height, is_timed=self._check.is_timed)
        if reading is not None:
            return reading
        foreseen_of = self._foreseen_of(mapping, height)
        return None if foreseen_of is None else foreseen_of(account)

    def _account(self, claim: Claim) -> tuple[bytes, Unresolved | None]:
        if claim.kind is ClaimKind.STAKING or claim.mapping is None:
            return account_of(claim, self._canonical)
        key = claim.mapping.coin, claim.material.address
        known = self._accounts.get(key)
        if known is None:
            if len(self._accounts) >= ACCOUNTS_KEPT:
                self._accounts.clear()
            known = self._accounts[key] = account_of(claim, self._canonical)
        return known

    def _foreseen_of(self, mapping: CoinMapping, height: int | None) -> Foreseen | None:
        form = mapping.form
        if form is None:
            return None
        key = form.id, height
        if key not in self._foreseen:
            self._foreseen[key] = foreseen(self._record, form, height)
        return self._foreseen[key]

    def _portable(self, tally: Tally) -> tuple[str | None, Tally]:
        claim = tally.first.claim
        key = self._keys.get(id(claim.mapping)) if isinstance(claim, Claim) else None
        if key is not None and isinstance(claim, Claim):
            tally.first = replace(tally.first, claim=replace(claim, mapping=None))
        return key, tally


class _Alike:
    """Rows that are alike in everything but line number, address and amounts."""

    __slots__ = ("amounts", "around", "decimals", "observed", "tally")

    def __init__(self, finding: Finding, difference: str) -> None:
        """Take the parts of its line from one of the rows; its detail may name the difference."""
        # What the key of these rows has the identities of stays alive in this finding.
        self.tally = Tally(finding)
        self.observed = 0
        """In base units, of the rows so far."""
        self.decimals = 0 if finding.observed is None else finding.observed.decimals
        names = ("row", "address", "claimed", "observed", "detail")
        *parts, behind = line_around(finding, names)
        before, found, after = finding.detail.partition(difference) if difference else (
            finding.detail, "", ""
        )  # fmt: skip
        self.amounts = bool(found)
        """Whether the detail names the difference."""
        quoted = [encode_line(text)[1:-2].decode() for text in (before, after)]
        self.around = (*parts[:4], f'{parts[4]}"{quoted[0]}', f'{quoted[1]}"{behind}')

    def take(self) -> Tally:
        """Return the rows since the last time."""
        tally, tally.observed = self.tally, Sum()
        tally.observed.add(Amount(self.observed, self.decimals))
        self.tally, self.observed = Tally(tally.first), 0
        return tally


class ReadRows:
    """Claims whose balance was read: nearly all rows of nearly all lists.

    Their lines are put together from parts that many of them share.
    """

    def __init__(self) -> None:
        """No row was seen yet."""
        self._known: dict[tuple[object, ...], _Alike] = {}
        self._used: list[_Alike] = []

    def compare(
        self,
        claim: Claim,
        verdict: OwnershipVerdict,
        reading: Reading,
        recorded: bytes,
        position: int,
    ) -> int:
        """Return the length of the recorded line at `position` if it is the claim's, else 0.

        0 as well for rows of which only `assess` can tell. Rows whose line it is are counted.
        """
        claimed, address, mapping = claim.amount, claim.material.address, claim.mapping
        if not isinstance(reading, Observed) or claimed is None or mapping is None:
            return 0
        if not (address.isalnum() and address.isascii()) or mapping.form is None:
            return 0
        units, decimals = reading.amount, mapping.form.decimals
        finer = decimals - claimed.decimals
        if finer >= 0:
            scale, difference = decimals, units - claimed.units * 10**finer
        else:
            scale, difference = claimed.decimals, units * 10**-finer - claimed.units
        if difference and claim.rounding is not None:
            return 0
        # Everything that a finding depends on but number, address and amounts.
        key = (
            id(mapping), claim.coin, claim.kind, claim.file, claim.custodian, id(verdict),
            id(reading.point), reading.assurance, id(reading.sources), reading.note,
            (difference > 0) - (difference < 0),
        )  # fmt: skip
        told = Amount(abs(difference), scale).text() if difference else ""
        alike = self._known.get(key)
        if alike is None:
            if len(self._known) >= KINDS_KEPT:
                self._known.clear()
            alike = self._known[key] = _Alike(assess(claim, verdict, reading), told)
        start, after_row, after_address, after_claimed, after_observed, end = alike.around
        amount = claimed.text()
        observed = amount if finer == 0 and not difference else Amount(units, decimals).text()
        line = (
            f'{start}{claim.row}{after_row}"{address}"{after_address}"{amount}"{after_claimed}'
            f'"{observed}"{after_observed}{told if alike.amounts else ""}{end}'
        ).encode()
        if not recorded.startswith(line, position):  # the line ends with its only line end
            return 0
        tally = alike.tally
        if not tally.rows:
            self._used.append(alike)
        tally.rows += 1
        tally.claimed.add(claimed)
        alike.observed += units
        return len(line)

    def tallies(self) -> list[Tally]:
        """Return the rows that were counted since the last time."""
        found = [alike.take() for alike in self._used]
        self._used.clear()
        return found


def offset_behind(stream: BinaryIO, row: int) -> int:
    """Return where the first line of findings begins whose row comes after `row`, in bytes.

    The rows of the lines are taken to rise; what comes out of other files means nothing.
    """
    size = stream.seek(0, 2)
    low, high = 0, size
    while low < high:
        middle = (low + high) // 2
        start, number = _line_from(stream, middle)
        if start >= size or number > row:
            high = middle
        else:
            low = middle + 1
    return _line_from(stream, low)[0]


def _line_from(stream: BinaryIO, place: int) -> tuple[int, int]:
    """Return where the first line at or behind `place` begins, and its row."""
    stream.seek(max(place - 1, 0))
    if place:
        stream.readline()
    start = stream.tell()
    found = _ROW.match(stream.read(32))
    return start, int(found[1]) if found is not None else 0


_checks: dict[tuple[str, Check], BlockCheck] = {}


def check_block(check: Check, task: Task) -> JudgedBlock:
    """Return what became of a block, a CheckedBlock; runs in a worker, which remembers its run."""
    key = task.instructions.run, check
    one = _checks.get(key)
    if one is None:
        _checks.clear()
        vocabulary = pickle.loads(task.instructions.packed)  # noqa: S301 (of `instruct`)
        one = _checks[key] = BlockCheck(vocabulary, check)
    return one.checked(task)


def forget() -> None:
    """Let go of the answers, where this process has checked blocks by itself."""
    _checks.clear()
