"""Tokens, columns and scores as Moodle has them, and as the specifications do."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from lti_tool.practice.app import Practice
from lti_tool.practice.claims import AGS
from lti_tool.practice.model import Activity, Column, Grade, Hold, Tool
from lti_tool.practice.quirks import Quirk
from lti_tool.practice.service_routes import COLUMN_TYPE, COLUMNS_TYPE, RESULTS_TYPE, SCORE_TYPE
from tests.lti_tool.practice.conftest import Without
from tests.lti_tool.practice.double import AGS as SCOPE
from tests.lti_tool.practice.double import Caller, Double

Know = Callable[..., Tool]
NOW = 1_800_000_000


def at(seconds: float) -> str:
    """Give a moment as a score tells it."""
    return datetime.fromtimestamp(NOW + seconds, UTC).isoformat()


def score(person: str = "5", **changes: Any) -> dict[str, Any]:
    """Give a score of 40 of 50."""
    whole = {
        "userId": person,
        "timestamp": at(0),
        "scoreGiven": 40,
        "scoreMaximum": 50,
        "activityProgress": "Completed",
        "gradingProgress": "FullyGraded",
        **changes,
    }
    return {name: value for name, value in whole.items() if value is not None}


class Book:
    """One activity with a column, and the tool that sends scores to it."""

    def __init__(self, practice: Practice, double: Double, tool: Tool) -> None:
        self.practice = practice
        self.tool = tool
        self.caller = Caller(practice, double, tool)
        self.activity: Activity = practice.add_activity(tool, "Quiz", maximum=100)
        self.endpoint = practice.claims("alice", self.activity, nonce="n")[AGS]

    @property
    def column(self) -> Column:
        return self.practice.state.columns_of(self.activity.id)[0]

    @property
    def grade(self) -> float | None:
        return self.column.grades[5].points

    def url(self, path: str) -> str:
        """Give an address below the column's; the path grows before the query."""
        head, sign, query = str(self.endpoint["lineitem"]).partition("?")
        return f"{head}{path}{sign}{query}"

    def send(self, given: dict[str, Any], kind: str = SCORE_TYPE) -> Any:
        return self.caller.call("POST", self.url("/scores"), kind, given)

    def columns(self, query: str = "", kind: str = COLUMNS_TYPE) -> Any:
        url = self.endpoint["lineitems"]
        sign = "&" if "?" in url else "?"
        return self.caller.call("GET", f"{url}{sign}{query}" if query else url, kind)

    def add(self, given: dict[str, Any], course: int = 2) -> Any:
        url = str(self.endpoint["lineitems"]).replace("/2/", f"/{course}/")
        return self.caller.call("POST", url, COLUMN_TYPE, given)


@pytest.fixture
def book(moodle: Practice, double: Double, tool: Tool) -> Book:
    return Book(moodle, double, tool)


@pytest.fixture
def plain_book(plain: Practice, double: Double, know: Know) -> Book:
    return Book(plain, double, know(plain))


# Tokens


def test_a_token_answer_is_text_and_its_scopes_are_cut(book: Book) -> None:
    answer = book.caller.ask_token(f"{SCOPE}/score urn:unheard-of")

    assert answer.headers["Content-Type"].startswith("text/html")
    assert answer.json()["scope"] == f"{SCOPE}/score"
    assert answer.json()["expires_in"] == 3600


def test_a_plain_platform_refuses_scopes_it_does_not_know(plain_book: Book) -> None:
    answer = plain_book.caller.ask_token(f"{SCOPE}/score urn:unheard-of")

    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_scope")
    assert answer.headers["Content-Type"] == "application/json"


def test_no_scope_left_is_invalid_scope(book: Book) -> None:
    answer = book.caller.ask_token("urn:unheard-of")

    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_scope")


