"""Commands for keys of the record store, as the library gives them; each act is noted."""

from __future__ import annotations

from datetime import datetime

import click
from sqlalchemy.orm import Session

from lti_tool import audit
from lti_tool.cli_frame import WHO, Tool
from lti_tool.db import Database
from xapi import cli_keys


def _database() -> Database:
    tool = click.get_current_context().find_object(Tool)
    if tool is None:
        raise LookupError("the command runs outside of the tool")
    return tool.database


def _note(session: Session, act: str, about: str, now: datetime) -> None:
    audit.note(session, act, who=WHO, about=about, now=now)


commands = cli_keys.make_commands(_database, _note)
