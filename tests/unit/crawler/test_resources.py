from __future__ import annotations

from pathlib import Path

import pytest

from crawler.errors import ConfigurationError
from crawler.resources import config_dir


def package(root: Path) -> Path:
    folder = root / "crawler"
    folder.mkdir()
    return folder


def put(folder: Path) -> Path:
    folder.mkdir()
    (folder / "networks.toml").write_text("")
    return folder


def test_the_folder_inside_an_installed_package(tmp_path: Path) -> None:
    folder = put(package(tmp_path) / "_config")
    assert config_dir(tmp_path / "crawler") == folder


def test_the_folder_beside_the_package_in_a_checkout(tmp_path: Path) -> None:
    package(tmp_path)
    folder = put(tmp_path / "config")
    assert config_dir(tmp_path / "crawler") == folder


def test_the_installed_one_is_preferred(tmp_path: Path) -> None:
    folder = put(package(tmp_path) / "_config")
    put(tmp_path / "config")
    assert config_dir(tmp_path / "crawler") == folder


def test_a_folder_of_that_name_with_something_else_in_it_is_not_taken(tmp_path: Path) -> None:
    package(tmp_path)
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "config.py").write_text("")
    with pytest.raises(ConfigurationError):
        config_dir(tmp_path / "crawler")


def test_without_registries_both_places_are_named(tmp_path: Path) -> None:
    package(tmp_path)
    with pytest.raises(ConfigurationError) as caught:
        config_dir(tmp_path / "crawler")
    message = str(caught.value)
    assert str(tmp_path / "crawler" / "_config") in message
    assert str(tmp_path / "config") in message
    assert caught.value.hint


def test_the_real_one_has_every_file() -> None:
    folder = config_dir()
    for name in ("networks.toml", "assets.toml", "settings.toml", "entities/okx.toml"):
        assert (Path(str(folder)) / name).is_file()
