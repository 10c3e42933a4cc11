"""A simulated EVM node: JSON-RPC over loopback HTTP, with faults that can be switched on.

It knows what the packed programs do and answers as an EVM would; that the programs really do that
is shown on a real node in tests/nodes.
"""

from __future__ import annotations

import asyncio
import gzip
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

import msgspec
from aiohttp import web

from chains.evm import programs
from tests.fakes.evm_ledger import (
    BEACON_ROOTS_CONTRACT,
    HISTORY_CONTRACT,
    FakeLedger,
    Quirk,
    word,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_ARBSYS = bytes(19) + b"\x64"
PROGRAMS = [
    f"{kind}{ledger}{form}"
    for kind in ("NATIVE", "TOKEN")
    for ledger in ("", "_ARBSYS")
    for form in ("", "_DEPLOYLESS")
]
DEPLOYLESS = [name for name in PROGRAMS if name.endswith("DEPLOYLESS")]
_BATCH_LIMIT_REPLY = {"code": -32600, "message": "batch too large"}


@dataclass
class Faults:
    """What is wrong with the node. Everything may be changed while it runs."""

    # --- of the state -------------------------------------------------------------
    chain_id: int | None = None
    answers_at_latest: bool = False
    """Block arguments are ignored, without an error."""
    state_offset: int = 0
    """Right header, state of another block: negative is stale, positive too new."""
    executed_offset: int = 0
    """The same of calls alone."""
    pruned: bool = False
    kept_states: int = 64
    """How many blocks behind the tip a pruned node still has the states of."""
    blockhash_opcode_lies: bool = False
    arbsys: bool = False
    l1_number: int | None = None
    """NUMBER and BLOCKHASH speak of another ledger, which is at this height."""
    wei_offset: int = 0
    """Lies by so much about every native balance."""
    # --- of what it can do --------------------------------------------------------
    overrides: str = "accepted"
    """accepted, refused (an error), ignored (the call goes to an empty account)."""
    deployless: str | None = None
    """The same for calls without `to`; None: like `overrides`."""
    storage_values: bool = False
    """Whether eth_getStorageValues is offered."""
    multicall: bytes | None = None
    """Where Multicall3 is deployed."""
    batches: str = "accepted"
    """accepted, refused (an error object), html (a page of the gateway)."""
    hash_reference: bool = True
    most_packed: int | None = None
    """More addresses in a packed call run out of gas."""
    finalized: int | None = 64
    """How far the `finalized` block is behind the tip; None: the tag is unknown."""
    size_error: tuple[int, str] = (-32000, "out of gas")
    gas_cap: int | None = None
    """Calls that name no gas, or more than this, are refused (EIP-7825)."""
    most_batch: int | None = None
    # --- of single answers --------------------------------------------------------
    null_methods: set[str] = field(default_factory=set)
    method_errors: dict[str, tuple[int, str]] = field(default_factory=dict)
    results: dict[str, object] = field(default_factory=dict)
    """Method -> a result, whatever is asked."""
    # --- of the JSON-RPC answer ---------------------------------------------------
    rewrite: Callable[[Any], Any] | None = None
    """Changes the decoded answer before it is sent: drop, repeat, shuffle, retype members."""
    # --- of HTTP ------------------------------------------------------------------
    for_requests: int | None = None
    """The faults of HTTP apply to so many requests and then stop; None: to all."""
    status: int | None = None
    retry_after: str | None = None
    body: bytes | None = None
    truncated: bool = False
    reset: bool = False
    delay_s: float = 0.0
    trickle: bool = False
    gzip_bomb: int | None = None
    """Answers with so many bytes of zeros, compressed."""
    padding: int = 0
    """Blanks before the answer: a body that is too large."""
    gzipped: bool = False


class RpcRefusalError(Exception):
    """Becomes the error member of an answer."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


class FakeNode:
    """`async with FakeNode(ledger) as node`; `node.url` is its endpoint, `node.seen` its log."""

    def __init__(self, ledger: FakeLedger, faults: Faults | None = None) -> None:
        self.ledger = ledger
        self.faults = faults or Faults()
        self.url = ""
        self.http_requests = 0
        self.seen: Counter[str] = Counter()
        self.largest_batch = 0
        self.packed_sizes: list[int] = []
        self._runner: web.AppRunner | None = None

    async def __aenter__(self) -> Self:
        application = web.Application(client_max_size=100 * 1024 * 1024)
        application.router.add_post("/{key:.*}", self._serve)
        self._runner = web.AppRunner(application, shutdown_timeout=0.1, access_log=None)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        self.url = f"http://{host}:{port}"
        return self

    async def __aexit__(self, *exception: object) -> None:
        assert self._runner is not None
        await self._runner.cleanup()

    # --- HTTP ---------------------------------------------------------------------

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        self.http_requests += 1
        faults = self.faults
        body = msgspec.json.decode(await request.read())
        answer = self._answer(body)
        if faults.rewrite is not None:
            answer = faults.rewrite(answer)
        encoded = msgspec.json.encode(answer)
        if isinstance(body, list) and faults.batches == "html":
            return web.Response(body=b"<html>Bad Gateway</html>", content_type="text/html")
        if faults.for_requests is not None:
            if faults.for_requests == 0:
                return web.Response(body=encoded, content_type="application/json")
            faults.for_requests -= 1
        return await self._faulty(request, encoded)

    async def _faulty(self, request: web.Request, encoded: bytes) -> web.StreamResponse:
        faults = self.faults
        if faults.reset:
            assert request.transport is not None
            request.transport.abort()
            return web.Response()
        if faults.delay_s:
            await asyncio.sleep(faults.delay_s)
        if faults.status is not None:
            headers = {} if faults.retry_after is None else {"Retry-After": faults.retry_after}
            return web.Response(status=faults.status, headers=headers, body=faults.body or b"no")
        if faults.gzip_bomb is not None:
            bomb = gzip.compress(bytes(faults.gzip_bomb))
            return web.Response(body=bomb, headers={"Content-Encoding": "gzip"})
        if faults.gzipped:
            return web.Response(body=gzip.compress(encoded), headers={"Content-Encoding": "gzip"})
        encoded = b" " * faults.padding + (encoded if faults.body is None else faults.body)
        if faults.truncated or faults.trickle:
            return await self._dribble(request, encoded)
        return web.Response(body=encoded, content_type="application/json")

    async def _dribble(self, request: web.Request, encoded: bytes) -> web.StreamResponse:
        """Send half of what was announced and hang up, or a byte at a time."""
        response = web.StreamResponse(headers={"Content-Length": str(len(encoded))})
        await response.prepare(request)
        if self.faults.truncated:
            await response.write(encoded[: len(encoded) // 2])
            assert request.transport is not None
            request.transport.close()
            return response
        for octet in encoded:
            await response.write(bytes((octet,)))
            await asyncio.sleep(0.05)
        return response

    # --- JSON-RPC -----------------------------------------------------------------

    def _answer(self, body: Any) -> object:  # noqa: ANN401 (JSON)
        if isinstance(body, list):
            self.largest_batch = max(self.largest_batch, len(body))
            if self.faults.batches == "refused":
                return _error(None, -32600, "batch requests are not supported")
            if self.faults.most_batch is not None and len(body) > self.faults.most_batch:
                return {"jsonrpc": "2.0", "id": None, "error": _BATCH_LIMIT_REPLY}
            return [self._member(member) for member in body]
        return self._member(body)

    def _member(self, body: dict[str, Any]) -> object:
        method, params, id_ = body["method"], body["params"], body["id"]
        self.seen[method] += 1
        try:
            result = (
                self._canned(method) if self._is_canned(method) else self._result(method, params)
            )
        except RpcRefusalError as refusal:
            return _error(id_, refusal.code, str(refusal))
        return {"jsonrpc": "2.0", "id": id_, "result": result}

    def _is_canned(self, method: str) -> bool:
        faults = self.faults
        return method in {*faults.method_errors, *faults.null_methods, *faults.results}

    def _canned(self, method: str) -> object:
        if method in self.faults.method_errors:
            raise RpcRefusalError(*self.faults.method_errors[method])
        return self.faults.results.get(method)

    def _result(self, method: str, params: list[Any]) -> object:  # noqa: C901, PLR0911 (a table)
        match method:
            case "eth_chainId":
                return hex(self._chain_id)
            case "eth_getBlockByNumber":
                return self._block(self._named_height(params[0]), full=params[1])
            case "eth_getBlockByHash":
                return self._block(self.ledger.height_of(_octets(params[0])), full=params[1])
            case "eth_getTransactionCount":
                return hex(self.ledger.nonce(_octets(params[0]), self._view(params[1])[1]))
            case "eth_getStorageValues" if self.faults.storage_values:
                return self._storage_values(params[0], params[1])
            case "eth_getBalance":
                _, state = self._view(params[1])
                wei = self.ledger.wei(_octets(params[0]), state)
                return hex(wei + self.faults.wei_offset)
            case "eth_getCode":
                return self._code(_octets(params[0]), params[1])
            case "eth_getStorageAt":
                return _hex(self._storage(_octets(params[0]), int(params[1], 16), params[2]))
            case "eth_getProof":
                _, state = self._view(params[2])
                if self.ledger.has_header_at is None:
                    return {"address": params[0], "accountProof": []}
                nodes = self.ledger.trie(state).proof(_octets(params[0]))
                return {"accountProof": [_hex(raw) for raw in nodes], "storageProof": []}
            case "eth_call":
                return _hex(self._call(params))
            case _:
                raise RpcRefusalError(-32601, f"the method {method} does not exist")

    def _storage(self, contract: bytes, slot: int, reference: object) -> bytes:
        _, state = self._view(reference)
        if contract == HISTORY_CONTRACT:
            return self.ledger.ring(slot, state)
        if contract == BEACON_ROOTS_CONTRACT:
            return word(self.ledger.beacon_time(slot, state))
        return bytes(32)

    @property
    def _chain_id(self) -> int:
        return self.ledger.chain_id if self.faults.chain_id is None else self.faults.chain_id

    def _named_height(self, text: str) -> int | None:
        match text:
            case "latest":
                return self.ledger.tip
            case "finalized":
                if self.faults.finalized is None:
                    raise RpcRefusalError(-32000, "unknown block tag")
                return self.ledger.tip - self.faults.finalized
            case _:
                return int(text, 16)

    def _storage_values(self, asked: dict[str, list[str]], reference: object) -> object:
        _, state = self._view(reference)
        found: dict[str, list[str]] = {}
        if sum(len(slots) for slots in asked.values()) > 1024:
            raise RpcRefusalError(-32602, "too many slots")
        for contract, slots in asked.items():
            token = self.ledger.tokens.get(_octets(contract))
            words = {} if token is None else token.words(state)
            found[contract] = [_hex(words.get(int(slot, 16), bytes(32))) for slot in slots]
        return found

    def _block(self, height: int | None, *, full: bool = False) -> object:
        if height is None or height > self.ledger.tip:
            return None
        fields = self.ledger.header(height) if height == self.ledger.has_header_at else {}
        if self.ledger.has_beacon_roots:
            fields["parentBeaconBlockRoot"] = self.ledger.hash_of(height + 1)
        return {
            **{k: hex(v) if isinstance(v, int) else _hex(v) for k, v in fields.items()},
            "number": hex(height),
            "hash": _hex(self.ledger.hash_of(height)),
            "parentHash": _hex(self.ledger.hash_of(height - 1)),
            "timestamp": hex(self.ledger.time_of(height)),
            "miner": _hex(bytes(20)),
            "transactions": [
                {"type": "0x2", "from": _hex(sender), "nonce": hex(nonce)}
                for at, sender, nonce in self.ledger.sent
                if full and at == height
            ],
        }

    def _view(self, reference: object) -> tuple[int, int]:
        """The block that is executed in, and the block whose state is read."""
        if self.faults.answers_at_latest:
            return self.ledger.tip, self.ledger.tip
        if isinstance(reference, dict):
            if not self.faults.hash_reference:
                raise RpcRefusalError(-32602, "invalid argument 1: cannot unmarshal object")
            height = self.ledger.height_of(_octets(reference["blockHash"]))
            if height is None:
                raise RpcRefusalError(-32000, "header for hash not found")
        else:
            assert isinstance(reference, str)
            height = self._named_height(reference)
            assert height is not None
        if height > self.ledger.tip:
            raise RpcRefusalError(-32000, "header not found")
        if self.faults.pruned and height < self.ledger.tip - self.faults.kept_states:
            raise RpcRefusalError(-32000, "missing trie node 4f2a (path ) state is not available")
        return height, height + self.faults.state_offset

    def _code(self, account: bytes, reference: object) -> str:
        _, state = self._view(reference)
        token = self.ledger.tokens.get(account)
        return "0x6001" if token is not None and token.created_at <= state else "0x"

    # --- execution ----------------------------------------------------------------

    def _call(self, params: list[Any]) -> bytes:  # noqa: C901, PLR0911 (a table)
        call, reference = params[0], params[1]
        number, state = self._view(reference)
        state += self.faults.executed_offset
        gas = int(call["gas"], 16) if "gas" in call else 50_000_000
        if self.faults.gas_cap is not None and gas > self.faults.gas_cap:
            raise RpcRefusalError(-32000, f"transaction gas limit too high (cap: {gas})")
        data = _octets(call["data"])
        if "to" not in call:
            return self._create(data, number, state)
        target = call["to"]
        if len(params) > 2 and self.faults.overrides != "ignored":
            if self.faults.overrides == "refused":
                raise RpcRefusalError(-32602, "too many arguments, want at most 2")
            return self._run(_octets(params[2][target]["code"]), data, number, state)
        if _octets(target) == _ARBSYS and self.faults.arbsys:
            return word(number)
        if self.faults.multicall == _octets(target):
            self._charge((int.from_bytes(data[36:68], "big")) - 7)
            return _aggregated(self._inner(call, number, state) for call in _calls(data))
        token = self.ledger.tokens.get(_octets(target))
        if token is None or token.created_at > state:
            return b""
        match data[:4].hex():
            case "313ce567":
                return token.decimals
            case "95d89b41":
                return token.symbol
            case "70a08231":
                return self._balance_of(_octets(target), data[16:36], state)
            case _:
                raise RpcRefusalError(3, "execution reverted")

    def _balance_of(self, contract: bytes, holder: bytes, state: int) -> bytes:
        token = self.ledger.tokens[contract]
        match token.quirks.get(holder):
            case Quirk.REVERT:
                raise RpcRefusalError(3, "execution reverted: no")
            case Quirk.BURN_GAS:
                raise RpcRefusalError(-32000, "out of gas")
            case Quirk.SHORT:
                return bytes(31)
            case Quirk.LONG:
                return bytes(64)
            case Quirk.LARGEST:
                return b"\xff" * 32
            case None:
                held = token.holders.get(holder)
                return word(0 if held is None else held.at(state))

    def _create(self, data: bytes, number: int, state: int) -> bytes:
        """What init code returns."""
        how = self.faults.deployless or self.faults.overrides
        if how == "refused":
            raise RpcRefusalError(-32000, "contract creation is not supported")
        if how == "ignored":
            return b""
        for name in DEPLOYLESS:
            code = getattr(programs, name).code
            if data.startswith(code):
                if len(data) > 49_152:
                    raise RpcRefusalError(-32000, "max initcode size exceeded")
                output = self._run(code, data[len(code) :], number, state)
                if len(output) > 24_576:
                    raise RpcRefusalError(-32000, "max code size exceeded")
                return output
        raise RpcRefusalError(-32000, "invalid opcode: opcode 0xfe not defined")

    def _inner(  # noqa: PLR0911 (a table)
        self, call: tuple[bytes, bytes], number: int, state: int
    ) -> bytes | None:
        """What one call of a bundle answers; None if it fails."""
        target, data = call
        header = self._header(number, state, with_arbsys=target == _ARBSYS)
        words = [header[at : at + 32] for at in range(0, len(header), 32)]
        match target, data[:4].hex():
            case _, "3408e470":
                return words[0]
            case _, "42cbb15c":
                return words[1]
            case _, "a3b1b31d":
                return words[1] if self.faults.arbsys else b""
            case _, "0f28c97d":
                return words[2]
            case _, "27e86d6e":
                return words[3]
            case _, "2b407a82":
                return words[3] if self.faults.arbsys else b""
            case _, "4d2301cc":
                return word(self.ledger.wei(data[16:36], state) + self.faults.wei_offset)
            case _ if target == HISTORY_CONTRACT:
                asked = int.from_bytes(data, "big")
                return self.ledger.history_call(asked, number, state)
            case _:
                return self._inner_balance(target, data[16:36], state)

    def _inner_balance(self, contract: bytes, holder: bytes, state: int) -> bytes | None:
        token = self.ledger.tokens.get(contract)
        if token is None or token.created_at > state:
            return b""
        if token.quirks.get(holder) is Quirk.BURN_GAS:
            raise RpcRefusalError(-32000, "out of gas")
        try:
            return self._balance_of(contract, holder, state)
        except RpcRefusalError:
            return None

    def _run(self, code: bytes, data: bytes, number: int, state: int) -> bytes:
        """What one of the packed programs returns."""
        name = next((name for name in PROGRAMS if getattr(programs, name).code == code), None)
        if name is None:
            raise RpcRefusalError(-32000, "invalid opcode: opcode 0xfe not defined")
        chosen: programs.Program = getattr(programs, name)
        canary, *addresses = [data[at : at + 20] for at in range(0, len(data), 20)]
        header = self._header(number, state, with_arbsys="ARBSYS" in name)
        header += word(self.ledger.wei(canary, state))
        header = header.ljust(chosen.first_field, b"\0")
        if name.startswith("NATIVE"):
            self._charge(len(addresses))
            wei = [self.ledger.wei(a, state) + self.faults.wei_offset for a in addresses]
            return header + b"".join(min(w, 2**128 - 1).to_bytes(16, "big") for w in wei)
        contract, *holders = addresses
        self._charge(len(holders))
        most = chosen.sentinel
        fields = [int.from_bytes(self._field(contract, h, state), "big") for h in holders]
        return header + b"".join(min(f, most).to_bytes(chosen.field, "big") for f in fields)

    def _charge(self, addresses: int) -> None:
        self.packed_sizes.append(addresses)
        if self.faults.most_packed is not None and addresses > self.faults.most_packed:
            raise RpcRefusalError(*self.faults.size_error)

    def _field(self, contract: bytes, holder: bytes, state: int) -> bytes:
        """One field of the token program."""
        token = self.ledger.tokens.get(contract)
        if token is None or token.created_at > state:
            return b"\xff" * 32
        if token.quirks.get(holder) is Quirk.BURN_GAS:
            # Like a node whose gas runs out although the program limits each holder.
            raise RpcRefusalError(-32000, "out of gas")
        try:
            output = self._balance_of(contract, holder, state)
        except RpcRefusalError:
            return b"\xff" * 32
        return output if len(output) == 32 else b"\xff" * 32

    def _header(self, number: int, state: int, *, with_arbsys: bool) -> bytes:
        ledger, faults = self.ledger, self.faults
        opcode_number = number if faults.l1_number is None else faults.l1_number
        before = ledger.hash_of(number - 1)
        if faults.blockhash_opcode_lies or faults.l1_number is not None:
            before = bytes(31) + b"\x07"
        shown = opcode_number
        if with_arbsys:
            shown = number if faults.arbsys else 0
            if faults.arbsys:
                before, opcode_number = ledger.hash_of(number - 1), number
        return (
            word(self._chain_id)
            + word(shown)
            + word(ledger.time_of(number))
            + before
            + ledger.history_call(opcode_number - 1, opcode_number, state)
            + ledger.history_call(opcode_number - 8191, opcode_number, state)
        )


def _calls(data: bytes) -> list[tuple[bytes, bytes]]:
    """The calls of a bundle, from the ABI form."""

    def number(at: int) -> int:
        return int.from_bytes(data[at : at + 32], "big")

    base = 4 + 32 + 32
    calls = []
    for place in range(number(36)):
        at = base + number(base + 32 * place)
        inner = at + number(at + 64)
        calls.append((data[at + 12 : at + 32], data[inner + 32 : inner + 32 + number(inner)]))
    return calls


def _aggregated(answers: Iterable[bytes | None]) -> bytes:
    """The ABI form of what Multicall3 returns."""
    places, bodies, given = [], [], list(answers)
    at = 32 * len(given)
    for answer in given:
        data = answer or b""
        padded = data.ljust(-(-len(data) // 32) * 32, b"\0")
        body = word(answer is not None) + word(64) + word(len(data)) + padded
        places.append(word(at))
        bodies.append(body)
        at += len(body)
    return b"".join((word(32), word(len(given)), *places, *bodies))


def _octets(text: str) -> bytes:
    return bytes.fromhex(text[2:])


def _hex(octets: bytes) -> str:
    return f"0x{octets.hex()}"


def _error(id_: object, code: int, message: str) -> dict[str, object]:
    return {"jsonrpc": "2.0", "id": id_, "error": {"code": code, "message": message}}
