"""A holder's pages in a visit: what they have, the name that is printed, files, and the end."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit
from uuid import UUID, uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from courses.scheme_reading import Schemes
from courses.schemes import SchemeKind
from lti_tool.audit import AuditLine
from lti_tool.certification import printed
from lti_tool.certification.baking import unbake
from lti_tool.certification.facts import Issuer
from lti_tool.certification.models import Case, CaseState, Holder
from lti_tool.certification.register_models import Certificate, CertificateState
from lti_tool.db import Database, utcnow
from lti_tool.files import Files
from lti_tool.lti import visits
from lti_tool.lti.models import Person
from lti_tool.settings import CONTENT, Settings
from tests.cast import Stage, set_stage
from tests.lti_tool.certification.office import ATTENDANCE, ONE, TWO, all_schemes, candidate
from tests.lti_tool.certification.shelves import shelve, shelve_holder
from tests.lti_tool.player.window import Browser

MINE = "/certificates"


@pytest.fixture
def settings(settings: Settings, tmp_path: Path) -> Settings:
    """Give settings whose files lie in a folder of the test."""
    return replace(
        settings,
        files_url=str(tmp_path / "files"),
        mail_url=f"file:{tmp_path}/post",
        mail_from="certificates@tool.example.org",
    )


@pytest.fixture
def stage(app: Flask, database: Database) -> Stage:
    """Give people on a platform, in a tool that knows the delivered schemes."""
    app.extensions["lti_tool.schemes"] = all_schemes()
    return set_stage(database, now=utcnow())


@pytest.fixture
def enters(stage: Stage, client: FlaskClient) -> Callable[[str], Browser]:
    """Launch as somebody, and give their window."""
    return lambda name: Browser(client, stage.visit(name, now=utcnow()))


@pytest.fixture
def alice(stage: Stage) -> UUID:
    """Give the holder that Alice is."""
    with stage.database.begin() as session:
        return shelve_holder(session, stage.people["Alice"])


def shelved(database: Database, holder_id: UUID, **changed: object) -> Certificate:
    with database.begin() as session:
        return shelve(session, holder_id, **changed)


def case_of(database: Database, holder_id: UUID, scheme_id: str = ONE, **changed: object) -> UUID:
    with database.begin() as session:
        case = candidate(session, scheme_id, **{"name_confirmed_at": None, **changed})
        case.holder_id = holder_id
        return case.id


def acts(database: Database) -> list[str]:
    with database.read() as session:
        return list(session.scalars(select(AuditLine.act).order_by(AuditLine.number)))


def words_of(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html.partition("<main")[2]).split())


# What I have


def test_somebody_without_certificates_is_told_how_they_come(
    enters: Callable[[str], Browser],
) -> None:
    html = enters("Alice").text(MINE)

    assert "You have no certificate yet" in html
    assert "News by mail" not in html


def test_a_holder_sees_their_certificates_with_state_number_and_end(
    enters: Callable[[str], Browser], stage: Stage, alice: UUID
) -> None:
    today = utcnow().date()
    good = shelved(stage.database, alice, valid_until=today + timedelta(days=800))
    soon = shelved(stage.database, alice, valid_until=today + timedelta(days=20))
    over = shelved(
        stage.database, alice, valid_until=date(2026, 11, 3), valid_from=date(2025, 1, 1)
    )
    revoked = shelved(
        stage.database,
        alice,
        kind=SchemeKind.ATTENDANCE,
        columns={
            "state": CertificateState.REVOKED,
            "suspended_at": utcnow(),
            "suspended_human": uuid4(),
            "revoked_at": utcnow(),
            "revoked_human": uuid4(),
        },
    )

    html = enters("Alice").text(MINE)

    told = words_of(html)
    assert all(each.number in told for each in (good, soon, over, revoked))
    assert "It ends in 20 days." in told
    assert "Expired: it was valid until 3 November 2026" in told
    assert "Revoked on" in told
    assert told.count("Valid until") == 2
    assert "Certificate of attendance" in told


def test_nobody_else_sees_them(enters: Callable[[str], Browser], stage: Stage, alice: UUID) -> None:
    certificate = shelved(stage.database, alice)
    with stage.database.begin() as session:
        shelve_holder(session, stage.people["Bob"], name="Bob")
    bob, carol = enters("Bob"), enters("Carol")

    listed = bob.text(MINE)
    answers = [
        window.get(f"{MINE}/{certificate.id}{part}").status_code
        for window in (bob, carol)
        for part in ("", "/certificate.pdf", "/credential.json", "/badge.png", "/withdraw")
    ]

    assert certificate.number not in listed
    assert answers == [404] * 10


def test_a_holder_with_several_accounts_sees_all_of_theirs(
    enters: Callable[[str], Browser], stage: Stage, alice: UUID
) -> None:
    with stage.database.begin() as session:
        other = shelve_holder(session, stage.people["Bob"])
        session.get_one(Holder, other).merged_into_id = alice
        first, second = shelve(session, alice), shelve(session, other)

    pages = [enters(name).text(MINE) for name in ("Alice", "Bob")]
    opened = enters("Bob").get(f"{MINE}/{first.id}").status_code

    assert all(each.number in page for each in (first, second) for page in pages)
    assert opened == 200


def test_what_is_numbered_only_or_erased_is_not_shown(
    enters: Callable[[str], Browser], stage: Stage, alice: UUID
) -> None:
    numbered = shelved(
        stage.database, alice, columns={"state": CertificateState.NUMBERED, "issued_at": None}
    )
    erased = shelved(stage.database, alice, columns={"erased_at": utcnow()})
    window = enters("Alice")

    html = window.text(MINE)

    assert numbered.number not in html
    assert erased.number not in html
    assert "The certificate is being made" in html
    assert window.get(f"{MINE}/{numbered.id}").status_code == 404
    assert window.get(f"{MINE}/{erased.id}/certificate.pdf").status_code == 404


# What is on its way


def test_what_is_missing_is_told_in_words_and_what_counts_beside_it(
    enters: Callable[[str], Browser], stage: Stage, alice: UUID
) -> None:
    reasons = [
        {
            "code": "element-passed",
            "values": {
                "code": "U1.E1", "title": "Law", "on": "2026-10-30", "points": "5/2", "asked": "3",
            },
        },
        {
            "code": "element-failed",
            "values": {
                "code": "U1.E2", "title": "Plan", "points": "1", "asked": "3", "needed": "2",
            },
        },
    ]  # fmt: skip
    case_of(
        stage.database,
        alice,
        state=CaseState.COLLECTING,
        decision={"outcome": "incomplete", "reasons": reasons},
    )

    told = words_of(enters("Alice").text(MINE))

    missing, _, reached = told.partition("What counts already")
    assert "U1.E2 Plan: not passed, 1 of 3 points; needed are 2." in missing
    assert "U1.E1 Law: passed on" in reached
    assert "wait for you" not in told


@pytest.mark.parametrize(
    ("state", "changed", "told"),
    [
        (CaseState.CHECKED, {"name_confirmed_at": utcnow()}, "An officer looks at it"),
        (
            CaseState.COLLECTING,
            {"decision": {"outcome": "referred", "reasons": []}},
            "An officer looks at it",
        ),
        (
            CaseState.REFUSED,
            {"refuse_reason": "The paper was not yours."},
            "The paper was not yours.",
        ),
    ],
)
def test_a_case_tells_what_it_waits_for(
    *,
    enters: Callable[[str], Browser],
    stage: Stage,
    alice: UUID,
    state: CaseState,
    changed: dict[str, object],
    told: str,
) -> None:
    case_of(stage.database, alice, state=state, **changed)

    assert told in words_of(enters("Alice").text(MINE))


def test_a_case_that_was_withdrawn_is_not_shown(
    enters: Callable[[str], Browser], stage: Stage, alice: UUID
) -> None:
    case_of(stage.database, alice, state=CaseState.WITHDRAWN)

    assert "On the way" not in enters("Alice").text(MINE)


# The name


def test_the_name_is_proposed_shown_as_printed_and_confirmed(
    enters: Callable[[str], Browser], stage: Stage, alice: UUID
) -> None:
    case_id = case_of(stage.database, alice, state=CaseState.DRAFT, name="")
    window = enters("Alice")

    listed = window.text(MINE)
    asked = window.text(f"{MINE}/name/{case_id}")
    looked = window.post(
        f"{MINE}/name/{case_id}", name="  Žofie   Šťastná-Łukasz ", language="en", do="look"
    )
    token = re.search(r'name="csrf_token" value="([^"]+)"', looked.get_data(as_text=True))
    done = window.post(
        f"{MINE}/name/{case_id}", name="Žofie Šťastná-Łukasz", language="en", do="confirm"
    )

    with stage.database.read() as session:
        case = session.get_one(Case, case_id)
    assert "One step waits for you" in listed
    assert 'value="Alice"' in asked
    assert '<p class="cert-preview">Žofie Šťastná-Łukasz</p>' in looked.get_data(as_text=True)
    assert token is not None
    assert done.status_code == 303
    assert case.name == "Žofie Šťastná-Łukasz"
    assert case.name_confirmed_by == str(stage.people["Alice"])
    assert case.state == CaseState.CHECKED
    assert "case.name-confirmed" in acts(stage.database)


@pytest.mark.parametrize(
    ("scheme_id", "sent", "told"),
    [
        (
            ATTENDANCE,
            "Alice",
            "because it differs from Alice, the name that your learning platform",
        ),
        (ATTENDANCE, "", "because your learning platform sent no name."),
        (ATTENDANCE, "ŽOFIE", ""),
        (ONE, "Alice", ""),
    ],
)
def test_who_gives_another_name_is_told_that_an_officer_looks_at_it(
    enters: Callable[[str], Browser],
    stage: Stage,
    alice: UUID,
    *,
    scheme_id: str,
    sent: str,
    told: str,
) -> None:
    case_id = case_of(stage.database, alice, scheme_id, state=CaseState.DRAFT, name="Zofie")
    with stage.database.begin() as session:
        session.get_one(Person, stage.people["Alice"]).name = sent
    window, form = enters("Alice"), {"name": "Zofie", "language": "en"}
    window.text(f"{MINE}/name/{case_id}")

    looked = window.post(f"{MINE}/name/{case_id}", **form, do="look").get_data(as_text=True)
    done = window.post(f"{MINE}/name/{case_id}", **form, do="confirm")

    listed = words_of(window.text(MINE))
    with stage.database.read() as session:
        state = session.get_one(Case, case_id).state
    if told:
        assert f"An officer looks at it first, {told}" in words_of(looked)
        shown = window.client.get(done.headers["Location"]).get_data(as_text=True)
        assert f"An officer looks at it first, {told}" in shown
        assert "An officer looks at it; you need not do anything." in listed
    else:
        assert "An officer looks at it first" not in looked
    is_automatic = scheme_id == ATTENDANCE and not told
    assert state == (CaseState.APPROVED if is_automatic else CaseState.CHECKED)


def test_looking_at_a_name_confirms_nothing(
    enters: Callable[[str], Browser], stage: Stage, alice: UUID
) -> None:
    case_id = case_of(stage.database, alice, state=CaseState.DRAFT)
    window = enters("Alice")
    window.text(f"{MINE}/name/{case_id}")

    window.post(f"{MINE}/name/{case_id}", name="Mallory", language="en", do="look")

    with stage.database.read() as session:
        assert session.get_one(Case, case_id).name_confirmed_at is None


def test_a_name_that_cannot_be_printed_says_which_letters(
    enters: Callable[[str], Browser], stage: Stage, alice: UUID
) -> None:
    case_id = case_of(stage.database, alice, state=CaseState.DRAFT, name="გიორგი")
    window = enters("Alice")

    asked = window.text(f"{MINE}/name/{case_id}")
    answer = window.post(f"{MINE}/name/{case_id}", name="გიორგი", language="en", do="confirm")

    told = answer.get_data(as_text=True)
    assert "Cannot be printed: გ" in asked
    assert answer.status_code == 422
    assert "Use the Latin spelling" in told
    assert 'value="გიორგი"' in told


def test_a_name_stays_as_it_is_once_an_officer_approved_it(
    enters: Callable[[str], Browser], stage: Stage, alice: UUID
) -> None:
    case_id = case_of(
        stage.database, alice, TWO, name_confirmed_at=utcnow(), approved_at=utcnow(),
        approved_human=uuid4(), approved_by="officer",
    )  # fmt: skip
    window = enters("Alice")

    listed = window.text(MINE)

    assert "Correct my name" not in listed
    assert window.get(f"{MINE}/name/{case_id}").status_code == 404


def test_nobody_names_somebody_elses_case(
    enters: Callable[[str], Browser], stage: Stage, alice: UUID
) -> None:
    case_id = case_of(stage.database, alice, state=CaseState.DRAFT)
    with stage.database.begin() as session:
        shelve_holder(session, stage.people["Bob"], name="Bob")
    bob = enters("Bob")
    bob.text(f"{MINE}")

    answers = [
        bob.get(f"{MINE}/name/{case_id}").status_code,
        bob.post(f"{MINE}/name/{case_id}", name="Bob", language="en", do="confirm").status_code,
    ]

    assert answers[0] == 404
    assert answers[1] in {403, 404}


@pytest.fixture
def czech(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Give certificates words in Czech too (they are the English ones)."""
    folder = tmp_path / "words"
    shutil.copytree(printed.WORDS, folder)
    shutil.copy(folder / "en.yaml", folder / "cs.yaml")
    monkeypatch.setattr(printed, "WORDS", folder)
    printed.words_of.cache_clear()
    yield
    printed.words_of.cache_clear()


