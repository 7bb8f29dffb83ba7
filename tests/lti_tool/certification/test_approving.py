"""Approval: what stands against it in words, four eyes by human, and names as they are printed."""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import IntegrityError

from courses.scheme_reading import Schemes
from lti_tool import audit
from lti_tool.certification.approving import (
    Approval,
    CaseClosedError,
    UnprintableNameError,
    approve,
    confirm_name,
    move_on,
    refuse,
    second,
)
from lti_tool.certification.checking import Concern, Finding, check
from lti_tool.certification.humans import WORKER, Hand
from lti_tool.certification.issuers import Issuers
from lti_tool.certification.mandates import OtherSchemeError
from lti_tool.certification.models import ApprovalBatch, Case, CaseState, Holder, HolderPerson
from lti_tool.certification.register import number_case
from lti_tool.certification.register_models import Certificate, CertificateState
from lti_tool.db import Database
from lti_tool.errors import BadRequestError, NotFoundError
from lti_tool.lti.models import Person
from lti_tool.visit import Role
from tests.cast import NOON
from tests.conftest import CAPITALS
from tests.lti_tool.certification.office import (
    ATTENDANCE,
    ONE,
    TWO,
    Office,
    acts_of,
    all_schemes,
    approved,
    candidate,
    candidates,
    open_office,
    registrar,
)


@pytest.fixture
def office(database: Database) -> Office:
    """Give an office with Olga and Oskar."""
    return open_office(database)


def one(office: Office, scheme_id: str = ONE, **changed: object) -> UUID:
    """Write a case."""
    with office.database.begin() as session:
        return candidate(session, scheme_id, **changed).id


def case_of(office: Office, case_id: UUID) -> Case:
    with office.database.read() as session:
        return session.get_one(Case, case_id)


def does(
    office: Office, step: object, ids: list[UUID], who: str | Hand, *, accept: bool = False
) -> Approval:
    """Have somebody approve or second."""
    hand = office.hand(who) if isinstance(who, str) else who
    with office.database.begin() as session:
        done = step(  # type: ignore[operator]  # approve or second
            session, ids, hand, schemes=all_schemes(), accept_warnings=accept, now=NOON
        )
    assert isinstance(done, Approval)
    return done


def words_of(done: Approval) -> str:
    """Give why the one case was left."""
    [left] = done.left
    return " ".join(left.words)


def findings(office: Office, case_id: UUID) -> tuple[Finding, ...]:
    with office.database.read() as session:
        case = session.get_one(Case, case_id)
        return check(session, [case], all_schemes(), on=NOON.date())[case_id]


# Approval


def test_one_officer_is_enough_where_the_scheme_asks_for_one(office: Office) -> None:
    case_id = one(office)

    done = does(office, approve, [case_id], "Olga")

    case = case_of(office, case_id)
    assert (done.approved, done.need_second, done.left) == ((case_id,), (), ())
    assert (case.state, case.approved_at, case.batch_id) == (
        CaseState.APPROVED, NOON, done.batch_id,
    )  # fmt: skip
    assert case.approved_by == str(office.officers["Olga"])


def test_a_second_officer_follows_where_the_scheme_asks_for_two(office: Office) -> None:
    case_id = one(office, TWO)

    first = does(office, approve, [case_id], "Olga")
    between = case_of(office, case_id).state
    then = does(office, second, [case_id], "Oskar")

    case = case_of(office, case_id)
    assert (first.batch_id, first.approved, first.need_second) == (None, (), (case_id,))
    assert between == CaseState.CHECKED
    assert (then.approved, case.state) == ((case_id,), CaseState.APPROVED)
    assert case.seconded_human != case.approved_human
    with office.database.read() as session:
        assert acts_of(session) == ["case.approved", "case.seconded"]


def test_nobody_is_both_officers(office: Office) -> None:
    case_id = one(office, TWO)
    does(office, approve, [case_id], "Olga")

    again = does(office, second, [case_id], "Olga")

    assert "somebody else" in words_of(again)
    assert case_of(office, case_id).state == CaseState.CHECKED


def test_two_persons_that_are_one_human_are_not_two_officers(office: Office) -> None:
    case_id = one(office, TWO)
    office.hire("Olga at work")
    with office.database.begin() as session:
        olga = Holder(id=uuid4(), name="Olga", name_search="olga", created_at=NOON)
        session.add(olga)
        session.flush()
        for name in ("Olga", "Olga at work"):
            session.add(
                HolderPerson(
                    person_id=office.officers[name],
                    holder_id=olga.id,
                    linked_by="command line",
                    linked_at=NOON,
                )
            )

    does(office, approve, [case_id], "Olga")
    again = does(office, second, [case_id], "Olga at work")

    assert "somebody else" in words_of(again)


