from __future__ import annotations

import os
from pathlib import Path

import pytest

from crawler.journal import KEPT_S, journal, journals
from crawler.lock import exclusive


class AnyError(Exception):
    """What ends a run badly."""


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_it_lies_in_the_user_s_data_directory() -> None:
    assert journals({"HOME": "/users/me"}) == Path("/users/me/.local/share/assay/resume")
    assert journals({"HOME": "/users/me", "XDG_DATA_HOME": "/d"}) == Path("/d/assay/resume")
    assert journals({}) is None


def test_it_goes_when_the_run_has_ended(tmp_path: Path) -> None:
    said: list[str] = []
    with journal(tmp_path / "resume", "run", said.append) as path:
        assert path == str(tmp_path / "resume" / "run.sqlite")
        for ending in ("", "-wal", "-shm"):
            Path(path + ending).touch()
    assert (files(tmp_path / "resume"), said) == ([], [])


def test_it_stays_when_the_run_has_not_ended_well(tmp_path: Path) -> None:
    def fail() -> None:
        with journal(tmp_path, "run", print) as path:
            Path(path or "").touch()
            raise AnyError

    with pytest.raises(AnyError):
        fail()
    assert "run.sqlite" in files(tmp_path)
    with journal(tmp_path, "run", print) as again:
        assert again == str(tmp_path / "run.sqlite")
    assert files(tmp_path) == []


def test_a_second_run_of_the_same_list_does_without(tmp_path: Path) -> None:
    said: list[str] = []
    with journal(tmp_path, "run", said.append) as first:
        assert first is not None
        Path(first).touch()
        with journal(tmp_path, "run", said.append) as second:
            assert second is None
        with journal(tmp_path, "another", said.append) as other:
            assert other is not None
        assert Path(first).exists()
    assert said == ["Another run of this list is at work: this one could not be resumed."]


def test_a_folder_that_cannot_be_written_is_no_reason_to_stop(tmp_path: Path) -> None:
    said: list[str] = []
    (tmp_path / "file").touch()
    with journal(tmp_path / "file", "run", said.append) as path:
        assert path is None
    assert said[0].startswith("What is read is not kept, so this run could not be resumed: ")


def test_journals_that_nobody_took_up_again_go(tmp_path: Path) -> None:
    for name, age in (("old", KEPT_S + 1), ("young", KEPT_S - 1)):
        path = tmp_path / f"{name}.sqlite"
        path.touch()
        path.with_suffix(".lock").touch()
        os.utime(path, (1e9 - age, 1e9 - age))
    with journal(tmp_path, "run", print, now=lambda: 1e9):
        assert files(tmp_path) == ["run.lock", "young.lock", "young.sqlite"]


def test_the_lock_is_the_one_of_scheduled_runs(tmp_path: Path) -> None:
    with exclusive(tmp_path / "run.lock"), journal(tmp_path, "run", print) as path:
        assert path is None
