"""The first tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create points, readings, runs and run_findings."""
    op.create_table(
        "points",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("network", sa.String, nullable=False),
        sa.Column("height", sa.String, nullable=False),
        sa.Column("block_hash", sa.String, nullable=False),
        sa.Column("block_time", sa.String, nullable=False),
        sa.UniqueConstraint("network", "block_hash"),
    )
    op.create_table(
        "readings",
        sa.Column("point", sa.Integer, sa.ForeignKey("points.id"), primary_key=True),
        sa.Column("form", sa.String, primary_key=True),
        sa.Column("account", sa.LargeBinary, primary_key=True),
        sa.Column("amount", sa.Text, nullable=False),
        sa.Column("assurance", sa.String, nullable=False),
        sa.Column("sources", sa.Text, nullable=False),
    )
    op.create_table(
        "runs",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("entity", sa.String, nullable=False),
        sa.Column("list_name", sa.String, nullable=False),
        sa.Column("list_digest", sa.String, nullable=False),
        sa.Column("started", sa.String, nullable=False),
        sa.Column("finished", sa.String),
        sa.Column("exit_code", sa.Integer),
        sa.Column("settled", sa.Integer),
        sa.Column("report", sa.Text),
    )
    op.create_table(
        "run_findings",
        sa.Column("run", sa.String, sa.ForeignKey("runs.id"), primary_key=True),
        sa.Column("part", sa.Integer, primary_key=True),
        sa.Column("lines", sa.LargeBinary, nullable=False),
    )
