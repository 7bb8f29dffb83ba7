"""Platforms and their deployments: taken in, changed, withdrawn; each act is noted."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_tool import audit
from lti_tool.audit import AuditLine
from lti_tool.db import Database
from lti_tool.errors import BadRequestError, ConflictingError, NotFoundError
from lti_tool.lti import deployments, doctor, platforms, standing
from lti_tool.lti.calls import Calls
from lti_tool.lti.checks import Check
from lti_tool.lti.models import (
    Deployment,
    DeploymentPolicy,
    DeploymentStatus,
    Platform,
    PlatformKey,
    PlatformToken,
)
from lti_tool.lti.platforms import PlatformChange, PlatformDetails

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
CALLS = Calls()
WHO = "command line"


def a_moodle(**changed: object) -> PlatformDetails:
    given = {"site": "https://lms.example.org/", "client_id": "AbC123"} | changed
    return platforms.moodle(**given)  # type: ignore[arg-type]


def acts(session: Session) -> list[str]:
    return list(session.scalars(select(AuditLine.act).order_by(AuditLine.number)))


def test_a_moodle_is_known_by_the_address_of_its_site_alone(database: Database) -> None:
    with database.begin() as session:
        made = platforms.add(
            session, CALLS, a_moodle(country="cz"), deployments=["4"], who=WHO, now=NOON
        )

    with database.read() as session:
        kept = platforms.find(session, made.id)
        deployment = session.scalars(select(Deployment)).one()
        assert kept.issuer == "https://lms.example.org"
        assert kept.auth_url == "https://lms.example.org/mod/lti/auth.php"
        assert kept.token_url == "https://lms.example.org/mod/lti/token.php"
        assert kept.keys_url == "https://lms.example.org/mod/lti/certs.php"
        assert (kept.name, kept.product, kept.country) == ("lms.example.org", "moodle", "CZ")
        assert kept.deployment_policy == DeploymentPolicy.AUTOMATIC
        assert (deployment.deployment_id, deployment.status) == ("4", DeploymentStatus.APPROVED)
        assert acts(session) == ["platform.added", "deployment.approved"]
        assert audit.find_break(session) is None


def test_the_same_issuer_and_client_id_twice_is_told_clearly(database: Database) -> None:
    with database.begin() as session:
        platforms.add(session, CALLS, a_moodle(), who=WHO, now=NOON)

    with pytest.raises(ConflictingError) as caught, database.begin() as session:
        platforms.add(session, CALLS, a_moodle(), who=WHO, now=NOON)

    assert "issuer and client id already" in str(caught.value.words)
    with database.read() as session:
        assert len(session.scalars(select(Platform)).all()) == 1


def test_one_issuer_may_have_several_clients(database: Database) -> None:
    with database.begin() as session:
        platforms.add(session, CALLS, a_moodle(), who=WHO, now=NOON)
        platforms.add(session, CALLS, a_moodle(client_id="other"), who=WHO, now=NOON)

        assert len(standing.list_platforms(session, now=NOON)) == 2


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"site": "http://lms.example.org"}, "https"),
        ({"site": "https://10.0.0.7"}, "private network"),
        ({"site": "https://localhost:8080"}, "private network"),
        ({"site": "ftp://lms.example.org"}, "https://"),
        ({"site": "https://me:secret@lms.example.org"}, "user name"),
        ({"client_id": "  "}, "1 to 255"),
        ({"client_id": "x" * 256}, "1 to 255"),
        ({"country": "Czechia"}, "two letters"),
        ({"country": "QQ"}, "two letters"),
    ],
)
def test_what_cannot_be_used_is_refused_with_words(
    database: Database, changed: dict[str, object], told: str
) -> None:
    with pytest.raises(BadRequestError) as caught, database.begin() as session:
        platforms.add(session, CALLS, a_moodle(**changed), who=WHO, now=NOON)

    assert told in str(caught.value.words)
    with database.read() as session:
        assert session.scalars(select(Platform)).all() == []


def test_private_addresses_are_taken_where_they_are_allowed(database: Database) -> None:
    with database.begin() as session:
        made = platforms.add(
            session,
            Calls(allow_private=True),
            a_moodle(site="http://localhost:8080"),
            who=WHO,
            now=NOON,
        )

    assert made.issuer == "http://localhost:8080"


@pytest.mark.parametrize(
    "origin", ["https://a.example.org; script-src *", "https://a.example.org/x", "a.example.org"]
)
def test_a_further_origin_must_be_an_origin_and_nothing_else(
    database: Database, origin: str
) -> None:
    with database.begin() as session:
        made = platforms.add(session, CALLS, a_moodle(), who=WHO, now=NOON)

    wanted = PlatformChange(frame_origins=(origin,))
    with pytest.raises(BadRequestError), database.begin() as session:
        platforms.change(session, CALLS, made.id, wanted, who=WHO, now=NOON)

    with database.read() as session:
        assert platforms.find(session, made.id).frame_origins == []


def test_a_change_raises_the_version_and_drops_what_hung_on_old_addresses(
    database: Database,
) -> None:
    with database.begin() as session:
        made = platforms.add(session, CALLS, a_moodle(), who=WHO, now=NOON)
        made.keys_fetched_at = NOON
        session.add(PlatformKey(platform_id=made.id, kid="k1", jwk={}, fetched_at=NOON))
        session.add(
            PlatformToken(platform_id=made.id, scopes="s", token_sealed="t", expires_at=NOON)
        )

    with database.begin() as session:
        wanted = PlatformChange(
            keys_url="https://lms.example.org/keys",
            token_url="https://lms.example.org/token",
            country="AT",
            frame_origins=("https://portal.example.org/", "https://portal.example.org"),
        )
        platforms.change(session, CALLS, made.id, wanted, who=WHO, now=NOON)

    with database.read() as session:
        kept = platforms.find(session, made.id)
        assert (kept.version, kept.country, kept.name) == (2, "AT", "lms.example.org")
        assert kept.frame_origins == ["https://portal.example.org"]
        assert kept.keys_fetched_at is None
        assert session.scalars(select(PlatformKey)).all() == []
        assert session.scalars(select(PlatformToken)).all() == []
        line = session.scalars(select(AuditLine).where(AuditLine.act == "platform.changed")).one()
        assert line.detail == {"changed": ["country", "frame_origins", "keys_url", "token_url"]}


def test_a_change_of_nothing_leaves_no_trace(database: Database) -> None:
    with database.begin() as session:
        made = platforms.add(session, CALLS, a_moodle(), who=WHO, now=NOON)

    with database.begin() as session:
        wanted = PlatformChange(name="lms.example.org")
        platforms.change(session, CALLS, made.id, wanted, who=WHO, now=NOON)

    with database.read() as session:
        assert platforms.find(session, made.id).version == 1
        assert acts(session) == ["platform.added"]


def test_a_platform_is_withdrawn_and_restored(database: Database) -> None:
    with database.begin() as session:
        made = platforms.add(session, CALLS, a_moodle(), who=WHO, now=NOON)

    with database.begin() as session:
        answers = [
            platforms.withdraw(session, made.id, who=WHO, now=NOON),
            platforms.withdraw(session, made.id, who=WHO, now=NOON),
            platforms.restore(session, made.id, who=WHO, now=NOON),
            platforms.restore(session, made.id, who=WHO, now=NOON),
        ]

    assert answers == [True, False, True, False]
    with database.read() as session:
        kept = platforms.find(session, made.id)
        assert (kept.withdrawn_at, kept.version) == (None, 3)
        assert acts(session) == ["platform.added", "platform.withdrawn", "platform.restored"]


def test_a_deployment_is_decided_by_an_administrator(database: Database) -> None:
    with database.begin() as session:
        made = platforms.add(session, CALLS, a_moodle(), who=WHO, now=NOON)
        pending = deployments.meet(
            session, made.id, "7", status=DeploymentStatus.PENDING, who=WHO, now=NOON
        )

    with database.begin() as session:
        decide = deployments.decide_deployment
        decide(session, made.id, "7", DeploymentStatus.REFUSED, who=WHO, now=NOON)
        again = deployments.meet(
            session, made.id, "7", status=DeploymentStatus.APPROVED, who=WHO, now=NOON
        )

    assert pending.status == DeploymentStatus.PENDING
    assert again.status == DeploymentStatus.REFUSED


def test_a_deployment_of_another_platform_cannot_be_decided(database: Database) -> None:
    with database.begin() as session:
        one = platforms.add(session, CALLS, a_moodle(), deployments=["4"], who=WHO, now=NOON)
        other = platforms.add(session, CALLS, a_moodle(client_id="x"), who=WHO, now=NOON)

    with pytest.raises(NotFoundError), database.begin() as session:
        deployments.decide_deployment(
            session, other.id, "4", DeploymentStatus.REFUSED, who=WHO, now=NOON
        )

    with database.read() as session:
        kept = session.scalars(select(Deployment).where(Deployment.platform_id == one.id)).one()
        assert kept.status == DeploymentStatus.APPROVED


def test_an_unknown_platform_is_not_found(database: Database) -> None:
    with database.read() as session, pytest.raises(NotFoundError):
        platforms.find(session, uuid4())


def test_the_list_tells_how_each_platform_goes(database: Database) -> None:
    def seen(accepted: bool, ago: timedelta) -> None:
        doctor.record(
            session,
            accepted=accepted,
            check=None if accepted else Check.NONCE,
            code=doctor.new_code(),
            platform_id=busy.id,
            now=NOON - ago,
        )

    with database.begin() as session:
        quiet = platforms.add(session, CALLS, a_moodle(name="Quiet"), who=WHO, now=NOON)
        busy = platforms.add(
            session, CALLS, a_moodle(client_id="b", name="Busy"), who=WHO, now=NOON
        )
        gone = platforms.add(
            session, CALLS, a_moodle(client_id="c", name="A gone one"), who=WHO, now=NOON
        )
        platforms.withdraw(session, gone.id, who=WHO, now=NOON)
        pending = DeploymentStatus.PENDING
        deployments.meet(session, busy.id, "1", status=pending, who=WHO, now=NOON)
        seen(True, timedelta(hours=1))
        seen(True, timedelta(days=8))
        seen(False, timedelta(hours=2))

    with database.read() as session:
        found = standing.list_platforms(session, now=NOON)

    assert [each.platform.name for each in found] == ["Busy", "Quiet", "A gone one"]
    assert (found[0].recent_launches, found[0].recent_refused, found[0].pending) == (1, 1, 1)
    assert found[0].last_launch_at == NOON - timedelta(hours=1)
    assert found[0].last_refused_at == NOON - timedelta(hours=2)
    assert (found[1].last_launch_at, found[1].recent_launches, found[1].pending) == (None, 0, 0)
    assert found[1].platform.id == quiet.id
