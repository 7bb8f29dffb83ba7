"""The command `lti-tool`: everything that a page of the desks does, and running the tool."""

from __future__ import annotations

import os

import click

from lti_tool import beats
from lti_tool.cli_audit import commands as audit_commands
from lti_tool.cli_certificates import commands as certificate_commands
from lti_tool.cli_frame import CalmGroup, Tool, pass_tool
from lti_tool.cli_holders import commands as holder_commands
from lti_tool.cli_keys import commands as certificate_key_commands
from lti_tool.cli_lti import commands as lti_commands
from lti_tool.cli_lti import keys_cli
from lti_tool.cli_mail import commands as mail_commands
from lti_tool.cli_player import commands as player_commands
from lti_tool.cli_practice import practice_cli
from lti_tool.cli_record_keys import commands as record_key_commands
from lti_tool.cli_schemes import commands as scheme_commands
from lti_tool.db import Database
from lti_tool.demo import demo
from lti_tool.jobs import make_jobs
from lti_tool.worker import Job, Worker
from migrations import upgrading

ONCE_S = 60.0
"""How long a single round waits for other record stores."""


@click.group(cls=CalmGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.pass_context
def main(context: click.Context) -> None:
    """Run and look after the tool.

    Settings are read from the environment (docs/settings.md).
    """
    context.obj = Tool(os.environ)
    context.call_on_close(context.obj.close)


@main.group("db")
def db_cli() -> None:
    """The tables of the database."""


@db_cli.command("upgrade")
@pass_tool
def upgrade(tool: Tool) -> None:
    """Bring the tables up to date; safe to run again, and while the version before serves."""
    for branch in upgrading.BRANCHES:
        before, after = upgrading.upgrade(tool.database.engine, branch)
        if before == after:
            click.echo(f"{branch}: {after}, up to date")
        else:
            click.echo(f"{branch}: {before or 'nothing'} -> {after}")


@main.command("worker")
@click.option("--once", is_flag=True, help="Go round once and print what each job did.")
@click.pass_context
def worker(context: click.Context, once: bool) -> None:
    """Carry out what waits: scores, statements, rosters, exams whose time is over."""
    tool = context.ensure_object(Tool)
    if not once:
        jobs = make_jobs(tool.settings, tool.database)
        running = Worker(tool.database, jobs)
        running.listen()
        running.run()
        return
    jobs = make_jobs(tool.settings, tool.database, patience_s=ONCE_S)
    failed = [job.name for job in jobs if not _go_round(tool.database, job)]
    context.exit(1 if failed else 0)


def _go_round(database: Database, job: Job) -> bool:
    """Run a job once and print how it went; say whether it went well."""
    done = Worker(database, [job]).go_round()
    with database.read() as session:
        beat = session.get(beats.Beat, job.name)
    reason = beat.reason if beat else ""
    click.echo(f"{job.name}: failed: {reason}" if reason else f"{job.name}: {done} done")
    return not reason


for _command in (
    *lti_commands,
    *record_key_commands,
    *player_commands,
    *mail_commands,
    *certificate_commands,
    *holder_commands,
    *scheme_commands,
    *audit_commands,
    practice_cli,
    demo,
):
    main.add_command(_command)
for _command in certificate_key_commands:
    keys_cli.add_command(_command)
