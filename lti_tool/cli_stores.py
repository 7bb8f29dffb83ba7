"""Commands for other record stores, as the library gives them; each act is noted."""

from __future__ import annotations

from datetime import datetime

import click
from sqlalchemy.orm import Session

from lti_tool import audit
from lti_tool.cli_frame import WHO, Tool
from lti_tool.lti.stores import seal_with
from xapi import cli_stores
from xapi.cli_keeping import Keeping


def _keeping() -> Keeping:
    tool = click.get_current_context().find_object(Tool)
    if tool is None:
        raise LookupError("the command runs outside of the tool")
    own_url = f"{tool.settings.public_url}/xapi"
    return Keeping(tool.database.begin, tool.database.read, seal_with(tool.vault), own_url)


def _note(session: Session, act: str, about: str, now: datetime) -> None:
    audit.note(session, act, who=WHO, about=about, now=now)


store_cli = cli_stores.make_commands(_keeping, _note)
