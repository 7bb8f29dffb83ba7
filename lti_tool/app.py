"""The application: the only place where everything meets."""

from __future__ import annotations

import functools
import gc
import hashlib
import os
from datetime import datetime
from pathlib import Path

from flask import Flask, Response, render_template, request, send_from_directory
from flask.typing import ResponseReturnValue
from sqlalchemy import Connection
from werkzeug.middleware.proxy_fix import ProxyFix

from courses.catalogue import Catalogue
from courses.scheme_reading import Schemes
from lti_tool import errors, health, i18n, logs, web
from lti_tool.certification import (
    appeals_desk,
    assessment_desk,
    cases_desk,
    entry_desk,
    evidence_routes,
    heads_routes,
    holder_routes,
    issuer_routes,
    link_routes,
    people_desk,
    register_desk,
    renewals_desk,
    share_routes,
    verify_routes,
    watch_desk,
)
from lti_tool.certification import (
    definition_routes as certificate_definition_routes,
)
from lti_tool.certification.printed import has_words
from lti_tool.db import Database, utcnow
from lti_tool.files import Files
from lti_tool.iri import Names
from lti_tool.lti import binding, choosing_routes, registration_routes, visits
from lti_tool.lti import desk as lti_desk
from lti_tool.lti import routes as lti_routes
from lti_tool.lti.calls import Calls
from lti_tool.lti.launching import Arrival
from lti_tool.player import (
    beside_routes,
    catalogue_routes,
    definition_routes,
    enrolling,
    exam_routes,
    media_routes,
    quiz_routes,
)
from lti_tool.player import desk as player_desk
from lti_tool.player import routes as player_routes
from lti_tool.settings import Settings
from lti_tool.vault import Vault
from lti_tool.visit import Visit
from xapi import app as xapi_app
from xapi.host import Host, Limits

STATIC = Path(__file__).parent / "static"
BODY_LIMIT = 4 * 1024 * 1024
"""The most bytes of a request; the record store has limits of its own."""
FOREVER = "public, max-age=31536000, immutable"
A_DAY = "public, max-age=86400"

BLUEPRINTS = (
    health.bp,
    lti_routes.bp,
    choosing_routes.bp,
    registration_routes.bp,
    lti_desk.bp,
    beside_routes.bp,
    catalogue_routes.bp,
    catalogue_routes.visit_bp,
    player_routes.bp,
    quiz_routes.bp,
    exam_routes.bp,
    media_routes.bp,
    definition_routes.bp,
    player_desk.bp,
    verify_routes.bp,
    share_routes.bp,
    holder_routes.bp,
    evidence_routes.bp,
    link_routes.bp,
    issuer_routes.bp,
    heads_routes.bp,
    certificate_definition_routes.bp,
    cases_desk.bp,
    entry_desk.bp,
    renewals_desk.bp,
    assessment_desk.bp,
    appeals_desk.bp,
    people_desk.bp,
    register_desk.bp,
    watch_desk.bp,
)


def create_app(settings: Settings | None = None) -> Flask:
    """Make the application.

    Args:
        settings: what is set; None reads the environment.

    Raises:
        SettingsError: the settings cannot be used.
        courses.faults.CourseFaultsError: a course cannot be read.
    """
    own = settings or Settings.from_environ(os.environ)
    logs.configure(own.log_level)
    app = Flask("lti_tool", static_folder=None, root_path=str(Path(__file__).parent))
    app.config.update(MAX_CONTENT_LENGTH=BODY_LIMIT, MAX_FORM_MEMORY_SIZE=BODY_LIMIT)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    database = Database(own.database_url)
    app.extensions.update(
        {
            "lti_tool.settings": own,
            "lti_tool.db": database,
            "lti_tool.vault": Vault(own.secret_key, own.old_secret_keys),
            "lti_tool.catalogue": catalogue_of(own.content_dirs),
            "lti_tool.schemes": schemes_of(own.content_dirs),
            "lti_tool.files": Files(own.files_url),
            "lti_tool.names": Names(own.names_base),
            "lti_tool.limiter": web.Limiter(own.launches_per_minute),
            "lti_tool.fingerprints": fingerprint_of,
            "lti_tool.verifications": web.Limiter(own.verifications_per_minute),
            "lti_tool.names_tried": web.Limiter(verify_routes.NAMES_PER_MINUTE),
            "lti_tool.link_wishes": web.Limiter(link_routes.WISHES_PER_MINUTE),
            "lti_tool.desks": DESKS,
            "lti_tool.calls": Calls(allow_private=own.allow_private_addresses),
        }
    )
    if own.trusted_proxies:
        hops = own.trusted_proxies
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]  # how Flask is wrapped
            app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops
        )
    logs.init_app(app)
    errors.init_app(app)
    i18n.init_app(app, own.languages)
    kept = app.extensions["lti_tool.visits"] = visits.Visits(database)
    web.init_app(app, lambda visit_id: _find_visit(kept, visit_id))
    app.add_url_rule("/", "index", index)
    app.add_url_rule("/static/<path:filename>", "static", static)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    app.extensions["lti_tool.arrivals"] = (_arrival(app),)
    xapi_app.init_app(app, _host(own, database))
    return app


