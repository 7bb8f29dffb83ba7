"""Somebody shows a file: what a real seal and a real signature say of it, through the page."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from lti_tool.certification.baking import bake_badge
from lti_tool.certification.facts import Facts
from lti_tool.certification.register_models import Certificate, KeyRecord
from lti_tool.certification.sealing import SealKey, seal
from lti_tool.db import Database
from lti_tool.settings import Settings
from tests.cast import NOON
from tests.lti_tool.certification.office import (
    approved,
    files_in,
    issue_all,
    open_office,
    trial_settings,
)


@dataclass
class Issued:
    """A certificate with its files as they were handed out."""

    row: Certificate
    pdf: bytes
    badge: bytes

    @property
    def facts(self) -> Facts:
        return Facts.from_json(self.row.facts)


@pytest.fixture
def issued(database: Database, tmp_path: Path) -> Issued:
    """Give a certificate that the worker has issued."""
    open_office(database)
    with database.begin() as session:
        approved(session)
    issue_all(database, tmp_path)
    with database.read() as session:
        row = session.scalars(select(Certificate)).one()
    (pdf,) = (path for path in files_in(tmp_path / "files") if path.suffix == ".pdf")
    return Issued(row, pdf.read_bytes(), row.badge.encode())


@pytest.fixture
def settings(settings: Settings, tmp_path: Path) -> Settings:
    """Give settings with the folder of files."""
    return replace(settings, files_url=str(tmp_path / "files"))


@pytest.fixture
def says(client: FlaskClient) -> Callable[[bytes, str], str]:
    """Give what the page says of a file that is sent."""

    def send(content: bytes, name: str) -> str:
        page = client.get("/verify/file").get_data(as_text=True)
        token = re.search(r'name="csrf_token" value="([^"]+)"', page)
        assert token
        form = {"csrf_token": token[1], "file": (io.BytesIO(content), name)}
        return client.post("/verify/file", data=form).get_data(as_text=True)

    return send


Says = Callable[[bytes, str], str]


def test_the_files_that_were_issued_are_known_to_the_last_bit(issued: Issued, says: Says) -> None:
    for content, name in ((issued.pdf, "c.pdf"), (issued.badge, "c.json")):
        page = says(content, name)

        assert "exactly the one that was issued" in page
        assert issued.row.number in page
        assert issued.facts.holder_name in page


def test_a_badge_inside_a_picture_is_proven_by_its_signature(issued: Issued, says: Says) -> None:
    page = says(bake_badge(issued.facts, issued.badge), "badge.png")

    assert "carries our signature and was not changed" in page
    assert issued.row.number in page


def test_a_badge_that_a_wallet_wrote_anew_is_proven_too(issued: Issued, says: Says) -> None:
    anew = json.dumps(json.loads(issued.badge), indent=2).encode()

    page = says(anew, "wallet.json")

    assert "carries our signature and was not changed" in page
    assert issued.facts.holder_name in page


def test_a_token_is_proven_too(issued: Issued, says: Says) -> None:
    page = says(issued.row.badge_jwt.encode(), "credential.jwt")

    assert "carries our signature and was not changed" in page


def test_a_flipped_bit_in_the_pdf_is_seen(issued: Issued, says: Says) -> None:
    changed = bytearray(issued.pdf)
    changed[len(changed) // 3] ^= 1

    page = says(bytes(changed), "c.pdf")

    assert "Not valid: the file was changed" in page
    assert issued.facts.holder_name not in page


def test_another_name_in_the_badge_is_seen(issued: Issued, says: Says) -> None:
    changed = issued.badge.replace(issued.facts.holder_name.encode(), b"Mallory")
    assert changed != issued.badge

    page = says(changed, "c.json")

    assert "Not valid: the file was changed" in page
    assert "Mallory" not in page


def test_our_seal_on_a_file_that_the_register_does_not_hold_says_so(
    issued: Issued, says: Says, database: Database, tmp_path: Path
) -> None:
    with database.begin() as session:
        session.execute(update(Certificate).values(pdf_sha256="0" * 64))

    page = says(issued.pdf, "c.pdf")

    assert "Sealed by us, but not in the register" in page


def test_the_seal_of_a_key_that_was_compromised_is_not_ours(
    issued: Issued, says: Says, database: Database
) -> None:
    with database.begin() as session:
        session.execute(update(Certificate).values(pdf_sha256="0" * 64))
        session.execute(update(KeyRecord).values(compromised_at=NOON))

    page = says(issued.pdf, "c.pdf")

    assert "Could not be checked" in page


def test_somebody_elses_seal_is_not_ours(
    issued: Issued, says: Says, database: Database, tmp_path: Path
) -> None:
    other = SealKey.load(trial_settings(database, tmp_path / "other"), now=NOON)
    unsealed = issued.pdf[: issued.pdf.index(b"%%EOF") + 6]

    page = says(seal(unsealed, other), "c.pdf")

    assert "no seal or signature of ours" in page


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"%PDF-1.7\n%%EOF\n", "empty.pdf"),
        (b"{}", "empty.json"),
        (b"\x89PNG\r\n\x1a\n", "empty.png"),
        (b"hello", "hello.txt"),
        (b'{"a":' * 5000, "deep.json"),
    ],
)
def test_a_file_of_anybody_else_is_recognised_as_such(
    app: Flask, says: Says, content: bytes, name: str
) -> None:
    page = says(content, name)

    assert "no seal or signature of ours" in page


def test_a_revoked_certificate_is_not_valid_whatever_its_file(
    issued: Issued, says: Says, database: Database
) -> None:
    with database.begin() as session:
        session.execute(update(Certificate).values(state="withdrawn", ended_at=NOON))

    page = says(issued.pdf, "c.pdf")

    assert "Withdrawn by its holder" in page
    assert "verify-not-valid" in page