def test_persons_found_to_be_one_human_after_the_first_approval_are_not_two_officers(
    office: Office,
) -> None:
    case_id = one(office, TWO)
    office.hire("Olga at work")
    does(office, approve, [case_id], "Olga")
    with office.database.begin() as session:
        olga = Holder(id=uuid4(), name="Olga", name_search="olga", created_at=NOON)
        session.add(olga)
        session.flush()
        for name in ("Olga", "Olga at work"):
            person_id = office.officers[name]
            session.add(
                HolderPerson(person_id=person_id, holder_id=olga.id, linked_by="x", linked_at=NOON)
            )

    again = does(office, second, [case_id], "Olga at work")

    assert "somebody else" in words_of(again)


@pytest.mark.parametrize(
    ("column", "words"),
    [
        ("entered_human", "entered"),
        ("assessed_human", "assessed"),
        ("second_assessed_human", "assessed"),
    ],
)
def test_whoever_had_a_hand_in_it_does_not_approve_it(
    office: Office, column: str, words: str
) -> None:
    olga = office.officers["Olga"]
    more = {"assessed_human": uuid4()} if column == "second_assessed_human" else {}
    case_id = one(office, **{**more, column: olga})

    told = words_of(does(office, approve, [case_id], "Olga"))

    assert words in told
    assert "somebody else" in told


def test_nobody_approves_their_own_certificate(office: Office) -> None:
    case_id = one(office, person_id=office.officers["Olga"])

    assert "your own" in words_of(does(office, approve, [case_id], "Olga"))


def test_the_database_refuses_what_the_code_would_let_through(office: Office) -> None:
    for scheme, values in [
        (ONE, "approved_human = entered_human"),
        (TWO, "approved_human = assessed_human"),
        (TWO, "approved_human = entered_human, seconded_human = entered_human"),
        (ONE, "state = 'approved', entered_human = NULL, assessed_human = NULL"),
        (ONE, "approved_human = holder_id, approved_by = 'x'"),
        (TWO, "approved_human = id, approved_by = 'x', seconded_human = holder_id"),
        (ONE, "assessed_human = holder_id"),
        (ONE, "second_assessed_human = holder_id"),
    ]:
        case_id = one(office, scheme, entered_human=uuid4(), assessed_human=uuid4())
        with pytest.raises(IntegrityError), office.database.begin() as session:
            session.execute(
                text(f"UPDATE certification_case SET {values} WHERE id = :id"),
                {"id": case_id if "postgresql" in str(office.database.engine.url) else case_id.hex},
            )


@pytest.mark.parametrize("hand", [WORKER, Hand("command line", None), Hand("desk link", None)])
def test_only_a_person_approves(office: Office, hand: Hand) -> None:
    assert "under the name of an officer" in words_of(does(office, approve, [one(office)], hand))


def test_an_officer_of_one_scheme_approves_no_other(office: Office) -> None:
    office.hire("Otto", scheme_id=TWO)
    other, own = one(office, ONE), one(office, TWO)

    done = does(office, approve, [other, own], "Otto")

    assert done.need_second == (own,)
    assert "does not cover" in words_of(done)


def test_a_role_that_was_taken_away_covers_nothing(office: Office) -> None:
    case_id = one(office)
    hand = office.hand("Olga")
    with office.database.begin() as session:
        session.execute(text("UPDATE role_grant SET withdrawn_at = granted_at"))

    assert "does not cover" in words_of(does(office, approve, [case_id], hand))


def test_what_is_approved_or_closed_is_left_with_a_reason(office: Office) -> None:
    ready, refused = one(office), one(office, state=CaseState.REFUSED)
    does(office, approve, [ready], "Olga")

    done = does(office, approve, [ready, refused, uuid4()], "Oskar")

    told = sorted(" ".join(each.words) for each in done.left)
    assert told == ["It is approved already.", "The case is closed.", "There is no such case."]
    assert done.batch_id is None


@pytest.mark.parametrize(
    ("step", "scheme", "words"),
    [(approve, TWO, "waits for a second officer"), (second, ONE, "one officer only")],
)
def test_a_step_out_of_turn_is_left_with_a_reason(
    office: Office, step: object, scheme: str, words: str
) -> None:
    case_id = one(office, scheme)
    if step is approve:
        does(office, approve, [case_id], "Olga")

    assert words in words_of(does(office, step, [case_id], "Oskar"))