def _host(own: Settings, database: Database) -> Host:
    """Tell the record store what it needs to know of the tool."""
    return Host(
        database.begin,
        database.read,
        own.names_base,
        assumed_version=own.xapi_assumed_version,
        origins=own.xapi_origins,
        limits=Limits(
            body_bytes=own.xapi_body_limit_bytes,
            document_bytes=own.xapi_document_limit_bytes,
            requests_per_minute=own.xapi_requests_per_minute,
            token_requests_per_minute=own.xapi_token_requests_per_minute,
        ),
    )


def _arrival(app: Flask) -> Arrival:
    """Tell the player of each launch, in the launch's own transaction."""
    catalogue, names = app.extensions["lti_tool.catalogue"], app.extensions["lti_tool.names"]

    def arrive(connection: Connection, visit: Visit, now: datetime) -> None:
        enrolling.arrive(connection, visit, catalogue=catalogue, names=names, now=now)

    return arrive


def _find_visit(kept: visits.Visits, visit_id: str) -> Visit | None:
    secret = binding.visit_secret(request.cookies, visit_id)
    return kept.find(visit_id, secret, now=utcnow())


@functools.cache
def catalogue_of(folders: tuple[Path, ...]) -> Catalogue:
    """Read the courses once in each process.

    They stay, so the collector of garbage need not walk through them: with fourteen courses that
    would stop a request for a tenth of a second. Reading leaves no rubbish to look for before.
    """
    read = Catalogue(folders)
    gc.freeze()
    return read


@functools.cache
def schemes_of(folders: tuple[Path, ...]) -> Schemes:
    """Read what can be certified once in each process.

    Raises:
        courses.faults.CourseFaultsError: a scheme is faulty, or names a language without words.
    """
    return Schemes(folders, has_words=has_words)


@web.open_to_all
def index() -> ResponseReturnValue:
    """Tell whoever opens the bare address what this is."""
    return render_template("index.html", courses=web.catalogue().all())


@web.open_to_all
def static(filename: str) -> Response:
    """Give a static file; under its fingerprint it is kept by browsers for ever."""
    answer = send_from_directory(STATIC, filename)
    told = request.args.get("v")
    answer.headers["Cache-Control"] = FOREVER if told == fingerprint_of(filename) else A_DAY
    answer.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    return answer


@functools.cache
def fingerprint_of(filename: str) -> str:
    """Give the first characters of the hash of a static file; empty where there is none."""
    path = STATIC / filename
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12] if path.is_file() else ""


DESKS = {
    "Teaching": player_desk.DESK_PAGES,
    "Certification": (
        *cases_desk.DESK_PAGES,
        *assessment_desk.DESK_PAGES,
        *appeals_desk.DESK_PAGES,
        *entry_desk.DESK_PAGES,
        *register_desk.DESK_PAGES,
        *people_desk.DESK_PAGES,
        *watch_desk.DESK_PAGES,
    ),
    "Connections": lti_desk.DESK_PAGES,
}
