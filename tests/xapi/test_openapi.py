"""The store does what its OpenAPI document says, as a tool finds that we did not write."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import BaseSchema, Case, GenerationMode
from schemathesis.config import SchemathesisConfig

from tests.conftest import METADATA
from tests.xapi.doors import HOME, Door
from tests.xapi.shelves import FIRST, VERSIONS
from xapi.app import init_app
from xapi.db import Database
from xapi.host import Host, Limits
from xapi.openapi import document

EXAMPLES, LARGE = 8, 3
"""How many of each operation, version and mode, and how many where a body is a whole statement;
``schemathesis run`` by hand tries thousands."""
PATHS = {version: document(version, "")["paths"] for version in VERSIONS}
OPERATIONS = sorted((path, method) for path, item in PATHS[FIRST].items() for method in item)
ASKED = [
    (operation, version, mode)
    for operation in OPERATIONS
    for version in VERSIONS
    for mode in GenerationMode
    if mode is GenerationMode.POSITIVE
    or PATHS[version][operation[0]][operation[1]].get("parameters")
]
"""What takes nothing can be sent nothing that is wrong."""
ACCEPTED = ["2xx", "3xx", "404", "409", "412"]
"""Of what is as the document says: a condition may fail, an id may be taken."""
TOLD = SchemathesisConfig.from_dict(
    {
        "checks": {"positive_data_acceptance": {"expected-statuses": ACCEPTED}},
        "generation": {"with-security-parameters": False},
    }
)
PLAIN = {"Accept-Encoding": "identity"}
"""What is called is no server, whose client would unpack the answer."""
SINGLES = {"statementId", "voidedStatementId"}


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    """Give a store for all operations, on SQLite."""
    database = Database(f"sqlite:///{tmp_path_factory.mktemp('told') / 'store.db'}")
    METADATA[0].create_all(database.engine)
    app = Flask("host", static_folder=None)
    init_app(app, replace(Host(database.begin, database.read, HOME), limits=Limits()))
    yield Door.open(app, database.begin)
    database.dispose()


@pytest.fixture(scope="module")
def read(door: Door) -> dict[str, BaseSchema]:
    """Give the documents of both versions, as the other tool reads them."""
    found: dict[str, BaseSchema] = {}
    for version in VERSIONS:
        told = document(version, "http://localhost/xapi")
        found[version] = schemathesis.openapi.from_dict(told, config=TOLD)
        found[version].app = door.app
    return found


@pytest.mark.parametrize(
    ("operation", "version", "mode"),
    ASKED,
    ids=[f"{' '.join(each)} {version} {mode.value}" for each, version, mode in ASKED],
)
def test_the_store_is_as_it_is_told(
    door: Door, read: dict[str, BaseSchema], operation: tuple[str, str], version: str, mode: Any
) -> None:
    path, method = operation
    told = read[version][path][method]

    @settings(
        max_examples=LARGE if path == "/statements" and method != "get" else EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=told.as_strategy(generation_mode=mode))
    def ask(case: Case) -> None:
        if mode is GenerationMode.POSITIVE and is_beyond_schema(case, version):
            return
        case.call_and_validate(auth=(door.key, door.secret), headers=PLAIN)

    ask()


def is_beyond_schema(case: Case, version: str) -> bool:
    """Say whether a request breaks a rule that the document tells in words only."""
    query, headers = dict(case.query or {}), dict(case.headers or {})
    alone = SINGLES & set(query)
    if (alone and set(query) - SINGLES - {"format", "attachments"}) or len(alone) > 1:
        return True  # one statement is asked for alone
    if "since" in query and {"stateId", "profileId"} & set(query):
        return True  # since is for many
    if case.path.endswith("/profile") and case.method == "PUT" and version == FIRST:
        return not {"If-Match", "If-None-Match"} & set(headers)
    if case.path == "/statements" and case.method in {"PUT", "POST"}:
        sent = case.body if isinstance(case.body, list) else [case.body]
        ids = [str(each["id"]).lower() for each in sent if "id" in each]
        asked = query.get("statementId")
        other = asked is not None and any(each != str(asked).lower() for each in ids)
        return other or len(set(ids)) < len(ids) or any(map(has_beyond, sent))
    return False


def has_beyond(value: Any) -> bool:
    """Say whether a part of a statement breaks a rule that the schema tells not."""
    if isinstance(value, list):
        return any(map(has_beyond, value))
    if not isinstance(value, Mapping):
        return False
    parts = (each for key, each in value.items() if key != "extensions")
    return is_beyond(value) or any(map(has_beyond, parts))


def is_beyond(value: Mapping[str, Any]) -> bool:
    """Say whether an object itself does."""
    context, thing = value.get("context", {}), value.get("object", {})
    of_activities = {"revision", "platform"} & set(context)
    low, high = value.get("min"), value.get("max")
    scores = [each for each in (low, value.get("raw"), high) if each is not None]
    components = [
        [each["id"] for each in value.get(part, ())]
        for part in ("choices", "scale", "source", "target", "steps")
    ]
    return (
        bool(of_activities and thing.get("objectType", "Activity") != "Activity")
        or scores != sorted(scores)
        or (low is not None and low == high)
        or any(len(set(ids)) < len(ids) for ids in components)
        or isinstance(value.get("length"), float)  # 5.0 is an integer for JSON Schema
    )


def test_the_document_is_one_that_tools_can_read(tmp_path: Path) -> None:
    for version in VERSIONS:
        file = tmp_path / f"{version}.json"
        file.write_text(json.dumps(document(version, "http://localhost/xapi")))

        schema = schemathesis.openapi.from_path(str(file))

        schema.validate()
        assert len(list(schema.get_all_operations())) == len(OPERATIONS)
