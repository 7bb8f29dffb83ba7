"""Certificates put into the register by hand, for tests of what comes after issuing."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import UTC, date, datetime, time
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy.orm import Session

from courses.schemes import SERIES, SchemeKind
from lti_tool.certification.codes import new_code
from lti_tool.certification.facts import (
    ElementFact,
    Facts,
    Issuer,
    Signer,
    UnitFact,
    digest_of,
)
from lti_tool.certification.models import Case, CaseState, Holder, HolderPerson
from lti_tool.certification.register_models import Certificate, CertificateState
from lti_tool.certification.searching import folded
from tests.cast import NOON

_numbers = itertools.count(1)
UNITS = (
    UnitFact(
        "U1",
        "Europe",
        (
            ElementFact("U1.E1", "Capitals of the west", True, "5/2", 3),
            ElementFact("U1.E2", "Capitals of the east", True, "3", 3),
        ),
    ),
)


def shelve_holder(
    session: Session, *person_ids: UUID, name: str = "Žofie Šťastná-Łukasz", now: datetime = NOON
) -> UUID:
    """Write a holder, behind these persons of platforms."""
    holder = Holder(id=uuid4(), name=name, name_search=folded(name), created_at=now)
    session.add(holder)
    session.flush()
    for person_id in person_ids:
        session.add(
            HolderPerson(
                person_id=person_id, holder_id=holder.id, linked_by="worker", linked_at=now
            )
        )
    session.flush()
    return holder.id


def shelve_case(session: Session, holder_id: UUID, *, now: datetime = NOON, **changed: Any) -> Case:
    """Write a case on its way."""
    case = Case(
        **{
            "id": uuid4(),
            "holder_id": holder_id,
            "scheme_id": "capitals-exam",
            "scheme_fingerprint": "f" * 64,
            "sitting": f"first-{next(_numbers)}",
            "route": "exam",
            "state": CaseState.DRAFT,
            "approvers": 0,
            "entered_at": now,
            "entered_by": "worker",
            **changed,
        }
    )
    session.add(case)
    session.flush()
    return case


def make_facts(certificate_id: UUID, **changed: Any) -> Facts:
    """Make what a certificate of an exam says."""
    kind = changed.get("kind", SchemeKind.EXAM)
    number = f"ASA-{SERIES[kind]}-2026-{next(_numbers):06}"
    code = new_code()
    facts = Facts(
        certificate_id=certificate_id,
        kind=kind,
        language="en",
        number=number,
        code=code,
        verify_url=f"https://tool.example.org/verify/{code}",
        holder_name="Žofie Šťastná-Łukasz",
        title="Capitals of the world",
        scheme_id="capitals-exam",
        scheme_version="1.0",
        scheme_fingerprint="f" * 64,
        card_id="capitals",
        card_version="1.0",
        card_title="Capitals",
        card_fingerprint="c" * 64,
        issuer=Issuer(
            "Demonstration body", "BE", signers=(Signer("N. N.", "Head of certification"),)
        ),
        route="exam",
        units=UNITS,
        pass_share="2/3",
        examined_on=date(2026, 10, 30),
        issued_on=date(2026, 11, 2),
        valid_from=date(2026, 11, 2),
        valid_until=date(2029, 11, 1),
        status_list=1,
        status_index=next(_numbers),
        credential_id=uuid4(),
        subject_id=uuid4(),
    )
    return replace(facts, **changed)


def shelve(
    session: Session,
    holder_id: UUID,
    *,
    columns: dict[str, Any] | None = None,
    **changed: Any,
) -> Certificate:
    """Write an issued certificate.

    Args:
        session: open.
        holder_id: whose.
        columns: of the row, other than usual.
        changed: of the facts, other than usual.
    """
    facts = make_facts(uuid4(), **changed)
    issued_at = datetime.combine(facts.issued_on, time(12), UTC)
    case = shelve_case(
        session,
        holder_id,
        state=CaseState.NUMBERED,
        scheme_id=facts.scheme_id,
        name=facts.holder_name,
        name_confirmed_at=issued_at,
    )
    badge = f'{{"name": "{facts.title}"}}'
    series, year, serial = facts.number.rsplit("-", 2)
    certificate = Certificate(
        **{
            "id": facts.certificate_id,
            "case_id": case.id,
            "holder_id": holder_id,
            "scheme_id": facts.scheme_id,
            "kind": facts.kind.value,
            "series": series,
            "year": int(year),
            "serial": int(serial),
            "number": facts.number,
            "code": facts.code,
            "state": CertificateState.ISSUED,
            "facts": facts.to_json(),
            "facts_hash": digest_of(facts.to_json()),
            "name_search": folded(facts.holder_name),
            "title": facts.title,
            "issued_on": facts.issued_on,
            "valid_from": facts.valid_from,
            "valid_until": facts.valid_until,
            "status_list": facts.status_list,
            "status_index": facts.status_index,
            "numbered_at": issued_at,
            "issued_at": issued_at,
            "pdf_path": f"certificates/{facts.certificate_id}.pdf",
            "pdf_sha256": sha256(facts.number.encode()).hexdigest(),
            "badge": badge,
            "badge_sha256": sha256(badge.encode() + facts.number.encode()).hexdigest(),
            "badge_jwt": "e30.e30.c2ln",
            **(columns or {}),
        }
    )
    session.add(certificate)
    session.flush()
    return certificate
