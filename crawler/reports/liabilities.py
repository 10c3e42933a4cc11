"""What a liabilities check found, as JSON and in a terminal. Pure."""

from __future__ import annotations

import io
import json

from rich.console import Console
from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from chains.errors import plain_text
from crawler.liabilities.interface import LiabilitiesResult, Outcome, PathStep
from crawler.liabilities.sums import trimmed
from crawler.reports.counted import counted

SCHEMA_VERSION = "1.0"

COLOURS = {Outcome.PASSED: "green", Outcome.FAILED: "red", Outcome.NOT_POSSIBLE: "yellow"}
SHOWN_AMOUNTS = 4
"""Balances that are drawn beside a node; a proof may have 50 coins."""
SHOWN_FACTS = 40
HASH_SHOWN = 16
DETAIL = 600


def verdict(result: LiabilitiesResult) -> str:
    """Return the outcome in one sentence, worst news first."""
    failed = [check.name for check in result.checks if check.outcome is Outcome.FAILED]
    if failed:
        return f"Does not hold: {', '.join(failed)}."
    open_ones = [
        check.name
        for check in result.checks
        if check.needed and check.outcome is Outcome.NOT_POSSIBLE
    ]
    if open_ones:
        return f"Incomplete: {', '.join(open_ones)} could not be checked."
    passed = sum(check.outcome is Outcome.PASSED for check in result.checks)
    return f"Holds: {counted(passed, 'check')} passed. What is owed is {result.grade}."


def to_json(result: LiabilitiesResult) -> str:
    """Return the result as one JSON document, members in a fixed order; amounts are text."""
    document = {
        "schema_version": SCHEMA_VERSION,
        "system": result.system,
        "verdict": verdict(result),
        "exit_code": result.exit_code,
        "grade": result.grade.value,
        "root": result.root,
        "unit": result.unit,
        "totals": {asset: trimmed(amount).text() for asset, amount in result.totals.items()},
        "checks": [
            {
                "name": check.name,
                "outcome": check.outcome.value,
                "needed": check.needed,
                "detail": check.detail,
            }
            for check in result.checks
        ],
        "found": [[label, text] for label, text in result.found],
        "facts": [[label, text] for label, text in result.facts],
        "path": [_step_json(step) for step in result.path],
        "scope": list(result.scope),
    }
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def _step_json(step: PathStep) -> dict[str, object]:
    return {
        "level": step.level,
        "node": step.node,
        "sibling": step.sibling,
        "sibling_side": step.sibling_side,
        "amounts": dict(step.amounts),
    }


def render(result: LiabilitiesResult, console: Console, *, tree: bool = False) -> None:
    """Print the result; with `tree`, the way from the leaf to the root too."""
    colour = {0: "green", 1: "red"}.get(result.exit_code, "yellow")
    console.print(Text(plain_text(verdict(result)), style=f"bold {colour}"))
    console.print(Text(f"{result.system} · grade {result.grade}", style="dim"))
    console.print()
    checks = Table(box=None, padding=(0, 1), show_header=False)
    checks.add_column("outcome")
    checks.add_column("name", overflow="fold")
    checks.add_column("detail", overflow="fold")
    for check in result.checks:
        outcome = Text(check.outcome.value, style=COLOURS[check.outcome])
        checks.add_row(outcome, _clean(check.name), _clean(check.detail))
    console.print(checks)
    _pairs("Found", result.found, console)
    totals = [(asset, trimmed(amount).text()) for asset, amount in result.totals.items()]
    _pairs(f"Owed in all{f', in {result.unit}' if result.unit else ''}", totals, console)
    _pairs("Figures", result.facts, console)
    if tree and result.path:
        console.print(Text("\nFrom the root down to the leaf"))
        console.print(drawn(result.path))
    elif tree:
        console.print(Text("\nThere is no path to draw: no leaf was asked for, or none was found."))
    console.print(Text("\nWhat this does and does not show"))
    for sentence in result.scope:
        console.print(Text(f"  - {sentence}"))


def render_text(result: LiabilitiesResult, *, tree: bool = False, width: int = 100) -> str:
    """Return the same without colour, `width` columns wide."""
    stream = io.StringIO()
    console = Console(file=stream, width=width, no_color=True, force_terminal=False)
    render(result, console, tree=tree)
    return stream.getvalue()


def drawn(path: tuple[PathStep, ...]) -> Tree:
    """Return the way from the root (on top) down to the leaf, each node beside its sibling."""
    top = Tree(_label(path[-1]))
    branch = top
    for step in reversed(path[:-1]):
        sibling = Text(f"{_short(step.sibling)}  beside it", style="dim")
        if step.sibling and step.sibling_side == "left":
            branch.add(sibling)
        below = branch.add(_label(step))
        if step.sibling and step.sibling_side != "left":
            branch.add(sibling)
        branch = below
    return top


def _label(step: PathStep) -> Text:
    label = Text(f"{plain_text(step.level)}  ", style="bold")
    label.append(_short(step.node), style="cyan")
    amounts = [f"{plain_text(asset)} {amount}" for asset, amount in step.amounts if amount != "0"]
    if len(amounts) > SHOWN_AMOUNTS:
        amounts[SHOWN_AMOUNTS:] = [f"and {len(amounts) - SHOWN_AMOUNTS} more"]
    if amounts:
        label.append(f"  {', '.join(amounts)}")
    return label


def _short(node: str) -> str:
    text = plain_text(node)
    is_hash = len(text) > HASH_SHOWN + 1 and " " not in text
    return f"{text[:HASH_SHOWN]}…" if is_hash else text


def _pairs(
    title: str, pairs: list[tuple[str, str]] | tuple[tuple[str, str], ...], console: Console
) -> None:
    if not pairs:
        return
    table = Table(title=f"\n{title}", title_justify="left", box=None, padding=(0, 1))
    table.show_header = False
    table.add_column("label", overflow="fold")
    table.add_column("text", overflow="fold")
    for label, text in pairs[:SHOWN_FACTS]:
        table.add_row(_clean(label), _clean(text))
    console.print(table)
    if len(pairs) > SHOWN_FACTS:
        console.print(Text(f"  … and {len(pairs) - SHOWN_FACTS:,} more (see --json)"))


def _clean(text: str) -> Text:
    cleaned = plain_text(text)
    return Text(cleaned if len(cleaned) <= DETAIL else f"{cleaned[:DETAIL]}…")
