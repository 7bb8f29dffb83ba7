"""Choosing what to add, through the door: who may, what is offered, what is signed."""

from __future__ import annotations

import re
import time
from html import unescape
from typing import Any
from urllib.parse import urlsplit

import jwt
import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from lti_tool.db import Database
from lti_tool.errors import ConflictingError
from lti_tool.lti import deep_linking
from lti_tool.lti.models import Person, ResourceLink
from tests.services_platform import keep_tool_key
from tests.signing_platform import CLIENT_ID, DL, LTI, MEMBERSHIP, SigningPlatform, launch

RETURN = "https://lms.example.org/contentitem_return.php?course=2&sesskey=abc"
CONTENT = "https://purl.imsglobal.org/spec/lti-dl/claim/"
TARGET = "https://tool.example.org/lti/launch"


def settings_of(**changes: Any) -> dict[str, Any]:
    made = {
        "deep_link_return_url": RETURN,
        "accept_types": ["ltiResourceLink"],
        "accept_presentation_document_targets": ["iframe", "window"],
        "accept_multiple": True,
        "auto_create": False,
    } | changes
    return {name: value for name, value in made.items() if value is not None}


def come(
    client: FlaskClient,
    platform: SigningPlatform,
    *,
    role: str = "Instructor",
    claims: dict[str, Any] | None = None,
    **changes: Any,
) -> str:
    """Come to choose; give the address of the picker."""
    answer = launch(
        client,
        platform,
        **{
            f"{LTI}message_type": "LtiDeepLinkingRequest",
            f"{LTI}resource_link": None,
            f"{LTI}custom": None,
            f"{LTI}roles": [f"{MEMBERSHIP}{role}"],
            DL: settings_of(**changes),
        }
        | (claims or {}),
    )
    assert answer.status_code == 303, answer.get_data(as_text=True)
    return answer.location


def picker(client: FlaskClient, address: str) -> tuple[str, list[str], str]:
    """Give the picker's page, the keys that it offers, and its token."""
    text = client.get(address).get_data(as_text=True)
    token = re.search(r'name="csrf_token" value="([^"]+)"', text)
    offered = re.findall(r'name="choice" value="([^"]+)"', text)
    return text, offered, token[1] if token else ""


def choose(client: FlaskClient, address: str, *choices: str, **more: str) -> TestResponse:
    _, _, token = picker(client, address)
    form = {"csrf_token": token, "choice": list(choices), **more}
    return client.post(address, data=form)


def signed(answer: TestResponse) -> str:
    assert answer.status_code == 200, answer.get_data(as_text=True)
    found = re.search(r'name="JWT" value="([^"]+)"', answer.get_data(as_text=True))
    assert found is not None
    return found[1]


def believed(client: FlaskClient, platform: SigningPlatform, answer: TestResponse) -> Any:
    """Verify an answer as a platform does: with the published key set."""
    token = signed(answer)
    jwks = jwt.PyJWKSet.from_dict(client.get("/lti/keys").get_json())
    key = jwks[jwt.get_unverified_header(token)["kid"]]
    return jwt.decode(token, key, algorithms=["RS256"], audience=platform.url, issuer=CLIENT_ID)


def items_of(client: FlaskClient, platform: SigningPlatform, answer: TestResponse) -> list[Any]:
    listed: list[Any] = believed(client, platform, answer)[f"{CONTENT}content_items"]
    return listed


@pytest.fixture
def client(app: Flask, database: Database) -> FlaskClient:
    """Give a browser at a tool that has its key."""
    keep_tool_key(database)
    return app.test_client()


# The picker


def test_a_teacher_is_offered_courses_modules_quizzes_and_the_exam(
    client: FlaskClient, platform: SigningPlatform
) -> None:
    address = come(client, platform)

    text, offered, _ = picker(client, address)

    assert re.fullmatch(r"/v/[\w-]{43}/choose", address)
    assert set(offered) == {
        "capitals",
        "capitals/exam",
        "capitals/01-europe",
        "capitals/01-europe/quiz",
        "capitals/02-world",
        "capitals/02-world/quiz",
    }
    assert "Capitals of the world" in text
    assert 'type="checkbox"' in text


def test_a_learner_is_refused(client: FlaskClient, platform: SigningPlatform) -> None:
    for role in ("Learner", "Mentor"):
        address = come(client, platform, role=role)

        seen = client.get(address)
        sent = client.post(address, data={"choice": "capitals"})

        assert (seen.status_code, sent.status_code) == (403, 403)
        assert "JWT" not in seen.get_data(as_text=True) + sent.get_data(as_text=True)


