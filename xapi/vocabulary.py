"""Verbs, activity types and extensions: IRI, words, source. Others' words; ours are under our base."""

from __future__ import annotations

from dataclasses import dataclass

ADL = "http://adlnet.gov/expapi/verbs/"
VIDEO = "https://w3id.org/xapi/video"
CMI5 = "https://w3id.org/xapi/cmi5"


@dataclass(frozen=True, slots=True)
class Verb:
    """A verb with its word in English."""

    name: str
    iri: str
    source: str


def _adl(name: str) -> Verb:
    return Verb(name, f"{ADL}{name}", "ADL vocabulary")


LAUNCHED = _adl("launched")
INITIALIZED = _adl("initialized")
EXPERIENCED = _adl("experienced")
ANSWERED = _adl("answered")
ATTEMPTED = _adl("attempted")
SCORED = _adl("scored")
PASSED = _adl("passed")
FAILED = _adl("failed")
PROGRESSED = _adl("progressed")
COMPLETED = _adl("completed")
TERMINATED = _adl("terminated")
VOIDED = _adl("voided")
PLAYED = Verb("played", f"{VIDEO}/verbs/played", "xAPI video profile 1.0.3")
PAUSED = Verb("paused", f"{VIDEO}/verbs/paused", "xAPI video profile 1.0.3")
SEEKED = Verb("seeked", f"{VIDEO}/verbs/seeked", "xAPI video profile 1.0.3")

VERBS = (
    LAUNCHED, INITIALIZED, EXPERIENCED, ANSWERED, ATTEMPTED, SCORED, PASSED, FAILED, PROGRESSED,
    COMPLETED, TERMINATED, PLAYED, PAUSED, SEEKED,
)  # fmt: skip
"""Every verb that a statement of ours has."""

ACTIVITIES = "http://adlnet.gov/expapi/activities/"
COURSE = f"{ACTIVITIES}course"
MODULE = f"{ACTIVITIES}module"
ASSESSMENT = f"{ACTIVITIES}assessment"
INTERACTION = f"{ACTIVITIES}cmi.interaction"
PAGE = "https://w3id.org/xapi/acrossx/activities/page"
FILM = f"{VIDEO}/activity-type/video"

SESSION_ID = f"{CMI5}/context/extensions/sessionid"
PROGRESS = f"{CMI5}/result/extensions/progress"
TIME_LIMIT = "https://w3id.org/xapi/acrossx/extensions/time-limit"

VIDEO_SESSION = f"{VIDEO}/extensions/session-id"
VIDEO_LENGTH = f"{VIDEO}/extensions/length"
VIDEO_THRESHOLD = f"{VIDEO}/extensions/completion-threshold"
VIDEO_TIME = f"{VIDEO}/extensions/time"
VIDEO_FROM = f"{VIDEO}/extensions/time-from"
VIDEO_TO = f"{VIDEO}/extensions/time-to"
VIDEO_PROGRESS = f"{VIDEO}/extensions/progress"
VIDEO_SEGMENTS = f"{VIDEO}/extensions/played-segments"

PROFILE_TYPE = "http://adlnet.gov/expapi/activities/profile"
