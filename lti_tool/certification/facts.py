"""What a certificate says, frozen when it is numbered: what is printed and signed comes from it."""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import date
from fractions import Fraction
from typing import Any
from uuid import UUID

from courses.schemes import SchemeKind
from lti_tool.errors import ConflictingError
from lti_tool.i18n import gettext as _

FACTS_VERSION = 1
KEPT = 512
"""Facts that a process keeps read; about 20 kB each."""


class ChangedFactsError(ConflictingError):
    """Facts are not those that were frozen: somebody changed the register by hand."""


@dataclass(frozen=True, slots=True)
class Signer:
    """Who answers for it, by name and role, as printed."""

    name: str
    role: str


@dataclass(frozen=True, slots=True)
class Issuer:
    """The body that issues."""

    name: str
    country: str
    """ISO 3166-1 alpha-2."""
    url: str = ""
    email: str = ""
    identifier: str = ""
    """Legal identifier, such as ``VATAT-U12345678``; empty: none."""
    logos: tuple[str, ...] = ()
    """SHA-256 of each logo's bytes, in hex; the bytes lie in the tool's files."""
    signers: tuple[Signer, ...] = ()


@dataclass(frozen=True, slots=True)
class ElementFact:
    """How one element came out."""

    code: str
    title: str
    passed: bool
    points: str = ""
    """Exact, such as ``5/2``; empty where there are none (attendance, assessment)."""
    asked: int | None = None
    rating: str = ""
    """An assessor's word; empty in an exam."""
    passed_on: date | None = None

    @property
    def percent(self) -> int | None:
        """Give the whole percent, rounded down, so that none looks better than it was."""
        if not self.points or not self.asked:
            return None
        return int(Fraction(self.points) * 100 / self.asked)


