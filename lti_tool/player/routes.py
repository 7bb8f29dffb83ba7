"""Pages of a course: where a launch leads, the course, its modules and its pages."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup, escape

from courses.model import Course, Item, Page, Quiz
from lti_tool import db
from lti_tool.errors import BadRequestError, NotFoundError
from lti_tool.i18n import page_language
from lti_tool.lti import scores, visits
from lti_tool.player import outline, pieces, progress
from lti_tool.player.enrolling import take_place
from lti_tool.player.outline import Part
from lti_tool.player.places import find_place
from lti_tool.player.standings import Standing, go_on
from lti_tool.visit import Role
from lti_tool.web import (
    VISIT_PREFIX,
    catalogue,
    current_visit,
    find_course,
    names,
    open_to,
)

bp = Blueprint("player", __name__, url_prefix=VISIT_PREFIX, template_folder="templates")


@bp.get("/")
@open_to(*Role)
def start() -> ResponseReturnValue:
    """Show what the followed link is bound to."""
    visit = current_visit()
    if visit.course_id is None:
        return _unbound()
    course = find_course(visit.course_id)
    path = visit.item_path
    if not path:
        return _course_page(course)
    if course.exam is not None and path == course.exam.id:
        return redirect(url_for("player_exams.exam", course_id=course.id))
    return redirect(f"{course_url(course)}/{path}")


@bp.post("/bind")
@open_to(Role.INSTRUCTOR, Role.ADMINISTRATOR)
def bind() -> ResponseReturnValue:
    """Bind the link that was followed to what the teacher chose; once."""
    visit = current_visit()
    course_id, _, path = request.form.get("choice", "").partition("/")
    course = find_course(course_id)
    if path and path not in _linkable(course):
        raise BadRequestError(f"{path!r} of {course_id!r}")
    if visit.course_id is None:
        with db.begin() as session:
            visits.bind_resource_link(
                session,
                visit.resource_link_id,
                course_id=course_id,
                item_path=path or None,
                now=db.utcnow(),
            )
    return redirect(url_for("player.start"))


@bp.get("/learn/<course_id>")
@open_to(*Role)
def course(course_id: str) -> ResponseReturnValue:
    """Show a course: what is in it, what is done, where to go on."""
    return _course_page(find_own_course(course_id))


@bp.get("/learn/<course_id>/<module_id>")
@open_to(*Role)
def module(course_id: str, module_id: str) -> ResponseReturnValue:
    """Show a module: what one can do after it, and its items."""
    found = find_own_course(course_id)
    for number, each in enumerate(found.modules, start=1):
        if each.id == module_id:
            part = outline.part_of(each, number, near_standing(found, each.id))
            base = course_url(found)
            return render_template(
                "player/module.html",
                course=found,
                part=part,
                base=base,
                entries=_entries_of(found, part, base),
            )
    raise NotFoundError(f"module {module_id!r} of {course_id!r}")


@bp.get("/learn/<course_id>/<module_id>/<name>")
@open_to(*Role)
def item(course_id: str, module_id: str, name: str) -> ResponseReturnValue:
    """Show a page; a quiz has pages of its own."""
    found = find_own_course(course_id)
    item_id = f"{module_id}/{name}"
    each = found.item(item_id)
    if isinstance(each, Quiz):
        return redirect(
            url_for("player_quizzes.quiz", course_id=course_id, module_id=module_id, name=name)
        )
    if not isinstance(each, Page):
        raise NotFoundError(f"item {item_id!r} of {course_id!r}")
    standing = open_item(found, each)
    base = course_url(found)
    part = outline.part_around(found, each, standing)
    return render_template(
        "player/page.html",
        course=found,
        page=each,
        percent=standing.place.percent if standing else None,
        base=base,
        side=side_of(found, part, each, base) if part else "",
        text=_text_of(found, each, part, base),
    )


# What the other routes of this room share


def find_own_course(course_id: str) -> Course:
    """Give a course that this visit may see: staff any, learners the one that the link is bound to.

    Raises:
        NotFoundError: it is not theirs.
    """
    visit = current_visit()
    if not visit.is_preview and course_id != visit.course_id:
        raise NotFoundError(f"course {course_id!r} in a visit to {visit.course_id!r}")
    return find_course(course_id)


def course_url(found: Course) -> str:
    """Give the address of a course's page in this visit; those of its parts begin with it."""
    return url_for("player.course", course_id=found.id)


def media_url(found: Course, path: str) -> str:
    """Give where the media files of a module or item lie, the same for everybody."""
    owner = catalogue().get(found.owner_of(path)) or found
    return f"/media/{owner.id}/{owner.fingerprint[:16]}"


def near_standing(found: Course, module_id: str) -> Standing | None:
    """Give how far the visitor is with a module; None for staff, who walk a course as a preview."""
    visit = current_visit()
    if visit.is_preview:
        return None
    with db.apart() as connection:
        return progress.find_near(connection, visit, found.id, module_id, names())


