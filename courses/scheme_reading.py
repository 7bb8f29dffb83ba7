"""Schemes read from files: ``schemes/*.yaml`` of folders of courses, each with its skill card."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from fractions import Fraction
from pathlib import Path

from courses.card_reading import digest, read_cards
from courses.cards import SkillCard
from courses.faults import CourseFaultsError, Fault, did_you_mean
from courses.loader import LANGUAGE
from courses.model import Course
from courses.schemes import CertificateScheme, Recognition, Route, SchemeKind
from courses.source import Section, Source

FOLDER = "schemes"
PASS_SHARE = "2/3"  # noqa: S105  # a share of points
RETENTION_YEARS = 10
"""Where a scheme says nothing; ours, since nobody has published a rule."""
ROUTES: Mapping[SchemeKind, frozenset[Route]] = {
    SchemeKind.ATTENDANCE: frozenset({Route.COURSE, Route.ENTRY, Route.TAKEN_OVER}),
    SchemeKind.EXAM: frozenset({Route.EXAM, Route.ENTRY, Route.TAKEN_OVER}),
    SchemeKind.EVIDENCE: frozenset({Route.ASSESSMENT, Route.TAKEN_OVER}),
    SchemeKind.MICRO_CREDENTIAL: frozenset({Route.EXAM, Route.COURSE}),
    SchemeKind.TRAINER: frozenset({Route.ENTRY, Route.TAKEN_OVER}),
    SchemeKind.TRAINING_BODY: frozenset({Route.ENTRY, Route.TAKEN_OVER}),
}
"""By which ways a kind of certificate can be reached at all."""
BY_NOBODY = frozenset({SchemeKind.ATTENDANCE})
"""Kinds that may be issued without an officer."""
WITH_CARD = frozenset({SchemeKind.EXAM, SchemeKind.EVIDENCE, SchemeKind.MICRO_CREDENTIAL})
OF_COURSES = frozenset({SchemeKind.ATTENDANCE, SchemeKind.EXAM, SchemeKind.MICRO_CREDENTIAL})
"""Kinds that a course proves."""
TOLD = ("level", "assessment", "participation", "quality", "supervision", "prerequisites")
RECOGNISED = TOLD[:4]
"""Texts of :class:`Recognition` that a micro-credential cannot do without."""


HasWords = Callable[[str], bool]
"""Says whether certificates can be printed in a language."""


class Schemes:
    """All schemes of one or several folders, read once."""

    def __init__(self, folders: Iterable[Path], *, has_words: HasWords | None = None) -> None:
        """Read them.

        Args:
            folders: of courses.
            has_words: of whoever prints the certificates; None: languages are not looked at.

        Raises:
            CourseFaultsError: a card or a scheme is faulty, two have the same id, or a language
                has no words.
        """
        faults: list[Fault] = []
        read, self._cards = _read_all(folders, faults, has_words)
        if faults:
            raise CourseFaultsError(list(dict.fromkeys(faults)))
        self._schemes = {scheme.id: scheme for _section, scheme in read}

    def all(self) -> tuple[CertificateScheme, ...]:
        """Give all schemes by title, then by id."""
        return tuple(sorted(self._schemes.values(), key=lambda each: (each.title, each.id)))

    def get(self, scheme_id: str) -> CertificateScheme | None:
        """Give a scheme; None where there is none of that id."""
        return self._schemes.get(scheme_id)

    def for_course(self, course_id: str) -> tuple[CertificateScheme, ...]:
        """Give the schemes that a course proves by being done or by its exam."""
        return tuple(
            each
            for each in self.all()
            if course_id in each.courses and each.routes & {Route.COURSE, Route.EXAM}
        )

    def cards(self) -> tuple[SkillCard, ...]:
        """Give all skill cards by title."""
        return tuple(sorted(self._cards.values(), key=lambda card: (card.title, card.id)))


def check_schemes(folder: Path, courses: Sequence[Course]) -> tuple[int, int, list[Fault]]:
    """Read cards and schemes of a folder of courses, and hold them against the courses.

    Returns:
        How many cards and schemes there are, and all that is wrong with them.
    """
    faults: list[Fault] = []
    read, cards = _read_all([folder], faults)
    known = {course.id: course for course in courses}
    for section, scheme in read:
        for course_id in scheme.courses:
            _against_course(section, scheme, course_id, known)
    once = dict.fromkeys(faults)
    return len(cards), len(read), sorted(once, key=lambda each: (str(each.file), each.line))


def missing_recognition(scheme: CertificateScheme) -> tuple[str, ...]:
    """Give which mandatory elements of a micro-credential a scheme does not declare, by name.

    Four more belong to each certificate: the learner, the awarding body with its country, and the
    day of issue.

    Source: Council Recommendation of 16 June 2022 (2022/C 243/02), annex I.
    """
    told = scheme.recognition
    missing = [] if scheme.title else ["title"]
    missing += [] if scheme.outcomes else ["outcomes"]
    missing += [] if told.workload_hours or told.ects else ["workload_hours"]
    return (*missing, *(name for name in RECOGNISED if not getattr(told, name)))


Read = tuple[Section, CertificateScheme]


def _read_all(
    folders: Iterable[Path], faults: list[Fault], has_words: HasWords | None = None
) -> tuple[list[Read], dict[str, SkillCard]]:
    held = list(folders)
    cards: dict[str, SkillCard] = {}
    for folder in held:
        for card in read_cards(folder, faults).values():
            if card.id in cards:
                faults.append(Fault(folder, 0, f"skill card {card.id!r} is there twice"))
            cards[card.id] = card
    paths = [path for each in held for path in sorted((each / FOLDER).glob("*.yaml"))]
    read = [each for path in paths for each in _read_file(path, cards, faults, has_words)]
    _look_at_all(read)
    return read, cards


def _look_at_all(read: Sequence[Read]) -> None:
    """Tell what is wrong between schemes."""
    ids = [scheme.id for _section, scheme in read]
    for place, (section, scheme) in enumerate(read):
        if scheme.id in ids[:place]:
            section.fault(f"scheme {scheme.id!r} is there twice", key="id")
        for needed in scheme.requires:
            if needed not in ids or needed == scheme.id:
                hint = did_you_mean(needed, ids)
                section.fault(f"requires {needed!r}, which is not there", hint, key="requires")


def _read_file(
    path: Path, cards: Mapping[str, SkillCard], faults: list[Fault], has_words: HasWords | None
) -> list[Read]:
    common = Source(path, faults).read_section()
    if common is None:
        return []
    found = []
    for section in common.sections("schemes"):
        layers = _Layers(section, common)
        scheme = _scheme(layers, cards)
        if has_words is not None:
            _look_at_languages(layers, has_words)
        _look_whole(section, scheme)
        section.finish()
        found.append((section, scheme))
    common.finish()
    return found


class _Layers:
    """A section over the file's own keys, which all its schemes share unless they say otherwise."""

    def __init__(self, own: Section, common: Section) -> None:
        self.own = own
        self.common = common

    def at(self, key: str) -> Section:
        """Give the section that says it."""
        shared = self.common.has(key)  # asked in any case: then it is known there
        return self.own if self.own.has(key) or not shared else self.common

    def texts(self, key: str) -> tuple[str, ...]:
        """Give a list of texts."""
        return tuple(text for text, _ in self.at(key).texts(key))


