"""What is owed, for the report of a wallet list: files checked, set beside, written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from crawler.liabilities.interface import LiabilitiesResult, Request
from crawler.liabilities.registry import detect
from crawler.liability_files import open_files
from crawler.reports.model import Report
from crawler.reports.owed import with_owed


@dataclass(frozen=True, slots=True)
class OwedFiles:
    """Files that say what is owed, checked."""

    result: LiabilitiesResult
    names: tuple[str, ...]

    def beside(self, report: Report) -> Report:
        """Return the report with what is owed beside it."""
        return with_owed(report, self.result, self.names)


def open_owed(paths: Sequence[Path]) -> OwedFiles:
    """Return what the files bear out, their system detected. Raises LiabilitiesError."""
    files = open_files(paths)
    result = detect(files).verify(files, Request())
    return OwedFiles(result, tuple(file.name for file in files))
