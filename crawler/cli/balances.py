"""assay balances."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from crawler.cli.options import (
    EndpointOption,
    EntityOption,
    HeightOption,
    JsonOption,
    JsonProgressOption,
    QuietOption,
    SettingsOption,
    SnapshotTimeOption,
    StoreOption,
    UtxoBlocksOption,
    UtxoDumpToOption,
    UtxoHashOption,
    UtxoNetworkOption,
    UtxoSnapshotOption,
    VerboseOption,
    YesOption,
    load_settings,
    moment_of,
    show,
    snapshot_request,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crawler.reports.model import Report
    from crawler.settings import Settings
    from crawler.wallet_list import WalletList


def balances(
    wallet_lists: Annotated[
        list[str],
        typer.Argument(
            metavar="LIST...",
            help="Wallet lists: .csv, .csv.gz or the published zip; or ENTITY=LIST.",
        ),
    ],
    entity: EntityOption = "okx",
    endpoint: EndpointOption = None,
    height: HeightOption = None,
    snapshot_time: SnapshotTimeOption = "",
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            envvar="ASSAY_OUT",
            help="Write the report and every row here; of several lists, a folder each.",
        ),
    ] = None,
    settings: SettingsOption = None,
    store: StoreOption = None,
    utxo_snapshot: UtxoSnapshotOption = None,
    utxo_hash: UtxoHashOption = "",
    utxo_snapshot_network: UtxoNetworkOption = "bitcoin",
    utxo_blocks: UtxoBlocksOption = "",
    utxo_dump_to: UtxoDumpToOption = "",
    yes: YesOption = False,
    as_json: JsonOption = False,
    json_progress: JsonProgressOption = False,
    quiet: QuietOption = False,
    verbose: VerboseOption = 0,
) -> None:
    """Compare the amounts of lists with the balances at the snapshot block; no signatures.

    A UTXO snapshot is read once for all the lists that are named.

    Example: assay balances okx_por.csv --utxo-snapshot utxo-910000.dat --out report
    """
    from crawler.progress import observer
    from crawler.several import compare_lists

    moment = moment_of(snapshot_time)
    loaded = load_settings(settings, endpoint, height)
    snapshot = snapshot_request(
        loaded, utxo_snapshot, utxo_snapshot_network, utxo_hash, utxo_blocks, utxo_dump_to, yes=yes
    )
    published = [_open(text, entity, loaded) for text in wallet_lists]
    with observer(as_json=json_progress, quiet=quiet, verbose=verbose) as bars:
        compared = compare_lists(
            published, loaded, bars, out=out, store=store, snapshot=snapshot, moment=moment
        )
    if as_json and len(compared) > 1:
        _print_all([one.report for one in compared])
    else:
        for one in compared:
            show(one.report, one.folder, as_json=as_json)
    raise typer.Exit(worst_of([one.report for one in compared]))


def _open(text: str, entity: str, loaded: Settings) -> WalletList:
    """Open the list that an argument names."""
    from crawler.wallet_list import open_wallet_list

    path = Path(text)
    named, mark, rest = text.partition("=")
    if mark and not path.exists():
        entity, path = named, Path(rest)
    return open_wallet_list(path, loaded.entity(entity), loaded.heights)


def _print_all(reports: Sequence[Report]) -> None:
    import json

    document = {
        "schema_version": "1.0",
        "exit_code": worst_of(reports),
        "reports": [report.model_dump(mode="json") for report in reports],
    }
    typer.echo(json.dumps(document, indent=2, ensure_ascii=False))


def worst_of(reports: Sequence[Report]) -> int:
    """Return the exit code of several reports: the worst one wins."""
    from crawler.assess import ExitCode, worst

    return int(worst(*(ExitCode(report.exit_code) for report in reports)))
