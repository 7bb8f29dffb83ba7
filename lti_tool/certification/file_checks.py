"""A stranger checks a file: by its hash against the register, else by its seal or signature."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import select

from lti_tool.certification import seal_looks, verifying
from lti_tool.certification.register_models import KeyRecord
from lti_tool.certification.verifying import NOT_FOUND, Checked
from lti_tool.db import Begin

PDF = b"%PDF-"
SEAL = "pdf-seal"


class Finding(StrEnum):
    """What a file turned out to be."""

    ISSUED = "issued"
    """Bit for bit a file of the register."""
    PROVEN = "proven"
    """Another file, whose signature of ours covers it, and which the register knows."""
    SEALED = "sealed"
    """Sealed by us and unchanged, but the register holds no such file."""
    CHANGED = "changed"
    """Changed after it was sealed or signed by us."""
    FOREIGN = "foreign"
    """Nothing of ours."""
    UNKNOWN_HASH = "unknown-hash"
    """Only its hash was given, and the register does not know it."""


@dataclass(frozen=True, slots=True)
class FileReport:
    """What was found."""

    finding: Finding
    sha256: str
    checked: Checked


def check_file(
    read: Begin, content: bytes, sha256: str, *, base_url: str, zone: str, now: datetime
) -> FileReport:
    """Check a file.

    Args:
        read: opens what reads; a file is looked at between two, since that may take seconds.
        content: its bytes; empty: only the hash was given.
        sha256: of its bytes, in hex.
        base_url: public address of the tool.
        zone: IANA name of the time zone in which days count.
        now: the moment.
    """
    with read() as session:
        checked = verifying.check_digest(session, sha256, zone=zone, now=now)
        records = list(session.scalars(select(KeyRecord)))
    if checked.facts is not None:
        return FileReport(Finding.ISSUED, sha256, checked)
    if not content:
        return FileReport(Finding.UNKNOWN_HASH, sha256, checked)
    if PDF in content[:1024]:
        return FileReport(_seal_of(content, records), sha256, checked)
    return _check_badge(read, content, records, sha256, base_url=base_url, zone=zone, now=now)


def _seal_of(content: bytes, records: list[KeyRecord]) -> Finding:
    trusted = {
        each.kid: str(each.public["certificate_pem"])
        for each in records
        if each.purpose == SEAL and each.compromised_at is None
    }
    seen = seal_looks.look(content, trusted)
    if not seen.kid:
        return Finding.FOREIGN
    return Finding.SEALED if seen.is_intact else Finding.CHANGED


def _check_badge(
    read: Begin,
    content: bytes,
    records: list[KeyRecord],
    sha256: str,
    *,
    base_url: str,
    zone: str,
    now: datetime,
) -> FileReport:
    from lti_tool.certification import credential_checks  # noqa: PLC0415  # slow to load, rare

    report = credential_checks.check_credential(content, records, base_url)
    nothing = Checked(NOT_FOUND, "")
    if report.finding is credential_checks.CredentialFinding.CHANGED:
        return FileReport(Finding.CHANGED, sha256, nothing)
    if report.credential_id is None:
        return FileReport(Finding.FOREIGN, sha256, nothing)
    number = str(report.document["credentialSubject"].get("licenseNumber", ""))
    with read() as session:
        checked = verifying.check_number(session, number, zone=zone, now=now)
    if checked.facts is None or checked.facts.credential_id != report.credential_id:
        return FileReport(Finding.SEALED, sha256, nothing)
    return FileReport(Finding.PROVEN, sha256, checked)
