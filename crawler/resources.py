"""Where the registries are, inside the package or beside it, and where the user's data goes."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from crawler.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from importlib.resources.abc import Traversable

MARKER = "networks.toml"
"""The file that makes a folder the registry folder."""


def config_dir(package: Traversable | None = None) -> Traversable:
    """Return the folder of networks.toml, assets.toml, settings.toml and entities/.

    A wheel carries it as ``_config`` inside `package` (by default ``crawler``); a checkout has
    it as ``config`` beside the package. Raises ConfigurationError, naming both places, when
    neither holds networks.toml.
    """
    package = files("crawler") if package is None else package
    installed = package.joinpath("_config")
    checkout = Path(str(package)).parent / "config"
    for folder in (installed, checkout):
        if folder.joinpath(MARKER).is_file():
            return folder
    raise ConfigurationError(
        [f"no {MARKER} in {installed} (installed) nor in {checkout} (checkout)"],
        hint="Install the package again, or run from a complete checkout.",
    )


def data_dir(environment: Mapping[str, str]) -> Path | None:
    """Return ``$XDG_DATA_HOME/assay``, or the same below ``~/.local/share``; None without home.

    A relative XDG_DATA_HOME is ignored, as the XDG base directory specification demands.
    """
    data = Path(environment.get("XDG_DATA_HOME", ""))
    if data.is_absolute():
        return data / "assay"
    home = Path(environment.get("HOME", ""))
    return home / ".local" / "share" / "assay" if home.is_absolute() else None
