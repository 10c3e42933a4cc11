from __future__ import annotations

import asyncio
import json
import tracemalloc
from collections.abc import Sequence
from pathlib import Path

import pytest

from chains.encodings import base58check_text
from chains.ton.addresses import encode
from crawler import cli, settings
from crawler.assess import ExitCode
from crawler.overlaps import Compared, Overlap, comparing, to_json, to_text
from crawler.settings import Settings
from crawler.wallet_list import open_wallet_list
from tests.fakes.evidence_scene import funded, run, write_list
from tests.fakes.evm_node import FakeNode
from tests.unit.crawler.lists_of_ours import address, published
from tests.unit.crawler.test_readings import Quiet

EVM = "0x" + "ab" * 20
WBTC = "0x2260fac5e5542a773aa44fbcfedf7c193bc2c599"
HTX = "coin,address,snapshot height,balance,message,signature"
TON = bytes([0]) + bytes(range(32))
KEYS = bytes(range(20))
ALPHABET = str.maketrans(
    "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz",
    "rpshnaf39wBUDNEGHJKLM4PQRST7VWXYZ2bcdeCg65jkm8oFqi1tuvAxyz",
)


@pytest.fixture(scope="module")
def loaded() -> Settings:
    return settings.load(environment={})


def ripple(data: bytes) -> str:
    return base58check_text(data).translate(ALPHABET)


def row(coin: str, text: str, amount: str = "1") -> str:
    return f"{coin},{coin},100,{text},{amount},I am an OKX address,0x00,,,,"


def htx_row(coin: str, text: str, amount: str = "1") -> str:
    return f"{coin},{text},100,{amount},I am an HTX address,0x00"


def write_htx(folder: Path, rows: Sequence[str]) -> Path:
    path = folder / "htx.csv"
    path.write_text("\n".join([HTX, *rows]) + "\n")
    return path


def write(path: Path, rows: Sequence[str]) -> Path:
    path.write_bytes(published(rows))
    return path


def compare(loaded: Settings, *lists: tuple[str, Path]) -> tuple[list[Overlap], Compared]:
    with comparing(loaded) as compared:
        for entity, path in lists:
            compared.add_list(open_wallet_list(path, loaded.entity(entity), {}), Quiet())
        return list(compared.overlaps()), compared


@pytest.mark.parametrize(
    ("coin", "spellings"),
    [
        ("ETH", [EVM, EVM.upper().replace("0X", "0x")]),
        ("TON", [encode(TON), encode(TON, bounceable=True), f"0:{TON[1:].hex()}"]),
        ("BCH", ["1BpEi6DfDAUFd7GtittLSdBeYJvcoaVggu",
                 "bitcoincash:qpm2qsznhks23z7629mms6s4cwef74vcwvy22gdx6a",
                 "qpm2qsznhks23z7629mms6s4cwef74vcwvy22gdx6a"]),
        ("XRP", [ripple(b"\0" + KEYS), ripple(b"\x05\x44" + KEYS + bytes(9)),
                 ripple(b"\x05\x44" + KEYS + b"\x01" + (7).to_bytes(8, "little"))]),
        ("APT", ["0x1f", "0x" + "1f".rjust(64, "0")]),
    ],
)  # fmt: skip
def test_every_spelling_of_an_account_is_one_holding(
    loaded: Settings, tmp_path: Path, coin: str, spellings: list[str]
) -> None:
    assert coin in loaded.entity("okx").coins
    path = write(tmp_path / "list.csv", [row(coin, text) for text in spellings])
    (found,), compared = compare(loaded, ("okx", path))
    assert [one.address for one in found.rows] == spellings
    assert [one.row for one in found.rows] == [4 + n for n in range(len(spellings))]
    assert not found.across
    assert compared.counts.exit_code is ExitCode.DOES_NOT_HOLD


