"""Commands for the keys that sign and seal certificates; run where the worker's files lie.

They stand in the group ``keys`` beside those for the key that platforms know.
"""

from __future__ import annotations

from datetime import datetime

import click

from lti_tool.certification import badge_keys, key_acts, sealing
from lti_tool.certification.badge_keys import BadgePurpose
from lti_tool.certification.humans import Hand
from lti_tool.certification.key_acts import Uses
from lti_tool.certification.register_models import KeyRecord
from lti_tool.certification.seal_keys import make_seal_key
from lti_tool.cli_frame import WHO, CalmGroup, Tool, counted, pass_tool, shown
from lti_tool.cli_lti import list_keys as list_platform_keys
from lti_tool.db import utcnow

HAND = Hand(WHO, None)


@click.command("list")
@click.pass_context
def list_keys(context: click.Context) -> None:
    """List the keys, the newest first: those for platforms, then those for certificates."""
    context.invoke(list_platform_keys)
    tool, now = context.ensure_object(Tool), utcnow()
    with tool.database.read() as session:
        found = key_acts.list_uses(session, tool.settings.public_url)
    if found:
        click.echo("\nfor certificates:")
    for each in found:
        click.echo(_line(each, now))


@click.group("make", cls=CalmGroup)
def make_cli() -> None:
    """Make keys in LTI_TOOL_KEYS_DIR."""


@make_cli.command("badge")
@click.option(
    "--from",
    "signs_from",
    type=click.DateTime(["%Y-%m-%d"]),
    help="Day (UTC) from which they sign; until then the present ones do.",
)
@pass_tool
def make_badge(tool: Tool, signs_from: datetime | None) -> None:
    """Make the two keys that sign badges; they are published at once."""
    now = utcnow()
    begins = max(now, signs_from.replace(tzinfo=now.tzinfo)) if signs_from else now
    folder = tool.settings.keys_dir
    with tool.database.begin() as session:
        made = [
            badge_keys.make(session, folder, each, signs_from=begins, hand=HAND, now=now).kid
            for each in BadgePurpose
        ]
    for kid, purpose in zip(made, BadgePurpose, strict=True):
        path = badge_keys.file_of(folder, purpose, kid)
        click.echo(f"{kid}: {purpose}, signs from {shown(begins)}, in {path}")
    click.echo("Keep a copy of these files in a safe place; only the worker may read them.")


@make_cli.command("seal")
@click.option("--organisation", required=True, help="Its legal name.")
@click.option("--country", required=True, help="ISO 3166-1 alpha-2.")
@click.option("--identifier", default="", help="Such as VATAT-U12345678.")
@pass_tool
def make_seal(tool: Tool, organisation: str, country: str, identifier: str) -> None:
    """Make a seal of one's own, for an organisation that has not bought one."""
    now, settings = utcnow(), tool.settings
    path = make_seal_key(
        settings.keys_dir,
        organisation,
        country,
        identifier=identifier,
        password=settings.seal_key_password,
        now=now,
    )
    key = sealing.SealKey.load(settings, now=now)
    with tool.database.begin() as session:
        sealing.record_key(session, key, who=WHO, now=now)
    click.echo(f"{key.kid}: seal, in {path}")


@click.command("retire")
@click.argument("kid")
@pass_tool
def retire(tool: Tool, kid: str) -> None:
    """Let a key sign no more; what it signed stays good."""
    with tool.database.begin() as session:
        key_acts.retire(session, kid, hand=HAND, now=utcnow())
    click.echo(f"{kid}: signs no more, stays published")


@click.command("compromise")
@click.argument("kid")
@click.option("--yes", is_flag=True, help="Do not ask.")
@pass_tool
def compromise(tool: Tool, kid: str, yes: bool) -> None:
    """Trust a key no more; lists the certificates that must be reissued."""
    if not yes:
        click.confirm(
            f"Everything that {kid} signed will fail when it is checked. Go on?", abort=True
        )
    with tool.database.begin() as session:
        public_url = tool.settings.public_url
        numbers = key_acts.compromise(session, kid, public_url, hand=HAND, now=utcnow())
    click.echo(f"{kid}: trusted no more")
    click.echo(f"{counted(len(numbers), 'certificate')} to be reissued with another key")
    for number in numbers:
        click.echo(number)


def _line(each: Uses, now: datetime) -> str:
    record = each.record
    return "  ".join(
        (
            record.kid,
            record.purpose,
            _state(record, now),
            counted(each.certificates, "certificate"),
            *(["TEST"] if record.is_test else []),
        )
    )


def _state(record: KeyRecord, now: datetime) -> str:
    if record.compromised_at is not None:
        return f"compromised {shown(record.compromised_at)}"
    if record.retired_at is not None and record.retired_at <= now:
        return f"retired {shown(record.retired_at)}"
    if record.signs_from > now:
        return f"signs from {shown(record.signs_from)}"
    until = f" until {shown(record.retired_at)}" if record.retired_at else ""
    return f"signs{until}"


commands = (list_keys, make_cli, retire, compromise)
"""For the group ``keys``; the first takes the place of the one that lists the platforms' key."""
