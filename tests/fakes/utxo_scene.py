"""A ledger with payments, spends after the snapshot and a change address; and who reads it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chains.adapter import HoldingForm
from chains.registry import Network
from chains.transport.endpoint import Surroundings
from chains.transport.settings import TransportSettings
from chains.utxo.server_settings import ServerSettings
from chains.utxo.servers import ServerReader, reader
from tests.fakes import readings
from tests.fakes.utxo_ledger import (
    ANYONE,
    SUBSIDY,
    TRUE,
    Entry,
    Ledger,
    entry,
    hash160,
    key_hash_unlocking,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from chains.adapter import Parameter, Reading, SnapshotPoint

ADDRESSES = {"p2pkh_version": "00", "p2sh_version": "05", "bech32_hrp": "bc"}
COIN = HoldingForm("BTC@bitcoin", "BTC", "bitcoin", None, 8, ())
TOKEN = HoldingForm("USDT@bitcoin", "USDT", "bitcoin", "omni:31", 8, ())
TRANSPORT = TransportSettings(call_timeout_s=5, connect_timeout_s=5, tries=2, first_wait_s=0.001)


def key(number: int) -> bytes:
    """Bytes in the place of a compressed key."""
    return b"\x02" + hashlib.sha256(b"owner %d" % number).digest()


def p2pkh(number: int) -> bytes:
    return b"\x76\xa9\x14" + hash160(key(number)) + b"\x88\xac"


def p2wpkh(number: int) -> bytes:
    return b"\x00\x14" + hash160(key(number))


def network(*, finality: str = "1", options: Mapping[str, Parameter] | None = None) -> Network:
    return Network(
        "bitcoin",
        "Bitcoin",
        "utxo",
        "BTC",
        8,
        finality=finality,
        address=ADDRESSES,
        options=options or {"pow": "sha256d"},
    )


def settings(**changes: int) -> ServerSettings:
    return ServerSettings(transport=TRANSPORT, **changes)


def reading(
    urls: Sequence[str],
    *,
    net: Network | None = None,
    limits: ServerSettings | None = None,
) -> ServerReader:
    return reader(net or network(), urls, limits or settings(), Surroundings())


async def collect(
    asked: ServerReader, point: SnapshotPoint, scripts: Sequence[bytes]
) -> dict[bytes, Reading]:
    return await readings.collect(asked, COIN, point, scripts)


@dataclass
class Scene:
    """Owners 0 to 5, a snapshot at `height`, and what happened before and after it.

    0 holds coins and spends nothing; 1 spends one coin before the snapshot and one after it;
    2 is paid only after it; 3 spends everything after it and is paid again; 4 never occurs;
    5 is paid by a transaction that waits, which also spends from 0's second coin.
    """

    ledger: Ledger
    height: int
    owners: list[bytes]
    named: dict[str, Entry]

    @property
    def truth(self) -> dict[bytes, int]:
        return {owner: self.ledger.balance(owner, self.height) for owner in self.owners}


def scene() -> Scene:
    owners = [p2pkh(0), p2wpkh(1), p2wpkh(2), p2pkh(3), p2wpkh(4), p2pkh(5)]
    ledger = Ledger()
    coinbases = [ledger.mine() for _ in range(8)]
    named: dict[str, Entry] = {}

    def pay(name: str, spends: list[tuple[str, int]], outputs: list[tuple[int, bytes]]) -> Entry:
        unlocking = []
        for txid, index in spends:
            paid = {one.txid: one for one in named.values()}.get(txid)
            owner = ANYONE if paid is None else paid.outputs[index][1]
            number = owners.index(owner) if owner in owners else None
            unlocking.append(
                TRUE
                if number is None
                else key_hash_unlocking(key(number), segwit=owner == p2wpkh(number))
            )
        named[name] = entry(spends, outputs, unlocking=unlocking)
        return named[name]

    first = pay(
        "first",
        [(coinbases[0], 0)],
        [(1_000, owners[0]), (2_000, owners[1]), (3_000, owners[3]), (SUBSIDY // 2, ANYONE)],
    )
    more = pay("more", [(coinbases[1], 0)], [(400, owners[1]), (70, owners[0]), (9, owners[3])])
    ledger.mine(first, more)
    ledger.mine(pay("before", [(first.txid, 1)], [(1_900, ANYONE), (50, owners[1])]))
    ledger.mine()
    height = ledger.height
    ledger.mine(pay("after", [(more.txid, 0)], [(100, owners[2]), (290, owners[1])]))
    swept = pay("swept", [(first.txid, 2), (more.txid, 2)], [(3_000, owners[3])])
    ledger.mine(swept, pay("late", [(coinbases[2], 0)], [(5, owners[2])]))
    ledger.mine(pay("again", [(swept.txid, 0)], [(2_999, ANYONE)]))
    ledger.mine()
    ledger.waiting.append(pay("waiting", [(more.txid, 1)], [(60, owners[5])]))
    return Scene(ledger, height, owners, named)
