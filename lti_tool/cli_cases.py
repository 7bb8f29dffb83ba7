"""Commands for cases before the register: who waits, why, and an officer's decision."""

from __future__ import annotations

import functools
from collections.abc import Callable
from uuid import UUID
from zoneinfo import ZoneInfo

import click
from sqlalchemy.orm import Session

from lti_tool.app import schemes_of
from lti_tool.certification import approving, case_queries, checking, histories, renewing
from lti_tool.certification.approving import Approval
from lti_tool.certification.case_queries import CasesSought, Waiting
from lti_tool.certification.decisions import Decision
from lti_tool.certification.issuers import look_at_issuers
from lti_tool.certification.mandates import need_mandate
from lti_tool.certification.models import Case
from lti_tool.cli_frame import Tool, counted, pass_tool, shown
from lti_tool.cli_officer import Officer, as_officer, hand_at
from lti_tool.db import utcnow

WAITING = click.Choice([each.value for each in Waiting if each is not Waiting.MINE])
CASES = click.argument("case_ids", nargs=-1, required=True, type=click.UUID)
ACCEPT = click.option(
    "--accept-warnings", is_flag=True, help="Approve in spite of likely duplicates."
)
MISSING_PROOF = "enter what was proven this time: `lti-tool certificate enter-proof {} --day DAY`"
DRY_RUN = click.option("--dry-run", is_flag=True, help="Only say what would be done.")


def need_case(session: Session, case_id: UUID) -> Case:
    """Give a case, or end the command."""
    case = session.get(Case, case_id)
    if case is None:
        raise click.ClickException(f"no case {case_id}; see `lti-tool certificate cases`")
    return case


@click.command("cases")
@click.option("--waiting", type=WAITING, default=Waiting.APPROVAL.value, show_default=True)
@click.option("--scheme", default="", help="Id of a scheme.")
@click.option("--text", default="", help="Beginnings of names.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True)
@pass_tool
def list_cases(tool: Tool, waiting: str, scheme: str, text: str, limit: int) -> None:
    """List candidates by what they wait for."""
    sought = CasesSought(Waiting(waiting), text=text, scheme_id=scheme)
    with tool.database.read() as session:
        found = case_queries.find(session, sought, size=limit)
    for each in found.entries:
        kind = ", correction" if each.is_correction else ", renewal" if each.is_renewal else ""
        name = each.name or "name not known"
        click.echo(f"{each.id} {each.state}: {each.scheme_id}, {name}{kind}, {shown(each.since)}")
    if not found.entries:
        click.echo("no case")
    elif found.after is not None:
        click.echo(f"more than {limit}: raise --limit, or narrow the search")


@click.command("case")
@click.argument("case_id", type=click.UUID)
@pass_tool
def show_case(tool: Tool, case_id: UUID) -> None:
    """Show one case: why the rules decided so, what stands against it, and its history."""
    today = utcnow().astimezone(ZoneInfo(tool.settings.register_time_zone)).date()
    with tool.database.read() as session:
        case = need_case(session, case_id)
        schemes = schemes_of(tool.settings.content_dirs)
        issuers = look_at_issuers(tool.settings.issuers_file)
        findings = checking.check(session, [case], schemes, issuers=issuers, on=today)[case.id]
        history = histories.history(session, {str(case.id)})
        lacks_proof = renewing.lacks_proof(session, case)
    click.echo(f"{case.scheme_id}, {case.name or 'name not known'}: {case.state}")
    click.echo(f"way: {case.route}; entered {shown(case.entered_at)}")
    if case.decision:
        decision = Decision.from_json(case.decision)
        click.echo(f"decision: {decision.outcome.value}, {shown(case.decided_at)}")
        for reason in decision.reasons:
            click.echo(f"  {reason.words()}")
    for each in findings:
        click.echo(f"{'stops it' if each.stops else 'warning'}: {each.words}")
    if lacks_proof:
        click.echo(MISSING_PROOF.format(case.id))
    if case.refuse_reason:
        click.echo(f"refused: {case.refuse_reason}")
    for happening in history:
        click.echo(f"{shown(happening.at)}: {happening.words} {happening.who}")


@click.command("approve")
@CASES
@ACCEPT
@DRY_RUN
@as_officer
@pass_tool
def approve(
    tool: Tool,
    case_ids: tuple[UUID, ...],
    *,
    accept_warnings: bool,
    dry_run: bool,
    officer: Officer,
) -> None:
    """Approve cases under the name of an officer; what cannot be is told with the reason."""
    step = functools.partial(approving.approve, accept_warnings=accept_warnings)
    _go(tool, step, case_ids, officer, dry_run=dry_run)


@click.command("second")
@CASES
@ACCEPT
@DRY_RUN
@as_officer
@pass_tool
def second(
    tool: Tool,
    case_ids: tuple[UUID, ...],
    *,
    accept_warnings: bool,
    dry_run: bool,
    officer: Officer,
) -> None:
    """Approve as the second officer what another one approved."""
    step = functools.partial(approving.second, accept_warnings=accept_warnings)
    _go(tool, step, case_ids, officer, dry_run=dry_run)


def _go(
    tool: Tool,
    step: Callable[..., Approval],
    case_ids: tuple[UUID, ...],
    officer: Officer,
    *,
    dry_run: bool,
) -> None:
    schemes = schemes_of(tool.settings.content_dirs)
    issuers = look_at_issuers(tool.settings.issuers_file)
    with tool.database.begin() as session:
        hand = hand_at(session, officer)
        done = step(session, case_ids, hand, schemes=schemes, issuers=issuers, now=utcnow())
        if dry_run:
            session.rollback()
    for left in done.left:
        hint = " (--accept-warnings approves it all the same)" if left.may_accept else ""
        click.echo(f"{left.case_id} left: {' '.join(left.words)}{hint}")
    would_be = "would be " if dry_run else ""
    if done.need_second:
        number = counted(len(done.need_second), "case")
        click.echo(f"{number} {would_be}approved; a second officer follows")
    if dry_run and done.approved:
        click.echo(f"{counted(len(done.approved), 'case')} would be approved")
    elif done.batch_id is not None:
        click.echo(f"{counted(len(done.approved), 'case')} approved: batch {done.batch_id}")
    if not done.approved and not done.need_second:
        raise click.ClickException(
            "nothing would be approved" if dry_run else "nothing was approved"
        )


@click.command("refuse")
@click.argument("case_id", type=click.UUID)
@click.option("--reason", required=True, help="The candidate is told it.")
@as_officer
@pass_tool
def refuse(tool: Tool, case_id: UUID, reason: str, officer: Officer) -> None:
    """Refuse a case, with a reason that its candidate is told."""
    with tool.database.begin() as session:
        hand = hand_at(session, officer)
        need_case(session, case_id)
        approving.refuse(session, case_id, reason, hand, now=utcnow())
    click.echo(f"{case_id}: refused")


@click.command("name")
@click.argument("case_id", type=click.UUID)
@click.argument("name")
@as_officer
@pass_tool
def confirm_name(tool: Tool, case_id: UUID, name: str, officer: Officer) -> None:
    """Confirm the name as it will be printed, by an officer who saw a paper."""
    schemes = schemes_of(tool.settings.content_dirs)
    with tool.database.begin() as session:
        hand = hand_at(session, officer)
        need_mandate(session, hand, need_case(session, case_id).scheme_id)
        case = approving.confirm_name(session, case_id, name, hand, schemes=schemes, now=utcnow())
    click.echo(f"{case_id}: {case.name}, {case.state}")


commands = (list_cases, show_case, approve, second, refuse, confirm_name)
