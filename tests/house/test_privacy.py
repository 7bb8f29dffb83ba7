"""Every table says what erasure does to it."""

from __future__ import annotations

import pytest
from sqlalchemy import Table

import lti_tool.app  # noqa: F401  # every room's models
from lti_tool.db import Base, Erasure

TABLES = {
    mapper.local_table: mapper.class_
    for mapper in sorted(Base.registry.mappers, key=lambda each: each.local_table.name)
}


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_a_table_says_what_erasure_does_to_it(table: Table) -> None:
    assert isinstance(TABLES[table].on_erasure, Erasure)


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_what_goes_with_its_owner_is_deleted_by_the_database(table: Table) -> None:
    leads = {key.parent.name: key.ondelete for key in table.foreign_keys}

    if TABLES[table].on_erasure is Erasure.WITH_OWNER and "person_id" in table.columns:
        assert leads["person_id"] == "CASCADE"


def test_no_key_leads_from_the_tool_to_the_store_or_back() -> None:
    for table in TABLES:
        for key in table.foreign_keys:
            assert not key.column.table.name.startswith("xapi_")
