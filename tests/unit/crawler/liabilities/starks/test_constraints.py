from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import pytest

from crawler.liabilities.starks.constraints import Constraints, Point, Sums, factor_count
from crawler.liabilities.starks.field import P
from crawler.liabilities.starks.tree import StarkRefusedError
from tests.unit.crawler.liabilities.starks.small_round import small_round

BATCH = small_round().batches["a0"]
SPOT = 37


def test_the_sizes_of_a_trace() -> None:
    assert (BATCH.trace.points, BATCH.trace.blocks) == (1024, 4)


@pytest.mark.parametrize("place", [1, 17, 250, 511, 1023])
def test_an_honest_trace_satisfies_every_constraint(place: int) -> None:
    BATCH.constraints.check(BATCH.point(place))


CHECKED = [part.name for part in fields(Point) if part.name not in {"position", "identity"}]


@pytest.mark.parametrize("name", CHECKED)
def test_every_value_takes_part(name: str) -> None:
    point = BATCH.point(SPOT)
    value = getattr(point, name)
    wrong: Any = value + 1 if isinstance(value, int) else ((value[0] + 1) % P, *value[1:])
    with pytest.raises(StarkRefusedError, match="constraints: "):
        BATCH.constraints.check(replace(point, **{name: wrong}))


def test_coins_beyond_the_main_ones_carry_no_constraint() -> None:
    point = BATCH.point(SPOT)
    BATCH.constraints.check(replace(point, coins=(*point.coins[:2], 99)))


def test_the_values_of_one_point_are_not_those_of_another() -> None:
    with pytest.raises(StarkRefusedError):
        BATCH.constraints.check(replace(BATCH.point(SPOT), position=SPOT + 1))


@pytest.mark.parametrize(
    ("sums", "name"),
    [
        (Sums(BATCH.total + 1, tuple(BATCH.sums[:2])), "net value"),
        (Sums(BATCH.total, (BATCH.sums[0], BATCH.sums[1] + 1)), "coin 1"),
    ],
    ids=["total", "coin"],
)
def test_other_sums_are_refused(sums: Sums, name: str) -> None:
    with pytest.raises(StarkRefusedError, match=f"claimed total of the {name}"):
        Constraints(BATCH.trace, sums).check(BATCH.point(SPOT))


def test_the_combination_is_linear_in_the_factors() -> None:
    point = BATCH.point(SPOT)
    count = factor_count(3, 2)
    assert count == 10 + 6 + 8
    zeros = [0] * count
    assert BATCH.constraints.combination(point, zeros) == point.net_quotients[1]
    values = [point.net, *point.coins, 0, *point.net_quotients[:1], *point.net_quotients[2:]]
    for place, value in enumerate([*values, *point.coin_quotients]):
        factors = [*zeros]
        factors[2 * place] = 3
        expected = (point.net_quotients[1] + 3 * value) % P
        assert BATCH.constraints.combination(point, factors) == expected
