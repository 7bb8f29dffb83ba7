"""What every route stands on: the visit, who may enter, forgery, headers, limits."""

from __future__ import annotations

import base64
import functools
import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ParamSpec
from urllib.parse import urlencode, urlsplit

from flask import Flask, Response, current_app, g, request, url_for
from flask.typing import ResponseReturnValue

from courses.catalogue import Catalogue
from courses.model import Course
from courses.scheme_reading import Schemes
from lti_tool.errors import (
    BadRequestError,
    ForgedRequestError,
    NotAllowedError,
    NotFoundError,
    TooManyError,
    VisitEndedError,
)
from lti_tool.files import Files
from lti_tool.i18n import gettext
from lti_tool.iri import Names
from lti_tool.plain import has_controls, words_on_controls
from lti_tool.settings import Settings
from lti_tool.vault import Vault
from lti_tool.visit import Role, Visit

P = ParamSpec("P")

PUBLIC = "public"
UNSAFE = frozenset({"POST", "PUT", "PATCH", "DELETE"})
CSRF_FIELD = "csrf_token"
CSRF_HEADER = "X-CSRF-Token"
VISIT_PREFIX = "/v/<visit>"
"""How the addresses of a visit's pages begin; the id is taken out before a view sees it."""


# Who is here


def current_visit() -> Visit:
    """Give the visit that this request belongs to.

    Raises:
        VisitEndedError: the address names none, or it is over.
    """
    visit: Visit | None = g.get("visit")
    if visit is None:
        raise VisitEndedError
    return visit


def open_to(
    *roles: Role,
) -> Callable[[Callable[P, ResponseReturnValue]], Callable[P, ResponseReturnValue]]:
    """Let in visits that hold one of the roles, and nobody else."""

    def decorate(view: Callable[P, ResponseReturnValue]) -> Callable[P, ResponseReturnValue]:
        @functools.wraps(view)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
            if not current_visit().has(*roles):
                raise NotAllowedError(f"{request.endpoint} needs one of {sorted(roles)}")
            return view(*args, **kwargs)

        guarded.open_to = frozenset(roles)  # type: ignore[attr-defined]
        return guarded

    return decorate


def open_to_all(view: Callable[P, ResponseReturnValue]) -> Callable[P, ResponseReturnValue]:
    """Say of a view that anybody may enter, without a visit."""
    view.open_to = PUBLIC  # type: ignore[attr-defined]
    return view


def no_csrf(view: Callable[P, ResponseReturnValue]) -> Callable[P, ResponseReturnValue]:
    """Say of a public view that it takes forms of other sites and checks them itself."""
    view.no_csrf = True  # type: ignore[attr-defined]
    return view


def find_course(course_id: str) -> Course:
    """Give a course of the catalogue.

    Raises:
        NotFoundError: there is none of that id.
    """
    course = catalogue().get(course_id)
    if course is None:
        raise NotFoundError(f"course {course_id!r}")
    return course


# What the application holds


def settings() -> Settings:
    """Give the settings of the application that answers."""
    held: Settings = current_app.extensions["lti_tool.settings"]
    return held


def vault() -> Vault:
    """Give its vault."""
    held: Vault = current_app.extensions["lti_tool.vault"]
    return held


def catalogue() -> Catalogue:
    """Give its courses."""
    held: Catalogue = current_app.extensions["lti_tool.catalogue"]
    return held


def schemes() -> Schemes:
    """Give what can be certified."""
    held: Schemes = current_app.extensions["lti_tool.schemes"]
    return held


def files() -> Files:
    """Give where sealed documents and uploads lie."""
    held: Files = current_app.extensions["lti_tool.files"]
    return held


def names() -> Names:
    """Give the maker of names that last."""
    held: Names = current_app.extensions["lti_tool.names"]
    return held


# Forms of ours only


def csrf_token() -> str:
    """Give the proof that a form came from a page of this visit; works without cookies."""
    visit: Visit | None = g.get("visit")
    subject = visit.id if visit else f"public:{request.endpoint}"
    return vault().sign(f"csrf:{subject}")


