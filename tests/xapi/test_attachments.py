"""What comes with statements: multipart in and out, and signatures (1.0.3: 2.4.11, 2.6; 1.5)."""

from __future__ import annotations

import gc
import hashlib
import json
import threading
import tracemalloc
from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from lti_tool.db import Database
from tests.xapi import signing
from tests.xapi.doors import HOME, STATEMENTS, Door, sentence
from tests.xapi.signing import BOUNDARY, MIXED, attachment, first, jws, mixed, part
from xapi import privacy
from xapi.app import init_app
from xapi.host import Host, Limits
from xapi.models import Attachment
from xapi.statements import Actor

TEXT, OTHER = b"Some text\r\n--not a boundary\r\n", b"\0\xff other bytes"
TWO = {"X-Experience-API-Version": "2.0.0"}
END = f"--{BOUNDARY}--\r\n".encode()


def send(door: Door, body: bytes, kind: str = MIXED, **more: Any) -> TestResponse:
    return door.ask("POST", data=body, content_type=kind, **more)


def attached(*contents: bytes, **more: Any) -> dict[str, Any]:
    return sentence(attachments=[attachment(each) for each in contents], **more)


def parts_of(answer: TestResponse) -> list[tuple[bytes, bytes]]:
    """Give head and content of each part of an answer."""
    mark = b"--" + answer.headers["Content-Type"].partition('boundary="')[2][:-1].encode()
    pieces = answer.data.split(mark)
    assert pieces[0].strip() == b""
    assert pieces[-1] == b"--\r\n"
    split = (each.partition(b"\r\n\r\n") for each in pieces[1:-1])
    return [(head.strip(), content[:-2]) for head, _, content in split]


def test_what_is_attached_comes_back_byte_for_byte_xapi_00167(door: Door) -> None:
    one, two = attached(TEXT, OTHER), attached(OTHER)

    answer = send(door, mixed([one, two], part(TEXT), part(OTHER)))
    got = door.get(attachments="true", ascending="true")

    assert answer.json == [one["id"], two["id"]]
    (head, statements), *files = parts_of(got)
    assert head == b"Content-Type: application/json"
    assert [each["id"] for each in json.loads(statements)["statements"]] == answer.json
    assert sorted(content for _, content in files) == sorted([TEXT, OTHER])
    assert all(b"Content-Transfer-Encoding: binary" in head for head, _ in files)
    for head, content in files:
        assert hashlib.sha256(content).hexdigest().encode() in head
    assert int(got.headers["Content-Length"]) == len(got.data)


@pytest.mark.parametrize("filters", [{}, {"attachments": "false"}])
def test_without_asking_only_json_is_given_xapi_00161_xapi_00165(
    door: Door, filters: dict[str, str]
) -> None:
    sent = attached(TEXT)
    send(door, mixed(sent, part(TEXT)))

    for asked in (filters, {**filters, "statementId": sent["id"]}):
        answer = door.get(**asked)
        assert answer.mimetype == "application/json"
        assert TEXT not in answer.data


def test_one_statement_comes_with_what_is_attached_to_it(door: Door) -> None:
    sent = attached(OTHER)
    assert door.ask(
        "PUT", f"{STATEMENTS}?statementId={sent['id']}",
        data=mixed(sent, part(OTHER)), content_type=MIXED,
    ).status_code == 204  # fmt: skip

    got = door.get(statementId=sent["id"], attachments="true")

    assert [content for _, content in parts_of(got)][1:] == [OTHER]
    assert door.ask("HEAD", query_string={"attachments": "true"}).data == b""


def test_what_lies_elsewhere_need_not_come_xapi_00127(door: Door) -> None:
    linked = sentence(attachments=[attachment(TEXT, fileUrl="https://x.example/file")])

    assert door.post(linked).status_code == 200
    assert send(door, mixed({**linked, "id": sentence()["id"]})).status_code == 200
    assert send(door, mixed([sentence()])).status_code == 200
    got = parts_of(door.get(attachments="true"))

    assert len(got) == 1


def test_a_hash_of_another_length_is_a_sha_2_too(door: Door) -> None:
    digest = hashlib.sha512(TEXT).hexdigest()
    sent = sentence(attachments=[attachment(TEXT, sha2=digest.upper())])

    answer = send(door, mixed(sent, part(TEXT, X_Experience_API_Hash=digest)))

    assert answer.status_code == 200
    assert parts_of(door.get(attachments="true"))[1][1] == TEXT


