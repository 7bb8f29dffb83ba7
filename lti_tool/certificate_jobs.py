"""What the worker does about certificates; the only part of the tool that loads their keys.

Keys are looked for when something waits for them, so that an installation that certifies nothing
needs none. One that is missing fails the job, with words that say what to do; the others go on.
"""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from courses.skills import framework
from lti_tool import mail
from lti_tool.app import catalogue_of, schemes_of
from lti_tool.certification import (
    contact,
    deciding,
    heads,
    issuing,
    numbering,
    reminders,
    status_lists,
    wrong_names,
)
from lti_tool.certification.badge_keys import BadgeKeys
from lti_tool.certification.document import Typesetter
from lti_tool.certification.issuers import read_issuers
from lti_tool.certification.issuing import Maker
from lti_tool.certification.letters import Post
from lti_tool.certification.register import Registrar
from lti_tool.certification.register_models import KeyRecord
from lti_tool.certification.seal_keys import may_seal, need_sealing
from lti_tool.certification.sealing import SealKey, record_key
from lti_tool.db import Database
from lti_tool.files import Files
from lti_tool.iri import Names
from lti_tool.settings import Settings
from lti_tool.vault import Vault
from lti_tool.worker import Job

SOON_S = 2.0
HOURLY_S = 3600.0
"""How often it is asked whether a head or a reminder is due."""


class Workshop:
    """What numbers and documents are made with; made when it is first needed, then kept."""

    def __init__(self, settings: Settings, database: Database, vault: Vault) -> None:
        self._settings = settings
        self._begin, self._read, self._url = database.begin, database.read, settings.public_url
        self._files = Files(settings.files_url)
        self._names = Names(settings.names_base)
        self.post = Post.of(settings, vault)
        self._seal_key: SealKey | None = None
        self._typesetter: Typesetter | None = None

    def badge_keys(self, now: datetime) -> BadgeKeys:
        """Give the keys of credentials that sign now: a new one begins by itself."""
        return BadgeKeys.load(self._settings, self._begin, now)

    def seal_key(self, now: datetime) -> SealKey:
        """Give the seal, loaded once and written down once.

        One that is over, retired or compromised is given up at once, and looked for anew.
        """
        held = self._seal_key
        if held is None or not self._may_seal(held, now):
            self._seal_key = None
            loaded = SealKey.load(self._settings, now=now)
            with self._begin() as session:
                need_sealing(record_key(session, loaded, now=now), now)
            self._seal_key = held = loaded
        return held

    def _may_seal(self, held: SealKey, now: datetime) -> bool:
        with self._read() as session:
            record = session.get(KeyRecord, held.kid)
        is_known = record is not None and may_seal(record, now)
        return is_known and now <= held.certificate.not_valid_after_utc

    def registrar(self, now: datetime) -> Registrar:
        """Give what numbering goes by."""
        own = self._settings
        issuers = read_issuers(own.issuers_file)
        issuers.keep_logos(self._files)
        return Registrar(
            schemes=schemes_of(own.content_dirs),
            issuers=issuers,
            framework=framework(),
            prefix=own.register_prefix,
            zone=ZoneInfo(own.register_time_zone),
            public_url=own.public_url,
            is_test=self.seal_key(now).is_test or self.badge_keys(now).is_test,
        )

    def maker(self, now: datetime) -> Maker:
        """Give what documents are made with."""
        if self._typesetter is None:
            self._typesetter = Typesetter(self._files)
        return Maker(
            typesetter=self._typesetter,
            seal_key=self.seal_key(now),
            badge_keys=self.badge_keys(now),
            files=self._files,
            public_url=self._url,
            names=self._names,
            post=self.post,
        )

    # Jobs

    def number(self, now: datetime) -> int:
        """Number what is approved."""
        if not numbering.is_numbering_due(self._read, now=now):
            return 0
        return numbering.number_due(self._begin, self.registrar(now), now=now)

    def sign_lists(self, now: datetime) -> int:
        """Sign the status lists that changed."""
        if not status_lists.is_due(self._read, now=now):
            return 0
        return status_lists.sign_due(self._begin, self.badge_keys(now), self._url, now=now)

    def issue(self, now: datetime) -> int:
        """Make the documents of what is numbered, and clear away what earlier tries left."""
        if not issuing.is_issuing_due(self._read, now=now):
            return 0
        cleared = issuing.clear_due(self._begin, self._files, now=now)
        if cleared and not issuing.is_issuing_due(self._read, now=now):
            return cleared
        return cleared + issuing.issue_due(self._begin, self.maker(now), now=now)

    def publish_head(self, now: datetime) -> int:
        """Sign the head of the log of acts."""
        if not heads.is_due(self._read, now=now):
            return 0
        return heads.publish_due(self._begin, self.badge_keys(now), self._url, now=now)


def make_certificate_jobs(settings: Settings, database: Database, vault: Vault) -> list[Job]:
    """Give the jobs about certificates, in the order in which a certificate comes about."""
    begin, workshop = database.begin, Workshop(settings, database, vault)
    schemes, catalogue = schemes_of(settings.content_dirs), catalogue_of(settings.content_dirs)
    zone = ZoneInfo(settings.register_time_zone)

    def decide(now: datetime) -> int:
        return deciding.decide_due(begin, schemes, catalogue, now=now, zone=zone)

    def remind(now: datetime) -> int:
        return reminders.remind_due(begin, settings, vault, now=now)

    def send_mail(now: datetime) -> int:
        return mail.send_due(begin, settings, vault, now=now)

    def forget_mail(now: datetime) -> int:
        with begin() as session:
            gone = wrong_names.forget(session, now=now)
            return gone + mail.forget(session, now=now) + contact.forget(session, now=now)

    def answer_wishes(now: datetime) -> int:
        return contact.answer_wishes(begin, workshop.post, now=now)

    return [
        Job("decisions", decide, SOON_S),
        Job("numbers", workshop.number),
        Job("status lists", workshop.sign_lists, SOON_S),
        Job("certificates", workshop.issue),
        Job("links by mail", answer_wishes, SOON_S),
        Job("mail", send_mail, SOON_S),
        Job("audit heads", workshop.publish_head, HOURLY_S),
        Job("reminders", remind, HOURLY_S),
        Job("forgetting mail", forget_mail, HOURLY_S),
    ]
