"""What is known of an endpoint: what passed through it, how long calls take, how it stands. Pure.

For people and for reports; nothing here decides anything but `Latency`, which tells when a call is
slow.
"""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from chains.transport.quarantine import Standing

if TYPE_CHECKING:
    from collections.abc import Sequence

CALLS_KEPT = 128
"""The last so many durations are an endpoint's latency."""


class Latency:
    """Durations of the last calls, in seconds."""

    def __init__(self) -> None:
        """Nothing is known yet."""
        self._seconds: deque[float] = deque(maxlen=CALLS_KEPT)

    def __len__(self) -> int:
        """Return how many durations are known."""
        return len(self._seconds)

    def add(self, seconds: float) -> None:
        """Note how long a call took."""
        self._seconds.append(seconds)

    def percentile(self, percent: int) -> float | None:
        """Return the duration that `percent` of the calls did not exceed; None without any.

        >>> latency = Latency()
        >>> for seconds in range(1, 101): latency.add(seconds)
        >>> latency.percentile(95)
        95
        """
        if not self._seconds:
            return None
        ordered = sorted(self._seconds)
        return ordered[max(0, -(-len(ordered) * percent // 100) - 1)]


@dataclass(slots=True)
class Counters:
    """What has passed through an endpoint so far."""

    http_requests: int = 0
    rpc_requests: int = 0
    failures: int = 0
    throttled: int = 0
    retries: int = 0
    """Tries after the first of a call."""
    hedged: int = 0
    """Questions that it was asked because another endpoint was slow."""
    bytes_sent: int = 0
    """Of bodies."""
    bytes_received: int = 0
    """Of bodies, unpacked."""
    by_class: Counter[str] = field(default_factory=Counter)
    """Failures by the name of their error."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointHealth:
    """One endpoint at one moment."""

    label: str
    standing: Standing
    why: str
    """Why it is not in use, or empty."""
    requests: int
    """Sent over the wire: HTTP requests, or requests on a line."""
    calls: int
    """JSON-RPC calls in them."""
    retries: int
    hedged: int
    throttled: int
    failures: tuple[tuple[str, int], ...]
    """By the name of the error, sorted."""
    p50_s: float | None
    p95_s: float | None
    bytes_sent: int
    bytes_received: int

    def line(self) -> str:
        """Return all of it in one line, for people."""
        said = [f"{self.requests:,} requests"]
        if self.p50_s is not None and self.p95_s is not None:
            said.append(f"p50 {1000 * self.p50_s:,.0f} ms, p95 {1000 * self.p95_s:,.0f} ms")
        said.append(f"{self.bytes_sent:,} bytes out, {self.bytes_received:,} in")
        if self.retries:
            said.append(f"{self.retries:,} tried again")
        if self.hedged:
            said.append(f"{self.hedged:,} in place of a slow endpoint")
        said += [f"{count:,} {name}" for name, count in self.failures]
        standing = f"{self.standing.value}: {self.why}" if self.why else self.standing.value
        return f"{self.label}: {', '.join(said)}; {standing}"


@runtime_checkable
class Watched(Protocol):
    """What a balance reader may offer besides: the health of its endpoints."""

    def health(self) -> Sequence[EndpointHealth]:
        """Return one value per endpoint, in the order of the configuration."""
        ...