def test_within_a_sub_statement_it_is_taken_and_given_too(door: Door) -> None:
    inner = {key: value for key, value in attached(TEXT).items() if key != "id"}
    sent = sentence(object={"objectType": "SubStatement", **inner})

    assert door.post(sent).status_code == 400
    assert send(door, mixed(sent, part(TEXT))).status_code == 200
    assert parts_of(door.get(attachments="true"))[1][1] == TEXT


SENT = attached(TEXT)
BAD: dict[str, bytes] = {
    "XAPI-00128 a part too many": mixed(SENT, part(TEXT), part(OTHER)),
    "XAPI-00129 a part too few": mixed(attached(TEXT, OTHER), part(TEXT)),
    "XAPI-00130 no boundary before the first": mixed(SENT, part(TEXT)).partition(b"\r\n")[2],
    "XAPI-00131 no boundary at all": json.dumps(SENT).encode(),
    "XAPI-00132 another kind first": first(SENT, "text/plain") + part(TEXT) + END,
    "XAPI-00133 no hash": mixed(SENT, part(TEXT, X_Experience_API_Hash="")),
    "XAPI-00134 another encoding": mixed(SENT, part(TEXT, Content_Transfer_Encoding="base64")),
    "XAPI-00134 no encoding": mixed(SENT, part(TEXT, Content_Transfer_Encoding="")),
    "XAPI-00135 a hash of something else": mixed(
        SENT, part(OTHER, X_Experience_API_Hash=hashlib.sha256(TEXT).hexdigest())
    ),
    "1.5.2 another kind than told": mixed(SENT, part(TEXT, Content_Type="image/png")),
    "RFC 2046 no end": mixed(SENT, part(TEXT))[:-10],
    "RFC 2046 a header without a name": mixed(SENT, part(TEXT).replace(b"\r\n", b"\r\nx\r\n", 1)),
    "RFC 2046 headers without an end": first(SENT)
    + b"--"
    + BOUNDARY.encode()
    + b"\r\n"
    + b"x" * 40_000,
    "RFC 2046 something behind a boundary": mixed(SENT, b"--" + BOUNDARY.encode() + b"x\r\n\r\n"),
    "2.2 a bad statement": mixed({**SENT, "verb": {}}, part(TEXT)),
}


@pytest.mark.parametrize("name", BAD)
def test_a_body_that_is_not_as_it_should_be_is_refused_whole(door: Door, name: str) -> None:
    answer = send(door, BAD[name])

    assert answer.status_code == 400
    assert answer.json["error"]
    assert door.ids() == []


@pytest.mark.parametrize(
    "kind",
    [
        "multipart/mixed",
        "multipart/form-data; boundary=x",
        "text/plain",
        "",
        "multipart/mixed; boundary=" + "x" * 99,
    ],
)
def test_another_kind_of_body_is_refused_xapi_00127(door: Door, kind: str) -> None:
    assert send(door, mixed(SENT, part(TEXT)), kind).status_code == 400


def test_the_same_content_is_kept_once_and_goes_with_the_last_that_names_it(
    door: Door, database: Database
) -> None:
    people = {
        name: attached(OTHER, TEXT if name == "bob" else b"alice's") for name in ("alice", "bob")
    }
    for name, each in people.items():
        each["actor"]["account"]["name"] = name
        contents = [OTHER, TEXT if name == "bob" else b"alice's"]
        assert send(door, mixed(each, *map(part, contents))).status_code == 200

    def kept() -> set[bytes]:
        with database.read() as session:
            return {bytes(each.piece) for each in session.query(Attachment)}

    before = kept()
    with database.begin() as session:
        assert privacy.erase(session, Actor("https://x.example", "alice")) == 1
    between = kept()
    with database.begin() as session:
        privacy.erase(session, Actor("https://x.example", "bob"))

    assert before == {OTHER, TEXT, b"alice's"}
    assert between == {OTHER, TEXT}
    assert kept() == set()


# Signatures


@pytest.mark.parametrize("algorithm", signing.HASHES)
@pytest.mark.parametrize("with_certificate", [True, False])
def test_a_signed_statement_is_taken_xapi_00115_xapi_00117(
    door: Door, algorithm: str, with_certificate: bool
) -> None:
    sent = sentence(timestamp="2026-01-05T08:00:00Z")
    before = {**sent, "timestamp": "2026-01-05T10:00:00+02:00"}
    signature = jws(before, with_certificate=with_certificate, alg=algorithm)

    answer = send(door, signing.signed(sent, signature))

    assert answer.status_code == 200
    assert parts_of(door.get(attachments="true"))[1][1] == signature


