"""Bundles that lie about themselves: what is unsafe is refused, what is damaged is named."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from crawler.evidence.container import open_bundle
from crawler.evidence.manifest import BundleError, Member, manifest_bytes, read_manifest
from crawler.evidence.sealed_zip import seal


def problems(path: Path) -> list[str]:
    with open_bundle(path) as bundle:
        return bundle.problems


def repack(
    path: Path, change: Callable[[dict[str, bytes]], object], *extra: zipfile.ZipInfo
) -> None:
    """Pack a zip again, and seal it, after a change of its members."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    change(members)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
        for info in extra:
            archive.writestr(info, b"../../etc/passwd")
    seal(path)


def test_a_sound_bundle_has_no_problems(bundle: Path, zipped: Path) -> None:
    assert problems(bundle) == []
    assert problems(zipped) == []


def test_progress_counts_every_byte(zipped: Path) -> None:
    counts: list[int] = []
    with open_bundle(zipped, counts.append) as opened:
        sizes = sum(member.size for member in opened.members.values()) + len(opened.manifest)
    assert sum(counts) == sizes


def test_a_missing_member_is_named(bundle: Path, zipped: Path) -> None:
    (bundle / "answers.jsonl").unlink()
    repack(zipped, lambda members: members.pop("answers.jsonl"))
    for path in (bundle, zipped):
        assert problems(path) == ["answers.jsonl: is missing"]


def test_a_surplus_member_is_named(bundle: Path, zipped: Path) -> None:
    (bundle / "list" / "more.csv").write_bytes(b"x")
    repack(zipped, lambda members: members.update({"list/more.csv": b"x"}))
    for path in (bundle, zipped):
        assert problems(path) == ["list/more.csv: stands in no manifest"]


def test_a_manifest_that_lists_what_is_not_there_is_found(bundle: Path) -> None:
    manifest = bundle / "manifest.json"
    members = read_manifest(manifest.read_bytes())
    manifest.write_bytes(manifest_bytes([*members, Member("proofs.jsonl", "00" * 32, 5)]))
    assert problems(bundle) == ["proofs.jsonl: is missing"]


def test_longer_shorter_and_changed_members_are_named(bundle: Path) -> None:
    for name, content in (("report.json", b"{}"), ("run.json", b"x" * 10_000)):
        (bundle / name).write_bytes(content)
    assert [text.partition(":")[0] for text in problems(bundle)] == ["report.json", "run.json"]


@pytest.mark.parametrize(
    "name",
    ["../outside", "/etc/outside", "a/../../outside", "C:\\outside", "list\\x", "folder/"],
)
def test_names_that_lead_outside_are_refused(zipped: Path, name: str) -> None:
    repack(zipped, lambda members: members.update({name: b"x"}))
    with pytest.raises(BundleError, match=r"not safe|damaged"):
        problems(zipped)
    assert not (zipped.parent / "outside").exists()


def test_a_name_that_stands_twice_is_refused(zipped: Path) -> None:
    with zipfile.ZipFile(zipped, "a") as archive:
        archive.comment = b""
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("report.json", b"{}")
    with pytest.raises(BundleError, match=r"2 members named 'report\.json'"):
        problems(zipped)


def test_links_are_refused(bundle: Path, zipped: Path) -> None:
    (bundle / "link").symlink_to("/etc/passwd")
    link = zipfile.ZipInfo("link")
    link.create_system, link.external_attr = 3, 0o120777 << 16
    repack(zipped, lambda _: None, link)
    for path in (bundle, zipped):
        with pytest.raises(BundleError, match="link"):
            problems(path)


def test_a_link_in_the_place_of_a_folder_is_refused(bundle: Path, tmp_path: Path) -> None:
    (bundle / "list").rename(tmp_path / "elsewhere")
    (bundle / "list").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(BundleError, match="list is a link"):
        problems(bundle)


def test_a_zip_bomb_is_refused_unread(zipped: Path) -> None:
    repack(zipped, lambda members: members.update({"bomb": bytes(80 * 2**20)}))
    with pytest.raises(BundleError, match="would unpack"):
        problems(zipped)


def test_a_member_larger_than_told_is_not_unpacked(zipped: Path) -> None:
    repack(zipped, lambda members: members.update({"report.json": bytes(20 * 2**20)}))
    with open_bundle(zipped) as bundle:
        (problem,) = bundle.problems
        assert problem.startswith("report.json: is longer than")
        assert bundle.path("report.json").stat().st_size < 20 * 2**20


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"PK\x05\x06" + bytes(10), b"coin,"])
def test_another_file_is_no_bundle(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.zip"
    path.write_bytes(content)
    with pytest.raises(BundleError):
        problems(path)


def test_an_empty_folder_or_nothing_at_all_is_no_bundle(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "none"):
        with pytest.raises(BundleError):
            problems(path)


def test_a_zip_packed_by_another_program_lacks_the_seal(zipped: Path) -> None:
    repack(zipped, lambda _: None)
    assert problems(zipped) == []
    with zipfile.ZipFile(zipped, "a") as archive:
        archive.comment = b""
    (problem,) = problems(zipped)
    assert "no seal" in problem
