from __future__ import annotations

from pathlib import Path

import pytest

from crawler.cli import run
from crawler.web import server
from crawler.web.server import ServeOptions


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> list[ServeOptions]:
    """What would have been served."""
    found: list[ServeOptions] = []
    monkeypatch.setattr(server, "serve", lambda options, _say: found.append(options))
    return found


def test_without_places_it_is_the_store_of_assay_run(
    served: list[ServeOptions], home: Path
) -> None:
    assert run(["serve"]) == 0
    (options,) = served
    assert options.store == str(home / ".local/share/assay/store.sqlite")
    assert (options.host, options.port, options.folders) == ("127.0.0.1", 8080, ())
    assert options.explorers["bitcoin"].startswith("https://")


def test_places_that_are_named_are_the_only_ones(
    served: list[ServeOptions], tmp_path: Path
) -> None:
    assert run(["serve", "--dir", str(tmp_path), "--port", "0", "--allow-host", "a.example"]) == 0
    (options,) = served
    assert options.store is None
    assert options.folders == (tmp_path,)
    assert (options.port, options.allowed_names) == (0, ("a.example",))
    assert run(["serve", "--store", "x.sqlite", "--dir", str(tmp_path)]) == 0
    assert served[1].store == "x.sqlite"


def test_a_folder_that_is_not_there_is_a_usage_error(
    served: list[ServeOptions], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["serve", "--dir", str(tmp_path / "nowhere")]) == 2
    assert "is no folder" in capsys.readouterr().err
    assert run(["serve", "--port", "70000"]) == 2
    assert served == []


def test_the_help_teaches(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["serve", "--help"]) == 0
    shown = capsys.readouterr().out
    for word in ("/api/v1/openapi.json", "/metrics", "assay serve --dir", "docs/serve.md"):
        assert word in shown
