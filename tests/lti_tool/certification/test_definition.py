"""The name by which statements speak of a certificate tells what it stands for."""

from __future__ import annotations

from flask.testing import FlaskClient

from lti_tool.certification.register import number_case
from lti_tool.db import Database
from tests.cast import NOON
from tests.lti_tool.certification.office import ONE, approved, registrar

NAME = f"/id/certificate/{ONE}"


def test_programs_get_the_definition_and_people_a_page(
    database: Database, client: FlaskClient
) -> None:
    with database.begin() as session:
        number_case(session, approved(session, ONE), registrar(), now=NOON)

    told = client.get(NAME, headers={"Accept": "application/json"})
    page = client.get(NAME, headers={"Accept": "text/html"})

    assert told.json is not None
    assert (
        told.json["type"] == "https://www.opigno.org/en/tincan_registry/activity_type/certificate"
    )
    assert told.json["name"] == {"en": "Automotive Life Cycle Assessment"}
    assert client.get(page.headers["Location"]).status_code == 200
    assert told.json["moreInfo"].endswith(page.headers["Location"])


def test_a_certificate_that_was_never_issued_has_no_name(client: FlaskClient) -> None:
    assert client.get(NAME).status_code == 404
