"""assay serve."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from crawler.cli.options import KeptStoreOption, SettingsOption, load_settings


def serve(
    host: Annotated[
        str,
        typer.Option(envvar="ASSAY_HOST", help="Address to listen at; others cannot reach this."),
    ] = "127.0.0.1",
    port: Annotated[
        int,
        typer.Option(min=0, max=65535, envvar="ASSAY_PORT", help="0: any free one."),
    ] = 8080,
    store: KeptStoreOption = None,
    folders: Annotated[
        list[Path] | None,
        typer.Option(
            "--dir",
            metavar="FOLDER",
            envvar="ASSAY_DIR",
            help="A folder of `assay verify --out` or `assay run --out`; repeatable.",
        ),
    ] = None,
    allow_host: Annotated[
        list[str] | None,
        typer.Option(
            "--allow-host",
            metavar="NAME",
            envvar="ASSAY_ALLOW_HOST",
            help="Also answer to this name, for a reverse proxy; repeatable.",
        ),
    ] = None,
    settings: SettingsOption = None,
) -> None:
    """Show what was verified, as pages and as a JSON API. It only reads.

    Without --store and --dir it shows the store of `assay run`. Open / in a browser; programs
    begin at /api/v1/openapi.json, Prometheus at /metrics. See docs/serve.md.

    Example: assay serve --dir /var/lib/assay/reports --port 9000
    """
    from crawler.errors import ConfigurationError
    from crawler.store.database import store_or_default, store_url
    from crawler.web.server import ServeOptions, serve

    missing = [f"--dir: {folder} is no folder" for folder in folders or () if not folder.is_dir()]
    if missing:
        raise ConfigurationError(missing, hint="assay run --out FOLDER makes one.")
    if store:
        store_url(store)  # a name that can never be a store is refused at once
    networks = load_settings(settings, None, None).networks
    options = ServeOptions(
        host=host,
        port=port,
        store=store if store or folders else store_or_default(None, os.environ),
        folders=tuple(folders or ()),
        allowed_names=tuple(allow_host or ()),
        explorers={network.name: network.explorer for network in networks.values()},
    )
    serve(options, lambda sentence: typer.echo(f"assay: {sentence}", err=True))
