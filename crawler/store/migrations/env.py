"""Run by Alembic: migrates the connection that `crawler.store.database` hands over."""

from __future__ import annotations

from alembic import context

from crawler.store.schema import metadata

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
