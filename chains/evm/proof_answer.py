"""What a node answers to eth_getProof (EIP-1186), read strictly. Pure.

The balances and words that the node writes beside the nodes of a proof are not used: only what the
nodes themselves show counts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from chains.errors import MalformedAnswer
from chains.evm.hexadecimal import data, quantity

if TYPE_CHECKING:
    from collections.abc import Sequence

MOST_NODES = 70
"""A path has 64 nibbles, so no proof has more nodes than this."""

_SLOT = 32


class ProofAnswer(NamedTuple):
    """The nodes of an account's path, and of each asked slot's path in the account's storage."""

    account: list[bytes]
    storage: dict[bytes, list[bytes]]


def parse_proof(value: object, slots: Sequence[bytes]) -> ProofAnswer:
    """Return the nodes in an answer; every one of `slots` (32 bytes each) exactly once.

    Slots are matched by number, because some nodes write them without leading zeros. Raises
    MalformedAnswer.
    """
    if not isinstance(value, dict):
        raise MalformedAnswer("a proof is not an object")
    answered = value.get("storageProof")
    if not isinstance(answered, list):
        raise MalformedAnswer("a proof has no storageProof")
    storage: dict[bytes, list[bytes]] = {}
    for entry in answered:
        if not isinstance(entry, dict):
            raise MalformedAnswer("a storage proof is not an object")
        slot = quantity(entry.get("key")).to_bytes(_SLOT, "big")
        if slot in storage:
            raise MalformedAnswer("a slot is proven twice")
        storage[slot] = _nodes(entry.get("proof"))
    if storage.keys() != set(slots):
        raise MalformedAnswer(f"{len(storage)} slots are answered where {len(slots)} were asked")
    return ProofAnswer(_nodes(value.get("accountProof")), storage)


def _nodes(value: object) -> list[bytes]:
    if not isinstance(value, list) or len(value) > MOST_NODES:
        raise MalformedAnswer("a proof is no list of nodes")
    return [data(node) for node in value]


def parse_access_list(value: object) -> list[tuple[bytes, bytes]]:
    """Return the (contract, slot) pairs that eth_createAccessList says a call reads (EIP-2930).

    Raises MalformedAnswer.
    """
    entries = value.get("accessList") if isinstance(value, dict) else None
    if not isinstance(entries, list):
        raise MalformedAnswer("an access list is not a list")
    touched: list[tuple[bytes, bytes]] = []
    for entry in entries:
        keys = entry.get("storageKeys") if isinstance(entry, dict) else None
        if not isinstance(entry, dict) or not isinstance(keys, list):
            raise MalformedAnswer("an entry of an access list is no object")
        address = data(entry.get("address"), 20)
        touched += [(address, data(key, _SLOT)) for key in keys]
    return touched
