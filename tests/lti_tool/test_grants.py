"""Roles by grant: given once, limited to a scheme, taken away for good."""

from __future__ import annotations

from datetime import timedelta

from lti_tool import grants
from lti_tool.db import Database
from lti_tool.visit import Role
from tests.services_platform import NOON

ISSUER = "https://lms.example.org"


def give(
    database: Database, role: Role, subject: str = "7", *, scheme: str = "", minutes: int = 0
) -> bool:
    with database.begin() as session:
        return grants.grant(
            session,
            role,
            ISSUER,
            subject,
            scheme_id=scheme,
            granted_by="command line",
            now=NOON + timedelta(minutes=minutes),
        )


def take(database: Database, role: Role, subject: str = "7", *, scheme: str = "") -> bool:
    with database.begin() as session:
        return grants.withdraw(session, role, ISSUER, subject, scheme_id=scheme, now=NOON)


def roles(database: Database, issuer: str = ISSUER, subject: str = "7") -> frozenset[Role]:
    with database.read() as session:
        return grants.roles_of(session, issuer, subject)


def test_a_role_is_held_by_one_person_of_one_issuer(database: Database) -> None:
    give(database, Role.OFFICER)

    assert roles(database) == {Role.OFFICER}
    assert roles(database, subject="8") == frozenset()
    assert roles(database, issuer="https://another.example.org") == frozenset()


def test_a_role_is_given_once(database: Database) -> None:
    assert [give(database, Role.ANALYST), give(database, Role.ANALYST)] == [True, False]


def test_a_role_is_taken_away_and_can_be_given_again(database: Database) -> None:
    give(database, Role.OFFICER)

    taken = [take(database, Role.OFFICER), take(database, Role.OFFICER)]
    after = roles(database)
    again = give(database, Role.OFFICER)

    assert taken == [True, False]
    assert (after, again) == (frozenset(), True)


def test_a_role_limited_to_a_scheme_is_another_grant(database: Database) -> None:
    given = [
        give(database, Role.OFFICER),
        give(database, Role.OFFICER, scheme="capitals"),
        give(database, Role.OFFICER, scheme="capitals"),
    ]

    take(database, Role.OFFICER)

    assert given == [True, True, False]
    assert roles(database) == {Role.OFFICER}
    assert take(database, Role.OFFICER, scheme="capitals")
    assert roles(database) == frozenset()


def test_grants_in_force_are_listed_oldest_first(database: Database) -> None:
    give(database, Role.OFFICER, "9", minutes=2)
    give(database, Role.ANALYST, "8", minutes=1)
    give(database, Role.OFFICER, "7", minutes=0)
    give(database, Role.OFFICER, "6", minutes=3)
    take(database, Role.OFFICER, "6")

    with database.read() as session:
        everybody = [each.subject for each in grants.list_grants(session)]
        officers = [each.subject for each in grants.list_grants(session, Role.OFFICER)]

    assert everybody == ["7", "8", "9"]
    assert officers == ["7", "9"]
