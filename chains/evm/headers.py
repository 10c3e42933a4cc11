"""Block headers as the chain hashes them: from a node's JSON to RLP, and back to what binds. Pure.

A header hash is Keccak-256 of the RLP of its fields. Each fork appended fields (London
``baseFeePerGas``, Shanghai ``withdrawalsRoot``, Cancun ``blobGasUsed``, ``excessBlobGas``,
``parentBeaconBlockRoot``, Prague ``requestsHash``, and, announced for Glamsterdam,
``blockAccessListHash`` and ``slotNumber``); a field is part of the hash exactly if the block has
it. Avalanche's C-chain puts fields of its own between. A layout is believed because its hash is
the block's: trying one more can never make a wrong header right. Where none fits, the layout is
unknown, which says nothing about the node's honesty.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from chains.errors import Incapable, MalformedAnswer, UnresolvedReason
from chains.evm.hexadecimal import data, quantity, written
from chains.evm.rlp import encode_list, encode_number, encode_text, number_of, spans
from chains.signatures import keccak256

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_NUMBERS = frozenset(
    {
        "difficulty", "number", "gasLimit", "gasUsed", "timestamp", "baseFeePerGas",
        "blobGasUsed", "excessBlobGas", "slotNumber", "extDataGasUsed", "blockGasCost",
        "timestampMilliseconds", "minDelayExcess",
    }
)  # fmt: skip

_FRONTIER = (
    "parentHash", "sha3Uncles", "miner", "stateRoot", "transactionsRoot", "receiptsRoot",
    "logsBloom", "difficulty", "number", "gasLimit", "gasUsed", "timestamp", "extraData",
    "mixHash", "nonce",
)  # fmt: skip

LAYOUTS: Mapping[str, tuple[str, ...]] = {
    "ethereum": (
        "baseFeePerGas", "withdrawalsRoot", "blobGasUsed", "excessBlobGas",
        "parentBeaconBlockRoot", "requestsHash", "blockAccessListHash", "slotNumber",
    ),
    "avalanche": (
        "extDataHash", "baseFeePerGas", "extDataGasUsed", "blockGasCost", "blobGasUsed",
        "excessBlobGas", "parentBeaconBlockRoot", "timestampMilliseconds", "minDelayExcess",
    ),
}  # fmt: skip
"""What follows the fifteen fields of Frontier, in the order of hashing; EIP-1559, 4895, 4844,
4788, 7685, 7928, and coreth's block header (ACP-226 for its last two)."""

_CORE = frozenset({"parentHash", "stateRoot", "number", "timestamp"})
"""What every block has, of whatever layout."""

_PARENT, _STATE_ROOT, _NUMBER, _TIME = 0, 3, 8, 11
_HASH_SIZE = 32


class Header(NamedTuple):
    """A header whose RLP hashes to `hash`."""

    rlp: bytes
    hash: bytes
    parent_hash: bytes
    state_root: bytes
    height: int
    time: int


def header_of(described: object, block_hash: bytes) -> Header:
    """Return the header that a node describes, once its fields hash to `block_hash`.

    Raises Incapable (`no-method`) when no known layout gives that hash, which is so too where a
    field of all of them is missing (some ledgers have no mixHash), MalformedAnswer for a
    description that is no block.
    """
    if not isinstance(described, dict):
        raise MalformedAnswer("a block is not an object")
    missing = [name for name in _FRONTIER if described.get(name) is None]
    if missing and _CORE.isdisjoint(missing):
        raise Incapable(
            f"the header of {written(block_hash)} has a layout that is not known: "
            f"{', '.join(missing)} is missing, so no proof can be tied to the block",
            reason=UnresolvedReason.NO_METHOD,
        )
    for appended in LAYOUTS.values():
        encoded = _encoded(described, (*_FRONTIER, *appended))
        if keccak256(encoded) == block_hash:
            return read_header(encoded)
    raise Incapable(
        f"the header of {written(block_hash)} has a layout that is not known: its fields do not "
        "hash to it, so no proof can be tied to the block",
        reason=UnresolvedReason.NO_METHOD,
    )


def read_header(rlp: bytes) -> Header:
    """Return what the RLP of a header says. Raises MalformedAnswer when it is none."""
    fields = spans(rlp)
    if len(fields) < len(_FRONTIER) or any(nested for _, _, nested in fields):
        raise MalformedAnswer("the RLP is no block header")
    content = [rlp[start:end] for start, end, _ in fields]
    if len(content[_PARENT]) != _HASH_SIZE or len(content[_STATE_ROOT]) != _HASH_SIZE:
        raise MalformedAnswer("the RLP is no block header")
    return Header(
        rlp=rlp,
        hash=keccak256(rlp),
        parent_hash=content[_PARENT],
        state_root=content[_STATE_ROOT],
        height=number_of(content[_NUMBER]),
        time=number_of(content[_TIME]),
    )


def _encoded(described: Mapping[str, object], names: Sequence[str]) -> bytes:
    fields: list[bytes] = []
    for place, name in enumerate(names):
        value = described.get(name)
        if value is None and place >= len(_FRONTIER):
            continue
        if name in _NUMBERS:
            fields.append(encode_number(quantity(value)))
        else:
            fields.append(encode_text(data(value)))
    return encode_list(fields)
