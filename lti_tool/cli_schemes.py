"""Commands about schemes: what can be certified here, and whether it can be used."""

from __future__ import annotations

import click

from lti_tool.app import catalogue_of, schemes_of
from lti_tool.cli_frame import Tool, counted, pass_tool


@click.group("scheme")
def scheme_cli() -> None:
    """What can be certified."""


@scheme_cli.command("check")
@pass_tool
def check(tool: Tool) -> None:
    """Tell whether all schemes can be used here, as the tool itself asks when it starts.

    Beside what `python -m courses check` looks at, certificates must have words in each language
    that a scheme names, and each course that a scheme names must be there.
    """
    schemes = schemes_of(tool.settings.content_dirs).all()
    known = {each.id for each in catalogue_of(tool.settings.content_dirs).all()}
    missing = [
        f"{scheme.id}: there is no course {course_id!r}"
        for scheme in schemes
        for course_id in scheme.courses
        if course_id not in known
    ]
    if missing:
        raise click.ClickException("\n".join(missing))
    for scheme in schemes:
        click.echo(f"{scheme.id} ({scheme.kind}): {', '.join(scheme.languages)}")
    click.echo(f"{counted(len(schemes), 'scheme')}, no fault")


commands = (scheme_cli,)
