"""What course.yaml says for the catalogue and the certificate."""

from __future__ import annotations

from typing import TypedDict

from courses.faults import did_you_mean
from courses.model import Level, Proof, Taught, Topic
from courses.skills import EVERY, framework
from courses.source import Section


class Particulars(TypedDict):
    """Fields of :class:`courses.model.Course` of the same names."""

    topic: Topic | None
    teaches: tuple[Taught, ...]
    job_roles: tuple[str, ...]
    certificate: Proof
    funding: str
    is_draft: bool
    words: tuple[str, ...]


def read_particulars(section: Section, *, has_exam: bool) -> Particulars:
    """Read them; what is missing keeps a course from being released, no more."""
    usual = Proof.EXAM if has_exam else Proof.ATTENDANCE
    certificate = Proof(section.choice("certificate", tuple(Proof), default=usual.value))
    if certificate is Proof.EXAM and not has_exam:
        section.fault("certificate: there is no exam to pass", key="certificate")
    if not section.has("legal_status_on"):
        section.lack("'legal_status_on' is missing", "The day whose law the course tells.")
    return {
        "topic": _topic(section),
        "teaches": _teaches(section),
        "job_roles": _job_roles(section),
        "certificate": certificate,
        "funding": section.text("funding", default="", length=600),
        "is_draft": section.flag("draft", default=False),
        "words": tuple(text for text, _ in section.texts("words")),
    }


def _topic(section: Section) -> Topic | None:
    if not section.has("topic"):
        section.lack("'topic' is missing", f"One of: {', '.join(Topic)}.")
        return None
    return Topic(section.choice("topic", tuple(Topic)))


def _teaches(section: Section) -> tuple[Taught, ...]:
    if not section.has("teaches"):
        section.lack("'teaches' is missing", "Skills of skills.yaml, each with its level.")
        return ()
    known = framework().skills
    found = []
    for each in section.sections("teaches"):
        skill = each.text("skill")
        if skill and skill not in known:
            each.fault(
                f"skill {skill!r} is not in skills.yaml", did_you_mean(skill, known), key="skill"
            )
        found.append(Taught(skill, Level(each.choice("level", tuple(Level)))))
        each.finish()
    if len({each.skill for each in found}) < len(found):
        section.fault("teaches: a skill stands here twice", key="teaches")
    return tuple(found)


def _job_roles(section: Section) -> tuple[str, ...]:
    if not section.has("job_roles"):
        hint = "Ids of job-roles.yaml, or [every]."
        section.lack("'job_roles' is missing", hint)
        return ()
    known = {*framework().job_roles, EVERY}
    listed = section.texts("job_roles", needed=True)
    for role, line in listed:
        if role not in known:
            hint = did_you_mean(role, known)
            section.fault(f"job role {role!r} is not in job-roles.yaml", hint, line=line)
    roles = tuple(role for role, _ in listed)
    if EVERY in roles and len(roles) > 1:
        section.fault("job_roles: `every` stands alone", key="job_roles")
    return roles
