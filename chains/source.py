"""What one server of a network must offer to `chains.panel`, whatever protocol it speaks."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple, Protocol, runtime_checkable

from chains.errors import (
    Incapable,
    ProviderError,
    RegistryError,
    UnresolvedReason,
    WrongState,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from chains.adapter import (
        Assurance,
        Control,
        ControlQuery,
        HoldingForm,
        Parameter,
        SnapshotPoint,
    )
    from chains.transport.provider import Provider


class Block(NamedTuple):
    """A block as one server describes it."""

    hash: str
    """As servers write it."""
    time: int | None
    """Seconds since 1970; None where the server does not know."""
    tip: int
    """Height of the server's best block."""
    final: int | None = None
    """Height of the last block that the ledger itself calls final; None where it names none."""


class Asked(NamedTuple):
    """Balances that are asked of one server: distinct accounts of one form at one block."""

    form: HoldingForm
    point: SnapshotPoint
    accounts: Sequence[bytes]


@dataclass(slots=True)
class Harvest:
    """What one server said of the accounts it was asked: each is in one of the first two."""

    amounts: dict[bytes, int] = field(default_factory=dict)
    failed: dict[bytes, ProviderError] = field(default_factory=dict)
    assurance: dict[bytes, Assurance] = field(default_factory=dict)
    """Of amounts that deserve another one than `Source.assurance`."""
    notes: dict[bytes, str] = field(default_factory=dict)
    """One sentence about what is not in an amount."""


class CaughtStale(WrongState):
    """The server answers from another state than it says: nothing it said can be believed."""


class Source(Protocol):
    """One server."""

    @property
    def provider(self) -> Provider:
        """Return its label and its health."""
        ...

    @property
    def assurance(self) -> Assurance:
        """Return what the word of this server alone is worth."""
        ...

    async def open(self) -> None:
        """Get ready to ask."""
        ...

    async def close(self) -> None:
        """Hang up."""
        ...

    async def block_at(self, height: int, journal: list[str]) -> Block:
        """Return the block at `height`. Raises ProviderError.

        WrongState with reason `wrong-chain` when the server is of another network, Incapable with
        reason `no-block` when it does not have the block yet.
        """
        ...

    async def read(self, asked: Asked, journal: list[str]) -> Harvest:
        """Return what the server says of every account. Raises ProviderError.

        CaughtStale when it answers from another state than it says.
        """
        ...


@runtime_checkable
class TokenSource(Source, Protocol):
    """A source that also reads tokens."""

    async def check_form(self, form: HoldingForm, point: SnapshotPoint, journal: list[str]) -> None:
        """Return when the ledger agrees with assets.toml about a token.

        Raises RegistryError when it contradicts the table, ProviderError when it cannot be asked.
        """
        ...


@runtime_checkable
class ControlSource(Source, Protocol):
    """A source that also knows who controls accounts."""

    async def control(
        self, point: SnapshotPoint, queries: Sequence[ControlQuery], journal: list[str]
    ) -> Sequence[Control]:
        """Return one answer per query, in order. Raises ProviderError."""
        ...


class NotYet(Incapable):
    """The server does not have a block yet; `tip` is the height of its best one."""

    reason = UnresolvedReason.NO_BLOCK

    def __init__(self, height: int, tip: int) -> None:
        """Say what was asked for, and what there is."""
        super().__init__(f"the server's best block is {tip}, before block {height}")
        self.tip = tip


def require_height(height: int, tip: int) -> None:
    """Raise NotYet when a server whose best block is `tip` cannot have `height`."""
    if height > tip:
        raise NotYet(height, tip)


def require_declared(form: HoldingForm, decimals: int, symbol: str | None = None) -> None:
    """Raise RegistryError when the ledger says of a token what assets.toml does not.

    `symbol` is None where the ledger has none.
    """
    is_other = symbol is not None and bool(form.symbols) and symbol not in form.symbols
    if decimals != form.decimals or is_other:
        raise RegistryError(
            f"{form.id} is {symbol or 'a token'} with {decimals} decimals there, "
            f"{' or '.join(form.symbols) or 'a token'} with {form.decimals} here"
        )


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
