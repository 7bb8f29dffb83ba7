"""What every command stands on: settings, database and vault, opened when first needed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import click
from sqlalchemy.exc import DBAPIError

from courses.faults import CourseFaultsError
from lti_tool import logs
from lti_tool.db import Database
from lti_tool.errors import ToolError
from lti_tool.lti.calls import Calls
from lti_tool.settings import Settings, SettingsError
from lti_tool.vault import Vault, VaultError
from migrations.upgrading import UnknownRevisionError

WHO = "command line"
"""Whose act it is in the log of acts."""


@dataclass(slots=True)
class Tool:
    """What a command works with."""

    environ: Mapping[str, str]
    _settings: Settings | None = field(default=None, init=False)
    _database: Database | None = field(default=None, init=False)

    @property
    def settings(self) -> Settings:
        """Give the settings, or end the command with all that is wrong with them."""
        if self._settings is None:
            try:
                self._settings = Settings.from_environ(self.environ)
            except SettingsError as error:
                raise click.ClickException(f"the settings cannot be used:\n{error}") from error
            logs.configure(self._settings.log_level)
        return self._settings

    @property
    def database(self) -> Database:
        """Give the database."""
        if self._database is None:
            self._database = Database(self.settings.database_url)
        return self._database

    @property
    def vault(self) -> Vault:
        """Give the vault."""
        return Vault(self.settings.secret_key, self.settings.old_secret_keys)

    @property
    def calls(self) -> Calls:
        """Give what checks addresses and asks other servers."""
        return Calls(allow_private=self.settings.allow_private_addresses)

    def close(self) -> None:
        """Close what was opened."""
        if self._database is not None:
            self._database.dispose()


pass_tool = click.make_pass_decorator(Tool)


class CalmGroup(click.Group):
    """A group whose commands end with a sentence, never with a traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; turn what its reader can act on into a sentence and exit code 1."""
        try:
            return super().invoke(ctx)
        except ToolError as error:
            raise click.ClickException(error.words or str(error)) from error
        except CourseFaultsError as error:
            raise click.ClickException(f"what is taught cannot be used:\n{error}") from error
        except VaultError as error:
            raise click.ClickException(f"{error}.") from error
        except UnknownRevisionError as error:
            raise click.ClickException(
                f"{error}. Install the newer version, or give another LTI_TOOL_DATABASE_URL."
            ) from error
        except DBAPIError as error:
            raise click.ClickException(
                f"the database cannot be used: {str(error.orig).strip()}\n"
                "Check LTI_TOOL_DATABASE_URL; `lti-tool db upgrade` makes the tables."
            ) from error


def shown(moment: datetime | None) -> str:
    """Write a moment for the terminal."""
    return moment.strftime("%Y-%m-%d %H:%M UTC") if moment else "never"


def counted(number: int, one: str, many: str = "") -> str:
    """Write a number of things."""
    return f"{number} {one if number == 1 else many or f'{one}s'}"
