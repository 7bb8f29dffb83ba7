"""Only roles in the context give power."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lti_tool.lti.roles import MEMBERSHIP, context_roles
from lti_tool.visit import Role

LEARNER = frozenset({Role.LEARNER})
INSTRUCTOR = frozenset({Role.INSTRUCTOR})
INSTITUTION = "http://purl.imsglobal.org/vocab/lis/v2/institution/person"
SYSTEM = "http://purl.imsglobal.org/vocab/lis/v2/system/person"


@pytest.mark.parametrize(
    ("given_role", "ours"),
    [
        (f"{MEMBERSHIP}#Learner", LEARNER),
        (f"{MEMBERSHIP}#Instructor", INSTRUCTOR),
        (f"{MEMBERSHIP}#ContentDeveloper", INSTRUCTOR),
        (f"{MEMBERSHIP}#Mentor", LEARNER),
        (f"{MEMBERSHIP}#Administrator", LEARNER),
        (f"{MEMBERSHIP}/Instructor#TeachingAssistant", INSTRUCTOR),
        (f"{MEMBERSHIP}/Instructor#Grader", INSTRUCTOR),
        (f"{MEMBERSHIP}/Learner#GuestLearner", LEARNER),
        (f"{MEMBERSHIP}/Mentor#Mentor", LEARNER),
        ("Instructor", INSTRUCTOR),
        ("Learner", LEARNER),
        ("instructor", LEARNER),
        ("", LEARNER),
        (f"{INSTITUTION}#Instructor", LEARNER),
        (f"{INSTITUTION}#Administrator", LEARNER),
        (f"{SYSTEM}#Administrator", LEARNER),
        (f"{SYSTEM}#SysAdmin", LEARNER),
        ("http://evil.example.org/membership#Instructor", LEARNER),
        (f"{MEMBERSHIP}x#Instructor", LEARNER),
        ("urn:lti:role:ims/lis/Instructor", LEARNER),
    ],
)
def test_a_role_of_the_platform_is_one_of_ours(given_role: str, ours: frozenset[Role]) -> None:
    assert context_roles([given_role]) == ours


def test_somebody_may_be_both_and_whoever_is_nothing_learns() -> None:
    both = context_roles([f"{MEMBERSHIP}#Instructor", f"{MEMBERSHIP}#Learner"])

    assert both == LEARNER | INSTRUCTOR
    assert context_roles([]) == LEARNER


@given(st.lists(st.text()))
def test_no_launch_whatever_it_says_gives_more_than_teaching(given_roles: list[str]) -> None:
    assert context_roles(given_roles) <= LEARNER | INSTRUCTOR
    assert context_roles(given_roles)


@given(st.text(), st.sampled_from([INSTITUTION, SYSTEM]))
def test_roles_outside_the_context_never_count(word: str, vocabulary: str) -> None:
    if "#" not in word:
        assert context_roles([f"{vocabulary}#{word}"]) == LEARNER
        assert context_roles([f"{vocabulary}#{word}", "Instructor"]) == INSTRUCTOR
