"""Balances at a height from a node with an address index: `getaddressdeltas` (Dash, Zcash).

The node lists every change of an address up to a height, so many addresses take one request. What
must hold of every answer:

1. The node had the snapshot block, and the same best block, before and after.
2. Every change is of an address that was asked, and at a height inside the range.
3. The changes up to the snapshot and the later ones together are the balance that the node states
   for the addresses now. An index that knows nothing cannot pass for empty addresses.
4. No balance is negative.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chains.adapter import Assurance
from chains.errors import (
    ChainsError,
    Incapable,
    MalformedAnswer,
    ProviderError,
    Throttled,
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
from chains.transport.json_rpc import RpcError, RpcRequest
from chains.utxo.address_text import by_address
from chains.utxo.answers import block_hash, number, rows, table, text
from chains.utxo.header_chain import hex_bytes
from chains.utxo.headers import Form

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from chains.adapter import Parameter, SnapshotPoint
    from chains.transport.endpoint import Endpoint
    from chains.utxo.server_settings import ServerSettings

_NO_METHOD = -32601
_NOT_ENABLED = -1
_WARMING_UP = -28
_TIME = 68
"""Where a header states its time, in four bytes. One hash further down with Equihash."""


def classify(error: RpcError) -> ProviderError:
    """Return what a node's own error means."""
    said = f"the node says: {error.message} (code {error.code})"
    if error.code == _WARMING_UP:
        return Throttled(said)
    if error.code == _NO_METHOD or (
        error.code == _NOT_ENABLED and "enabled" in error.message.lower()
    ):
        return Incapable(said, reason=UnresolvedReason.NO_METHOD)
    return ProviderError(said, reason=UnresolvedReason.CALL_FAILED)


class AddressDeltasSource:
    """A `chains.source.Source`."""

    assurance = Assurance.REPLAYED

    def __init__(
        self,
        node: Endpoint,
        parameters: Mapping[str, Parameter],
        mark: Landmark,
        settings: ServerSettings,
        *,
        form: Form = Form.PLAIN,
    ) -> None:
        """Ask `node` for addresses with `parameters`."""
        self.provider = node
        self._parameters = parameters
        self._mark = mark
        self._settings = settings
        self._time_at = _TIME + (32 if form is Form.EQUIHASH else 0)

    async def open(self) -> None:
        """Make the HTTP session."""
        await self.provider.open()

    async def close(self) -> None:
        """Close the HTTP session."""
        await self.provider.close()

    async def block_at(self, height: int, journal: list[str]) -> Block:
        """Return the block at `height`. Raises ProviderError."""
        tip = number(await self.provider.one("getblockcount", journal=journal))
        require_height(height, tip)
        mark, found = await self._hashes((self._mark.height, height), journal)
        require_landmark(self._mark, mark)
        # As bytes: written out, a header holds its difficulty as a fraction.
        header = hex_bytes(
            await self.provider.one("getblockheader", (found, False), journal=journal)
        )
        moment = header[self._time_at : self._time_at + 4]
        return Block(found, int.from_bytes(moment, "little"), tip)

    async def read(self, asked: Asked, journal: list[str]) -> Harvest:
        """Return the balances of scripts, in coins of the network. Raises ProviderError."""
        _, point, scripts = asked
        harvest = Harvest()
        named, harvest.failed = by_address(scripts, self._parameters)
        names = list(named)
        for at in range(0, len(names), self._settings.batch):
            some = names[at : at + self._settings.batch]
            try:
                amounts = await self._reread(point, some, journal)
            except ProviderError as error:
                harvest.failed |= {named[name]: error for name in some}
            else:
                harvest.amounts |= {named[name]: amount for name, amount in amounts.items()}
        return harvest

    async def _reread(
        self, point: SnapshotPoint, names: Sequence[str], journal: list[str]
    ) -> dict[str, int]:
        for left in reversed(range(1 + self._settings.rereads)):
            try:
                return await self._balances(point, names, journal)
            except WrongState:
                if not left:
                    raise
        raise AssertionError("unreachable")

    async def _balances(
        self, point: SnapshotPoint, names: Sequence[str], journal: list[str]
    ) -> dict[str, int]:
        tip = number(await self.provider.one("getblockcount", journal=journal))
        before = await self._hashes((point.height, tip), journal)
        if before[0] != point.block_hash:
            raise WrongState("the node has another block than the snapshot block at its height")
        asked = {"addresses": list(names)}
        spans = [(1, point.height)]
        if tip > point.height:
            spans.append((point.height + 1, tip))
        answers = await self._call(
            [
                RpcRequest("getaddressbalance", (asked,)),
                *(
                    RpcRequest("getaddressdeltas", (asked | {"start": first, "end": last},))
                    for first, last in spans
                ),
            ],
            journal,
        )
        require_unmoved(before, await self._hashes((point.height, tip), journal))
        balance = number(table(answers[0]).get("balance"))
        changes = [
            _changes(answer, names, span) for answer, span in zip(answers[1:], spans, strict=True)
        ]
        if sum(sum(part.values()) for part in changes) != balance:
            raise WrongState(
                "the changes do not add up to the balance that the node states",
                reason=UnresolvedReason.MISSING_ANSWER,
            )
        amounts = changes[0]
        if any(amount < 0 for amount in amounts.values()):
            raise MalformedAnswer("a balance at the snapshot would be negative")
        return amounts

    async def _hashes(self, heights: Sequence[int], journal: list[str]) -> list[str]:
        answers = await self._call([RpcRequest("getblockhash", (at,)) for at in heights], journal)
        return [block_hash(answer) for answer in answers]

    async def _call(self, requests: Sequence[RpcRequest], journal: list[str]) -> list[object]:
        answers = await self.provider.call(requests, batch=True, journal=journal)
        for answer in answers:
            if isinstance(answer, ChainsError):
                raise answer
        return answers


def _changes(answer: object, names: Sequence[str], span: tuple[int, int]) -> dict[str, int]:
    """Return the sum of the changes of each of `names`; 0 where there is none."""
    sums = dict.fromkeys(names, 0)
    first, last = span
    for item in map(table, rows(answer)):
        name = text(item.get("address"))
        if name not in sums or not first <= number(item.get("height")) <= last:
            raise MalformedAnswer("a change is of another address or height than asked for")
        sums[name] += number(item.get("satoshis"))
    return sums
