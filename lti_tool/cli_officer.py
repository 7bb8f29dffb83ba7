"""At the command line an officer's decisions are made under the name of an officer."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_tool.certification.humans import AT_COMMAND_LINE, Hand, hand_of
from lti_tool.lti.models import Person, Platform


@dataclass(frozen=True, slots=True)
class Officer:
    """Under whose name a command acts: a person of a platform."""

    issuer: str
    subject: str


def as_officer(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options that say under whose name it acts, as its ``officer``."""

    @functools.wraps(command)
    def act(*given: Any, issuer: str, subject: str, **named: Any) -> Any:
        return command(*given, officer=Officer(issuer, subject), **named)

    for option in (
        click.option("--subject", required=True, help="The platform's id of the officer (sub)."),
        click.option("--issuer", required=True, help="Of the platform the officer comes from."),
    ):
        act = option(act)
    return act


def hand_at(session: Session, officer: Officer) -> Hand:
    """Give whose act it is; the log tells that it was done at the command line."""
    person_id = session.scalar(
        select(Person.id)
        .join(Platform, Platform.id == Person.platform_id)
        .where(Platform.issuer == officer.issuer, Person.subject == officer.subject)
        .order_by(Person.seen_at.desc())
        .limit(1)
    )
    if person_id is None:
        raise click.ClickException(
            f"nobody of {officer.issuer} with subject {officer.subject} ever came; an officer "
            "opens the tool once before acting here"
        )
    return hand_of(session, person_id, who=f"{AT_COMMAND_LINE}{person_id}")
