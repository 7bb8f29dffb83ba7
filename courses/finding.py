"""Looking for courses: by project, topic, level, job role and skill."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from courses.model import Course, Level
from courses.skills import EVERY, framework


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody looks for; an empty text wants nothing in particular."""

    topic: str = ""
    level: str = ""
    project: str = ""
    job_role: str = ""
    skill: str = ""

    @property
    def is_anything(self) -> bool:
        """Say whether every course is wanted."""
        return self == Wanted()


@dataclass(frozen=True, slots=True)
class Facet:
    """One thing to look by, with the values that some course has."""

    name: str
    """Of the field of :class:`Wanted`."""
    values: tuple[tuple[str, str], ...]
    """Value and its words; topics and levels have none here, whoever shows them does."""


def wanted_of(given: Mapping[str, str]) -> Wanted:
    """Read what is looked for; names that are not known are left out."""
    return Wanted(**{name: given.get(name, "")[:80] for name in Wanted.__slots__})


def matching(courses: Iterable[Course], wanted: Wanted) -> tuple[Course, ...]:
    """Give the courses that are all that is wanted."""
    return tuple(course for course in courses if _fits(course, wanted))


def _fits(course: Course, wanted: Wanted) -> bool:
    return (
        wanted.topic in {"", course.topic or ""}
        and wanted.level in {"", course.level.value}
        and wanted.project in {"", course.project}
        and (not wanted.job_role or bool({wanted.job_role, EVERY} & set(course.job_roles)))
        and (not wanted.skill or wanted.skill in {each.skill for each in course.teaches})
    )


def facets_of(courses: Iterable[Course]) -> tuple[Facet, ...]:
    """Give what can be looked by, with the values that some course has."""
    offered = tuple(courses)
    known = framework()
    levels = [level.value for level in Level if any(c.level is level for c in offered)]
    topics = sorted({course.topic.value for course in offered if course.topic})
    projects = sorted({course.project for course in offered if course.project})
    roles = {each for course in offered for each in course.job_roles} & set(known.job_roles)
    skills = {each.skill for course in offered for each in course.teaches}
    return (
        Facet("topic", tuple((each, "") for each in topics)),
        Facet("level", tuple((each, "") for each in levels)),
        Facet("project", tuple((each, each) for each in projects)),
        Facet("job_role", _by_title((each, known.job_roles[each].title) for each in roles)),
        Facet("skill", _by_title((each, known.skills[each].title) for each in skills)),
    )


def _by_title(pairs: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(pairs, key=lambda pair: pair[1].casefold()))
