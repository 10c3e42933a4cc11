"""assay replay."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from crawler.cli.options import (
    JobsOption,
    JsonOption,
    JsonProgressOption,
    QuietOption,
    VerboseOption,
)


def replay(
    bundle: Annotated[
        Path, typer.Argument(metavar="BUNDLE", help="What --evidence wrote: a folder or a .zip.")
    ],
    signer: Annotated[
        str,
        typer.Option(
            metavar="HEX",
            envvar="ASSAY_SIGNER",
            help="The bundle must be signed by this Ed25519 key or Ethereum address.",
        ),
    ] = "",
    timestamp: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            envvar="ASSAY_TIMESTAMP",
            help="Add this token over the manifest (.tsr or .ots) to the bundle.",
        ),
    ] = None,
    jobs: JobsOption = None,
    as_json: JsonOption = False,
    json_progress: JsonProgressOption = False,
    quiet: QuietOption = False,
    verbose: VerboseOption = 0,
) -> None:
    """Check an evidence bundle offline: every signature, proof and total again.

    Exit codes: 0 reproduced byte for byte; 1 something does not hold; 2 usage, or no
    bundle; 4 internal error.

    Example: assay replay okx-evidence.zip
    """
    from crawler.evidence.timestamp import add_timestamp
    from crawler.progress import observer
    from crawler.replay import replay as replayed

    with observer(as_json=json_progress, quiet=quiet, verbose=verbose) as bars:
        result = replayed(bundle, bars, workers=jobs, signer=signer)
    if timestamp is not None and not result.problems:
        result.notes.append(add_timestamp(bundle, timestamp))
    typer.echo(result.to_json() if as_json else result.text(), nl=False)
    raise typer.Exit(result.exit_code)
