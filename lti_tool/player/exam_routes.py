"""Exams: the rules and the start, the running exam with its clock, the result and its receipt."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from flask import Blueprint, Response, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from courses.model import Course, Exam
from lti_tool import db
from lti_tool.errors import BadRequestError, NotFoundError
from lti_tool.i18n import gettext as _
from lti_tool.i18n import ngettext
from lti_tool.lti import scores
from lti_tool.player import appeals, exams, results, views
from lti_tool.player.enrolling import find_enrolment
from lti_tool.player.exams import CannotStartError
from lti_tool.player.routes import course_url, find_own_course, open_item
from lti_tool.player.sheets import (
    Asked,
    AttemptClosedError,
    AttemptFacts,
    Sheet,
    find_attempt,
    read_sheet,
)
from lti_tool.visit import Role
from lti_tool.web import VISIT_PREFIX, current_visit, names, open_to, with_note

bp = Blueprint(
    "player_exams",
    __name__,
    url_prefix=f"{VISIT_PREFIX}/learn/<course_id>/exam",
    template_folder="templates",
)


@bp.get("")
@open_to(*Role)
def exam(course_id: str) -> ResponseReturnValue:
    """Show an exam's rules, what was reached, and whether an attempt may begin."""
    course, found = _find(course_id)
    if current_visit().is_preview:
        return render_template(
            "player/exam_preview.html",
            course=course,
            exam=found,
            base=course_url(course),
            drawn=None,
            seed=secrets.token_hex(8),
        )
    open_item(course, found)
    now = db.utcnow()
    _close_overdue(course, found, now)
    with db.read() as session:
        place = find_enrolment(session, current_visit(), course, names=names())
        state = exams.exam_state(session, place, found, now=now)
        score = scores.sent_score(
            session,
            person_id=place.person_id,
            context_id=place.context_id,
            course_id=course.id,
            item_path=found.id,
        )
    return render_template(
        "player/exam.html",
        course=course,
        exam=found,
        state=state,
        score=score,
        base=course_url(course),
        asked=sum(element.draw for element in found.elements),
    )


@bp.get("/preview/<seed>")
@open_to(*(set(Role) - {Role.LEARNER}))
def preview(course_id: str, seed: str) -> ResponseReturnValue:
    """Show a draw with its right answers to staff; nothing is kept."""
    course, found = _find(course_id)
    drawn = []
    number = 0
    for element in exams.drawn_of(found, seed[:64]):
        asked = []
        for question in element.questions:
            number += 1
            asked.append(Asked(number, question, element.id, None, seed))
        drawn.append((element, views.answer_key(asked)))
    return render_template(
        "player/exam_preview.html",
        course=course,
        exam=found,
        base=course_url(course),
        drawn=drawn,
        seed=secrets.token_hex(8),
    )


@bp.post("/attempts")
@open_to(Role.LEARNER)
def begin(course_id: str) -> ResponseReturnValue:
    """Draw the questions and start the clock."""
    course, found = _find(course_id)
    try:
        with db.begin() as session:
            place = find_enrolment(session, current_visit(), course, names=names())
            attempt_id = exams.start(session, place, course, found, now=db.utcnow())
    except CannotStartError:
        words = _("No attempt can begin now. This page says why.")
        return redirect(with_note(_url(course), words, "warning"), 303)
    return redirect(_attempt_url(course, attempt_id), 303)


@bp.get("/attempts/<uuid:attempt_id>")
@open_to(Role.LEARNER)
def attempt(course_id: str, attempt_id: UUID) -> ResponseReturnValue:
    """Show a running exam, or the result of one that is over."""
    course, found = _find(course_id)
    now = db.utcnow()
    _close_overdue(course, found, now)
    with db.read() as session:
        place = find_enrolment(session, current_visit(), course, names=names())
        facts = find_attempt(session, place.enrolment_id, attempt_id)
        if facts.is_open(now):
            sheet = read_sheet(session, facts)
    if not facts.is_open(now):
        return redirect(f"{_attempt_url(course, attempt_id)}/result", 303)
    if facts.left_at is not None:
        with db.begin() as session:
            exams.come_back(session, place, course, found, attempt_id, now=now)
    return _running(course, found, sheet, now=now)


