from __future__ import annotations

import json
from pathlib import Path

import pytest

from chains.adapter import Unresolved
from crawler import settings as settings_module
from crawler.readers import ReaderOptions
from crawler.resume import fingerprint
from crawler.run import verify_list
from crawler.wallet_list import open_wallet_list
from tests.unit.crawler.lists_of_ours import Ledger, published, row
from tests.unit.crawler.test_readings import Quiet

ETHER = 10**18


@pytest.fixture
def ledger(monkeypatch: pytest.MonkeyPatch) -> Ledger:
    """The network of these tests, in place of real endpoints."""
    found = Ledger()

    def make(options: ReaderOptions) -> Ledger:
        return found

    monkeypatch.setattr("crawler.run.reader_of", make)
    return found


def verify(path: Path, store: Path, out: Path, *heights: str) -> tuple[bytes, dict[str, object]]:
    loaded = settings_module.load(environment={}, heights=heights)
    wallet_list = open_wallet_list(path, loaded.entity("okx"), loaded.heights)
    verify_list(wallet_list, loaded, Quiet(), out=out, workers=1, store=str(store))
    report = json.loads((out / "report.json").read_text())
    del report["timing"]
    return (out / "findings.jsonl").read_bytes(), report


def test_a_finished_run_is_given_again_without_asking(tmp_path: Path, ledger: Ledger) -> None:
    path, store = tmp_path / "list.csv", tmp_path / "store.sqlite"
    path.write_bytes(published([row(1, "1"), row(2, "1")]))
    ledger.set(1, ETHER)
    first = verify(path, store, tmp_path / "one")
    ledger.set(2, ETHER)  # the same block again: what was read of it stands
    assert verify(path, store, tmp_path / "two") == first


@pytest.mark.parametrize("spoil", [None, b"", b"{}\n", b"cut", b"longer"])
def test_what_lies_in_the_folder_is_made_whole(
    spoil: bytes | None, tmp_path: Path, ledger: Ledger
) -> None:
    path, store, out = tmp_path / "list.csv", tmp_path / "store.sqlite", tmp_path / "one"
    path.write_bytes(published([row(1, "0"), row(2, "0")]))
    first = verify(path, store, out)
    findings = out / "findings.jsonl"
    kinds = {b"cut": first[0][:-1], b"longer": first[0] + b"\n"}
    if spoil is None:
        written = findings.stat().st_ino
        assert verify(path, store, out) == first
        assert findings.stat().st_ino == written  # it was whole, and is the same file
        return
    findings.write_bytes(kinds.get(spoil, spoil))
    assert verify(path, store, out) == first


def test_another_block_under_the_same_height_is_read_anew(tmp_path: Path, ledger: Ledger) -> None:
    path, store = tmp_path / "list.csv", tmp_path / "store.sqlite"
    path.write_bytes(published([row(1, "1")]))
    first = verify(path, store, tmp_path / "one")
    ledger.set(1, ETHER)
    ledger.reorged = True
    again = verify(path, store, tmp_path / "two")
    assert first != again
    assert json.loads(again[0])["finding"] == "match"


def test_what_could_not_be_read_is_asked_again(tmp_path: Path, ledger: Ledger) -> None:
    path, store = tmp_path / "list.csv", tmp_path / "store.sqlite"
    path.write_bytes(published([row(1, "1")]))
    ledger.set(1, ETHER)
    ledger.down.add("ethereum")
    assert json.loads(verify(path, store, tmp_path / "one")[0])["reason"] == "unreachable"
    ledger.down.clear()
    assert json.loads(verify(path, store, tmp_path / "two")[0])["finding"] == "match"


def test_another_height_is_another_run(tmp_path: Path, ledger: Ledger) -> None:
    path, store = tmp_path / "list.csv", tmp_path / "store.sqlite"
    path.write_bytes(published([row(1, "0")]))
    first = json.loads(verify(path, store, tmp_path / "one")[0])
    second = json.loads(verify(path, store, tmp_path / "two", "ethereum=5")[0])
    assert (first["height"], second["height"]) == (100, 5)


def test_the_fingerprint_holds_no_endpoint_in_clear() -> None:
    endpoint = "ethereum=http://user:secret@127.0.0.1/key"
    loaded = settings_module.load(environment={}, endpoints=[endpoint])
    assert "secret" not in json.dumps(fingerprint(loaded, "okx"))
    other = settings_module.load(environment={}, endpoints=["ethereum=http://127.0.0.1/"])
    assert fingerprint(loaded, "okx") != fingerprint(other, "okx")


def test_a_ledger_that_is_down_is_no_reader(ledger: Ledger) -> None:
    ledger.down.add("ethereum")
    network = settings_module.load(environment={}).networks["ethereum"]
    assert isinstance(ledger(network), Unresolved)
