"""What every page of the instructor's desk stands on: the context, and whose act it is."""

from __future__ import annotations

from uuid import UUID

from lti_tool.errors import NotFoundError
from lti_tool.i18n import gettext as _
from lti_tool.lti.links import who_of
from lti_tool.player.acting import Act
from lti_tool.web import VISIT_PREFIX, current_visit

PREFIX = f"{VISIT_PREFIX}/class"


def context_id() -> UUID:
    """Give the context that this visit answers for; nothing of another one is ever shown.

    Raises:
        NotFoundError: the visit has none.
    """
    found = current_visit().context_id
    if found is None:
        words = _(
            "A class belongs to a course of your learning platform. Open the tool from there."
        )
        raise NotFoundError("visit without a context", words=words)
    return found


def act_of(reason: str) -> Act:
    """Give an act of this visitor.

    Raises:
        BadRequestError: no reason.
    """
    visit = current_visit()
    return Act(who_of(visit), visit.person_id, reason.strip())
