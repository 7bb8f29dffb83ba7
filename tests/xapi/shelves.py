"""Where documents stand, how each is named, and by which section of which standard."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from werkzeug.test import TestResponse

from tests.xapi.doors import Door

FIRST, SECOND = "1.0.3", "2.0.0"
VERSIONS = (FIRST, SECOND)
ALICE = {"objectType": "Agent", "account": {"homePage": "https://x.example", "name": "alice"}}
BOB = {"mbox": "mailto:bob@x.example"}
ACTIVITY = "https://x.example/course"
REGISTRATION = "6f3b1c1e-52a4-4d5a-9a0f-0a4f6e4d7b11"
OTHER_REGISTRATION = "9d0c5a2e-31d8-4d7c-8c4d-3e5f7b2a9c10"


@dataclass(frozen=True)
class Shelf:
    """A resource of documents."""

    name: str
    path: str
    id_name: str
    names: dict[str, str] = field(hash=False)
    sections: dict[str, str] = field(hash=False)
    """Of 1.0.3 (part three) and of IEEE 9274.1.1, by version."""

    def params(self, document_id: str | None = "notes", **more: str) -> dict[str, str]:
        """Give the parameters that name a document."""
        named = {} if document_id is None else {self.id_name: document_id}
        return {**self.names, **named, **more}

    def ask(self, door: Door, method: str, version: str = FIRST, **more: Any) -> TestResponse:
        """Ask for a document."""
        headers = {"X-Experience-API-Version": version, **more.pop("headers", {})}
        params = more.pop("params", None)
        return door.ask(
            method,
            self.path,
            headers=headers,
            query_string=self.params() if params is None else params,
            **more,
        )

    def write(
        self, door: Door, body: Any = None, version: str = FIRST, **more: Any
    ) -> TestResponse:
        """Make a document of JSON, by the one method that needs no condition."""
        return self.ask(
            door,
            "POST",
            version,
            data=json.dumps({"a": 1} if body is None else body),
            content_type="application/json",
            **more,
        )


STATE = Shelf(
    "state",
    "/xapi/activities/state",
    "stateId",
    {"activityId": ACTIVITY, "agent": json.dumps(ALICE)},
    {FIRST: "2.3", SECOND: "4.1.6.2"},
)
ACTIVITY_PROFILE = Shelf(
    "activity profile",
    "/xapi/activities/profile",
    "profileId",
    {"activityId": ACTIVITY},
    {FIRST: "2.7", SECOND: "4.1.6.6"},
)
AGENT_PROFILE = Shelf(
    "agent profile",
    "/xapi/agents/profile",
    "profileId",
    {"agent": json.dumps(ALICE)},
    {FIRST: "2.6", SECOND: "4.1.6.5"},
)
SHELVES = (STATE, ACTIVITY_PROFILE, AGENT_PROFILE)
PROFILES = (ACTIVITY_PROFILE, AGENT_PROFILE)
