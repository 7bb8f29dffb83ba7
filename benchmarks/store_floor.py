"""The floor of the store: a bare Flask route that keeps a body in one row, with one commit."""

from __future__ import annotations

import os

from flask import Flask, Response, request
from sqlalchemy import Column, Integer, MetaData, Table, Text, create_engine, event, insert

URL = os.environ["BENCH_DATABASE_URL"]

metadata = MetaData()
bodies = Table("body", metadata, Column("id", Integer, primary_key=True), Column("body", Text))
ADD = insert(bodies)
engine = create_engine(URL)
app = Flask(__name__)


if URL.startswith("sqlite"):

    @event.listens_for(engine, "connect")
    def prepare(connection, _record):  # type: ignore[no-untyped-def]  # as the library has it
        connection.isolation_level = None
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "busy_timeout=15000"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection):  # type: ignore[no-untyped-def]  # as the library has it
        connection.exec_driver_sql("BEGIN IMMEDIATE")


@app.post("/xapi/statements")
def keep() -> Response:
    """Keep a body."""
    with engine.begin() as connection:
        connection.execute(ADD, {"body": request.get_data().decode()})
    return Response(b"[]", mimetype="application/json")


if __name__ == "__main__":
    metadata.create_all(engine)
