"""What is different from the snapshot before: rows by address, and totals.

Rows are compared in a temporary SQLite database, so memory does not grow with the lists. A row
is known by its coin, network and address as published, hexadecimal addresses in lower case;
later rows of a holding are left out, as they are everywhere.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Iterator
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

_TABLES = """
create table before (coin text, network text, account text, address text, row integer,
  claimed text, ownership text, finding text, primary key (coin, network, account)) without rowid;
create table after (coin text, network text, account text, address text, row integer,
  claimed text, ownership text, finding text, primary key (coin, network, account)) without rowid;
"""

_FILL = "insert or ignore into {} values (?, ?, ?, ?, ?, ?, ?, ?)"

_SHOWN = "a.row, a.coin, nullif(a.network, ''), a.address, a.claimed, a.ownership, a.finding"

_NEW = f"""select 'new', {_SHOWN}, null, null from after a left join before b
  using (coin, network, account) where b.coin is null order by a.row, a.coin"""  # noqa: S608

_VANISHED = f"""select 'vanished', {_SHOWN}, null, null from before a left join after b
  using (coin, network, account) where b.coin is null order by a.row, a.coin"""  # noqa: S608

_VERDICT = f"""select 'verdict', {_SHOWN}, b.ownership, b.finding from after a join before b
  using (coin, network, account)
  where a.ownership <> b.ownership or a.finding <> b.finding order by a.row, a.coin"""  # noqa: S608

_AMOUNT = """select count(*) from after a join before b using (coin, network, account)
  where a.claimed is not b.claimed"""


def changes_between(
    before: Summary,
    after: Summary,
    rows_before: Iterable[Block],
    rows_after: Iterable[Block],
    stream: BinaryIO | IO[bytes],
) -> Changes:
    """Return what changed between two snapshots; `stream` gets every changed row as JSON lines.

    New rows come first, then vanished ones, then changed verdicts; each by line number.
    """
    shown: list[ChangedRow] = []
    counts = {"new": 0, "vanished": 0, "verdict": 0}
    # An empty name is a private database on disk that is gone when it is closed.
    with closing(sqlite3.connect("")) as database:
        database.executescript(_SPEED + _TABLES)
        database.executemany(_FILL.format("before"), _records(rows_before))
        database.executemany(_FILL.format("after"), _records(rows_after))
        for query in (_NEW, _VANISHED, _VERDICT):
            for record in database.execute(query):
                row = _changed(record)
                counts[record[0]] += 1
                if len(shown) < SHOWN_ROWS:
                    shown.append(ChangedRow.model_validate(row))
                stream.write(encode_line(row))
        (amounts,) = database.execute(_AMOUNT).fetchone()
    return Changes(
        entity=after.entity,
        previous=before.snapshot,
        current=after.snapshot,
        counts=ChangeCounts(**counts, amount=amounts),
        totals=moved_totals(before, after),
        rows=shown,
    )


def _records(blocks: Iterable[Block]) -> Iterator[tuple[object, ...]]:
    coin, network = (GROUPS["claim"].index(name) for name in ("coin", "network"))
    for block in blocks:
        claims, findings = block["tables"]["claim"], block["tables"]["finding"]
        owners, entries = block["tables"]["ownership"], block["entries"]
        columns = block["columns"]
        for claim, finding, owner, row, address, claimed in zip(
            (claims[entry] for entry in entries["claim"]),
            (findings[entry] for entry in entries["finding"]),
            (owners[entry] for entry in entries["ownership"]),
            columns["row"], columns["address"], columns["claimed"],
            strict=True,
        ):  # fmt: skip
            if finding[1] == "duplicate":
                continue
            text = str(address)
            account = text.lower() if _HEX.fullmatch(text) else text
            yield (
                claim[coin], claim[network] or "", account, text, row, claimed, owner[0],
                finding[0],
            )  # fmt: skip


def _changed(record: tuple[object, ...]) -> dict[str, object]:
    *members, ownership, finding = record
    names = ("change", "row", "coin", "network", "address", "claimed", "ownership", "finding")
    before = None if ownership is None else (ownership, finding)
    return {**dict(zip(names, members, strict=True)), "before": before}


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
