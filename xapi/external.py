"""A record store over HTTP: what it makes of a batch of statements."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Self

import httpx
import orjson

from xapi.contents import content_hash
from xapi.settling import Entry, Round
from xapi.statements import VERSION

TIMEOUT = httpx.Timeout(30.0, connect=5.0)
ROUND_S = 60.0
"""How long one round may take altogether; what is not sent by then waits for the next."""
ANSWER_LIMIT = 1024 * 1024
"""The most bytes of an answer that are read."""
VERSION_HEADER = "X-Experience-API-Version"
REASON_LENGTH = 500
ABOUT_STATEMENTS = frozenset({400, 409, 413, 422})
"""Answers that speak of what was sent; any other bad one speaks of the store or the way to it."""
LOCKED_OUT = frozenset({401, 403})
PASSING = frozenset({0, 408, 425, 429})
"""Answers, or none, that may be another one soon."""
NO_STORE = "This is not how a store answers; is its address right?"


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
        self._send(list(entries), made, time.monotonic() + ROUND_S)
        return made

    def _send(self, entries: list[Entry], made: Round, end: float) -> None:
        if not entries or made.pause or time.monotonic() > end:
            return
        answer = self._post(entries)
        if _is_taken(answer, entries):
            made.delivered += entries
        elif 200 <= answer.status < 300:
            made.pause = f"{NO_STORE} {answer.reason}"
        elif answer.status not in ABOUT_STATEMENTS:
            _rest(made, answer)
        elif len(entries) > 1:
            middle = len(entries) // 2
            self._send(entries[:middle], made, end)
            self._send(entries[middle:], made, end)
        elif answer.status == 409:
            self._compare(entries[0], answer, made)
        else:
            made.refused.append((entries[0], answer.reason))

    def _post(self, entries: Sequence[Entry]) -> Answer:
        body = f"[{','.join(entry.payload for entry in entries)}]".encode()
        return self._ask("POST", content=body, headers={"Content-Type": "application/json"})

    def _compare(self, entry: Entry, conflict: Answer, made: Round) -> None:
        """Look at what the store holds under our id: the same counts as delivered."""
        held = self._ask("GET", params={"statementId": str(entry.id)})
        if held.status in PASSING or held.status >= 500:
            _rest(made, held)
        elif held.status == 200 and _is_same(held.content, entry):
            made.delivered.append(entry)
        else:
            made.refused.append((entry, conflict.reason))

    def _ask(
        self,
        method: str,
        *,
        content: bytes | None = None,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        end = time.monotonic() + ROUND_S
        try:
            with self._client.stream(
                method, self._url, content=content, params=params, headers=headers
            ) as response:
                read = b""
                for chunk in response.iter_bytes():
                    read += chunk
                    if len(read) > ANSWER_LIMIT or time.monotonic() > end:
                        return Answer(0, reason="The store's answer is longer than expected.")
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            return Answer(0, reason=f"The store cannot be reached: {type(error).__name__}.")
        words = _printable(read[:REASON_LENGTH].decode(errors="replace"))
        wait = response.headers.get("Retry-After", "")
        return Answer(
            response.status_code,
            read,
            f"The store answered {response.status_code}: {words}",
            timedelta(seconds=int(wait)) if wait.isdigit() and len(wait) < 6 else None,
        )


def _is_taken(answer: Answer, entries: Sequence[Entry]) -> bool:
    """Say whether a store confirmed: with nothing, or with ids of what was sent.

    A page that says 200 to everything is no store. Some stores name only the ids that were new.
    """
    if answer.status == 204:
        return True
    if answer.status != 200:
        return False
    try:
        named = orjson.loads(answer.content)
    except ValueError:
        return False
    sent = {str(entry.id) for entry in entries}
    return isinstance(named, list) and all(
        isinstance(each, str) and each.lower() in sent for each in named
    )


def _is_same(held: bytes, entry: Entry) -> bool:
    try:
        return content_hash(orjson.loads(held)) == content_hash(orjson.loads(entry.payload))
    except (ValueError, KeyError, TypeError, AttributeError):
        return False


def _rest(made: Round, answer: Answer) -> None:
    made.pause, made.retry_after = answer.reason, answer.retry_after
    made.locked_out = answer.status in LOCKED_OUT


def _printable(text: str) -> str:
    return "".join(each if each.isprintable() else " " for each in text)
