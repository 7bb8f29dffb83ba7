"""Commands for candidates from a list: an empty one, and entering all that a list holds."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click
from sqlalchemy.orm import Session

from lti_tool.app import schemes_of
from lti_tool.certification import entry_lists, mandates
from lti_tool.certification.entered_before import Roll
from lti_tool.certification.entering import Entry
from lti_tool.certification.entry_lists import EntryList
from lti_tool.certification.humans import Hand
from lti_tool.cli_candidates import NAME_SEEN, SCHEME, WAY, chosen, post_of
from lti_tool.cli_cases import DRY_RUN
from lti_tool.cli_frame import Tool, counted, pass_tool
from lti_tool.cli_officer import Officer, as_officer, hand_at
from lti_tool.db import utcnow
from lti_tool.errors import ToolError


@click.command("columns")
@SCHEME
@WAY
@pass_tool
def columns(tool: Tool, scheme_id: str, way: str | None) -> None:
    """Print an empty list to fill in, for `enter`: its first line, as CSV."""
    scheme, route = chosen(tool, scheme_id, way)
    text = entry_lists.example_of(scheme, route, has_mail=post_of(tool).is_on)
    click.echo(text, nl=False)


@click.command("enter")
@SCHEME
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@WAY
@NAME_SEEN
@DRY_RUN
@as_officer
@pass_tool
def enter(
    tool: Tool,
    scheme_id: str,
    file: Path,
    *,
    way: str | None,
    name_seen: bool,
    dry_run: bool,
    officer: Officer,
) -> None:
    """Enter the candidates of a CSV file: all of them, or none where a line has a fault.

    `columns` prints the first line that it needs. Whoever was entered before is left as they were.
    """
    scheme, route = chosen(tool, scheme_id, way)
    listed = entry_lists.read_list(
        file.read_bytes(),
        scheme,
        route,
        name_seen=name_seen,
        has_mail=post_of(tool).is_on,
        now=utcnow(),
    )
    if listed.fault:
        raise click.ClickException(listed.fault)
    with tool.database.begin() as session:
        hand = hand_at(session, officer)
        mandates.need_mandate(session, hand, scheme.id)
        entered = _enter_all(session, tool, listed, hand)
        if dry_run:
            session.rollback()
    would_be = "would be " if dry_run else ""
    click.echo(f"{counted(len(entered), 'candidate')} {would_be}entered for {scheme.id}")
    if entered and not dry_run:
        mute = [each for each in entered if not (each.name_seen or each.address)]
        if mute:
            click.echo(
                f"{counted(len(mute), 'name')} still to be confirmed, with no address to "
                "write to: `lti-tool certificate name CASE NAME` by a document that you saw"
            )
        click.echo(
            "the worker looks at them within a minute; another officer approves: "
            f"`lti-tool certificate cases --scheme {scheme.id}`"
        )


def _enter_all(session: Session, tool: Tool, listed: EntryList, hand: Hand) -> list[Entry]:
    """Enter one line after the other, telling of each; a fault in any ends the command.

    Returns:
        Those who were not entered before.
    """
    schemes, post, now = schemes_of(tool.settings.content_dirs), post_of(tool), utcnow()
    roll = Roll()
    entered: list[Entry] = []
    faults = left = 0
    for line in listed.lines:
        fault = line.fault
        if line.entry is not None:
            try:
                done = entry_lists.enter_all(
                    session, (line.entry,), hand, schemes=schemes, post=post, roll=roll, now=now
                )
            except ToolError as error:
                fault = error.words or str(error)
            else:
                entered += [line.entry] if done.case_ids else []
                left += len(done.left)
                told = [words for _name, words in done.left] or [_in_words(line.entry)]
                click.echo(f"line {line.number}: {' '.join(told)}")
        if fault:
            faults += 1
            named = f"{line.name}: " if line.name else ""
            click.echo(f"line {line.number}: {named}{fault}")
    if left:
        click.echo("another person of the same name: `lti-tool certificate enter-one`")
    if faults:
        mend = counted(faults, "line")
        raise click.ClickException(f"nothing was entered: mend {mend} and give the list again")
    return entered


def _in_words(entry: Entry) -> str:
    results = ", ".join(f"{code} {_result(each)}" for code, each in entry.results.items())
    address = f", {entry.address}" if entry.address else ""
    return f"{entry.name}, {entry.day}{address}{f': {results}' if results else ''}"


def _result(result: Mapping[str, Any]) -> str:
    if "passed" in result:
        return "passed" if result["passed"] else "failed"
    return f"{result['points']} of {result['asked']}"


commands = (columns, enter)
