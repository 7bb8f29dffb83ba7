"""Key, tools, activities and grades in a file, from one run to the next."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from lti_tool.practice.model import Activity, Admission, Column, Grade, Hold, Options, Tool
from lti_tool.practice.signing import KeyPair
from lti_tool.practice.state import State


def write(state: State, path: str) -> None:
    """Write everything down that a later run needs; whole or not at all."""
    with state.lock:
        text = json.dumps(
            {
                "keys": [{"kid": key.kid, "pem": key.pem} for key in state.keys],
                "tools": [_tool(tool) for tool in state.tools.values()],
                "activities": [asdict(each) for each in state.activities.values()],
                "columns": [asdict(each) for each in state.columns.values()],
                "suspended": {
                    str(course.id): sorted(course.suspended) for course in state.courses.values()
                },
                "admissions": {key: asdict(each) for key, each in state.admissions.items()},
                "used_admissions": sorted(state.used_admissions),
            },
            indent=1,
        )
        draft = Path(f"{path}.new")
        draft.touch(mode=0o600)
        draft.write_text(text)
        draft.replace(path)


def read(options: Options) -> State:
    """Give the state that was written down, or a new one where nothing was."""
    path = Path(options.keep_at)
    if not options.keep_at or not path.is_file():
        return State(options)
    held: dict[str, Any] = json.loads(path.read_text())
    keys = [KeyPair.read(each["kid"], each["pem"]) for each in held["keys"]]
    state = State(options, keys[-1])
    state.keys = keys
    for each in held["tools"]:
        each["redirect_urls"] = tuple(each["redirect_urls"])
        state.tools[each["id"]] = Tool(**each)
    for each in held["activities"]:
        state.activities[each["id"]] = Activity(**each)
    for each in held["columns"]:
        each["grades"] = {int(key): _grade(grade) for key, grade in each["grades"].items()}
        state.columns[each["id"]] = Column(**each)
    for key, suspended in held["suspended"].items():
        state.courses[int(key)].suspended = set(suspended)
    state.admissions = {key: Admission(**each) for key, each in held["admissions"].items()}
    state.used_admissions = set(held["used_admissions"])
    state.raise_ids([*state.tools, *state.activities, *state.columns])
    return state


def _tool(tool: Tool) -> dict[str, Any]:
    fields = {name: getattr(tool, name) for name in Tool.__dataclass_fields__}
    del fields["kept_keys"]  # fetched again when needed
    return fields


def _grade(held: dict[str, Any]) -> Grade:
    return Grade(**{**held, "hold": Hold(held["hold"])})
