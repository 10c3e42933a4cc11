"""report.html."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import IO

from crawler.reports.model import Report
from crawler.reports.snapshots import Changes


def page_pieces(
    report: Report, rows: IO[bytes], explorers: Mapping[str, str], changes: Changes | None
) -> Iterator[str]:
    """Yield the page."""
    yield report.verdict