def test_rows_of_two_entities_share_a_holding(loaded: Settings, tmp_path: Path) -> None:
    ours = write(tmp_path / "a.csv", [row("ETH", EVM), row("ETH", address(1))])
    theirs = write_htx(
        tmp_path, [htx_row("ETH", EVM.replace("ab", "AB")), htx_row("ETH", address(2))]
    )
    (found,), compared = compare(loaded, ("okx", ours), ("htx", theirs))
    assert found.across
    assert [one.entity for one in found.rows] == ["okx", "htx"]
    counts = compared.counts
    assert (counts.rows, counts.lists, counts.holdings, counts.across) == (4, 2, 1, 1)
    assert counts.sentence().startswith("Counted twice: 0 holdings inside one entity, 1 across")


def test_one_address_with_two_coins_or_networks_is_no_overlap(
    loaded: Settings, tmp_path: Path
) -> None:
    coins = ["ETH", "USDT-ERC20", "ETH-ARBITRUM", "ETH-BASE"]
    assert set(coins) <= loaded.entity("okx").coins.keys()
    path = write(tmp_path / "list.csv", [row(coin, EVM) for coin in coins])
    found, compared = compare(loaded, ("okx", path))
    assert found == []
    assert compared.counts.exit_code is ExitCode.HOLDS
    assert "Nothing is counted twice in 4 rows" in to_text(compared.counts, found)


def test_rows_that_cannot_be_compared_are_counted(loaded: Settings, tmp_path: Path) -> None:
    path = write(tmp_path / "list.csv", [row("ETH", EVM), row("ETH", "nonsense"),
                                         row("NO-SUCH", EVM), row("XRP", "Xnonsense")])  # fmt: skip
    found, compared = compare(loaded, ("okx", path))
    assert found == []
    assert compared.counts.not_compared == 3
    assert compared.counts.exit_code is ExitCode.INCOMPLETE
    assert "3 rows have no known network" in to_text(compared.counts, found)


def test_a_token_and_its_own_contract_as_a_reserve_count_twice(
    loaded: Settings, tmp_path: Path
) -> None:
    rows = [htx_row("ETH", WBTC, "30"), htx_row("WBTC", EVM, "3"), htx_row("WBTC", WBTC)]
    (found,), compared = compare(loaded, ("htx", write_htx(tmp_path, rows)))
    assert found.backs == "WBTC@ethereum"
    assert [one.coin for one in found.rows] == ["ETH"]
    assert compared.counts.backings == 1
    assert compared.counts.exit_code is ExitCode.DOES_NOT_HOLD
    text = to_text(compared.counts, [found])
    assert "it is the contract of WBTC@ethereum, which is listed as well" in text
    assert "WBTC@ethereum is wrapped: beside its contract, where its backing lies" in text


def test_a_backing_contract_alone_is_no_overlap(loaded: Settings, tmp_path: Path) -> None:
    found, compared = compare(loaded, ("htx", write_htx(tmp_path, [htx_row("ETH", WBTC)])))
    assert found == []
    assert compared.counts.exit_code is ExitCode.HOLDS


def test_a_row_that_only_names_an_owner_claims_nothing(loaded: Settings, tmp_path: Path) -> None:
    owner = f"ETH,{EVM},,,I am an HTX address,0x00"
    rows = [htx_row("ETH", EVM), htx_row("ETH", address(1)), owner]
    found, compared = compare(loaded, ("htx", write_htx(tmp_path, rows)))
    assert found == []
    assert (compared.counts.rows, compared.counts.not_compared) == (3, 0)


def test_the_json_names_every_holding(loaded: Settings, tmp_path: Path) -> None:
    rows = [row("ETH", address(n)) for n in range(60)] * 2
    path = write(tmp_path / "list.csv", rows)
    with comparing(loaded) as compared:
        compared.add_list(open_wallet_list(path, loaded.entity("okx"), {}), Quiet())
        found = list(compared.overlaps())
        written: list[str] = []
        to_json(compared.counts, found, written.append)
    document = json.loads("".join(written))
    assert len(document["overlaps"]) == document["holdings"] == 60
    assert document["exit_code"] == 1
    assert document["overlaps"][0]["rows"][0]["entity"] == "okx"
    assert "... and 10 more; --json names them all." in to_text(compared.counts, found)


