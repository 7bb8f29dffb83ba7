"""Whoever had a letter sent to a holder stands behind the name that is confirmed through it."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from lti_tool import mail
from lti_tool.audit import AuditLine
from lti_tool.certification import appealing, contact, inviting, linking, naming
from lti_tool.certification.approving import Approval, approve, confirm_name, second
from lti_tool.certification.humans import AT_COMMAND_LINE, Hand, hand_of
from lti_tool.certification.letters import Post
from lti_tool.certification.models import Case, CaseState, Holder, HolderPerson
from lti_tool.certification.register_models import HolderLink
from lti_tool.certification.sights import Chosen, sight_of
from lti_tool.db import Database, utcnow
from lti_tool.settings import Settings
from lti_tool.vault import Vault
from lti_tool.visit import Role
from tests.lti_tool.certification.deskside import DESK, window
from tests.lti_tool.certification.letterbox import Letterbox
from tests.lti_tool.certification.office import (
    ATTENDANCE,
    ONE,
    TWO,
    Office,
    all_schemes,
    candidate,
    open_office,
)
from tests.lti_tool.certification.shelves import shelve_holder

NAME, OTHER = "Zoe Paper", "Mallory Malice"
THEIRS, OSKARS = "zoe@example.org", "oskar@example.org"
WHY = "Said on the telephone."
PATIENCE_S = 20
Mailbox = Callable[[], list[tuple[str, str]]]


@pytest.fixture
def settings(settings: Settings, tmp_path: Path) -> Settings:
    """Give settings by which mail is written into a folder."""
    return replace(
        settings, mail_url=f"file:{tmp_path}/post", mail_from="certificates@tool.example.org"
    )


@pytest.fixture
def vault(settings: Settings) -> Vault:
    return Vault(settings.secret_key)


@pytest.fixture
def post(settings: Settings, vault: Vault) -> Post:
    return Post.of(settings, vault)


@pytest.fixture
def office(database: Database) -> Office:
    """Give an office with Olga and Oskar."""
    return open_office(database)


@pytest.fixture
def mailbox(database: Database, settings: Settings, vault: Vault, tmp_path: Path) -> Mailbox:
    """Have the worker send; give what arrived since: to whom, and the token of its link."""
    letterbox = Letterbox(tmp_path / "post")

    def run() -> list[tuple[str, str]]:
        mail.send_due(database.begin, settings, vault, now=utcnow())
        return [(to, link.rpartition("/")[2]) for to, link in letterbox.new()]

    return run


def entered(office: Office, scheme_id: str = ONE, **changed: object) -> UUID:
    """Write a case that Olga entered, whose name nobody has confirmed."""
    olga = office.hand("Olga")
    told = {
        "name": NAME, "name_confirmed_at": None, "name_confirmed_by": "", "route": "entry",
        "state": CaseState.DRAFT, "entered_by": olga.who, "entered_human": olga.human, **changed,
    }  # fmt: skip
    with office.database.begin() as session:
        return candidate(session, scheme_id, **told).id


def asks(office: Office, case_id: UUID, who: str, to: str, post: Post, *, prefix: str = "") -> None:
    """Have an officer send a letter about a case, perhaps at the command line."""
    person_id = office.officers[who]
    with office.database.begin() as session:
        hand = hand_of(session, person_id, who=f"{prefix}{person_id}")
        inviting.invite_again(session, case_id, to, hand, post, schemes=all_schemes(), now=utcnow())


def follows(database: Database, token: str, name: str, vault: Vault) -> str | None:
    """Follow a link and confirm a name; give the token of the door that it opens."""
    with database.begin() as session:
        return inviting.accept(
            session, token, name, language="en", vault=vault, schemes=all_schemes(), now=utcnow()
        )


def by_letter(
    office: Office, case_id: UUID, name: str, mailbox: Mailbox, post: Post, *,
    who: str = "Oskar", to: str = OSKARS, prefix: str = "",
) -> str:  # fmt: skip
    """Have a letter sent, and a name confirmed through it; give the token of the door."""
    asks(office, case_id, who, to, post, prefix=prefix)
    ((_to, token),) = mailbox()
    door = follows(office.database, token, name, post.vault)
    assert door is not None
    return door


def through_door(database: Database, door: str, case_id: UUID, name: str) -> None:
    """Confirm a name of another case by the door that a letter opened."""
    with database.begin() as session:
        holder_id = contact.holder_of(session, door, now=utcnow())
        assert holder_id is not None
        naming.confirm(
            session, holder_id,
            naming.find_case(session, holder_id, case_id, None, all_schemes()),
            name, Hand(str(holder_id), holder_id), language="en", schemes=all_schemes(),
            behind=inviting.behind_door(session, door, now=utcnow()), now=utcnow(),
        )  # fmt: skip


def does(office: Office, step: Callable[..., Approval], case_ids: Chosen, who: str) -> Approval:
    with office.database.begin() as session:
        return step(
            session, case_ids, hand_of(session, office.officers[who]), schemes=all_schemes(),
            accept_warnings=True, now=utcnow(),
        )  # fmt: skip


def why_not(done: Approval) -> str:
    return " ".join(words for left in done.left for words in left.words)


def case_of(office: Office, case_id: UUID) -> Case:
    with office.database.read() as session:
        return session.get_one(Case, case_id)


# Whoever had the letter sent does not approve


@pytest.mark.parametrize("prefix", ["", AT_COMMAND_LINE])
def test_nobody_approves_a_name_confirmed_through_a_letter_that_they_had_sent(
    *, office: Office, post: Post, mailbox: Mailbox, prefix: str
) -> None:
    case_id = entered(office)

    by_letter(office, case_id, OTHER, mailbox, post, prefix=prefix)
    alone = does(office, approve, [case_id], "Oskar")
    office.hire("Otto")
    other = does(office, approve, [case_id], "Otto")

    assert "through a letter that you had sent" in why_not(alone)
    assert other.approved == (case_id,)
    assert case_of(office, case_id).name == OTHER


def test_nor_where_the_name_stays_as_it_was(office: Office, post: Post, mailbox: Mailbox) -> None:
    case_id = entered(office)

    by_letter(office, case_id, NAME, mailbox, post)

    assert "that you had sent" in why_not(does(office, approve, [case_id], "Oskar"))


def test_nor_as_a_second_officer(office: Office, post: Post, mailbox: Mailbox) -> None:
    case_id = entered(office, TWO)
    office.hire("Otto")

    by_letter(office, case_id, OTHER, mailbox, post)
    does(office, approve, [case_id], "Otto")
    alone = does(office, second, [case_id], "Oskar")

    assert "that you had sent" in why_not(alone)
    assert case_of(office, case_id).state == CaseState.CHECKED


def test_nor_by_another_account_of_the_same_human(
    office: Office, post: Post, mailbox: Mailbox
) -> None:
    case_id = entered(office)
    office.hire("Oskar at work")
    with office.database.begin() as session:
        own = shelve_holder(session, office.officers["Oskar"], name="Oskar")
        linking.link(
            session, office.officers["Oskar at work"], own, WHY,
            hand_of(session, office.officers["Olga"]), now=utcnow(),
        )  # fmt: skip

    by_letter(office, case_id, OTHER, mailbox, post)

    assert "that you had sent" in why_not(does(office, approve, [case_id], "Oskar at work"))


def test_nor_as_another_human_than_they_were(office: Office, post: Post, mailbox: Mailbox) -> None:
    case_id, olga = entered(office), office.officers["Olga"]
    with office.database.begin() as session:
        own = shelve_holder(session, office.officers["Oskar"], name="Oskar")
        other = shelve_holder(session, name="Oskar at work")
        linking.merge(session, other, own, WHY, hand_of(session, olga), now=utcnow())

    by_letter(office, case_id, OTHER, mailbox, post)
    with office.database.begin() as session:
        linking.split(session, own, WHY, hand_of(session, olga), now=utcnow())

    assert case_of(office, case_id).named_human != office.hand("Oskar").human
    assert "that you had sent" in why_not(does(office, approve, [case_id], "Oskar"))


def test_one_officer_enters_and_invites_and_another_approves(
    office: Office, post: Post, mailbox: Mailbox
) -> None:
    case_id = entered(office)

    by_letter(office, case_id, "Zoë Paper", mailbox, post, who="Olga", to=THEIRS)
    own = does(office, approve, [case_id], "Olga")
    other = does(office, approve, [case_id], "Oskar")

    assert "You entered this candidate" in why_not(own)
    assert other.approved == (case_id,)


def test_the_rules_alone_approve_no_name_that_rests_on_a_letter(
    office: Office, post: Post, mailbox: Mailbox
) -> None:
    case_id = entered(office, ATTENDANCE, entered_by="worker", entered_human=None)

    by_letter(office, case_id, OTHER, mailbox, post)
    case = case_of(office, case_id)

    assert (case.state, case.approvers, case.approved_at) == (CaseState.CHECKED, 1, None)
    assert "that you had sent" in why_not(does(office, approve, [case_id], "Oskar"))
    assert does(office, approve, [case_id], "Olga").approved == (case_id,)


def test_nor_do_they_answer_an_appeal_about_it(
    office: Office, post: Post, mailbox: Mailbox
) -> None:
    case_id = entered(office)

    by_letter(office, case_id, OTHER, mailbox, post)

    oskar, otto = office.hand("Oskar"), office.hire("Otto")
    with office.database.read() as session:
        case = session.get_one(Case, case_id)
        assert appealing.had_a_part(session, case, oskar)
        assert not appealing.had_a_part(session, case, hand_of(session, otto))


# Nor through the door that it opens


def test_a_name_confirmed_again_by_the_door_of_the_letter_rests_on_it_still(
    office: Office, post: Post, mailbox: Mailbox
) -> None:
    case_id = entered(office)

    door = by_letter(office, case_id, OTHER, mailbox, post)
    through_door(office.database, door, case_id, OTHER)

    assert "that you had sent" in why_not(does(office, approve, [case_id], "Oskar"))


@pytest.mark.parametrize("is_wished", [False, True])
def test_nor_is_a_name_in_another_case_of_the_holder_free_of_it(
    *, office: Office, post: Post, mailbox: Mailbox, is_wished: bool
) -> None:
    first, next_one = entered(office), entered(office, TWO)
    with office.database.begin() as session:
        holder_id = session.get_one(Case, first).holder_id
        session.get_one(Case, next_one).holder_id = holder_id
    door = by_letter(office, first, OTHER, mailbox, post)
    if is_wished:
        with office.database.begin() as session:
            contact.wish(session, OSKARS, post.vault, now=utcnow())
        contact.answer_wishes(office.database.begin, post, now=utcnow())
        ((_to, door),) = mailbox()

    through_door(office.database, door, next_one, OTHER)

    assert "that you had sent" in why_not(does(office, approve, [next_one], "Oskar"))


def test_a_letter_of_another_officer_to_the_same_address_does_not_hide_whose_address_it_is(
    office: Office, post: Post, mailbox: Mailbox
) -> None:
    first, next_one = entered(office), entered(office, TWO)
    with office.database.begin() as session:
        holder_id = session.get_one(Case, first).holder_id
        session.get_one(Case, next_one).holder_id = holder_id
    by_letter(office, first, OTHER, mailbox, post)

    by_letter(office, next_one, OTHER, mailbox, post, who="Olga", to="")

    assert "that you had sent" in why_not(does(office, approve, [next_one], "Oskar"))


def test_an_address_that_the_holder_gives_from_a_platform_rests_on_nobodys_letter(
    office: Office, post: Post, mailbox: Mailbox
) -> None:
    case_id = entered(office)
    by_letter(office, case_id, OTHER, mailbox, post)
    with office.database.begin() as session:
        holder_id = session.get_one(Case, case_id).holder_id
        before = session.get_one(Holder, holder_id).email_by
        contact.ask(session, holder_id, THEIRS, post, now=utcnow())
    ((_to, token),) = mailbox()

    with office.database.begin() as session:
        door = contact.confirm(session, token, post.vault, now=utcnow())
    assert door is not None
    through_door(office.database, door, case_id, NAME)

    with office.database.read() as session:
        holder = session.get_one(Holder, holder_id)
    assert before == str(office.officers["Oskar"])
    assert (holder.email, holder.email_by, holder.email_human) == (THEIRS, "", None)
    assert does(office, approve, [case_id], "Oskar").approved == (case_id,)


def test_the_pages_behind_the_door_know_whose_letter_opened_it(
    *, app: Flask, client: FlaskClient, office: Office, post: Post, mailbox: Mailbox
) -> None:
    app.extensions["lti_tool.schemes"] = all_schemes()
    first, next_one = entered(office), entered(office, TWO)
    with office.database.begin() as session:
        session.get_one(Case, next_one).holder_id = session.get_one(Case, first).holder_id
    door = by_letter(office, first, OTHER, mailbox, post)
    path = f"/certificates/mine/{door}/name/{next_one}"
    token = re.search(r'name="csrf_token" value="([^"]+)"', client.get(path).text)
    assert token is not None

    form = {"csrf_token": token[1], "name": OTHER, "language": "en", "do": "confirm"}
    status = client.post(path, data=form).status_code

    assert status == 303
    assert case_of(office, next_one).name == OTHER
    assert "that you had sent" in why_not(does(office, approve, [next_one], "Oskar"))


# How it ends


def test_it_ends_when_another_officer_confirms_the_name(
    office: Office, post: Post, mailbox: Mailbox
) -> None:
    case_id = entered(office)
    by_letter(office, case_id, OTHER, mailbox, post)

    for who, words in (("Oskar", "somebody else has to approve it"), ("Olga", "")):
        hand = office.hand(who)
        with office.database.begin() as session:
            confirm_name(session, case_id, OTHER, hand, schemes=all_schemes(), now=utcnow())
        done = does(office, approve, [case_id], "Oskar")
        assert words in why_not(done)

    assert done.approved == (case_id,)


def test_it_ends_when_an_account_of_the_holder_confirms_the_name(
    office: Office, post: Post, mailbox: Mailbox
) -> None:
    case_id = entered(office)
    by_letter(office, case_id, OTHER, mailbox, post)
    person_id = office.hire("Zoe", role=Role.LEARNER)
    with office.database.begin() as session:
        holder_id = session.get_one(Case, case_id).holder_id
        olga = hand_of(session, office.officers["Olga"])
        linking.link(session, person_id, holder_id, WHY, olga, now=utcnow())
        hand = hand_of(session, person_id)
        found = naming.find_case(session, holder_id, case_id, person_id, all_schemes())
        naming.confirm(
            session, holder_id, found, NAME, hand, language="en", schemes=all_schemes(),
            now=utcnow(),
        )  # fmt: skip

    assert does(office, approve, [case_id], "Oskar").approved == (case_id,)


# What is seen of it


def test_the_page_of_the_case_and_the_log_say_whose_letter_it_was(
    *, app: Flask, office: Office, post: Post, mailbox: Mailbox
) -> None:
    app.extensions["lti_tool.schemes"] = all_schemes()
    case_id = entered(office)
    by_letter(office, case_id, OTHER, mailbox, post)

    page = window(app, office, "Olga").reads(f"{DESK}/cases/{case_id}")

    with office.database.read() as session:
        line = session.scalars(
            select(AuditLine).where(AuditLine.act == "case.name-confirmed")
        ).one()
    assert f"confirmed by {NAME}, through a letter that Oskar had sent" in page
    assert "confirmed through a letter that Oskar had sent." in page
    assert line.detail == {"letter_by": str(office.officers["Oskar"])}


# What the database refuses by itself


@pytest.mark.parametrize(
    "values",
    [
        "approved_human = named_human, approved_by = 'x'",
        "approved_by = named_by",
        "approved_by = 'command line ' || named_by",
        "seconded_human = named_human, seconded_by = 'x'",
        "seconded_by = named_by",
        "named_by = ''",
        "named_human = NULL",
    ],
)
def test_the_database_refuses_an_approval_by_whoever_had_the_letter_sent(
    *, office: Office, post: Post, mailbox: Mailbox, values: str
) -> None:
    case_id = entered(office, TWO)
    by_letter(office, case_id, OTHER, mailbox, post)
    with office.database.begin() as session:
        case = session.get_one(Case, case_id)
        case.state, case.approved_by, case.approved_human = CaseState.APPROVED, "a", uuid4()
        case.seconded_by, case.seconded_human = "b", uuid4()

    with pytest.raises(IntegrityError), office.database.begin() as session:
        session.execute(text(f"UPDATE certification_case SET {values}"))


# What happens meanwhile


@pytest.mark.parametrize("is_linked", [True, False])
def test_a_link_is_over_when_the_holder_comes_from_a_platform_by_now(
    *, office: Office, post: Post, mailbox: Mailbox, is_linked: bool
) -> None:
    case_id, person_id = entered(office), office.hire("Zoe", role=Role.LEARNER)
    asks(office, case_id, "Oskar", OSKARS, post)
    ((_to, token),) = mailbox()
    with office.database.begin() as session:
        holder = session.get_one(Holder, session.get_one(Case, case_id).holder_id)
        own = shelve_holder(session, *(() if is_linked else (person_id,)), name="Zoe")
        if is_linked:
            session.add(
                HolderPerson(
                    person_id=person_id, holder_id=holder.id, linked_by="worker", linked_at=utcnow()
                )
            )
        else:
            holder.merged_into_id = own

    with office.database.read() as session:
        found = inviting.find(session, token, post.vault, schemes=all_schemes(), now=utcnow())
    door = follows(office.database, token, OTHER, post.vault)

    with office.database.read() as session:
        addresses = set(session.scalars(select(Holder.email)))
    assert (found, door) == (None, None)
    assert addresses == {""}
    assert case_of(office, case_id).name_confirmed_at is None


def somebody_waits(database: Database) -> bool:
    """Ask in a transaction of its own: within one, the answer stays as it was first."""
    query = text(
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE wait_event_type = 'Lock' AND datname = current_database()"
    )
    with database.begin() as session:
        return bool(session.scalar(query))


def wait_for_a_lock(database: Database) -> None:
    """Wait until somebody waits for a row that another transaction holds."""
    until = time.monotonic() + PATIENCE_S
    while not somebody_waits(database):
        assert time.monotonic() < until, "nobody waits"
        time.sleep(0.02)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_an_invitation_accepted_while_an_officer_approves_changes_no_name(
    office: Office, post: Post, mailbox: Mailbox
) -> None:
    case_id = entered(office, name_confirmed_at=utcnow(), state=CaseState.CHECKED)
    asks(office, case_id, "Olga", THEIRS, post)
    ((_to, token),) = mailbox()
    oskar = office.hand("Oskar")

    with ThreadPoolExecutor(1) as pool, office.database.begin() as session:
        done = approve(
            session, [case_id], oskar, schemes=all_schemes(), accept_warnings=True, now=utcnow()
        )
        accepting = pool.submit(follows, office.database, token, OTHER, post.vault)
        wait_for_a_lock(office.database)
        session.commit()
        door = accepting.result(PATIENCE_S)

    case = case_of(office, case_id)
    assert done.approved == (case_id,)
    assert (case.state, case.name) == (CaseState.APPROVED, NAME)
    assert door is not None


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_case_approved_while_an_invitation_is_accepted_is_looked_at_again_first(
    office: Office, post: Post, mailbox: Mailbox
) -> None:
    case_id = entered(office, name_confirmed_at=utcnow(), state=CaseState.CHECKED)
    asks(office, case_id, "Olga", THEIRS, post)
    ((_to, token),) = mailbox()
    seen = {case_id: sight_of(case_of(office, case_id))}

    with ThreadPoolExecutor(1) as pool, office.database.begin() as session:
        inviting.accept(
            session, token, OTHER, language="en", vault=post.vault, schemes=all_schemes(),
            now=utcnow(),
        )  # fmt: skip
        approving = pool.submit(does, office, approve, seen, "Oskar")
        wait_for_a_lock(office.database)
        session.commit()
        done = approving.result(PATIENCE_S)

    case = case_of(office, case_id)
    assert "It changed since you looked at it" in why_not(done)
    assert (case.state, case.name) == (CaseState.CHECKED, OTHER)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_letter_sent_again_while_an_earlier_one_is_accepted_blocks_nobody(
    office: Office, post: Post, mailbox: Mailbox
) -> None:
    case_id = entered(office)
    asks(office, case_id, "Olga", THEIRS, post)
    ((_to, token),) = mailbox()

    with ThreadPoolExecutor(1) as pool, office.database.begin() as session:
        hand = hand_of(session, office.officers["Oskar"])
        later = utcnow() + timedelta(seconds=2)
        inviting.invite_again(
            session, case_id, OSKARS, hand, post, schemes=all_schemes(), now=later
        )
        accepting = pool.submit(follows, office.database, token, OTHER, post.vault)
        wait_for_a_lock(office.database)
        session.commit()
        door = accepting.result(PATIENCE_S)

    with office.database.read() as session:
        links = session.scalars(select(HolderLink)).all()
    assert door is None
    assert case_of(office, case_id).name_confirmed_at is None
    assert sorted(link.used_at is None for link in links) == [False, True]
