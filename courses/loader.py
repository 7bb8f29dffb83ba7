"""A folder of YAML and Markdown -> Course; faults name file and line."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

from courses.checks import check_outcomes
from courses.faults import CourseFaultsError, Fault, did_you_mean
from courses.markup import render_page, render_text
from courses.model import (
    Course,
    Exam,
    ExamElement,
    Level,
    Module,
    Outcome,
    Page,
    Question,
    Quiz,
    Review,
    Scenario,
    Video,
)
from courses.questions import read_questions
from courses.source import ID, Section, Source

HEAD = re.compile(r"---\n(.*?\n)---\n", re.DOTALL)
POOL_FACTOR = 3
MAX_MEDIA = 50 * 1024 * 1024


def load_course(folder: Path) -> Course:
    """Read a course.

    Raises:
        CourseFaultsError: something in it is wrong; all faults are told together.
    """
    course, faults = check_course(folder)
    if faults or course is None:
        raise CourseFaultsError(faults)
    return course


def check_course(folder: Path, *, strict: bool = False) -> tuple[Course | None, list[Fault]]:
    """Read a course and give it with its faults, in order of file and line.

    Args:
        folder: of the course.
        strict: also ask that every outcome is taught, asked in a quiz and asked in the exam.
    """
    reader = _CourseReader(folder)
    course = reader.read()
    if course is not None and strict:
        reader.faults += check_outcomes(course, folder)
    return course, sorted(reader.faults, key=lambda fault: (str(fault.file), fault.line))


class _CourseReader:
    """Reads one folder; gathers faults as it goes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.media_dir = folder / "media"
        self.faults: list[Fault] = []
        self._links: list[tuple[Path, str, int]] = []
        self._videos: set[str] = set()

    def source(self, path: Path) -> Source:
        """Open a file of the course."""
        return Source(path, self.faults)

    def read(self) -> Course | None:
        """Read everything."""
        section = self.source(self.folder / "course.yaml").read_section()
        if section is None:
            return None
        course_id = section.id()
        if course_id and course_id != self.folder.name:
            section.fault(f"id {course_id!r} is not the name of the folder", key="id")
        modules = [
            self._module(name, line, section)
            for name, line in section.texts("modules", needed=True)
        ]
        exam_folder = section.text("exam", default="")
        course = Course(
            id=course_id,
            title=section.text("title", length=200),
            summary=section.text("summary", length=600),
            version=section.text("version", length=40),
            fingerprint=fingerprint(self.folder),
            language=section.text("language", default="en"),
            level=Level(section.choice("level", tuple(level.value for level in Level))),
            hours=section.number("hours"),
            licence=section.text("licence", length=80),
            audience=section.text("audience", default=""),
            prior_knowledge=section.text("prior_knowledge", default=""),
            project=section.text("project", default=""),
            legal_status_on=section.day("legal_status_on"),
            notice=section.text("notice", default="") or None,
            modules=tuple(module for module in modules if module is not None),
            exam=self._exam(exam_folder) if exam_folder else None,
            media_dir=str(self.media_dir),
        )
        section.finish()
        self._check_links(course)
        return course

    def _module(self, name: str, line: int, course: Section) -> Module | None:
        folder = self.folder / name
        if not ID.fullmatch(name) or not folder.is_dir():
            known = [each.parent.name for each in self.folder.glob("*/module.yaml")]
            course.fault(f"module {name!r} has no folder", did_you_mean(name, known), line=line)
            return None
        section = self.source(folder / "module.yaml").read_section()
        if section is None:
            return None
        outcomes = tuple(self._outcome(each) for each in section.sections("outcomes"))
        taught = {outcome.id for outcome in outcomes}
        items = [
            self._item(folder, item, line, section, taught)
            for item, line in section.texts("items", needed=True)
        ]
        listed = {item for item, _ in section.texts("items")}
        for path in sorted([*folder.glob("*.md"), *folder.glob("*.yaml")]):
            if path.stem not in listed | {"module"}:
                section.fault(
                    f"{path.name} is not listed", f"Add `- {path.stem}` to items.", key="items"
                )
        module = Module(
            id=name,
            title=section.text("title", length=200),
            summary=section.text("summary", default="", length=600),
            hours=section.number("hours", default="0"),
            outcomes=outcomes,
            items=tuple(item for item in items if item is not None),
        )
        section.finish()
        return module

    @staticmethod
    def _outcome(section: Section) -> Outcome:
        outcome = Outcome(section.id(), section.text("text", length=300))
        section.finish()
        return outcome

    def _item(
        self, folder: Path, name: str, line: int, module: Section, outcomes: set[str]
    ) -> Page | Quiz | None:
        if ID.fullmatch(name) and (folder / f"{name}.md").is_file():
            return self._page(folder / f"{name}.md", outcomes)
        if ID.fullmatch(name) and (folder / f"{name}.yaml").is_file() and name != "module":
            return self._quiz(folder / f"{name}.yaml", outcomes)
        known = [path.stem for path in (*folder.glob("*.md"), *folder.glob("*.yaml"))]
        module.fault(f"item {name!r} has no file", did_you_mean(name, known), line=line)
        return None

    def _page(self, path: Path, outcomes: set[str]) -> Page | None:
        source = self.source(path)
        text = source.read_text()
        if text is None:
            return None
        found = HEAD.match(text)
        if found is None:
            source.fault(1, "this page has no head", "Begin with ---, title: …, minutes: …, ---.")
            return None
        head = source.section_of(found[1], first_line=2)
        if head is None:
            return None
        videos: list[Video] = []

        def read_video(body: str, line: int) -> Video | None:
            video = self._video(source, body, line + first_line - 1)
            if video is not None:
                videos.append(video)
            return video

        first_line = found[0].count("\n") + 1
        rendered = render_page(
            text[found.end() :],
            media_dir=self.media_dir,
            read_video=read_video,
            first_line=first_line,
        )
        for line, message, hint in rendered.faults:
            source.fault(line, message, hint)
        self._check_media(source, rendered.media)
        self._links += [(path, link, line) for link, line in rendered.links]
        page = Page(
            id=f"{path.parent.name}/{path.stem}",
            title=head.text("title", length=200),
            minutes=head.whole("minutes", low=1, high=600),
            outcomes=tuple(self._known(head, "outcomes", outcomes)),
            html=rendered.html,
            headings=rendered.headings,
            videos=tuple(videos),
        )
        head.finish()
        return page

    @staticmethod
    def _known(section: Section, key: str, known: set[str]) -> list[str]:
        found = section.texts(key)
        for word, line in found:
            if word not in known:
                section.fault(
                    f"outcome {word!r} is not in module.yaml", did_you_mean(word, known), line=line
                )
        return [word for word, _ in found]

    def _video(self, source: Source, body: str, line: int) -> Video | None:
        section = source.section_of(body, first_line=line)
        if section is None:
            return None
        transcript = section.text("transcript", default="")
        video = Video(
            id=section.id(),
            title=section.text("title", length=200),
            src=self._file(section, "src", (".webm", ".mp4")),
            captions=self._file(section, "captions", (".vtt",)),
            seconds=section.number("seconds"),
            poster=self._file(section, "poster", (".svg", ".png", ".jpg", ".webp")) or None
            if section.has("poster")
            else None,
            transcript=render_page(transcript, media_dir=self.media_dir).html
            if transcript
            else None,
        )
        if video.id in self._videos:
            section.fault(f"film {video.id!r} stands in this course twice", key="id")
        self._videos.add(video.id)
        if not transcript:
            section.fault("a film needs a transcript", "What is said and shown, in words.")
        self._check_captions(section, video)
        section.finish()
        return video

    def _file(self, section: Section, key: str, endings: tuple[str, ...]) -> str:
        value = section.text(key)
        name = re.sub(r"^(\.\./|\./)*media/", "", value)
        if value and (not value.endswith(endings) or not (self.media_dir / name).is_file()):
            hint = f"It must lie in media/ and end with {' or '.join(endings)}."
            section.fault(f"{key} {value!r} is not there", hint, key=key)
        return name

    def _check_captions(self, section: Section, video: Video) -> None:
        path = self.media_dir / video.captions
        if not video.captions or not path.is_file():
            return
        text = path.read_text(encoding="utf-8-sig", errors="replace")
        cues = re.findall(r"(?m)^(?:\d+:)?\d\d:\d\d\.\d{3} --> (?:\d+:)?\d\d:\d\d\.\d{3}", text)
        if not text.startswith("WEBVTT") or not cues:
            section.fault(
                f"{video.captions} holds no captions", "WEBVTT, then cues.", key="captions"
            )

    def _check_media(self, source: Source, media: Sequence[tuple[str, int]]) -> None:
        for name, line in media:
            path = self.media_dir / name
            if not path.is_file():
                known = [each.name for each in self.media_dir.glob("*")]
                source.fault(line, f"media/{name} is missing", did_you_mean(name, known))
            elif path.stat().st_size > MAX_MEDIA:
                source.fault(line, f"media/{name} is larger than {MAX_MEDIA // 2**20} MiB")

    def _check_links(self, course: Course) -> None:
        paths = {item.id for item in course.items()}
        for file, link, line in self._links:
            target = re.sub(r"\.(md|yaml)(#.*)?$", "", re.sub(r"^(\.\./|\./)+", "", link))
            inside = f"{file.parent.name}/{target}" if "/" not in target else target
            if target not in paths:
                hint = did_you_mean(inside, paths) if "/" in target else f"Write ../{inside}.md."
                self.faults.append(Fault(file, line, f"link to {link} leads nowhere", hint))

    def _quiz(self, path: Path, outcomes: set[str]) -> Quiz | None:
        section = self.source(path).read_section()
        if section is None:
            return None
        shuffle = section.flag("shuffle", default=True)
        questions = read_questions(section, shuffle=shuffle)
        self._check_ids(section, questions)
        self._check_asked(section, questions, outcomes)
        intro = section.text("intro", default="")
        quiz = Quiz(
            id=f"{path.parent.name}/{path.stem}",
            title=section.text("title", length=200),
            intro=render_text(intro) if intro else None,
            questions=questions,
            attempts=_limit(section, default="unlimited"),
            pass_mark=_share(section, "pass_mark"),
            shuffle=shuffle,
            minutes=section.whole("minutes", default=max(5, 2 * len(questions)), low=1),
        )
        section.finish()
        return quiz

    @staticmethod
    def _check_ids(section: Section, questions: Sequence[Question]) -> None:
        ids = [question.id for question in questions]
        for twice in sorted({each for each in ids if ids.count(each) > 1}):
            section.fault(f"question {twice!r} stands here twice", key="questions")

    @staticmethod
    def _check_asked(section: Section, questions: Sequence[Question], known: set[str]) -> None:
        for question in questions:
            parts = question.questions if isinstance(question, Scenario) else ()
            for each in (question, *parts):
                if each.outcome is not None and each.outcome not in known:
                    hint = did_you_mean(each.outcome, known)
                    section.fault(
                        f"question {each.id!r}: outcome {each.outcome!r} is not in module.yaml",
                        hint,
                    )

    def _exam(self, name: str) -> Exam | None:
        folder = self.folder / name
        section = self.source(folder / "exam.yaml").read_section()
        if section is None:
            return None
        elements = tuple(self._element(folder, each) for each in section.sections("elements"))
        everything = [question for element in elements for question in element.pool]
        self._check_ids(section, everything)
        intro = section.text("intro", default="")
        exam = Exam(
            id="exam",
            title=section.text("title", length=200),
            intro=render_page(intro, media_dir=self.media_dir).html if intro else None,
            minutes=section.whole("minutes", low=1, high=600),
            attempts=_limit(section, default="unlimited"),
            wait_hours=section.whole("wait_hours", default=0, high=24 * 365),
            review=Review(
                section.choice(
                    "review",
                    tuple(each.value for each in Review),
                    default=Review.AFTER_SUBMIT.value,
                )
            ),
            elements=elements,
            opens_at=section.moment("opens_at"),
            closes_at=section.moment("closes_at"),
        )
        if exam.opens_at and exam.closes_at and exam.opens_at >= exam.closes_at:
            section.fault("the window closes before it opens", key="closes_at")
        section.finish()
        return exam

    def _element(self, folder: Path, section: Section) -> ExamElement:
        name = section.text("pool")
        pool = self.source(folder / f"{name}.yaml").read_section() if ID.fullmatch(name) else None
        questions: tuple[Question, ...] = ()
        if pool is not None:
            questions = read_questions(pool, shuffle=True)
            pool.finish()
        draw = section.whole("draw", low=1, high=100)
        if pool is not None and len(questions) < POOL_FACTOR * draw:
            hint = f"{POOL_FACTOR} times what is drawn are needed: {POOL_FACTOR * draw}."
            pool.fault(f"{len(questions)} questions are too few for a draw of {draw}", hint)
        element = ExamElement(
            id=section.id(),
            title=section.text("title", length=200),
            pool=questions,
            draw=draw,
            pass_share=_share(section, "pass") or Fraction(2, 3),
        )
        section.finish()
        return element


def _limit(section: Section, *, default: str) -> int | None:
    if section.text("attempts", default=default) == "unlimited":
        return None
    return section.whole("attempts", low=1, high=1000)


def _share(section: Section, key: str) -> Fraction | None:
    if not section.has(key):
        return None
    value = section.number(key)
    if not 0 < value <= 1:
        section.fault(f"{key} must lie above 0 and at most at 1", "Write 60% or 2/3.", key=key)
        return None
    return value


def fingerprint(folder: Path) -> str:
    """Hash all files of a course with their names, but not what made its media (``media/src``)."""
    whole = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder)
        if (
            path.is_file()
            and inside.parts[:2] != ("media", "src")
            and not path.name.startswith(".")
        ):
            content = path.read_bytes()
            whole.update(f"{inside.as_posix()}\0{len(content)}\0".encode())
            whole.update(content)
    return whole.hexdigest()