def open_item(found: Course, each: Item) -> Standing | None:
    """Note that the visitor looks at an item; nothing is written at a second look in one visit."""
    visit = current_visit()
    if visit.is_preview:
        return None
    standing = near_standing(found, each.id.partition("/")[0])
    if standing is not None and standing.is_viewed(each.id):
        return standing
    now = db.utcnow()
    with db.begin() as session:
        place = find_place(session, visit, found.id, names())
        if place is None:
            place = take_place(session, visit, found, names=names(), now=now)
        return progress.open_item(session, place, found, each, now=now)


def side_of(found: Course, part: Part, each: Item, base: str) -> Markup:
    """Give the list of a module's items that stands beside a page."""
    key = ("side", page_language(), found.fingerprint, each.id, part.flags)
    return pieces.piece(
        key, lambda: render_template("player/_side.html", part=part, base=pieces.BASE), base
    )


def _entries_of(found: Course, part: Part, base: str) -> Markup:
    """Give the list of a module's items."""
    key = ("entries", page_language(), found.fingerprint, part.module.id, part.flags)
    return pieces.piece(
        key, lambda: render_template("player/_entries.html", part=part, base=pieces.BASE), base
    )


def _text_of(found: Course, each: Page, part: Part | None, base: str) -> Markup:
    """Give a page's text with what is around it; the same for everybody."""

    def make() -> str:
        neighbours = outline.neighbours_of(found, each)
        return render_template(
            "player/_text.html",
            course=found,
            page=each,
            part=part,
            before=neighbours.before,
            after=neighbours.after,
            base=pieces.BASE,
            body=pieces.body_of(each.html, media_url=media_url(found, each.id)),
        )

    return pieces.piece(("text", page_language(), found.fingerprint, each.id), make, base)


def _card_of(found: Course, part: Part, *, counted: bool) -> Markup:
    """Give a module as it stands on the course's page; itself a part of a piece."""
    key = ("card", page_language(), found.fingerprint, part.module.id, part.flags, counted)

    def make() -> str:
        return render_template(
            "player/_module_card.html", part=part, counted=counted, base=pieces.BASE
        )

    return pieces.piece(key, make, pieces.BASE)


def _course_page(found: Course) -> ResponseReturnValue:
    visit = current_visit()
    standing = None
    score = None
    if not visit.is_preview:
        with db.apart() as connection:
            standing = progress.find_near(connection, visit, found.id, "", names())
            if standing is not None and standing.has_points and visit.person_id is not None:
                score = scores.sent_score(
                    connection,
                    person_id=visit.person_id,
                    context_id=visit.context_id,
                    course_id=found.id,
                )
    return _framed(found, _overview_of(found, standing, score, course_url(found)))


def _framed(found: Course, body: Markup) -> str:
    """Give a course's page around its body; learners without a note share the frame."""
    visit = current_visit()

    def make() -> str:
        return render_template(
            "player/course.html",
            course=found,
            base=pieces.BASE,
            body=pieces.CUT,
            who=pieces.CUT if visit.display_name else "",
        )

    if visit.is_staff or visit.is_preview or request.args:
        who = visit.display_name
        return render_template("player/course.html", course=found, base="", body=body, who=who)
    who = str(escape(visit.display_name)) if visit.display_name else ""
    key = ("frame", page_language(), found.fingerprint, request.script_root, bool(who))
    return pieces.frame(key, make, (who, body) if who else (body,))


def _overview_of(
    found: Course, standing: Standing | None, score: scores.ShownScore | None, base: str
) -> Markup:
    """Give what a course's page shows of the course and of how far somebody is."""
    next_item = go_on(found, standing)

    def make() -> str:
        parts = outline.parts_of(found, standing)
        return render_template(
            "player/_course.html",
            course=found,
            cards=[_card_of(found, part, counted=standing is not None) for part in parts],
            exam=outline.entry_of(found.exam, standing) if found.exam else None,
            next_item=next_item,
            standing=standing,
            score=score,
            base=pieces.BASE,
            visit_base=pieces.VISIT,
        )

    if score is not None:
        return pieces.placed(make(), base)
    key: tuple[object, ...] = ("course", page_language(), found.fingerprint)
    if standing is not None:
        place = standing.place
        key += (standing.done, place.percent, bool(place.seen_item_id), next_item and next_item.id)
    return pieces.piece(key, make, base)


def _unbound() -> ResponseReturnValue:
    visit = current_visit()
    can_choose = visit.has(Role.INSTRUCTOR, Role.ADMINISTRATOR) and visit.resource_link_id
    return render_template("player/unbound.html", courses=catalogue().all() if can_choose else None)


def _linkable(found: Course) -> set[str]:
    graded = {each.id for each in found.items() if not isinstance(each, Page)}
    return graded | {each.id for each in found.modules}