def _other_key() -> bytes:
    whole = jws(SIGNED)
    return whole[:-20] + (b"A" * 20)


SIGNED = sentence()
FALSE: dict[str, tuple[bytes, dict[str, Any]]] = {
    "XAPI-00115 another content type": (jws(SIGNED), {"contentType": "text/plain"}),
    "XAPI-00115 no signature": (b"a.b", {}),
    "XAPI-00115 not base64": (b"%.%.%", {}),
    "XAPI-00116 no JSON": (b"e30.eA.eA", {}),
    "XAPI-00116 no object": (jws([SIGNED]), {}),
    "XAPI-00116 no statement": (jws({"id": SIGNED["id"]}), {}),
    "XAPI-00116 of another statement": (jws({**SIGNED, "result": {"success": True}}), {}),
    "XAPI-00116 of another id": (jws({**SIGNED, "id": sentence()["id"]}), {}),
    "XAPI-00117 another algorithm": (jws(SIGNED, alg="HS256"), {}),
    "XAPI-00117 no algorithm": (jws(SIGNED, alg="none"), {}),
    "2.6 another key": (_other_key(), {}),
    "2.6 another hash": (jws(SIGNED)[:-4] + b"AAAA", {}),
    "2.6 no certificate": (jws(SIGNED, x5c=["AAAA"]), {}),
    "2.6 an empty chain": (jws(SIGNED, x5c=[]), {}),
    "2.6 too large": (b"x" * 1_100_000, {}),
}


@pytest.mark.parametrize("name", FALSE)
def test_a_signature_that_is_not_good_is_refused(door: Door, name: str) -> None:
    signature, more = FALSE[name]

    answer = send(door, signing.signed(SIGNED, signature, **more))

    assert answer.status_code == 400
    assert "signature" in answer.json["error"]
    assert door.ids() == []


@pytest.mark.parametrize(("headers", "status"), [(None, 400), (TWO, 200)])
def test_durations_of_what_is_signed_count_to_a_hundredth_in_version_2_ieee_4_2_7(
    door: Door, headers: dict[str, str] | None, status: int
) -> None:
    sent = sentence(result={"duration": "PT1.2389S"})
    signature = jws({**sent, "result": {"duration": "PT1.23S"}})

    answer = send(
        door, signing.signed(sent, signature), **({"headers": headers} if headers else {})
    )

    assert answer.status_code == status


# Size


def test_fifty_megabytes_pass_through_in_pieces(store_app: Flask, door: Door) -> None:
    size = 50 * 1024 * 1024
    content = bytes(range(256)) * (size // 256)
    body = mixed(attached(content), part(content))
    digest = hashlib.sha256(content).hexdigest()
    del content
    tracemalloc.start()

    answer = door.ask(
        "POST", input_stream=BytesIO(body), content_length=len(body), content_type=MIXED
    )
    _, most_in = tracemalloc.get_traced_memory()
    tracemalloc.reset_peak()
    got = door.ask("GET", query_string={"attachments": "true"}, buffered=False)
    seen, length = hashlib.sha256(), 0
    held = b""
    for piece in got.response:
        held = (held + piece)[-400_000:]
        length += len(piece)
        seen.update(piece)
    _, most_out = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert answer.status_code == 200
    assert length == int(got.headers["Content-Length"]) > size
    assert digest.encode() not in held
    assert max(most_in, most_out) < 12 * 1024 * 1024


def test_ten_thousand_statements_in_one_request_are_taken_or_refused_in_bounded_memory(
    database: Database,
) -> None:
    app = Flask("host", static_folder=None)
    init_app(app, Host(database.begin, database.read, HOME, limits=Limits(statements=10_000)))
    door = Door.open(app, database.begin)
    body = json.dumps([sentence(who=f"p{n % 50}") for n in range(10_000)])
    tracemalloc.start()

    answer = door.post(body)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert answer.status_code == 200
    assert len(answer.json) == 10_000
    assert most < 25 * len(body)


def test_connections_go_back_when_an_answer_is_read_only_in_part(door: Door) -> None:
    send(door, mixed(attached(OTHER), part(OTHER)))

    for _ in range(30):
        got = door.ask("GET", query_string={"attachments": "true"}, buffered=False)
        next(iter(got.response))
        got.close()
    gc.collect()

    assert threading.active_count() < 50
    assert len(door.ids()) == 1
