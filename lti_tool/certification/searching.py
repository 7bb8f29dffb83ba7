"""Names as they are searched and compared: small letters, no accents, single spaces."""

from __future__ import annotations

import re
import unicodedata

from sqlalchemy import ColumnElement, Index, and_, func, literal, literal_column, select
from sqlalchemy.orm import InstrumentedAttribute, Session

LETTERS = str.maketrans(
    {"ł": "l", "đ": "d", "ø": "o", "ß": "ss", "æ": "ae", "œ": "oe", "ħ": "h", "ı": "i", "þ": "th",
     "ð": "d", "ŋ": "n", "ŧ": "t"}
)  # fmt: skip
"""Letters that Unicode does not take apart."""


def folded(text: str) -> str:
    """Give a text in small letters, without accents, single-spaced: ``Łukasz`` -> ``lukasz``."""
    apart = unicodedata.normalize("NFKD", text.casefold().translate(LETTERS))
    bare = "".join(each for each in apart if not unicodedata.combining(each))
    return " ".join(bare.translate(LETTERS).split())


PARTING = '.,;/&+@_()"\u2019\u2010\u2013-'
"""Characters that part the words of a name, beside space and apostrophe."""
BEGINNINGS = range(2, 9)
"""How many letters of each word are indexed beside the whole word: a look-up of all words that
begin with something would walk through all who bear them, and a frequent name is borne by many."""


def words_of(text: str) -> list[str]:
    """Give the words of a text, folded: ``O'Brien, Anna-Maria`` -> ``o brien anna maria``."""
    return re.findall(r"[^\W_]+", folded(text))


def words_index(name: str, column: str) -> Index:
    """Give the index by which :func:`has_words` finds on PostgreSQL.

    Args:
        name: of the index.
        column: that holds folded names.
    """
    vector: ColumnElement[str] = literal_column(_vector(column))
    return Index(name, vector, postgresql_using="gin").ddl_if(dialect="postgresql")


def has_words(
    session: Session, column: InstrumentedAttribute[str], words: list[str]
) -> ColumnElement[bool]:
    """Ask whether words of a name begin with each of these, in any order.

    PostgreSQL finds them by :func:`words_index`; SQLite looks at every row.
    """
    if not _is_postgresql(session):
        return holds_words(session, column, words)
    most = BEGINNINGS[-1]
    begun = (f"{word}:*" if len(word) < BEGINNINGS[0] else word[:most] for word in words)
    asked = select(func.to_tsquery("simple", " & ".join(begun))).scalar_subquery()
    vector: ColumnElement[str] = literal_column(_vector(_qualified(column)))
    found = vector.op("@@")(asked)  # unknown to the planner, which so takes the index
    longer = [word for word in words if len(word) > most]
    return and_(found, holds_words(session, column, longer)) if longer else found


def holds_words(
    session: Session, column: InstrumentedAttribute[str], words: list[str]
) -> ColumnElement[bool]:
    """Ask the same of one row after another, which is quick where rows come in a wanted order.

    Most rows do not hold the letters at all, and are spared being parted into words.
    """
    if not _is_postgresql(session):
        parted = literal(" ") + column
        there = (func.instr(column, word) > 0 for word in words)
        return and_(*there, *(parted.op("GLOB")(f"*[ '{PARTING}]{word}*") for word in words))
    plain: ColumnElement[str] = literal_column(f"(' ' || {_parted(_qualified(column))})")
    within = (column.like(f"%{word}%") for word in words)
    return and_(*within, *(plain.like(f"% {word}%") for word in words))


def _is_postgresql(session: Session) -> bool:
    return session.get_bind().dialect.name == "postgresql"


def _qualified(column: InstrumentedAttribute[str]) -> str:
    return f"{column.class_.__tablename__}.{column.key}"


def _vector(column: str) -> str:
    parted = told = _parted(column)
    for letters in BEGINNINGS:
        begun = f"regexp_replace({parted}, '([^ ]{{{letters}}})[^ ]+', '\\1', 'g')"
        told = f"textcat({told}, textcat(' ', {begun}))"
    return f"to_tsvector('simple', {told})"


def _parted(column: str) -> str:
    spaces = " " * (len(PARTING) + 1)
    return f"translate({column}, '''{PARTING}', '{spaces}')"
