from __future__ import annotations

import asyncio
import json

import pytest

from crawler import settings
from crawler.cli import run as assay
from crawler.network_check import check_networks
from tests.fakes.electrum_server import ElectrumFake
from tests.fakes.evm_node import FakeNode
from tests.fakes.evm_scene import ledger
from tests.fakes.utxo_scene import scene

NOWHERE = "http://127.0.0.1:9"


def load(*endpoints: str) -> settings.Settings:
    return settings.load(environment={}, endpoints=endpoints)


async def _check(arguments: list[str], labels: list[str], *, as_json: bool) -> int:
    # check_networks has a loop of its own, in another thread
    return await asyncio.to_thread(check_networks, load(*arguments), labels, as_json=as_json)


async def test_a_sound_endpoint_is_exit_0(capsys: pytest.CaptureFixture[str]) -> None:
    async with FakeNode(ledger(3)) as node:
        assert await _check([f"ethereum={node.url}"], ["ethereum"], as_json=True) == 0
    document = json.loads(capsys.readouterr().out)
    (report,) = document["networks"]["ethereum"]
    assert report["right_chain"]["ability"] == "yes"
    assert report["state_override"]["ability"] == "yes"


@pytest.mark.parametrize(
    "line",
    [
        ["networks", "--endpoint", "base=URL", "--json", "check", "base"],
        ["networks", "check", "base", "--endpoint", "base=URL", "--json"],
        [
            "networks",
            "--endpoint",
            f"base={NOWHERE}",
            "check",
            "base",
            "--endpoint",
            "base=URL",
            "--json",
        ],
    ],
)
async def test_flags_before_and_after_the_word_check_are_heard(
    line: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ASSAY_ENDPOINTS", f"base={NOWHERE}")
    async with FakeNode(ledger(3)) as node:
        words = [word.replace("URL", node.url) for word in line]
        assert await asyncio.to_thread(assay, words) == 1
    (report,) = json.loads(capsys.readouterr().out)["networks"]["base"]
    assert report["label"] == node.url
    assert report["right_chain"]["ability"] == "no"


async def test_utxo_endpoints_are_probed_too(capsys: pytest.CaptureFixture[str]) -> None:
    told = scene()
    async with ElectrumFake(told.ledger, told.owners) as server:
        asked = [f"bitcoin={server.url}"], ["bitcoin"]
        assert await _check(*asked, as_json=False) == 3
        assert "Electrum server" in capsys.readouterr().out
        assert await _check(*asked, as_json=True) == 3
    (report,) = json.loads(capsys.readouterr().out)["networks"]["bitcoin"]
    # Bitcoin's landmark lies far above the tip of this ledger.
    assert report["right_chain"]["ability"] == "unknown"


async def test_another_chain_is_exit_1(capsys: pytest.CaptureFixture[str]) -> None:
    async with FakeNode(ledger(3)) as node:
        assert await _check([f"base={node.url}"], ["base"], as_json=False) == 1
    assert "no" in capsys.readouterr().out


async def test_no_answer_and_no_method_are_exit_3(capsys: pytest.CaptureFixture[str]) -> None:
    assert await _check(["ethereum=http://127.0.0.1:9"], ["ethereum"], as_json=False) == 3
    assert await _check([], ["solana"], as_json=False) == 3
    assert "not probed yet" in capsys.readouterr().out
