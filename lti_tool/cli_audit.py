"""Commands for the log of acts: whether it is whole, and what was done to something."""

from __future__ import annotations

import click

from lti_tool.certification import heads, histories
from lti_tool.cli_frame import Tool, counted, pass_tool, shown


@click.group("audit")
def audit_cli() -> None:
    """The log of acts."""


@audit_cli.command("verify")
@click.pass_context
def verify(context: click.Context) -> None:
    """Look whether the log is whole, and fits every head that was published."""
    with context.ensure_object(Tool).database.read() as session:
        report = heads.verify(session)
    click.echo(f"{counted(report.lines, 'line')}, {counted(report.heads, 'published head')}")
    if report.broken_at is not None:
        click.echo(f"line {report.broken_at} was changed, removed or put in")
    for day in report.wrong_heads:
        click.echo(f"the head of {day.isoformat()} does not fit the log or its own signature")
    if report.is_whole:
        click.echo("all is whole")
    context.exit(0 if report.is_whole else 1)


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


commands = (audit_cli,)
