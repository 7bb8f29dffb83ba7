"""The floor: a bare Flask application that does the same requests, and nothing more.

A launch is one verification (key held) and one commit with statements prepared once: nonce spent,
person upserted, launch inserted. The page is 20 kB of Jinja. An answer is one transaction with
three inserts.
"""

from __future__ import annotations

import base64
import json
import os
import secrets
import time

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from flask import Flask, Response, redirect, request
from sqlalchemy import (
    Column,
    Engine,
    Float,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    bindparam,
    create_engine,
    delete,
    event,
    insert,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite

URL = os.environ["BENCH_DATABASE_URL"]
ISSUER = os.environ["BENCH_ISSUER"]
CLIENT = os.environ["BENCH_CLIENT_ID"]
KEY = serialization.load_pem_public_key(os.environ["BENCH_PUBLIC_PEM"].encode())
LTI = "https://purl.imsglobal.org/spec/lti/claim/"

metadata = MetaData()
nonces = Table(
    "nonce", metadata, Column("state", String(64), primary_key=True), Column("nonce", String(64))
)
people = Table(
    "person",
    metadata,
    Column("subject", String(100), primary_key=True),
    Column("name", Text),
    Column("seen", Float),
)
launches = Table(
    "launch",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("subject", String(100)),
    Column("claims", Text),
    Column("at", Float),
)
answers = Table(
    "answer",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("visit", String(64)),
    Column("given", Text),
    Column("at", Float),
)
progress = Table(
    "progress",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("visit", String(64)),
    Column("item", Text),
)
statements = Table(
    "statement", metadata, Column("id", Integer, primary_key=True), Column("body", Text)
)


def _engine() -> Engine:
    engine = create_engine(URL)
    if engine.dialect.name == "sqlite":

        @event.listens_for(engine, "connect")
        def prepare(connection: object, _record: object) -> None:
            connection.isolation_level = None  # type: ignore[attr-defined]
            for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "busy_timeout=15000"):
                connection.execute(f"PRAGMA {pragma}")  # type: ignore[attr-defined]

        @event.listens_for(engine, "begin")
        def begin(connection: object) -> None:
            connection.exec_driver_sql("BEGIN IMMEDIATE")  # type: ignore[attr-defined]

    return engine


ENGINE = _engine()
INSERT_NONCE = insert(nonces).values(state=bindparam("state"), nonce=bindparam("nonce"))
SPEND = delete(nonces).where(nonces.c.state == bindparam("b_state")).returning(nonces.c.nonce)
_into = (
    (sqlite if ENGINE.dialect.name == "sqlite" else postgresql)
    .insert(people)
    .values(subject=bindparam("subject"), name=bindparam("name"), seen=bindparam("seen"))
)
UPSERT = _into.on_conflict_do_update(
    index_elements=["subject"], set_={"name": _into.excluded.name, "seen": _into.excluded.seen}
)
INSERT_LAUNCH = insert(launches).values({c.name: bindparam(c.name) for c in launches.c})
FIND = select(launches.c.subject).where(launches.c.id == bindparam("b_id"))
INSERTS = [
    insert(answers).values(visit=bindparam("visit"), given=bindparam("given"), at=bindparam("at")),
    insert(progress).values(visit=bindparam("visit"), item=bindparam("item")),
    insert(statements).values(body=bindparam("body")),
]
PAGE = """<!doctype html><title>Floor</title><h1>{{ title }}</h1>
{% for question in questions %}<fieldset><legend>{{ question.text }}</legend>
{% for option in question.options %}<label>
<input type="radio" name="{{ question.id }}" value="{{ option.id }}"> {{ option.text }}</label>
{% endfor %}</fieldset>
{% endfor %}"""
QUESTIONS = [
    {
        "id": f"q{n}",
        "text": f"Question {n}: " + "which of these belongs to the inventory? " * 4,
        "options": [
            {"id": f"o{m}", "text": f"Option {m} " + "of the life cycle " * 6} for m in range(4)
        ],
    }
    for n in range(24)
]

app = Flask(__name__)
TEMPLATE = app.jinja_env.from_string(PAGE)
"""Compiled once, as a template in a file is."""


def b64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


@app.get("/lti/login")
def login() -> Response:
    state, nonce = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
    with ENGINE.begin() as connection:
        connection.execute(INSERT_NONCE, {"state": state, "nonce": nonce})
    address = f"{ISSUER}/auth?state={state}&nonce={nonce}"
    answer = Response(
        f'<!doctype html><p id="login" data-auth-url="{address}">', mimetype="text/html"
    )
    answer.set_cookie("login", state, secure=True, httponly=True, samesite="None")
    return answer


@app.post("/lti/launch")
def launch() -> Response:
    token, state = request.form["id_token"], request.form["state"]
    head, body, signature = token.split(".")
    KEY.verify(b64(signature), f"{head}.{body}".encode(), padding.PKCS1v15(), hashes.SHA256())  # type: ignore[call-arg,union-attr]
    claims = json.loads(b64(body))
    now = time.time()
    assert claims["iss"] == ISSUER
    assert claims["aud"] == CLIENT
    assert claims["iat"] - 30 < now < claims["exp"] + 30
    assert claims[f"{LTI}deployment_id"] == "1"
    assert claims[f"{LTI}version"] == "1.3.0"
    assert claims[f"{LTI}message_type"] == "LtiResourceLinkRequest"
    assert request.cookies.get("login") == state
    visit = secrets.token_urlsafe(32)
    with ENGINE.begin() as connection:
        assert connection.execute(SPEND, {"b_state": state}).scalar_one() == claims["nonce"]
        connection.execute(UPSERT, {"subject": claims["sub"], "name": claims["name"], "seen": now})
        connection.execute(
            INSERT_LAUNCH,
            {"id": visit, "subject": claims["sub"], "claims": json.dumps(claims["aud"]), "at": now},
        )
    return redirect(f"/page/{visit}", 303)  # type: ignore[return-value]


@app.get("/page/<visit>")
def page(visit: str) -> str:
    with ENGINE.connect() as connection:
        connection.execute(FIND, {"b_id": visit}).scalar_one()
    return TEMPLATE.render(title="Floor", questions=QUESTIONS)


@app.post("/answer/<visit>")
def answer(visit: str) -> Response:
    with ENGINE.begin() as connection:
        connection.execute(FIND, {"b_id": visit}).scalar_one()
        now = time.time()
        connection.execute(INSERTS[0], {"visit": visit, "given": request.form["given"], "at": now})
        connection.execute(INSERTS[1], {"visit": visit, "item": "quiz"})
        connection.execute(INSERTS[2], {"body": "{" + "x" * 1200 + "}"})
    return Response("<p>Right.</p>", mimetype="text/html")


def create_tables() -> None:
    """Make the tables; called once, before the workers start."""
    metadata.create_all(ENGINE)


if __name__ == "__main__":
    create_tables()
