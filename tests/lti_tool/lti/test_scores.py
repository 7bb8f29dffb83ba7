"""A score is a wish: every outcome of docs/decisions/0003, one row at a time."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from fractions import Fraction
from itertools import pairwise
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update

from lti_tool.db import Database
from lti_tool.errors import NotFoundError
from lti_tool.lti import pushing, scores
from lti_tool.lti.models import LineItem, Platform, WantedScore
from lti_tool.lti.pushing import Claim
from lti_tool.lti.scores import ShownScore
from tests.services_platform import (
    COLUMN,
    NOON,
    Given,
    GradeBook,
    asked,
    bodies,
    in_turn,
    keep_tool_key,
    make_grade_book,
    services_of,
)
from tests.signing_platform import Heard, SigningPlatform

SCORES = f"{COLUMN}/scores"
POST = f"POST {SCORES}"
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
OK: Given = (200, {}, b"")


@pytest.fixture
def book(database: Database, platform: SigningPlatform) -> GradeBook:
    """Give a grade book whose platform takes every score."""
    keep_tool_key(database)
    platform.answers[POST] = lambda _heard: OK
    return make_grade_book(database, platform, subjects=("7", "8", "9"))


def want(
    database: Database,
    book: GradeBook,
    points: Fraction | int = 5,
    *,
    subject: str = "7",
    now: datetime = NOON,
    item_path: str = "",
) -> None:
    with database.begin() as session:
        scores.want(
            session,
            person_id=book.people[subject],
            context_id=book.context_id,
            course_id="capitals",
            item_path=item_path,
            points=Fraction(points),
            maximum=10,
            now=now,
        )


def push(database: Database, now: datetime = NOON) -> int:
    return pushing.push_due(database.begin, services_of(database), now=now)


def row_of(database: Database, book: GradeBook, subject: str = "7") -> WantedScore:
    with database.read() as session:
        return session.scalars(
            select(WantedScore).where(WantedScore.person_id == book.people[subject])
        ).one()


def shown(database: Database, book: GradeBook, subject: str = "7") -> ShownScore:
    with database.read() as session:
        found = scores.sent_score(
            session,
            person_id=book.people[subject],
            context_id=book.context_id,
            course_id="capitals",
        )
    assert found is not None
    return found


# The good way


def test_a_score_is_sent_once_as_the_standard_has_it(
    database: Database, platform: SigningPlatform, book: GradeBook
) -> None:
    want(database, book, Fraction(5, 2), now=NOON + timedelta(microseconds=999_999))

    tried = [push(database, NOON + SECOND), push(database, NOON + DAY)]

    assert tried == [1, 0]
    (sent,) = asked(platform, POST)
    assert sent.path == f"{SCORES}?type_id=1"
    assert sent.headers["Content-Type"] == "application/vnd.ims.lis.v1.score+json"
    assert bodies(platform, SCORES) == [
        {
            "userId": "7",
            "timestamp": "2026-03-02T12:00:01Z",
            "scoreGiven": 2.5,
            "scoreMaximum": 10,
            "activityProgress": "Completed",
            "gradingProgress": "FullyGraded",
        }
    ]
    (score,) = [shown(database, book)]
    assert (score.is_sent, score.is_stuck, score.reason) == (True, False, "")
    assert (score.sent_at, score.due_at) == (NOON + SECOND, None)


@pytest.mark.parametrize("status", [201, 204])
def test_every_status_of_success_will_do(
    database: Database, platform: SigningPlatform, book: GradeBook, status: int
) -> None:
    platform.answers[POST] = lambda _heard: (status, {}, b"")
    want(database, book)

    push(database)

    assert shown(database, book).is_sent


@pytest.mark.parametrize(
    ("column", "address"),
    [
        ("https://l.example.org/li/5", "https://l.example.org/li/5/scores"),
        ("https://l.example.org/li/5/", "https://l.example.org/li/5/scores"),
        ("https://l.example.org/li/5?type_id=1", "https://l.example.org/li/5/scores?type_id=1"),
        ("https://l.example.org/li?a=/b&c=%20", "https://l.example.org/li/scores?a=/b&c=%20"),
    ],
)
def test_the_address_of_scores_grows_before_the_query(column: str, address: str) -> None:
    assert pushing.scores_url(column) == address


def test_a_score_without_a_column_is_no_wish(
    database: Database, platform: SigningPlatform, book: GradeBook
) -> None:
    want(database, book, item_path="exam")
    with database.begin() as session:
        scores.want(
            session,
            person_id=book.people["7"],
            context_id=None,
            course_id="capitals",
            item_path="",
            points=Fraction(1),
            maximum=10,
            now=NOON,
        )

    assert push(database) == 0
    with database.read() as session:
        assert (
            scores.sent_score(
                session, person_id=book.people["7"], context_id=None, course_id="capitals"
            )
            is None
        )


def test_every_column_of_a_part_is_told(
    database: Database, platform: SigningPlatform, book: GradeBook
) -> None:
    other = "/services.php/2/lineitems/6/lineitem"
    platform.answers[f"POST {other}/scores"] = lambda _heard: OK
    with database.begin() as session:
        session.add(
            LineItem(
                id=uuid4(),
                context_id=book.context_id,
                url=f"{platform.url}{other}",
                url_hash="x",
                course_id="capitals",
                created_at=NOON,
            )
        )

    want(database, book)
    push(database)

    assert len(asked(platform, POST)) == len(asked(platform, f"POST {other}/scores")) == 1


def test_equal_points_send_nothing(
    database: Database, platform: SigningPlatform, book: GradeBook
) -> None:
    want(database, book, Fraction(1, 3))
    push(database)

    want(database, book, Fraction(2, 6), now=NOON + DAY)

    assert push(database, NOON + DAY) == 0
    assert len(asked(platform, POST)) == 1


def test_other_points_are_sent_with_a_later_time(
    database: Database, platform: SigningPlatform, book: GradeBook
) -> None:
    want(database, book, 5)
    push(database)

    want(database, book, 3, now=NOON + MINUTE)
    push(database, NOON + MINUTE)

    sent = bodies(platform, SCORES)
    assert [each["scoreGiven"] for each in sent] == [5, 3]
    assert [each["timestamp"][-6:] for each in sent] == ["00:00Z", "01:00Z"]


def test_two_wishes_of_one_second_are_sent_in_two(
    database: Database, platform: SigningPlatform, book: GradeBook
) -> None:
    want(database, book, 5)
    push(database)
    want(database, book, 6, now=NOON + timedelta(milliseconds=300))

    for milliseconds in (400, 900, 1_000, 1_400, 2_500):
        push(database, NOON + timedelta(milliseconds=milliseconds))

    sent = bodies(platform, SCORES)
    assert [each["scoreGiven"] for each in sent] == [5, 6]
    assert sent[1]["timestamp"] == "2026-03-02T12:00:01Z"
    assert shown(database, book).is_sent


def test_the_newest_wish_wins_while_a_send_is_under_way(
    database: Database, platform: SigningPlatform, book: GradeBook
) -> None:
    def meanwhile(_heard: Heard) -> Given:
        if len(asked(platform, POST)) == 1:
            want(database, book, 9, now=NOON + SECOND)
        return OK

    platform.answers[POST] = meanwhile
    want(database, book, 5)

    push(database)
    between = shown(database, book)
    push(database, NOON + 2 * SECOND)

    assert (between.points, between.is_sent, between.sent_at) == (9, False, NOON)
    assert [each["scoreGiven"] for each in bodies(platform, SCORES)] == [5, 9]
    assert shown(database, book).is_sent


def test_a_refusal_of_an_older_wish_does_not_stop_the_newest(
    database: Database, platform: SigningPlatform, book: GradeBook
) -> None:
    def meanwhile(_heard: Heard) -> Given:
        if len(asked(platform, POST)) > 1:
            return OK
        want(database, book, 9, now=NOON + SECOND)
        return 403, {}, b""

    platform.answers[POST] = meanwhile
    want(database, book, 5)

    push(database)
    push(database, NOON + 2 * SECOND)

    assert shown(database, book).is_sent
    assert not shown(database, book).is_stuck


# What a platform may answer


def test_a_conflict_is_answered_by_a_later_second_and_then_taken(
    database: Database, platform: SigningPlatform, book: GradeBook
) -> None:
    platform.answers[POST] = in_turn((409, {}, b"[]"), (409, {}, b"[]"), OK)
    want(database, book)

    for seconds in range(4):
        push(database, NOON + seconds * SECOND)

    times = [each["timestamp"] for each in bodies(platform, SCORES)]
    assert times == [f"2026-03-02T12:00:0{second}Z" for second in range(3)]
    assert shown(database, book).is_sent
    assert row_of(database, book).conflicts == 0


def test_after_three_conflicts_a_score_rests(
    database: Database, platform: SigningPlatform, book: GradeBook
) -> None:
    platform.answers[POST] = lambda _heard: (409, {}, b"[]")
    want(database, book)

    for seconds in (0, 1, 2, 3, 1_000_000):
        push(database, NOON + seconds * SECOND)

    assert len(asked(platform, POST)) == 3
    score = shown(database, book)
    assert (score.is_stuck, score.is_sent, score.due_at) == (True, False, None)
    assert "409" in score.reason


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (400, "not enrolled"),
        (403, "allow it"),
        (404, "no more"),
        (405, "refused"),
        (422, "refused"),
        (302, "refused"),
    ],
)
def test_a_refusal_rests_at_once_with_words_for_staff(
    database: Database, platform: SigningPlatform, book: GradeBook, status: int, words: str
) -> None:
    platform.answers[POST] = lambda _heard: (status, {}, b"a secret of the platform")
    want(database, book)

    push(database)
    push(database, NOON + 30 * DAY)

    assert len(asked(platform, POST)) == 1
    score = shown(database, book)
    assert (score.is_stuck, score.due_at) == (True, None)
    assert words in score.reason
    assert str(status) in score.reason
    assert "secret" not in score.reason


def test_a_401_is_tried_once_more_and_then_rests(
    database: Database, platform: SigningPlatform, book: GradeBook
) -> None:
    platform.answers[POST] = lambda _heard: (401, {}, b"")
    want(database, book)

    push(database)

    assert len(asked(platform, POST)) == 2
    assert shown(database, book).is_stuck
    assert "twice" in shown(database, book).reason


def test_too_many_requests_wait_as_long_as_the_platform_says(
    database: Database, platform: SigningPlatform, book: GradeBook
) -> None:
    platform.answers[POST] = lambda _heard: (429, {"Retry-After": "600"}, b"")
    want(database, book)

    push(database)

    due = row_of(database, book).due_at
    assert due is not None
    assert 10 * MINUTE <= due - NOON <= 11 * MINUTE


def test_no_platform_is_waited_for_longer_than_a_day(
    database: Database, platform: SigningPlatform, book: GradeBook
) -> None:
    far = {"Retry-After": "Mon, 02 Mar 2099 12:00:00 GMT"}
    platform.answers[POST] = lambda _heard: (503, far, b"")
    want(database, book)

    push(database)

    assert row_of(database, book).due_at == NOON + DAY


def test_a_platform_in_trouble_is_asked_less_and_less_and_given_up_after_seven_days(
    database: Database, platform: SigningPlatform, book: GradeBook
) -> None:
    platform.answers[POST] = lambda _heard: (500, {}, b"")
    want(database, book)
    waits: list[timedelta] = []
    now = NOON

    while (due := row_of(database, book).due_at) is not None:
        waits.append(due - now)
        now = due
        push(database, now)

    first, *rest = waits[1:]
    assert 48 * SECOND <= first <= MINUTE
    assert all(after > before for before, after in pairwise(rest[:8]))
    assert all(19 * timedelta(hours=1) < wait <= DAY for wait in waits[-3:])
    assert timedelta(days=7) <= now - NOON < timedelta(days=8)
    assert len(waits) < 25
    assert shown(database, book).is_stuck
    assert "seven days" in shown(database, book).reason


def test_a_new_wish_after_giving_up_has_seven_days_of_its_own(
    database: Database, platform: SigningPlatform, book: GradeBook
) -> None:
    platform.answers[POST] = lambda _heard: (500, {}, b"")
    want(database, book, 5)
    for days in range(9):
        push(database, NOON + days * DAY)
    given_up = shown(database, book).is_stuck

    want(database, book, 6, now=NOON + 9 * DAY)
    push(database, NOON + 9 * DAY)

    row = row_of(database, book)
    assert given_up
    assert (row.stuck_at, row.tries, row.failing_since) == (None, 1, NOON + 9 * DAY)


def test_a_platform_without_tokens_is_waited_for(
    database: Database, platform: SigningPlatform, book: GradeBook
) -> None:
    platform.answers["POST /token"] = lambda _heard: (500, {}, b"")
    want(database, book)

    push(database)

    score = shown(database, book)
    assert not score.is_stuck
    assert "no access token" in score.reason
    assert score.due_at is not None
    assert score.due_at > NOON


def test_a_withdrawn_platform_is_told_nothing(
    database: Database, platform: SigningPlatform, book: GradeBook
) -> None:
    want(database, book)
    with database.begin() as session:
        session.execute(update(Platform).values(withdrawn_at=NOON))

    push(database)

    assert platform.heard == []
    assert shown(database, book).is_stuck


def test_one_bad_row_stops_no_other(
    database: Database, platform: SigningPlatform, book: GradeBook
) -> None:
    platform.answers[POST] = lambda heard: (
        (400, {}, b"[]") if b'"userId": "8"' in heard.body else OK
    )
    for subject in ("7", "8", "9"):
        want(database, book, subject=subject)
    with database.begin() as session:
        unreadable = uuid4()
        session.add(
            LineItem(
                id=unreadable,
                context_id=book.context_id,
                url="https://[bad/li",
                url_hash="bad",
                course_id="capitals",
                item_path="exam",
                created_at=NOON,
            )
        )
    want(database, book, item_path="exam", now=NOON - MINUTE)

    assert push(database) == 4

    with database.read() as session:
        listed = scores.list_scores(session, book.context_id)
    outcomes = {(each.item_path, each.person_name): each.is_sent for each in listed}
    assert outcomes == {
        ("exam", "Person 7"): False,
        ("", "Person 7"): True,
        ("", "Person 8"): False,
        ("", "Person 9"): True,
    }


# Again, and at the same time


def test_what_rests_is_sent_again_by_hand(
    database: Database, platform: SigningPlatform, book: GradeBook
) -> None:
    platform.answers[POST] = in_turn((403, {}, b""), OK)
    want(database, book)
    push(database)
    score_id = shown(database, book).id

    with database.begin() as session:
        again = scores.resend(session, [score_id], context_id=book.context_id, now=NOON + MINUTE)
    waiting = shown(database, book)
    push(database, NOON + MINUTE)

    assert again == 1
    assert (waiting.is_stuck, waiting.is_sent, waiting.reason) == (False, False, "")
    assert shown(database, book).is_sent


def test_what_was_sent_can_be_sent_again(
    database: Database, platform: SigningPlatform, book: GradeBook
) -> None:
    want(database, book)
    push(database)

    with database.begin() as session:
        scores.resend(session, [shown(database, book).id], context_id=None, now=NOON + MINUTE)
    push(database, NOON + MINUTE)

    assert len(asked(platform, POST)) == 2


def test_scores_of_another_context_are_not_sent_again_nor_listed(
    database: Database, platform: SigningPlatform, book: GradeBook
) -> None:
    want(database, book)
    own = shown(database, book).id
    elsewhere = uuid4()

    with pytest.raises(NotFoundError), database.begin() as session:
        scores.resend(session, [own], context_id=elsewhere, now=NOON)
    with pytest.raises(NotFoundError), database.begin() as session:
        scores.resend(session, [own, uuid4()], context_id=book.context_id, now=NOON)

    with database.read() as session:
        assert scores.list_scores(session, elsewhere) == []
        assert (
            scores.sent_score(
                session,
                person_id=book.people["7"],
                context_id=elsewhere,
                course_id="capitals",
            )
            is None
        )
    assert row_of(database, book).version == 1


def test_staff_see_what_rests_first(
    database: Database, platform: SigningPlatform, book: GradeBook
) -> None:
    platform.answers[POST] = in_turn((403, {}, b""), OK)
    for minutes, subject in enumerate(("7", "8", "9")):
        want(database, book, subject=subject, now=NOON + minutes * MINUTE)
        push(database, NOON + minutes * MINUTE)

    with database.read() as session:
        listed = scores.list_scores(session, book.context_id)
        stuck = scores.list_stuck(session)
        of_one = scores.list_scores(session, book.context_id, person_id=book.people["8"])
        of_none = scores.list_scores(session, book.context_id, course_id="another")

    assert [each.person_name for each in listed] == ["Person 7", "Person 9", "Person 8"]
    assert [each.person_name for each in stuck] == ["Person 7"]
    assert [each.person_id for each in of_one] == [book.people["8"]]
    assert of_none == []


def test_a_worker_that_dies_leaves_rows_that_fall_due_again(
    database: Database, platform: SigningPlatform, book: GradeBook
) -> None:
    want(database, book)
    with database.begin() as session:
        claimed = pushing._claim(session, now=NOON, limit=50)

    early = push(database, NOON + pushing.LEASE - SECOND)
    late = push(database, NOON + pushing.LEASE)

    assert len(claimed) == 1
    assert (early, late) == (0, 1)
    assert shown(database, book).is_sent


def test_two_workers_at_once_send_each_score_once(
    database: Database, platform: SigningPlatform, book: GradeBook
) -> None:
    for subject in ("7", "8", "9"):
        want(database, book, subject=subject)
    start = threading.Barrier(4)

    def work(_number: int) -> int:
        start.wait()
        return push(database)

    with ThreadPoolExecutor(4) as pool:
        tried = list(pool.map(work, range(4)))

    assert sum(tried) == 3
    assert sorted(each["userId"] for each in bodies(platform, SCORES)) == ["7", "8", "9"]


def test_a_worker_that_comes_while_another_claims_gets_nothing(
    database: Database, platform: SigningPlatform, book: GradeBook
) -> None:
    want(database, book)

    def claim_too() -> list[Claim]:
        with database.begin() as session:
            return pushing._claim(session, now=NOON, limit=50)

    with ThreadPoolExecutor(1) as pool:
        with database.begin() as session:
            first = pushing._claim(session, now=NOON, limit=50)
            waiting = pool.submit(claim_too)
            time.sleep(0.2)
        second = waiting.result(10)

    assert (len(first), second) == (1, [])


def test_no_transaction_is_open_while_a_platform_is_asked(
    database: Database, platform: SigningPlatform, book: GradeBook
) -> None:
    """A learner's answer must not wait for a slow platform."""
    wrote: list[bool] = []

    def slowly(_heard: Heard) -> Given:
        want(database, book, 4, subject="8", now=NOON)
        wrote.append(True)
        return OK

    platform.answers[POST] = slowly
    want(database, book)

    push(database)

    assert wrote == [True]


