"""Somebody's window inside one visit, for tests through HTTP."""

from __future__ import annotations

import re
from dataclasses import dataclass

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from lti_tool.visit import Visit


@dataclass
class Browser:
    """Somebody's window, inside one visit."""

    client: FlaskClient
    visit: Visit
    token: str = ""

    def get(self, path: str) -> TestResponse:
        """Open a page of the visit."""
        answer = self.client.get(self._url(path))
        found = re.search(r'name="csrf_token" value="([^"]+)"', answer.get_data(as_text=True))
        self.token = found[1] if found else self.token
        return answer

    def post(self, path: str, headers: dict[str, str] | None = None, **form: str) -> TestResponse:
        """Send a form of the page that was opened last."""
        data = {name.replace("__", "."): value for name, value in form.items()}
        data["csrf_token"] = self.token
        return self.client.post(self._url(path), data=data, headers=headers)

    def text(self, path: str) -> str:
        """Open a page that must be there, and give its HTML."""
        answer = self.get(path)
        assert answer.status_code == 200, answer.status
        return answer.get_data(as_text=True)

    def _url(self, path: str) -> str:
        return path if path.startswith("/v/") else f"/v/{self.visit.id}{path}"
