"""The command `lti-tool practice`: run the practice platform, or try any tool with it."""

from __future__ import annotations

from pathlib import Path

import click

from lti_tool.practice import keeping
from lti_tool.practice.app import Options, run
from lti_tool.practice.attack import ACCEPTED, REFUSED, Shot, Trial, attack
from lti_tool.practice.quirks import ALL, PLAIN
from lti_tool.practice.target import TrialError


@click.group("practice")
def practice_cli() -> None:
    """A small learning platform for trying a tool. Needs no settings and no database."""


@practice_cli.command("run")
@click.option("--port", type=click.IntRange(0, 65535), default=8766, show_default=True)
@click.option("--plain", is_flag=True, help="As the specifications have it, without Moodle's ways.")
@click.option("--storage", is_flag=True, help="Offer platform storage; --plain does so anyway.")
@click.option(
    "--keep",
    type=click.Path(dir_okay=False, path_type=Path),
    help="A file that holds tools, activities and grades from one run to the next.",
)
def run_platform(port: int, plain: bool, storage: bool, keep: Path | None) -> None:
    """Run the practice platform until it is stopped."""
    options = Options(
        port=port,
        quirks=PLAIN if plain else ALL - ({"no-storage"} if storage else set()),
        storage=plain or storage,
        keep_at="" if keep is None else str(keep),
    )
    try:
        for url in run(options, state=keeping.read(options)):
            click.echo(f"The practice platform is at {url}")
    except (OSError, SystemExit) as error:
        raise click.ClickException(f"port {port} is taken; give another one with --port") from error
    except KeyboardInterrupt:
        click.echo("Stopped.")


@practice_cli.command("attack")
@click.option("--registration", "link", required=True, metavar="LINK", help="Not used before.")
@click.option(
    "--host", default="localhost", show_default=True, help="How the tool reaches this machine."
)
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Any free one unless given.")
@click.option("--public-url", default="", help="Where a proxy in front makes it https.")
@click.pass_context
def attack_tool(context: click.Context, link: str, host: str, port: int, public_url: str) -> None:
    """Register with a tool, fire good and bad launches at it, and tell which it refused.

    Works with any tool that takes dynamic registration. Everything that comes of it at the tool
    belongs to a platform of its own, which can be withdrawn afterwards.
    """
    options = Options.plain(
        host="127.0.0.1" if host == "localhost" else host,
        public_host=host,
        public_url=public_url.rstrip("/"),
        port=port,
        storage=False,
    )
    trials: list[Trial] = []
    try:
        shots = attack(link, options, lambda trial: _announce(trials, trial))
    except TrialError as error:
        raise click.ClickException(f"nothing was fired: {error}") from error
    except OSError as error:
        raise click.ClickException(f"{host}:{port} cannot be used ({error}); see --port") from error
    wrong = _report(shots)
    click.echo(
        "\nTo remove the platform from the tool again:\n"
        f"  lti-tool platform withdraw --issuer {trials[0].issuer} "
        f"--client-id {trials[0].client_id}"
    )
    context.exit(1 if wrong else 0)


def _announce(trials: list[Trial], trial: Trial) -> None:
    trials.append(trial)
    click.echo(f"Registered as {trial.issuer}, client id {trial.client_id}.\n")


def _report(shots: list[Shot]) -> int:
    """Print one line for each launch and the total; give how many went wrong."""
    width = max(len(shot.check) for shot in shots)
    click.echo(f"   {'check':{width}}  {'expected':10}  got")
    for shot in shots:
        mark = "ok" if shot.is_right else "!!"
        click.echo(f"{mark} {shot.check:{width}}  {shot.expected:10}  {shot.got}")
    if shots[0].got.startswith("refused"):
        click.echo(
            "\nThe tool refused even a good launch, so that it refused the bad ones says little.\n"
            "Where it lets new deployments wait, use a link that lets them in at once."
        )
    wrong = sum(not shot.is_right for shot in shots)
    good = sum(shot.expected == ACCEPTED for shot in shots)
    bad = sum(shot.expected == REFUSED for shot in shots)
    click.echo(
        f"\n{len(shots)} launches, {bad} of them bad and {good} good: "
        f"{wrong or 'none'} went otherwise than expected."
    )
    return wrong
