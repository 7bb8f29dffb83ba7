"""Questions as a page shows them: to be answered, or with what came of the answer; pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from markupsafe import Markup

from courses import grading
from courses.forms import Form, ResponseError, field_of, read_response
from courses.kinds import Mark, Matching, Numeric, Option, Ordering, Question, Response, Scenario
from courses.markup import plain_text
from lti_tool.player.sheets import Asked, order_of


@dataclass(frozen=True, slots=True)
class Choice:
    """Something to choose from, in the order shown."""

    id: str
    text: Markup
    words: str
    """Without HTML, for the entries of a select."""


@dataclass(frozen=True, slots=True)
class QuestionView:
    """One question on a page."""

    question: Question
    number: str
    """Such as ``3``, or ``3.1`` inside a scenario."""
    field: str
    """Of the form."""
    anchor: str
    response: Response | None
    order: tuple[str, ...]
    told: bool
    """Whether the answer is judged before the reader's eyes; else it can still be given."""
    mark: Mark | None
    fault: str | None
    parts: tuple[QuestionView, ...]
    cut: str = ""
    """Put between the options that are told, by whoever takes them apart again."""

    @property
    def given(self) -> tuple[str, ...]:
        """Give the response's texts."""
        return self.response.given if self.response else ()

    @property
    def number_given(self) -> str:
        """Give the number as it was typed."""
        return self.given[0] if self.given else ""

    @property
    def unit_given(self) -> str:
        """Give the unit that was chosen."""
        return self.given[1] if len(self.given) > 1 else ""

    @property
    def targets(self) -> tuple[Choice, ...]:
        """Give the right-hand sides of a matching as they are shown."""
        if not isinstance(self.question, Matching):
            return ()
        texts = dict(self.question.targets)
        return tuple(Choice(each, texts[each], plain_text(texts[each])) for each in self.order)

    @property
    def matched(self) -> dict[str, str]:
        """Give which target was given to which pair."""
        return dict(each.split("=", 1) for each in self.given if "=" in each)

    @property
    def steps(self) -> tuple[tuple[Option, int], ...]:
        """Give the steps of an ordering as they are shown, each with its place (0: none yet)."""
        if not isinstance(self.question, Ordering):
            return ()
        items = {item.id: item for item in self.question.items}
        if self.given:
            return tuple((items[each], place) for place, each in enumerate(self.given, start=1))
        return tuple((items[each], 0) for each in self.order)

    @property
    def right_number(self) -> str:
        """Give the right answer of a numeric question, such as ``1,086.9 kg``."""
        if not isinstance(self.question, Numeric):
            return ""
        answer = self.question.answer
        text = f"{int(answer):,}" if answer.denominator == 1 else f"{float(answer):,.10g}"
        unit = self.question.units[0][0] if self.question.units else ""
        return f"{text} {unit}".strip()

    @property
    def tolerance(self) -> str:
        """Give how far off a number may be; empty where it may not be."""
        if not isinstance(self.question, Numeric) or not self.question.tolerance:
            return ""
        return f"{float(self.question.tolerance):,.6g}"


def view_of(
    asked: Asked, *, told: bool, fault: str | None = None, form: Form | None = None
) -> QuestionView:
    """Show one question.

    Args:
        asked: with the response that was kept.
        told: whether the answer is judged on the page.
        fault: why what was sent could not be read.
        form: what was sent but not kept, so that nobody has to type it again.
    """
    response = asked.response
    if response is None and form is not None:
        response = _sent(asked.question, form)
    mark = asked.mark() if told else None
    return _view(asked.question, str(asked.number), response, asked.seed, mark, fault=fault)


def views_of(
    asked: Iterable[Asked],
    *,
    told: bool | None,
    faults: Mapping[str, str] | None = None,
    form: Form | None = None,
) -> tuple[QuestionView, ...]:
    """Show several questions.

    Args:
        asked: in order.
        told: judged on the page; None: those that are answered.
        faults: why what was sent could not be read, by question.
        form: what was sent but not kept.
    """
    return tuple(
        view_of(
            each,
            told=each.is_answered if told is None else told,
            fault=(faults or {}).get(each.question.id),
            form=form,
        )
        for each in asked
    )


def answer_key(asked: Iterable[Asked]) -> tuple[QuestionView, ...]:
    """Show questions with their right answers, for staff who look at a draw."""
    return tuple(
        _view(
            each.question,
            str(each.number),
            None,
            each.seed,
            grading.mark(each.question, Response(each.question.id)),
        )
        for each in asked
    )


def _view(
    question: Question,
    number: str,
    response: Response | None,
    seed: str,
    mark: Mark | None,
    *,
    scenario: str = "",
    fault: str | None = None,
) -> QuestionView:
    parts: tuple[QuestionView, ...] = ()
    if isinstance(question, Scenario):
        given = {part.question_id: part for part in response.parts} if response else {}
        marks = {part.question_id: part for part in mark.parts} if mark else {}
        parts = tuple(
            _view(
                part,
                f"{number}.{place}",
                given.get(part.id),
                seed,
                marks.get(part.id),
                scenario=question.id,
            )
            for place, part in enumerate(question.questions, start=1)
        )
    anchor = f"q-{scenario}-{question.id}" if scenario else f"q-{question.id}"
    return QuestionView(
        question,
        number,
        field_of(question.id, scenario or None),
        anchor,
        response,
        order_of(question, seed),
        mark is not None,
        mark,
        fault,
        parts,
    )


def _sent(question: Question, form: Form) -> Response | None:
    try:
        return read_response(question, form)
    except ResponseError:
        return None
