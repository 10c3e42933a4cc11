"""The tables. Changes go through a migration in `migrations/versions`; never edit a released one.

Amounts are text: no database holds 256 bits exactly. A reading is immutable: it is keyed by the
block it was read at, so it is true for every run and every entity (specs: balances, section 0.6).
"""

from __future__ import annotations

from sqlalchemy import (
    Column,
    ForeignKey,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

HEAD = "0001"
"""The newest migration: a store that is there already needs none."""

metadata = MetaData()

points = Table(
    "points",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("network", String, nullable=False),
    Column("height", String, nullable=False),
    Column("block_hash", String, nullable=False),
    Column("block_time", String, nullable=False),
    UniqueConstraint("network", "block_hash"),
)
"""Snapshot points that readings were taken at. Heights are text: some ledgers pass 2 ** 63."""

readings = Table(
    "readings",
    metadata,
    Column("point", Integer, ForeignKey("points.id"), primary_key=True),
    Column("form", String, primary_key=True),
    Column("account", LargeBinary, primary_key=True),
    Column("amount", Text, nullable=False),
    Column("assurance", String, nullable=False),
    Column("sources", Text, nullable=False),
)
"""One balance at one point. `sources` is a JSON list of labels."""

runs = Table(
    "runs",
    metadata,
    Column("id", String, primary_key=True),
    Column("entity", String, nullable=False),
    Column("list_name", String, nullable=False),
    Column("list_digest", String, nullable=False),
    Column("started", String, nullable=False),
    Column("finished", String),
    Column("exit_code", Integer),
    Column("settled", Integer),
    Column("report", Text),
)
"""`id` is the digest of what the run depends on; `settled` is 1 when asking again cannot help."""

run_findings = Table(
    "run_findings",
    metadata,
    Column("run", String, ForeignKey("runs.id"), primary_key=True),
    Column("part", Integer, primary_key=True),
    Column("lines", LargeBinary, nullable=False),
)
"""findings.jsonl of a finished run in zlib parts, in order."""
