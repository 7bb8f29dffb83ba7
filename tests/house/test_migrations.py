"""From nothing to the head and back, and the head equals the models."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, inspect, text

import lti_tool.app  # noqa: F401  # every room's models
from lti_tool.db import Base, make_engine
from migrations import upgrading
from tests import postgres
from xapi.db import Base as XapiBase

METADATA = {"tool": Base.metadata, "xapi": XapiBase.metadata}
TRIGGERS = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'",
    "postgresql": "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal",
}


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """Give an empty database."""
    if request.param == "sqlite":
        made = make_engine(f"sqlite:///{tmp_path / 'empty.db'}")
        yield made
        made.dispose()
        return
    with postgres.fresh_database(postgres.shared_server()) as url:
        made = make_engine(url)
        yield made
        made.dispose()


def test_the_head_equals_the_models(engine: Engine) -> None:
    for branch in upgrading.BRANCHES:
        upgrading.upgrade(engine, branch)

    for metadata in METADATA.values():
        with engine.connect() as connection:
            context = MigrationContext.configure(
                connection,
                opts={
                    "include_name": lambda name, kind, _parents, known=metadata: (
                        kind != "table" or name in known.tables
                    )
                },
            )
            assert compare_metadata(context, metadata) == []


def test_the_head_guards_what_the_models_guard(engine: Engine) -> None:
    for metadata in METADATA.values():
        metadata.create_all(engine)
    guarded = _triggers(engine)
    for metadata in METADATA.values():
        metadata.drop_all(engine)

    for branch in upgrading.BRANCHES:
        upgrading.upgrade(engine, branch)

    assert guarded
    assert _triggers(engine) == guarded


def test_every_branch_goes_back_to_nothing(engine: Engine) -> None:
    for branch in upgrading.BRANCHES:
        upgrading.upgrade(engine, branch)
    for branch in upgrading.BRANCHES:
        upgrading.downgrade(engine, branch)

    left = set(inspect(engine).get_table_names())
    assert left == {upgrading.version_table(branch) for branch in upgrading.BRANCHES}


def test_upgrading_twice_changes_nothing(engine: Engine) -> None:
    for branch in upgrading.BRANCHES:
        upgrading.upgrade(engine, branch)
        before, after = upgrading.upgrade(engine, branch)

        assert before == after == upgrading.newest(branch)


def test_tables_of_an_unknown_version_are_left_alone(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE xapi_version (version_num VARCHAR(32) NOT NULL)"))
        connection.execute(text("INSERT INTO xapi_version VALUES ('xapi_9999_tomorrow')"))

    with pytest.raises(upgrading.UnknownRevisionError, match="xapi_9999_tomorrow"):
        upgrading.upgrade(engine, "xapi")

    assert inspect(engine).get_table_names() == ["xapi_version"]


@pytest.mark.parametrize("branch", upgrading.BRANCHES)
def test_head_names_the_newest_revision_of_each_branch(branch: str) -> None:
    made = upgrading.config(None, branch)  # type: ignore[arg-type]  # nothing is run
    scripts = ScriptDirectory.from_config(made)

    (newest,) = scripts.get_revisions(f"{branch}@head")
    assert newest is not None
    assert newest.revision == upgrading.newest(branch)


@pytest.mark.parametrize(
    "path", sorted((upgrading.FOLDER / "versions").glob("*.py")), ids=lambda path: path.stem
)
def test_a_migration_imports_nothing_of_ours(path: Path) -> None:
    text = path.read_text()

    assert not any(f"{verb} {name}" in text for verb in ("import", "from") for name in METADATA)
    assert "lti_tool" not in text


def _triggers(engine: Engine) -> set[str]:
    with engine.connect() as connection:
        return set(connection.scalars(text(TRIGGERS[engine.dialect.name])))
