"""findings.jsonl: one line per row of the list. The stable interface for scripts."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import TypedDict

import msgspec

from chains.adapter import OwnershipVerdict
from crawler.aggregate import holding_of
from crawler.assess import Finding
from crawler.entities import freshness
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
    holding: str | None


def finding_line(finding: Finding) -> FindingLine:
    """Return the line of a finding."""
    claim = finding.claim
    ownership = finding.ownership
    point, claimed, observed = finding.point, finding.claimed, finding.observed
    assurance = finding.assurance
    asset = network = height = kind = custodian = holding = None
    if isinstance(claim, MalformedRow):  # it says little of itself
        address = claim.address
    else:
        mapping = claim.mapping
        if mapping is not None:
            asset, network = mapping.asset, mapping.network
        address, height, custodian = claim.material.address, claim.height, claim.custodian
        kind, holding = claim.kind._value_, holding_of(claim)
    return {
        "row": claim.row,
        "coin": claim.coin,
        "asset": asset,
        "network": network,
        "address": address,
        "height": point.height if point is not None else height,
        "block_hash": point.block_hash if point is not None else None,
        "claimed": claimed.text() if claimed is not None else None,
        "observed": observed.text() if observed is not None else None,
        # `_value_` is `value` without a descriptor's call: this runs once a row.
        "assurance": assurance._value_ if assurance is not None else None,
        "ownership": ownership.word._value_,
        "finding": finding.word._value_,
        "reason": finding.reason,
        "detail": finding.detail,
        "ownership_reason": ownership.reason,
        "ownership_detail": ownership.detail,
        "digest": ownership.digest or None,
        "message": ownership.message or None,
        "kind": kind,
        "custodian": custodian,
        "sources": list(finding.sources),
        "file": claim.file,
        "holding": holding,
    }


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(FindingLine)


def encode_line(line: object) -> bytes:
    """Return one JSON line with its newline; lone surrogates become replacement characters."""
    try:
        return _encoder.encode(line) + b"\n"
    except UnicodeEncodeError:
        return _encoder.encode(_printable(line)) + b"\n"


def line_around(finding: Finding, left_out: Collection[str]) -> list[str]:
    """Return what stands before, between and behind the values of `left_out` in a finding's line.

    Put together with the JSON of these values, the parts are `encode_line` of the line.
    """
    parts, text = [], "{"
    for number, (name, value) in enumerate(finding_line(finding).items()):
        text += f'{"," if number else ""}"{name}":'
        if name in left_out:
            parts.append(text)
            text = ""
        else:
            text += encode_line(value)[:-1].decode()
    return [*parts, f"{text}}}\n"]


def _decoded(line: bytes) -> FindingLine:
    try:
        return _decoder.decode(line)
    except (msgspec.DecodeError, RecursionError) as error:
        raise ValueError(f"a finding cannot be read: {error}") from error


def read_lines(pieces: Iterable[bytes]) -> Iterator[FindingLine]:
    """Yield the findings of a findings.jsonl that comes in pieces of any size.

    Raises ValueError when a line is none, or the last one is cut short.
    """
    rest = b""
    for piece in pieces:
        *lines, rest = (rest + piece).split(b"\n")
        yield from map(_decoded, lines)
    if rest:
        raise ValueError("the last finding is cut short")


def _printable(value: object) -> object:
    if isinstance(value, str):
        return value.encode(errors="replace").decode()
    if isinstance(value, dict):
        return {key: _printable(member) for key, member in value.items()}
    if isinstance(value, list | tuple):
        return [_printable(member) for member in value]
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
    freshness: str | None
    """Of the message that was signed: `fresh` or `static`."""
    file: str


def ownership_line(
    row: Claim | MalformedRow, verdict: OwnershipVerdict, fresh: Iterable[str]
) -> OwnershipLine:
    """Return the line of one judged row; `fresh` is `Entity.fresh`."""
    mapping = row.mapping if isinstance(row, Claim) else None
    return {
        "row": row.row,
        "coin": row.coin,
        "network": mapping.network if mapping is not None else None,
        "address": row.material.address if isinstance(row, Claim) else row.address,
        "verdict": verdict.word.value,
        "reason": verdict.reason,
        "detail": verdict.detail,
        "digest": verdict.digest or None,
        "message": verdict.message or None,
        "freshness": freshness(verdict.message, fresh) if verdict.message else None,
        "file": row.file,
    }
