"""The administrator's desk, as a browser sees it: opened by a one-time link, page after page."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from datetime import timedelta
from fractions import Fraction
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from lti_tool.audit import AuditLine, find_break
from lti_tool.db import Database, utcnow
from lti_tool.grants import Grant
from lti_tool.lti import deployments, doctor, keys, links, platforms
from lti_tool.lti.calls import Calls
from lti_tool.lti.checks import Check
from lti_tool.lti.links import Purpose
from lti_tool.lti.models import (
    Context,
    Deployment,
    DeploymentStatus,
    Launch,
    LineItem,
    OneTimeLink,
    Person,
    Platform,
    ToolKey,
    WantedScore,
)
from lti_tool.vault import digest
from tests.conftest import PUBLIC_URL
from xapi.models import Delivery, OutboxEntry, Target

PAGES = (
    "platforms", "platforms/new", "links", "launches", "scores", "statements", "roles", "keys",
    "record-keys",
)  # fmt: skip


class Desk:
    """An administrator's browser, inside the desks."""

    def __init__(self, client: FlaskClient, address: str) -> None:
        self.client = client
        self.base = address.rpartition("/platforms")[0]

    def get(self, page: str, **query: str) -> TestResponse:
        return self.client.get(f"{self.base}/{page}", query_string=query, base_url=PUBLIC_URL)

    def post(self, page: str, shown_on: str, **form: Any) -> TestResponse:
        """Send a form with the proof that stands on the page it is shown on."""
        shown = self.get(shown_on).text
        proof = html.unescape(re.findall(r'name="csrf_token" value="([^"]+)"', shown)[0])
        return self.client.post(
            f"{self.base}/{page}", data={"csrf_token": proof, **form}, base_url=PUBLIC_URL
        )

    def follow(self, answer: TestResponse) -> TestResponse:
        assert answer.status_code == 303, answer.text
        return self.client.get(answer.headers["Location"], base_url=PUBLIC_URL)


@pytest.fixture
def admin_link(database: Database) -> Callable[[], str]:
    """Give what makes links to the desks."""

    def make() -> str:
        with database.begin() as session:
            token = links.make(session, Purpose.ADMIN, who="test", now=utcnow())
        return f"/lti/admin?link={token}"

    return make


@pytest.fixture
def desk(client: FlaskClient, admin_link: Callable[[], str]) -> Desk:
    """Give a browser that came by an administrator's link."""
    return Desk(client, enter(client, admin_link()).headers["Location"])


@pytest.fixture
def moodle(database: Database) -> Platform:
    """Give a platform that is known."""
    with database.begin() as session:
        return platforms.add(
            session,
            Calls(),
            platforms.moodle("https://lms.example.org", "AbC123", name="Moodle of the academy"),
            deployments=["4"],
            who="test",
            now=utcnow(),
        )


def enter(client: FlaskClient, link: str) -> TestResponse:
    page = client.get(link, base_url=PUBLIC_URL).text
    fields = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page)
    form = {name: html.unescape(value) for name, value in fields}
    return client.post("/lti/admin", data=form, base_url=PUBLIC_URL)


# The door


def test_a_look_at_the_link_does_not_use_it_up(
    client: FlaskClient, admin_link: Callable[[], str]
) -> None:
    link = admin_link()

    looks = [client.get(link, base_url=PUBLIC_URL) for _ in range(3)]
    entered = enter(client, link)

    assert [look.status_code for look in looks] == [200, 200, 200]
    assert entered.status_code == 303
    assert re.search(r"/v/[\w-]{43}/desk/platforms$", entered.headers["Location"])


def test_the_link_opens_the_desks_once(client: FlaskClient, admin_link: Callable[[], str]) -> None:
    link = admin_link()
    enter(client, link)

    again = client.get(link, base_url=PUBLIC_URL)

    assert again.status_code == 410
    assert "used already" in again.text


def test_the_desks_belong_to_the_browser_that_pressed_the_button(app: Flask, desk: Desk) -> None:
    elsewhere = app.test_client().get(f"{desk.base}/platforms", base_url=PUBLIC_URL)

    assert desk.get("platforms").status_code == 200
    assert elsewhere.status_code == 401


@pytest.mark.parametrize("page", PAGES)
def test_every_page_opens_on_an_empty_tool_and_may_not_be_framed(desk: Desk, page: str) -> None:
    answer = desk.get(page)

    assert answer.status_code == 200
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
    assert 'aria-label="Desk"' in answer.text