def test_an_assertion_from_a_clock_ahead_is_refused(book: Book, plain_book: Book) -> None:
    ahead = {"iat": int(time.time()) + 3}

    strict = book.caller.ask_token(f"{SCOPE}/score", book.caller.assertion(**ahead))
    plain = plain_book.caller.ask_token(f"{SCOPE}/score", plain_book.caller.assertion(**ahead))

    assert (strict.status_code, plain.status_code) == (400, 200)


def test_an_expired_assertion_is_refused(book: Book) -> None:
    old = book.caller.assertion(iat=1, exp=2)

    assert book.caller.ask_token(f"{SCOPE}/score", old).status_code == 400


@pytest.mark.parametrize(
    "changes", [{"aud": "elsewhere"}, {"iss": "elsewhere"}, {"jti": None}, {"exp": None}]
)
def test_only_a_plain_platform_looks_at_the_rest_of_an_assertion(
    book: Book, plain_book: Book, changes: dict[str, Any]
) -> None:
    loose = book.caller.ask_token(f"{SCOPE}/score", book.caller.assertion(**changes))
    strict = plain_book.caller.ask_token(f"{SCOPE}/score", plain_book.caller.assertion(**changes))

    assert (loose.status_code, strict.status_code) == (200, 400)


def test_only_a_plain_platform_notices_an_assertion_used_twice(
    book: Book, plain_book: Book
) -> None:
    twice = []
    for each in (book, plain_book):
        assertion = each.caller.assertion()
        each.caller.ask_token(f"{SCOPE}/score", assertion)
        twice.append(each.caller.ask_token(f"{SCOPE}/score", assertion).status_code)

    assert twice == [200, 400]


def test_an_error_about_the_assertion_is_broken_json(book: Book) -> None:
    answer = book.caller.ask_token(f"{SCOPE}/score", "garbage")

    assert answer.status_code == 400
    with pytest.raises(ValueError, match="delimiter"):
        answer.json()


def test_a_jwt_without_kid_is_refused(book: Book, plain_book: Book) -> None:
    strict = book.caller.ask_token(f"{SCOPE}/score", book.caller.assertion(kid=None))
    plain = plain_book.caller.ask_token(f"{SCOPE}/score", plain_book.caller.assertion(kid=None))

    assert (strict.status_code, plain.status_code) == (400, 200)


def test_a_tools_keys_are_kept_until_a_signature_fails(
    book: Book, double: Double, platform_key: Any
) -> None:
    book.caller.ask_token(f"{SCOPE}/score")
    book.caller.ask_token(f"{SCOPE}/score")
    kept = double.key_fetches
    double.key = platform_key
    answer = book.caller.ask_token(f"{SCOPE}/score")

    assert (kept, double.key_fetches, answer.status_code) == (1, 2, 200)


def test_keys_without_alg_are_fetched_at_each_check(book: Book, double: Double) -> None:
    double.has_alg = False

    book.caller.ask_token(f"{SCOPE}/score")
    book.caller.ask_token(f"{SCOPE}/score")

    assert double.key_fetches == 2


def test_a_token_of_another_tool_opens_nothing(
    book: Book, moodle: Practice, double: Double
) -> None:
    other = moodle.add_tool(
        "other", f"{double.url}/login", f"{double.url}/launch", f"{double.url}/keys"
    )

    answer = Caller(moodle, double, other).call("POST", book.url("/scores"), SCORE_TYPE, score())

    assert answer.status_code == 401


def test_a_token_without_the_scope_opens_nothing(book: Book, plain_book: Book) -> None:
    told = [
        each.caller.call(
            "POST", each.url("/scores"), SCORE_TYPE, score(), scope=f"{SCOPE}/lineitem"
        ).status_code
        for each in (book, plain_book)
    ]

    assert told == [401, 403]


# Columns


def test_addresses_end_in_a_query(book: Book, plain_book: Book) -> None:
    assert book.endpoint["lineitems"].endswith(f"/lineitems?type_id={book.tool.id}")
    assert f"/lineitem?type_id={book.tool.id}" in book.endpoint["lineitem"]
    assert plain_book.endpoint["lineitem"].endswith("/lineitem")


