"""Public pages by which anybody checks a certificate: by its code, by its file, or many at once."""

from __future__ import annotations

import hashlib
import re

from flask import Blueprint, current_app, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup, escape

from lti_tool import db
from lti_tool.certification import file_checks, verifying, wrong_names
from lti_tool.certification.codes import read_code
from lti_tool.certification.facts import Facts
from lti_tool.certification.file_checks import FileReport
from lti_tool.certification.knowing import knows
from lti_tool.certification.sheets import (
    Sheet,
    public_results_of,
    public_sheet_of,
    results_key_of,
    sheet_of,
)
from lti_tool.certification.verifying import Checked
from lti_tool.i18n import gettext, page_language
from lti_tool.player import pieces
from lti_tool.web import Limiter, csrf_token, open_to_all, settings

bp = Blueprint("certification_verify", __name__, template_folder="templates", url_prefix="/verify")

NAMES_PER_MINUTE = 10
"""How many names one address may try for one code in a minute, in each web process."""
NAME_LENGTH = 400
EXAMPLE = "0123-4567-89AB-T"
"""A code that checks, and that nobody takes for a certificate's."""
HEX_DIGEST = re.compile(r"[0-9a-f]{64}")


@bp.app_template_filter("as_printed")
def as_printed(facts: Facts) -> Sheet:
    """Give all that a certificate prints, as the paper words it."""
    return sheet_of(facts)


@bp.app_template_filter("as_public")
def as_public(facts: Facts) -> Sheet:
    """Give what strangers may read of it."""
    return public_sheet_of(facts)


@bp.get("")
@open_to_all
def ask() -> ResponseReturnValue:
    """Ask for a code; one that was typed leads to its page."""
    given = request.args.get("code", "")
    if not given.strip():
        return _page(_ask_page("", is_wrong=False))
    code = read_code(verifying.code_in(given))
    if code is None:
        return _page(_ask_page(given, is_wrong=True), 422)
    return redirect(url_for("certification_verify.show", code=code), 303)


def _ask_page(given: str, *, is_wrong: bool) -> str:
    return render_template(
        "certification/verify/ask.html", given=given, is_wrong=is_wrong, example=EXAMPLE
    )


@bp.route("/<code>", methods=["GET", "POST"])
@open_to_all
def show(code: str) -> ResponseReturnValue:
    """Say whether a certificate holds; to somebody who knows the holder's name, all of it."""
    _count("code")
    is_name = request.method == "POST"
    if is_name:
        _names().hit("name", read_code(code) or "", request.remote_addr or "?")
    with db.apart() as connection:
        checked = verifying.check_code(
            connection, code, zone=settings().register_time_zone, now=db.utcnow()
        )
    given = request.form.get("name", "")[:NAME_LENGTH] if is_name else ""
    is_shut = is_name and _is_shut(checked)
    is_known = not is_shut and _is_known(checked, given)
    if checked.facts is None:
        return _page(_framed(gettext("Certificate: could not be checked"), _unknown()), 404)
    if is_known or not is_name:
        body = _kept(checked, is_known=is_known)
    else:
        form = Markup() if is_shut else _name_form(checked.facts, name_given=given)
        body = _found(checked, is_shut=is_shut, form=form, checked_at=_moment())
    page = _framed(f"{gettext('Certificate')} {checked.facts.number}", body)
    if is_shut:
        return _page(page, 429)
    return _page(page, 422 if is_name and not is_known else 200)


def _framed(title: str, body: Markup) -> str:
    """Give an answer's page; all that came without a note share its frame."""

    def make(title: str = pieces.CUT, body: str = pieces.CUT) -> str:
        return render_template("certification/verify/answer.html", title=title, body=body)

    if request.args:
        return make(title, body)
    key = ("check", page_language(), request.script_root)
    return pieces.frame(key, make, (str(escape(title)), body), is_public=True)


def _unknown() -> Markup:
    return Markup(render_template("certification/verify/_unknown.html"))  # noqa: S704  # ours


