"""Is a block final? By the node's own tag, by what was built on it, or by its age.

A block is final when, in this order,

1. enough endpoints name a `finalized` block at or above it, where the network has that tag;
2. the network has no tag, or no endpoint knows it, and enough blocks follow it;
3. it is older than `final_age_s` by its own time: dev chains have no tag, and some nodes lag behind
   with theirs, while its hash is agreed on anyway.

Enough endpoints: one, or as many as the quorum asks for. How it was shown goes into the report.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chains.adapter import Unresolved
from chains.errors import ChainsError, ProviderError, UnresolvedReason
from chains.evm.blocks import parse_block
from chains.evm.panel import attempts
from chains.evm.pinning import ask_all
from chains.transport.labels import independent

if TYPE_CHECKING:
    from chains.evm.blocks import Block
    from chains.evm.node import Node
    from chains.evm.panel import Panel
    from chains.evm.settings import EvmSettings

TAG = "finalized"
"""Of the network's `finality`; otherwise that is a number of confirmations."""


async def finality(
    panel: Panel, block: Block, *, rule: str, settings: EvmSettings, now_s: float
) -> str | Unresolved:
    """Return by which rule `block` is final, as SnapshotPoint names it, or why it is not yet.

    `rule` is the network's `finality`; `now_s` the time of the run in seconds since 1970, UTC.
    """
    journal: list[str] = []
    enough = max(1, settings.quorum)
    tagged: dict[str, int] = {}
    if rule == TAG:
        tagged = await _heights(panel, TAG, journal, settings)
        if (
            len(independent([n for n, height in tagged.items() if height >= block.height]))
            >= enough
        ):
            return "finalized"
    depth = _depth(rule, settings)
    tips: dict[str, int] = {}
    if not tagged:
        tips = await _heights(panel, "latest", journal, settings)
        deep = [name for name, height in tips.items() if height - block.height >= depth]
        if len(independent(deep)) >= enough:
            return "confirmations"
    if now_s - block.time > settings.final_age_s:
        return "age"
    said = [f"{name} has finalized {height:,}" for name, height in tagged.items()]
    said += [
        f"{name} has {max(0, height - block.height):,} of {depth:,} blocks on top of it"
        for name, height in tips.items()
    ]
    detail = "; ".join(said) or "no endpoint tells how far the ledger is"
    return Unresolved(
        UnresolvedReason.NOT_FINAL,
        f"block {block.height:,} is not final yet: {detail}",
        attempts(journal),
    )


async def newest_final(panel: Panel, *, rule: str, settings: EvmSettings) -> int | Unresolved:
    """Return the height of the newest block that is final by the rules 1 or 2.

    Several endpoints need not be equally far: it is the newest that enough of them have reached.
    """
    journal: list[str] = []
    enough = max(1, settings.quorum)

    async def meet(node: Node) -> str | ProviderError:
        try:
            await node.require_network(journal)
        except ChainsError as error:
            return panel.note(node, error)
        return node.label

    met, errors = await ask_all(panel, meet, grace_s=settings.pin_grace_s, enough=enough)
    if not met:
        return panel.unresolved(errors, journal)
    reached: dict[str, int] = {}
    if rule == TAG:
        reached = await _heights(panel, TAG, journal, settings)
    if not reached:
        depth = _depth(rule, settings)
        tips = await _heights(panel, "latest", journal, settings)
        reached = {name: height - depth for name, height in tips.items()}
    reached = {name: height for name, height in reached.items() if name in met}
    for height in sorted(set(reached.values()), reverse=True):
        there = [name for name, own in reached.items() if own >= height]
        if height >= 0 and len(independent(there)) >= enough:
            return height
    said = "; ".join(f"{name}: {height:,}" for name, height in reached.items())
    return Unresolved(
        UnresolvedReason.NOT_FINAL,
        f"no block is final yet by the word of {enough} independent endpoints "
        f"({said or 'nobody tells how far the ledger is'})",
        attempts(journal),
    )


def _depth(rule: str, settings: EvmSettings) -> int:
    return int(rule) if rule.isdigit() else settings.confirmations


async def _heights(
    panel: Panel, tag: str, journal: list[str], settings: EvmSettings
) -> dict[str, int]:
    """Return the height of a tag by the label of each endpoint that gives one."""

    async def ask(node: Node) -> int | ProviderError:
        try:
            answer = await node.endpoint.one("eth_getBlockByNumber", (tag, False), journal=journal)
            return parse_block(answer).height
        except ChainsError as error:
            # A node that does not know the tag is no worse for anything else.
            return ProviderError(str(error), source=node.label)

    answers, _ = await ask_all(panel, ask, grace_s=settings.pin_grace_s)
    return answers
