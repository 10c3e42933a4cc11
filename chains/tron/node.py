"""One java-tron node: its HTTP API, and the JSON-RPC that it offers beside it, under one control.

Source: developers.tron.network, "HTTP API" and "JSON-RPC API". Paths under ``/walletsolidity``
answer from the last solidified block, which is final.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from chains.abi import decode_decimals, decode_symbol
from chains.answers import table
from chains.errors import (
    Incapable,
    ProviderError,
    Throttled,
    TooLarge,
    TransportFailure,
    UnresolvedReason,
)
from chains.transport import json_rpc
from chains.transport.endpoint import bad_status, refuse_status
from chains.transport.json_rpc import RpcError, RpcRequest
from chains.transport.rest import RestEndpoint
from chains.tron import answers
from chains.tron.addresses import encode

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chains.transport.provider import Surroundings
    from chains.transport.settings import TransportSettings
    from chains.tron.answers import Account, Header, Traced

NOBODY = bytes((0x41, *bytes(20)))
"""In whose name constant calls are made."""

_OK_STATUS = 200
_NO_METHOD = -32601
_LIMITED = -32005
_BUSY_WORDS = ("rate limit", "too many requests", "frequency")


def classify(error: RpcError) -> ProviderError:
    """Return what an error of the node's JSON-RPC means."""
    said = f"the node says: {error.message} (code {error.code})"
    lowered = error.message.lower()
    if any(word in lowered for word in _BUSY_WORDS):
        return Throttled(said)
    if error.code == _LIMITED or "exceed" in lowered or "more than" in lowered:
        return TooLarge(said)
    if error.code == _NO_METHOD:
        return Incapable(said, reason=UnresolvedReason.NO_METHOD)
    return ProviderError(said, reason=UnresolvedReason.CALL_FAILED)


class TronNode(RestEndpoint):
    """A node's base URL; ``/jsonrpc`` lies below it."""

    def __init__(
        self, url: str, label: str, settings: TransportSettings, surroundings: Surroundings
    ) -> None:
        """Prepare; nothing is opened or sent before `open`."""
        super().__init__(url, label, settings, surroundings)
        self._ids = itertools.count(1)

    async def block(self, height: int | None, journal: list[str]) -> Header:
        """Return a solidified block, the last one for None. Raises ProviderError, as all do."""
        query: dict[str, object] = {"detail": False}
        if height is not None:
            query["id_or_num"] = str(height)
        return answers.header(await self._wallet("walletsolidity/getblock", query, journal))

    async def traced(
        self, account: bytes, height: int, block_hash: str, journal: list[str]
    ) -> Traced:
        """Return a balance from the node's history; a node without it gives a 0."""
        query = {
            "account_identifier": {"address": encode(account)},
            "block_identifier": {"hash": block_hash, "number": height},
        }
        return answers.traced(await self._wallet("wallet/getaccountbalance", query, journal))

    async def touched(self, height: int, block_hash: str, journal: list[str]) -> dict[bytes, int]:
        """Return what a block added to balances, by account, from the node's history."""
        query = {"hash": block_hash, "number": height}
        answer = await self._wallet("wallet/getblockbalance", query, journal)
        return answers.touched(answer, height, block_hash)

    async def account(self, account: bytes, journal: list[str]) -> Account | None:
        """Return an account as of the last solidified block."""
        answer = await self._wallet(
            "walletsolidity/getaccount", {"address": encode(account)}, journal
        )
        return answers.account(answer, account)

    async def call(
        self, contract: bytes, selector: str, argument: bytes, journal: list[str]
    ) -> bytes:
        """Return what a constant call of a contract (21 bytes) returns."""
        query = {
            "owner_address": encode(NOBODY),
            "contract_address": encode(contract),
            "function_selector": selector,
            "parameter": argument.hex(),
        }
        path = "walletsolidity/triggerconstantcontract"
        return answers.returned(await self._wallet(path, query, journal))

    async def described(self, contract: bytes, journal: list[str]) -> tuple[int | None, str | None]:
        """Return decimals and symbol of a token; None for what it does not say."""
        decimals = await self.call(contract, "decimals()", b"", journal)
        symbol = await self.call(contract, "symbol()", b"", journal)
        return decode_decimals(decimals), decode_symbol(symbol)

    async def logs_of_block(self, height: int, journal: list[str]) -> dict[bytes, int]:
        """Return how many events each contract emitted in a block."""
        path = "walletsolidity/gettransactioninfobyblocknum"
        answer = await self.ask(f"/{path}", journal=journal, body={"num": height})
        return answers.logs_of_block(answer.value, height)

    async def logs(self, query: Mapping[str, object], journal: list[str]) -> object:
        """Return the answer to `eth_getLogs`. TooLarge when a range holds too many."""
        request = RpcRequest("eth_getLogs", (query,))

        async def exchange(timeout_s: float) -> object:
            id_ = next(self._ids)
            self.counters.http_requests += 1
            self.counters.rpc_requests += 1
            reply = await self._http.post(
                json_rpc.encode([request], [id_], batch=False), timeout_s=timeout_s, path="/jsonrpc"
            )
            refuse_status(reply)
            if reply.status != _OK_STATUS:
                raise bad_status(reply)
            found = json_rpc.decode(reply.body, [id_], batch=False)
            value = found if isinstance(found, RpcError) else found[0]
            if isinstance(value, RpcError):
                raise classify(value)
            return value

        return await self.persist(exchange, requests=1, journal=journal)

    async def _wallet(self, path: str, query: Mapping[str, object], journal: list[str]) -> object:
        body = dict(query) | {"visible": True}
        return (await self.ask(f"/{path}", journal=journal, body=body, check=_check)).value


def _check(value: object) -> None:
    """Raise for a refusal that another try may better."""
    said = table(value).get("Error")
    if isinstance(said, str):
        if any(word in said.lower() for word in _BUSY_WORDS):
            raise Throttled(f"the node says: {said}")
        if "not ready" in said.lower():
            raise TransportFailure(f"the node says: {said}")
