"""Verbs, activity types, extensions and profiles: IRI, words, source. Nothing here is our own.

Of several IRIs in use for one thing we write one; what others write is for readers to know.
"""

from __future__ import annotations

from dataclasses import dataclass

ADL = "http://adlnet.gov/expapi/verbs/"
ACTIVITIES = "http://adlnet.gov/expapi/activities/"
ACROSS = "https://w3id.org/xapi/acrossx"
CMI5 = "https://w3id.org/xapi/cmi5"
VIDEO = "https://w3id.org/xapi/video"

ADL_SOURCE = "ADL vocabulary"
ACROSS_SOURCE = "acrossx profile"
CMI5_SOURCE = "cmi5 specification"
VIDEO_SOURCE = "video profile 1.0.3"


@dataclass(frozen=True, slots=True)
class Term:
    """A word with the IRI that makes it unmistakable."""

    iri: str
    word: str
    """In English."""
    source: str


@dataclass(frozen=True, slots=True)
class Verb(Term):
    """What was done."""


def _adl(word: str) -> Verb:
    return Verb(f"{ADL}{word}", word, ADL_SOURCE)


def _video_verb(word: str) -> Verb:
    return Verb(f"{VIDEO}/verbs/{word}", word, VIDEO_SOURCE)


LAUNCHED = _adl("launched")
INITIALIZED = _adl("initialized")
TERMINATED = _adl("terminated")
EXPERIENCED = _adl("experienced")
ANSWERED = _adl("answered")
ATTEMPTED = _adl("attempted")
SUSPENDED = _adl("suspended")
RESUMED = _adl("resumed")
SCORED = _adl("scored")
PASSED = _adl("passed")
FAILED = _adl("failed")
PROGRESSED = _adl("progressed")
COMPLETED = _adl("completed")
PLAYED = _video_verb("played")
PAUSED = _video_verb("paused")
SEEKED = _video_verb("seeked")

VERBS = (
    LAUNCHED, INITIALIZED, TERMINATED, EXPERIENCED, ANSWERED, ATTEMPTED, SUSPENDED, RESUMED,
    SCORED, PASSED, FAILED, PROGRESSED, COMPLETED, PLAYED, PAUSED, SEEKED,
)  # fmt: skip
"""Every verb that a statement of ours has."""

# What a statement is about

COURSE = Term(f"{ACTIVITIES}course", "course", ADL_SOURCE)
MODULE = Term(f"{ACTIVITIES}module", "module", ADL_SOURCE)
ASSESSMENT = Term(f"{ACTIVITIES}assessment", "assessment", ADL_SOURCE)
INTERACTION = Term(f"{ACTIVITIES}cmi.interaction", "question", ADL_SOURCE)
PAGE = Term(f"{ACROSS}/activities/page", "page", ACROSS_SOURCE)
FILM = Term(f"{VIDEO}/activity-type/video", "video", VIDEO_SOURCE)
PROFILE = Term(f"{ACTIVITIES}profile", "profile", ADL_SOURCE)

ACTIVITY_TYPES = (COURSE, MODULE, PAGE, ASSESSMENT, INTERACTION, FILM, PROFILE)

# Extensions

SESSION_ID = Term(f"{CMI5}/context/extensions/sessionid", "session", CMI5_SOURCE)
PROGRESS = Term(f"{CMI5}/result/extensions/progress", "progress in percent", CMI5_SOURCE)
TIME_LIMIT = Term(f"{ACROSS}/extensions/time-limit", "time limit", ACROSS_SOURCE)

VIDEO_SESSION = Term(f"{VIDEO}/extensions/session-id", "session of the film", VIDEO_SOURCE)
VIDEO_LENGTH = Term(f"{VIDEO}/extensions/length", "length in seconds", VIDEO_SOURCE)
VIDEO_THRESHOLD = Term(
    f"{VIDEO}/extensions/completion-threshold", "share that counts as seen", VIDEO_SOURCE
)
VIDEO_TIME = Term(f"{VIDEO}/extensions/time", "second of the film", VIDEO_SOURCE)
VIDEO_FROM = Term(f"{VIDEO}/extensions/time-from", "second before the jump", VIDEO_SOURCE)
VIDEO_TO = Term(f"{VIDEO}/extensions/time-to", "second after the jump", VIDEO_SOURCE)
VIDEO_PROGRESS = Term(f"{VIDEO}/extensions/progress", "share seen", VIDEO_SOURCE)
VIDEO_SEGMENTS = Term(f"{VIDEO}/extensions/played-segments", "stretches seen", VIDEO_SOURCE)

EXTENSIONS = (
    SESSION_ID, PROGRESS, TIME_LIMIT, VIDEO_SESSION, VIDEO_LENGTH, VIDEO_THRESHOLD, VIDEO_TIME,
    VIDEO_FROM, VIDEO_TO, VIDEO_PROGRESS, VIDEO_SEGMENTS,
)  # fmt: skip

OWN_EXTENSIONS = ("platform", "course-version", "element", "attempt")
"""Names of extensions under the base of the application that makes the statements."""

VOIDED = f"{ADL}voided"
"""Said by clients of the store, never by us: what we tell was so."""
