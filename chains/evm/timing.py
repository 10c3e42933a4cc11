"""From a moment to a height: the last block at or before it, by the blocks' own times.

The times of an EVM ledger never decrease, so the block is found by asking for a few blocks: first
back from the tip by the pace of the latest blocks, then between the two nearest. The answer is
certain, not estimated: the block is not after the moment, and the next one is.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from chains.adapter import Unresolved
from chains.errors import ChainsError, Incapable, MalformedAnswer, ProviderError, UnresolvedReason
from chains.evm.blocks import parse_block
from chains.evm.panel import attempts
from chains.evm.pinning import ask_all
from chains.transport.labels import independent

if TYPE_CHECKING:
    from collections.abc import Generator

    from chains.evm.node import Node
    from chains.evm.panel import Panel

PACE_BLOCKS = 1_024
"""How far below the tip a block is looked at to learn how fast blocks come."""

_BISECT_EVERY = 3
"""Of so many steps one halves the range, so that uneven times cannot make the search long."""


class Mark(NamedTuple):
    """A block's height and time, in seconds since 1970."""

    height: int
    time: int


async def height_at(
    panel: Panel, moment_s: int, *, grace_s: float, quorum: int = 1
) -> int | Unresolved:
    """Return the height of the last block at or before `moment_s`, in seconds since 1970.

    All usable nodes look for it, after their chain id was asked, and must find the same. Unresolved
    (`no-block`) when the moment is after the tip or before the first block.
    """
    journal: list[str] = []

    async def look(node: Node) -> int | ProviderError:
        try:
            return await _find(node, moment_s, journal)
        except ChainsError as error:
            return panel.note(node, error)

    heights, errors = await ask_all(panel, look, grace_s=grace_s, enough=quorum)
    if not heights:
        return panel.unresolved(errors, journal)
    said = "; ".join(f"{name}: {height:,}" for name, height in heights.items())
    if len(set(heights.values())) > 1:
        return Unresolved(
            UnresolvedReason.DISAGREEMENT,
            f"the endpoints disagree about the block of {written_time(moment_s)}: {said}",
            attempts(journal),
        )
    if len(independent(list(heights))) < quorum:
        return Unresolved(
            UnresolvedReason.NO_ENDPOINT,
            f"{quorum} independent endpoints must find the block of {written_time(moment_s)}; "
            f"only {', '.join(heights)} did",
            attempts(journal),
        )
    return next(iter(heights.values()))


async def _find(node: Node, moment_s: int, journal: list[str]) -> int:
    await node.require_network(journal)
    answer = await node.endpoint.one("eth_getBlockByNumber", ("latest", False), journal=journal)
    with node.blamed(journal):
        tip = parse_block(answer)
        steps = search(moment_s, Mark(tip.height, tip.time))
        asked = next(steps)
    while True:
        block = await node.block_at(asked, journal)
        try:
            with node.blamed(journal):
                asked = steps.send(block.time)
        except StopIteration as found:
            height: int = found.value
            return height


def search(moment_s: int, tip: Mark) -> Generator[int, int, int]:
    """Yield heights, take their times, and return the last height at or before `moment_s`.

    Raises Incapable (`no-block`) when the tip is not after the moment, because a later block may
    still be at or before it, and when the first block is after it; MalformedAnswer for times that
    decrease.

    >>> steps = search(1_000, Mark(3, 1_036))
    >>> next(steps), steps.send(1_000), steps.send(1_012)
    Traceback (most recent call last):
    StopIteration: 0
    """
    if tip.time <= moment_s:
        raise Incapable(
            f"the tip is block {tip.height:,} of {written_time(tip.time)}, and a block at or "
            f"before {written_time(moment_s)} may still follow",
            reason=UnresolvedReason.NO_BLOCK,
        )
    after = tip
    before = Mark(-1, after.time)
    guess, stride = max(0, tip.height - PACE_BLOCKS), 1
    while True:
        if after.height == 0:
            raise Incapable(
                f"the first block, of {written_time(after.time)}, is after "
                f"{written_time(moment_s)}",
                reason=UnresolvedReason.NO_BLOCK,
            )
        mark = Mark(guess, (yield guess))
        _require_order(mark, after)
        if mark.time <= moment_s:
            before = mark
            break
        after = mark
        # Each stride doubles, so that a pace that was misjudged costs few steps.
        short = (mark.time - moment_s) * (tip.height - mark.height)
        back = -(-short // max(1, tip.time - mark.time))
        guess = max(0, mark.height - max(1, back) * stride)
        stride *= 2
    step = 0
    while after.height - before.height > 1:
        step += 1
        gap = after.height - before.height
        if step % _BISECT_EVERY == 0:
            ahead = gap // 2
        else:
            ahead = (moment_s - before.time) * gap // (after.time - before.time)
        guess = before.height + min(max(1, ahead), gap - 1)
        mark = Mark(guess, (yield guess))
        _require_order(before, mark)
        _require_order(mark, after)
        if mark.time <= moment_s:
            before = mark
        else:
            after = mark
    return before.height


def _require_order(earlier: Mark, later: Mark) -> None:
    if earlier.time > later.time:
        raise MalformedAnswer(
            f"block {earlier.height:,} is of {written_time(earlier.time)}, after block "
            f"{later.height:,} of {written_time(later.time)}"
        )


def written_time(moment_s: int) -> str:
    """Return a time for reading.

    >>> written_time(1_700_000_000)
    '2023-11-14 22:13:20 UTC'
    """
    return f"{datetime.fromtimestamp(moment_s, UTC):%Y-%m-%d %H:%M:%S} UTC"
