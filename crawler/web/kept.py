"""A snapshot that is served, and what a place that keeps snapshots must offer."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import IO, BinaryIO, Protocol

from crawler.errors import CrawlerError
from crawler.reports.snapshots import Changes, Summary


class UnavailableError(CrawlerError):
    """Something that was listed cannot be read now: it is damaged, or is being replaced."""


class Place(Protocol):
    """An output folder or the store. Nothing here writes to it."""

    label: str
    """What it is called in answers; never a path or a URL, which may hold a password."""
    problems: list[str]
    """What could not be read when it was last looked at."""

    async def look(self) -> list[Kept]:
        """Return every snapshot that lies there now, in any order."""

    async def report(self, kept: Kept) -> bytes:
        """Return report.json. Raises UnavailableError."""

    async def findings(self, kept: Kept) -> BinaryIO | IO[bytes]:
        """Return an open findings.jsonl, which the caller closes. Raises UnavailableError."""

    async def changes(self, kept: Kept, /) -> Changes | None:
        """Return what changed since the snapshot before, if that lies ready; else None."""

    async def close(self) -> None:
        """Let go of what is held."""


@dataclass(frozen=True, slots=True)
class Kept:
    """One snapshot of one entity, as one place keeps it."""

    summary: Summary
    body: bytes
    """The summary as JSON."""
    identity: str
    """Changes when anything that is served of the snapshot does."""
    has_report: bool
    """Whether the whole report is there, and not only its summary and rows."""
    place: Place
    handle: str
    """Where the place finds it again."""

    @property
    def key(self) -> tuple[str, str]:
        """Entity and snapshot."""
        return self.summary.entity, self.summary.snapshot


def kept_of(
    summary: Summary, place: Place, handle: str, *, has_report: bool, content: bytes = b""
) -> Kept:
    """Return a snapshot as it is served; `content`: what else its identity depends on."""
    body = (summary.model_dump_json(indent=2) + "\n").encode()
    identity = hashlib.sha256(body + bytes([has_report]) + content).hexdigest()
    return Kept(summary, body, identity, has_report, place, handle)
