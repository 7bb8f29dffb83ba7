"""Who issues a scheme's certificates and who answers for them, read from a file.

    issuers:
      - id: alliance
        name: Example Alliance
        country: BE
        url: https://alliance.example
        email: certificates@alliance.example
        identifier: VATBE-0123456789
        logos: [alliance.svg]
        signers:
          - {name: Jana Nováková, role: Head of certification}
    default: alliance
    schemes:
      cybersecurity-engineer: alliance

Logos lie beside the file. A certificate names them by the hash of their bytes, which are kept in
the tool's files, so that it reads the same whatever becomes of the file.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from courses.faults import CourseFaultsError, Fault, did_you_mean
from courses.scheme_reading import Schemes
from courses.schemes import CertificateScheme
from courses.source import Section, Source
from lti_tool.certification.facts import Issuer, Signer
from lti_tool.certification.glyphs import missing_glyphs
from lti_tool.errors import ConflictingError
from lti_tool.files import Files
from lti_tool.i18n import gettext as _

LOGO_LIMIT = 1024 * 1024
LOGO_STARTS = (b"<svg", b"<?xml")
"""How an SVG begins, the one kind of picture that a certificate carries: sharp at any size."""


class NoIssuerError(ConflictingError):
    """Nobody issues the certificates of a scheme."""


@dataclass(frozen=True, slots=True)
class Issuers:
    """Issuers by scheme."""

    by_scheme: Mapping[str, Issuer]
    default: Issuer | None
    """Of all other schemes; None: they have none."""
    logos: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    """Bytes of each logo, by their SHA-256."""
    fault: str = ""
    """Why the file could not be read, in words for officers; there are no issuers then."""

    def of(self, scheme_id: str) -> Issuer:
        """Give the issuer of a scheme.

        Raises:
            NoIssuerError: there is none.
        """
        found = self.by_scheme.get(scheme_id, self.default)
        if found is None:
            words = self.fault or _(
                "Nobody issues certificates of this scheme. Ask whoever runs the tool to name an "
                "issuer for it in the file that LTI_TOOL_ISSUERS_FILE gives."
            )
            raise NoIssuerError(f"no issuer of {scheme_id!r}", words=words)
        return found

    def lacking(self, schemes: Schemes) -> tuple[CertificateScheme, ...]:
        """Give the schemes whose certificates nobody issues."""
        if self.default is not None:
            return ()
        return tuple(each for each in schemes.all() if each.id not in self.by_scheme)

    def keep_logos(self, files: Files) -> None:
        """Put the logos into the tool's files, where the typesetter finds them by hash."""
        for digest, content in self.logos.items():
            files.write(logo_path(digest), content)


def logo_path(digest: str) -> str:
    """Give where a logo lies in the tool's files."""
    return f"logos/{digest}"


def read_issuers(path: Path) -> Issuers:
    """Read the file of issuers.

    Raises:
        CourseFaultsError: something in it is wrong; every fault names its line.
    """
    faults: list[Fault] = []
    section = Source(path, faults).read_section()
    logos: dict[str, bytes] = {}
    by_id: dict[str, Issuer] = {}
    made = Issuers({}, None)
    if section:
        for each in section.sections("issuers"):
            by_id[each.id()] = _issuer(each, path.parent, logos)
            each.finish()
        made = _by_scheme(section, by_id, logos)
        section.finish()
    if faults:
        raise CourseFaultsError(faults)
    return made


def look_at_issuers(path: Path) -> Issuers:
    """Read the file of issuers for a page: what is wrong in it is told by its first fault."""
    try:
        return read_issuers(path)
    except CourseFaultsError as error:
        first = error.faults[0]
        words = _("Nobody issues certificates, since %(file)s has a fault in line %(line)s: "
                  "%(fault)s. Tell whoever runs the tool.")  # fmt: skip
        told = {"file": path.name, "line": first.line, "fault": first.message}
        return Issuers({}, None, fault=words % told)


def _by_scheme(section: Section, by_id: Mapping[str, Issuer], logos: dict[str, bytes]) -> Issuers:
    def known(issuer_id: str, key: str) -> Issuer | None:
        if issuer_id not in by_id:
            hint = did_you_mean(issuer_id, by_id)
            section.fault(f"issuer {issuer_id!r} does not stand above", hint, key=key)
        return by_id.get(issuer_id)

    named = section.text("default", default="")
    default = known(named, "default") if named else None
    given = {scheme: known(issuer, "schemes") for scheme, issuer in section.pairs("schemes")}
    return Issuers({key: value for key, value in given.items() if value}, default, logos)


def _issuer(section: Section, folder: Path, logos: dict[str, bytes]) -> Issuer:
    country = section.text("country")
    if country and not re.fullmatch(r"[A-Z]{2}", country):
        hint = "Two capital letters of ISO 3166-1, such as BE."
        section.fault(f"country {country!r} is no country", hint, key="country")
    return Issuer(
        name=_printed(section, "name"),
        country=country,
        url=_link(section),
        email=section.text("email", default="", length=320),
        identifier=_printed(section, "identifier", default="", length=80),
        logos=tuple(_logos(section, folder, logos)),
        signers=tuple(_signer(each) for each in section.sections("signers", needed=False)),
    )


def _printed(section: Section, key: str, *, default: str | None = None, length: int = 200) -> str:
    """Read a text that certificates print."""
    text = section.text(key, default=default, length=length)
    missing = missing_glyphs(" ".join(text.split()))
    if missing:
        hint = "Certificates have Latin, Greek and Cyrillic letters; write it in one of these."
        section.fault(f"{key} cannot be printed: {' '.join(missing)}", hint, key=key)
    return text


def _link(section: Section) -> str:
    url = _printed(section, "url", default="", length=500)
    if url and not url.startswith("https://"):
        section.fault("url must begin with https://", key="url")
    return url


def _signer(section: Section) -> Signer:
    signer = Signer(_printed(section, "name"), _printed(section, "role"))
    section.finish()
    return signer


def _logos(section: Section, folder: Path, logos: dict[str, bytes]) -> Iterator[str]:
    for name, line in section.texts("logos"):
        path = folder / name
        try:
            content = path.read_bytes()
        except OSError:
            section.fault(f"{name!r} is missing", "It lies beside this file.", line=line)
            continue
        if len(content) > LOGO_LIMIT or not content.startswith(LOGO_STARTS):
            section.fault(f"{name!r} is no SVG of at most 1 MB", line=line)
            continue
        digest = hashlib.sha256(content).hexdigest()
        logos[digest] = content
        yield digest
