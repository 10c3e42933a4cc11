"""The demo with a stand-in for the main job: one that tells the truth, and many that do not."""

from __future__ import annotations

import json
import os
import signal
import socket
from http.client import HTTPConnection
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from crawler.demo.chain import NodeError
from crawler.demo.play import AGREES, DISAGREES, play
from crawler.demo.scene import load_scene
from crawler.errors import CrawlerError, OutputError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

HASHES = (False,)
"""The second argument of eth_getBlockByNumber: no whole transactions."""

Findings = dict[int, dict[str, Any]]


def ask(url: str, method: str, *parameters: object) -> dict[str, str] | str:
    connection = HTTPConnection(urlsplit(url).netloc, timeout=20)
    body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": parameters}
    connection.request("POST", "/", json.dumps(body), {"Content-Type": "application/json"})
    answer = json.loads(connection.getresponse().read())
    connection.close()
    result: dict[str, str] | str = answer["result"]
    return result


class Oracle:
    """Judges every row as the scene says it must be judged, with figures from the nodes."""

    def __init__(self, bundled: Path, change: Callable[[Findings], object] | None = None) -> None:
        self.scene = load_scene(bundled)
        self.change = change
        self.urls: dict[str, str] = {}
        self.out: Path | None = None

    def __call__(self, wallet_list: Path, *, endpoints: Sequence[str], out: Path) -> int:
        self.out = out
        self.urls = dict(endpoint.split("=", 1) for endpoint in endpoints)
        findings: Findings = {}
        detail = False
        for number, line in enumerate(wallet_list.read_text().splitlines(), 1):
            if detail:
                findings[number] = self.judge(number, line.split(","))
            detail = detail or line.startswith("coin,Network")
        if self.change is not None:
            self.change(findings)
        text = "".join(json.dumps(finding) + "\n" for finding in findings.values())
        (out / "findings.jsonl").write_text(text)
        return 1

    def judge(self, number: int, cells: list[str]) -> dict[str, Any]:
        network = {"BTC": "bitcoin", "TRX": "tron", "SOL": "solana", "ETH": "ethereum"}.get(
            cells[1], cells[1].lower()
        )
        finding: dict[str, Any] = {
            "row": number, "coin": cells[0], "network": network, "address": cells[3],
            "claimed": cells[4], "observed": None, "block_hash": None,
            "finding": "unresolved", "reason": "unreachable", "ownership": "proven",
        }  # fmt: skip
        chain = {chain.network: chain for chain in self.scene.chains}.get(network)
        if chain is not None:
            coin = chain.coins[cells[0]]
            held = {(of, address): units for of, address, units in chain.holdings}.get(
                (coin, cells[3].lower()), 0
            )
            block = ask(self.urls[network], "eth_getBlockByNumber", hex(chain.height), *HASHES)
            assert isinstance(block, dict)
            whole, fraction = divmod(held, 10**coin.decimals)
            finding |= {
                "observed": f"{whole}.{fraction:0{coin.decimals}d}",
                "block_hash": block["hash"], "finding": "match", "reason": "equal",
            }  # fmt: skip
        for case in self.scene.cases:
            if number in case.rows:
                finding |= case.expect
        if finding["reason"] == "duplicate":
            finding["observed"] = None
        return finding


def silent(wallet_list: Path, *, endpoints: Sequence[str], out: Path) -> int:
    """Stand in for a main job that ends without a report."""
    assert wallet_list.parent == out
    return len(endpoints)


def row_of(bundled: Path, case: str) -> int:
    (row,) = next(planted.rows for planted in load_scene(bundled).cases if planted.name == case)
    return row


