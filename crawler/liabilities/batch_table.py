"""The published table of Groth16 batches (proof.csv): strict parsing and the chain. Pure.

1. The batches are numbered from 0 without a gap.
2. A batch's public input is the hash of the roots and the asset commitments around it.
3. Each batch starts from the root and the asset commitment at which the one before ended.

The Groth16 equation itself is not checked. Source: liabilities spec, section 10.
"""

from __future__ import annotations

import base64
import binascii
import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from crawler.liabilities import documents
from crawler.liabilities.bn254_accounts import base64_element
from crawler.liabilities.documents import Node
from crawler.liabilities.interface import LiabilitiesError, ProofFile
from crawler.liabilities.poseidon_bn254 import digest

MOST_BATCHES = 1_000_000
PROOF_BYTES = (256, 1024)
"""A Groth16 proof over BN254 without compression, and room for later forms."""

_COLUMNS = (
    "proof_info",
    "cex_asset_list_commitments",
    "account_tree_roots",
    "batch_commitment",
    "batch_number",
)
_UNUSED = {"id", "created_at", "updated_at", "deleted_at", "assets_count"}
MARK = b"batch_commitment"
"""In the first line of such a table."""


@dataclass(frozen=True, slots=True)
class Batch:
    """One row: what a batch of accounts starts from and ends at."""

    number: int
    roots: tuple[int, int]
    """Of the accounts' tree, before and after."""
    assets: tuple[int, int]
    """Commitments to the exchange's totals, before and after."""
    public_input: int


def _text(file: ProofFile) -> str:
    try:
        return file.read().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise LiabilitiesError(f"{file.name}: not UTF-8 text (byte {error.start})") from error


def _pair(node: Node) -> tuple[int, int]:
    before, after = Node(documents.parse(node.text(), node.where), node.where).items(
        least=2, most=2
    )
    return base64_element(before), base64_element(after)


def _check_proof(node: Node) -> None:
    try:
        raw = base64.b64decode(node.text(longest=4000), validate=True)
    except (binascii.Error, ValueError):
        node.refuse("base64 was expected")
    if not PROOF_BYTES[0] <= len(raw) <= PROOF_BYTES[1]:
        node.refuse(f"{PROOF_BYTES[0]} to {PROOF_BYTES[1]} bytes were expected")


def _batch(cells: dict[str, Node]) -> Batch:
    _check_proof(cells["proof_info"])
    number = cells["batch_number"]
    return Batch(
        number=number.integer_text(0, MOST_BATCHES),
        roots=_pair(cells["account_tree_roots"]),
        assets=_pair(cells["cex_asset_list_commitments"]),
        public_input=base64_element(cells["batch_commitment"]),
    )


def parse(file: ProofFile) -> list[Batch]:
    """Return the batches by number, which need not be the file's order.

    Raises LiabilitiesError for a damaged table and for numbers that are not 0, 1, 2, ...
    """
    reader = csv.reader(io.StringIO(_text(file), newline=""), strict=True)
    batches = []
    try:
        header = next(reader, [])
        if len(set(header)) != len(header) or set(_COLUMNS) - set(header):
            raise LiabilitiesError(f"{file.name}: the columns are not those of a batch table")
        strange = set(header) - set(_COLUMNS) - _UNUSED
        if strange:
            raise LiabilitiesError(f"{file.name}: the column {min(strange)!r} is not known here")
        for row in reader:
            if not row:
                continue
            where = f"{file.name}: line {reader.line_num}"
            if len(row) != len(header):
                raise LiabilitiesError(f"{where}: {len(row)} cells instead of {len(header)}")
            named = zip(header, row, strict=True)
            batches.append(_batch({name: Node(cell, f"{where}: {name}") for name, cell in named}))
    except csv.Error as error:
        raise LiabilitiesError(f"{file.name}: not CSV: {error}") from error
    batches.sort(key=lambda batch: batch.number)
    if not batches or [batch.number for batch in batches] != list(range(len(batches))):
        raise LiabilitiesError(f"{file.name}: the batches are not numbered 0, 1, 2, ...")
    return batches


def input_faults(batches: Sequence[Batch]) -> list[str]:
    """Return the batches whose public input is not the hash of what they start and end with."""
    return [
        f"batch {batch.number}: the public input is not that of its roots and commitments"
        for batch in batches
        if digest([*batch.roots, *batch.assets]) != batch.public_input
    ]


def chain_faults(batches: Sequence[Batch]) -> list[str]:
    """Return the batches that do not start where the one before ended."""
    return [
        f"batch {after.number} does not start where batch {before.number} ended"
        for before, after in pairwise(batches)
        if (before.roots[1], before.assets[1]) != (after.roots[0], after.assets[0])
    ]
