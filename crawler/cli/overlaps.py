"""assay overlaps."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from crawler.cli.options import (
    EntityOption,
    JsonOption,
    JsonProgressOption,
    KeptStoreOption,
    QuietOption,
    SettingsOption,
    VerboseOption,
    load_settings,
)


def overlaps(
    lists: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[LIST|ENTITY=LIST]...", help="Wallet lists; without ENTITY=, of --entity."
        ),
    ] = None,
    entity: EntityOption = "okx",
    store: KeptStoreOption = None,
    settings: SettingsOption = None,
    as_json: JsonOption = False,
    json_progress: JsonProgressOption = False,
    quiet: QuietOption = False,
    verbose: VerboseOption = 0,
) -> None:
    """Find what is counted twice: inside lists, across entities, and beside the token it backs.

    With --store, the last run of every entity kept there is compared too, but for entities whose
    lists are named. Exit code 1 when
    something is counted twice, 3 when something could not be compared.

    Example: assay overlaps okx=okx_por.zip htx=htx_por.csv
    """
    from crawler.errors import ConfigurationError
    from crawler.overlaps import add_store, comparing, to_json, to_text
    from crawler.progress import observer
    from crawler.wallet_list import open_wallet_list

    if not lists and store is None:
        raise ConfigurationError(["name lists, or a store with --store"])
    loaded = load_settings(settings, None, None)
    opened = []
    for text in lists or ():
        name, separator, path = text.partition("=")
        if not separator or Path(text).exists():
            name, path = entity, text
        opened.append(open_wallet_list(Path(path), loaded.entity(name), {}))
    with (
        comparing(loaded) as compared,
        observer(as_json=json_progress, quiet=quiet, verbose=verbose) as bars,
    ):
        for wallet_list in opened:
            compared.add_list(wallet_list, bars)
        if store is not None:
            given = {wallet_list.entity.name for wallet_list in opened}
            add_store(compared, store, loaded, bars, without=given)
        if as_json:
            to_json(compared.counts, compared.overlaps(), sys.stdout.write)
        else:
            sys.stdout.write(to_text(compared.counts, compared.overlaps()))
    raise typer.Exit(int(compared.counts.exit_code))
