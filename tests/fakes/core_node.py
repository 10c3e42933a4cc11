"""A node with Bitcoin Core's JSON-RPC and REST, over blocks in memory. Faults can be set."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from aiohttp import web

from tests.fakes.utxo_snapshot import (
    REGTEST_MAGIC,
    hash_serialized,
    muhash,
    snapshot_old,
    snapshot_v2,
)
from tests.nodes.regtest import Chain

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


class Refusal(Exception):  # noqa: N818
    """A JSON-RPC error."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass
class CoreNode:
    chain: Chain
    folder: Path
    version: int = 320_000
    magic: bytes = REGTEST_MAGIC
    answers: Mapping[str, object] = field(default_factory=dict)
    """Method -> what it answers instead, or the error it raises."""
    block_override: dict[int, bytes] = field(default_factory=dict)
    calls: list[tuple[str, list[object]]] = field(default_factory=list)
    authorization: list[str] = field(default_factory=list)
    keeps_muhash: bool = False
    """Whether it runs with -coinstatsindex."""
    dump_takes: asyncio.Event | None = None
    """If set: waited for before a snapshot is written."""

    def hash_hex(self, height: int) -> str:
        return self.chain.hashes[height][::-1].hex()

    def height(self, block_hash: object) -> int:
        for height, known in enumerate(self.chain.hashes):
            if known[::-1].hex() == block_hash:
                return height
        raise Refusal(-5, "Block not found")

    async def call(self, method: str, params: list[object]) -> object:
        self.calls.append((method, params))
        if method in self.answers:
            answer = self.answers[method]
            if isinstance(answer, Refusal):
                raise answer
            return answer
        handler = getattr(self, f"rpc_{method}", None)
        if handler is None:
            raise Refusal(-32601, "Method not found")
        result: object = await handler(*params)
        return result

    async def rpc_getnetworkinfo(self) -> object:
        return {"version": self.version, "relayfee": 0.00001}

    async def rpc_help(self, method: str) -> object:
        assert method == "dumptxoutset"
        return f"{method} path" + " type rollback" * (self.version >= 290_000)

    async def rpc_getindexinfo(self) -> object:
        if not self.keeps_muhash:
            return {}
        return {"coinstatsindex": {"synced": True, "best_block_height": self.chain.height}}

    async def rpc_getblockcount(self) -> object:
        return self.chain.height

    async def rpc_getbestblockhash(self) -> object:
        return self.hash_hex(self.chain.height)

    async def rpc_getblockhash(self, height: int) -> object:
        if height > self.chain.height:
            raise Refusal(-8, "Block height out of range")
        return self.hash_hex(height)

    async def rpc_getblockheader(self, block_hash: str, verbose: bool = True) -> object:  # noqa: FBT002
        height = self.height(block_hash)
        if verbose:
            return {"height": height, "hash": block_hash, "time": self.time(height)}
        return self.raw(height)[:80].hex()

    async def rpc_getblock(self, block_hash: str, verbosity: int) -> object:
        assert verbosity == 0
        return self.raw(self.height(block_hash)).hex()

    async def rpc_gettxoutsetinfo(self, kind: str, block_hash: str = "") -> object:
        if kind == "muhash":
            if not self.keeps_muhash:
                raise Refusal(-8, "Querying specific block heights requires coinstatsindex")
            height = self.height(block_hash)
            return {"bestblock": block_hash, "muhash": muhash(self.chain.coins[height].values())}
        assert kind == "hash_serialized_3"
        coins = self.chain.coins[-1].values()
        return {
            "bestblock": self.hash_hex(self.chain.height),
            "hash_serialized_3": hash_serialized(coins),
            "total_amount": sum(coin.amount for coin in coins) / 10**8,
        }

    async def rpc_dumptxoutset(
        self, path: str, kind: str = "", options: dict[str, object] | None = None
    ) -> object:
        height = self.chain.height
        assert bool(kind) == (self.version >= 290_000), "what this version does not take"
        if kind == "rollback":
            assert options is not None
            height = int(str(options["rollback"]))
        if self.dump_takes is not None:
            await self.dump_takes.wait()
        coins = self.chain.coins[height].values()
        written = self.folder / path
        if self.version < 280_000:
            written.write_bytes(snapshot_old(coins, self.chain.hashes[height]))
        else:
            written.write_bytes(snapshot_v2(coins, self.chain.hashes[height], magic=self.magic))
        told = {"txoutset_hash": hash_serialized(coins)} if self.version >= 260_000 else {}
        return told | {
            "coins_written": len(coins),
            "base_hash": self.hash_hex(height),
            "base_height": height,
            "path": str(written),
            "nchaintx": 1,
        }

    def time(self, height: int) -> int:
        return int.from_bytes(self.raw(height)[68:72], "little")

    def raw(self, height: int) -> bytes:
        return self.block_override.get(height) or self.chain.block(height)

    async def rpc(self, request: web.Request) -> web.Response:
        self.authorization.append(request.headers.get("Authorization", ""))
        asked = json.loads(await request.read())
        answer: dict[str, object] = {"id": asked["id"], "result": None, "error": None}
        try:
            answer["result"] = await self.call(asked["method"], asked["params"])
        except Refusal as error:
            answer["error"] = {"code": error.code, "message": str(error)}
        return web.json_response(answer, status=200 if answer["error"] is None else 500)

    async def rest(self, request: web.Request) -> web.Response:
        what, key = request.match_info["what"], request.match_info["key"]
        try:
            if what == "blockhashbyheight":
                return web.Response(body=self.chain.hashes[int(key)])
            raw = self.raw(self.height(key))
        except (IndexError, Refusal):
            return web.Response(status=404)
        return web.Response(body=raw if what == "block" else raw[:80])

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[str]:
        """Yield the URL of this node, with credentials, while it serves."""
        app = web.Application()
        app.router.add_post("/", self.rpc)
        app.router.add_get("/rest/{what:headers/1|block|blockhashbyheight}/{key}.bin", self.rest)
        runner = web.AppRunner(app)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        port = runner.addresses[0][1]
        try:
            yield f"http://user:secret@127.0.0.1:{port}"
        finally:
            await runner.cleanup()
