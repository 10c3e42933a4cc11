"""A real bcoin 1.0.2 in regtest: a Bitcoin full node with an address index, on loopback."""

from __future__ import annotations

import json
import shutil
import urllib.request
from base64 import b64encode
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.nodes.child import Child

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_PROGRAM = Path(__file__).parent / "node_modules/bcoin/bin/node"
_KEY = "k"
_AUTHORIZATION = "Basic " + b64encode(f"x:{_KEY}".encode()).decode()


def program() -> Path | None:
    """Where bcoin is, or None when it (or node) is not installed."""
    return _PROGRAM if _PROGRAM.is_file() and shutil.which("node") else None


class Bcoin(Child):
    """`with Bcoin() as node`."""

    def command(self) -> Sequence[str]:
        return [
            "node",
            str(_PROGRAM),
            *("--network=regtest", "--memory=true", "--index-address", "--index-tx"),
            *("--no-wallet", "--listen=false", "--workers=false", "--log-level=error"),
            *("--http-host=127.0.0.1", f"--http-port={self.port}", f"--api-key={_KEY}"),
            *("--host=127.0.0.1", f"--prefix={self.folder}"),
        ]

    def variables(self) -> Mapping[str, str]:
        # No native add-ons were built for it.
        return {"NODE_BACKEND": "js"}

    @property
    def url(self) -> str:
        return f"http://x:{_KEY}@127.0.0.1:{self.port}/"

    def ask(self, path: str, body: object = None) -> Any:  # noqa: ANN401 (JSON)
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}",
            None if body is None else json.dumps(body).encode(),
            {"Authorization": _AUTHORIZATION, "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
            return json.loads(answer.read())

    def rpc(self, method: str, *params: object) -> Any:  # noqa: ANN401 (JSON)
        answer = self.ask("/", {"method": method, "params": list(params), "id": 1})
        if answer["error"]:
            raise RuntimeError(answer["error"])
        return answer["result"]

    def height(self) -> int:
        found: int = self.rpc("getblockcount")
        return found

    def block_hash(self, height: int) -> str:
        found: str = self.rpc("getblockhash", height)
        return found

    def transactions(self, height: int) -> list[str]:
        found: list[str] = self.rpc("getblock", self.block_hash(height), 1)["tx"]
        return found

    def mine(self, count: int, address: str) -> None:
        self.rpc("generatetoaddress", count, address)

    def include(self, raw: bytes, txid: str, address: str) -> int:
        """Put a transaction into a new block; returns its height.

        bcoin returns an id even for a transaction that it refuses, so the block is looked at.
        """
        self.rpc("sendrawtransaction", raw.hex())
        self.mine(1, address)
        height = self.height()
        assert txid in self.transactions(height), "the transaction was refused"
        return height

    def balance(self, address: str, height: int) -> int:
        """What bcoin's own address index says, worked out from all transactions of `address`."""
        total = 0
        for one in self.ask(f"/tx/address/{address}"):
            if not 0 < one["height"] <= height:
                continue
            total += sum(out["value"] for out in one["outputs"] if out["address"] == address)
            total -= sum(
                spent["coin"]["value"]
                for spent in one["inputs"]
                if spent.get("coin") and spent["coin"]["address"] == address
            )
        return total
