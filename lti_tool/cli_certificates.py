"""Commands for the register: what an officer does at the desk, under the officer's name."""

from __future__ import annotations

from uuid import UUID

import click

from lti_tool import audit
from lti_tool.app import schemes_of
from lti_tool.certification import correcting, ending, letters, progress, renewing, voiding
from lti_tool.certification.letters import Post
from lti_tool.certification.register_models import RevokeCode
from lti_tool.cli_appeals import commands as appeal_commands
from lti_tool.cli_candidates import commands as candidate_commands
from lti_tool.cli_cases import MISSING_PROOF
from lti_tool.cli_cases import commands as case_commands
from lti_tool.cli_entry_lists import commands as list_commands
from lti_tool.cli_evidence import commands as evidence_commands
from lti_tool.cli_frame import WHO, Tool, counted, pass_tool
from lti_tool.cli_links import commands as link_commands
from lti_tool.cli_officer import Officer, as_officer, hand_at
from lti_tool.cli_register import commands as register_commands
from lti_tool.cli_register import need_certificate
from lti_tool.cli_renewals import commands as renewal_commands
from lti_tool.db import utcnow
from lti_tool.errors import ConflictingError
from lti_tool.iri import Names

CODES = click.Choice([code.value for code in RevokeCode])
REASON = click.option("--reason", required=True, help="Stands in the register.")


@click.group("certificate")
def certificate_cli() -> None:
    """Certificates: candidates, cases, evidence, reviews, the register, and what becomes of them.

    A certificate is named by its number, its code or its id. Whatever somebody decides is done
    under their name: give --issuer and --subject of their person.
    """


# What becomes of one


@certificate_cli.command("suspend")
@click.argument("certificate")
@REASON
@as_officer
@pass_tool
def suspend(tool: Tool, certificate: str, reason: str, officer: Officer) -> None:
    """Let a certificate rest."""
    with tool.database.begin() as session:
        row, hand = need_certificate(session, certificate), hand_at(session, officer)
        ending.suspend(session, row.id, reason, hand, now=utcnow())
    click.echo(f"{row.number}: suspended")


@certificate_cli.command("resume")
@click.argument("certificate")
@REASON
@as_officer
@pass_tool
def resume(tool: Tool, certificate: str, reason: str, officer: Officer) -> None:
    """Let a suspended certificate hold again."""
    with tool.database.begin() as session:
        row, hand = need_certificate(session, certificate), hand_at(session, officer)
        ending.resume(session, row.id, reason, hand, now=utcnow())
    click.echo(f"{row.number}: holds again")


@certificate_cli.command("revoke")
@click.argument("certificate")
@click.option("--code", type=CODES, required=True, help="Why, as strangers are told.")
@REASON
@as_officer
@pass_tool
def revoke(tool: Tool, certificate: str, code: str, reason: str, officer: Officer) -> None:
    """Revoke for ever what another officer suspended."""
    names = Names(tool.settings.names_base)
    with tool.database.begin() as session:
        row, hand = need_certificate(session, certificate), hand_at(session, officer)
        ending.revoke(session, row.id, RevokeCode(code), reason, hand, names=names, now=utcnow())
    click.echo(f"{row.number}: revoked for ever")


@certificate_cli.command("correct")
@click.argument("certificate")
@click.option("--name", required=True, help="As it will be printed.")
@REASON
@as_officer
@pass_tool
def correct(tool: Tool, certificate: str, name: str, reason: str, officer: Officer) -> None:
    """Begin a new certificate of another name; the old one stands until the new one is issued."""
    case_id, state = _correct(tool, certificate, (name, reason), officer)
    click.echo(f"case {case_id}: {state}")


@certificate_cli.command("reissue")
@click.argument("certificate")
@REASON
@as_officer
@pass_tool
def reissue(tool: Tool, certificate: str, reason: str, officer: Officer) -> None:
    """Begin the same certificate anew, such as after a key was compromised."""
    case_id, state = _correct(tool, certificate, ("", reason), officer)
    click.echo(f"case {case_id}: {state}")


def _correct(
    tool: Tool, certificate: str, told: tuple[str, str], officer: Officer
) -> tuple[UUID, str]:
    schemes = schemes_of(tool.settings.content_dirs)
    name, reason = told
    with tool.database.begin() as session:
        row, hand = need_certificate(session, certificate), hand_at(session, officer)
        case = correcting.begin_correction(
            session,
            row.id,
            name or str(row.facts.get("holder_name", "")),
            reason,
            hand,
            schemes=schemes,
            now=utcnow(),
        )
        return case.id, str(case.state)


