"""By which names a human is known, so that the rules alone seal no other name on a certificate."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_tool.certification.models import HolderPerson
from lti_tool.certification.register_models import Certificate, CertificateState
from lti_tool.certification.searching import words_of
from lti_tool.i18n import gettext as _
from lti_tool.lti.models import Person


@dataclass(frozen=True, slots=True)
class KnownNames:
    """The names of one human."""

    sent: tuple[str, ...] = ()
    """By the platforms that they come from."""
    printed: tuple[str, ...] = ()
    """On certificates that hold."""

    def has(self, name: str) -> bool:
        """Say whether a name is one of them; accents, capitals and the order do not count."""
        words = _words(name)
        return bool(words) and any(_words(each) == words for each in (*self.sent, *self.printed))

    def why_looked_at(self, name: str) -> str:
        """Say, to its holder, why an officer looks at a name first; empty: none has to."""
        if self.has(name):
            return ""
        if not self.sent:
            return _("An officer looks at it first, because your learning platform sent no name.")
        words = _("An officer looks at it first, because it differs from %(name)s, the name that "
                  "your learning platform sent.")  # fmt: skip
        return words % {"name": self.sent[0]}


def names_known(session: Session, holder_ids: Collection[UUID]) -> dict[UUID, KnownNames]:
    """Give the names by which holders are known, for those that are known by any."""
    sent: dict[UUID, list[str]] = defaultdict(list)
    query = select(HolderPerson.holder_id, Person.name).join(
        Person, Person.id == HolderPerson.person_id
    )
    query = query.where(HolderPerson.holder_id.in_(holder_ids), Person.name != "")
    for row in session.execute(query.order_by(Person.seen_at.desc(), Person.id)):
        sent[row.holder_id].append(row.name)
    printed: dict[UUID, list[str]] = defaultdict(list)
    standing = select(Certificate.holder_id, Certificate.name_search).where(
        Certificate.holder_id.in_(holder_ids),
        Certificate.state.in_([CertificateState.NUMBERED, CertificateState.ISSUED]),
    )
    for row in session.execute(standing):
        printed[row.holder_id].append(row.name_search)
    return {
        each: KnownNames(tuple(sent[each]), tuple(printed[each]))
        for each in sent.keys() | printed.keys()
    }


def together(known: Collection[KnownNames]) -> KnownNames:
    """Give the names of holders that are one human."""
    return KnownNames(
        tuple(name for each in known for name in each.sent),
        tuple(name for each in known for name in each.printed),
    )


def _words(name: str) -> list[str]:
    return sorted(words_of(name))
