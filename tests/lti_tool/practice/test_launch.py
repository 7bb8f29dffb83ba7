"""The platform's launches: the way there, the claims, and each quirk on and off."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlencode

import jwt
import pytest

from lti_tool.practice.app import Practice
from lti_tool.practice.browser import Answer, Browser, walk, way_on
from lti_tool.practice.claims import AGS, LTI, MEMBERSHIP, NRPS
from lti_tool.practice.journey import act_as, open_activity
from lti_tool.practice.model import Activity, Column, Tool
from lti_tool.practice.quirks import Quirk
from tests.lti_tool.practice.conftest import Without
from tests.lti_tool.practice.double import Double

Know = Callable[..., Tool]


def launch(practice: Practice, activity: Activity, person: str = "alice") -> Answer:
    """Open an activity in a browser of its own."""
    browser = Browser()
    act_as(browser, practice.url, person)
    return open_activity(browser, practice.url, activity.id)


def authorize(practice: Practice, double: Double, fields: dict[str, str], **changes: str) -> Answer:
    """Go through the tool's login to the platform's answer, which is not passed on."""
    browser = Browser()
    double.asks = changes
    login = browser.send("POST", f"{double.url}/login", list(fields.items()), follow=False)
    answer = browser.get(way_on(login))
    again = answer.forms
    if again and "repost" in dict(again[0].fields):
        return browser.submit(again[0])
    return answer


def said(answer: Answer) -> dict[str, str]:
    """Give the fields of the form that the platform answered with."""
    return dict(answer.forms[0].fields)


def test_a_launch_goes_by_forms_to_the_tool_and_is_signed(
    moodle: Practice, tool: Tool, double: Double
) -> None:
    activity = moodle.add_activity(tool, "Quiz")

    answer = launch(moodle, activity)

    token = double.launches[-1]["id_token"]
    keys = jwt.PyJWKClient(f"{moodle.url}/certs")
    claims = jwt.decode(
        token, keys.get_signing_key_from_jwt(token), algorithms=["RS256"], audience="tiny"
    )
    assert answer.is_page
    assert answer.url == f"{double.url}/launch"
    assert (claims["iss"], claims["sub"], claims["nonce"]) == (moodle.url, "5", "some-nonce")
    assert double.launches[-1]["state"] == "some-state"
    assert claims["exp"] - claims["iat"] == 60
    assert not {"azp", "jti"} & set(claims)


def test_a_login_names_everything_and_no_storage(moodle: Practice, tool: Tool) -> None:
    fields = moodle.begin("alice", moodle.add_activity(tool))

    assert set(fields) == {
        "iss",
        "target_link_uri",
        "login_hint",
        "lti_message_hint",
        "client_id",
        "lti_deployment_id",
    }
    assert {'"', "{", ","} <= set(fields["lti_message_hint"])


def test_a_plain_platform_offers_storage(plain: Practice, know: Know) -> None:
    fields = plain.begin("alice", plain.add_activity(know(plain)))

    assert fields["lti_storage_target"] == "_parent"


def test_a_hint_is_good_once(moodle: Practice, tool: Tool, double: Double) -> None:
    fields = moodle.begin("alice", moodle.add_activity(tool))

    first = authorize(moodle, double, fields)
    second = authorize(moodle, double, fields)

    assert "id_token" in said(first)
    assert (second.status, "Invalid request" in second.text) == (404, True)


def test_a_hint_is_good_in_its_own_browser_only(
    moodle: Practice, tool: Tool, double: Double
) -> None:
    activity = moodle.add_activity(tool)
    browser = Browser()
    act_as(browser, moodle.url, "alice")
    login = browser.get(f"{moodle.url}/launch/{activity.id}")
    auth = way_on(browser.send("POST", login.forms[0].action, login.forms[0].fields, follow=False))

    elsewhere = walk(Browser(), Browser().get(auth))

    assert elsewhere.status == 404
    assert not double.launches


def test_without_the_quirk_a_hint_may_be_used_again(
    without: Without, know: Know, double: Double
) -> None:
    practice = without(Quirk.ONE_USE_HINT)
    fields = practice.begin("alice", practice.add_activity(know(practice)))

    authorize(practice, double, fields)

    assert "id_token" in said(authorize(practice, double, fields))


@pytest.mark.parametrize(
    ("asks", "status"),
    [
        ({"scope": "openid profile"}, 404),
        ({"response_type": "code"}, 404),
        ({"nonce": ""}, 404),
        ({"redirect_uri": "{url}/launch/"}, 404),
        ({"redirect_uri": "{url}/launch?x=1"}, 404),
        ({"lti_message_hint": "unheard-of"}, 404),
    ],
)
def test_some_faults_of_an_authorisation_request_stay_on_the_platform(
    moodle: Practice, tool: Tool, double: Double, asks: dict[str, str], status: int
) -> None:
    fields = moodle.begin("alice", moodle.add_activity(tool))
    given = {name: value.format(url=double.url) for name, value in asks.items()}

    answer = authorize(moodle, double, fields, **given)

    assert answer.status == status
    assert not double.launches


@pytest.mark.parametrize(
    ("asks", "error"),
    [
        ({"response_mode": "query"}, "invalid_request"),
        ({"prompt": "login"}, "invalid_request"),
        ({"client_id": "other"}, "unauthorized_client"),
        ({"login_hint": "6"}, "access_denied"),
    ],
)
def test_other_faults_come_back_to_the_tool(
    moodle: Practice, tool: Tool, double: Double, asks: dict[str, str], error: str
) -> None:
    fields = moodle.begin("alice", moodle.add_activity(tool))

    answer = authorize(moodle, double, fields, **asks)

    assert answer.forms[0].action == f"{double.url}/launch"
    assert said(answer) == {"error": error, "state": "some-state"}


def test_a_plain_platform_takes_more_scopes_and_a_query(
    plain: Practice, know: Know, double: Double
) -> None:
    fields = plain.begin("alice", plain.add_activity(know(plain)))

    answer = authorize(
        plain, double, fields, scope="openid profile", redirect_uri=f"{double.url}/launch?x=1"
    )

    assert "id_token" in said(answer)


@pytest.mark.parametrize(("on", "state"), [(True, "ac"), (False, "a<b>c")])
def test_a_state_loses_its_tags(
    without: Without, know: Know, double: Double, on: bool, state: str
) -> None:
    practice = without() if on else without(Quirk.STRIPPED_STATE)
    fields = practice.begin("alice", practice.add_activity(know(practice)))

    answer = authorize(practice, double, fields, state="a<b>c")

    assert said(answer)["state"] == state


def test_a_request_without_the_platforms_cookie_is_posted_once_more(
    moodle: Practice, plain: Practice, tool: Tool, know: Know, double: Double
) -> None:
    query = {"scope": "openid", "state": 'needs "quotes"'}

    answer = Browser().get(f"{moodle.url}/auth?{urlencode(query)}")

    assert said(answer) == {**query, "repost": "1"}
    assert Browser().get(f"{plain.url}/auth?{urlencode(query)}").status == 404


@pytest.mark.parametrize(
    ("person", "roles"),
    [
        ("alice", ["Learner"]),
        ("carol", ["Instructor"]),
        ("tom", ["Instructor"]),
        ("adam", ["Instructor", "institution", "system"]),
    ],
)
def test_roles_are_those_that_moodle_sends(
    moodle: Practice, tool: Tool, person: str, roles: list[str]
) -> None:
    claims = moodle.claims(person, moodle.add_activity(tool), nonce="n")

    given = claims[f"{LTI}roles"]
    assert given[0] == f"{MEMBERSHIP}#{roles[0]}"
    assert [each.split("/")[6] for each in given[1:]] == roles[1:]


def test_a_plain_platform_tells_an_assistant_apart(plain: Practice, know: Know) -> None:
    claims = plain.claims("tom", plain.add_activity(know(plain)), nonce="n")

    assert claims[f"{LTI}roles"][1].endswith("Instructor#TeachingAssistant")


def test_a_teacher_seen_as_a_learner_keeps_their_own_sub(
    moodle: Practice, tool: Tool, double: Double
) -> None:
    activity = moodle.add_activity(tool)
    browser = Browser()
    browser.post(f"{moodle.url}/act", {"person": "carol", "as_learner": "1"})

    open_activity(browser, moodle.url, activity.id)

    assert double.claims["sub"] == "3"
    assert double.claims[f"{LTI}roles"] == [f"{MEMBERSHIP}#Learner"]


def test_names_are_withheld_where_they_are_not_shared(
    moodle: Practice, plain: Practice, know: Know
) -> None:
    private = {"share_name": False, "share_email": False}
    named = {"name", "given_name", "family_name", "email"}

    withheld = moodle.claims("alice", moodle.add_activity(know(moodle, **private)), nonce="n")
    shared = moodle.claims("alice", moodle.add_activity(know(moodle)), nonce="n")
    anyway = plain.claims("alice", plain.add_activity(know(plain, **private)), nonce="n")

    assert not named & set(withheld)
    assert withheld[f"{LTI}lis"]["person_sourcedid"] == "S5"
    assert "user_username" not in withheld[f"{LTI}ext"]
    assert named <= set(shared)
    assert named <= set(anyway)
    assert not {f"{LTI}lis", f"{LTI}ext"} & set(anyway)


def test_the_context_has_a_bare_type(moodle: Practice, plain: Practice, know: Know) -> None:
    bare = moodle.claims("alice", moodle.add_activity(know(moodle)), nonce="n")
    whole = plain.claims("alice", plain.add_activity(know(plain)), nonce="n")

    assert bare[f"{LTI}context"]["type"] == ["CourseSection"]
    assert whole[f"{LTI}context"]["type"][0].startswith("http://purl.imsglobal.org/")


def custom(practice: Practice, know: Know, mine: object, of_tool: object = None) -> dict[str, str]:
    """Give the custom claim of a launch."""
    activity = practice.add_activity(know(practice, custom=of_tool or {}), custom=mine)
    given: dict[str, str] = practice.claims("alice", activity, nonce="n").get(f"{LTI}custom", {})
    given.pop("context_memberships_url", None)
    return given


def test_custom_parameters_come_as_moodle_sends_them(moodle: Practice, know: Know) -> None:
    given = custom(
        moodle,
        know,
        {
            "My Course": "a=b;c é",
            "who": "$User.username",
            "ends": "$ResourceLink.submission.endDateTime",
            "flag": True,
            "two": "first\nsecond",
        },
    )

    assert given == {
        "My Course": "a=b;c é",
        "my_course": "a=b;c é",
        "who": "alice",
        "ends": "$ResourceLink.submission.endDateTime",
        "flag": "1",
        "two": "first",
    }


def test_the_tools_own_parameter_wins(moodle: Practice, plain: Practice, know: Know) -> None:
    assert custom(moodle, know, {"course": "mine"}, {"course": "tool"}) == {"course": "tool"}
    assert custom(plain, know, {"course": "mine"}, {"course": "tool"}) == {"course": "mine"}


def test_a_plain_platform_leaves_parameters_as_they_are(plain: Practice, know: Know) -> None:
    assert custom(plain, know, {"UP": "x", "ends": "$No.such", "flag": True}) == {
        "UP": "x",
        "flag": True,
    }


def test_custom_holds_a_roster_address_unasked(moodle: Practice, tool: Tool) -> None:
    claims = moodle.claims("alice", moodle.add_activity(tool), nonce="n")

    assert claims[f"{LTI}custom"]["context_memberships_url"].endswith("/memberships")


def test_a_target_of_another_host_is_launched_all_the_same(
    moodle: Practice, plain: Practice, know: Know, double: Double
) -> None:
    elsewhere = "https://elsewhere.example/x"

    followed = moodle.begin("alice", moodle.add_activity(know(moodle), url=elsewhere))
    mended = plain.begin("alice", plain.add_activity(know(plain), url=elsewhere))

    assert followed["target_link_uri"] == elsewhere
    assert mended["target_link_uri"] == f"{double.url}/launch"


@pytest.mark.parametrize(
    ("columns", "by_tool", "lineitem"),
    [(0, False, None), (1, False, "whole"), (2, False, None), (1, True, "")],
)
def test_the_line_item_is_there_for_exactly_one_column(
    moodle: Practice, tool: Tool, columns: int, by_tool: bool, lineitem: str | None
) -> None:
    activity = moodle.add_activity(tool)
    for _ in range(columns):
        number = moodle.state.next_id()
        moodle.state.columns[number] = Column(
            number, 2, tool.id, "Column", 100, activity.id, by_tool=by_tool
        )

    endpoint = moodle.claims("alice", activity, nonce="n")[AGS]

    if lineitem == "whole":
        assert endpoint["lineitem"].endswith(f"/lineitem?type_id={tool.id}")
    else:
        assert endpoint.get("lineitem") == lineitem


def test_the_services_are_those_that_the_tool_may_use(moodle: Practice, know: Know) -> None:
    tool = know(moodle, use_columns=True, manage_columns=False, use_roster=False)

    claims = moodle.claims("alice", moodle.add_activity(tool), nonce="n")

    assert len(claims[AGS]["scope"]) == 3
    assert NRPS not in claims


def test_the_container_is_the_tools_setting(moodle: Practice, plain: Practice, know: Know) -> None:
    for practice, target in ((moodle, "iframe"), (plain, "window")):
        activity = practice.add_activity(know(practice), in_new_window=True)
        claims = practice.claims("alice", activity, nonce="n")

        assert claims[f"{LTI}launch_presentation"]["document_target"] == target


def test_the_way_back_shows_a_message_or_leaves_the_frame(moodle: Practice) -> None:
    told = Browser().get(f"{moodle.url}/return?course=2&lti_msg=Well+<b>done")
    left = Browser().get(f"{moodle.url}/return?course=2")

    assert "Well done" in told.text
    assert 'target="_top"' in left.text
