"""Facts of certificates of each kind for tests of documents, and ways to look into a PDF."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import pikepdf

from courses.schemes import SchemeKind
from lti_tool.certification.facts import ElementFact, Facts, Signer, UnitFact
from tests.lti_tool.certification.shelves import make_facts

CREDENTIAL = '{"name": "Žofie", "of": "Automotive Cybersecurity Engineer"}'.encode()
CERTIFICATE_ID = UUID("5b3f3d5e-5f0e-4a57-9df1-0d4f1b3a8c11")
CARD = (
    ("U1", "Cybersecurity Management", ("Legal Aspects and Privacy", "Organisational Structure",
                                        "Cybersecurity Planning")),
    ("U2", "Cybersecurity Operation and Maintenance",
     ("Cybersecurity Life Cycle", "Cybersecurity Processes and Audits",
      "Incident Response Management", "Supply Chain Security")),
    ("U3", "Engineering Aspects of Cybersecurity",
     ("System Threat Analysis and Cybersecurity Goals", "System Design and Vulnerability Analysis",
      "Software Design and Vulnerability Analysis", "Software Detailed Design and Cybersecurity",
      "Hardware Design and Firmware Design")),
    ("U4", "Testing", ("Verification and Validation at Software and System Level",)),
)  # fmt: skip
OUTCOMES = (
    "Set up and maintain a cybersecurity plan in a vehicle project.",
    "Identify and document assets, threats and goals of a vehicle system.",
)


def units(**result: Any) -> tuple[UnitFact, ...]:
    """Give the thirteen elements of an engineer in their four units, all with one result."""
    return tuple(
        UnitFact(
            code,
            title,
            tuple(
                ElementFact(f"{code}.E{number}", each, passed=True, **result)
                for number, each in enumerate(titles, start=1)
            ),
        )
        for code, title, titles in CARD
    )


def paper(kind: SchemeKind = SchemeKind.EXAM, **changed: Any) -> Facts:
    """Give the facts of a certificate as its kind would have them."""
    usual: dict[str, Any] = {
        "title": "Automotive Cybersecurity Engineer",
        "card_title": "Cybersecurity Engineer",
        "assessment": "Computer-based examination",
        "participation": "Online",
        "supervision": "Supervised online, identity verified",
        "quality": "Yearly review by the job role committee",
        "workload_hours": "40",
        "level": "EQF 6",
    }
    by_kind: dict[SchemeKind, dict[str, Any]] = {
        SchemeKind.ATTENDANCE: {
            "units": units(),
            "level": "",
            "pass_share": "",
            "valid_until": None,
            "card_id": "",
            "route": "course",
        },
        SchemeKind.EXAM: {"units": units(points="2", asked=3)},
        SchemeKind.EVIDENCE: {
            "units": units(rating="met"),
            "pass_share": "",
            "route": "assessment",
        },
        SchemeKind.MICRO_CREDENTIAL: {
            "units": units(points="5/2", asked=3),
            "outcomes": OUTCOMES,
            "ects": "1.5",
        },
        SchemeKind.TRAINER: {
            "units": (),
            "level": "",
            "pass_share": "",
            "training_body": "Example Training Ltd",
            "route": "entry",
            "valid_until": date(2027, 11, 1),
        },
        SchemeKind.TRAINING_BODY: {
            "units": (),
            "level": "",
            "pass_share": "",
            "holder_name": "Vysoká škola báňská",
            "holder_is_organisation": True,
            "route": "entry",
        },
    }
    return make_facts(CERTIFICATE_ID, kind=kind, **{**usual, **by_kind[kind], **changed})


def with_signers(facts: Facts, *signers: Signer, logos: tuple[str, ...] = ()) -> Facts:
    """Give the same facts with other signers and logos."""
    return replace(facts, issuer=replace(facts.issuer, signers=signers, logos=logos))


def text_of(pdf: bytes) -> str:
    """Give the text of all pages with single spaces, in the order in which it is set.

    Letters of spaced words stand apart in it; :func:`heard` gives those whole, but takes long.
    """
    return " ".join(run("pdftotext", "-raw", "-", "-", given=pdf).split())


def heard(pdf: bytes) -> list[str]:
    """Give what a screen reader is told, line by line: the texts of the structure tree."""
    told = run("pdfinfo", "-struct-text", "-", given=pdf)
    return re.findall(r'^ *"(.*)"$', told, flags=re.MULTILINE)


def picture_of(pdf: bytes, folder: Path, *, dpi: int) -> Path:
    """Draw the first page as PNG."""
    run("pdftoppm", "-png", "-singlefile", "-r", str(dpi), "-", str(folder / "page"), given=pdf)
    return folder / "page.png"


def run(program: str, *args: str, given: bytes = b"") -> str:
    """Run one of poppler's programs."""
    path = shutil.which(program)
    assert path, f"{program} is missing: install the package poppler-utils"
    done = subprocess.run([path, *args], input=given, capture_output=True, check=True, timeout=60)
    return done.stdout.decode()


def tags_of(pdf: pikepdf.Pdf) -> Iterator[str]:
    """Give the tag of each element of a document's structure, in order."""
    waiting: list[Any] = [pdf.Root.StructTreeRoot.K]
    while waiting:
        node = waiting.pop()
        if isinstance(node, pikepdf.Array):
            waiting.extend(reversed(list(node)))  # type: ignore[call-overload]
        elif isinstance(node, pikepdf.Dictionary):
            if "/S" in node:
                yield str(node.S)
            if "/K" in node:
                waiting.append(node.K)
