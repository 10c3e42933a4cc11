"""OKX zk-STARK V1, 2023-04 to 2024-08: sum proofs of all batches and the trunk; customers. Pure.

What must hold of the published side:

1. batches a0, a1, .. and b0, b1, .. without a gap, each with its proof and its sums; a trunk;
2. every sum proof holds for its sums, and the sums lie in the range that its rows can hold;
3. over all batches, each coin and the total add up to the trunk's; the trunk has room for them.

And of a customer, with what the published tool leaves out: the coins are the round's; the own
coins add up to the own total; both leaves are those of the values and lead to the roots that the
sum proofs have; the batch's entry in the trunk is that batch, with its sums. Source: liabilities
spec, section 3.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NoReturn

from crawler.liabilities.documents import Node, document
from crawler.liabilities.interface import (
    Check,
    Grade,
    LiabilitiesError,
    LiabilitiesResult,
    Outcome,
    PathStep,
    ProofFile,
    Request,
    judged,
    not_possible,
    root_check,
)
from crawler.liabilities.starks import inclusion as customers
from crawler.liabilities.starks import sum_proof as sums
from crawler.liabilities.starks import tree
from crawler.liabilities.starks.constraints import DIGITS, Trace
from crawler.liabilities.starks.field import P
from crawler.liabilities.starks.tree import StarkRefusedError
from crawler.models import Amount

NAME = "okx-zk-v1"
TRUNK = "trunk"
UNIT = "USD-like"
LARGEST_FILE = 64 * 1024 * 1024
_PART = re.compile(
    r"(?:^|/)(?P<part>[ab][0-9]{1,5}|trunk)/sum_(?P<kind>proof|values?)\.json$", re.ASCII
)
_CONFIG = re.compile(r"(?:^|/)config\.json$", re.ASCII)
_PROVERS_OWN = re.compile(
    r"(?:^|/)(?:[ab][0-9]{1,5}|trunk)/mtree(?:_entries_data)?\.json$", re.ASCII
)
"""What the prover leaves beside a sum proof; OKX's published example has it. It is not read."""

SCOPE = (
    (
        "A pass means: the files are consistent with their format, with one another and with "
        "the published V1 verifier; a customer's row is committed under the trunk's root."
    ),
    (
        "It is not independent evidence of the claimed totals: the number of queries and the "
        "way they are drawn do not bind the sums. The grade is consistent, never proven."
    ),
    "Only the first coins (main_coins_num of them) carry sum constraints.",
    (
        "Inside the proof a customer's net value is not tied to the coin values; Assay compares"
        " them in the customer's own file only."
    ),
    (
        "Batches are tied to the trunk by their totals, and one by one only where a customer's "
        "file shows it."
    ),
    "Negative balances of single coins are allowed while the net is not negative.",
)


@dataclass(frozen=True, slots=True)
class _Part:
    """One batch or the trunk; its proof is verified and let go of, for there may be many."""

    trace: Trace
    root: bytes
    values: sums.SumValues
    refused: str
    """Why the sum proof does not hold; empty when it does."""


@dataclass(frozen=True, slots=True)
class _Round:
    """The published side."""

    config: sums.Config
    batches: Mapping[str, _Part]
    """In the order in which they stand in the trunk."""
    trunk: _Part


@dataclass(slots=True)
class _Findings:
    """What is known so far."""

    checks: list[Check] = field(default_factory=list)
    facts: list[tuple[str, str]] = field(default_factory=list)
    root: str = ""
    path: tuple[PathStep, ...] = ()

    def add(self, check: Check) -> None:
        """Take in a check."""
        self.checks.append(check)

    def judge(self, name: str, faults: Sequence[str], detail: str = "") -> None:
        """Take in a check that holds when there are no faults."""
        self.add(judged(name, holds=not faults, detail=detail, wrong="; ".join(faults[:5])))


def _trunk_order(name: str) -> tuple[str, int]:
    return name[0], int(name[1:])


def _gaps(names: Sequence[str]) -> list[str]:
    """Return the batches that are missing for the ones that are there."""
    missing = []
    for letter in "ab":
        numbers = [int(name[1:]) for name in names if name[0] == letter]
        expected = range(max(numbers, default=-1) + 1)
        missing += [f"{letter}{number}" for number in sorted(set(expected) - set(numbers))]
    return missing


