"""The command line, on a real database: everything that a page of the desks does."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import click
import pytest
from click.testing import CliRunner, Result
from flask import Flask
from sqlalchemy import select

import lti_tool.app as tool_app
from lti_tool.audit import AuditLine, find_break
from lti_tool.beats import list_beats
from lti_tool.cli import main
from lti_tool.db import Database, utcnow
from lti_tool.lti import doctor, keys, links
from lti_tool.lti.checks import Check
from lti_tool.lti.links import Purpose
from lti_tool.lti.models import Deployment, OneTimeLink, Platform, ToolKey
from lti_tool.vault import Vault
from tests.conftest import CAPITALS, PUBLIC_URL
from xapi.models import Delivery, OutboxEntry

SECRET = "a secret for tests only, forty-two letters"
MOODLE = ("platform", "add", "--moodle", "https://lms.example.org", "--client-id", "AbC123")
WHICH = ("--issuer", "https://lms.example.org")


class Terminal:
    """Where commands are typed, with the tool's settings in the environment."""

    def __init__(self, database_url: str) -> None:
        self.environ = {
            "LTI_TOOL_PUBLIC_URL": PUBLIC_URL,
            "LTI_TOOL_SECRET_KEY": SECRET,
            "LTI_TOOL_DATABASE_URL": database_url,
            "LTI_TOOL_CONTENT_DIRS": str(CAPITALS),
            "LTI_TOOL_LOG_LEVEL": "ERROR",
        }

    def run(self, *words: str, **changed: str) -> Result:
        return CliRunner().invoke(main, words, env={**self.environ, **changed})

    def told(self, *words: str) -> str:
        """Run a command that must go well; give what it printed."""
        done = self.run(*words)
        assert done.exit_code == 0, done.output
        return done.stdout


