"""assay demo."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from crawler.cli.options import (
    QuietOption,
)


def demo(
    out: Annotated[
        Path, typer.Option(metavar="DIR", envvar="ASSAY_OUT", help="Where the report goes.")
    ] = Path("assay-out/demo"),
    keep: Annotated[
        bool, typer.Option("--keep", envvar="ASSAY_KEEP", help="Keep the nodes up until Ctrl-C.")
    ] = False,
    quiet: QuietOption = False,
) -> None:
    """Verify a bundled sample list against real nodes on this machine, and explain each case.

    Example: assay demo --out demo-report
    """
    from crawler.demo import run_demo

    raise typer.Exit(run_demo(out, quiet=quiet, keep=keep))
