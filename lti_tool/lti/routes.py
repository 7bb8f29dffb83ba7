"""The platform's door: login, launch, our key set."""

from __future__ import annotations

import re
from datetime import timedelta
from urllib.parse import urlencode

from flask import (
    Blueprint,
    Response,
    current_app,
    g,
    jsonify,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue
from markupsafe import escape

from lti_tool import db
from lti_tool.i18n import page_language
from lti_tool.lti import binding, keys, keysets, launching, logins, records, visits
from lti_tool.lti.binding import CookieWish
from lti_tool.lti.calls import Calls
from lti_tool.lti.checks import Check
from lti_tool.lti.launching import Door, KeyNeededError, Posted, Refused, Taken
from lti_tool.lti.logins import BegunLogin
from lti_tool.lti.protocol import RefusedError
from lti_tool.vault import digest
from lti_tool.web import (
    allow_frames,
    catalogue,
    limit_rate,
    no_csrf,
    open_to_all,
    origin_of,
    settings,
    vault,
)

bp = Blueprint("lti", __name__, url_prefix="/lti", template_folder="templates")

KEY_SET_AGE_S = 3600
STATUS = {
    Check.DEPLOYMENT_PENDING: 403,
    Check.DEPLOYMENT_REFUSED: 403,
    Check.PLATFORM: 403,
    Check.BROWSER: 401,
    Check.REPLAY: 401,
    Check.LOGIN_EXPIRED: 401,
    Check.STATE: 401,
    Check.SIGNATURE: 401,
    Check.KEY_SET: 503,
}
"""Answers that are not 400."""


@bp.get("/keys")
@open_to_all
def key_set() -> ResponseReturnValue:
    """Give our public keys."""
    now = db.utcnow()
    with db.read() as session:
        published = keys.public_set(session, now=now)
    if not published["keys"]:
        with db.begin() as session:
            keys.signing_key(session, vault(), now=now)
            published = keys.public_set(session, now=now)
    answer = jsonify(published)
    answer.headers["Cache-Control"] = f"public, max-age={KEY_SET_AGE_S}"
    answer.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return answer


@bp.route("/login", methods=["GET", "POST"])
@open_to_all
@no_csrf
def login() -> ResponseReturnValue:
    """Take a login initiation; answer with the page that remembers it and goes on."""
    limit_rate("login")
    asked = request.values.to_dict()
    refused: Refused | None = None
    with db.apart() as connection:
        now = db.utcnow()
        try:
            begun = logins.begin(
                connection, asked, origin=settings().origin, launch_url=launch_url(), now=now
            )
        except RefusedError as error:
            refused = launching.refuse(connection, error, {}, now=now)
    if refused is not None:
        return _refusal(refused)
    return _login_page(begun, asked)


def _login_page(begun: BegunLogin, asked: dict[str, str]) -> Response:
    allow_frames(*begun.frame_ancestors)
    told = {
        "auth_url": begun.auth_url,
        "state": begun.state,
        "secret": begun.storage_secret,
        "storage_target": begun.storage_target,
        "storage_origin": origin_of(begun.auth_url),
        "again": f"{url_for('lti.login')}?{urlencode(asked)}",
    }
    page = HOLES.sub(lambda hole: escape(told[hole[1]]), _login_frame(page_language()))
    answer = make_response(page)
    _set(
        answer,
        binding.login_cookie(
            begun.state, begun.cookie_secret, max_age_s=settings().login_minutes * 60
        ),
    )
    return answer


HOLES = re.compile(r"\{\{ (\w+) \}\}")


def _login_frame(language: str) -> str:
    """Give the page of a login with holes in it: every launch needs one, and only those differ."""
    held: dict[str, str] = current_app.extensions.setdefault("lti_tool.login_frames", {})
    if language not in held:
        held[language] = render_template("lti/login.html")
    return held[language]


@bp.get("/launch")
@open_to_all
def launch_by_hand() -> ResponseReturnValue:
    """Tell whoever opens the launch address by hand what it is for."""
    return render_template("lti/by_hand.html"), 405


@bp.post("/launch")
@open_to_all
@no_csrf
def launch() -> ResponseReturnValue:
    """Take a signed launch; lead on to an address of our own, which can be loaded again."""
    limit_rate("launch")
    state = request.form.get("state", "")
    if "error" in request.form or not state:
        return _refusal(_refuse_unread())
    proof = binding.proof_of(request.cookies, request.form, state)
    if proof.is_missing:
        return _prove(state)
    outcome = _take(Posted(state, request.form.get("id_token", ""), proof))
    if isinstance(outcome, Refused):
        return _refusal(outcome)
    return _enter(outcome, state)


def _refuse_unread() -> Refused:
    """Refuse what came without a state, or with the platform's own refusal."""
    error = RefusedError(Check.STATE)
    if "error" in request.form:
        error = RefusedError(Check.PLATFORM_ERROR, error=request.form["error"][:60])
    with db.write() as connection:
        return launching.refuse(connection, error, {}, now=db.utcnow())


def _take(posted: Posted) -> Taken | Refused:
    """Take a launch; where the platform's key is not held, fetch it and take it again."""
    try:
        return _take_once(posted)
    except KeyNeededError as error:
        fault = None
        try:
            keysets.fetch(db.current_database().begin, calls(), error.platform_id, now=db.utcnow())
        except keysets.KeySetError as told:
            fault = str(told)
        return _take_once(
            Posted(posted.state, posted.token, posted.proof, key_fault=fault, key_asked=True)
        )


def _take_once(posted: Posted) -> Taken | Refused:
    with db.write() as connection:
        outcome = launching.take(connection, posted, door(), now=db.utcnow())
    if isinstance(outcome, Taken):
        records.remember(outcome.left)
    return outcome


def _enter(taken: Taken, state: str) -> ResponseReturnValue:
    visit = g.visit = taken.visit
    cookie_hash = digest(taken.cookie_secret) if taken.cookie_secret else ""
    held_visits().hold(visit, cookie_hash, now=db.utcnow())
    endpoint = "lti_choosing.choose" if taken.is_deep_linking else "player.start"
    answer = make_response(redirect(url_for(endpoint, visit=visit.id), 303))
    _set(answer, binding.login_cookie(state, "", max_age_s=0))
    for old in binding.cookies_to_drop(request.cookies):
        _set(answer, old)
    if taken.cookie_secret:
        max_age_s = settings().visit_hours * 3600
        _set(answer, binding.visit_cookie(visit.id, taken.cookie_secret, max_age_s=max_age_s))
    return answer


def _prove(state: str) -> ResponseReturnValue:
    """Ask the browser's storages for the secret of the login; 401 until it is told."""
    with db.read() as session:
        waiting = logins.find_waiting(session, state)
    if waiting is not None:
        allow_frames(*waiting.frame_ancestors)
    else:
        allow_frames("*")
    page = render_template(
        "lti/prove.html",
        state=state,
        token=request.form.get("id_token", ""),
        storage_target=waiting.storage_target if waiting else "",
        storage_origin=origin_of(waiting.auth_url) if waiting else "",
    )
    return page, 401


def _refusal(refused: Refused) -> ResponseReturnValue:
    allow_frames(*(refused.frame_ancestors or ("*",)))
    page = render_template("lti/refused.html", check=refused.error.check, code=refused.code)
    return page, STATUS.get(refused.error.check, 400)


def _set(answer: Response, wish: CookieWish) -> None:
    answer.set_cookie(
        wish.name,
        wish.value,
        max_age=wish.max_age_s,
        path="/",
        secure=True,
        httponly=True,
        samesite="None",
        partitioned=True,
    )


def launch_url() -> str:
    """Give our one redirect address."""
    return f"{settings().public_url}/lti/launch"


def calls() -> Calls:
    """Give what asks other servers."""
    held: Calls = current_app.extensions["lti_tool.calls"]
    return held


def held_visits() -> visits.Visits:
    """Give the visits of the application that answers."""
    held: visits.Visits = current_app.extensions["lti_tool.visits"]
    return held


def forget_visits() -> None:
    """Look visits and platforms up again, since one was ended just now."""
    held_visits().forget()
    logins.forget_platforms()


def door() -> Door:
    """Give what a launch needs to know of the application."""
    held: Door | None = current_app.extensions.get("lti_tool.door")
    if held is None:
        own = settings()
        held = current_app.extensions["lti_tool.door"] = Door(
            origin=own.origin,
            allow_http=own.allow_private_addresses,
            login_time=timedelta(minutes=own.login_minutes),
            visit_time=timedelta(hours=own.visit_hours),
            catalogue=catalogue(),
            arrivals=current_app.extensions["lti_tool.arrivals"],
        )
    return held
