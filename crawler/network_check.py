"""`assay networks check`: what each configured endpoint can do, asked of the endpoint itself."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict, dataclass

from rich.console import Console
from rich.text import Text

from chains.errors import RegistryError
from chains.probed import Ability, Probe, Probed
from chains.registry import Network
from crawler.assess import ExitCode
from crawler.settings import Settings

SIGNS = {Ability.YES: "yes", Ability.NO: "no", Ability.UNKNOWN: "?"}
COLOURS = {Ability.YES: "green", Ability.NO: "red", Ability.UNKNOWN: "yellow"}


@dataclass(frozen=True, slots=True)
class Prober:
    """How endpoints of a family are probed, and what the members of its report mean."""

    probe: Callable[[Network], Awaitable[Sequence[Probe]]]
    heights: Mapping[str, str]
    """What it means -> member."""
    abilities: Mapping[str, str]


async def _evm(network: Network) -> Sequence[Probe]:
    from chains.evm.probe import probe  # noqa: PLC0415 (a family is imported when it is asked)

    return await probe(network, network.endpoints)


async def _utxo(network: Network) -> Sequence[Probe]:
    from chains.utxo.probe import probe  # noqa: PLC0415

    return await probe(network, network.endpoints)


PROBERS: Mapping[str, Prober] = {
    "evm": Prober(
        _evm,
        {"latest": "latest", "finalized": "finalized", "oldest state": "oldest_state"},
        {
            "right chain": "right_chain",
            "asks by block hash": "block_hash_reference",
            "packed calls (state override)": "state_override",
            "packed calls (deployless)": "deployless",
            "storage values": "storage_values",
            "Multicall3": "multicall",
            "state names its parent block": "state_word",
            "batches": "batch",
            "state proofs": "proofs",
        },
    ),
    "utxo": Prober(
        _utxo,
        {"latest": "latest"},
        {
            "right chain": "right_chain",
            "balances from later transactions": "replays",
            "UTXO snapshots of old blocks": "old_snapshots",
            "vouches for snapshots (muhash)": "keeps_muhash",
        },
    ),
}
"""Family -> prober. A family that is not here is not probed yet."""


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
        families = {network.name: network.family for network in networks}
        _print(probed, skipped, families, Console())
    return int(_exit_code(probed, skipped))


def _chosen(settings: Settings, labels: Sequence[str]) -> list[Network]:
    if labels:
        return [settings.network(label) for label in labels]
    return [network for network in settings.networks.values() if network.endpoints]


async def _probe_all(
    networks: Sequence[Network],
) -> tuple[dict[str, Sequence[Probe]], dict[str, str]]:
    """Return the reports by network, and why the other networks were not probed."""
    probed: dict[str, Sequence[Probe]] = {}
    skipped: dict[str, str] = {}

    async def one(network: Network) -> None:
        try:
            probed[network.name] = await PROBERS[network.family].probe(network)
        except RegistryError as error:
            skipped[network.name] = str(error)

    async with asyncio.TaskGroup() as group:
        for network in networks:
            if network.family not in PROBERS:
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


def _exit_code(probed: dict[str, Sequence[Probe]], skipped: dict[str, str]) -> ExitCode:
    reports = [report for group in probed.values() for report in group]
    if any(report.right_chain.ability is Ability.NO for report in reports):
        return ExitCode.DOES_NOT_HOLD
    usable = all(
        any(report.right_chain.ability is Ability.YES for report in group)
        for group in probed.values()
    )
    return ExitCode.HOLDS if usable and probed and not skipped else ExitCode.INCOMPLETE


def _document(probed: dict[str, Sequence[Probe]], skipped: dict[str, str]) -> dict[str, object]:
    return {
        "schema_version": "1.0",
        "networks": {name: [asdict(report) for report in group] for name, group in probed.items()},
        "not_probed": skipped,
    }


def _print(
    probed: dict[str, Sequence[Probe]],
    skipped: dict[str, str],
    families: Mapping[str, str],
    console: Console,
) -> None:
    for name, group in probed.items():
        console.print(Text(name, style="bold"))
        prober = PROBERS[families[name]]
        for report in group:
            kind = getattr(report, "kind", "")
            console.print(Text(f"  {report.label}{f' ({kind})' if kind else ''}"))
            heights = ", ".join(
                f"{title} {_height(getattr(report, member))}"
                for title, member in prober.heights.items()
            )
            console.print(Text(f"    {heights}"))
            for title, member in prober.abilities.items():
                probed_ability: Probed = getattr(report, member)
                ability = probed_ability.ability
                reason = f": {probed_ability.detail}" if probed_ability.detail else ""
                console.print(
                    Text(f"    {SIGNS[ability]:>3} ", style=COLOURS[ability])
                    + Text(f"{title}{reason}", style="default")
                )
    for name, reason in skipped.items():
        console.print(Text(f"{name}: {reason}"))


def _height(height: int | None) -> str:
    return "?" if height is None else f"{height:,}"
