"""Balances at a checkpoint from one Sui GraphQL service.

What must hold of every balance:

1. The service is of the network (chain identifier), and its checkpoint has the pinned digest.
2. Within the service's range of consistent reads, about an hour, the balance is read in the state
   of the checkpoint, which the answer must name.
3. Before that range, the balance at a named later checkpoint is read like that, and every change
   since is taken back (`walk`): the service must keep transactions since the checkpoint, each
   list is read from both ends and must be the same, and the result must not be negative. A
   transaction that the service leaves out both times does not show.

A balance is the sum of coin objects and address balance. StakedSui objects are not in it.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chains.adapter import Assurance
from chains.answers import count, table, text
from chains.errors import (
    Incapable,
    ProviderError,
    RegistryError,
    Throttled,
    TooLarge,
    UnresolvedReason,
    WrongState,
)
from chains.source import Asked, Block, Harvest, require_declared, require_height
from chains.sui import queries
from chains.sui.addresses import encode
from chains.sui.answers import (
    Checkpoint,
    Span,
    balances,
    checkpoint,
    coin_type,
    genesis_identifier,
    span,
    staked,
)
from chains.sui.walk import Stretch, Walk

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from chains.adapter import HoldingForm, SnapshotPoint
    from chains.transport.graphql import GraphQlEndpoint, Refusal

SUI = "0x2::sui::SUI"
MARGIN = 10
"""Checkpoints before the end of the range at which it is read: replicas are not all as far."""

STAKE_APART = "Staked SUI is not in the amount."
_TOO_LARGE = ("too large", "too many", "exceed", "rich quer", "timed out", "timeout")
_OUTSIDE = ("outside consistent range", "pruned", "not available")


@dataclass(frozen=True, slots=True, kw_only=True)
class SuiLimits:
    """How much is asked at once, and how far histories are followed."""

    accounts: int = 20
    """Accounts in one question about balances; services allow about so many costly fields."""
    histories: int = 10
    """Accounts in one question about transactions."""
    most_pages: int = 40
    """Pages of 50 transactions read for one account; a balance that needs more is unresolved."""


def classify(refusal: Refusal) -> ProviderError:
    """Return what a service's refusal means."""
    said = f"the service says: {refusal.message} ({refusal.code or 'no code'})"
    words = refusal.message.lower()
    if "rate limit" in words or "too many requests" in words:
        return Throttled(said)
    if any(one in words for one in _OUTSIDE):
        return Incapable(said)
    if refusal.code == "REQUEST_TIMEOUT" or any(one in words for one in _TOO_LARGE):
        return TooLarge(said)
    if refusal.code in {"GRAPHQL_VALIDATION_FAILED", "GRAPHQL_PARSE_FAILED", "FEATURE_UNAVAILABLE"}:
        return Incapable(said, reason=UnresolvedReason.NO_METHOD)
    return ProviderError(said, reason=UnresolvedReason.CALL_FAILED)


@dataclass(frozen=True, slots=True)
class _Status:
    """What a service says of itself."""

    tip: int
    balances: Span | None
    transactions: Span | None


