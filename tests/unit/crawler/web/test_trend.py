from __future__ import annotations

from crawler.reports.snapshots import Summary, summary_of
from crawler.web.trend import HEIGHT, WIDTH, trends
from tests.unit.crawler.reports.test_publication import month


def summary(number: int, **claimed: str) -> Summary:
    """Return a summary in which each asset's figures are all the same."""
    made = summary_of(month(number), digests={})
    line = made.assets[0]
    return made.model_copy(
        update={
            "assets": [
                line.model_copy(
                    update={
                        "asset": asset,
                        "sums": line.sums.model_copy(
                            update={"claimed": text, "observed": text, "attested": text}
                        ),
                    }
                )
                for asset, text in claimed.items()
            ]
        }
    )


def test_a_line_goes_from_zero_to_the_largest_amount() -> None:
    (trend,) = trends([summary(1, BTC="0"), summary(2, BTC="50.5"), summary(3, BTC="101")])
    assert [curve.name for curve in trend.curves] == ["claimed", "observed", "attested"]
    assert trend.curves[0].points == f"0,{HEIGHT} 500,{HEIGHT // 2} {WIDTH},0"
    assert (trend.asset, trend.snapshots) == ("BTC", 3)
    assert (trend.first.claimed, trend.last.claimed) == ("0", "101")


def test_an_asset_that_was_left_out_once_keeps_its_places() -> None:
    (trend,) = trends([summary(1, BTC="1"), summary(2), summary(3, BTC="1")])
    assert trend.curves[0].points == f"0,0 {WIDTH},0"


def test_one_snapshot_makes_no_line() -> None:
    assert trends([summary(1, BTC="1")]) == []
    assert trends([summary(1, BTC="1"), summary(2, ETH="1")]) == []
    assert trends([]) == []


def test_nothing_is_drawn_outside() -> None:
    (trend,) = trends([summary(1, BTC="0"), summary(2, BTC="-5")])
    assert trend.curves[0].points == f"0,{HEIGHT} {WIDTH},{HEIGHT}"
    huge = trends([summary(1, BTC="9" * 60), summary(2, BTC="0.000000000000000001")])
    assert huge[0].curves[0].points == f"0,0 {WIDTH},{HEIGHT}"
