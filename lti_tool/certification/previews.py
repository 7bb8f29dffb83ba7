"""What a case would print if it were numbered now, to be looked at before it is approved."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

from courses.schemes import CertificateScheme
from courses.skills import framework
from lti_tool.certification.facts import Facts, Issuer
from lti_tool.certification.freezing import Place, corrected, facts_of
from lti_tool.certification.models import Case
from lti_tool.certification.printed import page_of
from lti_tool.certification.register import candidate_of
from lti_tool.certification.register_models import Certificate

NOBODY = UUID(int=0)
ANY_ISSUER = Issuer("", "EU")
"""In place of the one that issues: what issuers print is looked at when their file is read."""


def texts_of_correction(case: Case, before: Certificate, *, on: date) -> list[str]:
    """Give all that a correction would print but the name: what it corrects printed it, too."""
    told = Facts.from_json(before.facts)
    return _printed(corrected(_place(on), told, name="", language=case.language))


def texts_of(case: Case, scheme: CertificateScheme, *, on: date) -> list[str]:
    """Give all that a case would print, but the name of its candidate.

    Args:
        case: as it is.
        scheme: that it is about.
        on: the day.
    """
    nameless = replace(candidate_of(case), name="")
    return _printed(facts_of(_place(on), nameless, scheme, ANY_ISSUER, framework()))


def _place(on: date) -> Place:
    return Place(
        certificate_id=NOBODY,
        number="",
        code="",
        verify_url="",
        issued_on=on,
        time_zone="UTC",
        status_list=1,
        status_index=0,
        credential_id=NOBODY,
        subject_id=NOBODY,
        is_test=False,
    )


def _printed(facts: Facts) -> list[str]:
    return list(_texts(page_of(facts)))


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _texts(each)
