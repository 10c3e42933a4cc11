"""What a report can be rendered as."""

from __future__ import annotations

from enum import StrEnum


class ReportFormat(StrEnum):
    """The values of ``assay report --format``."""

    HTML = "html"
    JSON = "json"
    TEXT = "text"
    CSV = "csv"
    PROMETHEUS = "prometheus"
