"""What stands against approving a case, or should be looked at first; in words for officers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import TypeVar
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from courses.scheme_reading import Schemes, missing_recognition
from courses.schemes import CertificateScheme, SchemeKind
from lti_tool.certification.glyphs import missing_glyphs
from lti_tool.certification.humans import merged_holders
from lti_tool.certification.issuers import Issuers, NoIssuerError
from lti_tool.certification.known_names import KnownNames, names_known, together
from lti_tool.certification.models import Case, CaseState, Holder
from lti_tool.certification.previews import texts_of, texts_of_correction
from lti_tool.certification.register import may_be_corrected
from lti_tool.certification.register_models import Certificate, CertificateState
from lti_tool.certification.searching import folded
from lti_tool.i18n import gettext as _

Each = TypeVar("Each")

GRANTED = "granted"
"""Outcome of a decision that leads on to approval."""
AT_ONCE = 500
"""Values in one list of a query."""
OPEN = (CaseState.DRAFT, CaseState.CHECKED, CaseState.APPROVED)
STANDING = (CertificateState.NUMBERED, CertificateState.ISSUED, CertificateState.SUSPENDED)
QUOTED = 80
"""Characters of a text that cannot be printed, as it is told."""
BLANKS = str.maketrans("\t\n\r", "   ")
"""White space needs no glyph."""


class Concern(StrEnum):
    """What an officer is told about a case."""

    NOT_GRANTED = "not-granted"
    SCHEME_GONE = "scheme-gone"
    SCHEME_CHANGED = "scheme-changed"
    NO_ISSUER = "no-issuer"
    NAME = "name"
    GLYPHS = "glyphs"
    MISSING_ELEMENT = "missing-element"
    PREDECESSOR = "predecessor"
    OTHER_NAME = "other-name"
    DUPLICATE_CERTIFICATE = "duplicate-certificate"
    DUPLICATE_CASE = "duplicate-case"


WARNINGS = frozenset({Concern.OTHER_NAME, Concern.DUPLICATE_CERTIFICATE, Concern.DUPLICATE_CASE})
"""Concerns that an officer may approve in spite of; all others stop it."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One concern about one case."""

    concern: Concern
    words: str
    case_id: UUID | None = None
    """The other case that it is about."""
    certificate_id: UUID | None = None
    """The certificate that it is about."""

    @property
    def stops(self) -> bool:
        """Say whether the case cannot be approved while it stands."""
        return self.concern not in WARNINGS


Findings = Mapping[UUID, tuple[Finding, ...]]
"""By case; those about which there is nothing to say have none."""


def check(
    session: Session,
    cases: Sequence[Case],
    schemes: Schemes,
    *,
    issuers: Issuers | None = None,
    on: date,
) -> Findings:
    """Look at cases before they are approved.

    Args:
        session: open.
        cases: to look at; their likely duplicates are looked for in a few queries for all of them.
        schemes: as they are now.
        issuers: as they are now; None: not to be looked at, such as by the rules alone.
        on: the day, by which a certificate is valid or not.
    """
    found: dict[UUID, list[Finding]] = {case.id: [] for case in cases}
    before = _predecessors(session, cases)
    for case in cases:
        if case.corrects:  # it says what was once granted, whatever became of the scheme
            found[case.id] += _predecessor(before.get(case.predecessor_id))
        else:
            found[case.id] += _rules(case, schemes.get(case.scheme_id))
            found[case.id] += _issuer(case, issuers)
        found[case.id] += _name(case)
        texts = _texts(case, schemes.get(case.scheme_id), before.get(case.predecessor_id), on)
        found[case.id] += _glyphs(case, texts)
    for case_id, finding in _other_names(session, cases):
        found[case_id].append(finding)
    for case_id, finding in _valid_already(session, cases, on):
        found[case_id].append(finding)
    for case_id, finding in _twins(session, cases):
        found[case_id].append(finding)
    return {case_id: tuple(each) for case_id, each in found.items()}


