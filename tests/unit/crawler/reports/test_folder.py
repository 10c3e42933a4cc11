from __future__ import annotations

import errno
import os
import subprocess
from pathlib import Path

import pytest

from crawler.errors import OutputError
from crawler.reports.folder import require_folder, whole_file, whole_files, working_folder


def test_a_file_appears_only_when_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "new" / "report.json"
    with whole_file(path) as stream:
        stream.write(b"half")
        assert not path.exists()
    assert path.read_bytes() == b"half"
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("fault", [KeyboardInterrupt, RuntimeError])
def test_an_interrupted_write_leaves_the_old_file_and_no_rest(
    tmp_path: Path, fault: type[BaseException]
) -> None:
    path = tmp_path / "report.json"
    path.write_bytes(b"old")

    def interrupted() -> None:
        with whole_file(path) as stream:
            stream.write(b"new")
            raise fault

    with pytest.raises(fault):
        interrupted()
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_in_the_way_of_the_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    with pytest.raises(OutputError, match="taken is not a folder"):
        require_folder(tmp_path / "taken")
    with (
        pytest.raises(OutputError, match="cannot be written"),
        whole_file(tmp_path / "taken" / "x"),
    ):
        pass


def test_a_folder_still_to_be_made_is_fine(tmp_path: Path) -> None:
    require_folder(tmp_path / "a" / "b")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="no /proc, where nobody can write")
def test_a_folder_that_cannot_be_made_is_refused_before_the_work() -> None:
    with pytest.raises(OutputError, match="cannot be written"):
        require_folder(Path("/proc/assay/report"))


def dead_process() -> int:
    """The id of a process that has ended."""
    dead = subprocess.Popen(["true"])
    dead.wait()
    return dead.pid


def test_rests_of_killed_runs_are_cleared_and_those_of_others_are_not(tmp_path: Path) -> None:
    rest = tmp_path / f".report.json.{dead_process()}.abc"
    alive = tmp_path / f".report.json.{os.getppid()}.abc"
    foreign = tmp_path / ".report.json.notes.txt"
    for path in (rest, alive, foreign):
        path.write_text("half")
    with whole_file(tmp_path / "report.json") as stream:
        stream.write(b"whole")
    assert sorted(tmp_path.iterdir()) == sorted([alive, foreign, tmp_path / "report.json"])


def test_a_working_folder_goes_and_takes_those_of_killed_runs_along(tmp_path: Path) -> None:
    rest = tmp_path / f".e.zip.{dead_process()}.abc"
    alive = tmp_path / f".e.zip.{os.getppid()}.abc"
    for path in (rest, alive):
        (path / "bundle").mkdir(parents=True)
    with working_folder(tmp_path / "e.zip") as made:
        (made / "big").write_text("much")
        assert sorted(tmp_path.iterdir()) == sorted([alive, made])
    assert list(tmp_path.iterdir()) == [alive]
    (tmp_path / "taken").write_text("")
    with (
        pytest.raises(OutputError, match="cannot be written"),
        working_folder(tmp_path / "taken" / "x"),
    ):
        pass


def test_several_files_appear_together_at_the_end(tmp_path: Path) -> None:
    with whole_files() as opened:
        for name in ("one", "two"):
            opened(tmp_path / name).write(name.encode())
        assert [path.name for path in tmp_path.iterdir() if path.name[0] != "."] == []
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {
        "one": "one", "two": "two",
    }  # fmt: skip


@pytest.mark.parametrize("fault", [KeyboardInterrupt, RuntimeError])
def test_none_of_several_files_appears_after_a_fault(
    tmp_path: Path, fault: type[BaseException]
) -> None:
    def interrupted() -> None:
        with whole_files() as opened:
            opened(tmp_path / "one").write(b"new")
            opened(tmp_path / "two").write(b"new")
            raise fault

    (tmp_path / "one").write_text("old")
    with pytest.raises(fault):
        interrupted()
    assert [path.name for path in tmp_path.iterdir()] == ["one"]
    assert (tmp_path / "one").read_text() == "old"


def test_a_full_disk_names_the_folder(tmp_path: Path) -> None:
    def filling() -> None:
        with whole_files() as opened:
            opened(tmp_path / "one").write(b"new")
            raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(OutputError, match="cannot be written: No space left") as caught:
        filling()
    assert str(tmp_path) in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_a_rename_that_fails_leaves_no_rest(tmp_path: Path) -> None:
    def in_the_way() -> None:
        with whole_files() as opened:
            opened(tmp_path / "one").write(b"new")
            opened(tmp_path / "two").write(b"new")
            (tmp_path / "one").mkdir()
            (tmp_path / "one" / "file").touch()

    with pytest.raises(OutputError, match="one cannot be written"):
        in_the_way()
    assert [path.name for path in tmp_path.iterdir()] == ["one"]


def test_what_is_no_ordinary_file_is_written_and_never_replaced(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        with whole_file(pipe) as stream:
            stream.write(b"whole")
        assert os.read(reader, 100) == b"whole"
    finally:
        os.close(reader)
    assert pipe.is_fifo()
    assert list(tmp_path.iterdir()) == [pipe]
    with pytest.raises(OutputError, match="Is a directory"), whole_file(tmp_path):
        pass


def test_a_link_leads_to_the_new_file(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "real" / "report")
    for content in (b"first", b"second"):
        with whole_file(link) as stream:
            stream.write(content)
        assert (tmp_path / "real" / "report").read_bytes() == content
    assert link.is_symlink()
    assert [path.name for path in (tmp_path / "real").iterdir()] == ["report"]
