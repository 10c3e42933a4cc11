"""Chopsticks: the real runtime of an Asset Hub (Rococo's), in WebAssembly, from its real genesis.

It is large, so it is not among the nodes that every test run installs: `make nodes-substrate`.
Its state can be set at will before a block is built; it has no proofs and no state roots.
"""

from __future__ import annotations

import itertools
import json
import os
import shutil
import subprocess
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import aiohttp

from tests.nodes.child import Child

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MODULES = (
    Path(os.environ.get("ASSAY_CHOPSTICKS", ""))
    if "ASSAY_CHOPSTICKS" in os.environ
    else (Path(__file__).with_name("chopsticks") / "node_modules")
)
MAIN = MODULES / "@acala-network/chopsticks/chopsticks.cjs"
SPECIFICATIONS = MODULES / "@substrate/connect-known-chains/dist/commonjs/specs"
GENESIS = "45" * 32
"""What it calls its first block, whichever chain it runs."""
_SHOW = "process.stdout.write(require(process.argv[1]).chainSpec)"


def is_installed() -> bool:
    return MAIN.exists() and shutil.which("node") is not None


def specification(chain: str = "rococo_v2_2_asset_hub") -> str:
    """The chain specification that comes with it, as JSON text."""
    return subprocess.run(
        ["node", "-e", _SHOW, str(SPECIFICATIONS / f"{chain}.js")],
        capture_output=True, check=True, text=True,
    ).stdout  # fmt: skip


class Chopsticks(Child):
    """Stopped on leaving; `async with` also opens a session for `rpc`."""

    session: aiohttp.ClientSession

    @cached_property
    def _ids(self) -> itertools.count[int]:
        return itertools.count(1)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def command(self) -> Sequence[str]:
        chain = self.folder / "chain.json"
        chain.write_text(specification())
        return [
            "node", str(MAIN), f"--chain-spec={chain}", "--host", "127.0.0.1",
            "--port", str(self.port), "--build-block-mode", "Manual",
        ]  # fmt: skip

    async def __aenter__(self) -> Self:
        self.__enter__()
        self.session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=120))
        return self

    async def __aexit__(self, *exception: object) -> None:
        try:
            await self.session.close()
        finally:
            self.__exit__(*exception)

    async def rpc(self, method: str, *params: object) -> Any:  # noqa: ANN401 (JSON)
        asked = {"jsonrpc": "2.0", "id": next(self._ids), "method": method, "params": params}
        async with self.session.post(self.url, json=asked) as response:
            answer = json.loads(await response.read())
        assert "error" not in answer, answer
        return answer["result"]

    async def block(self, values: Mapping[bytes, bytes]) -> int:
        """Set storage, build a block on it, and return its number.

        What is set is also seen in the newest block so far, so one more block comes before it.
        """
        await self.rpc("dev_newBlock")
        changes = [(f"0x{key.hex()}", f"0x{value.hex()}") for key, value in values.items()]
        await self.rpc("dev_setStorage", changes)
        name = await self.rpc("dev_newBlock")
        return int((await self.rpc("chain_getHeader", name))["number"], 16)
