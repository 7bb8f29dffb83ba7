"""Statements as asked for: with identifiers alone, or with what the store knows in one language.

Source: xAPI 1.0.3, part three, 2.1.3 (format; language filtering). Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from xapi.contents import CONTEXT
from xapi.people import IDENTIFIERS

Plain = Mapping[str, Any]
Change = Callable[[Any], Any]
COMPONENTS = ("choices", "scale", "source", "target", "steps")


def with_ids(statement: Plain) -> dict[str, Any]:
    """Give a statement in which agents, verbs and activities are only identified."""
    made = _changed(statement, activity=_activity_id, agent=_agent_ids)
    made["verb"] = {"id": statement["verb"]["id"]}
    if made["object"].get("objectType") == "SubStatement":
        made["object"] = with_ids(statement["object"])
    return made


def in_language(
    statement: Plain, definitions: Mapping[str, Plain], wanted: tuple[str, ...]
) -> dict[str, Any]:
    """Give a statement with what is known of its activities, each word in one language.

    Args:
        statement: as kept.
        definitions: what is known, by the activity's IRI.
        wanted: languages, best first, as :func:`read_languages` gives them.
    """

    def known(activity: Plain) -> dict[str, Any]:
        definition = definitions.get(activity["id"], activity.get("definition"))
        if not definition:
            return dict(activity)
        return {**activity, "definition": _definition(definition, wanted)}

    made = _changed(statement, activity=known, agent=lambda agent: agent)
    if "display" in statement["verb"]:
        display = _one(statement["verb"]["display"], wanted)
        made["verb"] = {**statement["verb"], "display": display}
    if made["object"].get("objectType") == "SubStatement":
        made["object"] = in_language(statement["object"], definitions, wanted)
    return made


def read_languages(header: str) -> tuple[str, ...]:
    """Read ``Accept-Language``: the languages wanted, best first, small; ``*`` for any."""
    weighed: list[tuple[float, int, str]] = []
    for place, part in enumerate(header.split(",")):
        tag, _, rest = part.strip().lower().partition(";")
        weight = rest.strip().removeprefix("q=").strip() or "1"
        try:
            value = float(weight)
        except ValueError:
            continue
        if tag.strip() and 0 < value <= 1:
            weighed.append((-value, place, tag.strip()))
    return tuple(tag for _, _, tag in sorted(weighed))


def choose(tags: list[str], wanted: tuple[str, ...]) -> str:
    """Choose one of several languages, of which there is at least one.

    A tag fits what is wanted where it is the same or begins with it; failing that, where what is
    wanted begins with the tag; failing all, the first is taken.
    """
    small = {tag.lower(): tag for tag in tags}
    for want in wanted:
        if want == "*":
            return tags[0]
        for tag, written in small.items():
            if tag == want or tag.startswith(f"{want}-"):
                return written
    for want in wanted:
        for tag, written in small.items():
            if want.startswith(f"{tag}-"):
                return written
    return tags[0]


def _changed(statement: Plain, *, activity: Change, agent: Change) -> dict[str, Any]:
    """Give a statement with each activity and each agent of its own changed."""
    made = dict(statement)
    made["actor"] = agent(statement["actor"])
    if "authority" in statement:
        made["authority"] = agent(statement["authority"])
    thing = statement["object"]
    kind = thing.get("objectType", "Activity")
    if kind == "Activity":
        made["object"] = activity(thing)
    elif kind in {"Agent", "Group"}:
        made["object"] = agent(thing)
    if "context" in statement:
        made["context"] = _context(statement["context"], activity=activity, agent=agent)
    return made


def _context(given: Plain, *, activity: Change, agent: Change) -> dict[str, Any]:
    context = dict(given)
    for role in ("instructor", "team"):
        if role in context:
            context[role] = agent(context[role])
    if "contextActivities" in context:
        context["contextActivities"] = {
            role: [activity(each) for each in listed]
            for role, listed in context["contextActivities"].items()
        }
    for role, held in CONTEXT:
        if role in context:
            context[role] = [{**each, held: agent(each[held])} for each in context[role]]
    return context


def _activity_id(activity: Plain) -> dict[str, Any]:
    return {"id": activity["id"]}


def _agent_ids(agent: Plain) -> dict[str, Any]:
    made = {key: agent[key] for key in ("objectType", *IDENTIFIERS) if key in agent}
    if "member" in agent and not any(key in agent for key in IDENTIFIERS):
        made["member"] = [_agent_ids(each) for each in agent["member"]]
    return made


def _definition(definition: Plain, wanted: tuple[str, ...]) -> dict[str, Any]:
    made = dict(definition)
    for part in ("name", "description"):
        if part in made:
            made[part] = _one(made[part], wanted)
    for part in COMPONENTS:
        if part in made:
            made[part] = [
                {**each, "description": _one(each["description"], wanted)}
                if "description" in each
                else each
                for each in made[part]
            ]
    return made


def _one(words: Plain, wanted: tuple[str, ...]) -> dict[str, Any]:
    if len(words) < 2:
        return dict(words)
    tag = choose(list(words), wanted)
    return {tag: words[tag]}
