"""What commands about other stores work with, and how they speak."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import click

from xapi.db import Begin
from xapi.sealing import Seal
from xapi.targets import StoreFaultError


@dataclass(frozen=True, slots=True)
class Keeping:
    """What the commands work with."""

    begin: Begin
    read: Begin
    seal: Seal
    own_url: str
    """Where the store next door answers."""
    has_own: bool = True
    """Whether an application tells statements of its own, or other clients alone do."""


Open = Callable[[], Keeping]


class CalmGroup(click.Group):
    """A group whose commands end with a sentence when what is wanted cannot be."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command."""
        try:
            return super().invoke(ctx)
        except StoreFaultError as error:
            raise click.ClickException(str(error)) from error


def counted(number: int) -> str:
    """Write a number of statements."""
    return f"{number} statement{'' if number == 1 else 's'}"
