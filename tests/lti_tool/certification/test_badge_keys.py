"""Keys that sign badges: made, rotated with an overlap, retired, compromised; never in the web."""

from __future__ import annotations

import os
import stat
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

import lti_tool.app as tool_app
from lti_tool.audit import AuditLine, find_break
from lti_tool.certification import badge_keys, key_acts
from lti_tool.certification.badge_keys import BadgeKeys, BadgePurpose, MissingKeyError
from lti_tool.certification.credential_checks import CredentialFinding, check_credential
from lti_tool.certification.did import document_of
from lti_tool.certification.humans import WORKER
from lti_tool.certification.register_models import KeyRecord, StatusList
from lti_tool.db import Database
from lti_tool.errors import ConflictingError, NotFoundError
from lti_tool.settings import Settings
from tests.cast import NOON
from tests.lti_tool.certification.badges import Body

TOMORROW = NOON + timedelta(days=1)


@pytest.fixture
def body(settings: Settings, database: Database, tmp_path: Path) -> Body:
    """Give a body that issues."""
    own = replace(settings, keys_dir=tmp_path / "keys", development_keys=True)
    return Body(own, database, NOON)


def acts(database: Database) -> list[str]:
    """Give what stands in the log of acts."""
    with database.read() as session:
        assert find_break(session) is None
        return list(session.scalars(select(AuditLine.act).order_by(AuditLine.number)))


def make_next(body: Body, *, is_test: bool = True) -> dict[BadgePurpose, str]:
    """Make the keys that sign from tomorrow on."""
    with body.database.begin() as session:
        return {
            purpose: badge_keys.make(
                session,
                body.settings.keys_dir,
                purpose,
                signs_from=TOMORROW,
                is_test=is_test,
                now=NOON,
            ).kid
            for purpose in BadgePurpose
        }


def test_development_keys_are_made_once_for_their_owner_alone(body: Body) -> None:
    first, second = body.keys(), body.keys()

    files = sorted(body.settings.keys_dir.iterdir())
    assert (first.kid, first.rsa_kid) == (second.kid, second.rsa_kid)
    assert first.is_test
    assert [each.name for each in files] == [
        f"badge-ed25519-{first.kid}.pem",
        f"badge-rsa-{first.rsa_kid}.pem",
    ]
    assert {stat.S_IMODE(each.stat().st_mode) for each in files} == {0o600}
    assert stat.S_IMODE(body.settings.keys_dir.stat().st_mode) == 0o700
    assert acts(body.database) == ["key.made", "key.made"]


def test_no_private_part_lies_in_the_database(body: Body) -> None:
    body.keys()

    with body.database.read() as session:
        told = str([each.public for each in badge_keys.list_records(session)])
    assert "PRIVATE" not in told
    assert not {'"d"', "'d'", "'p'", "'q'"} & set(told.replace(":", " ").split())


def test_without_development_keys_nothing_is_made_and_the_error_names_the_command(
    body: Body,
) -> None:
    body.keys()
    real = replace(body.settings, development_keys=False)

    with pytest.raises(MissingKeyError) as caught:
        BadgeKeys.load(real, body.database.begin, NOON)

    assert "lti-tool keys make badge" in str(caught.value.words)


def test_a_real_key_whose_file_is_gone_is_never_replaced_in_silence(body: Body) -> None:
    real = replace(body, settings=replace(body.settings, development_keys=False))
    with body.database.begin() as session:
        kids = [
            badge_keys.make(session, body.settings.keys_dir, each, signs_from=NOON, now=NOON).kid
            for each in BadgePurpose
        ]
    assert not real.keys().is_test
    path = badge_keys.file_of(body.settings.keys_dir, BadgePurpose.ED25519, kids[0])
    path.unlink()

    for one in (real, body):
        with pytest.raises(MissingKeyError) as caught:
            one.keys()
        assert path.name in str(caught.value.words)


def test_a_lost_development_key_is_made_anew(body: Body) -> None:
    first = body.keys()
    for path in body.settings.keys_dir.iterdir():
        path.unlink()

    second = body.keys()

    assert {second.kid, second.rsa_kid}.isdisjoint({first.kid, first.rsa_kid})


