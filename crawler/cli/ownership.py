"""assay ownership."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from chains.adapter import OwnershipMaterial
from crawler.cli.options import (
    EntityOption,
    JobsOption,
    JsonOption,
    QuietOption,
    SettingsOption,
    VerboseOption,
    load_settings,
)


def ownership(
    wallet_list: Annotated[
        Path | None,
        typer.Argument(metavar="LIST", help="Wallet list: .csv, .csv.gz or the published zip."),
    ] = None,
    entity: EntityOption = "okx",
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            envvar="ASSAY_OUT",
            help="Write one line per row here: JSON, or CSV for a name in .csv.",
        ),
    ] = None,
    network: Annotated[
        str | None, typer.Option(help="Instead of a list, one row: its network.")
    ] = None,
    address: Annotated[str | None, typer.Option(help="The row's address.")] = None,
    message: Annotated[str | None, typer.Option(help="The message that was signed.")] = None,
    signature: Annotated[str, typer.Option(help="Its signature.")] = "",
    signature2: Annotated[str, typer.Option(help="A second signature.")] = "",
    key: Annotated[str, typer.Option("--key", "--script", help="Public key, or script.")] = "",
    settings: SettingsOption = None,
    jobs: JobsOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    verbose: VerboseOption = 0,
) -> None:
    """Judge every signature of a list, offline: who can sign for each address.

    Or, without a list, one row: each step of its examination is told.

    Example: assay ownership okx_por.csv --out verdicts.jsonl

    Example: assay ownership --network ethereum --address 0x... --message TEXT --signature 0x...
    """
    row = {"--network": network, "--address": address, "--message": message}
    given = [name for name, value in row.items() if value is not None]
    cells = OwnershipMaterial(
        (address or "").strip(), message or "", signature.strip(), signature2.strip(),
        key.strip(), "", "", "",
    )  # fmt: skip
    if wallet_list is not None:
        if given or signature or signature2 or key:
            raise typer.BadParameter("name a LIST or the cells of one row, not both")
        _judge_list(
            wallet_list, entity, out, settings, jobs, as_json=as_json, quiet=quiet, verbose=verbose
        )
    if network is None or address is None or message is None:
        missing = ", ".join(name for name in row if name not in given)
        raise typer.BadParameter(f"name a LIST, or one row: {missing} missing")
    if out is not None:
        raise typer.BadParameter("--out belongs to a LIST; one row is told on stdout")
    _examine(network, cells, entity, settings, as_json=as_json)


def _judge_list(
    wallet_list: Path,
    entity: str,
    out: Path | None,
    settings: Path | None,
    jobs: int | None,
    *,
    as_json: bool,
    quiet: bool,
    verbose: int,
) -> NoReturn:
    from crawler.worker_pool import prepare

    if jobs != 1:
        prepare()  # the workers import while the settings are read
    from crawler.ownership import OwnershipEngine
    from crawler.wallet_list import open_wallet_list

    loaded = load_settings(settings, None, None)
    published = open_wallet_list(wallet_list, loaded.entity(entity), loaded.heights)
    with OwnershipEngine(workers=jobs) as engine:
        from crawler.judging import judge_list
        from crawler.progress import Bars

        with Bars(quiet=quiet, verbose=verbose) as bars:
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


def _examine(
    network: str, cells: OwnershipMaterial, entity: str, settings: Path | None, *, as_json: bool
) -> NoReturn:
    from crawler.single import examine

    loaded = load_settings(settings, None, None)
    examination = examine(loaded.entity(entity), loaded.network(network), cells)
    sys.stdout.write(examination.to_json() if as_json else examination.text() + "\n")
    raise typer.Exit(examination.exit_code)
