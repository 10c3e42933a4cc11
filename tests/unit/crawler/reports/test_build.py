from __future__ import annotations

import dataclasses
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from crawler.aggregate import Aggregate
from crawler.assess import assess
from crawler.models import Amount, ClaimKind, SummaryRow
from crawler.proving import Contradiction, FormProofs, ProvingResult, parse_policy
from crawler.reports.build import balances_only, build_report, verdict_sentence
from crawler.reports.model import SummaryLine
from crawler.reports.terminal import render_text
from tests.unit.chains.transport.test_health import health
from tests.unit.crawler.reports.samples import outcome, report
from tests.unit.crawler.samples import ETH, PROVEN, UNSIGNED, claim, mapping, observed


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
        "1 summary line above its rows. Not observed: 3 rows; not proven: 3 rows."
    )


@pytest.mark.parametrize(
    ("verdict", "start"),
    [(PROVEN, "Holds: the only row is proven"), (UNSIGNED, "Incomplete: nothing false")],
)
def test_other_sentences(verdict: object, start: str) -> None:
    result = outcome()
    result.aggregate = Aggregate()
    result.comparisons = []
    result.aggregate.add(assess(claim(1), verdict, observed(1_500_000)))  # type: ignore[arg-type]
    assert verdict_sentence(result).startswith(start)


@pytest.mark.parametrize(("agrees", "code"), [(True, 0), (None, 3), (False, 1)])
def test_balances_alone_do_not_hold_when_a_summary_is_above_its_rows(
    agrees: bool | None, code: int
) -> None:
    aggregate = Aggregate()
    aggregate.add(assess(claim(1), UNSIGNED, observed(1_500_000)))
    whole = dataclasses.replace(outcome(), aggregate=aggregate, comparisons=[])
    made = build_report(whole, started=datetime(2026, 1, 2, tzinfo=UTC), seconds={})
    line = SummaryLine(
        file="f", row=2, coin="USDT", published="1.51", detail="1.505", rows=1, agrees=agrees
    )
    assert balances_only(made.model_copy(update={"summary": [line]})).exit_code == code


def test_a_summary_that_cannot_be_compared_is_said_to_be_why() -> None:
    aggregate = Aggregate()
    unplaced = claim(1, coin=dataclasses.replace(mapping("NEW-USDT"), unit=None))
    aggregate.add(assess(unplaced, PROVEN, observed(1_500_000)))
    summary = SummaryRow("list.csv", 2, "USDT(ALL)", None, Amount(1, 0), is_aggregate=True)
    whole = dataclasses.replace(
        outcome(), aggregate=aggregate, comparisons=[aggregate.compare(summary, unit="USDT")]
    )
    assert verdict_sentence(whole) == (
        "Incomplete: nothing false was found in 1 row. Summary lines that cannot be compared: 1."
    )


def test_static_messages_are_said_to_be_static() -> None:
    assert {count.freshness for count in report().digests} == {"static"}


def test_endpoints_stand_by_their_network_in_the_timing() -> None:
    result = outcome()
    result.readings.health = {
        "polygon": [health(label="c")],
        "ethereum": [health(label="b", failures=(("TimedOut", 2),)), health(label="a", p50_s=None)],
    }
    built = build_report(result, started=datetime(2026, 1, 1, tzinfo=UTC), seconds={})
    told = built.timing.endpoints
    assert [(one.network, one.endpoint) for one in told] == [
        ("ethereum", "b"), ("ethereum", "a"), ("polygon", "c"),
    ]  # fmt: skip
    assert (told[0].standing, told[0].failures) == ("in use", {"TimedOut": 2})
    assert [(one.p50_ms, one.p95_ms) for one in told] == [(10, 1500), (None, 1500), (10, 1500)]


def proving() -> ProvingResult:
    result = ProvingResult(parse_policy("sample:460"), file="proofs.jsonl")
    made = FormProofs("USDT@ethereum", "ethereum", 100, 6, read=9, chosen=4, proven=3)
    made.value_read, made.value_proven = 300, 200
    made.unproven["http://a: no trie"] = 1
    made.contradicted.append(Contradiction(b"\x11" * 20, 7, 5, ("http://liar",)))
    made.layout, made.tested = "solidity mapping 9", 4
    result.forms.append(made)
    return result


