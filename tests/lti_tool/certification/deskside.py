"""An officer's window at the desk, and what lies there, for tests through HTTP."""

from __future__ import annotations

import html
import itertools
import re
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from flask import Flask
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from courses.scheme_reading import Schemes
from lti_tool.certification.models import Case, CaseState, HolderPerson
from lti_tool.lti.models import Launch
from lti_tool.vault import digest
from lti_tool.visit import Role, Visit
from tests.cast import NOON
from tests.conftest import CAPITALS
from tests.lti_tool.certification.office import UNITS, Office
from tests.lti_tool.certification.shelves import shelve_case, shelve_holder
from tests.lti_tool.player.window import Browser

DESK = "/desk/certification"
ONE, FOUR_EYES = "capitals-exam", "capitals-four-eyes"
"""Schemes of the small course: one officer approves, and a second one as well."""
SCHEMES = Schemes((CAPITALS,))
_numbers = itertools.count(1)


class Window(Browser):
    """Somebody's window, in which what is done leads on to the next page."""

    seen = ""
    """What the page that was opened last tells of its case, for the form of approval."""

    def get(self, path: str) -> TestResponse:
        """Open a page of the visit."""
        return self._kept(super().get(path))

    def does(self, path: str, **form: str | list[str]) -> TestResponse:
        """Send a form of the page that was opened last, and follow to what comes of it."""
        data = {"seen": self.seen, **form, "csrf_token": self.token}
        return self._kept(self.client.post(self._url(path), data=data, follow_redirects=True))

    def reads(self, path: str) -> str:
        """Open a page that must be there, and give its words."""
        return words(self.text(path))

    def _kept(self, answer: TestResponse) -> TestResponse:
        if answer.mimetype == "text/html":
            found = re.search(r'name="csrf_token" value="([^"]+)"', answer.text)
            self.token = found[1] if found else self.token
            seen = re.search(r'name="seen" value="([^"]+)"', answer.text)
            self.seen = seen[1] if seen else ""
        return answer


def words(page: str) -> str:
    """Give the words of a page, single-spaced."""
    main = page[page.find("<main") :] if "<main" in page else page
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", main)).split())


def window(app: Flask, office: Office, name: str, *roles: Role) -> Window:
    """Launch as somebody just now; an officer where no role is named."""
    held = frozenset(roles or (Role.OFFICER,))
    visit_id, launch_id = f"visit-of-{name.lower()}-{next(_numbers)}", uuid4()
    person_id = office.officers.get(name)
    now = datetime.now(UTC)
    with office.database.begin() as session:
        session.add(
            Launch(
                id=launch_id,
                visit_hash=digest(visit_id),
                platform_id=office.stage.platform_id if person_id else None,
                deployment_id=office.stage.deployment_id if person_id else None,
                person_id=person_id,
                context_id=office.stage.context_id if person_id else None,
                message_type="LtiResourceLinkRequest" if person_id else "desk",
                roles=[role.value for role in held],
                created_at=now,
                ends_at=now + timedelta(hours=12),
            )
        )
    visit = Visit(id=visit_id, launch_id=launch_id, roles=held, person_id=person_id)
    return Window(app.test_client(), visit)


def waits(
    session: Session,
    name: str = "Žofie Šťastná",
    scheme_id: str = ONE,
    *,
    holder_id: UUID | None = None,
    **changed: Any,
) -> Case:
    """Write a case that is ready for approval."""
    scheme = SCHEMES.get(scheme_id)
    assert scheme is not None
    values = {
        "scheme_id": scheme_id,
        "scheme_fingerprint": scheme.fingerprint,
        "sitting": "first",
        "state": CaseState.CHECKED,
        "approvers": scheme.approvers,
        "name": name,
        "name_confirmed_at": NOON,
        "name_confirmed_by": "command line",
        "decision": {
            "outcome": "granted",
            "reasons": [
                {
                    "code": "all-passed",
                    "values": {"number": "1", "share": "2/3", "on": "2026-10-30"},
                }
            ],
            "units": UNITS,
            "examined_on": "2026-10-30",
            "look_on": None,
        },
        "examined_on": NOON.date(),
        "particulars": {},
        **changed,
    }
    return shelve_case(session, holder_id or shelve_holder(session, name=name), **values)


def is_also(office: Office, name: str, holder_id: UUID) -> None:
    """Link an officer's person with a holder."""
    with office.database.begin() as session:
        session.add(
            HolderPerson(
                person_id=office.officers[name],
                holder_id=holder_id,
                linked_by="command line",
                linked_at=NOON,
            )
        )
