"""Whole certificates: credential, document and seal, as the worker makes them, in one process.

``python -m benchmarks certificates``: each round makes ``--count`` certificates of each example,
every one with another name and number. CPU seconds are this process's own. Without database and
disk: what they cost is the worker's.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path
from uuid import UUID, uuid4

import lti_tool.app  # noqa: F401  # every room's tables
from courses.schemes import SchemeKind
from lti_tool.certification.badge_keys import BadgeKeys
from lti_tool.certification.codes import new_code
from lti_tool.certification.credential import make_credential, make_jwt
from lti_tool.certification.document import Typesetter
from lti_tool.certification.facts import ElementFact, Facts, Issuer, UnitFact
from lti_tool.certification.sealing import SealKey, seal
from lti_tool.db import Base, Database
from lti_tool.files import Files
from lti_tool.settings import Settings
from xapi.db import Base as XapiBase

WANTED = 15
"""Whole certificates a second and core, at least."""
URL = "http://localhost"
ELEMENTS = {"one unit of 5 elements": (5,), "4 units of 13 elements": (3, 4, 5, 1)}

Say = Callable[[str], None]


@dataclass
class Spent:
    """CPU seconds by part of the work."""

    credential: float = 0.0
    document: float = 0.0
    seal: float = 0.0
    jwt: float = 0.0
    sizes: list[int] = field(default_factory=list)

    @property
    def whole(self) -> float:
        """Give all of it."""
        return self.credential + self.document + self.seal + self.jwt


@dataclass(frozen=True)
class Workshop:
    """What certificates are made with."""

    typesetter: Typesetter
    seal_key: SealKey
    badge_keys: BadgeKeys

    def make(self, facts: Facts, spent: Spent) -> None:
        """Make a certificate, and note what each part took."""
        begin = time.process_time()
        badge = make_credential(facts, URL, self.badge_keys, datetime.now(tz=UTC))
        credential = time.process_time()
        pdf = self.typesetter.make(facts, badge)
        document = time.process_time()
        sealed = seal(pdf, self.seal_key)
        end = time.process_time()
        make_jwt(facts, URL, self.badge_keys)
        spent.jwt += time.process_time() - end
        spent.credential += credential - begin
        spent.document += document - credential
        spent.seal += end - document
        spent.sizes.append(len(sealed))


def suite(given: argparse.Namespace, say: Say) -> None:
    """Make certificates of a usual and of a large scheme; print how many a CPU second."""
    say(f"\nWhole certificates (wanted: {WANTED} a CPU s), median of {given.rounds} rounds")
    with _workshop() as workshop:
        for title, elements in ELEMENTS.items():
            facts = _facts(elements)
            workshop.make(facts, Spent())
            rounds = [_round(workshop, facts, given.count) for _ in range(given.rounds)]
            _tell(title, rounds, given.count, say)


def _round(workshop: Workshop, facts: Facts, count: int) -> Spent:
    spent = Spent()
    for number in range(count):
        workshop.make(_another(facts, number), spent)
    return spent


def _tell(title: str, rounds: list[Spent], count: int, say: Say) -> None:
    rates = [count / spent.whole for spent in rounds]
    middle = sorted(rounds, key=lambda spent: spent.whole)[len(rounds) // 2]
    shares = ", ".join(
        f"{name} {1000 * getattr(middle, name) / count:.1f} ms"
        f" ({getattr(middle, name) / middle.whole:.0%})"
        for name in ("credential", "document", "seal", "jwt")
    )
    say(
        f"  {title:<24} {statistics.median(rates):5.1f} a CPU s"
        f"  ({min(rates):.1f} to {max(rates):.1f})"
    )
    say(f"    {shares}; {statistics.mean(middle.sizes) / 1000:.0f} kB each")


@contextmanager
def _workshop() -> Iterator[Workshop]:
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(
            public_url=URL,
            secret_key="x" * 40,
            database_url=f"sqlite:///{folder}/tool.db",
            keys_dir=Path(folder) / "keys",
            development_keys=True,
        )
        database = Database(settings.database_url)
        for metadata in (XapiBase.metadata, Base.metadata):
            metadata.create_all(database.engine)
        now = datetime.now(tz=UTC)
        yield Workshop(
            Typesetter(Files(f"{folder}/files")),
            SealKey.load(settings, now=now),
            BadgeKeys.load(settings, database.begin, now),
        )
        database.dispose()


def _another(facts: Facts, number: int) -> Facts:
    code = new_code()
    return replace(
        facts,
        certificate_id=uuid4(),
        credential_id=uuid4(),
        subject_id=uuid4(),
        number=f"ASA-EX-2026-{number:06}",
        code=code,
        verify_url=f"{URL}/verify/{code}",
        holder_name=f"Žofia Šťastná-Łukasiewicz {number}",
        status_index=number,
    )


def _facts(elements: tuple[int, ...]) -> Facts:
    units = tuple(
        UnitFact(
            f"U{unit}",
            f"Unit {unit} of the skill card",
            tuple(
                ElementFact(f"U{unit}.E{each}", f"Analysis and design, part {each}", True, "7", 9)
                for each in range(1, count + 1)
            ),
        )
        for unit, count in enumerate(elements, start=1)
    )
    return Facts(
        certificate_id=UUID(int=1),
        kind=SchemeKind.EXAM,
        language="en",
        number="ASA-EX-2026-000001",
        code="0" * 13,
        verify_url=f"{URL}/verify/{'0' * 13}",
        holder_name="Žofia Šťastná-Łukasiewicz",
        title="Automotive Cybersecurity Engineer",
        scheme_id="engineer",
        scheme_version="1",
        scheme_fingerprint="f" * 64,
        card_id="engineer",
        card_version="1",
        card_title="Cybersecurity Engineer",
        card_fingerprint="c" * 64,
        issuer=Issuer("Demonstration body", "EU"),
        route="exam",
        units=units,
        pass_share="2/3",
        outcomes=("Plans, runs and documents an analysis of threats and risks.",),
        workload_hours="40",
        assessment="Computer-based examination",
        participation="Online",
        supervision="Supervised online, identity verified",
        quality="Yearly review by the job role committee",
        examined_on=date(2026, 10, 30),
        issued_on=date(2026, 11, 2),
        valid_from=date(2026, 11, 2),
        valid_until=date(2029, 11, 1),
        status_list=1,
        status_index=1,
        credential_id=UUID(int=2),
        subject_id=UUID(int=3),
    )
