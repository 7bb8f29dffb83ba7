"""Anybody checks a certificate: the answers, the masks, what a name opens, and what it tells."""

from __future__ import annotations

import re
from datetime import date, timedelta
from hashlib import sha256
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from psycopg import Cursor
from sqlalchemy import event

from lti_tool.certification.codes import new_code, read_code
from lti_tool.certification.register_models import Certificate, CertificateState
from lti_tool.certification.verifying import (
    MOST_CODES,
    MOST_SHOWN,
    Answer,
    Reason,
    masked,
    standing_of,
)
from lti_tool.db import Database, utcnow
from lti_tool.web import Limiter
from tests.cast import NOON
from tests.lti_tool.certification.shelves import shelve, shelve_holder

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


def many_token(client: FlaskClient) -> str:
    return token(client.get("/verify/many").get_data(as_text=True))


def queries_of(app: Flask) -> list[str]:
    """Give the list to which every query of the application is added from now on."""
    asked: list[str] = []
    held: Database = app.extensions["lti_tool.db"]

    class Heard(Cursor[Any]):
        def execute(self, query: Any, *given: Any, **more: Any) -> Any:
            asked.append(query)
            return super().execute(query, *given, **more)

    def listen(connection: Any, *_pool: object) -> None:
        if held.engine.dialect.name == "sqlite":
            connection.set_trace_callback(asked.append)
        else:
            connection.cursor_factory = Heard

    event.listen(held.engine, "checkout", listen)
    return asked


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


def test_a_code_alone_tells_the_answer_and_no_name(
    client: FlaskClient, issued: Certificate
) -> None:
    page = shows(client, issued.code)

    assert "Valid" in page
    assert issued.number in page
    assert "Capitals of the east" in page
    assert "Ž… Š…-Ł…" in page
    assert "Šťastná" not in page
    assert "83.33 %" not in page
    assert "N. N." not in page


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
    assert "83.33 %" in page
    assert "30 October 2026" in page
    assert "N. N., Head of certification" in page


def test_another_name_shows_nothing_more(client: FlaskClient, issued: Certificate) -> None:
    form = {"csrf_token": token(shows(client, issued.code)), "name": "Mallory"}

    answer = client.post(f"/verify/{issued.code}", data=form)

    assert answer.status_code == 422
    assert "Šťastná" not in answer.get_data(as_text=True)
    assert "This does not match the name on the certificate." in answer.get_data(as_text=True)


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
            "Revoked on 2 November 2026",
        ),
        (
            {"state": CertificateState.SUSPENDED, "suspended_at": NOON},
            "Suspended since 2 November 2026",
        ),
        ({"state": CertificateState.SUPERSEDED, "ended_at": NOON}, "Ask the holder for the newer"),
        ({"state": CertificateState.WITHDRAWN, "ended_at": NOON}, "Withdrawn by its holder"),
        ({"valid_until": date(2026, 11, 3)}, "it was valid until 3 November 2026"),
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


def test_a_page_shown_before_tells_an_end_at_once(
    client: FlaskClient, database: Database, issued: Certificate
) -> None:
    before = shows(client, issued.code)
    change(database, issued, state=CertificateState.SUSPENDED, suspended_at=NOON)
    suspended = shows(client, issued.code)
    change(database, issued, state=CertificateState.ISSUED, suspended_at=None)
    after = shows(client, issued.code)
    change(database, issued, erased_at=NOON)
    erased = client.get(f"/verify/{issued.code}")

    assert "verify-valid" in before
    assert "Suspended since" in suspended
    assert "verify-valid" in after
    assert erased.status_code == 404


def test_pages_of_two_certificates_that_came_out_alike_hold_their_own_names_and_codes(
    client: FlaskClient, database: Database, issued: Certificate
) -> None:
    with database.begin() as session:
        holder = shelve_holder(session, name="Bob Brown")
        other = shelve(session, holder, holder_name="Bob Brown")

    first, second = shows(client, issued.code), shows(client, other.code)

    assert "B… B…" in second
    assert "Ž…" not in second
    assert f'action="/verify/{other.code}"' in second
    assert issued.code not in second
    assert other.code not in first
    assert first.count("Capitals of the east") == second.count("Capitals of the east") == 1


def test_a_name_that_opened_a_page_does_not_open_it_for_the_next_one(
    client: FlaskClient, issued: Certificate
) -> None:
    form = {"csrf_token": token(shows(client, issued.code)), "name": "stastna-lukasz"}

    known = client.post(f"/verify/{issued.code}", data=form).get_data(as_text=True)
    stranger = shows(client, issued.code)

    assert "Šťastná" in known
    assert "Šťastná" not in stranger
    assert token(stranger) == form["csrf_token"]


def test_an_address_in_a_certificate_may_look_like_one_of_a_visit(
    client: FlaskClient, database: Database
) -> None:
    film = "https://films.example.org/v/trainer-course-2026-recording"
    with database.begin() as session:
        made = shelve(session, shelve_holder(session), trainer=film, title=f"Seen at {film}")
    form = {"csrf_token": token(shows(client, made.code)), "name": "stastna-lukasz"}

    known = client.post(f"/verify/{made.code}", data=form)

    assert known.status_code == 200
    assert known.get_data(as_text=True).count(film) > 1


