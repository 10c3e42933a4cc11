from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.evidence.manifest import (
    BundleError,
    Member,
    is_safe_name,
    manifest_bytes,
    read_manifest,
)

DIGEST = "ab" * 32
MEMBERS = [Member("list/a.csv", DIGEST, 5), Member("report.json", DIGEST, 0)]


def test_it_is_read_back_sorted() -> None:
    assert read_manifest(manifest_bytes(reversed(MEMBERS))) == MEMBERS


@given(st.data())
def test_a_changed_byte_never_reads_as_the_same(data: st.DataObject) -> None:
    content = bytearray(manifest_bytes(MEMBERS))
    place = data.draw(st.integers(0, len(content) - 1))
    content[place] ^= data.draw(st.integers(1, 255))
    try:
        found = read_manifest(bytes(content))
    except BundleError:
        return
    assert found != MEMBERS


@pytest.mark.parametrize(
    "name",
    ["", "/etc/passwd", "..", "a/../b", "a//b", "./a", "a/", "C:\\x", "a\\b", "a\nb", "a\0b",
     " a", "a ", "x" * 201, "a\u202eb", "\ud800"],
)  # fmt: skip
def test_names_that_could_lead_outside_are_refused(name: str) -> None:
    assert not is_safe_name(name)
    document = {"assay_evidence": 1, "members": [{"name": name, "sha256": DIGEST, "size": 1}]}
    with pytest.raises(BundleError):
        read_manifest((json.dumps(document, indent=1, sort_keys=True) + "\n").encode())


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "not the manifest"),
        (b"[]", "not the manifest"),
        (b"\xff", "not the manifest"),
        (b'{"members": []}', "not the manifest"),
        (b'{"assay_evidence": 2, "members": []}', "another version"),
        (b'{"assay_evidence": true, "members": []}', "not the manifest"),
        (b'{"assay_evidence": 1, "members": []}', "names 0 members"),
        (b'{"assay_evidence": 1, "members": {"a": 1}}', "not the manifest"),
        (b'{"assay_evidence": 1, "members": [1]}', "not the manifest"),
        (manifest_bytes(MEMBERS).replace(b"\n ", b"\n  "), "changed"),
        (manifest_bytes([Member("manifest.json", DIGEST, 1)]), "may not be one"),
        (manifest_bytes([Member("a", DIGEST.upper(), 1)]), "damaged"),
        (manifest_bytes([Member("a", DIGEST, -1)]), "damaged"),
        (manifest_bytes([*MEMBERS, MEMBERS[0]]), "twice"),
        (b"[" * 100_000, "not the manifest"),
    ],
    ids=range(15),
)
def test_everything_else_is_refused_in_one_sentence(content: bytes, says: str) -> None:
    with pytest.raises(BundleError, match=says):
        read_manifest(content)
