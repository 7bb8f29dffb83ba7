"""The command by which an officer enters what was proven this time, for a renewal."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import click

from courses.schemes import CertificateScheme, Route
from lti_tool.app import catalogue_of, schemes_of
from lti_tool.certification import mandates, renewing
from lti_tool.certification.entering import ENTRY_ROUTES, TOLD
from lti_tool.certification.models import Case
from lti_tool.cli_candidates import read_entry
from lti_tool.cli_cases import need_case
from lti_tool.cli_frame import Tool, pass_tool
from lti_tool.cli_officer import Officer, as_officer, hand_at
from lti_tool.db import utcnow


@click.command("enter-proof")
@click.argument("case_id", metavar="CASE", type=click.UUID)
@click.option("--day", required=True, help="Of the new exam or proof, or of the newer record.")
@click.option("--result", "results", multiple=True, metavar="ELEMENT=RESULT",
              help="Such as M1=2.5/3 or M2=passed.")  # fmt: skip
@click.option("--told", multiple=True, metavar="WHAT=WORDS",
              help=f"WHAT: {', '.join(TOLD)}. Bodies, trainer and how it came about stay as they "
              "were unless told; WHAT= empties one.")  # fmt: skip
@click.option("--check", "checks", multiple=True, type=click.IntRange(1),
              help="Number of a point of the scheme's list that was proven anew.")  # fmt: skip
@click.option("--way", type=click.Choice([each.value for each in ENTRY_ROUTES]),
              help="New proof, or a newer record; as the last time unless given.")  # fmt: skip
@as_officer
@pass_tool
def enter_proof(
    tool: Tool, /, case_id: UUID, *, way: str | None, officer: Officer, **given: Any
) -> None:
    """Enter what was proven this time, for the renewal of what an officer entered."""
    folders, zone = tool.settings.content_dirs, ZoneInfo(tool.settings.register_time_zone)
    schemes = schemes_of(folders)
    with tool.database.begin() as session:
        case, hand = need_case(session, case_id), hand_at(session, officer)
        mandates.need_mandate(session, hand, case.scheme_id)
        scheme = schemes.get(case.scheme_id)
        if scheme is None:
            raise click.ClickException(f"the scheme {case.scheme_id!r} is no longer offered")
        entry = read_entry(tool, scheme, _way(case, scheme, way), case.name, {**UNASKED, **given})
        entry = replace(entry, told={**renewing.told_before(session, case), **entry.told})
        case = renewing.enter_proof(
            session, case_id, entry, hand,
            schemes=schemes, catalogue=catalogue_of(folders), zone=zone, now=utcnow(),
        )  # fmt: skip
    click.echo(f"case {case.id}: {case.state}; another officer approves what you entered")
    if case.name_confirmed_at is None:
        click.echo(f"nobody confirmed the name yet: `lti-tool certificate name {case.id} NAME`")


UNASKED = {"email": "", "name_seen": False, "holder": None, "others": ()}
"""What only a new candidate is asked for."""


def _way(case: Case, scheme: CertificateScheme, way: str | None) -> Route:
    if way is not None:
        return Route(way)
    ways = renewing.ways_of(case, scheme)
    return Route(case.route) if not ways or case.route in ways else ways[0]


commands = (enter_proof,)
