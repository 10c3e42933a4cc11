"""Where the registries are: inside the installed package, or beside it in a checkout."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from crawler.errors import ConfigurationError

if TYPE_CHECKING:
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
