"""findings.jsonl: one line per row of the list. The stable interface for scripts."""

from __future__ import annotations

from typing import TypedDict

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


def finding_line(finding: Finding) -> FindingLine:
    """Return the line of a finding."""
    claim = finding.claim
    ownership = finding.ownership
    is_claim = isinstance(claim, Claim)
    asset = network = None
    if is_claim and claim.mapping is not None:
        asset, network = claim.mapping.asset, claim.mapping.network
    point = finding.point
    return {
        "row": claim.row,
        "coin": claim.coin,
        "asset": asset,
        "network": network,
        "address": claim.material.address if is_claim else claim.address,
        "height": claim.height if is_claim else None,
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
        "kind": claim.kind.value if is_claim else None,
        "custodian": claim.custodian if is_claim else None,
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
    is_claim = isinstance(row, Claim)
    return {
        "row": row.row,
        "coin": row.coin,
        "network": row.mapping.network if is_claim and row.mapping is not None else None,
        "address": row.material.address if is_claim else row.address,
        "verdict": verdict.word.value,
        "reason": verdict.reason,
        "detail": verdict.detail,
        "digest": verdict.digest or None,
        "message": verdict.message or None,
        "file": row.file,
    }
