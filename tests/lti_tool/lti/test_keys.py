"""Our own keys: published as platforms want them, rotated with an overlap, sealed at rest."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from functools import cache
from itertools import count

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from flask.testing import FlaskClient
from sqlalchemy import select, text

from lti_tool.db import Database
from lti_tool.lti import keys
from lti_tool.lti.models import PlatformToken, ToolKey
from lti_tool.vault import Vault, VaultError
from tests.services_platform import NOON, SECRET, keep_tool_key
from tests.signing_platform import SigningPlatform, rsa_key

VAULT = Vault(SECRET)
DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)


_generate = rsa.generate_private_key


@cache
def made_before(number: int) -> rsa.RSAPrivateKey:
    return _generate(public_exponent=65537, key_size=2048)


@pytest.fixture(autouse=True)
def quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give keys made before, one after the other: making one costs a tenth of a second."""
    numbers = count()
    monkeypatch.setattr(rsa, "generate_private_key", lambda **_: made_before(next(numbers)))


def kids(database: Database, now: datetime) -> list[str]:
    with database.read() as session:
        return [each["kid"] for each in keys.public_set(session, now=now)["keys"]]


def signs(database: Database, now: datetime) -> str:
    with database.begin() as session:
        return keys.signing_key(session, VAULT, now=now).kid


def rotate(database: Database, now: datetime, *, at_once: bool = False) -> str:
    with database.begin() as session:
        return keys.rotate(session, VAULT, now=now, at_once=at_once)


def test_the_first_key_is_made_when_it_is_needed_and_then_kept(database: Database) -> None:
    first = signs(database, NOON)
    second = signs(database, NOON + DAY)

    assert first == second
    assert kids(database, NOON) == [first]


def test_the_set_at_the_door_holds_what_platforms_want(client: FlaskClient) -> None:
    answer = client.get("/lti/keys")
    again = client.get("/lti/keys")

    assert answer.get_json() == again.get_json()
    (key,) = answer.get_json()["keys"]
    assert set(key) == {"kty", "alg", "use", "kid", "n", "e"}
    assert (key["kty"], key["alg"], key["use"]) == ("RSA", "RS256", "sig")
    assert answer.mimetype == "application/json"
    assert answer.headers["Cache-Control"] == "public, max-age=3600"


def test_what_the_key_signs_is_verified_by_the_set(database: Database) -> None:
    with database.begin() as session:
        key = keys.signing_key(session, VAULT, now=NOON)
        published = keys.public_set(session, now=NOON)

    token = jwt.encode({"a": 1}, key.private, algorithm="RS256", headers={"kid": key.kid})

    (jwk,) = jwt.PyJWKSet.from_dict(published).keys
    assert jwt.decode(token, jwk, algorithms=["RS256"]) == {"a": 1}
    assert jwk.key_id == key.kid


def test_a_new_key_is_published_at_once_and_signs_from_tomorrow(database: Database) -> None:
    old = signs(database, NOON)

    new = rotate(database, NOON)

    assert set(kids(database, NOON)) == {old, new}
    assert signs(database, NOON) == signs(database, NOON + DAY - SECOND) == old
    assert signs(database, NOON + DAY) == new


def test_the_old_key_is_published_for_fourteen_days_after_its_last_signature(
    database: Database,
) -> None:
    old = signs(database, NOON)

    new = rotate(database, NOON)

    assert old in kids(database, NOON + DAY + 14 * DAY - SECOND)
    assert kids(database, NOON + DAY + 14 * DAY) == [new]


def test_a_key_that_leaked_is_replaced_at_once(database: Database) -> None:
    old = signs(database, NOON)

    new = rotate(database, NOON + SECOND, at_once=True)

    assert signs(database, NOON + SECOND) == new
    assert kids(database, NOON + SECOND) == [new] != [old]


def test_a_key_that_still_waited_its_day_does_not_take_over_from_one_made_at_once(
    database: Database,
) -> None:
    signs(database, NOON)
    waiting = rotate(database, NOON + SECOND)

    new = rotate(database, NOON + 2 * SECOND, at_once=True)

    for days in (0, 1, 2, 30):
        assert signs(database, NOON + 2 * SECOND + days * DAY) == new
    assert waiting not in kids(database, NOON + 15 * DAY)


def test_what_signs_is_always_published(database: Database) -> None:
    signs(database, NOON)
    for day in (0, 0.5, 3, 20):
        rotate(database, NOON + day * DAY, at_once=day == 3)

        for after in (0, 0.4, 1, 2, 14, 15, 40):
            moment = NOON + (day + after) * DAY
            assert signs(database, moment) in kids(database, moment)


def test_private_keys_are_sealed_in_the_database(database: Database) -> None:
    signs(database, NOON)

    with database.read() as session:
        row = json.dumps([str(each) for each in session.execute(text("SELECT * FROM tool_key"))])
        sealed = session.scalars(select(ToolKey)).one().private_sealed

    assert "PRIVATE KEY" not in row
    assert VAULT.decrypt(sealed, purpose=keys.PURPOSE).startswith("-----BEGIN PRIVATE KEY")
    with pytest.raises(VaultError):
        VAULT.decrypt(sealed, purpose="another")


def test_a_key_cannot_be_read_with_another_secret(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    signs(database, NOON)
    monkeypatch.setattr(keys, "_opened", {})  # as in a process that begins

    with pytest.raises(VaultError), database.begin() as session:
        keys.signing_key(session, Vault("another secret, quite as long as that"), now=NOON)


def test_keys_are_sealed_anew_with_a_new_secret(
    database: Database, platform: SigningPlatform
) -> None:
    keep_tool_key(database)
    fresh = Vault("the new secret, forty-two letters long too", earlier=[SECRET])
    with database.begin() as session:
        session.add(
            PlatformToken(
                platform_id=platform.row_id,
                scopes="x",
                token_sealed=VAULT.encrypt("token", purpose="platform-token"),
                expires_at=NOON + DAY,
            )
        )

    with database.begin() as session:
        done = keys.reseal(session, fresh)

    alone = Vault("the new secret, forty-two letters long too")
    with database.begin() as session:
        assert done == 1
        assert keys.signing_key(session, alone, now=NOON).kid == "tool-1"
        assert session.scalars(select(PlatformToken)).all() == []
        assert keys.reseal(session, alone) == 0


def test_a_published_number_begins_without_zeros() -> None:
    key: rsa.RSAPublicKey = rsa_key("tool").public_key()

    made = keys.public_jwk(key, "k")

    assert made["e"] == "AQAB"
    assert "=" not in made["n"]
    assert jwt.PyJWK.from_dict(made).key.public_numbers() == key.public_numbers()
