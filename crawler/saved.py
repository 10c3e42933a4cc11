"""A verification that was kept, in a folder or in the store, rendered once more."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, BinaryIO, assert_never

from pydantic import ValidationError

from crawler.errors import ConfigurationError, OutputError
from crawler.reports import json as json_report
from crawler.reports.csv import csv_lines
from crawler.reports.findings import read_lines
from crawler.reports.formats import ReportFormat
from crawler.reports.metrics import metrics_text
from crawler.reports.model import Report
from crawler.reports.page import page_pieces
from crawler.reports.publication import CHANGES, FINDINGS, REPORT
from crawler.reports.rows import RowsWriter
from crawler.reports.snapshots import Changes, snapshot_name
from crawler.reports.terminal import render_text
from crawler.store.database import open_database
from crawler.store.runs import StoredRuns

_PIECE = 1 << 20


@dataclass(frozen=True, slots=True)
class SavedReport:
    """A report and its findings.jsonl, open at its beginning."""

    report: Report
    findings: BinaryIO | IO[bytes]
    changes: Changes | None = None


@contextmanager
def open_saved(source: str, store: str | None) -> Iterator[SavedReport]:
    """Give what a folder, a run's id or an entity's name stands for.

    Of an entity it is the run that finished last. Raises ConfigurationError when there is none,
    and OutputError when a file is damaged or of another version.
    """
    folder = Path(source)
    if folder.is_dir():
        with _opened(folder / FINDINGS) as findings:
            report = _read(folder / REPORT)
            yield SavedReport(report, findings, _changes(folder, report))
        return
    if store is None:
        raise ConfigurationError(
            [f"{source} is no folder"], hint="A run or an entity is looked for in --store."
        )
    with tempfile.TemporaryFile() as findings:
        text = asyncio.run(_from_store(source, store, findings))
        findings.seek(0)
        yield SavedReport(_parsed(text, f"the run {source}"), findings)


async def _from_store(source: str, store: str, findings: IO[bytes]) -> str:
    async with open_database(store, is_read_only=True) as engine:
        runs = StoredRuns(engine)
        run = await runs.finished(source) or await runs.latest(source)
        if run is None:
            raise ConfigurationError([f"{source} is neither a folder, nor a run, nor an entity"])
        async for piece in runs.findings(run.id):
            findings.write(piece)
        return run.report


def _opened(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except OSError as error:
        raise OutputError(f"{path} cannot be read: {error.strerror}.") from error


def _read(path: Path) -> Report:
    with _opened(path) as file:
        return _parsed(file.read(), str(path))


def _parsed(text: str | bytes, name: str) -> Report:
    try:
        report = json_report.read(text)
    except ValueError as error:
        raise OutputError(f"{name} is no report of Assay, or is damaged.") from error
    if report is None:
        raise OutputError(f"{name} was written by another version.", hint="Verify the list again.")
    return report


def _changes(folder: Path, report: Report) -> Changes | None:
    path = folder / CHANGES
    if not path.is_file():
        return None
    try:
        changes = Changes.model_validate_json(path.read_bytes())
    except ValidationError as error:
        raise OutputError(f"{path} is damaged.") from error
    return changes if changes.current == snapshot_name(report) else None


def rendered(
    saved: SavedReport, wanted: ReportFormat, explorers: Mapping[str, str]
) -> Iterator[str]:
    """Yield a report as text in pieces; `csv` and `html` hold every row. Raises OutputError."""
    match wanted:
        case ReportFormat.JSON:
            yield json_report.render(saved.report)
        case ReportFormat.TEXT:
            yield render_text(saved.report)
        case ReportFormat.PROMETHEUS:
            yield metrics_text([saved.report])
        case ReportFormat.CSV:
            with _damaged_findings():
                yield from csv_lines(read_lines(_pieces(saved.findings)))
        case ReportFormat.HTML:
            with tempfile.TemporaryFile() as rows:
                writer = RowsWriter(rows)
                with _damaged_findings():
                    for line in read_lines(_pieces(saved.findings)):
                        writer.add(line)
                writer.finish()
                rows.seek(0)
                yield from page_pieces(saved.report, rows, explorers, saved.changes)
        case _:
            assert_never(wanted)


def _pieces(stream: BinaryIO | IO[bytes]) -> Iterator[bytes]:
    while piece := stream.read(_PIECE):
        yield piece


@contextmanager
def _damaged_findings() -> Iterator[None]:
    try:
        yield
    except ValueError as error:
        raise OutputError(f"{FINDINGS}: {error}.") from error
