"""assay networks ..."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from crawler.cli.options import (
    EXIT_CODES,
    EndpointOption,
    JsonOption,
    SettingsOption,
    load_settings,
)

app = typer.Typer(
    help="The networks Assay knows, how it reads each, and the endpoints it asks.",
    rich_markup_mode=None,
)


@app.callback(invoke_without_command=True, epilog=EXIT_CODES)
def networks(
    context: typer.Context,
    endpoint: EndpointOption = None,
    settings: SettingsOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the networks: how balances at a height are read, how well, and what that needs.

    Example: assay networks --json
    """
    if context.invoked_subcommand is not None:
        context.obj = {"endpoint": endpoint, "settings": settings, "as_json": as_json}
        return
    from crawler.network_list import list_networks

    raise typer.Exit(list_networks(load_settings(settings, endpoint, None), as_json=as_json))


@app.command("check", epilog=EXIT_CODES)
def networks_check(
    context: typer.Context,
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

    # What stands before the word `check` is meant for it too.
    stated: dict[str, Any] = {"endpoint": endpoint, "settings": settings, "as_json": as_json}
    for name, before in context.obj.items():
        source = context.get_parameter_source(name)
        if source is None or source.name != "COMMANDLINE":
            stated[name] = before
    loaded = load_settings(stated["settings"], stated["endpoint"], None)
    raise typer.Exit(check_networks(loaded, networks or [], as_json=stated["as_json"]))
