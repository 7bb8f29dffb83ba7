"""A record store over HTTP: what it makes of a batch of statements."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import Self

import orjson

from xapi.attached import MARK, Load, body_of, files_of, no_files
from xapi.calling import Answer, Caller
from xapi.contents import is_same
from xapi.settling import Entry, Round
from xapi.statements import VERSION

ROUND_S = 20.0
"""How long one round may take, but for the request that is being answered when it is over."""
BODY_BYTES = 1024 * 1024
"""About the most that is sent at once."""
DOUBTED = 10
"""How many entries in doubt are looked up before those that did not arrive are sent."""
VERSION_HEADER = "X-Experience-API-Version"
ABOUT_STATEMENTS = frozenset({400, 409, 413, 422})
"""Answers that speak of what was sent; any other bad one speaks of the store or the way to it."""
LOCKED_OUT = frozenset({401, 403})
PASSING = frozenset({0, 408, 425, 429})
"""Answers, or none, that may be another one soon."""
NO_STORE = "This is not how a store answers; is its address right?"


class ExternalStore:
    """A record store over HTTP, on a connection kept open."""

    def __init__(
        self, url: str, key: str, secret: str, *, name: str = "external", version: str = VERSION
    ) -> None:
        self.name = name
        headers = {VERSION_HEADER: version}
        self._caller = Caller(f"{url.rstrip('/')}/statements", key, secret, headers)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection."""
        self._caller.close()

    def send(self, entries: Sequence[Entry], load: Load = no_files) -> Round:
        """Send a batch, in its order; a refused part is halved until the bad statement is alone.

        What is in doubt is looked up before it is sent again, for a store that takes an id twice.

        Args:
            entries: at least one.
            load: gives the contents of attachments.
        """
        made = Round(through=entries[-1].seq)
        sending = _Sending(self._caller, made, load, time.monotonic() + ROUND_S)
        for portion in _portions(entries):
            if portion[0].in_doubt:
                sending.send(sending.look_up(portion))
            else:
                sending.send(portion)
        settled = {entry.seq for entry in (*made.delivered, *(each for each, _ in made.refused))}
        doubted = {entry.seq for entry in entries if entry.in_doubt} - sending.absent
        made.doubt_through = max((doubted | sending.unanswered) - settled, default=0)
        return made


class _Sending:
    """One round of a store."""

    def __init__(self, caller: Caller, made: Round, load: Load, end: float) -> None:
        self._caller = caller
        self._made = made
        self._load = load
        self._end = end
        self.absent: set[int] = set()
        """What was in doubt, and did not arrive."""
        self.unanswered: set[int] = set()
        """What may have arrived."""

    @property
    def _is_over(self) -> bool:
        return bool(self._made.pause) or time.monotonic() > self._end

    def send(self, entries: Sequence[Entry], *, looked_up: bool = False) -> None:
        """Send statements; halve what is refused."""
        if not entries or self._is_over:
            return
        answer = self._post(entries)
        if _is_taken(answer, entries):
            self._made.delivered += entries
        elif 200 <= answer.status < 300:
            self._rest(answer, entries, f"{NO_STORE} {answer.reason}")
        elif answer.status not in ABOUT_STATEMENTS:
            self._rest(answer, entries)
        elif answer.status == 409 and not looked_up:
            self.send(self.look_up(entries, conflict=answer), looked_up=True)
        elif len(entries) > 1:
            middle = len(entries) // 2
            self.send(entries[:middle], looked_up=looked_up)
            self.send(entries[middle:], looked_up=looked_up)
        else:
            self._made.refused.append((entries[0], answer.reason))

    def look_up(self, entries: Sequence[Entry], conflict: Answer | None = None) -> list[Entry]:
        """Settle what the store holds already; give what it does not hold.

        The same under our id counts as delivered, something else as refused.

        Args:
            entries: to look for.
            conflict: its answer to them that sent us here; it may hold some of them as voided.
        """
        left: list[Entry] = []
        for entry in entries:
            if self._is_over:
                return left if conflict is None else []
            answer, held = self._find(entry, "statementId")
            if held is None and conflict and answer.status not in PASSING:
                answer, held = self._find(entry, "voidedStatementId")
            if answer.status in PASSING or answer.status >= 500:
                self._rest(answer, ())
            elif held is None:
                left.append(entry)
                self.absent.add(entry.seq)
            elif says_the_same(held, entry):
                self._made.delivered.append(entry)
            else:
                told = conflict or answer
                words = f"The store holds another statement of this id. {told.reason}"
                self._made.refused.append((entry, words))
        return [] if self._is_over and conflict else left

    def _find(self, entry: Entry, parameter: str) -> tuple[Answer, object | None]:
        answer = self._caller.ask("GET", params={parameter: str(entry.id)})
        return answer, _held(answer, entry)

    def _post(self, entries: Sequence[Entry]) -> Answer:
        kind = "application/json"
        body = f"[{','.join(entry.payload for entry in entries)}]".encode()
        files = files_of(entries[0].payload, self._load) if len(entries) == 1 else []
        if files:
            kind, body = body_of(entries[0].payload, files)
        return self._caller.ask("POST", content=body, headers={"Content-Type": kind})

    def _rest(self, answer: Answer, sent: Sequence[Entry], words: str = "") -> None:
        self._made.pause = words or answer.reason
        self._made.retry_after = answer.retry_after
        self._made.locked_out = answer.status in LOCKED_OUT
        is_clear = 300 <= answer.status < 500 and answer.status != 408
        if answer.is_seen and not is_clear:
            self.unanswered |= {entry.seq for entry in sent}


def _portions(entries: Sequence[Entry]) -> Iterator[list[Entry]]:
    """Cut a batch into what is sent at once: by size, few of those in doubt, and one with files."""
    portion: list[Entry] = []
    size = 0
    for entry in entries:
        length = BODY_BYTES if MARK in entry.payload else len(entry.payload)
        is_full = size + length > BODY_BYTES or (entry.in_doubt and len(portion) >= DOUBTED)
        if portion and (is_full or portion[0].in_doubt != entry.in_doubt):
            yield portion
            portion, size = [], 0
        portion.append(entry)
        size += length
    if portion:
        yield portion


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


def _held(answer: Answer, entry: Entry) -> object | None:
    """Read the statement that a store found; None where it holds none, or does not let us look.

    Some stores answer a list where the standard wants the statement.
    """
    if answer.status != 200:
        return None
    try:
        found = orjson.loads(answer.content)
    except ValueError:
        return None
    if isinstance(found, dict) and isinstance(found.get("statements"), list):
        listed = [each for each in found["statements"] if isinstance(each, dict)]
        same = (each for each in listed if str(each.get("id")).lower() == str(entry.id))
        return next(same, None)
    return found if isinstance(found, dict) else None


def says_the_same(held: object, entry: Entry) -> bool:
    """Say whether a store holds what an entry says.

    When it happened is not compared: what is told twice of one happening keeps its first time.
    """
    if not isinstance(held, dict):
        return False
    try:
        told = orjson.loads(entry.payload)
        told.pop("timestamp", None)
        return is_same(held, told, hundredths=True)
    except (ValueError, KeyError, TypeError, AttributeError):
        return False
