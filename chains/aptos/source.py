"""Balances at a ledger version from the REST API of one Aptos node.

What must hold of every balance:

1. The node is of the network (chain id), and the block around the version is the pinned one.
2. Before and after the balances, the state that the node reads at the version says that it is of
   that block's height (`0x1::block::BlockResource`): a node that ignores the version is caught.
3. A pruned version (HTTP 410) is no number, an account that is not there is 0.

A balance is that of the coin and of the primary store of the fungible asset together. A height of
a list is a ledger version, unless the network's option says that it is a block's.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING
from urllib.parse import quote

from chains.adapter import Assurance, Control, ControlWord
from chains.answers import count
from chains.aptos.addresses import encode
from chains.aptos.answers import (
    STATUSES,
    AptosBlock,
    authentication_key,
    balance,
    block,
    is_absent,
    ledger,
    require_form,
    resource,
)
from chains.aptos.control import NO_ACCOUNT, judged
from chains.errors import (
    Incapable,
    ProviderError,
    RegistryError,
    UnresolvedReason,
    WrongState,
)
from chains.source import Asked, Block, CaughtStale, Harvest, require_height
from chains.transport.together import together

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chains.adapter import ControlQuery, HoldingForm, SnapshotPoint
    from chains.registry import Network
    from chains.transport.rest import RestAnswer, RestEndpoint

COIN = "0x1::aptos_coin::AptosCoin"
NOT_IN_IT = "Stake and secondary stores are not in the amount."
_BLOCK_RESOURCE = "0x1::block::BlockResource"
_METADATA = "0x1::fungible_asset::Metadata"


class AptosSource:
    """A `chains.source.TokenSource` and `ControlSource`."""

    assurance = Assurance.NODE

    def __init__(self, node: RestEndpoint, network: Network) -> None:
        """Ask `node`, whose URL ends with ``/v1``."""
        self.provider = node
        self._chain_id = network.options.get("chain_id")
        self._counts_blocks = network.options.get("height_is") == "block"

    async def open(self) -> None:
        """Make the HTTP session."""
        await self.provider.open()

    async def close(self) -> None:
        """Close the HTTP session."""
        await self.provider.close()

    # --- the block

    async def block_at(self, height: int, journal: list[str]) -> Block:
        """Return the block of a version. Raises ProviderError."""
        node = ledger((await self.provider.ask("", journal=journal)).value)
        if self._chain_id is not None and node.chain_id != self._chain_id:
            raise WrongState(
                f"the node is of another network: its chain id is {node.chain_id}",
                reason=UnresolvedReason.WRONG_CHAIN,
            )
        if not self._counts_blocks:
            require_height(height, node.version)
            if height < node.oldest:
                raise Incapable(f"the node keeps versions only from {node.oldest} on")
        found = await self._block(height, journal)
        # Every version that is told of is committed for good.
        tip = max(node.version, height)
        return Block(found.hash, found.time, tip, final=tip)

    async def _block(self, height: int, journal: list[str]) -> AptosBlock:
        by = "by_height" if self._counts_blocks else "by_version"
        path = f"/blocks/{by}/{height}?with_transactions=false"
        found = block(await self._get(path, journal))
        fits = found.height == height if self._counts_blocks else found.first <= height
        if not fits or (not self._counts_blocks and height > found.last):
            raise WrongState("the node describes another block than the one asked for")
        return found

    async def _pinned(self, point: SnapshotPoint, journal: list[str]) -> tuple[AptosBlock, int]:
        """Return the block of `point`, and the version at which states are read."""
        found = await self._block(point.height, journal)
        if found.hash != point.block_hash:
            raise WrongState("the node has another block than the snapshot block")
        return found, found.last if self._counts_blocks else point.height

    async def _require_state(self, height: int, version: int, journal: list[str]) -> None:
        """Raise CaughtStale unless the state at `version` is of the block at `height`."""
        fields = await self._resource("0x1", _BLOCK_RESOURCE, version, journal)
        said = count(fields.get("height"))
        if said != height:
            raise CaughtStale(
                f"asked for the state of version {version}, of block {height}, the node answers "
                f"with that of block {said}"
            )

    # --- balances

    async def read(self, asked: Asked, journal: list[str]) -> Harvest:
        """Return the balances of accounts. Raises ProviderError."""
        form, point, accounts = asked
        found, version = await self._pinned(point, journal)
        await self._require_state(found.height, version, journal)
        asset = quote(form.contract or COIN, safe=":")
        answers = await asyncio.gather(
            *(self._balance(account, asset, version, journal) for account in accounts)
        )
        await self._require_state(found.height, version, journal)
        harvest = Harvest()
        for account, answer in zip(accounts, answers, strict=True):
            if isinstance(answer, int):
                harvest.amounts[account] = answer
                harvest.notes[account] = NOT_IN_IT
            else:
                harvest.failed[account] = answer
        return harvest

    async def _balance(
        self, account: bytes, asset: str, version: int, journal: list[str]
    ) -> int | ProviderError:
        path = f"/accounts/{encode(account)}/balance/{asset}?ledger_version={version}"
        try:
            return balance(await self._get(path, journal))
        except ProviderError as error:
            return error

    async def check_form(self, form: HoldingForm, point: SnapshotPoint, journal: list[str]) -> None:
        """Return when the asset exists at `point` with the decimals and symbol of assets.toml.

        Raises RegistryError when it does not, ProviderError when it cannot be asked.
        """
        _, version = await self._pinned(point, journal)
        asset = form.contract or COIN
        holder, _, rest = asset.partition("::")
        kind = f"0x1::coin::CoinInfo<{asset}>" if rest else _METADATA
        fields = await self._resource(holder, kind, version, journal, registry=form.id)
        require_form(form, fields)

    # --- control

    async def control(
        self, point: SnapshotPoint, queries: Sequence[ControlQuery], journal: list[str]
    ) -> Sequence[Control]:
        """Return who controls the accounts at `point`, in order. Raises ProviderError."""
        found, version = await self._pinned(point, journal)
        await self._require_state(found.height, version, journal)
        said = await together(*(self._controlled(one, version, journal) for one in queries))
        await self._require_state(found.height, version, journal)
        return said

    async def _controlled(self, query: ControlQuery, version: int, journal: list[str]) -> Control:
        path = f"/accounts/{encode(query.account)}?ledger_version={version}"
        try:
            answer = await self._get(path, journal)
            return NO_ACCOUNT if is_absent(answer) else judged(query, authentication_key(answer))
        except ProviderError as error:
            return Control(ControlWord.UNSETTLED, error.reason.value, str(error))

    async def _resource(
        self, holder: str, kind: str, version: int, journal: list[str], *, registry: str = ""
    ) -> dict[str, object]:
        path = f"/accounts/{holder}/resource/{quote(kind, safe=':')}?ledger_version={version}"
        answer = await self._get(path, journal)
        if registry and is_absent(answer):
            raise RegistryError(f"{registry} is not there: {holder} has no {kind}")
        return resource(answer, kind)

    async def _get(self, path: str, journal: list[str]) -> RestAnswer:
        return await self.provider.ask(path, statuses=STATUSES, journal=journal)
