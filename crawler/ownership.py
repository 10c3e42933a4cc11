"""Judge the signatures of a list over a `concurrent.futures.Executor`, in list order.

A list is cut into blocks, and what a block means depends on the lines before it: below which
header it stands, and whether its first line ends a quoted cell. Nearly always the answer is
"below the one header, and no", so blocks are handed out on that assumption before the ones ahead
of them are judged. Every answer says how its block really ended. When that is not what the next
blocks were told, their answers are thrown away and they are judged again. So the outcome is that
of reading the list from top to bottom, whatever is in it.
"""

from __future__ import annotations

import os
from array import array
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from itertools import chain, islice
from typing import TYPE_CHECKING, NamedTuple, ParamSpec, Self, TypeVar

from chains.adapter import OwnershipVerdict, OwnershipWord
from crawler.block_judge import BlockJudge, JudgedBlock, Task, as_briefs, instruct, judge_block
from crawler.lists.interface import DivisibleFormat, Standing
from crawler.lists.sections import no_header
from crawler.sources.blocks import LARGEST, Block, cut
from crawler.worker_pool import WorkerPool

if TYPE_CHECKING:
    from crawler.block_judge import Instructions
    from crawler.lists.interface import Vocabulary
    from crawler.sources.interface import Member
    from crawler.wallet_list import WalletList

SHORT_LIST = 5
"""Blocks of a list that is judged before a pool would have started."""

STREAMED_ROWS = 1_000
"""Rows in each answer of a list that cannot be divided."""

Work = Callable[[Task], JudgedBlock]
"""Judges a block; it can be pickled."""

Parameters = ParamSpec("Parameters")
Answer = TypeVar("Answer")


class InProcess(Executor):
    """An executor that does the work at once, where it is."""

    def submit(
        self,
        fn: Callable[Parameters, Answer],
        /,
        *args: Parameters.args,
        **kwargs: Parameters.kwargs,
    ) -> Future[Answer]:
        """Return a future that is done. What `fn` raises is raised here."""
        future: Future[Answer] = Future()
        future.set_result(fn(*args, **kwargs))
        return future


NOT_JUDGED = OwnershipVerdict(
    OwnershipWord.UNSUPPORTED, "not-judged", "Signatures were not looked at in this run."
)


