"""`python -m courses check`, as authors run it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from courses.__main__ import main
from tests.courses.conftest import CAPITALS, ROOT, Edit


def test_a_course_without_fault_is_told_and_ends_with_0(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(CAPITALS)]) == 0

    assert capsys.readouterr().out == "capitals: 2 modules, 6 items, no fault\n0 faults\n"


def test_faults_are_printed_and_end_with_1(
    folder: Path, edit: Edit, capsys: pytest.CaptureFixture[str]
) -> None:
    line = edit("course.yaml", "level: awareness", "level: awarenes")

    assert main(["check", str(folder)]) == 1

    assert capsys.readouterr().out == (
        f"{folder}/course.yaml:{line}: level 'awarenes' is not known\n"
        "    Did you mean 'awareness'?\n1 fault\n"
    )


def test_a_folder_of_courses_is_checked_whole(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", str(folder.parent)]) == 0

    assert "capitals: 2 modules" in capsys.readouterr().out


def test_strict_asks_for_more(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--strict", str(CAPITALS)]) == 1

    assert "words on this page" in capsys.readouterr().out


def test_a_draft_is_checked_strictly_only_when_it_is_named(
    folder: Path, edit: Edit, capsys: pytest.CaptureFixture[str]
) -> None:
    edit("course.yaml", "exam: exam", "exam: exam\ndraft: true")

    assert main(["check", "--strict", str(folder.parent)]) == 0
    whole = capsys.readouterr().out
    assert main(["check", "--strict", str(folder)]) == 1

    assert whole == "capitals: a draft, left out\n0 faults\n"
    assert "words on this page" in capsys.readouterr().out


@pytest.mark.parametrize("arguments", [[], ["check"], ["check", "nowhere"], ["draw", "x"]])
def test_what_cannot_be_done_ends_with_2(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)

    assert ended.value.code == 2
    assert "usage: python -m courses" in capsys.readouterr().err


def test_it_runs_as_a_module() -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "courses", "check", str(CAPITALS)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout.endswith("0 faults\n")
