"""`assay demo`: real nodes on loopback, a sample list with faults in it, and what was found."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import typer
from rich.console import Console

from crawler import settings
from crawler.demo.play import play
from crawler.progress import Bars
from crawler.reports import terminal
from crawler.resources import config_dir
from crawler.run import verify_list
from crawler.wallet_list import open_wallet_list

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def run_demo(out: Path, *, quiet: bool = False, keep: bool = False) -> int:
    """Play the demo with the main job itself and return its exit code: 0, or 4 when it is wrong.

    The report goes to `out`; `keep` leaves the nodes running until Ctrl-C. The user's own
    settings have no say: the demo asks nothing but its own nodes. Raises CrawlerError.
    """

    def verify(wallet_list: Path, *, endpoints: Sequence[str], out: Path) -> int:
        loaded = settings.load(user_file=None, environment={}, endpoints=endpoints, heights=())
        published = open_wallet_list(wallet_list, loaded.entity("okx"), loaded.heights)
        with Bars(quiet=quiet) as bars:
            report = verify_list(published, loaded, bars, out=out)
        terminal.render(report, Console())
        return report.exit_code

    return play(
        verify,
        data=config_dir() / "demo",
        out=out,
        say=typer.echo,
        wait=threading.Event().wait if keep else None,
    )
