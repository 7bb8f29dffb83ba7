"""Commands for attempts, allowances and faulty questions, on a real database."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from uuid import UUID, uuid4

import click
import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from courses.catalogue import Catalogue
from courses.model import Course
from lti_tool.audit import AuditLine
from lti_tool.cli_frame import CalmGroup, Tool
from lti_tool.cli_player import commands
from lti_tool.db import Database
from lti_tool.player import enrolling
from lti_tool.player.models import ItemAllowance
from lti_tool.player.registers import read_points
from tests.cast import NOON, Stage, set_stage
from tests.conftest import CAPITALS, PUBLIC_URL
from tests.lti_tool.player.conftest import NAMES, Learner
from tests.lti_tool.player.deskwork import (
    left_out,
    result_of,
    sheet_of,
    sit_exam,
    sit_quiz,
)

QUIZ = "02-world/quiz"
ALICE = ("--issuer", "https://moodle.example.org", "--subject", "alice")
WHY = ("--reason", "Two options are right.")


@click.group(cls=CalmGroup)
@click.pass_context
def program(context: click.Context) -> None:
    """Stand in for ``lti-tool`` with these commands alone."""
    context.obj = Tool(os.environ)
    context.call_on_close(context.obj.close)


for _command in commands:
    program.add_command(_command)


class Terminal:
    """Where commands are typed."""

    def __init__(self, database_url: str) -> None:
        self.environ = {
            "LTI_TOOL_PUBLIC_URL": PUBLIC_URL,
            "LTI_TOOL_SECRET_KEY": "a secret for tests only, forty-two letters",
            "LTI_TOOL_DATABASE_URL": database_url,
            "LTI_TOOL_CONTENT_DIRS": str(CAPITALS),
            "LTI_TOOL_LOG_LEVEL": "ERROR",
        }

    def run(self, *words: str) -> Result:
        return CliRunner().invoke(program, words, env=self.environ)

    def told(self, *words: str) -> str:
        """Run a command that must go well; give what it printed."""
        done = self.run(*words)
        assert done.exit_code == 0, done.output
        return done.stdout


@pytest.fixture
def terminal(database_url: str) -> Iterator[Terminal]:
    """Give a terminal."""
    return Terminal(database_url)


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    """Give the small course."""
    return Catalogue((CAPITALS,))


@pytest.fixture
def course(catalogue: Catalogue) -> Course:
    """Give the course of capitals."""
    found = catalogue.get("capitals")
    assert found is not None
    return found


@pytest.fixture
def stage(database: Database) -> Stage:
    """Give a platform with people."""
    return set_stage(database)


@pytest.fixture
def arrives(catalogue: Catalogue, course: Course) -> Callable[[Stage, str], Learner]:
    """Launch as somebody."""

    def arrive(stage: Stage, name: str) -> Learner:
        visit = stage.visit(name)
        with stage.database.begin() as session:
            enrolling.arrive(session, visit, catalogue=catalogue, names=NAMES, now=NOON)
            place = enrolling.find_enrolment(session, visit, course, names=NAMES)
        return Learner(visit, place)

    return arrive


Arrives = Callable[[Stage, str], Learner]


def test_attempts_are_listed_shown_and_declared_void(
    terminal: Terminal, stage: Stage, course: Course, arrives: Arrives
) -> None:
    alice = arrives(stage, "Alice")
    quiz = sit_quiz(stage, alice, course, wrong=("q1",))
    exam = sit_exam(stage, alice, course, now=NOON)

    listed = terminal.told("attempt", "list", "capitals", *ALICE)
    exams_only = terminal.told("attempt", "list", "capitals", "--item", "exam")
    shown = terminal.told("attempt", "show", str(exam))
    void = terminal.told("attempt", "void", str(quiz), *WHY)
    after = terminal.told("attempt", "show", str(quiz))

    assert f"{quiz}: {QUIZ} attempt 1, 4 of 5, passed, subject alice" in listed
    assert len(listed.splitlines()) == 2
    assert str(quiz) not in exams_only
    assert "Alice" not in listed + shown
    assert "element m1:" in shown
    assert "needs 2/3, passed" in shown
    assert "receipt: verifies" in shown
    assert void == f"attempt {quiz} is void\n"
    assert "void since" in after
    assert "question q1: 0 of 1, not answered" in after
    assert terminal.told("attempt", "list", "no-such") == "no attempt\n"
    with stage.database.read() as session:
        assert session.scalars(select(AuditLine.who)).all() == ["command line"]


def test_an_appeal_is_ruled_on_and_taken_back(
    terminal: Terminal, stage: Stage, course: Course, arrives: Arrives
) -> None:
    alice = arrives(stage, "Alice")
    exam = sit_exam(stage, alice, course, misses_an_element=True, now=NOON)
    question = left_out(sheet_of(stage, alice, exam))
    words = ("attempt", "rule", str(exam), question.id, *WHY)

    awarded = terminal.told(*words, "--points", str(question.points))
    won = result_of(stage, alice, exam)[2]
    back = terminal.told(*words, "--take-back")

    assert ", passed now" in awarded
    assert won is True
    assert ", failed now" in back
    assert terminal.run(*words).exit_code == 2
    assert terminal.run(*words, "--points", "all").exit_code == 2
    assert "Award from 0 to" in terminal.run(*words, "--points", "99").stderr


def test_a_question_is_withdrawn_after_a_dry_run_and_restored(
    terminal: Terminal, stage: Stage, course: Course, arrives: Arrives
) -> None:
    alice = arrives(stage, "Alice")
    attempt_id = sit_quiz(stage, alice, course, wrong=("q1", "q2"))
    where = ("capitals", QUIZ, "q3", "--context", str(stage.context_id))

    dry = terminal.told("question", "withdraw", *where, *WHY, "--dry-run")
    untouched = result_of(stage, alice, attempt_id)
    done = terminal.told("question", "withdraw", *where, *WHY)
    listed = terminal.told("question", "list", "capitals")
    restored = terminal.told("question", "restore", *where, *WHY)

    assert "finished attempts that hold it: 1" in dry
    assert "results that would change: 1" in dry
    assert "failed in place of passed: 1" in dry
    assert untouched == (3, 5, True)
    assert f"attempt {attempt_id}: 3 of 5 -> 2 of 4, failed now\n1 result changed" in done
    assert f"{QUIZ} q3: in context {stage.context_id}" in listed
    assert "2 of 4 -> 3 of 5, passed now" in restored
    assert terminal.told("question", "list", "capitals") == "no question is withdrawn\n"


def test_a_question_is_withdrawn_everywhere(
    terminal: Terminal, stage: Stage, course: Course, arrives: Arrives
) -> None:
    elsewhere = set_stage(stage.database)
    for each in (stage, elsewhere):
        sit_quiz(each, arrives(each, "Alice"), course, wrong=("q1",))

    done = terminal.told("question", "withdraw", "capitals", QUIZ, "q1", "--everywhere", *WHY)

    assert done.count("4 of 5 -> 4 of 4") == 2
    assert "everywhere since" in terminal.told("question", "list", "capitals")


def test_what_is_wrong_is_said_in_a_sentence(
    terminal: Terminal, stage: Stage, course: Course, arrives: Arrives
) -> None:
    sit_quiz(stage, arrives(stage, "Alice"), course)
    question = ("question", "withdraw", "capitals", QUIZ)
    nobody = ("--issuer", "https://moodle.example.org", "--subject", "nobody", *WHY)

    no_scope = terminal.run(*question, "q1", *WHY)
    refusals = [
        terminal.run(*question, "no-such", "--everywhere", *WHY),
        terminal.run(*question, "q1", "--context", str(uuid4()), *WHY),
        terminal.run("question", "restore", "capitals", QUIZ, "q1", "--everywhere", *WHY),
        terminal.run("attempt", "show", str(uuid4())),
        terminal.run("allowance", "give", "no-such", "exam", *ALICE, *WHY),
        terminal.run("allowance", "give", "capitals", "01-europe", *ALICE, *WHY),
        terminal.run("allowance", "give", "capitals", "exam", *nobody),
        terminal.run("attempt", "void", str(UUID(int=0)), "--reason", " "),
    ]

    assert no_scope.exit_code == 2
    for done in refusals:
        assert done.exit_code == 1, done.output
        assert done.stderr.startswith("Error: ")


def test_the_last_question_is_not_withdrawn(
    terminal: Terminal, stage: Stage, course: Course, arrives: Arrives
) -> None:
    sit_quiz(stage, arrives(stage, "Alice"), course)
    for number in range(1, 5):
        terminal.told("question", "withdraw", "capitals", QUIZ, f"q{number}", "--everywhere", *WHY)

    dry = terminal.told(
        "question", "withdraw", "capitals", QUIZ, "q5", "--everywhere", *WHY, "--dry-run"
    )
    refused = terminal.run("question", "withdraw", "capitals", QUIZ, "q5", "--everywhere", *WHY)

    assert "last question that counts in 1 attempt" in dry
    assert refused.exit_code == 1
    assert "last question that counts" in refused.stderr


def test_allowances_are_given_and_listed(
    terminal: Terminal, stage: Stage, arrives: Arrives
) -> None:
    arrives(stage, "Alice")
    options = ("--attempts", "1", "--minutes", "10", "--percent", "25", "--no-wait")

    given = terminal.told(
        "allowance", "give", "capitals", "exam", *ALICE, *options, "--opens-at",
        "2026-12-01T09:00", *WHY,
    )  # fmt: skip
    listed = terminal.told("allowance", "list", "capitals")

    assert "in exam of capitals" in given
    assert "1 more attempt, 10 more minutes, opens 2026-12-01 09:00 UTC" in listed
    assert "no waiting: Two options are right." in listed
    assert terminal.told("allowance", "list", "no-such") == "nothing was allowed\n"
    with stage.database.read() as session:
        kept = session.scalars(select(ItemAllowance)).one()
        assert (kept.person_id, kept.given_by) == (stage.people["Alice"], None)


def test_somebody_in_several_contexts_needs_one_named(
    terminal: Terminal, stage: Stage, arrives: Arrives
) -> None:
    elsewhere = set_stage(stage.database)
    for each in (stage, elsewhere):
        arrives(each, "Alice")
    words = ("allowance", "give", "capitals", "exam", *ALICE, "--minutes", "5", *WHY)

    unclear = terminal.run(*words)
    clear = terminal.told(*words, "--context", str(elsewhere.context_id))

    assert unclear.exit_code == 1
    assert str(stage.context_id) in unclear.stderr
    assert str(elsewhere.people["Alice"]) in clear


def test_somebody_who_never_came_is_found_by_the_roster(terminal: Terminal, stage: Stage) -> None:
    given = terminal.told("allowance", "give", "capitals", "exam", *ALICE, "--minutes", "5", *WHY)

    assert str(stage.people["Alice"]) in given


@pytest.mark.parametrize("given", ["", "all", "-1", "1/0", "1e3", "0x1"])
def test_points_that_are_none_are_not_read(given: str) -> None:
    assert read_points(given) is None
