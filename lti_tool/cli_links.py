"""Commands for what a holder does with certificates: links that show them, and giving one up.

The address of a link is its holder's alone: no command tells it.
"""

from __future__ import annotations

import contextlib
from uuid import UUID

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_tool.certification import ending, holdings, share_links
from lti_tool.certification.humans import staying
from lti_tool.certification.mandates import need_mandate
from lti_tool.certification.models import Holder
from lti_tool.certification.register import find_certificate
from lti_tool.certification.register_models import Certificate, SharedCertificate, ShareLink
from lti_tool.certification.share_links import OwnLink
from lti_tool.cli_frame import Tool, pass_tool, shown
from lti_tool.cli_officer import Officer, as_holder, as_officer, hand_at, need_officer
from lti_tool.cli_register import need_certificate
from lti_tool.db import utcnow
from lti_tool.errors import NotFoundError
from lti_tool.iri import Names


@click.command("links")
@click.argument("whose", metavar="HOLDER|CERTIFICATE")
@pass_tool
def links(tool: Tool, whose: str) -> None:
    """List the links that work: all of a holder's, or those that show a certificate."""
    with tool.database.read() as session:
        holder_id, number = _whose(session, whose)
        found = share_links.list_links(session, holder_id, tool.vault, now=utcnow())
    shows = [each for each in found if not number or number in dict(each.certificates)]
    for each in shows:
        click.echo(_line(each))
    if not shows:
        click.echo("no link works")


def _whose(session: Session, given: str) -> tuple[UUID, str]:
    """Give a holder and, where a certificate was named, its number; or end the command."""
    certificate = find_certificate(session, given)
    if certificate is not None:
        return staying(session, certificate.holder_id), certificate.number
    with contextlib.suppress(ValueError):
        if session.get(Holder, UUID(given)) is not None:
            return staying(session, UUID(given)), ""
    raise click.ClickException(
        f"neither a certificate nor a holder: {given!r}; see `lti-tool certificate list` and "
        "`lti-tool holder list`"
    )


def _line(each: OwnLink) -> str:
    numbers = ", ".join(number for number, _title in each.certificates)
    until = f"until {shown(each.expires_at)}" if each.expires_at else "until it is ended"
    title = f" {each.title!r}" if each.title else ""
    scores = ", with scores" if each.shows_scores else ""
    return f"{each.id}{title}: {numbers}{scores}, made {shown(each.created_at)}, {until}"


@click.command("end-link")
@click.argument("link_id", metavar="LINK", type=click.UUID)
@as_officer
@pass_tool
def end_link(tool: Tool, link_id: UUID, officer: Officer) -> None:
    """End a link, as its holder asks for: whoever opens it then learns nothing."""
    now = utcnow()
    with tool.database.begin() as session:
        link = session.get(ShareLink, link_id, with_for_update=True)
        if link is None:
            raise click.ClickException(f"no link {link_id}; see `lti-tool certificate links`")
        hand = hand_at(session, officer)
        need_officer(session, hand)
        schemes = (
            select(Certificate.scheme_id)
            .join(SharedCertificate, SharedCertificate.certificate_id == Certificate.id)
            .where(SharedCertificate.share_link_id == link_id)
        )
        for scheme_id in sorted(set(session.scalars(schemes))):
            need_mandate(session, hand, scheme_id)
        was_ended_at = link.ended_at
        share_links.end(session, link.holder_id, link_id, who=hand.who, now=now)
    click.echo(f"{link_id}: ended {shown(was_ended_at or now)}")


@click.command("give-up")
@click.argument("certificate")
@click.option("--yes", is_flag=True, help="Do not ask whether it is meant.")
@as_holder
@pass_tool
def give_up(tool: Tool, certificate: str, *, yes: bool, holder: Officer) -> None:
    """Give up a certificate for ever, under its holder's own name.

    An officer ends one in another way: `suspend`, and `revoke` by a second officer.
    """
    with tool.database.read() as session:
        row, hand = need_certificate(session, certificate), hand_at(session, holder)
        own = holdings.find_holder(session, hand.person_id) if hand.person_id else None
        if own is None:
            raise click.ClickException("this person holds no certificate")
        try:
            row = holdings.find_row(session, own, row.id)
        except NotFoundError as error:
            raise click.ClickException(
                f"this person holds no such certificate: {row.number}"
            ) from error
    if not yes:
        click.confirm(f"give up {row.number}, {row.title}, for ever?", abort=True)
    names = Names(tool.settings.names_base)
    with tool.database.begin() as session:
        hand = hand_at(session, holder)
        ending.withdraw_by_holder(session, row.id, row.holder_id, hand, names=names, now=utcnow())
    click.echo(f"{row.number}: given up by its holder, for ever")


commands = (links, end_link, give_up)
