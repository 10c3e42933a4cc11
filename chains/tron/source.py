"""One TRON node as a source: which method reads what, and what the node says of tokens and keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chains.adapter import Assurance, Control, ControlWord
from chains.errors import AddressError, ProviderError, RegistryError, WrongState, plain_text
from chains.source import Asked, Block, Harvest, require_height, require_landmark
from chains.transport.together import together
from chains.tron import control
from chains.tron.addresses import canonical
from chains.tron.history import TrxHistory
from chains.tron.replay import TokenReplay

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from chains.adapter import ControlQuery, HoldingForm, Parameter, SnapshotPoint
    from chains.source import Landmark
    from chains.tron.node import TronNode


class TronSource:
    """A `chains.source.TokenSource` and `chains.source.ControlSource`."""

    assurance = Assurance.NODE

    def __init__(
        self,
        node: TronNode,
        mark: Landmark,
        multicall: bytes,
        parameters: Mapping[str, Parameter],
        *,
        stakes: bool = True,
    ) -> None:
        """Ask `node`; `multicall` is the contract that reads many tokens at once."""
        self.provider = node
        self._mark = mark
        self._multicall = multicall
        self._parameters = parameters
        self._is_of_network = False
        self._native = TrxHistory(node, stakes=stakes)
        self._tokens: dict[bytes, TokenReplay] = {}

    async def open(self) -> None:
        """Make the HTTP session."""
        await self.provider.open()

    async def close(self) -> None:
        """Close the HTTP session."""
        await self.provider.close()

    async def block_at(self, height: int, journal: list[str]) -> Block:
        """Return the solidified block at `height`. Raises ProviderError."""
        head = await self.provider.block(None, journal)
        await self._require_network(journal)
        require_height(height, head.height)
        found = await self.provider.block(height, journal)
        if found.height != height:
            raise WrongState(f"block {found.height} was answered where {height} was asked")
        return Block(found.hash, found.time, head.height, head.height)

    async def _require_network(self, journal: list[str]) -> None:
        mark = await self.provider.block(self._mark.height, journal)
        require_landmark(self._mark, mark.hash)
        self._is_of_network = True

    async def check_form(
        self,
        form: HoldingForm,
        point: SnapshotPoint,  # noqa: ARG002 (contract; no node has old states of contracts)
        journal: list[str],
    ) -> None:
        """Return when the contract says of itself, today, what assets.toml says of it.

        Raises RegistryError when it contradicts the table, ProviderError when it cannot be asked.
        """
        decimals, symbol = await self.provider.described(self._contract(form), journal)
        if decimals != form.decimals:
            raise RegistryError(
                f"{form.id}: the contract says {decimals} decimals, assets.toml {form.decimals}"
            )
        if symbol not in form.symbols:
            raise RegistryError(
                f"{form.id}: the contract says {plain_text(symbol)!r}, assets.toml "
                f"{', '.join(map(repr, form.symbols)) or 'no symbol'}"
            )

    async def read(self, asked: Asked, journal: list[str]) -> Harvest:
        """Return balances in base units of the form. Raises ProviderError."""
        if asked.form.contract is None:
            return await self._native.read(asked, journal)
        await self._require_known(journal)
        token = self._contract(asked.form)
        if token not in self._tokens:
            self._tokens[token] = TokenReplay(self.provider, self._multicall, token)
        return await self._tokens[token].read(asked, journal)

    async def _require_known(self, journal: list[str]) -> None:
        """Raise WrongState for another network: no hash tells that of what is asked as of today."""
        if not self._is_of_network:
            await self._require_network(journal)

    def _contract(self, form: HoldingForm) -> bytes:
        try:
            return canonical(form.contract or "", self._parameters)
        except AddressError as error:
            raise RegistryError(f"{form.id}: {form.contract!r} is no contract: {error}") from error

    async def control(
        self,
        point: SnapshotPoint,  # noqa: ARG002 (contract; a node knows today's permissions only)
        queries: Sequence[ControlQuery],
        journal: list[str],
    ) -> Sequence[Control]:
        """Return one answer per query, in order, from today's permissions. Raises ProviderError."""
        await self._require_known(journal)
        head = await self.provider.block(None, journal)
        return await together(*(self._controlled(one, head.height, journal) for one in queries))

    async def _controlled(self, query: ControlQuery, head: int, journal: list[str]) -> Control:
        try:
            account = await self.provider.account(query.account, journal)
        except ProviderError as error:
            return Control(ControlWord.UNSETTLED, error.reason.value, str(error))
        return control.settle(query, account, head)
