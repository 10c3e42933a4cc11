"""assay verify."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from crawler.cli.options import (
    EndpointOption,
    EntityOption,
    EvidenceOption,
    HeightOption,
    JobsOption,
    JsonOption,
    JsonProgressOption,
    ListArgument,
    OutOption,
    QuietOption,
    QuorumOption,
    SettingsOption,
    SignWithOption,
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
    from crawler.owed import OwedFiles


def verify(
    wallet_list: ListArgument,
    entity: EntityOption = "okx",
    endpoint: EndpointOption = None,
    height: HeightOption = None,
    snapshot_time: SnapshotTimeOption = "",
    quorum: QuorumOption = 1,
    out: OutOption = None,
    liabilities: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FILE",
            envvar="ASSAY_LIABILITIES",
            help="What is owed: a proof, a tree, a list; its system is detected. Repeatable.",
        ),
    ] = None,
    settings: SettingsOption = None,
    store: StoreOption = None,
    prove: Annotated[
        str | None,
        typer.Option(
            metavar="WHICH",
            envvar="ASSAY_PROVE",
            help="Prove balances against the block hash: all, value:99% or sample:460.",
        ),
    ] = None,
    evidence: EvidenceOption = None,
    sign_with: SignWithOption = None,
    utxo_snapshot: UtxoSnapshotOption = None,
    utxo_hash: UtxoHashOption = "",
    utxo_snapshot_network: UtxoNetworkOption = "bitcoin",
    utxo_blocks: UtxoBlocksOption = "",
    utxo_dump_to: UtxoDumpToOption = "",
    yes: YesOption = False,
    jobs: JobsOption = None,
    as_json: JsonOption = False,
    json_progress: JsonProgressOption = False,
    quiet: QuietOption = False,
    verbose: VerboseOption = 0,
) -> None:
    """Verify a wallet list: signatures, balances at the snapshot block, totals, report.

    Example: assay verify okx_por.csv --endpoint ethereum=http://127.0.0.1:8545 --out report
    """
    from crawler.evidence.bundle import evidence_of
    from crawler.journal import journals
    from crawler.progress import observer
    from crawler.proving import parse_policy
    from crawler.run import verify_list
    from crawler.wallet_list import open_wallet_list

    moment = moment_of(snapshot_time)
    policy = parse_policy(prove) if prove is not None else None
    loaded = load_settings(settings, endpoint, height)
    snapshot = snapshot_request(
        loaded, utxo_snapshot, utxo_snapshot_network, utxo_hash, utxo_blocks, utxo_dump_to, yes=yes
    )
    published = open_wallet_list(wallet_list, loaded.entity(entity), loaded.heights)
    with (
        evidence_of(evidence, sign_with, wallet_list) as kept,
        observer(as_json=json_progress, quiet=quiet, verbose=verbose) as bars,
    ):
        owed = _owed(liabilities)
        report = verify_list(
            published,
            loaded,
            bars,
            out=out,
            workers=jobs,
            store=store,
            snapshot=snapshot,
            quorum=quorum,
            prove=policy,
            beside=owed.beside if owed is not None else None,
            evidence=kept,
            moment=moment,
            journals=journals(os.environ),
        )
        if kept is not None:
            kept.add(wallet_list, published, liabilities or ())
            bars.note(kept.finish(report).sentence())
    show(report, out, as_json=as_json)
    raise typer.Exit(report.exit_code)


def _owed(files: list[Path] | None) -> OwedFiles | None:
    """Return what the files say is owed; the many systems of proofs are loaded for that alone."""
    if not files:
        return None
    from crawler.owed import open_owed

    return open_owed(files)
