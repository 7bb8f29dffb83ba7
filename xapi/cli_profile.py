"""The command `python -m xapi profile`: the profile of our statements, and who keeps to it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, BinaryIO

import click
import orjson

from xapi import profile


@click.group("profile")
def profile_cli() -> None:
    """The profile of our statements."""


@profile_cli.command("show")
@click.argument("base")
def show(base: str) -> None:
    """Print the profile under BASE, such as the tool's address without a slash at its end."""
    click.echo(profile.profile_of(base).text, nl=False)


@profile_cli.command("check")
@click.argument("file", type=click.File("rb"))
def check(file: BinaryIO) -> None:
    """Say which statements of FILE break the profile that they claim.

    FILE holds a statement, a list of them, an answer of a store, or one statement a line. It ends
    with an error where a rule is broken.
    """
    findings = [profile.check(each) for each in _statements(file.read())]
    claiming = [each for each in findings if each is not None]
    for each in claiming:
        for broken in each.broken:
            click.echo(f"{each.statement_id} {each.template}: {broken.location} {broken.rule}")
    faulty = sum(bool(each.broken) for each in claiming)
    silent = len(findings) - len(claiming)
    click.echo(f"{len(claiming)} claim the profile, {faulty} break it; {silent} do not claim it.")
    if faulty:
        raise SystemExit(1)


def _statements(text: bytes) -> Iterator[dict[str, Any]]:
    try:
        told = [orjson.loads(text)]
    except orjson.JSONDecodeError:
        told = [_line(number, line) for number, line in enumerate(text.splitlines(), 1) if line]
    for each in told:
        listed = each.get("statements", each) if isinstance(each, dict) else each
        for statement in listed if isinstance(listed, list) else [listed]:
            if not isinstance(statement, dict):
                raise click.ClickException("What stands there is no statement: give JSON objects.")
            yield statement


def _line(number: int, line: bytes) -> Any:
    try:
        return orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise click.ClickException(f"line {number} is no JSON: {error}") from error
