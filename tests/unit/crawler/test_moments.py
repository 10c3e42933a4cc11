from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.moments import parse_moment, written

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    ["2026-01-31T12:00:00Z", "2026-01-31 20:00+08:00", " 20260131T120000.75Z ", "2026-W05-6T12Z"],
)
def test_iso_8601_with_a_zone_becomes_whole_seconds_in_utc(text: str) -> None:
    assert parse_moment(text) == NOON
    assert parse_moment(text).tzinfo is UTC


@pytest.mark.parametrize("text", ["2026-01-31", "2026-01-31T12:00:00"])
def test_without_a_zone_it_is_not_known_which_moment_is_meant(text: str) -> None:
    with pytest.raises(ValueError, match="names no time zone; end it with Z"):
        parse_moment(text)


@pytest.mark.parametrize("text", ["", "noon", "2026-13-01T00:00Z", "0001-01-01T00:00+14:00"])
def test_other_texts_are_no_times(text: str) -> None:
    with pytest.raises(ValueError, match="is no time such as"):
        parse_moment(text)


@given(st.datetimes(timezones=st.just(UTC)))
def test_what_is_written_is_read_again(moment: datetime) -> None:
    assert parse_moment(moment.isoformat()) == moment.replace(microsecond=0)


def test_written_for_reading() -> None:
    assert written(NOON) == "2026-01-31 12:00:00 UTC"
