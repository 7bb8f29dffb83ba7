"""What a launch leaves behind: person, context, link, column, launch. Statements made once.

A row that the same process wrote the same way a moment ago is not written again: a class that comes
in together names one context, one link and one column.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Connection, bindparam, case, func, insert

from lti_tool.lti.models import (
    Context,
    Launch,
    LineItem,
    Membership,
    Person,
    ResourceLink,
)
from lti_tool.vault import digest
from xapi.prepared import Prepared

MEMO = 4_096
LOOK_AGAIN = timedelta(minutes=10)
"""After which a launch asks once more for the column of a link that had none."""


def _binds(*names: str) -> dict[str, Any]:
    return {name: bindparam(name) for name in names}


def _upsert_person(made: Any) -> Any:
    told = ("name", "given_name", "family_name", "email", "locale", "seen_at")
    made = made(Person).values(
        _binds("id", "platform_id", "subject", "actor_name", "created_at", *told)
    )
    return made.on_conflict_do_update(
        index_elements=[Person.platform_id, Person.subject],
        set_={name: made.excluded[name] for name in told},
    ).returning(Person.id, Person.actor_name)


def _upsert_context(made: Any) -> Any:
    urls = ("memberships_url", "lineitems_url")
    told = ("label", "title", "ags_scopes")
    made = made(Context).values(_binds("id", "deployment_id", "context_key", *urls, *told))
    kept = {
        name: func.coalesce(func.nullif(made.excluded[name], ""), getattr(Context, name))
        for name in urls
    }
    return made.on_conflict_do_update(
        index_elements=[Context.deployment_id, Context.context_key],
        set_={name: made.excluded[name] for name in told} | kept,
    ).returning(Context.id)


def _upsert_membership(made: Any) -> Any:
    made = made(Membership).values(
        _binds("id", "context_id", "person_id", "roles", "updated_at") | {"is_active": True}
    )
    return made.on_conflict_do_update(
        index_elements=[Membership.context_id, Membership.person_id],
        set_={
            "roles": made.excluded.roles,
            "is_active": True,
            "updated_at": made.excluded.updated_at,
        },
    )


def _upsert_link(made: Any) -> Any:
    told = ("context_id", "title", "lineitem_url", "column_due_at")
    made = made(ResourceLink).values(
        _binds("id", "deployment_id", "link_key", "course_id", "item_path", *told)
    )
    new = made.excluded
    return made.on_conflict_do_update(
        index_elements=[ResourceLink.deployment_id, ResourceLink.link_key],
        set_={name: new[name] for name in told}
        | {
            "course_id": func.coalesce(new.course_id, ResourceLink.course_id),
            "item_path": case(
                (new.course_id.is_not(None), new.item_path), else_=ResourceLink.item_path
            ),
        },
    ).returning(ResourceLink.id, ResourceLink.course_id, ResourceLink.item_path)


def _upsert_column(made: Any) -> Any:
    told = ("resource_link_id", "course_id", "item_path")
    made = made(LineItem).values(_binds("id", "context_id", "url", "url_hash", "created_at", *told))
    return made.on_conflict_do_update(
        index_elements=[LineItem.context_id, LineItem.url_hash],
        set_={name: made.excluded[name] for name in told},
    )


PERSON = Prepared.for_both(_upsert_person)
CONTEXT = Prepared.for_both(_upsert_context)
MEMBERSHIP = Prepared.for_both(_upsert_membership)
LINK = Prepared.for_both(_upsert_link)
COLUMN = Prepared.for_both(_upsert_column)
LAUNCH = Prepared(
    insert(Launch).values(
    _binds(
        "id", "visit_hash", "cookie_hash", "platform_id", "deployment_id", "person_id",
        "context_id", "resource_link_id", "message_type", "roles", "locale", "document_target",
        "deep_linking", "created_at", "ends_at",
    )
    )
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Who:
    """A person as a launch names them."""

    platform_id: UUID
    subject: str
    name: str
    given_name: str
    family_name: str
    email: str
    locale: str


@dataclass(frozen=True, slots=True)
class Where:
    """A context as a launch names it."""

    deployment_id: UUID
    context_key: str
    label: str
    title: str
    memberships_url: str
    lineitems_url: str
    ags_scopes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class What:
    """A link as a launch names it; course and item only where the launch itself tells them."""

    deployment_id: UUID
    context_id: UUID | None
    link_key: str
    title: str
    course_id: str | None
    item_path: str | None
    lineitem_url: str
    may_have_column: bool = False
    """Whether a column may exist that the launch did not name."""


@dataclass(frozen=True, slots=True)
class KeptLink:
    """A link's row, and what it is bound to."""

    id: UUID
    course_id: str | None
    item_path: str | None


