"""From the tables of config/ to networks, holding forms and entities.

Checks the rules that span tables. Pure; a broken rule is one more line in `problems`, never an
exception.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from chains.adapter import HoldingForm
from chains.registry import Network, label_key
from crawler.entities import CoinMapping, Entity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chains.adapter import Parameter
    from crawler.tables import (
        AddressTable,
        AssetsFile,
        CoinTable,
        EntityFile,
        FormTable,
        NetworkTable,
        OptionsTable,
    )

EVM_CONTRACT = re.compile(r"0x[0-9a-f]{40}")
"""Lower case on purpose: one contract, one spelling."""


UTXO_SCHEMES = (
    *("tcp", "ssl"),
    *("esplora+http", "esplora+https", "blockbook+http", "blockbook+https"),
    *("deltas+http", "deltas+https", "omni+http", "omni+https"),
)
"""What endpoints of UTXO networks may begin with besides http and https: `chains.utxo.servers`."""

FAMILY_SCHEMES = {
    "utxo": (UTXO_SCHEMES, "utxo-servers.md"),
    "aptos": (("graphql+https", "graphql+http"), "ledgers.md"),
    "cardano": (("koios+https", "koios+http"), "ledgers.md"),
    "cosmos": (("rest+https", "rest+http"), "ledgers.md"),
}
"""Schemes of endpoints besides http and https, and the page that describes them."""


def endpoint_problem(url: str, family: str = "") -> str | None:
    """Return what is wrong with an endpoint's URL, without repeating it, or None.

    The URL is never repeated because it may hold an access key. `family` is the network's.

    >>> endpoint_problem("ftp://node"), endpoint_problem("https://node.example/rpc")
    ('the URL must begin with http:// or https://', None)
    """
    if not url.isprintable() or any(character.isspace() for character in url):
        return "the URL must not contain blanks or control characters"
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname, parts.port
    except ValueError:
        return "not a URL"
    if parts.scheme not in ("http", "https"):
        schemes, page = FAMILY_SCHEMES.get(family, ((), ""))
        if not page:
            return "the URL must begin with http:// or https://"
        if parts.scheme not in schemes:
            return f"the URL must begin with a scheme of docs/{page}"
    if not host:
        return "the URL names no host"
    return None


def parameters(table: AddressTable | OptionsTable) -> dict[str, Parameter]:
    """Return the parameters that are set."""
    return dict(table.model_dump(exclude_none=True))


def networks(
    tables: Mapping[str, NetworkTable], file: str, problems: list[str]
) -> dict[str, Network]:
    """Return the networks by name; chain ids and labels must each mean one network."""
    chain_ids: dict[int, str] = {}
    labels: dict[str, str] = {}
    built: dict[str, Network] = {}
    for name, table in tables.items():
        where = f"{file}: {name}"
        if table.family == "evm" and table.chain_id is None:
            problems.append(f"{where}.chain_id: missing; an EVM network is known by it")
        if table.chain_id is not None:
            owner = chain_ids.setdefault(table.chain_id, name)
            if owner != name:
                problems.append(f"{where}.chain_id: {table.chain_id} is already {owner}")
        for label in (name, *table.aliases):
            owner = labels.setdefault(label_key(label), name)
            if owner != name:
                problems.append(f"{where}.aliases: {label!r} already means {owner}")
        for index, url in enumerate(table.endpoints):
            problem = endpoint_problem(url, table.family)
            if problem is not None:
                problems.append(f"{where}.endpoints.{index}: {problem}")
        built[name] = Network(
            name=name,
            title=table.title,
            family=table.family,
            native_asset=table.native_asset,
            native_decimals=table.native_decimals,
            aliases=tuple(table.aliases),
            chain_id=table.chain_id,
            finality=table.finality,
            endpoints=tuple(table.endpoints),
            explorer=table.explorer or "",
            address=parameters(table.address),
            options=parameters(table.options),
        )
    problems.extend(
        f"{file}: {name}.options.beacon: no network named {table.options.beacon!r}"
        for name, table in tables.items()
        if table.options.beacon is not None and table.options.beacon not in built
    )
    return built


def native_form(network: Network) -> HoldingForm:
    """Return the holding form that the native coin of a network is."""
    return HoldingForm(
        id=f"{network.native_asset}@{network.name}",
        asset=network.native_asset,
        network=network.name,
        contract=None,
        decimals=network.native_decimals,
        symbols=(),
    )


def _misfits(table: FormTable, family: str) -> Iterator[str]:
    """Yield what does not suit a token of a network of `family`."""
    if family != "evm":
        if table.slot is not None:
            yield "slot: only for tokens of an EVM network"
        return
    if EVM_CONTRACT.fullmatch(table.contract) is None:
        yield "contract: must be 0x and 40 lower-case hex digits"
    if not table.symbols:
        yield "symbols: missing; what may symbol() answer?"


def forms(
    content: AssetsFile, known: Mapping[str, Network], file: str, problems: list[str]
) -> dict[str, HoldingForm]:
    """Return the holding forms by id: the native coins of `known`, then the listed ones."""
    built = {form.id: form for form in map(native_form, known.values())}
    assets = {*content.assets, *(network.native_asset for network in known.values())}
    contracts: dict[tuple[str, str], str] = {}
    for form_id, table in content.forms.items():
        where = f"{file}: forms.{form_id}"
        if form_id in built:
            problems.append(f"{where}: already the native coin of {table.network}")
        if form_id.rpartition("@")[2] != table.network:
            problems.append(f"{where}: the name must end in @{table.network}, its network")
        if table.asset not in assets:
            problems.append(f"{where}.asset: {table.asset!r} is not in [assets]")
        network = known.get(table.network)
        if network is None:
            problems.append(f"{where}.network: no network named {table.network!r}")
        else:
            problems.extend(f"{where}.{why}" for why in _misfits(table, network.family))
        owner = contracts.setdefault((table.network, table.contract), form_id)
        if owner != form_id:
            problems.append(f"{where}.contract: already the contract of {owner}")
        built[form_id] = HoldingForm(
            id=form_id,
            asset=table.asset,
            network=table.network,
            contract=table.contract,
            decimals=table.decimals,
            symbols=tuple(table.symbols),
            kind=table.kind,
            slot=table.slot,
            slot_bits=table.slot_bits,
        )
    return built


class Known(NamedTuple):
    """What an entity's table may refer to."""

    networks: Mapping[str, Network]
    forms: Mapping[str, HoldingForm]
    assets: frozenset[str]


