"""A wallet list in a zip, as OKX publishes it: the main list and the ETH staking list.

Every ``*.csv`` and ``*.csv.gz`` inside that has a known header is a member. Names inside the zip
are labels only: nothing is ever written, so they may say what they like.
"""

from __future__ import annotations

import gzip
import zipfile
from collections import Counter
from functools import partial
from typing import TYPE_CHECKING

from chains.errors import plain_text
from crawler.errors import ListError
from crawler.lists.lines import split_lines
from crawler.sources.interface import Member
from crawler.sources.recognise import CSV_HINT, UnrecognisedError, recognise
from crawler.sources.stream import (
    Fingerprint,
    bounded,
    faults_of,
    pieces,
    require_unchanged,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ENCRYPTED_FLAG = 0x1
MEMBERS_LIMIT = 1000
"""CSV files in one zip. OKX's has two."""


def open_archive(
    path: Path, expected: Fingerprint, name: str
) -> tuple[tuple[Member, ...], tuple[str, ...]]:
    """Return the members of a zip, main list first, and a sentence on each CSV left out.

    Raises ListError when the zip is damaged or holds no wallet list, or when a CSV file in it is
    encrypted, damaged, or there under the same name twice.
    """
    with faults_of(name), zipfile.ZipFile(path) as archive:
        infos = archive.infolist()
    candidates = [info for info in infos if _is_candidate(info)]
    _require_sound(candidates, infos, name)
    members: list[Member] = []
    left_out: list[str] = []
    for info in candidates:
        label = plain_text(info.filename)
        read = partial(_read_member, path, expected, info, name)
        try:
            list_format = recognise(split_lines(read()), f"{label} in {name}")
        except UnrecognisedError as error:
            left_out.append(str(error))
            continue
        members.append(Member(name=label, format=list_format, read=read))
    if not members:
        raise ListError(
            f"{name} is a zip without a wallet list", hint="; ".join(left_out) or CSV_HINT
        )
    members.sort(key=lambda member: "staking" in member.name.lower())
    return tuple(members), tuple(left_out)


def _is_candidate(info: zipfile.ZipInfo) -> bool:
    name = info.filename.lower()
    last = name.rsplit("/", 1)[-1]
    is_resource_fork = name.startswith("__macosx/") or last.startswith("._")
    return last.endswith((".csv", ".csv.gz")) and not is_resource_fork


def _require_sound(
    candidates: list[zipfile.ZipInfo], infos: list[zipfile.ZipInfo], name: str
) -> None:
    """Raise ListError when the directory of a zip shows that its lists cannot be read."""
    if not candidates and any(info.filename == "xl/workbook.xml" for info in infos):
        raise ListError(f"{name} is a spreadsheet, not a list", hint=CSV_HINT)
    if len(candidates) > MEMBERS_LIMIT:
        raise ListError(
            f"{name} holds {len(candidates)} CSV files", hint=f"at most {MEMBERS_LIMIT} are read"
        )
    labels = Counter(plain_text(info.filename) for info in candidates)
    for label, count in labels.items():
        if count > 1:
            raise ListError(
                f"{name} holds {count} files named {label}", hint="nobody can tell which one counts"
            )
    for info in candidates:
        if info.flag_bits & ENCRYPTED_FLAG:
            raise ListError(
                f"{name} is encrypted: {plain_text(info.filename)} asks for a password",
                hint="unpack it first, and name the list inside",
            )


def _read_member(
    path: Path, expected: Fingerprint, info: zipfile.ZipInfo, name: str
) -> Iterator[bytes]:
    label = f"{plain_text(info.filename)} in {name}"
    with faults_of(label):
        require_unchanged(path, expected, name)
        packed_size = min(info.compress_size, expected.size)  # the directory may lie
        with zipfile.ZipFile(path) as archive, archive.open(info) as stream:
            if info.filename.lower().endswith(".gz"):
                with gzip.open(stream, "rb") as unpacked:
                    yield from bounded(pieces(unpacked), packed_size=packed_size, name=label)
            else:
                yield from bounded(pieces(stream), packed_size=packed_size, name=label)
