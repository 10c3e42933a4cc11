"""A liabilities result as one self-contained HTML page: checks, totals, and the path as a tree."""

from __future__ import annotations

from collections.abc import Sequence

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from crawler.liabilities.interface import LiabilitiesResult, PathStep
from crawler.reports.liabilities import verdict

OUTCOMES = {0: "passed", 1: "failed", 3: "not-possible"}


def render(result: LiabilitiesResult) -> str:
    """Return the page. It loads nothing and runs no script; every text in it is escaped."""
    environment = Environment(
        loader=PackageLoader("crawler.reports"),
        autoescape=True,
        undefined=StrictUndefined,
        keep_trailing_newline=True,
    )
    return environment.get_template("liabilities.html").render(
        result=result,
        verdict=verdict(result),
        outcome=OUTCOMES[result.exit_code],
        steps=result.path[::-1],
        branch=_branch,
    )


def _branch(steps: Sequence[PathStep]) -> Markup:
    """Return the path as nested lists, the root first and each node beside its sibling."""
    html = Markup("")
    for step in reversed(steps):
        sums = ", ".join(f"{asset} {amount}" for asset, amount in step.amounts)
        node = Markup("<li>{} <code>{}</code> {}{}</li>").format(step.level, step.node, sums, html)
        beside = Markup("")
        if step.sibling:
            beside = Markup('<li class="beside">beside it <code>{}</code></li>').format(
                step.sibling
            )
        items = (beside, node) if step.sibling_side == "left" else (node, beside)
        html = Markup('<ul class="tree">{}{}</ul>').format(*items)
    return html or escape("")
