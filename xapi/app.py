"""The store as a part of a host application, or alone."""

from __future__ import annotations

import os

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from xapi.db import Database
from xapi.host import Host
from xapi.lrs import document_routes, profile_routes, routes, web
from xapi.settings import Settings

RESOURCES = (routes, document_routes)
"""Modules that hang their resources on the store's door when they are imported."""


def init_app(app: Flask, host: Host) -> None:
    """Mount the store under ``/xapi``, and what our statements' own names lead to."""
    web.init_app(app, host)
    app.register_blueprint(profile_routes.bp)


def create_app(settings: Settings | None = None) -> Flask:
    """Make a record store and nothing else.

    Args:
        settings: what is set; None reads the environment.
    """
    own = settings or Settings.from_environ(os.environ)
    app = Flask("xapi", static_folder=None)
    if own.trusted_proxies:
        hops = own.trusted_proxies
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]  # how Flask is wrapped
            app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops
        )
    database = Database(own.database_url)
    app.extensions["xapi.db"] = database
    init_app(
        app,
        Host(
            database.begin,
            database.read,
            own.public_url,
            assumed_version=own.assumed_version,
            origins=own.origins,
            limits=own.limits,
        ),
    )
    return app