def test_nobody_seconds_what_nobody_approved(office: Office) -> None:
    assert "No officer has" in words_of(does(office, second, [one(office, TWO)], "Oskar"))


# What stands against it


def test_a_case_about_which_there_is_nothing_to_say(office: Office) -> None:
    assert findings(office, one(office)) == ()


@pytest.mark.parametrize(
    ("changed", "concern", "words"),
    [
        ({"name": ""}, Concern.NAME, "holder has to give it"),
        ({"name_confirmed_at": None}, Concern.NAME, "not yet confirmed"),
        ({"name": "Ana გ"}, Concern.GLYPHS, "გ"),
        ({"particulars": {"trainer": "Dr ქ"}}, Concern.GLYPHS, "ქ, in “Dr ქ”"),
        ({"particulars": {"training_body": "School\tof\nBrno 王"}}, Concern.GLYPHS, "王"),
        ({"decision": {"outcome": "incomplete"}}, Concern.NOT_GRANTED, "not met"),
        ({"decision": None}, Concern.NOT_GRANTED, "not met"),
        ({"scheme_fingerprint": "0" * 64}, Concern.SCHEME_CHANGED, "decided again"),
        ({"scheme_id": "gone"}, Concern.SCHEME_GONE, "no longer offered"),
    ],
)
def test_what_stops_an_approval_is_told_in_words(
    office: Office, changed: dict[str, object], concern: Concern, words: str
) -> None:
    case_id = one(office)
    with office.database.begin() as session:
        session.execute(update(Case).where(Case.id == case_id).values(**changed))

    told = findings(office, case_id)
    done = does(office, approve, [case_id], "Olga", accept=True)

    assert [(each.concern, each.stops) for each in told] == [(concern, True)]
    assert words in words_of(done)
    assert not done.left[0].may_accept
    assert case_of(office, case_id).state == CaseState.CHECKED


@pytest.mark.parametrize("key", ["assessment", "participation", "supervision", "quality"])
def test_how_an_entered_proof_came_about_must_be_printable(office: Office, key: str) -> None:
    told = {"route": "entry", "particulars": {key: "In the ლექცია room"}}
    case_id = one(office, TWO, **told)

    [found] = findings(office, case_id)

    assert (found.concern, found.stops) == (Concern.GLYPHS, True)
    assert "Cannot be printed: ლ ე ქ ც ი ა, in “In the ლექცია room”" in found.words


@pytest.mark.parametrize("folder", ["schemes", "skill-cards"])
def test_a_text_of_the_scheme_or_its_card_must_be_printable(
    office: Office, tmp_path: Path, folder: str
) -> None:
    shutil.copytree(CAPITALS, tmp_path / "content")
    for path in (tmp_path / "content" / folder).glob("*.yaml"):
        path.write_text(path.read_text().replace("\ntitle: ", "\ntitle: ქ "))
    schemes = Schemes((tmp_path / "content",))
    scheme = schemes.get("capitals-exam")
    assert scheme is not None
    case_id = one(office)
    with office.database.begin() as session:
        changed = {"scheme_id": scheme.id, "scheme_fingerprint": scheme.fingerprint}
        session.execute(update(Case).where(Case.id == case_id).values(**changed))

    with office.database.read() as session:
        case = session.get_one(Case, case_id)
        [found] = check(session, [case], schemes, on=NOON.date())[case_id]

    assert (found.concern, found.stops) == (Concern.GLYPHS, True)
    assert "Cannot be printed: ქ, in “" in found.words


def test_nothing_of_a_delivered_scheme_is_missing_in_the_fonts(office: Office) -> None:
    with office.database.begin() as session:
        cases = [
            candidate(session, scheme.id, language=language, route=route)
            for scheme in all_schemes().all()
            for language in scheme.languages
            for route in scheme.routes
        ]
        told = check(session, cases, all_schemes(), on=NOON.date())

    concerns = {each.concern for found in told.values() for each in found}
    assert len(cases) > 20
    assert Concern.GLYPHS not in concerns