@certificate_cli.command("renew")
@click.argument("certificate")
@as_officer
@pass_tool
def renew(tool: Tool, certificate: str, officer: Officer) -> None:
    """Begin a new certificate of the same scheme; the rules decide anew, by what is proven since.

    What an officer entered is entered anew, by enter-proof.
    """
    schemes = schemes_of(tool.settings.content_dirs)
    with tool.database.begin() as session:
        row, hand = need_certificate(session, certificate), hand_at(session, officer)
        case = correcting.begin_renewal(session, row.id, hand, schemes=schemes, now=utcnow())
        lacks_proof = renewing.lacks_proof(session, case)
    click.echo(f"case {case.id}: {case.state}")
    if lacks_proof:
        click.echo(MISSING_PROOF.format(case.id))


# What could not be made


@certificate_cli.command("stop")
@click.argument("certificate")
@REASON
@as_officer
@pass_tool
def stop(tool: Tool, certificate: str, reason: str, officer: Officer) -> None:
    """Have the worker try no more to make a certificate that could not be made."""
    with tool.database.begin() as session:
        row, hand = need_certificate(session, certificate), hand_at(session, officer)
        voiding.stop(session, row.id, reason, hand, now=utcnow())
    click.echo(f"{row.number}: tried no more; another officer ends it: `void`")


@certificate_cli.command("take-up")
@click.argument("certificate")
@as_officer
@pass_tool
def take_up(tool: Tool, certificate: str, officer: Officer) -> None:
    """Have a certificate made after all whose making was stopped."""
    with tool.database.begin() as session:
        row, hand = need_certificate(session, certificate), hand_at(session, officer)
        voiding.take_up(session, row.id, hand, now=utcnow())
    click.echo(f"{row.number}: tried again at once")


@certificate_cli.command("void")
@click.argument("certificate")
@REASON
@as_officer
@pass_tool
def void(tool: Tool, certificate: str, reason: str, officer: Officer) -> None:
    """End a number for ever that was never issued, after another officer stopped it."""
    with tool.database.begin() as session:
        row, hand = need_certificate(session, certificate), hand_at(session, officer)
        voiding.void(session, row.id, reason, hand, now=utcnow())
    click.echo(f"{row.number}: ended for ever; case {row.case_id} is with the officers again")


# The worker's part


@certificate_cli.command("batch")
@click.argument("batch_id", type=click.UUID)
@pass_tool
def batch(tool: Tool, batch_id: UUID) -> None:
    """Tell how far the worker is with cases that were approved together."""
    with tool.database.read() as session:
        told = progress.progress_of(session, batch_id)
    click.echo(f"{told.issued} of {told.size} issued ({told.percent} %)")
    for number, words in (
        (told.waiting, "approved, wait for a number"),
        (told.numbered - told.faults, "numbered, wait for their documents"),
        (told.faults, "could not be made yet: `lti-tool certificate list --state numbered`"),
        (told.put_back, "given back to the officers"),
    ):
        if number:
            click.echo(f"{number} {words}")


@certificate_cli.command("retry")
@click.argument("certificates", nargs=-1, required=True)
@pass_tool
def retry(tool: Tool, certificates: tuple[str, ...]) -> None:
    """Have certificates that could not be made tried again at once."""
    with tool.database.begin() as session:
        ids = [need_certificate(session, each).id for each in certificates]
        done = progress.try_again(session, ids, now=utcnow())
    click.echo(f"{counted(done, 'certificate')} put back in line")


@certificate_cli.command("resend")
@click.argument("certificate")
@pass_tool
def resend(tool: Tool, certificate: str) -> None:
    """Send the letter that it is ready to its holder once more."""
    post = Post.of(tool.settings, tool.vault)
    with tool.database.begin() as session:
        row, now = need_certificate(session, certificate), utcnow()
        if not letters.tell_ready(session, row, post, now=now, again=True):
            raise ConflictingError(
                f"no letter about {row.id}",
                words="no letter was queued: it is not issued, the holder gave no address, or no "
                "mail is set up",
            )
        about = str(row.id)
        audit.note(session, "certificate.sent-again", who=WHO, about=about, now=now)
    click.echo(f"{row.number}: a letter is queued")


for _command in (
    *list_commands,
    *candidate_commands,
    *renewal_commands,
    *evidence_commands,
    *case_commands,
    *appeal_commands,
    *register_commands,
    *link_commands,
):
    certificate_cli.add_command(_command)

commands = (certificate_cli,)
