"""The command `lti-tool`: everything that a page of the desks does, and running the tool."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import click

from lti_tool import audit, grants, logs
from lti_tool.app import catalogue_of
from lti_tool.db import Database, utcnow
from lti_tool.errors import ToolError
from lti_tool.lti import doctor, links, platforms, scores
from lti_tool.lti.models import DeploymentPolicy
from lti_tool.settings import Settings, SettingsError
from lti_tool.vault import Vault
from lti_tool.visit import Role
from migrations import upgrading

WHO = "command line"


@dataclass(slots=True)
class Tool:
    """What a command works with; opened when it is first needed."""

    _settings: Settings | None = None
    _database: Database | None = None

    @property
    def settings(self) -> Settings:
        """Give the settings, or end the command with all that is wrong with them."""
        if self._settings is None:
            try:
                self._settings = Settings.from_environ(os.environ)
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


pass_tool = click.make_pass_decorator(Tool, ensure=True)
