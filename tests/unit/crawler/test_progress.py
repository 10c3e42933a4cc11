from __future__ import annotations

import io
import json

import pytest

from crawler.progress import Bars, JsonLines, observer


def test_progress_is_silent_when_stderr_is_no_terminal(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with Bars() as bars:
        bars.start("ownership", None)
        bars.start("ethereum", 10)
        bars.advance("ethereum", 4)
        bars.advance("unknown stage", 1)
        bars.note("hidden")
    assert capsys.readouterr() == ("", "")


def test_notes_go_to_stderr_with_v(capsys: pytest.CaptureFixture[str]) -> None:
    with Bars(verbose=1) as bars:
        bars.note("endpoint [x] is slow")
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "endpoint [x] is slow" in printed.err


def test_json_lines_say_how_far_each_stage_is() -> None:
    now = [0.0]
    stream = io.StringIO()
    with JsonLines(stream, clock=lambda: now[0]) as lines:
        lines.start("ethereum", 100)
        for _ in range(10):  # within one second: nothing to say
            lines.advance("ethereum", 1, 1)
        now[0] = 2.0
        lines.advance("ethereum", 10)
        lines.advance("ethereum", 5)
        lines.note("slow")
    written = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert [line.get("done") for line in written] == [0, 20, None, 25]
    assert written[1] == {
        "stage": "ethereum", "done": 20, "total": 100, "errors": 10, "rate": 10.0, "left_s": 8.0,
    }  # fmt: skip
    assert written[2] == {"note": "slow"}


def test_the_end_of_a_stage_is_always_said() -> None:
    stream = io.StringIO()
    with JsonLines(stream, clock=lambda: 0.0) as lines:
        lines.start("x", 3)
        lines.advance("x", 3)
    assert [json.loads(line)["done"] for line in stream.getvalue().splitlines()] == [0, 3]


def test_flags_choose_the_observer() -> None:
    assert isinstance(observer(as_json=True, quiet=True, verbose=0), JsonLines)
    assert isinstance(observer(as_json=False, quiet=True, verbose=0), Bars)
