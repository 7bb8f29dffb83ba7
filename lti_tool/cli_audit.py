"""Commands for the log of acts: whether it is whole, and what was done to something."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import click

from lti_tool.certification import head_copies, heads, histories, watching
from lti_tool.certification.head_copies import CopyReport
from lti_tool.certification.heads import LogReport
from lti_tool.cli_frame import Tool, counted, pass_tool, shown
from lti_tool.db import utcnow
from lti_tool.files import Files

LONGEST_NAME = 200
"""Of a file that is looked for."""


@click.group("audit")
def audit_cli() -> None:
    """The log of acts."""


@audit_cli.command("verify")
@click.option(
    "copies",
    "--heads",
    type=click.File("rb"),
    multiple=True,
    help="A kept copy of /.well-known/audit-heads.json (- reads it from the input); repeatable.",
)
@click.option(
    "keys",
    "--key",
    multiple=True,
    help="Key to check the copies by (z6Mk... or a kept did.json), not those that stand in them.",
)
@click.option("--no-files", is_flag=True, help="Leave out the sealed documents.")
@click.pass_context
def verify(
    context: click.Context, copies: tuple[BinaryIO, ...], keys: tuple[str, ...], no_files: bool
) -> None:
    """Look whether log and register are whole, and fit every head that was published.

    Ends with 1 where they are not. Only a copy of the heads that lies elsewhere shows that the
    whole log was written anew.
    """
    tool = context.ensure_object(Tool)
    files = None if no_files else Files(tool.settings.files_url)
    known = {name: key for each in keys for name, key in head_copies.read_keys(_text(each)).items()}
    saved = [(each.name, head_copies.read_copy(each.read(), known)) for each in copies]
    with tool.database.read() as session:
        report = heads.verify(session, files, now=utcnow())
        compared = [(name, head_copies.compare(session, copy)) for name, copy in saved]
    for line in (*_log_lines(report), *_register_lines(report)):
        click.echo(line)
    for name, each in compared:
        for line in _copy_lines(name, each):
            click.echo(line)
    is_whole = report.is_whole and all(each.is_good for _name, each in compared)
    click.echo("all is whole" if is_whole else "NOT WHOLE: change nothing, and keep the backups")
    context.exit(0 if is_whole else 1)


def _text(given: str) -> str:
    """Give what stands in a file of that name, or the text itself where there is none."""
    path = Path(given)
    return path.read_text() if len(given) < LONGEST_NAME and path.is_file() else given


def _log_lines(report: LogReport) -> Iterator[str]:
    yield f"{counted(report.lines, 'line')}, {counted(report.heads, 'published head')}"
    yield f"heads cover the log up to line {report.covered} of {report.lines}"
    for first, last in report.missing_days:
        days = first.isoformat() if first == last else f"{first.isoformat()} to {last.isoformat()}"
        yield f"no head was published on {days}: the worker stood still, or heads were removed"
    if report.unproven:
        told = counted(report.unproven, "head is", "heads are")
        yield f"{told} of a key that is trusted no more: only a copy kept elsewhere proves that"
    if report.broken_at is not None:
        yield f"line {report.broken_at} was changed, removed or put in"
    for day in report.wrong_heads:
        yield f"the head of {day.isoformat()} does not fit the log, its key or its own signature"
    for kid in report.wrong_keys:
        yield f"key {kid}: its record is not as the log tells of it"


def _register_lines(report: LogReport) -> Iterator[str]:
    entries = report.entries
    wrong = f", {len(entries.wrong)} wrong" if entries.wrong else ""
    yield f"{counted(entries.certificates, 'certificate')} held against the log{wrong}"
    if entries.files_missing:
        told = counted(entries.files_missing, "sealed document is", "sealed documents are")
        yield f"{told} not among the files here: restore them, or look where they lie"
    for each in entries.wrong:
        yield f"{each.number or each.certificate_id}: {each.words}"


def _copy_lines(name: str, report: CopyReport) -> Iterator[str]:
    yield f"{name}: {counted(report.heads, 'head')}, good up to line {report.covered}"
    for day, fault in report.wrong:
        yield f"{name}: {day.isoformat()}: {head_copies.COPY_WORDS[fault]()}"
    for kid in report.other_keys:
        yield f"{name}: key {kid} is another one now, or gone"
    if report.unsigned:
        told = counted(report.unsigned, "head names a key", "heads name keys")
        yield f"{name}: {told} that the copy does not hold; give --key to check more than lines"


@audit_cli.command("show")
@click.argument("about")
@pass_tool
def show_acts(tool: Tool, about: str) -> None:
    """Show what was done to something, by its id."""
    with tool.database.read() as session:
        found = histories.history(session, {about})
    for each in found:
        click.echo(f"{each.number} {shown(each.at)} {each.act}: {each.who}")
    if not found:
        click.echo("nothing was done to it")


@audit_cli.command("list")
@click.option("--about", "group", type=click.Choice(watching.GROUPS), help="Only acts on these.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True)
@pass_tool
def list_acts(tool: Tool, group: str | None, limit: int) -> None:
    """List what was done about certification, the newest first."""
    with tool.database.read() as session:
        found, after = watching.list_acts(session, group=group or "", size=limit)
    for each in found:
        click.echo(f"{each.number} {shown(each.at)} {each.act} {each.about}: {each.who}")
    if not found:
        click.echo("nothing was done yet")
    elif after is not None:
        click.echo(f"more than {limit}: raise --limit, or see `lti-tool audit show ID`")


commands = (audit_cli,)
