r"""manifest.json: the name, size and SHA-256 of every member of a bundle, in one spelling. Pure.

The bytes are canonical: UTF-8 JSON with sorted keys and members sorted by name, an indent of one
blank and a newline at the end. A manifest that is spelled otherwise is not read.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import NamedTuple

import msgspec

from crawler.errors import CrawlerError

MANIFEST = "manifest.json"
SIGNATURE = "manifest.sig.json"
TOKENS = ("manifest.tsr", "manifest.ots")
"""RFC 3161 and OpenTimestamps tokens over the manifest; they come after it, so it cannot name them.
"""
UNLISTED = frozenset({MANIFEST, SIGNATURE, *TOKENS})

FORMAT = 1
LONGEST_NAME = 200
MOST_MEMBERS = 20_100
_HEX = re.compile(r"[0-9a-f]{64}", re.ASCII)


class BundleError(CrawlerError):
    """This is no evidence bundle, or none that can be read safely."""


class Member(NamedTuple):
    """One member of a bundle."""

    name: str
    sha256: str
    size: int


class _Entry(msgspec.Struct, forbid_unknown_fields=True):
    name: str
    sha256: str
    size: int


class _Document(msgspec.Struct, forbid_unknown_fields=True):
    assay_evidence: int
    members: list[_Entry]


def is_safe_name(name: str) -> bool:
    r"""Return whether a member of this name stays inside a folder on every system.

    >>> [is_safe_name(n) for n in ("list/a.csv", "/a", "../a", "a/../b", "C:a", "a\\b", "a/", "é")]
    [True, False, False, False, False, False, False, True]
    """
    parts = name.split("/")
    return (
        0 < len(name.encode(errors="replace")) <= LONGEST_NAME
        and name.isprintable()
        and not set(name) & set('\\:*?"<>|')
        and all(part not in {"", ".", ".."} and part == part.strip() for part in parts)
    )


def manifest_bytes(members: Iterable[Member]) -> bytes:
    """Return manifest.json for these members."""
    document = {
        "assay_evidence": FORMAT,
        "members": [
            {"name": one.name, "sha256": one.sha256, "size": one.size} for one in sorted(members)
        ],
    }
    return (json.dumps(document, indent=1, sort_keys=True, ensure_ascii=False) + "\n").encode()


def read_manifest(content: bytes) -> list[Member]:
    """Return the members that a manifest names, sorted by name.

    Raises BundleError, in one sentence, for anything but the canonical bytes of this format.
    """
    try:
        document = msgspec.json.decode(content, type=_Document)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BundleError(f"{MANIFEST} is not the manifest of an evidence bundle") from error
    if document.assay_evidence != FORMAT:
        raise BundleError(
            f"{MANIFEST} is of another version of the format", hint=f"this program reads {FORMAT}"
        )
    members = [Member(one.name, one.sha256, one.size) for one in document.members]
    if not 0 < len(members) <= MOST_MEMBERS:
        raise BundleError(f"{MANIFEST} names {len(members):,} members")
    for name, digest, size in members:
        if not is_safe_name(name) or name in UNLISTED:
            raise BundleError(f"{MANIFEST} names a member that may not be one: {name[:60]!r}")
        if _HEX.fullmatch(digest) is None or size < 0:
            raise BundleError(f"{MANIFEST}: the entry of {name} is damaged")
    names = [member.name for member in members]
    if len(set(names)) != len(names):
        raise BundleError(f"{MANIFEST} names a member twice")
    if manifest_bytes(members) != content:
        raise BundleError(f"{MANIFEST} is not spelled as a manifest is: it was changed")
    return members
