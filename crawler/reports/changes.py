"""What is different from the snapshot before: rows by address, and totals.

Of the rows before, only what they are known by and a few bytes of what was said of them are held
in memory; what changed goes to a temporary SQLite database, which puts it in order. A row is known
by its coin, network and address as published, hexadecimal addresses in lower case; later rows of a
holding are left out, as they are everywhere.
"""

from __future__ import annotations

import re
import sqlite3
from array import array
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from typing import IO, BinaryIO, Literal

from crawler.models import Amount
from crawler.reports.findings import encode_line
from crawler.reports.rows import GROUPS, Block
from crawler.reports.snapshots import (
    ChangeCounts,
    ChangedRow,
    Changes,
    Figures,
    MovedTotal,
    Summary,
)

SHOWN_ROWS = 100
"""Changed rows that stand in changes.json itself."""

_HEX = re.compile(r"0[xX][0-9a-fA-F]+", re.ASCII)

_FIGURES: tuple[Literal["claimed", "observed", "attested"], ...] = (
    "claimed", "observed", "attested",
)  # fmt: skip

_SPEED = "pragma journal_mode=off; pragma synchronous=off; pragma cache_size=-65536;"
"""Nothing here outlives the comparison; 64 MB are kept in memory, the rest goes to a file."""

_TABLE = """
create table changed (change integer, row integer, coin text, network text, address text,
  claimed text, ownership text, finding text, was_ownership text, was_finding text)
"""

_FILL = "insert into changed values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"

_CHANGES: tuple[Literal["new", "vanished", "verdict"], ...] = ("new", "vanished", "verdict")
"""In the order in which they are told."""

_NEW, _VANISHED, _VERDICT = range(len(_CHANGES))

_TOLD = "select * from changed order by change, row, coin, network, address"

_OWNER = ["out-of-scope", "no-amount"]
"""Finding and reason of a row that names an owner and claims nothing."""

_COIN, _NETWORK = (GROUPS["claim"].index(name) for name in ("coin", "network"))


def changes_between(
    before: Summary,
    after: Summary,
    rows_before: Callable[[], Iterable[Block]],
    rows_after: Iterable[Block],
    stream: BinaryIO | IO[bytes],
) -> Changes:
    """Return what changed between two snapshots; `stream` gets every changed row as JSON lines.

    New rows come first, then vanished ones, then changed verdicts; each by line number. The rows
    before are read twice where some of them are gone.
    """
    shown: list[ChangedRow] = []
    counts = dict.fromkeys(_CHANGES, 0)
    compared = _Compared()
    compared.remember(rows_before())
    # An empty name is a private database on disk that is gone when it is closed.
    with closing(sqlite3.connect("")) as database:
        database.executescript(_SPEED + _TABLE)
        database.executemany(_FILL, compared.changed(rows_after))
        gone = compared.gone()
        if gone:
            database.executemany(_FILL, _vanished(rows_before(), gone))
        for record in database.execute(_TOLD):
            change = _CHANGES[record[0]]
            row = _changed(change, record)
            counts[change] += 1
            if len(shown) < SHOWN_ROWS:
                shown.append(ChangedRow.model_validate(row))
            stream.write(encode_line(row))
    return Changes(
        entity=after.entity,
        previous=before.snapshot,
        current=after.snapshot,
        counts=ChangeCounts(**counts, amount=compared.amounts),
        totals=moved_totals(before, after),
        rows=shown,
    )


