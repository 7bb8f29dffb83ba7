"""A record store over HTTP: what it makes of a batch of statements."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Self
from uuid import UUID

import httpx
import orjson

from xapi.contents import content_hash
from xapi.statements import VERSION

TIMEOUT = httpx.Timeout(30.0, connect=5.0)
ANSWER_LIMIT = 1024 * 1024
"""The most bytes of an answer that are read."""
VERSION_HEADER = "X-Experience-API-Version"
REASON_LENGTH = 500
ABOUT_STATEMENTS = frozenset({400, 409, 413, 422})
"""Answers that speak of what was sent; any other bad one speaks of the store or the way to it."""
LOCKED_OUT = frozenset({401, 403})


@dataclass(frozen=True, slots=True)
class Entry:
    """A statement to be delivered."""

    seq: int
    id: UUID
    payload: str


@dataclass(slots=True)
class Round:
    """What a store made of a batch."""

    delivered: list[Entry] = field(default_factory=list)
    refused: list[tuple[Entry, str]] = field(default_factory=list)
    pause: str = ""
    """Why the store must rest; what is in neither list is sent again then."""
    locked_out: bool = False
    """Whether it rests because it does not know us."""
    retry_after: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; status 0: nothing."""

    status: int
    content: bytes = b""
    reason: str = ""
    retry_after: timedelta | None = None


class ExternalStore:
    """A record store over HTTP, on a connection kept open."""

    def __init__(self, url: str, key: str, secret: str, *, name: str = "external") -> None:
        self.name = name
        self._url = f"{url.rstrip('/')}/statements"
        self._client = httpx.Client(
            auth=(key, secret),
            timeout=TIMEOUT,
            headers={VERSION_HEADER: VERSION},
            follow_redirects=False,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection."""
        self._client.close()

    def send(self, entries: Sequence[Entry]) -> Round:
        """Send a batch; a refused one is halved until the bad statement is alone."""
        made = Round()
        self._send(list(entries), made)
        return made

    def _send(self, entries: list[Entry], made: Round) -> None:
        if not entries or made.pause:
            return
        answer = self._post(entries)
        if 200 <= answer.status < 300:
            made.delivered += entries
        elif answer.status not in ABOUT_STATEMENTS:
            made.pause, made.retry_after = answer.reason, answer.retry_after
            made.locked_out = answer.status in LOCKED_OUT
        elif len(entries) > 1:
            middle = len(entries) // 2
            self._send(entries[:middle], made)
            self._send(entries[middle:], made)
        elif answer.status == 409 and self._holds_the_same(entries[0]):
            made.delivered += entries
        else:
            made.refused.append((entries[0], answer.reason))

    def _post(self, entries: Sequence[Entry]) -> Answer:
        body = f"[{','.join(entry.payload for entry in entries)}]".encode()
        return self._ask("POST", content=body, headers={"Content-Type": "application/json"})

    def _holds_the_same(self, entry: Entry) -> bool:
        answer = self._ask("GET", params={"statementId": str(entry.id)})
        if answer.status != 200:
            return False
        try:
            held = orjson.loads(answer.content)
            return content_hash(held) == content_hash(orjson.loads(entry.payload))
        except (ValueError, KeyError, TypeError, AttributeError):
            return False

    def _ask(
        self,
        method: str,
        *,
        content: bytes | None = None,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        try:
            with self._client.stream(
                method, self._url, content=content, params=params, headers=headers
            ) as response:
                read = b""
                for chunk in response.iter_bytes():
                    read += chunk
                    if len(read) > ANSWER_LIMIT:
                        return Answer(0, reason="The store's answer is longer than expected.")
        except httpx.HTTPError as error:
            return Answer(0, reason=f"The store cannot be reached: {type(error).__name__}.")
        words = read[:REASON_LENGTH].decode(errors="replace")
        wait = response.headers.get("Retry-After", "")
        return Answer(
            response.status_code,
            read,
            f"The store answered {response.status_code}: {words}",
            timedelta(seconds=int(wait)) if wait.isdigit() and len(wait) < 6 else None,
        )
