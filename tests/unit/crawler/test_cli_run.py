from __future__ import annotations

import json
from pathlib import Path

import pytest

from crawler.cli import run
from crawler.lock import exclusive
from crawler.store.database import lock_path
from tests.unit.crawler.lists_of_ours import published, row
from tests.unit.crawler.snapshot_lists import snapshot


@pytest.fixture
def settings_file(tmp_path: Path) -> Path:
    (tmp_path / "por.csv").write_bytes(published([row(1, "1")]))
    path = tmp_path / "settings.toml"
    path.write_text(
        f'[entities.okx]\nlist = "{tmp_path}/por.csv"\n'
        '[networks.ethereum]\nendpoints = ["http://127.0.0.1:9"]\nuse_defaults = false\n'
    )
    return path


def test_one_line_per_entity_and_the_store_in_the_users_data_directory(
    settings_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    assert run(["run", "--settings", str(settings_file)]) == 3
    printed = capsys.readouterr()
    assert printed.out.startswith("okx: exit 3: Incomplete: ")
    assert printed.out.count("\n") == 1
    assert (tmp_path / "data" / "assay" / "store.sqlite").exists()


def test_json(settings_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store = str(tmp_path / "s.sqlite")
    assert run(["run", "okx", "--settings", str(settings_file), "--store", store, "--json"]) == 3
    document = json.loads(capsys.readouterr().out)
    assert document["exit_code"] == 3
    assert [one["entity"] for one in document["entities"]] == ["okx"]


def test_the_second_run_at_once_is_refused_with_exit_2(
    settings_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = str(tmp_path / "s.sqlite")
    with exclusive(lock_path(store, {})):
        assert run(["run", "--settings", str(settings_file), "--store", store]) == 2
    assert "another run is at work: process" in capsys.readouterr().err


def test_the_health_check_is_told_of_a_run_that_its_store_ended(
    settings_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with settings_file.open("a") as file:
        file.write('[notify]\nhealth_url = "http://127.0.0.1:9/ping"\n')
    (tmp_path / "s.sqlite").mkdir()
    store = str(tmp_path / "s.sqlite")
    assert run(["run", "--settings", str(settings_file), "--store", store]) == 2
    told, failed = capsys.readouterr().err.splitlines()
    assert told.startswith("assay: http://127.0.0.1:9 was not told: cannot connect")
    assert failed.startswith("assay: the store failed")


def test_mistakes_in_the_schedule_are_all_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "settings.toml"
    path.write_text('[entities.nobody]\nlist = "x"\n[notify]\nhealth_url = "ftp://127.0.0.1"\n')
    assert run(["run", "--settings", str(path)]) == 2
    problems = capsys.readouterr().err.splitlines()
    assert len(problems) == 2
    assert "entities.nobody" in problems[0]
    assert "notify.health_url" in problems[1]


def test_capture_prints_one_line_per_entity(
    settings_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = str(tmp_path / "s.sqlite")
    arguments = ["run", "--capture", "--settings", str(settings_file), "--store", store]
    assert run(arguments) == 3
    assert capsys.readouterr().out == (
        "okx: exit 3: Captured 0 of 1 accounts. Not read: 1 unreachable.\n"
    )


@pytest.mark.parametrize("flag", ["--out", "--evidence"])
def test_a_capture_says_that_it_writes_nothing_else(
    flag: str, settings_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store, folder = str(tmp_path / "s.sqlite"), tmp_path / "folder"
    arguments = ["run", "--capture", "--quiet", "--settings", str(settings_file), "--store", store]
    assert run(arguments) == 3
    assert capsys.readouterr().err == ""
    assert run([*arguments, flag, str(folder)]) == 3
    assert "no report and no bundle" in capsys.readouterr().err
    assert not folder.exists()


@pytest.mark.parametrize("text", ["noon", "2026-01-01T00:00:00"])
def test_a_time_that_is_none_is_a_mistake_of_usage(
    settings_file: Path, tmp_path: Path, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["verify", str(tmp_path / "por.csv"), "--snapshot-time", text]) == 2
    assert "--snapshot-time: " in capsys.readouterr().err


def test_a_capture_of_a_snapshot_is_a_mistake_of_usage(
    settings_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    flags = ["--capture", "--utxo-snapshot", str(snapshot(tmp_path))]
    assert run(["run", "--settings", str(settings_file), *flags]) == 2
    assert "not a UTXO snapshot" in capsys.readouterr().err
