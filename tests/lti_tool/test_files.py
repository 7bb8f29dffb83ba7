"""Files that outlive a process: whole or not there, in a folder or elsewhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from lti_tool.files import Files


@pytest.fixture(params=["folder", "memory"])
def files(request: pytest.FixtureRequest, tmp_path: Path) -> Files:
    """Give files in a folder, and in another storage that fsspec knows."""
    where = str(tmp_path / "files") if request.param == "folder" else f"memory://{tmp_path}"
    return Files(where)


def test_what_was_written_is_read_and_written_anew(files: Files) -> None:
    files.write("certificates/2026/a.pdf", b"first")
    files.write("certificates/2026/a.pdf", b"second")

    assert files.read("certificates/2026/a.pdf") == b"second"


def test_what_is_not_there_is_no_file(files: Files) -> None:
    with pytest.raises(FileNotFoundError):
        files.read("certificates/2026/a.pdf")


def test_what_is_removed_is_gone_with_what_broken_writes_left(files: Files) -> None:
    files.write("a.1.pdf", b"whole")
    files.write("a.1.pdf.0123abcd.part", b"half")
    files.write("a.2.pdf", b"another")

    files.remove("a.1.pdf")
    files.remove("a.1.pdf")

    assert files.read("a.2.pdf") == b"another"
    for path in ("a.1.pdf", "a.1.pdf.0123abcd.part"):
        with pytest.raises(FileNotFoundError):
            files.read(path)


def test_a_write_that_breaks_leaves_the_earlier_content(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = Files(str(tmp_path))
    files.write("a.pdf", b"whole")
    system, _root = files._open()

    def broken(*_given: object, **_named: object) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr(system, "mv", broken)
    with pytest.raises(OSError, match="full"):
        files.write("a.pdf", b"half of it")

    assert files.read("a.pdf") == b"whole"
