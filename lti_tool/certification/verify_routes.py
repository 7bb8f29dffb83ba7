"""Public pages by which anybody checks a certificate: by its code, by its file, or many at once."""

from __future__ import annotations

import hashlib
import re

from flask import Blueprint, current_app, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from lti_tool import db
from lti_tool.certification import file_checks, verifying
from lti_tool.certification.codes import read_code
from lti_tool.certification.file_checks import FileReport
from lti_tool.certification.verifying import Answer
from lti_tool.web import Limiter, open_to_all, settings

bp = Blueprint("certification_verify", __name__, template_folder="templates", url_prefix="/verify")

NAMES_PER_MINUTE = 10
"""How many names may be tried for one code in a minute, in each web process."""
HEX_DIGEST = re.compile(r"[0-9a-f]{64}")


@bp.get("")
@open_to_all
def ask() -> ResponseReturnValue:
    """Ask for a code; one that was typed leads to its page."""
    given = request.args.get("code", "")
    if not given.strip():
        return _page(render_template("certification/verify/ask.html", given="", is_wrong=False))
    code = read_code(verifying.code_in(given))
    if code is None:
        page = render_template("certification/verify/ask.html", given=given, is_wrong=True)
        return _page(page, 422)
    return redirect(url_for("certification_verify.show", code=code), 303)


@bp.route("/<code>", methods=["GET", "POST"])
@open_to_all
def show(code: str) -> ResponseReturnValue:
    """Say whether a certificate holds; to somebody who knows the holder's name, all of it."""
    _count("code")
    is_name = request.method == "POST"
    if is_name:
        _names().hit("name", read_code(code) or "")
    with db.apart() as connection:
        checked = verifying.check_code(
            connection, code, zone=settings().register_time_zone, now=db.utcnow()
        )
    given = request.form.get("name", "") if is_name else ""
    is_known = checked.facts is not None and verifying.knows(checked.facts, given)
    page = render_template(
        "certification/verify/answer.html",
        checked=checked,
        is_known=is_known,
        name_given="" if is_known else given,
        checked_at=_moment(),
    )
    if checked.answer is Answer.NOT_FOUND:
        return _page(page, 404)
    return _page(page, 422 if is_name and not is_known else 200)


@bp.route("/file", methods=["GET", "POST"])
@open_to_all
def file() -> ResponseReturnValue:
    """Check a file: by the hash that the browser made, or by looking at the file itself."""
    if request.method == "GET":
        return _page(render_template("certification/verify/file.html", report=None))
    _count("file")
    digest = request.form.get("sha256", "").strip().lower()
    upload = request.files.get("file")
    content = upload.read() if upload is not None else b""
    if not content and not HEX_DIGEST.fullmatch(digest):
        page = render_template("certification/verify/file.html", report=None, is_missing=True)
        return _page(page, 422)
    with db.read() as session:
        report = file_checks.check_file(
            session,
            content,
            hashlib.sha256(content).hexdigest() if content else digest,
            base_url=settings().public_url,
            zone=settings().register_time_zone,
            now=db.utcnow(),
        )
    return _page(_file_page(report))


def _file_page(report: FileReport) -> str:
    return render_template(
        "certification/verify/file.html",
        report=report,
        checked=report.checked,
        checked_at=_moment(),
    )


@bp.route("/many", methods=["GET", "POST"])
@open_to_all
def many() -> ResponseReturnValue:
    """Check up to fifty codes at once, for a list to be printed and filed."""
    given = request.form.get("codes", "")
    if request.method == "GET" or not given.strip():
        return _page(render_template("certification/verify/many.html", given=given, found=()))
    _count("many")
    with db.read() as session:
        found = verifying.check_codes(
            session, given, zone=settings().register_time_zone, now=db.utcnow()
        )
    page = render_template(
        "certification/verify/many.html", given=given, found=found, checked_at=_moment()
    )
    return _page(page)


def _page(page: str, status: int = 200) -> ResponseReturnValue:
    answer = make_response(page, status)
    answer.headers["X-Robots-Tag"] = "noindex, nofollow"
    return answer


def _count(what: str) -> None:
    held: Limiter = current_app.extensions["lti_tool.verifications"]
    held.hit(f"verify {what}", request.remote_addr or "?")


def _names() -> Limiter:
    held: Limiter = current_app.extensions["lti_tool.names_tried"]
    return held


def _moment() -> str:
    return f"{db.utcnow():%Y-%m-%d %H:%M} UTC"
