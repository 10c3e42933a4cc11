"""One Hyperion index with the node behind it: the coin of accounts at a block, and who moves them.

A node knows its head only; the index keeps every row of the token's table after every block that
changed it. What must hold of a balance:

1. The node is of the chain that networks.toml names, and has the block by the same id.
2. The index says that it has all blocks from the first to beyond the snapshot, and keeps changes.
3. The balance is the account's row after its last change up to the block. A server that was asked
   for changes up to the block and answers later ones is left.
4. An account that did not change since holds just that at the node's head, digit by digit.
5. Nothing is held by an account whose row was removed, that the node does not know or created
   later, or that never had a row and has none now. Where the index has only later rows of an older
   account, there is no number.

What is staked for CPU and NET, being unstaked or in REX is not in the amount.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from chains.adapter import Assurance, Control, ControlWord
from chains.eos import answers, control
from chains.errors import (
    Incapable,
    MalformedAnswer,
    ProviderError,
    TransportFailure,
    UnresolvedReason,
    WrongState,
)
from chains.harvesting import one_by_one
from chains.source import Block, CaughtStale, require_height
from chains.transport.together import together

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chains.adapter import ControlQuery, SnapshotPoint
    from chains.eos.answers import Account, BlockAnswer, Delta, Deltas, Token
    from chains.source import Asked, Harvest
    from chains.transport.rest import RestEndpoint

PAGE = 100
"""Changes that are asked for in one answer; servers may give fewer."""
MOST_PAGES = 20
"""Pages that are searched for a row of the token, among those of others up to the block."""
MOST_BEHIND = 240
"""Blocks (two minutes) that the index may lack to the permissions at the node's head."""
_OK = 200
_ERRORS = frozenset({400, 500})
"""With these a node hands over its own errors."""


class _Last(NamedTuple):
    """The last change of an account up to a block, or None; whether there are later ones."""

    delta: Delta | None
    is_changed_since: bool


