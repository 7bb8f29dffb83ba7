"""Other record stores on the desk: how they do, what they refused, rules, copying, leaving."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from uuid import UUID

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from lti_tool import db
from lti_tool.errors import BadRequestError
from lti_tool.i18n import gettext as _
from lti_tool.i18n import ngettext
from lti_tool.lti import stores
from lti_tool.lti.links import who_of
from lti_tool.lti.stores import Change
from lti_tool.visit import Role
from lti_tool.web import VISIT_PREFIX, current_visit, open_to, settings, vault, with_note
from xapi import backfill, forwarding, removing, targets
from xapi.targets import VERSIONS, Wanted

bp = Blueprint("stores", __name__)

PREFIX = f"{VISIT_PREFIX}/desk/stores"


@bp.get(PREFIX)
@open_to(Role.ADMINISTRATOR)
def show() -> ResponseReturnValue:
    """List the stores with how each does, and offer to add one."""
    return _list(None)


@bp.post(PREFIX)
@open_to(Role.ADMINISTRATOR)
def add() -> ResponseReturnValue:
    """Send statements to one more store."""
    name = request.form.get("name", "").strip()
    try:
        with db.begin() as session:
            stores.add(
                session, vault(), name, _wanted(), own_url=_own_url(), who=_who(), now=_now()
            )
    except BadRequestError as error:
        return _list(error.words)
    return _back(name, _("The store is sent to from now on."))


@bp.get(f"{PREFIX}/<name>")
@open_to(Role.ADMINISTRATOR)
def store(name: str) -> ResponseReturnValue:
    """Show one store: what waits for it, what it refused, its rules, its copying."""
    return _page(name, None)


@bp.post(f"{PREFIX}/<name>")
@open_to(Role.ADMINISTRATOR)
def change(name: str) -> ResponseReturnValue:
    """Change address and credentials of a store."""
    try:
        with db.begin() as session:
            stores.change(
                session, vault(), name, _wanted(), own_url=_own_url(), who=_who(), now=_now()
            )
    except BadRequestError as error:
        return _page(name, error.words)
    return _back(name, _("The store is changed, and is asked again at once."))


@bp.post(f"{PREFIX}/<name>/standing")
@open_to(Role.ADMINISTRATOR)
def set_standing(name: str) -> ResponseReturnValue:
    """Pause a store, or send to it again."""
    now = _now()
    if request.form.get("act") == "pause":
        words = _("Nothing is sent to this store until it is resumed; statements wait.")
        return _act(name, "store.paused", partial(targets.pause, name=name, now=now), words)
    words = _("The store is sent to again with the next round.")
    return _act(name, "store.resumed", partial(targets.resume, name=name, now=now), words)


@bp.post(f"{PREFIX}/<name>/refused")
@open_to(Role.ADMINISTRATOR)
def put_back(name: str) -> ResponseReturnValue:
    """Put refused statements back in line: those chosen, or all."""
    now = _now()
    chosen = {_uuid(each) for each in request.form.getlist("statement")}
    if request.form.get("which") != "all" and not chosen:
        words = _("Choose at least one statement, or send all of them again.")
        return _back(name, words, "warning")
    if request.form.get("which") == "all":
        chosen = set()
    with db.begin() as session:
        done = stores.put_back(session, name, chosen, who=_who(), now=now)
    words = ngettext("%(num)d statement goes out again.", "%(num)d statements go out again.", done)
    return _back(name, words % {"num": done})


@bp.post(f"{PREFIX}/<name>/backfill")
@open_to(Role.ADMINISTRATOR)
def copy(name: str) -> ResponseReturnValue:
    """Copy to a store what was kept here before it was added, or stop that."""
    now = _now()
    if request.form.get("act") == "stop":
        words = _("No more is copied to this store.")
        return _act(name, "store.backfill_stopped", partial(backfill.stop, name=name), words)
    everything = "everything" in request.form

    def change(session: Session) -> None:
        target = targets.find_elsewhere(session, name)
        backfill.start(session, target, everything=everything, now=now)

    words = _("The worker copies the statements; this page shows how far it has come.")
    return _act(name, "store.backfill_begun", change, words)


@bp.post(f"{PREFIX}/<name>/rules")
@open_to(Role.ADMINISTRATOR)
def add_rule(name: str) -> ResponseReturnValue:
    """Let statements of other clients go on to a store."""
    now = _now()
    verb = request.form.get("verb", "").strip()
    prefix = request.form.get("activity_prefix", "").strip()

    def change(session: Session) -> None:
        target = targets.find_elsewhere(session, name)
        forwarding.add_rule(session, target, verb=verb, activity_prefix=prefix, now=now)

    words = _("Statements of other clients that fit go on to this store from now on.")
    return _act(name, "store.rule_added", change, words)


@bp.post(f"{PREFIX}/<name>/rules/<uuid:rule_id>/remove")
@open_to(Role.ADMINISTRATOR)
def remove_rule(name: str, rule_id: UUID) -> ResponseReturnValue:
    """Take a rule away."""
    words = _("The rule is taken away.")
    gone = partial(forwarding.remove_rule, name=name, rule_id=rule_id)
    return _act(name, "store.rule_removed", gone, words)


@bp.post(f"{PREFIX}/<name>/leave")
@open_to(Role.ADMINISTRATOR)
def leave(name: str) -> ResponseReturnValue:
    """Send to a store no more: redirect what waits for it, or drop that."""
    other = request.form.get("other", "")
    done, change = "store.removed", partial(removing.remove, name=name)
    words = _("The store is removed.")
    if other:
        done = "store.redirected"
        change = partial(removing.redirect, name=name, other=other, now=_now())
        words = _("What waited goes to the other store now.")
    try:
        with db.begin() as session:
            stores.act(session, name, done, change, who=_who(), now=_now())
    except BadRequestError as error:
        return _page(name, error.words)
    return redirect(with_note(url_for("lti_desk.stores.show"), words), 303)


def _act(name: str, done: str, change: Change, words: str) -> ResponseReturnValue:
    try:
        with db.begin() as session:
            stores.act(session, name, done, change, who=_who(), now=_now())
    except BadRequestError as error:
        return _page(name, error.words)
    return _back(name, words)


def _list(fault: str | None) -> ResponseReturnValue:
    with db.read() as session:
        found = targets.list_standings(session)
    page = render_template(
        "lti/desk/stores.html",
        found=found,
        given=request.form if fault else {},
        fault=fault,
        versions=VERSIONS,
    )
    return page, 422 if fault else 200


def _page(name: str, fault: str | None) -> ResponseReturnValue:
    with db.read() as session:
        found = stores.look_at(session, name)
    page = render_template(
        "lti/desk/store.html",
        found=found,
        given=request.form if fault and "url" in request.form else {},
        fault=fault,
        versions=VERSIONS,
    )
    return page, 422 if fault else 200


def _wanted() -> Wanted:
    form = request.form
    return Wanted(
        url=form.get("url", ""),
        key=form.get("key", "").strip(),
        secret=form.get("secret", ""),
        version=form.get("version", VERSIONS[0]),
    )


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise BadRequestError("statement id") from error


def _own_url() -> str:
    return f"{settings().public_url}/xapi"


def _who() -> str:
    return who_of(current_visit())


def _now() -> datetime:
    return db.utcnow()


def _back(name: str, words: str, kind: str = "ok") -> ResponseReturnValue:
    return redirect(with_note(url_for("lti_desk.stores.store", name=name), words, kind), 303)
