"""Commands for work evidence: what waits, one case element by element, its files, judging it."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID
from zoneinfo import ZoneInfo

import click
from sqlalchemy.orm import Session

from courses.schemes import CertificateScheme, Route
from lti_tool.app import catalogue_of, schemes_of
from lti_tool.certification import assessing, evidence_dossiers, evidencing, mandates
from lti_tool.certification.assessing import Judgement
from lti_tool.certification.evidence_dossiers import Desk, ElementDossier
from lti_tool.certification.humans import Hand
from lti_tool.certification.models import Assessment, Case, CaseState
from lti_tool.certification.proofs import Rating
from lti_tool.cli_frame import Tool, counted, pass_tool, shown
from lti_tool.cli_officer import Officer, as_assessor, hand_at
from lti_tool.db import utcnow
from lti_tool.files import Files
from lti_tool.visit import Role

CASE = click.argument("case_id", metavar="CASE", type=click.UUID)
RATINGS = click.Choice([each.value for each in Rating])


def _sees(session: Session, hand: Hand, role: Role) -> frozenset[str] | None:
    """Give the schemes for which somebody holds a role; None: all."""
    if hand.person_id is None:
        return frozenset()
    return mandates.schemes_of(session, hand.person_id, role)


def _looks(session: Session, hand: Hand, scheme_id: str) -> bool:
    return mandates.may_act(session, hand.person_id, scheme_id, Role.OFFICER)


def _need_evidence(
    session: Session, tool: Tool, case_id: UUID, hand: Hand
) -> tuple[Case, CertificateScheme]:
    """Give a case of work evidence that was handed in and that somebody sees, or end the command.

    Who does not see its scheme learns no more than of a case that does not exist.
    """
    case = session.get(Case, case_id)
    scheme = schemes_of(tool.settings.content_dirs).get(case.scheme_id) if case else None
    is_theirs = scheme is not None and (
        _looks(session, hand, scheme.id)
        or mandates.may_act(session, hand.person_id, scheme.id, Role.ASSESSOR)
    )
    is_there = case is not None and case.route == Route.ASSESSMENT.value
    if case is None or scheme is None or not is_theirs or not is_there:
        raise click.ClickException(
            f"no work evidence {case_id} for this assessor; see `lti-tool certificate evidence`"
        )
    if not evidencing.was_handed_in(case):
        raise click.ClickException("this evidence is not handed in yet; nobody sees it before")
    return case, scheme


def _desk(session: Session, case: Case, scheme: CertificateScheme, hand: Hand) -> Desk:
    looks = _looks(session, hand, scheme.id)
    return evidence_dossiers.desk_of(session, case, scheme, hand, looks=looks)


# What waits


@click.command("evidence")
@click.argument("case_id", metavar="[CASE]", type=click.UUID, required=False)
@as_assessor
@pass_tool
def evidence(tool: Tool, case_id: UUID | None, assessor: Officer) -> None:
    """List the work evidence that waits for assessors, or show one CASE element by element.

    It shows what the assessor may see: nothing of another's ratings before their own are complete.
    """
    with tool.database.read() as session:
        hand = hand_at(session, assessor)
        if case_id is None:
            lines = list(_waiting(session, tool, hand)) or ["no work evidence waits"]
        else:
            desk = _desk(session, *_need_evidence(session, tool, case_id, hand), hand)
            lines = [*_head(desk), *_elements(desk)]
    for line in lines:
        click.echo(line)


def _waiting(session: Session, tool: Tool, hand: Hand) -> Iterator[str]:
    held = [_sees(session, hand, role) for role in (Role.ASSESSOR, Role.OFFICER)]
    seen = [each for each in held if each is not None]
    within = frozenset().union(*seen) if len(seen) == len(held) else None
    schemes = schemes_of(tool.settings.content_dirs)
    for each in evidence_dossiers.waiting_for(session, hand, schemes, within):
        why = "your part is done" if each.is_own_part_done else each.place.why_not
        name = each.case.name or "name not known"
        yield (
            f"{each.case.id} {each.scheme.id}, {name}, handed in {shown(each.since)}: "
            f"{why or 'waits for you'}"
        )


def _head(desk: Desk) -> Iterator[str]:
    case = desk.case
    since = evidencing.handed_in_at(case)
    yield f"{case.scheme_id}, {case.name or 'name not known'}: {case.state}"
    if not desk.is_waiting:
        yield "it waits for no assessor now"
        return
    yield f"handed in {shown(since)}"
    if desk.place.number is None:
        yield desk.place.why_not
    elif desk.apart:
        yield f"the assessors do not agree about {', '.join(desk.apart)}"
    elif desk.is_own_part_done:
        yield "your part is done; until the other assessor is done, you may still change it"
    else:
        yield f"judge it: `lti-tool certificate assess {case.id} ELEMENT... --rating RATING`"


def _elements(desk: Desk) -> Iterator[str]:
    if desk.place.is_candidate:
        return
    for unit in desk.units:
        yield f"{unit.unit.code} {unit.unit.title}"
        for each in unit.elements:
            yield f"  {each.element.code} {each.element.title}{': to be judged' * each.is_due}"
            yield from (f"    {line}" for line in _element(each))


def _element(each: ElementDossier) -> Iterator[str]:
    for criterion in each.element.criteria:
        yield f"{criterion.id} {criterion.text}"
    for file in each.files:
        note = f": {file.note}" if file.note else ""
        yield f"file {file.id} {file.file_name}, {counted(file.size_bytes, 'byte')}{note}"
    if not each.files:
        yield "no file"
    if each.own is not None:
        yield _judged("you", each.own)
    yield from (_judged(f"assessor {one.position}", one) for one in each.judged)


def _judged(who: str, judgement: Assessment) -> str:
    comment = f": {judgement.comment}" if judgement.comment else ""
    return f"{who}, {shown(judgement.assessed_at)}: {judgement.rating}{comment}"


@click.command("evidence-file")
@CASE
@click.argument("file_id", metavar="FILE", type=click.UUID)
@click.argument("to", type=click.Path(dir_okay=False, writable=True, allow_dash=True))
@as_assessor
@pass_tool
def evidence_file(tool: Tool, case_id: UUID, file_id: UUID, to: str, assessor: Officer) -> None:
    """Write a file of a case TO a place: open it as you would a stranger's attachment."""
    with tool.database.read() as session:
        hand = hand_at(session, assessor)
        case, _scheme = _need_evidence(session, tool, case_id, hand)
        listed = evidencing.list_files(session, case.id)
    found = next((each for each in listed if each.id == file_id), None)
    if found is None:
        raise click.ClickException(
            f"no file {file_id} in this case; see `lti-tool certificate evidence {case_id}`"
        )
    try:
        content = Files(tool.settings.files_url).read(found.path)
    except FileNotFoundError as error:
        raise click.ClickException(
            f"{found.path} is missing below LTI_TOOL_FILES_URL, which should not be"
        ) from error
    with click.open_file(to, "wb") as out:
        out.write(content)
    click.echo(f"{found.file_name} written to {to}", err=to == "-")


