"""Who reads what of the log and of how it goes: an officer of one scheme sees that scheme alone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from flask import Flask
from sqlalchemy import text

from lti_tool import audit, beats
from lti_tool.certification import watching
from lti_tool.certification.models import CaseState
from lti_tool.certification.register_models import CertificateState
from lti_tool.db import Database
from lti_tool.visit import Role
from tests.cast import NOON
from tests.lti_tool.certification.deskside import DESK, FOUR_EYES, ONE, Window, waits, window
from tests.lti_tool.certification.office import Office, open_office
from tests.lti_tool.certification.shelves import shelve, shelve_holder


@pytest.fixture
def office(database: Database) -> Office:
    """Give an office with Olga and Oskar for all schemes, and Otto for one."""
    made = open_office(database)
    made.hire("Otto", scheme_id=FOUR_EYES)
    return made


@pytest.fixture
def enters(app: Flask, office: Office) -> Callable[..., Window]:
    """Launch as somebody."""
    return lambda name, *roles: window(app, office, name, *roles)


def note(database: Database, act: str, about: object, times: int = 1) -> None:
    with database.begin() as session:
        for _ in range(times):
            audit.note(session, act, who="worker", about=str(about), now=NOON)


@pytest.fixture
def things(database: Database) -> dict[str, str]:
    """Write a case and a certificate of each of two schemes, with acts on them and on others."""
    ids = {}
    with database.begin() as session:
        for scheme_id in (ONE, FOUR_EYES):
            ids[f"case {scheme_id}"] = str(waits(session, scheme_id=scheme_id).id)
            holder = shelve_holder(session)
            ids[f"certificate {scheme_id}"] = str(shelve(session, holder, scheme_id=scheme_id).id)
    for name, about in ids.items():
        act = "case.met" if name.startswith("case") else "certificate.suspended"
        note(database, act, about)
    note(database, "key.retired", "2026-key")
    note(database, "register.exported", "register")
    note(database, "holder.merged", ids[f"case {ONE}"])
    return ids


def test_an_officer_of_one_scheme_reads_the_acts_on_it_alone(
    enters: Callable[..., Window], things: dict[str, str]
) -> None:
    page = enters("Otto").text(f"{DESK}/log")

    for name, about in things.items():
        assert (about in page) == name.endswith(FOUR_EYES), name
    for secret in ("2026-key", "The register was exported", "Two records"):
        assert secret not in page
    assert "You see the acts on cases and certificates of your schemes." in page


@pytest.mark.parametrize("group", ["key", "holder", "register", "role", "share", "mail"])
def test_no_group_of_acts_leads_further(
    enters: Callable[..., Window], things: dict[str, str], group: str
) -> None:
    page = enters("Otto").text(f"{DESK}/log?about={group}")

    assert things[f"case {ONE}"] not in page
    assert "2026-key" not in page
    assert f"about={group}" not in page


@pytest.mark.parametrize(("name", "roles"), [("Olga", ()), ("Otto", (Role.ADMINISTRATOR,))])
def test_officers_of_all_schemes_and_administrators_read_all(
    enters: Callable[..., Window], things: dict[str, str], name: str, roles: tuple[Role, ...]
) -> None:
    page = enters(name, *roles).text(f"{DESK}/log")

    assert all(about in page for about in things.values())
    assert "2026-key" in page


def test_what_others_did_is_passed_by_page_after_page(
    database: Database,
    enters: Callable[..., Window],
    things: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    mine, other = things[f"case {FOUR_EYES}"], things[f"case {ONE}"]
    for _ in range(60):
        note(database, "case.met", mine)
        note(database, "case.met", other, times=3)
    otto = enters("Otto")

    first = otto.text(f"{DESK}/log")
    second = otto.text(after(first))
    monkeypatch.setattr(watching, "MOST_PASSED_BY", 10)
    short = otto.text(f"{DESK}/log?about=case")

    assert [page.count(mine) for page in (first, second)] == [50, 11]
    assert 0 < short.count(mine) < 50
    assert after(short)
    assert other not in first + second + short


def after(page: str) -> str:
    """Give where the link to earlier lines leads."""
    found = page.partition('rel="next" href="')[2].partition('"')[0].replace("&amp;", "&")
    assert found
    return found


def test_a_register_that_does_not_fit_is_told_with_the_numbers_one_may_see(
    database: Database, enters: Callable[..., Window], things: dict[str, str]
) -> None:
    told = []
    for name in ("Otto", "Olga"):
        window = enters(name)
        window.text(f"{DESK}/log")
        told.append(window.does(f"{DESK}/log").text)

    with database.read() as session:
        rows = session.execute(text("SELECT scheme_id, number FROM certificate")).all()
    numbers = {row.scheme_id: row.number for row in rows}
    assert all("The register does not match the log" in page for page in told)
    assert [numbers[FOUR_EYES] in page for page in told] == [True, True]
    assert [numbers[ONE] in page for page in told] == [False, True]
    assert "1 certificate of a scheme that you do not see" in told[0]
    assert things


def test_how_it_goes_is_told_of_one_s_own_schemes(
    database: Database, enters: Callable[..., Window]
) -> None:
    with database.begin() as session:
        for scheme_id in (ONE, FOUR_EYES):
            waits(
                session, scheme_id=scheme_id, state=CaseState.APPROVED, approved_at=NOON,
                approved_by="a", approved_human=shelve_holder(session),
                seconded_by="b", seconded_human=shelve_holder(session),
                fault=f"Case of {scheme_id}.",
            )  # fmt: skip
            columns = {
                "state": CertificateState.NUMBERED,
                "issued_at": None,
                "fault": f"Certificate of {scheme_id}.",
            }
            shelve(session, shelve_holder(session), scheme_id=scheme_id, columns=columns)
        beats.beat(session, "numbers", now=datetime.now(UTC), reason="SealKeyError: No seal.")

    otto, olga = (enters(name).reads(f"{DESK}/health") for name in ("Otto", "Olga"))

    assert "1 approved" in otto
    assert "2 approved" in olga
    for kind in ("Case", "Certificate"):
        assert f"{kind} of {FOUR_EYES}." in otto
        assert f"{kind} of {ONE}." not in otto
        assert f"{kind} of {ONE}." in olga
    assert "SealKeyError: No seal." in olga
    assert "No seal." not in otto