def test_choosing_leaves_no_link_behind(
    client: FlaskClient, platform: SigningPlatform, database: Database
) -> None:
    choose(client, come(client, platform), "capitals")

    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(ResourceLink)) == 0
        assert session.scalar(select(func.count()).select_from(Person)) == 1


def test_a_visit_that_came_to_learn_has_nothing_to_choose(
    client: FlaskClient, platform: SigningPlatform
) -> None:
    visit = launch(client, platform, **{f"{LTI}roles": [f"{MEMBERSHIP}Instructor"]}).location

    answer = client.get(f"/v/{visit.split('/')[2]}/choose")

    assert answer.status_code == 409


# The answer


def test_the_answer_is_believed_by_whoever_has_our_key_set(
    client: FlaskClient, platform: SigningPlatform
) -> None:
    answer = choose(client, come(client, platform, data="opaque"), "capitals")

    claims = believed(client, platform, answer)
    assert claims["iss"] == CLIENT_ID
    assert claims["aud"] == [platform.url]
    assert claims[f"{LTI}message_type"] == "LtiDeepLinkingResponse"
    assert claims[f"{LTI}version"] == "1.3.0"
    assert claims[f"{LTI}deployment_id"] == "1"
    assert claims[f"{CONTENT}data"] == "opaque"
    assert claims["nonce"]
    assert claims["iat"] <= time.time() - 9
    assert claims["exp"] > time.time() + 60


def test_the_very_first_key_signs_and_is_published(app: Flask, platform: SigningPlatform) -> None:
    client = app.test_client()

    answer = choose(client, come(client, platform), "capitals")

    assert len(items_of(client, platform, answer)) == 1


def test_data_comes_back_as_it_was_given_and_only_if_it_was(
    client: FlaskClient, platform: SigningPlatform
) -> None:
    for data in (None, "", "x" * 3_000):
        answer = choose(client, come(client, platform, data=data), "capitals")

        claims = believed(client, platform, answer)
        assert claims.get(f"{CONTENT}data") == data
        assert (f"{CONTENT}data" in claims) == (data is not None)


def test_a_whole_course_is_a_link_with_identity_and_column(
    client: FlaskClient, platform: SigningPlatform
) -> None:
    answer = choose(client, come(client, platform), "capitals")

    (item,) = items_of(client, platform, answer)
    assert item.pop("text").startswith("Where governments sit")
    assert item == {
        "type": "ltiResourceLink",
        "title": "Capitals of the world",
        "url": TARGET,
        "custom": {"course": "capitals"},
        "lineItem": {
            "scoreMaximum": 100,
            "label": "Capitals of the world",
            "resourceId": "capitals",
            "tag": "course",
        },
    } | ({"iframe": item["iframe"]} if "iframe" in item else {})


def test_several_parts_come_back_in_the_courses_order(
    client: FlaskClient, platform: SigningPlatform
) -> None:
    answer = choose(
        client,
        come(client, platform),
        "capitals/exam",
        "capitals/01-europe/quiz",
        "capitals/01-europe",
    )

    items = items_of(client, platform, answer)
    assert [each["custom"] for each in items] == [
        {"course": "capitals", "item": "01-europe"},
        {"course": "capitals", "item": "01-europe/quiz"},
        {"course": "capitals", "item": "exam"},
    ]
    assert [each["lineItem"]["tag"] for each in items] == ["module", "quiz", "exam"]
    assert [each["lineItem"]["resourceId"] for each in items] == [
        "capitals/01-europe",
        "capitals/01-europe/quiz",
        "capitals/exam",
    ]
    assert {type(each["lineItem"]["scoreMaximum"]) for each in items} == {int}
    assert {each["url"] for each in items} == {TARGET}
    assert all(0 < len(each["title"]) <= 255 for each in items)


def test_what_was_chosen_opens_when_it_is_launched(
    client: FlaskClient, platform: SigningPlatform, database: Database
) -> None:
    answer = choose(client, come(client, platform), "capitals/01-europe/quiz")
    (item,) = items_of(client, platform, answer)

    launch(client, platform, **{f"{LTI}custom": item["custom"]})

    with database.read() as session:
        link = session.scalars(select(ResourceLink)).one()
    assert (link.course_id, link.item_path) == ("capitals", "01-europe/quiz")