def test_facts_that_somebody_changed_in_the_database_are_not_vouched_for(
    client: FlaskClient,
    database: Database,
    issued: Certificate,
    caplog: pytest.LogCaptureFixture,
) -> None:
    shows(client, issued.code)
    change(database, issued, facts={**issued.facts, "holder_name": "Mallory Marlowe"})

    answer = client.get(f"/verify/{issued.code}")

    assert answer.status_code == 404
    assert "Could not be checked" in answer.get_data(as_text=True)
    assert f"facts of certificate {issued.id} were changed" in caplog.text
    assert "Mallory" not in caplog.text


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


def test_what_is_withheld_costs_as_many_queries_as_what_is_unknown(
    app: Flask, client: FlaskClient, database: Database, issued: Certificate
) -> None:
    change(database, issued, erased_at=NOON)
    asked = queries_of(app)
    counts = []
    client.get(f"/verify/{new_code()}")  # the first query of a connection may bring others

    for code in (new_code(), issued.code, new_code(), issued.code):
        asked.clear()
        client.get(f"/verify/{code}")
        counts.append(len(asked))

    assert counts[0] > 0
    assert counts == counts[:1] * 4


def test_the_example_of_a_code_checks_and_leads_to_nothing(client: FlaskClient) -> None:
    page = client.get("/verify").get_data(as_text=True)
    found = re.search(r"such as ([0-9A-Z-]+)\.", page)
    assert found

    answer = client.get("/verify", query_string={"code": found[1]}, follow_redirects=True)

    assert read_code(found[1])
    assert answer.status_code == 404


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
    form = {"csrf_token": many_token(client)}
    codes = f"{issued.code}\nhttps://tool.example.org/verify/{ended.code}\n{new_code()}\nnonsense"

    page = client.post("/verify/many", data={**form, "codes": codes}).get_data(as_text=True)

    assert issued.number in page
    assert ended.number in page
    assert "nothing to be seen under this code" in page
    assert "mistyped" in page
    assert "Šťastná" not in page
    assert f"{utcnow():%Y-%m-%d}" in page


def test_a_mistyped_line_shows_what_was_typed(client: FlaskClient) -> None:
    long = "x" * 300
    codes = f"<b>7K3M</b>\n{long}"

    page = client.post("/verify/many", data={"csrf_token": many_token(client), "codes": codes})

    _form, _, told = page.get_data(as_text=True).partition("<tbody>")
    rows = told.partition("</tbody>")[0]
    assert "&lt;b&gt;7K3M&lt;/b&gt;" in rows
    assert f"{'x' * (MOST_SHOWN - 1)}…</th>" in rows
    assert "x" * MOST_SHOWN not in rows
    assert rows.count("mistyped") == 2


def test_fifty_codes_are_checked_and_those_after_them_are_told(
    app: Flask, client: FlaskClient
) -> None:
    app.extensions["lti_tool.verifications"] = Limiter(2 * MOST_CODES)
    codes = [new_code() for _ in range(MOST_CODES + 2)]
    form = {"csrf_token": many_token(client)}

    fifty, more = (
        client.post("/verify/many", data={**form, "codes": "\n".join(given)}).get_data(as_text=True)
        for given in (codes[:MOST_CODES] * 2, codes)
    )

    assert fifty.count('<th scope="row"') == more.count('<th scope="row"') == MOST_CODES
    assert "not checked" not in fifty
    assert "2 codes were not checked: 50 go at once." in more
    assert f">{codes[-2]}\n{codes[-1]}</textarea>" in more


@pytest.fixture
def hasty(app: Flask) -> FlaskClient:
    """Give a stranger to a tool that lets each address check three times in a minute."""
    app.extensions["lti_tool.verifications"] = Limiter(3)
    return app.test_client()


@pytest.mark.parametrize(
    ("path", "given"),
    [
        ("/verify/0123456789ABT", None),
        ("/verify/file", {"sha256": "0" * 64}),
        ("/verify/many", {"codes": "nonsense"}),
    ],
)
def test_an_address_checks_only_so_often(
    hasty: FlaskClient, path: str, given: dict[str, str] | None
) -> None:
    form = dict(given or {})
    if given is not None:
        form["csrf_token"] = token(hasty.get(path).get_data(as_text=True))

    def check(address: str) -> int:
        at = {"REMOTE_ADDR": address}
        if given is None:
            return hasty.get(path, environ_base=at).status_code
        return hasty.post(path, data=form, environ_base=at).status_code

    tried = [check("192.0.2.1") for _ in range(7)]  # even where a minute ends between them
    other = check("192.0.2.2")

    assert tried[0] != 429
    assert 429 in tried
    assert other == tried[0]


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


# Many copies


def test_many_copies_of_one_code_cost_one_query(
    app: Flask, client: FlaskClient, database: Database, issued: Certificate
) -> None:
    others = [new_code() for _other in range(3)]
    form = {"csrf_token": many_token(client)}
    typed = "\n".join([issued.code.lower(), *others] * 300)
    asked = queries_of(app)

    page = client.post("/verify/many", data={**form, "codes": typed}).get_data(as_text=True)

    assert len([each for each in asked if "certificate" in each.lower()]) == 1
    assert page.count(issued.number) == 1
    assert page.count("nothing to be seen under this code") == 3


def test_each_code_of_many_counts_in_the_limit_of_an_address(
    app: Flask, client: FlaskClient
) -> None:
    app.extensions["lti_tool.verifications"] = Limiter(100)
    form = {"csrf_token": many_token(client)}
    fifty = "\n".join(new_code() for _each in range(50))

    answers = [
        client.post("/verify/many", data={**form, "codes": fifty}).status_code for _time in range(3)
    ]

    assert answers == [200, 200, 429]
