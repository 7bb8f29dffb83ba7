"""Draft a migration from the difference between the models and an upgraded, empty database.

    python -m migrations.draft tool 0002_words

Read the draft, give it its reason in words, and write its name into HEAD.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, MetaData

import lti_tool.app  # noqa: F401  # every room's models
from lti_tool.db import Base, make_engine
from migrations.upgrading import BRANCHES, FOLDER, locked
from xapi.db import Base as XapiBase

METADATA: dict[str, MetaData] = {"tool": Base.metadata, "xapi": XapiBase.metadata}


def main() -> None:
    """Write the draft of the branch and name given on the command line."""
    branch, name = sys.argv[1:3]
    if branch not in BRANCHES:
        raise SystemExit(f"no branch {branch!r}; there are {', '.join(BRANCHES)}")
    revision = name if branch == "tool" else f"{branch}_{name}"
    with tempfile.TemporaryDirectory() as folder:
        scripts = _scripts_of(branch, Path(folder))
        engine = make_engine(f"sqlite:///{Path(folder) / 'draft.db'}")
        is_first = not any((scripts / "versions").glob("*.py"))
        with locked(engine) as connection, connection.begin():
            if not is_first:
                command.upgrade(_config(scripts, connection, branch), "head")
            command.revision(
                _config(scripts, connection, branch),
                message=name,
                rev_id=revision,
                autogenerate=True,
                branch_label=branch if is_first else None,
            )
        engine.dispose()
        made = scripts / "versions" / f"{revision}.py"
        shutil.copy(made, FOLDER / "versions" / made.name)


def _scripts_of(branch: str, folder: Path) -> Path:
    """Copy one branch alone: the library compares with the heads of all branches it sees."""
    scripts = folder / "scripts"
    (scripts / "versions").mkdir(parents=True)
    for name in ("env.py", "script.py.mako"):
        shutil.copy(FOLDER / name, scripts / name)
    for path in (FOLDER / "versions").glob("*.py"):
        if path.stem.startswith("xapi_") == (branch == "xapi"):
            shutil.copy(path, scripts / "versions" / path.name)
    return scripts


def _config(scripts: Path, connection: Connection, branch: str) -> Config:
    made = Config()
    made.set_main_option("script_location", str(scripts))
    made.set_main_option("path_separator", "os")
    made.set_main_option("file_template", "%%(rev)s")
    made.attributes.update(connection=connection, branch=branch, metadata=METADATA[branch])
    return made


if __name__ == "__main__":
    main()
