"""Errors become a page or JSON that says what to do, and tell nothing they should not."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask, request
from flask.testing import FlaskClient

from lti_tool import errors
from lti_tool.app import BODY_LIMIT
from lti_tool.errors import ToolError
from lti_tool.web import no_csrf, open_to_all

KINDS = [
    each for each in vars(errors).values() if isinstance(each, type) and issubclass(each, ToolError)
]


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """Give one database: nothing here depends on which."""
    return sqlite_url


@pytest.fixture
def raising(app: Flask) -> FlaskClient:
    """Give a browser at a tool where ``/raise`` raises what a test puts into the configuration."""

    @open_to_all
    @no_csrf
    def throw() -> str:
        if request.method == "POST":
            return str(len(request.get_data()))
        raise app.config["RAISE"]

    app.add_url_rule("/raise", "raise", throw, methods=["GET", "POST"])
    app.add_url_rule("/slash/", "slash", open_to_all(lambda: "in"))
    return app.test_client()


def raised(browser: FlaskClient, error: Exception, **headers: str) -> Any:
    browser.application.config["RAISE"] = error
    return browser.get("/raise", headers=headers)


def test_every_error_has_a_page_and_json_without_the_logs_words(raising: FlaskClient) -> None:
    for kind in KINDS:
        page = raised(raising, kind("attempt 7 of Alice"))
        told = raised(raising, kind("attempt 7 of Alice"), Accept="application/json")

        assert page.status_code == told.status_code == kind.status
        assert page.mimetype == "text/html"
        assert "Alice" not in page.get_data(as_text=True) + told.get_data(as_text=True)
        assert told.get_json() == {"error": kind.message_id, "message": None}


def test_an_error_may_bring_words_for_its_reader(raising: FlaskClient) -> None:
    words = "Choose <one>, then press Add."

    page = raised(raising, errors.BadRequestError(words=words))
    told = raised(raising, errors.BadRequestError(words=words), Accept="application/json")

    assert "Choose &lt;one&gt;, then press Add." in page.get_data(as_text=True)
    assert told.get_json()["message"] == words


def test_a_mistake_of_ours_shows_a_code_and_nothing_of_itself(raising: FlaskClient) -> None:
    page = raised(raising, ValueError("the password is open sesame"))
    named = raised(raising, ValueError("x"), **{"X-Request-Id": "request-42"})

    assert page.status_code == 500
    text = page.get_data(as_text=True)
    assert "Something went wrong on our side" in text
    assert "sesame" not in text
    assert "Code:" in text
    assert "request-42" in named.get_data(as_text=True)


def test_a_request_is_not_named_by_whatever_a_client_sends(raising: FlaskClient) -> None:
    for given_id in ("short", "x" * 65, "<script>alert(1)</script>", "a b c d e f"):
        text = raised(raising, ValueError("x"), **{"X-Request-Id": given_id}).get_data(as_text=True)

        assert given_id not in text


def test_a_page_that_is_not_there_says_so_in_the_language_of_its_reader(
    raising: FlaskClient,
) -> None:
    page = raising.get("/nowhere")
    told = raising.get("/nowhere", headers={"Accept": "application/json"})

    assert (page.status_code, told.status_code) == (404, 404)
    assert "This page does not exist" in page.get_data(as_text=True)
    assert told.get_json()["error"] == "not_found"


def test_a_method_that_is_not_known_says_which_ones_are(raising: FlaskClient) -> None:
    answer = raising.delete("/healthz")

    assert answer.status_code == 405
    assert {"GET", "HEAD"} <= set(answer.headers["Allow"].replace(" ", "").split(","))


def test_what_is_too_large_is_refused(raising: FlaskClient) -> None:
    fits = raising.post("/raise", data=b"x" * 1_000)
    too_large = raising.post("/raise", data=b"x" * (BODY_LIMIT + 1))

    assert fits.get_data(as_text=True) == "1000"
    assert too_large.status_code == 413
    assert "That is too large" in too_large.get_data(as_text=True)


def test_a_redirect_is_no_error(raising: FlaskClient) -> None:
    answer = raising.get("/slash")

    assert answer.status_code == 308
    assert answer.location.endswith("/slash/")


def test_a_root_error_has_a_name_for_the_log() -> None:
    assert str(ToolError()) == "bad_request"
    assert str(errors.NotFoundError("attempt 7")) == "attempt 7"
    assert errors.NotFoundError("attempt 7").words is None
