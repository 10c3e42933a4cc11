"""The shape of the TOML files in config/ and of a user's own settings file.

`parse` turns text into these models and every mistake into one line,
``file: key path: what is wrong``. Rules that span tables or files are in `settings`.
pydantic is imported here and nowhere else on the way to a command, so import this module late.
"""

from __future__ import annotations

import re
import tomllib
from datetime import datetime
from difflib import get_close_matches
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    TypeAdapter,
)
from pydantic import ValidationError as PydanticError

from chains.errors import plain_text
from crawler.moments import parse_moment

if TYPE_CHECKING:
    from collections.abc import Sequence

FileModel = TypeVar("FileModel")

Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=False)]
Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
HexBytes = Annotated[str, StringConstraints(pattern=r"^([0-9a-f]{2}){1,2}$")]
Decimals = Annotated[int, Field(ge=0, le=36)]
Seconds = Annotated[int, Field(ge=1, le=7 * 24 * 3600)]


def _is_pattern(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"not a regular expression: {error}") from None
    return text


def _moment(value: object) -> object:
    """Return a text, or a time of TOML's own, as a moment; AwareDatetime refuses the rest."""
    text = value.isoformat() if isinstance(value, datetime) else value
    return parse_moment(text) if isinstance(text, str) else value


class Table(BaseModel):
    """Root of the models: no unknown keys, no coercion between types."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class AddressTable(Table):
    """Address parameters; which ones a family takes is told in its ownership module."""

    p2pkh_version: HexBytes | None = None
    p2sh_version: HexBytes | None = None
    bech32_hrp: Name | None = None
    cashaddr_prefix: Name | None = None
    message_header: Text | None = None
    version: HexBytes | None = None
    ss58_prefix: Annotated[int, Field(ge=0, le=16383)] | None = None
    account_hash: Literal["hash160", "keccak"] | None = None
    f410: bool | None = None
    unsigned: Literal["unsupported"] | None = None
    unknown_address: Literal["unsupported"] | None = None


class OptionsTable(Table):
    """What reading balances must know of a network."""

    number_opcode: Literal["l1"] | None = None
    packed_programs: bool | None = None
    beacon: Name | None = None
    genesis_time: Annotated[int, Field(ge=0)] | None = None
    slot_seconds: Annotated[int, Field(ge=1)] | None = None
    header: Literal["plain", "auxpow", "equihash", "qtum", "opaque"] | None = None
    pow: Literal["sha256d", "scrypt"] | None = None
    checkpoint_height: Annotated[int, Field(ge=1)] | None = None
    checkpoint_hash: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")] | None = None
    magic: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{8}$")] | None = None
    block_magic: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{8}$")] | None = None
    pegout_bit: Annotated[int, Field(ge=1, le=31)] | None = None
    genesis: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")] | None = None
    retarget: Literal["bitcoin", "fixed"] | None = None
    migration_start: Annotated[int, Field(ge=1)] | None = None
    migration_end: Annotated[int, Field(ge=1)] | None = None
    migrated_to: Name | None = None
    migrated_from: Name | None = None
    genesis_hash: (
        Annotated[str, StringConstraints(pattern=r"^[1-9A-HJ-NP-Za-km-z]{32,44}$")] | None
    ) = None
    genesis_identifier: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{8}$")] | None = None
    chain_id: Annotated[int, Field(ge=1)] | None = None
    height_is: Literal["block"] | None = None
    multicall3: Annotated[str, StringConstraints(pattern=r"^0x[0-9a-f]{40}$")] | None = None
    multicall3_block: Annotated[int, Field(ge=0)] | None = None
    identity: Text | None = None
    denom: Text | None = None
    native_contract: Text | None = None
    native_symbol: Text | None = None
    network_id: Annotated[int, Field(ge=0)] | None = None
    multicall: Text | None = None
    stakes: bool | None = None


class NetworkTable(Table):
    """One table of networks.toml."""

    title: Text
    family: Name
    native_asset: Text
    native_decimals: Decimals
    aliases: list[Name] = []
    chain_id: Annotated[int, Field(ge=1)] | None = None
    finality: Annotated[str, StringConstraints(pattern=r"^(finalized|[1-9][0-9]*)$")] = "finalized"
    endpoints: list[str] = []
    explorer: Annotated[str, StringConstraints(pattern=r"^https://.*\{address\}.*$")] | None = None
    address: AddressTable = AddressTable()
    options: OptionsTable = OptionsTable()


class FormTable(Table):
    """One holding form that is a token contract."""

    asset: Text
    network: Name
    kind: Literal["issued", "wrapped", "custodian-issued", "staked", "lent"]
    contract: Text
    decimals: Decimals
    symbols: list[Text] = []
    slot: Annotated[int, Field(ge=0, lt=1 << 256)] | None = None
    slot_bits: Literal[256, 255, 128] = 256


class AssetsFile(Table):
    """assets.toml."""

    assets: dict[str, Text]
    forms: dict[str, FormTable]


class CoinTable(Table):
    """What one published name means."""

    form: Text | None = None
    asset: Text | None = None
    network: Name | None = None
    family: Name | None = None
    address: AddressTable = AddressTable()
    gap: Text | None = None
    unit: Text | None = None
    decimals: Decimals | None = None


class EntityFile(Table):
    """entities/<name>.toml."""

    title: Text
    formats: Annotated[list[Name], Field(min_length=1)]
    messages: Annotated[list[Text], Field(min_length=1)]
    fresh: list[Annotated[str, AfterValidator(_is_pattern)]] = []
    digests: dict[str, Annotated[list[Name], Field(min_length=1)]]
    network_digests: dict[str, Annotated[list[Name], Field(min_length=1)]] = {}
    gaps: dict[str, Text] = {}
    coins: dict[str, CoinTable]


class LimitsTable(Table):
    """The limits of a run."""

    run_timeout_s: Seconds
    call_timeout_s: Seconds
    connect_timeout_s: Seconds
    attempts: Annotated[int, Field(ge=1, le=20)]
    concurrency: Annotated[int, Field(ge=1, le=1000)]
    account_concurrency: Annotated[int, Field(ge=1, le=1000)]
    requests_per_s: Annotated[int, Field(ge=0, le=100_000)]
    addresses_per_call: Annotated[int, Field(ge=1, le=100_000)]
    calls_per_batch: Annotated[int, Field(ge=1, le=10_000)]
    answer_bytes: Annotated[int, Field(ge=1024)]
    workers: Annotated[int, Field(ge=0, le=1024)]


class SettingsFile(Table):
    """settings.toml."""

    limits: LimitsTable


class UserNetworkTable(Table):
    """What a user's own file may say of a network."""

    endpoints: list[str] = []
    use_defaults: bool = True