def nodes_left() -> list[str]:
    """Return the command lines of the nodes that are children of this process."""
    left = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            command = (process / "cmdline").read_bytes()
            parent = int((process / "stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue  # it ended while we looked
        if parent == os.getpid() and b"anvil" in command:
            left.append(command.decode(errors="replace"))
    return left


@pytest.mark.usefixtures("anvil")
def test_a_true_report_agrees(bundled: Path, tmp_path: Path, home: Path) -> None:
    said: list[str] = []
    verify = Oracle(bundled)
    assert play(verify, data=bundled, out=tmp_path / "out", say=said.append) == AGREES
    text = "\n".join(said)
    for case in load_scene(bundled).cases:
        assert case.says in text
    assert "WRONG" not in text
    assert "All 142 observed figures equal the nodes' own" in text
    assert str(tmp_path / "out") in text
    assert (tmp_path / "out" / "okx_demo.csv").read_bytes() == (
        bundled / "okx_demo.csv"
    ).read_bytes()
    assert nodes_left() == []
    assert not any(home.iterdir())


@pytest.mark.usefixtures("anvil")
@pytest.mark.parametrize(
    ("case", "lie"),
    [
        ("surplus", {"finding": "match"}),
        ("shortfall", {"observed": "61000000.000000", "finding": "match"}),
        ("wrong-signature", {"ownership": "proven"}),
        ("duplicate", {"reason": "equal", "finding": "match"}),
        ("one-signer", {"ownership": "proven"}),
        ("contract-owner", {"ownership": "proven"}),
        ("unsigned", {"ownership": "proven"}),
        ("moved-later", {"observed": "0.000000", "finding": "shortfall"}),
        ("nothing-there", {"observed": None, "finding": "unresolved", "reason": "call-failed"}),
        ("moved-later", {"block_hash": "0x" + "00" * 32}),
    ],
)
def test_a_false_report_does_not(
    bundled: Path, tmp_path: Path, case: str, lie: dict[str, Any]
) -> None:
    said: list[str] = []
    row = row_of(bundled, case)
    verify = Oracle(bundled, lambda findings: findings[row].update(lie))
    assert play(verify, data=bundled, out=tmp_path, say=said.append) == DISAGREES
    assert any(line.startswith("WRONG") and f"row {row}" in line for line in said)
    assert not any("figures equal" in line for line in said)


@pytest.mark.usefixtures("anvil")
def test_a_report_that_leaves_out_a_row_does_not_agree(bundled: Path, tmp_path: Path) -> None:
    said: list[str] = []
    verify = Oracle(bundled, lambda findings: findings.popitem())
    assert play(verify, data=bundled, out=tmp_path, say=said.append) == DISAGREES
    assert any("rows, the report" in line for line in said)


@pytest.mark.usefixtures("anvil")
def test_many_problems_are_counted_not_listed(bundled: Path, tmp_path: Path) -> None:
    said: list[str] = []
    many = Oracle(
        bundled, lambda findings: [one.update(block_hash="") for one in findings.values()]
    )
    assert play(many, data=bundled, out=tmp_path, say=said.append) == DISAGREES
    assert [line for line in said if line.startswith("WRONG")][20:] == ["WRONG: and 122 more."]


@pytest.mark.usefixtures("anvil")
def test_an_earlier_report_is_not_taken_for_this_one(bundled: Path, tmp_path: Path) -> None:
    play(Oracle(bundled), data=bundled, out=tmp_path, say=lambda _: None)
    with pytest.raises(CrawlerError, match="no findings"):
        play(silent, data=bundled, out=tmp_path, say=lambda _: None)
    assert nodes_left() == []


@pytest.mark.usefixtures("anvil")
def test_every_network_of_the_list_gets_an_endpoint_of_this_machine(
    bundled: Path, tmp_path: Path
) -> None:
    verify = Oracle(bundled)
    play(verify, data=bundled, out=tmp_path, say=lambda _: None)
    assert {urlsplit(url).hostname for url in verify.urls.values()} == {"127.0.0.1"}
    assert set(verify.urls) == {
        "ethereum", "arbitrum", "optimism", "base", "bitcoin", "solana", "tron",
    }  # fmt: skip


@pytest.mark.usefixtures("anvil")
def test_unreachable_networks_refuse_connections_while_it_plays(
    bundled: Path, tmp_path: Path
) -> None:
    refused = []

    def verify(wallet_list: Path, *, endpoints: Sequence[str], out: Path) -> int:
        url = dict(endpoint.split("=", 1) for endpoint in endpoints)["base"]
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection((urlsplit(url).hostname, urlsplit(url).port), 5)
        refused.append(url)
        return Oracle(bundled)(wallet_list, endpoints=endpoints, out=out)

    assert play(verify, data=bundled, out=tmp_path, say=lambda _: None) == AGREES
    assert len(refused) == 1


@pytest.mark.usefixtures("anvil")
@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_and_its_nodes(
    bundled: Path, tmp_path: Path, sent: signal.Signals
) -> None:
    before = signal.getsignal(signal.SIGTERM)

    def verify(wallet_list: Path, *, endpoints: Sequence[str], out: Path) -> int:
        assert len(nodes_left()) == 3
        signal.raise_signal(sent)
        raise AssertionError((wallet_list, endpoints, out))

    with pytest.raises(KeyboardInterrupt):
        play(verify, data=bundled, out=tmp_path, say=lambda _: None)
    assert nodes_left() == []
    assert signal.getsignal(signal.SIGTERM) is before


@pytest.mark.usefixtures("anvil")
def test_an_error_of_the_main_job_ends_the_nodes(bundled: Path, tmp_path: Path) -> None:
    def verify(wallet_list: Path, *, endpoints: Sequence[str], out: Path) -> int:
        raise CrawlerError(f"{wallet_list} {endpoints} {out}")

    with pytest.raises(CrawlerError):
        play(verify, data=bundled, out=tmp_path, say=lambda _: None)
    assert nodes_left() == []


@pytest.mark.usefixtures("anvil")
def test_nodes_can_be_kept_until_ctrl_c(bundled: Path, tmp_path: Path) -> None:
    said: list[str] = []
    verify = Oracle(bundled)

    def wait() -> None:
        assert ask(verify.urls["arbitrum"], "eth_chainId") == hex(42_161)
        signal.raise_signal(signal.SIGINT)

    assert play(verify, data=bundled, out=tmp_path, say=said.append, wait=wait) == AGREES
    assert f"--endpoint base={verify.urls['base']}" in said[-1]
    assert nodes_left() == []


def test_without_anvil_nothing_is_written(
    bundled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ASSAY_ANVIL", str(tmp_path / "none"))
    with pytest.raises(NodeError):
        play(Oracle(bundled), data=bundled, out=tmp_path / "out", say=lambda _: None)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("anvil")
def test_a_folder_that_cannot_be_made_is_an_error(bundled: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot write"):
        play(Oracle(bundled), data=bundled, out=tmp_path / "file" / "out", say=lambda _: None)
