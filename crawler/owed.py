"""What is owed, for the report of a wallet list: files checked, set beside, written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from crawler.liabilities.interface import LiabilitiesResult, Request
from crawler.liabilities.registry import detect
from crawler.liability_files import open_files
from crawler.reports import json as json_report
from crawler.reports.folder import whole_file
from crawler.reports.model import Report
from crawler.reports.owed import with_owed


@dataclass(frozen=True, slots=True)
class OwedFiles:
    """Files that say what is owed, checked."""

    result: LiabilitiesResult
    names: tuple[str, ...]


def open_owed(paths: Sequence[Path]) -> OwedFiles:
    """Return what the files bear out, their system detected. Raises LiabilitiesError."""
    files = open_files(paths)
    result = detect(files).verify(files, Request())
    return OwedFiles(result, tuple(file.name for file in files))


def beside(report: Report, owed: OwedFiles, out: Path | None) -> Report:
    """Return the report with what is owed beside it, written anew to `out` when it is given."""
    combined = with_owed(report, owed.result, owed.names)
    if out is not None:
        with whole_file(out / "report.json") as stream:
            stream.write(json_report.render(combined).encode())
    return combined