@bp.post("/attempts/<uuid:attempt_id>")
@open_to(Role.LEARNER)
def send(course_id: str, attempt_id: UUID) -> ResponseReturnValue:
    """Keep the whole page, and end the attempt where that was asked for."""
    course, found = _find(course_id)
    do = request.form.get("do", "save")
    now = db.utcnow()
    try:
        with db.begin() as session:
            place = find_enrolment(session, current_visit(), course, names=names())
            faults = exams.save(
                session,
                place,
                attempt_id,
                request.form.to_dict(flat=False),
                sequence=_sequence(request.form.get("sequence")),
                now=now,
            )
            facts = find_attempt(session, place.enrolment_id, attempt_id)
            sheet = read_sheet(session, facts)
            left_out = sum(not asked.is_answered for asked in sheet.asked)
            ending = do == "submit-anyway" or (do == "submit" and not left_out and not faults)
            if ending:
                exams.submit(session, place, course, found, attempt_id, now=now)
    except AttemptClosedError:
        _close_overdue(course, found, now)
        words = _("The time was up. What had been saved by then was submitted.")
        return redirect(
            with_note(f"{_attempt_url(course, attempt_id)}/result", words, "warning"), 303
        )
    if ending:
        return redirect(f"{_attempt_url(course, attempt_id)}/result", 303)
    asking = do == "submit"
    return _running(
        course, found, sheet, faults=faults, left_out=left_out if asking else 0, saved=True, now=now
    )


@bp.post("/attempts/<uuid:attempt_id>/answers")
@open_to(Role.LEARNER)
def save(course_id: str, attempt_id: UUID) -> ResponseReturnValue:
    """Keep one answer while the page stays open; says how much time is left."""
    course, found = _find(course_id)
    now = db.utcnow()
    with db.begin() as session:
        place = find_enrolment(session, current_visit(), course, names=names())
        faults = exams.save(
            session,
            place,
            attempt_id,
            request.form.to_dict(flat=False),
            sequence=_sequence(request.form.get("sequence")),
            question_id=request.form.get("question", ""),
            now=now,
        )
        facts = find_attempt(session, place.enrolment_id, attempt_id)
        if facts.left_at is not None:  # told too late by a page that was loaded again
            exams.come_back(session, place, course, found, attempt_id, now=now)
    told = next((_(words) for words in faults.values()), None)
    return jsonify(saved_at=now.isoformat(), left_s=_left_s(facts.closes_at, now), fault=told)


@bp.post("/attempts/<uuid:attempt_id>/left")
@open_to(Role.LEARNER)
def leave(course_id: str, attempt_id: UUID) -> ResponseReturnValue:
    """Note that the page of a running exam was shut."""
    course, found = _find(course_id)
    with db.begin() as session:
        place = find_enrolment(session, current_visit(), course, names=names())
        exams.leave(session, place, course, found, attempt_id, now=db.utcnow())
    return "", 204


@bp.get("/attempts/<uuid:attempt_id>/result")
@open_to(Role.LEARNER)
def result(course_id: str, attempt_id: UUID) -> ResponseReturnValue:
    """Show what an attempt earned, and what was right where the exam lets the learner see it."""
    course, found = _find(course_id)
    now = db.utcnow()
    _close_overdue(course, found, now)
    with db.read() as session:
        place = find_enrolment(session, current_visit(), course, names=names())
        facts = find_attempt(session, place.enrolment_id, attempt_id)
        if facts.is_open(now):
            return redirect(_attempt_url(course, attempt_id), 303)
        state = exams.exam_state(session, place, found, now=now)
        sheet = read_sheet(session, facts)
        withdrawn = results.withdrawn_in(session, place, found.id)
        rulings = appeals.list_rulings(session, attempt_id)
        score = scores.sent_score(
            session,
            person_id=place.person_id,
            context_id=place.context_id,
            course_id=course.id,
            item_path=found.id,
        )
    reviewed = exams.may_review(found, state, now=now)
    return render_template(
        "player/exam_result.html",
        ruled=[
            (each, rulings[each.question.id]) for each in sheet.asked if each.question.id in rulings
        ],
        course=course,
        exam=found,
        attempt=facts,
        sheet=sheet,
        state=state,
        views=views.views_of(sheet.asked, told=True) if reviewed else (),
        withdrawn=withdrawn,
        score=score,
        base=course_url(course),
        url=_attempt_url(course, attempt_id),
    )