@pytest.mark.parametrize("kind", ["*/*", "application/json", f"{COLUMNS_TYPE}, application/json"])
def test_anything_but_the_one_media_type_is_refused(
    book: Book, plain_book: Book, kind: str
) -> None:
    assert book.columns(kind=kind).status_code == 400
    assert plain_book.columns(kind=kind).status_code == 200


def test_a_charset_behind_the_media_type_is_fine(book: Book) -> None:
    assert book.send(score(), f"{SCORE_TYPE}; charset=utf-8").status_code == 200
    assert book.send(score(timestamp=at(1)), "application/json").status_code == 400


def test_columns_are_filtered(book: Book) -> None:
    book.add({"label": "Free", "scoreMaximum": 10, "resourceId": "r1", "tag": "t1"})

    def labels(query: str) -> list[str]:
        return [each["label"] for each in book.columns(query).json()]

    assert labels("") == ["Quiz", "Free"]
    assert labels("resource_id=r1") == labels("tag=t1") == ["Free"]
    assert labels(f"resource_link_id={book.activity.id}") == ["Quiz"]


def test_the_link_to_more_columns_is_malformed(book: Book, plain_book: Book) -> None:
    for each in (book, plain_book):
        each.add({"label": "Second", "scoreMaximum": 10})

    curly = book.columns("limit=1").headers["Link"].encode("latin-1").decode()
    straight = plain_book.columns("limit=1").headers["Link"]

    assert "rel=“next”" in curly
    assert "&amp;" in curly
    assert straight.endswith('>; rel="next"')
    assert [c["label"] for c in plain_book.columns("limit=1&from=1").json()] == ["Second"]


def test_the_same_column_is_made_twice_with_a_maximum_of_nothing(book: Book) -> None:
    column = {"label": "Same", "scoreMaximum": 0, "resourceId": "r"}

    made = [book.add(column), book.add(column)]

    assert [each.status_code for each in made] == [201, 201]
    assert made[0].json()["id"] != made[1].json()["id"]


def test_columns_are_made_in_any_course(book: Book, plain_book: Book) -> None:
    column = {"label": "Far", "scoreMaximum": 10}

    assert book.add(column, course=3).status_code == 201
    assert plain_book.add(column, course=3).status_code == 403


def test_a_long_label_breaks_the_answer(book: Book, plain_book: Book) -> None:
    column = {"label": "x" * 256, "scoreMaximum": 10}

    assert book.add(column).status_code == 500
    assert plain_book.add(column).status_code == 201


def test_replacing_a_column_unlinks_it_and_rescales_its_grades(
    book: Book, plain_book: Book
) -> None:
    points = []
    for each in (book, plain_book):
        column = each.column
        column.grades[5] = Grade(80)
        each.caller.call("PUT", each.url(""), COLUMN_TYPE, {"label": "New", "scoreMaximum": 10})
        points.append(column.grades[5].points)
        assert column.activity_id is None

    assert points == [8, 80]


def test_removing_a_column_takes_its_grades(book: Book) -> None:
    made = book.add({"label": "Free", "scoreMaximum": 10}).json()["id"]

    answer = book.caller.call("DELETE", made, COLUMN_TYPE)

    assert answer.status_code == 204
    assert book.caller.call("GET", made, COLUMN_TYPE).status_code == 404


# Scores


def test_a_score_is_rescaled_and_answered_by_nothing(book: Book) -> None:
    answer = book.send(score(comment="<b>Good</b>"))

    assert (answer.status_code, answer.content) == (200, b"")
    assert (book.grade, book.column.grades[5].comment) == (80, "<b>Good</b>")


def test_a_plain_platform_tells_where_the_result_is(plain_book: Book) -> None:
    answer = plain_book.send(score())

    assert answer.json()["resultUrl"].endswith("/results?user_id=5")


