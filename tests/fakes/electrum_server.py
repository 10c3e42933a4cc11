"""An Electrum server on loopback over a `Ledger`, honest unless told otherwise."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

    from tests.fakes.utxo_ledger import Ledger

_HELD_BACK_BYTES = 1024


class Refusal(Exception):  # noqa: N818 (what an Electrum server answers instead)
    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def scripthash(script: bytes) -> str:
    return hashlib.sha256(script).digest()[::-1].hex()


@dataclass
class ElectrumFake:
    """`async with ElectrumFake(ledger, scripts) as server`; faults are set on it, at any time."""

    ledger: Ledger
    scripts: list[bytes]

    hold_back_s: float = 0.0
    """Replies wait until 1,024 bytes are together, or for so long, and are padded with blanks."""
    left_out: set[str] = field(default_factory=set)
    """Transactions that histories and unspent outputs do not mention."""
    left_out_of_history: set[str] = field(default_factory=set)
    heights: dict[str, int] = field(default_factory=dict)
    """Transactions whose height it lies about, consistently."""
    values: dict[str, int] = field(default_factory=dict)
    """Transactions about the value of whose outputs it lies."""
    refuse: dict[str, tuple[int, str]] = field(default_factory=dict)
    """Method, or scripthash, -> the error it gets."""
    raws: dict[str, str] = field(default_factory=dict)
    """Transactions in whose place it gives something else."""
    takes_batches: bool = True
    drops: int = 0
    """How many connections it cuts when asked for a history."""
    silent: bool = False
    """It takes requests for histories and never answers."""
    noise: bytes = b""
    """Sent before the first answer of each connection."""
    on_call: Callable[[str, int], None] | None = None
    """Told the method and how many calls there were before."""

    calls: list[str] = field(default_factory=list)
    lines: int = 0
    port: int = 0
    tls: ssl.SSLContext | None = None
    _server: asyncio.Server | None = None
    _open: dict[asyncio.Task[None], asyncio.StreamWriter] = field(default_factory=dict)
    """The connections, with who serves them."""

    @property
    def connections(self) -> int:
        """How many are open."""
        return len(self._open)

    @property
    def url(self) -> str:
        return f"{'ssl' if self.tls else 'tcp'}://127.0.0.1:{self.port}"

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(
            self._serve, "127.0.0.1", 0, ssl=self.tls, limit=1 << 24
        )
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *exception: object) -> None:
        assert self._server is not None
        self._server.close()
        for writer in self._open.values():
            writer.transport.abort()
        # A transport that is only told to close, and not waited for, leaks when the loop ends.
        await asyncio.gather(*self._open, return_exceptions=True)
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        serving = asyncio.current_task()
        assert serving is not None
        self._open[serving] = writer
        held = bytearray(self.noise)
        flusher: asyncio.TimerHandle | None = None

        def flush() -> None:
            if held and not writer.is_closing():
                writer.write(bytes(held[:-1]) + b" " * 7 + bytes(held[-1:]))
                held.clear()

        try:
            while line := await reader.readline():
                self.lines += 1
                asked = json.loads(line)
                answer = self._answer(asked)
                if answer is None:
                    break
                if answer == []:
                    continue
                held += json.dumps(answer).encode() + b"\n"
                if not self.hold_back_s or len(held) >= _HELD_BACK_BYTES:
                    flush()
                elif flusher is None or flusher.when() < asyncio.get_running_loop().time():
                    flusher = asyncio.get_running_loop().call_later(self.hold_back_s, flush)
                await writer.drain()
        except (ConnectionError, asyncio.CancelledError):
            pass
        finally:
            if flusher is not None:
                flusher.cancel()
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()
            del self._open[serving]

    def _answer(self, asked: Any) -> Any:  # noqa: ANN401 (JSON)
        """None: hang up; an empty list: stay silent."""
        if isinstance(asked, dict):
            return self._one(asked)
        if not self.takes_batches:
            return {"jsonrpc": "2.0", "id": None, "error": {"code": -32600, "message": "no batch"}}
        answers = [self._one(member) for member in asked]
        if None in answers:
            return None
        # Answers to a batch may come in any order.
        return [one for one in reversed(answers) if one != []]

    def _one(self, asked: dict[str, Any]) -> Any:  # noqa: ANN401 (JSON)
        method, params = asked["method"], asked["params"]
        if self.on_call is not None:
            self.on_call(method, self.calls.count(method))
        self.calls.append(method)
        if method.endswith("get_history"):
            if self.drops > 0:
                self.drops -= 1
                return None
            if self.silent:
                return []
        frame = {"jsonrpc": "2.0", "id": asked["id"]}
        try:
            self._require_willing(method, *params[:1])
            return frame | {"result": self._result(method, *params)}
        except Refusal as refusal:
            return frame | {"error": {"code": refusal.code, "message": refusal.message}}

    def _require_willing(self, *keys: object) -> None:
        for key in keys:
            if isinstance(key, str) and key in self.refuse:
                raise Refusal(*self.refuse[key])

    def _result(self, method: str, *params: Any) -> Any:  # noqa: ANN401, PLR0911 (JSON)
        match method.removeprefix("blockchain."):
            case "server.version":
                return ["a fake", "1.4"]
            case "headers.subscribe":
                tip = self.ledger.height
                return {"height": tip, "hex": self.ledger.blocks[tip].header.hex()}
            case "block.header":
                self._require_height(params[0])
                return self.ledger.blocks[params[0]].header.hex()
            case "block.headers":
                blocks = self.ledger.blocks[params[0] : params[0] + min(params[1], 2016)]
                return {
                    "count": len(blocks),
                    "hex": b"".join(block.header for block in blocks).hex(),
                    "max": 2016,
                }
            case "scripthash.get_history":
                return [
                    {"tx_hash": txid, "height": self.heights.get(txid, height)}
                    for txid, height in self.ledger.history(self._script(params[0]))
                    if txid not in self.left_out | self.left_out_of_history
                ]
            case "scripthash.listunspent":
                return [
                    {
                        "tx_hash": txid,
                        "tx_pos": index,
                        "height": self.heights.get(txid, height),
                        "value": self.values.get(txid, value),
                    }
                    for (txid, index), value, height in self.ledger.unspent(self._script(params[0]))
                    if txid not in self.left_out
                ]
            case "transaction.get":
                return self.raws.get(params[0]) or self.ledger.find(params[0]).raw.hex()
            case "transaction.get_merkle":
                return self._proof(*params)
            case _:
                raise Refusal(-32601, f"unknown method {method!r}")

    def _proof(self, txid: str, height: int) -> dict[str, object]:
        self._require_height(height)
        ids = [one.txid for one in self.ledger.blocks[height].entries]
        if txid in ids:
            position, branch = self.ledger.branch(txid, height)
        elif txid in self.heights:  # the lie goes on, with somebody else's proof
            position, branch = self.ledger.branch(ids[0], height)
        else:
            raise Refusal(1, f"{txid} not in block at height {height}")
        return {"block_height": height, "pos": position, "merkle": branch}

    def _script(self, name: str) -> bytes:
        for script in self.scripts:
            if scripthash(script) == name:
                return script
        return b"nobody's"

    def _require_height(self, height: int) -> None:
        if not 0 <= height <= self.ledger.height:
            raise Refusal(1, f"height {height} out of range")
