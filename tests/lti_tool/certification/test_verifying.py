"""Anybody checks a certificate: the answers, the masks, what a name opens, and what it tells."""

from __future__ import annotations

import re
from datetime import date, timedelta
from hashlib import sha256
from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient

from lti_tool.certification.codes import new_code
from lti_tool.certification.register_models import Certificate, CertificateState
from lti_tool.certification.verifying import Answer, Reason, knows, masked, standing_of
from lti_tool.db import Database, utcnow
from tests.cast import NOON
from tests.lti_tool.certification.shelves import make_facts, shelve, shelve_holder

TODAY = date(2026, 11, 25)


@pytest.fixture
def issued(database: Database) -> Certificate:
    """Give a certificate in force."""
    with database.begin() as session:
        return shelve(session, shelve_holder(session))


def change(database: Database, certificate: Certificate, **values: object) -> None:
    with database.begin() as session:
        row = session.get_one(Certificate, certificate.id)
        for name, value in values.items():
            setattr(row, name, value)


def token(page: str) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert found
    return found[1]


def shows(client: FlaskClient, code: str) -> str:
    return client.get(f"/verify/{code}").get_data(as_text=True)


@pytest.mark.parametrize(
    ("state", "first", "last", "expected"),
    [
        ("issued", TODAY, TODAY, (Answer.VALID, Reason.NONE)),
        ("issued", TODAY, None, (Answer.VALID, Reason.NONE)),
        ("issued", TODAY + timedelta(1), None, (Answer.NOT_VALID, Reason.NOT_YET)),
        ("issued", date(2020, 1, 1), TODAY - timedelta(1), (Answer.NOT_VALID, Reason.EXPIRED)),
        ("suspended", date(2020, 1, 1), None, (Answer.NOT_VALID, Reason.SUSPENDED)),
        ("revoked", date(2020, 1, 1), date(2021, 1, 1), (Answer.NOT_VALID, Reason.REVOKED)),
        ("superseded", date(2020, 1, 1), None, (Answer.NOT_VALID, Reason.SUPERSEDED)),
        ("withdrawn", date(2020, 1, 1), None, (Answer.NOT_VALID, Reason.WITHDRAWN)),
    ],
)
def test_a_certificate_holds_from_its_first_to_its_last_day(
    state: str, first: date, last: date | None, expected: tuple[Answer, Reason]
) -> None:
    found = standing_of(CertificateState(state), first, last, today=TODAY)

    assert (found.answer, found.reason) == expected


def test_a_name_is_masked_to_its_first_letters() -> None:
    assert masked("Žofia Šťastná-Łukasiewicz") == "Ž… Š…-Ł…"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("Šťastná-Łukasz", True),
        ("stastna lukasz", True),
        ("LUKASZ", True),
        ("Žofie Šťastná-Łukasz", True),
        ("stastna-lukasz zofie", True),
        ("Žofie", False),
        ("Stastna", False),
        ("L", False),
        ("", False),
        ("…", False),
    ],
)
def test_the_family_name_opens_a_certificate_and_nothing_less_does(
    given: str, expected: bool
) -> None:
    facts = make_facts(uuid4())

    assert knows(facts, given) is expected


def test_a_code_alone_tells_the_answer_and_no_name(
    client: FlaskClient, issued: Certificate
) -> None:
    page = shows(client, issued.code)

    assert "Valid" in page
    assert issued.number in page
    assert "Capitals of the east" in page
    assert "Ž… Š…-Ł…" in page
    assert "Šťastná" not in page
    assert "83 %" not in page


def test_a_code_is_read_as_people_type_it(client: FlaskClient, issued: Certificate) -> None:
    typed = " ".join(re.findall("....", issued.code.lower().replace("0", "o").replace("1", "l")))
    typed += issued.code[-1]

    answer = client.get("/verify", query_string={"code": f"https://x.org/verify/{typed}"})

    assert answer.status_code == 303
    assert answer.headers["Location"].endswith(f"/verify/{issued.code}")


def test_with_the_name_everything_that_is_printed_shows(
    client: FlaskClient, issued: Certificate
) -> None:
    form = {"csrf_token": token(shows(client, issued.code)), "name": "stastna-lukasz"}

    page = client.post(f"/verify/{issued.code}", data=form).get_data(as_text=True)

    assert "Žofie Šťastná-Łukasz" in page
    assert "83 %" in page
    assert "2026-10-30" in page
    assert "N. N., Head of certification" in page


