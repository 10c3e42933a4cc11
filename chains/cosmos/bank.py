"""One REST server of a Cosmos SDK ledger: the bank's balances at a height, without proofs.

What must hold of its answers:

1. The server is of the network: its chain id is that of networks.toml.
2. Every balance is asked with the header ``x-cosmos-block-height``, and the answer's header names
   the same height. A server that ignores the header names another one (`CaughtStale`), or a proxy
   in between takes it off, and there is no number.
3. A balance is of the denomination that was asked for; the bank says 0 where there is none.

Delegations are with the staking module, not in the amounts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from chains.adapter import Assurance
from chains.answers import count
from chains.cosmos.answers import refusal, rest_balance, rest_block
from chains.cosmos.comet import require_chain, require_denom
from chains.encodings import bech32_text
from chains.errors import ProviderError, UnresolvedReason
from chains.harvesting import one_by_one
from chains.source import Block, CaughtStale, require_height

if TYPE_CHECKING:
    from chains.adapter import HoldingForm, SnapshotPoint
    from chains.cosmos.answers import Header
    from chains.harvesting import Told
    from chains.source import Asked, Harvest
    from chains.transport.rest import RestEndpoint

ASKED = "x-cosmos-block-height"
ANSWERED = "grpc-metadata-x-cosmos-block-height"
_OK = 200
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
        query = f"by_denom?denom={quote(denom, safe='')}"

        async def balance(account: bytes) -> Told:
            address = bech32_text(account, self._prefix)
            path = f"/cosmos/bank/v1beta1/balances/{address}/{query}"
            value, said = await self._ask(path, {ASKED: str(height)}, journal)
            if not said:
                raise ProviderError(
                    "the server does not say of which height its answer is",
                    reason=UnresolvedReason.MISSING_ANSWER,
                )
            if count(said) != height:
                raise CaughtStale(f"the server was asked at height {height}, it answers at {said}")
            return rest_balance(value, denom), ""

        return await one_by_one(asked.accounts, balance)

    async def _ask(
        self, path: str, headers: dict[str, str], journal: list[str]
    ) -> tuple[object, str]:
        """Return an answer, and the height it says it is of."""
        answer = await self.provider.ask(path, journal=journal, statuses=_SAID, headers=headers)
        if answer.status != _OK:
            said = answer.value.get("message") if isinstance(answer.value, dict) else None
            raise refusal(f"{said} (HTTP status {answer.status})")
        return answer.value, answer.headers.get(ANSWERED, "")