def _refuse_forgery() -> None:
    if request.method not in UNSAFE or request.endpoint is None:
        return
    view = current_app.view_functions[request.endpoint]
    if getattr(view, "no_csrf", False):
        return
    if _has_ended():
        raise VisitEndedError(f"form of a visit that is over at {request.endpoint}")
    origin = request.headers.get("Origin")
    if origin not in {None, "null", settings().origin}:
        raise ForgedRequestError(f"origin of a form is not ours at {request.endpoint}")
    if request.headers.get("Sec-Fetch-Site") == "cross-site":
        raise ForgedRequestError(f"form of another site at {request.endpoint}")
    given = request.headers.get(CSRF_HEADER) or request.form.get(CSRF_FIELD, "")
    if not secrets.compare_digest(given.encode(), csrf_token().encode()):
        raise ForgedRequestError(f"form without its token at {request.endpoint}")


def _refuse_controls() -> None:
    """Refuse control characters in addresses and forms, before anything is looked for or kept."""
    view = current_app.view_functions.get(request.endpoint or "")
    if not hasattr(view, "open_to"):  # the record store has rules of its own
        return
    takes_any = getattr(view, "no_csrf", False)  # forms of other sites, which it checks itself
    if any(has_controls(text) for text in _sent(with_form=not takes_any)):
        raise BadRequestError(
            f"control characters at {request.endpoint}", words=words_on_controls()
        )


def _sent(*, with_form: bool) -> Iterator[str]:
    """Give all text of a request, but for the content of files."""
    yield request.path
    given = [request.args] if request.query_string else []
    if with_form and request.method in UNSAFE:
        given.append(request.form)
        for name, file in request.files.items(multi=True):
            yield name
            yield file.filename or ""
    for fields in given:
        for name, texts in fields.lists():
            yield name
            yield from texts


def _has_ended() -> bool:
    """Say whether the address names a visit that is over, or not of this browser."""
    return bool(g.get("visit_id_given")) and g.get("visit") is None


# A sentence for the next page, without a cookie


def with_note(url: str, words: str, kind: str = "ok") -> str:
    """Add a signed sentence to an address of ours; the page it leads to shows it.

    Args:
        url: where to go.
        words: one sentence, in the reader's language; shown to whoever opens the address.
        kind: ``ok``, ``warning`` or ``bad``.
    """
    body = base64.urlsafe_b64encode(f"{kind} {words}".encode()).decode()
    query = urlencode({"note": body, "proof": vault().sign(f"note:{body}")})
    address, hash_sign, anchor = url.partition("#")
    return f"{address}{'&' if '?' in address else '?'}{query}{hash_sign}{anchor}"


def flashes() -> list[tuple[str, str]]:
    """Give the sentences that came with this address, with their kinds."""
    body = request.args.get("note", "")
    if not body or not vault().is_signed(f"note:{body}", request.args.get("proof", "")):
        return []
    kind, _, words = base64.urlsafe_b64decode(body).decode().partition(" ")
    return [(kind, words)]


# Limits


class Limiter:
    """Counts what one address does in a minute, in this process."""

    def __init__(self, per_minute: int) -> None:
        self._per_minute = per_minute
        self._minute = 0
        self._counts: dict[tuple[str, ...], int] = {}

    def hit(self, *key: str, times: int = 1) -> None:
        """Count one, or several; everything is forgotten when the next minute begins.

        Raises:
            TooManyError: one too many.
        """
        minute = int(time.monotonic()) // 60
        if minute != self._minute:
            self._minute, self._counts = minute, {}
        self._counts[key] = self._counts.get(key, 0) + times
        if self._counts[key] > self._per_minute:
            raise TooManyError(f"too many at {key[0]}")


def limit_rate(name: str) -> None:
    """Count this request against its address."""
    limiter: Limiter = current_app.extensions["lti_tool.limiter"]
    limiter.hit(name, request.remote_addr or "?")


# The desks' navigation


@dataclass(frozen=True, slots=True)
class DeskPage:
    """A page of a desk that stands in the navigation."""

    endpoint: str
    title: str
    roles: frozenset[Role]


@dataclass(frozen=True, slots=True)
class DeskLink:
    """An entry of the navigation, for this visit."""

    title: str
    url: str
    is_current: bool


@dataclass(frozen=True, slots=True)
class DeskSection:
    """A room's entries."""

    title: str
    entries: tuple[DeskLink, ...]


