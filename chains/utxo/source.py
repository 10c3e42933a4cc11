"""What a server that indexes addresses must offer, whatever protocol it speaks."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple, Protocol

from chains.errors import ProviderError, UnresolvedReason, WrongState

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from chains.adapter import Parameter, SnapshotPoint
    from chains.transport.provider import Provider


class Block(NamedTuple):
    """A block as one server describes it."""

    hash: str
    """As servers write it."""
    time: int
    """Seconds since 1970."""
    tip: int
    """Height of the server's best block."""


@dataclass(slots=True)
class Harvest:
    """What one server said of a piece of scripts: each of them is in one of the two."""

    amounts: dict[bytes, int] = field(default_factory=dict)
    failed: dict[bytes, ProviderError] = field(default_factory=dict)


class Source(Protocol):
    """One server."""

    @property
    def provider(self) -> Provider:
        """Return its label and its health."""
        ...

    async def open(self) -> None:
        """Get ready to ask."""
        ...

    async def close(self) -> None:
        """Hang up."""
        ...

    async def block_at(self, height: int, journal: list[str]) -> Block:
        """Return the block at `height`. Raises ProviderError."""
        ...

    async def read(
        self, point: SnapshotPoint, scripts: Sequence[bytes], journal: list[str]
    ) -> Harvest:
        """Return what the server says of every one of `scripts`. Raises ProviderError."""
        ...


@dataclass(frozen=True, slots=True)
class Landmark:
    """A block that tells the network from every other one."""

    height: int
    hash: str
    """Empty when networks.toml names none."""


def landmark(options: Mapping[str, Parameter]) -> Landmark:
    """Return the block of ``checkpoint_height`` (0 if absent) and ``checkpoint_hash``."""
    height = options.get("checkpoint_height", 0)
    return Landmark(
        height if isinstance(height, int) else 0, str(options.get("checkpoint_hash", ""))
    )


def require_landmark(mark: Landmark, found: str) -> None:
    """Raise WrongState when the server has another block than `mark` at its height."""
    if mark.hash and found != mark.hash:
        raise WrongState(
            f"the server is of another network: its block {mark.height} is {found}",
            reason=UnresolvedReason.WRONG_CHAIN,
        )


def require_unmoved(before: object, after: object) -> None:
    """Raise WrongState when the server's chain was another one after the reading than before."""
    if before != after:
        raise WrongState("the server's chain changed while it was read")
