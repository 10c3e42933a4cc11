from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from chains.errors import (
    SERVER_TEXT_LIMIT,
    ProviderError,
    Throttled,
    TransportFailure,
    UnresolvedReason,
    plain_text,
)


@given(st.text())
def test_server_text_becomes_one_short_printable_line(text: str) -> None:
    cleaned = plain_text(text)
    assert len(cleaned) <= SERVER_TEXT_LIMIT
    assert cleaned.isprintable()
    assert plain_text(cleaned) == cleaned


def test_a_cut_text_says_so() -> None:
    assert plain_text("x" * 5000).endswith("x…")


def test_an_error_carries_its_source_and_its_code() -> None:
    error = ProviderError("down\nnow", source="node", reason=UnresolvedReason.NO_BLOCK)
    assert (str(error), error.source, error.reason) == ("down now", "node", "no-block")
    assert TransportFailure("x").reason is UnresolvedReason.UNREACHABLE
    assert Throttled("slow", retry_after_s=3.0).retry_after_s == 3.0
