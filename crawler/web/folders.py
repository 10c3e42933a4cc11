"""Output folders as a place of snapshots: one of `assay verify --out`, or one with many in it.

Nothing that a client sends becomes a path: what is served was found by looking.
"""

from __future__ import annotations

import asyncio
import hashlib
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, BinaryIO, NamedTuple

from pydantic import ValidationError

from crawler.reports import json as json_report
from crawler.reports.findings import FindingLine, encode_line
from crawler.reports.model import Report
from crawler.reports.publication import CHANGES, FINDINGS, REPORT, ROWS_SUFFIX
from crawler.reports.rows import GROUPS, Block, read_blocks
from crawler.reports.snapshots import NAME, Changes, Summary, snapshot_name, summary_of
from crawler.web.kept import Kept, UnavailableError, kept_of


class _Seen(NamedTuple):
    """A file as it was read last: how it looked then, and what was in it."""

    signature: tuple[int, int, int]
    sha256: str
    content: Summary | Report | str
    """A text says why it cannot be read."""


class FolderPlace:
    """The snapshots of a folder and of the folders right below it."""

    label = "folder"

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.problems: list[str] = []
        self._seen: dict[Path, _Seen] = {}

    async def look(self) -> list[Kept]:
        """Return what lies there; only files that changed since the last time are read."""
        return await asyncio.to_thread(self._look)

    def _look(self) -> list[Kept]:
        self.problems = []
        found: list[Kept] = []
        before, self._seen = self._seen, {}
        try:
            below = sorted(path for path in self.folder.iterdir() if path.is_dir())
        except OSError as error:
            self.problems.append(f"the folder cannot be read: {error.strerror}")
            return []
        for folder in (self.folder, *below):
            found += self._snapshots(folder, before)
        return found

    def _snapshots(self, folder: Path, before: dict[Path, _Seen]) -> Iterator[Kept]:
        named = f"{folder.name}/" if folder != self.folder else ""
        paths = sorted(path for path in folder.glob("*.json") if NAME.fullmatch(path.stem))
        summaries = {}
        for path in paths:
            one = self._read(path, before)
            if isinstance(one, _Seen) and isinstance(one.content, Summary):
                if one.content.snapshot == path.stem:
                    summaries[path.stem] = one.content
                else:
                    self.problems.append(f"{named}{path.name}: the summary of another snapshot")
            else:
                self.problems.append(f"{named}{path.name}: {_reason(one)}")
        whole = self._read(folder / REPORT, before) if (folder / REPORT).exists() else None
        last = None
        if whole is not None:
            if isinstance(whole, _Seen) and isinstance(whole.content, Report):
                last = snapshot_name(whole.content)
                digests = {REPORT: whole.sha256}
                own = summaries.get(last) or summary_of(whole.content, digests=digests)
                if own.digests.get(REPORT) == whole.sha256:
                    summaries[last] = own
                else:
                    last = None  # the summary is of an older run over the same list
            else:
                self.problems.append(f"{named}{REPORT}: {_reason(whole)}")
        for name, summary in summaries.items():
            handle = f"{folder}\0{name}"
            yield kept_of(summary, self, handle, has_report=name == last)

    def _read(self, path: Path, before: dict[Path, _Seen]) -> _Seen | str:
        try:
            status = path.stat()
            signature = status.st_mtime_ns, status.st_size, status.st_ino
            seen = before.get(path)
            if seen is None or seen.signature != signature:
                content = path.read_bytes()
                seen = _Seen(signature, hashlib.sha256(content).hexdigest(), _parsed(path, content))
        except OSError as error:
            return error.strerror or "cannot be read"
        self._seen[path] = seen
        return seen

    async def report(self, kept: Kept) -> bytes:
        """Return report.json as it lies there. Raises UnavailableError when it was replaced."""
        folder, _ = _handle(kept)
        content = await asyncio.to_thread(_bytes_of, folder / REPORT)
        wanted = kept.summary.digests.get(REPORT)
        if hashlib.sha256(content).hexdigest() != wanted:
            raise UnavailableError("the report is being replaced", hint="Ask again.")
        return content

    async def findings(self, kept: Kept) -> BinaryIO | IO[bytes]:
        """Return findings.jsonl of the last run, or one made of the rows kept of an older one."""
        folder, name = _handle(kept)
        if kept.has_report:
            return await asyncio.to_thread(_opened, folder / FINDINGS)
        return await asyncio.to_thread(_unpacked, folder / f"{name}{ROWS_SUFFIX}")

    async def changes(self, kept: Kept) -> Changes | None:
        """Return changes.json when it is of this snapshot."""
        folder, name = _handle(kept)
        path = folder / CHANGES
        if not kept.has_report or not await asyncio.to_thread(path.is_file):
            return None
        try:
            changes = Changes.model_validate_json(await asyncio.to_thread(_bytes_of, path))
        except ValidationError as error:
            raise UnavailableError(f"{CHANGES} is damaged") from error
        return changes if changes.current == name else None

    async def close(self) -> None:
        """Nothing is held between requests."""


def _parsed(path: Path, content: bytes) -> Summary | Report | str:
    if path.name != REPORT:
        try:
            return Summary.model_validate_json(content)
        except ValidationError:
            return "no summary of this version, or damaged"
    try:
        return json_report.read(content) or "written by another version"
    except ValueError:
        return "no report, or damaged"


def _reason(read: _Seen | str) -> str:
    if isinstance(read, str):
        return read
    return read.content if isinstance(read.content, str) else "of the wrong kind"


def _handle(kept: Kept) -> tuple[Path, str]:
    folder, _, name = kept.handle.partition("\0")
    return Path(folder), name


def _opened(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except OSError as error:
        raise UnavailableError(f"{path.name} cannot be read: {error.strerror}") from error


def _bytes_of(path: Path) -> bytes:
    with _opened(path) as file:
        return file.read()


def _unpacked(path: Path) -> IO[bytes]:
    """Return the rows of an older snapshot as a findings.jsonl that has no name."""
    file = tempfile.TemporaryFile()  # noqa: SIM115 (the caller closes it)
    try:
        with _opened(path) as rows:
            for block in read_blocks(rows):
                file.writelines(map(encode_line, lines_of(block)))
        file.flush()
    except ValueError as error:
        file.close()
        raise UnavailableError(f"{path.name}: {error}") from error
    except BaseException:
        file.close()
        raise
    return file


def lines_of(block: Block) -> Iterator[FindingLine]:
    """Yield the findings of a block of rows."""
    columns = dict(block["columns"])
    for table, names in GROUPS.items():
        rows, entries = block["tables"][table], block["entries"][table]
        for place, name in enumerate(names):
            known = [row[place] for row in rows]
            columns[name] = [known[entry] for entry in entries]
    order = tuple(FindingLine.__annotations__)
    for values in zip(*(columns[name] for name in order), strict=True):
        yield FindingLine(**dict(zip(order, values, strict=True)))  # type: ignore[typeddict-item]
