"""What Alembic runs for each command: one branch on a connection handed in."""

from __future__ import annotations

from typing import Any

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlalchemy import types
from sqlalchemy.dialects import sqlite
from sqlalchemy.engine.default import DefaultDialect

from migrations.upgrading import version_table

attributes = context.config.attributes


def render_item(kind: str, thing: Any, _autogen: AutogenContext) -> str | bool:
    """Write our own column types as the plain ones they stand for."""
    if kind != "type" or not isinstance(thing, types.TypeDecorator):
        return False
    plain, on_sqlite = (
        f"sa.{thing.load_dialect_impl(dialect)!r}"
        for dialect in (DefaultDialect(), sqlite.dialect())
    )
    return plain if plain == on_sqlite else f'{plain}.with_variant({on_sqlite}, "sqlite")'


def compare_type(
    _context: object, _column: object, _found: object, _found_type: Any, meant: Any
) -> bool | None:
    """Leave our own types to the test that compares what they stand for."""
    return False if isinstance(meant, types.TypeDecorator) else None


branch = attributes["branch"]
metadata = attributes.get("metadata")


def include_name(name: str | None, kind: str, _parents: object) -> bool:
    """Look at the tables of this branch only."""
    if kind != "table" or name is None:
        return True
    return metadata is not None and name in metadata.tables


context.configure(
    connection=attributes["connection"],
    target_metadata=metadata,
    version_table=version_table(branch),
    render_item=render_item,
    compare_type=compare_type,
    include_name=include_name,
    render_as_batch=False,
    transaction_per_migration=False,
    transactional_ddl=False,
)
with context.begin_transaction():
    context.run_migrations()
