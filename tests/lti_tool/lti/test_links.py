"""One-time links: good once, for a time, for one purpose."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from lti_tool.audit import AuditLine
from lti_tool.db import Database
from lti_tool.errors import BadRequestError
from lti_tool.lti import links
from lti_tool.lti.links import (
    LinkExpiredError,
    LinkRefusedError,
    LinkTerms,
    LinkUnknownError,
    LinkUsedError,
    LinkWithdrawnError,
    Purpose,
)
from lti_tool.lti.models import DeploymentPolicy, OneTimeLink

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
WHO = "command line"


def make(database: Database, purpose: Purpose = Purpose.REGISTRATION, **given: object) -> str:
    with database.begin() as session:
        return links.make(session, purpose, who=WHO, now=NOON, **given)  # type: ignore[arg-type]


def test_a_link_keeps_its_terms_and_only_the_hash_of_its_secret(database: Database) -> None:
    terms = LinkTerms(
        label="Moodle of the academy",
        policy=DeploymentPolicy.APPROVE,
        country="cz",
        ask_names=True,
    )

    token = make(database, terms=terms)

    with database.begin() as session:
        kept = session.scalars(select(OneTimeLink)).one()
        assert token not in kept.token_hash
        used = links.use(session, token, Purpose.REGISTRATION, now=NOON)
        assert (used.label, used.country, used.ask_names) == ("Moodle of the academy", "CZ", True)
        assert used.deployment_policy == DeploymentPolicy.APPROVE
        assert used.used_at == NOON
        assert used.expires_at == NOON + timedelta(days=2)


def test_a_link_is_good_once(database: Database) -> None:
    token = make(database)
    with database.begin() as session:
        links.use(session, token, Purpose.REGISTRATION, now=NOON)

    with pytest.raises(LinkUsedError) as caught, database.begin() as session:
        links.use(session, token, Purpose.REGISTRATION, now=NOON)

    assert "used already" in str(caught.value.words)


def test_of_two_at_once_one_is_refused(database: Database) -> None:
    token = make(database)
    outcomes: list[str] = []
    start = threading.Barrier(4)

    def use() -> None:
        start.wait()
        try:
            with database.begin() as session:
                links.use(session, token, Purpose.REGISTRATION, now=NOON)
            outcomes.append("used")
        except LinkUsedError:
            outcomes.append("refused")

    threads = [threading.Thread(target=use) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(outcomes) == ["refused", "refused", "refused", "used"]


def test_a_link_ends_with_its_time(database: Database) -> None:
    token = make(database, hours=1)

    with pytest.raises(LinkExpiredError), database.begin() as session:
        links.use(session, token, Purpose.REGISTRATION, now=NOON + timedelta(hours=1))


def test_a_link_is_good_for_its_purpose_alone(database: Database) -> None:
    token = make(database, Purpose.REGISTRATION)

    with pytest.raises(LinkUnknownError), database.begin() as session:
        links.use(session, token, Purpose.ADMIN, now=NOON)

    with database.begin() as session:
        assert links.find_open(session, token, Purpose.REGISTRATION, now=NOON).used_at is None


def test_a_link_that_was_taken_back_is_refused(database: Database) -> None:
    token = make(database)
    with database.begin() as session:
        link = links.list_links(session)[0]
        answers = [
            links.withdraw(session, link.id, who=WHO, now=NOON),
            links.withdraw(session, link.id, who=WHO, now=NOON),
        ]

    with pytest.raises(LinkWithdrawnError), database.begin() as session:
        links.use(session, token, Purpose.REGISTRATION, now=NOON)

    assert answers == [True, False]


def test_a_link_nobody_made_is_unknown(database: Database) -> None:
    with pytest.raises(LinkUnknownError), database.read() as session:
        links.find_open(session, "nothing", Purpose.ADMIN, now=NOON)


def test_a_use_that_came_to_nothing_is_given_back(database: Database) -> None:
    token = make(database)
    with database.begin() as session:
        used = links.use(session, token, Purpose.REGISTRATION, now=NOON)

    with database.begin() as session:
        links.give_back(session, used.id, now=NOON)

    with database.begin() as session:
        links.use(session, token, Purpose.REGISTRATION, now=NOON)
        told = list(session.scalars(select(AuditLine.act).order_by(AuditLine.number)))
        assert told == ["link.made", "link.used", "link.given_back", "link.used"]


@pytest.mark.parametrize("hours", [0, 721])
def test_a_link_is_good_for_an_hour_to_thirty_days(database: Database, hours: int) -> None:
    with pytest.raises(BadRequestError):
        make(database, hours=hours)


def test_every_refusal_says_something_of_its_own() -> None:
    kinds = LinkRefusedError.__subclasses__()

    assert len({kind.message_id for kind in kinds}) == len(kinds) == 4
