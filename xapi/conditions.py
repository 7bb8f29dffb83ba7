"""What a request expects of a document before it changes it: ETags and their absence; pure.

Source: xAPI 1.0.3, part three, 3.1 (concurrency); IEEE 9274.1.1-2023, 4.1.4.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

ANY = "*"


class Absent(StrEnum):
    """What becomes of a PUT without a condition (see :func:`xapi.documents.strictness_of`)."""

    FREE = "free"
    NEW_ONLY = "new only"
    NEVER = "never"


class PreconditionError(Exception):
    """The document is not as the request expects it."""


class UnconditionalError(Exception):
    """A document is there, and the request does not say which one it means to replace."""


class NeedsConditionError(Exception):
    """A document may not be written without saying whether there is one."""


@dataclass(frozen=True, slots=True)
class Condition:
    """What a request expects to find, and what becomes of it where it says nothing."""

    if_match: str | None = None
    if_none_match: str | None = None
    absent: Absent = Absent.FREE


def check(condition: Condition, held: str | None) -> None:
    """Refuse what does not find what it expects (RFC 9110, 13.1).

    Args:
        condition: of the request.
        held: ETag of the document that is there; None: there is none.

    Raises:
        PreconditionError: something else, or nothing, is there.
    """
    if condition.if_match is not None and not _is_meant(condition.if_match, held):
        raise PreconditionError("the document is another by now: read it again (If-Match)")
    if condition.if_none_match is not None and _is_meant(condition.if_none_match, held):
        raise PreconditionError("a document is there (If-None-Match)")


def is_unchanged(if_none_match: str | None, held: str) -> bool:
    """Say whether a reader has this document already."""
    return if_none_match is not None and _is_meant(if_none_match, held)


def check_put(condition: Condition, held: str | None) -> None:
    """Refuse what would replace or make a document unasked, too.

    Raises:
        PreconditionError: something else, or nothing, is there.
        NeedsConditionError: nothing is there, and the request does not say that it knows.
        UnconditionalError: something is there, and the request does not say what.
    """
    check(condition, held)
    if condition.if_match is not None or condition.if_none_match is not None:
        return
    if held is None and condition.absent is Absent.NEVER:
        raise NeedsConditionError(
            "send If-None-Match: * to make a document, If-Match to replace it"
        )
    if held is not None and condition.absent is not Absent.FREE:
        raise UnconditionalError(
            "a document is there: read it, and send its ETag as If-Match to replace it"
        )


def _is_meant(tags: str, held: str | None) -> bool:
    """Say whether one of the tags is the document's; a proxy may have made them weak."""
    if held is None:
        return False
    listed = [each.strip().removeprefix("W/").strip('"') for each in tags.split(",")]
    return tags.strip() == ANY or held in listed