class UserEntityTable(Table):
    """Where a user keeps the lists of an entity."""

    list: Annotated[str, Field(min_length=1)]
    snapshot_time: Annotated[AwareDatetime, BeforeValidator(_moment)] | None = None


class NotifyTable(Table):
    """Whom `assay run` tells; both are optional."""

    health_url: str = ""
    webhook_url: str = ""


class UserFile(Table):
    """A user's own settings file; `limits` is checked once merged with the defaults."""

    limits: dict[str, Any] = {}
    networks: dict[str, UserNetworkTable] = {}
    entities: dict[str, UserEntityTable] = {}
    notify: NotifyTable = NotifyTable()


NETWORKS = TypeAdapter(dict[Name, NetworkTable])
ASSETS = TypeAdapter(AssetsFile)
ENTITY = TypeAdapter(EntityFile)
SETTINGS = TypeAdapter(SettingsFile)
USER = TypeAdapter(UserFile)
LIMITS = TypeAdapter(LimitsTable)

_KEYS = sorted(
    {
        name
        for model in (
            AddressTable, OptionsTable, NetworkTable, FormTable, AssetsFile, CoinTable,
            EntityFile, LimitsTable, SettingsFile, UserNetworkTable, UserEntityTable,
            NotifyTable, UserFile,
        )
        for name in model.model_fields
    }
)  # fmt: skip


def parse(
    text: str, file: str, adapter: TypeAdapter[FileModel], problems: list[str]
) -> FileModel | None:
    """Return the file's content; None, with a line per mistake added to `problems`, if unfit."""
    content = _load(text, file, problems)
    return None if content is None else check(content, file, adapter, problems)


def parse_rest(
    text: str, file: str, adapter: TypeAdapter[FileModel], problems: list[str]
) -> FileModel | None:
    """Do what `parse` does, but return what is left without the mistakes, to look for more.

    An item of a list that is a mistake is left as an empty text, so that the others stay in place.
    """
    content = _load(text, file, problems)
    before = len(problems)
    while content is not None:
        try:
            return adapter.validate_python(content)
        except PydanticError as error:
            details = error.errors()
            if len(problems) == before:
                problems.extend(_line(detail, file, "") for detail in details)
            left = [_drop(content, [part for part in detail["loc"] if part != "[key]"])
                    for detail in details]  # fmt: skip
            if not any(left):
                return None
    return None


def _load(text: str, file: str, problems: list[str]) -> dict[str, Any] | None:
    try:
        return tomllib.loads(text)
    except RecursionError:
        problems.append(f"{file}: not valid TOML: nested too deeply")
    except ValueError as error:  # of the syntax, or of a number without end
        problems.append(f"{file}: not valid TOML: {error}")
    return None


def _drop(content: Any, path: Sequence[int | str]) -> bool:  # noqa: ANN401 (any TOML value)
    """Take a value, or the table that lacks it, out of nested ones; return whether it was there."""
    if not path:
        return False
    inner: Any = content
    for part in path[:-1]:
        if isinstance(inner, dict) and part not in inner:
            return False  # it went with another mistake
        inner = inner[part]
    last = path[-1]
    if isinstance(inner, list):
        if inner[int(last)] == "":
            return _drop(content, path[:-1])
        inner[int(last)] = ""
        return True
    if last not in inner:
        return _drop(content, path[:-1])
    del inner[last]
    return True


def check(
    content: object,
    file: str,
    adapter: TypeAdapter[FileModel],
    problems: list[str],
    prefix: str = "",
) -> FileModel | None:
    """Return `content` as the adapter's model; key paths in `problems` begin with `prefix`."""
    try:
        return adapter.validate_python(content)
    except PydanticError as error:
        problems.extend(_line(detail, file, prefix) for detail in error.errors())
        return None


def nearest(word: str, known: list[str]) -> str:
    """Return ``; did you mean 'x'?`` for the known word nearest to `word`, or nothing.

    >>> nearest("chain_idd", ["chain_id", "title"]), nearest("q", ["title"])
    ("; did you mean 'chain_id'?", '')
    """
    found = get_close_matches(word, known, n=1)
    return f"; did you mean {found[0]!r}?" if found else ""


def _line(detail: Any, file: str, prefix: str) -> str:  # noqa: ANN401 (pydantic's ErrorDetails is not exported)
    location = [str(part) for part in detail["loc"]]
    path = plain_text(prefix + ".".join(part for part in location if part != "[key]"))
    if detail["type"] == "extra_forbidden":
        others = [key for key in _KEYS if key != location[-1]]  # known, but not in this place
        return f"{file}: {path}: unknown key{nearest(location[-1], others)}"
    if detail["type"] == "missing":
        return f"{file}: {path}: missing"
    return f"{file}: {path}: {detail['msg'].removeprefix('Value error, ')}"
