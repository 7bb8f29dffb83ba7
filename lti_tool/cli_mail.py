"""Commands for mail: what waits or was refused, another round of tries, and a letter to try it."""

from __future__ import annotations

from uuid import UUID

import click

from lti_tool import mail
from lti_tool.addresses import read_address
from lti_tool.cli_frame import WHO, Tool, counted, pass_tool, shown
from lti_tool.db import utcnow
from lti_tool.mail import Letter, ShownMail
from lti_tool.vault import new_token


@click.group("mail")
def mail_cli() -> None:
    """Letters to holders of certificates."""


@mail_cli.command("list")
@click.option("--sent", is_flag=True, help="Letters that were sent as well.")
@pass_tool
def list_mail(tool: Tool, sent: bool) -> None:
    """Tell what waits and what was refused, the newest first; addresses are told to nobody."""
    with tool.database.read() as session:
        found = mail.list_mail(session, sent=sent)
    for each in found:
        click.echo(_line(each))
    if not tool.settings.mail_url:
        click.echo("no way out is set: give LTI_TOOL_MAIL_URL and LTI_TOOL_MAIL_FROM")
    elif not found:
        click.echo("nothing waits and nothing was refused")


@mail_cli.command("retry")
@click.argument("ids", nargs=-1, type=click.UUID)
@pass_tool
def retry(tool: Tool, ids: tuple[UUID, ...]) -> None:
    """Give letters another round of tries: all that are stuck, or those named."""
    with tool.database.begin() as session:
        done = mail.retry(session, ids, who=WHO, now=utcnow())
    click.echo(f"{counted(done, 'letter')} put back in line")


@mail_cli.command("try")
@click.argument("address")
@pass_tool
def try_out(tool: Tool, address: str) -> None:
    """Send a letter to an address now, to see whether mail is set up rightly."""
    known = read_address(address)
    if known is None:
        raise click.ClickException(f"{address} is no e-mail address")
    own, now = tool.settings, utcnow()
    if not own.mail_url:
        raise click.ClickException("give LTI_TOOL_MAIL_URL and LTI_TOOL_MAIL_FROM first")
    words = f"This letter tries out how {own.public_url} sends mail. It works."
    letter = Letter(
        key=f"try:{new_token()}",
        to=known,
        subject="Mail works",
        text=f"{words}\n",
        html=f"<p>{words}</p>",
    )
    with tool.database.begin() as session:
        mail.queue(session, letter, tool.vault, now=now)
    mail.send_due(tool.database.begin, own, tool.vault, now=now)
    with tool.database.read() as session:
        found = mail.list_mail(session, sent=True)
    (tried,) = (each for each in found if each.key == letter.key)
    if tried.state != "sent":
        raise click.ClickException(tried.reason or "it waits; the worker sends it")
    click.echo("sent")


def _line(each: ShownMail) -> str:
    state = {
        "sent": f"sent {shown(each.sent_at)}",
        "stuck": "given up",
        "waiting": f"tried next {shown(each.due_at)}",
    }[each.state]
    tries = f", {counted(each.tries, 'try', 'tries')}" if each.tries else ""
    reason = f": {each.reason}" if each.reason else ""
    return f"{each.id} {each.subject} ({shown(each.queued_at)}), {state}{tries}{reason}"


commands: tuple[click.Command, ...] = (mail_cli,)
