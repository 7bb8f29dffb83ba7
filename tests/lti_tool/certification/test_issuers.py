"""Who issues: read from a file whose faults name their line, with logos kept by hash."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from courses.faults import CourseFaultsError
from lti_tool.certification.facts import Issuer, Signer
from lti_tool.certification.issuers import (
    NoIssuerError,
    logo_path,
    look_at_issuers,
    read_issuers,
)
from lti_tool.files import Files
from lti_tool.settings import DEMONSTRATION
from tests.lti_tool.certification.deskside import SCHEMES

LOGO = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"/>'
WHOLE = """
issuers:
  - id: alliance
    name: Example Alliance
    country: BE
    url: https://alliance.example
    email: certificates@alliance.example
    identifier: VATBE-0123456789
    logos: [alliance.svg]
    signers:
      - {name: N. N., role: Head of certification}
  - {id: school, name: Example School, country: CZ}
default: alliance
schemes:
  capitals-attendance: school
"""


def written(folder: Path, text: str) -> Path:
    """Write a file of issuers with a logo beside it."""
    (folder / "alliance.svg").write_bytes(LOGO)
    path = folder / "issuers.yaml"
    path.write_text(text)
    return path


def test_every_scheme_has_its_issuer_or_the_default(tmp_path: Path) -> None:
    found = read_issuers(written(tmp_path, WHOLE))

    assert found.of("capitals-attendance") == Issuer("Example School", "CZ")
    assert found.of("anything else") == Issuer(
        "Example Alliance", "BE", "https://alliance.example", "certificates@alliance.example",
        "VATBE-0123456789", (hashlib.sha256(LOGO).hexdigest(),),
        (Signer("N. N.", "Head of certification"),),
    )  # fmt: skip


def test_logos_are_kept_by_their_hash(tmp_path: Path) -> None:
    found = read_issuers(written(tmp_path, WHOLE))
    files = Files(str(tmp_path / "files"))

    found.keep_logos(files)

    [digest] = found.of("").logos
    assert files.read(logo_path(digest)) == LOGO


def test_the_demonstration_body_names_nobody() -> None:
    found = read_issuers(DEMONSTRATION)

    assert found.of("anything") == Issuer("Demonstration body", "EU")


def test_without_a_default_a_scheme_may_have_no_issuer(tmp_path: Path) -> None:
    found = read_issuers(written(tmp_path, WHOLE.replace("default: alliance\n", "")))

    with pytest.raises(NoIssuerError):
        found.of("capitals-exam")


def test_a_page_is_told_the_first_fault_instead_of_an_error(tmp_path: Path) -> None:
    found = look_at_issuers(written(tmp_path, WHOLE.replace("country: BE", "country: Belgium")))

    with pytest.raises(NoIssuerError) as caught:
        found.of("capitals-exam")

    assert caught.value.words == found.fault
    assert "issuers.yaml has a fault in line 5: country 'Belgium' is no country" in found.fault


def test_the_schemes_that_nobody_issues_are_told(tmp_path: Path) -> None:
    found = read_issuers(written(tmp_path, WHOLE.replace("default: alliance\n", "")))

    lacking = {each.id for each in found.lacking(SCHEMES)}

    assert "capitals-exam" in lacking
    assert "capitals-attendance" not in lacking
    assert read_issuers(written(tmp_path, WHOLE)).lacking(SCHEMES) == ()


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("default: alliance", "default: aliance"), "Did you mean 'alliance'?"),
        (("capitals-attendance: school", "capitals-attendance: skool"), "'skool'"),
        (("country: BE", "country: Belgium"), "ISO 3166-1"),
        (("url: https://", "url: http://"), "https://"),
        (("[alliance.svg]", "[other.svg]"), "'other.svg' is missing"),
        (("[alliance.svg]", "[issuers.yaml]"), "no SVG"),
        (("name: Example Alliance", "title: Example"), "'name' is missing"),
        (("name: Example Alliance", "name: ალიანსი"), "name cannot be printed: ა ლ ი ნ ს"),
        (("role: Head", "role: 長 Head"), "role cannot be printed: 長"),
        (("name: N. N.", "name: N. 王"), "name cannot be printed: 王"),
        (("VATBE-0123456789", "VATBE-☎"), "identifier cannot be printed: ☎"),
        (("role: Head", "rank: Head"), "'role' is missing"),
        (("issuers:", "issuer:"), "'issuers' is missing"),
    ],
)
def test_a_fault_names_its_file_and_line(
    tmp_path: Path, change: tuple[str, str], told: str
) -> None:
    path = written(tmp_path, WHOLE.replace(*change))

    with pytest.raises(CourseFaultsError) as caught:
        read_issuers(path)

    assert told in str(caught.value)
    assert f"{path}:" in str(caught.value)
