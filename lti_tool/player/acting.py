"""Whose act something is that staff do, and why; checked once for all acts."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from lti_tool.errors import BadRequestError
from lti_tool.i18n import gettext as _

REASON_LENGTH = 1_000


@dataclass(frozen=True, slots=True)
class Act:
    """An act of staff: by whom, for the log of acts, and with which reason."""

    who: str
    """For the log: the id of a person, or ``command line``."""
    person_id: UUID | None
    reason: str

    def __post_init__(self) -> None:
        """Refuse an act without a reason.

        Raises:
            BadRequestError: no reason, or one that is too long.
        """
        if not self.reason.strip():
            words = _("Give a reason, so that others can follow what was decided.")
            raise BadRequestError("no reason", words=words)
        if len(self.reason) > REASON_LENGTH:
            words = _("The reason is too long: give at most %(number)s characters.")
            raise BadRequestError("reason too long", words=words % {"number": REASON_LENGTH})
