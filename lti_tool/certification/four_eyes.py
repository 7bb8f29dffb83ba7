"""Whether somebody may approve a case: four eyes count humans, and whoever prepared it is out."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.orm import Session

from lti_tool.certification.humans import Hand, Humans, human_now, is_by, taken_for
from lti_tool.certification.mandates import not_covered, schemes_of
from lti_tool.certification.models import Case
from lti_tool.i18n import gettext as _


@dataclass(frozen=True, slots=True)
class Eyes:
    """Who looks at cases."""

    hand: Hand
    covered: frozenset[str] | None
    """Schemes that their role covers; None: all."""
    own: frozenset[UUID]
    """Holders that they are, or were once taken for."""
    now_is: Humans

    def did(self, human: UUID | None, who: str) -> bool:
        """Say whether something that was kept with a human and a person was done by them."""
        return is_by(self.hand, self.own, human, who, self.now_is)


def eyes_of(session: Session, hand: Hand) -> Eyes:
    """Give who looks, with what they may look at."""
    covered = frozenset() if hand.person_id is None else schemes_of(session, hand.person_id)
    now_is = functools.cache(functools.partial(human_now, session))
    return Eyes(hand, covered, taken_for(session, hand), now_is)


def own_part(case: Case, eyes: Eyes) -> str:
    """Say what somebody has to do with a case, so that they do not approve it; empty: nothing."""
    if eyes.hand.human is None:
        return not_covered(eyes.hand)
    if case.holder_id in eyes.own:
        return _("This is your own certificate: somebody else has to approve it.")
    if eyes.did(case.entered_human, case.entered_by):
        return _("You entered this candidate yourself: somebody else has to approve it.")
    assessed = (
        (case.assessed_human, case.assessed_by),
        (case.second_assessed_human, case.second_assessed_by),
    )
    if any(eyes.did(human, who) for human, who in assessed):
        return _("You assessed this candidate yourself: somebody else has to approve it.")
    return _own_name(case) if case.named_by and eyes.did(case.named_human, case.named_by) else ""


def _own_name(case: Case) -> str:
    if case.named_by == case.name_confirmed_by:
        return _("You changed the name that is printed: somebody else has to approve it, or the "
                 "holder or another officer confirms the name first.")  # fmt: skip
    return _("The holder confirmed the name through a letter that you had sent: somebody else has "
             "to approve it, or the holder confirms the name from a learning platform, or another "
             "officer who saw a document.")  # fmt: skip
