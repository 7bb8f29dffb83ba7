"""Choosing a course or parts of one for the platform's own course (LTI Deep Linking 2.0)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from pylti1p3.deep_link import DeepLink
from pylti1p3.deep_link_resource import DeepLinkResource
from pylti1p3.lineitem import LineItem as GradeColumn
from sqlalchemy import select
from sqlalchemy.orm import Session

from courses.model import Course, Module, Quiz
from lti_tool.errors import ConflictingError
from lti_tool.lti.models import Deployment, Launch, Platform
from lti_tool.lti.protocol import Registration
from lti_tool.lti.services import BACKDATED_S

RESOURCE_LINK = "ltiResourceLink"
CLAIM = "https://purl.imsglobal.org/spec/lti-dl/claim/"
COLUMN_MAXIMUM = 100
"""Moodle takes a whole number from 1 to 100; scores carry a maximum of their own."""
TITLE_LENGTH = 255


@dataclass(frozen=True, slots=True)
class Choice:
    """A part of a course that can be linked; ``item_path`` empty: the whole course."""

    course_id: str
    item_path: str
    title: str
    text: str
    is_graded: bool

    @property
    def key(self) -> str:
        """Give the value of its form field, and of the column's resource id."""
        return f"{self.course_id}/{self.item_path}" if self.item_path else self.course_id


@dataclass(frozen=True, slots=True)
class CourseChoices:
    """A course with everything of it that can be linked."""

    whole: Choice
    modules: tuple[tuple[Choice, tuple[Choice, ...]], ...]
    """Each module with its quizzes."""
    exam: Choice | None
    course: Course

    def __iter__(self) -> Any:
        """Give every choice in order."""
        yield self.whole
        for module, quizzes in self.modules:
            yield module
            yield from quizzes
        if self.exam is not None:
            yield self.exam


@dataclass(frozen=True, slots=True)
class LinkingRequest:
    """What a platform asked for, as far as we answer it."""

    return_url: str
    takes_links: bool
    takes_several: bool
    takes_columns: bool
    settings: Mapping[str, Any]
    issuer: str
    client_id: str
    deployment_id: str


def choices_of(course: Course) -> CourseChoices:
    """Give what of a course can be linked."""
    whole = Choice(course.id, "", course.title, course.summary, _is_graded(course))
    exam = course.exam
    return CourseChoices(
        whole,
        tuple(_module_choices(course, module) for module in course.modules),
        Choice(course.id, exam.id, f"{course.title}: {exam.title}", "", True) if exam else None,
        course,
    )


def _module_choices(course: Course, module: Module) -> tuple[Choice, tuple[Choice, ...]]:
    quizzes = tuple(item for item in module.items if isinstance(item, Quiz))
    return (
        Choice(course.id, module.id, module.title, module.summary, bool(quizzes)),
        tuple(
            Choice(course.id, quiz.id, f"{module.title}: {quiz.title}", "", True)
            for quiz in quizzes
        ),
    )


def _is_graded(course: Course) -> bool:
    return course.exam is not None or any(isinstance(item, Quiz) for item in course.items())


def find_request(session: Session, launch_id: UUID) -> LinkingRequest:
    """Give the request that a visit came with.

    Raises:
        ConflictingError: the visit did not come to choose.
    """
    row = session.execute(
        select(Launch.deep_linking, Platform.issuer, Platform.client_id, Deployment.deployment_id)
        .join(Platform, Platform.id == Launch.platform_id)
        .join(Deployment, Deployment.id == Launch.deployment_id)
        .where(Launch.id == launch_id)
    ).one_or_none()
    if row is None or not row.deep_linking:
        raise ConflictingError(f"launch {launch_id} is no deep linking request")
    settings = row.deep_linking
    return LinkingRequest(
        return_url=settings["deep_link_return_url"],
        takes_links=RESOURCE_LINK in settings.get("accept_types", ()),
        takes_several=_is_true(settings.get("accept_multiple", False)),
        takes_columns=_is_true(settings.get("accept_lineitem", True)),
        settings=settings,
        issuer=row.issuer,
        client_id=row.client_id,
        deployment_id=row.deployment_id,
    )


def _is_true(value: object) -> bool:
    return value is True or str(value).lower() == "true"


class Answer(DeepLink):
    """The library's answer, dated back a little, with ``data`` only where it was given."""

    def get_message_jwt(self, resources: Sequence[DeepLinkResource]) -> dict[str, object]:
        """Give the claims."""
        claims = super().get_message_jwt(resources)
        if "data" not in self._deep_link_settings:
            del claims[f"{CLAIM}data"]
        return {**claims, "iat": int(str(claims["iat"])) - BACKDATED_S}


def sign_answer(
    request: LinkingRequest,
    chosen: Sequence[Choice],
    registration: Registration,
    *,
    launch_url: str,
) -> str:
    """Give the signed answer with one resource link for each choice.

    Identity stands in ``custom`` (``course``, ``item``), the address is the same for all: a
    platform compares addresses byte for byte. Graded parts ask for a column.

    Raises:
        ConflictingError: the platform takes no resource links, or one only.
    """
    if chosen and not request.takes_links:
        raise ConflictingError("the platform takes no resource links")
    if len(chosen) > 1 and not request.takes_several:
        raise ConflictingError("the platform takes one link only")
    answer = Answer(registration, request.deployment_id, dict(request.settings))  # type: ignore[arg-type]
    return str(answer.get_response_jwt([_resource(each, request, launch_url) for each in chosen]))


class _Resource(DeepLinkResource):
    """The library's link, with a text, and without an empty icon."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self._text = text

    def to_dict(self) -> dict[str, object]:
        made = dict(super().to_dict())
        if self._text:
            made["text"] = self._text
        return made


def _resource(choice: Choice, request: LinkingRequest, launch_url: str) -> DeepLinkResource:
    custom = {"course": choice.course_id}
    if choice.item_path:
        custom["item"] = choice.item_path
    resource = _Resource(choice.text).set_url(launch_url).set_custom_params(custom)
    resource.set_title(choice.title[:TITLE_LENGTH])
    if choice.is_graded and request.takes_columns:
        column = (
            GradeColumn().set_score_maximum(COLUMN_MAXIMUM).set_label(choice.title[:TITLE_LENGTH])
        )
        resource.set_lineitem(column.set_resource_id(choice.key).set_tag(_tag(choice)))
    return resource


def _tag(choice: Choice) -> str:
    if choice.item_path == "exam":
        return "exam"
    if not choice.item_path:
        return "course"
    return "quiz" if "/" in choice.item_path else "module"
