"""The command line: parse, compose, render, exit code. Nothing heavy is imported until needed."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from typer.exceptions import TyperException

import crawler
from crawler.errors import ConfigurationError, CrawlerError

if TYPE_CHECKING:
    from crawler.settings import Settings

EXIT_CODES = """Exit codes: 0 everything verified and complete; 1 something claimed does not hold;
2 usage or configuration; 3 incomplete, something could not be checked; 4 internal error."""

app = typer.Typer(
    help=f"Check what a custodian says it holds.\n\n{EXIT_CODES}",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
networks_app = typer.Typer(help="The networks Assay knows, and the endpoints it asks.",
                           no_args_is_help=True, rich_markup_mode=None)
app.add_typer(networks_app, name="networks")

ListArgument = Annotated[
    Path, typer.Argument(metavar="LIST", help="Wallet list: .csv, .csv.gz or the published zip.")
]
EntityOption = Annotated[
    str, typer.Option(envvar="ASSAY_ENTITY", help="Whose list it is: config/entities/NAME.toml.")
]
EndpointOption = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NETWORK=URL", envvar="ASSAY_ENDPOINTS",
        help="Ask this endpoint instead of the configured ones; repeatable.",
    ),
]
HeightOption = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NETWORK=N", envvar="ASSAY_HEIGHTS",
        help="Snapshot height of a network, instead of the list's own; repeatable.",
    ),
]
SettingsOption = Annotated[
    Path | None,
    typer.Option(envvar="ASSAY_SETTINGS", help="Your own settings file (TOML)."),
]
JobsOption = Annotated[
    int | None,
    typer.Option(min=1, envvar="ASSAY_JOBS", help="Worker processes; default: one per core."),
]
JsonOption = Annotated[
    bool, typer.Option("--json", envvar="ASSAY_JSON", help="Print JSON on stdout, nothing else.")
]
QuietOption = Annotated[
    bool, typer.Option("--quiet", "-q", envvar="ASSAY_QUIET", help="No progress on stderr.")
]
VerboseOption = Annotated[
    int, typer.Option("--verbose", "-v", count=True, envvar="ASSAY_VERBOSE", help="Say more.")
]


def _version(value: bool) -> None:  # noqa: FBT001 (typer's callback form)
    if value:
        typer.echo(f"assay {crawler.__version__}")
        raise typer.Exit


@app.callback()
def main(
    _version_flag: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Check what a custodian says it holds."""


def _settings(path: Path | None, endpoints: list[str] | None, heights: list[str] | None) -> Settings:
    from crawler import settings

    return settings.load(
        user_file=path, environment=os.environ, endpoints=endpoints or (), heights=heights or ()
    )


@app.command(epilog=EXIT_CODES)
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
    jobs: JobsOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    verbose: VerboseOption = 0,
) -> None:
    """Verify a wallet list: signatures, balances at the snapshot block, totals, report.

    Example: assay verify okx_por.csv --endpoint ethereum=http://127.0.0.1:8545 --out report
    """
    from crawler.progress import Bars
    from crawler.run import verify_list
    from crawler.wallet_list import open_wallet_list

    loaded = _settings(settings, endpoint, height)
    published = open_wallet_list(wallet_list, loaded.entity(entity), loaded.heights)
    with Bars(quiet=quiet, verbose=verbose) as bars:
        report = verify_list(published, loaded.networks, bars, out=out, workers=jobs)
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


@app.command(epilog=EXIT_CODES)
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
    from crawler.judging import judge_list
    from crawler.progress import Bars
    from crawler.wallet_list import open_wallet_list

    loaded = _settings(settings, None, None)
    published = open_wallet_list(wallet_list, loaded.entity(entity), loaded.heights)
    with Bars(quiet=quiet, verbose=verbose) as bars:
        counts = judge_list(published, bars, out=out, workers=jobs)
    if as_json:
        sys.stdout.write(counts.to_json())
    else:
        from rich.console import Console

        counts.render(Console())
        typer.echo(f"\nEvery row: {out}" if out else "\nEvery row: run again with --out FILE.jsonl.")
    raise typer.Exit(counts.exit_code)


@app.command(epilog=EXIT_CODES)
def demo(
    out: Annotated[
        Path, typer.Option(metavar="DIR", envvar="ASSAY_OUT", help="Where the report goes.")
    ] = Path("assay-out/demo"),
    quiet: QuietOption = False,
) -> None:
    """Verify a bundled sample list against real nodes on this machine, and explain each case."""
    from crawler.demo import run_demo

    raise typer.Exit(run_demo(out, quiet=quiet))


@networks_app.command("check", epilog=EXIT_CODES)
def networks_check(
    networks: Annotated[
        list[str] | None, typer.Argument(metavar="[NETWORK]...", help="Default: all networks.")
    ] = None,
    endpoint: EndpointOption = None,
    settings: SettingsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Probe endpoints: chain id, archive depth, state overrides, proofs.

    Example: assay networks check ethereum --endpoint ethereum=http://127.0.0.1:8545
    """
    from crawler.network_check import check_networks

    loaded = _settings(settings, endpoint, None)
    raise typer.Exit(check_networks(loaded, networks or [], as_json=as_json))


def run(arguments: list[str]) -> int:
    """Run one command line and return its exit code. Every message goes to stderr."""
    try:
        code = app(args=arguments, standalone_mode=False)
    except TyperException as error:
        error.show()
        return error.exit_code
    except CrawlerError as error:
        _explain(error)
        return 2
    except KeyboardInterrupt:
        typer.echo("Interrupted; nothing was written.", err=True)
        return 130
    except BrokenPipeError:
        # The reader of our output has gone, for example `| head`.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 4
    return code if isinstance(code, int) else 0


def _explain(error: CrawlerError) -> None:
    problems = error.problems if isinstance(error, ConfigurationError) else [str(error)]
    for problem in problems:
        typer.echo(f"assay: {problem}", err=True)
    if error.hint:
        typer.echo(f"  {error.hint}", err=True)
