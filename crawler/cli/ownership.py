"""assay ownership."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from crawler.cli.options import (
    EntityOption,
    JobsOption,
    JsonOption,
    ListArgument,
    QuietOption,
    SettingsOption,
    VerboseOption,
    load_settings,
)


def ownership(
    wallet_list: ListArgument,
    entity: EntityOption = "okx",
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE", envvar="ASSAY_OUT", help="Write one JSON line per row here."),
    ] = None,
    settings: SettingsOption = None,
    jobs: JobsOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    verbose: VerboseOption = 0,
) -> None:
    """Judge every signature of a list, offline: who can sign for each address.

    Example: assay ownership okx_por.csv --out verdicts.jsonl
    """
    from crawler.worker_pool import prepare

    prepare()  # while the settings are read
    from crawler.judging import judge_list
    from crawler.ownership import OwnershipEngine
    from crawler.progress import Bars
    from crawler.wallet_list import open_wallet_list

    loaded = load_settings(settings, None, None)
    published = open_wallet_list(wallet_list, loaded.entity(entity), loaded.heights)
    with OwnershipEngine(workers=jobs) as engine, Bars(quiet=quiet, verbose=verbose) as bars:
        counts = judge_list(published, bars, engine, out=out)
    if as_json:
        sys.stdout.write(counts.to_json())
    else:
        from rich.console import Console

        counts.render(Console())
        typer.echo(
            f"\nEvery row: {out}" if out else "\nEvery row: run again with --out FILE.jsonl."
        )
    raise typer.Exit(counts.exit_code)
