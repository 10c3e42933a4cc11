"""The options that several commands share, and how settings are composed from them."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from datetime import datetime

    from crawler.readers import SnapshotRequest
    from crawler.reports.model import Report
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
OutOption = Annotated[
    Path | None,
    typer.Option(
        metavar="DIR",
        envvar="ASSAY_OUT",
        help="Write the report (HTML and JSON), every row, history and metrics here.",
    ),
]
SnapshotTimeOption = Annotated[
    str,
    typer.Option(
        "--snapshot-time",
        metavar="ISO8601",
        envvar="ASSAY_SNAPSHOT_TIME",
        help="When the snapshot was taken: rows without a height are read at its last block.",
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
KeptStoreOption = Annotated[
    str | None,
    typer.Option(
        "--store",
        metavar="PATH|URL",
        envvar="ASSAY_STORE",
        help="Where runs were kept (SQLite file or postgresql:// URL). It is only read.",
    ),
]
EvidenceOption = Annotated[
    Path | None,
    typer.Option(
        metavar="DIR|FILE.zip",
        envvar="ASSAY_EVIDENCE",
        help="Write a bundle here that anyone can replay offline; see docs/evidence.md.",
    ),
]
SignWithOption = Annotated[
    Path | None,
    typer.Option(
        metavar="KEYFILE",
        envvar="ASSAY_SIGN_WITH",
        help="Sign the bundle: an Ed25519 key (PEM or 32 bytes) or an Ethereum key (0x hex).",
    ),
]
QuorumOption = Annotated[
    int,
    typer.Option(
        metavar="K",
        min=1,
        max=9,
        envvar="ASSAY_QUORUM",
        help="Independent endpoints that must agree on every EVM balance.",
    ),
]
JobsOption = Annotated[
    int | None,
    typer.Option(min=1, envvar="ASSAY_JOBS", help="Worker processes; default: one per core."),
]
UtxoSnapshotOption = Annotated[
    Path | None,
    typer.Option(
        "--utxo-snapshot",
        metavar="FILE",
        envvar="ASSAY_UTXO_SNAPSHOT",
        help="Read balances from this dumptxoutset file instead of asking an endpoint.",
    ),
]
UtxoHashOption = Annotated[
    str,
    typer.Option(
        "--utxo-hash",
        metavar="HEX",
        envvar="ASSAY_UTXO_HASH",
        help="The hash you trust for it, from gettxoutsetinfo: hash_serialized_3, or muhash:HEX.",
    ),
]
UtxoNetworkOption = Annotated[
    str,
    typer.Option(
        "--utxo-snapshot-network",
        metavar="NAME",
        envvar="ASSAY_UTXO_SNAPSHOT_NETWORK",
        help="Whose snapshot it is; files of the old format do not say.",
    ),
]
UtxoBlocksOption = Annotated[
    str,
    typer.Option(
        "--utxo-blocks",
        metavar="PATH|URL",
        envvar="ASSAY_UTXO_BLOCKS",
        help="Blocks after the snapshot: a folder, a file, or a node's REST URL.",
    ),
]
UtxoDumpToOption = Annotated[
    str,
    typer.Option(
        "--utxo-dump-to",
        metavar="PATH",
        envvar="ASSAY_UTXO_DUMP_TO",
        help="Where your node is to write a snapshot that it makes for this run.",
    ),
]
YesOption = Annotated[
    bool,
    typer.Option(
        "--yes",
        envvar="ASSAY_YES",
        help="Allow a node of version 29 to 31 to leave the network while it makes a snapshot.",
    ),
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


def moment_of(text: str) -> datetime | None:
    """Return the moment that ``--snapshot-time`` names, None without it.

    Raises ConfigurationError for another text.
    """
    from crawler.errors import ConfigurationError
    from crawler.moments import parse_moment

    if not text:
        return None
    try:
        return parse_moment(text)
    except ValueError as error:
        raise ConfigurationError([f"--snapshot-time: {error}"]) from None


def snapshot_request(
    loaded: Settings, file: Path | None, network: str, trusted: str, blocks: str, dump_to: str,
    *, yes: bool,
) -> SnapshotRequest | None:  # fmt: skip
    """Return what the flags say of UTXO snapshots, None if they say nothing.

    Raises ConfigurationError for a hash that is none, for flags that need a file, and for a file
    that is no snapshot by its header.
    """
    from chains.utxo.coin_hash import parse_set_hash
    from crawler.errors import ConfigurationError
    from crawler.readers import SnapshotRequest

    if not (file or trusted or blocks or dump_to or yes):
        return None
    problems = []
    if file is None and (trusted or blocks):
        problems.append("--utxo-hash and --utxo-blocks need --utxo-snapshot FILE")
    if trusted and parse_set_hash(trusted) is None:
        problems.append("--utxo-hash: not a hash of 64 hex digits, with or without muhash: before")
    try:
        found = loaded.network(network)
        if found.family != "utxo":
            problems.append(f"--utxo-snapshot-network: {found.title} has no UTXO set")
        network = found.name
    except ConfigurationError as error:
        problems += error.problems
    if file is not None and (problem := _snapshot_problem(file)):
        problems.append(f"--utxo-snapshot: {problem}")
    if problems:
        raise ConfigurationError(problems)
    return SnapshotRequest(
        file=file,
        network=network,
        trusted_hash=trusted.lower(),
        blocks=blocks,
        dump_to=dump_to,
        may_roll_back=yes,
    )


def _snapshot_problem(file: Path) -> str:
    """Return what is wrong with a file that is no UTXO snapshot by its header, or nothing."""
    from chains.errors import MalformedAnswer
    from chains.utxo.scan import read_header

    try:
        if not file.is_file():
            return f"{file} is no file"
        read_header(file)
    except OSError as error:
        return f"{file} cannot be read: {error.strerror or error}"
    except MalformedAnswer as error:
        return f"{file}: {error}"
    return ""


def show(report: Report, out: Path | None, *, as_json: bool) -> None:
    """Print a report on stdout: as JSON, or for reading, with where the rows are."""
    if as_json:
        from crawler.reports import json as json_report

        sys.stdout.write(json_report.render(report))
        return
    from rich.console import Console

    from crawler.reports import terminal

    terminal.render(report, Console())
    if out is not None:
        typer.echo(
            f"\nReport: {out / 'report.html'} and report.json\nEvery row: {out / 'findings.jsonl'}"
        )
    else:
        typer.echo("\nEvery row: run again with --out DIR.")