def test_no_column_is_asked_for_where_the_platform_takes_none(
    client: FlaskClient, platform: SigningPlatform
) -> None:
    for given_value in (False, True):
        answer = choose(client, come(client, platform, accept_lineitem=given_value), "capitals")

        (item,) = items_of(client, platform, answer)
        assert ("lineItem" in item) == given_value


def test_where_one_is_taken_one_can_be_chosen(
    client: FlaskClient, platform: SigningPlatform
) -> None:
    for multiple in (False, "false", None):
        address = come(client, platform, accept_multiple=multiple)
        text, _, _ = picker(client, address)

        two = choose(client, address, "capitals", "capitals/exam")
        one = choose(client, address, "capitals")

        assert 'type="radio"' in text
        assert two.status_code == 422
        assert "Choose one." in two.get_data(as_text=True)
        assert len(items_of(client, platform, one)) == 1


def test_no_answer_is_signed_that_holds_more_than_was_asked_for() -> None:
    choice = deep_linking.Choice("capitals", "", "Capitals", "", True)
    nothing: Any = None

    for takes_links, chosen in ((True, [choice, choice]), (False, [choice])):
        request = deep_linking.LinkingRequest(
            RETURN, takes_links, False, True, settings_of(), "https://l.example.org", "c", "1"
        )

        with pytest.raises(ConflictingError):
            deep_linking.sign_answer(request, chosen, nothing, launch_url=TARGET)


def test_nothing_chosen_is_said_on_the_page(client: FlaskClient, platform: SigningPlatform) -> None:
    answer = choose(client, come(client, platform))

    assert answer.status_code == 422
    assert "Choose at least one part" in answer.get_data(as_text=True)


def test_whoever_leaves_takes_an_empty_list_along(
    client: FlaskClient, platform: SigningPlatform
) -> None:
    answer = choose(client, come(client, platform), "capitals", leave="yes")

    assert items_of(client, platform, answer) == []


def test_a_platform_that_takes_no_tools_gets_a_page_and_nothing_but_an_empty_list(
    client: FlaskClient, platform: SigningPlatform
) -> None:
    for types in (["link", "html"], ["file"], []):
        address = come(client, platform, accept_types=types)
        text, offered, _ = picker(client, address)

        forced = choose(client, address, "capitals")
        left = choose(client, address, leave="yes")

        assert offered == []
        assert "takes no links to learning tools" in text
        assert forced.status_code == 409
        assert items_of(client, platform, left) == []


def test_what_is_not_offered_cannot_be_chosen(
    client: FlaskClient, platform: SigningPlatform
) -> None:
    address = come(client, platform)

    for choice in ("another", "capitals/01-europe/01-west", "capitals/", "../x"):
        assert choose(client, address, "capitals", choice).status_code == 400


def test_a_form_without_its_token_is_refused(
    client: FlaskClient, platform: SigningPlatform
) -> None:
    address = come(client, platform)

    answer = client.post(address, data={"choice": "capitals"})

    assert answer.status_code == 403


def test_the_way_back_leads_to_the_platform_and_nowhere_else(
    client: FlaskClient, platform: SigningPlatform
) -> None:
    address = come(client, platform)
    page = client.get(address)

    answer = choose(client, address, "capitals")

    policy = answer.headers["Content-Security-Policy"]
    text = answer.get_data(as_text=True)
    assert f'action="{RETURN.replace("&", "&amp;")}"' in text
    assert unescape(text).count(RETURN) == 1
    assert "form-action 'self' https://lms.example.org;" in policy
    assert "form-action 'self';" in page.headers["Content-Security-Policy"]
    assert urlsplit(platform.url).netloc in policy.partition("frame-ancestors")[2]


@given(st.text(max_size=8) | st.booleans() | st.none() | st.integers())
def test_only_true_is_true(value: object) -> None:
    assert deep_linking._is_true(value) == (str(value).lower() == "true")


def test_the_picker_is_narrowed_by_what_is_wanted(
    client: FlaskClient, platform: SigningPlatform
) -> None:
    address = come(client, platform)

    text, fitting, _ = picker(client, f"{address}?level=awareness&topic=sustainability")
    _, others, _ = picker(client, f"{address}?level=expert")

    assert "capitals" in fitting
    assert '<option value="awareness" selected>Awareness</option>' in text
    assert '<input type="hidden" name="level" value="awareness">' in text
    assert others == []
