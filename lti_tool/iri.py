"""Names that last: what is called what in statements, for ever.

All begin with a base that an installation sets once (``LTI_TOOL_IRI_BASE``, else its public
address):

    <base>/id/course/<course>                            a course
    <base>/id/course/<course>/<module>                   a module
    <base>/id/course/<course>/<module>/<item>            a page or quiz; ``<course>/exam`` the exam
    <base>/id/course/<course>/<item path>/q/<question>   a question
    <base>/id/course/<course>/<item path>/v/<video>      a film
    <base>/id/course/<course>/<exam>/e/<element>         an element of the exam
    <base>/id/certificate/<scheme>                       a certificate of a scheme
    <base>/id/context/<context>                          a course or group of the platform
    <base>/id/extension/<name>                           an extension of ours
    <base>/id/people                                     home page of our pseudonymous accounts
    <base>/id/profile, <base>/id/profile/<version>       the profile of our statements

Whoever asks at the name of what we teach gets its definition (``player/definition_routes.py``), at
those of profile and extensions theirs (``xapi/lrs/profile_routes.py``). A platform's own courses,
and people, are nobody's business: nothing is there.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from xapi import profile


@dataclass(frozen=True, slots=True)
class Names:
    """Maker of the names that begin with one base."""

    base: str

    def course(self, course_id: str) -> str:
        """Name a course."""
        return f"{self.base}/id/course/{course_id}"

    def part(self, course_id: str, path: str) -> str:
        """Name a module or item by its path."""
        return f"{self.base}/id/course/{course_id}/{path}"

    def question(self, course_id: str, item_path: str, question_id: str) -> str:
        """Name a question; one of a scenario as ``<scenario>.<question>``."""
        return f"{self.base}/id/course/{course_id}/{item_path}/q/{question_id}"

    def video(self, course_id: str, page_path: str, video_id: str) -> str:
        """Name a film."""
        return f"{self.base}/id/course/{course_id}/{page_path}/v/{video_id}"

    def element(self, course_id: str, exam_path: str, element_id: str) -> str:
        """Name an element of an exam."""
        return f"{self.base}/id/course/{course_id}/{exam_path}/e/{element_id}"

    def certificate(self, scheme_id: str) -> str:
        """Name what the certificates of a scheme have in common."""
        return f"{self.base}/id/certificate/{scheme_id}"

    def context(self, context_id: UUID) -> str:
        """Name a course or group of the platform."""
        return f"{self.base}/id/context/{context_id}"

    def extension(self, name: str) -> str:
        """Name an extension."""
        return f"{self.base}/id/extension/{name}"

    @property
    def people(self) -> str:
        """Give the home page of actors' accounts."""
        return f"{self.base}/id/people"

    @property
    def profile(self) -> str:
        """Name the version of the profile that statements keep to."""
        return profile.iri_of(self.base)
