"""The files of a certificate, byte for byte as they were made, and what they are called."""

from __future__ import annotations

import logging

from lti_tool.certification import baking
from lti_tool.certification.facts import frozen_facts
from lti_tool.certification.register_models import Certificate
from lti_tool.errors import NotFoundError
from lti_tool.files import Files
from lti_tool.i18n import gettext as _

log = logging.getLogger(__name__)

MEDIA = {
    "certificate.pdf": "application/pdf",
    "credential.json": "application/json",
    "credential.jwt": "application/jwt",
    "badge.png": "image/png",
}
"""What can be downloaded, with its media type."""


def content_of(row: Certificate, name: str, files: Files) -> bytes:
    """Give one file's bytes.

    Raises:
        NotFoundError: there is none of that name, or it is not made yet, or was erased.
    """
    if row.issued_at is None or row.erased_at is not None or name not in MEDIA:
        raise NotFoundError(f"file {name!r} of certificate {row.id}")
    if name == "certificate.pdf":
        return _document(row, files)
    if name == "credential.json":
        return row.badge.encode()
    if name == "credential.jwt":
        return row.badge_jwt.encode()
    return baking.bake_badge(frozen_facts(row.facts, row.facts_hash), row.badge.encode())


def _document(row: Certificate, files: Files) -> bytes:
    try:
        return files.read(row.pdf_path)
    except FileNotFoundError as error:
        log.error("document is missing", extra={"certificate": str(row.id), "path": row.pdf_path})
        words = _(
            "The file is missing in our storage, which should not be. The certificate holds "
            "nevertheless. Tell the certification office; they can put it back."
        )
        raise NotFoundError(f"document of certificate {row.id}", words=words) from error


def known_as(row: Certificate, name: str) -> str:
    """Give what a file is called once it is downloaded: ``ASA-EX-2026-000123.pdf``."""
    stem, _dot, ending = name.rpartition(".")
    return f"{row.number}.{ending}" if stem == "certificate" else f"{row.number}-{stem}.{ending}"
