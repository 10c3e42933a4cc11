"""The command line: parse, compose, render, exit code. Nothing heavy is imported until needed."""

from __future__ import annotations

import errno
import io
import os
import sys
import traceback
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer
from typer.exceptions import TyperException

import crawler
from chains.errors import plain_text
from crawler.cli import (
    balances,
    demo,
    liabilities,
    networks,
    overlaps,
    ownership,
    replay,
    report,
    serve,
    verify,
)
from crawler.cli import run as run_command
from crawler.cli.options import EXIT_CODES
from crawler.errors import ConfigurationError, CrawlerError

app = typer.Typer(
    help=f"Check what a custodian says it holds.\n\n{EXIT_CODES}",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
app.command("verify", epilog=EXIT_CODES)(verify.verify)
app.command("balances", epilog=EXIT_CODES)(balances.balances)
app.command("ownership", epilog=EXIT_CODES)(ownership.ownership)
app.command("run", epilog=EXIT_CODES)(run_command.run)
app.command("report")(report.report)
app.command("serve")(serve.serve)
app.command("replay")(replay.replay)
app.command("overlaps", epilog=EXIT_CODES)(overlaps.overlaps)
app.command("demo", epilog=EXIT_CODES)(demo.demo)
app.add_typer(networks.app, name="networks")
app.add_typer(liabilities.app, name="liabilities")


REFUSALS = frozenset({
    errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EROFS, errno.EMFILE, errno.ENFILE,
})  # fmt: skip
"""What the machine refuses whatever is written: a full disk, a quota, no more open files."""

INTERRUPTED = 130
"""What typer makes of Ctrl-C: 128 + SIGINT, as shells have it."""


def _version(*, value: bool) -> None:
    if value:
        typer.echo(f"assay {crawler.__version__}")
        raise typer.Exit


@app.callback()
def main(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Check what a custodian says it holds."""


def run(arguments: list[str]) -> int:
    """Run one command line and return its exit code. Every message goes to stderr."""
    _open_closed_streams()
    _speak_utf8()
    try:
        code = app(args=arguments, prog_name="assay", standalone_mode=False)
    except TyperException as error:
        message = error.format_message()
        if message.startswith("Usage:"):  # no arguments at all: the message is the help
            typer.echo(message)
        else:
            typer.echo(f"assay: {message}\n  See assay --help.", err=True)
        return error.exit_code
    except CrawlerError as error:
        _explain(error)
        return 2
    except BrokenPipeError:
        # The reader of our output has gone, for example `| head`.
        _silence_stdout()
        return 4
    except OSError as error:
        return _refused(error)
    except Exception:  # noqa: BLE001 (the border of the program: a fault of Assay itself)
        return _own_fault()
    if code == INTERRUPTED:
        typer.echo("assay: interrupted; what was not finished was not written.", err=True)
    return code if isinstance(code, int) else 0


def _own_fault() -> int:
    """Show the error that is being handled, and return its exit code."""
    traceback.print_exc()
    typer.echo("assay: internal error; this is a fault in Assay, please report it.", err=True)
    return 4


def _refused(error: OSError) -> int:
    """Say what the machine refused, and return the exit code; it may be a fault of our own."""
    if error.filename is None and error.errno not in REFUSALS:
        return _own_fault()
    where = f"{plain_text(error.filename)}: " if error.filename is not None else ""
    typer.echo(f"assay: {where}{error.strerror or plain_text(error)}", err=True)
    if error.filename is None:
        _silence_stdout()
    return 2


def _silence_stdout() -> None:
    """Let what is still buffered go nowhere, when stdout takes nothing any more."""
    with suppress(OSError, ValueError):  # a stdout that is no file of the system's
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _open_closed_streams() -> None:
    """Let what is said go nowhere where a stream was closed before the start (`>&-`)."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            nowhere = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 (stays open)
            setattr(sys, name, nowhere)


def _speak_utf8() -> None:
    """Let every text be written, whatever the locale: files are UTF-8, terminals get escapes."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper) and not stream.encoding.startswith("utf"):
            if stream.isatty():
                stream.reconfigure(errors="backslashreplace")
            else:
                stream.reconfigure(encoding="utf-8")


def _explain(error: CrawlerError) -> None:
    problems = error.problems if isinstance(error, ConfigurationError) else [str(error)]
    place = f" ({error.place})" if error.place else ""
    for problem in problems:
        typer.echo(f"assay: {problem}{place}", err=True)
    if error.hint:
        typer.echo(f"  {error.hint}", err=True)
