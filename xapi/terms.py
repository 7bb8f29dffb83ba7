"""Numbers for what statements are found by: looked up, given out, remembered between batches."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session

from xapi.driver import Driver, Sql
from xapi.models import Term

MOST = 200_000
"""How many numbers are remembered before all are forgotten, some 30 MB."""

FIND = Sql(
    "SELECT key, id FROM xapi_term WHERE key = :wanted",
    "SELECT key, id FROM xapi_term WHERE key = ANY(:wanted)",
)
ADD = Sql("INSERT INTO xapi_term (key, text) VALUES (:key, :text)")


@dataclass(slots=True)
class Memory:
    """What one process knows of numbers and definitions that are kept for good."""

    numbers: dict[str, int] = field(default_factory=dict)
    definitions: dict[str, bytes] = field(default_factory=dict)
    """Hash of what was last told of an activity."""
    forgetting: int = 0
    """How often something had been erased when this was learnt."""

    def check(self, forgetting: int) -> None:
        """Forget all where something was erased since, or where it grows too large."""
        large = len(self.numbers) > MOST or len(self.definitions) > MOST
        if forgetting != self.forgetting or large:
            self.numbers.clear()
            self.definitions.clear()
            self.forgetting = forgetting


def key_of(text: str) -> bytes:
    """Give what a term is looked up by."""
    return hashlib.blake2b(text.encode(), digest_size=16).digest()


def hash_of(content: bytes) -> bytes:
    """Give what tells one definition from another."""
    return hashlib.blake2b(content, digest_size=16).digest()


def find_number(session: Session, text: str) -> int | None:
    """Give the number of a term; None where it was never seen."""
    return session.scalar(select(Term.id).where(Term.key == key_of(text)))


def numbers_of(driver: Driver, texts: Collection[str], known: Mapping[str, int]) -> dict[str, int]:
    """Give the numbers of terms that are not known yet; new ones get the next.

    Args:
        driver: whose turn it is to write.
        texts: kind and text of each.
        known: numbers that need not be asked for.
    """
    unknown = [text for text in texts if text not in known]
    if not unknown:
        return {}
    missing = {key_of(text): text for text in unknown}
    found = {missing[key]: number for key, number in driver.rows_of(FIND, list(missing))}
    new = {key: text for key, text in missing.items() if text not in found}
    if new:
        driver.run_each(ADD, [{"key": key, "text": text} for key, text in new.items()])
        found |= {new[key]: number for key, number in driver.rows_of(FIND, list(new))}
    return found
