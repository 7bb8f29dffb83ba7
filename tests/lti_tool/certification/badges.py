"""An issuer for tests: keys, certificates with real credentials, and what others would fetch."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from flask.testing import FlaskClient

from lti_tool.certification import achievements, register, status_lists
from lti_tool.certification.badge_keys import BadgeKeys
from lti_tool.certification.credential import make_credential, make_jwt
from lti_tool.certification.facts import Facts
from lti_tool.certification.register_models import Certificate
from lti_tool.db import Database
from lti_tool.settings import Settings
from tests.lti_tool.certification.shelves import shelve, shelve_holder

HERE = Path(__file__).parent


@dataclass
class Body:
    """A body that issues: development keys in a folder, everything else as in service."""

    settings: Settings
    database: Database
    now: datetime

    @property
    def url(self) -> str:
        """Give the public address."""
        return self.settings.public_url

    def keys(self) -> BadgeKeys:
        """Load the keys that sign now."""
        return BadgeKeys.load(self.settings, self.database.begin, self.now)

    def issue(self, **changed: Any) -> tuple[Facts, bytes, str]:
        """Issue a certificate of today; give its facts, its credential and its JWT."""
        keys = self.keys()
        today = self.now.date()
        dates = {"issued_on": today, "valid_from": today - timedelta(days=1)}
        with self.database.begin() as session:
            holder_id = shelve_holder(session)
            place = register.draw_status_index(session, now=self.now)
            given = {**dates, "valid_until": today + timedelta(days=900), **changed}
            row = shelve(session, holder_id, status_list=place[0], status_index=place[1], **given)
            facts = Facts.from_json(row.facts)
            badge, jwt = make_credential(facts, self.url, keys, self.now), ""
            jwt = make_jwt(facts, self.url, keys)
            row.badge, row.badge_jwt, row.badge_kid = badge.decode(), jwt, keys.kid
            achievements.keep(session, facts, self.url)
        return facts, badge, jwt

    def change(self, certificate_id: UUID, **columns: Any) -> None:
        """Change columns of a certificate, and want its status lists."""
        with self.database.begin() as session:
            row = session.get_one(Certificate, certificate_id)
            for name, value in columns.items():
                setattr(row, name, value)
            register.want_lists(session, row, now=self.now)

    def sign_lists(self) -> int:
        """Do the worker's job."""
        return status_lists.sign_due(self.database.begin, self.keys(), self.url, now=self.now)

    def later(self, **span: int) -> Body:
        """Give the same body at a later moment."""
        return replace(self, now=self.now + timedelta(**span))


def fetched(client: FlaskClient, url: str, *kids: str) -> dict[str, str]:
    """Give what a verifier would fetch of us, by address, through our own routes."""
    paths = ["/.well-known/did.json", "/status/1/revocation", *(f"/keys/{kid}" for kid in kids)]
    answers = {path: client.get(path) for path in paths}
    return {f"{url}{path}": each.text for path, each in answers.items() if each.status_code == 200}


def judged(documents: dict[str, str], *checks: dict[str, Any]) -> list[dict[str, Any]]:
    """Have other people's verifiers look at badges, in a process of their own."""
    made = subprocess.run(
        ["node", str(HERE / "verify_badges.mjs")],
        input=json.dumps({"documents": documents, "checks": list(checks)}),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert made.returncode == 0, made.stderr
    found: list[dict[str, Any]] = json.loads(made.stdout)
    return found