def test_what_nobody_issues_is_not_approved(office: Office) -> None:
    case_id = one(office)
    hand = office.hand("Olga")

    with office.database.begin() as session:
        done = approve(
            session, [case_id], hand, schemes=all_schemes(), issuers=Issuers({}, None),
            accept_warnings=True, now=NOON,
        )  # fmt: skip

    assert "Nobody issues certificates of this scheme" in words_of(done)
    assert case_of(office, case_id).state == CaseState.CHECKED


def test_somebody_of_the_same_name_is_a_warning(office: Office) -> None:
    first, twin = one(office, name="Zoë Müller"), one(office, name="ZOE  MULLER")
    other = one(office, TWO, name="Zoe Muller")

    told = findings(office, first)
    unseen = does(office, approve, [first], "Olga")
    seen = does(office, approve, [first], "Olga", accept=True)

    assert [(each.concern, each.case_id) for each in told] == [(Concern.DUPLICATE_CASE, twin)]
    assert findings(office, other) == ()
    assert unseen.left[0].may_accept
    assert seen.approved == (first,)


def test_a_valid_certificate_of_the_same_scheme_is_a_warning(office: Office) -> None:
    with office.database.begin() as session:
        held = number_case(session, approved(session, ONE, name="Zoë"), registrar(), now=NOON)
        same = candidate(session, ONE, name="Somebody else", sitting="again")
        same.holder_id = held.holder_id
        alike = candidate(session, ONE, name="zoe")
        case_ids = [same.id, alike.id]

    def held_already() -> list[list[UUID | None]]:
        about = [findings(office, each) for each in case_ids]
        return [
            [each.certificate_id for each in told if each.concern is Concern.DUPLICATE_CERTIFICATE]
            for told in about
        ]

    def becomes(**values: object) -> None:
        with office.database.begin() as session:
            session.execute(update(Certificate).values(**values))

    told, words = held_already(), findings(office, case_ids[0])[0].words
    becomes(valid_until=NOON.date())
    last_day = held_already()
    becomes(valid_until=NOON.date() - timedelta(days=1))
    expired = held_already()
    becomes(valid_until=None, state=CertificateState.WITHDRAWN, issued_at=NOON)
    ended = held_already()

    assert told == last_day == [[held.id], [held.id]]
    assert held.number in words
    assert expired == ended == [[], []]


def test_what_a_case_renews_is_no_duplicate_of_it(office: Office) -> None:
    with office.database.begin() as session:
        held = number_case(session, approved(session, ONE, name="Zoë"), registrar(), now=NOON)
        case_id = candidate(session, ONE, name="Zoë", predecessor_id=held.id).id

    assert findings(office, case_id) == ()


def test_a_thousand_are_approved_at_once_with_one_bad_one_left(office: Office) -> None:
    ids = candidates(office.database, 1000)
    with office.database.begin() as session:
        session.get_one(Case, ids[500]).name = "გიორგი"

    done = does(office, approve, ids, "Olga")

    with office.database.read() as session:
        batch = session.get_one(ApprovalBatch, done.batch_id)
        lines = session.scalars(select(audit.AuditLine)).all()
        broken = audit.find_break(session)
    assert (batch.size, len(done.approved)) == (999, 999)
    assert [each.case_id for each in done.left] == [ids[500]]
    assert {line.detail["batch"] for line in lines} == {str(batch.id)}
    assert (len(lines), broken) == (999, None)


# Refusal


def test_a_refusal_has_a_reason_and_is_written_down(office: Office) -> None:
    case_id = one(office)
    hand = office.hand("Olga")

    with office.database.begin() as session:
        refuse(session, case_id, "The paper is of somebody else.", hand, now=NOON)

    case = case_of(office, case_id)
    assert (case.state, case.refuse_reason) == (
        CaseState.REFUSED, "The paper is of somebody else.",
    )  # fmt: skip
    with office.database.read() as session:
        assert acts_of(session) == ["case.refused"]


def test_what_cannot_be_refused(office: Office) -> None:
    office.hire("Otto", scheme_id=TWO)
    case_id = one(office)
    olga, otto = office.hand("Olga"), office.hand("Otto")

    with office.database.begin() as session, pytest.raises(BadRequestError):
        refuse(session, case_id, "  ", olga, now=NOON)
    with office.database.begin() as session, pytest.raises(OtherSchemeError):
        refuse(session, case_id, "Because", otto, now=NOON)
    with office.database.begin() as session, pytest.raises(NotFoundError):
        refuse(session, uuid4(), "Because", olga, now=NOON)
    does(office, approve, [case_id], "Olga")
    with office.database.begin() as session, pytest.raises(CaseClosedError):
        refuse(session, case_id, "Because", olga, now=NOON)


