from __future__ import annotations

import pytest

from crawler.progress import Bars


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
