"""At the command line decisions are made under the name of whoever makes them."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_tool.certification.humans import Hand, hand_of
from lti_tool.certification.mandates import schemes_of
from lti_tool.certification.models import AT_COMMAND_LINE
from lti_tool.lti.models import Person, Platform


@dataclass(frozen=True, slots=True)
class Officer:
    """Under whose name a command acts: a person of a platform."""

    issuer: str
    subject: str


def as_officer(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options that say under whose name it acts, as its ``officer``."""
    return _under_a_name(command, "officer", "officer")


def as_assessor(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the same options, as its ``assessor``."""
    return _under_a_name(command, "assessor", "assessor, or of an officer who looks")


def as_holder(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the same options, as its ``holder``."""
    return _under_a_name(command, "holder", "holder")


def _under_a_name(command: Callable[..., Any], given_as: str, whose: str) -> Callable[..., Any]:
    @functools.wraps(command)
    def act(*given: Any, issuer: str, subject: str, **named: Any) -> Any:
        return command(*given, **{given_as: Officer(issuer, subject)}, **named)

    for option in (
        click.option("--subject", required=True, help=f"The platform's id (sub) of the {whose}."),
        click.option("--issuer", required=True, help="Of the platform that they come from."),
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
            f"nobody of {officer.issuer} with subject {officer.subject} ever came; they open the "
            "tool once before acting here"
        )
    return hand_of(session, person_id, who=f"{AT_COMMAND_LINE}{person_id}")


def need_officer(session: Session, hand: Hand) -> None:
    """Make sure that somebody is an officer for at least one scheme, or end the command."""
    if hand.person_id is None or schemes_of(session, hand.person_id) == frozenset():
        raise click.ClickException(
            "this is done under the name of an officer; see `lti-tool role grant officer --help`"
        )