# Judging it


@click.command("assess")
@CASE
@click.argument("elements", metavar="ELEMENT...", nargs=-1, required=True)
@click.option("--rating", type=RATINGS, required=True)
@click.option("--comment", default="", help="What is missing; needed unless it is met.")
@as_assessor
@pass_tool
def assess(
    tool: Tool,
    case_id: UUID,
    elements: tuple[str, ...],
    *,
    rating: str,
    comment: str,
    assessor: Officer,
) -> None:
    """Rate elements of a case; it is decided once all its assessors rated all elements."""
    own, folders = tool.settings, tool.settings.content_dirs
    judgement = Judgement(Rating(rating), comment)
    with tool.database.begin() as session:
        hand = hand_at(session, assessor)
        _found, scheme = _need_evidence(session, tool, case_id, hand)
        _need_elements(scheme, elements)
        case = assessing.assess(
            session,
            case_id,
            dict.fromkeys(elements, judgement),
            hand,
            schemes=schemes_of(folders),
            catalogue=catalogue_of(folders),
            now=utcnow(),
            zone=ZoneInfo(own.register_time_zone),
        )
        desk = _desk(session, case, scheme, hand)
    click.echo(f"{', '.join(elements)}: {rating}")
    click.echo(_after(desk))


def _need_elements(scheme: CertificateScheme, elements: tuple[str, ...]) -> None:
    codes = [each.code for each in scheme.card.elements] if scheme.card else []
    unknown = [each for each in elements if each not in codes]
    if unknown:
        raise click.ClickException(
            f"the skill card has no element {unknown[0]}; it has {', '.join(codes)}"
        )


def _after(desk: Desk) -> str:
    if desk.case.state != CaseState.COLLECTING:
        return f"all elements are met: the case is {desk.case.state}; an officer approves it"
    if not desk.is_waiting:
        return "all is judged: the candidate reads the comments and may add to it"
    if desk.apart:
        return f"the two assessors do not agree about {', '.join(desk.apart)}"
    if desk.is_own_part_done:
        return "your part is done; another assessor judges it, too"
    due = [each.element.code for unit in desk.units for each in unit.elements if each.is_due]
    return f"left for you: {', '.join(due)}"


commands = (evidence, evidence_file, assess)
