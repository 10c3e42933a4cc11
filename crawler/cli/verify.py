"""assay verify."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from crawler.cli.options import (
    EndpointOption,
    EntityOption,
    HeightOption,
    JobsOption,
    JsonOption,
    JsonProgressOption,
    ListArgument,
    QuietOption,
    SettingsOption,
    StoreOption,
    VerboseOption,
    load_settings,
)


def verify(
    wallet_list: ListArgument,
    entity: EntityOption = "okx",
    endpoint: EndpointOption = None,
    height: HeightOption = None,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", envvar="ASSAY_OUT", help="Write report.json and findings.jsonl here."
        ),
    ] = None,
    settings: SettingsOption = None,
    store: StoreOption = None,
    jobs: JobsOption = None,
    as_json: JsonOption = False,
    json_progress: JsonProgressOption = False,
    quiet: QuietOption = False,
    verbose: VerboseOption = 0,
) -> None:
    """Verify a wallet list: signatures, balances at the snapshot block, totals, report.

    Example: assay verify okx_por.csv --endpoint ethereum=http://127.0.0.1:8545 --out report
    """
    from crawler.progress import observer
    from crawler.run import verify_list
    from crawler.wallet_list import open_wallet_list

    loaded = load_settings(settings, endpoint, height)
    published = open_wallet_list(wallet_list, loaded.entity(entity), loaded.heights)
    with observer(as_json=json_progress, quiet=quiet, verbose=verbose) as bars:
        report = verify_list(published, loaded, bars, out=out, workers=jobs, store=store)
    if as_json:
        from crawler.reports import json as json_report

        sys.stdout.write(json_report.render(report))
    else:
        from rich.console import Console

        from crawler.reports import terminal

        terminal.render(report, Console())
        if out is not None:
            typer.echo(f"\nReport: {out / 'report.json'}\nEvery row: {out / 'findings.jsonl'}")
        else:
            typer.echo("\nEvery row: run again with --out DIR.")
    raise typer.Exit(report.exit_code)
