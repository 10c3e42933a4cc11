from __future__ import annotations

from base64 import b64decode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chains.errors import MalformedAnswer
from chains.ton.cells import Cell, Slice, address_cell, bag, crc32c, root
from chains.ton.wallets import V3R2
from tests.fakes import ton_cells
from tests.fakes.ton_cells import Bits

WALLET_V3R2 = (
    "te6cckEBAQEAcQAA3v8AIN0gggFMl7ohggEznLqxn3Gw7UTQ0x/THzHXC//jBOCk8mCDCNcYINMf0x/TH/gjE7vyY+1E"
    "0NMf0x/T/9FRMrryoVFEuvKiBPkBVBBV+RDyo/gAkyDXSpbTB9QC+wDo0QGkyMsfyx/L/8ntVBC9ba0="
)
"""The code of a wallet contract, version 3 revision 2, as @ton/ton publishes it."""
USDT_WALLET = "te6cckEBAQEAIwAIQgKPRS16Tf10BmtoI2UXclntBXNENb52tf1L1divK3w9aCBrv3Y="
"""The code of USDT's jetton wallets: a library, as the HTTP API shows it."""

leaves = st.text("01", max_size=200).map(Bits)
trees = st.recursive(
    leaves,
    lambda inner: st.builds(
        Bits, st.text("01", max_size=1023), st.lists(inner, max_size=4).map(tuple)
    ),
    max_leaves=12,
)


def same(found: Cell, written: Bits) -> bool:
    return (
        found.bits == len(written.text)
        and found.value == int(f"0{written.text}", 2)
        and len(found.references) == len(written.references)
        and all(map(same, found.references, written.references))
    )


@given(trees, st.booleans(), st.booleans())
def test_a_bag_is_read_back(tree: Bits, index: bool, checksum: bool) -> None:
    found = root(ton_cells.bag(tree, index=index, checksum=checksum))
    assert same(found, tree)
    assert found.hash == tree.hash()
    assert found.depth == tree.depth()


@given(trees, st.data())
def test_a_changed_bag_with_a_checksum_is_refused(tree: Bits, data: st.DataObject) -> None:
    written = bytearray(ton_cells.bag(tree, checksum=True))
    at = data.draw(st.integers(0, 8 * len(written) - 1))
    written[at // 8] ^= 1 << at % 8
    with pytest.raises(MalformedAnswer):  # without the flag of the checksum its bytes are too many
        root(bytes(written))


@given(st.binary(max_size=60))
def test_any_bytes_are_a_tree_or_refused(data: bytes) -> None:
    try:
        root(bytes.fromhex("b5ee9c72") + data)
    except MalformedAnswer:
        return


def test_the_code_of_a_real_wallet() -> None:
    found = root(b64decode(WALLET_V3R2))
    assert found.named == V3R2


def test_the_library_of_real_jetton_wallets() -> None:
    found = root(b64decode(USDT_WALLET))
    assert found.is_library
    assert found.hash.hex() == "89468f02c78e570802e39979c8516fc38df07ea76a48357e0536f2ba7b3ee37b"


@pytest.mark.parametrize(
    "text", ["0000000100000001" + "1" * 272, "00000010" + "1" * 255, "00000011"]
)
def test_other_exotic_cells_are_refused(text: str) -> None:
    with pytest.raises(MalformedAnswer, match="kind"):
        root(ton_cells.bag(Bits(text, exotic=True)))


@pytest.mark.parametrize(
    "written",
    [
        "", "b5ee9c72", "b5ee9c73010101010003000001b0", "b5ee9c72000101010003000001b0",
        "b5ee9c72050101010003000001b0", "b5ee9c72010001010003000001b0",
        "b5ee9c72010901010003000001b0", "b5ee9c72010102010003000001b0",
        "b5ee9c72010101020003000001b0", "b5ee9c72010101010103000001b0",
        "b5ee9c72010101010004000001b0", "b5ee9c72010101010003010001b0",
        "b5ee9c72010101010003000001b000", "b5ee9c7201010101000300000100",
        "b5ee9c7201010101000400010100b0", "b5ee9c720101010100030000ffb0",
        "b5ee9c7201010101000400010000", "b5ee9c72010101010003002001b0",
    ],
)  # fmt: skip
def test_damaged_bags_are_refused(written: str) -> None:
    assert root(bytes.fromhex("b5ee9c72010101010003000001b0")) == Cell(0b101, 3)
    with pytest.raises(MalformedAnswer):
        root(bytes.fromhex(written))


def test_a_circle_of_cells_is_refused() -> None:
    one = bytes.fromhex("b5ee9c7201010201000600010001010000")
    with pytest.raises(MalformedAnswer, match="earlier"):
        root(one)


def test_too_deep_a_tree_is_refused() -> None:
    written = b"".join(bytes([1, 0]) + (at + 1).to_bytes(2, "big") for at in range(1_199))
    written += bytes([0, 0])
    head = bytes.fromhex("b5ee9c72") + bytes([2, 2]) + (1_200).to_bytes(2, "big") + b"\0\1\0\0"
    with pytest.raises(MalformedAnswer, match="deep"):
        root(head + len(written).to_bytes(2, "big") + b"\0\0" + written)


@given(st.integers(0, 2**120 - 1))
def test_amounts(amount: int) -> None:
    text = ton_cells.coins(amount)
    read = Slice(Cell(int(text, 2), len(text)))
    assert (read.coins(), read.left) == (amount, 0)


@given(st.binary(min_size=33, max_size=33))
def test_addresses(account: bytes) -> None:
    cell = address_cell(account)
    assert same(cell, Bits(ton_cells.address(account)))
    assert Slice(root(bag(cell))).address() == account


def test_an_address_of_another_kind_is_none() -> None:
    assert Slice(Cell(0, 267)).address() is None
    assert Slice(Cell(0b101 << 264, 267)).address() is None


def test_nothing_is_read_behind_the_end() -> None:
    with pytest.raises(MalformedAnswer, match="early"):
        Slice(Cell(0b1111, 4)).coins()


def test_a_bag_is_written_for_one_cell_only() -> None:
    with pytest.raises(ValueError, match="single"):
        bag(Cell(0, 0, (Cell(0, 0),)))


@given(st.binary(max_size=50), st.integers(0, 49), st.integers(1, 255))
def test_a_checksum_notices_a_changed_byte(data: bytes, at: int, by: int) -> None:
    if at < len(data):
        changed = data[:at] + bytes([data[at] ^ by]) + data[at + 1 :]
        assert crc32c(changed) != crc32c(data)


def test_bags_are_those_of_another_implementation() -> None:
    other = pytest.importorskip("pytoniq_core", reason="pytoniq-core is not installed")
    inner = other.begin_cell().store_uint(7, 64).end_cell()
    made = other.begin_cell().store_coins(10**20).store_ref(inner).store_ref(inner).end_cell()
    found = root(made.to_boc())
    assert (found.hash, found.depth) == (made.hash, 1)
    assert Slice(found).coins() == 10**20
    assert other.Cell.one_from_boc(bag(Cell(7, 64))).hash == inner.hash
