"""The options that several commands share, and how settings are composed from them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from crawler.settings import Settings

EXIT_CODES = """Exit codes: 0 everything verified and complete; 1 something claimed does not hold;
2 usage or configuration; 3 incomplete, something could not be checked; 4 internal error."""

ListArgument = Annotated[
    Path, typer.Argument(metavar="LIST", help="Wallet list: .csv, .csv.gz or the published zip.")
]
EntityOption = Annotated[
    str, typer.Option(envvar="ASSAY_ENTITY", help="Whose list it is: config/entities/NAME.toml.")
]
EndpointOption = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NETWORK=URL",
        envvar="ASSAY_ENDPOINTS",
        help="Ask this endpoint instead of the configured ones; repeatable.",
    ),
]
HeightOption = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NETWORK=N",
        envvar="ASSAY_HEIGHTS",
        help="Snapshot height of a network, instead of the list's own; repeatable.",
    ),
]
SettingsOption = Annotated[
    Path | None,
    typer.Option(envvar="ASSAY_SETTINGS", help="Your own settings file (TOML)."),
]
StoreOption = Annotated[
    str | None,
    typer.Option(
        metavar="PATH|URL",
        envvar="ASSAY_STORE",
        help="Keep readings and runs here (SQLite file or postgresql:// URL), and resume from it.",
    ),
]
JobsOption = Annotated[
    int | None,
    typer.Option(min=1, envvar="ASSAY_JOBS", help="Worker processes; default: one per core."),
]
JsonOption = Annotated[
    bool, typer.Option("--json", envvar="ASSAY_JSON", help="Print JSON on stdout, nothing else.")
]
JsonProgressOption = Annotated[
    bool,
    typer.Option(
        "--json-progress", envvar="ASSAY_JSON_PROGRESS", help="Progress as JSON lines on stderr."
    ),
]
QuietOption = Annotated[
    bool, typer.Option("--quiet", "-q", envvar="ASSAY_QUIET", help="No progress on stderr.")
]
VerboseOption = Annotated[
    int, typer.Option("--verbose", "-v", count=True, envvar="ASSAY_VERBOSE", help="Say more.")
]


def load_settings(
    path: Path | None, endpoints: list[str] | None, heights: list[str] | None
) -> Settings:
    """Return the settings of this run. Raises ConfigurationError with every problem."""
    from crawler import settings

    return settings.load(
        user_file=path, environment=os.environ, endpoints=endpoints or (), heights=heights or ()
    )