def _round(files: Sequence[ProofFile]) -> _Round:
    """Return the published side. Raises LiabilitiesError when a file is missing or damaged."""
    found: dict[tuple[str, str], ProofFile] = {}
    for file in files:
        named = _PART.search(file.name)
        key = ("", "config")
        if named is not None:
            key = (named["part"], named["kind"].rstrip("s"))
        elif _CONFIG.search(file.name) is None:
            raise LiabilitiesError(f"{file.name}: no file of a sum_proof_data folder")
        if key in found:
            raise LiabilitiesError(f"{file.name}: there is another file for {'/'.join(key)}")
        found[key] = file
    if ("", "config") not in found:
        raise LiabilitiesError("config.json is missing")
    config = sums.parse_config(document(found.pop(("", "config"))))
    names = {part for part, _ in found}
    batches = sorted(names - {TRUNK}, key=_trunk_order)
    if TRUNK not in names or not batches:
        raise LiabilitiesError("a sum_proof_data folder has batches and a trunk")
    if any(name != f"{name[0]}{int(name[1:])}" for name in batches):
        raise LiabilitiesError("a batch's number is written with zeros in front")
    parts = {}
    for name in (*batches, TRUNK):
        if {(name, "proof"), (name, "value")} - set(found):
            raise LiabilitiesError(f"{name}: sum_proof.json and sum_values.json are both needed")
        parts[name] = _part(found[name, "proof"], found[name, "value"], config)
    trunk = parts.pop(TRUNK)
    return _Round(config, parts, trunk)


def _part(proof_file: ProofFile, values_file: ProofFile, config: sums.Config) -> _Part:
    """Return one batch or the trunk, verified. Raises LiabilitiesError for a damaged file."""
    proof = sums.parse(document(proof_file, LARGEST_FILE), config)
    values = sums.parse_values(document(values_file), config)
    refused = ""
    try:
        sums.verify(proof, values, config)
    except StarkRefusedError as error:
        refused = str(error)
    if not refused and values.total > _largest_total(proof.trace):
        refused = f"the total {values.total} is more than its rows can hold"
    return _Part(proof.trace, proof.root, values, refused)


def _largest_total(trace: Trace) -> int:
    """Return the largest total that the users of a trace can add up to."""
    largest: int = DIGITS ** (trace.rows - 2) - 1
    return (trace.blocks - 1) * largest


def _check_part(found: _Findings, name: str, part: _Part) -> None:
    rows = f"{part.trace.blocks - 1} places of {part.trace.rows} rows"
    found.judge(name, [part.refused] if part.refused else [], rows)


def _check_round(found: _Findings, this: _Round) -> None:
    for name, part in this.batches.items():
        _check_part(found, f"batch {name}", part)
    _check_part(found, TRUNK, this.trunk)
    gaps = _gaps(list(this.batches))
    found.judge("batches", [f"{name} is missing" for name in gaps], f"{len(this.batches)} batches")
    trunk, batches = this.trunk.values, [part.values for part in this.batches.values()]
    columns = (
        ("total_value", trunk.total, [batch.total for batch in batches]),
        *(
            (coin, trunk.coins[place], [batch.coins[place] for batch in batches])
            for place, coin in enumerate(this.config.coins)
        ),
    )
    faults = [f"{name}" for name, wanted, parts in columns if sum(parts) % P != wanted]
    found.judge(
        "sums",
        [f"the batches do not add up to the trunk: {', '.join(faults[:5])}"] if faults else [],
        f"{len(columns)} columns add up over {len(batches)} batches",
    )
    trace = this.trunk.trace
    wrong = []
    if trace.rows != customers.TRUNK_ROWS:
        wrong.append(f"the trunk has blocks of {trace.rows} rows")
    if len(batches) > trace.blocks - 1:
        wrong.append(f"the trunk has {trace.blocks - 1} places for {len(batches)} batches")
    found.judge("trunk places", wrong, f"{trace.blocks - 1} places for {len(batches)} batches")
    found.root = this.trunk.root.hex()
    found.facts.append(("coins with sum constraints", str(this.config.main)))
    found.facts.append(("total", str(_signed(trunk.total))))


def _signed(value: int) -> int:
    return value - P if value > P // 2 else value


def _steps(entry: customers.Entry, name: str) -> tuple[PathStep, ...]:
    steps, at = [], tree.slot(entry.position, entry.leaves)
    for height, sibling in enumerate(entry.path[1:]):
        side = "left" if at & 1 else "right"
        node = tree.climb(entry.path[: height + 1], entry.position, entry.leaves)
        steps.append(PathStep(f"{name} height {height}", node.hex(), sibling.hex(), side))
        at >>= 1
    return tuple(steps)


def _check_customer(found: _Findings, own: customers.Inclusion, this: _Round | None) -> None:
    user, batch = own.user, own.batch
    found.facts += [("user id", user.identity.hex()), ("user total", str(user.total))]
    found.facts += [
        (f"user {coin}", str(value))
        for coin, value in zip(own.config.coins, user.coins, strict=True)
    ]
    batches = list(this.batches.values()) if this is not None else []
    in_range = batch.place < len(batches)
    mine = batches[batch.place] if in_range else None
    trunk_trace = this.trunk.trace if this is not None else None
    in_batch = user.faults("batch", mine.trace if mine is not None else None)
    in_trunk = batch.faults(TRUNK, trunk_trace)
    found.judge("batch path", in_batch, f"place {user.place} of the batch")
    found.judge("trunk path", in_trunk, f"batch {batch.place} of the trunk")
    linked = [] if batch.identity == user.root else ["the trunk's entry is another batch's"]
    found.judge("batch id", linked, "the trunk's entry is this batch's root")
    amounts = []
    if user.total != sum(user.coins):
        amounts.append(f"the coins add up to {sum(user.coins)}, the total is {user.total}")
    if not 0 <= user.total < DIGITS ** (user.rows - 2):
        amounts.append(f"the total {user.total} is out of range")
    if (batch.total - sum(batch.coins)) % P:
        amounts.append("the batch's coins do not add up to its total")
    found.judge("own sums", amounts, f"the coins add up to {user.total}")
    if not (in_batch or in_trunk):
        found.path = (*_steps(user, "batch"), *_steps(batch, TRUNK))
        found.path += (PathStep("root", batch.root.hex()),)
    if this is None:
        detail = f"no sum proofs were given to compare the root {batch.root.hex()} with"
        found.add(not_possible("inclusion", detail))
        found.root = batch.root.hex()
        return
    found.judge("inclusion", _differences(own, this, mine), "roots and sums are the sum proofs'")