class _Compared:
    """The rows before, in little memory: `remember` them, then ask for the rows after."""

    def __init__(self) -> None:
        self.amounts = 0
        """Rows of both that claim another amount now."""
        self._slots: dict[tuple[object, object], dict[str, int]] = {}
        """(coin, network) -> account -> place in the arrays."""
        self._ordinals = array("Q")
        self._verdicts = array("L")
        self._claimed = array("q")
        """Hashes of the amounts."""
        self._words: dict[tuple[object, object], int] = {}
        self._met = bytearray()

    def remember(self, blocks: Iterable[Block]) -> None:
        """Take in the rows before."""
        ordinal = 0
        for block in blocks:
            for slots, owner, finding, address, claimed in self._rows(block):
                account = _account(address, finding)
                if finding[1] != "duplicate" and account not in slots:
                    slots[account] = len(self._ordinals)
                    self._ordinals.append(ordinal)
                    words = owner[0], finding[0]
                    self._verdicts.append(self._words.setdefault(words, len(self._words)))
                    self._claimed.append(_hash(claimed))
                ordinal += 1
        self._met = bytearray(len(self._ordinals))

    def changed(self, blocks: Iterable[Block]) -> Iterator[tuple[object, ...]]:
        """Yield the records of rows that are new or have another verdict, as they come."""
        new: set[tuple[int, str]] = set()
        words = list(self._words)
        for block in blocks:
            for at, (slots, owner, finding, address, claimed) in enumerate(self._rows(block)):
                if finding[1] == "duplicate":
                    continue
                account = _account(address, finding)
                slot = slots.get(account)
                if slot is None:
                    if (id(slots), account) not in new:
                        new.add((id(slots), account))
                        yield (_NEW, *_record(block, at), None, None)
                elif not self._met[slot]:
                    self._met[slot] = 1
                    self.amounts += self._claimed[slot] != _hash(claimed)
                    was = words[self._verdicts[slot]]
                    if was != (owner[0], finding[0]):
                        yield (_VERDICT, *_record(block, at), *was)

    def gone(self) -> list[int]:
        """Return the ordinals of the rows before that were not met after, rising."""
        return [ordinal for ordinal, met in zip(self._ordinals, self._met, strict=True) if not met]

    def _rows(
        self, block: Block
    ) -> Iterator[tuple[dict[str, int], list[object], list[object], object, object]]:
        tables, entries, columns = block["tables"], block["entries"], block["columns"]
        slots = [
            self._slots.setdefault((claim[_COIN], claim[_NETWORK] or None), {})
            for claim in tables["claim"]
        ]
        return zip(
            map(slots.__getitem__, entries["claim"]),
            map(tables["ownership"].__getitem__, entries["ownership"]),
            map(tables["finding"].__getitem__, entries["finding"]),
            columns["address"], columns["claimed"],
            strict=True,
        )  # fmt: skip


def _account(address: object, finding: list[object]) -> str:
    text = str(address)
    lower = text.lower()
    if text != lower and _HEX.fullmatch(text):
        text = lower
    # An owner that is only named is no holding, and may have one of its own in another row.
    return f"{text} (owner)" if finding[:2] == _OWNER else text


def _hash(claimed: object) -> int:
    """Return the hash of an amount: zeros at the end of its decimals make it no other one."""
    if isinstance(claimed, str) and "." in claimed:
        claimed = claimed.rstrip("0").removesuffix(".")
    return hash(claimed)


def _record(block: Block, at: int) -> tuple[object, ...]:
    tables, entries, columns = block["tables"], block["entries"], block["columns"]
    claim = tables["claim"][entries["claim"][at]]
    return (
        columns["row"][at], claim[_COIN], claim[_NETWORK] or None, str(columns["address"][at]),
        columns["claimed"][at], tables["ownership"][entries["ownership"][at]][0],
        tables["finding"][entries["finding"][at]][0],
    )  # fmt: skip


def _vanished(blocks: Iterable[Block], ordinals: Iterable[int]) -> Iterator[tuple[object, ...]]:
    """Yield the records of the rows at `ordinals`, which rise."""
    wanted = iter(ordinals)
    ordinal = next(wanted, None)
    start = 0
    for block in blocks:
        end = start + len(block["columns"]["row"])
        while ordinal is not None and ordinal < end:
            yield (_VANISHED, *_record(block, ordinal - start), None, None)
            ordinal = next(wanted, None)
        start = end


def _changed(change: str, record: tuple[object, ...]) -> dict[str, object]:
    _, *members, ownership, finding = record
    names = ("row", "coin", "network", "address", "claimed", "ownership", "finding")
    before = None if ownership is None else (ownership, finding)
    return {"change": change, **dict(zip(names, members, strict=True)), "before": before}


def moved_totals(before: Summary, after: Summary) -> list[MovedTotal]:
    """Return the totals that differ as amounts, whole assets first, then by network."""
    found = []
    for old, new in ((before.assets, after.assets), (before.networks, after.networks)):
        olds, news = _by_place(old), _by_place(new)
        for place in sorted(olds.keys() | news.keys()):
            asset, network = place
            for figure in _FIGURES:
                was = getattr(olds[place].sums, figure) if place in olds else None
                now = getattr(news[place].sums, figure) if place in news else None
                difference = _amount(now).minus(_amount(was))
                if difference.units or (was is None) != (now is None):
                    found.append(
                        MovedTotal(
                            asset=asset,
                            network=network or None,
                            figure=figure,
                            before=was,
                            after=now,
                            difference=difference.text(),
                        )
                    )
    return found


def _by_place(figures: Iterable[Figures]) -> dict[tuple[str, str], Figures]:
    return {(line.asset, line.network or ""): line for line in figures}


def _amount(text: str | None) -> Amount:
    """Return an amount of a summary; a sum may be longer than any published amount."""
    whole, _, fraction = (text or "0").partition(".")
    return Amount(int(whole + fraction), len(fraction))