def test_another_name_shows_nothing_more(client: FlaskClient, issued: Certificate) -> None:
    form = {"csrf_token": token(shows(client, issued.code)), "name": "Mallory"}

    answer = client.post(f"/verify/{issued.code}", data=form)

    assert answer.status_code == 422
    assert "Šťastná" not in answer.get_data(as_text=True)
    assert "not the name on this certificate" in answer.get_data(as_text=True)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (
            {
                "state": CertificateState.REVOKED,
                "suspended_at": NOON,
                "suspended_human": uuid4(),
                "revoked_human": uuid4(),
                "revoked_at": NOON,
                "revoke_code": "fraud",
                "revoke_reason": "the paper was bought",
            },
            "Revoked on 2026-11-02",
        ),
        ({"state": CertificateState.SUSPENDED, "suspended_at": NOON}, "Suspended since 2026-11-02"),
        ({"state": CertificateState.SUPERSEDED, "ended_at": NOON}, "Ask the holder for the newer"),
        ({"state": CertificateState.WITHDRAWN, "ended_at": NOON}, "Withdrawn by its holder"),
        ({"valid_until": date(2026, 11, 3)}, "Expired"),
    ],
)
def test_what_has_ended_says_so_and_not_why(
    client: FlaskClient,
    database: Database,
    issued: Certificate,
    values: dict[str, object],
    words: str,
) -> None:
    change(database, issued, **values)

    page = shows(client, issued.code)

    assert words in page
    assert "verify-not-valid" in page
    assert "fraud" not in page
    assert "bought" not in page


@pytest.mark.parametrize(
    "values",
    [
        {"state": CertificateState.NUMBERED, "issued_at": None},
        {"erased_at": NOON},
    ],
)
def test_what_is_withheld_answers_as_what_is_unknown(
    client: FlaskClient, database: Database, issued: Certificate, values: dict[str, object]
) -> None:
    change(database, issued, **values)
    unknown = new_code()

    withheld, nothing = (client.get(f"/verify/{code}") for code in (issued.code, unknown))

    assert withheld.status_code == nothing.status_code == 404
    assert withheld.get_data() == nothing.get_data()
    assert dict(withheld.headers) == dict(nothing.headers)


def test_a_mistyped_code_is_told_from_an_unknown_one(client: FlaskClient) -> None:
    code = new_code()
    wrong = ("1" if code[0] == "0" else "0") + code[1:]

    answer = client.get("/verify", query_string={"code": wrong})

    assert answer.status_code == 422
    assert "mistyped" in answer.get_data(as_text=True)


def test_a_file_is_known_by_its_hash(client: FlaskClient, issued: Certificate) -> None:
    form = {"csrf_token": token(client.get("/verify/file").get_data(as_text=True))}

    page = client.post("/verify/file", data={**form, "sha256": issued.pdf_sha256})

    assert "exactly the one that was issued" in page.get_data(as_text=True)
    assert "Žofie Šťastná-Łukasz" in page.get_data(as_text=True)


def test_another_hash_opens_nothing(client: FlaskClient, issued: Certificate) -> None:
    form = {"csrf_token": token(client.get("/verify/file").get_data(as_text=True))}
    other = sha256(b"another file").hexdigest()

    page = client.post("/verify/file", data={**form, "sha256": other}).get_data(as_text=True)

    assert "Could not be checked" in page
    assert issued.number not in page


def test_many_codes_are_checked_at_once(
    client: FlaskClient, database: Database, issued: Certificate
) -> None:
    with database.begin() as session:
        ended = shelve(
            session,
            shelve_holder(session, name="Bob"),
            columns={"state": CertificateState.WITHDRAWN, "ended_at": NOON},
        )
    form = {"csrf_token": token(client.get("/verify/many").get_data(as_text=True))}
    codes = f"{issued.code}\nhttps://tool.example.org/verify/{ended.code}\n{new_code()}\nnonsense"

    page = client.post("/verify/many", data={**form, "codes": codes}).get_data(as_text=True)

    assert issued.number in page
    assert ended.number in page
    assert "nothing to be seen under this code" in page
    assert "mistyped" in page
    assert "Šťastná" not in page
    assert f"{utcnow():%Y-%m-%d}" in page


def test_names_cannot_be_tried_for_long(
    app: Flask, client: FlaskClient, issued: Certificate
) -> None:
    form = {"csrf_token": token(shows(client, issued.code)), "name": "Mallory"}

    tried = [client.post(f"/verify/{issued.code}", data=form).status_code for _ in range(12)]

    assert tried[0] == 422
    assert tried[-1] == 429


def test_pages_of_checks_are_kept_by_nobody(client: FlaskClient, issued: Certificate) -> None:
    answer = client.get(f"/verify/{issued.code}")

    assert answer.headers["X-Robots-Tag"] == "noindex, nofollow"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert "Set-Cookie" not in answer.headers
