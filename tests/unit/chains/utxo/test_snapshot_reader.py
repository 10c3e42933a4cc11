from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from chains.adapter import (
    Assurance,
    ForeseeingReader,
    Observed,
    Parameter,
    SnapshotPoint,
    Unresolved,
)
from chains.errors import UnresolvedReason
from chains.transport.endpoint import Surroundings
from chains.utxo import snapshot_reader
from chains.utxo.assumeutxo import BITCOIN
from chains.utxo.scan import Scan, ScanOptions, scanner
from chains.utxo.settings import UtxoSettings
from chains.utxo.snapshot_reader import SnapshotReader
from tests.fakes.core_node import CoreNode, Refusal
from tests.fakes.utxo_snapshot import (
    MAINNET_MAGIC,
    hash_serialized,
    muhash,
    snapshot_old,
    snapshot_v2,
)
from tests.nodes.regtest import EVERY_SCRIPT, chain
from tests.unit.chains.utxo.networks import COIN, FAST, REGTEST, TOKEN, readings

ACCOUNTS = [script for name, script in EVERY_SCRIPT.items() if name != "empty"]
HEIGHTS = (12, 101, 102, 104, 112)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def snapshot(folder: Path, height: int, *, magic: bytes | None = None, old: bool = False) -> Path:
    path = folder / f"utxo-{height}.dat"
    coins, block = chain().coins[height].values(), chain().hashes[height]
    if old:
        path.write_bytes(snapshot_old(coins, block))
    elif magic is None:
        path.write_bytes(snapshot_v2(coins, block))
    else:
        path.write_bytes(snapshot_v2(coins, block, magic=magic))
    return path


def trusted(height: int) -> str:
    return hash_serialized(chain().coins[height].values())


def reader(
    path: Path,
    *nodes: str,
    trust: str = "",
    blocks: str = "",
    said: list[str] | None = None,
    options: Mapping[str, Parameter] = REGTEST.options,
) -> SnapshotReader:
    settings = UtxoSettings(
        transport=FAST, snapshot=path, snapshot_hash=trust, blocks=blocks,
        say=(said if said is not None else []).append,
    )  # fmt: skip
    return SnapshotReader(replace(REGTEST, options=options), nodes, settings, Surroundings())


def expected(height: int) -> dict[bytes, int]:
    return {script: chain().balance(script, height) for script in ACCOUNTS}


def amounts(found: dict[bytes, object]) -> dict[bytes, int]:
    assert all(isinstance(one, Observed) for one in found.values()), next(iter(found.values()))
    return {account: one.amount for account, one in found.items() if isinstance(one, Observed)}


@pytest.mark.parametrize("height", HEIGHTS)
@pytest.mark.parametrize("old", [False, True])
async def test_balances_are_those_of_a_replay_of_the_blocks(
    height: int, old: bool, folder: Path
) -> None:
    made = reader(snapshot(folder, height, old=old), trust=trusted(height))
    point, found = await readings(made, height, ACCOUNTS)
    assert isinstance(point, SnapshotPoint)
    assert (point.height, point.block_hash) == (height, chain().hashes[height][::-1].hex())
    assert point.block_time is None  # the file does not say
    assert amounts(dict(found)) == expected(height)
    for reading in found.values():
        assert isinstance(reading, Observed)
        assert reading.assurance is Assurance.PROOF
        assert reading.sources == (f"utxo-{height}.dat", "the given hash")


async def test_without_a_trusted_hash_it_is_no_proof(folder: Path) -> None:
    said: list[str] = []
    _, found = await readings(reader(snapshot(folder, 104), said=said), 104, ACCOUNTS)
    assert {one.assurance for one in found.values() if isinstance(one, Observed)} == {
        Assurance.NODE
    }
    assert trusted(104) in said[-1]
    assert "nobody vouches" in said[-1]


@pytest.mark.parametrize("kind", ["hash_serialized_3", "muhash"])
async def test_a_hash_that_differs_leaves_no_number(kind: str, folder: Path) -> None:
    made = reader(snapshot(folder, 104), trust=f"{kind}:{trusted(103)}")
    point, found = await readings(made, 104, ACCOUNTS)
    assert isinstance(point, Unresolved)
    assert point.reason is UnresolvedReason.WRONG_STATE
    assert kind in point.detail
    assert set(map(type, found.values())) == {Unresolved}


