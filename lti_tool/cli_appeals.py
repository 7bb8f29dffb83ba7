"""Commands for reviews: who asked for one, why, and the answer."""

from __future__ import annotations

from uuid import UUID

import click
from sqlalchemy.orm import Session

from courses.schemes import Route
from lti_tool.certification import appealing, holdings
from lti_tool.certification.appealing import REJECTED, UPHELD
from lti_tool.certification.histories import names_of
from lti_tool.certification.models import Appeal, Case, CaseState
from lti_tool.cli_frame import Tool, pass_tool, shown
from lti_tool.cli_officer import Officer, as_officer, hand_at
from lti_tool.db import utcnow

APPEAL = click.argument("appeal_id", metavar="APPEAL", type=click.UUID)


@click.command("appeals")
@click.option("--answered", is_flag=True, help="Those answered last, in place of the open ones.")
@pass_tool
def list_appeals(tool: Tool, answered: bool) -> None:
    """List requests for a review that nobody answered yet."""
    with tool.database.read() as session:
        find = appealing.list_answered if answered else appealing.list_open
        found = find(session, None)
    for appeal, case in found:
        since = f"asked {shown(appeal.opened_at)}"
        done = f"; {appeal.outcome} {shown(appeal.decided_at)}" if appeal.decided_at else ""
        name = case.name or "name not known"
        click.echo(f"{appeal.id} {case.scheme_id}, {name}, case {case.id}: {since}{done}")
    if not found:
        click.echo("no review was answered" if answered else "no review waits")


@click.command("appeal")
@APPEAL
@pass_tool
def show_appeal(tool: Tool, appeal_id: UUID) -> None:
    """Show one request: what the candidate writes, what was decided, and the answer."""
    with tool.database.read() as session:
        appeal, case = _need_appeal(session, appeal_id)
        who = names_of(session, {appeal.decided_by} - {""})
    click.echo(f"{case.scheme_id}, {case.name or 'name not known'}, case {case.id}: {case.state}")
    click.echo(f"{shown(appeal.opened_at)}: {appeal.words}")
    if appeal.decided_at is not None:
        by = who.get(appeal.decided_by, "")
        click.echo(f"{shown(appeal.decided_at)}: {appeal.outcome}, {by}: {appeal.answer}")
        return
    for words in holdings.missing_in(case):
        click.echo(f"decided: {words}")
    click.echo(f"answer it: `lti-tool certificate answer {appeal.id}`")


@click.command("answer")
@APPEAL
@click.option("--outcome", type=click.Choice([UPHELD, REJECTED]), required=True)
@click.option("--answer", required=True, help="The candidate reads it.")
@as_officer
@pass_tool
def answer_appeal(tool: Tool, appeal_id: UUID, outcome: str, answer: str, officer: Officer) -> None:
    """Answer a request as an officer who had no part in the decision."""
    with tool.database.begin() as session:
        appeal, _case = _need_appeal(session, appeal_id)
        if appeal.decided_at is not None:
            raise click.ClickException(
                f"it was answered already: `lti-tool certificate appeal {appeal_id}`"
            )
        hand = hand_at(session, officer)
        case = appealing.decide_appeal(session, appeal_id, outcome, answer, hand, now=utcnow())
    click.echo(f"{appeal_id}: {outcome}; {_next(case, outcome)}")


def _next(case: Case, outcome: str) -> str:
    if outcome == REJECTED:
        return "the decision stands, and the candidate reads your words"
    if case.state != CaseState.COLLECTING:
        return f"case {case.id} has gone on since and stays as it is"
    if case.route == Route.ASSESSMENT.value:
        return f"case {case.id} is open again, and other assessors judge all of it"
    return f"case {case.id} is open again, and the worker decides it anew within a minute"


def _need_appeal(session: Session, appeal_id: UUID) -> tuple[Appeal, Case]:
    appeal = session.get(Appeal, appeal_id)
    if appeal is None:
        raise click.ClickException(f"no review {appeal_id}; see `lti-tool certificate appeals`")
    return appealing.find_appeal(session, appeal_id)


commands = (list_appeals, show_appeal, answer_appeal)