@dataclass(frozen=True, slots=True)
class Left:
    """What a launch wrote of what a whole class shares."""

    where: Where | None
    context_id: UUID | None
    what: What | None
    link: KeptLink | None
    at: datetime


@dataclass(slots=True)
class Memo:
    """What this process wrote lately, so that it is not written again."""

    contexts: dict[Where, UUID] = field(default_factory=dict)
    links: dict[What, tuple[KeptLink, datetime]] = field(default_factory=dict)
    """With when it was written: a link whose column is wanted is written again after a while."""
    columns: set[tuple[Any, ...]] = field(default_factory=set)

    def trim(self) -> None:
        """Forget all where it grows too large."""
        for held in (self.contexts, self.links, self.columns):
            if len(held) > MEMO:
                held.clear()


memo = Memo()


def keep_person(connection: Connection, who: Who, *, now: datetime) -> tuple[UUID, str]:
    """Write a person down; give row and pseudonym. What the platform withholds is emptied."""
    row = PERSON.one(
        connection,
        {
            "id": uuid4(),
            "platform_id": who.platform_id,
            "subject": who.subject,
            "actor_name": uuid4().hex,
            "name": who.name,
            "given_name": who.given_name,
            "family_name": who.family_name,
            "email": who.email,
            "locale": who.locale,
            "created_at": now,
            "seen_at": now,
        },
    )
    return row.id, row.actor_name


def keep_context(connection: Connection, where: Where) -> UUID:
    """Write a context down; an address that this launch leaves out stays."""
    held = memo.contexts.get(where)
    if held is not None:
        return held
    values = {
        "id": uuid4(),
        "deployment_id": where.deployment_id,
        "context_key": where.context_key,
        "label": where.label,
        "title": where.title,
        "memberships_url": where.memberships_url,
        "lineitems_url": where.lineitems_url,
        "ags_scopes": list(where.ags_scopes),
    }
    made: UUID = CONTEXT.one(connection, values).id
    return made


def keep_membership(
    connection: Connection, context_id: UUID, person_id: UUID, roles: list[str], *, now: datetime
) -> None:
    """Write down what somebody is in a context; replaces what they were."""
    MEMBERSHIP.run(
        connection,
        {
            "id": uuid4(),
            "context_id": context_id,
            "person_id": person_id,
            "roles": roles,
            "updated_at": now,
        },
    )


def keep_link(connection: Connection, what: What, *, now: datetime) -> KeptLink:
    """Write a link down; what it was bound to before stays where this launch does not say."""
    held = memo.links.get(what)
    if held is not None and (not what.may_have_column or now - held[1] < LOOK_AGAIN):
        return held[0]
    values = {
        "id": uuid4(),
        "deployment_id": what.deployment_id,
        "context_id": what.context_id,
        "link_key": what.link_key,
        "title": what.title,
        "course_id": what.course_id,
        "item_path": what.item_path,
        "lineitem_url": what.lineitem_url,
        "column_due_at": now if what.may_have_column else None,
    }
    row = LINK.one(connection, values)
    return KeptLink(row.id, row.course_id, row.item_path)


def keep_column(
    connection: Connection, context_id: UUID, link: KeptLink, url: str, *, now: datetime
) -> None:
    """Write down which column of the grade book shows what the link is bound to."""
    key = (context_id, url, link)
    if key in memo.columns or link.course_id is None:
        return
    COLUMN.run(
        connection,
        {
            "id": uuid4(),
            "context_id": context_id,
            "resource_link_id": link.id,
            "url": url,
            "url_hash": digest(url),
            "course_id": link.course_id,
            "item_path": link.item_path or "",
            "created_at": now,
        },
    )


def remember(left: Left) -> None:
    """Note what a launch wrote; called once its transaction has committed."""
    memo.trim()
    where, context_id, what, link = left.where, left.context_id, left.what, left.link
    if where is not None and context_id is not None:
        memo.contexts[where] = context_id
    if what is None or link is None or what.course_id is None:
        return
    held = memo.links.get(what)
    if held is None or left.at - held[1] >= LOOK_AGAIN:
        memo.links[what] = link, left.at
    if context_id is not None and what.lineitem_url:
        memo.columns.add((context_id, what.lineitem_url, link))


def keep_launch(connection: Connection, values: Mapping[str, Any]) -> None:
    """Write a launch down."""
    LAUNCH.run(connection, values)
