"""What stands beside a course's modules: its glossary, and a self-test that nobody grades."""

from __future__ import annotations

import secrets

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from courses import selftest
from courses.forms import ResponseError, read_response
from courses.model import Course, Module
from lti_tool.errors import NotFoundError
from lti_tool.i18n import gettext as _
from lti_tool.player import views
from lti_tool.player.routes import course_url, find_own_course
from lti_tool.player.sheets import Asked
from lti_tool.visit import Role
from lti_tool.web import VISIT_PREFIX, open_to

bp = Blueprint("player_beside", __name__, url_prefix=VISIT_PREFIX, template_folder="templates")


@bp.get("/learn/<course_id>/glossary")
@open_to(*Role)
def glossary(course_id: str) -> ResponseReturnValue:
    """Show the words of a course in the order of the alphabet."""
    found = find_own_course(course_id)
    if not found.glossary:
        raise NotFoundError(f"glossary of {course_id!r}")
    letters: dict[str, list[object]] = {}
    for term in found.glossary:
        letters.setdefault(_letter(term.term), []).append(term)
    return render_template(
        "player/glossary.html", course=found, letters=letters, base=course_url(found)
    )


@bp.get("/learn/<course_id>/self-test")
@open_to(*Role)
def self_test(course_id: str) -> ResponseReturnValue:
    """Ask what somebody knows already."""
    found = _with_self_test(course_id)
    return _page(found, _asked(found, secrets.token_hex(8)))


@bp.post("/learn/<course_id>/self-test")
@open_to(*Role)
def answer_self_test(course_id: str) -> ResponseReturnValue:
    """Say where to start, and why answers are right; nothing is kept."""
    found = _with_self_test(course_id)
    form = request.form.to_dict(flat=False)
    faults: dict[str, str] = {}
    given: list[Asked] = []
    for each in _asked(found, request.form.get("seed", "")[:64]):
        try:
            response = read_response(each.question, form)
            given.append(Asked(each.number, each.question, "", response, each.seed))
        except ResponseError as error:
            faults[each.question.id] = _(str(error))
            given.append(each)
    if faults:
        return _page(found, given, faults=faults), 422
    right = {each.question.id: each.is_answered and each.mark().correct for each in given}
    advice = selftest.advise(found, right)
    return _page(found, given, advice=advice)


def _page(
    found: Course,
    asked: list[Asked],
    *,
    faults: dict[str, str] | None = None,
    advice: tuple[selftest.Advice, ...] = (),
) -> str:
    if found.self_test is None:
        raise NotFoundError(f"self-test of {found.id!r}")
    shown = views.views_of(asked, told=bool(advice), faults=faults)
    by_question = {view.question.id: view for view in shown}
    groups: list[tuple[Module, list[views.QuestionView]]] = []
    for module in found.modules:
        own = [
            by_question[question.id]
            for module_id, question in found.self_test.questions
            if module_id == module.id
        ]
        groups += [(module, own)] if own else []
    return render_template(
        "player/self_test.html",
        course=found,
        test=found.self_test,
        groups=groups,
        advice=advice,
        start=selftest.start_with(advice) if advice else None,
        seed=asked[0].seed if asked else "",
        fault_count=len(faults or ()),
        base=course_url(found),
    )


def _asked(found: Course, seed: str) -> list[Asked]:
    """Give the questions by module, numbered over the whole test."""
    if found.self_test is None:
        return []
    places = {module.id: place for place, module in enumerate(found.modules)}
    ordered = sorted(found.self_test.questions, key=lambda each: places.get(each[0], 0))
    return [
        Asked(number, question, "", None, seed)
        for number, (_module, question) in enumerate(ordered, start=1)
    ]


def _with_self_test(course_id: str) -> Course:
    found = find_own_course(course_id)
    if found.self_test is None:
        raise NotFoundError(f"self-test of {course_id!r}")
    return found


def _letter(term: str) -> str:
    first = term[:1].upper()
    return first if first.isalpha() else "#"
