from __future__ import annotations

import pytest

from chains.errors import Incapable, MalformedAnswer
from chains.evm.headers import LAYOUTS, header_of, read_header
from tests.fakes.tries import keccak, number, rlp

# Block 0 of Ethereum, and block 1: from the chain itself (any explorer shows them).
GENESIS = {
    "parentHash": "0x" + "00" * 32,
    "sha3Uncles": "0x1dcc4de8dec75d7aab85b567b6ccd41ad312451b948a7413f0a142fd40d49347",
    "miner": "0x" + "00" * 20,
    "stateRoot": "0xd7f8974fb5ac78d9ac099b9ad5018bedc2ce0a72dad1827a1709da30580f0544",
    "transactionsRoot": "0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421",
    "receiptsRoot": "0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421",
    "logsBloom": "0x" + "00" * 256,
    "difficulty": "0x400000000",
    "number": "0x0",
    "gasLimit": "0x1388",
    "gasUsed": "0x0",
    "timestamp": "0x0",
    "extraData": "0x11bbe8db4e347b4e8c937c1c8370e4b5ed33adb3db69cbdb7a38e1e50b1b82fa",
    "mixHash": "0x" + "00" * 32,
    "nonce": "0x0000000000000042",
}
GENESIS_HASH = "d4e56740f876aef8c010b86a40d5f56745a118d0906a34e69aec8c0db1cb8fa3"

_FIELDS: dict[str, str] = {
    "baseFeePerGas": "0x7", "withdrawalsRoot": "0x" + "11" * 32, "blobGasUsed": "0x0",
    "excessBlobGas": "0x20000", "parentBeaconBlockRoot": "0x" + "22" * 32,
    "requestsHash": "0x" + "33" * 32, "blockAccessListHash": "0x" + "44" * 32,
    "slotNumber": "0x9",
}  # fmt: skip


def _hash(block: dict[str, str], order: list[str]) -> bytes:
    def octets(name: str) -> bytes:
        text = block[name]
        is_number = name in {
            "difficulty", "number", "gasLimit", "gasUsed", "timestamp", "baseFeePerGas",
            "blobGasUsed", "excessBlobGas", "slotNumber", "extDataGasUsed", "blockGasCost",
            "timestampMilliseconds", "minDelayExcess",
        }  # fmt: skip
        return number(int(text, 16)) if is_number else bytes.fromhex(text[2:])

    return keccak(rlp([octets(name) for name in order]))


def test_the_genesis_block_of_ethereum() -> None:
    header = header_of(GENESIS, bytes.fromhex(GENESIS_HASH))
    assert header.hash.hex() == GENESIS_HASH
    assert header.state_root.hex().startswith("d7f8974f")
    assert (header.height, header.time, header.parent_hash) == (0, 0, bytes(32))
    assert read_header(header.rlp) == header


@pytest.mark.parametrize("forks", range(len(_FIELDS) + 1))
def test_each_fork_appends_its_fields(forks: int) -> None:
    appended = dict(list(_FIELDS.items())[:forks])
    block = {**GENESIS, **appended, "size": "0x1", "totalDifficulty": "0x0", "withdrawals": "0x"}
    due = _hash(block, [*GENESIS, *appended])
    assert header_of(block, due).hash == due


@pytest.mark.parametrize("forks", [4, 7, 9], ids=["Apricot", "Etna", "Granite"])
def test_the_c_chain_of_avalanche(forks: int) -> None:
    fields = {
        "extDataHash": "0x" + "55" * 32, "baseFeePerGas": "0x5", "extDataGasUsed": "0x0",
        "blockGasCost": "0x1", "blobGasUsed": "0x0", "excessBlobGas": "0x0",
        "parentBeaconBlockRoot": "0x" + "00" * 32, "timestampMilliseconds": "0x19a9c1b1c70",
        "minDelayExcess": "0x79d0f9",
    }  # fmt: skip
    extra = dict(list(fields.items())[:forks])
    block = {**GENESIS, **extra}
    due = _hash(block, [*GENESIS, *extra])
    assert header_of(block, due).hash == due


@pytest.mark.parametrize("field", ["mixHash", "nonce", "difficulty"])
def test_a_header_without_a_field_of_old_is_an_unknown_layout(field: str) -> None:
    block = {name: value for name, value in GENESIS.items() if name != field}
    with pytest.raises(Incapable, match=f"layout that is not known: {field} is missing"):
        header_of(block, bytes.fromhex(GENESIS_HASH))


def test_null_fields_are_absent_fields() -> None:
    block: dict[str, str | None] = {**GENESIS, **dict.fromkeys(LAYOUTS["ethereum"])}
    assert header_of(block, bytes.fromhex(GENESIS_HASH)).height == 0


def test_an_unknown_layout_is_no_accusation() -> None:
    block = {**GENESIS, "stateRoot": "0x" + "99" * 32}
    with pytest.raises(Incapable, match="layout that is not known"):
        header_of(block, bytes.fromhex(GENESIS_HASH))


@pytest.mark.parametrize("field", list(GENESIS))
def test_every_field_is_bound_by_the_hash(field: str) -> None:
    changed = GENESIS[field][:-1] + ("1" if GENESIS[field][-1] != "1" else "2")
    with pytest.raises(Incapable):
        header_of({**GENESIS, field: changed}, bytes.fromhex(GENESIS_HASH))


@pytest.mark.parametrize(
    "described", [None, [], {**GENESIS, "stateRoot": None}, {**GENESIS, "number": "1"}]
)
def test_what_is_no_block_is_malformed(described: object) -> None:
    with pytest.raises(MalformedAnswer):
        header_of(described, bytes(32))


@pytest.mark.parametrize(
    "raw", [b"", rlp([b""] * 15), rlp([bytes(32)] * 3), rlp([[b""], *[bytes(32)] * 14])]
)
def test_bytes_that_are_no_header(raw: bytes) -> None:
    with pytest.raises(MalformedAnswer):
        read_header(raw)
