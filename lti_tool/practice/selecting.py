"""What deep linking brings: from a signed answer to activities and columns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lti_tool.practice.access import verify_tool
from lti_tool.practice.claims import LTI
from lti_tool.practice.model import Activity, Column, Course, Tool
from lti_tool.practice.quirks import Quirk
from lti_tool.practice.signing import SignatureError
from lti_tool.practice.state import State

DL = "https://purl.imsglobal.org/spec/lti-dl/claim/"
HIGHEST = 100
TITLE_LENGTH = 255


@dataclass(slots=True)
class Draft:
    """One activity that the teacher has not saved yet."""

    title: str
    text: str
    url: str
    custom: dict[str, Any]
    column: dict[str, Any] | None
    in_new_window: bool = False


class AnswerError(Exception):
    """The tool's answer cannot be taken; the text says why."""


def read_answer(state: State, tool: Tool, course: Course, token: str) -> tuple[list[Draft], str]:
    """Give the drafts of a signed answer, and the message for the teacher where one is shown.

    Raises:
        AnswerError: not signed by the tool, or no answer at all.
    """
    try:
        claims = verify_tool(state, tool, token)
    except SignatureError as error:
        raise AnswerError(str(error)) from error
    if claims.get("iss") != tool.client_id:
        raise AnswerError("iss is not the tool's client id")
    if claims.get(f"{LTI}message_type") != "LtiDeepLinkingResponse":
        raise AnswerError("the message type is not LtiDeepLinkingResponse")
    if not state.has(Quirk.UNCHECKED_ANSWER):
        _check(state, tool, course, claims)
    drafts = [
        _draft(tool, item) for item in claims.get(f"{DL}content_items") or () if _takes(state, item)
    ]
    shown = claims.get(f"{DL}errormsg") or claims.get(f"{DL}msg") or ""
    return drafts, "" if state.has(Quirk.UNSEEN_MESSAGES) else str(shown)


def fault_of(state: State, draft: Draft) -> str:
    """Say why a single activity cannot be saved; empty: it can."""
    if len(draft.title) > TITLE_LENGTH and state.has(Quirk.TITLE_LIMIT):
        return f"The name is too long: at most {TITLE_LENGTH} characters."
    if draft.column is not None and not _is_whole(draft.column) and state.has(Quirk.WHOLE_MAXIMUM):
        return f"The maximum grade must be a whole number from 1 to {HIGHEST}."
    return ""


def save(state: State, tool: Tool, course: Course, drafts: list[Draft]) -> list[Activity]:
    """Make each draft an activity, in order; a maximum the platform cannot use is not told."""
    made = []
    with state.lock:
        for draft in drafts:
            activity = Activity(
                state.next_id(),
                course.id,
                tool.id,
                draft.title,
                draft.text,
                draft.url,
                draft.custom,
                draft.in_new_window,
            )
            made.append(state.add_activity(activity, _column(state, activity, draft)))
    return made


def _check(state: State, tool: Tool, course: Course, claims: Mapping[str, Any]) -> None:
    named = claims.get("aud")
    if state.issuer not in ([named] if isinstance(named, str) else list(named or ())):
        raise AnswerError("aud is not this platform")
    if not claims.get("nonce"):
        raise AnswerError("nonce is missing")
    if claims.get(f"{LTI}deployment_id") != tool.deployment_id:
        raise AnswerError("deployment_id is not the tool's")
    if not state.has(Quirk.LINKS_ONLY) and claims.get(f"{DL}data") != f"{course.id}.{tool.id}":
        raise AnswerError("data is not what the request said")


def _takes(state: State, item: Mapping[str, Any]) -> bool:
    return item.get("type") == "ltiResourceLink" or state.has(Quirk.ALL_ACTIVITIES)


def _draft(tool: Tool, item: Mapping[str, Any]) -> Draft:
    column = item.get("lineItem")
    return Draft(
        title=str(item.get("title") or tool.name),
        text=str(item.get("text") or ""),
        url=str(item.get("url") or ""),
        custom=dict(item.get("custom") or {}),
        column=dict(column) if isinstance(column, dict) else None,
        in_new_window="window" in item,
    )


def _column(state: State, activity: Activity, draft: Draft) -> Column | None:
    if draft.column is None:
        return None
    maximum = draft.column.get("scoreMaximum")
    is_number = isinstance(maximum, (int, float)) and maximum > 0
    named = activity.title
    if not state.has(Quirk.COLUMN_NAMED_AFTER):
        named = str(draft.column.get("label") or activity.title)
    return Column(
        state.next_id(),
        activity.course_id,
        activity.tool_id,
        named,
        float(maximum) if isinstance(maximum, (int, float)) and is_number else HIGHEST,
        activity.id,
        str(draft.column.get("resourceId") or ""),
        str(draft.column.get("tag") or ""),
        takes_numbers=is_number and (_is_whole(draft.column) or not state.has(Quirk.WHOLE_MAXIMUM)),
        submission_review=draft.column.get("submissionReview"),
    )


def _is_whole(column: Mapping[str, Any]) -> bool:
    maximum = column.get("scoreMaximum")
    return (
        isinstance(maximum, (int, float))
        and float(maximum).is_integer()
        and 1 <= maximum <= HIGHEST
    )