async def test_a_given_muhash_makes_it_a_proof(folder: Path) -> None:
    said: list[str] = []
    trust = "muhash:" + muhash(chain().coins[104].values()).upper()
    _, found = await readings(reader(snapshot(folder, 104), trust=trust, said=said), 104, ACCOUNTS)
    assert amounts(dict(found)) == expected(104)
    assert {one.assurance for one in found.values() if isinstance(one, Observed)} == {
        Assurance.PROOF
    }
    assert "takes much longer" in said[0]


async def test_a_node_that_keeps_the_muhash_vouches_for_an_old_block(folder: Path) -> None:
    for keeps, assurance in ((True, Assurance.PROOF), (False, Assurance.NODE)):
        node = CoreNode(chain(), folder, keeps_muhash=keeps)
        async with node.serving() as url:
            _, found = await readings(reader(snapshot(folder, 104), url), 104, ACCOUNTS)
        assert {one.assurance for one in found.values() if isinstance(one, Observed)} == {assurance}


async def test_a_node_whose_muhash_is_another_leaves_no_number(folder: Path) -> None:
    node = CoreNode(chain(), folder, answers={
        "gettxoutsetinfo": {"bestblock": chain().hashes[104][::-1].hex(), "muhash": "11" * 32}
    })  # fmt: skip
    async with node.serving() as url:
        point, _ = await readings(reader(snapshot(folder, 104), url), 104, ACCOUNTS)
    assert isinstance(point, Unresolved)
    assert point.reason is UnresolvedReason.WRONG_STATE
    assert "its muhash is" in point.detail


async def test_a_coin_that_was_slipped_in_is_noticed(folder: Path) -> None:
    coins = list(chain().coins[104].values())
    coins[5] = replace(coins[5], amount=coins[5].amount + 1)
    path = folder / "forged.dat"
    path.write_bytes(snapshot_v2(coins, chain().hashes[104]))
    point, _ = await readings(reader(path, trust=trusted(104)), 104, ACCOUNTS)
    assert isinstance(point, Unresolved)
    assert point.reason is UnresolvedReason.WRONG_STATE


async def test_a_file_for_another_height_says_so(folder: Path) -> None:
    for asked in (103, 105, 900_000):
        point, _ = await readings(reader(snapshot(folder, 104)), asked, ACCOUNTS)
        assert isinstance(point, Unresolved)
        assert point.reason is UnresolvedReason.WRONG_STATE
        assert f"the rows ask for {asked:,}" in point.detail


async def test_peg_outs_are_coins_of_their_height(folder: Path) -> None:
    coins = [
        replace(coin, height=coin.height + 2**30 * (n % 5 == 0))  # as Litecoin marks them
        for n, coin in enumerate(chain().coins[104].values())
    ]
    path = folder / "utxo.dat"
    path.write_bytes(snapshot_old(coins, chain().hashes[104], transactions=7))
    made = reader(path, trust=trusted(104), options={**REGTEST.options, "pegout_bit": 31})
    _, found = await readings(made, 104, ACCOUNTS)
    assert amounts(dict(found)) == expected(104)


async def test_a_file_of_another_network_says_so(folder: Path) -> None:
    path = snapshot(folder, 104, magic=MAINNET_MAGIC)
    point, _ = await readings(reader(path), 104, ACCOUNTS)
    assert isinstance(point, Unresolved)
    assert point.reason is UnresolvedReason.WRONG_CHAIN
    assert "not of Regtest" in point.detail


@pytest.mark.parametrize("content", [b"", b"utxo", b"\x00" * 500, None])
async def test_a_file_that_cannot_be_used_is_unresolved(
    content: bytes | None, folder: Path
) -> None:
    path = folder / "bad.dat"
    if content is not None:
        path.write_bytes(content)
    point, found = await readings(reader(path), 104, ACCOUNTS)
    assert isinstance(point, Unresolved)
    assert "bad.dat" in point.detail
    assert set(found.values()) == {point}


async def test_a_truncated_file_is_unresolved(folder: Path) -> None:
    path = snapshot(folder, 104)
    path.write_bytes(path.read_bytes()[:-10])
    point, _ = await readings(reader(path), 104, ACCOUNTS)
    assert isinstance(point, Unresolved)
    assert point.reason is UnresolvedReason.MALFORMED_ANSWER


