"""What a replay checks before it verifies the list again: signature, tables, times, proofs.

Each puts into the `Replay` what it found, and raises RecordError when nothing can be found out.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import msgspec

import crawler
from chains.adapter import SnapshotPoint
from chains.errors import ChainsError, plain_text
from chains.evm.headers import read_header
from chains.evm.hexadecimal import data, written
from chains.evm.proof_file import verify_proof_file
from chains.evm.proofs import ProofError
from crawler import settings
from crawler.evidence import bundle as parts
from crawler.evidence.container import Bundle
from crawler.evidence.manifest import SIGNATURE, TOKENS
from crawler.evidence.record import Moment, Record, RecordError
from crawler.evidence.recorded import Proofs
from crawler.evidence.result import Replay
from crawler.evidence.signing import CheckedSignature, check_signature
from crawler.readings import Observer
from crawler.reports.model import Report
from crawler.resources import config_dir

SHOWN = 20
"""Problems of one kind that are named one by one."""


class RunFile(msgspec.Struct, forbid_unknown_fields=True):
    """run.json: what the run was about."""

    assay: str
    started: Moment
    entity: str
    list_name: str
    list_sha256: str
    heights: dict[str, int]
    limits: dict[str, int]
    quorum: int
    prove: str | None
    judge: bool
    moment: Moment | None
    liabilities: list[dict[str, int | str | bool]]


def member_of(bundle: Bundle, name: str) -> Path:
    """Return where a member lies. Raises RecordError when the manifest does not name it."""
    if name not in bundle.members:
        raise RecordError(f"{name}: is missing from the bundle and its manifest")
    return bundle.path(name)


def read_run(bundle: Bundle) -> RunFile:
    """Return what run.json says. Raises RecordError when it is missing or damaged."""
    try:
        return msgspec.json.decode(member_of(bundle, parts.RUN).read_bytes(), type=RunFile)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise RecordError(f"{parts.RUN}: {plain_text(error)}") from error


def members(bundle: Bundle, run: RunFile, result: Replay) -> None:
    """Check that the members are those that a run like this one leaves behind.

    A manifest made anew can drop one, or add some. Raises RecordError for a missing one.
    """
    owed = _owed_members(bundle, run)
    expected = {
        parts.RUN, parts.ANSWERS, parts.EXCHANGES, parts.FINDINGS, parts.REPORT,
        f"{parts.LIST}/{run.list_name}",
        *(f"{parts.TABLES}/{name}" for name in parts.table_names(run.entity)),
        *owed,
    }  # fmt: skip
    for name in sorted(expected):
        member_of(bundle, name)
    surplus = sorted(bundle.members.keys() - expected - {parts.PROOFS})
    result.problems.extend(f"{name}: belongs to no run like this one" for name in surplus[:SHOWN])


def _owed_members(bundle: Bundle, run: RunFile) -> list[str]:
    """Return the members that say what is owed. Raises RecordError where run.json tells others."""
    names = []
    for one in run.liabilities:
        if one.get("carried") is not True:
            continue
        name = f"{parts.LIABILITIES}/{one.get('argument')}/{one.get('name')}"
        member_of(bundle, name)
        told = one.get("sha256"), one.get("size")
        if told != (bundle.members[name].sha256, bundle.members[name].size):
            raise RecordError(f"{parts.RUN}: it speaks of another {name}")
        names.append(name)
    return names


def signature(bundle: Bundle, result: Replay, signer: str) -> None:
    """Say who signed the manifest; a problem when that is not `signer`, if one is given (hex)."""
    found = CheckedSignature("", "", "")
    if SIGNATURE in bundle.extras:
        found = check_signature(bundle.path(SIGNATURE).read_bytes(), bundle.manifest)
        if found.problem:
            result.problems.append(f"{SIGNATURE}: {found.problem}")
        else:
            result.verified.append(f"The manifest is signed ({found.scheme}) by {found.signer}.")
            if not signer:
                result.resting.append("Whose key that is has to be known from elsewhere.")
    else:
        result.notes.append("The manifest is not signed: anybody can have made this bundle.")
    wanted = signer.lower().removeprefix("0x")
    if wanted and not found.problem and found.signer.removeprefix("0x") != wanted:
        result.problems.append(f"{SIGNATURE}: the bundle is not signed by {plain_text(signer)}")
    result.notes.extend(
        f"{name} is there; it is for a program that checks timestamps."
        for name in TOKENS
        if name in bundle.extras
    )


def tables(bundle: Bundle, run: RunFile, recorded: Report, result: Replay) -> settings.Settings:
    """Return the settings of the run. Its tables are to be those of this version."""
    folder = bundle.path(parts.TABLES)
    heights = [f"{network}={height}" for network, height in run.heights.items()]
    loaded = settings.load(environment={}, heights=heights, folder=folder)
    own = config_dir()
    differing = []
    for name in parts.table_names(run.entity):
        here = own.joinpath(*name.split("/"))
        if (
            not here.is_file()
            or here.read_bytes() != member_of(bundle, f"{parts.TABLES}/{name}").read_bytes()
        ):
            differing.append(f"{parts.TABLES}/{name}")
    if not differing:
        result.verified.append("The tables that were used are those of this program.")
    elif run.assay == crawler.__version__:
        result.problems.extend(
            f"{name}: is not the table of this version of Assay" for name in differing
        )
    else:
        result.notes.append(
            f"The tables are those of Assay {plain_text(run.assay)}, this is "
            f"{crawler.__version__}. They differ: {', '.join(differing)}."
        )
    if run.assay != recorded.tool.version:
        result.problems.append(f"{parts.RUN}: it names another version than the report")
    return loaded


def times(run: RunFile, recorded: Report, now: datetime, result: Replay) -> None:
    """Say what a clock that jumped has left behind; times are told, not found."""
    started, notes = recorded.timing.started, result.notes
    if started != run.started:
        result.problems.append(f"{parts.RUN}: it began at another time than the report")
    if started > now:
        notes.append(f"The run says it began at {started.isoformat()}, which is yet to come.")
    if any(seconds < 0 for seconds in recorded.timing.seconds.values()):
        notes.append("A step of the run says it took less than no time.")
    notes.extend(
        f"Block {point.height:,} of {point.network} is from {point.block_time.isoformat()}, "
        "after the run is said to have begun."
        for point in recorded.snapshots
        if point.block_time is not None and point.block_time > started
    )


def headers(record: Record, result: Replay) -> None:
    """Check that the headers hash to the pinned blocks."""
    points = [point for point in record.pins.values() if isinstance(point, SnapshotPoint)]
    good = 0
    for point in points:
        line = record.headers.pop((point.network, point.block_hash), None)
        if line is None:
            continue
        if problem := _header_problem(str(line["header"]), point):
            result.problems.append(
                f"{parts.ANSWERS}: the header of block {point.height:,} of {point.network} "
                f"{problem}"
            )
        else:
            good += 1
    result.problems.extend(
        f"{parts.ANSWERS}: a header of {network} belongs to no pinned block"
        for network, _ in record.headers
    )
    if points:
        result.verified.append(
            f"{good:,} of {len(points):,} snapshot blocks: the header is here and hashes to "
            "the block."
        )
        result.resting.append(
            "That the pinned blocks are those of the chain: compare their hashes with any "
            "explorer or node."
        )


def _header_problem(text: str, point: SnapshotPoint) -> str:
    try:
        header = read_header(data(text))
    except ChainsError as error:
        return f"is damaged: {plain_text(error)}"
    if written(header.hash) != point.block_hash:
        return f"hashes to {written(header.hash)}, not to {point.block_hash}"
    if header.height != point.height:
        return f"is that of block {header.height:,}"
    if point.block_time is None or point.block_time.timestamp() != header.time:
        return "names another time"
    return ""


def proofs_of(bundle: Bundle, observer: Observer, result: Replay) -> Proofs:
    """Return the proofs of a bundle, every one of them verified."""
    proofs = Proofs()
    if parts.PROOFS not in bundle.members:
        return proofs
    observer.start("proofs", None)
    wrong = []
    try:
        with bundle.path(parts.PROOFS).open("rb") as stream:
            for one in verify_proof_file(stream):
                observer.advance("proofs", 1, errors=bool(one.problem))
                if one.problem:
                    wrong.append(f"{parts.PROOFS}, line {one.line}: {one.problem}")
                proofs.balances[one.form, one.block_hash, one.account] = one
    except ProofError as error:
        wrong.append(f"{parts.PROOFS}: {plain_text(error)}")
    result.problems += wrong[:SHOWN]
    return proofs
