"""Commands for attempts and allowances, and for questions: what the instructor's desk does."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import click

from courses.model import Course, Exam, Quiz
from lti_tool.cli_frame import WHO, Tool, counted, pass_tool, shown
from lti_tool.cli_questions import (
    REASON,
    catalogue_from,
    echo_changes,
    names_from,
    question_cli,
)
from lti_tool.db import utcnow
from lti_tool.errors import NotFoundError
from lti_tool.player import allowing, appeals, registers
from lti_tool.player.acting import Act
from lti_tool.player.allowances import Allowed
from lti_tool.player.registers import LearnerFilter
from lti_tool.player.sheets import AttemptFacts

MOMENTS = click.DateTime(["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M", "%Y-%m-%d"])


def _course(tool: Tool, course_id: str) -> Course:
    found = catalogue_from(tool).get(course_id)
    if found is None:
        raise NotFoundError(f"no course {course_id!r}; look into LTI_TOOL_CONTENT_DIRS")
    return found


# Attempts


@click.group("attempt")
def attempt_cli() -> None:
    """Attempts at quizzes and exams."""


@attempt_cli.command("list")
@click.argument("course")
@click.option("--item", default="", help="Only of this quiz or exam, such as exam.")
@click.option("--issuer", default="", help="Only of people of this platform.")
@click.option("--subject", default="", help="Only of the person with this id of the platform.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=200, show_default=True)
@pass_tool
def list_attempts(
    tool: Tool, course: str, *, item: str, issuer: str, subject: str, limit: int
) -> None:
    """List the attempts in a course, the newest first; without names."""
    chosen = LearnerFilter(course, item_id=item, issuer=issuer, subject=subject)
    with tool.database.read() as session:
        found = registers.list_attempts(session, chosen, limit=limit)
    for each in found:
        click.echo(
            f"{each.facts.id}: {each.facts.item_id} attempt {each.facts.number}, "
            f"{_result(each.facts)}, subject {each.subject}, context {each.context_id}"
        )
    if not found:
        click.echo("no attempt")


@attempt_cli.command("show")
@click.argument("attempt", type=click.UUID)
@pass_tool
def show_attempt(tool: Tool, attempt: UUID) -> None:
    """Show one attempt, question by question."""
    with tool.database.read() as session:
        found = registers.attempt_of(session, attempt)
    facts = found.owned.facts
    click.echo(f"{facts.item_id} of {found.owned.course_id}, attempt {facts.number}")
    click.echo(f"result: {_result(facts)}")
    click.echo(f"begun {shown(facts.started_at)}, ended {shown(facts.submitted_at)}")
    if facts.voided_at:
        click.echo(f"void since {shown(facts.voided_at)}: {facts.void_reason}")
    for element in found.sheet.elements:
        verdict = {True: "passed", False: "not passed", None: "not judged"}[element.passed]
        needed = f"needs {element.pass_share}"
        click.echo(
            f"element {element.id}: {element.points} of {element.asked}, {needed}, {verdict}"
        )
    for line in found.lines:
        why = ", withdrawn" if line.withdrawal else ", ruled by hand" if line.ruling else ""
        answered = "" if line.asked.is_answered else ", not answered"
        most = line.asked.question.points
        click.echo(f"question {line.asked.question.id}: {line.earned} of {most}{answered}{why}")
    holds = {True: "verifies", False: "DOES NOT VERIFY", None: "not given yet"}
    click.echo(f"receipt: {holds[found.receipt_holds]} {facts.receipt_hash}".rstrip())


@attempt_cli.command("void")
@click.argument("attempt", type=click.UUID)
@REASON
@pass_tool
def void_attempt(tool: Tool, attempt: UUID, reason: str) -> None:
    """Declare an attempt void: it counts neither for nor against the learner."""
    with tool.database.begin() as session:
        appeals.void(
            session,
            attempt,
            context_id=None,
            act=Act(WHO, None, reason),
            catalogue=catalogue_from(tool),
            names=names_from(tool),
            now=utcnow(),
        )
    click.echo(f"attempt {attempt} is void")


@attempt_cli.command("rule")
@click.argument("attempt", type=click.UUID)
@click.argument("question")
@click.option("--points", default="", help="To award, such as 1 or 1/2.")
@click.option("--take-back", is_flag=True, help="Mark by the answer again.")
@REASON
@pass_tool
def rule(
    tool: Tool, attempt: UUID, question: str, *, points: str, take_back: bool, reason: str
) -> None:
    """Award points for one question of one attempt, after an appeal."""
    awarded = None if take_back else registers.read_points(points)
    if awarded is None and not take_back:
        raise click.UsageError("say --points such as 1 or 1/2, or --take-back")
    with tool.database.begin() as session:
        changes = appeals.rule(
            session,
            attempt,
            question,
            awarded,
            context_id=None,
            act=Act(WHO, None, reason),
            catalogue=catalogue_from(tool),
            names=names_from(tool),
            now=utcnow(),
        )
    echo_changes(changes)


def _result(facts: AttemptFacts) -> str:
    if facts.voided_at is not None:
        return "void"
    if not facts.is_submitted:
        return "going on"
    verdict = {True: ", passed", False: ", not passed", None: ""}[facts.passed]
    return f"{facts.points} of {facts.maximum}{verdict}"


# Allowances


@click.group("allowance")
def allowance_cli() -> None:
    """What single learners are allowed beyond the rules of a quiz or exam."""


@allowance_cli.command("list")
@click.argument("course")
@pass_tool
def list_allowed(tool: Tool, course: str) -> None:
    """List what was allowed in a course, the newest first; without names."""
    with tool.database.read() as session:
        found = allowing.list_allowances(session, course)
    for each in found:
        click.echo(
            f"{each.item_id}: person {each.person_id} in context {each.context_id}, "
            f"{counted(each.extra_attempts, 'more attempt')}, "
            f"{counted(each.extra_minutes, 'more minute')}"
            f"{f', opens {shown(each.opens_at)}' if each.opens_at else ''}"
            f"{f', closes {shown(each.closes_at)}' if each.closes_at else ''}"
            f"{', no waiting' if each.waives_wait else ''}: {each.reason}"
        )
    if not found:
        click.echo("nothing was allowed")


@allowance_cli.command("give")
@click.argument("course")
@click.argument("item")
@click.option("--issuer", required=True, help="Of the platform that the person comes from.")
@click.option("--subject", required=True, help="The platform's id of the person (sub).")
@click.option("--context", type=click.UUID, help="Where the person is in several contexts.")
@click.option("--attempts", type=click.IntRange(0, allowing.MOST_ATTEMPTS), default=0)
@click.option("--minutes", type=click.IntRange(0, allowing.MOST_MINUTES), default=0)
@click.option("--percent", type=click.IntRange(0, allowing.MOST_PERCENT))
@click.option("--opens-at", type=MOMENTS, help="In UTC.")
@click.option("--closes-at", type=MOMENTS, help="In UTC.")
@click.option("--no-wait", is_flag=True, help="No waiting time before the next attempt.")
@REASON
@pass_tool
def give(
    tool: Tool,
    course: str,
    item: str,
    *,
    issuer: str,
    subject: str,
    context: UUID | None,
    attempts: int,
    minutes: int,
    percent: int | None,
    opens_at: datetime | None,
    closes_at: datetime | None,
    no_wait: bool,
    reason: str,
) -> None:
    """Set what one learner is allowed, in place of what was set before."""
    own = _course(tool, course)
    graded = own.item(item)
    if not isinstance(graded, Quiz | Exam):
        raise NotFoundError(f"{item!r} is no quiz or exam of {course}")
    allowed = Allowed(attempts, minutes, _utc(opens_at), _utc(closes_at), no_wait)
    chosen = LearnerFilter(course, issuer=issuer, subject=subject, context_id=context)
    with tool.database.begin() as session:
        learner = registers.find_learner(session, chosen)
        allowing.allow(
            session,
            learner,
            own,
            graded,
            allowed,
            extra_percent=percent,
            act=Act(WHO, None, reason),
            names=names_from(tool),
            now=utcnow(),
        )
    click.echo(f"allowed to person {learner.person_id} in {item} of {course}")


def _utc(moment: datetime | None) -> datetime | None:
    return moment.replace(tzinfo=UTC) if moment is not None else None


commands: tuple[click.Command, ...] = (attempt_cli, allowance_cli, question_cli)
"""What ``cli.py`` adds."""
