"""The roster as Moodle gives it, and as the specification does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from lti_tool.practice.app import Practice
from lti_tool.practice.claims import NRPS
from lti_tool.practice.model import Tool
from lti_tool.practice.service_routes import ROSTER_TYPE
from tests.lti_tool.practice.double import Caller, Double

Know = Callable[..., Tool]


def roster(
    practice: Practice, double: Double, tool: Tool, query: str = "", kind: str = ROSTER_TYPE
) -> Any:
    """Ask for the members."""
    if not practice.state.activities:
        practice.add_activity(tool)
    activity = next(iter(practice.state.activities.values()))
    url = practice.claims("carol", activity, nonce="n")[NRPS]["context_memberships_url"]
    return Caller(practice, double, tool).call("GET", f"{url}{query}", kind)


def test_members_are_sorted_with_short_roles(moodle: Practice, double: Double, tool: Tool) -> None:
    members = roster(moodle, double, tool).json()["members"]

    assert [each["family_name"] for each in members] == sorted(
        each["family_name"] for each in members
    )
    roles = {each["user_id"]: each["roles"] for each in members}
    assert (roles["5"], roles["3"]) == (["Learner"], ["Instructor"])
    assert roles["4"] == ["Learner"]
    assert len(roles["2"]) == 2


def test_a_plain_platform_gives_whole_roles(plain: Practice, double: Double, know: Know) -> None:
    members = roster(plain, double, know(plain)).json()["members"]

    roles = {each["user_id"]: each["roles"] for each in members}
    assert roles["5"] == ["http://purl.imsglobal.org/vocab/lis/v2/membership#Learner"]
    assert roles["4"][1].endswith("Instructor#TeachingAssistant")


def test_names_are_withheld_here_too(moodle: Practice, double: Double, know: Know) -> None:
    tool = know(moodle, share_name=False, share_email=False)

    members = roster(moodle, double, tool).json()["members"]

    assert set(members[0]) == {"status", "user_id", "roles", "lis_person_sourcedid"}


def test_suspended_people_vanish(
    moodle: Practice, plain: Practice, double: Double, know: Know
) -> None:
    shown = []
    for practice in (moodle, plain):
        practice.state.courses[2].suspended.add(6)
        members = roster(practice, double, know(practice)).json()["members"]
        shown.append([each["status"] for each in members if each["user_id"] == "6"])

    assert shown == [[], ["Inactive"]]


def test_the_next_page_forgets_the_role(
    moodle: Practice, plain: Practice, double: Double, know: Know
) -> None:
    query = "?role=Learner&limit=1"

    forgets, keeps = (
        roster(practice, double, know(practice), query) for practice in (moodle, plain)
    )

    assert "role=" not in forgets.headers["Link"]
    assert "role=Learner" in keeps.headers["Link"]
    assert forgets.headers["Link"].endswith('>; rel="next"')


def test_pages_hold_everybody_once(moodle: Practice, double: Double, tool: Tool) -> None:
    caller = Caller(moodle, double, tool)
    answer = roster(moodle, double, tool, "?limit=2")
    seen = [each["user_id"] for each in answer.json()["members"]]
    while "Link" in answer.headers:
        following = answer.headers["Link"].partition("<")[2].partition(">")[0]
        answer = caller.call("GET", following, ROSTER_TYPE)
        seen += [each["user_id"] for each in answer.json()["members"]]

    assert sorted(seen) == ["2", "3", "4", "5", "6", "7", "8"]


def test_an_unknown_role_filters_nothing(moodle: Practice, double: Double, tool: Tool) -> None:
    assert len(roster(moodle, double, tool, "?role=Dean").json()["members"]) == 7


def test_an_unknown_link_is_not_found(
    moodle: Practice, plain: Practice, double: Double, know: Know
) -> None:
    told = [
        roster(practice, double, know(practice), "?rlid=999").status_code
        for practice in (moodle, plain)
    ]

    assert told == [404, 200]


@pytest.mark.parametrize(("kind", "status"), [("*/*", 200), ("application/json", 400)])
def test_the_media_type_is_exact_or_any(
    moodle: Practice, double: Double, tool: Tool, kind: str, status: int
) -> None:
    assert roster(moodle, double, tool, kind=kind).status_code == status