class NoJudgement:
    """Stands in for the engine where only balances are asked for: no signature is looked at."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None: ...

    def judge(self, wallet_list: WalletList, *, with_text: bool = True) -> Iterator[JudgedBlock]:
        """Yield NOT_JUDGED for every row of a list, in list order; never any text."""
        if with_text:
            raise ValueError("rows that are not judged have no lines")
        rows = wallet_list.rows()
        while count := sum(1 for _ in islice(rows, STREAMED_ROWS)):
            yield JudgedBlock(
                verdicts=[NOT_JUDGED], counts=[count], numbers=array("I", bytes(4 * count))
            )


class OwnershipEngine:
    """Judges lists in parallel. A context manager: it ends the processes that it has started."""

    def __init__(
        self,
        *,
        workers: int | None = None,
        executor: Executor | None = None,
        largest_block: int = LARGEST,
    ) -> None:
        """Judge over `executor`, or else over processes of its own; `workers` None: one a core.

        With an executor, `workers` says how many blocks it can work on at a time.
        """
        self._workers = workers or os.cpu_count() or 1
        self._executor = executor
        self._pool: WorkerPool | None = None
        self._largest_block = largest_block

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if self._pool is None:
            return
        if kind is None:
            self._pool.shutdown()
        else:
            self._pool.abandon()

    def judge(
        self, wallet_list: WalletList, *, with_text: bool = True, work: Work = judge_block
    ) -> Iterator[JudgedBlock]:
        """Yield what became of the rows of a list, block by block, in list order.

        With `with_text`, each comes with the JSON lines of its rows. The list's files and
        summaries are renewed, as by `WalletList.rows`. `work` judges the blocks of files that
        can be divided, and may do more with them. Raises ListError when the list has no rows at
        all, has changed, or turns out damaged.
        """
        vocabulary = wallet_list.vocabulary
        instructions = instruct(vocabulary)
        wallet_list.begin()
        for member in wallet_list.source.members:
            census = wallet_list.begin_file()
            if isinstance(member.format, DivisibleFormat):
                answers = self._divide(member, instructions, work, with_text=with_text)
            else:
                answers = _stream(member, vocabulary, with_text=with_text)
            for judged in answers:
                census.add(judged.census)
                wallet_list.summaries.extend(judged.summaries)
                yield judged
        wallet_list.end()

    def _divide(
        self, member: Member, instructions: Instructions, work: Work, *, with_text: bool
    ) -> Iterator[JudgedBlock]:
        blocks = cut(member, largest=self._largest_block)
        first = list(islice(blocks, SHORT_LIST))
        executor, window = self._executor_for(first)
        folding = _Folding(member, chain(first, blocks), executor, window, work)
        return folding.answers(instructions, with_text=with_text)

    def _executor_for(self, first: list[Block]) -> tuple[Executor, int]:
        """Return who judges a list that begins with these blocks, and how many are handed out."""
        window = 2 * self._workers + 1
        if self._executor is not None:
            return self._executor, window
        if self._workers == 1 or len(first) < SHORT_LIST:
            return InProcess(), 1
        if self._pool is None:
            self._pool = WorkerPool(self._workers)
        return self._pool, window


class _Given(NamedTuple):
    """A block that was handed out."""

    block: Block
    standing: Standing
    """What it was assumed to stand below."""
    is_last: bool
    answer: Future[JudgedBlock]


class _Folding:
    """Hands out the blocks of one file, and puts the answers in order."""

    def __init__(
        self,
        member: Member,
        blocks: Iterator[Block],
        executor: Executor,
        window: int,
        work: Work,
    ) -> None:
        self._work = work
        self._member = member
        self._blocks = blocks
        self._executor = executor
        self._window = window
        self._waiting: deque[Block] = deque()
        self._given: deque[_Given] = deque()

    def answers(self, instructions: Instructions, *, with_text: bool) -> Iterator[JudgedBlock]:
        """Yield one answer for every block, or for every two that a row had joined."""
        standing, lines, window = Standing(), 0, 1
        lines_given = 0
        while True:
            while len(self._given) < window and (block := self._next()) is not None:
                is_last = not self._has_more()
                task = Task(
                    instructions, self._member.format.name, self._member.name, block,
                    standing, lines_given, is_last, with_text,
                )  # fmt: skip
                answer = self._executor.submit(self._work, task)
                self._given.append(_Given(block, standing, is_last, answer))
                lines_given += block.lines
            if not self._given:
                break
            given = self._given.popleft()
            judged = given.answer.result()
            yield judged
            read = judged.census.lines
            lines += read
            if read == given.block.lines and judged.standing == given.standing:
                window = min(2 * window, self._window)
                continue
            if read < given.block.lines and given.is_last:
                raise RuntimeError(f"{self._member.name}: the last block was not read to its end")
            if read > given.block.lines:
                raise RuntimeError(f"{self._member.name}: more lines were read than given")
            # The blocks that follow were judged on a wrong assumption, or lack their first lines.
            self._take_back(given.block.without(read) if read < given.block.lines else None)
            standing, lines_given, window = judged.standing, lines, 1
        if standing.header is None:
            raise no_header(self._member.name)

    def _take_back(self, rest: Block | None) -> None:
        following = [given.block for given in self._given]
        for given in self._given:
            given.answer.cancel()
        self._given.clear()
        self._waiting.extendleft(reversed(following))
        if rest is not None:
            after = self._next()
            self._waiting.appendleft(rest if after is None else rest.joined(after))

    def _next(self) -> Block | None:
        return self._waiting.popleft() if self._waiting else next(self._blocks, None)

    def _has_more(self) -> bool:
        if not self._waiting and (block := next(self._blocks, None)) is not None:
            self._waiting.append(block)
        return bool(self._waiting)


def _stream(member: Member, vocabulary: Vocabulary, *, with_text: bool) -> Iterator[JudgedBlock]:
    """Yield what became of the rows of a file that only reads from top to bottom."""
    judge = BlockJudge(vocabulary)
    found = JudgedBlock()
    entries = as_briefs(
        member.format.parse(
            member.lines(), file=member.name, vocabulary=vocabulary, census=found.census
        )
    )
    while several := list(islice(entries, STREAMED_ROWS)):
        part = JudgedBlock()
        judge.fill(part, several, file=member.name, with_text=with_text)
        yield part
    yield found
