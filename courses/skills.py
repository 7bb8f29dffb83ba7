"""Skills, job roles and what they ask for: the map from a course to a job, read from two files."""

from __future__ import annotations

import functools
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from courses.faults import CourseFaultsError, Fault, did_you_mean
from courses.model import Course, Level, Taught
from courses.source import Section, Source

CONTENT = Path(__file__).parent / "content"
EVERY = "every"
"""Stands in a course for all job roles."""
ESCO = re.compile(
    r"http://data\.europa\.eu/esco/(skill|occupation)/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
)
RANKS: Mapping[Level, int] = {level: rank for rank, level in enumerate(Level, start=1)}


@dataclass(frozen=True, slots=True)
class Skill:
    """A skill or a field of knowledge."""

    id: str
    title: str
    esco: str
    """Its address in the European classification; empty: ours alone."""
    broader: str
    """Id of the wider skill that a local one belongs to; empty: none is known."""


@dataclass(frozen=True, slots=True)
class JobRole:
    """What somebody works as, and what that asks for."""

    id: str
    title: str
    esco: str
    esco_code: str
    requires: tuple[Taught, ...]


@dataclass(frozen=True, slots=True)
class Framework:
    """All skills and job roles by id."""

    skills: Mapping[str, Skill]
    job_roles: Mapping[str, JobRole]


@functools.cache
def framework() -> Framework:
    """Give the skills and job roles that are delivered with the tool.

    Raises:
        CourseFaultsError: the files cannot be used.
    """
    return read_framework(CONTENT)


def read_framework(folder: Path) -> Framework:
    """Read ``skills.yaml`` and ``job-roles.yaml`` of a folder.

    Raises:
        CourseFaultsError: something in them is wrong.
    """
    faults: list[Fault] = []
    skills = _skills(folder / "skills.yaml", faults)
    roles = _job_roles(folder / "job-roles.yaml", skills, faults)
    if faults:
        raise CourseFaultsError(faults)
    return Framework(skills, roles)


def _skills(path: Path, faults: list[Fault]) -> dict[str, Skill]:
    section = Source(path, faults).read_section()
    found: dict[str, Skill] = {}
    for each in section.sections("skills") if section else ():
        skill = Skill(each.id(), each.text("title"), _esco(each), each.text("broader", default=""))
        if skill.id in found:
            each.fault(f"skill {skill.id!r} stands here twice", key="id")
        if skill.broader and skill.broader not in found:
            hint = did_you_mean(skill.broader, found)
            each.fault(f"broader {skill.broader!r} does not stand above", hint, key="broader")
        found[skill.id] = skill
        each.finish()
    if section:
        section.finish()
    return found


def _job_roles(path: Path, skills: Mapping[str, Skill], faults: list[Fault]) -> dict[str, JobRole]:
    section = Source(path, faults).read_section()
    found: dict[str, JobRole] = {}
    for each in section.sections("job_roles") if section else ():
        role = JobRole(
            each.id(),
            each.text("title"),
            _esco(each),
            each.text("esco_code", default=""),
            tuple(_required(need, skills) for need in each.sections("requires", needed=False)),
        )
        if role.id in found or role.id == EVERY:
            each.fault(f"job role {role.id!r} stands here twice", key="id")
        found[role.id] = role
        each.finish()
    if section:
        section.finish()
    return found


def _esco(section: Section) -> str:
    address = section.text("esco", default="")
    if address and not ESCO.fullmatch(address):
        section.fault(f"esco {address!r} is no address of ESCO", key="esco")
    return address


def _required(section: Section, skills: Mapping[str, Skill]) -> Taught:
    skill = section.text("skill")
    if skill not in skills:
        hint = did_you_mean(skill, skills)
        section.fault(f"skill {skill!r} is not in skills.yaml", hint, key="skill")
    required = Taught(skill, Level(section.choice("level", tuple(Level))))
    section.finish()
    return required


# From what somebody has passed to what a job role asks for


@dataclass(frozen=True, slots=True)
class Gap:
    """One skill that a job role asks for, and how far somebody is."""

    required: Taught
    reached: Level | None
    courses: tuple[Course, ...]
    """Those that bring it to the level asked for, or as near as there is."""
    closes: bool
    """Whether one of the courses reaches the level."""

    @property
    def is_closed(self) -> bool:
        """Say whether the level is reached already."""
        return self.reached is not None and RANKS[self.reached] >= RANKS[self.required.level]


@dataclass(frozen=True, slots=True)
class JobPath:
    """What leads to a job role."""

    role: JobRole
    gaps: tuple[Gap, ...]
    courses: tuple[Course, ...]
    """To take, each once: those that close most gaps first; of two alike the shorter."""


def path_to(role: JobRole, courses: Iterable[Course], passed: Iterable[Course] = ()) -> JobPath:
    """Give which courses close the gap between what somebody has passed and a job role."""
    offered = tuple(courses)
    reached = _reached(passed)
    gaps = tuple(_gap(need, offered, reached.get(need.skill)) for need in role.requires)
    return JobPath(role, gaps, _chosen([gap for gap in gaps if not gap.is_closed]))


def _reached(passed: Iterable[Course]) -> dict[str, Level]:
    found: dict[str, Level] = {}
    for taught in (each for course in passed for each in course.teaches):
        before = found.get(taught.skill)
        if before is None or RANKS[taught.level] > RANKS[before]:
            found[taught.skill] = taught.level
    return found


def _gap(need: Taught, offered: tuple[Course, ...], reached: Level | None) -> Gap:
    levels = [
        (course, RANKS[taught.level])
        for course in offered
        for taught in course.teaches
        if taught.skill == need.skill
    ]
    wanted, now = RANKS[need.level], RANKS[reached] if reached else 0
    enough = [course for course, rank in levels if rank >= wanted]
    further = [course for course, rank in levels if rank > now]
    return Gap(need, reached, tuple(enough or further), closes=bool(enough))


def _chosen(gaps: list[Gap]) -> tuple[Course, ...]:
    """Choose a few courses that together do what can be done for all gaps."""
    waiting = [{course.id: course for course in gap.courses} for gap in gaps if gap.courses]
    chosen: list[Course] = []
    while waiting:
        counts = Counter(course_id for each in waiting for course_id in each)
        known = {course_id: course for each in waiting for course_id, course in each.items()}
        best = min(known.values(), key=lambda each: (-counts[each.id], each.hours, each.title))
        chosen.append(best)
        waiting = [each for each in waiting if best.id not in each]
    return tuple(chosen)
