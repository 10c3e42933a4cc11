"""Both scanners, by the same tests: the plain one and the fast one give one answer."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chains.errors import MalformedAnswer
from chains.utxo import scan as plain
from chains.utxo.compression import compress_script
from chains.utxo.scan import Hit, Scan, Scanner, ScanOptions, read_header, scanner
from chains.utxo.snapshot_file import SENTENCES, Fault
from tests.fakes.utxo_snapshot import Coin, hash_serialized, muhash, snapshot_old, snapshot_v2
from tests.unit.chains.utxo.snapshots import BLOCK, FAULTS, OLD_FAULTS, random_coins

numba_scan = pytest.importorskip("chains.utxo.scan_numba", reason="the extra `utxo` is not here")

SCANNERS: dict[str, Scanner] = {"plain": plain.scan, "numba": numba_scan.scan}


@pytest.fixture(params=sorted(SCANNERS))
def scan(request: pytest.FixtureRequest) -> Scanner:
    return SCANNERS[request.param]


def written(folder: Path, content: bytes) -> Path:
    path = folder / "utxo.dat"
    path.write_bytes(content)
    return path


def held(coins: list[Coin], scripts: list[bytes]) -> list[int]:
    return [sum(coin.amount for coin in coins if coin.script == script) for script in scripts]


COINS = random_coins(1, 400)
SCRIPTS = [*sorted({coin.script for coin in COINS[::3]}), b"\x51absent"]
TARGETS = [compress_script(script) for script in SCRIPTS]
LAYOUTS = {
    "v2": snapshot_v2(COINS, BLOCK),
    "old": snapshot_old(COINS, BLOCK),
    "old-long": snapshot_old(COINS, BLOCK, transactions=9_000),
}


@pytest.mark.parametrize("layout", sorted(LAYOUTS))
def test_amounts_hash_and_totals_are_those_of_the_coins(
    layout: str, scan: Scanner, tmp_path: Path
) -> None:
    path = written(tmp_path, LAYOUTS[layout])
    found = scan(path, TARGETS, ScanOptions(with_hits=True))
    assert found.amounts == held(COINS, SCRIPTS)
    assert found.coins == len(COINS)
    assert found.total == sum(coin.amount for coin in COINS)
    assert found.max_height == max(coin.height for coin in COINS)
    assert found.hash_serialized == hash_serialized(COINS)
    places = {script: place for place, script in enumerate(SCRIPTS)}
    expected = {
        Hit(places[coin.script], coin.outpoint, coin.amount)
        for coin in COINS if coin.script in places
    }  # fmt: skip
    assert found.hits is not None
    assert len(found.hits) == len(expected)
    assert set(found.hits) == expected


@pytest.mark.parametrize("layout", ["v2", "old"])
def test_the_muhash_is_that_of_the_coins(layout: str, scan: Scanner, tmp_path: Path) -> None:
    coins = [*random_coins(2, 30), Coin(b"\x77" * 32, 0, 1, is_coinbase=False, amount=1,
                                       script=b"\x6a" * 300)]  # fmt: skip
    content = snapshot_v2(coins, BLOCK) if layout == "v2" else snapshot_old(coins, BLOCK)
    found = scan(written(tmp_path, content), [], ScanOptions(with_muhash=True))
    assert (found.muhash, found.hash_serialized) == (muhash(coins), hash_serialized(coins))
    assert not scan(written(tmp_path, content), [], ScanOptions()).muhash


def test_all_coins_together_may_be_more_than_one_can_be(scan: Scanner, tmp_path: Path) -> None:
    # As Dogecoin's are: 1.5e11 DOGE are 1.5e19 base units, and 63 bits end at 9.2e18.
    coins = [
        Coin(b"\x11" * 32, vout, 9, is_coinbase=False, amount=5 * 10**18, script=SCRIPTS[0])
        for vout in range(3)
    ]
    found = scan(written(tmp_path, snapshot_old(coins, BLOCK)), TARGETS, ScanOptions())
    assert (found.total, found.amounts[0]) == (15 * 10**18, 15 * 10**18)


@pytest.mark.parametrize("layout", ["v2", "old"])
def test_a_mark_in_a_coin_s_code_is_no_part_of_its_height(
    layout: str, scan: Scanner, tmp_path: Path
) -> None:
    # Litecoin writes code + 2**31 for a peg-out, which reads as 2**30 blocks more.
    plain_coins = random_coins(4, 100)
    marked = [
        replace(coin, height=coin.height + 2**30 * (n % 3 == 0))
        for n, coin in enumerate(plain_coins)
    ]
    content = (snapshot_v2 if layout == "v2" else snapshot_old)(marked, BLOCK)
    found = scan(written(tmp_path, content), [], ScanOptions(mark=1 << 31, with_muhash=True))
    assert found.max_height == max(coin.height for coin in plain_coins)
    assert found.hash_serialized == hash_serialized(plain_coins)
    assert found.muhash == muhash(plain_coins)
    assert scan(written(tmp_path, content), [], ScanOptions()).max_height > 2**30


def test_what_is_not_asked_for_is_not_given(scan: Scanner, tmp_path: Path) -> None:
    found = scan(written(tmp_path, LAYOUTS["v2"]), [], ScanOptions(with_hash=False))
    assert (found.amounts, found.hits, found.hash_serialized) == ([], None, "")


@pytest.mark.parametrize("kind", sorted(FAULTS))
def test_a_damaged_file_is_refused_for_what_is_wrong(
    kind: str, scan: Scanner, tmp_path: Path
) -> None:
    make, fault = FAULTS[kind]
    with pytest.raises(MalformedAnswer, match=SENTENCES[fault]):
        scan(written(tmp_path, make()), TARGETS, ScanOptions())


@pytest.mark.parametrize("kind", sorted(OLD_FAULTS))
def test_a_damaged_old_file_is_refused_for_what_is_wrong(
    kind: str, scan: Scanner, tmp_path: Path
) -> None:
    make, fault = OLD_FAULTS[kind]
    with pytest.raises(MalformedAnswer, match=SENTENCES[fault]):
        scan(written(tmp_path, make()), TARGETS, ScanOptions())


@pytest.mark.parametrize("layout", ["v2", "old"])
def test_a_file_that_is_cut_anywhere_ends_too_early(
    layout: str, scan: Scanner, tmp_path: Path
) -> None:
    coins = [
        Coin(b"\x11" * 32, vout, 800_000, is_coinbase=False, amount=12_345_678, script=b"\x51")
        for vout in (0, 255, 70_000, *range(300, 560))
    ]
    content = (snapshot_v2 if layout == "v2" else snapshot_old)(coins, BLOCK)
    for end in range(51, 140) if layout == "v2" else range(len(content) - 90, len(content)):
        with pytest.raises(MalformedAnswer, match=SENTENCES[Fault.TRUNCATED]):
            scan(written(tmp_path, content[:end]), TARGETS, ScanOptions())


def test_targets_must_be_distinct(scan: Scanner, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="distinct"):
        scan(written(tmp_path, LAYOUTS["v2"]), [TARGETS[0]] * 2, ScanOptions())


def test_progress_is_told(scan: Scanner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[int] = []
    monkeypatch.setattr(numba_scan, "CHUNK", 20_480)
    scan(written(tmp_path, LAYOUTS["v2"]), [], ScanOptions(progress=told.append))
    assert told == sorted(told)
    assert all(0 < count <= len(COINS) for count in told)


def outcome(scan: Scanner, path: Path, targets: list[bytes]) -> Scan | str:
    """Return what a scanner makes of a file: its answer, or why it refuses it."""
    try:
        found = scan(path, targets, ScanOptions(with_hits=True))
    except MalformedAnswer as error:
        return str(error).partition(" (near")[0]
    return found


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    seed=st.integers(0, 10**6),
    transactions=st.integers(0, 40),
    is_old=st.booleans(),
    damage=st.lists(st.tuples(st.integers(40, 4_000), st.integers(0, 255)), max_size=2),
)
def test_both_scanners_say_the_same_of_any_file(
    tmp_path: Path, seed: int, transactions: int, is_old: bool, damage: list[tuple[int, int]]
) -> None:
    coins = random_coins(seed, transactions)
    content = bytearray(snapshot_old(coins, BLOCK) if is_old else snapshot_v2(coins, BLOCK))
    for at, value in damage:
        if at < len(content):
            content[at] = value
    path = written(tmp_path, bytes(content))
    targets = list({compress_script(coin.script): None for coin in coins[::3]})
    answers = [outcome(one, path, targets) for one in SCANNERS.values()]
    assert answers[0] == answers[1]
    if not damage:
        assert isinstance(answers[0], Scan)


def test_the_fast_scanner_is_taken_where_it_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    assert scanner() is numba_scan.scan
    monkeypatch.setattr("chains.utxo.scan.find_spec", lambda _name: None)
    assert scanner() is plain.scan


def test_the_header_is_read_from_the_file(tmp_path: Path) -> None:
    assert read_header(written(tmp_path, LAYOUTS["v2"])).coins == len(COINS)
    with pytest.raises(MalformedAnswer, match="too short"):
        read_header(written(tmp_path, b"utx"))


def test_every_fault_has_a_file() -> None:
    assert {fault for _, fault in FAULTS.values()} == set(Fault)
