"""Balances at a height from one Blockbook server: the balance now, minus what came later.

Blockbook's ``from`` and ``to`` choose transactions only; ``balance`` is always that of the
server's best block. What must hold of every balance:

1. The best block, its hash and the hash of the snapshot block were the same before and after.
2. The server answers for the address that was asked; received minus sent is the balance.
3. Each transaction lies inside the range of heights and touches the address.
4. The result is not negative.

Heights and amounts are the server's word: nothing here is proven. A transaction that the server
leaves out does not show.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from chains.adapter import Assurance
from chains.errors import (
    AddressError,
    Incapable,
    MalformedAnswer,
    ProviderError,
    TooLarge,
    UnresolvedReason,
    WrongState,
)
from chains.source import (
    Asked,
    Block,
    Harvest,
    Landmark,
    require_height,
    require_landmark,
    require_unmoved,
)
from chains.transport.together import together
from chains.utxo.address_text import address_text
from chains.utxo.addresses import canonical
from chains.utxo.answers import block_hash, number, rows, table, text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from chains.adapter import Parameter, SnapshotPoint
    from chains.transport.rest import RestEndpoint
    from chains.utxo.server_settings import ServerSettings

_TOGETHER = 20
"""Addresses between two looks at the best block: few enough that seldom a block comes between."""
_PAGE = 1000
"""The largest page that Blockbook gives."""


class _State(NamedTuple):
    tip: int
    tip_hash: str
    snapshot_hash: str


class BlockbookSource:
    """A `chains.source.Source`."""

    assurance = Assurance.REPLAYED

    def __init__(
        self,
        server: RestEndpoint,
        parameters: Mapping[str, Parameter],
        mark: Landmark,
        settings: ServerSettings,
    ) -> None:
        """Ask `server`, whose URL ends before ``/api/v2``, for addresses with `parameters`."""
        self.provider = server
        self._parameters = parameters
        self._mark = mark
        self._settings = settings

    async def open(self) -> None:
        """Make the HTTP session."""
        await self.provider.open()

    async def close(self) -> None:
        """Close the HTTP session."""
        await self.provider.close()

    async def block_at(self, height: int, journal: list[str]) -> Block:
        """Return the block at `height`. Raises ProviderError."""
        tip = await self._tip(journal)
        require_height(height, tip)
        if self._mark.hash:
            require_landmark(self._mark, await self._hash_at(self._mark.height, journal))
        found = await self._hash_at(height, journal)
        block = table(await self.provider.json(f"/api/v2/block/{found}", journal=journal))
        if block.get("hash") != found or block.get("height") != height:
            raise WrongState("the server describes another block than the one asked for")
        return Block(found, number(block.get("time")), tip)

    async def read(self, asked: Asked, journal: list[str]) -> Harvest:
        """Return the balances of scripts, in coins of the network. Raises ProviderError."""
        _, point, scripts = asked
        harvest = Harvest()
        for at in range(0, len(scripts), _TOGETHER):
            await self._read_some(point, scripts[at : at + _TOGETHER], harvest, journal)
        return harvest

    async def _read_some(
        self,
        point: SnapshotPoint,
        scripts: Sequence[bytes],
        harvest: Harvest,
        journal: list[str],
    ) -> None:
        """Read between two looks at the best block; again when it changed."""
        for left in reversed(range(1 + self._settings.rereads)):
            before = await self._state(point, journal)
            if before.snapshot_hash != point.block_hash:
                raise WrongState("the server has another block than the snapshot block")
            answers = await together(
                *(self._settle(point.height, before.tip, one, journal) for one in scripts)
            )
            try:
                require_unmoved(before, await self._state(point, journal))
            except WrongState as error:
                if left:
                    continue
                harvest.failed |= dict.fromkeys(scripts, error)
                return
            for script, answer in zip(scripts, answers, strict=True):
                if isinstance(answer, int):
                    harvest.amounts[script] = answer
                else:
                    harvest.failed[script] = answer
            return

    async def _state(self, point: SnapshotPoint, journal: list[str]) -> _State:
        tip = await self._tip(journal)
        return _State(
            tip,
            await self._hash_at(tip, journal),
            await self._hash_at(point.height, journal),
        )

    async def _tip(self, journal: list[str]) -> int:
        status = table(await self.provider.json("/api/v2", journal=journal))
        blockbook = table(status.get("blockbook"))
        if blockbook.get("inSync") is not True:
            raise Incapable("the server is still catching up", reason=UnresolvedReason.NO_STATE)
        return number(blockbook.get("bestHeight"))

    async def _hash_at(self, height: int, journal: list[str]) -> str:
        answer = await self.provider.json(f"/api/v2/block-index/{height}", journal=journal)
        return block_hash(table(answer).get("blockHash"))

    async def _settle(
        self, height: int, tip: int, script: bytes, journal: list[str]
    ) -> int | ProviderError:
        try:
            name = address_text(script, self._parameters)
        except AddressError as error:
            return ProviderError(str(error), reason=UnresolvedReason.NO_METHOD)
        try:
            return await self._balance(height, tip, name, script, journal)
        except ProviderError as error:
            return error

    async def _balance(
        self, height: int, tip: int, name: str, script: bytes, journal: list[str]
    ) -> int:
        mine = _matcher(self._parameters, script)
        seen: set[str] = set()
        later, balance, last = 0, 0, tip
        for _ in range(self._settings.most_pages):
            answer = table(
                await self.provider.json(
                    f"/api/v2/address/{name}?details=txs&from={height + 1}&to={last}"
                    f"&pageSize={_PAGE}&page=1",
                    journal=journal,
                )
            )
            balance = _balance_now(answer, mine)
            # H = tip: nothing can have come later, and the range would be an empty one.
            items = rows(answer.get("transactions") or []) if height < tip else []
            changes = [_change(item, mine) for item in items]
            if not all(height < at <= last for _, at, _ in changes):
                raise MalformedAnswer("a transaction is out of the range that was asked for")
            for txid, _, change in changes:
                later += change if txid not in seen else 0
                seen.add(txid)
            if len(items) < number(answer.get("itemsOnPage", _PAGE)):
                break
            # With a range, Blockbook does not count its pages, and gives the last one again when
            # asked for one too many. So the range is narrowed; what comes again is known.
            lowest = min(at for _, at, _ in changes)
            if lowest == last:
                raise TooLarge(f"more than {len(items)} transactions in block {last}")
            last = lowest
        else:
            raise TooLarge(f"more than {self._settings.most_pages} pages of transactions")
        if balance < later:
            raise WrongState("the balance at the snapshot would be negative")
        return balance - later


def _balance_now(answer: Mapping[str, object], mine: Callable[[object], bool]) -> int:
    """Return the balance at the best block; rule 2."""
    if not mine(answer.get("address")):
        raise MalformedAnswer("the server answers for another address")
    balance = number(answer.get("balance"))
    if number(answer.get("totalReceived")) - number(answer.get("totalSent")) != balance:
        raise MalformedAnswer("received minus sent is not the balance")
    return balance


def _matcher(parameters: Mapping[str, Parameter], script: bytes) -> Callable[[object], bool]:
    """Return what tells whether an address as the server writes it stands for `script`."""

    @lru_cache(maxsize=4096)
    def stands(name: str) -> bool:
        try:
            return canonical(name, parameters) == script
        except AddressError:
            return False  # a script that is no address, as OP_RETURN, or a form without a rule

    return lambda value: isinstance(value, str) and stands(value)


def _change(item: object, mine: Callable[[object], bool]) -> tuple[str, int, int]:
    """Return id, height and what the transaction adds to the address's balance."""
    transaction = table(item)
    change, touches = 0, False
    for side, sign in (("vout", 1), ("vin", -1)):
        for part in map(table, rows(transaction.get(side))):
            if part.get("isAddress") is False:
                continue  # a bare key, say, beside which stands the address of its hash
            names = part.get("addresses")
            if isinstance(names, list) and len(names) == 1 and mine(names[0]):
                touches = True
                change += sign * number(part.get("value"))
    if not touches:
        raise MalformedAnswer("a transaction of the history does not touch the address")
    return text(transaction.get("txid")), number(transaction.get("blockHeight")), change
