"""Configuration and environment, as frozen settings. Reports all problems at once.

Sources of endpoints: the user's own file and ``ASSAY_ENDPOINT_<NETWORK>`` go before those of
networks.toml; ``--endpoint`` replaces them all for its network. Importing this module is cheap;
`load` reads and checks every file.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from chains.errors import plain_text
from chains.registry import Network, Networks
from crawler import registries, resources
from crawler.entities import CoinMapping, Entity
from crawler.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from importlib.resources.abc import Traversable

    from pydantic import TypeAdapter

    from chains.adapter import HoldingForm
    from crawler import tables
    from crawler.tables import FileModel

__all__ = ["CoinMapping", "Entity", "Limits", "Schedule", "Settings", "load", "user_settings_file"]

ENDPOINT_VARIABLE = "ASSAY_ENDPOINT_"
"""Prefix of the variables that add endpoints; ``ASSAY_ENDPOINT`` itself is the flag's."""

MAXIMUM_DIGITS = 18
"""Of a height; no ledger comes near, and Python refuses to read numbers without end."""


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of a run; settings.toml says what each is for."""

    run_timeout_s: int
    call_timeout_s: int
    connect_timeout_s: int
    attempts: int
    concurrency: int
    account_concurrency: int
    requests_per_s: int
    """0 means no limit."""
    addresses_per_call: int
    calls_per_batch: int
    answer_bytes: int
    workers: int
    """0 means one per core."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """What the user's own file says of scheduled runs."""

    lists: Mapping[str, str] = field(default_factory=dict)
    """Entity -> path of its list, or a pattern of which the last one by name is taken."""
    snapshot_times: Mapping[str, datetime] = field(default_factory=dict)
    """Entity -> when the snapshot of its newest list was taken, by its own word; aware."""
    health_url: str = ""
    """Asked when a scheduled run ends, with its exit code."""
    webhook_url: str = ""
    """Told when the outcome of an entity changes."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that a command needs to know before it starts."""

    limits: Limits
    networks: Networks
    """With the endpoints of this run."""
    assets: Mapping[str, str]
    """Asset -> title. The title of a native coin without its own line is its name."""
    forms: Mapping[str, HoldingForm]
    """Holding forms by id; native coins included."""
    entities: Mapping[str, Entity]
    heights: Mapping[str, int]
    """Network -> height that replaces the list's own."""
    schedule: Schedule = field(default_factory=Schedule)

    def entity(self, name: str) -> Entity:
        """Return an entity by name, ignoring case; raise ConfigurationError for another."""
        found = self.entities.get(name.strip().lower())
        if found is None:
            known = ", ".join(self.entities)
            raise ConfigurationError([f"no entity named {name!r}"], hint=f"Known: {known}.")
        return found

    def network(self, label: str) -> Network:
        """Return a network by name or alias; raise ConfigurationError for another."""
        found = self.networks.find(label)
        if found is None:
            raise ConfigurationError([_unknown(label, self.networks)])
        return found


class _Registries(NamedTuple):
    limits: dict[str, object]
    networks: Networks
    assets: dict[str, str]
    forms: dict[str, HoldingForm]
    entities: dict[str, Entity]


class _Endpoints(NamedTuple):
    """What the user says of endpoints, by network name."""

    added: dict[str, list[str]]
    replacing: dict[str, list[str]]
    without_defaults: set[str]

    def of(self, network: Network) -> tuple[str, ...]:
        if network.name in self.replacing:
            urls = self.replacing[network.name]
        else:
            defaults = () if network.name in self.without_defaults else network.endpoints
            urls = [*self.added.get(network.name, ()), *defaults]
        return tuple(dict.fromkeys(urls))


def user_settings_file(environment: Mapping[str, str]) -> Path | None:
    """Return where a user's own settings are looked for, or None without a home directory.

    ``$XDG_CONFIG_HOME/assay/settings.toml``, or below ``~/.config`` (XDG base directories; a
    relative XDG_CONFIG_HOME is ignored, as that specification demands).
    """
    configured = Path(environment.get("XDG_CONFIG_HOME", ""))
    if configured.is_absolute():
        return configured / "assay" / "settings.toml"
    home = Path(environment.get("HOME", ""))
    return home / ".config" / "assay" / "settings.toml" if home.is_absolute() else None


