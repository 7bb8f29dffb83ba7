"""Statements about statements: found by what is said in their target too; voided by some.

Source: xAPI 1.0.3, part two, 2.3.2 (voiding); part three, 2.1.3 (filter conditions for
StatementRefs), which holds recursively and in whatever order they arrive.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

import orjson

from xapi.contents import people_of, terms_of
from xapi.driver import Driver, Sql
from xapi.fresh import Fresh
from xapi.terms import numbers_of

DEEPEST = 50
"""How many references in a row are followed; each costs whoever comes after it."""

ABOUT = Sql(
    "SELECT id, target_id, is_voiding FROM xapi_statement WHERE target_id = :wanted",
    "SELECT id, target_id, is_voiding FROM xapi_statement WHERE target_id = ANY(:wanted)",
)
HELD = Sql(
    "SELECT id, seq, target_id, payload FROM xapi_statement WHERE id = :wanted",
    "SELECT id, seq, target_id, payload FROM xapi_statement WHERE id = ANY(:wanted)",
)
VOID = Sql("UPDATE xapi_statement SET voided = TRUE WHERE id = :id AND NOT is_voiding")
COPY = Sql("INSERT INTO xapi_link (term, seq) VALUES (:term, :seq) ON CONFLICT DO NOTHING")


@dataclass(frozen=True, slots=True)
class _About:
    """A statement that refers to another."""

    id: UUID
    target: UUID
    is_voiding: bool


@dataclass(frozen=True, slots=True)
class _Told:
    """What a statement says, and which one it is about."""

    seq: int
    target: UUID | None
    direct: frozenset[str]
    around: frozenset[str]


def follow(driver: Driver, new: Sequence[Fresh]) -> None:
    """Let what refers to a statement be found by it, and mark what is voided.

    Args:
        driver: whose turn it is to write; the statements stand in the database already.
        new: what was just written.
    """
    named = [each.id for each in new if each.is_named]
    about = _referring(driver, named) if named else []
    changed = {each.id for each in new if each.target is not None}
    if not about and not changed:
        return
    targets = {each.target for each in new if each.is_voiding and each.target is not None}
    voided = targets | {each.target for each in about if each.is_voiding}
    if voided:
        driver.run_each(VOID, [{"id": driver.id_in(each)} for each in voided])
    level: Collection[UUID] = {each.id for each in about} - changed
    for _ in range(DEEPEST):
        if not level:
            break
        changed |= set(level)
        level = {each.id for each in _referring(driver, level)} - changed
    _copy(driver, changed)


def own_terms(payload: str) -> tuple[set[str], set[str]]:
    """Give the terms that a kept statement is found by of itself: direct, and around."""
    parsed = orjson.loads(payload)
    direct, around = terms_of(parsed)
    if parsed["authority"]:
        around |= set(people_of(parsed["authority"]))
    return direct, around - direct


def _referring(driver: Driver, ids: Iterable[UUID]) -> list[_About]:
    rows = driver.rows_of(ABOUT, [driver.id_in(each) for each in ids])
    return [
        _About(driver.id_out(made_id), driver.id_out(target), bool(is_voiding))
        for made_id, target, is_voiding in rows
    ]


def _copy(driver: Driver, ids: Collection[UUID]) -> None:
    """Give statements the links of all that they refer to."""
    known = _read_chains(driver, ids)
    direct = {each: _along(each, known, lambda told: told.direct) for each in ids}
    around = {each: _along(each, known, lambda told: told.around) for each in ids}
    texts = {text for found in (direct, around) for each in found.values() for text in each}
    numbers = numbers_of(driver, texts, {})
    links = [
        {"term": numbers[text] * 2, "seq": known[each].seq} for each in ids for text in direct[each]
    ]
    links += [
        {"term": numbers[text] * 2 + 1, "seq": known[each].seq}
        for each in ids
        for text in around[each] - direct[each]
    ]
    if links:
        driver.run_each(COPY, links)


def _read_chains(driver: Driver, ids: Collection[UUID]) -> dict[UUID, _Told]:
    known: dict[UUID, _Told] = {}
    level: Collection[UUID] = ids
    for _ in range(DEEPEST):
        found: set[UUID] = set()
        rows = driver.rows_of(HELD, [driver.id_in(each) for each in level])
        for made_id, seq, about, payload in rows:
            direct, around = own_terms(payload)
            target = None if about is None else driver.id_out(about)
            told = _Told(seq, target, _copied(direct), _copied(around))
            known[driver.id_out(made_id)] = told
            if target is not None:
                found.add(target)
        level = found - known.keys()
        if not level:
            break
    return known


def _copied(terms: set[str]) -> frozenset[str]:
    return frozenset(term for term in terms if not term.startswith("file "))


def _along(
    start: UUID, known: dict[UUID, _Told], part: Callable[[_Told], frozenset[str]]
) -> set[str]:
    """Gather what stands in the statements that one refers to, one after the other."""
    found: set[str] = set()
    passed = {start}
    here = known[start].target
    while here is not None and here in known and here not in passed:
        found |= part(known[here])
        passed.add(here)
        here = known[here].target
    return found