def test_what_was_proven_stands_in_the_report() -> None:
    finished = outcome()
    finished.proving = proving()
    built = build_report(finished, started=datetime(2026, 1, 2, tzinfo=UTC), seconds={})
    assert built.proving is not None
    assert built.proving.detection == "0.990178"
    assert built.proving.file == "proofs.jsonl"
    (form,) = built.proving.forms
    assert form.value_proven == "0.666666"
    assert (form.layout, form.tested) == ("solidity mapping 9", 4)
    assert form.unproven == {"http://a: no trie": 1}
    (line,) = form.contradicted
    assert (line.said, line.proven, line.sources) == ("7", "5", ["http://liar"])


def test_the_screen_names_who_was_contradicted_and_what_rests_on_few() -> None:
    finished = outcome()
    finished.proving = proving()
    built = build_report(finished, started=datetime(2026, 1, 2, tzinfo=UTC), seconds={})
    shown = " ".join(render_text(built, width=200).split())
    assert "USDT@ethereum: 3 of 4 chosen accounts, 66.6 % of the value" in shown
    assert "rests on 4 holders only" in shown
    assert "1 not proven: http://a: no trie" in shown
    assert "http://liar said 7, the state proof shows 5" in shown
    assert "found with probability 0.990178, where all chosen accounts are proven." in shown


def test_nearly_all_of_the_value_is_not_shown_as_all_of_it() -> None:
    finished = outcome()
    finished.proving = proving()
    finished.proving.forms[0].value_read, finished.proving.forms[0].value_proven = 10**6, 10**6 - 1
    built = build_report(finished, started=datetime(2026, 1, 2, tzinfo=UTC), seconds={})
    assert "chosen accounts, 99.9 % of the value;" in " ".join(render_text(built).split())


def test_the_screen_states_the_probability_where_everything_chosen_was_proven() -> None:
    finished = outcome()
    finished.proving = proving()
    finished.proving.forms[0].proven = 4
    built = build_report(finished, started=datetime(2026, 1, 2, tzinfo=UTC), seconds={})
    shown = " ".join(render_text(built, width=200).split())
    assert "found with probability 0.990178." in shown


def test_the_parts_of_every_line_add_up_to_it() -> None:
    built = report()
    for line in (*built.assets, *built.networks, *built.custodians):
        for parts in (line.held_by, line.by_holding, line.by_ownership):
            assert sum(part.rows for part in parts) == line.coverage.rows
            for figure in ("claimed", "observed", "attested"):
                total = sum(Decimal(getattr(part, figure)) for part in parts)
                assert total == Decimal(getattr(line.sums, figure))
        assert sum(part.rows for part in line.by_assurance) == line.coverage.rows_observed


def test_what_third_parties_hold_stands_apart() -> None:
    finished = outcome()
    held = claim(20, kind=ClaimKind.THIRD_PARTY, custodian="Vault")
    finished.aggregate.add(assess(held, PROVEN, observed(1_500_000)))
    built = build_report(finished, started=datetime(2026, 1, 2, tzinfo=UTC), seconds={})
    usdt = next(line for line in built.assets if line.asset == "USDT")
    assert [(part.name, part.attested) for part in usdt.held_by] == [
        ("itself", "2.500000"), ("third-party", "1.500000"),
    ]  # fmt: skip
    vault = next(line for line in built.custodians if line.custodian == "Vault")
    assert [part.name for part in vault.held_by] == ["third-party"]
    assert vault.coverage.value_attested == "1.000000"


def test_a_holding_without_a_place_in_the_report_is_not_dropped() -> None:
    finished = outcome()
    odd = mapping("ODD", dataclasses.replace(ETH, kind="imagined"))
    finished.aggregate.add(assess(claim(21, coin=odd), PROVEN, observed(1)))
    with pytest.raises(ValueError, match="imagined"):
        build_report(finished, started=datetime(2026, 1, 2, tzinfo=UTC), seconds={})


@pytest.mark.parametrize(
    ("stated", "skew_s", "said"),
    [
        (datetime(2026, 1, 1, tzinfo=UTC), 0, ""),
        (datetime(2025, 12, 31, 23, 55, tzinfo=UTC), 300, ""),
        (datetime(2025, 12, 31, 23, tzinfo=UTC), 3_600, "1:00:00 after the stated time"),
        (datetime(2026, 1, 1, 0, 10, tzinfo=UTC), -600, "0:10:00 before the stated time"),
        (None, None, ""),
    ],
)
def test_the_skew_of_a_block_from_the_stated_time(
    stated: datetime | None, skew_s: int | None, said: str
) -> None:
    result = outcome()
    result.moment = stated
    built = build_report(result, started=datetime(2026, 1, 2, tzinfo=UTC), seconds={})
    assert [snapshot.skew_s for snapshot in built.snapshots] == [skew_s]
    text = " ".join(render_text(built).split())
    assert ("the stated time" in text) is bool(said)
    assert said in text
