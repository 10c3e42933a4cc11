"""What is counted twice: one holding on several rows, inside a list and across entities.

A holding is (network, holding form, canonical account), so the spelling of an address does not
matter. Rows go through a temporary SQLite file: memory does not grow with the lists.

A token that stands for something else (wrapped, lent, staked, custodian-issued) counts its backing
again where the backing is listed too. What the tables know of backing is the token's own contract:
a row that names it as an address is found. Where else a token's backing may lie is not known, and
that is said.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
import tempfile
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

import msgspec

from chains.adapter import HoldingForm
from chains.errors import AddressError
from chains.registry import Network, family_module
from crawler.assess import ExitCode
from crawler.entities import CoinMapping, Entity
from crawler.models import Claim, ClaimKind
from crawler.plan import canonical_of, validator_key
from crawler.readings import Observer
from crawler.reports.counted import counted
from crawler.settings import Settings
from crawler.store.database import open_database
from crawler.store.runs import StoredRuns
from crawler.wallet_list import WalletList

BATCH = 5_000
BACKED = frozenset({"wrapped", "custodian-issued", "staked", "lent"})
"""Kinds of forms that stand for something held elsewhere."""
SHOWN = 50
"""Holdings that the text names one by one."""
_CACHE_KIB = 32 * 1024


class Row(NamedTuple):
    """One row of a list, as far as it matters here."""

    entity: str
    list: str
    file: str
    row: int
    coin: str
    address: str
    amount: str

    def text(self) -> str:
        """Return where the row stands and what it says."""
        name = self.list if self.file == self.list else f"{self.list}, {self.file}"
        return (
            f"{self.entity}, {name}, line {self.row}: {self.amount} {self.coin} at {self.address}"
        )


@dataclass(frozen=True, slots=True)
class Overlap:
    """One holding that several rows claim, or a backing that is claimed beside its token."""

    network: str
    form: str
    account: str
    """Canonical, in hex."""
    rows: tuple[Row, ...]
    backs: str = ""
    """The form whose contract the account is; empty for rows that share one holding."""

    @property
    def across(self) -> bool:
        """Whether rows of several entities are among them."""
        return len({row.entity for row in self.rows}) > 1

    def text(self) -> str:
        """Return the overlap in words, one line each row."""
        head = f"{self.form} on {self.network}, account {self.account}"
        if self.backs:
            head += f": it is the contract of {self.backs}, which is listed as well"
        else:
            head += ", across entities" if self.across else ""
        return "\n".join([head, *(f"  {row.text()}" for row in self.rows)])


@dataclass(slots=True)
class Comparison:
    """What was compared; `overlaps` yields the findings from the temporary file."""

    rows: int = 0
    lists: int = 0
    not_compared: int = 0
    """Rows without a known network or a readable address."""
    backed: dict[str, HoldingForm] = field(default_factory=dict)
    """Forms that stand for something else and are listed."""
    holdings: int = 0
    """Shared by several rows."""
    across: int = 0
    """Of these, shared by several entities."""
    backings: int = 0

    @property
    def exit_code(self) -> ExitCode:
        """1 for an overlap, 3 when something could not be compared."""
        if self.holdings or self.backings:
            return ExitCode.DOES_NOT_HOLD
        return ExitCode.INCOMPLETE if self.not_compared or self.backed else ExitCode.HOLDS

    def sentence(self) -> str:
        """Return the outcome in one sentence."""
        said = f"{counted(self.rows, 'row')} of {counted(self.lists, 'list')}"
        if self.exit_code is ExitCode.DOES_NOT_HOLD:
            inside = self.holdings - self.across
            return (
                f"Counted twice: {counted(inside, 'holding')} inside one entity, "
                f"{self.across:,} across entities, {self.backings:,} beside a token they back "
                f"({said})."
            )
        if self.exit_code is ExitCode.INCOMPLETE:
            return f"Nothing is seen to be counted twice in {said}, but not all could be compared."
        return f"Nothing is counted twice in {said}."

    def gaps(self) -> list[str]:
        """Return what could not be compared, one sentence each."""
        said = []
        if self.not_compared:
            verb = "has" if self.not_compared == 1 else "have"
            rows = counted(self.not_compared, "row")
            said.append(f"{rows} {verb} no known network or no readable address.")
        said.extend(
            f"{form.id} is {form.kind}: beside its contract, where its backing lies is not known."
            for _, form in sorted(self.backed.items())
        )
        return said


class Compared:
    """Rows of lists by holding, in a temporary file. Made by `comparing`."""

    def __init__(self, connection: sqlite3.Connection, settings: Settings) -> None:
        self._connection = connection
        self._settings = settings
        self._contracts = _contracts(settings.forms, settings.networks)
        self.counts = Comparison()
        connection.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
        connection.execute("PRAGMA journal_mode = OFF")
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute(
            "CREATE TABLE rows (holding TEXT, account BLOB, backs TEXT, entity TEXT, list TEXT, "
            "file TEXT, row INTEGER, coin TEXT, address TEXT, amount TEXT)"
        )

    def add_list(self, wallet_list: WalletList, observer: Observer) -> None:
        """Take in every row of a list. Raises ListError."""
        source, entity = wallet_list.source, wallet_list.entity

        def rows() -> Iterator[tuple[Row, CoinMapping | None, bool]]:
            for claim in wallet_list.rows():
                if not isinstance(claim, Claim):
                    self.counts.rows += 1
                    self.counts.not_compared += 1
                    continue
                if claim.claims_nothing:
                    self.counts.rows += 1  # it names an owner and claims nothing
                    continue
                amount = "?" if claim.amount is None else claim.amount.text()
                row = Row(
                    entity.name, source.name, claim.file, claim.row, claim.coin,
                    claim.material.address, amount,
                )  # fmt: skip
                yield row, claim.mapping, claim.kind is ClaimKind.STAKING

        self._add(rows(), entity, observer)

    def add_stored(
        self, entity: Entity, name: str, lines: Iterable[bytes], observer: Observer
    ) -> None:
        """Take in findings.jsonl of a stored run of an entity, whose list had this name."""
        decode = msgspec.json.Decoder(dict[str, object]).decode

        def rows() -> Iterator[tuple[Row, CoinMapping | None, bool]]:
            for line in lines:
                found = decode(line)
                if found["kind"] is None:  # malformed: what its cells say is not to be relied on
                    self.counts.rows += 1
                    self.counts.not_compared += 1
                    continue
                if (found["finding"], found["reason"]) == ("out-of-scope", "no-amount"):
                    self.counts.rows += 1
                    continue
                coin = str(found["coin"])
                row = Row(
                    entity.name, name, str(found["file"]), int(str(found["row"])), coin,
                    str(found["address"]), str(found["claimed"] or "?"),
                )  # fmt: skip
                mapping = entity.coin(coin)
                yield row, mapping, found["kind"] == ClaimKind.STAKING.value

        self._add(rows(), entity, observer)

    def overlaps(self) -> Iterator[Overlap]:
        """Yield what is counted twice, counting it; first shared holdings, then backing."""
        self._connection.execute("CREATE INDEX holdings ON rows (holding, account)")
        shared = self._connection.execute(
            "SELECT r.holding, r.account, '', r.entity, r.list, r.file, r.row, r.coin, r.address, "
            "r.amount FROM rows r JOIN (SELECT holding, account FROM rows "
            "GROUP BY holding, account HAVING count(*) > 1) d "
            "ON r.holding = d.holding AND r.account = d.account "
            "ORDER BY r.holding, r.account, r.rowid"
        )
        for overlap in _grouped(shared):
            self.counts.holdings += 1
            self.counts.across += overlap.across
            yield overlap
        listed = list(self.counts.backed)
        marks = ", ".join("?" * len(listed))
        backing = self._connection.execute(
            f"SELECT * FROM rows WHERE backs IN ({marks}) ORDER BY holding, account, rowid",  # noqa: S608 (marks)
            listed,
        )
        for overlap in _grouped(backing):
            self.counts.backings += 1
            yield overlap

    def _add(
        self,
        rows: Iterable[tuple[Row, CoinMapping | None, bool]],
        entity: Entity,
        observer: Observer,
    ) -> None:
        account_of = _account_of(entity, self._settings.networks)
        self.counts.lists += 1
        observer.start(entity.name, None)
        batch: list[tuple[object, ...]] = []
        for row, mapping, stake in rows:
            self.counts.rows += 1
            account = account_of(row, mapping, stake=stake)
            if account is None or mapping is None or mapping.network is None:
                self.counts.not_compared += 1
                continue
            form = mapping.form
            if form is not None and form.kind in BACKED:
                self.counts.backed[form.id] = form
            name = form.id if form is not None else f"? {mapping.asset or mapping.coin}"
            backs = self._contracts.get((mapping.network, account), "")
            if form is not None and form.id == backs:
                backs = ""  # a token in its own contract backs nothing
            batch.append((f"{mapping.network} {name}", account, backs, *row))
            if len(batch) >= BATCH:
                self._insert(batch, observer, entity)
        self._insert(batch, observer, entity)

    def _insert(self, batch: list[tuple[object, ...]], observer: Observer, entity: Entity) -> None:
        self._connection.executemany(
            "INSERT INTO rows VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", batch
        )
        observer.advance(entity.name, len(batch))
        batch.clear()


@contextmanager
def comparing(settings: Settings) -> Iterator[Compared]:
    """Open a temporary file for a comparison; it is gone afterwards."""
    with (
        tempfile.TemporaryDirectory(prefix="assay-") as folder,
        closing(sqlite3.connect(Path(folder, "rows.sqlite"))) as connection,
    ):
        yield Compared(connection, settings)


def add_store(
    compared: Compared,
    location: str,
    settings: Settings,
    observer: Observer,
    *,
    without: Container[str] = (),
) -> None:
    """Take in the last finished run of every entity in a store but `without`. Raises StoreError."""
    names = [name for name in settings.entities if name not in without]
    for name, found, lines in asyncio.run(_stored(location, names)):
        with lines:
            compared.add_stored(settings.entity(name), found, lines, observer)


async def _stored(
    location: str, names: Sequence[str]
) -> list[tuple[str, str, tempfile.SpooledTemporaryFile[bytes]]]:
    found = []
    async with open_database(location, is_read_only=True) as engine:
        runs = StoredRuns(engine)
        for name in names:
            run = await runs.latest(name)
            if run is None:
                continue
            lines = tempfile.SpooledTemporaryFile(max_size=1 << 24)  # noqa: SIM115 (closed by add_store)
            async for piece in runs.findings(run.id):
                lines.write(piece)
            lines.seek(0)
            found.append((name, run.list_name, lines))
    return found


def _account_of(entity: Entity, networks: Mapping[str, Network]) -> Callable[..., bytes | None]:
    canonical = canonical_of(entity.coins, networks)

    def account_of(row: Row, mapping: CoinMapping | None, *, stake: bool) -> bytes | None:
        if mapping is None or mapping.network is None:
            return None
        try:
            return validator_key(row.address) if stake else canonical(mapping.coin, row.address)
        except AddressError:
            return None

    return account_of


def _contracts(
    forms: Mapping[str, HoldingForm], networks: Mapping[str, Network]
) -> dict[tuple[str, bytes], str]:
    """Return the contracts of tokens that stand for something else, by network and account."""
    found = {}
    for form in forms.values():
        if form.contract is None or form.kind not in BACKED:
            continue
        network = networks[form.network]
        decode = family_module(network.family, "addresses").canonical
        try:
            found[form.network, decode(form.contract, network.address)] = form.id
        except AddressError:
            continue  # not an account: an asset's number, a currency code
    return found


def _grouped(rows: Iterable[tuple[str, bytes, str, *tuple[object, ...]]]) -> Iterator[Overlap]:
    for (holding, account), group in groupby(rows, lambda row: (row[0], row[1])):
        members = list(group)
        network, _, form = holding.partition(" ")
        claims = tuple(Row._make(one[3:]) for one in members)
        yield Overlap(network, form, account.hex(), claims, members[0][2])


def to_json(counts: Comparison, found: Iterable[Overlap], write: Callable[[str], object]) -> None:
    """Write the findings as one JSON document, piece by piece, then what they add up to."""
    write('{"schema_version": "1.0", "overlaps": [')
    separator = "\n"
    for overlap in found:
        document = {
            "network": overlap.network, "form": overlap.form, "account": overlap.account,
            "across": overlap.across, "backs": overlap.backs or None,
            "rows": [row._asdict() for row in overlap.rows],
        }  # fmt: skip
        write(separator + json.dumps(document, ensure_ascii=False))
        separator = ",\n"
    summary = {
        "rows": counts.rows, "lists": counts.lists, "not_compared": counts.not_compared,
        "holdings": counts.holdings, "across": counts.across, "backings": counts.backings,
        "gaps": counts.gaps(), "verdict": counts.sentence(), "exit_code": int(counts.exit_code),
    }  # fmt: skip
    write("\n], " + json.dumps(summary, ensure_ascii=False)[1:] + "\n")


def to_text(counts: Comparison, found: Iterable[Overlap]) -> str:
    """Return the findings for reading, the outcome first; at most `SHOWN` are named."""
    shown = []
    for number, overlap in enumerate(found):
        if number < SHOWN:
            shown.append(overlap.text())
    more = counts.holdings + counts.backings - len(shown)
    if more > 0:
        shown.append(f"... and {more:,} more; --json names them all.")
    gaps = [f"Not compared: {gap}" for gap in counts.gaps()]
    return "\n\n".join([counts.sentence(), *shown, *(["\n".join(gaps)] if gaps else [])]) + "\n"
