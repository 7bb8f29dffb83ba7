"""What a checked launch says, in our words; lengths are cut to what the tables hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from courses.catalogue import Catalogue
from lti_tool.lti.calls import is_address
from lti_tool.lti.protocol import AGS, CLAIM, DEEP_LINKING, DL_SETTINGS, NRPS
from lti_tool.lti.records import What, Where, Who
from lti_tool.lti.roles import context_roles
from lti_tool.visit import Role

SETTINGS = (
    "deep_link_return_url",
    "accept_types",
    "accept_multiple",
    "accept_lineitem",
    "data",
)
"""Of a deep linking request, what its answer needs."""
COLUMN_SCOPES = frozenset(
    f"https://purl.imsglobal.org/spec/lti-ags/scope/{name}"
    for name in ("lineitem", "lineitem.readonly")
)
"""With one of these the columns of a context may be read."""


@dataclass(frozen=True, slots=True)
class Said:
    """The claims of a checked launch, and the rows that vouch for it."""

    claims: Mapping[str, Any]
    platform_id: UUID
    deployment_id: UUID
    granted: frozenset[Role]
    """What the person holds here by grant, whatever the platform says."""
    frame_ancestors: tuple[str, ...] = ()
    """Origins that may frame what the person sees."""

    @property
    def message_type(self) -> str:
        """Give the kind of message, as the platform names it."""
        return str(self.claims[f"{CLAIM}message_type"])

    @property
    def is_deep_linking(self) -> bool:
        """Say whether somebody came to choose."""
        return self.message_type == DEEP_LINKING

    @property
    def document_target(self) -> str:
        """Give where the tool is shown: ``iframe``, ``frame``, ``window`` or nothing."""
        return _text(self._object("launch_presentation"), "document_target", 20)

    def context_roles(self) -> frozenset[Role]:
        """Give what somebody is in the context."""
        return context_roles(str(each) for each in self.claims[f"{CLAIM}roles"])

    def who(self) -> Who:
        """Give the person; names may be withheld."""
        claims = self.claims
        return Who(
            platform_id=self.platform_id,
            subject=str(claims["sub"]),
            name=_text(claims, "name", 400),
            given_name=_text(claims, "given_name", 200),
            family_name=_text(claims, "family_name", 200),
            email=_text(claims, "email", 320),
            locale=_text(self._object("launch_presentation"), "locale", 35),
        )

    def where(self) -> Where | None:
        """Give the context; None where the launch names none."""
        context = self._object("context")
        key = _text(context, "id", 255)
        if not key:
            return None
        listed = _list(_inner(self.claims, AGS), "scope")
        return Where(
            deployment_id=self.deployment_id,
            context_key=key,
            label=_text(context, "label", 255),
            title=_text(context, "title", 500),
            memberships_url=_address(_inner(self.claims, NRPS), "context_memberships_url"),
            lineitems_url=_address(_inner(self.claims, AGS), "lineitems"),
            ags_scopes=tuple(str(each)[:200] for each in listed[:20]),
        )

    def what(self, context_id: UUID | None, catalogue: Catalogue) -> What | None:
        """Give the link that was followed; None for a deep linking request.

        Course and item stand in ``custom``, where deep linking put them; what is not in the
        catalogue is passed over. An empty ``lineitem`` is none: Moodle sends one where a column
        was made later.
        """
        if self.is_deep_linking:
            return None
        link = self._object("resource_link")
        course_id, item_path = self._bound_to(catalogue)
        services = _inner(self.claims, AGS)
        lineitem_url = _address(services, "lineitem")
        may_look = bool(_address(services, "lineitems")) and not COLUMN_SCOPES.isdisjoint(
            str(each) for each in _list(services, "scope")
        )
        return What(
            deployment_id=self.deployment_id,
            context_id=context_id,
            link_key=_text(link, "id", 255),
            title=_text(link, "title", 500),
            course_id=course_id,
            item_path=item_path,
            lineitem_url=lineitem_url,
            may_have_column=may_look and not lineitem_url and context_id is not None,
        )

    def settings(self) -> dict[str, Any]:
        """Give the settings of a deep linking request, as far as its answer needs them."""
        given = _inner(self.claims, DL_SETTINGS)
        return {name: given[name] for name in SETTINGS if name in given}

    def _bound_to(self, catalogue: Catalogue) -> tuple[str | None, str | None]:
        custom = self._object("custom")
        course = catalogue.get(_text(custom, "course", 60))
        if course is None:
            return None, None
        path = _text(custom, "item", 130)
        if not path:
            return course.id, None
        known = course.item(path) is not None or any(each.id == path for each in course.modules)
        return course.id, path if known else None

    def _object(self, name: str) -> Mapping[str, Any]:
        return _inner(self.claims, f"{CLAIM}{name}")


def _inner(claims: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    given = claims.get(name)
    return given if isinstance(given, dict) else {}


def _list(given: Mapping[str, Any], name: str) -> list[Any]:
    value = given.get(name)
    return value if isinstance(value, list) else []


def _text(given: Mapping[str, Any], name: str, length: int) -> str:
    value = given.get(name)
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        return ""
    return str(value).replace("\x00", "")[:length]


def _address(given: Mapping[str, Any], name: str) -> str:
    """Give an address of a service; what is none, or neither http nor https, counts as none."""
    text = _text(given, name, 2_000)
    return text if text.startswith(("https://", "http://")) and is_address(text) else ""
