"""Holds a report against what the demo planted and against the nodes' own answers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from crawler.demo.scene import Chain, TokenCode, balance_at
from crawler.errors import CrawlerError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from crawler.demo.chain import Anvil
    from crawler.demo.scene import Case, Scene

Finding = Mapping[str, Any]
"""One line of findings.jsonl."""


@dataclass(frozen=True, slots=True)
class Stage:
    """A network of the scene while its node runs."""

    chain: Chain
    node: Anvil
    block_hash: str
    """Of the snapshot block, as the node gave it when the block was made."""


def read_findings(path: Path) -> dict[int, Finding]:
    """Return the findings of a report by line number of the list. Raises CrawlerError."""
    try:
        lines = path.read_text("utf-8").splitlines()
    except OSError as error:
        raise CrawlerError(f"The run left no findings at {path}.") from error
    findings = {finding["row"]: finding for finding in map(json.loads, lines)}
    if len(findings) != len(lines):
        raise CrawlerError(f"{path} has more than one finding for a row.")
    return findings


def misjudged(scene: Scene, findings: Mapping[int, Finding]) -> Iterator[str]:
    """Yield one sentence for everything planted that the report does not say as it must."""
    if len(findings) != scene.rows:
        yield f"the list has {scene.rows} rows, the report {len(findings)}."
    for case in scene.cases:
        if not case.rows:
            yield f"{case.name}: no row of the list carries it."
        for row in case.rows:
            yield from _misjudged_row(case, row, findings.get(row))


def _misjudged_row(case: Case, row: int, finding: Finding | None) -> Iterator[str]:
    if finding is None:
        yield f"{case.name}: row {row} is missing from the report."
        return
    for member, value in case.expect.items():
        if finding[member] != value:
            yield f"{case.name}: row {row} has {member} {finding[member]}, not {value}."


def misread(
    stages: Mapping[str, Stage], token: TokenCode, findings: Mapping[int, Finding]
) -> Iterator[str]:
    """Yield one sentence for every figure that a node contradicts, or that is missing.

    Rows on a network of `stages` must carry the node's balance and block hash, except repeated
    rows; rows elsewhere must carry no figure at all.
    """
    for row, finding in sorted(findings.items()):
        stage = stages.get(finding["network"])
        observed = finding["observed"]
        if stage is None:
            if observed is not None:
                yield f"row {row}: {observed} observed on {finding['network']}, where nothing is."
        elif observed is None:
            if finding["reason"] != "duplicate":
                yield f"row {row}: no balance was read ({finding['reason']}): the node has it."
        else:
            coin = stage.chain.coins[finding["coin"]]
            address = finding["address"].lower()
            held = balance_at(stage.node, token, coin, address, stage.chain.height)
            if base_units(observed, coin.decimals) != held:
                yield f"row {row}: {observed} observed, but the node says {held} base units."
            if finding["block_hash"] != stage.block_hash:
                yield f"row {row}: read at block {finding['block_hash']}, not at the snapshot."


def base_units(text: str, decimals: int) -> int | None:
    """Return an amount in base units, or None when it is not a whole number of them.

    >>> base_units("1.5", 6), base_units("0.000000", 6), base_units("0.0000001", 6)
    (1500000, 0, None)
    """
    whole, _, fraction = text.partition(".")
    kept, lost = fraction[:decimals], fraction[decimals:]
    if lost.strip("0"):
        return None
    return int(whole + kept.ljust(decimals, "0"))


def describe(finding: Finding) -> str:
    """Return a finding in one line: what was claimed, observed and concluded."""
    words = f"{finding['coin']} claimed {finding['claimed']}"
    if finding["observed"] is not None:
        words += f", observed {finding['observed']}"
    return f"{words}: {finding['finding']} ({finding['reason']}), ownership {finding['ownership']}"
