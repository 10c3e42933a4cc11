"""Limits of the transport. Defaults are safe for public endpoints; times are in seconds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

Witness = Callable[[str, str, bytes | None, int, bytes], None]
"""Is told of an exchange: the endpoint's URL, the URL asked, what was sent (None for a GET), the
status and the answer. Both URLs may hold a key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TransportSettings:
    """How patiently, how often and how much one endpoint is asked."""

    call_timeout_s: float = 30.0
    """From sending a request to the last byte of its answer. A slow trickle ends here too."""
    connect_timeout_s: float = 10.0
    body_limit: int = 64 * 1024 * 1024
    """Bytes of one answer, after decompression. Larger ones are cut off and count as too large."""
    tries: int = 3
    """Of one call at one endpoint, when the connection or the answer is bad."""
    throttle_tries: int = 6
    """Of one call at one endpoint that answers "too many requests"."""
    first_wait_s: float = 0.5
    """Upper bound of the first random wait; doubles with each try (full jitter)."""
    longest_wait_s: float = 20.0
    """Upper bound of any wait. A provider that asks for a longer one is left."""
    concurrency: int = 4
    """Calls at once per endpoint, to begin with."""
    most_concurrency: int = 16
    requests_per_s: float | None = None
    """Per endpoint; members of a batch count one by one. None: as fast as the window lets."""
    strikes: int = 3
    """Calls in a row that may fail for good before an endpoint is left alone for a while."""
    cool_off_s: float = 30.0
    """How long it is left alone; twice as long after each trial that fails."""
    hedge_one_in: int = 20
    """At most one in so many questions is asked of a second endpoint because the first is slow."""
    hedge_least_s: float = 0.5
    """Nothing counts as slow before that."""
    deadline_s: float | None = None
    """For everything a reader does, counted from its creation. None: no deadline."""
    witness: Witness | None = None
    """Is told of every whole answer, before anything is made of it."""
    decimals: bool = False
    """Whether numbers with a point in an answer are handed over, as decimals; else refused."""