def in_languages(app: Flask, *languages: str) -> None:
    """Have a scheme name these languages."""
    known = Schemes((CONTENT,))
    scheme = known.get(ONE)
    assert scheme is not None
    known._schemes[ONE] = replace(scheme, languages=languages)
    app.extensions["lti_tool.schemes"] = known


def test_a_language_without_words_is_not_offered(
    app: Flask, enters: Callable[[str], Browser], stage: Stage, alice: UUID
) -> None:
    case_id = case_of(stage.database, alice, state=CaseState.DRAFT)
    in_languages(app, "de", "en", "en-GB")
    window = enters("Alice")

    asked = window.text(f"{MINE}/name/{case_id}")
    odd = window.post(f"{MINE}/name/{case_id}", language="de", name="Žofie", do="confirm")

    assert 'value="de"' not in asked
    assert '<option value="en" selected>English</option>' in asked
    assert odd.status_code == 400


@pytest.mark.usefixtures("czech")
def test_the_holder_chooses_among_the_languages_of_the_scheme(
    app: Flask, enters: Callable[[str], Browser], stage: Stage, alice: UUID
) -> None:
    case_id = case_of(stage.database, alice, state=CaseState.DRAFT)
    in_languages(app, "en", "cs")
    window = enters("Alice")
    form = {"name": "Žofie Šťastná", "do": "confirm"}

    asked = window.text(f"{MINE}/name/{case_id}")
    odd = window.post(f"{MINE}/name/{case_id}", language="xx", **form)
    good = window.post(f"{MINE}/name/{case_id}", language="cs", **form)

    with stage.database.read() as session:
        language = session.get_one(Case, case_id).language
    assert '<option value="cs">Czech</option>' in asked
    assert (odd.status_code, good.status_code) == (400, 303)
    assert language == "cs"


