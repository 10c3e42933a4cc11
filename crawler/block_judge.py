"""Judges the rows of one block of a list: what a worker does. Imports nothing that it can spare.

A worker is told how the entity's names are read (`Instructions`, once per run), and for each
block where it stands in its file. It parses the block itself, judges every row, and gives back
finished text and counts, so that whoever gathers the blocks only strings them together.
"""

from __future__ import annotations

import os
import pickle
from array import array
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import NamedTuple

import msgspec

from chains import verdicts
from chains.adapter import (
    OwnershipMaterial,
    OwnershipRule,
    OwnershipVerdict,
    OwnershipWord,
    Verifier,
)
from chains.registry import family_module
from crawler.entities import CoinMapping, freshness
from crawler.lists.detect import FORMATS
from crawler.lists.interface import (
    Brief,
    Census,
    DivisibleFormat,
    Entry,
    MalformedReason,
    Part,
    Standing,
    Vocabulary,
)
from crawler.models import Claim, MalformedRow, SummaryRow
from crawler.reports.findings import encode_line, ownership_line
from crawler.sources.blocks import Block
from crawler.verdict_board import VerdictBoard, board

CACHE_ROWS = 1 << 17
"""Verified rows that a worker remembers at least; it keeps up to twice as many."""

SEPARATORS = len(OwnershipMaterial._fields)

UNMAPPED = OwnershipVerdict(
    OwnershipWord.UNSUPPORTED, "unmapped-coin", "The entity's table does not know this coin name."
)
NO_RULE = verdicts.verdict(
    verdicts.Reason.NO_RULE, detail="No ownership rule is known for this coin name."
)

OUTSIDE_DETAIL = frozenset({MalformedReason.SUMMARY, MalformedReason.NO_HEADER})
"""Lines that are no detail rows at all: nothing is claimed, so nothing fails."""

DivisibleEntry = Brief | MalformedRow | SummaryRow


def malformed_verdict(row: MalformedRow) -> OwnershipVerdict:
    """Return the verdict of a line that is not a claim: a malformed field of a row fails."""
    word = OwnershipWord.UNSUPPORTED if row.reason in OUTSIDE_DETAIL else OwnershipWord.FAILED
    return OwnershipVerdict(word, f"malformed-{row.reason}", row.detail)


@dataclass(frozen=True, slots=True)
class Instructions:
    """What a worker must know of a run, sent along with every block and unpacked once."""

    run: str
    """Tells runs apart."""
    packed: bytes
    """The pickled `Vocabulary`."""


class Task(NamedTuple):
    """One block to judge."""

    instructions: Instructions
    format: str
    file: str
    block: Block
    standing: Standing
    lines_before: int
    is_last: bool
    with_text: bool
    """Whether the rows' JSON lines are wanted; otherwise, the numbers of their verdicts."""


@dataclass(slots=True)
class JudgedBlock:
    """What became of the rows of a block, in list order."""

    standing: Standing = field(default_factory=Standing)
    """After the last line that was read."""
    census: Census = field(default_factory=Census)
    """Its `lines` are fewer than the block's when the last row may go on in the next block."""
    summaries: list[SummaryRow] = field(default_factory=list)
    verdicts: list[OwnershipVerdict] = field(default_factory=list)
    """Distinct (by identity, at least)."""
    counts: list[int] = field(default_factory=list)
    """Rows of each of the verdicts."""
    text: bytes = b""
    """One JSON line per row."""
    numbers: array[int] = field(default_factory=lambda: array("I"))
    """Without the text: for each row the place of its verdict in `verdicts`."""


class _Known(NamedTuple):
    """A rule in use."""

    mark: str
    """Tells it, in every process, from rules under which a row could be judged otherwise."""
    verifier: Verifier


