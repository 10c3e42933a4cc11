"""The folder of a verification: report, rows, page, history and metrics, all from one run.

Files of the last run have fixed names (report.json, report.html, findings.jsonl, latest.json,
index.json, changes.json, metrics.prom); what is kept of every snapshot bears the snapshot's name
(`<snapshot>.json`, `<snapshot>.rows.jsonl.gz`). They appear together when the run ends well.
"""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, BinaryIO, Self

from pydantic import ValidationError

from crawler.reports import json as json_report
from crawler.reports.changes import changes_between
from crawler.reports.findings import FindingLine, encode_line
from crawler.reports.folder import whole_files
from crawler.reports.metrics import metrics_text
from crawler.reports.model import Report
from crawler.reports.page import page_pieces
from crawler.reports.rows import Block, RowsWriter, read_blocks
from crawler.reports.snapshots import (
    NAME,
    Changes,
    Summary,
    age,
    index_of,
    snapshot_name,
    summary_of,
)

FINDINGS, REPORT, PAGE = "findings.jsonl", "report.json", "report.html"
CHANGES, CHANGED_ROWS = "changes.json", "changes.jsonl"
LATEST, INDEX, METRICS = "latest.json", "index.json", "metrics.prom"
ROWS_SUFFIX = ".rows.jsonl.gz"


@dataclass(slots=True)
class History:
    """The snapshots that lie in a folder."""

    folder: Path
    summaries: dict[str, tuple[Summary, str]] = field(default_factory=dict)
    """Snapshot -> its summary and the SHA-256 of its file."""
    unreadable: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, folder: Path) -> Self:
        """Return what lies in a folder; a damaged summary is named, not lost from sight."""
        history = cls(folder)
        for path in sorted(folder.glob("*.json")):
            if NAME.fullmatch(path.stem) is None:
                continue
            try:
                content = path.read_bytes()
                summary = Summary.model_validate_json(content)
            except (OSError, ValidationError):
                history.unreadable.append(path.name)
                continue
            history.summaries[path.stem] = summary, hashlib.sha256(content).hexdigest()
        return history

    def replaced_by(self, report: Report) -> list[str]:
        """Return the snapshots of the same list and entity: a new verification replaces them."""
        same = report.entity.name, report.wallet_list.sha256
        return [
            name
            for name, (one, _) in self.summaries.items()
            if (one.entity, one.list_sha256) == same
        ]

    def before(self, summary: Summary) -> Summary | None:
        """Return the snapshot of the same entity before this one whose rows were kept, or None."""
        older = [
            one
            for name, (one, _) in self.summaries.items()
            if one.entity == summary.entity
            and one.list_sha256 != summary.list_sha256
            and age(one) < age(summary)
            and self.rows(name).is_file()
        ]
        return max(older, key=age, default=None)

    def rows(self, snapshot: str) -> Path:
        """Return where the rows of a snapshot are kept."""
        return self.folder / f"{snapshot}{ROWS_SUFFIX}"


class Publication:
    """One run's files while they are written. Feed every finding, then `write` the report."""

    def __init__(
        self,
        folder: Path,
        opened: Callable[[Path], BinaryIO],
        rows: IO[bytes],
        explorers: Mapping[str, str],
        *,
        keeps_history: bool,
    ) -> None:
        """`explorers`: network -> URL template with ``{address}``."""
        self._folder = folder
        self._open = opened
        self._explorers = explorers
        self._keeps_history = keeps_history
        self._findings = opened(folder / FINDINGS)
        self._digest = hashlib.sha256()
        self._held_rows = rows
        self._rows = RowsWriter(rows)
        self.stale: list[Path] = []
        """Files of snapshots that this one replaces under another name."""

    def add(self, line: FindingLine) -> None:
        """Write one finding."""
        encoded = encode_line(line)
        self._findings.write(encoded)
        self._digest.update(encoded)
        self._rows.add(line)

    def write(self, report: Report) -> None:
        """Write everything that is made from the report and the rows."""
        self._rows.finish()
        content = json_report.render(report).encode()
        self._open(self._folder / REPORT).write(content)
        digests = {
            FINDINGS: self._digest.hexdigest(),
            REPORT: hashlib.sha256(content).hexdigest(),
        }
        changes = None
        if self._keeps_history:
            changes = self._write_history(report, digests)
        self._held_rows.seek(0)
        page = self._open(self._folder / PAGE)
        for piece in page_pieces(report, self._held_rows, self._explorers, changes):
            page.write(piece.encode())
        self._open(self._folder / METRICS).write(metrics_text([report]).encode())

    def _write_history(self, report: Report, digests: dict[str, str]) -> Changes | None:
        history = History.of(self._folder)
        name = snapshot_name(report)
        for old in history.replaced_by(report):
            del history.summaries[old]
            if old != name:
                self.stale += [self._folder / f"{old}.json", history.rows(old)]
        summary = summary_of(report, digests=digests)
        before = history.before(summary)
        changes = None
        if before is not None:
            try:
                changes = self._write_changes(history, before, summary)
            except (OSError, ValueError):
                # A run does not fail over an older one's rows; the index says that they are bad.
                history.unreadable.append(history.rows(before.snapshot).name)
        if changes is None:
            self.stale += [self._folder / CHANGES, self._folder / CHANGED_ROWS]
        self._held_rows.seek(0)
        kept = self._open(history.rows(name))
        shutil.copyfileobj(self._held_rows, kept)
        summary = summary_of(
            report,
            previous=before.snapshot if before is not None and changes is not None else None,
            changes=changes.counts if changes is not None else None,
            digests=digests,
        )
        content = (summary.model_dump_json(indent=2) + "\n").encode()
        history.summaries[name] = summary, hashlib.sha256(content).hexdigest()
        index = index_of(history.summaries.values(), history.unreadable)
        self._open(self._folder / f"{name}.json").write(content)
        self._open(self._folder / LATEST).write(
            content
            if index.latest == name
            else (self._folder / f"{index.latest}.json").read_bytes()
        )
        self._open(self._folder / INDEX).write((index.model_dump_json(indent=2) + "\n").encode())
        return changes

    def _write_changes(self, history: History, before: Summary, after: Summary) -> Changes:
        self._held_rows.seek(0)
        stream = self._open(self._folder / CHANGED_ROWS)
        with history.rows(before.snapshot).open("rb") as rows:

            def rows_before() -> Iterator[Block]:
                rows.seek(0)
                return read_blocks(rows)

            changes = changes_between(
                before, after, rows_before, read_blocks(self._held_rows), stream
            )
        self._open(self._folder / CHANGES).write(
            (changes.model_dump_json(indent=2) + "\n").encode()
        )
        return changes


@contextmanager
def publication(
    folder: Path, explorers: Mapping[str, str], *, keeps_history: bool = True
) -> Iterator[Publication]:
    """Give what writes a run's files into `folder`; they appear together when the block ends well.

    Without `keeps_history` the run is no snapshot of its own: nothing is compared with it.
    Raises OutputError.
    """
    with tempfile.TemporaryFile() as rows:
        with whole_files() as opened:
            written = Publication(folder, opened, rows, explorers, keeps_history=keeps_history)
            yield written
        for path in written.stale:
            path.unlink(missing_ok=True)
