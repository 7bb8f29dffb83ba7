"""A tool on PyLTI1p3 as that library's documentation shows it, with its Flask support.

Configuration from a JSON file read in each request, launch data in a cache, cookies checked by its
page, keys fetched by the library. Nothing durable.
"""

from __future__ import annotations

import os
from pathlib import Path

from flask import Flask, jsonify, render_template_string, request
from flask_caching import Cache
from pylti1p3.contrib.flask import (
    FlaskCacheDataStorage,
    FlaskMessageLaunch,
    FlaskOIDCLogin,
    FlaskRequest,
)
from pylti1p3.tool_config import ToolConfJsonFile

app = Flask(__name__)
app.config.from_mapping(
    CACHE_TYPE="SimpleCache",
    CACHE_DEFAULT_TIMEOUT=600,
    SECRET_KEY="a secret for a benchmark",
    SESSION_COOKIE_NAME="pylti1p3-flask-app-sessionid",
)
cache = Cache(app)
CONFIG = Path(os.environ["BENCH_TOOL_CONFIG"])


def configuration() -> ToolConfJsonFile:
    """Read the configuration, as the documentation does in each view."""
    return ToolConfJsonFile(str(CONFIG))


@app.route("/lti/login", methods=["GET", "POST"])
def login() -> object:
    flask_request = FlaskRequest()
    target = flask_request.get_param("target_link_uri")
    storage = FlaskCacheDataStorage(cache)
    oidc_login = FlaskOIDCLogin(flask_request, configuration(), launch_data_storage=storage)
    return oidc_login.enable_check_cookies().redirect(target)


@app.post("/lti/launch")
def launch() -> object:
    storage = FlaskCacheDataStorage(cache)
    message = FlaskMessageLaunch(FlaskRequest(), configuration(), launch_data_storage=storage)
    claims = message.get_launch_data()
    return render_template_string(
        "<!doctype html><title>Tool</title><h1>{{ name }}</h1>"
        "<pre>{{ claims }}</pre><p>{{ id }}</p>",
        name=claims.get("name"),
        claims=claims,
        id=message.get_launch_id(),
    )


@app.get("/jwks")
def jwks() -> object:
    return jsonify({"keys": configuration().get_jwks(request.args.get("iss"))})