class HyperionSource:
    """A `chains.source.ControlSource`."""

    assurance = Assurance.REPLAYED

    def __init__(self, server: RestEndpoint, chain_id: str, token: Token) -> None:
        """Ask `server`, whose chain must be `chain_id`, about `token`."""
        self.provider = server
        self._chain_id = chain_id
        self._token = token

    async def open(self) -> None:
        """Make the HTTP session."""
        await self.provider.open()

    async def close(self) -> None:
        """Close the HTTP session."""
        await self.provider.close()

    async def block_at(self, height: int, journal: list[str]) -> Block:
        """Return the block at `height`. Raises ProviderError."""
        found = answers.info(await self._node("get_info", {}, journal))
        if found.chain_id != self._chain_id:
            raise WrongState(
                f"the node's chain is {found.chain_id}, not {self._chain_id}",
                reason=UnresolvedReason.WRONG_CHAIN,
            )
        require_height(height, found.head)
        block = await self._block(height, journal)
        return Block(block.id, block.time // 1_000, found.head, found.irreversible)

    async def read(self, asked: Asked, journal: list[str]) -> Harvest:
        """Return the coin of accounts, in base units. Raises ProviderError."""
        block, _ = await self._begin(asked.point, journal)

        async def read(account: bytes) -> tuple[int, str]:
            return await self._held(account.decode(), block, journal)

        return await one_by_one(asked.accounts, read)

    async def control(
        self, point: SnapshotPoint, queries: Sequence[ControlQuery], journal: list[str]
    ) -> Sequence[Control]:
        """Return one answer per query, in order. Raises ProviderError."""
        block, last = await self._begin(point, journal)

        async def ask(query: ControlQuery) -> Control:
            name = query.account.decode()
            try:
                found = await self._account(name, journal)
                if found is None or found.created > block.time:
                    return control.NO_ACCOUNT
                if found.head - last > MOST_BEHIND:
                    raise Incapable(f"the index ends with block {last}, the node with {found.head}")
                changed = await self._is_changed(name, block, journal)
            except CaughtStale:
                raise
            except ProviderError as error:
                return Control(ControlWord.UNSETTLED, error.reason.value, str(error))
            return control.settle(query, found, is_changed=changed)

        return await together(*(ask(query) for query in queries))

    async def _begin(self, point: SnapshotPoint, journal: list[str]) -> tuple[BlockAnswer, int]:
        """Return the block of `point` and the last one of the index, which must be whole."""
        block = await self._block(point.height, journal)
        if block.id != point.block_hash:
            raise CaughtStale(f"block {point.height} is {block.id} by now")
        why, last = answers.whole_index(await self.provider.json("/v2/health", journal=journal))
        if not why and last < point.height:
            why = f"ends with block {last}"
        if why:
            raise Incapable(f"the index is not whole: it {why}")
        return block, last

    async def _block(self, height: int, journal: list[str]) -> BlockAnswer:
        found = answers.block(await self._node("get_block_info", {"block_num": height}, journal))
        if found.number != height:
            raise CaughtStale(f"block {found.number} was answered where {height} was asked")
        return found

    async def _held(self, name: str, block: BlockAnswer, journal: list[str]) -> tuple[int, str]:
        found = await self._account(name, journal)
        last = await self._last(name, block, journal)
        if found is None or found.created > block.time:
            if last.delta is not None:
                raise MalformedAnswer("the index has changes of an account before it was there")
            return 0, ""
        if last.is_changed_since:
            return self._past(last.delta), _note(found)
        now = await self._now(name, journal)
        if last.delta is None:
            if now:
                raise Incapable("the account holds something, and the index has no change of it")
        elif not answers.is_same(last.delta.held, now, self._token):
            raise WrongState("the index and the node disagree about what the account holds now")
        return now, _note(found)

    def _past(self, last: Delta | None) -> int:
        """Return what an account held that has changed since; only the index knows."""
        if last is None:
            raise Incapable(
                "the index has changes of the account after the block and none before it"
            )
        held = answers.exact(last.held, self._token)
        if held is None:
            raise Incapable("the index wrote the amount as a number with too few digits")
        return held

    async def _last(self, name: str, block: BlockAnswer, journal: list[str]) -> _Last:
        """Return the last change of an account up to `block`."""
        page = await self._deltas(name, "", journal)
        is_changed = bool(page.found) and page.found[0].block > block.number
        before = next((one for one in page.found if one.block <= block.number), None)
        if before is not None or page.total == page.size:
            return _Last(before, is_changed)
        # Without a row of the token among so many, whether it changed since is not known.
        is_changed = is_changed or not page.found
        seen, until = 0, f"&before={answers.written(block.time)}"
        for _ in range(MOST_PAGES):
            page = await self._deltas(name, f"&skip={seen}{until}", journal)
            if any(one.block > block.number for one in page.found):
                raise CaughtStale("changes after the block were answered where it was the last")
            seen += page.size
            if page.found:
                return _Last(page.found[0], is_changed)
            if page.total == seen:
                return _Last(None, is_changed)
            if not page.size:
                raise MalformedAnswer("the pages of changes end before all of them were answered")
        raise Incapable(f"the last change is not among {MOST_PAGES * PAGE} of the account")

    async def _deltas(self, name: str, more: str, journal: list[str]) -> Deltas:
        path = (
            f"/v2/history/get_deltas?code={self._token.contract}&table=accounts&scope={name}"
            f"&sort=desc&limit={PAGE}{more}"
        )
        return answers.deltas(await self.provider.json(path, journal=journal), self._token, name)

    async def _now(self, name: str, journal: list[str]) -> int:
        """Return what an account holds at the node's head."""
        asked = {"code": self._token.contract, "account": name, "symbol": self._token.symbol}
        found = await self._node("get_currency_balance", asked, journal)
        return answers.present_balance(found, self._token)

    async def _account(self, name: str, journal: list[str]) -> Account | None:
        """Return an account at the node's head, or None where there is none."""
        path, asked = "/v1/chain/get_account", {"account_name": name}
        answer = await self.provider.ask(path, body=asked, journal=journal, statuses=_ERRORS)
        if answer.status == _OK:
            return answers.account(answer.value, name)
        if answers.is_absent(answer.value, name):
            return None
        raise _refused(answer.status, answer.value)

    async def _is_changed(self, name: str, block: BlockAnswer, journal: list[str]) -> bool:
        """Return whether a permission that moves funds was changed after `block`."""
        path = (
            f"/v2/history/get_actions?account={name}&filter=eosio:updateauth,eosio:deleteauth"
            f"&after={answers.written(block.time)}&sort=desc&limit={PAGE}"
        )
        found = await self.provider.json(path, journal=journal)
        return answers.changed_permissions(found, control.THAT_MOVE_FUNDS, block.number)

    async def _node(self, method: str, asked: object, journal: list[str]) -> object:
        answer = await self.provider.ask(
            f"/v1/chain/{method}", body=asked, journal=journal, statuses=_ERRORS
        )
        if answer.status != _OK:
            raise _refused(answer.status, answer.value)
        return answer.value


def _refused(status: int, value: object) -> ProviderError:
    said = answers.said_error(value)
    if said:
        return Incapable(f"the node says: {said}")
    return TransportFailure(f"HTTP status {status}")


def _note(account: Account) -> str:
    if not account.apart:
        return ""
    return (
        f"Apart from the amount, as of block {account.head} and not of the snapshot: "
        f"{account.apart}."
    )
