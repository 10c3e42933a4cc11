from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from chains.errors import (
    Incapable,
    ProviderError,
    TransportFailure,
    UnresolvedReason,
    WrongState,
)
from chains.transport.endpoint import Surroundings
from chains.utxo.block_sources import BlockSource, FileBlocks, RestBlocks, RpcBlocks, block_source
from chains.utxo.blocks import parse_block_header
from chains.utxo.core_rpc import CoreNode
from tests.fakes import core_node as fakes
from tests.fakes.utxo_snapshot import REGTEST_MAGIC
from tests.nodes.regtest import EASY_BITS, chain, merkle, mined
from tests.unit.chains.utxo.networks import FAST


def name(height: int) -> str:
    return chain().hashes[height][::-1].hex()


def framed(heights: range) -> bytes:
    return b"".join(
        REGTEST_MAGIC + struct.pack("<I", len(chain().block(height))) + chain().block(height)
        for height in heights
    )


def single_files(folder: Path) -> None:
    for height in range(100, 107):
        (folder / f"{height}.block").write_bytes(chain().block(height))


def node_files(folder: Path) -> None:
    (folder / "blk00000.dat").write_bytes(framed(range(104, 107)) + bytes(100))
    (folder / "blk00001.dat").write_bytes(framed(range(100, 104)))
    (folder / "xor.dat").write_bytes(bytes(8))


async def walked(source: BlockSource) -> None:
    """Go from block 100 to 106, which is all that is asked of a source."""
    header = await source.header(name(100))
    for height in range(101, 107):
        raw = await source.next_block(header, height)
        assert raw == chain().block(height)
        header = parse_block_header(raw)
    await source.close()


@pytest.mark.parametrize("write", [single_files, node_files])
async def test_blocks_are_found_in_files(write: Callable[[Path], None], tmp_path: Path) -> None:
    write(tmp_path)
    source = block_source(str(tmp_path), magic=REGTEST_MAGIC, timeout_s=1)
    assert isinstance(source, FileBlocks)
    await walked(source)


async def test_of_two_branches_the_longer_is_taken(tmp_path: Path) -> None:
    single_files(tmp_path)
    stale = mined(chain().hashes[101], 5, [], merkle([bytes(32)]), EASY_BITS)
    (tmp_path / "0-stale.block").write_bytes(stale)
    await walked(FileBlocks(tmp_path, REGTEST_MAGIC))


async def test_of_two_branches_of_one_length_none_is_taken(tmp_path: Path) -> None:
    single_files(tmp_path)
    stale = mined(chain().hashes[105], 5, [], merkle([bytes(32)]), EASY_BITS)
    (tmp_path / "0-stale.block").write_bytes(stale)
    source = FileBlocks(tmp_path, REGTEST_MAGIC)
    assert await source.next_block(await source.header(name(104)), 105) == chain().block(105)
    with pytest.raises(WrongState, match="2 blocks 106"):
        await source.next_block(await source.header(name(105)), 106)


async def test_branches_are_measured_at_forks_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    single_files(tmp_path)  # else every block would cost a look at all that follow
    monkeypatch.delattr(FileBlocks, "_length")
    await walked(FileBlocks(tmp_path, REGTEST_MAGIC))


async def test_a_block_that_the_files_lack_is_named(tmp_path: Path) -> None:
    single_files(tmp_path)
    source = FileBlocks(tmp_path, REGTEST_MAGIC)
    with pytest.raises(Incapable, match="block 107") as caught:
        await source.next_block(await source.header(name(106)), 107)
    assert caught.value.reason is UnresolvedReason.NO_BLOCK
    with pytest.raises(Incapable):
        await source.header(name(7))


async def test_obfuscated_files_are_refused_with_the_way_out(tmp_path: Path) -> None:
    node_files(tmp_path)
    (tmp_path / "xor.dat").write_bytes(b"\x01" * 8)
    with pytest.raises(Incapable, match="blocksxor"):
        await FileBlocks(tmp_path, REGTEST_MAGIC).header(name(100))


async def test_a_file_that_goes_away_is_a_failure(tmp_path: Path) -> None:
    single_files(tmp_path)
    source = FileBlocks(tmp_path, REGTEST_MAGIC)
    header = await source.header(name(100))
    (tmp_path / "101.block").unlink()
    with pytest.raises(TransportFailure, match="cannot be read: No such file"):
        await source.next_block(header, 101)


async def test_a_folder_that_is_not_there_is_a_failure(tmp_path: Path) -> None:
    with pytest.raises(TransportFailure):
        await FileBlocks(tmp_path / "none", REGTEST_MAGIC).header(name(100))


async def test_blocks_come_over_rest_and_rpc(tmp_path: Path) -> None:
    async with fakes.CoreNode(chain(), tmp_path).serving() as url:
        rest = block_source(url, magic=REGTEST_MAGIC, timeout_s=5)
        assert isinstance(rest, RestBlocks)
        assert "secret" not in rest.label
        await walked(rest)
        node = CoreNode(url, "node", FAST, Surroundings())
        await node.open()
        await walked(RpcBlocks(node))
        await node.close()


async def test_what_rest_lacks_or_cannot_give_is_an_error(tmp_path: Path) -> None:
    async with fakes.CoreNode(chain(), tmp_path).serving() as url:
        source = RestBlocks(url, timeout_s=5)
        with pytest.raises(Incapable):
            await source.header("11" * 32)
        await source.close()
    with pytest.raises(ProviderError) as caught:
        await source.header(name(100))
    assert "secret" not in str(caught.value)
    await source.close()
