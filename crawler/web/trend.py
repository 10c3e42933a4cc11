"""An asset over the snapshots of an entity, as lines of a drawing. Pure.

Drawn to scale from exact amounts: the place of a point is a whole number of thousandths.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Literal, NamedTuple

from crawler.reports.model import Sums
from crawler.reports.snapshots import Summary

WIDTH, HEIGHT = 1000, 200

FIGURES: tuple[Literal["claimed", "observed", "attested"], ...] = (
    "claimed", "observed", "attested",
)  # fmt: skip


class Curve(NamedTuple):
    """One figure over time."""

    name: str
    points: str
    """``x,y`` pairs of an SVG polyline, oldest first."""


class Trend(NamedTuple):
    """One asset over time."""

    asset: str
    first: Sums
    last: Sums
    snapshots: int
    curves: list[Curve]


def trends(summaries: Sequence[Summary]) -> list[Trend]:
    """Return a trend for every asset that at least two of the snapshots (oldest first) list.

    A snapshot that does not list the asset leaves its place on the line empty.
    """
    found = []
    for asset in sorted({line.asset for summary in summaries for line in summary.assets}):
        known = [
            (place, line.sums)
            for place, summary in enumerate(summaries)
            for line in summary.assets
            if line.asset == asset
        ]
        if len(known) > 1:
            curves = _curves(known, len(summaries))
            found.append(Trend(asset, known[0][1], known[-1][1], len(known), curves))
    return found


def _curves(known: Sequence[tuple[int, Sums]], places: int) -> list[Curve]:
    amounts = {name: [Fraction(str(getattr(sums, name))) for _, sums in known] for name in FIGURES}
    longest = max(max(values) for values in amounts.values())
    return [
        Curve(
            name,
            " ".join(
                f"{place * WIDTH // (places - 1)},{_height(amount, longest)}"
                for (place, _), amount in zip(known, values, strict=True)
            ),
        )
        for name, values in amounts.items()
    ]


def _height(amount: Fraction, longest: Fraction) -> int:
    if longest <= 0:
        return HEIGHT
    return HEIGHT - max(0, int(amount * HEIGHT / longest))