def entity(name: str, content: EntityFile, known: Known, file: str, problems: list[str]) -> Entity:
    """Return the entity with all its coins composed."""
    problems.extend(
        f"{file}: network_digests.{network}: no network named {network!r}"
        for network in content.network_digests
        if network not in known.networks
    )
    bare = Entity(
        name=name,
        title=content.title,
        formats=tuple(content.formats),
        messages=tuple(content.messages),
        fresh=tuple(content.fresh),
        digests={family: tuple(names) for family, names in content.digests.items()},
        network_digests={key: tuple(names) for key, names in content.network_digests.items()},
    )
    coins: dict[str, CoinMapping] = {}
    for coin, table in content.coins.items():
        found = list(_coin_problems(table, content.gaps, known))
        if coin.upper() in coins:
            found.append("the same name is there twice (case does not matter)")
        mapping = _mapping(coin, table, bare, content.gaps, known)
        if mapping.rule is None and not found:
            found.append("[digests] has no line for its family")
        problems.extend(f"{file}: coins.{coin}: {problem}" for problem in found)
        coins[coin.upper()] = mapping
    return replace(bare, coins=coins)


def _coin_problems(table: CoinTable, gaps: Mapping[str, str], known: Known) -> Iterator[str]:
    if table.form is not None:
        if table.form not in known.forms:
            yield f"no holding form {table.form!r} among the forms"
        if (table.gap, table.asset, table.network) != (None, None, None):
            yield "form already says asset and network, and leaves no gap"
        return
    if table.gap is None:
        yield "neither form nor gap"
    elif table.gap not in gaps:
        yield f"gap {table.gap!r} is not in [gaps]"
    if table.network is None and table.family is None:
        yield "without form, network or family nothing is known of it"
    if table.network is not None and table.network not in known.networks:
        yield f"no network named {table.network!r}"
    if table.asset is not None and table.asset not in known.assets:
        yield f"asset {table.asset!r} is not in [assets] of assets.toml"


def _mapping(
    coin: str, table: CoinTable, owner: Entity, gaps: Mapping[str, str], known: Known
) -> CoinMapping:
    form = known.forms.get(table.form or "")
    network_name = table.network if form is None else form.network
    decimals = table.decimals
    if decimals is None and form is not None:
        decimals = form.decimals
    return CoinMapping(
        coin=coin,
        asset=table.asset if form is None else form.asset,
        network=network_name,
        form=form,
        rule=owner.rule(
            known.networks.get(network_name or ""),
            family=table.family,
            address=parameters(table.address),
        ),
        gap=gaps.get(table.gap or "", ""),
        decimals=decimals,
        unit=table.unit,
    )
