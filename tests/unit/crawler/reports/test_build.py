from __future__ import annotations

import pytest

from crawler.aggregate import Aggregate
from crawler.assess import assess
from crawler.reports.build import verdict_sentence
from tests.unit.crawler.reports.samples import outcome, report
from tests.unit.crawler.samples import PROVEN, UNSIGNED, claim, observed


def test_every_row_is_counted_once_in_every_view() -> None:
    built = report()
    assert built.entity.rows == 8
    assert sum(count.rows for count in built.findings) == 8
    assert sum(count.rows for count in built.ownership) == 8
    for lines in (built.assets, built.networks, built.custodians):
        assert sum(line.coverage.rows for line in lines) == 7  # the malformed row has no asset


def test_sums_are_text_with_all_digits() -> None:
    usdt = next(line for line in report().assets if line.asset == "USDT")
    assert usdt.sums.model_dump() == {
        "claimed": "7.500000",
        "observed": "6.000000",
        "attested": "2.500000",
        "unresolved": "1.500000",
        "duplicated": "1.500000",
    }
    assert usdt.coverage.value_observed == "0.800000"
    assert usdt.coverage.value_proven == "0.600000"


def test_the_first_sentence_is_the_worst_news() -> None:
    assert verdict_sentence(outcome()) == (
        "Does not hold: of 8 rows, 2 with failed ownership, 1 with a shortfall, 1 listed twice, "
        "1 summary lines above their rows. Not observed: 3 rows; not proven: 4 rows."
    )


@pytest.mark.parametrize(
    ("verdict", "start"), [(PROVEN, "Holds: all 1 rows"), (UNSIGNED, "Incomplete: nothing false")]
)
def test_other_sentences(verdict: object, start: str) -> None:
    result = outcome()
    result.aggregate = Aggregate()
    result.comparisons = []
    result.aggregate.add(assess(claim(1), verdict, observed(1_500_000)))  # type: ignore[arg-type]
    assert verdict_sentence(result).startswith(start)


def test_static_messages_are_said_to_be_static() -> None:
    assert {count.freshness for count in report().digests} == {"static"}
