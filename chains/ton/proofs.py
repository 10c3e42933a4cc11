"""What an account of TON holds, proven up from a masterchain block's hash. Pure.

Takes what a lite-server answers to `liteServer.getAccountState`. What must hold:

1. The masterchain block of the snapshot's root hash leads, by its state update, to the state after
   it; that state names the newest block of the account's shard (``shard_proof``, two trees).
2. The shard's block leads in the same way to the shard's state; the dictionary of accounts in it
   leads to the account, or shows that it is not there (``proof``, two trees).
3. The account's own cells (``state``) have the hash that stands in the dictionary. They may be
   missing only where the dictionary shows that there is no account: an empty answer is no zero.

For an account of the masterchain step 1 falls away. Amounts are in nanotons.
Source: crypto/block/block.tlb and the lite-server's scheme (lite_api.tl).
"""

from __future__ import annotations

from typing import NamedTuple

from chains.errors import MalformedAnswer
from chains.ton.cells import Cell, Slice, root
from chains.ton.merkle import Branch, proven, updated

_BLOCK, _STATE, _EXTRA = 0x11EF55AA, 0x9023AFE2, 0xCC26
_STATE_UPDATE, _ACCOUNTS, _CUSTOM = 2, 1, 3
_SHARD = (0xA, 0xB)
_MASTERCHAIN = 0xFF
_TREES = 2
_KEY_BITS = 256
_WORKCHAIN_BITS = 32


class Account(NamedTuple):
    """An account at a block."""

    amount: int
    data: Cell | None
    """Of its contract; None where it has none."""


def account(
    block_hash: bytes, where: bytes, *, shard_proof: bytes, proof: bytes, state: bytes
) -> Account:
    """Return the account `where` (33 bytes) after the masterchain block of 32 bytes.

    Raises MalformedAnswer when any step does not hold.
    """
    block = block_hash
    if where[0] != _MASTERCHAIN:
        block = _shard_block(_state(block_hash, shard_proof), where)
    found = _entry(_state(block, proof), where[1:])
    if found is None:
        if state:
            raise MalformedAnswer("an account is described that the block does not have")
        return Account(0, None)
    if not state:
        raise MalformedAnswer("the block has the account, and its state was not sent")
    described = root(state)
    if described.hash != found:
        raise MalformedAnswer("the account's state does not have the hash that the block names")
    return _account(described, where)


def _state(block_hash: bytes, data: bytes) -> Branch:
    """Return the state after a block, from the two trees that prove it."""
    trees = proven(data)
    if len(trees) != _TREES:
        raise MalformedAnswer("a proof does not hold a block and a state")
    block, state = trees
    if block.named.hash != block_hash:
        raise MalformedAnswer("a proof begins at another block")
    if block.read().number(32) != _BLOCK:
        raise MalformedAnswer("a proof does not begin with a block")
    if updated(block.below(_STATE_UPDATE)) != state.named.hash:
        raise MalformedAnswer("the state of a proof is not the one after its block")
    if state.read().number(32) != _STATE:
        raise MalformedAnswer("a proof does not hold a state of a shard")
    return state


def _shard_block(state: Branch, where: bytes) -> bytes:
    """Return the hash of the block of the account's shard."""
    extra = state.below(_CUSTOM)
    read = extra.read()
    if read.number(16) != _EXTRA or not read.number(1):
        raise MalformedAnswer("the masterchain's state names no shards")
    found = _look_up(extra.below(0), where[0], _WORKCHAIN_BITS)
    if found is None:
        raise MalformedAnswer("the masterchain's state does not name the account's workchain")
    leaf, _ = found
    tree = leaf.below(0)
    prefix = int.from_bytes(where[1:], "big")
    read = tree.read()
    for depth in range(1, _KEY_BITS):
        if not read.number(1):
            break
        tree = tree.below(prefix >> _KEY_BITS - depth & 1)
        read = tree.read()
    if read.number(4) not in _SHARD:
        raise MalformedAnswer("the masterchain's state describes a shard in an unknown way")
    read.number(32 + 32 + 64 + 64)
    return read.number(256).to_bytes(32, "big")


def _entry(state: Branch, key: bytes) -> bytes | None:
    """Return the hash of an account's cells, or None when the state does not have it."""
    accounts = state.below(_ACCOUNTS)
    if not accounts.read().number(1):
        return None
    found = _look_up(accounts.below(0), int.from_bytes(key, "big"), _KEY_BITS)
    if found is None:
        return None
    leaf, read = found
    read.number(5)
    _grams(read)
    # Currencies besides, if any, are the first reference.
    return leaf.below(read.number(1)).named.hash


def _look_up(edge: Branch, key: int, left: int) -> tuple[Branch, Slice] | None:
    """Return the leaf of a dictionary at `key` of `left` bits, and what reads it behind its label.

    None when the dictionary does not have the key.
    """
    while True:
        read = edge.read()
        size, label = _label(read, left)
        left -= size
        if key >> left != label:
            return None
        key &= (1 << left) - 1
        if not left:
            return edge, read
        left -= 1
        edge = edge.below(key >> left)
        key &= (1 << left) - 1


def _label(read: Slice, most: int) -> tuple[int, int]:
    """Return how many bits a label has, and which."""
    wide = most.bit_length()
    if not read.number(1):
        size = 0
        while read.number(1):
            size += 1
    elif not read.number(1):
        size = read.number(wide)
    else:
        bit, size = read.number(1), read.number(wide)
        return _fits(size, most), ((1 << size) - 1) * bit
    return _fits(size, most), read.number(size)


def _fits(size: int, most: int) -> int:
    if size > most:
        raise MalformedAnswer("a label of a dictionary is longer than its key")
    return size


def _account(described: Cell, where: bytes) -> Account:
    read = Slice(described)
    if not read.number(1) or read.address() != where:
        raise MalformedAnswer("the state is not that of the account")
    for _ in range(2):  # cells and bits in use
        read.number(8 * read.number(3))
    extra = read.number(3)
    if extra > 1:
        raise MalformedAnswer("the account's state is written in an unknown way")
    read.number(256 * extra + 32)  # hash of the dictionary, last payment
    if read.number(1):
        _grams(read)  # due
    read.number(64)
    amount = read.coins()
    currencies = read.number(1)
    return Account(amount, _data(read, described, currencies))


def _data(read: Slice, described: Cell, used: int) -> Cell | None:
    """Return the contract's data, where the account is active and has any."""
    if not read.number(1):
        return None
    if read.number(1):
        read.number(5)
    if read.number(1):
        read.number(2)
    at = used + read.number(1)
    if not read.number(1):
        return None
    if at >= len(described.references):
        raise MalformedAnswer("the account's state lacks its data")
    return described.references[at]


def _grams(read: Slice) -> None:
    read.coins()
