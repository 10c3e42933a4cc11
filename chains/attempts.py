"""What a reading without an answer says of the servers that were asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chains.errors import UnresolvedReason

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chains.errors import ProviderError

ATTEMPTS_KEPT = 20
"""Lines of attempts in one reading: the first half and the last half of them."""

MOST_TELLING = (
    UnresolvedReason.WRONG_CHAIN,
    UnresolvedReason.WRONG_STATE,
    UnresolvedReason.NO_BLOCK,
    UnresolvedReason.MISSING_ANSWER,
    UnresolvedReason.MALFORMED_ANSWER,
    UnresolvedReason.TOO_LARGE,
    UnresolvedReason.CALL_FAILED,
    UnresolvedReason.NO_STATE,
    UnresolvedReason.NO_METHOD,
    UnresolvedReason.THROTTLED,
    UnresolvedReason.DEADLINE,
)
"""Of several servers' reasons, the first of these is the reading's; all are in its attempts."""


def telling(error: ProviderError) -> int:
    """Return a number that is smaller the more the reason of `error` tells."""
    return MOST_TELLING.index(error.reason) if error.reason in MOST_TELLING else len(MOST_TELLING)


def attempts_of(lines: Sequence[str]) -> tuple[str, ...]:
    """Return `lines`, or their beginning and end when there are many."""
    if len(lines) <= ATTEMPTS_KEPT:
        return tuple(lines)
    half = ATTEMPTS_KEPT // 2
    return (*lines[:half], f"... {len(lines) - 2 * half} more ...", *lines[-half:])
