"""Who holds which role, given by whom; read at every launch."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import Index, String, bindparam, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from lti_tool.db import Base, Erasure
from lti_tool.visit import Role


class Grant(Base):
    """One role held by one person of one issuer, perhaps before they ever came."""

    __tablename__ = "role_grant"
    __table_args__ = (Index("ix_role_grant_issuer_subject", "issuer", "subject"),)
    on_erasure = Erasure.WITH_OWNER

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    role: Mapped[str] = mapped_column(String(20))
    issuer: Mapped[str] = mapped_column(String(255))
    subject: Mapped[str] = mapped_column(String(255))
    scheme_id: Mapped[str] = mapped_column(String(60), default="")
    """Scheme that the role is limited to; empty: all."""
    granted_by: Mapped[str] = mapped_column(String(80))
    """``command line`` or the id of a person."""
    granted_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]


ROLES_OF = select(Grant.role).where(
    Grant.issuer == bindparam("issuer"),
    Grant.subject == bindparam("subject"),
    Grant.withdrawn_at.is_(None),
)


def roles_of(session: Session, issuer: str, subject: str) -> frozenset[Role]:
    """Give the roles that somebody holds by grant."""
    found = session.execute(ROLES_OF, {"issuer": issuer, "subject": subject}).scalars()
    return frozenset(Role(value) for value in found)


def list_grants(session: Session, role: Role | None = None) -> list[Grant]:
    """Give the grants in force, oldest first."""
    query = select(Grant).where(Grant.withdrawn_at.is_(None)).order_by(Grant.granted_at)
    if role is not None:
        query = query.where(Grant.role == role.value)
    return list(session.scalars(query))


def grant(
    session: Session,
    role: Role,
    issuer: str,
    subject: str,
    *,
    scheme_id: str = "",
    granted_by: str,
    now: datetime,
) -> bool:
    """Give somebody a role; say False where they hold it already."""
    if _find(session, role, issuer, subject, scheme_id):
        return False
    session.add(
        Grant(
            role=role.value,
            issuer=issuer,
            subject=subject,
            scheme_id=scheme_id,
            granted_by=granted_by,
            granted_at=now,
        )
    )
    return True


def withdraw(
    session: Session, role: Role, issuer: str, subject: str, *, scheme_id: str = "", now: datetime
) -> bool:
    """Take a role away; say False where it was not held."""
    found = _find(session, role, issuer, subject, scheme_id)
    for each in found:
        each.withdrawn_at = now
    return bool(found)


def _find(session: Session, role: Role, issuer: str, subject: str, scheme_id: str) -> list[Grant]:
    return list(
        session.scalars(
            select(Grant).where(
                Grant.role == role.value,
                Grant.issuer == issuer,
                Grant.subject == subject,
                Grant.scheme_id == scheme_id,
                Grant.withdrawn_at.is_(None),
            )
        )
    )
