"""Balances at a ledger version from the GraphQL API of an Aptos indexer, for pruned versions.

The indexer keeps every change since the beginning (`activities`): all of them are read up to the
version that it has reached, and must add up to the present balance. Its block at the version must
be the pinned one. Many accounts are asked about at once, fewer when their lists are long.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chains.adapter import Assurance
from chains.answers import rows, table
from chains.aptos.activities import (
    Activity,
    Holding,
    holdings,
    indexed_block,
    only,
    page,
    replayed,
)
from chains.aptos.addresses import encode
from chains.aptos.answers import require_form
from chains.errors import (
    Incapable,
    ProviderError,
    RegistryError,
    Throttled,
    TooLarge,
    UnresolvedReason,
    WrongState,
)
from chains.source import Asked, Block, Harvest, require_height

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chains.adapter import HoldingForm, SnapshotPoint
    from chains.registry import Network
    from chains.transport.graphql import GraphQlEndpoint, Refusal

COIN_AND_ASSET = ("0x1::aptos_coin::AptosCoin", f"0x{10:064x}")
"""The native coin as the two things that it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexerLimits:
    """How much is asked at once, and how far histories are followed."""

    accounts: int = 20
    """Accounts in one question."""
    page: int = 100
    """Lines of one page; public indexers give no more."""
    most_pages: int = 50
    """Pages of one question; then it is asked about fewer accounts, in the end about none."""


_STATUS = """{
  ledger_infos { chain_id }
  processor_status(where: {processor: {_eq: "fungible_asset_processor"}}) { last_success_version }
}"""
_BLOCK = """query ($version: bigint) {
  block_metadata_transactions(
    where: {version: {_lte: $version}}, order_by: {version: desc}, limit: 1
  ) { id version timestamp }
}"""
_METADATA = """query ($asset: String) {
  fungible_asset_metadata(where: {asset_type: {_eq: $asset}}, limit: 1) { decimals symbol }
}"""
_LATEST = """query ($assets: [String!], $tip: bigint) {
  fungible_asset_activities(
    where: {transaction_version: {_lte: $tip}, asset_type: {_in: $assets}},
    order_by: [{transaction_version: desc}, {event_index: desc}], limit: 1
  ) { transaction_version }
}"""
_HOLDINGS = """query ($owners: [String!], $assets: [String!], $limit: Int) {
  current_fungible_asset_balances(
    where: {owner_address: {_in: $owners}, asset_type: {_in: $assets}}, limit: $limit
  ) { owner_address amount is_primary last_transaction_version }
}"""
_ACTIVITIES = """query (
  $owners: [String!], $assets: [String!], $tip: bigint, $limit: Int, $offset: Int
) {
  fungible_asset_activities(
    where: {
      transaction_version: {_lte: $tip}, asset_type: {_in: $assets},
      _or: [{owner_address: {_in: $owners}}, {gas_fee_payer_address: {_in: $owners}}]
    },
    order_by: [{transaction_version: asc}, {event_index: asc}], limit: $limit, offset: $offset
  ) {
    transaction_version event_index owner_address gas_fee_payer_address amount type is_gas_fee
    storage_refund_amount
  }
}"""


def classify(refusal: Refusal) -> ProviderError:
    """Return what an indexer's refusal means."""
    said = f"the indexer says: {refusal.message} ({refusal.code or 'no code'})"
    if "rate limit" in refusal.message.lower() or "too many requests" in refusal.message.lower():
        return Throttled(said)
    if refusal.code in {"validation-failed", "parse-failed"}:
        return Incapable(said, reason=UnresolvedReason.NO_METHOD)
    return ProviderError(said, reason=UnresolvedReason.CALL_FAILED)