def _rules(case: Case, scheme: CertificateScheme | None) -> Iterator[Finding]:
    if scheme is None:
        words = _("The scheme is no longer offered: its file is gone.")
        yield Finding(Concern.SCHEME_GONE, words)
        return
    if (case.decision or {}).get("outcome") != GRANTED:
        words = _("The rules of the scheme are not met; the reasons stand in the case.")
        yield Finding(Concern.NOT_GRANTED, words)
    if case.scheme_fingerprint != scheme.fingerprint:
        words = _("The scheme has changed since the decision. The case is decided again shortly.")
        yield Finding(Concern.SCHEME_CHANGED, words)
    if scheme.kind is SchemeKind.MICRO_CREDENTIAL:
        for name in missing_recognition(scheme):
            words = _("A micro-credential must tell its %(element)s; the scheme does not.")
            words %= {"element": name.replace("_", " ")}
            yield Finding(Concern.MISSING_ELEMENT, words)


def _name(case: Case) -> Iterator[Finding]:
    if not case.name:
        yield Finding(Concern.NAME, _("No name is known yet: the holder has to give it."))
    elif case.name_confirmed_at is None:
        words = _("The holder has not yet confirmed the name as it will be printed.")
        yield Finding(Concern.NAME, words)


def _issuer(case: Case, issuers: Issuers | None) -> Iterator[Finding]:
    try:
        if issuers is not None:
            issuers.of(case.scheme_id)
    except NoIssuerError as error:
        yield Finding(Concern.NO_ISSUER, error.words or str(error))


def _texts(
    case: Case, scheme: CertificateScheme | None, before: Certificate | None, on: date
) -> list[str]:
    """Give what would be printed but the name, as far as it can be told."""
    if case.corrects:
        stands = before is not None and may_be_corrected(before)
        return texts_of_correction(case, before, on=on) if before and stands else []
    return texts_of(case, scheme, on=on) if scheme is not None else []


def _glyphs(case: Case, texts: Sequence[str]) -> Iterator[Finding]:
    missing = missing_glyphs(case.name)
    if missing:
        words = _("Cannot be printed: %(characters)s. Use the Latin spelling of the passport.")
        yield Finding(Concern.GLYPHS, words % {"characters": " ".join(missing)})
    missing = missing_glyphs(" ".join(texts).translate(BLANKS))
    if missing:
        faulty = next((text for text in texts if not set(missing).isdisjoint(text)), "")
        words = _(
            "Cannot be printed: %(characters)s, in “%(text)s”. What was entered is taken back and "
            "entered anew in Latin letters; a text of the scheme is changed in its file."
        )
        told = {"characters": " ".join(missing), "text": faulty[:QUOTED]}
        yield Finding(Concern.GLYPHS, words % told)


def _predecessors(session: Session, cases: Iterable[Case]) -> dict[UUID | None, Certificate]:
    ids = [case.predecessor_id for case in cases if case.corrects and case.predecessor_id]
    found: dict[UUID | None, Certificate] = {}
    for some in _in_parts(ids):
        rows = session.scalars(select(Certificate).where(Certificate.id.in_(some)))
        found.update({row.id: row for row in rows})
    return found


def _predecessor(certificate: Certificate | None) -> Iterator[Finding]:
    if certificate is None or not may_be_corrected(certificate):
        words = _(
            "The certificate that this corrects no longer stands, so nothing takes its place."
        )
        if certificate is not None and certificate.state == CertificateState.SUSPENDED:
            words = _(
                "The certificate that this corrects is suspended. Decide about that one first: let "
                "it hold again, or revoke it."
            )
        about = certificate.id if certificate else None
        yield Finding(Concern.PREDECESSOR, words, certificate_id=about)


def _other_names(session: Session, cases: Sequence[Case]) -> Iterator[tuple[UUID, Finding]]:
    """Find names that nobody but the holder has told, where the scheme asks for no officer."""
    asked = [case for case in cases if case.approvers == 0 and case.name_confirmed_at is not None]
    if not asked:
        return
    stays = merged_holders(session)
    humans = {stays.get(case.holder_id, case.holder_id) for case in asked}
    held = humans | {gone for gone, kept in stays.items() if kept in humans}
    known: dict[UUID, list[KnownNames]] = defaultdict(list)
    for some in _in_parts(held):
        for holder_id, names in names_known(session, some).items():
            known[stays.get(holder_id, holder_id)].append(names)
    for case in asked:
        names = together(known[stays.get(case.holder_id, case.holder_id)])
        if not names.has(case.name):
            words = _("The platform sends no name: only the candidate has told this one.")
            if names.sent:
                words = _("The platform sends another name: %(name)s. Is this one right?")
                words %= {"name": names.sent[0]}
            yield case.id, Finding(Concern.OTHER_NAME, words)


