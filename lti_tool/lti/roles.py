"""Roles of a platform -> ours. Only roles in the context give power (LTI 1.3 core, A.2.3)."""

from __future__ import annotations

from collections.abc import Iterable

from lti_tool.visit import Role

MEMBERSHIP = "http://purl.imsglobal.org/vocab/lis/v2/membership"

WORDS = {
    "Learner": Role.LEARNER,
    "Instructor": Role.INSTRUCTOR,
    "TeachingAssistant": Role.INSTRUCTOR,
    "ContentDeveloper": Role.INSTRUCTOR,
}
"""Core and sub-roles that are known here, by their last word."""


def context_roles(given: Iterable[str]) -> frozenset[Role]:
    """Give our roles for those of a launch or roster; whoever has none that is known learns.

    Institution and system roles are passed over: an administrator of the platform is nobody here
    until the role is granted. Short words (``Learner``) are context roles by the standard.
    """
    found = {role for word in given if (role := _role(word)) is not None}
    return frozenset(found or {Role.LEARNER})


def _role(given: str) -> Role | None:
    if "#" not in given:
        return WORDS.get(given)
    vocabulary, _, word = given.rpartition("#")
    if vocabulary == MEMBERSHIP:
        return WORDS.get(word)
    if vocabulary.startswith(f"{MEMBERSHIP}/"):  # a sub-role: membership/Instructor#Grader
        return WORDS.get(word) or WORDS.get(vocabulary.rpartition("/")[2])
    return None
