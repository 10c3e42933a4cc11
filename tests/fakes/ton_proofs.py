"""Blocks and states of TON as cells, and what a lite-server proves with them.

Written from crypto/block/block.tlb and the TON whitepaper on TVM, 3.1.7: only the members that lead
from a masterchain block to an account are there, the others are empty cells.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.fakes.ton_cells import Bits, address, bag, bits, coins

if TYPE_CHECKING:
    from collections.abc import Mapping

    Items = Mapping[str, Bits]

EMPTY = Bits("")


def _number(data: bytes) -> str:
    return bits(int.from_bytes(data, "big"), 8 * len(data))


def _label(text: str, most: int) -> str:
    """A label in one of the three ways, whichever suits."""
    wide = most.bit_length()
    if len(text) < 4:
        return "0" + "1" * len(text) + "0" + text
    if len(set(text)) == 1:
        return "11" + text[0] + bits(len(text), wide)
    return "10" + bits(len(text), wide) + text


def _common(items: Items) -> str:
    first, last = min(items), max(items)
    size = next((at for at in range(len(first)) if first[at] != last[at]), len(first))
    return first[:size]


def dictionary(items: Items, most: int, extra: str = "", trail: str | None = None,
               keep: set[bytes] | None = None) -> Bits:  # fmt: skip
    """A Hashmap, or a HashmapAug whose every fork has `extra`; `keep` gets the way to `trail`."""
    label = _common(items)
    node_label = _label(label, most)
    if len(label) == most:
        leaf = items[label]
        made = Bits(node_label + leaf.text, leaf.references)
    else:
        follows = None
        if trail is not None and trail.startswith(label):
            follows = trail[len(label)]
        sides = []
        for bit in "01":
            size = len(label) + 1
            side = {key[size:]: leaf for key, leaf in items.items() if key[len(label)] == bit}
            further = trail[size:] if trail is not None and follows == bit else None
            inner = keep if further is not None else None
            sides.append(dictionary(side, most - size, extra, further, inner))
        made = Bits(node_label + extra, tuple(sides))
    if keep is not None:
        keep.add(made.hash())
    return made


def pruned(*stands: Bits) -> Bits:
    """A pruned cell that stands for one tree, or for a tree and what it is one level deeper."""
    text = bits(1, 8) + bits((1 << len(stands)) - 1, 8)
    text += "".join(_number(one.hash()) for one in stands)
    return Bits(text + "".join(bits(one.depth(), 16) for one in stands), exotic=True)


def cut(cell: Bits, keep: set[bytes]) -> Bits:
    """The tree of `cell` with everything left out that is not in `keep`."""
    if cell.hash() not in keep:
        return pruned(cell)
    return Bits(cell.text, tuple(cut(one, keep) for one in cell.references), cell.exotic)


def proof(whole: Bits, part: Bits) -> Bits:
    return Bits(bits(3, 8) + _number(whole.hash()) + bits(whole.depth(), 16), (part,), exotic=True)


@dataclass
class Block:
    """A block, and the tree that proves the state after it."""

    hash: bytes
    shown: Bits


def block(state: Bits) -> Block:
    old, new = Bits("1"), state
    ends = "".join(_number(one.hash()) for one in (old, new))
    ends += "".join(bits(one.depth(), 16) for one in (old, new))
    # What stands below the update is pruned in the block already. A proof of the block may leave
    # such a cell as it is (here the old state), or say both what it is and what it stands for.
    inside, outside = (
        Bits(bits(4, 8) + ends, below, exotic=True)
        for below in ((pruned(old), pruned(new)), (pruned(old), pruned(new, pruned(new))))
    )
    text = bits(0x11EF55AA, 32) + bits(2**32 - 239, 32)
    whole = Bits(text, (EMPTY, EMPTY, inside, EMPTY))
    part = Bits(text, (pruned(EMPTY), pruned(EMPTY), outside, pruned(EMPTY)))
    return Block(whole.hash(), proof(whole, part))


def account_cell(
    where: bytes, amount: int, data: Bits | None = None, *, extra: bool = False
) -> Bits:
    used = "001" + bits(1, 8) + "010" + bits(700, 16)
    storage = "001" + "10" * 128 if extra else "000"
    head = "1" + address(where) + used + storage + bits(1_700_000_000, 32) + "0"
    head += bits(77, 64) + coins(amount) + "0"
    if data is None:
        return Bits(head + "00")
    return Bits(head + "1" + "0" + "0" + "1" + "1" + "0", (Bits("1010"), data))


@dataclass
class Ledger:
    """Accounts of workchain 0 in one or more shards, and of the masterchain."""

    accounts: dict[bytes, Bits] = field(default_factory=dict)
    """By their 33 bytes."""
    split: bool = True

    def _state(
        self,
        chosen: dict[bytes, Bits],
        where: bytes,
        custom: Bits | None = None,
        path: set[bytes] | None = None,
    ) -> tuple[Bits, Bits]:
        """A state of `chosen`, and the part of it that leads to `where`, or `path` instead."""
        keep: set[bytes] = set()
        extra = bits(0, 5) + coins(10**15) + "0"
        leaves = {
            _number(one[1:]): Bits(extra + "0" * 256 + bits(77, 64), (cell,))
            for one, cell in chosen.items()
        }
        trail = _number(where[1:])
        tree = "0" + extra
        below: tuple[Bits, ...] = ()
        if leaves:
            tree = "1" + extra
            below = (dictionary(leaves, 256, extra, trail, keep),)
        held = Bits(tree, below)
        head = (
            bits(0x9023AFE2, 32) + bits(2**32 - 239, 32) + "0" * 297 + bits(custom is not None, 1)
        )
        extras = () if custom is None else (custom,)
        whole = Bits(head, (EMPTY, held, Bits("11"), *extras))
        keep.add(held.hash())
        return whole, cut(whole, (keep if path is None else path) | {whole.hash()})

    def answer(self, where: bytes) -> tuple[bytes, bytes, bytes, bytes]:
        """The masterchain block's hash, and shard_proof, proof and state of an account."""
        described = self.accounts.get(where)
        state = b"" if described is None else bag(described)
        shards: dict[str, Block] = {}
        proofs: dict[str, Bits] = {}
        for prefix in ("0", "1") if self.split else ("",):
            inside = {
                one: cell
                for one, cell in self.accounts.items()
                if one[0] == 0 and _number(one[1:]).startswith(prefix)
            }
            whole, part = self._state(inside, where)
            shards[prefix] = block(whole)
            proofs[prefix] = proof(whole, part)
        tree, path = self._shards(shards, _number(where[1:]))
        named = dictionary({bits(0, 32): Bits("", (tree,))}, 32)
        custom = Bits(bits(0xCC26, 16) + "1" + "0" * 9, (named, EMPTY))
        own = {one: cell for one, cell in self.accounts.items() if one[0] == 0xFF}
        if where[0] == 0xFF:
            whole, part = self._state(own, where, custom)
            top = block(whole)
            return top.hash, b"", bag(top.shown, proof(whole, part)), state
        whole, part = self._state(own, where, custom, path | {custom.hash(), named.hash()})
        top = block(whole)
        prefix = _number(where[1:])[:1] if self.split else ""
        return (
            top.hash,
            bag(top.shown, proof(whole, part)),
            bag(shards[prefix].shown, proofs[prefix]),
            state,
        )

    @staticmethod
    def _shards(shards: dict[str, Block], trail: str) -> tuple[Bits, set[bytes]]:
        leaves = {
            prefix: Bits("0" + bits(0xB, 4) + "0" * 192 + _number(one.hash) + "1" * 256)
            for prefix, one in shards.items()
        }
        if "" in leaves:
            return leaves[""], {leaves[""].hash()}
        fork = Bits("1", (leaves["0"], leaves["1"]))
        return fork, {fork.hash(), leaves[trail[0]].hash()}
