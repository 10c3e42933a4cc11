"""One Algorand indexer: what accounts hold now, less what moved since the snapshot.

No server of Algorand keeps old states. What must hold of the answers:

1. The indexer is of the network: its blocks name the genesis hash of networks.toml. The hash of a
   block is what the block after it names.
2. What an account holds is of a round at or after the snapshot, which the answer names; its
   transactions are asked from the snapshot up to that round, and the list takes that round in.
3. Every transaction of every page is read once; pages that repeat are refused.
4. Block payouts (since 2025) are no transactions: for an account that proposes blocks they are
   asked for and taken off.
5. The level of participation rewards is the same as at the snapshot: otherwise amounts changed
   without any transaction, and there is none.
6. Transactions from the time of the snapshot are still there. An indexer may throw old ones away,
   and accounts then look as if they had been still.
7. An account that the indexer has never seen holds 0 if it has no transactions either.

The amount of an account contains its pending rewards, and what it stakes by taking part.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from chains.adapter import Assurance, Control
from chains.algorand import answers, control
from chains.algorand.addresses import encode
from chains.answers import count, table, text
from chains.errors import (
    Incapable,
    MalformedAnswer,
    ProviderError,
    RegistryError,
    TooLarge,
    UnresolvedReason,
    WrongState,
)
from chains.harvesting import one_by_one
from chains.source import Block, require_height
from chains.transport.together import together

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chains.adapter import ControlQuery, HoldingForm, SnapshotPoint
    from chains.algorand.answers import Account
    from chains.harvesting import Told
    from chains.source import Asked, Harvest
    from chains.transport.rest import RestEndpoint

PAGE = 1_000
"""Items of one answer; the most that indexers give."""
MOST_PAGES = 100
WITNESSES = 100
"""Rounds up to the snapshot in which there must be a transaction: on the network every one has."""
_UNKNOWN = 404
_LEAN = "include-all=true&exclude=assets,created-assets,apps-local-state,created-apps"


class AlgorandSource:
    """A `chains.source.TokenSource` and `ControlSource`."""

    assurance = Assurance.REPLAYED

    def __init__(self, server: RestEndpoint, genesis: str) -> None:
        """Ask `server`, an indexer of the network that begins with `genesis` (empty: any)."""
        self.provider = server
        self._genesis = genesis

    async def open(self) -> None:
        """Make the HTTP session."""
        await self.provider.open()

    async def close(self) -> None:
        """Close the HTTP session."""
        await self.provider.close()

    async def block_at(self, height: int, journal: list[str]) -> Block:
        """Return the block of round `height`, once there is one after it. Raises ProviderError."""
        tip = answers.health(await self.provider.json("/health", journal=journal))
        tip -= 1  # the newest block's hash is not known before the next one
        require_height(height, tip)
        found = await self._header(height, journal)
        after = await self._header(height + 1, journal)
        return Block(after.before, found.time, tip)

    async def _header(self, height: int, journal: list[str]) -> answers.Header:
        path = f"/v2/blocks/{height}?header-only=true"
        answer = await self.provider.ask(path, journal=journal, statuses={_UNKNOWN})
        if answer.status == _UNKNOWN:
            raise Incapable(f"the indexer does not have block {height}")
        found = answers.header(answer.value)
        if self._genesis and found.genesis != self._genesis:
            raise WrongState(
                f"the server is of another network, which begins with {found.genesis}",
                reason=UnresolvedReason.WRONG_CHAIN,
            )
        if found.height != height:
            raise MalformedAnswer(f"block {found.height} was answered where {height} was asked")
        return found

    async def check_form(
        self,
        form: HoldingForm,
        point: SnapshotPoint,  # noqa: ARG002 (contract)
        journal: list[str],
    ) -> None:
        """Compare decimals and unit name, which cannot change, with the table."""
        number = _asset(form)
        path = f"/v2/assets/{number}?include-all=true"
        answer = await self.provider.ask(path, journal=journal, statuses={_UNKNOWN})
        if answer.status == _UNKNOWN:
            raise RegistryError(f"there is no asset {number}")
        found, decimals, name = answers.asset(answer.value)
        if found != number:
            raise MalformedAnswer("another asset was answered than asked for")
        if decimals != form.decimals:
            raise RegistryError(f"asset {number} has {decimals} decimals, not {form.decimals}")
        if form.symbols and name not in form.symbols:
            raise RegistryError(f"asset {number} calls itself {name!r}")

    async def read(self, asked: Asked, journal: list[str]) -> Harvest:
        """Return the balances, two requests an account and more for busy ones."""
        point, asset = asked.point, _asset(asked.form)
        before = await self._header(point.height, journal)
        newest = point.height

        async def replayed(account: bytes) -> Told:
            nonlocal newest
            amount, at = await self._replayed(encode(account), asset, point.height, journal)
            newest = max(newest, at)
            return amount, ""

        harvest = await one_by_one(asked.accounts, replayed)
        await self._require_kept(point.height, journal)
        if asset is None and (await self._header(newest, journal)).level != before.level:
            raise ProviderError(
                "participation rewards were paid since the snapshot; they are no transactions",
                reason=UnresolvedReason.NO_METHOD,
            )
        return harvest

    async def control(
        self, point: SnapshotPoint, queries: Sequence[ControlQuery], journal: list[str]
    ) -> Sequence[Control]:
        """Return one answer per query, in order. Raises ProviderError."""
        height = point.height
        await self._header(height, journal)
        await self._require_kept(height, journal)

        async def ask(query: ControlQuery) -> Control:
            address = encode(query.account)
            found = await self._record(address, journal)
            if found is None:
                return control.NO_ACCOUNT
            now = answers.authority(found, address)
            if now.created > height:
                return control.NO_ACCOUNT
            path = (
                f"/v2/accounts/{address}/transactions?rekey-to=true&min-round={height + 1}"
                f"&max-round={now.round}"
            )
            moves, at = await self._pages(path, "transactions", journal)
            if now.round < height or at < now.round:
                raise WrongState("the indexer has not reached the round of the account")
            changed = now.closed > height or any(answers.is_rekeying(one, address) for one in moves)
            return control.settle(query, now, is_changed=changed)

        return await together(*map(ask, queries))

    async def _replayed(
        self, address: str, asset: int | None, height: int, journal: list[str]
    ) -> tuple[int, int]:
        """Return what an account held after `height`, and the round of what it holds now."""
        now = await self._now(address, asset, journal)
        path = f"/v2/accounts/{address}/transactions?min-round={height + 1}"
        if now is not None:
            if now.round < height:
                raise WrongState(f"the indexer answers at round {now.round}, before the snapshot")
            path += f"&max-round={now.round}"
        if asset is not None:
            path += f"&asset-id={asset}"
        moves, at = await self._pages(path, "transactions", journal)
        seen = {text(one.get("id")): one for one in moves}
        if now is None:
            if seen or at < height:
                raise MalformedAnswer("an account that the indexer never saw has transactions")
            return 0, at
        if at < now.round:
            raise WrongState("the list of transactions does not reach the round of the account")
        amount = now.amount
        rounds = [count(one.get("confirmed-round")) for one in seen.values()]
        if not all(height < one <= now.round for one in rounds):
            raise MalformedAnswer("a transaction is of another round than asked for")
        amount -= sum(answers.change(one, address, asset) for one in seen.values())
        has_registered = any(answers.is_keyreg(one) for one in seen.values())
        if asset is None and (now.may_propose or now.proposed > height or has_registered):
            amount -= await self._payouts(address, height, now.round, journal)
        if amount < 0:
            raise MalformedAnswer("the balance at the snapshot would be negative")
        return amount, now.round

    async def _now(self, address: str, asset: int | None, journal: list[str]) -> Account | None:
        """Return what the account holds; None when the indexer has never seen it."""
        if asset is not None:
            path = f"/v2/accounts/{address}/assets?asset-id={asset}&include-all=true"
            return answers.holding(await self.provider.json(path, journal=journal), asset)
        found = await self._record(address, journal)
        return None if found is None else answers.account(found, address)

    async def _record(self, address: str, journal: list[str]) -> object:
        """Return what the indexer says of an account; None when it has never seen it."""
        path = f"/v2/accounts/{address}?{_LEAN}"
        answer = await self.provider.ask(path, journal=journal, statuses={_UNKNOWN})
        if answer.status != _UNKNOWN:
            return answer.value
        said = answer.value if isinstance(answer.value, dict) else {}
        if "no accounts found" not in str(said.get("message", "")):
            raise Incapable("the server is no indexer", reason=UnresolvedReason.NO_METHOD)
        return None

    async def _payouts(self, address: str, height: int, last: int, journal: list[str]) -> int:
        """Return what the account got for blocks it proposed after `height`."""
        path = f"/v2/block-headers?proposers={address}&min-round={height + 1}&max-round={last}"
        blocks, at = await self._pages(path, "blocks", journal)
        if at < last:
            raise WrongState("the list of blocks does not reach the round of the account")
        paid = {}
        for one in blocks:
            number = count(one.get("round"))
            if one.get("proposer") != address or not height < number <= last:
                raise MalformedAnswer("a block is of another proposer or round than asked for")
            paid[number] = count(one.get("proposer-payout", 0))
        return sum(paid.values())

    async def _pages(
        self, path: str, member: str, journal: list[str]
    ) -> tuple[list[dict[str, object]], int]:
        """Return all items of a list, and the oldest of the rounds its pages are of."""
        items: list[dict[str, object]] = []
        tokens = {""}
        token, at = "", None
        for _ in range(MOST_PAGES):
            query = f"{path}&limit={PAGE}" + (f"&next={quote(token, safe='')}" if token else "")
            page = answers.page(await self.provider.json(query, journal=journal), member)
            at = page.round if at is None else min(at, page.round)
            items += [dict(one) for one in page.items]
            token = page.next
            if not token or not page.items:
                return items, at
            if token in tokens:
                raise MalformedAnswer("the pages of a list go round in a circle")
            tokens.add(token)
        raise TooLarge(f"more than {MOST_PAGES * PAGE} {member}")

    async def _require_kept(self, height: int, journal: list[str]) -> None:
        """Raise Incapable unless the indexer has a transaction from just before the snapshot."""
        low = max(0, height - WITNESSES)
        path = f"/v2/transactions?min-round={low}&max-round={height}&limit=1"
        found = answers.page(await self.provider.json(path, journal=journal), "transactions")
        if not any(
            low <= count(table(one).get("confirmed-round")) <= height for one in found.items
        ):
            raise Incapable("the indexer has no transactions from the time of the snapshot")


def _asset(form: HoldingForm) -> int | None:
    """Return the number of an asset, None for the native coin."""
    if form.contract is None:
        return None
    if not (form.contract.isascii() and form.contract.isdecimal()):
        raise RegistryError(f"{form.contract} is no number of an asset")
    return int(form.contract)