# One certificate and its files


def test_a_certificate_says_what_it_proves_and_what_not(
    enters: Callable[[str], Browser], stage: Stage, alice: UUID
) -> None:
    notice = "It does not authorise work on high-voltage systems."
    certificate = shelved(
        stage.database, alice, kind=SchemeKind.ATTENDANCE, notices=(notice,), title="Battery safety"
    )

    told = words_of(enters("Alice").text(f"{MINE}/{certificate.id}"))

    assert "No examination was passed" in told
    assert "It does not prove that you know or can do something" in told
    assert notice in told


def test_files_are_given_byte_for_byte_and_kept_by_nobody(
    enters: Callable[[str], Browser], stage: Stage, alice: UUID, settings: Settings
) -> None:
    certificate = shelved(stage.database, alice)
    Files(settings.files_url).write(certificate.pdf_path, b"%PDF-1.7 sealed")
    window = enters("Alice")

    answers = {
        name: window.client.get(f"/v/{window.visit.id}{MINE}/{certificate.id}/{name}")
        for name in ("certificate.pdf", "credential.json", "credential.jwt", "badge.png")
    }

    number = certificate.number
    assert answers["certificate.pdf"].data == b"%PDF-1.7 sealed"
    assert answers["credential.json"].data == certificate.badge.encode()
    assert answers["credential.jwt"].data == certificate.badge_jwt.encode()
    assert unbake(answers["badge.png"].data) == certificate.badge.encode()
    assert {each.headers["Cache-Control"] for each in answers.values()} == {"no-store"}
    assert [each.headers["Content-Disposition"] for each in answers.values()] == [
        f'attachment; filename="{number}.pdf"',
        f'attachment; filename="{number}-credential.json"',
        f'attachment; filename="{number}-credential.jwt"',
        f'attachment; filename="{number}-badge.png"',
    ]
    assert window.get(f"{MINE}/{certificate.id}/secret.pdf").status_code == 404


