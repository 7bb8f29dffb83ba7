"""What the standard demands of a statement, by the number of each requirement: good and bad ones.

The numbers are those of the conformance requirements of the standard's keeper (XAPI-00001 and so
on), with the section of xAPI 1.0.3, part two, or the clause of IEEE 9274.1.1-2023.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any

GONE = object()
"""In place of a value: the key is taken away."""
REF = {"objectType": "StatementRef", "id": "df216b5a-7448-586c-b8da-a426aa6451a8"}
MAIL = {"mbox": "mailto:bob@example.org"}
AGENT = {"objectType": "Agent", **MAIL}
ACCOUNT = {"homePage": "https://x.example", "name": "alice"}
GROUP = {"objectType": "Group", "member": [MAIL, {"account": ACCOUNT}]}
NAMED_GROUP = {"objectType": "Group", "mbox": "mailto:team@example.org", "member": [MAIL]}
ACTIVITY = {"objectType": "Activity", "id": "https://x.example/other"}
VOIDED = "http://adlnet.gov/expapi/verbs/voided"
EXTENSIONS: dict[str, Any] = {"https://x.example/e": None, "tag:x.example,2026:f": {}, "a:b": ""}
FILE = {
    "usageType": "https://x.example/usage",
    "display": {"en": "A file"},
    "description": {"en": "A file", "de": "Eine Datei"},
    "contentType": "text/plain",
    "length": 3,
    "sha2": "0" * 64,
    "fileUrl": "https://x.example/file",
}
LANGUAGES = {"en": "a", "de-DE": "b", "zh-Hant-TW": "c", "i-klingon": ""}
NOT_LANGUAGES: list[Any] = ["did", 1, [], {"a12345": "x"}, {"en": 1}, {"english language": "x"}]
NOT_TEXTS: list[Any] = [1, True, [], {}]
NOT_IRIS: list[Any] = ["no scheme", "x.example/path", "", 1, [], {}, "https://x.example/a b"]
NOT_UUIDS: list[Any] = ["", "1", "MoreThan36CharactersWith-0000-0000-00", 1, True, {}, "g" * 36]
NOT_OBJECTS: list[Any] = ["text", 1, True, []]
NOT_AGENTS: list[Any] = [*NOT_OBJECTS, {}, {"name": "x"}, {"objectType": "Agent"}]
NOT_FLAGS: list[Any] = ["true", 0, 1, {}, []]
NOT_NUMBERS: list[Any] = ["1", True, {}, []]
NOT_TIMES: list[Any] = [
    "yesterday", "2026-02-30T08:00:00Z", "2026-02-03", "2026-02-03T08:00:00-00",
    "2026-02-03T08:00:00-0000", "2026-02-03T08:00:00-00:00", 1, {}, [],
]  # fmt: skip
TIMES = [
    "2026-02-03T08:00:00Z", "2026-02-03T08:00:00.123456789+02:00", "2026-02-03T08:00:00.601+0000",
    "2026-02-03T08:00:00", "9998-12-31T23:59:59Z",
]  # fmt: skip


@dataclass(frozen=True)
class Rule:
    """One requirement: changes of the whole statement below that keep to it, and that break it."""

    good: tuple[dict[str, Any], ...]
    bad: tuple[dict[str, Any], ...]
    within: bool = True
    """Whether it holds in a SubStatement too (XAPI-00066)."""


def whole() -> dict[str, Any]:
    """Give a statement with everything in it."""
    return {
        "actor": {"objectType": "Agent", "account": dict(ACCOUNT)},
        "verb": {"id": "https://verbs.example/did", "display": {"en": "did"}},
        "object": {"objectType": "Activity", "id": "https://x.example/thing", "definition": {}},
        "result": {"score": {"scaled": 0.5, "raw": 5, "min": 0, "max": 10}},
        "context": {"contextActivities": {}},
    }


def changed(changes: dict[str, Any]) -> dict[str, Any]:
    """Give the whole statement with changes: dotted names and what stands there then."""
    made = whole()
    for name, value in changes.items():
        *path, last = name.split(".")
        part = made
        for step in path:
            part = part.setdefault(step, {})
        if value is GONE:
            part.pop(last, None)
        else:
            part[last] = copy.deepcopy(value)
    return made


def _rule(name: str, good: list[Any], bad: list[Any], *, within: bool = True, **more: Any) -> Rule:
    """Give the rule of one place: values that may stand there, and values that may not."""
    return Rule(
        tuple({name: value, **more} for value in good),
        tuple({name: value, **more} for value in bad),
        within,
    )


def _of(*good: dict[str, Any], bad: list[dict[str, Any]], within: bool = True) -> Rule:
    return Rule(good, tuple(bad), within)


DEFINITION = "object.definition"
RULES: dict[str, Rule] = {
    "XAPI-00001 2.2 no null but in extensions": _of(
        {"result.extensions": EXTENSIONS, "context.extensions": EXTENSIONS},
        {f"{DEFINITION}.extensions": EXTENSIONS},
        bad=[
            {name: None}
            for name in (
                "actor",
                "verb",
                "object",
                "result",
                "context",
                "verb.display",
                "verb.display.en",
                "actor.account",
                "actor.name",
                "result.score",
                "result.score.raw",
                "context.registration",
                "context.contextActivities.parent",
                DEFINITION,
            )
        ],
    ),
    "XAPI-00002 2.2 numbers of IEEE 754": _rule(
        "result.score", [{"raw": 3.402823e38}, {"raw": -1.175494e-38}, {"scaled": 0.1234567}], []
    ),
    "XAPI-00003 2.2 actor": _rule("actor", [AGENT], [GONE, *NOT_AGENTS]),
    "XAPI-00004 2.2 verb": _rule("verb", [{"id": "a:b"}], [GONE, *NOT_OBJECTS, {}]),
    "XAPI-00005 2.2 object": _rule("object", [ACTIVITY], [GONE, *NOT_OBJECTS, {}]),
    "XAPI-00006 2.2 kinds of values": _of(
        bad=[{"result": []}, {"context": "x"}, {"attachments": {}}, {"attachments": "x"}]
    ),
    "XAPI-00008 2.2 unknown keys": _of(
        bad=[
            {"mood": "good"},
            {"actor.mood": "x"},
            {"verb.mood": "x"},
            {"object.mood": "x"},
            {f"{DEFINITION}.mood": "x"},
            {"result.mood": "x"},
            {"result.score.mood": 1},
            {"context.mood": "x"},
            {"context.contextActivities.mood": []},
            {"actor.account.mood": "x"},
        ]
    ),
    "XAPI-00009 2.2 case of words": _of(
        bad=[
            {"actor.objectType": "agent"},
            {"object.objectType": "activity"},
            {f"{DEFINITION}.interactionType": "Choice"},
            {"object": {**REF, "objectType": "statementRef"}},
        ]
    ),
    "XAPI-00010 2.2 case of keys": _of(
        bad=[
            {"actor": GONE, "Actor": AGENT},
            {"verb": {"ID": "a:b"}},
            {"Result": {}},
            {"actor": {"Mbox": "mailto:a@x.example"}},
            {"context.Platform": "x"},
        ]
    ),
    "XAPI-00022 XAPI-00123 2.4.7 timestamp": _rule("timestamp", TIMES, NOT_TIMES),
    "XAPI-00023 2.4.8 stored": _rule("stored", TIMES, NOT_TIMES, within=False),
    "XAPI-00024 2.4.9 authority": _rule("authority", [AGENT, MAIL], NOT_AGENTS, within=False),
    "XAPI-00025 2.4.11 attachments": _rule("attachments", [[], [FILE]], [{}, "x", [1], [{}]]),
    "XAPI-00027 XAPI-00028 2.4.1 id": _rule(
        "id",
        ["DF216B5A-7448-586C-B8DA-A426AA6451A8", "01908c6f-8ee5-7cbd-b1c4-41e6f1b41fc9"],
        [*NOT_UUIDS, "{df216b5a-7448-586c-b8da-a426aa6451a8}"],
        within=False,
    ),
    "XAPI-00031 2.4.2 kinds of actors": _rule(
        "actor", [AGENT, MAIL, GROUP], [{**AGENT, "objectType": each} for each in ("Activity", "x")]
    ),
    "XAPI-00032 2.4.2.1 objectType": _rule("actor.objectType", ["Agent"], NOT_TEXTS),
    "XAPI-00033 2.4.2.1 name": _rule("actor.name", ["Alice", ""], NOT_TEXTS),
    "XAPI-00034 2.4.2.1 one identifier": _rule(
        "actor",
        [{"openid": "https://id.example/b"}, {"mbox_sha1sum": "0" * 40}],
        [
            {"name": "x"},
            {**MAIL, "account": ACCOUNT},
            {**MAIL, "openid": "a:b"},
            {**MAIL, "member": []},
        ],
    ),
    "XAPI-00035 2.4.2.2 members of an anonymous group": _rule(
        "actor", [GROUP], [{"objectType": "Group"}, {"objectType": "Group", "name": "x"}]
    ),
    "XAPI-00036 2.4.2.2 members are agents": _rule(
        "actor",
        [NAMED_GROUP, {**NAMED_GROUP, "member": []}],
        [{"objectType": "Group", "member": each} for each in (GROUP, [GROUP], ["x"], [{}], "x")],
    ),
    "XAPI-00037 2.4.2.2 one identifier of a group": _rule(
        "actor",
        [NAMED_GROUP],
        [{**NAMED_GROUP, "account": ACCOUNT}, {**NAMED_GROUP, "openid": "a:b"}],
    ),
    "XAPI-00038 2.4.2.3 mbox": _rule(
        "actor", [MAIL], [{"mbox": each} for each in ("a@x.example", "mailto:a", "", 1, {}, [])]
    ),
    "XAPI-00039 2.4.2.3 mbox_sha1sum": _rule(
        "actor",
        [{"mbox_sha1sum": "aF" * 20}],
        [{"mbox_sha1sum": each} for each in ("x", "", 1, {})],
    ),
    "XAPI-00040 2.4.2.3 openid": _rule(
        "actor", [{"openid": "https://id.example/x"}], [{"openid": each} for each in NOT_IRIS]
    ),
    "XAPI-00041 2.4.2.4 account": _rule("actor.account", [ACCOUNT], NOT_OBJECTS),
    "XAPI-00042 2.4.2.4 homePage": _rule("actor.account.homePage", ["a:b"], [GONE, *NOT_IRIS]),
    "XAPI-00043 2.4.2.4 name of an account": _rule(
        "actor.account.name", ["x", "ü"], [GONE, *NOT_TEXTS]
    ),
    "XAPI-00044 2.4.3 id of a verb": _rule("verb.id", ["a:b"], [GONE, *NOT_IRIS]),
    "XAPI-00045 XAPI-00121 2.4.3 display": _rule("verb.display", [LANGUAGES, {}], NOT_LANGUAGES),
    "XAPI-00046 2.4.4 kinds of objects": _rule(
        "object",
        [ACTIVITY, AGENT, GROUP, NAMED_GROUP, REF, {"id": "a:b"}],
        [{**ACTIVITY, "objectType": each} for each in ("x", "Thing", 1, {}, [])],
    ),
    "XAPI-00047 2.4.4.1 id of an activity": _rule("object.id", ["a:ü"], [GONE, *NOT_IRIS]),
    "XAPI-00048 2.4.4.1 definition": _rule(DEFINITION, [{}], NOT_OBJECTS),
    "XAPI-00049 2.4.4.1 interactionType": _rule(
        f"{DEFINITION}.interactionType",
        [
            "true-false",
            "choice",
            "fill-in",
            "long-fill-in",
            "matching",
            "performance",
            "sequencing",
            "likert",
            "numeric",
            "other",
        ],
        ["essay", "", 1, []],
    ),
    "XAPI-00050 2.4.4.1 correctResponsesPattern": _rule(
        f"{DEFINITION}.correctResponsesPattern",
        [["a[,]b", "c"], []],
        ["a", {}, [1]],
        **{f"{DEFINITION}.interactionType": "choice"},
    ),
    **{
        f"XAPI-000{50 + place} appendix C {part}": _rule(
            f"{DEFINITION}.{part}",
            [[{"id": "a", "description": LANGUAGES}, {"id": "b"}]],
            [
                "x",
                {},
                [1],
                [{}],
                [{"id": 1}],
                [{"id": "a"}, {"id": "a"}],
                [{"id": "a", "description": "x"}],
                [{"id": "a", "mood": "x"}],
            ],
            **{f"{DEFINITION}.interactionType": kind},
        )
        for place, (part, kind) in enumerate(
            [
                ("choices", "choice"),
                ("scale", "likert"),
                ("source", "matching"),
                ("target", "matching"),
                ("steps", "performance"),
            ],
            1,
        )
    },
    "XAPI-00056 2.4.4.1 name": _rule(f"{DEFINITION}.name", [LANGUAGES], NOT_LANGUAGES),
    "XAPI-00057 2.4.4.1 extensions": _rule(
        f"{DEFINITION}.extensions", [EXTENSIONS, {}], [*NOT_OBJECTS, {"note": 1}]
    ),
    "XAPI-00059 2.4.4.1 description": _rule(
        f"{DEFINITION}.description", [LANGUAGES], NOT_LANGUAGES
    ),
    "XAPI-00060 2.4.4.1 type": _rule(f"{DEFINITION}.type", ["a:b"], NOT_IRIS),
    "XAPI-00061 2.4.4.1 moreInfo": _rule(f"{DEFINITION}.moreInfo", ["a:b"], NOT_IRIS),
    "XAPI-00064 2.4.4.1 parts that need an interactionType": _of(
        bad=[
            {DEFINITION: {part: []}}
            for part in ("correctResponsesPattern", "choices", "scale", "source", "target", "steps")
        ]
    ),
    "XAPI-00065 2.4.4.2 an agent as object says so": _of(
        bad=[{"object": MAIL}, {"object": {**GROUP, "objectType": "Activity"}}]
    ),
    **{
        f"XAPI-000{number} 2.4.4.3 no {name} within": _rule(
            "object",
            [],
            [
                {
                    "objectType": "SubStatement",
                    "actor": AGENT,
                    "verb": {"id": "a:b"},
                    "object": ACTIVITY,
                    name: value,
                }
            ],
            within=False,
        )
        for number, name, value in (
            (67, "authority", AGENT),
            (68, "version", "1.0.0"),
            (69, "stored", "2026-02-03T08:00:00Z"),
            (70, "id", REF["id"]),
        )
    },
    "XAPI-00071 2.4.4.3 no SubStatement within": _rule(
        "object",
        [{"objectType": "SubStatement", "actor": AGENT, "verb": {"id": "a:b"}, "object": REF}],
        [
            {
                "objectType": "SubStatement",
                "actor": AGENT,
                "verb": {"id": "a:b"},
                "object": {
                    "objectType": "SubStatement",
                    "actor": AGENT,
                    "verb": {"id": "a:b"},
                    "object": ACTIVITY,
                },
            },
            {"objectType": "SubStatement", "actor": AGENT, "object": ACTIVITY},
        ],
        within=False,
    ),
    "XAPI-00072 XAPI-00073 2.4.4.3 reference": _rule(
        "object",
        [REF],
        [
            {"objectType": "StatementRef"},
            {"objectType": "StatementRef", "id": "x"},
            {**REF, "definition": {}},
        ],
    ),
    "XAPI-00074 2.4.5 success": _rule("result.success", [True, False], NOT_FLAGS),
    "XAPI-00075 2.4.5 completion": _rule("result.completion", [True, False], NOT_FLAGS),
    "XAPI-00076 2.4.5 response": _rule("result.response", ["", "x"], NOT_TEXTS),
    "XAPI-00077 XAPI-00124 2.4.5 4.6 duration": _rule(
        "result.duration",
        ["P2W", "PT0S", "P1Y2M3DT4H5M6.789S", "PT16559.14S", "PT1.5H"],
        ["", "P", "PT", "5 minutes", "P1DT", "PT1S2M", "P1W2D", 5, {}],
    ),
    "XAPI-00078 XAPI-00118 XAPI-00119 XAPI-00120 4.1 extensions": _rule(
        "result.extensions", [EXTENSIONS, {}], [*NOT_OBJECTS, {"note": 1}, {"": 1}]
    ),
    "XAPI-00118 4.1 extensions of the context": _rule(
        "context.extensions", [EXTENSIONS], [*NOT_OBJECTS, {"note": 1}]
    ),
    "XAPI-00079 2.4.5.1 score": _rule("result.score", [{}], NOT_OBJECTS),
    "XAPI-00080 2.4.5.1 max": _rule(
        "result.score", [{"max": 1.234567}], [{"max": each} for each in NOT_NUMBERS]
    ),
    "XAPI-00081 2.4.5.1 min": _rule(
        "result.score",
        [{"min": 1, "max": 2}],
        [{"min": 2, "max": 2}, {"min": 3, "max": 2}, {"min": "1"}],
    ),
    "XAPI-00082 2.4.5.1 raw": _rule(
        "result.score",
        [{"raw": -5}, {"raw": 2, "min": 2, "max": 3}, {"raw": 3, "min": 2, "max": 3}],
        [{"raw": 1, "min": 2}, {"raw": 4, "max": 3}, {"raw": "1"}],
    ),
    "XAPI-00083 2.4.5.1 scaled": _rule(
        "result.score",
        [{"scaled": each} for each in (-1, 1, 1.0, 0)],
        [{"scaled": each} for each in (1.01, -1.01, 2, "1", True)],
    ),
    "XAPI-00084 2.4.6 revision is for activities": _of(
        {"context.revision": "1"},
        bad=[{"context.revision": "1", "object": each} for each in (REF, AGENT, GROUP)],
    ),
    "XAPI-00085 2.4.6 platform is for activities": _of(
        {"context.platform": "x"},
        bad=[{"context.platform": "x", "object": each} for each in (REF, AGENT, GROUP)],
    ),
    "XAPI-00086 2.4.6 contextActivities": _rule("context.contextActivities", [{}], NOT_OBJECTS),
    "XAPI-00087 2.4.6 registration": _rule("context.registration", [REF["id"]], NOT_UUIDS),
    "XAPI-00088 2.4.6 team": _rule(
        "context.team", [GROUP, NAMED_GROUP], [AGENT, MAIL, *NOT_AGENTS]
    ),
    "XAPI-00088 2.4.6 instructor": _rule("context.instructor", [AGENT, MAIL, GROUP], NOT_AGENTS),
    "XAPI-00089 2.4.6 revision": _rule("context.revision", ["1", ""], NOT_TEXTS),
    "XAPI-00090 2.4.6 platform": _rule("context.platform", ["x", ""], NOT_TEXTS),
    "XAPI-00091 XAPI-00013 2.4.6 language": _rule(
        "context.language",
        ["en", "en-GB", "zh-Hant-TW", "x-own"],
        ["", "english language", "a12345", 1, {}],
    ),
    "XAPI-00092 2.4.6 statement": _rule(
        "context.statement",
        [REF],
        [*NOT_OBJECTS, {}, ACTIVITY, {**REF, "id": "x"}, {"id": REF["id"]}],
    ),
    "XAPI-00093 2.4.6.2 roles": _rule(
        "context.contextActivities",
        [{role: [ACTIVITY]} for role in ("parent", "grouping", "category", "other")],
        [{"sibling": [ACTIVITY]}, {"Parent": [ACTIVITY]}],
    ),
    "XAPI-00094 2.4.6.2 activities": _rule(
        "context.contextActivities.parent",
        [ACTIVITY, [ACTIVITY], []],
        ["x", 1, [1], [AGENT], [REF], [{}]],
    ),
    "XAPI-00098 XAPI-00100 2.4.9 a group as authority": _rule(
        "authority",
        [{"objectType": "Group", "member": [{"account": ACCOUNT}, MAIL]}],
        [{"objectType": "Group", "member": each} for each in ([], [MAIL], [MAIL] * 3)]
        + [NAMED_GROUP],
        within=False,
    ),
    "XAPI-00102 2.4.11 length": _rule(
        "attachments",
        [[{**FILE, "length": 0}]],
        [[{**FILE, "length": each}] for each in ("1", -1, 1.5, True, {})],
    ),
    "XAPI-00103 2.4.11 sha2": _rule(
        "attachments",
        [[{**FILE, "sha2": "aF" * size}] for size in (28, 32, 48, 64)],
        [[{**FILE, "sha2": each}] for each in (1, {}, "", "x" * 64, "0" * 40)],
    ),
    "XAPI-00104 2.4.11 fileUrl": _rule(
        "attachments", [], [[{**FILE, "fileUrl": each}] for each in NOT_IRIS]
    ),
    "XAPI-00105 2.4.11 contentType": _rule(
        "attachments",
        [[{**FILE, "contentType": "text/plain; charset=ascii"}]],
        [[{**FILE, "contentType": each}] for each in NOT_TEXTS],
    ),
    "XAPI-00106 2.4.11 display and description": _rule(
        "attachments",
        [[{**FILE, "display": LANGUAGES}]],
        [[{**FILE, part: each}] for part in ("display", "description") for each in NOT_LANGUAGES],
    ),
    "XAPI-00107 2.4.11 what is needed": _rule(
        "attachments",
        [],
        [
            [{key: FILE[key] for key in FILE if key != lost}]
            for lost in ("usageType", "display", "contentType", "length", "sha2")
        ]
        + [[{**FILE, "usageType": each}] for each in NOT_IRIS]
        + [[{**FILE, "mood": "x"}]],
    ),
}

SECOND: dict[str, Rule] = {
    f"IEEE 9274.1.1 4.2.2.5 context{role}s": _rule(
        f"context.context{role}s",
        [
            [
                {
                    "objectType": f"context{role}",
                    part: held,
                    "relevantTypes": ["https://x.example/t"],
                }
            ],
            [{"objectType": f"context{role}", part: held}],
            [],
        ],
        [
            "x",
            {},
            [1],
            [{}],
            [{part: held}],
            [{"objectType": f"context{role}"}],
            [{"objectType": "x", part: held}],
            [{"objectType": f"context{role}", part: {}}],
            *[
                [{"objectType": f"context{role}", part: held, "relevantTypes": each}]
                for each in ([], ["no iri"], "a:b", [1])
            ],
            [{"objectType": f"context{role}", part: held, "mood": 1}],
        ],
    )
    for role, part, held in (("Agent", "agent", AGENT), ("Group", "group", GROUP))
}
"""What version 2.0 knows and 1.0.3 does not: there all of it is unknown."""
VERSIONS = {
    "1.0.3": (["1.0", "1.0.0", "1.0.3", "1.0.9"], ["0.9.9", "1.1.0", "2.0.0", "", "x", 1]),
    "2.0.0": (["1.0", "1.0.9", "2.0", "2.0.0", "2.0.1"], ["0.9.9", "1.1.0", "2.1.0", "", "x", 2]),
}
"""XAPI-00101, 2.4.10: versions that a statement may name, and some that it may not."""


def within(statement: dict[str, Any]) -> dict[str, Any]:
    """Give a statement whose SubStatement is the given one."""
    return {
        "actor": MAIL,
        "verb": {"id": "https://verbs.example/planned"},
        "object": {"objectType": "SubStatement", **statement},
    }
