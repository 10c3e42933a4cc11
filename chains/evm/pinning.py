"""From a height to a block hash, on which every endpoint that answers agrees."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeVar

from chains.adapter import Unresolved
from chains.errors import ChainsError, ProviderError, UnresolvedReason
from chains.evm.hexadecimal import written
from chains.evm.panel import attempts
from chains.transport.labels import independent

if TYPE_CHECKING:
    from chains.evm.blocks import Block
    from chains.evm.node import Node
    from chains.evm.panel import Panel

Answer = TypeVar("Answer")


async def pin(panel: Panel, height: int, *, grace_s: float, quorum: int = 1) -> Block | Unresolved:
    """Return the block at `height`, or why there is none; all usable nodes are asked at once.

    Once `quorum` nodes have described the block, slower ones are waited for at most `grace_s`
    seconds each time. The chain id is asked first. Nodes that describe different blocks make the
    height unresolved: which of them is right is not for a vote to decide.
    """
    journal: list[str] = []

    async def describe(node: Node) -> Block | ProviderError:
        try:
            await node.require_network(journal)
            return await node.block_at(height, journal)
        except ChainsError as error:
            return panel.note(node, error)

    blocks, errors = await ask_all(panel, describe, grace_s=grace_s, enough=quorum)
    if not blocks:
        return panel.unresolved(errors, journal)
    if len(set(blocks.values())) > 1:
        said = "; ".join(f"{name}: {written(block.hash)}" for name, block in blocks.items())
        return Unresolved(
            UnresolvedReason.DISAGREEMENT,
            f"the endpoints disagree about block {height}: {said}",
            attempts(journal),
        )
    if len(independent(list(blocks))) < quorum:
        return Unresolved(
            UnresolvedReason.NO_ENDPOINT,
            f"{quorum} independent endpoints must describe block {height}; only "
            f"{', '.join(blocks)} did",
            attempts(journal),
        )
    return next(iter(blocks.values()))


async def recheck(
    panel: Panel, block: Block, *, grace_s: float, quorum: int = 1
) -> Unresolved | str | None:
    """Return None when the endpoints still have `block` at its height.

    Unresolved when another block has taken its place, and a sentence when nobody could tell.
    """
    again = await pin(panel, block.height, grace_s=grace_s, quorum=quorum)
    if not isinstance(again, Unresolved):
        if again.hash == block.hash:
            return None
        return Unresolved(
            UnresolvedReason.NOT_FINAL,
            f"block {block.height:,} was replaced during the run: {written(block.hash)} by "
            f"{written(again.hash)}",
        )
    if again.reason in {UnresolvedReason.DISAGREEMENT, UnresolvedReason.NO_BLOCK}:
        return Unresolved(again.reason, f"at the end of the run {again.detail}", again.attempts)
    return f"block {block.height:,} could not be checked again at the end: {again.detail}"


async def ask_all(
    panel: Panel,
    question: Callable[[Node], Awaitable[Answer | ProviderError]],
    *,
    grace_s: float,
    enough: int = 1,
) -> tuple[dict[str, Answer], list[ProviderError]]:
    """Return what each usable node answers in time, by label, and the others' errors.

    Once `enough` have answered, the others are waited for at most `grace_s` seconds each time.
    """

    async def ask(node: Node) -> Answer | ProviderError:
        return await question(node)

    tasks = {asyncio.create_task(ask(node)): node for node in panel.usable()}
    pending = set(tasks)
    answers: dict[str, Answer] = {}
    errors: list[ProviderError] = []
    try:
        while pending:
            done, pending = await asyncio.wait(
                pending,
                timeout=grace_s if len(answers) >= enough else None,
                return_when=asyncio.FIRST_COMPLETED,
            )
            if not done:
                break
            for task in done:
                answer = task.result()
                if isinstance(answer, ProviderError):
                    errors.append(answer)
                else:
                    answers[tasks[task].label] = answer
    finally:
        for task in pending:
            task.cancel()
        await asyncio.gather(*pending, return_exceptions=True)
    return answers, errors