@pytest.mark.parametrize("page", PAGES)
def test_no_page_opens_to_a_learner(
    client: FlaskClient, database: Database, moodle: Platform, page: str
) -> None:
    visit = "v" * 43
    with database.begin() as session:
        session.add(
            Launch(
                visit_hash=digest(visit),
                platform_id=moodle.id,
                message_type="LtiResourceLinkRequest",
                roles=["learner", "instructor"],
                created_at=utcnow(),
                ends_at=utcnow() + timedelta(hours=1),
            )
        )

    answer = client.get(f"/v/{visit}/desk/{page}", base_url=PUBLIC_URL)

    assert answer.status_code == 403


# Platforms


def test_a_moodle_is_added_by_hand(desk: Desk, database: Database) -> None:
    answer = desk.post(
        "platforms/new",
        "platforms/new",
        preset="moodle",
        site="https://lms.example.org/",
        client_id="AbC123",
        deployment="4",
        country="CZ",
    )

    page = desk.follow(answer)
    assert "The platform is known now" in page.text
    assert "<h1>lms.example.org</h1>" in page.text
    assert "approved" in page.text
    with database.read() as session:
        assert session.scalars(select(Platform)).one().country == "CZ"


def test_another_platform_is_added_with_all_its_addresses(desk: Desk, database: Database) -> None:
    answer = desk.post(
        "platforms/new",
        "platforms/new",
        preset="other",
        issuer="https://canvas.example.org",
        client_id="10000000000001",
        auth_url="https://sso.example.org/auth",
        token_url="https://sso.example.org/token",
        keys_url="https://sso.example.org/keys",
        deployment="1:a 1:b",
        policy="approve",
    )

    assert answer.status_code == 303
    with database.read() as session:
        assert session.scalars(select(Platform)).one().auth_url == "https://sso.example.org/auth"
        found = session.scalars(select(Deployment.deployment_id)).all()
        assert sorted(found) == ["1:a", "1:b"]


def test_what_was_typed_stays_where_something_is_wrong(desk: Desk, moodle: Platform) -> None:
    answer = desk.post(
        "platforms/new",
        "platforms/new",
        preset="moodle",
        site=moodle.issuer,
        client_id=moodle.client_id,
        deployment="4",
    )

    assert answer.status_code == 422
    assert "issuer and client id already" in answer.text
    assert 'value="https://lms.example.org"' in answer.text


def test_the_list_and_the_page_show_how_a_platform_goes(
    desk: Desk, database: Database, moodle: Platform
) -> None:
    with database.begin() as session:
        status = DeploymentStatus.PENDING
        deployments.meet(session, moodle.id, "9", status=status, who="test", now=utcnow())
        for check in (None, Check.NONCE):
            doctor.record(
                session,
                accepted=check is None,
                check=check,
                code=doctor.new_code(),
                platform_id=moodle.id,
                now=utcnow(),
            )

    listed = desk.get("platforms").text
    shown = desk.get(f"platforms/{moodle.id}").text

    assert "Moodle of the academy" in listed
    assert "1 waits" in listed
    assert "1 refused" in listed
    assert "1 taken, 1 refused" in shown
    assert "Newest refused launches" in shown


def test_a_deployment_is_approved_and_refused(
    desk: Desk, database: Database, moodle: Platform
) -> None:
    page = f"platforms/{moodle.id}"

    refused = desk.post(f"{page}/deployments", page, deployment="4", decision="refuse")
    added = desk.post(f"{page}/deployments", page, deployment="5", decision="add")
    unknown = desk.post(f"{page}/deployments", page, deployment="6", decision="approve")

    assert (refused.status_code, added.status_code, unknown.status_code) == (303, 303, 404)
    with database.read() as session:
        found = {each.deployment_id: each.status for each in session.scalars(select(Deployment))}
        assert found == {"4": "refused", "5": "approved"}


def test_a_platform_is_changed(desk: Desk, database: Database, moodle: Platform) -> None:
    page = f"platforms/{moodle.id}"

    good = desk.post(page, page, name="Academy", frame_origins="https://portal.example.org")
    bad = desk.post(page, page, frame_origins="portal")

    assert "The platform is changed." in desk.follow(good).text
    assert bad.status_code == 422
    assert "Give each further origin" in bad.text
    with database.read() as session:
        kept = platforms.find(session, moodle.id)
        assert (kept.name, kept.frame_origins) == ("Academy", ["https://portal.example.org"])
        assert kept.auth_url == moodle.auth_url


def test_a_platform_is_withdrawn_and_restored(
    desk: Desk, database: Database, moodle: Platform
) -> None:
    page = f"platforms/{moodle.id}"

    withdrawn = desk.follow(desk.post(f"{page}/standing", page, act="withdraw"))
    restored = desk.follow(desk.post(f"{page}/standing", page, act="restore"))

    assert "Restore this platform" in withdrawn.text
    assert "Withdraw this platform" in restored.text
    with database.read() as session:
        told = session.scalars(select(AuditLine).where(AuditLine.about == str(moodle.id)))
        assert [(line.act, line.who) for line in told][-2:] == [
            ("platform.withdrawn", "desk link"),
            ("platform.restored", "desk link"),
        ]