@bp.get("/attempts/<uuid:attempt_id>/receipt")
@open_to(Role.LEARNER)
def receipt(course_id: str, attempt_id: UUID) -> ResponseReturnValue:
    """Show the receipt of an attempt, to be printed."""
    course, found = _find(course_id)
    facts, _document = _receipt(course, attempt_id)
    return render_template(
        "player/receipt.html",
        course=course,
        exam=found,
        attempt=facts,
        url=_attempt_url(course, attempt_id),
        base=course_url(course),
        learner=current_visit().display_name,
    )


@bp.get("/attempts/<uuid:attempt_id>/receipt.json")
@open_to(Role.LEARNER)
def receipt_file(course_id: str, attempt_id: UUID) -> ResponseReturnValue:
    """Give the receipt as the very bytes that its hash is made of."""
    course, _found = _find(course_id)
    _facts, document = _receipt(course, attempt_id)
    answer = Response(document, mimetype="application/json")
    answer.headers["Content-Disposition"] = f'attachment; filename="receipt-{attempt_id}.json"'
    return answer


def _receipt(course: Course, attempt_id: UUID) -> tuple[AttemptFacts, bytes]:
    with db.read() as session:
        place = find_enrolment(session, current_visit(), course, names=names())
        facts = find_attempt(session, place.enrolment_id, attempt_id)
    if facts.receipt is None:
        raise NotFoundError(f"attempt {attempt_id} is not submitted")
    return facts, results.canonical(facts.receipt)


def _running(
    course: Course,
    found: Exam,
    sheet: Sheet,
    *,
    faults: Mapping[str, str] | None = None,
    left_out: int = 0,
    saved: bool = False,
    now: datetime,
) -> ResponseReturnValue:
    groups = []
    told = {key: _(words) for key, words in (faults or {}).items()}
    for element in sheet.elements:
        asked = [each for each in sheet.asked if each.element_id == element.id]
        groups.append((element, views.views_of(asked, told=False, faults=told)))
    return render_template(
        "player/exam_running.html",
        course=course,
        exam=found,
        attempt=sheet.attempt,
        groups=groups,
        asked=sheet.asked,
        sequence=sheet.sequence + 1,
        left_s=_left_s(sheet.attempt.closes_at, now),
        left_out=left_out,
        notice=_left_out_words(left_out) if left_out else "",
        fault_count=len(told),
        saved_at=now if saved else None,
        url=_attempt_url(course, sheet.attempt.id),
        base=course_url(course),
    ), (422 if told else 200)


def _left_out_words(number: int) -> str:
    words = ngettext(
        "One question has no answer yet. You can still answer it, or submit without it.",
        "%(number)s questions have no answer yet. You can still answer them, or submit as it is.",
        number,
    )
    return words % {"number": number}


def _close_overdue(course: Course, found: Exam, now: datetime) -> None:
    """End an attempt of the visitor whose time ran out, should the worker not have come by yet."""
    visit = current_visit()
    with db.read() as session:
        place = find_enrolment(session, visit, course, names=names())
        running = exams.exam_state(session, place, found, now=now).open
    if running is not None and running.is_overdue(now):
        with db.begin() as session:
            exams.submit(session, place, course, found, running.id, now=now)


def _left_s(closes_at: datetime | None, now: datetime) -> int | None:
    return None if closes_at is None else max(0, int((closes_at - now).total_seconds()))


def _sequence(text: str | None) -> int:
    if text is None or not text.isdecimal() or len(text) > 9:
        raise BadRequestError("sequence of an answer")
    return int(text)


def _find(course_id: str) -> tuple[Course, Exam]:
    course = find_own_course(course_id)
    if course.exam is None:
        raise NotFoundError(f"exam of {course_id!r}")
    return course, course.exam


def _url(course: Course) -> str:
    return url_for("player_exams.exam", course_id=course.id)


def _attempt_url(course: Course, attempt_id: UUID) -> str:
    return url_for("player_exams.attempt", course_id=course.id, attempt_id=attempt_id)