def load(
    *,
    user_file: Path | None = None,
    environment: Mapping[str, str],
    endpoints: Sequence[str] = (),
    heights: Sequence[str] = (),
    folder: Traversable | None = None,
) -> Settings:
    """Return the settings of a run.

    `user_file` must exist when given; otherwise the file of `user_settings_file` is read if
    there is one. `endpoints` are ``NETWORK=URL``, `heights` ``NETWORK=N``; `folder` replaces
    the registries of the package. Raises ConfigurationError with every problem of the
    registries, or else with every problem of the user's file, the environment and the flags.
    """
    registry = _read_registries(resources.config_dir() if folder is None else folder)
    problems: list[str] = []
    chosen = _Endpoints({}, {}, set())
    _endpoints_from_environment(environment, registry.networks, chosen, problems)
    limits, schedule = _read_user_file(user_file, environment, registry, chosen, problems)
    _endpoints_from_flags(endpoints, registry.networks, chosen, problems)
    replaced_heights = _heights(heights, registry.networks, problems)
    if problems:
        raise ConfigurationError(problems)
    return Settings(
        limits=limits,
        networks=Networks(
            replace(network, endpoints=chosen.of(network)) for network in registry.networks.values()
        ),
        assets=registry.assets,
        forms=registry.forms,
        entities=registry.entities,
        heights=replaced_heights,
        schedule=schedule,
    )


def _read_registries(folder: Traversable) -> _Registries:
    from crawler import tables  # noqa: PLC0415 (pydantic: not before it is needed)

    problems: list[str] = []

    def read(entry: Traversable, label: str, adapter: TypeAdapter[FileModel]) -> FileModel | None:
        text = _text(entry, label, problems)
        return None if text is None else tables.parse(text, label, adapter, problems)

    defaults = read(folder / "settings.toml", "settings.toml", tables.SETTINGS)
    network_tables = read(folder / "networks.toml", "networks.toml", tables.NETWORKS)
    assets_file = read(folder / "assets.toml", "assets.toml", tables.ASSETS)
    entity_files = {
        entry.name.removesuffix(".toml"): read(entry, f"entities/{entry.name}", tables.ENTITY)
        for entry in sorted((folder / "entities").iterdir(), key=lambda entry: entry.name)
        if entry.name.endswith(".toml")
    }
    networks = registries.networks(network_tables or {}, "networks.toml", problems)
    if problems or defaults is None or network_tables is None or assets_file is None:
        # What refers to a damaged table would only repeat its problems.
        raise ConfigurationError(problems, hint=_DAMAGED)
    forms = registries.forms(assets_file, networks, "assets.toml", problems)
    titles = {network.native_asset: network.native_asset for network in networks.values()}
    assets = {**titles, **assets_file.assets}
    known = registries.Known(networks, forms, frozenset(assets))
    entities = {
        name: registries.entity(name, content, known, f"entities/{name}.toml", problems)
        for name, content in entity_files.items()
        if content is not None
    }
    if problems:
        raise ConfigurationError(problems, hint=_DAMAGED)
    limits = defaults.limits.model_dump()
    return _Registries(limits, Networks(networks.values()), assets, forms, entities)


_DAMAGED = "These files belong to the program: install it again, or undo the last edit."


def _text(entry: Traversable, label: str, problems: list[str]) -> str | None:
    try:
        return entry.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        problems.append(f"{label}: not UTF-8 text")
    except OSError as error:
        problems.append(f"{label}: cannot be read: {error.strerror or error}")
    return None


