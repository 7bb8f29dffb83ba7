"""Candidates at the command line: entered one by one or from a list, and taken back."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import func, select

from courses.catalogue import Catalogue
from lti_tool.certification.deciding import decide_due
from lti_tool.certification.models import Case, CaseState, Holder
from lti_tool.db import Database, utcnow
from lti_tool.visit import Role
from tests.conftest import CAPITALS
from tests.lti_tool.certification.deskside import SCHEMES
from tests.lti_tool.certification.office import ISSUER, Office, acts_of, open_office
from tests.lti_tool.certification.shelves import shelve_holder
from tests.lti_tool.test_cli import Terminal
from tests.lti_tool.test_cli_certificates import refused, tells, under

EXAM, TRAINER, EVIDENCE = "capitals-exam", "capitals-trainer", "capitals-evidence"
PAPER = ("enter-one", EXAM, "Zoë Paper", "--day", "2026-10-01", "--result", "M1=2/3", "--result",
         "M2=passed")  # fmt: skip
LIST = "name;day;M1;M2\nZoë Paper;2026-10-01;2/3;3/3\n\nAda List;02.10.2026;passed;2,5/3\n"


@pytest.fixture
def terminal(database: Database, database_url: str) -> Terminal:
    """Give a terminal on a database with all tables, with the course of capitals."""
    return Terminal(database_url)


@pytest.fixture
def office(database: Database) -> Office:
    """Give an office with Olga and Oskar."""
    return open_office(database)


@pytest.fixture
def listed(tmp_path: Path) -> str:
    """Give the path of a list without a fault."""
    return written(tmp_path, LIST)


def written(folder: Path, text: str) -> str:
    path = folder / "candidates.csv"
    path.write_text(text, encoding="utf-8")
    return str(path)


def cases(database: Database) -> list[Case]:
    with database.read() as session:
        return list(session.scalars(select(Case).order_by(Case.name)))


def decides(database: Database) -> None:
    decide_due(database.begin, SCHEMES, Catalogue((CAPITALS,)), now=utcnow())


def test_a_list_is_entered_and_another_officer_approves(
    terminal: Terminal, office: Office, listed: str, database: Database
) -> None:
    told = tells(terminal, "enter", EXAM, listed, "--name-seen", *under(office, "Olga"))
    decides(database)
    ada, zoe = cases(database)
    alone = terminal.run("certificate", "approve", str(zoe.id), *under(office, "Olga"))
    other = tells(terminal, "approve", str(ada.id), str(zoe.id), *under(office, "Oskar"))

    assert told == (
        "line 2: Zoë Paper, 2026-10-01: M1 2 of 3, M2 3 of 3\n"
        "line 4: Ada List, 2026-10-02: M1 passed, M2 5/2 of 3\n"
        "2 candidates entered for capitals-exam\n"
        "the worker looks at them within a minute; another officer approves: "
        "`lti-tool certificate cases --scheme capitals-exam`\n"
    )
    assert (ada.state, zoe.state) == (CaseState.CHECKED, CaseState.CHECKED)
    assert zoe.entered_by == f"command line {office.officers['Olga']}"
    assert zoe.entered_human == office.officers["Olga"]
    assert alone.exit_code == 1
    assert "You entered this candidate yourself" in alone.stdout
    assert other.startswith("2 cases approved: batch ")


def test_a_dry_run_shows_what_would_be_entered_and_enters_nobody(
    terminal: Terminal, office: Office, listed: str, database: Database
) -> None:
    told = tells(terminal, "enter", EXAM, listed, "--dry-run", *under(office, "Olga"))

    assert told.splitlines()[-1] == "2 candidates would be entered for capitals-exam"
    assert cases(database) == []
    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(Holder)) == 0
        assert acts_of(session) == []


def test_all_faults_of_a_list_are_told_by_line_and_nobody_is_entered(
    terminal: Terminal, office: Office, tmp_path: Path, database: Database
) -> None:
    faulty = written(
        tmp_path,
        "name,day,M1,exam_body\nZoë Paper,2026-10-01,2/3,\n,2026-10-01,,\nAda,soon,,\n"
        f"Eva,2026-10-01,4/3,\nგიორგი,2026-10-01,,\nIda,2026-10-01,,{'x' * 201}\n",
    )

    done = terminal.run("certificate", "enter", EXAM, faulty, *under(office, "Olga"))

    assert done.exit_code == 1
    assert "nothing was entered: mend 5 lines and give the list again" in done.stderr
    *faults, last = [line for line in done.stdout.splitlines() if not line.startswith("line 2")]
    assert faults[0] == "line 3: There is no name."
    assert faults[1].startswith("line 4: Ada: soon is no day")
    assert faults[2].startswith("line 5: Eva: 4/3 is no result")
    assert faults[3].startswith("line 6: გიორგი: ")
    assert "printed" in faults[3]
    assert last == "line 7: Ida: At most 200 characters in each of these fields."
    assert cases(database) == []


def test_a_list_given_again_enters_nobody_twice(
    terminal: Terminal, office: Office, listed: str, database: Database
) -> None:
    tells(terminal, "enter", EXAM, listed, *under(office, "Olga"))

    again = tells(terminal, "enter", EXAM, listed, *under(office, "Olga"))

    assert "line 2: Zoë Paper was entered before" in again
    assert again.endswith(
        "another person of the same name: `lti-tool certificate enter-one`\n"
        "0 candidates entered for capitals-exam\n"
    )
    assert len(cases(database)) == 2


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "The file is empty."),
        ("name,day,shoes\nZoë,2026-10-01,44\n", "Column shoes is not known"),
        ("name,day\n", "There are no candidates below the head."),
    ],
)
def test_a_list_that_cannot_be_read_is_told(
    terminal: Terminal, office: Office, tmp_path: Path, text: str, told: str
) -> None:
    fault = refused(terminal, "enter", EXAM, written(tmp_path, text), *under(office, "Olga"))

    assert told in fault


def test_only_an_officer_of_the_scheme_enters(
    terminal: Terminal, office: Office, listed: str, database: Database
) -> None:
    office.hire("Otto", scheme_id="capitals-four-eyes")
    office.hire("Asta", role=Role.ASSESSOR)
    alice = ("--issuer", ISSUER, "--subject", "alice")

    told = {
        refused(terminal, *command, *who)
        for command in (("enter", EXAM, listed), PAPER)
        for who in (under(office, "Otto"), under(office, "Asta"), alice)
    }

    [words] = told
    assert "Your role does not cover this scheme" in words
    assert cases(database) == []


def test_an_empty_list_is_given_by_scheme_and_way(terminal: Terminal, office: Office) -> None:
    new = tells(terminal, "columns", EXAM)
    earlier = tells(terminal, "columns", EXAM, "--way", "taken-over")
    only = tells(terminal, "columns", EVIDENCE)
    unknown = refused(terminal, "columns", "nothing")
    other = refused(terminal, "columns", EVIDENCE, "--way", "entry")

    assert new.startswith("name,day,M1,M2,")
    assert earlier.startswith("name,day,earlier_register,earlier_number,")
    assert only == earlier
    assert "capitals-evidence (taken-over)" in unknown
    assert "capitals-exam (entry, taken-over)" in other


def test_earlier_records_are_taken_over(
    terminal: Terminal, office: Office, tmp_path: Path, database: Database
) -> None:
    earlier = written(
        tmp_path,
        "name,day,earlier_register,earlier_number\nZoë Paper,2020-05-04,Old register,OR-17\n"
        "Ada List,2020-05-04,Old register,\n",
    )
    taken = ("enter", EXAM, earlier, "--way", "taken-over", *under(office, "Olga"))

    fault = terminal.run("certificate", *taken)
    written(tmp_path, Path(earlier).read_text(encoding="utf-8").replace("er,\n", "er,OR-18\n"))
    tells(terminal, *taken)

    assert "line 3: Ada List: An earlier record needs the register it comes from" in fault.stdout
    assert [case.sitting for case in cases(database)] == ["taken-over:OR-18", "taken-over:OR-17"]


def test_one_candidate_is_entered_and_looked_at_at_once(
    terminal: Terminal, office: Office, database: Database
) -> None:
    told = tells(terminal, *PAPER, *under(office, "Olga"))

    [case] = cases(database)
    assert told == (
        f"case {case.id}: draft; another officer approves what you entered\n"
        f"nobody confirmed the name yet: `lti-tool certificate name {case.id} NAME`\n"
    )
    assert case.particulars["results"] == {
        "M1": {"points": "2", "asked": 3}, "M2": {"passed": True}
    }  # fmt: skip


def test_somebody_of_the_same_name_is_asked_for(
    terminal: Terminal, office: Office, database: Database
) -> None:
    with database.begin() as session:
        known = shelve_holder(session, name="Zoe Paper")

    asked = refused(terminal, *PAPER, *under(office, "Olga"))
    before = cases(database)
    tells(terminal, *PAPER, "--holder", str(known), *under(office, "Olga"))
    other = (*PAPER, "--day", "2026-10-02", "--new-holder")
    tells(terminal, *other, *under(office, "Olga"))

    assert "--new-holder" in asked
    assert f"{known} Zoe Paper, since " in asked
    assert before == []
    assert known in {case.holder_id for case in cases(database)}
    assert len({case.holder_id for case in cases(database)}) == 2


def test_two_of_one_name_and_day_are_entered_where_the_other_is_named(
    terminal: Terminal, office: Office, database: Database
) -> None:
    tells(terminal, *PAPER, *under(office, "Olga"))
    [first] = cases(database)
    apart = ("--not", str(first.holder_id))

    unnamed = refused(terminal, *PAPER, "--new-holder", *under(office, "Olga"))
    before = cases(database)
    tells(terminal, *PAPER, *apart, *under(office, "Olga"))
    asked = refused(terminal, *PAPER, *apart, *under(office, "Olga"))
    again = refused(terminal, *PAPER, *apart, "--new-holder", *under(office, "Olga"))

    [second] = {case.holder_id for case in cases(database)} - {first.holder_id}
    way_on = "If this is another person of the same name, add --not"
    assert unnamed.rstrip().endswith(f"{way_on} {first.holder_id}")
    assert len(before) == 1
    assert f"{second} Zoë Paper, since " in asked
    assert str(first.holder_id) not in asked
    assert again.rstrip().endswith(f"{way_on} {second}")
    assert len(cases(database)) == 2


def test_whoever_was_chosen_is_told_without_a_way_round(
    terminal: Terminal, office: Office, database: Database
) -> None:
    with database.begin() as session:
        known = str(shelve_holder(session, name="Zoë Paper"))
    chosen = (*PAPER, "--holder", known, *under(office, "Olga"))
    tells(terminal, *chosen)

    again = refused(terminal, *chosen)

    assert again.rstrip().endswith("the case is there already.")
    assert len(cases(database)) == 1


def test_a_trainer_is_entered_with_the_list_that_was_seen(
    terminal: Terminal, office: Office, database: Database
) -> None:
    trainer = ("enter-one", TRAINER, "Tina Trainer", "--day", "2026-10-01", "--name-seen")

    beyond = terminal.run("certificate", *trainer, "--check", "3", *under(office, "Olga"))
    tells(terminal, *trainer, "--check", "2", "--told", "trainer=Tom", *under(office, "Olga"))

    assert beyond.exit_code == 2
    assert "1: Train-the-Trainers course passed; 2: Co-trained once" in beyond.stderr
    [case] = cases(database)
    assert case.particulars["checklist"] == ["Co-trained once"]
    assert case.particulars["trainer"] == "Tom"


@pytest.mark.parametrize(
    ("more", "code", "told"),
    [
        (("--result", "M1"), 2, "write NAME=VALUE"),
        (("--result", "M9=passed"), 1, "no element M9"),
        (("--result", "M1=good"), 1, "good is no result"),
        (("--told", "shoes=44"), 2, "--told takes exam_body"),
        (("--day", "2999-01-01"), 1, "lies in the future"),
    ],
)
def test_what_cannot_be_used_of_one_candidate_is_told(
    terminal: Terminal,
    office: Office,
    *,
    database: Database,
    more: tuple[str, ...],
    code: int,
    told: str,
) -> None:
    done = terminal.run("certificate", *PAPER, *more, *under(office, "Olga"))

    assert (done.exit_code, told in done.stderr) == (code, True), done.stderr
    assert cases(database) == []


def test_a_candidate_is_taken_back_until_somebody_approves(
    terminal: Terminal, office: Office, database: Database
) -> None:
    for name in ("Ada", "Zoë"):
        one = ("enter-one", EXAM, name, "--day", "2026-10-01", "--name-seen")
        tells(terminal, *one, "--result", "M1=3/3", "--result", "M2=3/3", *under(office, "Olga"))
    ada, zoe = (str(case.id) for case in cases(database))
    tells(terminal, "approve", ada, *under(office, "Oskar"))

    late = refused(terminal, "take-back", ada, *under(office, "Olga"))
    told = tells(terminal, "take-back", zoe, *under(office, "Olga"))
    nothing = refused(terminal, "take-back", str(office.officers["Olga"]), *under(office, "Olga"))

    assert "nobody approved yet" in late
    assert told == f"{zoe}: taken back; nothing is issued from it\n"
    assert [case.state for case in cases(database)] == [CaseState.APPROVED, CaseState.WITHDRAWN]
    assert "see `lti-tool certificate cases`" in nothing


def test_holders_with_an_address_are_written_to(
    terminal: Terminal, office: Office, tmp_path: Path, database: Database
) -> None:
    mailed = written(
        tmp_path,
        "name,day,email\nZoë Paper,2026-10-01,zoe@example.org\nAda List,2026-10-01,\n",
    )
    entered = ("enter", EXAM, mailed, *under(office, "Olga"))

    silent = refused(terminal, *entered)
    terminal.environ |= {
        "LTI_TOOL_MAIL_URL": f"file:{tmp_path}/post",
        "LTI_TOOL_MAIL_FROM": "certificates@example.org",
    }
    told = tells(terminal, *entered)
    ada, zoe = (str(case.id) for case in cases(database))
    bad = refused(terminal, "invite", ada, "--email", "ada", *under(office, "Olga"))
    invited = tells(terminal, "invite", ada, "--email", "ada@example.org", *under(office, "Olga"))
    one = (*PAPER, "--new-holder", "--day", "2026-10-02", "--email", "z@example.org")
    alone = tells(terminal, *one, *under(office, "Olga"))

    assert "Column email is not known" in silent
    assert "line 2: Zoë Paper, 2026-10-01, zoe@example.org\n" in told
    assert "1 name still to be confirmed, with no address to write to" in told
    assert tells(terminal, "columns", EXAM).startswith("name,day,email,M1,")
    assert "is no e-mail address" in bad
    assert invited == f"{ada}: a letter to the holder is on its way\n"
    assert alone.endswith("a letter to the holder is on its way\n")
    with database.read() as session:
        invitations = [act for act in acts_of(session) if act == "case.invited"]
    assert len(invitations) == 3
    assert zoe


def test_nobody_is_written_to_where_no_mail_is_set_up(
    terminal: Terminal, office: Office, database: Database
) -> None:
    tells(terminal, *PAPER, *under(office, "Olga"))
    [case] = cases(database)
    address = ("--email", "zoe@example.org")

    told = {
        refused(terminal, "invite", str(case.id), *address, *under(office, "Olga")),
        refused(terminal, *PAPER, "--new-holder", *address, *under(office, "Olga")),
    }

    assert len(told) == 1
    assert "give LTI_TOOL_MAIL_URL" in told.pop()
    assert len(cases(database)) == 1
