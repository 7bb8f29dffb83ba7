"""What came with statements: each content kept once, in pieces, so that none is held whole."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from xapi.driver import Driver, Sql
from xapi.fresh import File
from xapi.models import Attachment, Link, Term
from xapi.terms import key_of

PIECE_BYTES = 256 * 1024
MOST_PIECES = 1_000_000

FIND = Sql("SELECT 1 FROM xapi_attachment WHERE sha2 = :sha2 AND number = 0")
ADD = Sql(
    """
    INSERT INTO xapi_attachment (sha2, number, size_bytes, piece)
    VALUES (:sha2, :number, :size_bytes, :piece)
    """
)


def keep_files(driver: Driver, files: Sequence[File]) -> None:
    """Keep what is not there yet.

    Args:
        driver: whose turn it is to write.
        files: each is read from its beginning.
    """
    for each in files:
        if driver.rows(FIND, {"sha2": each.sha2}):
            continue
        each.content.seek(0)
        number = 0
        while (piece := each.content.read(PIECE_BYTES)) or number == 0:
            size = each.size_bytes
            driver.run(
                ADD, {"sha2": each.sha2, "number": number, "size_bytes": size, "piece": piece}
            )
            number += 1


def find_size(session: Session, sha2: str) -> int | None:
    """Give the size of a content in bytes; None where it is not kept."""
    return session.scalar(
        select(Attachment.size_bytes).where(Attachment.sha2 == sha2, Attachment.number == 0)
    )


def read_piece(session: Session, sha2: str, number: int) -> bytes | None:
    """Give a piece of a content; None after the last."""
    return session.scalar(
        select(Attachment.piece).where(Attachment.sha2 == sha2, Attachment.number == number)
    )


def drop_unnamed(session: Session, sha2s: set[str]) -> None:
    """Delete those contents that no statement names any more."""
    for sha2 in sorted(sha2s):
        term = session.scalar(select(Term.id).where(Term.key == key_of(f"file {sha2}")))
        named = term is not None and session.scalar(
            select(Link.seq).where(Link.term.in_([term * 2, term * 2 + 1])).limit(1)
        )
        if not named:
            session.execute(delete(Attachment).where(Attachment.sha2 == sha2))
