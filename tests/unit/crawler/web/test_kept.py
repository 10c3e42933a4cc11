from __future__ import annotations

from pathlib import Path

from crawler.reports.snapshots import Summary, summary_of
from crawler.web.folders import FolderPlace
from crawler.web.kept import kept_of
from tests.unit.crawler.reports.test_publication import month


def test_the_identity_changes_with_everything_that_is_served() -> None:
    place = FolderPlace(Path())
    january, february = (summary_of(month(number), digests={}) for number in (1, 2))
    made = [
        kept_of(january, place, "a", has_report=True),
        kept_of(january, place, "a", has_report=False),
        kept_of(january, place, "a", has_report=True, content=b"run"),
        kept_of(february, place, "a", has_report=True),
    ]
    assert len({one.identity for one in made}) == len(made)
    assert made[0] == kept_of(january, place, "a", has_report=True)


def test_the_body_is_the_summary() -> None:
    summary = summary_of(month(1), digests={})
    kept = kept_of(summary, FolderPlace(Path()), "", has_report=True)
    assert Summary.model_validate_json(kept.body) == summary
    assert kept.key == ("okx", summary.snapshot)
