"""Commands for platforms, their deployments, and links that connect them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import UUID

import click
from sqlalchemy.orm import Session

from lti_tool.cli_frame import WHO, Tool, counted, pass_tool, shown
from lti_tool.db import utcnow
from lti_tool.lti import deployments, links, platforms, standing
from lti_tool.lti.links import LinkTerms, Purpose, state_of
from lti_tool.lti.models import DeploymentPolicy, DeploymentStatus, OneTimeLink, Platform
from lti_tool.lti.platforms import PlatformChange, PlatformDetails
from lti_tool.lti.standing import PlatformHealth

POLICIES = click.Choice([policy.value for policy in DeploymentPolicy])
NEEDED = ("issuer", "auth_url", "token_url", "keys_url")

Command = Callable[..., Any]


def which_platform(command: Command) -> Command:
    """Give a command the options that name a platform."""
    for option in (
        click.option("--client-id", help="Needed where the issuer has several."),
        click.option("--issuer", help="Of the platform."),
        click.option("--id", "platform_id", type=click.UUID, help="Instead of issuer and client."),
    ):
        command = option(command)
    return command


def _find(
    session: Session, platform_id: UUID | None, issuer: str | None, client_id: str | None
) -> Platform:
    if platform_id is not None:
        return platforms.find(session, platform_id)
    if not issuer:
        raise click.UsageError("name the platform: --issuer and --client-id, or --id")
    return platforms.choose(session, issuer, client_id)


@click.group("platform")
def platform_cli() -> None:
    """Learning platforms that use the tool."""


@platform_cli.command("add")
@click.option("--moodle", "site", help="Address of a Moodle; its other addresses follow from it.")
@click.option("--issuer")
@click.option("--client-id", required=True)
@click.option("--auth-url")
@click.option("--token-url")
@click.option("--keys-url")
@click.option("--token-audience", help="Unless it is the token address.")
@click.option("--deployment", "named", multiple=True, help="Approved; may be given several times.")
@click.option("--name", help="How it is called here; its host unless told.")
@click.option("--country", help="By its two letters (ISO 3166-1), such as CZ.")
@click.option("--policy", type=POLICIES, help="For deployments that are not named.")
@click.option("--frame-origin", "frame_origins", multiple=True, help="Further ones that may frame.")
@pass_tool
def add(
    tool: Tool, /, site: str | None, client_id: str, named: tuple[str, ...], **given: Any
) -> None:
    """Take in a platform by hand."""
    told = {name: value for name, value in given.items() if value}
    if "policy" in told:
        told["policy"] = DeploymentPolicy(told["policy"])
    if site:
        details = replace(platforms.moodle(site, client_id), **told)
    else:
        missing = [f"--{name.replace('_', '-')}" for name in NEEDED if name not in told]
        if missing:
            raise click.UsageError(f"give --moodle SITE, or {', '.join(missing)}")
        details = PlatformDetails(client_id=client_id, **told)
    with tool.database.begin() as session:
        made = platforms.add(session, tool.calls, details, deployments=named, who=WHO, now=utcnow())
    click.echo(f"platform {made.id} added: {made.issuer}, client id {made.client_id}")
    for each in named:
        click.echo(f"deployment {each} approved")


@platform_cli.command("list")
@pass_tool
def list_all(tool: Tool) -> None:
    """List the platforms with how they go."""
    with tool.database.read() as session:
        found = standing.list_platforms(session, now=utcnow())
    for each in found:
        click.echo(_line(each))
        for deployment in each.deployments:
            click.echo(f"  deployment {deployment.deployment_id}: {deployment.status}")
    if not found:
        click.echo("no platform yet: lti-tool registration-link")


def _line(health: PlatformHealth) -> str:
    it = health.platform
    parts = [
        str(it.id),
        it.name,
        it.issuer,
        f"client id {it.client_id}",
        f"country {it.country or 'not said'}",
        f"last launch {shown(health.last_launch_at)}",
        f"in 7 days {health.recent_launches} taken and {health.recent_refused} refused",
        f"keys fetched {shown(it.keys_fetched_at)}",
    ]
    if it.withdrawn_at:
        parts.append(f"withdrawn {shown(it.withdrawn_at)}")
    return ", ".join(parts)


@platform_cli.command("change")
@which_platform
@click.option("--name")
@click.option("--country", help="By its two letters; empty takes it away.")
@click.option("--policy", type=POLICIES)
@click.option("--frame-origin", "frame_origins", multiple=True, help="All that there should be.")
@click.option("--no-frame-origins", is_flag=True, help="None but the platform's own.")
@click.option("--auth-url")
@click.option("--token-url")
@click.option("--keys-url")
@click.option("--token-audience")
@pass_tool
def change(
    tool: Tool,
    /,
    *,
    platform_id: UUID | None,
    issuer: str | None,
    client_id: str | None,
    no_frame_origins: bool,
    **given: Any,
) -> None:
    """Change a platform; what is not given stays."""
    origins = given.pop("frame_origins")
    policy = given.pop("policy")
    wanted = PlatformChange(
        frame_origins=origins if origins or no_frame_origins else None,
        policy=DeploymentPolicy(policy) if policy else None,
        **given,
    )
    with tool.database.begin() as session:
        found = _find(session, platform_id, issuer, client_id)
        before = found.version
        platforms.change(session, tool.calls, found.id, wanted, who=WHO, now=utcnow())
    done = "changed" if found.version != before else "as it was"
    click.echo(f"platform {found.id} {done}")


@platform_cli.command("withdraw")
@which_platform
@pass_tool
def withdraw(
    tool: Tool, platform_id: UUID | None, issuer: str | None, client_id: str | None
) -> None:
    """Refuse a platform's launches from now on; nothing is deleted."""
    with tool.database.begin() as session:
        found = _find(session, platform_id, issuer, client_id)
        done = platforms.withdraw(session, found.id, who=WHO, now=utcnow())
    click.echo(f"platform {found.id} {'withdrawn' if done else 'was withdrawn already'}")


