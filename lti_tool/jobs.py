"""What the worker does in a round: everything that a transaction left to be carried out."""

from __future__ import annotations

from datetime import datetime, timedelta

from lti_tool.app import catalogue_of
from lti_tool.certificate_jobs import make_certificate_jobs
from lti_tool.db import Database
from lti_tool.iri import Names
from lti_tool.lti import columns, doctor, keysets, logins, pushing, roster, stores
from lti_tool.lti.calls import Calls
from lti_tool.lti.services import PlatformServices
from lti_tool.player import exams, filling, leaving
from lti_tool.settings import Settings
from lti_tool.vault import Vault
from lti_tool.worker import Job
from xapi import backfill, delivery, forwarding
from xapi.courier import PATIENCE_S, Courier
from xapi.host import authority_of

HOURLY_S = 3600.0
SOON_S = 2.0
KEEP_TRACES = timedelta(days=30)


def make_jobs(
    settings: Settings, database: Database, *, patience_s: float = PATIENCE_S
) -> list[Job]:
    """Give the jobs of a worker, those that people wait for first.

    Args:
        settings: of the tool.
        database: its database.
        patience_s: how long a round waits for other record stores.
    """
    vault = Vault(settings.secret_key, settings.old_secret_keys)
    calls = Calls(allow_private=settings.allow_private_addresses)
    services = PlatformServices(database.begin, vault, calls)
    catalogue = catalogue_of(settings.content_dirs)
    names = Names(settings.names_base)
    authority = authority_of(settings.names_base)
    fixed = delivery.stores_of(
        url=settings.lrs_url,
        key=settings.lrs_key,
        secret=settings.lrs_secret,
        keep_embedded=settings.lrs_keep_embedded,
        authority=authority,
    )
    courier = Courier(
        database.begin, fixed, unseal=stores.unseal_with(vault), patience_s=patience_s
    )

    def forget(now: datetime) -> int:
        with database.begin() as session:
            return logins.forget(session, now=now) + doctor.forget(session, now - KEEP_TRACES)

    def submit(now: datetime) -> int:
        return exams.submit_overdue(database.begin, catalogue, names, now=now)

    def leave(now: datetime) -> int:
        return leaving.end_visits(database.begin, catalogue, names, now=now)

    def fill(now: datetime) -> int:
        return filling.fill_due(database.begin, catalogue, names, now=now)

    begin = database.begin

    def pass_on(now: datetime) -> int:
        forwarded = forwarding.forward_due(begin, authority, now=now)
        return forwarded + backfill.copy_due(begin, authority, now=now)

    return [
        Job("exams", submit, SOON_S),
        Job("scores", lambda now: pushing.push_due(begin, services, now=now)),
        Job("statements", courier.deliver_due),
        Job("passing on", pass_on, SOON_S),
        Job("rosters", lambda now: roster.sync_due(begin, services, now=now), SOON_S),
        Job("columns", lambda now: columns.find_due(begin, services, now=now), SOON_S),
        Job("new columns", fill, SOON_S),
        *make_certificate_jobs(settings, database, vault),
        Job("visits", leave, 60.0),
        Job("key sets", lambda now: keysets.fetch_old(begin, calls, now=now), HOURLY_S),
        Job("forgetting", forget, HOURLY_S),
    ]