def _scheme(layers: _Layers, cards: Mapping[str, SkillCard]) -> CertificateScheme:
    own = layers.own
    kind = SchemeKind(own.choice("kind", tuple(SchemeKind)))
    card = _card(layers, kind, cards)
    scheme = CertificateScheme(
        id=own.id(),
        version=layers.at("version").text("version", length=40),
        kind=kind,
        title=layers.at("title").text("title", length=200),
        languages=_languages(layers),
        card=card,
        courses=layers.texts("courses") if kind in OF_COURSES else (),
        routes=_routes(own),
        pass_share=_share(layers),
        exam_elements=_exam_elements(layers, card),
        keep_elements_months=_whole(layers, "keep_elements_months", 0, 120) or 0,
        approvers=own.whole("approvers", low=0, high=2),
        assessors=own.whole("assessors", default=0, low=0, high=2),
        validity_months=_whole(layers, "validity_months", 1, 1200),
        retention_years=_whole(layers, "retention_years", 1, 100) or RETENTION_YEARS,
        outcomes=layers.texts("outcomes"),
        requires=tuple(text for text, _ in own.texts("requires")),
        checklist=tuple(text for text, _ in own.texts("checklist")),
        recognition=_recognition(layers if kind in OF_COURSES else _Layers(own, own)),
        notices=layers.texts("notices"),
        source=layers.at("source").text("source", length=600),
        fingerprint="",
    )
    return replace(scheme, fingerprint=_fingerprint(scheme))


def _fingerprint(scheme: CertificateScheme) -> str:
    content = asdict(scheme) | {"routes": sorted(scheme.routes), "fingerprint": ""}
    return digest(content)


def _card(layers: _Layers, kind: SchemeKind, cards: Mapping[str, SkillCard]) -> SkillCard | None:
    section = layers.at("card") if kind in WITH_CARD else layers.own
    card_id = section.text("card", default="")
    if card_id and card_id not in cards:
        hint = did_you_mean(card_id, cards)
        section.fault(f"there is no skill card {card_id!r}", hint, key="card")
    if kind in WITH_CARD and not card_id:
        section.fault(f"a scheme of kind {kind} needs a `card`")
    return cards.get(card_id)