# Links


def test_a_registration_link_is_made_shown_once_and_taken_back(
    desk: Desk, database: Database
) -> None:
    made = desk.post(
        "links",
        "links",
        purpose="registration",
        label="Moodle of the academy",
        country="CZ",
        policy="approve",
        hours="24",
        ask_names="yes",
    )

    url = re.search(rf"{PUBLIC_URL}/lti/register\?link=[\w-]{{43}}", made.text)
    assert url
    listed = desk.get("links").text
    assert "Moodle of the academy (CZ)" in listed
    assert url.group() not in listed
    with database.read() as session:
        kept = session.scalars(select(OneTimeLink).where(OneTimeLink.country == "CZ")).one()
        assert kept.expires_at - kept.created_at == timedelta(hours=24)
        assert (kept.deployment_policy, kept.ask_names) == ("approve", True)
    back = desk.follow(desk.post(f"links/{kept.id}/withdraw", "links"))
    assert "good for nothing from now on" in back.text


def test_a_link_for_no_time_is_refused_with_what_was_typed(desk: Desk) -> None:
    answers = [
        desk.post("links", "links", purpose="registration", label="Mine", hours=hours)
        for hours in ("0", "many")
    ]

    assert [answer.status_code for answer in answers] == [422, 422]
    assert all('value="Mine"' in answer.text for answer in answers)


def test_a_colleague_is_let_in(app: Flask, desk: Desk) -> None:
    made = desk.post("links", "links", purpose="admin")
    path = re.search(r"/lti/admin\?link=[\w-]{43}", made.text)
    assert path

    assert enter(app.test_client(), path.group()).status_code == 303


# The doctor


def test_a_trace_is_found_by_its_code_and_explained(
    desk: Desk, database: Database, moodle: Platform
) -> None:
    code = doctor.new_code()
    with database.begin() as session:
        doctor.record(
            session,
            accepted=False,
            check=Check.ISSUED_AT,
            code=code,
            platform_id=moodle.id,
            skew_s=77,
            kid="key-1",
            binding="storage",
            deployment="4",
            detail={"ahead_s": 77},
            now=utcnow(),
        )

    listed = desk.get("launches", platform=str(moodle.id))
    shown = desk.follow(desk.get("launches/find", code=code.lower().replace("-", " ")))
    missed = desk.follow(desk.get("launches/find", code="nothing"))

    assert code in listed.text
    assert f"<h1>Launch {code}</h1>" in shown.text
    assert "time server" in shown.text
    assert "77 s ahead" in shown.text
    assert "its own storage" in shown.text
    assert "Moodle of the academy" in shown.text
    assert "no trace of this code" in missed.text


def test_accepted_launches_are_listed_when_asked_for(desk: Desk, database: Database) -> None:
    code = doctor.new_code()
    with database.begin() as session:
        doctor.record(session, accepted=True, code=code, now=utcnow())

    assert code not in desk.get("launches").text
    assert code in desk.get("launches", show="all").text
    assert desk.get(f"launches/{code}").status_code == 200


# Roles and keys


def test_a_role_is_given_and_taken_away_and_what_rests_on_it_ends(
    desk: Desk, client: FlaskClient, database: Database, moodle: Platform
) -> None:
    who = {"role": "officer", "issuer": moodle.issuer, "subject": "42"}

    given = desk.follow(desk.post("roles", "roles", **who))
    twice = desk.follow(desk.post("roles", "roles", **who))
    with database.begin() as session:
        person = Person(
            platform_id=moodle.id,
            subject="42",
            actor_name="a",
            created_at=utcnow(),
            seen_at=utcnow(),
        )
        session.add(person)
        session.flush()
        session.add(
            Launch(
                visit_hash=digest("x"),
                platform_id=moodle.id,
                person_id=person.id,
                message_type="LtiResourceLinkRequest",
                roles=["officer"],
                created_at=utcnow(),
                ends_at=utcnow() + timedelta(hours=1),
            )
        )
    taken = desk.follow(desk.post("roles/withdraw", "roles", **who))

    assert "counts from their next launch on" in given.text
    assert "Officer" in given.text
    assert "hold this role already" in twice.text
    assert "No role is given to anybody yet." in taken.text
    with database.read() as session:
        grant = session.scalars(select(Grant)).one()
        ended = session.scalars(select(Launch).where(Launch.person_id == person.id)).one()
        lines = session.scalars(select(AuditLine).where(AuditLine.about == str(grant.id)))
        assert ended.ended_at is not None
        assert [line.act for line in lines] == ["role.granted", "role.withdrawn"]
        assert find_break(session) is None


