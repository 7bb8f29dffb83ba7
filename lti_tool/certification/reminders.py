"""Reminders before a certificate ends: 90, 30 and 7 days, each once, to a confirmed address.

A renewal stops them, and so does the certificate's end before its time. Whoever confirms an address
late is reminded of what is next, not of what was missed.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from sqlalchemy import exists, select
from sqlalchemy.orm import Session, aliased

from lti_tool.certification import letters
from lti_tool.certification.letters import Post
from lti_tool.certification.models import Holder
from lti_tool.certification.register_models import Certificate, CertificateState
from lti_tool.db import Begin
from lti_tool.mail import Mail
from lti_tool.settings import Settings
from lti_tool.vault import Vault

STEPS = ((0, 7), (8, 30), (31, 90))
"""Days left, from and to; each is told once."""


def remind_due(
    begin: Begin, settings: Settings, vault: Vault, *, now: datetime, limit: int = 200
) -> int:
    """Queue the reminders that are due; give how many.

    Args:
        begin: opens transactions.
        settings: of the tool.
        vault: encrypts letters.
        now: the moment; days are those of the register's time zone.
        limit: the most of each step.
    """
    post = Post.of(settings, vault)
    if not post.is_on:
        return 0
    today = now.astimezone(ZoneInfo(settings.register_time_zone)).date()
    done = 0
    for least, most in STEPS:
        with begin() as session:
            for certificate in _due(session, today, least, most, limit):
                key = f"remind-{most}:{certificate.id}"
                days = ((certificate.valid_until or today) - today).days
                done += letters.remind(session, certificate, post, key=key, days=days, now=now)
    return done


def _due(session: Session, today: date, least: int, most: int, limit: int) -> list[Certificate]:
    """Give certificates in one step before their end whose holder is to be told of it."""
    keeper = aliased(Holder)
    renewal = aliased(Certificate)
    was_told = exists().where(Mail.about == Certificate.id, Mail.key.startswith(f"remind-{most}:"))
    is_renewed = exists().where(renewal.renews_id == Certificate.id)
    rows = session.scalars(
        select(Certificate)
        .join(Holder, Holder.id == Certificate.holder_id)
        .outerjoin(keeper, keeper.id == Holder.merged_into_id)
        .where(
            Certificate.valid_until.between(
                today + timedelta(days=least), today + timedelta(days=most)
            ),
            Certificate.state == CertificateState.ISSUED,
            Certificate.erased_at.is_(None),
            (Holder.email != "") | (keeper.email != ""),
            ~was_told,
            ~is_renewed,
        )
        .order_by(Certificate.valid_until, Certificate.id)
        .execution_options(yield_per=limit)
    )
    due = list(islice((each for each in rows if not _is_short(each, most)), limit))
    rows.close()
    return due


def _is_short(certificate: Certificate, most: int) -> bool:
    """Say whether a step began before the certificate did: its holder knows how short it holds."""
    until = certificate.valid_until
    return until is None or until - timedelta(days=most) <= certificate.valid_from
