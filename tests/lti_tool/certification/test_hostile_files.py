"""Files that somebody made to keep the check of a file busy, or to fill the memory."""

from __future__ import annotations

import json
import time
import tracemalloc
import zlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from lti_tool.certification import badge_keys, baking, seal_looks
from lti_tool.certification.credential_checks import (
    LIMIT_LETTERS,
    CredentialFinding,
    CredentialReport,
    check_credential,
)
from lti_tool.certification.seal_looks import SealLook
from lti_tool.certification.sealing import check_seal
from lti_tool.db import Database
from lti_tool.settings import Settings
from tests.cast import NOON
from tests.lti_tool.certification.badges import Body

SECONDS_AT_MOST = 2.0
"""On a machine that does other things too; without limits each took minutes, or never ended."""
BYTES_AT_MOST = 40_000_000


@pytest.fixture
def body(settings: Settings, database: Database, tmp_path: Path) -> Body:
    """Give a body that issues."""
    own = replace(settings, keys_dir=tmp_path / "keys", development_keys=True)
    return Body(own, database, NOON)


@pytest.fixture
def finds(body: Body) -> Callable[[bytes], CredentialFinding]:
    """Give what is found about a file, in time."""

    def look(content: bytes) -> CredentialFinding:
        with body.database.read() as session:
            records = badge_keys.list_records(session, badge_keys.BADGE_PURPOSES)
        began = time.process_time()
        report: CredentialReport = check_credential(content, records, body.url)
        assert time.process_time() - began < SECONDS_AT_MOST
        return report.finding

    return look


def changed(badge: bytes, **told: Any) -> bytes:
    document = json.loads(badge)
    return json.dumps({**document, **told}).encode()


def test_a_signature_as_long_as_the_file_is_not_decoded(
    body: Body, finds: Callable[[bytes], CredentialFinding]
) -> None:
    _facts, badge, _jwt = body.issue()
    [proof] = json.loads(badge)["proof"]

    for letters in (LIMIT_LETTERS - 10, 200_000):
        found = finds(changed(badge, proof=[{**proof, "proofValue": "z" + "2" * letters}]))

        assert found is not CredentialFinding.GENUINE


@pytest.mark.parametrize(
    "filling",
    [
        [[{}] * 50_000],
        [[[]] * 50_000],
        {"more": [[1, 2, 3]] * 20_000},
        "urn:" + "/." * 100_000,
    ],
    ids=["empty objects", "empty lists", "lists of lists", "a long address"],
)
def test_a_document_of_ours_with_much_inside_is_given_up(
    body: Body, finds: Callable[[bytes], CredentialFinding], filling: Any
) -> None:
    _facts, badge, _jwt = body.issue()

    assert finds(changed(badge, evidence=filling)) is CredentialFinding.FOREIGN


def test_a_picture_of_very_many_pieces_is_given_up(
    body: Body, finds: Callable[[bytes], CredentialFinding]
) -> None:
    facts, badge, _jwt = body.issue()
    baked = baking.bake_badge(facts, badge)
    piece = b"\0\0\0\0tEXt" + zlib.crc32(b"tEXt").to_bytes(4)
    head, rest = baked[: baking.HEAD_BYTES], baked[baking.HEAD_BYTES :]

    assert finds(head + piece * 20 + rest) is CredentialFinding.GENUINE
    assert finds(head + piece * 300_000 + rest) is CredentialFinding.FOREIGN


# PDF


def paper_of(stream: bytes, filters: bytes) -> bytes:
    """Write a PDF whose table of objects is a stream, as new ones have it."""
    head = b"%PDF-1.7\n"
    words = b"1 0 obj\n<</Type/XRef/W[1 2 1]/Size 3/Root 2 0 R/Filter%b/Length %d>>stream\n"
    table = words % (filters, len(stream)) + stream + b"\nendstream\nendobj\n"
    return head + table + b"startxref\n%d\n%%%%EOF\n" % len(head)


@pytest.mark.parametrize("times", [1, 2], ids=["packed", "packed twice"])
def test_a_pdf_that_unpacks_to_very_much_is_given_up(times: int) -> None:
    packed, filters = b"\0" * 100_000_000, b"/FlateDecode" * times
    for _time in range(times):
        packed = zlib.compress(packed, 1)
    content = paper_of(packed, b"[%b]" % filters)
    tracemalloc.start()

    report = check_seal(content, {})

    _now, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert not report.is_sealed
    assert most < BYTES_AT_MOST


@pytest.mark.parametrize("row", [b"\x04" + b"\0" * 4, b"\0" * 3], ids=["unknown", "uneven"])
def test_a_pdf_that_is_packed_in_a_way_nobody_knows_is_no_fault(row: bytes) -> None:
    words = b"/FlateDecode/DecodeParms<</Predictor 12/Columns 4>>"

    assert not check_seal(paper_of(zlib.compress(row), words), {}).is_sealed


def test_a_pdf_that_keeps_its_reader_busy_is_stopped_from_outside(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(seal_looks, "PATIENCE_S", 0.05)

    assert seal_looks.look(b"%PDF-1.7\n" + b"0 0 obj\n" * 400_000, {}) == SealLook()


def test_the_process_that_looks_at_strangers_files_is_given_no_secret(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    spy = tmp_path / "sitecustomize.py"
    told = tmp_path / "told"
    spy.write_text(f"import os\nopen({str(told)!r}, 'w').write(' '.join(os.environ))\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("LTI_TOOL_SECRET_KEY", "a secret")

    seal_looks.look(b"%PDF-1.7\n", {})

    assert "PYTHONPATH" in told.read_text()
    assert "LTI_TOOL_SECRET_KEY" not in told.read_text()
