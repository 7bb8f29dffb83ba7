"""Skill cards read from files: ``skill-cards/<id>.yaml`` of a folder of courses."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from courses.cards import CardElement, CardUnit, Criterion, SkillCard
from courses.faults import Fault, did_you_mean
from courses.skills import framework
from courses.source import Section, Source

FOLDER = "skill-cards"
CODE = re.compile(r"[A-Z][A-Za-z0-9.-]{0,39}")


def read_cards(folder: Path, faults: list[Fault]) -> dict[str, SkillCard]:
    """Read all skill cards of a folder by id; faults are added to the list."""
    found = (_read(path, faults) for path in sorted((folder / FOLDER).glob("*.yaml")))
    return {card.id: card for card in found if card is not None}


def digest(content: Mapping[str, Any]) -> str:
    """Give the SHA-256 of content's canonical JSON, in hex: sorted keys, no spaces, UTF-8."""
    text = json.dumps(
        content, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str
    )
    return hashlib.sha256(text.encode()).hexdigest()


def _read(path: Path, faults: list[Fault]) -> SkillCard | None:
    section = Source(path, faults).read_section()
    if section is None:
        return None
    card = SkillCard(
        id=section.id(),
        version=section.text("version", length=40),
        title=section.text("title", length=200),
        job_role=_known(section, "job_role", framework().job_roles, "job-roles.yaml"),
        portal_domain=section.text("portal_domain", default="", length=40),
        skills=_skills(section),
        units=tuple(_unit(each) for each in section.sections("units")),
        source=section.text("source", length=600),
        fingerprint="",
    )
    if card.id and card.id != path.stem:
        section.fault(f"id {card.id!r} is not the name of the file", key="id")
    codes = [each.code for each in card.elements]
    for code in sorted({each for each in codes if codes.count(each) > 1}):
        section.fault(f"element {code!r} stands here twice", key="units")
    section.finish()
    content = {**asdict(card), "fingerprint": ""}
    return replace(card, fingerprint=digest(content))


def _known(section: Section, key: str, known: Mapping[str, object], file: str) -> str:
    value = section.text(key, default="")
    if value and value not in known:
        section.fault(f"{key} {value!r} is not in {file}", did_you_mean(value, known), key=key)
    return value


def _skills(section: Section) -> tuple[str, ...]:
    known = framework().skills
    listed = section.texts("skills")
    for skill, line in listed:
        if skill not in known:
            hint = did_you_mean(skill, known)
            section.fault(f"skill {skill!r} is not in skills.yaml", hint, line=line)
    return tuple(skill for skill, _ in listed)


def _unit(section: Section) -> CardUnit:
    is_ours = section.flag("is_ours", default=False)
    unit = CardUnit(
        code=_code(section),
        title=section.text("title", length=200),
        elements=tuple(_element(each, is_ours) for each in section.sections("elements")),
        is_ours=is_ours,
    )
    section.finish()
    return unit


def _element(section: Section, unit_is_ours: bool) -> CardElement:
    element = CardElement(
        code=_code(section),
        title=section.text("title", length=300),
        criteria=_criteria(section.texts("criteria")),
        portal_id=section.text("portal_id", default="", length=40),
        is_ours=section.flag("is_ours", default=unit_is_ours),
    )
    if not element.criteria and not element.is_ours:
        hint = "Write `is_ours: true` where the published wording is not known."
        section.fault(f"element {element.code} has no criteria", hint)
    section.finish()
    return element


def _code(section: Section) -> str:
    code = section.text("code", length=40)
    if code and not CODE.fullmatch(code):
        section.fault(f"code {code!r} is none", "Write it as it is printed: U1.E3.", key="code")
    return code


def _criteria(texts: Sequence[tuple[str, int]]) -> tuple[Criterion, ...]:
    """Number criteria in order, as skill cards do."""
    return tuple(Criterion(f"PC{place}", text) for place, (text, _) in enumerate(texts, start=1))
