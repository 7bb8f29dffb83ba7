"""Commands for the tool's keys, roles, launches, and what did not arrive."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import click

from lti_tool import grants
from lti_tool.certification import resealing
from lti_tool.cli_frame import WHO, Tool, counted, pass_tool, shown
from lti_tool.cli_platforms import admin_link, links_cli, platform_cli, registration_link
from lti_tool.cli_stores import store_cli
from lti_tool.db import utcnow
from lti_tool.lti import doctor, granting, keys, platforms, scores, stores, waiting
from lti_tool.lti.doctor import ShownTrace, TraceFilter
from lti_tool.lti.granting import GRANTABLE
from lti_tool.lti.scores import ShownScore
from lti_tool.visit import Role

ROLES = click.Choice([role.value for role in GRANTABLE])


@click.group("keys")
def keys_cli() -> None:
    """Keys that the tool signs with."""


@keys_cli.command("rotate")
@click.option("--now", "at_once", is_flag=True, help="Sign with it at once: the old one leaked.")
@pass_tool
def rotate(tool: Tool, at_once: bool) -> None:
    """Make a new key: published at once, signing from tomorrow on."""
    with tool.database.begin() as session:
        kid = granting.rotate_keys(session, tool.vault, at_once=at_once, who=WHO, now=utcnow())
    click.echo(f"key {kid} made; it signs from {'now' if at_once else 'tomorrow'} on")


@keys_cli.command("list")
@pass_tool
def list_keys(tool: Tool) -> None:
    """List the keys, the newest first."""
    now = utcnow()
    with tool.database.read() as session:
        found = keys.list_keys(session)
    signing = granting.signing_kid(found, now)
    for key in found:
        until = shown(key.published_until) if key.published_until else "further notice"
        mark = ", signs now" if key.kid == signing else ""
        click.echo(f"{key.kid}: signs from {shown(key.signs_from)}, published until {until}{mark}")
    if not found:
        click.echo("no key yet; the first one is made when it is needed")


@keys_cli.command("reseal")
@pass_tool
def reseal(tool: Tool) -> None:
    """Encrypt with the present secret what an earlier one encrypted."""
    with tool.database.begin() as session:
        done = granting.reseal_keys(session, tool.vault, who=WHO, now=utcnow())
        passwords = stores.reseal(session, tool.vault, who=WHO, now=utcnow())
        texts = resealing.reseal(session, tool.vault, who=WHO, now=utcnow())
    click.echo(f"{counted(done, 'key')} encrypted anew")
    if passwords:
        click.echo(f"{counted(passwords, 'password')} of record stores encrypted anew")
    if texts:
        click.echo(
            f"{counted(texts, 'link, address or letter', 'links, addresses and letters')} "
            "of holders encrypted anew"
        )


@click.group("role")
def role_cli() -> None:
    """Roles that are given here; learner and instructor come from the platform."""


@role_cli.command("grant")
@click.argument("role", type=ROLES)
@click.option("--issuer", required=True, help="Of the platform that the person comes from.")
@click.option("--subject", required=True, help="The platform's id of the person (sub).")
@click.option("--scheme", default="", help="Limits the role to one certificate scheme.")
@pass_tool
def grant(tool: Tool, role: str, issuer: str, subject: str, scheme: str) -> None:
    """Give somebody a role, perhaps before they ever came."""
    with tool.database.begin() as session:
        given = granting.grant(
            session, Role(role), issuer, subject, scheme_id=scheme, who=WHO, now=utcnow()
        )
    held = f"{role} of {issuer} subject {subject}"
    click.echo(f"{held}: granted, from their next launch on" if given else f"{held}: held already")


@role_cli.command("list")
@click.argument("role", type=ROLES, required=False)
@pass_tool
def list_roles(tool: Tool, role: str | None) -> None:
    """List who holds which role by grant."""
    with tool.database.read() as session:
        found = grants.list_grants(session, Role(role) if role else None)
    for each in found:
        scheme = f", scheme {each.scheme_id}" if each.scheme_id else ""
        click.echo(
            f"{each.role}: {each.issuer} subject {each.subject}{scheme}, "
            f"granted {shown(each.granted_at)} by {each.granted_by}"
        )
    if not found:
        click.echo("no role is granted")


@role_cli.command("withdraw")
@click.argument("role", type=ROLES)
@click.option("--issuer", required=True)
@click.option("--subject", required=True)
@click.option("--scheme", default="")
@pass_tool
def withdraw_role(tool: Tool, role: str, issuer: str, subject: str, scheme: str) -> None:
    """Take a role away; visits that rest on it end."""
    with tool.database.begin() as session:
        taken = granting.withdraw(
            session, Role(role), issuer, subject, scheme_id=scheme, who=WHO, now=utcnow()
        )
    held = f"{role} of {issuer} subject {subject}"
    if not taken:
        raise click.ClickException(f"{held} was not held; see `lti-tool role list`")
    click.echo(f"{held}: withdrawn")


@click.group("launch")
def launch_cli() -> None:
    """Launches of the last 30 days, taken and refused."""


@launch_cli.command("explain")
@click.argument("code")
@pass_tool
def explain(tool: Tool, code: str) -> None:
    """Tell what became of the launch whose page showed CODE, why, and what helps."""
    with tool.database.read() as session:
        found = doctor.find(session, code)
    trace = found.trace
    click.echo(_trace_line(found))
    click.echo(f"cause: {found.explanation.cause}")
    click.echo(f"remedy: {found.explanation.remedy}")
    facts = {
        **trace.detail,
        "platform's clock against ours": None if trace.skew_s is None else f"{trace.skew_s} s",
        "key": trace.kid,
        "browser recognised by": trace.binding,
        "deployment": trace.deployment,
    }
    for name, value in facts.items():
        if value not in {None, ""}:
            click.echo(f"{name}: {value}")


@launch_cli.command("list")
@click.option("--all", "every", is_flag=True, help="Accepted ones too.")
@click.option("--issuer", help="Of one platform.")
@click.option("--client-id")
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True)
@pass_tool
def list_launches(
    tool: Tool, every: bool, issuer: str | None, client_id: str | None, limit: int
) -> None:
    """List the newest refused launches."""
    with tool.database.read() as session:
        chosen = platforms.choose(session, issuer, client_id).id if issuer else None
        wanted = TraceFilter(platform_id=chosen, refused_only=not every, limit=limit)
        found = doctor.list_traces(session, wanted)
    for each in found:
        click.echo(_trace_line(each))
    if not found:
        click.echo("no launch" if every else "no refused launch")


def _trace_line(shown_trace: ShownTrace) -> str:
    trace = shown_trace.trace
    outcome = "accepted" if trace.accepted else f"refused by {trace.check_name}"
    where = shown_trace.platform_name or "platform not known"
    return f"{trace.code}: {shown(trace.at)}, {where}, {outcome}"


@click.group("scores")
def scores_cli() -> None:
    """Scores that no platform took."""


@scores_cli.command("stuck")
@pass_tool
def stuck_scores(tool: Tool) -> None:
    """List the scores that rest, with the reason."""
    with tool.database.read() as session:
        found = scores.list_stuck(session)
    for each in found:
        click.echo(f"{_score(each)}: {each.reason}")
    if not found:
        click.echo("no score is stuck")


@scores_cli.command("resend")
@click.argument("score_ids", nargs=-1, type=click.UUID)
@click.option("--dry-run", is_flag=True, help="Only say what would be done.")
@pass_tool
def resend(tool: Tool, score_ids: tuple[UUID, ...], dry_run: bool) -> None:
    """Put scores that rest back in line; all of them unless some are named."""
    with tool.database.begin() as session:
        found = [
            each for each in scores.list_stuck(session) if not score_ids or each.id in score_ids
        ]
        missing = set(score_ids) - {each.id for each in found}
        if missing:
            raise click.ClickException(f"not stuck: {', '.join(map(str, sorted(missing)))}")
        if found and not dry_run:
            waiting.resend(session, [each.id for each in found], who=WHO, now=utcnow())
    for each in found:
        click.echo(f"{_score(each)} {'would go' if dry_run else 'goes'} out again")
    click.echo(f"{counted(len(found), 'score')} {'would be ' if dry_run else ''}put back in line")


def _score(score: ShownScore) -> str:
    part = f" ({score.item_path})" if score.item_path else ""
    points = f"{float(score.points):.4g} of {score.maximum}"
    return f"{score.id} {score.title or 'activity'}{part}, {points}"


@click.group("outbox")
def outbox_cli() -> None:
    """Statements on their way to record stores."""


@outbox_cli.command("stuck")
@pass_tool
def stuck_statements(tool: Tool) -> None:
    """Tell what waits, which store rests and why, and which statements a store refused."""
    with tool.database.read() as session:
        found = waiting.look(session)
    oldest = f", the oldest since {shown(found.oldest_at)}" if found.oldest_at else ""
    click.echo(f"{counted(found.count, 'statement')} waiting{oldest}")
    for target in found.targets:
        state = "takes statements"
        if target.paused_at:
            state = f"paused since {shown(target.paused_at)}"
        elif target.reason:
            state = f"rests until {shown(target.due_at)}"
        click.echo(f"store {target.name}: {': '.join(filter(None, [state, target.reason]))}")
    for each in found.stuck:
        click.echo(f"{each.statement_id} refused by {each.target}: {each.reason}")
    if found.stuck_count > len(found.stuck):
        click.echo(f"and {found.stuck_count - len(found.stuck)} more")


@outbox_cli.command("retry")
@click.option("--older-than", type=click.IntRange(min=0), default=0, metavar="HOURS")
@click.option("--dry-run", is_flag=True, help="Only say what would be done.")
@pass_tool
def retry(tool: Tool, older_than: int, dry_run: bool) -> None:
    """Put refused statements back in line, and ask stores that rest again."""
    before = utcnow() - timedelta(hours=older_than) if older_than else None
    with tool.database.begin() as session:
        if dry_run:
            done = waiting.count_refused(session, before=before)
        else:
            done = waiting.retry(session, before=before, who=WHO, now=utcnow())
    click.echo(f"{counted(done, 'statement')} {'would be ' if dry_run else ''}put back in line")


commands: tuple[click.Command, ...] = (
    platform_cli,
    registration_link,
    admin_link,
    links_cli,
    keys_cli,
    role_cli,
    launch_cli,
    scores_cli,
    outbox_cli,
    store_cli,
)
