"""Moments as people write them. Pure."""

from __future__ import annotations

from datetime import UTC, datetime


def parse_moment(text: str) -> datetime:
    """Return the moment that `text` writes by ISO 8601, in UTC and whole seconds.

    Raises ValueError for another text, and for a time without a zone: which one was meant decides
    which block is read.

    >>> parse_moment("2026-01-01T08:00:00+08:00").isoformat()
    '2026-01-01T00:00:00+00:00'
    """
    try:
        found = datetime.fromisoformat(text.strip())
        in_utc = found.astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError(f"{text!r} is no time such as 2026-01-31T16:00:00Z") from None
    if found.tzinfo is None:
        raise ValueError(f"{text!r} names no time zone; end it with Z for UTC")
    return in_utc.replace(microsecond=0)


def written(moment: datetime) -> str:
    """Return a moment for reading.

    >>> written(datetime(2026, 1, 31, 16, tzinfo=UTC))
    '2026-01-31 16:00:00 UTC'
    """
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
