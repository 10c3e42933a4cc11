"""Judge the signatures of many rows over a `concurrent.futures.Executor`, in list order.

What is sent to a worker is plain cells and rule numbers; what comes back is one small number
per row and the distinct verdicts behind them, so a chunk of rows costs little to move.
"""

from __future__ import annotations

import os
from array import array
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from itertools import islice
from multiprocessing import get_context
from typing import Self

from chains.adapter import (
    OwnershipMaterial,
    OwnershipRule,
    OwnershipVerdict,
    OwnershipWord,
    Verifier,
)
from chains.registry import family_module
from crawler.lists.interface import MalformedReason
from crawler.models import Claim, MalformedRow

CHUNK_ROWS = 2_000
"""Rows per task: large enough that moving them is noise beside the recoveries."""

CACHE_ROWS = 50_000
"""Distinct rows each worker remembers; token rows repeat an address and its signature."""

UNMAPPED = OwnershipVerdict(
    OwnershipWord.UNSUPPORTED, "unmapped-coin", "The entity's table does not know this coin name."
)
NO_RULE = OwnershipVerdict(
    OwnershipWord.UNSUPPORTED, "no-rule", "No ownership rule is known for this coin name."
)

Judged = tuple[Claim | MalformedRow, OwnershipVerdict]
Task = list[tuple[int, OwnershipMaterial]]
Answer = tuple[bytes, list[OwnershipVerdict]]


OUTSIDE_DETAIL = frozenset({MalformedReason.SUMMARY, MalformedReason.NO_HEADER})
"""Lines that are no detail rows at all: nothing is claimed, so nothing fails."""


def malformed_verdict(row: MalformedRow) -> OwnershipVerdict:
    """Return the verdict of a line that is not a claim: a malformed field of a row fails."""
    word = OwnershipWord.UNSUPPORTED if row.reason in OUTSIDE_DETAIL else OwnershipWord.FAILED
    return OwnershipVerdict(word, f"malformed-{row.reason}", row.detail)


NOT_JUDGED = OwnershipVerdict(
    OwnershipWord.UNSUPPORTED, "not-judged", "Signatures were not looked at in this run."
)


class NoJudgement:
    """Stands in for the engine where only balances are asked for: no signature is looked at."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None: ...

    def judge(self, rows: Iterable[Claim | MalformedRow]) -> Iterator[list[Judged]]:
        """Yield chunks of (row, NOT_JUDGED) in the order of `rows`; every row exactly once."""
        source = iter(rows)
        while chunk := list(islice(source, CHUNK_ROWS)):
            yield [(row, NOT_JUDGED) for row in chunk]


class Judge:
    """Judges materials by rule number. One lives in every worker process."""

    def __init__(self, rules: Sequence[OwnershipRule]) -> None:
        """Prepare nothing yet: a rule's family is imported when its first row comes."""
        self._rules = rules
        self._verifiers: dict[int, Verifier] = {}
        self._cache: dict[tuple[int, OwnershipMaterial], OwnershipVerdict] = {}

    def verdict(self, rule: int, material: OwnershipMaterial) -> OwnershipVerdict:
        """Return the verdict of one row; same input, same verdict, whatever came before."""
        key = (rule, material)
        found = self._cache.get(key)
        if found is not None:
            return found
        verifier = self._verifiers.get(rule)
        if verifier is None:
            family = family_module(self._rules[rule].family, "ownership")
            verifier = self._verifiers[rule] = family.verifier(self._rules[rule])
        found = verifier(material)
        if len(self._cache) >= CACHE_ROWS:
            self._cache.clear()
        self._cache[key] = found
        return found

    def task(self, rows: Task) -> Answer:
        """Return one uint32 per row, packed, indexing the list of distinct verdicts."""
        distinct: dict[OwnershipVerdict, int] = {}
        numbers = array("I")
        for rule, material in rows:
            verdict = self.verdict(rule, material)
            numbers.append(distinct.setdefault(verdict, len(distinct)))
        return numbers.tobytes(), list(distinct)


_judge: Judge | None = None


def _start_worker(rules: list[OwnershipRule]) -> None:
    global _judge  # noqa: PLW0603 (one judge per worker process is the point)
    _judge = Judge(rules)


def _run_task(rows: Task) -> Answer:
    if _judge is None:
        raise RuntimeError("the worker was not started with its rules")
    return _judge.task(rows)


class OwnershipEngine:
    """Judges rows in list order, in parallel. A context manager: it owns its worker processes."""

    def __init__(self, rules: Iterable[OwnershipRule], *, workers: int | None = None) -> None:
        """`rules` are all rules that rows may name; `workers` None means one per core."""
        self._rules = list(rules)
        self._numbers = {id(rule): number for number, rule in enumerate(self._rules)}
        self._workers = workers or os.cpu_count() or 1
        self._executor: Executor | None = None
        self._local = Judge(self._rules)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        if self._executor is not None:
            self._executor.shutdown(wait=exception[0] is None, cancel_futures=True)

    def judge(self, rows: Iterable[Claim | MalformedRow]) -> Iterator[list[Judged]]:
        """Yield chunks of (row, verdict) in the order of `rows`; every row exactly once."""
        source = iter(rows)
        first = list(islice(source, CHUNK_ROWS))
        second = list(islice(source, CHUNK_ROWS))
        if self._workers == 1 or not second:  # a short list is judged before a pool would start
            for chunk in _chunks(first, second, source):
                numbers, distinct = self._local.task(self._task(chunk))
                yield _join(chunk, numbers, distinct)
            return
        executor = self._pool()
        pending: deque[tuple[list[Claim | MalformedRow], Future[Answer]]] = deque()
        for chunk in _chunks(first, second, source):
            pending.append((chunk, executor.submit(_run_task, self._task(chunk))))
            if len(pending) > 2 * self._workers:
                done, future = pending.popleft()
                yield _join(done, *future.result())
        while pending:
            done, future = pending.popleft()
            yield _join(done, *future.result())

    def _pool(self) -> Executor:
        if self._executor is None:
            # forkserver: a worker imports only this module, whatever the main process holds.
            self._executor = ProcessPoolExecutor(
                self._workers,
                mp_context=get_context("forkserver"),
                initializer=_start_worker,
                initargs=(self._rules,),
            )
        return self._executor

    def _task(self, chunk: list[Claim | MalformedRow]) -> Task:
        task: Task = []
        for row in chunk:
            if isinstance(row, Claim) and row.mapping is not None and row.mapping.rule is not None:
                task.append((self._numbers[id(row.mapping.rule)], row.material))
        return task


def _chunks(
    first: list[Claim | MalformedRow],
    second: list[Claim | MalformedRow],
    rest: Iterator[Claim | MalformedRow],
) -> Iterator[list[Claim | MalformedRow]]:
    if first:
        yield first
    if second:
        yield second
    while chunk := list(islice(rest, CHUNK_ROWS)):
        yield chunk


def _join(
    chunk: list[Claim | MalformedRow], packed: bytes, distinct: list[OwnershipVerdict]
) -> list[Judged]:
    numbers = array("I", packed)
    judged: list[Judged] = []
    position = 0
    for row in chunk:
        if isinstance(row, MalformedRow):
            judged.append((row, malformed_verdict(row)))
        elif row.mapping is None:
            judged.append((row, UNMAPPED))
        elif row.mapping.rule is None:
            judged.append((row, NO_RULE))
        else:
            judged.append((row, distinct[numbers[position]]))
            position += 1
    if position != len(numbers):
        raise RuntimeError(f"{position} rows were sent to be judged, {len(numbers)} came back")
    return judged
