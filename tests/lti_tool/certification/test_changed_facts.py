"""What a certificate says is changed in the database, by hand: nothing vouches for it any more."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from lti_tool.certification import share_links
from lti_tool.certification.register_models import Certificate, CertificateState
from lti_tool.certification.share_links import Lasting, NewLink
from lti_tool.db import Database, utcnow
from lti_tool.settings import Settings
from lti_tool.vault import Vault
from tests.cast import NOON
from tests.lti_tool.certification.deskside import DESK, window, words
from tests.lti_tool.certification.office import (
    ATTENDANCE,
    Office,
    approved,
    open_office,
    trial_settings,
    workshop,
)
from tests.lti_tool.certification.shelves import shelve, shelve_holder

REGISTER = f"{DESK}/register"


@pytest.fixture
def settings(settings: Settings, tmp_path: Path) -> Settings:
    """Give settings with files of their own."""
    return replace(settings, files_url=str(tmp_path / "files"))


@pytest.fixture
def office(database: Database) -> Office:
    """Give an office with Olga and Oskar."""
    return open_office(database)


def put(database: Database) -> Certificate:
    with database.begin() as session:
        return shelve(session, shelve_holder(session))


def changes(database: Database, certificate: Certificate) -> None:
    """Have somebody write another name into the register."""
    with database.begin() as session:
        row = session.get_one(Certificate, certificate.id)
        row.facts = {**row.facts, "holder_name": "Mallory Marlowe"}


def test_a_shared_link_does_not_show_it(
    client: FlaskClient, database: Database, settings: Settings
) -> None:
    made = put(database)
    with database.begin() as session:
        wanted = NewLink(certificate_ids=[made.id], lasting=Lasting.MONTH, title="")
        vault = Vault(settings.secret_key)
        token = share_links.make(session, made.holder_id, wanted, vault, who="holder", now=utcnow())
    before = client.get(f"/s/{token}")
    changes(database, made)

    after = client.get(f"/s/{token}")

    assert before.status_code == 200
    assert after.status_code == 409
    assert "was changed in the database" in words(after.get_data(as_text=True))
    assert "Mallory" not in after.get_data(as_text=True)


def test_officers_are_told(app: Flask, database: Database, office: Office) -> None:
    made, olga = put(database), window(app, office, "Olga")
    before = olga.reads(f"{REGISTER}/{made.id}")
    changes(database, made)

    after = olga.reads(f"{REGISTER}/{made.id}")

    told = "changed in the database, around the register"
    assert told not in before
    assert told in after


def test_it_is_not_made(database: Database, tmp_path: Path) -> None:
    with database.begin() as session:
        approved(session, ATTENDANCE)
    shop = workshop(trial_settings(database, tmp_path), database)
    shop.number(NOON)
    with database.read() as session:
        numbered = session.scalars(select(Certificate)).one()
    changes(database, numbered)

    shop.issue(NOON)

    with database.read() as session:
        after = session.get_one(Certificate, numbered.id)
    assert after.state == CertificateState.NUMBERED
    assert "was changed in the database" in after.fault
