"""Letters to holders: what they say, and when they are queued."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from markupsafe import Markup
from sqlalchemy.orm import Session

from lti_tool import mail
from lti_tool.certification.humans import staying
from lti_tool.certification.models import Holder
from lti_tool.certification.register_models import Certificate, HolderLink
from lti_tool.i18n import day_words, ngettext
from lti_tool.i18n import gettext as _
from lti_tool.mail import Letter
from lti_tool.settings import Settings
from lti_tool.vault import Vault, digest, new_token

MY_CERTIFICATES = "my-certificates"
CONFIRM_EMAIL = "confirm-email"
INVITATION = "invitation"
OPEN_FOR = timedelta(days=14)
CONFIRM_FOR = timedelta(hours=48)
INVITED_FOR = timedelta(days=14)
FRAME = Markup(
    '<!doctype html><html lang="en"><body style="font-family: sans-serif; line-height: 1.5; '
    'max-width: 36rem; margin: 1.5rem auto; padding: 0 1rem">{}</body></html>'
)
BUTTON = Markup(
    '<p><a href="{0}" style="display: inline-block; padding: 0.6rem 1.1rem; border-radius: 6px; '
    'background: #0b5c66; color: #ffffff; text-decoration: none">{1}</a></p><p>{0}</p>'
)


@dataclass(frozen=True, slots=True)
class Post:
    """What letters are made with."""

    vault: Vault
    public_url: str
    organisation: str
    is_on: bool
    """Whether a way out for mail is set; without one nothing is queued."""

    @classmethod
    def of(cls, settings: Settings, vault: Vault) -> Post:
        """Take it from the settings."""
        return cls(vault, settings.public_url, settings.organisation, bool(settings.mail_url))


def tell_ready(
    session: Session, certificate: Certificate, post: Post, *, now: datetime, again: bool = False
) -> bool:
    """Tell the holder that their certificate is ready; give whether a letter was queued.

    None is where it is not issued.

    It belongs to the caller's transaction, and is queued once for each certificate.

    Args:
        session: open.
        certificate: issued.
        post: what letters are made with.
        now: the moment.
        again: an officer asks for it once more.
    """
    if certificate.issued_at is None:
        return False
    key = f"ready:{certificate.id}" + (f":{now:%Y%m%d%H%M%S}" if again else "")
    subject = _("Your certificate is ready")
    words = [
        _("Your certificate %(number)s is ready: %(title)s.")
        % {"number": certificate.number, "title": certificate.title},
        _("You can look at it, download it and share it with others here:"),
    ]
    return _tell(session, certificate, post, _News(key, subject, words), now=now)


def remind(
    session: Session, certificate: Certificate, post: Post, *, key: str, days: int, now: datetime
) -> bool:
    """Remind the holder that their certificate ends; give whether a letter was queued."""
    if certificate.valid_until is None:
        raise ValueError(f"certificate {certificate.id} has no end")
    values = {
        "number": certificate.number,
        "title": certificate.title,
        "day": day_words(certificate.valid_until),
        "num": days,
    }
    renew = _(
        "If you want to keep it, ask whoever trained or examined you how it is renewed. After its "
        "last day it stays in the register, and checks show it as expired."
    )
    words = [
        ngettext(
            "Your certificate %(number)s, %(title)s, is valid until %(day)s: %(num)d day from now.",
            "Your certificate %(number)s, %(title)s, is valid until %(day)s: %(num)d days from "
            "now.",
            days,
        )
        % values,
        renew,
        _("Here it is:"),
    ]
    subject = _("Your certificate ends soon")
    return _tell(session, certificate, post, _News(key, subject, words), now=now)


def confirmation(email: str, token: str, post: Post) -> Letter:
    """Write the letter by which a holder confirms an address."""
    asked = _(
        "Somebody, we think you, gave this address for news about their certificates. Confirm it "
        "within 48 hours:"
    )
    words = _Words(
        key=f"confirm:{digest(token)}",
        subject=_("Confirm your address"),
        before=[asked],
        button=_("Confirm this address"),
        url=confirm_url(token, post),
        after=[_("If it was not you, do nothing: the address is then not used.")],
    )
    return _letter(words, email, post)


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    """What somebody who was entered by an officer is asked for."""

    key: str
    about: UUID
    """The case."""
    title: str
    """Of the certificate."""
    needs_name: bool
    needs_address: bool


def invitation(asked: Invitation, email: str, token: str, post: Post) -> Letter:
    """Write the letter by which somebody confirms the name to be printed, their address, or both.

    It names the certificate but never the person: it may go to a wrong address.
    """
    entered = _("You were entered for a certificate: %(title)s.") % {"title": asked.title}
    subject = _("Confirm your name for a certificate")
    if asked.needs_name and asked.needs_address:
        wish = _(
            "Before it is issued, confirm the name as it will be printed, and this address for "
            "news about your certificates. It takes a minute:"
        )
        button = _("Confirm name and address")
    elif asked.needs_name:
        wish = _("Before it is issued, confirm the name as it will be printed. It takes a minute:")
        button = _("Confirm the name")
    else:
        wish = _(
            "Confirm this address, and you hear when it is ready and before it ends, and get to it "
            "by a link:"
        )
        subject, button = _("Confirm your address"), _("Confirm this address")
    words = _Words(
        key=asked.key,
        subject=subject,
        before=[entered, wish],
        button=button,
        url=confirm_url(token, post),
        after=[
            _(
                "The link works once, within 14 days. After that, ask whoever entered you for a "
                "new letter. Do not pass it on: whoever has the link confirms in your place."
            ),
            _("If you know nothing of this, do nothing: the address is then not used."),
        ],
    )
    return _letter(words, email, post, about=asked.about)


def own_link(email: str, token: str, post: Post) -> Letter:
    """Write the letter that somebody asked for who wants to see their certificates."""
    asked = _("You asked for the link to your certificates. Here it is; it works for 14 days:")
    warned = _(
        "If it was not you who asked, do nothing. Do not pass this letter on: whoever has the link "
        "sees your certificates."
    )
    words = _Words(
        key=f"link:{digest(token)}",
        subject=_("The link to your certificates"),
        before=[asked],
        button=_("My certificates"),
        url=mine_url(token, post),
        after=[warned],
    )
    return _letter(words, email, post)


def mine_url(token: str, post: Post) -> str:
    """Give the address of the page that a link by mail leads to."""
    return f"{post.public_url}/certificates/mine/{token}"


def confirm_url(token: str, post: Post) -> str:
    """Give the address of the page on which an address, or a name too, is confirmed."""
    return f"{post.public_url}/certificates/confirm/{token}"


def open_door(session: Session, holder_id: UUID, token: str, *, now: datetime) -> None:
    """Let whoever has this token see a holder's certificates for 14 days."""
    holder = session.get_one(Holder, holder_id)
    session.add(
        HolderLink(
            token_hash=digest(token),
            holder_id=holder_id,
            purpose=MY_CERTIFICATES,
            sent_by=holder.email_by,
            sent_human=holder.email_human,
            created_at=now,
            expires_at=now + OPEN_FOR,
        )
    )


