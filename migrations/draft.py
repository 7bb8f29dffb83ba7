"""Draft a migration from the difference between the models and an upgraded, empty database.

    python -m migrations.draft tool 0002_words

Read the draft, give it its reason in words, and write its name into HEAD.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import MetaData

import lti_tool.app  # noqa: F401  # every room's models
from lti_tool.db import Base, make_engine
from migrations.upgrading import BRANCHES, config, locked, upgrade
from xapi.db import Base as XapiBase

METADATA: dict[str, MetaData] = {"tool": Base.metadata, "xapi": XapiBase.metadata}


def main() -> None:
    """Write the draft of the branch and name given on the command line."""
    branch, name = sys.argv[1:3]
    if branch not in BRANCHES:
        raise SystemExit(f"no branch {branch!r}; there are {', '.join(BRANCHES)}")
    with tempfile.TemporaryDirectory() as folder:
        engine = make_engine(f"sqlite:///{Path(folder) / 'draft.db'}")
        with locked(engine) as connection, connection.begin():
            made = config(connection, branch, metadata=METADATA[branch])
            heads = (
                ScriptDirectory.from_config(made).get_revisions(f"{branch}@head")
                if _has(branch)
                else ()
            )
        if heads:
            upgrade(engine, branch)
        with locked(engine) as connection, connection.begin():
            made = config(connection, branch, metadata=METADATA[branch])
            command.revision(
                made,
                message=name,
                rev_id=name if branch == "tool" else f"{branch}_{name}",
                autogenerate=True,
                head=f"{branch}@head" if heads else "base",
                branch_label=None if heads else branch,
                splice=not heads,
            )
        engine.dispose()


def _has(branch: str) -> bool:
    return any(Path(__file__).with_name("versions").glob("*.py")) and branch in (
        Path(__file__).with_name("HEAD").read_text()
    )


if __name__ == "__main__":
    main()
