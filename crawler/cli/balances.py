"""assay balances."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from crawler.cli.options import (
    EndpointOption,
    EntityOption,
    HeightOption,
    JsonOption,
    JsonProgressOption,
    ListArgument,
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


def balances(
    wallet_list: ListArgument,
    entity: EntityOption = "okx",
    endpoint: EndpointOption = None,
    height: HeightOption = None,
    snapshot_time: SnapshotTimeOption = "",
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", envvar="ASSAY_OUT", help="Write report.json and findings.jsonl here."
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
    """Compare the amounts of a list with the balances at the snapshot block; no signatures.

    Example: assay balances okx_por.csv --utxo-snapshot utxo-910000.dat --out report
    """
    from crawler.progress import observer
    from crawler.run import verify_list
    from crawler.wallet_list import open_wallet_list

    moment = moment_of(snapshot_time)
    loaded = load_settings(settings, endpoint, height)
    snapshot = snapshot_request(
        loaded, utxo_snapshot, utxo_snapshot_network, utxo_hash, utxo_blocks, utxo_dump_to, yes=yes
    )
    published = open_wallet_list(wallet_list, loaded.entity(entity), loaded.heights)
    with observer(as_json=json_progress, quiet=quiet, verbose=verbose) as bars:
        report = verify_list(
            published,
            loaded,
            bars,
            out=out,
            store=store,
            snapshot=snapshot,
            judge=False,
            moment=moment,
        )
    show(report, out, as_json=as_json)
    raise typer.Exit(report.exit_code)
