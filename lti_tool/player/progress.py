"""What is done of a course: carried into progress, statements and the grade book."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from fractions import Fraction
from typing import Any

from sqlalchemy import Executable, bindparam, func, select, update
from sqlalchemy.orm import Session

from courses.model import Course, Exam, Item, Page, Quiz
from lti_tool.iri import Names
from lti_tool.lti import scores
from lti_tool.player import changes, leaving, recording, sharing
from lti_tool.player.places import (
    COLUMNS,
    ENROLMENT,
    ENROLMENT_VISIT,
    PROGRESS,
    Place,
    place_in,
)
from lti_tool.player.standings import WHOLE, Earned, ItemState, Standing, earned, percent_of
from lti_tool.visit import Visit
from xapi import outbox
from xapi.prepared import Prepared, Running
from xapi.statements import Built

ITEM_COLUMNS = (
    PROGRESS.c.item_id,
    PROGRESS.c.done_at.is_not(None).label("is_done"),
    (PROGRESS.c.viewed_in == bindparam("launch_id")).label("is_viewed"),
    PROGRESS.c.points,
    PROGRESS.c.maximum,
)
ITEMS = Prepared(
    select(
        *ITEM_COLUMNS,
    ).where(PROGRESS.c.enrolment_id == bindparam("enrolment_id"))
)


_NEAR = (
    select(
        *COLUMNS,
        *ITEM_COLUMNS,
    )
    .join_from(
        ENROLMENT,
        PROGRESS,
        (PROGRESS.c.enrolment_id == ENROLMENT.c.id)
        & (func.substr(PROGRESS.c.item_id + "/", 1, bindparam("length")) == bindparam("prefix")),
        isouter=True,
    )
    .where(
        ENROLMENT.c.person_id == bindparam("person_id"),
        ENROLMENT.c.course_id == bindparam("course_id"),
    )
)
NEAR = Prepared(_NEAR.where(ENROLMENT.c.context_id == bindparam("context_id")))
NEAR_WITHOUT_CONTEXT = Prepared(_NEAR.where(ENROLMENT.c.context_id.is_(None)))


def _open(insert: type) -> Executable:
    fields = ("enrolment_id", "item_id", "begun_at", "done_at", "viewed_in")
    statement = insert(PROGRESS).values({name: bindparam(name) for name in fields})
    made: Executable = statement.on_conflict_do_update(
        index_elements=[PROGRESS.c.enrolment_id, PROGRESS.c.item_id],
        set_={
            "viewed_in": statement.excluded.viewed_in,
            "done_at": func.coalesce(PROGRESS.c.done_at, statement.excluded.done_at),
        },
    )
    return made


def _earn(insert: type) -> Executable:
    fields = ("enrolment_id", "item_id", "begun_at", "done_at", "points", "maximum")
    statement = insert(PROGRESS).values({name: bindparam(name) for name in fields})
    made: Executable = statement.on_conflict_do_update(
        index_elements=[PROGRESS.c.enrolment_id, PROGRESS.c.item_id],
        set_={name: statement.excluded[name] for name in ("done_at", "points", "maximum")},
    )
    return made


OPEN = Prepared.for_both(_open)
EARN = Prepared.for_both(_earn)
SEEN = Prepared(
    update(ENROLMENT)
    .where(ENROLMENT.c.id == bindparam("b_id"))
    .values(seen_item_id=bindparam("b_item"))
)
MOVED = Prepared(
    update(ENROLMENT)
    .where(ENROLMENT.c.id == bindparam("b_id"))
    .values(
        percent=bindparam("b_percent"),
        completed_at=func.coalesce(ENROLMENT.c.completed_at, bindparam("b_completed_at")),
    )
)
HERE = Prepared(
    update(ENROLMENT_VISIT)
    .where(ENROLMENT_VISIT.c.launch_id == bindparam("b_launch"))
    .values(seen_at=bindparam("b_now"))
)
LOCK = Prepared(
    select(ENROLMENT.c.percent, ENROLMENT.c.completed_at, ENROLMENT.c.seen_item_id)
    .where(ENROLMENT.c.id == bindparam("enrolment_id"))
    .with_for_update()
)


def find_near(
    running: Running, visit: Visit, course_id: str, module_id: str, names: Names
) -> Standing | None:
    """Give how far the visitor is with one module or the exam, by one query; None: no place.

    This is the way of every page that is read, so it takes a bare connection. Without a module it
    is the whole course.
    """
    prefix = f"{module_id}/" if module_id else ""
    given = {
        "person_id": visit.person_id,
        "course_id": course_id,
        "launch_id": visit.launch_id,
        "prefix": prefix,
        "length": len(prefix),
    }
    query = NEAR_WITHOUT_CONTEXT
    if visit.context_id is not None:
        query, given["context_id"] = NEAR, visit.context_id
    rows = query.all(running, given)
    if not rows:
        return None
    return Standing(
        place_in(rows[0], visit, course_id, names),
        {
            row.item_id: ItemState(bool(row.is_done), bool(row.is_viewed), row.points, row.maximum)
            for row in rows
            if row.item_id is not None
        },
    )


def standing_of(session: Running, place: Place) -> Standing:
    """Give how far somebody is."""
    given = {"enrolment_id": place.enrolment_id, "launch_id": place.launch_id}
    rows = ITEMS.all(session, given)
    return Standing(
        place,
        {
            row.item_id: ItemState(bool(row.is_done), bool(row.is_viewed), row.points, row.maximum)
            for row in rows
        },
    )


def is_here(session: Running, place: Place, *, now: datetime) -> None:
    """Note that something was done in the visit just now."""
    HERE.run(session, {"b_launch": place.launch_id, "b_now": now})


def open_item(
    session: Session, place: Place, course: Course, item: Item, *, now: datetime
) -> Standing:
    """Note that an item is looked at, tell it once in each visit, and give how far they are now.

    A page is done by being opened.
    """
    others = sharing.lock_others(session, place, course, sharing.sharers_of(course, item))
    place = lock(session, place)
    before = standing_of(session, place)
    if before.is_viewed(item.id):
        return before
    values = {
        "enrolment_id": place.enrolment_id,
        "item_id": item.id,
        "begun_at": now,
        "done_at": now if isinstance(item, Page) else None,
        "viewed_in": place.launch_id,
    }
    OPEN.run(session, values)
    SEEN.run(session, {"b_id": place.enrolment_id, "b_item": item.id})
    is_here(session, place, now=now)
    told = [recording.viewed(place, course, item, now=now)]
    if isinstance(item, Page) and not before.is_done(item.id):
        told += _moved(session, place, course, item.id, before, now=now)
    outbox.enqueue(session, told, now=now)
    for other, its_course in others:
        if isinstance(item, Page):
            read_elsewhere(session, other, its_course, item, now=now)
    return standing_of(session, lock(session, place))


def read_elsewhere(
    session: Running, place: Place, course: Course, item: Page, *, now: datetime
) -> None:
    """Note that a page of a shared module was read in another course."""
    before = standing_of(session, place)
    if before.is_done(item.id):
        return
    given = {"enrolment_id": place.enrolment_id, "item_id": item.id}
    EARN.run(session, {**given, "begun_at": now, "done_at": now, "points": None, "maximum": None})
    outbox.enqueue(session, _moved(session, place, course, item.id, before, now=now), now=now)


def recount(
    session: Running, place: Place, course: Course, item: Quiz | Exam, *, now: datetime
) -> None:
    """Find what an item's attempts earn now, and carry it into progress, statements and scores.

    Called after an attempt was submitted, voided or marked again. Of an item of a shared module the
    attempts in all courses count, and in all courses.
    """
    others = sharing.lock_others(session, place, course, sharing.sharers_of(course, item))
    places = [(lock(session, place), course), *others]
    ids = [each.enrolment_id for each, _ in places]
    attempts = sharing.counting_attempts(session, ids, item.id)
    is_here(session, place, now=now)
    for each, its_course in places:
        _carry(session, each, its_course, item, attempts, now=now)


def _carry(
    session: Running,
    place: Place,
    course: Course,
    item: Quiz | Exam,
    attempts: Sequence[Any],
    *,
    now: datetime,
) -> None:
    """Carry what attempts earn into one place."""
    before = standing_of(session, place)
    best = max(attempts, key=_rank, default=None)
    passing = [each for each in attempts if each.passed]
    done = attempts if isinstance(item, Quiz) else passing
    values: dict[str, Any] = {
        "enrolment_id": place.enrolment_id,
        "item_id": item.id,
        "begun_at": now,
        "done_at": min((each.submitted_at for each in done), default=None),
        "points": best.points if best else None,
        "maximum": best.maximum if best else None,
    }
    EARN.run(session, values)
    if isinstance(item, Exam):
        changes.note(session, place.enrolment_id, now=now)
    if bool(done) != before.is_done(item.id):
        told = _moved(session, place, course, item.id, before, undone=not done, now=now)
        outbox.enqueue(session, told, now=now)
    had = before.items.get(item.id)
    _wish(session, place, course, item, had.maximum if had else None, now=now)


def lock(session: Running, place: Place) -> Place:
    """Let nobody else move this place until the end of the transaction; give it as it is now."""
    given = {"enrolment_id": place.enrolment_id}
    row = LOCK.one(session, given)
    return replace(
        place,
        percent=row.percent,
        is_completed=row.completed_at is not None,
        seen_item_id=row.seen_item_id,
    )


def _rank(attempt: Any) -> tuple[bool, Fraction]:
    return bool(attempt.passed), Fraction(attempt.points, attempt.maximum or 1)


def _moved(
    session: Running,
    place: Place,
    course: Course,
    item_id: str,
    before: Standing,
    *,
    undone: bool = False,
    now: datetime,
) -> list[Built]:
    """Write the new share, and give the statements about what is complete by it."""
    done = before.done - {item_id} if undone else before.done | {item_id}
    percent = percent_of(course, done)
    told: list[Built] = []
    module = course.module_of(item_id)
    if module is not None and not undone and all(item.id in done for item in module.items):
        told.append(recording.completed_module(place, course, module, now=now))
    if percent == WHOLE and not place.is_completed:
        spent = leaving.time_spent(session, place, now=now)
        told.append(recording.completed_course(place, course, duration=spent, now=now))
        changes.note(session, place.enrolment_id, now=now)
    elif percent not in {place.percent, WHOLE}:
        told.append(recording.progressed(place, course, percent, now=now))
    values = {
        "b_id": place.enrolment_id,
        "b_percent": percent,
        "b_completed_at": now if percent == WHOLE else None,
    }
    MOVED.run(session, values)
    return told


def _wish(
    session: Running,
    place: Place,
    course: Course,
    item: Quiz | Exam,
    had_maximum: int | None,
    *,
    now: datetime,
) -> None:
    """Wish what the columns should show that this item has a part in."""
    items = standing_of(session, place).items
    module = course.module_of(item.id)
    paths = {"", item.id, module.id if module else ""}
    found = {each.path: each for each in earned(course, items)}
    if item.id not in found and had_maximum:  # its only attempt was voided
        for path in paths:
            found.setdefault(path, Earned(path, Fraction(0), had_maximum))
    for path in sorted(paths & set(found)):
        if path == "" and course.exam is not None and not isinstance(item, Exam):
            continue
        scores.want(
            session,
            person_id=place.person_id,
            context_id=place.context_id,
            course_id=course.id,
            item_path=path,
            points=found[path].points,
            maximum=found[path].maximum,
            now=now,
        )