def test_a_document_that_is_gone_from_storage_is_told_in_words(
    enters: Callable[[str], Browser], stage: Stage, alice: UUID
) -> None:
    certificate = shelved(stage.database, alice)

    answer = enters("Alice").get(f"{MINE}/{certificate.id}/certificate.pdf")

    assert answer.status_code == 404
    assert "The file is missing in our storage" in answer.get_data(as_text=True)


def test_linkedin_is_told_what_it_asks_for_and_only_of_a_certificate_that_holds(
    enters: Callable[[str], Browser], stage: Stage, alice: UUID
) -> None:
    good = shelved(stage.database, alice)
    rests = shelved(
        stage.database,
        alice,
        columns={"state": CertificateState.SUSPENDED, "suspended_at": utcnow()},
    )
    window = enters("Alice")

    html = window.text(f"{MINE}/{good.id}")
    other = window.text(f"{MINE}/{rests.id}")

    found = re.search(r'href="(https://www\.linkedin\.com/[^"]+)"', html)
    assert found is not None
    told = parse_qs(urlsplit(found[1].replace("&amp;", "&")).query)
    assert told == {
        "startTask": ["CERTIFICATION_NAME"],
        "name": ["Capitals of the world"],
        "organizationName": ["Demonstration body"],
        "issueYear": ["2026"],
        "issueMonth": ["11"],
        "expirationYear": ["2029"],
        "expirationMonth": ["11"],
        "certUrl": [f"https://tool.example.org/verify/{good.code}"],
        "certId": [good.number],
    }
    assert "linkedin.com" not in other


