"""Coins from one method and tokens from another, as one reader of one network.

A UTXO set knows nothing of the Omni Layer's tokens, and an Omni node is asked for nothing else. The
block is pinned by the reader of coins; the Omni node must be at that very block (`omni`).
"""

from __future__ import annotations

from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Protocol, Self

from chains.adapter import BalanceReader, ForeseeingReader
from chains.transport.health import Watched

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Iterable, Sequence

    from chains.adapter import HoldingForm, Reading, SnapshotPoint, Unresolved
    from chains.transport.health import EndpointHealth
    from chains.utxo.servers import ServerReader


class CoinReader(BalanceReader, ForeseeingReader, Watched, Protocol):
    """A reader of the whole UTXO set: of a file, or of a node that makes one."""


class CoinsAndTokens:
    """A `chains.adapter.ForeseeingReader`; made by `balances.reader`."""

    def __init__(self, coins: CoinReader, tokens: Callable[[], ServerReader]) -> None:
        """`tokens` makes the reader of tokens: a new one whenever this one is entered."""
        self._coins = coins
        self._make = tokens
        self._tokens = tokens()
        self._open = AsyncExitStack()

    async def __aenter__(self) -> Self:
        """Open both."""
        self._tokens = self._make()
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(self._coins)
            await stack.enter_async_context(self._tokens)
            self._open = stack.pop_all()
        return self

    async def __aexit__(self, *exception: object) -> None:
        """Close both."""
        await self._open.aclose()

    def health(self) -> list[EndpointHealth]:
        """Return the health of the endpoints of both."""
        return [*self._coins.health(), *self._tokens.health()]

    def expect(self, addresses: Iterable[bytes]) -> None:
        """Note accounts that will be asked for, of any form."""
        self._coins.expect(addresses)

    async def pin(self, height: int) -> SnapshotPoint | Unresolved:
        """Return the block at `height`."""
        return await self._coins.pin(height)

    async def check_form(self, form: HoldingForm, point: SnapshotPoint) -> Unresolved | None:
        """Return None for the native coin, and for a token that the node knows as we do."""
        return await self._of(form).check_form(form, point)

    async def balances(
        self, form: HoldingForm, point: SnapshotPoint, addresses: Sequence[bytes]
    ) -> AsyncGenerator[Sequence[tuple[bytes, Reading]], None]:
        """Yield batches that together answer every address exactly once."""
        async for batch in self._of(form).balances(form, point, addresses):
            yield batch

    async def recheck(self, point: SnapshotPoint) -> Unresolved | None:
        """Return None unless a server of tokens has another block at its height by now."""
        return await self._tokens.recheck(point)

    def distrusted(self) -> frozenset[str]:
        """Return the labels of servers of tokens that are not believed any more."""
        return self._tokens.distrusted()

    def notes(self) -> Sequence[str]:
        """Return one sentence for each server of tokens that was caught."""
        return self._tokens.notes()

    def _of(self, form: HoldingForm) -> BalanceReader:
        return self._coins if form.contract is None else self._tokens
