"""Clients of the store's HTTP door, and what they send."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from flask import Flask
from werkzeug.test import TestResponse

from xapi import credentials
from xapi.db import Begin

HOME = "https://store.example.org"
VERSION = {"X-Experience-API-Version": "1.0.3"}
STATEMENTS = "/xapi/statements"


@dataclass(frozen=True)
class Door:
    """A client with a key."""

    app: Flask
    key: str
    secret: str

    @classmethod
    def open(cls, app: Flask, begin: Begin, *scopes: str) -> Door:
        """Make a key and come with it."""
        with begin() as session:
            key, secret = credentials.create(
                session, label="a test", scopes=scopes or ("all",), now=datetime.now(UTC)
            )
        return cls(app, key, secret)

    def ask(self, method: str, address: str = STATEMENTS, **more: Any) -> TestResponse:
        """Ask for anything, with key and version."""
        more.setdefault("auth", (self.key, self.secret))
        more.setdefault("headers", VERSION)
        return self.app.test_client().open(address, method=method, **more)

    def get(self, address: str = STATEMENTS, **filters: str) -> TestResponse:
        """Ask for statements."""
        return self.ask("GET", address, query_string=filters or None)

    def post(self, body: Any, **more: Any) -> TestResponse:
        """Send statements: as values, or as the very text."""
        text = body if isinstance(body, str | bytes) else json.dumps(body)
        return self.ask("POST", data=text, content_type="application/json", **more)

    def put(self, body: Any, statement_id: str) -> TestResponse:
        """Send one statement under its id."""
        return self.ask(
            "PUT",
            data=json.dumps(body),
            content_type="application/json",
            query_string={"statementId": statement_id},
        )

    def ids(self, **filters: str) -> list[str]:
        """Give the ids of what a filter finds, on its first page."""
        return [each["id"] for each in self.get(**filters).json["statements"]]


def sentence(
    who: str = "alice", did: str = "did", what: str = "thing", **more: Any
) -> dict[str, Any]:
    """Give a small statement with an id."""
    return {
        "id": str(uuid4()),
        "actor": {"account": {"homePage": "https://x.example", "name": who}},
        "verb": {"id": f"https://verbs.example/{did}"},
        "object": {"id": f"https://x.example/{what}"},
        **more,
    }
