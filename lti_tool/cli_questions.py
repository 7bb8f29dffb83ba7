"""Commands for faulty questions: withdraw one, take it in again."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import click
from sqlalchemy.orm import Session

from courses.catalogue import Catalogue
from lti_tool.app import catalogue_of
from lti_tool.cli_frame import WHO, Tool, counted, pass_tool, shown
from lti_tool.db import utcnow
from lti_tool.iri import Names
from lti_tool.player import registers, regrading, withdrawing
from lti_tool.player.acting import Act
from lti_tool.player.regrading import Change, Forecast, QuestionAt
from lti_tool.player.withdrawing import Regrading

REASON = click.option("--reason", required=True, help="Kept with what was decided.")
DRY_RUN = click.option("--dry-run", is_flag=True, help="Only say what would be done.")
CONTEXT = click.option("--context", type=click.UUID, help="Only in this context.")
EVERYWHERE = click.option("--everywhere", is_flag=True, help="In all contexts of all platforms.")


def catalogue_from(tool: Tool) -> Catalogue:
    """Give the courses that the settings name."""
    return catalogue_of(tool.settings.content_dirs)


def names_from(tool: Tool) -> Names:
    """Give the maker of names that last."""
    return Names(tool.settings.names_base)


def echo_changes(changes: Sequence[Change]) -> None:
    """Print what came out differently."""
    for change in changes:
        before, after = change.before, change.after
        turned = ", passed now" if change.is_won else ", failed now" if change.is_lost else ""
        click.echo(
            f"attempt {change.attempt_id}: {before.points} of {before.maximum} -> "
            f"{after.points} of {after.maximum}{turned}"
        )
    click.echo(f"{counted(len(changes), 'result')} changed")


@click.group("question")
def question_cli() -> None:
    """Faulty questions of quizzes and exams."""


@question_cli.command("list")
@click.argument("course")
@pass_tool
def list_withdrawn(tool: Tool, course: str) -> None:
    """List the questions that are withdrawn, everywhere or in single contexts."""
    with tool.database.read() as session:
        found = registers.list_all_withdrawals(session, course)
    for each in found:
        where = f"in context {each.context_id}" if each.context_id else "everywhere"
        since = shown(each.withdrawn_at)
        click.echo(f"{each.item_id} {each.question_id}: {where} since {since}: {each.reason}")
    if not found:
        click.echo("no question is withdrawn")


def _scope(context: UUID | None, everywhere: bool) -> UUID | None:
    if (context is None) != everywhere:
        raise click.UsageError("say either --context ID or --everywhere")
    return context


@question_cli.command("withdraw")
@click.argument("course")
@click.argument("item")
@click.argument("question")
@CONTEXT
@EVERYWHERE
@REASON
@DRY_RUN
@pass_tool
def withdraw(
    tool: Tool,
    course: str,
    item: str,
    question: str,
    *,
    context: UUID | None,
    everywhere: bool,
    reason: str,
    dry_run: bool,
) -> None:
    """Withdraw a question; attempts that hold it are marked again without it.

    After a break, the same command goes on where it ended.
    """
    where = QuestionAt(course, item, question, _scope(context, everywhere))
    _change(tool, where, reason, withdrawing_it=True, dry_run=dry_run)


@question_cli.command("restore")
@click.argument("course")
@click.argument("item")
@click.argument("question")
@CONTEXT
@EVERYWHERE
@REASON
@DRY_RUN
@pass_tool
def restore(
    tool: Tool,
    course: str,
    item: str,
    question: str,
    *,
    context: UUID | None,
    everywhere: bool,
    reason: str,
    dry_run: bool,
) -> None:
    """Take a question in again that was withdrawn in exactly this scope."""
    where = QuestionAt(course, item, question, _scope(context, everywhere))
    _change(tool, where, reason, withdrawing_it=False, dry_run=dry_run)


def _change(
    tool: Tool, where: QuestionAt, reason: str, *, withdrawing_it: bool, dry_run: bool
) -> None:
    if dry_run:
        with tool.database.read() as session:
            _echo_forecast(_foresee(session, tool, where, withdrawing_it=withdrawing_it))
        return
    carry_out = withdrawing.withdraw if withdrawing_it else withdrawing.restore
    tools = Regrading(tool.database.begin, catalogue_from(tool), names_from(tool))
    echo_changes(carry_out(tools, where, Act(WHO, None, reason), now=utcnow()))


def _foresee(session: Session, tool: Tool, where: QuestionAt, *, withdrawing_it: bool) -> Forecast:
    withdrawing.find_question(session, where, catalogue_from(tool))
    return regrading.forecast(session, where, withdrawing=withdrawing_it)


def _echo_forecast(forecast: Forecast) -> None:
    click.echo(f"finished attempts that hold it: {forecast.held}")
    click.echo(f"results that would change: {len(forecast.changes)}")
    click.echo(f"passed in place of failed: {forecast.won}")
    click.echo(f"failed in place of passed: {forecast.lost}")
    click.echo(f"attempts going on with it: {forecast.running}")
    if forecast.emptied:
        left = counted(forecast.emptied, "attempt")
        click.echo(f"it is the last question that counts in {left}, so it cannot be withdrawn")
