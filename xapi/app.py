"""The store as a part of a host application, or alone."""

from __future__ import annotations

import os

from flask import Flask

from xapi.db import Database
from xapi.host import Host
from xapi.lrs import routes
from xapi.settings import Settings


def init_app(app: Flask, host: Host) -> None:
    """Mount the store under ``/xapi``; its clients bring keys, and no forms of pages."""
    app.extensions[routes.HOST] = host
    app.register_blueprint(routes.bp)
    for endpoint, view in app.view_functions.items():
        if endpoint.startswith(f"{routes.bp.name}."):
            vars(view)["no_csrf"] = True  # read by the host's forgery check


def create_app(settings: Settings | None = None) -> Flask:
    """Make a record store and nothing else.

    Args:
        settings: what is set; None reads the environment.
    """
    own = settings or Settings.from_environ(os.environ)
    app = Flask("xapi", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = own.body_limit_bytes
    database = Database(own.database_url)
    app.extensions["xapi.db"] = database
    init_app(app, Host(database.begin, database.read, own.public_url))
    return app