def _differences(own: customers.Inclusion, this: _Round, mine: _Part | None) -> list[str]:
    """Return where a customer's file differs from the sum proofs."""
    faults = []
    if own.config != this.config:
        faults.append("the coins are not those of the sum proofs")
    if own.batch.root != this.trunk.root:
        faults.append("the trunk's root is not that of the sum proof")
    if mine is None:
        return [*faults, f"there is no batch {own.batch.place}"]
    if own.user.root != mine.root:
        faults.append("the batch's root is not that of its sum proof")
    claimed = (own.batch.total % P, *(coin % P for coin in own.batch.coins))
    if claimed != (mine.values.total, *mine.values.coins):
        faults.append("the batch's sums are not those of its sum proof")
    return faults


@dataclass(frozen=True, slots=True)
class OkxZkV1:
    """The system ``okx-zk-v1``. Files: the sum_proof_data folder's, then a customer's."""

    name: str = NAME
    scope: tuple[str, ...] = SCOPE

    def recognises(self, files: Sequence[ProofFile]) -> bool:
        """Return whether a file is a customer's proof, or a part of a sum_proof_data folder."""
        return any(
            b'"batch_inclusion_proof"' in file.head
            or (_PART.search(file.name) is not None and file.head.lstrip()[:1] == b"{")
            for file in files
        )

    def verify(self, files: Sequence[ProofFile], request: Request) -> LiabilitiesResult:
        """Check all sum proofs, and customers' proofs that are given too."""
        published, own = _sides(files)
        if not published:
            raise LiabilitiesError("the files of a sum_proof_data folder are needed")
        return self._judge(published, own, request)

    def include(self, files: Sequence[ProofFile], request: Request) -> LiabilitiesResult:
        """Check that the customer of the last file is in the trunk of the sum proofs."""
        published, own = _sides(files)
        if not own:
            raise LiabilitiesError("the last file is not a customer's inclusion proof")
        return self._judge(published, own, request)

    def find(self, file: ProofFile, wanted: str, request: Request) -> NoReturn:
        """Refuse: the published side of this system has no ids."""
        del file, wanted, request
        raise LiabilitiesError(f"{NAME} publishes no list of ids; use include with your own file")

    def _judge(
        self, published: Sequence[ProofFile], own: Sequence[Node], request: Request
    ) -> LiabilitiesResult:
        found = _Findings()
        proofs = [customers.parse(top) for top in own]
        this = _round(published) if published else None
        if this is not None:
            _check_round(found, this)
        for proof in proofs:
            _check_customer(found, proof, this)
        ids = [proof.user.identity for proof in proofs]
        if len(ids) > 1:
            twice = ["two of the customers' files have one id"] * (len(set(ids)) < len(ids))
            found.judge("distinct ids", twice, f"{len(ids)} customers")
        found.add(root_check(found.root, request))
        holds = not any(check.outcome is Outcome.FAILED for check in found.checks)
        totals = {}
        if this is not None:
            pairs = zip(this.config.coins, this.trunk.values.coins, strict=True)
            totals = {coin: Amount(_signed(value), 0) for coin, value in pairs}
        return LiabilitiesResult(
            system=self.name,
            checks=tuple(found.checks),
            totals=totals,
            grade=Grade.CONSISTENT if holds and this is not None else Grade.CLAIMED,
            scope=self.scope,
            root=found.root,
            path=found.path,
            facts=tuple(found.facts),
            unit=UNIT if totals else "",
        )


def _sides(files: Sequence[ProofFile]) -> tuple[list[ProofFile], list[Node]]:
    """Return the published files and the customers' files, read."""
    published, own = [], []
    for file in files:
        if _PROVERS_OWN.search(file.name) is not None:
            continue
        if _PART.search(file.name) is not None or _CONFIG.search(file.name) is not None:
            published.append(file)
        else:
            top = document(file)
            if "batch_inclusion_proof" not in top.members():
                top.refuse("neither of a sum_proof_data folder nor a customer's proof")
            own.append(top)
    return published, own


SYSTEM = OkxZkV1()