@pytest.mark.parametrize(
    "later", [{"gradingProgress": "Pending"}, {"scoreGiven": None, "scoreMaximum": None}]
)
def test_anything_but_fully_graded_points_erases_a_grade(
    book: Book, plain_book: Book, later: dict[str, Any]
) -> None:
    for each in (book, plain_book):
        each.send(score())
        assert each.send(score(timestamp=at(1), **later)).status_code == 200

    assert (book.grade, plain_book.grade) == (None, 80)


@pytest.mark.parametrize(("seconds", "status"), [(-1, 409), (0, 409), (0.9, 409), (1, 200)])
def test_timestamps_rise_by_whole_seconds(book: Book, seconds: float, status: int) -> None:
    book.send(score())

    answer = book.send(score(timestamp=at(seconds), scoreGiven=10))

    assert (answer.status_code, answer.text) == (status, "[]" if status == 409 else "")
    assert book.grade == (80 if status == 409 else 20)


def test_a_plain_platform_tells_fractions_of_a_second_apart(plain_book: Book) -> None:
    plain_book.send(score())

    assert plain_book.send(score(timestamp=at(0.5))).status_code == 200


def test_a_timestamp_from_the_future_blocks_what_comes_after(book: Book) -> None:
    book.send(score(timestamp=at(3600)))

    assert book.send(score(timestamp=at(60))).status_code == 409


@pytest.mark.parametrize("person", ["3", "4", "2", "99", "nobody"])
def test_nobody_but_learners_of_the_course_gets_a_grade(book: Book, person: str) -> None:
    answer = book.send(score(person))

    assert (answer.status_code, answer.text) == (400, "[]")


def test_a_suspended_learner_still_gets_a_grade(book: Book, moodle: Practice) -> None:
    moodle.state.courses[2].suspended.add(5)

    assert book.send(score()).status_code == 200


@pytest.mark.parametrize(
    "name", ["userId", "timestamp", "activityProgress", "gradingProgress", "scoreMaximum"]
)
def test_an_incomplete_score_is_refused(book: Book, name: str) -> None:
    assert book.send(score(**{name: None})).status_code == 400


def test_points_end_at_the_maximum(book: Book, plain_book: Book) -> None:
    for each in (book, plain_book):
        each.send(score(scoreGiven=60))

    assert (book.grade, plain_book.grade) == (100, 120)


@pytest.mark.parametrize(("hold", "status"), [(Hold.LOCKED, 500), (Hold.OVERRIDDEN, 200)])
def test_what_the_teacher_holds_stays(book: Book, hold: Hold, status: int) -> None:
    book.column.grades[5] = Grade(33, hold=hold)

    assert book.send(score()).status_code == status
    assert book.grade == 33


def test_a_plain_platform_writes_over_an_overridden_grade(plain_book: Book) -> None:
    plain_book.column.grades[5] = Grade(33, hold=Hold.OVERRIDDEN)

    plain_book.send(score())

    assert plain_book.grade == 80


def test_results_tell_the_grades_and_have_no_pages(book: Book, plain_book: Book) -> None:
    for each in (book, plain_book):
        each.send(score())

    def results(each: Book, query: str) -> Any:
        url = each.url("/results")
        return each.caller.call("GET", f"{url}{'&' if '?' in url else '?'}{query}", RESULTS_TYPE)

    (one,) = results(book, "user_id=5").json()
    assert (one["userId"], one["resultScore"], one["resultMaximum"]) == ("5", 80, 100)
    assert results(book, "user_id=6").json() == []
    assert results(book, "limit=1").status_code == 404
    assert len(results(plain_book, "limit=1").json()) == 1


def test_a_quirk_can_be_left_out_alone(without: Without, double: Double, know: Know) -> None:
    practice = without(Quirk.WHOLE_SECONDS)
    book = Book(practice, double, know(practice))
    book.send(score())

    assert book.send(score(timestamp=at(0.5))).content == b""
