"""Candidates with work evidence and their assessors, for tests through HTTP."""

from __future__ import annotations

import io
import re
from uuid import UUID

from flask import Flask
from sqlalchemy import select
from werkzeug.datastructures import FileStorage
from werkzeug.test import TestResponse, encode_multipart

from lti_tool.certification.models import Case, EvidenceFile
from lti_tool.db import Database, utcnow
from lti_tool.grants import Grant
from lti_tool.lti.models import Person
from lti_tool.visit import Role
from tests.cast import NOON
from tests.lti_tool.certification.deskside import DESK, Window, window, words
from tests.lti_tool.certification.office import ISSUER, Office

EVIDENCE = "/certificates/evidence"
MINE = f"{EVIDENCE}/capitals-evidence"
"""A scheme with the elements M1 and M2, which two assessors judge and one officer approves."""
ASSESSMENT = f"{DESK}/assessment"


def learner(app: Flask, office: Office, name: str = "Alice") -> Window:
    """Launch as a learner just now."""
    return Window(app.test_client(), office.stage.visit(name, now=utcnow()))


def assessors(app: Flask, office: Office, *names: str) -> list[Window]:
    """Hire assessors and launch as each."""
    for name in names:
        office.hire(name, role=Role.ASSESSOR)
    return [window(app, office, name, Role.ASSESSOR) for name in names]


def also(office: Office, name: str, role: Role) -> None:
    """Give somebody who is hired another role, too."""
    with office.database.begin() as session:
        person = session.get_one(Person, office.officers[name])
        session.add(
            Grant(
                role=role.value,
                issuer=ISSUER,
                subject=person.subject,
                scheme_id="",
                granted_by="command line",
                granted_at=NOON,
            )
        )


def uploads(
    at: Window, name: str, *elements: str, content: bytes = b"A report.", note: str = ""
) -> TestResponse:
    """Upload a file for elements."""
    at.get(MINE)
    file = FileStorage(io.BytesIO(content + name.encode()), name)
    form = {"csrf_token": at.token, "file": file, "element": list(elements), "note": note}
    boundary, body = encode_multipart(form)  # in memory: the client leaves large files open
    return at.client.post(
        f"/v/{at.visit.id}{MINE}/files",
        data=body,
        content_type=f"multipart/form-data; boundary={boundary}",
        follow_redirects=True,
    )


def hands_in(at: Window) -> str:
    """Hand in what was uploaded; give the words of the page."""
    at.get(MINE)
    return words(at.does(f"{MINE}/hand-in").text)


def proves(at: Window) -> None:
    """Give a window the proof of its forms, also where the page shows none to send."""
    vault = at.client.application.extensions["lti_tool.vault"]
    at.token = vault.sign(f"csrf:{at.visit.id}")


def judges(at: Window, case_id: UUID, **ratings: str) -> TestResponse:
    """Rate elements, such as ``M1="met"`` or ``M2="partly: no source"``."""
    path = f"{ASSESSMENT}/{case_id}"
    at.reads(path)
    form: dict[str, str | list[str]] = {}
    for code, told in ratings.items():
        rating, _colon, comment = told.partition(": ")
        form |= {f"rating.{code}": rating, f"comment.{code}": comment}
    proves(at)
    return at.does(path, **form)


def the_case(database: Database) -> Case:
    """Give the only case."""
    with database.read() as session:
        return session.scalars(select(Case)).one()


def evidence_files(database: Database) -> list[EvidenceFile]:
    """Give all files, by name."""
    with database.read() as session:
        return list(session.scalars(select(EvidenceFile).order_by(EvidenceFile.file_name)))


def handed_in(app: Flask, office: Office) -> tuple[Window, UUID]:
    """Let Alice hand in evidence for both elements; give her window and the case."""
    alice = learner(app, office)
    uploads(alice, "west.pdf", "M1")
    uploads(alice, "asia.pdf", "M2")
    hands_in(alice)
    return alice, the_case(office.database).id


def element(page: str, code: str) -> str:
    """Give the words of one element's card on a page of evidence."""
    cards = re.split(r'<div class="card">', page)
    return next(words(card) for card in cards if f">{code} " in card)
