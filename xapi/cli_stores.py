"""Commands about other stores: for the store alone, and for an application around it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from uuid import UUID

import click

from xapi import backfill, forwarding, outbox, removing, targets
from xapi.backfill import Progress
from xapi.cli_copying import add_backfill, make_rules, progress_line, rule_words
from xapi.cli_keeping import CalmGroup, Open, counted
from xapi.cli_keys import Note, unnoted
from xapi.db import utcnow
from xapi.models import ForwardingRule
from xapi.outbox import StuckEntry
from xapi.targets import Standing, Wanted

SHOWN = 50
"""How many refused statements are listed."""


def make_commands(open_keeping: Open, note: Note = unnoted) -> click.Group:
    """Give the group ``store``.

    Args:
        open_keeping: gives what is worked with when a command runs.
        note: writes down what was done.
    """
    group = CalmGroup("store", help="Other record stores that statements go to.")
    _add_particulars(group, open_keeping, note)
    _add_standing(group, open_keeping, note)
    _add_pausing(group, open_keeping, note)
    _add_leaving(group, open_keeping, note)
    add_backfill(group, open_keeping, note)
    group.add_command(make_rules(open_keeping, note))
    return group


def _add_particulars(group: click.Group, open_keeping: Open, note: Note) -> None:
    version = click.option("--version", type=click.Choice(targets.VERSIONS), help="Of xAPI.")

    @group.command("add")
    @click.argument("name")
    @click.argument("url")
    @click.option("--key", default="", help="User name there.")
    @click.option("--secret", prompt="Password there", hide_input=True, default="")
    @version
    def add(name: str, url: str, key: str, secret: str, version: str | None) -> None:
        """Send statements to the store at URL too, from now on; call it NAME."""
        keeping, now = open_keeping(), utcnow()
        wanted = Wanted(url, key, secret, version or targets.VERSIONS[0])
        with keeping.begin() as session:
            made = targets.add(
                session, name, wanted, seal=keeping.seal, own_url=keeping.own_url, now=now
            )
            note(session, "store.added", name, now)
        click.echo(f"store {name}: {made.url} is sent to from now on")
        click.echo(f"`store backfill {name}` brings it what is kept here already")

    @group.command("change")
    @click.argument("name")
    @click.option("--url")
    @click.option("--key", help="User name there.")
    @click.option("--secret", default="", help="Password there; kept unless it is given.")
    @version
    def change(
        name: str, url: str | None, key: str | None, secret: str, version: str | None
    ) -> None:
        """Change address, user name, password or version of a store, and try it at once."""
        keeping, now = open_keeping(), utcnow()
        with keeping.begin() as session:
            held = targets.find_kept(session, name)
            wanted = Wanted(
                held.url if url is None else url,
                held.key if key is None else key,
                secret,
                version or held.version,
            )
            targets.change(
                session, name, wanted, seal=keeping.seal, own_url=keeping.own_url, now=now
            )
            note(session, "store.changed", name, now)
        click.echo(f"store {name}: changed")


def _add_standing(group: click.Group, open_keeping: Open, note: Note) -> None:
    @group.command("list")
    def list_all() -> None:
        """List the stores: how each does, what waits for it and was refused."""
        with open_keeping().read() as session:
            found = targets.list_standings(session)
            for each in found:
                click.echo(_line(each))
        if not found:
            click.echo("no store yet; the worker makes the first one known")

    @group.command("show")
    @click.argument("name")
    def show(name: str) -> None:
        """Show one store with what it refused and why, its rules and its backfill."""
        with open_keeping().read() as session:
            standing = targets.standing_of(session, name)
            stuck = outbox.list_stuck(session, target=name, limit=SHOWN)
            rules = forwarding.list_rules(session, name)
            progress = backfill.progress_of(session, name)
        _print_store(standing, stuck, rules, progress)


def _add_pausing(group: click.Group, open_keeping: Open, note: Note) -> None:
    @group.command("pause")
    @click.argument("name")
    def pause(name: str) -> None:
        """Send a store nothing until it is resumed; what happens meanwhile waits."""
        _act(open_keeping, note, "store.paused", name, targets.pause)
        click.echo(f"store {name}: paused")

    @group.command("resume")
    @click.argument("name")
    def resume(name: str) -> None:
        """Send to a store again that was paused, rests or did not know us."""
        _act(open_keeping, note, "store.resumed", name, targets.resume)
        click.echo(f"store {name}: is sent to again")

    @group.command("put-back")
    @click.argument("name")
    @click.option("--statement", "only", type=click.UUID, help="This one alone.")
    def put_back(name: str, only: UUID | None) -> None:
        """Send what a store refused to it once more."""
        now = utcnow()
        with open_keeping().begin() as session:
            targets.find(session, name)
            stuck = outbox.list_stuck(session, target=name)
            chosen = [each for each in stuck if only in {None, each.statement_id}]
            if only is not None and not chosen:
                raise click.ClickException(f"store {name} did not refuse {only}")
            done = outbox.put_back(session, chosen)
            note(session, "outbox.retried", name, now)
        click.echo(f"store {name}: {counted(done)} put back in line")


def _add_leaving(group: click.Group, open_keeping: Open, note: Note) -> None:
    @group.command("redirect")
    @click.argument("name")
    @click.argument("other")
    def redirect(name: str, other: str) -> None:
        """Send what waits for NAME, or was refused by it, to OTHER instead; remove NAME."""
        now = utcnow()
        with open_keeping().begin() as session:
            done = removing.redirect(session, name, other, now=now)
            left = targets.find(session, name).paused_at is not None
            note(session, "store.redirected", name, now)
        click.echo(f"{counted(done)} that waited for {name} go to {other}")
        hint = "paused; take it out of the settings" if left else "removed"
        click.echo(f"store {name}: {hint}")

    @group.command("remove")
    @click.argument("name")
    @click.option("--yes", is_flag=True, help="Also when statements still wait for it.")
    def remove(name: str, yes: bool) -> None:
        """Send to a store no more and forget it; what waits for it alone is dropped."""
        now = utcnow()
        with open_keeping().begin() as session:
            waiting = targets.standing_of(session, name).waiting
            if waiting and not yes:
                raise click.ClickException(
                    f"{counted(waiting)} still wait for {name}; `store redirect` sends them "
                    "elsewhere, --yes drops them"
                )
            removing.remove(session, name)
            note(session, "store.removed", name, now)
        click.echo(f"store {name}: removed")


def _act(open_keeping: Open, note: Note, act: str, name: str, do: Callable[..., object]) -> None:
    now = utcnow()
    with open_keeping().begin() as session:
        do(session, name, now=now)
        note(session, act, name, now)


def _print_store(
    standing: Standing,
    stuck: Sequence[StuckEntry],
    rules: Sequence[ForwardingRule],
    progress: Progress | None,
) -> None:
    click.echo(_line(standing))
    if standing.is_kept:
        target = standing.target
        click.echo(f"  {target.url}, user name {target.key or '-'}, xAPI {target.version}")
    for rule in rules:
        click.echo(f"  forwards {rule_words(rule.verb, rule.activity_prefix)} ({rule.id})")
    if progress is not None:
        click.echo(f"  {progress_line(progress)}")
    for each in stuck:
        click.echo(f"  {each.statement_id} refused: {each.reason}")
    if standing.stuck > len(stuck):
        click.echo(f"  and {standing.stuck - len(stuck)} more")


def _line(standing: Standing) -> str:
    target = standing.target
    refused = f", {standing.stuck} of them refused" if standing.stuck else ""
    told = f"{target.name}: {standing.state}"
    if standing.state == "rests":
        told += f" until {target.due_at:%Y-%m-%d %H:%M} UTC"
    told += f"; {counted(standing.waiting)} waiting{refused}"
    return f"{told}: {target.reason}" if target.reason else told