def claim(sent_timestamp: datetime | None) -> Claim:
    return Claim(
        id=UUID(int=1),
        version=1,
        url="https://l.example.org/li",
        platform_id=UUID(int=2),
        subject="7",
        points=Fraction(1),
        maximum=1,
        tries=0,
        conflicts=0,
        failing_since=None,
        sent_timestamp=sent_timestamp,
    )


MOMENTS = st.datetimes(
    min_value=datetime(2026, 1, 1),  # noqa: DTZ001  # the zone is given below
    max_value=datetime(2026, 1, 2),  # noqa: DTZ001
    timezones=st.just(NOON.tzinfo),  # type: ignore[arg-type]
)


@given(MOMENTS, MOMENTS)
def test_a_time_stamp_is_whole_rises_and_is_never_ahead(now: datetime, before: datetime) -> None:
    stamp = pushing._timestamp(claim(before.replace(microsecond=0)), now)

    if stamp is not None:
        assert stamp.microsecond == 0
        assert before.replace(microsecond=0) < stamp <= now
    else:
        assert now < before.replace(microsecond=0) + SECOND
    assert pushing._timestamp(claim(None), now) == now.replace(microsecond=0)


@given(st.fractions(0, 100, max_denominator=1_000), st.integers(100, 1_000))
def test_what_is_sent_lies_between_nothing_and_the_maximum(points: Fraction, most: int) -> None:
    body = pushing._body(
        Claim(
            **{
                **{k: getattr(claim(None), k) for k in Claim.__slots__},
                "points": points,
                "maximum": most,
            }
        ),
        NOON,
    )

    assert 0 <= float(str(body["scoreGiven"])) <= most
    assert body["scoreMaximum"] == most
