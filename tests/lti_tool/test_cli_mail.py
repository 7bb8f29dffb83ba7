"""Mail on the command line: what waits, another round of tries, a letter to try it out."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select

from lti_tool import mail
from lti_tool.audit import AuditLine
from lti_tool.db import Database, utcnow
from lti_tool.mail import Letter
from lti_tool.vault import Vault
from tests.lti_tool.post_office import open_office
from tests.lti_tool.test_cli import SECRET, Terminal

FROM = {"LTI_TOOL_MAIL_FROM": "certificates@tool.example.org"}
LETTER = Letter(
    key="ready:1",
    to="alice@example.org",
    subject="Your certificate is ready",
    text="Dear Alice\n",
    html="<p>Dear Alice</p>",
)


@pytest.fixture
def terminal(database: Database, database_url: str) -> Terminal:
    """Give a terminal on a database with all tables."""
    return Terminal(database_url)


def test_a_refused_letter_is_listed_without_its_address_and_tried_again(
    terminal: Terminal, database: Database
) -> None:
    with database.begin() as session:
        mail.queue(session, LETTER, Vault(SECRET), now=utcnow())

    with open_office() as office:
        url = f"smtp://127.0.0.1:{office.port}"
        office.says["alice@example.org"] = "550 <alice@example.org> is unknown"
        first = terminal.run("worker", "--once", LTI_TOOL_MAIL_URL=url, **FROM)
        listed = terminal.run("mail", "list", LTI_TOOL_MAIL_URL=url, **FROM)
        office.says.clear()
        again = terminal.run("mail", "retry", LTI_TOOL_MAIL_URL=url, **FROM)
        second = terminal.run("worker", "--once", LTI_TOOL_MAIL_URL=url, **FROM)
        sent = terminal.run("mail", "list", "--sent", LTI_TOOL_MAIL_URL=url, **FROM)
        nothing = terminal.run("mail", "list", LTI_TOOL_MAIL_URL=url, **FROM)

    with database.read() as session:
        acts = list(session.scalars(select(AuditLine.act)))
    assert "mail: 1 done" in first.stdout
    assert "given up, 1 try: The mail server refused it: 550 <…> is unknown" in listed.stdout
    assert "alice" not in listed.stdout
    assert again.stdout == "1 letter put back in line\n"
    assert "mail: 1 done" in second.stdout
    assert office.to == ["alice@example.org"]
    assert ", sent " in sent.stdout
    assert nothing.stdout == "nothing waits and nothing was refused\n"
    assert "mail.retried" in acts


def test_a_letter_tries_out_the_way(terminal: Terminal, tmp_path: Path) -> None:
    done = terminal.run(
        "mail", "try", "olga@example.org", LTI_TOOL_MAIL_URL=f"file:{tmp_path}/post", **FROM
    )
    unset = terminal.run("mail", "try", "olga@example.org")
    wrong = terminal.run("mail", "try", "olga")

    (letter,) = (tmp_path / "post").iterdir()
    assert done.stdout == "sent\n"
    assert b"olga@example.org" in letter.read_bytes()
    assert unset.exit_code == 1
    assert "LTI_TOOL_MAIL_URL" in unset.stderr
    assert "no e-mail address" in wrong.stderr


def test_a_server_that_is_away_is_told(terminal: Terminal) -> None:
    done = terminal.run(
        "mail", "try", "olga@example.org", LTI_TOOL_MAIL_URL="smtp://127.0.0.1:9", **FROM
    )

    assert done.exit_code == 1
    assert "The mail server cannot be reached" in done.stderr