@pytest.fixture
def terminal(database: Database, database_url: str) -> Iterator[Terminal]:
    """Give a terminal on a database with all tables."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("LTI_TOOL_PUBLIC_URL", "LTI_TOOL_SECRET_KEY"):
            patch.delenv(name, raising=False)
        yield Terminal(database_url)


# Platforms


def test_a_moodle_is_added_listed_changed_and_withdrawn(
    terminal: Terminal, database: Database
) -> None:
    added = terminal.told(*MOODLE, "--deployment", "4", "--country", "CZ", "--name", "Academy")
    changed = terminal.told("platform", "change", *WHICH, "--name", "The Academy")
    same = terminal.told("platform", "change", *WHICH, "--name", "The Academy")
    refused = terminal.told("platform", "refuse", "4", *WHICH)
    approved = terminal.told("platform", "approve", "5", *WHICH)
    withdrawn = terminal.told("platform", "withdraw", *WHICH, "--client-id", "AbC123")
    listed = terminal.told("platform", "list")
    restored = terminal.told("platform", "restore", *WHICH)

    assert "deployment 4 approved" in added
    assert changed.endswith("changed\n")
    assert same.endswith("as it was\n")
    assert "deployment 4 of https://lms.example.org refused" in refused
    assert "approved" in approved
    assert "withdrawn" in withdrawn
    assert "The Academy, https://lms.example.org, client id AbC123, country CZ" in listed
    assert "deployment 4: refused" in listed
    assert "last launch never" in listed
    assert "restored" in restored
    with database.read() as session:
        assert session.scalars(select(Platform)).one().withdrawn_at is None
        assert {line.who for line in session.scalars(select(AuditLine))} == {"command line"}
        assert find_break(session) is None


def test_another_platform_is_added_as_the_handbook_says(
    terminal: Terminal, database: Database
) -> None:
    base = "https://canvas.example.org"
    words = ("platform", "add", "--issuer", base, "--client-id", "1", "--auth-url", f"{base}/a")
    words += ("--token-url", f"{base}/t", "--keys-url", f"{base}/k", "--deployment", "d")

    terminal.told(*words)

    with database.read() as session:
        kept = session.scalars(select(Platform)).one()
        assert (kept.auth_url, kept.deployment_policy) == (f"{base}/a", "approve")
        assert session.scalars(select(Deployment.deployment_id)).all() == ["d"]


def test_what_is_wrong_is_said_in_a_sentence_and_not_by_a_traceback(terminal: Terminal) -> None:
    terminal.told(*MOODLE)

    twice = terminal.run(*MOODLE)
    private = terminal.run(
        "platform", "add", "--moodle", "https://10.1.2.3", "--client-id", "x", "--country", "CZ"
    )
    nowhere = terminal.run("platform", "withdraw", "--issuer", "https://nobody.example.org")
    unknown = terminal.run("platform", "refuse", "77", *WHICH)

    for done in (twice, private, nowhere, unknown):
        assert done.exit_code == 1
        assert done.stderr.startswith("Error: ")
        assert "Traceback" not in done.output
    assert "issuer and client id already" in twice.stderr
    assert "LTI_TOOL_ALLOW_PRIVATE_ADDRESSES=yes" in private.stderr
    assert "no such platform" in nowhere.stderr
    assert "no deployment of that id" in unknown.stderr


def test_an_issuer_with_several_platforms_asks_for_the_client_id(terminal: Terminal) -> None:
    terminal.told(*MOODLE)
    terminal.told(*MOODLE[:-1], "other")

    several = terminal.run("platform", "withdraw", *WHICH)
    one = terminal.run("platform", "withdraw", *WHICH, "--client-id", "other")

    assert several.exit_code == 1
    assert "give the client id too" in several.stderr
    assert one.exit_code == 0


def test_a_platform_without_its_addresses_is_a_fault_of_usage(terminal: Terminal) -> None:
    done = terminal.run("platform", "add", "--issuer", "https://x.example.org", "--client-id", "1")

    assert done.exit_code == 2
    assert "--auth-url, --token-url, --keys-url" in done.stderr


# Links


def test_a_registration_link_stands_on_a_line_of_its_own(
    terminal: Terminal, database: Database
) -> None:
    told = terminal.told(
        *("registration-link", "--label", "Moodle of the academy", "--country", "CZ"),
        *("--ask-names", "--policy", "approve"),
    )

    url = next(line for line in told.splitlines() if line.startswith("http"))
    assert re.fullmatch(rf"{PUBLIC_URL}/lti/register\?link=[\w-]{{43}}", url)
    with database.begin() as session:
        token = url.partition("=")[2]
        used = links.use(session, token, Purpose.REGISTRATION, now=utcnow())
        assert (used.label, used.country) == ("Moodle of the academy", "CZ")
        assert (used.ask_names, used.deployment_policy) == (True, "approve")
        assert used.expires_at - used.created_at == timedelta(days=2)


def test_an_admin_link_opens_the_desks(terminal: Terminal, app: Flask) -> None:
    url = terminal.told("admin-link").splitlines()[0]

    answer = app.test_client().get(url.removeprefix(PUBLIC_URL), base_url=PUBLIC_URL)

    assert answer.status_code == 200
    assert "Open the desks" in answer.text


def test_links_are_listed_and_taken_back(terminal: Terminal, database: Database) -> None:
    terminal.told("registration-link", "--label", "Academy", "--hours", "3")
    with database.read() as session:
        link_id = str(session.scalars(select(OneTimeLink.id)).one())

    listed = terminal.told("links", "list")
    back = terminal.told("links", "withdraw", link_id)
    again = terminal.told("links", "withdraw", link_id)

    assert f"{link_id} registration Academy: open" in listed
    assert back == f"link {link_id} withdrawn\n"
    assert "good for nothing already" in again
    assert "withdrawn" in terminal.told("links", "list")
    assert terminal.run("links", "withdraw", str(uuid4())).exit_code == 1


# Keys


def test_keys_are_made_listed_and_sealed_anew(terminal: Terminal, database: Database) -> None:
    with database.begin() as session:
        first = keys.signing_key(session, Vault(SECRET), now=utcnow()).kid

    made = terminal.told("keys", "rotate")
    listed = terminal.told("keys", "list")
    changed = {
        "LTI_TOOL_SECRET_KEY": "another secret of forty letters for tests",
        "LTI_TOOL_OLD_SECRET_KEYS": SECRET.replace(" ", "_"),
    }
    lost = terminal.run("keys", "reseal", **changed)

    assert "signs from tomorrow on" in made
    assert re.search(rf"^{first}: .*, signs now$", listed, re.MULTILINE)
    assert len(listed.splitlines()) == 2
    assert lost.exit_code == 1
    assert "LTI_TOOL_OLD_SECRET_KEYS" in lost.stderr


def test_a_new_secret_takes_over(database: Database, database_url: str) -> None:
    old, new = "o" * 40, "n" * 40
    terminal = Terminal(database_url)
    with database.begin() as session:
        keys.signing_key(session, Vault(old), now=utcnow())
    both = {"LTI_TOOL_SECRET_KEY": new, "LTI_TOOL_OLD_SECRET_KEYS": old}

    done = terminal.run("keys", "reseal", **both)
    again = terminal.run("keys", "reseal", **both)

    assert done.stdout == "1 key encrypted anew\n"
    assert again.stdout == "0 keys encrypted anew\n"
    with database.read() as session:
        sealed = session.scalars(select(ToolKey.private_sealed)).one()
        assert "PRIVATE KEY" in Vault(new).decrypt(sealed, purpose=keys.PURPOSE)


# Roles


def test_a_role_is_given_before_the_first_launch_listed_and_taken(terminal: Terminal) -> None:
    who = (*WHICH, "--subject", "42")

    granted = terminal.told("role", "grant", "administrator", *who)
    twice = terminal.told("role", "grant", "administrator", *who)
    terminal.told("role", "grant", "officer", *who, "--scheme", "alifeca")
    listed = terminal.told("role", "list")
    officers = terminal.told("role", "list", "officer")
    withdrawn = terminal.told("role", "withdraw", "administrator", *who)
    not_held = terminal.run("role", "withdraw", "administrator", *who)

    assert "granted, from their next launch on" in granted
    assert "held already" in twice
    assert len(listed.splitlines()) == 2
    assert "officer: https://lms.example.org subject 42, scheme alifeca" in officers
    assert "administrator" not in officers
    assert withdrawn.endswith("withdrawn\n")
    assert not_held.exit_code == 1


def test_a_role_of_the_platform_cannot_be_given(terminal: Terminal) -> None:
    done = terminal.run("role", "grant", "instructor", *WHICH, "--subject", "42")

    assert done.exit_code == 2


# Launches, scores, statements


def test_a_launch_is_explained_by_its_code(terminal: Terminal, database: Database) -> None:
    code = doctor.new_code()
    with database.begin() as session:
        doctor.record(
            session,
            accepted=False,
            check=Check.AUDIENCE,
            code=code,
            skew_s=2,
            kid="key-1",
            detail={"found": "another", "expected": "AbC123"},
            now=utcnow(),
        )
        doctor.record(session, accepted=True, code=doctor.new_code(), now=utcnow())

    told = terminal.told("launch", "explain", code.lower())
    unknown = terminal.run("launch", "explain", "0000-0000")

    assert f"{code}: " in told
    assert "refused by audience" in told
    assert "cause: The message is not meant for this tool" in told
    assert "remedy: Compare the client id" in told
    assert "found: another" in told
    assert "platform's clock against ours: 2 s" in told
    assert "deployment" not in told
    assert unknown.exit_code == 1
    assert "no trace of this code" in unknown.stderr
    assert len(terminal.told("launch", "list").splitlines()) == 1
    assert len(terminal.told("launch", "list", "--all").splitlines()) == 2


def test_refused_statements_are_told_and_put_back(terminal: Terminal, database: Database) -> None:
    now = utcnow()
    with database.begin() as session:
        entry = OutboxEntry(statement_id=uuid4(), actor_key="a", payload="{}", queued_at=now)
        session.add(entry)
        session.flush()
        session.add(
            Delivery(target="https://lrs", seq=entry.seq, stuck_at=now, reason="No such verb.")
        )

    stuck = terminal.told("outbox", "stuck")
    young = terminal.told("outbox", "retry", "--older-than", "1", "--dry-run")
    dry = terminal.told("outbox", "retry", "--dry-run")
    done = terminal.told("outbox", "retry")

    assert "1 statement waiting" in stuck
    assert "refused by https://lrs: No such verb." in stuck
    assert young == "0 statements would be put back in line\n"
    assert dry == "1 statement would be put back in line\n"
    assert done == "1 statement put back in line\n"
    assert terminal.told("outbox", "retry") == "0 statements put back in line\n"


def test_no_score_is_stuck_at_first(terminal: Terminal) -> None:
    assert terminal.told("scores", "stuck") == "no score is stuck\n"
    assert terminal.told("scores", "resend", "--dry-run") == (
        "0 scores would be put back in line\n"
    )
    assert terminal.run("scores", "resend", str(uuid4())).exit_code == 1


# Running the tool


def test_the_worker_goes_round_once_and_prints_what_each_job_did(
    terminal: Terminal, database: Database
) -> None:
    told = terminal.told("worker", "--once")

    assert re.search(r"^scores: 0 done$", told, re.MULTILINE)
    assert re.search(r"^statements: 0 done$", told, re.MULTILINE)
    with database.read() as session:
        assert len(list_beats(session)) == len(told.splitlines())


def test_the_tables_are_made_and_then_left_alone(tmp_path: Path) -> None:
    terminal = Terminal(f"sqlite:///{tmp_path / 'var' / 'new.db'}")

    first = terminal.told("db", "upgrade")
    second = terminal.told("db", "upgrade")
    after = terminal.told("platform", "list")

    assert re.search(r"^tool: nothing -> \w+$", first, re.MULTILINE)
    assert re.search(r"^xapi: nothing -> \w+$", first, re.MULTILINE)
    assert all(line.endswith("up to date") for line in second.splitlines())
    assert "no platform yet" in after


def test_a_database_without_tables_is_told_with_what_to_do(tmp_path: Path) -> None:
    terminal = Terminal(f"sqlite:///{tmp_path / 'empty.db'}")

    done = terminal.run("platform", "list")

    assert done.exit_code == 1
    assert "lti-tool db upgrade" in done.stderr


def test_settings_that_are_missing_are_told_all_at_once() -> None:
    done = CliRunner().invoke(main, ["platform", "list"], env={"LTI_TOOL_COLOUR": "red"})

    assert done.exit_code == 1
    assert "LTI_TOOL_COLOUR" in done.stderr
    assert "LTI_TOOL_PUBLIC_URL is not set" in done.stderr


def _groups(command: click.Command, path: str = "lti-tool") -> Iterator[tuple[str, click.Command]]:
    yield path, command
    if isinstance(command, click.Group):
        for name, each in command.commands.items():
            yield from _groups(each, f"{path} {name}")


@pytest.mark.parametrize("path", [path for path, _ in _groups(main)])
def test_every_command_says_what_it_is_for_without_any_settings(path: str) -> None:
    done = CliRunner().invoke(main, [*path.split()[1:], "--help"], env={})

    assert done.exit_code == 0
    assert len(done.stdout.split("\n\n")[1].strip()) > 15


def test_the_commands_of_the_handbook_exist() -> None:
    known = {path for path, _ in _groups(main)}
    handbook = (Path(tool_app.__file__).parents[1] / "docs" / "operating.md").read_text()
    told = re.findall(r"`(lti-tool [a-z -]+)", handbook)

    for each in told:
        words = each.split(" --")[0].split()
        assert " ".join(words) in known or " ".join(words[:3]) in known, each


# Schemes


def test_schemes_that_can_be_used_are_told_with_their_languages(terminal: Terminal) -> None:
    done = terminal.run("scheme", "check")

    assert done.exit_code == 0
    assert "capitals-exam (exam): en" in done.stdout
    assert "6 schemes, no fault" in done.stdout


def test_a_language_without_words_is_told_with_its_place(
    terminal: Terminal, tmp_path: Path
) -> None:
    content = Path(shutil.copytree(CAPITALS, tmp_path / "content"))
    file = content / "schemes" / "capitals.yaml"
    file.write_text(f"languages: [en, de]\n{file.read_text()}")

    done = terminal.run("scheme", "check", LTI_TOOL_CONTENT_DIRS=str(content))

    assert done.exit_code == 1
    assert "schemes/capitals.yaml:1: certificates cannot be printed in 'de'" in done.stderr
    assert "Traceback" not in done.output


# Keys of the record store


def test_keys_and_tokens_of_the_record_store_are_made_and_withdrawn_and_noted(
    terminal: Terminal, database: Database
) -> None:
    key = terminal.told("credentials", "add", "--label", "Dashboards", "--scope", "all/read")
    key = key.split()[1]
    listed = terminal.told("credentials", "list")
    terminal.told("credentials", "withdraw", key)
    again = terminal.run("credentials", "withdraw", key)
    agent = '{"account":{"homePage":"https://x.example","name":"alice"}}'
    token = terminal.told("token", "add", "--actor", agent, "--activity", "https://x.example/a")
    terminal.told("token", "withdraw", token.split()[1])

    assert f"{key}  " in listed
    assert "all/read  Dashboards" in listed
    assert terminal.told("credentials", "list") == ""
    assert again.exit_code == 1
    with database.read() as session:
        acts = session.scalars(select(AuditLine.act).order_by(AuditLine.number)).all()
    assert list(acts) == [
        "credential.added",
        "credential.withdrawn",
        "token.added",
        "token.withdrawn",
    ]