@dataclass(frozen=True, slots=True)
class UnitFact:
    """A unit with its elements."""

    code: str
    title: str
    elements: tuple[ElementFact, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """All that a certificate says."""

    certificate_id: UUID
    kind: SchemeKind
    language: str
    number: str
    """In the register, such as ``ASA-EX-2026-000123``."""
    code: str
    """Thirteen characters of Crockford's alphabet, the last one a check; no hyphens."""
    verify_url: str
    """Address of the page that checks it: ``<public address>/verify/<code>``."""
    holder_name: str
    holder_is_organisation: bool = False
    title: str
    scheme_id: str
    scheme_version: str
    scheme_fingerprint: str
    card_id: str = ""
    card_version: str = ""
    card_title: str = ""
    card_fingerprint: str = ""
    esco: tuple[tuple[str, str], ...] = ()
    """Pairs of title and ESCO address that it aligns with."""
    issuer: Issuer
    exam_body: str = ""
    training_body: str = ""
    trainer: str = ""
    route: str = ""
    """``courses.schemes.Route`` by value."""
    taken_over_from: str = ""
    """Register and number of an earlier record; empty: none."""
    units: tuple[UnitFact, ...] = ()
    pass_share: str = ""
    """Such as ``2/3``; empty where nothing is passed."""
    outcomes: tuple[str, ...] = ()
    workload_hours: str = ""
    ects: str = ""
    level: str = ""
    assessment: str = ""
    participation: str = ""
    supervision: str = ""
    quality: str = ""
    declared: tuple[tuple[str, str], ...] = ()
    """What the scheme's file says by the names of the four above, whatever this proof was like."""
    prerequisites: str = ""
    notices: tuple[str, ...] = ()
    examined_on: date | None = None
    """Day of the exam, of the end of the course, or of the assessment."""
    issued_on: date
    valid_from: date
    valid_until: date | None = None
    """The last day on which it holds; None: no end."""
    time_zone: str = "UTC"
    """IANA name of the time zone of its days."""
    supersedes: str = ""
    """Number of the certificate that it corrects."""
    renews: str = ""
    """Number of the certificate that it renews."""
    status_list: int
    status_index: int
    credential_id: UUID
    """Random; the credential is ``urn:uuid:<this>``, never the key of a row."""
    subject_id: UUID
    """Random, another one in each certificate, so that badges cannot be joined up."""
    is_test: bool = False
    """Whether TEST stands across it: signed by a development key."""
    version: int = FACTS_VERSION

    def to_json(self) -> dict[str, Any]:
        """Write it as plain JSON values."""
        made: dict[str, Any] = json.loads(json.dumps(asdict(self), default=_plain))
        return made

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Facts:
        """Read what :meth:`to_json` wrote.

        Raises:
            ValueError: it was written by a later version.
        """
        if document["version"] > FACTS_VERSION:
            raise ValueError(f"facts of version {document['version']}")
        values = {name: value for name, value in document.items() if name in _names()}
        values.update(
            certificate_id=UUID(document["certificate_id"]),
            credential_id=UUID(document["credential_id"]),
            subject_id=UUID(document["subject_id"]),
            kind=SchemeKind(document["kind"]),
            issuer=_issuer(document["issuer"]),
            units=tuple(unit_from_json(each) for each in document["units"]),
            declared=tuple((name, text) for name, text in document.get("declared", ())),
            esco=tuple((title, address) for title, address in document["esco"]),
            outcomes=tuple(document["outcomes"]),
            notices=tuple(document["notices"]),
        )
        for name in ("examined_on", "issued_on", "valid_from", "valid_until"):
            values[name] = _day(document[name])
        return cls(**values)


def canonical(document: Mapping[str, Any]) -> bytes:
    """Write JSON in the one form that is hashed: sorted keys, no spaces, UTF-8."""
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def digest_of(document: Mapping[str, Any]) -> str:
    """Give the SHA-256 of a document's canonical JSON, in hex."""
    return hashlib.sha256(canonical(document)).hexdigest()


def is_as_frozen(document: Mapping[str, Any], facts_hash: str) -> bool:
    """Say whether facts are still those of which the hash was taken when they were frozen."""
    return digest_of(document) == facts_hash


@functools.lru_cache(maxsize=KEPT)
def read_frozen(text: str, facts_hash: str) -> Facts:
    """Read facts as the register keeps them, and see that nobody changed them.

    What was read once is kept: it is found again by its whole text only, so that what was changed
    or erased is never shown.

    Args:
        text: JSON, as :meth:`Facts.to_json` gives it.
        facts_hash: taken when they were frozen.

    Raises:
        ChangedFactsError: they are others.
    """
    return frozen_facts(json.loads(text), facts_hash)


def frozen_facts(document: Mapping[str, Any], facts_hash: str) -> Facts:
    """Read facts, and see that nobody changed them since they were frozen.

    Raises:
        ChangedFactsError: they are others.
    """
    if not is_as_frozen(document, facts_hash):
        words = _("What this certificate says was changed in the database, around the register. "
                  "Nothing is made of it until the operator has looked into it.")  # fmt: skip
        raise ChangedFactsError(f"not the facts of {facts_hash}", words=words)
    return Facts.from_json(document)


def unit_from_json(document: Mapping[str, Any]) -> UnitFact:
    """Read a unit as :meth:`Facts.to_json` writes it."""
    elements = [
        ElementFact(
            each["code"],
            each["title"],
            each["passed"],
            each["points"],
            each["asked"],
            each["rating"],
            _day(each["passed_on"]),
        )
        for each in document["elements"]
    ]
    return UnitFact(document["code"], document["title"], tuple(elements))


@functools.cache
def _names() -> frozenset[str]:
    return frozenset(each.name for each in fields(Facts))


def _plain(value: object) -> str:
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(type(value).__name__)


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _issuer(document: Mapping[str, Any]) -> Issuer:
    signers = tuple(Signer(**each) for each in document["signers"])
    return Issuer(**{**document, "logos": tuple(document["logos"]), "signers": signers})