# Likely duplicates


def _valid_already(
    session: Session, cases: Sequence[Case], on: date
) -> Iterator[tuple[UUID, Finding]]:
    """Find valid certificates of the same scheme, of the same human or the same name."""
    stays = merged_holders(session)
    by_holder = _grouped(
        cases, lambda case: (case.scheme_id, str(stays.get(case.holder_id, case.holder_id)))
    )
    by_name = _grouped(cases, lambda case: (case.scheme_id, folded(case.name)[:400]))
    columns = (
        Certificate.id, Certificate.number, Certificate.scheme_id, Certificate.holder_id,
        Certificate.name_search,
    )  # fmt: skip
    standing = (
        select(*columns)
        .where(Certificate.state.in_(STANDING))
        .where(or_(Certificate.valid_until.is_(None), Certificate.valid_until >= on))
    )
    schemes = {case.scheme_id for case in cases}
    rows = {}
    humans = {stays.get(case.holder_id, case.holder_id) for case in cases}
    for some in _in_parts(humans | {gone for gone, kept in stays.items() if kept in humans}):
        query = standing.where(Certificate.holder_id.in_(some), Certificate.scheme_id.in_(schemes))
        rows.update({row.id: row for row in session.execute(query)})
    for names in _in_parts({name for _scheme, name in by_name}):
        query = standing.where(
            Certificate.name_search.in_(names), Certificate.scheme_id.in_(schemes)
        )
        rows.update({row.id: row for row in session.execute(query)})
    for row in rows.values():
        human = stays.get(row.holder_id, row.holder_id)
        same = by_holder.get((row.scheme_id, str(human)), [])
        alike = [] if not row.name_search else by_name.get((row.scheme_id, row.name_search), [])
        for case in {each.id: each for each in (*same, *alike)}.values():
            if case.predecessor_id == row.id:
                continue
            words = _("There is a valid certificate of this scheme already: %(number)s.")
            words %= {"number": row.number}
            yield (
                case.id,
                Finding(Concern.DUPLICATE_CERTIFICATE, words, certificate_id=row.id),
            )


def _twins(session: Session, cases: Sequence[Case]) -> Iterator[tuple[UUID, Finding]]:
    """Find open cases of the same scheme and name of another human."""
    stays = merged_holders(session)
    by_name = _grouped(cases, lambda case: (case.scheme_id, folded(case.name)[:400]))
    names = {name for _scheme, name in by_name if name}
    schemes = {case.scheme_id for case in cases}
    for some in _in_parts(names):
        query = (
            select(Case.id, Case.holder_id, Case.scheme_id, Holder.name_search)
            .join(Holder, Holder.id == Case.holder_id)
            .where(Holder.name_search.in_(some), Case.scheme_id.in_(schemes), Case.state.in_(OPEN))
        )
        for row in session.execute(query):
            for case in by_name.get((row.scheme_id, row.name_search), []):
                human = stays.get(row.holder_id, row.holder_id)
                if stays.get(case.holder_id, case.holder_id) != human:
                    words = _("Somebody else of the same name is a candidate for this scheme.")
                    yield case.id, Finding(Concern.DUPLICATE_CASE, words, case_id=row.id)


def _grouped(
    cases: Iterable[Case], key: Callable[[Case], tuple[str, str]]
) -> dict[tuple[str, str], list[Case]]:
    found: dict[tuple[str, str], list[Case]] = defaultdict(list)
    for case in cases:
        found[key(case)].append(case)
    return found


def _in_parts(values: Iterable[Each]) -> Iterator[list[Each]]:
    held = list(values)
    for start in range(0, len(held), AT_ONCE):
        yield held[start : start + AT_ONCE]
