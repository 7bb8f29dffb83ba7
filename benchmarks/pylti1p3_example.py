"""A tool on PyLTI1p3 as that library's documentation shows it, with its Flask support.

Configuration from a JSON file read in each request, launch data in a cache, cookies checked by its
page, keys fetched by the library, the claims printed, a page of 3 kB. Nothing durable. With several
workers the cache must be one that they share: Redis.
"""

from __future__ import annotations

import os
import pprint
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
    CACHE_TYPE="RedisCache" if "BENCH_REDIS_PORT" in os.environ else "SimpleCache",
    CACHE_REDIS_PORT=os.environ.get("BENCH_REDIS_PORT"),
    CACHE_DEFAULT_TIMEOUT=600,
    SECRET_KEY="a secret for a benchmark",
    SESSION_COOKIE_NAME="pylti1p3-flask-app-sessionid",
)
cache = Cache(app)
PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Tool</title>
<link rel="stylesheet" href="/static/tool.css"></head><body data-launch="{{ id }}">
{% if deep_linking %}<a href="/configure/{{ id }}/easy/">Easy</a>{% endif %}
<h1>{{ name }}</h1><table>{% for row in rows %}
<tr><td>{{ row + 1 }}</td><td class="player">waiting for a player</td><td>0 points</td></tr>
{% endfor %}</table><script src="/static/tool.js"></script></body></html>"""
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
    pprint.pprint(claims)  # noqa: T203  # as the example does
    return render_template_string(
        PAGE,
        name=claims.get("name"),
        deep_linking=message.is_deep_link_launch(),
        rows=range(30),
        id=message.get_launch_id(),
    )


@app.get("/jwks")
def jwks() -> object:
    return jsonify({"keys": configuration().get_jwks(request.args.get("iss"))})
