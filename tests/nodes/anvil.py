"""A real anvil on loopback. Always stopped, writes nothing outside its own temporary directory.

Its traps: `anvil_set*` changes the state of the *current* tip, so a height is only safe after one
more block (`seal`); states beyond a thousand blocks go to disk and stay there unless they are
pruned; a sent transaction is mined after the call returns.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import aiohttp
import msgspec

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_PACKAGE = Path("node_modules/@foundry-rs/anvil-linux-amd64/bin/anvil")
_START_LIMIT_S = 20
_FUNDING_BATCH = 5_000


def binary() -> Path | None:
    """Where anvil is: $ASSAY_ANVIL, the package below this folder, or the PATH; else None."""
    named = os.environ.get("ASSAY_ANVIL")
    if named:
        if not Path(named).is_file():
            raise FileNotFoundError(f"ASSAY_ANVIL names {named}, which is not there")
        return Path(named)
    packaged = Path(__file__).parent / _PACKAGE
    if packaged.is_file():
        return packaged
    found = shutil.which("anvil")
    return None if found is None else Path(found)


class Anvil:
    """One anvil process; `async with Anvil(...) as node`."""

    def __init__(
        self,
        *,
        chain_id: int = 1,
        number: int = 18_000_000,
        timestamp: int = 1_700_000_000,
        extra: Sequence[str] = (),
    ) -> None:
        self.chain_id = chain_id
        self.number = number
        self.url = ""
        self._timestamp = timestamp
        self._extra = tuple(extra)
        self._process: subprocess.Popen[bytes] | None = None
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        try:
            await self._start()
        except BaseException:
            await self._stop()
            raise
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self._stop()

    async def _start(self) -> None:
        path = binary()
        if path is None:
            raise FileNotFoundError("anvil is not installed")
        self._folder = tempfile.TemporaryDirectory(prefix="assay-anvil-")
        self._session = aiohttp.ClientSession()
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        self._process = subprocess.Popen(  # noqa: ASYNC220 (returns at once)
            [
                str(path),
                *("--host", "127.0.0.1", "--port", str(port), "--quiet"),
                *("--chain-id", str(self.chain_id), "--number", str(self.number)),
                *("--timestamp", str(self._timestamp)),
                *("--prune-history", "2000", "--cache-path", self._folder.name),
                *self._extra,
            ],
            env={**os.environ, "HOME": self._folder.name},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + _START_LIMIT_S
        while True:
            if self._process.poll() is not None:
                raise RuntimeError(f"anvil ended with {self._process.returncode}")
            try:
                await self.rpc("eth_chainId")
            except aiohttp.ClientError:
                if time.monotonic() > deadline:
                    raise
                await asyncio.sleep(0.01)
            else:
                return

    async def _stop(self) -> None:
        if self._session is not None:
            await self._session.close()
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(timeout=5)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        if self._folder is not None:
            self._folder.cleanup()

    async def post(self, body: object) -> Any:  # noqa: ANN401 (JSON)
        assert self._session is not None
        async with self._session.post(
            self.url,
            data=msgspec.json.encode(body),
            headers={"Content-Type": "application/json"},
        ) as answer:
            return msgspec.json.decode(await answer.read())

    async def rpc(self, method: str, *params: object) -> Any:  # noqa: ANN401 (JSON)
        answer = await self.post(_request(0, method, params))
        if "error" in answer:
            raise RuntimeError(answer["error"])
        return answer["result"]

    async def height(self) -> int:
        return int(await self.rpc("eth_blockNumber"), 16)

    async def seal(self) -> int:
        """The height of a block that holds what was set and that no later setting can touch."""
        await self.rpc("evm_mine")
        height = await self.height()
        await self.rpc("evm_mine")
        return height

    async def fund(self, balances: Mapping[bytes, int]) -> None:
        items = list(balances.items())
        for at in range(0, len(items), _FUNDING_BATCH):
            answers = await self.post(
                [
                    _request(place, "anvil_setBalance", (f"0x{address.hex()}", hex(wei)))
                    for place, (address, wei) in enumerate(items[at : at + _FUNDING_BATCH])
                ]
            )
            assert not any("error" in answer for answer in answers)

    async def store(self, contract: str, words: Mapping[int, int]) -> None:
        """Write storage slots of `contract`."""
        items = list(words.items())
        for at in range(0, len(items), _FUNDING_BATCH):
            answers = await self.post(
                [
                    _request(
                        place,
                        "anvil_setStorageAt",
                        (contract, f"0x{slot:064x}", f"0x{word:064x}"),
                    )
                    for place, (slot, word) in enumerate(items[at : at + _FUNDING_BATCH])
                ]
            )
            assert not any("error" in answer for answer in answers)


def _request(id_: int, method: str, params: Sequence[object]) -> dict[str, object]:
    return {"jsonrpc": "2.0", "id": id_, "method": method, "params": list(params)}
