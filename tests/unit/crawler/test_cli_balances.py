"""`assay balances`: a whole run over a snapshot file, from list to report and exit code."""

from __future__ import annotations

import json
from decimal import ROUND_CEILING, Decimal
from pathlib import Path

import pytest

from crawler.cli import run
from tests.fakes.utxo_snapshot import (
    MAINNET_MAGIC,
    REGTEST_MAGIC,
    snapshot_old,
)
from tests.nodes.regtest import (
    P2PK_FULL,
    P2PK_SHORT,
    chain,
)
from tests.unit.crawler.lists_of_ours import HEADER
from tests.unit.crawler.snapshot_lists import (
    ADDRESSES,
    HASH,
    HEIGHT,
    amount,
    counted_passes,
    listing,
    snapshot,
)


def report_of(capsys: pytest.CaptureFixture[str]) -> dict[str, object]:
    found: dict[str, object] = json.loads(capsys.readouterr().out)
    return found


@pytest.fixture
def passes(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Grow by a path whenever a snapshot is scanned."""
    return counted_passes(monkeypatch)


def lines_of(out: Path) -> list[dict[str, str | None]]:
    return [json.loads(line) for line in (out / "findings.jsonl").read_text().splitlines()]


def test_every_row_matches_and_is_proven_by_the_set_s_hash(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "report"
    arguments = ["balances", str(listing(tmp_path)), "--utxo-snapshot", str(snapshot(tmp_path))]
    assert run([*arguments, "--utxo-hash", HASH, "--json", "--out", str(out)]) == 0
    report = report_of(capsys)
    assert report["verdict"] == "Holds: all 5 rows are observed at the snapshot."
    assert report == json.loads((out / "report.json").read_text())
    lines = lines_of(out)
    assert {line["finding"] for line in lines} == {"match"}
    assert {line["assurance"] for line in lines} == {"proof"}
    assert {line["ownership"] for line in lines} == {"unsupported"}


def test_without_a_hash_the_file_is_only_believed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "report"
    arguments = ["balances", str(listing(tmp_path)), "--utxo-snapshot", str(snapshot(tmp_path))]
    assert run([*arguments, "--out", str(out)]) == 0
    assert "Holds" in capsys.readouterr().out
    assert {line["assurance"] for line in lines_of(out)} == {"node"}


def test_a_shortfall_is_exit_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = listing(tmp_path, more=(0, 1, 0, 0, -1))
    assert run(["balances", str(path), "--utxo-snapshot", str(snapshot(tmp_path)), "--json"]) == 1
    report = report_of(capsys)
    assert report["verdict"] == "Does not hold: of 5 rows, 1 with a shortfall."
    assert report["entity"]["findings"] == {"match": 3, "shortfall": 1, "surplus": 1}  # type: ignore[index]


def test_several_lists_are_compared_in_one_pass(
    passes: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lists = []
    for name, more in (("a", (0,) * 5), ("b", (0, 0, 0, 0, 1)), ("c", (0,) * 5)):
        (tmp_path / name).mkdir()
        lists.append(str(listing(tmp_path / name, more=more)))
    lists[2] = f"OKX={lists[2]}"
    file, out = snapshot(tmp_path), tmp_path / "reports"
    given = ["--utxo-snapshot", str(file), "--utxo-hash", HASH, "--out", str(out)]
    assert run(["balances", *lists, *given, "--json"]) == 1
    assert passes == [file]
    document = report_of(capsys)
    assert document["exit_code"] == 1
    folders = ["okx-list", "okx-list-2", "okx-list-3"]
    written = [json.loads((out / name / "report.json").read_text()) for name in folders]
    assert document["reports"] == written
    assert [one["exit_code"] for one in written] == [0, 1, 0]
    for name in folders:
        assert {line["assurance"] for line in lines_of(out / name)} == {"proof"}


def test_lists_with_other_addresses_are_served_by_the_same_pass(
    passes: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = listing(tmp_path).read_text().splitlines()
    for name, rows in (("one.csv", whole[3:5]), ("two.csv", whole[5:])):
        (tmp_path / name).write_text("\n".join([*whole[:3], *rows]) + "\n")
    lists = [str(tmp_path / name) for name in ("one.csv", "two.csv")]
    assert run(["balances", *lists, "--utxo-snapshot", str(snapshot(tmp_path))]) == 0
    assert len(passes) == 1
    shown = capsys.readouterr().out
    assert "all 2 rows are observed" in shown
    assert "all 3 rows are observed" in shown


@pytest.mark.parametrize(("entity", "said"), [("okxx", "okxx"), ("HTX", "HTX publishes 'htx'")])
def test_a_list_is_read_as_its_entity_publishes(
    entity: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = str(listing(tmp_path))
    assert run(["balances", whole, f"{entity}={whole}"]) == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(("above", "code"), [(0, 0), (1, 1)])
def test_a_summary_that_was_rounded_up_is_not_above_its_rows(
    above: int, code: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = listing(tmp_path)
    held = sum((Decimal(amount(script, HEIGHT)) for script in ADDRESSES.values()), Decimal())
    published = held.to_integral_value(ROUND_CEILING) + above
    assert published > held
    head, _, rows = path.read_text().partition("\n")
    path.write_text(f"{head}\nBTC,{HEIGHT},{published}\n{rows}")
    given = ["--utxo-snapshot", str(snapshot(tmp_path)), "--json"]
    assert run(["balances", str(path), *given]) == code
    report = report_of(capsys)
    assert [line["agrees"] for line in report["summary"]] == [not above]  # type: ignore[attr-defined]


def test_a_public_key_in_the_place_of_an_address_is_its_own_account(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # Its hash, and its other form, are accounts of others: their coins are not counted with it.
    rows = [f"BTC,BTC,{HEIGHT},{script[1:-1].hex()},{amount(script, HEIGHT)},,,,,,"
            for script in (P2PK_SHORT, P2PK_FULL)]  # fmt: skip
    path = tmp_path / "list.csv"
    path.write_text("\n".join(["coin,snapshot height,amount", "", HEADER, *rows]) + "\n")
    assert chain().balance(P2PK_SHORT, HEIGHT) != chain().balance(P2PK_FULL, HEIGHT) > 0
    assert run(["balances", str(path), "--utxo-snapshot", str(snapshot(tmp_path)), "--json"]) == 0
    assert report_of(capsys)["verdict"] == "Holds: all 2 rows are observed at the snapshot."


def test_verify_reads_the_same_snapshot(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["verify", str(listing(tmp_path)), "--utxo-snapshot", str(snapshot(tmp_path))]
    assert run([*arguments, "--utxo-hash", HASH, "--json"]) == 3  # the rows are not signed
    assert report_of(capsys)["entity"]["rows_observed"] == 5  # type: ignore[index]


@pytest.mark.parametrize("kind", ["hash", "height", "network", "cut", "no snapshot"])
def test_what_cannot_be_checked_is_exit_3_and_never_a_number(
    kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = snapshot(tmp_path, magic=REGTEST_MAGIC if kind == "network" else MAINNET_MAGIC)
    if kind == "cut":
        path.write_bytes(path.read_bytes()[:-1])
    trust = ["--utxo-hash", "11" * 32] if kind == "hash" else []
    asked = listing(tmp_path, height=HEIGHT + 1 if kind == "height" else HEIGHT)
    given = [] if kind == "no snapshot" else ["--utxo-snapshot", str(path)]
    out = tmp_path / "report"
    assert run(["balances", str(asked), *given, *trust, "--json", "--out", str(out)]) == 3
    assert str(report_of(capsys)["verdict"]).startswith("Incomplete")
    for line in lines_of(out):
        assert line["finding"] == "unresolved"
        assert line["observed"] is None


def test_blocks_after_the_snapshot_are_applied(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    blocks = tmp_path / "blocks"
    blocks.mkdir()
    for height in range(101, HEIGHT + 1):
        (blocks / str(height)).write_bytes(chain().block(height))
    given = ["--utxo-snapshot", str(snapshot(tmp_path, height=101)), "--utxo-blocks", str(blocks)]
    out = tmp_path / "report"
    code = run(["balances", str(listing(tmp_path)), *given, "--json", "--out", str(out)])
    assert code == 0, capsys.readouterr().err
    assert {line["finding"] for line in lines_of(out)} == {"match"}


def test_a_file_of_the_old_format_is_of_the_network_that_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "utxo.dat"
    path.write_bytes(snapshot_old(chain().coins[HEIGHT].values(), chain().hashes[HEIGHT]))
    given = [str(listing(tmp_path)), "--utxo-snapshot", str(path), "--json"]
    assert run(["balances", *given]) == 0
    capsys.readouterr()
    # Named as Litecoin's, it says nothing of Bitcoin.
    assert run(["balances", *given, "--utxo-snapshot-network", "ltc"]) == 3


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--utxo-hash", "11" * 32], "need --utxo-snapshot"),
        (["--utxo-snapshot", "no-such-file"], "is no file"),
        (["--utxo-snapshot", "list.csv", "--utxo-hash", "xyz"], "not a hash"),
        (["--utxo-snapshot", "list.csv", "--utxo-hash", "md5:" + "11" * 32], "not a hash"),
        (["--utxo-snapshot", "list.csv", "--utxo-snapshot-network", "bitcon"], "did you mean"),
        (["--utxo-snapshot", "list.csv", "--utxo-snapshot-network", "eth"], "has no UTXO set"),
        (["--utxo-snapshot", "list.csv"], "list.csv: the file is not a UTXO snapshot"),
        (["--utxo-snapshot", "empty"], "empty: the file is too short for a UTXO snapshot"),
        (["--utxo-snapshot", "newer"], "newer: the snapshot is of version 3"),
    ],
)
def test_flags_that_make_no_sense_are_exit_2(
    flags: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    listing(tmp_path)
    (tmp_path / "empty").touch()
    (tmp_path / "newer").write_bytes(b"utxo\xff\x03\x00" + bytes(60))
    monkeypatch.chdir(tmp_path)
    for command in ("balances", "verify"):
        assert run([command, "list.csv", *flags, "--out", "out"]) == 2
        assert message in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
