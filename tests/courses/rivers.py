"""A second small course, that takes a module and a pool of the course of capitals."""

from __future__ import annotations

from pathlib import Path

FILES = {
    "course.yaml": """\
id: rivers
title: Rivers of Europe
summary: Where rivers begin and end.
version: "1.0"
level: awareness
hours: 2
licence: CC0-1.0
project: Tests
legal_status_on: 2026-01-01
modules:
  - {uses: capitals/01-europe}
  - 02-danube
exam: exam
glossary: glossary
self_test: self-test
""",
    "02-danube/module.yaml": """\
title: The Danube
hours: 1
outcomes:
  - {id: lo1, text: Follow the Danube from source to mouth}
items: [01-source]
""",
    "02-danube/01-source.md": """\
---
title: From source to mouth
minutes: 3
outcomes: [lo1]
---

The Danube passes four capitals: Vienna, Bratislava, Budapest and Belgrade.
""",
    "exam/exam.yaml": """\
title: Exam about rivers
minutes: 10
attempts: 3
elements:
  - {id: e1, title: Capitals, uses: capitals/01-europe, draw: 1}
  - {id: e2, title: Danube, pool: 02-danube, draw: 1}
""",
    "exam/02-danube.yaml": """\
questions:
  - {id: r1, kind: true-false, text: The Danube passes Vienna., correct: true}
  - {id: r2, kind: true-false, text: The Danube passes Rome., correct: false}
  - {id: r3, kind: true-false, text: The Danube passes Budapest., correct: true}
""",
    "glossary.yaml": """\
terms:
  - {term: Mouth, text: Where a river ends.}
""",
    "self-test.yaml": """\
title: What do I know already?
questions:
  - {id: d1, module: 02-danube, kind: true-false, text: The Danube passes Paris., correct: false}
""",
}


def write_rivers(beside: Path) -> Path:
    """Write the course into a folder of courses, and give its own folder."""
    folder = beside / "rivers"
    for name, text in FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder
