from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from chains.adapter import Assurance, Observed, SnapshotPoint, Unresolved
from chains.errors import UnresolvedReason
from chains.registry import Network
from chains.transport.endpoint import Surroundings
from chains.utxo.node_reader import NodeReader
from chains.utxo.settings import UtxoSettings
from tests.fakes.core_node import CoreNode, Refusal
from tests.fakes.utxo_snapshot import hash_serialized, snapshot_v2
from tests.nodes.regtest import EVERY_SCRIPT, chain
from tests.unit.chains.utxo.networks import COIN, FAST, REGTEST, TOKEN, readings

ACCOUNTS = [script for name, script in EVERY_SCRIPT.items() if name != "empty"]


def made(
    url: str, *, yes: bool = False, said: list[str] | None = None, network: Network = REGTEST
) -> NodeReader:
    settings = UtxoSettings(
        transport=FAST, may_roll_back=yes, say=(said if said is not None else []).append
    )
    return NodeReader(network, [url], settings, Surroundings())


@pytest.mark.parametrize(("version", "yes"), [(320_000, False), (290_000, True), (310_100, True)])
@pytest.mark.parametrize("height", [101, 104, 111])
async def test_the_node_makes_the_snapshot_and_it_is_proven(
    version: int, yes: bool, height: int, tmp_path: Path
) -> None:
    node = CoreNode(chain(), tmp_path, version=version)
    async with node.serving() as url:
        point, found = await readings(made(url, yes=yes), height, ACCOUNTS)
    assert isinstance(point, SnapshotPoint), point
    assert point.block_time is not None
    for script, reading in found.items():
        assert isinstance(reading, Observed), reading
        assert reading.amount == chain().balance(script, height)
        assert reading.assurance is Assurance.PROOF
        assert reading.point == point
    (dump,) = [params for method, params in node.calls if method == "dumptxoutset"]
    options = {"rollback": height} | ({"in_memory": True} if version >= 320_000 else {})
    assert dump == [f"assay-regtest-{height}.dat", "rollback", options]
    assert set(node.authorization) == {"Basic dXNlcjpzZWNyZXQ="}


async def test_several_queries_at_one_height_take_one_snapshot(tmp_path: Path) -> None:
    node = CoreNode(chain(), tmp_path)
    async with node.serving() as url:
        reader = made(url)
        reader.expect(ACCOUNTS)
        async with reader:
            point = await reader.pin(104)
            assert isinstance(point, SnapshotPoint)
            for part in (ACCOUNTS[:5], ACCOUNTS[5:]):
                found = [
                    item async for batch in reader.balances(COIN, point, part) for item in batch
                ]
                assert [account for account, _ in found] == part
            assert await reader.check_form(COIN, point) is None
            assert await reader.check_form(TOKEN, point) is not None
    assert [method for method, _ in node.calls].count("dumptxoutset") == 1


async def test_a_reader_that_is_entered_again_keeps_its_snapshot(tmp_path: Path) -> None:
    node = CoreNode(chain(), tmp_path)
    async with node.serving() as url:
        reader = made(url)
        reader.expect(ACCOUNTS)
        first = await readings(reader, 104, ACCOUNTS[:5])
        assert await readings(reader, 104, ACCOUNTS[:5]) == first
        (health,) = reader.health()
    assert [method for method, _ in node.calls].count("dumptxoutset") == 1
    assert 0 < health.requests < len(node.calls)
    assert (health.failures, "secret" in health.label) == ((), False)


async def test_an_older_node_is_not_rolled_back_without_leave(tmp_path: Path) -> None:
    node = CoreNode(chain(), tmp_path, version=300_000)
    async with node.serving() as url:
        _, found = await readings(made(url), 104, ACCOUNTS)
    (reading,) = set(found.values())
    assert isinstance(reading, Unresolved)
    assert "--yes" in reading.detail
    assert "leaves the network" in reading.detail
    assert "dumptxoutset" not in [method for method, _ in node.calls]


async def test_a_node_before_29_can_only_write_its_tip(tmp_path: Path) -> None:
    node = CoreNode(chain(), tmp_path, version=280_000)
    async with node.serving() as url:
        _, found = await readings(made(url, yes=True), 104, ACCOUNTS)
        (reading,) = set(found.values())
        assert isinstance(reading, Unresolved)
        assert "only write the UTXO set of its tip" in reading.detail
        assert "use --utxo-snapshot FILE" in reading.detail
        tip = made(url, network=replace(REGTEST, finality="1"))
        _, found = await readings(tip, 112, ACCOUNTS)
        assert all(isinstance(one, Observed) for one in found.values())


@pytest.mark.parametrize(
    ("version", "assurance"), [(270_000, Assurance.PROOF), (210_300, Assurance.NODE)]
)
async def test_an_old_node_writes_the_old_format_and_tells_no_hash_we_know(
    version: int, assurance: Assurance, tmp_path: Path
) -> None:
    node = CoreNode(chain(), tmp_path, version=version)
    async with node.serving() as url:
        tip = made(url, network=replace(REGTEST, finality="1"))
        _, found = await readings(tip, 112, ACCOUNTS)
    for script, reading in found.items():
        assert isinstance(reading, Observed), reading
        assert reading.amount == chain().balance(script, 112)
        assert reading.assurance is assurance


async def test_blocks_whose_hash_is_not_computed_here_are_pinned_all_the_same(
    tmp_path: Path,
) -> None:
    opaque = replace(REGTEST, options={**REGTEST.options, "header": "opaque"})
    node = CoreNode(chain(), tmp_path)
    async with node.serving() as url:
        point, found = await readings(made(url, network=opaque), 104, ACCOUNTS)
    assert isinstance(point, SnapshotPoint), point
    assert point.block_time == datetime.fromtimestamp(chain().time(104), UTC)
    assert all(isinstance(one, Observed) for one in found.values())
    node.answers = {"getblockheader": {"hash": "11" * 32, "height": 104, "time": 1}}
    async with node.serving() as url:
        wrong, _ = await readings(made(url, network=opaque), 104, ACCOUNTS)
    assert isinstance(wrong, Unresolved)
    assert wrong.reason is UnresolvedReason.WRONG_STATE


@pytest.mark.parametrize(
    ("height", "reason"),
    [(7, UnresolvedReason.WRONG_CHAIN), (5_000, UnresolvedReason.NO_BLOCK)],
)
async def test_a_node_without_the_landmark_is_refused(
    height: int, reason: UnresolvedReason, tmp_path: Path
) -> None:
    mark: dict[str, str | int] = {"checkpoint_height": height, "checkpoint_hash": "11" * 32}
    network = replace(REGTEST, options={**REGTEST.options, **mark})
    async with CoreNode(chain(), tmp_path).serving() as url:
        point, _ = await readings(made(url, network=network), 104, ACCOUNTS)
    assert isinstance(point, Unresolved)
    assert point.reason is reason


async def test_another_network_s_node_is_refused(tmp_path: Path) -> None:
    network = replace(REGTEST, options={**REGTEST.options, "genesis": "11" * 32})
    async with CoreNode(chain(), tmp_path).serving() as url:
        point, _ = await readings(made(url, network=network), 104, ACCOUNTS)
    assert isinstance(point, Unresolved)
    assert point.reason is UnresolvedReason.WRONG_CHAIN


@pytest.mark.parametrize(
    ("height", "reason"), [(112, UnresolvedReason.NOT_FINAL), (113, UnresolvedReason.NO_BLOCK)]
)
async def test_a_block_that_is_not_final_is_not_pinned(
    height: int, reason: UnresolvedReason, tmp_path: Path
) -> None:
    async with CoreNode(chain(), tmp_path).serving() as url:
        point, _ = await readings(made(url), height, ACCOUNTS)
    assert isinstance(point, Unresolved)
    assert point.reason is reason


FAULTS: dict[str, object] = {
    "another block": {
        "path": "x",
        "base_hash": "11" * 32,
        "base_height": 104,
        "txoutset_hash": "22" * 32,
    },
    "another height": {
        "path": "x",
        "base_hash": "11" * 32,
        "base_height": 3,
        "txoutset_hash": "22" * 32,
    },
    "no hash": {"path": "x", "base_hash": "11" * 32, "base_height": 104},
    "no path": {"base_hash": "11" * 32, "base_height": 104, "txoutset_hash": "22" * 32},
    "no object": "done",
    "refusal": Refusal(-8, "Could not roll back to requested height."),
    "unknown": Refusal(-32601, "Method not found"),
}


@pytest.mark.parametrize("kind", sorted(FAULTS))
async def test_a_dump_that_is_not_as_asked_leaves_no_number(kind: str, tmp_path: Path) -> None:
    node = CoreNode(chain(), tmp_path, answers={"dumptxoutset": FAULTS[kind]})
    async with node.serving() as url:
        _, found = await readings(made(url), 104, ACCOUNTS)
    assert {type(one) for one in found.values()} == {Unresolved}


@pytest.mark.parametrize("told", ["dumptxoutset path", "help: unknown command: dumptxoutset"])
async def test_what_a_node_s_help_does_not_name_is_not_asked_for(told: str, tmp_path: Path) -> None:
    # Forks count their versions as they like: eCash's 0.31 says 310000 and knows no rollback.
    node = CoreNode(chain(), tmp_path, version=310_000, answers={"help": told})
    async with node.serving() as url:
        _, found = await readings(made(url, yes=True), 104, ACCOUNTS)
    (reading,) = set(found.values())
    assert isinstance(reading, Unresolved)
    assert "only write the UTXO set of its tip" in reading.detail
    assert "dumptxoutset" not in [method for method, _ in node.calls]


@pytest.mark.parametrize("told", [Refusal(-32601, "Method not found"), None, "no such topic"])
async def test_a_node_that_gives_no_help_is_taken_at_its_version(
    told: object, tmp_path: Path
) -> None:
    async with CoreNode(chain(), tmp_path, answers={"help": told}).serving() as url:
        _, found = await readings(made(url), 104, ACCOUNTS)
    assert all(isinstance(one, Observed) for one in found.values())


@pytest.mark.parametrize("version", [320_000, 210_300])  # the older one's hash is another one
async def test_the_node_says_of_which_block_its_snapshot_is(version: int, tmp_path: Path) -> None:
    # The newest coin need not be of that block: its reward can be thrown away.
    coins, path = chain().coins[103].values(), tmp_path / "utxo.dat"
    path.write_bytes(snapshot_v2(coins, chain().hashes[112]))
    told = {
        "path": str(path), "base_hash": chain().hashes[112][::-1].hex(), "base_height": 112,
        "txoutset_hash": hash_serialized(coins),
    }  # fmt: skip
    node = CoreNode(chain(), tmp_path, version=version, answers={"dumptxoutset": told})
    async with node.serving() as url:
        _, found = await readings(made(url, network=replace(REGTEST, finality="1")), 112, ACCOUNTS)
    for script, reading in found.items():
        assert isinstance(reading, Observed), reading
        assert reading.amount == chain().balance(script, 103)


async def test_a_snapshot_that_cannot_be_seen_from_here_is_named(tmp_path: Path) -> None:
    good = {
        "path": "/nowhere/utxo.dat", "base_hash": chain().hashes[104][::-1].hex(),
        "base_height": 104, "txoutset_hash": "22" * 32,
    }  # fmt: skip
    async with CoreNode(chain(), tmp_path, answers={"dumptxoutset": good}).serving() as url:
        _, found = await readings(made(url), 104, ACCOUNTS)
    (reading,) = set(found.values())
    assert isinstance(reading, Unresolved)
    assert "--utxo-snapshot FILE --utxo-snapshot-network regtest" in reading.detail
    assert "--utxo-hash " + "22" * 32 in reading.detail


async def test_a_snapshot_in_a_folder_of_another_user_is_named_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(_self: Path) -> bool:  # as where the node's folder may not be entered
        raise PermissionError(13, "Permission denied")

    async with CoreNode(chain(), tmp_path).serving() as url:
        monkeypatch.setattr(Path, "is_file", refused)
        _, found = await readings(made(url), 104, ACCOUNTS)
    (reading,) = set(found.values())
    assert isinstance(reading, Unresolved)
    assert "not readable here" in reading.detail


async def test_a_node_that_tells_no_hash_leaves_none_to_be_given(tmp_path: Path) -> None:
    old = {"path": "/nowhere/utxo.dat", "base_hash": chain().hashes[112][::-1].hex(),
           "base_height": 112}  # fmt: skip
    node = CoreNode(chain(), tmp_path, version=210_300, answers={"dumptxoutset": old})
    async with node.serving() as url:
        _, found = await readings(made(url, network=replace(REGTEST, finality="1")), 112, ACCOUNTS)
    (reading,) = set(found.values())
    assert isinstance(reading, Unresolved)
    assert reading.detail.endswith("--utxo-snapshot FILE --utxo-snapshot-network regtest.")


async def test_waiting_is_told_and_no_call_is_sent_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chains.utxo.core_rpc.PROGRESS_S", 0.01)
    node = CoreNode(chain(), tmp_path, dump_takes=asyncio.Event())
    said: list[str] = []

    def say(text: str) -> None:
        said.append(text)
        if len(said) > 3 and node.dump_takes is not None:
            node.dump_takes.set()

    settings = UtxoSettings(transport=FAST, say=say)
    async with node.serving() as url:
        reader = NodeReader(REGTEST, [url], settings, Surroundings())
        _, found = await readings(reader, 104, ACCOUNTS)
    assert all(isinstance(one, Observed) for one in found.values())
    assert any("minutes so far" in text for text in said)
    assert [method for method, _ in node.calls].count("dumptxoutset") == 1


async def test_a_node_that_is_not_there_is_unresolved() -> None:
    point, _ = await readings(made("http://user:secret@127.0.0.1:9"), 104, ACCOUNTS)
    assert isinstance(point, Unresolved)
    assert point.reason is UnresolvedReason.UNREACHABLE
    assert "secret" not in str(point)
