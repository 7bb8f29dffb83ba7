"""Commands for those who hold certificates: finding them, and saying who is one human."""

from __future__ import annotations

from uuid import UUID

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_tool.certification import contact, linking
from lti_tool.certification.evidence import circle, list_persons
from lti_tool.certification.histories import names_of
from lti_tool.certification.humans import staying
from lti_tool.certification.models import Holder
from lti_tool.certification.searching import has_words, words_of
from lti_tool.cli_frame import Tool, pass_tool, shown
from lti_tool.cli_officer import Officer, as_officer, hand_at, need_officer
from lti_tool.db import utcnow
from lti_tool.lti.models import Person

REASON = click.option("--reason", required=True, help="How it is known; stands in the history.")
HOLDER = click.argument("holder_id", type=click.UUID)


@click.group("holder")
def holder_cli() -> None:
    """Holders of certificates: who they are, and which of them are one human.

    What an officer says about it is said under the officer's name: give --issuer and --subject of
    their person.
    """


@holder_cli.command("list")
@click.argument("name")
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True)
@pass_tool
def list_holders(tool: Tool, name: str, limit: int) -> None:
    """Find holders by the beginnings of their names."""
    words = words_of(name)
    if not words:
        raise click.BadParameter("give at least one word of a name")
    with tool.database.read() as session:
        query = select(Holder).where(
            has_words(session, Holder.name_search, words), Holder.erased_at.is_(None)
        )
        found = session.scalars(query.order_by(Holder.created_at.desc()).limit(limit)).all()
        lines = [_line(session, each) for each in found]
    for line in lines or ["no holder"]:
        click.echo(line)


def _line(session: Session, holder: Holder) -> str:
    persons = len(list_persons(session, [holder.id]))
    one = "" if holder.merged_into_id is None else f", one human with {staying(session, holder.id)}"
    accounts = "1 account" if persons == 1 else f"{persons} accounts"
    since = shown(holder.created_at)
    return f"{holder.id} {holder.name}: {holder.kind}, {accounts}, since {since}{one}"


@holder_cli.command("show")
@HOLDER
@pass_tool
def show(tool: Tool, holder_id: UUID) -> None:
    """Show one human: records, accounts, and what officers said about who it is."""
    with tool.database.read() as session:
        human = circle(session, holder_id)
        holders = session.scalars(select(Holder).where(Holder.id.in_(human))).all()
        if not holders:
            raise click.ClickException(f"no holder {holder_id}")
        lines = [_line(session, each) for each in holders]
        persons = select(Person).where(Person.id.in_(list_persons(session, human)))
        lines += [f"account {each.id} {each.name}" for each in session.scalars(persons)]
        changes = linking.changes_of(session, holder_id)
        who = names_of(session, {each.changed_by for each in changes})
        for each in changes:
            other = f"account {each.person_id}" if each.person_id else str(each.other_id)
            about = f"{each.act} {other}, {who[each.changed_by]}"
            lines.append(f"{shown(each.changed_at)}: {about}: {each.reason}")
    for line in lines:
        click.echo(line)


@holder_cli.command("begin")
@click.argument("person_id", type=click.UUID)
@as_officer
@pass_tool
def begin(tool: Tool, person_id: UUID, officer: Officer) -> None:
    """Begin a record for a person of a platform who holds nothing yet."""
    with tool.database.begin() as session:
        hand = hand_at(session, officer)
        need_officer(session, hand)
        if session.get(Person, person_id) is None:
            raise click.ClickException(f"no account {person_id}")
        holder_id = linking.begin(session, person_id, hand, now=utcnow())
    click.echo(f"{person_id}: is {holder_id}")


@holder_cli.command("merge")
@HOLDER
@click.argument("other_id", type=click.UUID)
@REASON
@as_officer
@pass_tool
def merge(tool: Tool, holder_id: UUID, other_id: UUID, reason: str, officer: Officer) -> None:
    """Say that two holders are one human; the first one stays."""
    with tool.database.begin() as session:
        hand = hand_at(session, officer)
        kept = linking.merge(session, holder_id, other_id, reason, hand, now=utcnow())
    click.echo(f"{kept}: one human with {other_id}")


@holder_cli.command("split")
@HOLDER
@REASON
@as_officer
@pass_tool
def split(tool: Tool, holder_id: UUID, reason: str, officer: Officer) -> None:
    """Say that a holder that was merged is another human after all."""
    with tool.database.begin() as session:
        hand = hand_at(session, officer)
        kept, _other = linking.split(session, holder_id, reason, hand, now=utcnow())
    click.echo(f"{holder_id}: another human than {kept}")


@holder_cli.command("link")
@click.argument("person_id", type=click.UUID)
@HOLDER
@REASON
@as_officer
@pass_tool
def link(tool: Tool, person_id: UUID, holder_id: UUID, reason: str, officer: Officer) -> None:
    """Say that a person of a platform who has no record yet is a holder."""
    with tool.database.begin() as session:
        hand = hand_at(session, officer)
        kept = linking.link(session, person_id, holder_id, reason, hand, now=utcnow())
    click.echo(f"{person_id}: is {kept}")


@holder_cli.command("part")
@click.argument("person_id", type=click.UUID)
@REASON
@as_officer
@pass_tool
def part(tool: Tool, person_id: UUID, reason: str, officer: Officer) -> None:
    """Say that a person of a platform is another human than the holder."""
    with tool.database.begin() as session:
        hand = hand_at(session, officer)
        holder_id = linking.part(session, person_id, reason, hand, now=utcnow())
    click.echo(f"{person_id}: is {holder_id} now")


@holder_cli.command("remove-address")
@HOLDER
@as_officer
@pass_tool
def remove_address(tool: Tool, holder_id: UUID, officer: Officer) -> None:
    """Remove a holder's e-mail address, as they ask for; links that were sent to it end."""
    with tool.database.begin() as session:
        hand = hand_at(session, officer)
        need_officer(session, hand)
        known = session.get(Holder, staying(session, holder_id))
        if known is None:
            raise click.ClickException(f"no holder {holder_id}; see `lti-tool holder list`")
        had_one = bool(known.email)
        contact.remove(session, known.id, who=hand.who, now=utcnow())
    click.echo(f"{holder_id}: {'no mail goes there any more' if had_one else 'has no address'}")


commands = (holder_cli,)
