"""The table of quirks, and the command that runs the platform."""

from __future__ import annotations

import re
import socket

import pytest
from click.testing import CliRunner

from lti_tool import practice
from lti_tool.cli_practice import practice_cli
from lti_tool.practice.quirks import Quirk
from tests.house.source import ROOT

FOLDER = ROOT / "lti_tool" / "practice"
CODE = "\n".join(
    path.read_text() for path in FOLDER.glob("*.py") if path.stem not in {"quirks", "__init__"}
)


def test_the_table_tells_every_quirk_and_no_other() -> None:
    text = practice.__doc__ or ""
    told = re.findall(r"^([a-z]+(?:-[a-z]+)*) {2,}\S", text, flags=re.MULTILINE)

    assert sorted(told) == sorted(quirk.value for quirk in Quirk)


@pytest.mark.parametrize("quirk", Quirk)
def test_every_quirk_makes_a_difference_somewhere(quirk: Quirk) -> None:
    assert f"Quirk.{quirk.name}" in CODE


def test_a_port_that_is_taken_is_named() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        told = CliRunner().invoke(practice_cli, ["run", "--port", str(port)])

    assert told.exit_code == 1
    assert f"port {port} is taken" in told.output
    assert "--port" in told.output
