"""A Markdown file with its head -> Page; films, figures and links are looked for.

A page's text becomes HTML when it is first asked for, so that many courses are there at once.
Whoever checks a course asks for all of them, and hears of their faults.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from markupsafe import Markup

from courses.faults import Fault, did_you_mean
from courses.glossary import TermLinker
from courses.markup import render_page
from courses.model import Body, Course, Page, Steps, Term, Video
from courses.questions import read_markup
from courses.source import Section, Source
from courses.steps import read_steps

HEAD = re.compile(r"---\n(.*?\n)---\n", re.DOTALL)
CUE = re.compile(r"(?m)^(?:\d+:)?\d\d:\d\d\.\d{3} --> (?:\d+:)?\d\d:\d\d\.\d{3}")
FILMS = (".webm", ".mp4")
PICTURES = (".svg", ".png", ".jpg", ".webp")
MAX_MEDIA = 50 * 1024 * 1024
PLACES = ("glossary", "self-test")
"""Pages of every course beside its modules; no module may take their names."""


@dataclass(frozen=True, slots=True)
class Link:
    """A link to a part of a course, and where it stands."""

    file: Path
    line: int
    address: str

    @property
    def target(self) -> str:
        """Give the path of the item it means."""
        bare = re.sub(r"^(\.\./|\./)+", "", self.address)
        return re.sub(r"(\.(md|yaml))?(#.*)?$", "", bare)


class PageReader:
    """Reads the pages of one course; remembers their films and links."""

    def __init__(
        self, folder: Path, faults: list[Fault], terms: tuple[Term, ...] = (), *, at_once: bool
    ) -> None:
        self.media_dir = folder / "media"
        self.links: list[Link] = []
        self._faults = faults
        self._linker = TermLinker(terms)
        self._at_once = at_once
        self._videos: set[str] = set()

    def read(self, path: Path, outcomes: Collection[str]) -> Page | None:
        """Read one page; None where it has no head.

        Args:
            path: of the file.
            outcomes: ids of those of the module.
        """
        source = Source(path, self._faults)
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
        body, first_line = text[found.end() :], found[0].count("\n") + 1
        page = Page(
            id=f"{path.parent.name}/{path.stem}",
            title=head.text("title", length=200),
            minutes=head.whole("minutes", low=1, high=600),
            outcomes=_known(head, outcomes),
            read=self._reader(source, body, first_line),
        )
        head.finish()
        return page

    def _reader(self, source: Source, text: str, first_line: int) -> Callable[[], Body]:
        """Give what makes the body: now, or when it is first asked for."""
        if self._at_once:
            made = self._body(source, text, first_line)
            return lambda: made
        return _Once(lambda: self._body(source, text, first_line))

    def _body(self, source: Source, text: str, first_line: int) -> Body:
        videos: list[Video] = []

        def read_video(body: str, line: int) -> Video | None:
            video = self._video(source, body, line + first_line - 1)
            if video is not None:
                videos.append(video)
            return video

        def read_steps_at(title: str, body: str, line: int) -> Steps | None:
            section = source.section_of(body, first_line=line + first_line - 1)
            return None if section is None else read_steps(section, title, read_markup)

        rendered = render_page(
            text,
            media_dir=self.media_dir,
            read_video=read_video,
            read_steps=read_steps_at,
            first_line=first_line,
        )
        for line, message, hint in rendered.faults:
            source.fault(line, message, hint)
        self._check_media(source, rendered.media)
        self.links += [Link(source.file, line, link) for link, line in rendered.links]
        linked = self._linker.linked(rendered.html)
        return Body(linked, rendered.headings, tuple(videos), rendered.has_steps)

    def _video(self, source: Source, body: str, line: int) -> Video | None:
        section = source.section_of(body, first_line=line)
        if section is None:
            return None
        video = Video(
            id=section.id(),
            title=section.text("title", length=200),
            src=self._file(section, "src", FILMS),
            captions=self._file(section, "captions", (".vtt",)),
            seconds=section.number("seconds"),
            poster=self._file(section, "poster", PICTURES) if section.has("poster") else None,
            transcript=self._transcript(section),
        )
        if video.id in self._videos:
            section.fault(f"film {video.id!r} stands in this course twice", key="id")
        self._videos.add(video.id)
        if section.has("seconds") and video.seconds <= 0:
            section.fault("seconds must lie above 0", key="seconds")
        self._check_captions(section, video)
        section.finish()
        return video

    def _transcript(self, section: Section) -> Markup | None:
        text = section.text("transcript", default="")
        if not text:
            section.fault("a film needs a transcript", "What is said and shown, in words.")
            return None
        rendered = render_page(text, media_dir=self.media_dir)
        for _, message, hint in rendered.faults:
            section.fault(message, hint, key="transcript")
        return rendered.html

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
        if not text.startswith("WEBVTT") or not CUE.search(text):
            message = f"{video.captions} holds no captions"
            section.fault(message, "WEBVTT, then cues.", key="captions")

    def _check_media(self, source: Source, media: Sequence[tuple[str, int]]) -> None:
        for name, line in media:
            path = self.media_dir / name
            if not path.is_file():
                known = [each.name for each in self.media_dir.glob("*")]
                source.fault(line, f"media/{name} is missing", did_you_mean(name, known))
            elif path.stat().st_size > MAX_MEDIA:
                source.fault(line, f"media/{name} is larger than {MAX_MEDIA // 2**20} MiB")

    def check_links(self, course: Course) -> None:
        """Tell every link of the pages read that leads to no item, or to no heading of a page."""
        pages = {item.id: item for item in course.items()}
        paths = set(pages) | {PLACES[0]} if course.glossary else set(pages)
        for link in self.links:
            target, anchor = link.target, link.address.partition("#")[2]
            inside = target if "/" in target else f"{link.file.parent.name}/{target}"
            if target not in paths:
                near = f"Write ../{inside}.md." if inside in paths else did_you_mean(inside, paths)
                words = f"link to {link.address} leads nowhere"
                self._faults.append(Fault(link.file, link.line, words, near))
                continue
            page = pages.get(target)
            if anchor and isinstance(page, Page) and f'id="{anchor}"' not in page.html:
                words = f"link to {link.address}: that page has no part {anchor!r}"
                known = did_you_mean(anchor, re.findall(r'<h\d id="([^"]+)"', page.html))
                self._faults.append(Fault(link.file, link.line, words, known))


class _Once:
    """Makes something at the first call and keeps it."""

    def __init__(self, make: Callable[[], Body]) -> None:
        self._make: Callable[[], Body] | None = make
        self._made: Body | None = None

    def __call__(self) -> Body:
        if self._made is None:
            make = self._make
            self._made = make() if make else Body(Markup())
            self._make = None
        return self._made


def _known(head: Section, known: Collection[str]) -> tuple[str, ...]:
    found = head.texts("outcomes")
    for word, line in found:
        if word not in known:
            hint = did_you_mean(word, known)
            head.fault(f"outcome {word!r} is not in module.yaml", hint, line=line)
    return tuple(word for word, _ in found)
