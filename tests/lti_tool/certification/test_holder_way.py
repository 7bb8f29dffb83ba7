"""The whole way of a holder: the course done, the name confirmed, the letter, the sealed file."""

from __future__ import annotations

import email
import hashlib
import json
import re
from dataclasses import replace
from email.policy import default
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from lti_tool.certificate_jobs import make_certificate_jobs
from lti_tool.certification import contact, holdings
from lti_tool.certification.baking import unbake
from lti_tool.certification.models import Holder
from lti_tool.certification.register_models import Certificate
from lti_tool.db import Database, utcnow
from lti_tool.lti.models import Person
from lti_tool.settings import Settings
from lti_tool.vault import Vault
from tests.cast import set_stage
from tests.lti_tool.certification.learning import School
from tests.lti_tool.player.window import Browser

MINE = "/certificates"
NAME = "Žofie Šťastná-Łukasz"


@pytest.fixture
def settings(settings: Settings, tmp_path: Path) -> Settings:
    """Give settings of a trial: development keys, mail into a folder."""
    return replace(
        settings,
        files_url=str(tmp_path / "files"),
        keys_dir=tmp_path / "keys",
        development_keys=True,
        mail_url=f"file:{tmp_path}/post",
        mail_from="certificates@tool.example.org",
    )


def work(database: Database, settings: Settings) -> None:
    """Have the worker go round until nothing is left."""
    jobs = make_certificate_jobs(settings, database, Vault(settings.secret_key))
    while sum(job.run(utcnow()) for job in jobs):
        pass


def test_a_course_that_is_done_ends_in_a_file_that_the_register_knows(
    *, app: Flask, client: FlaskClient, database: Database, settings: Settings, tmp_path: Path
) -> None:
    school = School(set_stage(database))
    with database.begin() as session:
        session.get_one(Person, school.stage.people["Alice"]).name = NAME
    school.reads_all()
    school.sits()
    work(database, settings)
    alice = Browser(client, school.stage.visit("Alice", now=utcnow()))

    waiting = alice.text(MINE)
    confirmed = []
    for path in re.findall(rf'href="[^"]*({MINE}/name/[\w-]+)"', waiting):
        alice.text(path)
        confirmed.append(alice.post(path, name=NAME, language="en", do="confirm").status_code)
    with database.begin() as session:
        holder_id = holdings.find_holder(session, school.stage.people["Alice"])
        assert holder_id is not None
        holder = session.get_one(Holder, holder_id)
        holder.email, holder.email_confirmed_at = "alice@example.org", utcnow()
        holder.email_search = contact.search_key(holder.email, Vault(settings.secret_key))[0]
    work(database, settings)

    (letter_path,) = (tmp_path / "post").glob("*.eml")
    letter = email.message_from_bytes(letter_path.read_bytes(), policy=default)
    (link,) = re.findall(
        r"https://tool\.example\.org(/certificates/mine/[\w-]{43})",
        letter.get_body(("plain",)).get_content(),
    )
    with database.read() as session:
        row = session.scalars(
            select(Certificate).where(Certificate.scheme_id == "capitals-attendance")
        ).one()
    pdf = client.get(f"{link}/{row.id}/certificate.pdf").data
    badge = client.get(f"{link}/{row.id}/badge.png").data
    credential = client.get(f"{link}/{row.id}/credential.json").data
    assert "2 steps wait for you" in waiting
    assert confirmed == [303, 303]
    assert "An officer looks at it" in alice.text(MINE)
    assert letter["Subject"] == "Your certificate is ready"
    assert row.number in client.get(link).get_data(as_text=True)
    assert hashlib.sha256(pdf).hexdigest() == row.pdf_sha256
    assert hashlib.sha256(credential).hexdigest() == row.badge_sha256
    assert unbake(badge) == credential
    assert NAME in json.dumps(json.loads(credential), ensure_ascii=False)
