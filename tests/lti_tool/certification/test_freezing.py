"""What a certificate declares of its proof: true of what was proven, wherever that was."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select

from courses.schemes import Recognition, Route, SchemeKind
from lti_tool.certification.freezing import recognition_of
from lti_tool.certification.register import number_case
from lti_tool.certification.register_models import Achievement
from lti_tool.db import Database
from tests.cast import NOON, set_stage
from tests.lti_tool.certification.learning import SCHEMES
from tests.lti_tool.certification.office import ONE, all_schemes, approved, registrar

DECLARED = Recognition(
    level="not applicable",
    assessment="Online exam, marked by machine",
    participation="Online",
    quality="Internal review",
    supervision="Unsupervised online, identity not verified",
)
ON_PAPER = {"assessment": "Paper exam", "supervision": "Supervised on site, identity verified"}


@pytest.mark.parametrize("route", [Route.ENTRY, Route.TAKEN_OVER])
def test_a_proof_made_elsewhere_is_told_as_the_officer_entered_it(route: Route) -> None:
    exam = SCHEMES.get("capitals-exam")
    assert exam is not None
    declaring = replace(exam, recognition=DECLARED)

    told = recognition_of(declaring, route.value, ON_PAPER)
    untold = recognition_of(declaring, route.value, {})

    assert (told.assessment, told.supervision) == (
        "Paper exam",
        "Supervised on site, identity verified",
    )
    assert (told.participation, told.quality, told.level) == ("", "", "not applicable")
    assert untold == Recognition(level="not applicable")


def test_a_proof_made_in_the_tool_is_told_as_the_scheme_declares_it() -> None:
    exam = SCHEMES.get("capitals-exam")
    assert exam is not None

    found = recognition_of(replace(exam, recognition=DECLARED), Route.EXAM.value, ON_PAPER)

    assert found == DECLARED


def test_what_is_checked_by_a_list_is_always_as_the_scheme_declares_it() -> None:
    trainer = SCHEMES.get("capitals-trainer")
    assert trainer is not None
    assert trainer.kind is SchemeKind.TRAINER

    found = recognition_of(replace(trainer, recognition=DECLARED), Route.ENTRY.value, {})

    assert found == DECLARED


def test_what_is_kept_of_a_scheme_for_all_its_holders_is_what_its_file_says(
    database: Database,
) -> None:
    set_stage(database)
    scheme = all_schemes().get(ONE)
    assert scheme is not None
    own = {"assessment": "Oral exam of Žofie", "participation": "At her bedside", "quality": "None"}

    with database.begin() as session:
        case = approved(session, ONE, route="entry", particulars=own)
        facts = number_case(session, case, registrar(), now=NOON).facts
        kept = session.scalars(select(Achievement.document)).one()["criteria"]["narrative"]

    assert (facts["assessment"], facts["supervision"]) == ("Oral exam of Žofie", "")
    assert [text for text in own.values() if f": {text}" in kept] == []
    assert f"Assessment: {scheme.recognition.assessment}" in kept
    assert f"Supervision and identity: {scheme.recognition.supervision}" in kept
