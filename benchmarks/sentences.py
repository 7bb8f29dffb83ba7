"""Statements of 1.2 kB as a class of learners makes them; the same seed gives the same ones."""

from __future__ import annotations

import random
import uuid
from typing import Any

import orjson

HOME = "https://tool.example.org"
PEOPLE = 1_000
COURSES = 20
TAKEN = 3
"""How many courses each person takes."""
PAGES = 40
VERBS = (
    ("http://adlnet.gov/expapi/verbs/experienced", "experienced", 40),
    ("http://adlnet.gov/expapi/verbs/answered", "answered", 40),
    ("http://adlnet.gov/expapi/verbs/completed", "completed", 12),
    ("http://adlnet.gov/expapi/verbs/passed", "passed", 5),
    ("http://adlnet.gov/expapi/verbs/attempted", "attempted", 3),
)


class Sentences:
    """A source of statements."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def make(self) -> dict[str, Any]:
        """Give the next statement."""
        chance = self._random
        person, page = chance.randrange(PEOPLE), chance.randrange(PAGES)
        course = (person * 7 + chance.randrange(TAKEN)) % COURSES
        iri, word, _ = chance.choices(VERBS, [weight for *_, weight in VERBS])[0]
        base = f"{HOME}/id/course/course-{course:02}"
        return {
            "id": str(uuid.UUID(int=chance.getrandbits(128), version=4)),
            "actor": {
                "objectType": "Agent",
                "account": {"homePage": f"{HOME}/id/people", "name": f"{person:032x}"},
            },
            "verb": {"id": iri, "display": {"en": word}},
            "object": {
                "objectType": "Activity",
                "id": f"{base}/page-{page:02}",
                "definition": {
                    "name": {"en": f"Page {page} of the course {course}"},
                    "type": "http://adlnet.gov/expapi/activities/module",
                },
            },
            "result": {
                "score": {"scaled": 0.85, "raw": 17, "min": 0, "max": 20},
                "success": True,
                "completion": True,
                "duration": f"PT{chance.randrange(1, 59)}M{chance.randrange(59)}S",
            },
            "context": {
                "registration": registration_of(person, course),
                "platform": "Learning platform of the faculty",
                "language": "en",
                "contextActivities": {
                    "parent": [{"objectType": "Activity", "id": f"{base}/module-{page // 8}"}],
                    "grouping": [{"objectType": "Activity", "id": base}],
                    "category": [{"objectType": "Activity", "id": f"{HOME}/id/profile/1.0"}],
                },
                "extensions": {f"{HOME}/id/extension/version": "2026-11-05"},
            },
            "timestamp": "2026-11-05T08:15:30.123Z",
        }

    def batch(self, count: int) -> bytes:
        """Give so many statements as JSON; one stands by itself."""
        made = [self.make() for _ in range(count)]
        return orjson.dumps(made[0] if count == 1 else made)


def registration_of(person: int, course: int) -> str:
    """Give the registration of a learner in a course."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{person}/{course}"))
