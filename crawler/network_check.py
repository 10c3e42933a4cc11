"""`assay networks check`: what each configured endpoint can do, asked of the endpoint itself."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import asdict

from rich.console import Console
from rich.table import Table
from rich.text import Text

from chains.errors import RegistryError
from chains.evm.probe import Ability, EndpointReport, Probed, probe
from chains.registry import Network
from crawler.assess import ExitCode
from crawler.settings import Settings

SIGNS = {Ability.YES: "yes", Ability.NO: "no", Ability.UNKNOWN: "?"}
COLOURS = {Ability.YES: "green", Ability.NO: "red", Ability.UNKNOWN: "yellow"}
ABILITIES = {
    "chain": "right_chain",
    "by hash": "block_hash_reference",
    "override": "state_override",
    "state word": "state_word",
    "batch": "batch",
    "proofs": "proofs",
}
"""Column -> member of EndpointReport."""


def check_networks(settings: Settings, labels: Sequence[str], *, as_json: bool) -> int:
    """Probe the endpoints of the named networks (default: all with endpoints) and print.

    Returns 0 when every network has an endpoint that answers for the right chain, 1 when an
    endpoint answers for another chain, 3 otherwise. Raises ConfigurationError for a label
    that is no network.
    """
    networks = _chosen(settings, labels)
    probed, skipped = asyncio.run(_probe_all(networks))
    if as_json:
        print(json.dumps(_document(probed, skipped), indent=2, ensure_ascii=False))  # noqa: T201
    else:
        _print(probed, skipped, Console())
    return int(_exit_code(probed, skipped))


def _chosen(settings: Settings, labels: Sequence[str]) -> list[Network]:
    if labels:
        return [settings.network(label) for label in labels]
    return [network for network in settings.networks.values() if network.endpoints]


async def _probe_all(
    networks: Sequence[Network],
) -> tuple[dict[str, Sequence[EndpointReport]], dict[str, str]]:
    """Return the reports by network, and why the other networks were not probed."""
    probed: dict[str, Sequence[EndpointReport]] = {}
    skipped: dict[str, str] = {}

    async def one(network: Network) -> None:
        try:
            probed[network.name] = await probe(network, network.endpoints)
        except RegistryError as error:
            skipped[network.name] = str(error)

    async with asyncio.TaskGroup() as group:
        for network in networks:
            if network.family != "evm":
                skipped[network.name] = f"endpoints of {network.family} networks are not probed yet"
            elif not network.endpoints:
                skipped[network.name] = "no endpoint is configured"
            else:
                group.create_task(one(network))
    names = [network.name for network in networks]
    return (
        {name: probed[name] for name in names if name in probed},
        {name: skipped[name] for name in names if name in skipped},
    )


def _exit_code(probed: dict[str, Sequence[EndpointReport]], skipped: dict[str, str]) -> ExitCode:
    reports = [report for group in probed.values() for report in group]
    if any(report.right_chain.ability is Ability.NO for report in reports):
        return ExitCode.DOES_NOT_HOLD
    usable = all(
        any(report.right_chain.ability is Ability.YES for report in group)
        for group in probed.values()
    )
    return ExitCode.HOLDS if usable and probed and not skipped else ExitCode.INCOMPLETE


def _document(
    probed: dict[str, Sequence[EndpointReport]], skipped: dict[str, str]
) -> dict[str, object]:
    return {
        "schema_version": "1.0",
        "networks": {name: [asdict(report) for report in group] for name, group in probed.items()},
        "not_probed": skipped,
    }


def _print(
    probed: dict[str, Sequence[EndpointReport]], skipped: dict[str, str], console: Console
) -> None:
    reasons: list[str] = []
    for name, group in probed.items():
        table = Table(title=name, title_justify="left", box=None, padding=(0, 1))
        table.add_column("endpoint", overflow="fold")
        for column in ABILITIES:
            table.add_column(column)
        for column in ("latest", "final", "oldest"):
            table.add_column(column, justify="right")
        for report in group:
            abilities: list[Probed] = [getattr(report, member) for member in ABILITIES.values()]
            table.add_row(
                Text(report.label),
                *(Text(SIGNS[a.ability], style=COLOURS[a.ability]) for a in abilities),
                *(_height(n) for n in (report.latest, report.finalized, report.oldest_state)),
            )
            reasons += [
                f"{report.label}: {column}: {ability.detail}"
                for column, ability in zip(ABILITIES, abilities, strict=True)
                if ability.detail and ability.ability is not Ability.YES
            ]
        console.print(table)
    for name, reason in skipped.items():
        console.print(Text(f"{name}: {reason}"))
    for reason in dict.fromkeys(reasons):
        console.print(Text(reason, style="dim"))


def _height(height: int | None) -> str:
    return "?" if height is None else f"{height:,}"
