"""The store within a host application."""

from __future__ import annotations

from flask import Flask

from xapi.host import Host
from xapi.lrs.routes import make_blueprint


def init_app(app: Flask, host: Host) -> None:
    """Mount the store under ``/xapi``; its views check credentials and take no forms of pages."""
    blueprint = make_blueprint(host)
    app.register_blueprint(blueprint)
    for endpoint, view in app.view_functions.items():
        if endpoint.startswith(f"{blueprint.name}."):
            view.no_csrf = True  # type: ignore[attr-defined]  # read by the host's forgery check
