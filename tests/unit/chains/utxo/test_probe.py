from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from chains.probed import Ability
from chains.registry import Network
from chains.utxo.probe import EndpointReport, probe
from tests.fakes.core_node import CoreNode, Refusal
from tests.fakes.electrum_server import ElectrumFake
from tests.fakes.explorers import BlockbookFake, DeltasFake, EsploraFake
from tests.fakes.omni_node import OmniFake
from tests.fakes.utxo_scene import TRANSPORT, network, scene
from tests.nodes.regtest import GENESIS, chain


def of_landmark(block: str) -> Network:
    return network(options={"pow": "sha256d", "checkpoint_hash": block})


async def reports(network: Network, *urls: str) -> tuple[EndpointReport, ...]:
    return await probe(network, urls, transport=TRANSPORT)


async def test_servers_of_every_kind_are_of_the_network_by_its_landmark() -> None:
    told = scene()
    async with (
        ElectrumFake(told.ledger, told.owners) as electrum,
        EsploraFake(told.ledger, told.owners) as esplora,
        BlockbookFake(told.ledger, told.owners) as blockbook,
        DeltasFake(told.ledger, told.owners) as deltas,
        OmniFake(told.ledger, told.owners) as omni,
    ):
        urls = [one.url for one in (electrum, esplora, blockbook, deltas, omni)]
        right = of_landmark(told.ledger.blocks[0].hash)
        wrong = of_landmark("11" * 32)
        unknown = network()
        found = {
            name: await reports(net, *urls)
            for name, net in (("right", right), ("wrong", wrong), ("unknown", unknown))
        }
    for report in (*found["right"], *found["unknown"]):
        assert report.latest == told.ledger.height
        assert (report.replays.ability is Ability.YES) == (report.kind != "Omni Core")
        assert report.old_snapshots.ability is Ability.NO
    assert [one.right_chain.ability for one in found["right"]] == [Ability.YES] * 5
    assert [one.right_chain.ability for one in found["wrong"]] == [Ability.NO] * 5
    assert {one.latest for one in found["wrong"]} == {None}
    assert [one.right_chain.ability for one in found["unknown"]] == [Ability.UNKNOWN] * 5
    kinds = ["Electrum server", "Esplora", "Blockbook", "node with getaddressdeltas", "Omni Core"]
    assert [one.kind for one in found["right"]] == kinds


@pytest.mark.parametrize(
    ("version", "old", "said"),
    [
        (320_000, Ability.YES, "goes on"),
        (290_000, Ability.YES, "--yes"),
        (280_000, Ability.NO, "of its tip"),
    ],
)
async def test_a_node_says_which_snapshots_it_makes(
    version: int, old: Ability, said: str, tmp_path: Path
) -> None:
    node = CoreNode(chain(), tmp_path, version=version, keeps_muhash=old is Ability.YES)
    async with node.serving() as url:
        (report,) = await reports(of_landmark(GENESIS), url)
    assert report.right_chain.ability is Ability.YES
    assert (report.version, report.latest) == (version, chain().height)
    assert report.old_snapshots.ability is old
    assert said in report.old_snapshots.detail
    assert report.keeps_muhash.ability is old
    assert "secret" not in str(report)


@pytest.mark.parametrize(
    ("answers", "keeps"),
    [
        ({"getindexinfo": {"coinstatsindex": {"synced": False}}}, Ability.NO),
        ({"getindexinfo": Refusal(-32601, "Method not found")}, Ability.UNKNOWN),
        ({"getindexinfo": [1]}, Ability.UNKNOWN),
    ],
)
async def test_an_index_that_is_not_there_yet_vouches_for_nothing(
    answers: Mapping[str, object], keeps: Ability, tmp_path: Path
) -> None:
    async with CoreNode(chain(), tmp_path, answers=answers).serving() as url:
        (report,) = await reports(of_landmark(GENESIS), url)
    assert report.keeps_muhash.ability is keeps


async def test_a_node_of_another_network_is_told(tmp_path: Path) -> None:
    async with CoreNode(chain(), tmp_path).serving() as url:
        (report,) = await reports(of_landmark("11" * 32), url)
    assert report.right_chain.ability is Ability.NO
    assert GENESIS in report.right_chain.detail


async def test_what_does_not_answer_is_unknown() -> None:
    urls = ["tcp://127.0.0.1:1", "esplora+http://127.0.0.1:1", "http://127.0.0.1:1"]
    found = await reports(network(), *urls, urls[0])
    assert len(found) == len(urls)
    for report in found:
        assert report.right_chain.ability is Ability.UNKNOWN
        assert report.right_chain.detail