class SuiSource:
    """A `chains.source.TokenSource`."""

    assurance = Assurance.REPLAYED

    def __init__(self, service: GraphQlEndpoint, identifier: str, limits: SuiLimits) -> None:
        """Ask `service`; `identifier` is the network's, or empty if it is not known."""
        self.provider = service
        self._identifier = identifier
        self._limits = limits

    async def open(self) -> None:
        """Make the HTTP session."""
        await self.provider.open()

    async def close(self) -> None:
        """Close the HTTP session."""
        await self.provider.close()

    # --- the checkpoint

    async def block_at(self, height: int, journal: list[str]) -> Block:
        """Return the checkpoint `height`. Raises ProviderError."""
        status = await self._status(journal)
        require_height(height, status.tip)
        found = await self._checkpoint(height, journal)
        # Checkpoints are certified: every one that is told of is final.
        return Block(found.digest, found.time, status.tip, final=status.tip)

    async def _status(self, journal: list[str]) -> _Status:
        data = await self.provider.query(queries.STATUS, {}, journal=journal)
        identifier = genesis_identifier(data.get("chainIdentifier"))
        if self._identifier and identifier != self._identifier:
            raise WrongState(
                f"the service is of another network: its chain identifier is {identifier}",
                reason=UnresolvedReason.WRONG_CHAIN,
            )
        ranges = data.get("serviceConfig")
        return _Status(
            count(table(data.get("checkpoint")).get("sequenceNumber")),
            span(ranges, "balances"),
            span(ranges, "transactions"),
        )

    async def _checkpoint(self, height: int, journal: list[str]) -> Checkpoint:
        data = await self.provider.query(queries.CHECKPOINT, {"at": height}, journal=journal)
        found = checkpoint(data)
        if found.height != height:
            raise WrongState("the service describes another checkpoint than the one asked for")
        return found

    # --- balances

    async def check_form(self, form: HoldingForm, point: SnapshotPoint, journal: list[str]) -> None:
        """Return when the coin has the decimals and symbol of assets.toml.

        Raises RegistryError when it has not, ProviderError when it cannot be asked.
        """
        await self._pinned(point, journal)
        data = await self.provider.query(queries.COIN, {"coin": form.contract}, journal=journal)
        if data.get("coinMetadata", 0) is None:
            raise RegistryError(f"{form.id} is not there: no coin {form.contract}")
        told = table(data.get("coinMetadata"))
        require_declared(form, count(told.get("decimals")), text(told.get("symbol")))

    async def _pinned(self, point: SnapshotPoint, journal: list[str]) -> Checkpoint:
        found = await self._checkpoint(point.height, journal)
        if found.digest != point.block_hash:
            raise WrongState("the service has another checkpoint than the snapshot's")
        return found

    async def read(self, asked: Asked, journal: list[str]) -> Harvest:
        """Return the balances of accounts. Raises ProviderError."""
        form, point, accounts = asked
        status = await self._status(journal)
        wanted = await self._pinned(point, journal)
        coin = coin_type(form.contract or SUI)
        harvest = Harvest()
        if status.balances is None:
            raise Incapable("the service states no range of consistent balances")
        if status.balances.first <= wanted.height <= status.balances.last:
            await self._at(wanted, coin, accounts, harvest, journal)
            harvest.assurance = dict.fromkeys(harvest.amounts, Assurance.NODE)
        else:
            await self._replayed(status, wanted, asked, harvest, journal)
        if form.contract is None:
            for account in harvest.amounts:
                harvest.notes.setdefault(account, STAKE_APART)
        return harvest

    async def _at(
        self,
        at: Checkpoint,
        coin: str,
        accounts: Sequence[bytes],
        harvest: Harvest,
        journal: list[str],
    ) -> None:
        """Read balances in the state of a checkpoint."""

        async def ask(some: Sequence[bytes]) -> None:
            variables = {"at": at.height, "coin": coin, "keys": _keys(some)}
            data = await self.provider.query(queries.BALANCES, variables, journal=journal)
            harvest.amounts.update(zip(some, balances(data, some, coin, at), strict=True))
            if coin == coin_type(SUI):
                await self._staked(at, some, harvest, journal)

        await self._in_parts(ask, accounts, self._limits.accounts, harvest)

    async def _staked(
        self, at: Checkpoint, accounts: Sequence[bytes], harvest: Harvest, journal: list[str]
    ) -> None:
        """Note what is staked; where the service does not say it, only that it is apart."""
        variables = {"at": at.height, "keys": _keys(accounts)}
        try:
            data = await self.provider.query(queries.STAKED, variables, journal=journal)
            found = staked(data, accounts, at)
        except ProviderError:
            return  # the journal has it
        for account, amount in zip(accounts, found, strict=True):
            if amount:
                harvest.notes[account] = f"{amount} MIST in StakedSui are not in the amount."

    async def _replayed(
        self,
        status: _Status,
        wanted: Checkpoint,
        asked: Asked,
        harvest: Harvest,
        journal: list[str],
    ) -> None:
        """Take back from later balances what happened since."""
        later, kept = status.balances, status.transactions
        if later is None or later.last < wanted.height:
            raise Incapable("the service's balances are older than the checkpoint")
        if kept is None or kept.first > wanted.height + 1 or kept.last < later.last:
            raise Incapable("the service does not keep every transaction since the checkpoint")
        anchor = await self._checkpoint(max(later.first, later.last - MARGIN), journal)
        now = Harvest()
        coin = coin_type(asked.form.contract or SUI)
        await self._at(anchor, coin, asked.accounts, now, journal)
        harvest.failed.update(now.failed)

        stretch = Stretch(wanted.height, anchor.height, coin)
        walk = Walk(self.provider, stretch, self._limits.most_pages, journal)

        async def ask(some: Sequence[bytes]) -> None:
            for account, gained in (await walk.gained(some)).items():
                if isinstance(gained, ProviderError):
                    harvest.failed[account] = gained
                elif now.amounts[account] < gained:
                    harvest.failed[account] = WrongState(
                        "the balance at the snapshot would be negative"
                    )
                else:
                    harvest.amounts[account] = now.amounts[account] - gained

        await self._in_parts(ask, list(now.amounts), self._limits.histories, harvest)

    async def _in_parts(
        self,
        ask: Callable[[Sequence[bytes]], Awaitable[None]],
        accounts: Sequence[bytes],
        size: int,
        harvest: Harvest,
    ) -> None:
        """Ask about all accounts, fewer at once where a part is too large."""

        async def part(some: Sequence[bytes]) -> None:
            try:
                await ask(some)
            except ProviderError as error:
                if len(some) > 1 and isinstance(error, TooLarge):
                    half = len(some) // 2
                    await asyncio.gather(part(some[:half]), part(some[half:]))
                else:
                    harvest.failed |= dict.fromkeys(some, error)

        parts = [accounts[at : at + size] for at in range(0, len(accounts), size)]
        await asyncio.gather(*(part(some) for some in parts))


def _keys(accounts: Sequence[bytes]) -> list[dict[str, str]]:
    return [{"address": encode(account)} for account in accounts]
