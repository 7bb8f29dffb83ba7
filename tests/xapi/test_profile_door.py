"""The profile, its parts and our extensions are served at their own names, to everybody."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.conftest import PUBLIC_URL
from tests.xapi.doors import HOME
from xapi import profile

LINKED = "application/ld+json"
OWN = profile.profile_of(HOME)
PARTS = [part for kind in ("concepts", "templates", "patterns") for part in OWN.parsed[kind]]


@pytest.fixture
def reader(store_app: Flask) -> FlaskClient:
    """Give somebody without a key."""
    return store_app.test_client()


@pytest.mark.parametrize("address", ["/xapi/profile", "/id/profile", "/id/profile/1.0"])
def test_the_profile_is_there_for_the_base_of_the_store(reader: FlaskClient, address: str) -> None:
    answer = reader.get(address, headers={"Accept": LINKED})

    assert (answer.status_code, answer.mimetype) == (200, LINKED)
    assert answer.get_json(force=True) == OWN.parsed
    assert answer.headers["Cache-Control"] == "public, max-age=86400"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "Set-Cookie" not in answer.headers


def test_the_name_of_the_profile_that_statements_carry_is_one_of_its_addresses() -> None:
    assert OWN.iri == f"{HOME}/id/profile/1.0"
    assert OWN.parsed["id"] == f"{HOME}/id/profile"


@pytest.mark.parametrize("accept", ["*/*", "application/json", "text/html,*/*;q=0.8"])
def test_who_knows_nothing_of_linked_data_gets_plain_json(reader: FlaskClient, accept: str) -> None:
    answer = reader.get("/id/profile", headers={"Accept": accept})

    assert answer.mimetype in {"application/json", LINKED}
    assert answer.get_json(force=True)["type"] == "Profile"


def test_every_part_is_there_at_its_own_name(reader: FlaskClient) -> None:
    for part in PARTS:
        answer = reader.get(part["id"].removeprefix(HOME), headers={"Accept": LINKED})

        assert answer.status_code == 200, part["id"]
        told = answer.get_json(force=True)
        assert told.pop("@context") == OWN.parsed["@context"]
        assert told == part


def test_what_a_reader_has_already_is_not_sent_again(reader: FlaskClient) -> None:
    first = reader.get("/id/profile")

    again = reader.get("/id/profile", headers={"If-None-Match": first.headers["ETag"]})

    assert (again.status_code, again.data) == (304, b"")


@pytest.mark.parametrize(
    "address",
    [
        "/id/profile/0.9",
        "/id/profile/template/danced",
        "/id/profile/pattern/waltz",
        "/id/extension/shoe-size",
        "/id/people",
    ],
)
def test_what_the_profile_does_not_hold_is_not_there(reader: FlaskClient, address: str) -> None:
    assert reader.get(address).status_code == 404


def test_the_tool_serves_the_profile_of_its_own_names(client: FlaskClient) -> None:
    answer = client.get("/id/profile/1.0", headers={"Accept": LINKED})

    assert answer.get_json(force=True) == profile.profile_of(PUBLIC_URL).parsed
    assert client.get("/xapi/profile").status_code == 200