class Judge:
    """Judges materials, each distinct one once as long as it is remembered.

    Token rows repeat an address and its signature under another coin and perhaps on another
    network, so what is remembered does not depend on the network's name.
    """

    def __init__(self, board: VerdictBoard | None = None) -> None:
        """Prepare nothing yet: a rule's family is imported when its first row comes.

        With a `board`, rows that other workers have judged are looked up there.
        """
        self._board = board
        self._fresh: list[tuple[bytes, OwnershipVerdict]] = []
        self._known: dict[int, _Known] = {}
        self._schemes: dict[str, _Known] = {}
        self._rules: list[OwnershipRule] = []
        self._young: dict[bytes, OwnershipVerdict] = {}
        self._old: dict[bytes, OwnershipVerdict] = {}

    def verdict(self, rule: OwnershipRule, material: OwnershipMaterial) -> OwnershipVerdict:
        """Return the verdict of one row; same input, same verdict, whatever came before."""
        known = self._known.get(id(rule))
        if known is None:
            known = self._learn(rule)
        # Two materials never give one text: no cell of a list can hold this character.
        text = "\0".join((known.mark, *material))
        if text.count("\0") != SEPARATORS:
            return known.verifier(material)
        key = sha256(text.encode(errors="surrogatepass")).digest()
        found = self._young.get(key) or self._old.get(key)
        if found is None:
            board = self._board
            if board is None:
                found = known.verifier(material)
            elif (found := board.find(key)) is None:
                found = known.verifier(material)
                self._fresh.append((key, found))
            if len(self._young) >= CACHE_ROWS:
                self._old, self._young = self._young, {}
            self._young[key] = found
        return found

    def tell(self) -> None:
        """Post what was verified since the last time, for the other workers."""
        if self._board is not None:
            self._board.post(self._fresh)
            self._fresh.clear()

    def _learn(self, rule: OwnershipRule) -> _Known:
        parameters = sorted(rule.parameters.items())
        scheme = repr((rule.family, rule.digests, rule.messages, parameters))
        known = self._schemes.get(scheme)
        if known is None:
            verifier = family_module(rule.family, "ownership").verifier(rule)
            mark = sha256(scheme.encode(errors="surrogatepass")).hexdigest()
            known = self._schemes[scheme] = _Known(mark, verifier)
        self._known[id(rule)] = known
        self._rules.append(rule)  # so that no other rule can come to have its identity
        return known


def divisible_format(name: str) -> DivisibleFormat:
    """Return the format of a list that was divided."""
    found = next(known for known in FORMATS if known.name == name)
    if not isinstance(found, DivisibleFormat):
        raise TypeError(f"lists of the format {name} cannot be divided")
    return found


class BlockJudge:
    """Judges the blocks of one run."""

    def __init__(self, vocabulary: Vocabulary, board: VerdictBoard | None = None) -> None:
        self.judge = Judge(board)
        self._vocabulary = vocabulary

    def judged(self, task: Task) -> JudgedBlock:
        """Return what became of a block. Raises ListError when the file has changed."""
        found = JudgedBlock()
        part = Part(task.standing, task.lines_before, task.is_last)
        entries = divisible_format(task.format).parse_part(
            task.block.pieces(),
            file=task.file,
            vocabulary=self._vocabulary,
            census=found.census,
            part=part,
        )
        self.fill(found, entries, file=task.file, with_text=task.with_text)
        found.standing = part.standing
        self.judge.tell()
        return found

    def fill(  # noqa: C901, PLR0912 (the hot loop: a call for each row would be a tenth of its cost)
        self,
        found: JudgedBlock,
        entries: Iterable[DivisibleEntry],
        *,
        file: str,
        with_text: bool,
    ) -> None:
        """Judge entries into `found`."""
        rows = _Rows(file, self._vocabulary.fresh)
        text: list[str] = []
        judge, numbers, counts, tails, heads = (
            self.judge.verdict, rows.numbers, rows.counts, rows.tails, rows.heads,
        )  # fmt: skip
        for entry in entries:
            if isinstance(entry, Brief):
                mapping = entry.mapping
                if mapping is None:
                    verdict = UNMAPPED
                elif mapping.rule is None:
                    verdict = NO_RULE
                else:
                    verdict = judge(mapping.rule, entry.material)
                number = numbers.get(id(verdict))
                if number is None:
                    number = rows.number(verdict)
                counts[number] += 1
                if not with_text:
                    found.numbers.append(number)
                else:
                    head = heads.get((entry.coin, id(mapping)))
                    if head is None:
                        head = rows.head(entry.coin, mapping)
                    address = entry.material.address
                    if not (address.isalnum() and address.isascii()):
                        address = _text(address)[1:-1]
                    text.append(f'{{"row":{entry.row}{head[0]}{address}{tails[number]}')
            elif isinstance(entry, SummaryRow):
                found.summaries.append(entry)
            else:
                if not with_text:
                    found.numbers.append(len(counts))
                text.append(rows.malformed(entry))
        found.verdicts, found.counts = rows.verdicts, rows.counts
        if with_text:
            found.text = "".join(text).encode()


