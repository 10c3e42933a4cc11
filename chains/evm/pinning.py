"""From a height to a block hash, on which every endpoint that answers agrees."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from chains.adapter import Unresolved
from chains.errors import ChainsError, ProviderError, UnresolvedReason
from chains.evm.blocks import Block
from chains.evm.hexadecimal import written
from chains.evm.panel import attempts

if TYPE_CHECKING:
    from chains.evm.node import Node
    from chains.evm.panel import Panel


async def pin(panel: Panel, height: int, *, grace_s: float) -> Block | Unresolved:
    """Return the block at `height`, or why there is none; all usable nodes are asked at once.

    Once one node has described the block, slower ones are waited for at most `grace_s` seconds
    each time. The chain id is asked first. Nodes that describe different blocks make the height
    unresolved: which of them is right is not for a single vote to decide.
    """
    journal: list[str] = []
    blocks, errors = await _described(panel, height, journal, grace_s)
    if not blocks:
        return panel.unresolved(errors, journal)
    if len(set(blocks.values())) > 1:
        said = "; ".join(f"{name}: {written(block.hash)}" for name, block in blocks.items())
        return Unresolved(
            UnresolvedReason.DISAGREEMENT,
            f"the endpoints disagree about block {height}: {said}",
            attempts(journal),
        )
    return next(iter(blocks.values()))


async def _described(
    panel: Panel, height: int, journal: list[str], grace_s: float
) -> tuple[dict[str, Block], list[ProviderError]]:
    """Return what each node that answered in time describes, by label, and the other's errors."""
    tasks = {
        asyncio.create_task(_describe(panel, node, height, journal)): node
        for node in panel.usable()
    }
    pending = set(tasks)
    blocks: dict[str, Block] = {}
    errors: list[ProviderError] = []
    try:
        while pending:
            done, pending = await asyncio.wait(
                pending,
                timeout=grace_s if blocks else None,
                return_when=asyncio.FIRST_COMPLETED,
            )
            if not done:
                break
            for task in done:
                answer = task.result()
                if isinstance(answer, Block):
                    blocks[tasks[task].label] = answer
                else:
                    errors.append(answer)
    finally:
        for task in pending:
            task.cancel()
        await asyncio.gather(*pending, return_exceptions=True)
    return blocks, errors


async def _describe(
    panel: Panel, node: Node, height: int, journal: list[str]
) -> Block | ProviderError:
    try:
        await node.require_network(journal)
        return await node.block_at(height, journal)
    except ChainsError as error:
        return panel.note(node, error)
