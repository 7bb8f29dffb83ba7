"""Verbs, activity types, extensions and profiles: IRI, words, source. Hardly any are our own.

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
STREAMS_SOURCE = "Activity Streams vocabulary"
REGISTRY_SOURCE = "Tin Can registry"
TLA_SOURCE = "TLA vocabulary"


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
INTERACTED = _adl("interacted")
PLAYED = _video_verb("played")
PAUSED = _video_verb("paused")
SEEKED = _video_verb("seeked")
EARNED = Verb("http://id.tincanapi.com/verb/earned", "earned", REGISTRY_SOURCE)
FORFEITED = Verb("https://w3id.org/xapi/tla/verbs/forfeited", "forfeited", TLA_SOURCE)

VERBS = (
    LAUNCHED, INITIALIZED, TERMINATED, EXPERIENCED, ANSWERED, ATTEMPTED, SUSPENDED, RESUMED,
    SCORED, PASSED, FAILED, PROGRESSED, COMPLETED, INTERACTED, PLAYED, PAUSED, SEEKED, EARNED,
    FORFEITED,
)  # fmt: skip
"""Every verb that a statement of ours has."""

# What a statement is about

COURSE = Term(f"{ACTIVITIES}course", "course", ADL_SOURCE)
MODULE = Term(f"{ACTIVITIES}module", "module", ADL_SOURCE)
ASSESSMENT = Term(f"{ACTIVITIES}assessment", "assessment", ADL_SOURCE)
INTERACTION = Term(f"{ACTIVITIES}cmi.interaction", "question", ADL_SOURCE)
PAGE = Term(f"{ACROSS}/activities/page", "page", ACROSS_SOURCE)
FILM = Term(f"{VIDEO}/activity-type/video", "video", VIDEO_SOURCE)
ELEMENT = Term(f"{ACTIVITIES}objective", "element", ADL_SOURCE)
GROUP = Term("http://activitystrea.ms/schema/1.0/group", "group", STREAMS_SOURCE)
PROFILE = Term(f"{ACTIVITIES}profile", "profile", ADL_SOURCE)
CERTIFICATE = Term(
    "https://www.opigno.org/en/tincan_registry/activity_type/certificate",
    "certificate",
    REGISTRY_SOURCE,
)

ACTIVITY_TYPES = (
    COURSE, MODULE, PAGE, ASSESSMENT, INTERACTION, FILM, ELEMENT, GROUP, PROFILE,
    CERTIFICATE,
)  # fmt: skip

# Extensions

SESSION_ID = Term(f"{CMI5}/context/extensions/sessionid", "session", CMI5_SOURCE)
PROGRESS = Term(f"{CMI5}/result/extensions/progress", "progress in percent", CMI5_SOURCE)
TIME_LIMIT = Term(f"{ACROSS}/extensions/time-limit", "time limit", ACROSS_SOURCE)


def _video(name: str, word: str) -> Term:
    return Term(f"{VIDEO}/extensions/{name}", word, VIDEO_SOURCE)


VIDEO_SESSION = _video("session-id", "session of the film")
VIDEO_LENGTH = _video("length", "length in seconds")
VIDEO_THRESHOLD = _video("completion-threshold", "share that counts as seen")
VIDEO_TIME = _video("time", "second of the film")
VIDEO_FROM = _video("time-from", "second before the jump")
VIDEO_TO = _video("time-to", "second after the jump")
VIDEO_PROGRESS = _video("progress", "share seen")
VIDEO_SEGMENTS = _video("played-segments", "stretches seen")
VIDEO_SPEED = _video("speed", "speed")
VIDEO_VOLUME = _video("volume", "volume")
VIDEO_CAPTIONS = _video("cc-enabled", "captions are shown")
VIDEO_CAPTIONS_LANGUAGE = _video("cc-subtitle-lang", "language of the captions")
VIDEO_FULL_SCREEN = _video("full-screen", "full screen")
VIDEO_SIZE = _video("video-playback-size", "size on the page")
VIDEO_ROOM = _video("screen-size", "room on the screen")
VIDEO_QUALITY = _video("quality", "lines of the film")

EXTENSIONS = (
    SESSION_ID, PROGRESS, TIME_LIMIT, VIDEO_SESSION, VIDEO_LENGTH, VIDEO_THRESHOLD, VIDEO_TIME,
    VIDEO_FROM, VIDEO_TO, VIDEO_PROGRESS, VIDEO_SEGMENTS, VIDEO_SPEED, VIDEO_VOLUME,
    VIDEO_CAPTIONS, VIDEO_CAPTIONS_LANGUAGE, VIDEO_FULL_SCREEN, VIDEO_SIZE, VIDEO_ROOM,
    VIDEO_QUALITY,
)  # fmt: skip

OWN_EXTENSIONS = ("platform", "course-version", "element", "attempt", "reason")
"""Names of extensions under the base of the application that makes the statements."""

VOIDED = f"{ADL}voided"
"""Said by clients of the store, never by us: what we tell was so."""
