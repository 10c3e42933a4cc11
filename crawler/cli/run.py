"""assay run."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from crawler.cli.options import (
    EndpointOption,
    JobsOption,
    JsonOption,
    JsonProgressOption,
    QuietOption,
    SettingsOption,
    SignWithOption,
    StoreOption,
    UtxoBlocksOption,
    UtxoDumpToOption,
    UtxoHashOption,
    UtxoNetworkOption,
    UtxoSnapshotOption,
    VerboseOption,
    YesOption,
    load_settings,
    snapshot_request,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crawler.assess import ExitCode
    from crawler.schedule import EntityRun
    from crawler.settings import Settings


def run(
    entities: Annotated[
        list[str] | None,
        typer.Argument(metavar="[ENTITY]...", help="Default: every entity with a list."),
    ] = None,
    store: StoreOption = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", envvar="ASSAY_OUT", help="Write DIR/ENTITY/report.json etc."),
    ] = None,
    evidence: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", envvar="ASSAY_EVIDENCE", help="Write a bundle DIR/ENTITY.zip each."
        ),
    ] = None,
    sign_with: SignWithOption = None,
    deadline: Annotated[
        float | None,
        typer.Option(min=1, metavar="SECONDS", envvar="ASSAY_DEADLINE", help="End by then."),
    ] = None,
    capture: Annotated[
        bool,
        typer.Option(
            "--capture",
            envvar="ASSAY_CAPTURE",
            help="Only keep what every listed account holds now; see docs/cron.md.",
        ),
    ] = False,
    utxo_snapshot: UtxoSnapshotOption = None,
    utxo_hash: UtxoHashOption = "",
    utxo_snapshot_network: UtxoNetworkOption = "bitcoin",
    utxo_blocks: UtxoBlocksOption = "",
    utxo_dump_to: UtxoDumpToOption = "",
    yes: YesOption = False,
    endpoint: EndpointOption = None,
    settings: SettingsOption = None,
    jobs: JobsOption = None,
    as_json: JsonOption = False,
    json_progress: JsonProgressOption = False,
    quiet: QuietOption = False,
    verbose: VerboseOption = 0,
) -> None:
    """Verify the lists of every entity in your settings: for cron. See docs/cron.md.

    One line per entity on stdout. A run that was killed goes on where it was; nothing is read
    twice; a second run at the same time is refused. A UTXO snapshot is read once for all entities.

    Example: assay run --deadline 3000 --out /var/lib/assay/reports
    """
    from crawler.assess import ExitCode
    from crawler.errors import ConfigurationError, CrawlerError
    from crawler.lock import exclusive
    from crawler.progress import observer
    from crawler.schedule import ScheduledRun, worst_of
    from crawler.store.database import lock_path, store_or_default

    loaded = load_settings(settings, endpoint, None)
    snapshot = snapshot_request(
        loaded, utxo_snapshot, utxo_snapshot_network, utxo_hash, utxo_blocks, utxo_dump_to, yes=yes
    )
    if capture and snapshot is not None:
        raise ConfigurationError(["--capture reads the newest blocks, not a UTXO snapshot"])
    if capture and (out or evidence):
        typer.echo("assay: --capture fills the store: no report and no bundle is written", err=True)
    location = store_or_default(store, os.environ)
    done: list[EntityRun] = []
    with (
        exclusive(lock_path(location, os.environ)),
        observer(as_json=json_progress, quiet=quiet, verbose=verbose) as bars,
    ):
        scheduled = ScheduledRun(
            settings=loaded,
            store=location,
            out=out,
            observer=bars,
            deadline_s=deadline,
            workers=jobs,
            evidence=evidence,
            sign_with=sign_with,
            snapshot=snapshot,
            is_capture=capture,
        )
        code = ExitCode.USAGE  # what an error that stops the whole run ends with
        try:
            for outcome in scheduled.run(entities or []):
                done.append(outcome)
                if not as_json:
                    typer.echo(outcome.line())
            code = worst_of(done)
        except CrawlerError:
            _tell(done, code, loaded)
            raise
        _tell(done, code, loaded)
    if as_json:
        document = {
            "schema_version": "1.0",
            "exit_code": int(code),
            "entities": [
                {
                    "entity": one.entity,
                    "exit_code": int(one.exit_code),
                    "verdict": one.sentence,
                    "changed": one.changed,
                }
                for one in done
            ],
        }
        typer.echo(json.dumps(document, indent=2, ensure_ascii=False))
    raise typer.Exit(int(code))


def _tell(done: Sequence[EntityRun], code: ExitCode, settings: Settings) -> None:
    """Tell the health check and the webhook, and the user when they could not be told."""
    from crawler.notify import notify

    failures = notify(
        done,
        code,
        health_url=settings.schedule.health_url,
        webhook_url=settings.schedule.webhook_url,
    )
    for failure in failures:
        typer.echo(f"assay: {failure}", err=True)