class _Rows:
    """The verdicts of one block, and the parts of its lines that many rows share."""

    def __init__(self, file: str, fresh: Iterable[str]) -> None:
        self.verdicts: list[OwnershipVerdict] = []
        self.counts: list[int] = []
        self.numbers: dict[int, int] = {}
        """Identity of a verdict -> its place in the lists."""
        self.tails: list[str] = []
        self.heads: dict[tuple[str, int], tuple[str, CoinMapping | None]] = {}
        """(coin, identity of its mapping) -> text, and the mapping, so that no other one can come
        to have its identity."""
        self._file = file
        self._fresh = fresh

    def number(self, verdict: OwnershipVerdict) -> int:
        """Take in a verdict that is new in this block."""
        number = self.numbers[id(verdict)] = len(self.verdicts)
        self.verdicts.append(verdict)
        self.counts.append(0)
        self.tails.append(_tail(verdict, self._file, self._fresh))
        return number

    def head(self, coin: str, mapping: CoinMapping | None) -> tuple[str, CoinMapping | None]:
        """Return what stands between row number and address in the lines of a coin."""
        network = mapping.network if mapping is not None else None
        text = f',"coin":{_text(coin)},"network":{_text(network)},"address":"'
        self.heads[coin, id(mapping)] = (text, mapping)
        return text, mapping

    def malformed(self, row: MalformedRow) -> str:
        """Judge a line that is no claim; return its JSON line."""
        verdict = malformed_verdict(row)
        self.verdicts.append(verdict)
        self.counts.append(1)
        self.tails.append("")
        return encode_line(ownership_line(row, verdict, self._fresh)).decode()


def _tail(verdict: OwnershipVerdict, file: str, fresh: Iterable[str]) -> str:
    """Return what stands behind the address in a JSON line."""
    members: Mapping[str, str | None] = {
        "verdict": verdict.word.value,
        "reason": verdict.reason,
        "detail": verdict.detail,
        "digest": verdict.digest or None,
        "message": verdict.message or None,
        "freshness": freshness(verdict.message, fresh) if verdict.message else None,
        "file": file,
    }
    return f'",{encode_line(members).decode()[1:]}'


def _text(value: str | None) -> str:
    return msgspec.json.encode(value).decode()


_judges: dict[str, BlockJudge] = {}


def judge_block(task: Task) -> JudgedBlock:
    """Return what became of a block; runs in a worker, which remembers its run."""
    run, packed = task.instructions.run, task.instructions.packed
    judge = _judges.get(run)
    if judge is None:
        _judges.clear()
        judge = _judges[run] = BlockJudge(pickle.loads(packed), board())  # noqa: S301 (of `instruct`)
    return judge.judged(task)


def instruct(vocabulary: Vocabulary) -> Instructions:
    """Return the instructions of a new run."""
    return Instructions(os.urandom(16).hex(), pickle.dumps(vocabulary))


def as_briefs(entries: Iterable[Entry]) -> Iterator[DivisibleEntry]:
    """Yield entries of a list that is not divided: its claims as briefs, the others as they are."""
    for entry in entries:
        if isinstance(entry, Claim):
            yield Brief(
                entry.row, entry.coin, entry.mapping, entry.kind, entry.network_label,
                entry.height, "", entry.material,
            )  # fmt: skip
        else:
            yield entry
