"""Write batches of statements, several in one transaction; each is kept whole or not at all."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson

from xapi import definitions, files, references
from xapi.contents import is_same
from xapi.db import microseconds, moment_text
from xapi.driver import Driver, Sql
from xapi.fresh import Batch, Fresh, whole_text
from xapi.host import SECOND
from xapi.terms import Memory, hash_of, numbers_of
from xapi.turns import TICK, Turn, allot, take_turn

FEW = 3
"""Up to so many statements nothing is copied, and each way to the database is saved."""

KEPT = Sql(
    "SELECT id, payload FROM xapi_statement WHERE id = :wanted",
    "SELECT id, payload FROM xapi_statement WHERE id = ANY(:wanted)",
)
ADD = Sql(
    """
    INSERT INTO xapi_statement
    (seq, id, stored_at, happened_at, authority, target_id, voided, is_voiding, payload)
    VALUES
    (:seq, :id, :stored_at, :happened_at, :authority, :target_id, :voided, :is_voiding, :payload)
    """,
    copied="""
    COPY xapi_statement
    (seq, id, stored_at, happened_at, authority, target_id, voided, is_voiding, payload)
    FROM STDIN
    """,
)
LINK = Sql(
    "INSERT INTO xapi_link (term, seq) VALUES (:term, :seq)",
    copied="COPY xapi_link (term, seq) FROM STDIN",
)


class ConflictError(Exception):
    """A statement of this id is kept, and says something else."""


@dataclass(frozen=True, slots=True)
class Learnt:
    """What may be remembered once the transaction is over."""

    conflicts: dict[int, ConflictError]
    """What is wrong with a batch that was not kept, by its place."""
    numbers: dict[str, int]
    definitions: dict[str, bytes]
    through: int = 0
    """Up to when nothing is missing then; 0 where nothing was kept."""

    def remember(self, memory: Memory) -> None:
        """Remember it: the transaction is over, and all of it is kept."""
        memory.numbers.update(self.numbers)
        memory.definitions.update(self.definitions)


@dataclass(frozen=True, slots=True)
class _New:
    """A statement that is not there yet, in its batch."""

    fresh: Fresh
    batch: Batch


def keep_batches(driver: Driver, batches: Sequence[Batch], memory: Memory) -> Learnt:
    """Keep batches that have no id in common; a batch with a conflict is left out.

    Args:
        driver: of a transaction that writes from its beginning (on SQLite ``BEGIN IMMEDIATE``).
        batches: as they came.
        memory: numbers that are kept for good; nothing is put in before the transaction is over.
    """
    count = sum(len(batch.fresh) for batch in batches)
    if driver.is_sqlite or count > FEW:
        return _keep(driver, batches, memory, count)
    with driver.without_waiting():
        return _keep(driver, batches, memory, count)


def _keep(driver: Driver, batches: Sequence[Batch], memory: Memory, count: int) -> Learnt:
    take_turn(driver)
    named = [each.id for batch in batches for each in batch.fresh if each.is_named]
    turn = allot(driver, 1, named[0] if named else None) if count == 1 else None
    kept = _kept(driver, named) if turn is None or turn.is_there else {}
    conflicts: dict[int, ConflictError] = {}
    new: list[_New] = []
    for place, batch in enumerate(batches):
        wrong = _conflict(batch, kept) if kept else None
        if wrong is None:
            new += [_New(each, batch) for each in batch.fresh if each.id not in kept]
        else:
            conflicts[place] = wrong
    if not new:
        return Learnt(conflicts, {}, {})
    turn = turn or allot(driver, len(new))
    memory.check(turn.forgetting)
    terms = _terms(new)
    learnt = numbers_of(driver, terms, memory.numbers)
    numbers = {term: learnt.get(term) or memory.numbers[term] for term in terms}
    told = _write(driver, new, turn, numbers, memory)
    for batch in batches:
        if batch.files:
            files.keep_files(driver, batch.files)
    return Learnt(conflicts, learnt, told, turn.stored_at - TICK)


def _kept(driver: Driver, ids: Sequence[UUID]) -> dict[UUID, str]:
    rows = driver.rows_of(KEPT, [driver.id_in(each) for each in ids])
    return {driver.id_out(made_id): payload for made_id, payload in rows}


def _conflict(batch: Batch, kept: dict[UUID, str]) -> ConflictError | None:
    for each in batch.fresh:
        if each.id in kept:
            before, now = orjson.loads(kept[each.id]), orjson.loads(f"{each.text}}}")
            if not is_same(before, now, hundredths=batch.version == SECOND):
                return ConflictError(str(each.id))
    return None


def _terms(new: Iterable[_New]) -> set[str]:
    found: set[str] = set()
    for each in new:
        found |= each.fresh.direct
        found |= each.fresh.around
        found |= each.batch.around
    return found


def _write(
    driver: Driver, new: Sequence[_New], turn: Turn, numbers: dict[str, int], memory: Memory
) -> dict[str, bytes]:
    """Write statements with their links; give what was told of activities."""
    stored = moment_text(turn.stored_at)
    rows: list[dict[str, Any]] = []
    links: list[dict[str, int]] = []
    for seq, each in enumerate(new, turn.first_seq):
        fresh, batch = each.fresh, each.batch
        happened = fresh.happened_at
        rows.append(
            {
                "seq": seq,
                "id": driver.id_in(fresh.id),
                "stored_at": turn.stored_at,
                "happened_at": turn.stored_at if happened is None else microseconds(happened),
                "authority": numbers[batch.answering],
                "target_id": driver.id_in(fresh.target),
                "voided": False,
                "is_voiding": fresh.is_voiding,
                "payload": whole_text(fresh, stored=stored, authority=batch.authority),
            }
        )
        links += [{"term": numbers[term] * 2, "seq": seq} for term in fresh.direct]
        around = (fresh.around | batch.around) - fresh.direct
        links += [{"term": numbers[term] * 2 + 1, "seq": seq} for term in around]
    driver.run_each(ADD, rows)
    driver.run_each(LINK, links)
    if len(new) > 1 or turn.is_target or new[0].fresh.target is not None:
        references.follow(driver, [each.fresh for each in new])
    return _learn(driver, new, numbers, memory)


def _learn(
    driver: Driver, new: Iterable[_New], numbers: dict[str, int], memory: Memory
) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    told: list[tuple[int, bytes]] = []
    for each in new:
        for iri, definition in each.fresh.definitions if each.batch.defines else ():
            known = hash_of(definition)
            if found.get(iri, memory.definitions.get(iri)) != known:
                found[iri] = known
                told.append((numbers[f"activity {iri}"], definition))
    if told:
        definitions.learn(driver, told)
    return found
