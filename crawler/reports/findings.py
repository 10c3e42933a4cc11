"""findings.jsonl: one line per row of the list. The stable interface for scripts."""

from __future__ import annotations

from typing import NamedTuple, Self, TypedDict

import msgspec

from chains.adapter import OwnershipVerdict
from crawler.assess import Finding
from crawler.models import Claim, MalformedRow


class FindingLine(TypedDict):
    """The members of one line, in this order; absent values are null, amounts are text."""

    row: int
    coin: str
    asset: str | None
    network: str | None
    address: str
    height: int | None
    block_hash: str | None
    claimed: str | None
    observed: str | None
    assurance: str | None
    ownership: str
    finding: str
    reason: str
    detail: str
    ownership_reason: str
    ownership_detail: str
    digest: str | None
    message: str | None
    kind: str | None
    custodian: str | None
    sources: list[str]
    file: str


class _Cells(NamedTuple):
    """What a row says of itself; a malformed row says little."""

    address: str
    asset: str | None = None
    network: str | None = None
    height: int | None = None
    kind: str | None = None
    custodian: str | None = None

    @classmethod
    def of(cls, row: Claim | MalformedRow) -> Self:
        if isinstance(row, MalformedRow):
            return cls(row.address)
        mapping = row.mapping
        asset, network = (mapping.asset, mapping.network) if mapping is not None else (None, None)
        return cls(row.material.address, asset, network, row.height, row.kind.value, row.custodian)


def finding_line(finding: Finding) -> FindingLine:
    """Return the line of a finding."""
    claim = finding.claim
    ownership = finding.ownership
    point = finding.point
    known = _Cells.of(claim)
    return {
        "row": claim.row,
        "coin": claim.coin,
        "asset": known.asset,
        "network": known.network,
        "address": known.address,
        # That of the block hash beside it: where none was stated, or the reading is of another one.
        "height": point.height if point is not None else known.height,
        "block_hash": point.block_hash if point is not None else None,
        "claimed": finding.claimed.text() if finding.claimed is not None else None,
        "observed": finding.observed.text() if finding.observed is not None else None,
        "assurance": finding.assurance.value if finding.assurance is not None else None,
        "ownership": ownership.word.value,
        "finding": finding.word.value,
        "reason": finding.reason,
        "detail": finding.detail,
        "ownership_reason": ownership.reason,
        "ownership_detail": ownership.detail,
        "digest": ownership.digest or None,
        "message": ownership.message or None,
        "kind": known.kind,
        "custodian": known.custodian,
        "sources": list(finding.sources),
        "file": claim.file,
    }


_encoder = msgspec.json.Encoder()


def encode_line(line: object) -> bytes:
    """Return one JSON line with its newline; lone surrogates become replacement characters."""
    try:
        return _encoder.encode(line) + b"\n"
    except UnicodeEncodeError:
        return _encoder.encode(_printable(line)) + b"\n"


def _printable(value: object) -> object:
    if isinstance(value, str):
        return value.encode(errors="replace").decode()
    if isinstance(value, dict):
        return {key: _printable(member) for key, member in value.items()}
    return value


class OwnershipLine(TypedDict):
    """The members of one line of `assay ownership --out`, in this order."""

    row: int
    coin: str
    network: str | None
    address: str
    verdict: str
    reason: str
    detail: str
    digest: str | None
    message: str | None
    file: str


def ownership_line(row: Claim | MalformedRow, verdict: OwnershipVerdict) -> OwnershipLine:
    """Return the line of one judged row."""
    known = _Cells.of(row)
    return {
        "row": row.row,
        "coin": row.coin,
        "network": known.network,
        "address": known.address,
        "verdict": verdict.word.value,
        "reason": verdict.reason,
        "detail": verdict.detail,
        "digest": verdict.digest or None,
        "message": verdict.message or None,
        "file": row.file,
    }
