"""What programs and people are told of us as an issuer."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from courses.schemes import SchemeKind
from lti_tool.certification import achievements, baking, cryptosuite, key_acts
from lti_tool.certification.credential import credential_of
from lti_tool.certification.humans import WORKER
from lti_tool.certification.register_models import KeyRecord
from lti_tool.db import Database
from lti_tool.settings import Settings
from tests.cast import NOON
from tests.lti_tool.certification.badges import Body

ADDRESS = "/achievements/capitals-exam/1.0-ffffffff"


@pytest.fixture
def body(settings: Settings, database: Database, tmp_path: Path) -> Body:
    """Give a body that issues."""
    own = replace(settings, keys_dir=tmp_path / "keys", development_keys=True)
    return Body(own, database, NOON)


def test_our_document_names_every_key_that_others_may_trust(
    body: Body, client: FlaskClient
) -> None:
    keys = body.keys()

    answer = client.get("/.well-known/did.json")
    told = json.loads(answer.text)

    did = "did:web:tool.example.org"
    methods = {each["id"]: each for each in told["verificationMethod"]}
    inner, outer = methods[f"{did}#{keys.kid}"], methods[f"{did}#{keys.rsa_kid}"]
    assert told["id"] == did
    assert set(told["assertionMethod"]) == set(methods)
    assert inner["type"] == "Multikey"
    public = cryptosuite.key_of(inner["publicKeyMultibase"])
    assert public.public_bytes_raw() == keys.ed25519.public_key().public_bytes_raw()
    assert outer["type"] == "JsonWebKey"
    assert set(outer["publicKeyJwk"]) == {"kty", "alg", "use", "kid", "n", "e"}
    assert "json" in answer.mimetype
    assert answer.headers["Access-Control-Allow-Origin"] == "*"


def test_a_public_key_is_given_until_it_is_compromised(body: Body, client: FlaskClient) -> None:
    keys = body.keys()
    with body.database.begin() as session:
        seal = {"certificate_pem": "-----BEGIN CERTIFICATE-----\n"}
        session.add(
            KeyRecord(kid="seal-1", purpose="pdf-seal", public=seal, is_test=True, signs_from=NOON)
        )

    found = [client.get(f"/keys/{kid}") for kid in (keys.kid, keys.rsa_kid, "seal-1", "none")]
    with body.database.begin() as session:
        key_acts.compromise(session, keys.rsa_kid, body.url, hand=WORKER, now=NOON)

    inner, outer = (json.loads(each.text) for each in found[:2])
    assert (inner["kty"], inner["crv"], inner["kid"]) == ("OKP", "Ed25519", keys.kid)
    assert (outer["kty"], outer["alg"], outer["kid"]) == ("RSA", "RS256", keys.rsa_kid)
    assert found[2].text.startswith("-----BEGIN CERTIFICATE")
    assert found[3].status_code == 404
    assert client.get(f"/keys/{keys.rsa_kid}").status_code == 404


@pytest.mark.parametrize(
    ("path", "accept"),
    [(ADDRESS, "application/ld+json"), (f"{ADDRESS}.json", "text/html"), (ADDRESS, "*/*")],
)
def test_programs_are_told_what_was_achieved_as_credentials_say_it(
    body: Body, client: FlaskClient, path: str, accept: str
) -> None:
    facts, _badge, _jwt = body.issue()

    answer = client.get(path, headers={"Accept": accept})
    told = json.loads(answer.text)

    said = credential_of(facts, body.url)["credentialSubject"]["achievement"]
    assert told.pop("@context")[1].endswith("context-3.0.3.json")
    assert told == said
    assert f"{body.url}{ADDRESS}" == said["id"]
    assert facts.holder_name not in answer.text
    assert answer.headers["Access-Control-Allow-Origin"] == "*"


def test_nothing_of_one_candidates_proof_is_told_of_all_holders(
    body: Body, client: FlaskClient
) -> None:
    facts, badge, _jwt = body.issue(
        route="entry",
        assessment="Oral exam of Žofie, who is ill",
        participation="At her bedside",
        supervision="By her nephew",
        quality="None",
        declared=(("assessment", "Online exam"), ("supervision", "Unsupervised")),
    )

    told = json.loads(client.get(f"{ADDRESS}.json").text)
    page = client.get(ADDRESS, headers={"Accept": "text/html"}).text

    own = json.loads(badge)["evidence"][0]["narrative"]
    for words in (facts.assessment, facts.participation, facts.supervision):
        assert words not in page
        assert words not in json.dumps(told, ensure_ascii=False)
        assert words in own
    assert "Assessment: Online exam" in told["criteria"]["narrative"]
    assert "Supervision and identity: Unsupervised" in told["criteria"]["narrative"]
    assert "Quality assurance" not in told["criteria"]["narrative"]


def test_people_get_a_page_that_names_every_element(body: Body, client: FlaskClient) -> None:
    body.issue(
        level="EQF level 5",
        outcomes=("Names capitals",),
        esco=(("Geography", "http://data.europa.eu/esco/skill/1"),),
    )

    page = client.get(ADDRESS, headers={"Accept": "text/html,*/*;q=0.5"})

    assert page.mimetype == "text/html"
    for words in (
        "<h1>Capitals of the world</h1>",
        "U1.E1 Capitals of the west",
        "at least 66.66 %",
        "Names capitals",
        'href="http://data.europa.eu/esco/skill/1"',
        "EQF level 5",
        "Its name in credentials",
    ):
        assert words in page.text


def test_what_credentials_point_to_within_that_page_is_there(
    body: Body, client: FlaskClient
) -> None:
    body.issue()
    told = json.loads(client.get(f"{ADDRESS}.json").text)

    page = client.get(ADDRESS, headers={"Accept": "text/html"}).text

    pointed = [told["criteria"]["id"]]
    pointed += [each["targetUrl"] for each in told["alignment"]]
    pointed += [each["id"] for each in told["resultDescription"]]
    names = [each.partition("#")[2] for each in pointed if each.startswith(told["id"])]
    assert "card" in names
    assert [each for each in names if page.count(f'id="{each}"') != 1] == []


def test_an_earlier_state_of_a_scheme_stays_readable(body: Body, client: FlaskClient) -> None:
    body.issue()
    body.issue(scheme_version="2.0", scheme_fingerprint="a" * 64, title="Capitals of all worlds")

    first, second = (
        json.loads(client.get(f"/achievements/capitals-exam/{each}.json").text)
        for each in ("1.0-ffffffff", "2.0-aaaaaaaa")
    )

    assert (first["name"], second["name"]) == ("Capitals of the world", "Capitals of all worlds")
    assert client.get("/achievements/capitals-exam/3.0-00000000").status_code == 404
    assert client.get("/achievements/none/1.0-ffffffff").status_code == 404


def test_what_was_kept_first_stays(body: Body) -> None:
    facts, _badge, _jwt = body.issue()

    with body.database.begin() as session:
        achievements.keep(session, replace(facts, issued_on=date(2030, 1, 1)), body.url)
        achievements.keep(session, replace(facts, language="de"), body.url)
        kept = session.get_one(achievements.Achievement, ("capitals-exam", "1.0-ffffffff"))

    assert kept.first_used_on == facts.issued_on
    assert kept.document["inLanguage"] == "en"


def test_the_picture_of_a_badge_is_a_png_without_anybody_s_credential(
    body: Body, client: FlaskClient
) -> None:
    body.issue()

    answer = client.get("/badge-image/capitals-exam.png")

    assert answer.mimetype == "image/png"
    assert answer.data == baking.picture(SchemeKind.EXAM, "Capitals of the world")
    assert baking.unbake(answer.data) is None
    assert client.get("/badge-image/none.png").status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "/status/99999999999999999999/revocation",
        "/status/0/%00",
        "/keys/%00",
        "/keys/" + "k" * 5000,
        "/achievements/%00/1.0-ffffffff",
        "/achievements/capitals-exam/%00.json",
        "/badge-image/%F0%9F%98%80.png",
        "/badge-image/%00.png",
    ],
)
def test_no_address_makes_the_database_fall(client: FlaskClient, path: str) -> None:
    assert client.get(path).status_code in {400, 404}
