"""The register: serials without a gap, codes and status indices drawn at random, frozen facts.

Everything that a number needs is given in one transaction. The serial's row is its lock: whoever
numbers next waits for it, so that a number is never given twice, and one that was given and rolled
back is given again.
"""

from __future__ import annotations

import contextlib
import functools
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from sqlalchemy import func, or_, select
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from courses.scheme_reading import Schemes
from courses.skills import Framework
from lti_tool import audit
from lti_tool.certification import achievements, codes
from lti_tool.certification.facts import Facts, digest_of, frozen_facts, unit_from_json
from lti_tool.certification.freezing import Candidate, Place, corrected, facts_of
from lti_tool.certification.humans import WORKER, Hand
from lti_tool.certification.issuers import Issuers
from lti_tool.certification.models import Case, CaseState, Holder, HolderKind
from lti_tool.certification.putting_back import PutBack
from lti_tool.certification.register_models import (
    Certificate,
    CertificateState,
    Serial,
    StatusIndex,
    StatusList,
)
from lti_tool.certification.searching import folded
from lti_tool.errors import ConflictingError

INSERTS: dict[str, Any] = {"sqlite": sqlite_insert, "postgresql": postgresql_insert}
PLACES = 131_072
"""In one status list: the least that hides whose bit is whose (Bitstring Status List 1.0, 2.1)."""
PURPOSES = ("revocation", "suspension")
A_MOMENT = timedelta(microseconds=1)
DRAWS = 64
"""After so many indices that were taken, something is wrong with the draw."""


class CannotNumberError(ConflictingError):
    """A case cannot be numbered as it stands; it goes back to the officers."""

    def __init__(self, log_text: str, why: PutBack) -> None:
        super().__init__(log_text)
        self.why = why


@dataclass(frozen=True, slots=True, kw_only=True)
class Registrar:
    """What numbering goes by."""

    schemes: Schemes
    issuers: Issuers
    framework: Framework
    prefix: str
    """How numbers begin, such as ``ASA``."""
    zone: ZoneInfo
    """Where the day of issue is told."""
    public_url: str
    is_test: bool
    """Whether documents are signed by development keys."""


def number_case(session: Session, case: Case, by: Registrar, *, now: datetime) -> Certificate:
    """Give an approved case its number, code and status index, and freeze its facts.

    The caller holds the case's row, and has made sure that it is approved.

    Raises:
        CannotNumberError: its scheme changed or is gone, or what it corrects stands no more.
        NoIssuerError: nobody issues the scheme's certificates.
    """
    before = predecessor_of(session, case)
    freeze, series = _freezing(session, case, before, by)
    day = now.astimezone(by.zone).date()
    code = draw_code(session)
    status_list, status_index = draw_status_index(session, now=now)
    serial = next_serial(session, series, day.year)
    facts = freeze(
        Place(
            certificate_id=uuid4(),
            number=f"{series}-{day.year}-{serial:06}",
            code=code,
            verify_url=f"{by.public_url}/verify/{code}",
            issued_on=day,
            time_zone=by.zone.key,
            status_list=status_list,
            status_index=status_index,
            credential_id=uuid4(),
            subject_id=uuid4(),
            is_test=by.is_test,
        )
    )
    certificate = _row(case, facts, (series, day.year, serial), before, now=now)
    session.add(certificate)
    achievements.keep(session, facts, by.public_url)
    case.state, case.number_due_at, case.fault = CaseState.NUMBERED, None, ""
    session.flush()
    _note(session, certificate, WORKER, now=now)
    return certificate


def predecessor_of(session: Session, case: Case) -> Certificate | None:
    """Give the certificate that a case corrects or renews."""
    if case.predecessor_id is None:
        return None
    return session.get(Certificate, case.predecessor_id)


def find_certificate(session: Session, given: str) -> Certificate | None:
    """Give the certificate of a number, a code or an id, as people type it."""
    text = given.strip()
    code = codes.read_code(text)
    found = Certificate.number == text.upper()
    if code is not None:
        found = or_(found, Certificate.code == code)
    with contextlib.suppress(ValueError):
        found = or_(found, Certificate.id == UUID(text))
    return session.scalar(select(Certificate).where(found))


def candidate_of(
    case: Case, *, is_organisation: bool = False, before: Certificate | None = None
) -> Candidate:
    """Give what a case says of its candidate; ``before`` is what it renews."""
    decision = case.decision or {}
    return Candidate(
        name=case.name,
        is_organisation=is_organisation,
        language=case.language,
        route=case.route,
        units=tuple(unit_from_json(each) for each in decision.get("units", ())),
        examined_on=case.examined_on,
        particulars=case.particulars,
        renews=before.number if before is not None else "",
    )


def may_be_corrected(certificate: Certificate) -> bool:
    """Say whether another certificate may take a certificate's place.

    Not of one that is suspended: what is looked into does not slip away under a new number.
    """
    if certificate.erased_at is not None:
        return False
    if certificate.state == CertificateState.REVOKED:
        return certificate.revoke_code == "key-compromised"
    return certificate.state == CertificateState.ISSUED


def next_serial(session: Session, series: str, year: int) -> int:
    """Give the next number of a series and year; its row stays locked until the end."""
    made = INSERTS[session.get_bind().dialect.name](Serial)
    made = made.values(series=series, year=year, newest=1)
    made = made.on_conflict_do_update(
        index_elements=[Serial.series, Serial.year], set_={"newest": Serial.newest + 1}
    )
    return int(session.execute(made.returning(Serial.newest)).scalar_one())


