"""Commands that look into the register: a list, one certificate with its history, a table."""

from __future__ import annotations

import functools
from collections.abc import Callable
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

import click
from sqlalchemy.orm import Session

from courses.schemes import SchemeKind
from lti_tool import audit
from lti_tool.certification import exporting, histories, queries, watching
from lti_tool.certification.codes import spaced
from lti_tool.certification.downloads import MEDIA, content_of
from lti_tool.certification.queries import Sought
from lti_tool.certification.register import find_certificate
from lti_tool.certification.register_models import Certificate
from lti_tool.cli_frame import WHO, Tool, counted, pass_tool, shown
from lti_tool.db import utcnow
from lti_tool.errors import NotFoundError
from lti_tool.files import Files

KINDS = click.Choice([kind.value for kind in SchemeKind])
DAY = click.DateTime(["%Y-%m-%d"])


def seeking(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options of a search, as its ``sought``."""

    @functools.wraps(command)
    def seek(*given: Any, text: str, scheme: str, **named: Any) -> Any:
        days = [named.pop(name) for name in ("since", "until")]
        since, until = (moment.date() if moment else None for moment in days)
        state, kind = (str(named.pop(name) or "") for name in ("state", "kind"))
        sought = Sought(text, scheme, kind, state, since, until)
        return command(*given, sought=sought, **named)

    for option in (
        click.option("--until", type=DAY, help="Last day of issue."),
        click.option("--since", type=DAY, help="First day of issue."),
        click.option("--kind", type=KINDS),
        click.option("--state", type=click.Choice(queries.STATES)),
        click.option("--scheme", default="", help="Id of a scheme."),
        click.argument("text", default=""),
    ):
        seek = option(seek)
    return seek


@click.command("list")
@seeking
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True)
@pass_tool
def list_certificates(tool: Tool, limit: int, sought: Sought) -> None:
    """List certificates, the newest first; TEXT is a number, a code or the beginning of names."""
    today = _today(tool)
    with tool.database.read() as session:
        found = queries.find(session, sought, today=today, size=limit)
    for each in found.entries:
        name = each.name or "holder's data erased"
        line = f"{each.number} {each.state}: {each.title}, {name}, issued {each.issued_on}"
        click.echo(f"{line}{f'; fault: {each.fault}' if each.fault else ''}")
    if not found.entries:
        click.echo("no certificate")
    elif found.after is not None:
        click.echo(f"more than {limit}: raise --limit, or narrow the search")


@click.command("show")
@click.argument("certificate")
@pass_tool
def show(tool: Tool, certificate: str) -> None:
    """Show one certificate and its history."""
    with tool.database.read() as session:
        row = need_certificate(session, certificate)
        history = histories.history(session, {str(row.id), str(row.case_id)})
    facts = row.facts
    told = {
        "number": row.number,
        "code": spaced(row.code),
        "id": row.id,
        "state": queries.state_on(row.state, row.valid_until, _today(tool)),
        "holder": facts.get("holder_name") or "data erased",
        "title": row.title,
        "kind": row.kind,
        "scheme": f"{row.scheme_id} {facts.get('scheme_version', '')}",
        "issued on": row.issued_on,
        "valid until": row.valid_until or "no end",
        "corrects": facts.get("supersedes"),
        "renews": facts.get("renews"),
        "file": row.pdf_path,
        "SHA-256 of the file": row.pdf_sha256,
        "seal": row.seal_kid,
        "key of the badge": row.badge_kid,
        "suspended because": row.suspend_reason,
        "revoked because": f"{row.revoke_code}: {row.revoke_reason}" if row.revoke_code else "",
        "fault": row.fault,
    }
    for name, value in told.items():
        if value not in {None, ""}:
            click.echo(f"{name}: {value}")
    for each in history:
        click.echo(f"{shown(each.at)}: {each.words} {each.who}")


@click.command("file")
@click.argument("certificate")
@click.argument("name", type=click.Choice(list(MEDIA)))
@click.argument("to", type=click.Path(dir_okay=False, writable=True, allow_dash=True))
@pass_tool
def save_file(tool: Tool, certificate: str, name: str, to: str) -> None:
    """Write one of a certificate's files TO a place, byte for byte as its holder has it."""
    with tool.database.read() as session:
        row = need_certificate(session, certificate)
        try:
            content = content_of(row, name, Files(tool.settings.files_url))
        except NotFoundError as error:
            words = error.words or "it is not issued yet, or its holder's data is erased"
            raise click.ClickException(f"{row.number}: {words}") from error
    with click.open_file(to, "wb") as out:
        out.write(content)
    click.echo(f"{row.number}: {name} written to {to}", err=to == "-")


@click.command("health")
@pass_tool
def health(tool: Tool) -> None:
    """Tell whether keys, status lists and the worker do what certificates need."""
    now = utcnow()
    with tool.database.read() as session:
        found = watching.health_of(session, tool.settings.public_url, now=now)
    for each in found.uses:
        state = watching.key_state(each.record, now)
        signed = counted(each.certificates, "certificate")
        click.echo(f"{each.record.purpose} {each.record.kid}: {state}, signed {signed}")
    for purpose in found.lacking:
        click.echo(f"no {purpose} signs: `lti-tool keys make`, or nothing is issued")
    late = ", ".join(str(each.number) for each in found.late)
    click.echo(f"{counted(len(found.lists), 'status list')}, late: {late or 'none'}")
    click.echo(f"{found.waiting} approved and not numbered, {found.being_made} being made")
    for _id, number, fault in found.faults:
        click.echo(f"{number}: fault: {fault}")
    for _id, number, _fault in found.stopped:
        click.echo(f"{number}: its making was stopped; another officer ends it: `void`")
    for case_id, _name, fault in found.held:
        click.echo(f"case {case_id}: not numbered yet, fault: {fault}")
    if found.head is not None:
        click.echo(f"log of acts: head published for {found.head.day.isoformat()}")


@click.command("export")
@click.argument("file", type=click.Path(dir_okay=False, writable=True))
@seeking
@pass_tool
def export(tool: Tool, file: str, sought: Sought) -> None:
    """Write what is found as CSV, or as a workbook where FILE ends in .xlsx; the log keeps it."""
    today, database = _today(tool), tool.database
    with database.begin() as session:
        number = exporting.count(session, sought, today=today)
        is_book = file.endswith(".xlsx")
        if is_book and number > exporting.MOST_XLSX:
            raise click.ClickException(
                f"{number} certificates are more than a workbook takes ({exporting.MOST_XLSX}); "
                "narrow the search, or give a FILE that ends in .csv"
            )
        detail = {"shape": "xlsx" if is_book else "csv", "rows": number}
        audit.note(
            session, "register.exported", who=WHO, about="register", detail=detail, now=utcnow()
        )
    zone = ZoneInfo(tool.settings.register_time_zone)
    rows = exporting.rows_of(database.read, sought, today=today, zone=zone)
    with click.open_file(file, "wb") as out:
        if is_book:
            out.write(exporting.xlsx_of(rows))
        else:
            out.writelines(piece.encode() for piece in exporting.csv_of(rows))
    click.echo(f"{counted(number, 'certificate')} written to {file}")


def need_certificate(session: Session, given: str) -> Certificate:
    """Give the certificate of a number, a code or an id, or end the command."""
    row = find_certificate(session, given)
    if row is None:
        raise click.ClickException(f"no certificate {given!r}; see `lti-tool certificate list`")
    return row


def _today(tool: Tool) -> date:
    return utcnow().astimezone(ZoneInfo(tool.settings.register_time_zone)).date()


commands = (list_certificates, show, save_file, export, health)
