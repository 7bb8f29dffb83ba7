"""Every route says whom it is open to, and every page of a desk stands behind a role."""

from __future__ import annotations

import re

import pytest
from flask import Flask

from lti_tool.app import create_app
from lti_tool.settings import Settings
from lti_tool.visit import Role

OWN_DOORS = ("xapi",)
"""Blueprints with credentials of their own."""


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """Give an application; no request is made."""
    folder = tmp_path_factory.mktemp("house")
    return create_app(
        Settings(
            public_url="https://tool.example.org",
            secret_key="x" * 40,
            database_url=f"sqlite:///{folder}/tool.db",
        )
    )


def test_every_route_says_whom_it_is_open_to(app: Flask) -> None:
    silent = [
        endpoint
        for endpoint, view in app.view_functions.items()
        if not hasattr(view, "open_to") and not endpoint.startswith(OWN_DOORS)
    ]

    assert silent == []


def test_a_route_under_a_visit_names_roles_and_a_public_one_has_no_visit(app: Flask) -> None:
    for rule in app.url_map.iter_rules():
        if rule.endpoint.startswith(OWN_DOORS):
            continue
        open_to = getattr(app.view_functions[rule.endpoint], "open_to", None)

        assert ("visit" in rule.arguments) == isinstance(open_to, frozenset), rule.endpoint


def test_a_desk_is_closed_to_learners(app: Flask) -> None:
    for rule in app.url_map.iter_rules():
        open_to = getattr(app.view_functions[rule.endpoint], "open_to", None)
        if re.search(r"/desk(/|$)", rule.rule) and isinstance(open_to, frozenset):
            assert Role.LEARNER not in open_to, rule.endpoint
