"""Fire bad and good launches at a tool, and tell which it refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from lti_tool.practice import bad_launches, good_launches
from lti_tool.practice.app import serve
from lti_tool.practice.browser import Answer, BrowserError
from lti_tool.practice.model import Options
from lti_tool.practice.target import Target, choose_content, register

REFUSED = "refused"
ACCEPTED = "accepted"
EITHER = "either"
"""A tool may let unknown deployments in at once or have them wait; both are right."""


@dataclass(frozen=True, slots=True)
class Shot:
    """One launch and what became of it."""

    check: str
    expected: str
    got: str
    """``refused``, ``accepted`` or what else happened, with the status."""

    @property
    def is_right(self) -> bool:
        """Say whether the tool did what it should."""
        word = self.got.split(" ", 1)[0]
        return word == self.expected or (self.expected == EITHER and word in {REFUSED, ACCEPTED})


@dataclass(frozen=True, slots=True)
class Trial:
    """A tool registered with a platform of ours, ready to be fired at."""

    target: Target
    issuer: str
    client_id: str

    def shots(self) -> Iterator[Shot]:
        """Fire one launch after the other; good ones first, while the tool knows one key."""
        for check, fire in good_launches.LAUNCHES:
            yield Shot(check, ACCEPTED, _fired(fire, self.target))
        for check, fire in bad_launches.launches():
            yield Shot(check, REFUSED, _fired(fire, self.target))
        fire = bad_launches.unknown_deployment
        yield Shot("a deployment nobody knows", EITHER, _fired(fire, self.target))
        yield Shot("a learner, after all that", ACCEPTED, _fired(Target.launch, self.target))


def attack(link: str, options: Options, tell: Callable[[Trial], None]) -> list[Shot]:
    """Register with a tool, fire everything, and give what happened.

    Args:
        link: the tool's registration link, not used before.
        options: of the throwaway platform.
        tell: called once with the trial, before the first shot.

    Raises:
        TrialError: the tool could not be registered, so nothing was fired.
    """
    with serve(options) as practice:
        target = register(practice, link)
        # what the tool may have fetched while registering is old; two keys are published from here
        practice.rotate_key(publish_old=False)
        practice.rotate_key()
        trial = Trial(target, practice.issuer, target.tool.client_id)
        tell(trial)
        try:
            chosen = choose_content(target)
        except BrowserError:
            chosen = []
        if chosen:
            target.activity = chosen[0]
        return list(trial.shots())


def _fired(fire: Callable[[Target], Answer], target: Target) -> str:
    try:
        answer = fire(target)
    except BrowserError as error:
        return f"nothing: {error}"
    if 400 <= answer.status < 500:
        return f"{REFUSED} ({answer.status})"
    if answer.status < 400:
        return f"{ACCEPTED} ({answer.status})"
    return f"failed ({answer.status})"