def _read_user_file(
    user_file: Path | None,
    environment: Mapping[str, str],
    registry: _Registries,
    chosen: _Endpoints,
    problems: list[str],
) -> tuple[Limits, Schedule]:
    from crawler import tables  # noqa: PLC0415 (pydantic: not before it is needed)

    defaults = Limits(**tables.LimitsTable.model_validate(registry.limits).model_dump())
    file = user_file if user_file is not None else user_settings_file(environment)
    if file is None or (user_file is None and not file.exists()):
        return defaults, Schedule()
    label = str(file)
    text = _text(file, label, problems)
    content = None if text is None else tables.parse_rest(text, label, tables.USER, problems)
    if content is None:
        return defaults, Schedule()
    for name, table in content.networks.items():
        where = f"{label}: networks.{plain_text(name)}"
        network = registry.networks.find(name)
        if network is None:
            problems.append(f"{where}: {_unknown(name, registry.networks)}")
            continue
        if not table.use_defaults:
            chosen.without_defaults.add(network.name)
        for index, url in enumerate(table.endpoints):
            place = f"{where}.endpoints.{index}"
            if not any(problem.startswith(f"{place}: ") for problem in problems):
                _add(chosen.added, network, url, place, problems)
    merged = tables.check(
        {**registry.limits, **content.limits}, label, tables.LIMITS, problems, prefix="limits."
    )
    schedule = _schedule(content, registry, label, problems)
    return defaults if merged is None else Limits(**merged.model_dump()), schedule


def _schedule(
    content: tables.UserFile, registry: _Registries, label: str, problems: list[str]
) -> Schedule:
    problems.extend(
        f"{label}: entities.{name}: no entity of that name"
        for name in content.entities
        if name not in registry.entities
    )
    for key in ("health_url", "webhook_url"):
        url = getattr(content.notify, key)
        if url and (problem := registries.endpoint_problem(url)) is not None:
            problems.append(f"{label}: notify.{key}: {problem}")
    return Schedule(
        {name: table.list for name, table in content.entities.items()},
        {
            name: table.snapshot_time
            for name, table in content.entities.items()
            if table.snapshot_time is not None
        },
        content.notify.health_url,
        content.notify.webhook_url,
    )


def _endpoints_from_environment(
    environment: Mapping[str, str], networks: Networks, chosen: _Endpoints, problems: list[str]
) -> None:
    for variable in sorted(environment):
        if not variable.startswith(ENDPOINT_VARIABLE):
            continue
        label = variable.removeprefix(ENDPOINT_VARIABLE)
        shown = plain_text(variable)
        network = networks.find(label)
        if network is None:
            problems.append(f"environment: {shown}: {_unknown(label.lower(), networks)}")
            continue
        for url in environment[variable].split(","):
            _add(chosen.added, network, url.strip(), f"environment: {shown}", problems)


def _endpoints_from_flags(
    flags: Sequence[str], networks: Networks, chosen: _Endpoints, problems: list[str]
) -> None:
    for position, flag in enumerate(flags, start=1):
        label, separator, url = flag.partition("=")
        if not separator or "://" in label:
            # Not repeated: it may be a URL with an access key.
            problems.append(f"--endpoint: number {position} is not of the form NETWORK=URL")
            continue
        network = networks.find(label)
        if network is None:
            problems.append(f"--endpoint: {_unknown(label, networks)}")
            continue
        _add(chosen.replacing, network, url.strip(), f"--endpoint {network.name}", problems)


def _heights(flags: Sequence[str], networks: Networks, problems: list[str]) -> dict[str, int]:
    heights: dict[str, int] = {}
    for flag in flags:
        label, separator, text = flag.partition("=")
        text = text.strip()
        if not separator or not (text.isascii() and text.isdigit()) or len(text) > MAXIMUM_DIGITS:
            problems.append(f"--height: {flag!r} is not of the form NETWORK=N")
            continue
        network = networks.find(label)
        if network is None:
            problems.append(f"--height: {_unknown(label, networks)}")
        elif heights.setdefault(network.name, int(text)) != int(text):
            problems.append(f"--height: two heights for {network.name}")
    return heights


def _add(
    to: dict[str, list[str]], network: Network, url: str, where: str, problems: list[str]
) -> None:
    problem = registries.endpoint_problem(url, network.family)
    if problem is None:
        to.setdefault(network.name, []).append(url)
    else:
        problems.append(f"{where}: {problem}")


def _unknown(label: str, networks: Networks) -> str:
    near = networks.nearest(label)
    return f"no network named {label!r}" + (f"; did you mean {near!r}?" if near else "")