class IndexerSource:
    """A `chains.source.Source` for tokens too."""

    assurance = Assurance.REPLAYED

    def __init__(self, indexer: GraphQlEndpoint, network: Network, limits: IndexerLimits) -> None:
        """Ask `indexer`."""
        self._limits = limits
        self.provider = indexer
        self._chain_id = network.options.get("chain_id")
        self._counts_blocks = network.options.get("height_is") == "block"

    async def open(self) -> None:
        """Make the HTTP session."""
        await self.provider.open()

    async def close(self) -> None:
        """Close the HTTP session."""
        await self.provider.close()

    async def block_at(self, height: int, journal: list[str]) -> Block:
        """Return the block of a version. Raises ProviderError."""
        if self._counts_blocks:
            raise Incapable(
                "the indexer is asked for versions only", reason=UnresolvedReason.NO_METHOD
            )
        tip = await self._reached(journal)
        require_height(height, tip)
        data = await self.provider.query(_BLOCK, {"version": height}, journal=journal)
        found = indexed_block(data.get("block_metadata_transactions"))
        if found.version > height:
            raise WrongState("the indexer describes a later block than the one asked for")
        return Block(found.hash, found.time, tip, final=tip)

    async def _reached(self, journal: list[str]) -> int:
        """Return the version up to which the indexer knows everything."""
        data = await self.provider.query(_STATUS, {}, journal=journal)
        chain_id = only(data.get("ledger_infos"), "chain_id")
        if self._chain_id is not None and chain_id != self._chain_id:
            raise WrongState(
                f"the indexer is of another network: its chain id is {chain_id}",
                reason=UnresolvedReason.WRONG_CHAIN,
            )
        return only(data.get("processor_status"), "last_success_version")

    async def check_form(self, form: HoldingForm, point: SnapshotPoint, journal: list[str]) -> None:
        """Return when the asset has the decimals and symbol of assets.toml.

        Raises RegistryError when it has not, ProviderError when it cannot be asked.
        """
        if (await self.block_at(point.height, journal)).hash != point.block_hash:
            raise WrongState("the indexer has another block than the snapshot block")
        data = await self.provider.query(_METADATA, {"asset": form.contract}, journal=journal)
        lines = rows(data.get("fungible_asset_metadata"))
        if not lines:
            raise RegistryError(f"{form.id} is not there: the indexer knows no {form.contract}")
        require_form(form, table(lines[0]))

    async def read(self, asked: Asked, journal: list[str]) -> Harvest:
        """Return the balances of accounts. Raises ProviderError."""
        form, point, accounts = asked
        if (await self.block_at(point.height, journal)).hash != point.block_hash:
            raise WrongState("the indexer has another block than the snapshot block")
        assets = COIN_AND_ASSET if form.contract is None else (form.contract,)
        await self._require_activities(assets, journal)
        harvest = Harvest()
        size = self._limits.accounts
        parts = [accounts[at : at + size] for at in range(0, len(accounts), size)]
        await asyncio.gather(
            *(self._settle(point.height, assets, part, harvest, journal) for part in parts)
        )
        return harvest

    async def _require_activities(self, assets: Sequence[str], journal: list[str]) -> None:
        """Raise Incapable when nothing ever happened to the asset: such an index knows nothing."""
        tip = await self._reached(journal)
        variables = {"assets": list(assets), "tip": tip}
        data = await self.provider.query(_LATEST, variables, journal=journal)
        if not rows(data.get("fungible_asset_activities")):
            raise Incapable(f"the indexer knows no change of {' or '.join(assets)} at all")

    async def _settle(
        self,
        version: int,
        assets: Sequence[str],
        accounts: Sequence[bytes],
        harvest: Harvest,
        journal: list[str],
    ) -> None:
        """Answer all of `accounts`, fewer at a time if one of them spoils it for the others."""
        try:
            tip = await self._reached(journal)
            require_height(version, tip)
            changes = await self._changes(assets, accounts, tip, journal)
            now = await self._holdings(assets, accounts, tip, journal)
        except ProviderError as error:
            if len(accounts) == 1 or not isinstance(error, TooLarge | Incapable | WrongState):
                harvest.failed |= dict.fromkeys(accounts, error)
                return
            half = len(accounts) // 2
            for part in (accounts[:half], accounts[half:]):
                await self._settle(version, assets, part, harvest, journal)
            return
        for account in accounts:
            held = now.get(account, Holding(0, 0))
            try:
                harvest.amounts[account] = replayed(changes, account, held, version)
            except ProviderError as error:
                harvest.failed[account] = error

    async def _changes(
        self, assets: Sequence[str], accounts: Sequence[bytes], tip: int, journal: list[str]
    ) -> list[Activity]:
        found: list[Activity] = []
        for _ in range(self._limits.most_pages):
            variables = {
                "owners": [encode(account) for account in accounts],
                "assets": list(assets),
                "tip": tip,
                "limit": self._limits.page,
                "offset": len(found),
            }
            data = await self.provider.query(_ACTIVITIES, variables, journal=journal)
            lines = page(
                data.get("fungible_asset_activities"),
                self._limits.page,
                found[-1] if found else None,
            )
            found += lines
            if len(lines) < self._limits.page:
                return found
        raise TooLarge(
            f"more than {self._limits.most_pages * self._limits.page} changes since the beginning"
        )

    async def _holdings(
        self, assets: Sequence[str], accounts: Sequence[bytes], tip: int, journal: list[str]
    ) -> dict[bytes, Holding]:
        variables = {
            "owners": [encode(account) for account in accounts],
            "assets": list(assets),
            "limit": self._limits.page,
        }
        data = await self.provider.query(_HOLDINGS, variables, journal=journal)
        lines = rows(data.get("current_fungible_asset_balances"))
        if len(lines) >= self._limits.page:
            raise TooLarge(f"{self._limits.page} balances or more in one answer")
        found = holdings(lines, tip)
        if not found.keys() <= set(accounts):
            raise WrongState("the indexer tells of another account than those asked for")
        return found
