"""The contract of a liabilities system: files in, named checks and a grade out. Pure.

What a system must keep:

1. A file that is not of its form raises LiabilitiesError (the command exits with 2). A file of
   its form that does not hold gives a *failed* check (1). What cannot be checked is a check that
   says so, never a pass.
2. The grade is what the checks that passed bear out: `claimed` (somebody wrote it), `consistent`
   (the figures agree with one another and with a proof whose soundness rests on something not
   checked here), `proven` (every figure was recomputed from the published leaves).
3. The scope statement says what is proven and what is not, whatever the checks say.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from crawler.errors import CrawlerError
from crawler.models import Amount

HEAD_BYTES = 65_536
"""How much of a file `System.recognises` may look at."""

DOCUMENT_BYTES = 256 * 1024 * 1024
"""Largest file that is read whole (a customer's proof, a zk proof); longer ones must stream."""


class LiabilitiesError(CrawlerError):
    """A proof file is missing, unreadable, or not of the form that the system publishes."""


class Outcome(StrEnum):
    """What became of one check."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_POSSIBLE = "not-possible"


class Grade(StrEnum):
    """How far a total of liabilities can be trusted; grows downwards."""

    CLAIMED = "claimed"
    CONSISTENT = "consistent"
    PROVEN = "proven"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was checked."""

    name: str
    """Stable and short, for example ``leaf hash``."""
    outcome: Outcome
    detail: str = ""
    """One sentence, with the figures."""
    needed: bool = True
    """False for a check that this system, by its nature, or the user's input does not allow.
    A needed check that is not possible makes the result incomplete (exit 3)."""


def passed(name: str, detail: str = "") -> Check:
    """Return a check that holds."""
    return Check(name, Outcome.PASSED, detail)


def failed(name: str, detail: str) -> Check:
    """Return a check that does not hold."""
    return Check(name, Outcome.FAILED, detail)


def judged(name: str, *, holds: bool, detail: str = "", wrong: str = "") -> Check:
    """Return a check that holds, explained by `detail`, or does not, explained by `wrong`."""
    return passed(name, detail) if holds else failed(name, wrong or detail)


def not_possible(name: str, detail: str, *, needed: bool = False) -> Check:
    """Return a check that could not be made; by default one that is not needed."""
    return Check(name, Outcome.NOT_POSSIBLE, detail, needed=needed)


@dataclass(frozen=True, slots=True)
class PathStep:
    """One node on the way from a leaf to the root."""

    level: str
    """As the system counts: ``height 3``, ``level 12``, ``batch``."""
    node: str
    """Hash of the climbing node, as computed here."""
    sibling: str = ""
    """Hash of the node beside it; empty when there is none (and at the root)."""
    sibling_side: str = ""
    """``left``, ``right`` or empty; for wide nodes ``among 63``."""
    amounts: tuple[tuple[str, str], ...] = ()
    """Asset and amount of the climbing node, as text, where the system has sums."""


@dataclass(frozen=True, slots=True)
class LiabilitiesResult:
    """What the files of one system bear out."""

    system: str
    checks: tuple[Check, ...]
    totals: Mapping[str, Amount]
    """What is owed per asset, in whole units of the asset; empty when no total is shown."""
    grade: Grade
    scope: tuple[str, ...]
    """The scope statement, one sentence or two each: what is and is not proven."""
    root: str = ""
    """The root that the files lead to, to compare with the one on the public page."""
    path: tuple[PathStep, ...] = ()
    """From a customer's leaf to the root, for ``--tree``; empty when no leaf was asked for."""
    found: tuple[tuple[str, str], ...] = ()
    """What was found about an id that was looked up: a label and a text each."""
    facts: tuple[tuple[str, str], ...] = ()
    """Further figures to print: rows, digests, rules."""
    unit: str = ""
    """Of all the totals, when it is not the asset's own, for example ``USD``."""

    @property
    def exit_code(self) -> int:
        """Return 1 when a check failed, 3 when a needed one was not possible, else 0."""
        outcomes = {(check.outcome, check.needed) for check in self.checks}
        if any(outcome is Outcome.FAILED for outcome, _ in outcomes):
            return 1
        return 3 if (Outcome.NOT_POSSIBLE, True) in outcomes else 0


class ProofFile(Protocol):
    """One file, however long, that can be read again and again."""

    @property
    def name(self) -> str:
        """As given, or for a member of a folder its path from that folder's name, with ``/``.

        For example ``sum_proof_data/batches/a0/sum_proof.json``.
        """
        ...

    @property
    def head(self) -> bytes:
        """At most the first HEAD_BYTES bytes."""
        ...

    def read(self, limit: int = DOCUMENT_BYTES) -> bytes:
        """Return the whole file. Raises LiabilitiesError when it has over `limit` bytes."""
        ...

    def chunks(self) -> Iterator[bytes]:
        """Yield the file from its start in blocks of no particular size."""
        ...


@dataclass(frozen=True, slots=True)
class HeldFile:
    """A ProofFile that is in memory.

    >>> HeldFile("a.csv", b"asset,amount").head
    b'asset,amount'
    """

    name: str
    data: bytes = field(repr=False)

    @property
    def head(self) -> bytes:
        """Return at most the first HEAD_BYTES bytes."""
        return self.data[:HEAD_BYTES]

    def read(self, limit: int = DOCUMENT_BYTES) -> bytes:
        """Return the whole file. Raises LiabilitiesError when it has over `limit` bytes."""
        if len(self.data) > limit:
            raise LiabilitiesError(f"{self.name} is longer than {limit} bytes")
        return self.data

    def chunks(self) -> Iterator[bytes]:
        """Yield the file from its start."""
        for start in range(0, len(self.data), 1 << 20):
            yield self.data[start : start + (1 << 20)]


@dataclass(frozen=True, slots=True)
class Request:
    """What the user added to the files."""

    root: str = ""
    """The root on the public page; empty when none was given."""
    lenient: bool = False
    """Take amounts in scientific notation and with thousands separators."""
    rule: str = ""
    """Try only the Merkle rules whose name begins with this (Phemex)."""


NOTHING_ADDED = Request()


class System(Protocol):
    """One published system. Stateless.

    In `files` the published side comes first and the customer's file last.
    """

    @property
    def name(self) -> str:
        """As on the command line, for example ``okx-merkle-v2``."""
        ...

    @property
    def scope(self) -> tuple[str, ...]:
        """The scope statement."""
        ...

    def recognises(self, files: Sequence[ProofFile]) -> bool:
        """Return whether these files, by names and heads, are of this system. Never raises."""
        ...

    def verify(self, files: Sequence[ProofFile], request: Request) -> LiabilitiesResult:
        """Check the published side. Raises LiabilitiesError for unusable files.

        A system that publishes nothing but customers' proofs checks the customer's proof.
        """
        ...

    def include(self, files: Sequence[ProofFile], request: Request) -> LiabilitiesResult:
        """Check that the customer of the last file is counted in the files before it."""
        ...

    def find(self, file: ProofFile, wanted: str, request: Request) -> LiabilitiesResult:
        """Look an id (or a leaf hash) up in a published file.

        A well-formed id that is not there gives a failed check ``found``.
        """
        ...


def root_check(computed: str, request: Request) -> Check:
    """Return the comparison of the root that was computed with the published one.

    >>> root_check("ab", NOTHING_ADDED).outcome
    <Outcome.NOT_POSSIBLE: 'not-possible'>
    """
    name = "published root"
    if not request.root:
        detail = f"compare {computed} with the root on the public page, or give it with --root"
        return not_possible(name, detail)
    wanted = request.root.lower().removeprefix("0x")
    return judged(
        name,
        holds=wanted == computed.lower(),
        detail=f"{computed} is the root that was given",
        wrong=f"the files lead to {computed}, the root that was given is {wanted}",
    )