@platform_cli.command("restore")
@which_platform
@pass_tool
def restore(
    tool: Tool, platform_id: UUID | None, issuer: str | None, client_id: str | None
) -> None:
    """Take a withdrawn platform's launches again."""
    with tool.database.begin() as session:
        found = _find(session, platform_id, issuer, client_id)
        done = platforms.restore(session, found.id, who=WHO, now=utcnow())
    click.echo(f"platform {found.id} {'restored' if done else 'was not withdrawn'}")


@platform_cli.command("approve")
@click.argument("deployment")
@which_platform
@pass_tool
def approve(
    tool: Tool, deployment: str, platform_id: UUID | None, issuer: str | None, client_id: str | None
) -> None:
    """Let in a deployment, seen before or not."""
    with tool.database.begin() as session:
        found = _find(session, platform_id, issuer, client_id)
        deployments.add_deployment(session, found.id, deployment, who=WHO, now=utcnow())
    click.echo(f"deployment {deployment} of {found.issuer} approved")


@platform_cli.command("refuse")
@click.argument("deployment")
@which_platform
@pass_tool
def refuse(
    tool: Tool, deployment: str, platform_id: UUID | None, issuer: str | None, client_id: str | None
) -> None:
    """Refuse the launches of a deployment."""
    with tool.database.begin() as session:
        found = _find(session, platform_id, issuer, client_id)
        status = DeploymentStatus.REFUSED
        deployments.decide_deployment(session, found.id, deployment, status, who=WHO, now=utcnow())
    click.echo(f"deployment {deployment} of {found.issuer} refused")


# Links


@click.command("registration-link")
@click.option("--label", default="", help="Name of the platform that will use it.")
@click.option("--country", default="", help="By its two letters (ISO 3166-1), such as CZ.")
@click.option("--policy", type=POLICIES, default="automatic", show_default=True)
@click.option("--hours", type=click.IntRange(1, 720), default=48, show_default=True)
@click.option("--ask-names", is_flag=True, help="Ask the platform for people's names.")
@pass_tool
def registration_link(
    tool: Tool, label: str, country: str, policy: str, hours: int, *, ask_names: bool
) -> None:
    """Make a link, good for one use, by which a platform's administrator connects it."""
    terms = LinkTerms(
        label=label, country=country, policy=DeploymentPolicy(policy), ask_names=ask_names
    )
    _make(tool, Purpose.REGISTRATION, terms, hours)
    click.echo(
        f"Good for one use in the next {counted(hours, 'hour')}. In Moodle: Site administration, "
        "Plugins, External tool, Manage tools, Tool URL, Add LTI Advantage."
    )


@click.command("admin-link")
@click.option("--hours", type=click.IntRange(1, 720), default=1, show_default=True)
@pass_tool
def admin_link(tool: Tool, hours: int) -> None:
    """Make a link, good for one use, that opens the administrator's desks without a platform."""
    _make(tool, Purpose.ADMIN, LinkTerms(), hours)
    click.echo(
        f"Good for one use in the next {counted(hours, 'hour')}; whoever opens it is administrator."
    )


def _make(tool: Tool, purpose: Purpose, terms: LinkTerms, hours: int) -> None:
    with tool.database.begin() as session:
        token = links.make(session, purpose, terms, hours=hours, who=WHO, now=utcnow())
    click.echo(links.url_of(tool.settings.public_url, purpose, token))


@click.group("links")
def links_cli() -> None:
    """Links made so far, for platforms and for the desks."""


@links_cli.command("list")
@pass_tool
def list_links(tool: Tool) -> None:
    """List the links, the newest first; what opens them is not kept."""
    with tool.database.read() as session:
        found = links.list_links(session)
    for link in found:
        click.echo(_link_line(link))
    if not found:
        click.echo("no link was made yet")


def _link_line(link: OneTimeLink) -> str:
    state = state_of(link, utcnow()).value
    label = f" {link.label}" if link.label else ""
    return f"{link.id} {link.purpose}{label}: {state}, good until {shown(link.expires_at)}"


@links_cli.command("withdraw")
@click.argument("link_id", type=click.UUID)
@pass_tool
def withdraw_link(tool: Tool, link_id: UUID) -> None:
    """Take a link back."""
    with tool.database.begin() as session:
        done = links.withdraw(session, link_id, who=WHO, now=utcnow())
    click.echo(f"link {link_id} {'withdrawn' if done else 'was good for nothing already'}")
