"""Balances at a height from one Esplora server: the balance now, minus what came later.

What must hold of every balance:

1. The totals of the script were the same before and after its transactions were read, and the
   server had the snapshot block before and after.
2. Transactions come newest first, each once, each with a height, and each touches the script.
3. A short history is read whole: then its transactions are as many as the totals say, and add up
   to the balance now.
4. The result is not negative.

Heights and amounts are the server's word: nothing here is proven. A transaction that the server
leaves out of a long history, or states at another height, does not show.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, NamedTuple

from chains.adapter import Assurance
from chains.errors import (
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
from chains.utxo.answers import block_hash, number, rows, table, text

if TYPE_CHECKING:
    from chains.adapter import SnapshotPoint
    from chains.transport.rest import RestEndpoint
    from chains.utxo.server_settings import ServerSettings


class _Totals(NamedTuple):
    transactions: int
    balance: int


class EsploraSource:
    """A `chains.source.Source`."""

    assurance = Assurance.REPLAYED

    def __init__(self, server: RestEndpoint, mark: Landmark, settings: ServerSettings) -> None:
        """Ask `server`, whose URL ends before ``/blocks``, ``/scripthash`` and so on."""
        self.provider = server
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
        tip = number((await self.provider.text("/blocks/tip/height", journal=journal)).strip())
        require_height(height, tip)
        if self._mark.hash:
            require_landmark(self._mark, await self._hash_at(self._mark.height, journal))
        found = await self._hash_at(height, journal)
        block = table(await self.provider.json(f"/block/{found}", journal=journal))
        if block.get("id") != found or block.get("height") != height:
            raise WrongState("the server describes another block than the one asked for")
        return Block(found, number(block.get("timestamp")), tip)

    async def read(self, asked: Asked, journal: list[str]) -> Harvest:
        """Return the balances of scripts, in coins of the network. Raises ProviderError."""
        _, point, scripts = asked
        harvest = Harvest()
        left = list(scripts)
        for _ in range(1 + self._settings.rereads):
            await self._require_block(point, journal)
            answers = await together(*(self._settle(point, one, journal) for one in left))
            await self._require_block(point, journal)
            again = []
            for script, answer in zip(left, answers, strict=True):
                if isinstance(answer, int):
                    harvest.amounts[script] = answer
                    harvest.failed.pop(script, None)
                else:
                    harvest.failed[script] = answer
                    if isinstance(answer, WrongState):
                        again.append(script)
            left = again
            if not left:
                break
        return harvest

    async def _require_block(self, point: SnapshotPoint, journal: list[str]) -> None:
        if await self._hash_at(point.height, journal) != point.block_hash:
            raise WrongState("the server has another block than the snapshot block at its height")

    async def _hash_at(self, height: int, journal: list[str]) -> str:
        return block_hash(await self.provider.text(f"/block-height/{height}", journal=journal))

    async def _settle(
        self, point: SnapshotPoint, script: bytes, journal: list[str]
    ) -> int | ProviderError:
        try:
            return await self._balance(point.height, script, journal)
        except ProviderError as error:
            return error

    async def _balance(self, height: int, script: bytes, journal: list[str]) -> int:
        path = f"/scripthash/{hashlib.sha256(script).hexdigest()}"
        before = await self._totals(path, journal)
        whole = before.transactions <= self._settings.whole_history
        seen: dict[str, int] = {}
        later = ever = 0
        last, at, ended = "", None, before.transactions == 0
        for _ in range(self._settings.most_pages):
            if ended:
                break
            page = rows(await self.provider.json(f"{path}/txs/chain{last}", journal=journal))
            for item in page:
                txid, now, change = _change(item, script)
                if txid in seen or (at is not None and now > at):
                    raise MalformedAnswer("transactions come twice or out of order")
                seen[txid], at = now, now
                ever += change
                later += change if now > height else 0
                last = f"/{txid}"
            ended = not page or (at is not None and at <= height and not whole)
            ended = ended or len(seen) >= before.transactions
        if not ended:
            raise TooLarge(f"more than {self._settings.most_pages} pages of transactions")
        require_unmoved(before, await self._totals(path, journal))
        if (at is None or at > height or whole) and before != (len(seen), ever):
            raise WrongState(
                "the transactions do not add up to the server's own totals: one is missing",
                reason=UnresolvedReason.MISSING_ANSWER,
            )
        if before.balance < later:
            raise WrongState("the balance at the snapshot would be negative")
        return before.balance - later

    async def _totals(self, path: str, journal: list[str]) -> _Totals:
        answer = table(await self.provider.json(path, journal=journal))
        stats = table(answer.get("chain_stats"))
        received, spent = number(stats.get("funded_txo_sum")), number(stats.get("spent_txo_sum"))
        return _Totals(number(stats.get("tx_count")), received - spent)


def _change(item: object, script: bytes) -> tuple[str, int, int]:
    """Return id, height and what the transaction adds to the script's balance."""
    transaction = table(item)
    status = table(transaction.get("status"))
    if status.get("confirmed") is not True:
        raise MalformedAnswer("a transaction among the confirmed ones is not")
    asked = script.hex()
    change, touches = 0, False
    for output in map(table, rows(transaction.get("vout"))):
        if output.get("scriptpubkey") == asked:
            touches = True
            change += number(output.get("value"))
    for spent in map(table, rows(transaction.get("vin"))):
        if spent.get("is_coinbase") is True:
            continue
        output = table(spent.get("prevout"))
        if output.get("scriptpubkey") == asked:
            touches = True
            change -= number(output.get("value"))
    if not touches:
        raise MalformedAnswer("a transaction of the history does not touch the address")
    return text(transaction.get("txid")), number(status.get("block_height")), change
