"""Balances at a slot from one Solana node.

What must hold before anything is believed:

1. The node is of the network (its genesis hash), and its block at the slot is the pinned one.
   A slot without a block has the state of the block before it: then the next block must name that
   one as its parent, so that a missing block cannot pass for a skipped slot.
2. Where the node keeps old states (`archive`), they are taken.
3. Otherwise the balance is worked out of the present one and transactions (`history`). The node
   must keep the ledger since the slot.

A token balance is the sum over the token accounts that the owner had: those that it has now, its
associated one, and those that its later transactions mention, because an account may have been
closed since. Stake accounts have addresses of their own and are not in any balance.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chains.adapter import Assurance
from chains.answers import count, text
from chains.errors import (
    Incapable,
    ProviderError,
    UnresolvedReason,
    WrongState,
)
from chains.solana.addresses import encode
from chains.solana.answers import (
    BlockHead,
    block_head,
    lamports,
    slots,
)
from chains.solana.archive import Archive
from chains.solana.history import FINALIZED, Histories
from chains.solana.past import Found, Past
from chains.solana.present import mint, present
from chains.solana.token_accounts import mint_decimals
from chains.solana.token_replay import TokenReplay
from chains.source import Asked, Block, Harvest, require_declared, require_height
from chains.transport.json_rpc import RpcRequest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chains.adapter import HoldingForm, SnapshotPoint
    from chains.solana.calls import Calls
    from chains.solana.history import SolanaLimits
    from chains.transport.endpoint import Endpoint

NO_STAKE = "Stake accounts have addresses of their own and are not in the amount."
_HEAD = {
    "transactionDetails": "none",
    "rewards": False,
    "maxSupportedTransactionVersion": 0,
    **FINALIZED,
}


class SolanaSource:
    """A `chains.source.TokenSource`."""

    assurance = Assurance.REPLAYED

    def __init__(self, node: Endpoint, calls: Calls, genesis: str, limits: SolanaLimits) -> None:
        """Ask `node`; `genesis` is the network's first block hash, or empty if it is not known."""
        self.provider = node
        self._calls = calls
        self._genesis = genesis
        self._limits = limits
        self._is_of_network = False
        self._archive = Archive(calls)

    async def open(self) -> None:
        """Make the HTTP session."""
        await self.provider.open()

    async def close(self) -> None:
        """Close the HTTP session."""
        await self.provider.close()

    # --- the block

    async def block_at(self, height: int, journal: list[str]) -> Block:
        """Return the block at slot `height`, or before it if it was skipped.

        Raises ProviderError.
        """
        await self._require_network(journal)
        tip = count(await self._ask("getSlot", [FINALIZED], journal))
        require_height(height, tip)
        _, head = await self._block(height, journal)
        return Block(head.hash, head.time, tip, final=tip)

    async def _block(self, slot: int, journal: list[str]) -> tuple[int, BlockHead]:
        """Return the last block up to `slot`, and its slot."""
        reach = self._limits.neighbours
        span = [max(0, slot - reach), slot + reach, FINALIZED]
        near = slots(await self._ask("getBlocks", span, journal))
        earlier = [one for one in near if one <= slot]
        if not earlier:
            raise Incapable(
                f"the node has no block at or shortly before slot {slot}",
                reason=UnresolvedReason.NO_BLOCK,
            )
        found = earlier[-1]
        head = block_head(await self._ask("getBlock", [found, _HEAD], journal))
        if found != slot:
            later = [one for one in near if one > slot]
            if not later:
                raise Incapable(
                    f"the node has no block at or after slot {slot}",
                    reason=UnresolvedReason.NO_BLOCK,
                )
            follower = block_head(await self._ask("getBlock", [later[0], _HEAD], journal))
            if (follower.parent_slot, follower.parent_hash) != (found, head.hash):
                raise Incapable(
                    f"slot {slot} was not skipped: the node lacks blocks around it",
                    reason=UnresolvedReason.NO_BLOCK,
                )
        return found, head

    async def _require_network(self, journal: list[str]) -> None:
        if self._is_of_network or not self._genesis:
            return
        found = text(await self._ask("getGenesisHash", [], journal))
        if found != self._genesis:
            raise WrongState(
                f"the node is of another network: its genesis hash is {found}",
                reason=UnresolvedReason.WRONG_CHAIN,
            )
        self._is_of_network = True

    async def _require_ready(self, point: SnapshotPoint, journal: list[str]) -> None:
        await self._require_network(journal)
        _, head = await self._block(point.height, journal)
        if head.hash != point.block_hash:
            raise WrongState("the node has another block than the snapshot block at its slot")

    # --- balances

    async def read(self, asked: Asked, journal: list[str]) -> Harvest:
        """Return the balances of addresses. Raises ProviderError."""
        form, point, owners = asked
        await self._require_ready(point, journal)
        harvest = Harvest()
        for owner, amount in (await self._archive.balances(asked, journal)).items():
            harvest.amounts[owner] = amount
            harvest.assurance[owner] = Assurance.NODE
            if form.contract is None:
                harvest.notes[owner] = NO_STAKE
        left = [owner for owner in owners if owner not in harvest.amounts]
        if not left:
            return harvest
        first = count(await self._ask("getFirstAvailableBlock", [], journal))
        if first > point.height:
            error = Incapable(f"the node keeps the ledger only from slot {first} on")
            harvest.failed |= dict.fromkeys(left, error)
            return harvest
        past = Histories(self._calls, point.height, self._limits, journal)
        if form.contract is None:
            await self._lamports(past, left, harvest, journal)
        else:
            most = self._limits.owner_transactions
            replay = TokenReplay(self._calls, past, form.contract, most)
            await replay.read(left, harvest, journal)
        return harvest

    async def _lamports(
        self, past: Histories, owners: Sequence[bytes], harvest: Harvest, journal: list[str]
    ) -> None:
        named = {encode(owner): owner for owner in owners}
        there = await present(self._calls, named, past.slot, journal, dataless=True)
        now = {name: one.lamports if one else 0 for name, one in there.accounts.items()}
        pasts: dict[str, Past] = {}
        for name, one in (await past.pasts(named, there.slot)).items():
            if isinstance(one, ProviderError):
                harvest.failed[named[name]] = one
            else:
                pasts[name] = one
        for name, found in (await past.amounts(pasts, now, lamports)).items():
            if isinstance(found, Found):
                harvest.amounts[named[name]] = found.amount
                harvest.notes[named[name]] = f"{NO_STAKE} {found.note}".strip()
            else:
                harvest.failed[named[name]] = found

    # --- tokens

    async def check_form(self, form: HoldingForm, point: SnapshotPoint, journal: list[str]) -> None:
        """Return when the mint exists and has the decimals of assets.toml.

        Raises RegistryError when it has not, ProviderError when it cannot be asked.
        """
        await self._require_network(journal)
        found = await mint(self._calls, form.contract or "", point.height, journal)
        require_declared(form, mint_decimals(found.data))

    async def _ask(self, method: str, params: Sequence[object], journal: list[str]) -> object:
        return await self._calls.one(RpcRequest(method, params), journal)
