"""A run over rows of every kind, with a ledger in memory, and the bundle that it leaves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from unittest.mock import patch

from chains.adapter import (
    BalanceReader,
    Control,
    ControlQuery,
    ControlWord,
    SnapshotPoint,
    Unresolved,
)
from chains.registry import Network
from chains.xrpl.addresses import encode
from crawler.ownership import OwnershipEngine
from crawler.replay import replay
from crawler.sources.blocks import LARGEST
from tests.fakes.evidence_scene import LATER, run
from tests.unit.crawler.lists_of_ours import (
    MESSAGE,
    Ledger,
    _LedgerReader,
    address,
    published,
    signature,
)
from tests.unit.crawler.test_readings import Quiet
from tests.vectors.signing import OKX_KECCAK, compressed, hash160, hex_signature

HEADER = (
    "coin,Type,Network,Snapshot Height,address,amount,message,signature1,signature2,"
    "redeem script/public key,EOA1,EOA2"
)
HEIGHT = 100
ETHER, DROPS = 10**18, 10**6
DISABLED, OWN, KEYED = 3, 4, 5
"""Keys of XRPL accounts: the first is disabled, the last one signs for another account."""


def line(
    coin: str, place: str, amount: str, *, signed: str = "", key: str = "", owner: str = "",
    kind: str = "Non Staking", height: str = str(HEIGHT),
) -> str:  # fmt: skip
    return f"{coin},{kind},{coin},{height},{place},{amount},{MESSAGE},{signed},,{key},{owner},"


def own(number: int, coin: str = "ETH", amount: str = "1") -> str:
    return line(coin, address(number), amount, signed=signature(number))


def xrpl(number: int, place: bytes | None = None) -> str:
    return line(
        "XRP", encode(hash160(compressed(number)) if place is None else place), "5",
        signed=hex_signature(number, OKX_KECCAK), key=compressed(number).hex(),
    )  # fmt: skip


def contract(number: int) -> str:
    return "0x" + f"{number:02x}" * 20


LINES = [
    own(1), own(2), own(3, amount="1.5"), own(4, amount="0.25"), own(5, amount="1.000000"),
    line("ETH", address(6), "1", signed=signature(7)),
    line("ETH", address(8), "1"),
    own(1), own(1, "USDT-ERC20", "7.5"), own(2, "USDT-ERC20", "7"),
    own(9, "ETH-BASE"), own(9, "NO-SUCH"),
    line("ETH", address(10).upper().replace("X", "x"), "1", signed=signature(10)),
    line("ETH", address(11), "abc", signed=signature(11)),
    line("ETH", "0x<é>", "1", signed=signature(12)),
    line("ETH", address(13), "1", signed=signature(13), height="null"),
    line("ETH", contract(0x5A), "1", signed=signature(14), owner=address(14)),
    line("USDT-ERC20", contract(0x5A), "2", signed=signature(14), owner=address(14)),
    line("ETH", contract(0x5B), "1", signed=signature(15), owner=address(15)),
    line("ETH", "0x" + "a1" * 48, "32", signed=signature(16), owner=address(16),
         kind="Native ETH Staking"),
    xrpl(OWN), xrpl(DISABLED), xrpl(KEYED, bytes(19) + b"\x08"),
    *(own(number) for number in range(20, 40)),
]  # fmt: skip


@dataclass
class Settled(Ledger):
    """A ledger that also says who controls accounts, where it was taught to."""

    def __call__(self, network: Network) -> BalanceReader | Unresolved:
        found = super().__call__(network)
        return _Settling(self, network.name) if isinstance(found, _LedgerReader) else found


class _Settling(_LedgerReader):
    async def control(
        self, point: SnapshotPoint, queries: Sequence[ControlQuery]
    ) -> Sequence[Control]:
        del point
        return [_control(query) for query in queries]


def _control(query: ControlQuery) -> Control:
    if query.account == hash160(compressed(DISABLED)):
        return Control(ControlWord.FAILED, "master-disabled", "Its own key is disabled.")
    if query.account == bytes.fromhex("5b" * 20):
        return Control(ControlWord.UNSETTLED, "no-contract", "No contract is there.")
    return Control(ControlWord.PROVEN, "owners", f"{len(query.signers)} of 1 owners signed.")


def ledger() -> Settled:
    book = Settled(down={"base"})
    for number in range(1, 40):
        book.set(number, ETHER)
        book.set(number, 7_500_000, "USDT@ethereum")
    for number in (DISABLED, OWN):
        book.balances_of["XRP@xrpl", hash160(compressed(number))] = 5 * DROPS
    return book


def make(folder: Path, lines: Sequence[str] = LINES, name: str = "bundle") -> Path:
    """Return the bundle of a run over `lines`, in a folder."""
    path = folder / "list.csv"
    text = published(lines, ["ETH,100,30", "USDT-ERC20,100,1"]).decode()
    old = text.split("\n\n")[1].splitlines()[0]
    path.write_text(text.replace(old, HEADER), encoding="utf-8")
    book = ledger()
    with patch("crawler.run.reader_of", lambda _: book):
        run(path, folder / name, [])
    return folder / name


def said(path: Path, *, block: int = LARGEST, workers: int = 1) -> list[str]:
    """Return all that a replay says, and the report that it reproduces; `block` is in bytes."""
    small = partial(OwnershipEngine, largest_block=block)
    with patch("crawler.replay.OwnershipEngine", small):
        result = replay(path, Quiet(), workers=workers, now=LATER)
    report = "" if result.report is None else result.report.model_dump_json()
    return [*result.problems, "", *result.verified, *result.resting, *result.notes, report]


def row_by_row(path: Path) -> list[str]:
    """Return the same of a replay that verifies the list again, as a run does."""
    with patch("crawler.replay.is_suited", lambda *_, **__: False):
        return said(path)


def in_one_pass(path: Path, *, block: int = LARGEST, workers: int = 1) -> list[str]:
    """Return the same of a replay that must not fall back on verifying the list again."""
    with patch("crawler.replay._Replayed._compare_findings", side_effect=AssertionError):
        return said(path, block=block, workers=workers)
