"""Logs: one JSON object a line, ids of visits cut wherever they stand."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lti_tool.logs import cut_secrets
from tests.house.source import ROOT

VISIT_ID = "AbCdEf1234567890-_AbCdEf1234567890-_AbCdEfG"
SCRIPT = f"""
import logging
from lti_tool import logs
logs.configure("INFO")
log = logging.getLogger("lti_tool.test")
address = "/v/{VISIT_ID}/quiz"
log.info("plain " + address)
log.info("GET %s %d", address, 200)
log.info("told", extra={{"path": address, "error": "NotFoundError"}})
log.info("%(path)s", {{"path": address}})
log.info("object %s", ValueError(address))
try:
    raise ValueError("no such page: " + address)
except ValueError:
    log.exception("failed")
log.info("two\\nlines")
log.debug("not said")
logging.getLogger("httpx").info("not said")
"""


@pytest.fixture(scope="module")
def lines() -> list[dict[str, Any]]:
    """Give what a process of its own wrote."""
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout == ""
    return [json.loads(line) for line in done.stderr.splitlines()]


def test_each_line_is_one_object_with_moment_level_and_place(
    lines: list[dict[str, Any]],
) -> None:
    assert len(lines) == 7
    assert all({"at", "level", "logger", "message"} <= set(line) for line in lines)
    assert lines[0]["level"] == "INFO"
    assert lines[0]["logger"] == "lti_tool.test"


def test_ids_of_visits_are_cut_in_words_arguments_fields_objects_and_tracebacks(
    lines: list[dict[str, Any]],
) -> None:
    assert VISIT_ID not in json.dumps(lines)
    assert VISIT_ID[:7] not in json.dumps(lines)
    assert lines[0]["message"] == f"plain /v/{VISIT_ID[:6]}…/quiz"
    assert lines[1]["message"] == f"GET /v/{VISIT_ID[:6]}…/quiz 200"
    assert lines[2]["path"] == f"/v/{VISIT_ID[:6]}…/quiz"
    assert lines[2]["error"] == "NotFoundError"
    assert lines[3]["message"] == f"/v/{VISIT_ID[:6]}…/quiz"
    assert f"/v/{VISIT_ID[:6]}…/quiz" in lines[4]["message"]
    assert f"no such page: /v/{VISIT_ID[:6]}…/quiz" in lines[5]["exc_info"]


def test_an_error_brings_its_traceback_and_a_line_break_stays_inside_its_line(
    lines: list[dict[str, Any]],
) -> None:
    assert "Traceback" in lines[5]["exc_info"]
    assert lines[6]["message"] == "two\nlines"


def test_what_lies_below_the_level_is_not_said(lines: list[dict[str, Any]]) -> None:
    assert "not said" not in json.dumps(lines)


@settings(max_examples=60)
@given(
    st.from_regex(r"[A-Za-z0-9_-]{43}", fullmatch=True),
    st.text(max_size=10),
    st.sampled_from(("/v/", "/s/", "/certificates/mine/", "/certificates/confirm/")),
)
def test_no_id_is_left_whole(secret: str, around: str, front: str) -> None:
    cut = cut_secrets(f"{around}{front}{secret}/x{around}")

    assert secret not in cut
    assert f"{front}{secret[:6]}…" in cut
    assert cut_secrets(cut) == cut
