"""Visits: found by the opaque id in their address, and over when they are over."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, text, update

from lti_tool import grants
from lti_tool.db import Database, utcnow
from lti_tool.errors import NotFoundError
from lti_tool.lti import visits
from lti_tool.lti.models import Launch, LineItem, Platform, ResourceLink
from lti_tool.visit import Role
from tests.services_platform import COLUMN, NOON
from tests.signing_platform import AGS, LTI, MEMBERSHIP, SigningPlatform, launch

HOUR = timedelta(hours=1)


def come(client: FlaskClient, platform: SigningPlatform, **claims: object) -> tuple[str, str]:
    """Launch; give the visit's id and its cookie's secret."""
    visit_id = launch(client, platform, **claims).location.split("/")[2]
    cookie = client.get_cookie(f"__Host-visit-{visit_id[:8]}")
    assert cookie is not None
    return visit_id, cookie.value


def test_a_visit_knows_who_came_from_where_to_what(
    client: FlaskClient, platform: SigningPlatform, database: Database
) -> None:
    visit_id, secret = come(
        client, platform, **{f"{LTI}custom": {"course": "capitals", "item": "exam"}}
    )

    visit = visits.find(database, visit_id, secret, now=utcnow())

    assert visit is not None
    assert (visit.id, visit.roles) == (visit_id, frozenset({Role.LEARNER}))
    assert (visit.course_id, visit.item_path) == ("capitals", "exam")
    assert (visit.display_name, visit.locale, visit.framed) == ("Alice Andersson", "en", True)
    assert visit.frame_ancestors == (platform.url,)
    assert None not in {visit.person_id, visit.context_id, visit.resource_link_id}
    assert len(visit.actor_name or "") == 32


def test_only_hashes_of_a_visits_id_and_secret_are_kept(
    client: FlaskClient, platform: SigningPlatform, database: Database
) -> None:
    visit_id, secret = come(client, platform)

    with database.read() as session:
        kept = str(session.execute(text("SELECT * FROM launch")).all())
    assert visit_id not in kept
    assert secret not in kept


def test_a_visit_is_not_found_without_its_secret_or_by_another_id(
    client: FlaskClient, platform: SigningPlatform, database: Database
) -> None:
    visit_id, secret = come(client, platform)
    _, another = come(client, platform)

    for given_id, given_secret in (
        (visit_id, ""),
        (visit_id, another),
        (visit_id, secret[:-1]),
        (visit_id[:-1], secret),
        ("", secret),
    ):
        assert visits.find(database, given_id, given_secret, now=utcnow()) is None


def test_a_visit_ends_after_its_hours(
    client: FlaskClient, platform: SigningPlatform, database: Database
) -> None:
    visit_id, secret = come(client, platform)

    during = visits.find(database, visit_id, secret, now=utcnow() + 11 * HOUR)
    after = visits.find(database, visit_id, secret, now=utcnow() + 13 * HOUR)

    assert during is not None
    assert after is None


def test_a_visit_ends_with_its_platform(
    client: FlaskClient, platform: SigningPlatform, database: Database
) -> None:
    visit_id, secret = come(client, platform)

    with database.begin() as session:
        session.execute(update(Platform).values(withdrawn_at=utcnow()))

    assert visits.find(database, visit_id, secret, now=utcnow()) is None


def test_a_visit_ends_when_somebodys_roles_are_changed(
    client: FlaskClient, platform: SigningPlatform, database: Database
) -> None:
    alice, alices_secret = come(client, platform)
    bob, bobs_secret = come(client, platform, sub="8")

    with database.begin() as session:
        ended = visits.end_visits(session, platform.url, "7", now=utcnow())
        again = visits.end_visits(session, platform.url, "7", now=utcnow())
        nobody = visits.end_visits(session, "https://another.example.org", "8", now=utcnow())

    assert (ended, again, nobody) == (1, 0, 0)
    assert visits.find(database, alice, alices_secret, now=utcnow()) is None
    assert visits.find(database, bob, bobs_secret, now=utcnow()) is not None


def test_a_visit_is_held_for_half_a_minute_and_still_needs_its_secret(
    client: FlaskClient, platform: SigningPlatform, database: Database
) -> None:
    visit_id, secret = come(client, platform)
    kept, now = visits.Visits(database), utcnow()
    first = kept.find(visit_id, secret, now=now)
    with database.begin() as session:
        visits.end_visits(session, platform.url, "7", now=now)

    assert first is not None
    assert kept.find(visit_id, secret, now=now + visits.HOLD / 2) == first
    assert kept.find(visit_id, "", now=now + visits.HOLD / 2) is None
    assert kept.find(visit_id, secret, now=now + visits.HOLD) is None


def test_a_visit_that_is_held_ends_with_its_hours(
    client: FlaskClient, platform: SigningPlatform, database: Database
) -> None:
    visit_id, secret = come(client, platform)
    with database.read() as session:
        end = session.scalars(select(Launch.ends_at)).one()
    kept = visits.Visits(database)

    before = kept.find(visit_id, secret, now=end - timedelta(seconds=1))

    assert before is not None
    assert kept.find(visit_id, secret, now=end) is None


def test_visits_that_are_held_can_be_forgotten(
    client: FlaskClient, platform: SigningPlatform, database: Database
) -> None:
    visit_id, secret = come(client, platform)
    kept, now = visits.Visits(database), utcnow()
    kept.find(visit_id, secret, now=now)
    with database.begin() as session:
        visits.end_visits(session, platform.url, "7", now=now)

    kept.forget()

    assert kept.find(visit_id, secret, now=now) is None


def test_granted_roles_join_those_of_the_launch(
    client: FlaskClient, platform: SigningPlatform, database: Database
) -> None:
    with database.begin() as session:
        grants.grant(session, Role.OFFICER, platform.url, "7", granted_by="x", now=NOON)

    visit_id, secret = come(client, platform, **{f"{LTI}roles": [f"{MEMBERSHIP}Instructor"]})

    visit = visits.find(database, visit_id, secret, now=utcnow())
    assert visit is not None
    assert visit.roles == {Role.INSTRUCTOR, Role.OFFICER}
    assert visit.is_staff
    assert visit.is_preview


def test_a_desk_visit_has_no_platform_and_needs_its_secret(database: Database) -> None:
    with database.begin() as session:
        visit_id = visits.begin_desk_visit(session, cookie="secret", now=NOON, hours=2)

    visit = visits.find(database, visit_id, "secret", now=NOON + HOUR)
    without = visits.find(database, visit_id, "", now=NOON + HOUR)
    after = visits.find(database, visit_id, "secret", now=NOON + 2 * HOUR)

    assert visit is not None
    assert visit.roles == {Role.ADMINISTRATOR}
    assert {visit.platform_id, visit.person_id, visit.context_id} == {None}
    assert (visit.framed, visit.frame_ancestors) == (False, ())
    assert (without, after) == (None, None)


def test_an_ended_visit_says_so_inside_the_platforms_frame(
    app: Flask, client: FlaskClient, platform: SigningPlatform, database: Database
) -> None:
    visit_id, _ = come(client, platform)
    with database.begin() as session:
        session.execute(update(Launch).values(ended_at=utcnow()))
    app.extensions["lti_tool.visits"].forget()  # what half a minute does

    seen = client.get(f"/v/{visit_id}/")
    sent = client.post(f"/v/{visit_id}/choose", data={"choice": "capitals"})

    for answer in (seen, sent):
        assert answer.status_code == 401
        assert "Your visit has ended" in answer.get_data(as_text=True)
        assert "frame-ancestors 'self' *" in answer.headers["Content-Security-Policy"]


def link_id_of(database: Database) -> object:
    with database.read() as session:
        return session.scalars(select(ResourceLink.id)).one()


def test_a_link_made_by_hand_is_bound_with_its_column(
    client: FlaskClient, platform: SigningPlatform, database: Database
) -> None:
    services = {"scope": [], "lineitem": f"{platform.url}{COLUMN}"}
    come(client, platform, **{f"{LTI}custom": None, AGS: services})

    for item_path in (None, "exam"):
        with database.begin() as session:
            visits.bind_resource_link(
                session,
                link_id_of(database),  # type: ignore[arg-type]
                course_id="capitals",
                item_path=item_path,
                now=NOON,
            )

    with database.read() as session:
        link = session.scalars(select(ResourceLink)).one()
        column = session.scalars(select(LineItem)).one()
    assert (link.course_id, link.item_path) == ("capitals", "exam")
    assert (column.course_id, column.item_path) == ("capitals", "exam")
    assert column.url == f"{platform.url}{COLUMN}"


def test_a_link_without_a_column_is_bound_alone(
    client: FlaskClient, platform: SigningPlatform, database: Database
) -> None:
    come(client, platform, **{f"{LTI}custom": None})

    with database.begin() as session:
        visits.bind_resource_link(
            session,
            link_id_of(database),  # type: ignore[arg-type]
            course_id="capitals",
            item_path=None,
            now=NOON,
        )

    with database.read() as session:
        assert session.scalars(select(ResourceLink.course_id)).one() == "capitals"
        assert session.scalar(select(func.count()).select_from(LineItem)) == 0


def test_a_link_that_is_not_there_cannot_be_bound(database: Database) -> None:
    with pytest.raises(NotFoundError), database.begin() as session:
        visits.bind_resource_link(session, None, course_id="capitals", item_path=None, now=NOON)
