"""Commands that copy and forward from the store next door to others."""

from __future__ import annotations

import time
from uuid import UUID

import click

from xapi import backfill, forwarding, targets
from xapi.backfill import Progress
from xapi.cli_keeping import CalmGroup, Keeping, Open, counted
from xapi.cli_keys import Note
from xapi.db import utcnow

WATCH_S = 0.5


def add_backfill(group: click.Group, open_keeping: Open, note: Note) -> None:
    """Add the commands about backfills to a group."""

    @group.command("backfill")
    @click.argument("name")
    @click.option("--everything", is_flag=True, help="Also what other clients put in here.")
    @click.option("--watch", is_flag=True, help="Show how it goes on until it is over.")
    def start(name: str, everything: bool, watch: bool) -> None:
        """Bring a store what was kept here before it was added; the worker does it."""
        keeping, now = open_keeping(), utcnow()
        with keeping.begin() as session:
            target = targets.find_elsewhere(session, name)
            every = everything or not keeping.has_own
            total = backfill.start(session, target, everything=every, now=now)
            note(session, "store.backfill_begun", name, now)
        click.echo(f"store {name}: {counted(total)} to look at; the worker copies them")
        if watch:
            _watch(keeping, name)

    @group.command("progress")
    @click.argument("name")
    @click.option("--watch", is_flag=True, help="Go on until it is over.")
    def progress(name: str, watch: bool) -> None:
        """Show how far the backfill of a store has come."""
        keeping = open_keeping()
        with keeping.read() as session:
            targets.find(session, name)
            found = backfill.progress_of(session, name)
        if found is None:
            raise click.ClickException(f"nothing was ever copied to {name}")
        if watch:
            _watch(keeping, name)
        else:
            click.echo(progress_line(found))

    @group.command("stop-backfill")
    @click.argument("name")
    def stop(name: str) -> None:
        """End a backfill where it is; begun anew, it starts from the first statement."""
        now = utcnow()
        with open_keeping().begin() as session:
            if not backfill.stop(session, name):
                raise click.ClickException(f"nothing is being copied to {name}")
            note(session, "store.backfill_stopped", name, now)
        click.echo(f"store {name}: no more is copied")


def make_rules(open_keeping: Open, note: Note) -> click.Group:
    """Give the group ``rule``."""
    group = CalmGroup("rule", help="Which statements of other clients go on to a store.")

    @group.command("add")
    @click.argument("name")
    @click.option("--verb", default="", metavar="IRI", help="Of this verb only.")
    @click.option("--activity", default="", metavar="PREFIX", help="About what begins so.")
    @click.option("--everything", is_flag=True, help="All of them.")
    def add(name: str, verb: str, activity: str, everything: bool) -> None:
        """Let what other clients put in here from now on go on to a store."""
        if everything == bool(verb or activity):
            raise click.UsageError("say --verb, --activity or both; or --everything alone")
        now = utcnow()
        with open_keeping().begin() as session:
            target = targets.find_elsewhere(session, name)
            made = forwarding.add_rule(
                session, target, verb=verb, activity_prefix=activity, now=now
            )
            note(session, "store.rule_added", name, now)
        click.echo(f"{made.id}: forwards {rule_words(verb, activity)} to {name}")

    @group.command("list")
    def list_all() -> None:
        """List the rules of all stores."""
        with open_keeping().read() as session:
            found = forwarding.list_rules(session)
        for each in found:
            click.echo(f"{each.id}: {rule_words(each.verb, each.activity_prefix)} to {each.target}")
        if not found:
            click.echo("no rule: statements of other clients stay here")

    @group.command("remove")
    @click.argument("rule", type=click.UUID)
    def remove(rule: UUID) -> None:
        """Take a rule away."""
        now = utcnow()
        with open_keeping().begin() as session:
            names = {each.id: each.target for each in forwarding.list_rules(session)}
            if rule not in names:
                raise click.ClickException("There is no such rule; see `store rule list`.")
            forwarding.remove_rule(session, names[rule], rule)
            note(session, "store.rule_removed", names[rule], now)
        click.echo(f"{rule}: taken away")

    return group


def _watch(keeping: Keeping, name: str) -> None:
    with click.progressbar(length=100, label=name) as bar:
        seen = 0
        while True:
            with keeping.read() as session:
                found = backfill.progress_of(session, name)
            if found is None:
                return
            bar.update(found.percent - seen)
            seen = found.percent
            if found.is_over:
                return
            time.sleep(WATCH_S)


def progress_line(progress: Progress) -> str:
    """Tell how far a backfill has come."""
    if progress.is_over:
        return f"backfill: done, {counted(progress.copied)} copied"
    return (
        f"backfill: {progress.percent} %, {progress.arrived} of {progress.total} looked at, "
        f"{counted(progress.waiting)} on their way"
    )


def rule_words(verb: str, prefix: str) -> str:
    """Tell what a rule forwards."""
    parts = [f"verb {verb}" if verb else "", f"activity {prefix}…" if prefix else ""]
    return ", ".join(part for part in parts if part) or "everything"