def test_a_correction_is_shown_in_place_of_what_it_corrects(
    enters: Callable[[str], Browser], stage: Stage, alice: UUID
) -> None:
    before = shelved(
        stage.database,
        alice,
        columns={"state": CertificateState.SUPERSEDED, "ended_at": utcnow()},
    )
    after = shelved(stage.database, alice, columns={"supersedes_id": before.id})

    html = enters("Alice").text(f"{MINE}/{before.id}")

    assert f'{MINE}/{after.id}">{after.number}</a>' in html
    assert "Give this certificate up" not in html


# Giving up


def test_giving_up_takes_two_steps(
    enters: Callable[[str], Browser], stage: Stage, alice: UUID
) -> None:
    certificate = shelved(stage.database, alice)
    window = enters("Alice")
    there = f"{MINE}/{certificate.id}/withdraw"

    asked = window.text(there)
    unsure = window.post(there)
    with stage.database.read() as session:
        between = session.get_one(Certificate, certificate.id).state
    done = window.post(there, sure="yes")

    with stage.database.read() as session:
        then = session.get_one(Certificate, certificate.id)
    assert "This cannot be undone" in asked
    assert unsure.status_code == 422
    assert between == CertificateState.ISSUED
    assert done.status_code == 303
    assert then.state == CertificateState.WITHDRAWN
    assert then.ended_at is not None
    assert acts(stage.database) == ["certificate.withdrawn"]
    assert window.get(there).status_code == 404
    assert "You gave it up" in window.text(f"{MINE}/{certificate.id}")


# The way there


def test_the_course_leads_to_the_certificates(enters: Callable[[str], Browser]) -> None:
    window = enters("Alice")

    html = window.text("/")

    assert f'/v/{window.visit.id}/certificates"' in html


def test_somebody_without_a_holder_has_nothing_to_share(
    enters: Callable[[str], Browser],
) -> None:
    window = enters("Carol")

    assert "You have no certificate yet" in window.text(MINE)
    assert window.get(f"{MINE}/share").status_code == 404


def test_a_visit_without_a_person_has_no_certificates(
    database: Database, client: FlaskClient, stage: Stage
) -> None:
    with database.begin() as session:
        visit_id = visits.begin_desk_visit(session, cookie="secret", now=utcnow(), hours=1)
    client.set_cookie(f"__Host-visit-{visit_id[:8]}", "secret", secure=True, domain="localhost")

    answer = client.get(f"/v/{visit_id}{MINE}")

    assert answer.status_code == 200
    assert "You have no certificate yet" in answer.get_data(as_text=True)


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("fraud", "obtained by deception"),
        ("key-compromised", "you did nothing wrong"),
        ("other", "The certification office can tell you why."),
    ],
)
def test_a_holder_is_told_why_a_certificate_was_revoked(
    *, enters: Callable[[str], Browser], stage: Stage, alice: UUID, code: str, words: str
) -> None:
    certificate = shelved(
        stage.database,
        alice,
        columns={
            "state": CertificateState.REVOKED,
            "suspended_human": uuid4(),
            "revoked_human": uuid4(),
            "revoked_at": utcnow(),
            "revoke_code": code,
            "revoke_reason": "Seen with two phones",
        },
        issuer=Issuer("Demonstration body", "BE", email="office@body.example"),
    )

    html = enters("Alice").text(f"{MINE}/{certificate.id}")

    assert words in html
    assert html.count('<a href="mailto:office@body.example">') == 2
    assert "two phones" not in html
    assert "Give this certificate up" not in html
