"""Small accounts' trees over BN254 as the exchanges build them, and tables of batches."""

from __future__ import annotations

import base64
import csv
import io
import json
from collections.abc import Sequence

from crawler.liabilities.bn254_accounts import DEPTH
from crawler.liabilities.interface import HeldFile
from crawler.liabilities.poseidon_bn254 import digest

HEADER = (
    "id", "created_at", "updated_at", "deleted_at", "proof_info", "cex_asset_list_commitments",
    "account_tree_roots", "batch_commitment", "batch_number",
)  # fmt: skip


def text(element: int) -> str:
    return base64.b64encode(element.to_bytes(32, "big")).decode()


class SparseTree:
    """A tree of depth 28 with a few leaves; all other places are empty."""

    def __init__(self, leaves: Sequence[int], empty_leaf: int) -> None:
        empty, level = empty_leaf, list(leaves)
        self.levels: list[tuple[list[int], int]] = []
        for _ in range(DEPTH):
            self.levels.append((level, empty))
            padded = [*level, empty] if len(level) % 2 else level
            pairs = zip(padded[::2], padded[1::2], strict=True)
            level = [digest(pair) for pair in pairs]
            empty = digest([empty, empty])
        self.root = level[0] if level else empty

    def path(self, index: int) -> list[int]:
        found = []
        for level, empty in self.levels:
            beside = index ^ 1
            found.append(level[beside] if beside < len(level) else empty)
            index >>= 1
        return found


def table(
    roots: Sequence[int], assets: Sequence[int], *, order: Sequence[int] | None = None
) -> HeldFile:
    """Return proof.csv for a chain of roots and asset commitments."""
    stream = io.StringIO()
    writer = csv.writer(stream, quoting=csv.QUOTE_ALL)
    writer.writerow(HEADER)
    count = len(roots) - 1
    for number in order if order is not None else range(count):
        around = (*roots[number : number + 2], *assets[number : number + 2])
        writer.writerow(
            (
                number + 1, "then", "then", "", base64.b64encode(bytes(256)).decode(),
                json.dumps([text(assets[number]), text(assets[number + 1])]),
                json.dumps([text(roots[number]), text(roots[number + 1])]),
                text(digest(around)), number,
            )
        )  # fmt: skip
    return HeldFile("proof.csv", stream.getvalue().encode())
