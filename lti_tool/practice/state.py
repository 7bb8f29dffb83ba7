"""What the platform knows, in memory, with one lock."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from lti_tool.practice.model import (
    COURSE,
    OTHER_COURSE,
    Access,
    Activity,
    Admission,
    Column,
    Course,
    CourseRole,
    Hint,
    Options,
    Person,
    Tool,
)
from lti_tool.practice.quirks import Quirk
from lti_tool.practice.signing import KeyPair


class State:
    """Everything; hold ``lock`` while reading or changing more than one thing."""

    def __init__(self, options: Options, key: KeyPair | None = None) -> None:
        self.options = options
        self.issuer = ""
        self.lock = threading.RLock()
        self.keys = [key or KeyPair.make()]
        self.people = {person.id: person for person in _people()}
        self.courses = {course.id: course for course in _courses()}
        self.tools: dict[int, Tool] = {}
        self.activities: dict[int, Activity] = {}
        self.columns: dict[int, Column] = {}
        self.hints: dict[str, Hint] = {}
        self.tokens: dict[str, Access] = {}
        self.admissions: dict[str, Admission] = {}
        self.used_admissions: set[str] = set()
        self.used_assertions: set[str] = set()
        self.drafts: dict[str, list[Any]] = {}
        """What deep linking brought, until the teacher saves it."""
        self.key_fetches = 0
        """How often a tool fetched the platform's keys."""
        self._last_id = 10

    def has(self, quirk: Quirk) -> bool:
        """Say whether a quirk is switched on."""
        return quirk in self.options.quirks

    def now(self) -> float:
        """Give the time in seconds since 1970."""
        return self.options.clock()

    def next_id(self) -> int:
        """Give a number that nothing else has."""
        with self.lock:
            self._last_id += 1
            return self._last_id

    def raise_ids(self, used: Iterable[int]) -> None:
        """Stay above numbers that are taken."""
        self._last_id = max([self._last_id, *used])

    @property
    def key(self) -> KeyPair:
        """Give the key that signs."""
        return self.keys[-1]

    def person(self, name: str) -> Person:
        """Give somebody by user name, such as ``alice``."""
        return next(each for each in self.people.values() if each.username == name)

    def role(self, person: Person, course_id: int) -> CourseRole | None:
        """Give what a person is in a course; None: not enrolled, or suspended there."""
        course = self.courses[course_id]
        return None if person.id in course.suspended else course.roles.get(person.id)

    def tool_of(self, client_id: str) -> Tool | None:
        """Give a tool by client id."""
        return next((each for each in self.tools.values() if each.client_id == client_id), None)

    def activities_of(self, course_id: int) -> list[Activity]:
        """Give a course's activities in order."""
        return [each for each in self.activities.values() if each.course_id == course_id]

    def columns_of(self, activity_id: int) -> list[Column]:
        """Give the columns linked to an activity."""
        return [each for each in self.columns.values() if each.activity_id == activity_id]

    def is_used(self, tool: Tool, course_id: int) -> bool:
        """Say whether the tool has an activity in the course."""
        return any(each.tool_id == tool.id for each in self.activities_of(course_id))

    def add_activity(self, activity: Activity, column: Column | None = None) -> Activity:
        """Put an activity, and perhaps its column, into a course."""
        with self.lock:
            self.activities[activity.id] = activity
            if column is not None:
                self.columns[column.id] = column
        return activity

    def copy_activity(self, found: Activity, made: Activity) -> None:
        """Put a copy beside an activity, with columns of its own and no grades."""
        with self.lock:
            columns = self.columns_of(found.id)
            self.activities[made.id] = made
            for column in columns:
                number = self.next_id()
                self.columns[number] = replace(
                    column, id=number, activity_id=made.id, label=made.title, grades={}
                )

    def begin_launch(self, hint: Hint) -> dict[str, str]:
        """Write down what a launch is about; give the fields of the login initiation."""
        token = secrets.token_urlsafe(12)
        with self.lock:
            self.hints[token] = hint
            tool = self.tools[hint.tool_id]
        hinted = f'{{"launchid":"{token}","cmid":{hint.activity_id or 0}}}'
        fields = {
            "iss": self.issuer,
            "target_link_uri": hint.target_link_uri,
            "login_hint": str(hint.person_id),
            "lti_message_hint": hinted if self.has(Quirk.JSON_HINT) else token,
            "client_id": tool.client_id,
            "lti_deployment_id": tool.deployment_id,
        }
        if self.options.storage and not self.has(Quirk.NO_STORAGE):
            fields["lti_storage_target"] = "_parent"
        return fields


def _people() -> list[Person]:
    return [
        Person(2, "adam", "Adam", "Novák", "adam@example.org", "S2", is_site_admin=True),
        Person(3, "carol", "Carol", "Lindqvist", "carol@example.org", "S3"),
        Person(4, "tom", "Tom", "Bauer", "tom@example.org"),
        Person(5, "alice", "Alice", "Moreau", "alice@example.org", "S5"),
        Person(6, "bob", "Bob", "Žáček", "bob@example.org", "S6"),
        Person(7, "olga", "Olga", "Kovács", "olga@example.org", "S7"),
        Person(8, "oskar", "Oskar", "Lindgren", "oskar@example.org", "S8"),
    ]


def _courses() -> list[Course]:
    return [
        Course(
            COURSE,
            "LCA",
            "Life cycle assessment for cars",
            {
                2: CourseRole.TEACHER,
                3: CourseRole.TEACHER,
                4: CourseRole.ASSISTANT,
                5: CourseRole.LEARNER,
                6: CourseRole.LEARNER,
                7: CourseRole.ASSISTANT,
                8: CourseRole.ASSISTANT,
            },
        ),
        Course(OTHER_COURSE, "OTHER", "Another course", {3: CourseRole.TEACHER}),
    ]
