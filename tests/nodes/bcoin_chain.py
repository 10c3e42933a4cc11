"""A regtest chain on a real bcoin: many kinds of outputs, and spends at known heights."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.fakes.utxo_ledger import ANYONE, SUBSIDY, TRUE, Entry, entry, hash160

if TYPE_CHECKING:
    from tests.nodes.bcoin import Bcoin

FEE = 100_000
MATURE = 130
"""Blocks mined first, so that old coinbases can be spent."""


def hashed(number: int) -> bytes:
    return hashlib.sha256(b"regtest owner %d" % number).digest()


def script_of(number: int) -> bytes:
    """P2PKH, P2SH, P2WPKH, P2WSH and P2TR in turn; nobody has their keys."""
    digest = hashed(number)
    return (
        b"\x76\xa9\x14" + digest[:20] + b"\x88\xac",
        b"\xa9\x14" + digest[:20] + b"\x87",
        b"\x00\x14" + digest[:20],
        b"\x00\x20" + digest,
        b"\x51\x20" + digest,
    )[number % 5]


def spendable(number: int) -> tuple[bytes, bytes]:
    """A script that anybody can spend from, and its input script: P2SH of a number, dropped."""
    redeem = b"\x02" + number.to_bytes(2, "little") + b"\x75\x51"
    return b"\xa9\x14" + hash160(redeem) + b"\x87", bytes([len(redeem)]) + redeem


@dataclass
class Regtest:
    """What was put on the chain, for a naive replay that knows nothing of the node's."""

    node: Bcoin
    address: str = ""
    placed: list[tuple[Entry, int]] = field(default_factory=list)
    _coinbases: int = 0

    def begin(self) -> None:
        self.address = self.node.rpc("decodescript", "51")["p2sh"]
        self.node.mine(MATURE, self.address)

    def coinbase(self) -> tuple[str, int]:
        """A fresh coin of `ANYONE`."""
        self._coinbases += 1
        return self.node.transactions(self._coinbases)[0], 0

    def pay(self, outputs: list[tuple[int, bytes]]) -> tuple[Entry, int]:
        """Pay from a coinbase, in a block of its own; returns the height too."""
        rest = SUBSIDY - FEE - sum(value for value, _ in outputs)
        return self.place(entry([self.coinbase()], [*outputs, (rest, ANYONE)]))

    def spend(
        self, coins: list[tuple[str, int, bytes]], outputs: list[tuple[int, bytes]]
    ) -> tuple[Entry, int]:
        """Spend coins of `spendable` scripts, given with their input scripts; fee from outside."""
        fee = self.coinbase()
        spends = [(txid, index) for txid, index, _ in coins]
        unlocking = [(script, ()) for _, _, script in coins]
        made = entry(
            [*spends, fee],
            [*outputs, (SUBSIDY - FEE, ANYONE)],
            unlocking=[*unlocking, TRUE],
        )
        return self.place(made)

    def place(self, made: Entry) -> tuple[Entry, int]:
        height = self.node.include(made.raw, made.txid, self.address)
        self.placed.append((made, height))
        return made, height

    def balance(self, script: bytes, height: int) -> int:
        """The plain way, from what was placed."""
        coins: dict[tuple[str, int], int] = {}
        for made, at in self.placed:
            if at > height:
                continue
            for coin in made.spends:
                coins.pop(coin, None)
            for index, (value, owner) in enumerate(made.outputs):
                if owner == script:
                    coins[made.txid, index] = value
        return sum(coins.values())

    def address_of(self, script: bytes) -> str:
        """How bcoin itself writes the address of a script that was paid."""
        for made, _ in self.placed:
            for index, (_, owner) in enumerate(made.outputs):
                if owner == script:
                    shown = self.node.ask(f"/tx/{made.txid}")["outputs"][index]
                    found: str = shown["address"]
                    return found
        raise LookupError(script.hex())