@dataclass(frozen=True, slots=True)
class _News:
    key: str
    subject: str
    words: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Words:
    """A letter's words, and the one link in the middle."""

    key: str
    subject: str
    before: Sequence[str]
    button: str
    url: str
    after: Sequence[str]


def _tell(
    session: Session, certificate: Certificate, post: Post, told: _News, *, now: datetime
) -> bool:
    holder = session.get_one(Holder, staying(session, certificate.holder_id))
    if not post.is_on or not holder.email:
        return False
    token = new_token()
    again = _("The link works for 14 days. After that, ask for a new one at %(address)s.")
    words = _Words(
        key=told.key,
        subject=told.subject,
        before=told.words,
        button=_("My certificates"),
        url=mine_url(token, post),
        after=[again % {"address": f"{post.public_url}/certificates/link"}],
    )
    letter = _letter(words, holder.email, post, about=certificate.id)
    if not mail.queue(session, letter, post.vault, now=now):
        return False
    open_door(session, holder.id, token, now=now)
    return True


def _letter(words: _Words, to: str, post: Post, *, about: UUID | None = None) -> Letter:
    last = [*words.after, post.organisation]
    paragraph = Markup("<p>{}</p>")
    html = Markup("").join(
        (
            *(paragraph.format(each) for each in words.before),
            BUTTON.format(words.url, words.button),
            *(paragraph.format(each) for each in last),
        )
    )
    return Letter(
        key=words.key,
        to=to,
        subject=words.subject,
        text="\n\n".join((*words.before, words.url, *last)) + "\n",
        html=str(FRAME.format(html)),
        about=about,
    )
