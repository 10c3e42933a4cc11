"""Small trees of accounts as OKX's zk V2 builds them, and customers' files from them."""

from __future__ import annotations

from dataclasses import dataclass

from crawler.liabilities.okx_account_tree import Shape, hex_of, leaf
from crawler.liabilities.plonky2.poseidon import Digest, hash_no_pad, two_to_one

SHAPE = Shape(batch_size=4, branching=3, levels=2, tokens=2)


@dataclass(frozen=True)
class Account:
    identity: str
    equity: tuple[int, ...]
    debt: tuple[int, ...]


def accounts(shape: Shape = SHAPE) -> list[Account]:
    return [
        Account(f"{number * 0x1234567890ABCDEF + 5:064x}", (number + 10, 7), (number, 2))
        for number in range(shape.accounts)
    ]


class AccountTree:
    """All levels of one tree."""

    def __init__(self, shape: Shape = SHAPE) -> None:
        self.shape = shape
        self.accounts = accounts(shape)
        level = [leaf(one.identity, sum(one.equity), sum(one.debt)) for one in self.accounts]
        self.binary: list[list[Digest]] = []
        for _ in range(shape.batch_size.bit_length() - 1):
            self.binary.append(level)
            level = [two_to_one(level[at], level[at + 1]) for at in range(0, len(level), 2)]
        self.wide: list[list[Digest]] = []
        for _ in range(shape.levels):
            self.wide.append(level)
            width = shape.branching
            groups = [level[at : at + width] for at in range(0, len(level), width)]
            level = [hash_no_pad([limb for node in group for limb in node]) for group in groups]
        (self.root,) = level

    def proof(self, index: int) -> dict[str, object]:
        """Return a customer's file."""
        account, at = self.accounts[index], index
        siblings = []
        for level in self.binary:
            siblings.append(hex_of(level[at ^ 1]))
            at //= 2
        recursive = []
        for level in self.wide:
            width = self.shape.branching
            first = at // width * width
            group = [hex_of(node) for node in level[first : first + width]]
            recursive.append(
                {"left_hashes": group[: at - first], "right_hashes": group[at - first + 1 :]}
            )
            at //= width
        return {
            "account": {
                "id": account.identity,
                "equity": [str(amount) for amount in account.equity],
                "debt": [str(amount) for amount in account.debt],
            },
            "index": index,
            "sum_tree_siblings": siblings,
            "recursive_tree_siblings": recursive,
        }
