"""One REST server of a Cosmos SDK ledger: the bank's balances at a height, without proofs.

What must hold of its answers:

1. The server is of the network: its chain id is that of networks.toml, and it has the snapshot
   block.
2. Every balance is asked with the header ``x-cosmos-block-height``, and the answer's header names
   the same height. A server that ignores the header names another one (`CaughtStale`), or a proxy
   in between takes it off, and there is no number.
3. A balance is of the denomination that was asked for; the bank says 0 where there is none. A
   server that does not know that method is asked for all balances, page by page; what is on none of
   them is 0.

Delegations are with the staking module, not in the amounts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from chains.adapter import Assurance
from chains.answers import count
from chains.cosmos.answers import refusal, rest_balance, rest_balances, rest_block
from chains.cosmos.comet import require_chain, require_denom
from chains.encodings import bech32_text
from chains.errors import (
    Incapable,
    MalformedAnswer,
    ProviderError,
    TooLarge,
    UnresolvedReason,
    WrongState,
)
from chains.harvesting import one_by_one
from chains.source import Block, CaughtStale, require_height

if TYPE_CHECKING:
    from chains.adapter import HoldingForm, SnapshotPoint
    from chains.cosmos.answers import Header
    from chains.harvesting import Told
    from chains.source import Asked, Harvest
    from chains.transport.rest import RestEndpoint

ASKED = "x-cosmos-block-height"
ANSWERED = f"grpc-metadata-{ASKED}"
PAGE = 1_000
MOST_PAGES = 20
"""Denominations on a page, and pages, of an account's balances."""
_NO_SUCH_PATH = frozenset({404, 501})
_OK = 200
_UNIMPLEMENTED = 12
"""The code of gRPC for a method that is not there."""
_SAID = (400, 404, 500, 501, 503)
"""Statuses with which the gateway passes on the ledger's own errors."""


class BankSource:
    """A `chains.source.TokenSource`: tokens are denominations (``ibc/...``, ``factory/...``)."""

    assurance = Assurance.NODE

    def __init__(self, server: RestEndpoint, chain: str, denom: str, prefix: str) -> None:
        """Ask `server`, of `chain`; addresses have `prefix`, the native coin is `denom`."""
        self.provider = server
        self._chain = chain
        self._denom = denom
        self._prefix = prefix
        self._knows_denoms = True
        self._blocks: set[str] = set()
        """Hashes of blocks that the server has, and that are of the network."""

    async def open(self) -> None:
        """Make the HTTP session."""
        await self.provider.open()

    async def close(self) -> None:
        """Close the HTTP session."""
        await self.provider.close()

    async def block_at(self, height: int, journal: list[str]) -> Block:
        """Return the block at `height`. Raises ProviderError."""
        tip = await self._block("latest", journal)
        require_height(height, tip.height)
        found = await self._block(str(height), journal)
        if found.height != height:
            raise CaughtStale(f"the server was asked for block {height}, it gives {found.height}")
        self._blocks.add(found.hash)
        return Block(found.hash, found.time, tip.height)

    async def _block(self, which: str, journal: list[str]) -> Header:
        path = f"/cosmos/base/tendermint/v1beta1/blocks/{which}"
        value, _ = await self._ask(path, {}, journal)
        found = rest_block(value)
        require_chain(self._chain, found.chain)
        return found

    async def check_form(
        self,
        form: HoldingForm,
        point: SnapshotPoint,  # noqa: ARG002 (contract)
        journal: list[str],  # noqa: ARG002
    ) -> None:
        """Accept any denomination."""
        require_denom(form)

    async def read(self, asked: Asked, journal: list[str]) -> Harvest:
        """Return the balances, one request for each account."""
        denom, height = asked.form.contract or self._denom, asked.point.height
        if asked.point.block_hash not in self._blocks:
            found = await self.block_at(height, journal)
            if found.hash != asked.point.block_hash:
                raise WrongState("the server has another block at the snapshot")

        async def balance(account: bytes) -> Told:
            path = f"/cosmos/bank/v1beta1/balances/{bech32_text(account, self._prefix)}"
            if self._knows_denoms:
                query = f"/by_denom?denom={quote(denom, safe='')}"
                try:
                    value = await self._at(path + query, height, journal)
                except Incapable as error:
                    if error.reason is not UnresolvedReason.NO_METHOD:
                        raise
                    self._knows_denoms = False
                else:
                    return rest_balance(value, denom), ""
            return await self._among_all(path, denom, height, journal), ""

        return await one_by_one(asked.accounts, balance)

    async def _among_all(self, path: str, denom: str, height: int, journal: list[str]) -> int:
        """Return one of all balances of an account."""
        found: dict[str, int] = {}
        keys = {""}
        key = ""
        for _ in range(MOST_PAGES):
            query = f"?pagination.limit={PAGE}"
            query += f"&pagination.key={quote(key, safe='')}" if key else ""
            coins, key = rest_balances(await self._at(path + query, height, journal))
            if not found.keys().isdisjoint(coins):
                raise MalformedAnswer("the pages of balances repeat themselves")
            found |= coins
            if not key:
                return found.get(denom, 0)
            if key in keys:
                raise MalformedAnswer("the pages of balances go round in a circle")
            keys.add(key)
        raise TooLarge(f"the account holds more than {MOST_PAGES * PAGE} denominations")

    async def _at(self, path: str, height: int, journal: list[str]) -> object:
        """Return an answer that is of `height`."""
        value, said = await self._ask(path, {ASKED: str(height)}, journal)
        if not said:
            raise ProviderError(
                "the server does not say of which height its answer is",
                reason=UnresolvedReason.MISSING_ANSWER,
            )
        if count(said) != height:
            raise CaughtStale(f"the server was asked at height {height}, it answers at {said}")
        return value

    async def _ask(
        self, path: str, headers: dict[str, str], journal: list[str]
    ) -> tuple[object, str]:
        """Return an answer, and the height it says it is of."""
        answer = await self.provider.ask(path, journal=journal, statuses=_SAID, headers=headers)
        if answer.status != _OK:
            members = answer.value if isinstance(answer.value, dict) else {}
            said = f"{members.get('message')} (HTTP status {answer.status})"
            if answer.status in _NO_SUCH_PATH and members.get("code") in {None, _UNIMPLEMENTED}:
                raise Incapable(f"the server says: {said}", reason=UnresolvedReason.NO_METHOD)
            raise refusal(said)
        return answer.value, answer.headers.get(ANSWERED, answer.headers.get(ASKED, ""))