def draw_code(session: Session) -> str:
    """Draw a code that no certificate has."""
    while True:
        code = codes.new_code()
        taken = session.scalar(select(Certificate.id).where(Certificate.code == code))
        if taken is None:
            return code


def draw_status_index(session: Session, *, now: datetime) -> tuple[int, int]:
    """Draw a free place of the newest status list at random, and take it for ever.

    A list is left for the next one when it is about half full. That is looked at only when a drawn
    place was taken, so that nobody counts while there is room.
    """
    insert = INSERTS[session.get_bind().dialect.name]
    number = session.scalar(select(func.max(StatusList.number))) or _begin_list(session, 1, now=now)
    for _draw in range(DRAWS):
        position = secrets.randbelow(PLACES)
        made = insert(StatusIndex).values(status_list=number, position=position)
        taken = session.execute(made.on_conflict_do_nothing().returning(StatusIndex.position))
        if taken.first() is not None:
            return number, position
        if _is_half_full(session, number):
            number = _begin_list(session, number + 1, now=now)
    raise AssertionError("no free status index was drawn")


def want_lists(session: Session, certificate: Certificate, *, now: datetime) -> None:
    """Have the worker sign the certificate's status lists anew.

    A worker that signed in the meantime may not have seen this change, whatever its clock said.
    """
    for purpose in PURPOSES:
        key = (certificate.status_list, purpose)
        row = session.get(StatusList, key, with_for_update=True, populate_existing=True)
        if row is not None:
            signed = row.signed_at
            row.wanted_at = now if signed is None else max(now, signed + A_MOMENT)


def _begin_list(session: Session, number: int, *, now: datetime) -> int:
    insert = INSERTS[session.get_bind().dialect.name]
    rows = [
        {"number": number, "purpose": purpose, "credential": "", "wanted_at": now}
        for purpose in PURPOSES
    ]
    session.execute(insert(StatusList).on_conflict_do_nothing(), rows)
    return number


def _is_half_full(session: Session, number: int) -> bool:
    query = select(func.count()).select_from(StatusIndex).where(StatusIndex.status_list == number)
    return (session.scalar(query) or 0) * 2 >= PLACES


def _freezing(
    session: Session, case: Case, before: Certificate | None, by: Registrar
) -> tuple[Callable[[Place], Facts], str]:
    """Give how a case's facts are frozen, and in which series it is numbered."""
    if case.corrects:
        if before is None or not may_be_corrected(before):
            told = f"case {case.id}: {case.predecessor_id} stands no more"
            raise CannotNumberError(told, PutBack.PREDECESSOR)
        first = frozen_facts(before.facts, before.facts_hash)
        same = functools.partial(corrected, before=first, name=case.name, language=case.language)
        return same, before.series
    scheme = by.schemes.get(case.scheme_id)
    if scheme is None:
        told = f"case {case.id}: no scheme {case.scheme_id!r}"
        raise CannotNumberError(told, PutBack.SCHEME_GONE)
    if scheme.fingerprint != case.scheme_fingerprint:
        told = f"case {case.id}: scheme {case.scheme_id!r} changed"
        raise CannotNumberError(told, PutBack.SCHEME_CHANGED)
    kind = session.scalar(select(Holder.kind).where(Holder.id == case.holder_id))
    is_organisation = kind == HolderKind.ORGANISATION
    new = functools.partial(
        facts_of,
        candidate=candidate_of(case, is_organisation=is_organisation, before=before),
        scheme=scheme,
        issuer=by.issuers.of(scheme.id),
        framework=by.framework,
    )
    return new, f"{by.prefix}-{scheme.series}"


def _row(
    case: Case,
    facts: Facts,
    place: tuple[str, int, int],
    before: Certificate | None,
    *,
    now: datetime,
) -> Certificate:
    document = facts.to_json()
    series, year, serial = place
    return Certificate(
        id=facts.certificate_id,
        case_id=case.id,
        holder_id=case.holder_id,
        scheme_id=facts.scheme_id,
        kind=facts.kind.value,
        series=series,
        year=year,
        serial=serial,
        number=facts.number,
        code=facts.code,
        state=CertificateState.NUMBERED,
        facts=document,
        facts_hash=digest_of(document),
        name_search=folded(facts.holder_name)[:400],
        title=facts.title,
        issued_on=facts.issued_on,
        valid_from=facts.valid_from,
        valid_until=facts.valid_until,
        status_list=facts.status_list,
        status_index=facts.status_index,
        numbered_at=now,
        due_at=now,
        supersedes_id=before.id if before is not None and case.corrects else None,
        renews_id=before.id if before is not None and not case.corrects else None,
    )


def _note(session: Session, certificate: Certificate, hand: Hand, *, now: datetime) -> None:
    """Write the act down last: from here to the end of the transaction others wait."""
    detail = {"number": certificate.number, "facts": certificate.facts_hash}
    if certificate.supersedes_id is not None:
        detail["supersedes"] = str(certificate.supersedes_id)
    if certificate.renews_id is not None:
        detail["renews"] = str(certificate.renews_id)
    about = str(certificate.id)
    audit.note(session, "certificate.numbered", who=hand.who, about=about, detail=detail, now=now)