def test_no_overlaps_are_still_a_json_document(loaded: Settings, tmp_path: Path) -> None:
    found, compared = compare(loaded, ("okx", write(tmp_path / "list.csv", [row("ETH", EVM)])))
    written: list[str] = []
    to_json(compared.counts, found, written.append)
    assert json.loads("".join(written))["overlaps"] == []


def test_memory_does_not_grow_with_the_list(loaded: Settings, tmp_path: Path) -> None:
    peaks = []
    for count in (5_000, 20_000):
        rows = [row("ETH", f"0x{n:040x}") for n in range(count)]
        path = write(tmp_path / f"{count}.csv", rows)
        tracemalloc.start()
        found, _ = compare(loaded, ("okx", path))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert found == []
    assert peaks[1] < 1.5 * peaks[0] + 2**20


def test_the_command_compares_lists_with_the_last_run_in_a_store(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = str(tmp_path / "store.sqlite")

    async def stored() -> None:
        async with FakeNode(funded()) as node:
            path = write_list(tmp_path)
            endpoints = [f"ethereum={node.url}"]
            await asyncio.to_thread(run, path, tmp_path / "bundle", endpoints, store=store)

    asyncio.run(stored())
    theirs = write_htx(tmp_path, [htx_row("ETH", address(2)), htx_row("ETH", address(77))])
    code = cli.run(["overlaps", f"htx={theirs}", "--store", store, "--json", "--quiet"])
    document = json.loads(capsys.readouterr().out)
    assert code == 1
    shared = {tuple(sorted((r["entity"], r["row"]) for r in one["rows"]))
              for one in document["overlaps"]}  # fmt: skip
    assert shared == {(("okx", 4), ("okx", 14)), (("htx", 2), ("okx", 6))}
    assert document["lists"] == 2


def test_a_list_and_its_findings_in_a_store_are_compared_alike(
    loaded: Settings, tmp_path: Path
) -> None:
    path = write(
        tmp_path / "list.csv",
        [
            row("ETH", EVM), row("ETH", EVM, "1e30"), row("ETH", EVM, "x"), row("ETH", "nonsense"),
            row("NO-SUCH", EVM), row("ETH", EVM.upper().replace("0X", "0x"), "2"),
        ],
    )  # fmt: skip
    found, listed = compare(loaded, ("okx", path))
    run(path, tmp_path / "bundle", ["ethereum=http://127.0.0.1:1"])
    lines = (tmp_path / "bundle" / "findings.jsonl").read_bytes().splitlines()
    with comparing(loaded) as stored:
        stored.add_stored(loaded.entity("okx"), path.name, lines, Quiet())
        again = list(stored.overlaps())
    assert [len(one.rows) for one in found] == [2]
    assert again == found
    assert stored.counts == listed.counts


def test_the_command_wants_something_to_compare(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["overlaps"]) == 2
    assert "name lists, or a store" in capsys.readouterr().err


def test_a_path_with_an_equals_sign_is_a_path(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(tmp_path / "a=b.csv", [row("ETH", EVM), row("ETH", EVM)])
    assert cli.run(["overlaps", str(path), "--quiet"]) == 1
    assert "Counted twice: 1 holding inside one entity" in capsys.readouterr().out


def test_an_entity_that_nobody_knows_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(tmp_path / "list.csv", [row("ETH", EVM)])
    assert cli.run(["overlaps", f"nobody={path}"]) == 2
    assert capsys.readouterr().err == "assay: no entity named 'nobody'\n  Known: htx, okx.\n"
