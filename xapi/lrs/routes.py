"""``/xapi/statements`` (xAPI 1.0.3 and 2.0, part three, 2.1)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import chain
from typing import Any
from uuid import UUID

import orjson
from flask import Response, current_app, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from xapi import files, received, search, tokens
from xapi.canonical import in_language, read_languages, with_ids
from xapi.contents import activities_of, identifier_of
from xapi.credentials import Client
from xapi.db import moment_text
from xapi.definitions import find_definitions
from xapi.fresh import Batch, make_batch
from xapi.lrs import asking, attachments
from xapi.lrs.access import RefusedError
from xapi.lrs.attachments import MIXED, Sent
from xapi.lrs.origins import THROUGH_HEADER
from xapi.lrs.web import JSON, PREFIX, as_json, body, bp, enter, host, parameters, version
from xapi.received import Received
from xapi.store import Writer

ADDRESS = f"{PREFIX}/statements"
READ, WRITE = "statements/read/mine", "statements/write"
UNREAD = frozenset({200, 204, 401, 403, 429})
"""Answers that need not be told the time anew: nobody asks what they have missed by one of them."""
WRITER = "xapi.writer"
"""Where the application keeps what writes for all its clients."""


@bp.get("/statements")
def find() -> ResponseReturnValue:
    """Give one statement, or a page of them."""
    client = enter(READ)
    args = parameters()
    authority = _authority(client)
    asked = asking.read(args, authority=authority)
    with host().reading() as session:
        through = _writer().through(session)
        if isinstance(asked.what, asking.Single):
            answer = _one(session, asked, asked.what, authority)
        else:
            page = search.find(session, asked.what)
            more = orjson.dumps(asking.more_address(request.path, args, page)).decode()
            given = _reshaped(session, asked.form, page.payloads)
            body = f'{{"statements":[{",".join(given)}],"more":{more}}}'
            answer = _answer(session, asked, body, page.payloads)
    answer.headers[THROUGH_HEADER] = moment_text(through)
    return answer


@bp.post("/statements")
def keep_several() -> ResponseReturnValue:
    """Keep a statement or a list of them; all or none."""
    client = enter(WRITE)
    if request.query_string and request.args:
        raise RefusedError(400, f"unknown parameter {next(iter(request.args))!r}")
    kept = _keep(client)
    return as_json([str(each) for each in kept])


@bp.put("/statements")
def keep_one() -> ResponseReturnValue:
    """Keep a statement under the id in the address."""
    client = enter(WRITE)
    args = parameters()
    if set(args) != {"statementId"}:
        raise RefusedError(400, "the address must have the parameter statementId, and no other")
    _keep(client, asking.read_uuid("statementId", args["statementId"]))
    return Response(status=204)


# In


def _keep(client: Client, statement_id: UUID | None = None) -> list[UUID]:
    text, sent = _body(version())
    try:
        if statement_id is not None and received.is_list(text):
            raise RefusedError(400, "send one statement")
        batch = _batch(client, text, sent, statement_id)
        if statement_id is not None and batch.ids != [statement_id]:
            raise RefusedError(400, "the statement's id is not the statementId of the address")
        return _writer().keep(batch)
    finally:
        sent.close()


def _body(spoken: str) -> tuple[bytes, Sent]:
    if request.environ.get("CONTENT_TYPE") == JSON or request.mimetype == JSON:
        return body(host().limits.body_bytes), Sent({}, spoken)
    if request.mimetype == MIXED:
        return attachments.read(request.stream, request.content_type or "", spoken)
    raise RefusedError(400, f"send statements as {JSON} or {MIXED}")


def _batch(client: Client, text: bytes, sent: Sent, statement_id: UUID | None) -> Batch:
    named: set[str] = set()

    def check(statement: Mapping[str, Any]) -> None:
        sent.check(statement, named)
        if client.bound is not None:
            tokens.check_statement(client.bound, statement)

    held = host()
    batch = make_batch(
        _not_too_many(received.read_each(text), held.limits.statements),
        held.authority(client.authority),
        version=sent.version,
        statement_id=statement_id,
        files=sent.files,
        defines=client.may("define"),
        also=check,
    )
    sent.check_all_named(named)
    return batch


def _not_too_many(given: Iterator[Received], most: int) -> Iterator[Received]:
    for number, each in enumerate(given):
        if number == most:
            raise RefusedError(413, f"send at most {most} statements at once")
        yield each


# Out


def _one(
    session: Session, asked: asking.Asked, single: asking.Single, authority: str | None
) -> Response:
    payload = search.find_one(session, single.id, voided=single.voided, authority=authority)
    if payload is None:
        raise RefusedError(404, f"no such statement: {single.id}")
    (given,) = _reshaped(session, asked.form, [payload])
    answer = _answer(session, asked, given, [payload])
    answer.last_modified = datetime.fromisoformat(orjson.loads(payload)["stored"])
    answer.set_etag(hashlib.sha1(given.encode(), usedforsecurity=False).hexdigest())
    return answer


def _reshaped(session: Session, form: str, payloads: Sequence[str]) -> Sequence[str]:
    if form == asking.EXACT:
        return payloads
    parsed = [orjson.loads(each) for each in payloads]
    if form == asking.IDS:
        return [orjson.dumps(with_ids(each)).decode() for each in parsed]
    iris = {each["id"] for each in chain.from_iterable(map(activities_of, parsed))}
    known = find_definitions(session, iris)
    wanted = read_languages(request.headers.get("Accept-Language", ""))
    return [orjson.dumps(in_language(each, known, wanted)).decode() for each in parsed]


def _answer(session: Session, asked: asking.Asked, body: str, payloads: Sequence[str]) -> Response:
    if not asked.attachments:
        return Response(body, mimetype=JSON)
    kinds = attachments.attached_to(orjson.loads(each) for each in payloads)
    sizes = {sha2: files.find_size(session, sha2) for sha2 in kinds}
    listed = [(sha2, kinds[sha2], size) for sha2, size in sizes.items() if size is not None]
    kind, length, pieces = attachments.write(body.encode(), listed, _pieces(host().reading))
    answer = Response(pieces, content_type=kind)
    answer.content_length = length
    return answer


def _pieces(reading: Any) -> Any:
    """Give what reads a file's pieces, each in a transaction of its own: clients may be slow."""

    def read(sha2: str) -> Iterator[bytes]:
        for number in range(files.MOST_PIECES):
            with reading() as session:
                piece = files.read_piece(session, sha2, number)
            if piece is None:
                return
            yield piece

    return read


def _authority(client: Client) -> str | None:
    """Give the one authority whose statements a client may read; None where it may read all."""
    own = identifier_of(host().authority(client.authority))
    return own if client.reads_mine_only else None


@bp.after_request
def stamp(answer: Response) -> Response:
    """Say on every answer about statements, a bad one too, up to when nothing is missing."""
    is_sent = request.method == "POST" and not request.query_string  # nothing was told yet
    if request.path != ADDRESS or (not is_sent and THROUGH_HEADER in answer.headers):
        return answer
    writer = _writer()
    found = writer.known if answer.status_code in UNREAD else 0
    if not found:
        with host().reading() as session:
            found = writer.through(session)
    answer.headers[THROUGH_HEADER] = moment_text(found)
    return answer


def _writer() -> Writer:
    extensions = current_app.extensions
    writer: Writer | None = extensions.get(WRITER)
    return writer or extensions.setdefault(WRITER, Writer(host().begin))