# The name


def names(office: Office, case_id: UUID, name: str) -> Case:
    """Have the holder confirm a name."""
    with office.database.begin() as session:
        hand = Hand("a holder", session.get_one(Case, case_id).holder_id)
        return confirm_name(session, case_id, name, hand, schemes=all_schemes(), now=NOON)


def unconfirmed(office: Office, scheme_id: str = ONE, *, sent: str = "", **changed: object) -> UUID:
    """Write a case that waits for a name, of somebody whose platform sends this one, or none."""
    person_id = office.hire(f"learner {uuid4().hex[:6]}", role=Role.LEARNER)
    with office.database.begin() as session:
        session.get_one(Person, person_id).name = sent
    told = {"name": sent, "name_confirmed_at": None, "state": CaseState.DRAFT, **changed}
    return one(office, scheme_id, person_id=person_id, **told)


def test_a_confirmed_name_brings_the_case_to_the_officers(office: Office) -> None:
    case_id = unconfirmed(office)

    names(office, case_id, "  Alice   Pleasance\nLiddell ")

    case = case_of(office, case_id)
    assert (case.name, case.state) == ("Alice Pleasance Liddell", CaseState.CHECKED)
    assert case.name_confirmed_by == "a holder"
    with office.database.read() as session:
        [line] = session.scalars(select(audit.AuditLine))
    assert (line.act, line.detail) == ("case.name-confirmed", {})


def test_officers_see_who_gave_which_name(office: Office) -> None:
    case_id = unconfirmed(office)

    names(office, case_id, "Alice L.")
    names(office, case_id, "Alice Liddell")

    told = case_of(office, case_id).particulars["names"]
    assert [(each["name"], each["by"]) for each in told] == [
        ("Alice L.", "a holder"), ("Alice Liddell", "a holder"),
    ]  # fmt: skip


def test_where_nobody_has_to_approve_the_confirmed_name_is_the_last_step(office: Office) -> None:
    case_id = unconfirmed(office, ATTENDANCE, sent="Alice Liddell")

    names(office, case_id, "Alice Liddell")

    case = case_of(office, case_id)
    assert (case.state, case.approved_by, case.approved_human) == (
        CaseState.APPROVED, "worker", None,
    )  # fmt: skip


@pytest.mark.parametrize(
    "name", ["Žofie Łukasz-Müller", "MÜLLER ŁUKASZ Žofie", "Zofie Lukasz Muller"]
)
def test_accents_capitals_and_the_order_of_words_make_no_other_name(
    office: Office, name: str
) -> None:
    case_id = unconfirmed(office, ATTENDANCE, sent="Žofie Łukasz Müller")

    names(office, case_id, name)

    assert case_of(office, case_id).state == CaseState.APPROVED


@pytest.mark.parametrize(
    ("sent", "words"),
    [("Alice Liddell", "sends another name: Alice Liddell"), ("", "sends no name")],
)
def test_a_name_that_no_platform_sent_waits_for_an_officer_even_where_none_is_asked_for(
    office: Office, sent: str, words: str
) -> None:
    case_id = unconfirmed(office, ATTENDANCE, sent=sent)

    names(office, case_id, "Mallory")
    before, [told] = case_of(office, case_id), findings(office, case_id)
    unseen = does(office, approve, [case_id], "Olga")
    seen = does(office, approve, [case_id], "Olga", accept=True)

    assert (before.state, before.approved_at) == (CaseState.CHECKED, None)
    assert (told.concern, told.stops) == (Concern.OTHER_NAME, False)
    assert words in told.words
    assert unseen.left[0].may_accept
    assert seen.approved == (case_id,)


def test_a_name_given_back_its_form_waits_for_nobody(office: Office) -> None:
    case_id = unconfirmed(office, ATTENDANCE, sent="Alice Liddell")

    names(office, case_id, "Alice Hargreaves")
    names(office, case_id, "Alice Liddell")

    assert case_of(office, case_id).state == CaseState.APPROVED


def test_a_name_that_stands_on_a_certificate_of_the_same_human_was_looked_at_then(
    office: Office,
) -> None:
    case_id = unconfirmed(office, ATTENDANCE, sent="Alice Liddell")
    with office.database.begin() as session:
        before = approved(session, ONE, name="Alice Hargreaves")
        before.holder_id = session.get_one(Case, case_id).holder_id
        number_case(session, before, registrar(), now=NOON)

    names(office, case_id, "Alice Hargreaves")

    assert case_of(office, case_id).state == CaseState.APPROVED