async def test_a_block_whose_height_is_known_must_have_the_newest_coin(folder: Path) -> None:
    path = folder / "utxo.dat"
    known = bytes.fromhex(BITCOIN[0].block_hash)[::-1]
    path.write_bytes(snapshot_v2(chain().coins[104].values(), known))
    point, _ = await readings(reader(path), 840_000, ACCOUNTS)
    assert isinstance(point, Unresolved)
    assert "newest coin is of block 104" in point.detail


async def test_a_block_may_leave_no_coin_where_the_set_is_vouched_for(folder: Path) -> None:
    # Its reward can be thrown away; the hash of the set says that nothing else is missing.
    path, node = folder / "utxo.dat", CoreNode(chain(), folder)
    coins = chain().coins[103].values()
    path.write_bytes(snapshot_v2(coins, chain().hashes[104]))
    async with node.serving() as url:
        point, found = await readings(reader(path, url, trust=trusted(103)), 104, ACCOUNTS)
        assert isinstance(point, SnapshotPoint), point
        assert amounts(dict(found)) == expected(103)
        point, _ = await readings(reader(path, url), 104, ACCOUNTS)
        assert isinstance(point, Unresolved)
        path.write_bytes(snapshot_v2(coins, chain().hashes[102]))  # a coin from the future
        point, _ = await readings(reader(path, url, trust=trusted(103)), 102, ACCOUNTS)
    assert isinstance(point, Unresolved)
    assert "newest coin is of block 103" in point.detail


