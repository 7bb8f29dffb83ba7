"""Commands for a candidate whom an officer enters, writes to, or takes back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import click
from sqlalchemy.orm import Session

from courses.schemes import CertificateScheme, Route, SchemeKind
from lti_tool import mail
from lti_tool.app import catalogue_of, schemes_of
from lti_tool.certification import entering, inviting, mandates
from lti_tool.certification.deciding import decide_case
from lti_tool.certification.entering import ENTRY_ROUTES, TOLD, EnteredAlreadyError, Entry
from lti_tool.certification.humans import Hand
from lti_tool.certification.letters import Post
from lti_tool.certification.models import Case
from lti_tool.certification.namesakes import list_namesakes
from lti_tool.cli_cases import need_case
from lti_tool.cli_frame import Tool, pass_tool, shown
from lti_tool.cli_officer import Officer, as_officer, hand_at
from lti_tool.db import utcnow

SCHEME = click.argument("scheme_id", metavar="SCHEME")
WAY = click.option(
    "--way",
    type=click.Choice([each.value for each in ENTRY_ROUTES]),
    help="New candidates, or earlier records; as the scheme takes them unless given.",
)
NAME_SEEN = click.option(
    "--name-seen", is_flag=True, help="You saw the name on a document; nobody has to confirm it."
)
NO_MAIL = "no way out is set for mail: give LTI_TOOL_MAIL_URL and LTI_TOOL_MAIL_FROM"


def chosen(tool: Tool, scheme_id: str, way: str | None) -> tuple[CertificateScheme, Route]:
    """Give a scheme that takes candidates, and by which way; or end the command."""
    schemes = schemes_of(tool.settings.content_dirs)
    scheme = schemes.get(scheme_id)
    taken = [each for each in ENTRY_ROUTES if scheme and each in scheme.routes]
    route = next((each for each in taken if way in {None, each.value}), None)
    if scheme is None or route is None:
        known = ", ".join(
            f"{each.id} ({', '.join(one.value for one in ENTRY_ROUTES if one in each.routes)})"
            for each in entering.entry_schemes(schemes)
        )
        by_way = f" by way of {way}" if way else ""
        raise click.ClickException(
            f"no candidates are entered for {scheme_id!r}{by_way}; schemes that take them: {known}"
        )
    return scheme, route


def post_of(tool: Tool) -> Post:
    """Give what letters to holders are made with."""
    return Post.of(tool.settings, tool.vault)


@click.command("enter-one")
@SCHEME
@click.argument("name")
@click.option("--day", required=True, help="Of the exam, the course's end, the earlier record.")
@click.option("--result", "results", multiple=True, metavar="ELEMENT=RESULT",
              help="Such as M1=2.5/3 or M2=passed.")  # fmt: skip
@click.option("--told", multiple=True, metavar="WHAT=WORDS", help=f"WHAT: {', '.join(TOLD)}.")
@click.option("--check", "checks", multiple=True, type=click.IntRange(1),
              help="Number of a point of the scheme's list of which you saw proof.")  # fmt: skip
@click.option("--email", default="", help="A letter there asks to confirm address and name.")
@click.option("--holder", type=click.UUID, help="Who it is, where they are known already.")
@click.option("--new-holder", is_flag=True, help="Somebody new, whoever else has that name.")
@click.option("--not", "others", multiple=True, type=click.UUID, metavar="HOLDER",
              help="Who has that name and is somebody else, also where they were entered for that "
              "day; may be given several times.")  # fmt: skip
@WAY
@NAME_SEEN
@as_officer
@pass_tool
def enter_one(
    tool: Tool,
    /,
    scheme_id: str,
    name: str,
    *,
    way: str | None,
    new_holder: bool,
    officer: Officer,
    **given: Any,
) -> None:
    """Enter one candidate; they are looked at at once."""
    scheme, route = chosen(tool, scheme_id, way)
    entry = read_entry(tool, scheme, route, name, given)
    schemes, post = schemes_of(tool.settings.content_dirs), post_of(tool)
    with tool.database.begin() as session:
        hand = hand_at(session, officer)
        mandates.need_mandate(session, hand, scheme.id)
        if entry.holder_id is None and not new_holder:
            _need_nobody_alike(session, entry, hand)
        try:
            case = entering.enter(session, entry, hand, schemes=schemes, post=post, now=utcnow())
        except EnteredAlreadyError as error:
            raise click.ClickException(f"{error.words}{_way_on(entry, error)}") from error
        _decide(session, tool, case)
        is_written_to = bool(mail.list_mail(session, about=[case.id]))
    click.echo(f"case {case.id}: {case.state}; another officer approves what you entered")
    if is_written_to:
        click.echo("a letter to the holder is on its way")
    elif case.name_confirmed_at is None:
        click.echo(f"nobody confirmed the name yet: `lti-tool certificate name {case.id} NAME`")


def read_entry(
    tool: Tool, scheme: CertificateScheme, route: Route, name: str, given: Mapping[str, Any]
) -> Entry:
    """Read the options by which one candidate is entered, or end the command."""
    if given["email"] and not post_of(tool).is_on:
        raise click.ClickException(NO_MAIL)
    results = {
        code: entering.read_result(text) for code, text in _pairs(given["results"], "--result")
    }
    told = dict(_pairs(given["told"], "--told"))
    if not set(told) <= set(TOLD):
        raise click.BadParameter(f"--told takes {', '.join(TOLD)}")
    beyond = [each for each in given["checks"] if each > len(scheme.checklist)]
    if beyond:
        listed = (f"{place}: {each}" for place, each in enumerate(scheme.checklist, 1))
        raise click.BadParameter(
            f"--check {beyond[0]} is not on the list; there is {'; '.join(listed) or 'none'}"
        )
    return Entry(
        scheme_id=scheme.id,
        route=route,
        name=name,
        day=entering.read_day(given["day"], utcnow()),
        is_organisation=scheme.kind is SchemeKind.TRAINING_BODY,
        name_seen=given["name_seen"],
        results={code: result for code, result in results.items() if result is not None},
        checklist=tuple(
            each for place, each in enumerate(scheme.checklist, 1) if place in given["checks"]
        ),
        told=told,
        address=inviting.read_address(given["email"]),
        holder_id=given["holder"],
        others=frozenset(given.get("others", ())),
    )


def _pairs(given: Iterable[str], option: str) -> Iterable[tuple[str, str]]:
    for each in given:
        name, sign, text = each.partition("=")
        if not sign:
            raise click.BadParameter(f"{option} {each!r}: write NAME=VALUE")
        yield name.strip(), text


def _way_on(entry: Entry, error: EnteredAlreadyError) -> str:
    """Say what to add for a namesake; a command that is repeated by mistake lacks it."""
    if entry.holder_id is not None:
        return ""
    named = " ".join(f"--not {each}" for each in sorted(error.holder_ids))
    return f" If this is another person of the same name, add {named}"


def _need_nobody_alike(session: Session, entry: Entry, hand: Hand) -> None:
    within = mandates.schemes_of(session, hand.person_id) if hand.person_id else frozenset()
    namesakes = list_namesakes(session, entry.name, within=within)
    alike = [each for each in namesakes if each.id not in entry.others]
    if alike:
        known = "\n".join(
            "; ".join(
                [
                    f"{each.id} {each.name}, since {shown(each.since)}",
                    *each.platforms,
                    *each.numbers,
                    *each.scheme_ids,
                ]
            )
            for each in alike
        )
        raise click.ClickException(
            "somebody of that name is known: give --holder ID if it is one of these, else "
            f"--new-holder\n{known}"
        )


def _decide(session: Session, tool: Tool, case: Case) -> None:
    own, folders = tool.settings, tool.settings.content_dirs
    case.look_due_at = None
    zone = ZoneInfo(own.register_time_zone)
    decide_case(session, case, schemes_of(folders), catalogue_of(folders), now=utcnow(), zone=zone)


# Afterwards


@click.command("invite")
@click.argument("case_id", metavar="CASE", type=click.UUID)
@click.option("--email", default="", help="Of the holder; not needed where they confirmed one.")
@as_officer
@pass_tool
def invite(tool: Tool, case_id: UUID, email: str, officer: Officer) -> None:
    """Ask a holder by mail to confirm their address and the name that will be printed."""
    schemes, post = schemes_of(tool.settings.content_dirs), post_of(tool)
    if not post.is_on:
        raise click.ClickException(NO_MAIL)
    with tool.database.begin() as session:
        hand = hand_at(session, officer)
        need_case(session, case_id)
        inviting.invite_again(session, case_id, email, hand, post, schemes=schemes, now=utcnow())
    click.echo(f"{case_id}: a letter to the holder is on its way")


@click.command("take-back")
@click.argument("case_id", metavar="CASE", type=click.UUID)
@as_officer
@pass_tool
def take_back(tool: Tool, case_id: UUID, officer: Officer) -> None:
    """Take back a candidate who was entered by mistake, as long as nobody approved."""
    with tool.database.begin() as session:
        hand = hand_at(session, officer)
        need_case(session, case_id)
        entering.withdraw(session, case_id, hand, now=utcnow())
    click.echo(f"{case_id}: taken back; nothing is issued from it")


commands = (enter_one, invite, take_back)
