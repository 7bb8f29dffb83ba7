"""What the services of a platform need: our key, a column of its grade book, who learns there."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any
from uuid import UUID, uuid4

from cryptography.hazmat.primitives import serialization
from sqlalchemy import select

from lti_tool.db import Database
from lti_tool.lti.calls import Calls
from lti_tool.lti.keys import PURPOSE, public_jwk
from lti_tool.lti.models import Context, Deployment, LineItem, Person, ToolKey
from lti_tool.lti.services import PlatformServices
from lti_tool.vault import Vault, digest
from tests.signing_platform import Answering, Heard, SigningPlatform, rsa_key

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
SECRET = "a secret for tests only, forty-two letters"
COLUMN = "/services.php/2/lineitems/5/lineitem"
Given = tuple[int, dict[str, str], bytes]


def keep_tool_key(database: Database, kid: str = "tool-1") -> None:
    """Write a key pair of ours down, so that none has to be made."""
    with database.begin() as session:
        session.add(
            ToolKey(
                kid=kid,
                private_sealed=_sealed(),
                public_jwk=public_jwk(rsa_key("tool").public_key(), kid),
                created_at=NOON,
                signs_from=NOON,
                published_until=None,
            )
        )


@cache
def _sealed() -> str:
    pem = rsa_key("tool").private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return Vault(SECRET).encrypt(pem.decode(), purpose=PURPOSE)


def services_of(database: Database) -> PlatformServices:
    """Give what asks the services of platforms, as a process of its own would hold it."""
    return PlatformServices(database.begin, Vault(SECRET), Calls(allow_private=True))


@dataclass(frozen=True)
class GradeBook:
    """A context with one column for the whole course, and who learns there."""

    context_id: UUID
    line_item_id: UUID
    people: dict[str, UUID]
    """By subject."""


def make_grade_book(
    database: Database,
    platform: SigningPlatform,
    *,
    subjects: Iterable[str] = ("7",),
    context_key: str = "2",
    column: str = COLUMN,
    **changes: Any,
) -> GradeBook:
    """Write a context, its column and its people down."""
    url = f"{platform.url}{column}?type_id=1"
    context_id, line_item_id = uuid4(), uuid4()
    with database.begin() as session:
        deployment = session.scalars(
            select(Deployment).where(Deployment.platform_id == platform.row_id)
        ).one()
        session.add(
            Context(id=context_id, deployment_id=deployment.id, context_key=context_key, **changes)
        )
        session.flush()
        session.add(
            LineItem(
                id=line_item_id,
                context_id=context_id,
                url=url,
                url_hash=digest(url),
                course_id="capitals",
                created_at=NOON,
            )
        )
        people = {subject: uuid4() for subject in subjects}
        session.add_all(
            Person(
                id=person_id,
                platform_id=platform.row_id,
                subject=subject,
                name=f"Person {subject}",
                actor_name=uuid4().hex,
                created_at=NOON,
                seen_at=NOON,
            )
            for subject, person_id in people.items()
        )
    return GradeBook(context_id, line_item_id, people)


def in_turn(*given: Given) -> Answering:
    """Answer with one after the other; the last one stays."""
    left = list(given)

    def answer(_heard: Heard) -> Given:
        return left.pop(0) if len(left) > 1 else left[0]

    return answer


def bodies(platform: SigningPlatform, path: str) -> list[Any]:
    """Give what was posted to a path as JSON, in order."""
    return [json.loads(each.body) for each in platform.heard if each.path.partition("?")[0] == path]


def asked(platform: SigningPlatform, start: str) -> list[Heard]:
    """Give the requests whose method and path begin so."""
    return [each for each in platform.heard if f"{each.method} {each.path}".startswith(start)]