def officer_names(office: Office, case_id: UUID, name: str, who: str) -> None:
    hand = office.hand(who)
    with office.database.begin() as session:
        confirm_name(session, case_id, name, hand, schemes=all_schemes(), now=NOON)


def test_an_officer_who_changed_the_name_does_not_approve_it(office: Office) -> None:
    case_id = one(office, name="Alice Liddell")

    officer_names(office, case_id, "Mallory", "Olga")
    alone = does(office, approve, [case_id], "Olga")
    other = does(office, approve, [case_id], "Oskar")

    assert "You changed the name" in words_of(alone)
    assert other.approved == (case_id,)


def test_an_officer_who_changed_the_name_does_not_second_it_either(office: Office) -> None:
    case_id = one(office, TWO, name="Alice Liddell")
    officer_names(office, case_id, "Mallory", "Olga")
    does(office, approve, [case_id], "Oskar")

    assert "You changed the name" in words_of(does(office, second, [case_id], "Olga"))


@pytest.mark.parametrize("again", ["Oskar", "the holder"])
def test_a_name_that_somebody_else_confirmed_stands_in_nobodys_way(
    office: Office, again: str
) -> None:
    case_id = one(office, name="Alice Lidell")
    officer_names(office, case_id, "Alice Liddell", "Olga")

    officer_names(office, case_id, "Alice Liddell", "Olga")
    alone = does(office, approve, [case_id], "Olga")
    if again == "Oskar":
        officer_names(office, case_id, "Alice Liddell", "Oskar")
    else:
        names(office, case_id, "Alice Liddell")
    after = does(office, approve, [case_id], "Olga")

    assert "You changed the name" in words_of(alone)
    assert after.approved == (case_id,)


def test_an_officer_who_found_the_name_right_may_approve_it(office: Office) -> None:
    case_id = one(office, name="Alice Liddell", name_confirmed_at=None, state=CaseState.DRAFT)

    officer_names(office, case_id, "Alice Liddell", "Olga")

    assert does(office, approve, [case_id], "Olga").approved == (case_id,)


def test_a_likely_duplicate_waits_for_an_officer_even_where_none_is_asked_for(
    office: Office,
) -> None:
    one(office, ATTENDANCE, name="Alice Liddell")
    case_id = unconfirmed(office, ATTENDANCE, sent="Alice Liddell")

    names(office, case_id, "Alice Liddell")
    before = case_of(office, case_id).state
    done = does(office, approve, [case_id], "Olga", accept=True)

    assert before == CaseState.CHECKED
    assert done.approved == (case_id,)


@pytest.mark.parametrize("name", ["", "  ", "x" * 401, "გიორგი", "李"])
def test_a_name_that_cannot_be_printed_is_refused_at_once(office: Office, name: str) -> None:
    with pytest.raises(UnprintableNameError) as caught:
        names(office, unconfirmed(office), name)

    assert "passport" in (caught.value.words or "")


def test_a_name_in_pieces_is_put_together(office: Office) -> None:
    case = names(office, unconfirmed(office), "Zoe\u0308 S\u030cimek")

    assert case.name == "Zoë Šimek"


def test_a_name_is_not_changed_after_an_approval(office: Office) -> None:
    case_id = one(office, TWO)
    does(office, approve, [case_id], "Olga")

    with pytest.raises(CaseClosedError) as caught:
        names(office, case_id, "Mallory")

    assert "correction" in (caught.value.words or "")


def test_a_case_goes_back_to_draft_when_something_is_missing_again(office: Office) -> None:
    case_id = one(office)
    with office.database.begin() as session:
        case = session.get_one(Case, case_id)
        case.name_confirmed_at = None
        moved = move_on(session, [case], all_schemes(), now=NOON)

    assert [each.state for each in moved] == [CaseState.DRAFT]


def test_what_an_officer_names_waits_for_another_one_even_where_the_scheme_asks_for_nobody(
    office: Office,
) -> None:
    case_id = unconfirmed(office, ATTENDANCE)
    hand = office.hand("Olga")

    with office.database.begin() as session:
        confirm_name(session, case_id, "Mallory", hand, schemes=all_schemes(), now=NOON)
    alone = does(office, approve, [case_id], "Olga")
    both = does(office, approve, [case_id], "Oskar")

    assert "somebody else" in words_of(alone)
    assert both.approved == (case_id,)