def desk_sections() -> list[DeskSection]:
    """Give the pages of all desks that this visit may enter; empty sections are left out."""
    pages: Mapping[str, tuple[DeskPage, ...]] = current_app.extensions["lti_tool.desks"]
    visit = current_visit()
    sections = [
        DeskSection(
            gettext(title),
            tuple(
                DeskLink(
                    gettext(page.title), url_for(page.endpoint), request.endpoint == page.endpoint
                )
                for page in entries
                if visit.has(*page.roles)
            ),
        )
        for title, entries in pages.items()
    ]
    return [section for section in sections if section.entries]


# Headers


def allow_frames(*origins: str) -> None:
    """Let pages of these origins frame this answer (and no other)."""
    g.frame_ancestors = tuple(origin for origin in origins if origin)


def allow_forms_to(*addresses: str) -> None:
    """Let forms of this answer go to these addresses too."""
    g.form_targets = tuple(origin_of(address) for address in addresses)


def origin_of(address: str) -> str:
    """Give scheme, host and port of an address."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"


@functools.lru_cache(maxsize=256)
def _policy(ancestors: tuple[str, ...], form_targets: tuple[str, ...]) -> str:
    framing = " ".join(("'self'", *ancestors)) if ancestors else "'none'"
    forms = " ".join(("'self'", *form_targets))
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        "font-src 'self'; media-src 'self'; connect-src 'self'; frame-src 'self'; "
        f"base-uri 'none'; form-action {forms}; frame-ancestors {framing}"
    )


HEADERS = (
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "no-referrer"),
    ("Permissions-Policy", "camera=(), microphone=(), geolocation=(), browsing-topics=()"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Cache-Control", "no-store"),
)
"""Of every answer that does not say otherwise itself."""


def _add_headers(response: Response) -> Response:
    ancestors = g.get("frame_ancestors")
    visit: Visit | None = g.get("visit")
    if ancestors is None and visit is not None:
        ancestors = visit.frame_ancestors
    if ancestors is None and _has_ended():  # it says so inside the platform's frame, no more
        ancestors = ("*",)
    policy = _policy(tuple(ancestors or ()), g.get("form_targets", ()))
    wanted = [("Content-Security-Policy", policy), *HEADERS]
    if settings().public_url.startswith("https:"):
        wanted.append(("Strict-Transport-Security", "max-age=31536000"))
    there = {name.lower() for name, _value in response.headers}
    response.headers.extend([each for each in wanted if each[0].lower() not in there])
    return response


# Static files under the fingerprint of their content


@functools.cache
def _static_url(script_root: str, filename: str, fingerprint: str) -> str:
    return f"{script_root}/static/{filename}?{urlencode({'v': fingerprint})}"


def static_url(filename: str) -> str:
    """Give the address of a static file, cached for ever under its fingerprint."""
    fingerprints: Any = current_app.extensions["lti_tool.fingerprints"]
    return _static_url(request.script_root, filename, fingerprints(filename))


def init_app(app: Flask, find_visit: Callable[[str], Visit | None]) -> None:
    """Put the visit where :func:`current_visit` finds it, and guard every answer.

    Args:
        app: the application.
        find_visit: gives the visit of an id for this browser, or None; handed in by ``app.py``.
    """

    @app.url_value_preprocessor
    def take_visit(endpoint: str | None, values: dict[str, Any] | None) -> None:
        visit_id = values.pop("visit", None) if values else None
        g.visit = find_visit(visit_id) if visit_id else None
        g.visit_id_given = visit_id is not None

    @app.url_defaults
    def put_visit(endpoint: str, values: dict[str, Any]) -> None:
        visit: Visit | None = g.get("visit")
        if (
            visit is not None
            and "visit" not in values
            and app.url_map.is_endpoint_expecting(endpoint, "visit")
        ):
            values["visit"] = visit.id

    app.before_request(_refuse_forgery)
    app.before_request(_refuse_controls)
    app.after_request(_add_headers)
    app.jinja_env.globals.update(
        csrf_token=csrf_token,
        static_url=static_url,
        current_visit=lambda: g.get("visit"),
        flashes=flashes,
        desk_sections=desk_sections,
        tool_name=lambda: settings().tool_name,
        organisation=lambda: settings().organisation,
        contact_url=lambda: settings().contact_url,
    )