@pytest.mark.parametrize("role", ["learner", "instructor", "king"])
def test_roles_of_the_platform_cannot_be_given_here(desk: Desk, role: str) -> None:
    answer = desk.post("roles", "roles", role=role, issuer="https://x.example.org", subject="1")

    assert answer.status_code == 422


def test_a_new_key_signs_tomorrow_or_at_once(desk: Desk, database: Database) -> None:
    later = desk.follow(desk.post("keys", "keys"))
    at_once = desk.follow(desk.post("keys", "keys", at_once="yes"))

    assert "It signs from tomorrow on" in later.text
    assert "It signs from now on" in at_once.text
    with database.read() as session:
        newest, first = keys.list_keys(session)
        assert newest.signs_from <= utcnow() < first.signs_from
        assert len(session.scalars(select(ToolKey)).all()) == 2


# What did not arrive


def test_a_score_that_rests_is_sent_again(desk: Desk, database: Database, moodle: Platform) -> None:
    score_id = _stuck_score(database, moodle)

    shown = desk.get("scores")
    none = desk.follow(desk.post("scores", "scores"))
    sent = desk.follow(desk.post("scores", "scores", score=str(score_id)))

    assert "Moodle does so for people" in shown.text
    assert "Alice" not in shown.text
    assert "Choose at least one" in none.text
    assert "1 score goes out again." in sent.text
    assert "No score rests" in sent.text


def test_refused_statements_go_out_again(desk: Desk, database: Database) -> None:
    now = utcnow()
    with database.begin() as session:
        entry = OutboxEntry(statement_id=uuid4(), actor_key="a", payload="{}", queued_at=now)
        session.add(entry)
        session.flush()
        session.add(
            Delivery(target="https://lrs", seq=entry.seq, stuck_at=now, reason="No such verb.")
        )
        session.add(
            Target(
                name="https://lrs",
                due_at=now + timedelta(hours=1),
                leased_until=now,
                tries=3,
                reason="It did not answer.",
            )
        )

    shown = desk.get("statements")
    again = desk.follow(desk.post("statements", "statements"))

    assert "No such verb." in shown.text
    assert "It did not answer." in shown.text
    assert "1 statement goes out again." in again.text
    with database.read() as session:
        assert session.scalars(select(Delivery)).all() == []
        assert session.scalars(select(Target)).one().due_at <= utcnow()


def _stuck_score(database: Database, moodle: Platform) -> Any:
    now = utcnow()
    with database.begin() as session:
        deployment = session.scalars(select(Deployment)).one()
        context = Context(deployment_id=deployment.id, context_key="2")
        person = Person(
            platform_id=moodle.id,
            subject="7",
            name="Alice",
            actor_name="b",
            created_at=now,
            seen_at=now,
        )
        session.add_all([context, person])
        session.flush()
        column = LineItem(
            context_id=context.id, url="u", url_hash="h", course_id="capitals", created_at=now
        )
        session.add(column)
        session.flush()
        score = WantedScore(
            line_item_id=column.id,
            person_id=person.id,
            points=Fraction(5, 2),
            maximum=10,
            wanted_at=now,
            stuck_at=now,
            reason="Moodle does so for people who are not enrolled.",
        )
        session.add(score)
        session.flush()
        return score.id


# Keys of the record store


def test_a_key_of_the_record_store_is_made_shown_once_used_and_withdrawn(
    desk: Desk, app: Flask, database: Database
) -> None:
    made = desk.post("record-keys", "record-keys", label="Dashboards", scope=["state", "all/read"])

    assert made.status_code == 200
    key, secret = re.findall(r"<code>([^<]+)</code>", made.text)[1:]
    listed = desk.get("record-keys").text
    assert key in listed
    assert "Dashboards" in listed
    assert secret not in listed

    def enter_store() -> int:
        client = app.test_client()
        headers = {"X-Experience-API-Version": "1.0.3"}
        return client.get("/xapi/statements", auth=(key, secret), headers=headers).status_code

    assert enter_store() == 200
    assert desk.post(f"record-keys/{key}/withdraw", "record-keys").status_code == 303
    assert enter_store() == 401
    assert key not in desk.get("record-keys").text
    with database.read() as session:
        lines = session.scalars(select(AuditLine).where(AuditLine.about == key)).all()
        assert [each.act for each in lines] == ["credential.added", "credential.withdrawn"]
        assert lines[0].detail == {"scopes": ["all/read", "state"]}


@pytest.mark.parametrize(
    "form",
    [{"label": " ", "scope": "all"}, {"label": "X"}, {"label": "X", "scope": "everything"}],
)
def test_a_key_for_nobody_or_for_nothing_is_refused_in_words(
    desk: Desk, form: dict[str, str]
) -> None:
    answer = desk.post("record-keys", "record-keys", **form)

    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert "no other program can enter" in answer.text