def _kept(checked: Checked, *, is_known: bool) -> Markup:
    """Give what everybody, or somebody who knows its name, may know of a certificate.

    It is made once, while nothing of the certificate changes.
    """

    def make() -> str:
        form = _name_form(checked.facts, token=pieces.CUT) if checked.facts else Markup()
        return _found(checked, is_known=is_known, form=form, checked_at=pieces.CUT)

    told = (checked.certificate_id, checked.facts_hash, checked.standing, checked.revoke_code)
    key = ("checked", page_language(), request.script_root, is_known, *told)
    holes = (_moment(),) if is_known else (csrf_token(), _moment())
    return pieces.frame(key, make, holes, is_public=True)


def _found(
    checked: Checked,
    *,
    form: Markup,
    checked_at: str,
    is_known: bool = False,
    is_shut: bool = False,
) -> Markup:
    results = Markup() if is_known or checked.facts is None else _results(checked.facts)
    page = render_template(
        "certification/verify/_found.html",
        checked=checked,
        is_known=is_known,
        is_shut=is_shut,
        results=results,
        form=form,
        checked_at=checked_at,
    )
    return Markup(page)  # noqa: S704  # rendered by a template of ours


def _results(facts: Facts) -> Markup:
    """Give the public table of results, made once for all certificates that came out alike."""

    def make() -> str:
        sheet = public_results_of(facts)
        return render_template("certification/verify/_results.html", sheet=sheet)

    return pieces.frame(("results", results_key_of(facts)), make, (), is_public=True)


def _name_form(facts: Facts, *, token: str = "", name_given: str = "") -> Markup:
    """Give the form that takes a name, made once for all persons and once for all organisations."""

    def make(address: str = pieces.CUT, token: str = pieces.CUT) -> str:
        return render_template(
            "certification/verify/_name_form.html",
            is_organisation=facts.holder_is_organisation,
            address=address,
            token=token,
            name_given=name_given,
        )

    address = url_for("certification_verify.show", code=facts.code)
    token = token or csrf_token()
    if name_given:
        return Markup(make(address, token))  # noqa: S704  # rendered by a template of ours
    key = ("name form", page_language(), facts.holder_is_organisation)
    return pieces.frame(key, make, (address, token), is_public=True)


def _is_shut(checked: Checked) -> bool:
    """Say whether no more names are taken for a certificate today."""
    if checked.facts is None:
        return False
    with db.apart() as connection:
        return wrong_names.are_used_up(connection, checked.code, on=db.utcnow().date())


def _is_known(checked: Checked, given: str) -> bool:
    """Say whether a name opens a certificate; one that does not is counted."""
    if checked.facts is None:
        return False
    is_known = knows(checked.facts, given)
    if given and not is_known:
        with db.begin() as session:
            wrong_names.count(session, checked.code, on=db.utcnow().date())
    return is_known


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
    report = file_checks.check_file(
        db.read,
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
    wanted, left = verifying.read_codes(given)
    _count("many", times=len(wanted))
    with db.read() as session:
        found = verifying.check_codes(
            session, wanted, zone=settings().register_time_zone, now=db.utcnow()
        )
    page = render_template(
        "certification/verify/many.html",
        given=given,
        found=found,
        left=left,
        checked_at=_moment(),
    )
    return _page(page)


def _page(page: str, status: int = 200) -> ResponseReturnValue:
    answer = make_response(page, status)
    answer.headers["X-Robots-Tag"] = "noindex, nofollow"
    return answer


def _count(what: str, *, times: int = 1) -> None:
    held: Limiter = current_app.extensions["lti_tool.verifications"]
    held.hit(f"verify {what}", request.remote_addr or "?", times=times)


def _names() -> Limiter:
    held: Limiter = current_app.extensions["lti_tool.names_tried"]
    return held


def _moment() -> str:
    return f"{db.utcnow():%Y-%m-%d %H:%M} UTC"
