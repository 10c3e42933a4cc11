from __future__ import annotations

import json

from crawler.liabilities.interface import (
    Check,
    Grade,
    LiabilitiesResult,
    PathStep,
    failed,
    not_possible,
    passed,
)
from crawler.models import Amount
from crawler.reports.liabilities import render_text, to_json, verdict

PATH = (
    PathStep("level 0", "aa" * 32, "bb" * 32, "left", (("BTC", "1"), ("ETH", "0"))),
    PathStep("level 1", "cc" * 32, "dd" * 32, "right"),
    PathStep("root", "ee" * 32),
)


def result(*checks: Check, path: tuple[PathStep, ...] = ()) -> LiabilitiesResult:
    return LiabilitiesResult(
        system="phemex",
        checks=checks or (passed("sums", "2 sums"),),
        totals={"BTC": Amount(1500, 3)},
        grade=Grade.CONSISTENT,
        scope=("Nothing about the moon.",),
        root="ab",
        path=path,
        found=(("id", "x"),),
        facts=(("rows", "2"),),
    )


def test_the_verdict_is_one_sentence_worst_news_first() -> None:
    assert verdict(result()) == "Holds: 1 check passed. What is owed is consistent."
    open_one = not_possible("root", "no rule", needed=True)
    assert verdict(result(passed("a"), open_one)) == "Incomplete: root could not be checked."
    assert verdict(result(open_one, failed("b", "x"), failed("c", "x"))) == "Does not hold: b, c."


def test_json_has_everything_with_amounts_as_text() -> None:
    document = json.loads(to_json(result(path=PATH)))
    assert document["totals"] == {"BTC": "1.5"}
    assert document["checks"] == [
        {"name": "sums", "outcome": "passed", "needed": True, "detail": "2 sums"}
    ]
    assert document["path"][0]["sibling_side"] == "left"
    assert (document["exit_code"], document["grade"]) == (0, "consistent")
    assert document["scope"] == ["Nothing about the moon."]


def test_the_screen_has_verdict_checks_totals_and_scope() -> None:
    text = render_text(result())
    for part in ("Holds", "grade consistent", "2 sums", "1.5", "Nothing about the moon."):
        assert part in text
    assert "From the root" not in text


def test_the_tree_has_each_sibling_on_its_side() -> None:
    lines = render_text(result(path=PATH), tree=True).splitlines()
    drawn = lines[lines.index("From the root down to the leaf") + 1 :][:5]
    order = ["eeee", "cccc", "bbbb", "aaaa", "dddd"]
    assert [mark in line for mark, line in zip(order, drawn, strict=True)] == [True] * 5
    assert "BTC 1" in drawn[3]
    assert "ETH" not in drawn[3]  # what is 0 is not drawn
    assert "no path to draw" in render_text(result(), tree=True)


def test_hostile_text_moves_nothing_on_the_screen() -> None:
    hostile = "\x1b[31m[red]\u202e"
    evil = result(failed(hostile, hostile), path=(PathStep(hostile, hostile),))
    text = render_text(evil, tree=True)
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "[red]" in text  # shown, not obeyed