def _languages(layers: _Layers) -> tuple[str, ...]:
    section = layers.at("languages")
    listed = section.texts("languages")
    for tag, line in listed:
        if not LANGUAGE.fullmatch(tag):
            section.fault(f"language {tag!r} is no tag", "Write en, de or pt-BR.", line=line)
    return tuple(tag for tag, _ in listed) or ("en",)


def _look_at_languages(layers: _Layers, has_words: HasWords) -> None:
    """Tell in which of the languages certificates cannot be printed."""
    section = layers.at("languages")
    for tag, line in section.texts("languages"):
        if not has_words(tag):
            hint = "Name only languages that the tool has words for, such as en."
            section.fault(f"certificates cannot be printed in {tag!r}", hint, line=line)


def _routes(section: Section) -> frozenset[Route]:
    listed = section.texts("routes", needed=True)
    for route, line in listed:
        if route not in tuple(Route):
            section.fault(f"route {route!r} is not known", did_you_mean(route, Route), line=line)
    return frozenset(Route(route) for route, _ in listed if route in tuple(Route))


def _share(layers: _Layers) -> Fraction:
    section = layers.at("pass")
    share = section.number("pass", default=PASS_SHARE)
    if not 0 < share <= 1:
        section.fault("pass must lie above 0 and at most at 1", "Write 2/3.", key="pass")
        return Fraction(PASS_SHARE)
    return share


def _exam_elements(layers: _Layers, card: SkillCard | None) -> dict[str, str]:
    """Give which element of the exam proves which of the card: ``U1.E3`` -> ``u1e3`` by itself."""
    section = layers.at("exam_elements")
    told = dict(section.pairs("exam_elements"))
    codes = [each.code for each in card.elements] if card else []
    for code in told:
        if card and code not in codes:
            hint = did_you_mean(code, codes)
            section.fault(
                f"exam_elements: the card has no element {code!r}", hint, key="exam_elements"
            )
    return {code: told.get(code) or code.lower().replace(".", "") for code in codes}


def _whole(layers: _Layers, key: str, low: int, high: int) -> int | None:
    section = layers.at(key)
    return section.whole(key, low=low, high=high) if section.has(key) else None


def _recognition(layers: _Layers) -> Recognition:
    own, common = layers.own.section("recognition"), layers.common.section("recognition")
    first, second = own or common, common or own
    if first is None or second is None:
        return Recognition()
    given = _Layers(first, second)
    made = Recognition(
        workload_hours=_number(given, "workload_hours"),
        ects=_number(given, "ects"),
        **{name: given.at(name).text(name, default="", length=400) for name in TOLD},
    )
    first.finish()
    if second is not first:
        second.finish()
    return made


def _number(layers: _Layers, key: str) -> Fraction | None:
    section = layers.at(key)
    return section.number(key) if section.has(key) else None


# A scheme as a whole


def _look_whole(section: Section, scheme: CertificateScheme) -> None:
    """Tell what its parts together get wrong."""
    kind = scheme.kind
    for route in sorted(scheme.routes - ROUTES[kind]):
        section.fault(f"a scheme of kind {kind} has no route {route}", key="routes")
    if scheme.approvers < 1 and kind not in BY_NOBODY:
        section.fault(f"kind {kind} is approved by an officer at least", key="approvers")
    if (Route.ASSESSMENT in scheme.routes) != (scheme.assessors > 0):
        hint = "`assessors` and the route `assessment` come together."
        section.fault("assessors: who judges the evidence?", hint, key="assessors")
    if {Route.COURSE, Route.EXAM} & scheme.routes and not scheme.courses:
        section.fault("'courses' is missing: whose exam, or which course?", key="routes")
    if kind is SchemeKind.TRAINER and not (scheme.requires and scheme.checklist):
        section.fault("a trainer's scheme needs `requires` and `checklist`")
    if kind is SchemeKind.TRAINING_BODY and not scheme.checklist:
        section.fault("a training body's scheme needs `checklist`")
    missing = missing_recognition(scheme) if kind is SchemeKind.MICRO_CREDENTIAL else ()
    if missing:
        hint = "All mandatory elements are declared, or it is another kind; level: not applicable."
        section.fault(f"a micro-credential lacks: {', '.join(missing)}", hint)


def _against_course(
    section: Section, scheme: CertificateScheme, course_id: str, courses: Mapping[str, Course]
) -> None:
    course = courses.get(course_id)
    if course is None:
        hint = did_you_mean(course_id, courses)
        section.fault(f"{scheme.id}: there is no course {course_id!r}", hint, key="courses")
    elif Route.EXAM in scheme.routes and course.exam is None:
        section.fault(f"{scheme.id}: course {course_id!r} has no exam", key="courses")
    elif Route.EXAM in scheme.routes and course.exam is not None:
        known = [each.id for each in course.exam.elements]
        for code, element in scheme.exam_elements.items():
            if element not in known:
                words = f"{scheme.id}: the exam of {course_id!r} has no {element!r} for {code}"
                section.fault(words, did_you_mean(element, known), key="exam_elements")
