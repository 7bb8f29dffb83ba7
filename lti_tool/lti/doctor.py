"""The launch doctor: a trace of each launch, and what it means. No personal data."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, delete, select
from sqlalchemy.orm import Session

from lti_tool.errors import NotFoundError
from lti_tool.i18n import gettext as _
from lti_tool.lti.checks import Check
from lti_tool.lti.models import LaunchTrace, Platform
from lti_tool.lti.remedies import ACCEPTED, REMEDIES, Explanation
from xapi.prepared import Prepared, Running

CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Letters and figures that nobody mistakes when they are read out."""
MISREAD = str.maketrans("OIL", "011")
TEXT_LENGTH = 255
NOTABLE_SKEW_S = 5

_VALUES: dict[str, Any] = {
    name: bindparam(name)
    for name in (
        *("code", "at", "platform_id", "accepted", "check_name"),
        *("skew_s", "kid", "binding", "deployment", "detail"),
    )
}
INSERT = Prepared.for_both(
    lambda insert: insert(LaunchTrace).values(_VALUES).on_conflict_do_nothing()
)
"""A code that is taken costs the trace, never the launch."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceFilter:
    """Which traces are wanted; None and False ask for all."""

    platform_id: UUID | None = None
    refused_only: bool = False
    check: Check | None = None
    since: datetime | None = None
    limit: int = 100


@dataclass(frozen=True, slots=True)
class ShownTrace:
    """A trace with the name of its platform and what it means."""

    trace: LaunchTrace
    platform_name: str
    explanation: Explanation


def new_code() -> str:
    """Make a code to be read out, such as ``K7QF-2M9T`` (40 random bits)."""
    bits = secrets.randbits(40)
    letters = "".join(CROCKFORD[bits >> shift & 31] for shift in range(0, 40, 5))
    return f"{letters[:4]}-{letters[4:]}"


def record(
    session: Running,
    *,
    accepted: bool,
    check: Check | None = None,
    code: str,
    platform_id: UUID | None = None,
    skew_s: int | None = None,
    kid: str = "",
    binding: str = "",
    deployment: str = "",
    detail: Mapping[str, Any] | None = None,
    now: datetime,
) -> None:
    """Keep the trace of a login or launch, in the caller's transaction.

    Args:
        session: of the caller.
        accepted: whether it was let in.
        check: the one that refused; None where accepted.
        code: from :func:`new_code`, shown to whoever was refused.
        platform_id: whose launch, once that is known.
        skew_s: the platform's clock minus ours.
        kid: of the platform's key.
        binding: how the browser was recognised.
        deployment: id that the message names.
        detail: found and expected; nothing that names anybody.
        now: the moment.
    """
    INSERT.run(
        session,
        {
            "code": code,
            "at": now,
            "platform_id": platform_id,
            "accepted": accepted,
            "check_name": check.value if check else "",
            "skew_s": skew_s,
            "kid": kid[:TEXT_LENGTH],
            "binding": binding,
            "deployment": deployment[:TEXT_LENGTH],
            "detail": dict(detail or {}),
        },
    )


def explain(trace: LaunchTrace) -> Explanation:
    """Say in plain words why a launch ended as it did, and what helps."""
    found = ACCEPTED if trace.accepted else REMEDIES.get(trace.check_name)
    if found is None:
        return Explanation(
            _("A check refused that this version of the tool does not know."),
            _("Look at the trace's details, and at the release notes of the tool."),
        )
    remedy = _(found.remedy)
    if trace.skew_s is not None and abs(trace.skew_s) >= NOTABLE_SKEW_S:
        remedy = f"{remedy} {_skew(trace.skew_s)}"
    return Explanation(_(found.cause), remedy)


def _skew(skew_s: int) -> str:
    words = (
        _("The platform's clock is %(seconds)d s ahead of ours.")
        if skew_s > 0
        else _("The platform's clock is %(seconds)d s behind ours, or the message came that late.")
    )
    return words % {"seconds": abs(skew_s)}


def list_traces(session: Session, wanted: TraceFilter) -> list[ShownTrace]:
    """Give the traces that fit, the newest first."""
    query = _shown().order_by(LaunchTrace.at.desc()).limit(wanted.limit)
    if wanted.platform_id is not None:
        query = query.where(LaunchTrace.platform_id == wanted.platform_id)
    if wanted.refused_only:
        query = query.where(LaunchTrace.accepted.is_(False))
    if wanted.check is not None:
        query = query.where(LaunchTrace.check_name == wanted.check.value)
    if wanted.since is not None:
        query = query.where(LaunchTrace.at >= wanted.since)
    return [ShownTrace(trace, name or "", explain(trace)) for trace, name in session.execute(query)]


def find(session: Session, code: str) -> ShownTrace:
    """Give the trace of a code, however it was typed.

    Raises:
        NotFoundError: there is none (any more).
    """
    row = session.execute(_shown().where(LaunchTrace.code == read_code(code))).one_or_none()
    if row is None:
        raise NotFoundError(
            "trace",
            words=_(
                "There is no trace of this code. Traces are kept for 30 days; check the code as "
                "the page showed it."
            ),
        )
    trace, name = row
    return ShownTrace(trace, name or "", explain(trace))


def read_code(given: str) -> str:
    """Give a code as it is kept: in capitals, letters that were misread put right, one dash."""
    letters = "".join(each for each in given.upper() if each.isalnum()).translate(MISREAD)
    return f"{letters[:4]}-{letters[4:]}"


def forget(session: Session, before: datetime) -> int:
    """Remove the traces from before a moment; give how many."""
    result = session.execute(
        delete(LaunchTrace).where(LaunchTrace.at < before),
        execution_options={"synchronize_session": False},
    )
    return int(result.rowcount)  # type: ignore[attr-defined]  # a delete has one


def _shown() -> Any:
    return select(LaunchTrace, Platform.name).outerjoin(
        Platform, Platform.id == LaunchTrace.platform_id
    )