def test_the_next_key_is_published_at_once_and_signs_from_its_day_on(body: Body) -> None:
    before = body.keys()
    made = make_next(body)

    with body.database.read() as session:
        published = {each.kid for each in badge_keys.published(session)}
    assert {before.kid, before.rsa_kid, *made.values()} == published
    assert body.keys().kid == before.kid
    assert body.later(hours=23, minutes=59).keys().kid == before.kid
    assert body.later(days=1).keys().kid == made[BadgePurpose.ED25519]


def test_a_retired_key_stays_published_and_what_it_signed_stays_good(body: Body) -> None:
    _facts, badge, _jwt = body.issue()
    old = body.keys().kid
    make_next(body)
    after = body.later(days=2)

    with body.database.begin() as session:
        key_acts.retire(session, old, hand=WORKER, now=after.now)
        records = badge_keys.published(session)
        told = document_of(body.url, records)

    assert f"did:web:tool.example.org#{old}" in told["assertionMethod"]
    assert check_credential(badge, records, body.url).finding is CredentialFinding.GENUINE
    assert after.keys().kid != old


def test_the_only_key_is_not_retired(body: Body) -> None:
    kid = body.keys().kid

    with body.database.begin() as session, pytest.raises(ConflictingError) as caught:
        key_acts.retire(session, kid, hand=WORKER, now=NOON)

    assert "lti-tool keys make" in str(caught.value.words)
    assert body.keys().kid == kid


def test_a_compromised_key_is_published_no_more_and_names_what_to_reissue(body: Body) -> None:
    signed = sorted(body.issue()[0].number for _ in range(2))
    old = body.keys()
    body.sign_lists()

    with body.database.begin() as session:
        by_inner = key_acts.compromise(session, old.kid, body.url, hand=WORKER, now=NOON)
        by_outer = key_acts.compromise(session, old.rsa_kid, body.url, hand=WORKER, now=NOON)
        told = document_of(body.url, badge_keys.published(session))
        lists = [each.signed_at for each in session.scalars(select(StatusList))]
    newer = body.keys()

    assert by_inner == by_outer == signed
    assert told["verificationMethod"] == told["assertionMethod"] == []
    assert lists == [None, None]
    assert {newer.kid, newer.rsa_kid}.isdisjoint({old.kid, old.rsa_kid})
    assert acts(body.database)[-4:] == [*["key.compromised"] * 2, *["key.made"] * 2]


def test_acts_on_unknown_keys_say_where_all_are_listed(database: Database) -> None:
    with database.begin() as session:
        for act in (
            lambda: key_acts.retire(session, "2020-none", hand=WORKER, now=NOON),
            lambda: key_acts.compromise(session, "2020-none", "x", hand=WORKER, now=NOON),
        ):
            with pytest.raises(NotFoundError, match="2020-none"):
                act()


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads every folder")
def test_the_web_serves_everything_while_the_keys_cannot_be_read(body: Body) -> None:
    _facts, _badge, _jwt = body.issue()
    body.settings.keys_dir.chmod(0)
    try:
        assert answers(body) == [200] * 5
    finally:
        body.settings.keys_dir.chmod(0o700)


def test_the_web_serves_everything_without_a_folder_of_keys(body: Body, tmp_path: Path) -> None:
    body.issue()
    body.sign_lists()
    elsewhere = replace(body, settings=replace(body.settings, keys_dir=tmp_path / "nowhere"))

    assert answers(elsewhere) == [200] * 5
    assert not (tmp_path / "nowhere").exists()


def answers(body: Body) -> list[int]:
    """Give how the web process answers what is asked of an issuer."""
    app = tool_app.create_app(body.settings)
    client = app.test_client()
    with body.database.read() as session:
        kid = session.scalars(select(KeyRecord.kid)).first()
    paths = (
        "/.well-known/did.json",
        "/status/1/revocation",
        f"/keys/{kid}",
        "/achievements/capitals-exam/1.0-ffffffff",
        "/badge-image/capitals-exam.png",
    )
    found = [client.get(path).status_code for path in paths]
    app.extensions["lti_tool.db"].dispose()
    return found
