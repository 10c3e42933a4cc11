"""assay report."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from crawler.cli.options import KeptStoreOption, SettingsOption, load_settings
from crawler.reports.formats import ReportFormat


def report(
    source: Annotated[
        str,
        typer.Argument(metavar="DIR|RUN", help="A folder of --out; or, in --store, a run."),
    ],
    wanted: Annotated[
        ReportFormat,
        typer.Option("--format", "-f", envvar="ASSAY_FORMAT", help="As what."),
    ] = ReportFormat.TEXT,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", envvar="ASSAY_OUTPUT", help="Not stdout."),
    ] = None,
    store: KeptStoreOption = None,
    settings: SettingsOption = None,
) -> None:
    """Render a finished verification again: a page, JSON, text, a spreadsheet, or metrics.

    Exit codes: 0 rendered, whatever it says; 2 usage, or nothing to render; 4 internal error.

    Example: assay report out/okx --format csv > okx.csv
    """
    from crawler.reports.folder import whole_file
    from crawler.saved import open_saved, rendered

    networks = load_settings(settings, None, None).networks
    explorers = {network.name: network.explorer for network in networks.values()}
    with open_saved(source, store) as saved:
        pieces = rendered(saved, wanted, explorers)
        if output is None:
            for piece in pieces:
                sys.stdout.write(piece)
        else:
            with whole_file(output) as stream:
                for piece in pieces:
                    stream.write(piece.encode())
