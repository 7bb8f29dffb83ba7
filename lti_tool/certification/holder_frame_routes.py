"""What both doors to a holder's certificates lead to: a visit, and a link by mail."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode
from uuid import UUID

from flask import Response, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from lti_tool import db
from lti_tool.certification import contact, holdings, share_links
from lti_tool.certification.downloads import MEDIA, content_of, known_as
from lti_tool.certification.evidencing import offered_schemes
from lti_tool.certification.facts import Facts
from lti_tool.certification.humans import Hand, hand_of
from lti_tool.certification.models import Holder
from lti_tool.certification.share_links import Lasting, NewLink
from lti_tool.errors import BadRequestError, NotFoundError
from lti_tool.i18n import gettext as _
from lti_tool.web import files, schemes, settings, vault, with_note

LINKEDIN = "https://www.linkedin.com/profile/add"


@dataclass(frozen=True, slots=True)
class Door:
    """By which way a holder came in."""

    holder_id: UUID | None
    """None: the person has nothing to do with us yet."""
    person_id: UUID | None
    """Of the visit; None: they came by a link."""
    base: str
    """Address of the page of all their certificates; those of parts begin with it."""
    is_visit: bool
    behind: Hand | None = None
    """Of a link: the officer on whose word it went where it did; None: no officer."""

    @property
    def who(self) -> str:
        """Give whose act it is: the person's id, else the holder's."""
        return str(self.person_id or self.holder_id)

    @property
    def holder(self) -> UUID:
        """Give the holder.

        Raises:
            NotFoundError: there is none.
        """
        if self.holder_id is None:
            raise NotFoundError(f"holder behind {self.who}")
        return self.holder_id


def hand_at(session: Session, door: Door) -> Hand:
    """Give whose act it is, with the human behind it."""
    if door.person_id is None:
        return Hand(door.who, door.holder)
    return hand_of(session, door.person_id)


def mine_page(door: Door, *, email_given: str = "", email_fault: str = "") -> ResponseReturnValue:
    """Show all of a holder's certificates, and what is on its way.

    Args:
        door: by which way they came.
        email_given: what they gave as their address and could not be used.
        email_fault: why not.
    """
    found = None
    email = ""
    if door.holder_id is not None:
        with db.read() as session:
            found = holdings.list_holdings(
                session, door.holder_id, schemes(), zone=_zone(), now=db.utcnow()
            )
            email = session.get_one(Holder, door.holder_id).email
    page = render_template(
        "certification/holder/mine.html",
        door=door,
        base=door.base,
        holdings=found,
        email=email,
        email_given=email_given,
        email_fault=email_fault,
        has_mail=bool(settings().mail_url),
        takes_evidence=door.person_id is not None and bool(offered_schemes(schemes())),
    )
    return _private(page, 422 if email_fault else 200)


def certificate_page(door: Door, certificate_id: UUID) -> ResponseReturnValue:
    """Show one certificate: what it proves, its files, and what its holder can do with it."""
    with db.read() as session:
        own = holdings.find_own(session, door.holder, certificate_id, zone=_zone(), now=db.utcnow())
    return _private(
        render_template(
            "certification/holder/certificate.html",
            door=door,
            base=door.base,
            own=own,
            facts=own.facts,
            linkedin=linkedin_url(own.facts) if own.is_valid else "",
        )
    )


def file_answer(door: Door, certificate_id: UUID, name: str) -> ResponseReturnValue:
    """Give a file of a certificate, byte for byte as it was made; nobody on the way keeps it."""
    with db.read() as session:
        row = holdings.find_row(session, door.holder, certificate_id)
    answer = Response(content_of(row, name, files()), mimetype=MEDIA[name])
    filename = known_as(row, name)
    answer.headers["Content-Disposition"] = f'attachment; filename="{filename}"'
    return answer


def share_page(door: Door) -> ResponseReturnValue:
    """Show a holder's links; make one, or end one."""
    holder_id = door.holder
    if request.method == "POST":
        return _share(door, holder_id)
    return _private(_share_form(door, holder_id, chosen=_ids(request.args.getlist("certificate"))))


def address_page(door: Door) -> ResponseReturnValue:
    """Remove a holder's address."""
    with db.begin() as session:
        contact.remove(session, door.holder, who=door.who, now=db.utcnow())
    words = _(
        "Your address is removed. No mail goes there any more, and links sent to it are over."
    )
    return redirect(
        with_note(door.base if door.is_visit else url_for("certification_link.ask"), words), 303
    )


def linkedin_url(facts: Facts) -> str:
    """Give the address by which somebody adds a certificate to their LinkedIn profile."""
    told = {
        "startTask": "CERTIFICATION_NAME",
        "name": facts.title,
        "organizationName": facts.issuer.name,
        "issueYear": str(facts.issued_on.year),
        "issueMonth": str(facts.issued_on.month),
        "certUrl": facts.verify_url,
        "certId": facts.number,
    }
    if facts.valid_until is not None:
        told["expirationYear"] = str(facts.valid_until.year)
        told["expirationMonth"] = str(facts.valid_until.month)
    return f"{LINKEDIN}?{urlencode(told)}"


def _share(door: Door, holder_id: UUID) -> ResponseReturnValue:
    here = f"{door.base}/share"
    form, now = request.form, db.utcnow()
    if form.get("do") == "end":
        link_id = _id(form.get("link", ""))
        with db.begin() as session:
            share_links.end(session, holder_id, link_id, who=door.who, now=now)
        words = _("The link is ended. Whoever opens it now learns nothing.")
        return redirect(with_note(here, words), 303)
    chosen = _ids(form.getlist("certificate"))
    if not chosen:
        page = _share_form(door, holder_id, chosen=(), is_empty=True)
        return _private(page, 422)
    try:
        lasting = Lasting(form.get("lasting", ""))
    except ValueError as error:
        raise BadRequestError("time of a link") from error
    wanted = NewLink(
        certificate_ids=chosen,
        lasting=lasting,
        title=form.get("title", ""),
        shows_scores=form.get("scores") == "yes",
    )
    with db.begin() as session:
        share_links.make(session, holder_id, wanted, vault(), who=door.who, now=now)
    words = _("The link is made. Copy its address below and give it to whom you like.")
    return redirect(with_note(f"{here}#links", words), 303)


def _share_form(
    door: Door, holder_id: UUID, *, chosen: tuple[UUID, ...], is_empty: bool = False
) -> str:
    now = db.utcnow()
    with db.read() as session:
        found = holdings.list_holdings(session, holder_id, schemes(), zone=_zone(), now=now)
        links = share_links.list_links(session, holder_id, vault(), now=now)
    return render_template(
        "certification/holder/share.html",
        door=door,
        base=door.base,
        certificates=found.certificates,
        chosen=chosen,
        links=links,
        is_empty=is_empty,
        public_url=settings().public_url,
    )


def _private(page: str, status: int = 200) -> Response:
    answer = make_response(page, status)
    answer.headers["X-Robots-Tag"] = "noindex, nofollow"
    return answer


def _ids(texts: list[str]) -> tuple[UUID, ...]:
    return tuple(_id(each) for each in texts)


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise BadRequestError("id in a form") from error


def _zone() -> str:
    return settings().register_time_zone
