from __future__ import annotations

import gzip
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chains.adapter import OwnershipRule
from chains.errors import RegistryError
from crawler import settings as settings_module
from crawler.entities import Entity
from crawler.errors import ListError
from crawler.lists.interface import ListFormat
from crawler.models import SummaryRow
from crawler.outcome import ListFile
from crawler.ownership import InProcess, OwnershipEngine
from crawler.sources.interface import ListSource, Member
from crawler.wallet_list import WalletList, open_wallet_list
from tests.unit.crawler.lists_of_ours import HEADER, published, row

OTHER_HEADER = "coin,address,amount,message,signature1,signature2,redeem script/ public key"


class Outcome(NamedTuple):
    text: bytes
    counts: dict[tuple[str, str], int]
    files: list[ListFile]
    summaries: list[SummaryRow]


@pytest.fixture(scope="module")
def okx() -> Entity:
    return settings_module.load(environment={}).entity("okx")


@pytest.fixture(scope="module")
def threads() -> Iterator[Executor]:
    with ThreadPoolExecutor(2) as pool:
        yield pool


def judge(wallet_list: WalletList, engine: OwnershipEngine) -> Outcome:
    text = b""
    counts: Counter[tuple[str, str]] = Counter()
    for judged in engine.judge(wallet_list):
        text += judged.text
        for verdict, rows in zip(judged.verdicts, judged.counts, strict=True):
            counts[verdict.word.value, verdict.reason] += rows
    return Outcome(text, dict(counts), list(wallet_list.files), list(wallet_list.summaries))


class Undivided:
    """A format without the gift of being divided."""

    def __init__(self, inner: ListFormat) -> None:
        self.name, self.example_header = inner.name, inner.example_header
        self.recognises, self.parse = inner.recognises, inner.parse


def undivided(wallet_list: WalletList) -> WalletList:
    """The same list, read by the contract every format has."""

    source = wallet_list.source
    members = tuple(Member(m.name, Undivided(m.format), m.read) for m in source.members)
    return WalletList(ListSource(source.name, source.digest, members), wallet_list.entity, {})


GOOD = row(1, "1")
LINES = [
    GOOD,
    row(2, "2.5"),
    row(3, "1", signer=4),
    row(5, "1").replace("0x", "").upper(),
    "BTC,BTC,1,bc1q,1,I am an OKX address,null,,",
    "USDT-ERC20" + GOOD[3:],
    "NO-SUCH" + GOOD[3:],
    "ETH,ETH,1,not an address ü,1,I am an OKX address,zz,,",
    "ETH,ETH,1,0x,-1,I am an OKX address,zz,,",
    f'"ETH",ETH,100,"{"ab" * 10}\ncd",1,I am an OKX address,,,',
    '"ETH,ETH',
    'x"y',
    '"',
    "",
    " ",
    ",,,,",
    " ETH , ETH,100, 0x12 ,1,I am an OKX address,,,",
    HEADER,
    OTHER_HEADER,
    "coin,snapshot height,amount",
    "ETH,5,1",
    "TRX(ALL),-,7",
    "TRX,TJTc3g4AuDoPxCFmTbcTJEmQwhFrTnJGNR,111,I am an OKX address,0xec,,",
    "a\x00b,c",
    "\ufeffETH,ETH",
    "[a,b",
]
MUTATED = st.lists(st.sampled_from(LINES), max_size=30)
ENDS = st.sampled_from(["\n", "\r\n", "\r"])


@given(MUTATED, ENDS, st.integers(1, 700), st.booleans(), st.booleans())
def test_blocks_give_what_reading_from_top_to_bottom_gives(  # noqa: PLR0917 (drawn by hypothesis)
    tmp_path_factory: pytest.TempPathFactory,
    okx: Entity,
    threads: Executor,
    lines: list[str],
    end: str,
    size: int,
    is_packed: bool,
    has_last_end: bool,
) -> None:
    text = end.join(["coin,snapshot height,amount", "ETH,5,1", "", HEADER, GOOD, *lines]).encode()
    text += end.encode() if has_last_end else b""
    path = tmp_path_factory.mktemp("lists") / "list.csv"
    path.write_bytes(gzip.compress(text) if is_packed else text)
    wallet_list = open_wallet_list(path, okx, {})
    expected = judge(undivided(wallet_list), OwnershipEngine())
    divided = judge(wallet_list, OwnershipEngine(executor=threads, largest_block=size))
    assert divided == expected
    assert judge(wallet_list, OwnershipEngine(workers=1, largest_block=size)) == expected
    assert expected.text.count(b"\n") == sum(expected.counts.values())


def test_processes_give_the_same(tmp_path: Path, okx: Entity) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes(published([row(n % 40, f"{n}", signer=n % 39) for n in range(1500)]))
    wallet_list = open_wallet_list(path, okx, {})
    with OwnershipEngine(workers=2, largest_block=1 << 14) as engine:
        found = judge(wallet_list, engine)
        assert engine._pool is not None
    assert found == judge(undivided(wallet_list), OwnershipEngine())
    assert found.files[0].census.claims == 1500


def test_verdict_numbers_stand_for_the_rows(tmp_path: Path, okx: Entity) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes(published([GOOD, row(2, "-1"), row(3, "1", signer=4), GOOD]))
    (judged,) = OwnershipEngine().judge(open_wallet_list(path, okx, {}), with_text=False)
    assert judged.text == b""
    words = [judged.verdicts[number].word.value for number in judged.numbers]
    assert words == ["proven", "failed", "failed", "proven"]


@pytest.mark.parametrize("text", [b"", b"\n\n"])
def test_a_list_without_rows_is_an_error(tmp_path: Path, okx: Entity, text: bytes) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes(published([]) + text)
    with pytest.raises(ListError, match="no rows below it"):
        judge(open_wallet_list(path, okx, {}), OwnershipEngine())


def test_a_list_that_changes_between_the_passes_is_an_error(tmp_path: Path, okx: Entity) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes(published([GOOD]))
    wallet_list = open_wallet_list(path, okx, {})
    path.write_bytes(published([GOOD, GOOD]))
    with pytest.raises(ListError, match="changed"):
        judge(wallet_list, OwnershipEngine())


class Forgetful(InProcess):
    """An executor whose workers lose the last line of every block."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:  # noqa: ANN401
        future = super().submit(fn, *args, **kwargs)
        future.result().census.lines -= 1
        return future


def test_lines_that_no_worker_read_are_noticed(tmp_path: Path, okx: Entity) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes(published([GOOD, GOOD]))
    engine = OwnershipEngine(executor=Forgetful())
    with pytest.raises(RuntimeError, match="not read to its end"):
        judge(open_wallet_list(path, okx, {}), engine)


def test_a_fault_in_a_worker_is_loud(tmp_path: Path, okx: Entity) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes(published([GOOD] * 300))
    broken = OwnershipRule("x", "no-such-family", ("evm-okx",), ("hello",), {})
    coins = {"ETH": replace(okx.coins["ETH"], rule=broken)}
    wallet_list = open_wallet_list(path, replace(okx, coins=coins), {})
    with (
        pytest.raises(RegistryError, match="no-such-family"),
        OwnershipEngine(workers=2, largest_block=4096) as engine,
    ):
        judge(wallet_list, engine)