async def test_the_hash_in_core_s_source_is_asked_without_being_given(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = BITCOIN[0]._replace(
        height=104, block_hash=chain().hashes[104][::-1].hex(), hash_serialized=trusted(104)
    )
    monkeypatch.setattr(snapshot_reader, "assumed", lambda _block: entry)
    _, found = await readings(reader(snapshot(folder, 104)), 104, ACCOUNTS)
    reading = found[ACCOUNTS[0]]
    assert isinstance(reading, Observed)
    assert reading.assurance is Assurance.PROOF
    assert reading.sources[1] == "Bitcoin Core's source"
    wrong = entry._replace(hash_serialized="11" * 32)
    monkeypatch.setattr(snapshot_reader, "assumed", lambda _block: wrong)
    point, _ = await readings(reader(snapshot(folder, 104)), 104, ACCOUNTS)
    assert isinstance(point, Unresolved)


async def test_one_pass_serves_all_that_was_announced(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    passes = 0

    def counting() -> object:
        nonlocal passes
        passes += 1
        return scanner()

    monkeypatch.setattr(snapshot_reader, "scanner", counting)
    made = reader(snapshot(folder, 104))
    assert isinstance(made, ForeseeingReader)
    made.expect(ACCOUNTS[:6])
    made.expect(ACCOUNTS[4:])
    for part in (ACCOUNTS[:6], ACCOUNTS[4:]):  # two lists that share accounts
        _, found = await readings(made, 104, part)
        assert amounts(dict(found)) == {one: expected(104)[one] for one in part}
    assert passes == 1


async def test_accounts_that_were_not_announced_are_read_all_the_same(folder: Path) -> None:
    made = reader(snapshot(folder, 104))
    made.expect(ACCOUNTS[:2])
    _, found = await readings(made, 104, ACCOUNTS)
    assert amounts(dict(found)) == expected(104)


async def test_accounts_that_are_announced_after_the_pass_are_read_all_the_same(
    folder: Path,
) -> None:
    asked = reader(snapshot(folder, 104))
    await readings(asked, 104, ACCOUNTS[:3])
    asked.expect(ACCOUNTS)
    _, found = await readings(asked, 104, ACCOUNTS)
    for account, value in found.items():
        assert isinstance(value, Observed)
        assert value.amount == chain().balance(account, 104)


async def test_an_address_form_without_a_script_is_unresolved(folder: Path) -> None:
    strange = b"\x00\x0b" + bytes(32)
    _, found = await readings(reader(snapshot(folder, 104)), 104, [ACCOUNTS[0], strange])
    reading = found[strange]
    assert isinstance(reading, Unresolved)
    assert reading.reason is UnresolvedReason.NO_METHOD
    assert isinstance(found[ACCOUNTS[0]], Observed)


async def test_a_token_is_not_in_a_utxo_set(folder: Path) -> None:
    made = reader(snapshot(folder, 104))
    async with made:
        point = await made.pin(104)
        assert isinstance(point, SnapshotPoint)
        assert await made.check_form(COIN, point) is None
        problem = await made.check_form(TOKEN, point)
    assert problem is not None
    assert problem.reason is UnresolvedReason.NO_METHOD


async def test_wrong_questions_are_refused(folder: Path) -> None:
    made = reader(snapshot(folder, 104))
    point = SnapshotPoint("bitcoin", 104, "00", datetime.now(UTC))
    with pytest.raises(ValueError, match="not of regtest"):
        await anext(made.balances(COIN, point, ACCOUNTS))
    with pytest.raises(ValueError, match="not distinct"):
        await anext(made.balances(COIN, replace(point, network="regtest"), ACCOUNTS * 2))


async def test_a_point_of_another_branch_is_unresolved(folder: Path) -> None:
    made = reader(snapshot(folder, 104))
    point = SnapshotPoint("regtest", 104, "11" * 32, None)
    (batch,) = [batch async for batch in made.balances(COIN, point, ACCOUNTS)]
    assert {type(reading) for _, reading in batch} == {Unresolved}


def block_files(folder: Path, heights: range) -> Path:
    blocks = folder / "blocks"
    blocks.mkdir()
    for height in heights:
        (blocks / f"{height}.bin").write_bytes(chain().block(height))
    return blocks


@pytest.mark.parametrize("start", [12, 101, 103])
async def test_an_older_snapshot_and_the_blocks_after_it_give_the_same(
    start: int, folder: Path
) -> None:
    blocks = block_files(folder, range(start, 113))
    made = reader(snapshot(folder, start), trust=trusted(start), blocks=str(blocks))
    made.expect(ACCOUNTS)
    for height in (start + 1, 104, 112, 106, start):
        point, found = await readings(made, height, ACCOUNTS)
        assert isinstance(point, SnapshotPoint), point
        assert point.block_hash == chain().hashes[height][::-1].hex()
        if height != start:
            assert point.block_time == datetime.fromtimestamp(chain().time(height), UTC)
        assert amounts(dict(found)) == expected(height)
        assert {one.assurance for one in found.values() if isinstance(one, Observed)} == {
            Assurance.PROOF
        }


async def test_blocks_whose_work_is_not_checked_are_no_proof_and_that_is_said(
    folder: Path,
) -> None:
    said: list[str] = []
    options = {**REGTEST.options, "pow": "scrypt"}
    blocks = str(block_files(folder, range(101, 113)))
    made = reader(
        snapshot(folder, 101), trust=trusted(101), blocks=blocks, said=said, options=options
    )
    _, found = await readings(made, 104, ACCOUNTS)
    assert amounts(dict(found)) == expected(104)
    assert {one.assurance for one in found.values() if isinstance(one, Observed)} == {
        Assurance.NODE
    }
    assert any("is not checked here" in line for line in said)


@pytest.mark.parametrize("form", ["opaque", "auxpow", "equihash", "qtum"])
async def test_blocks_of_another_form_are_not_read(form: str, folder: Path) -> None:
    options = {**REGTEST.options, "header": form}
    blocks = str(block_files(folder, range(101, 113)))
    made = reader(snapshot(folder, 101), trust=trusted(101), blocks=blocks, options=options)
    point, _ = await readings(made, 104, ACCOUNTS)
    assert isinstance(point, Unresolved)
    assert point.reason is UnresolvedReason.NO_METHOD
    assert "cannot be read here" in point.detail
    _, found = await readings(made, 101, ACCOUNTS)  # the snapshot itself can be
    assert amounts(dict(found)) == expected(101)


async def test_a_network_without_a_mark_takes_no_file_that_has_one(folder: Path) -> None:
    options = {name: value for name, value in REGTEST.options.items() if name != "magic"}
    point, _ = await readings(reader(snapshot(folder, 104), options=options), 104, ACCOUNTS)
    assert isinstance(point, Unresolved)
    assert point.reason is UnresolvedReason.WRONG_CHAIN
    assert "knows no network mark" in point.detail


async def test_block_files_may_have_a_mark_of_their_own(folder: Path) -> None:
    path = folder / "blk00000.dat"
    raw = [chain().block(height) for height in range(101, 105)]
    path.write_bytes(b"".join(MAINNET_MAGIC + len(one).to_bytes(4, "little") + one for one in raw))
    for mark, is_read in (({"block_magic": MAINNET_MAGIC.hex()}, True), ({}, False)):
        made = reader(
            snapshot(folder, 101), trust=trusted(101), blocks=str(path),
            options={**REGTEST.options, **mark},
        )  # fmt: skip
        point, _ = await readings(made, 104, ACCOUNTS)
        assert isinstance(point, SnapshotPoint) is is_read


async def test_a_block_that_is_missing_leaves_no_number(folder: Path) -> None:
    blocks = block_files(folder, range(101, 105))
    made = reader(snapshot(folder, 101), trust=trusted(101), blocks=str(blocks))
    point, _ = await readings(made, 106, ACCOUNTS)
    assert isinstance(point, Unresolved)
    assert point.reason is UnresolvedReason.NO_BLOCK
    assert "block 105" in point.detail
    point, found = await readings(made, 103, ACCOUNTS)
    assert amounts(dict(found)) == expected(103)


async def test_a_forged_block_leaves_no_number(folder: Path) -> None:
    blocks = block_files(folder, range(101, 107))
    forged = bytearray(chain().block(104))
    forged[-40] ^= 1
    (blocks / "104.bin").write_bytes(forged)
    made = reader(snapshot(folder, 101), trust=trusted(101), blocks=str(blocks))
    for height in (104, 104, 105, 106):  # nor when it is asked again, or for what is built on it
        point, _ = await readings(made, height, ACCOUNTS)
        assert isinstance(point, Unresolved)
    _, found = await readings(made, 103, ACCOUNTS)
    assert amounts(dict(found)) == expected(103)


async def test_a_node_tells_the_time_and_vouches_for_its_tip(folder: Path) -> None:
    async with CoreNode(chain(), folder).serving() as url:
        point, found = await readings(reader(snapshot(folder, 112), url), 112, ACCOUNTS)
        assert isinstance(point, SnapshotPoint), point
        assert point.block_time == datetime.fromtimestamp(chain().time(112), UTC)
        reading = found[ACCOUNTS[0]]
        assert isinstance(reading, Observed)
        assert reading.assurance is Assurance.PROOF
        assert "secret" not in str(found)


async def test_a_node_that_is_too_old_to_hash_its_tip_vouches_for_nothing(folder: Path) -> None:
    refusal = Refusal(-8, "hash_serialized_3 is not a valid hash_type")
    node = CoreNode(chain(), folder, version=210_200, answers={"gettxoutsetinfo": refusal})
    async with node.serving() as url:
        _, found = await readings(reader(snapshot(folder, 112, old=True), url), 112, ACCOUNTS)
    assert amounts(dict(found)) == expected(112)
    assert {one.assurance for one in found.values() if isinstance(one, Observed)} == {
        Assurance.NODE
    }


async def test_a_node_gives_the_blocks_after_the_snapshot(folder: Path) -> None:
    async with CoreNode(chain(), folder).serving() as url:
        made = reader(snapshot(folder, 101), url, trust=trusted(101))
        point, found = await readings(made, 106, ACCOUNTS)
        assert isinstance(point, SnapshotPoint), point
        assert amounts(dict(found)) == expected(106)


async def test_a_node_that_does_not_know_the_block_is_heard(folder: Path) -> None:
    path = folder / "utxo.dat"
    path.write_bytes(snapshot_v2(chain().coins[104].values(), b"\x07" * 32))
    async with CoreNode(chain(), folder).serving() as url:
        point, _ = await readings(reader(path, url), 104, ACCOUNTS)
    assert isinstance(point, Unresolved)
    assert point.reason is UnresolvedReason.NO_BLOCK


def test_scan_options_follow_the_question(folder: Path) -> None:
    found: Scan = scanner()(snapshot(folder, 104), [], ScanOptions())
    assert found.max_height == 104
