"""Markdown made into safe HTML."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from courses.loader import load_course
from courses.markup import Rendered, plain_text, render_fragment, render_page, render_text
from courses.model import Course, Page
from tests.courses.conftest import ALIFECA, CAPITALS

SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 720 90">{head}'
    '<defs><marker id="tip"><path d="M0 0"/></marker></defs>'
    '<line id="axis" x1="0" marker-end="url(#tip)"/><use href="#axis"/>{more}</svg>'
)
HEAD = "<title>An axis</title><desc>A line to the right.</desc>"
HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)>",
    "<iframe src='https://evil.example'></iframe>",
    "<style>body{}</style>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "[x](vbscript:x)",
    "![x](javascript:alert(1))",
    '[x](https://a.example/"onmouseover="alert(1))',
    "## <b onclick=x>bold</b>",
    "::: note <script>alert(1)</script>\ntext\n:::",
    "$\\text{<script>alert(1)</script>}$",
    "$\\href{javascript:alert(1)}{x}$",
    "`<script>`",
    "```<script>\n<script>\n```",
    "| <script> |\n| --- |\n| <img onerror=x> |\n\nTable: <script>alert(1)</script>",
    "a[^1]\n\n[^1]: <script>alert(1)</script>",
    '![" onload="alert(1)](../media/a.png "<script>")',
]
TAG = re.compile(r"<([a-zA-Z]+)((?:\s+[^\s=>]+(?:=\"[^\"]*\")?)*)\s*/?>")


@pytest.fixture
def media(tmp_path: Path) -> Path:
    (tmp_path / "axis.svg").write_text(SVG.format(head=HEAD, more=""))
    (tmp_path / "photo.png").write_bytes(b"\x89PNG")
    return tmp_path


def page(text: str, media_dir: Path = Path("nowhere"), *, first_line: int = 1) -> Rendered:
    return render_page(text, media_dir=media_dir, first_line=first_line)


def faults(text: str, media_dir: Path = Path("nowhere")) -> list[str]:
    return [f"{line}: {message}" for line, message, _ in page(text, media_dir).faults]


def assert_is_safe(html: str) -> None:
    """Look at every tag: none that acts, no attribute that does."""
    for name, attributes in TAG.findall(html):
        assert name.lower() not in {"script", "iframe", "style", "object", "form", "base"}
        assert not re.search(r"(^|\s)on\w+\s*=", re.sub(r'"[^"]*"', '""', attributes))
        assert not re.search(r'(href|src)="\s*(javascript|data|vbscript):', attributes, re.I)
    assert "<script" not in html.lower()


@pytest.mark.parametrize("text", HOSTILE)
def test_what_an_author_writes_never_acts(text: str) -> None:
    assert_is_safe(page(text).html)
    assert_is_safe(render_text(text))


@settings(deadline=None)
@given(
    st.lists(st.sampled_from([*HOSTILE, "\n", "\n\n", '"', ">", "<", "text ", "- "])).map("".join)
)
def test_no_mixture_of_them_acts_either(text: str) -> None:
    assert_is_safe(page(text).html)


@settings(deadline=None)
@given(st.text(max_size=200))
def test_any_text_can_be_rendered(text: str) -> None:
    assert_is_safe(page(text).html)


def test_html_is_shown_as_text() -> None:
    assert page("a <b>bold</b> word").html == "<p>a &lt;b&gt;bold&lt;/b&gt; word</p>\n"


def test_headings_have_ids_of_their_own_and_the_second_level_is_the_outline() -> None:
    made = page("## Why?\n\n### Why?\n\n## Why *not*?\n\n## Sources\n")

    assert made.headings == (("why", "Why?"), ("why-not", "Why not?"), ("sources-2", "Sources"))
    assert re.findall(r'id="([^"]+)"', made.html) == ["why", "why-2", "why-not", "sources-2"]


def test_a_heading_of_the_first_level_is_a_fault() -> None:
    assert faults("text\n\n# Title") == ["3: a heading with one #"]


def test_a_formula_becomes_mathml() -> None:
    made = page("The $f = \\frac{a}{b}$ is\n\n$$\nE = \\sum_i m_i\n$$\n")

    assert made.html.count("<math") == 2
    assert "<mfrac><mrow><mi>a</mi></mrow><mrow><mi>b</mi></mrow></mfrac>" in made.html
    assert '<div class="formula" role="group" tabindex="0" aria-label="Formula"><math' in made.html
    assert 'display="block"' in made.html


def test_money_is_no_formula() -> None:
    assert "<math" not in page("It costs $5 here and $7 there.").html


def test_a_formula_that_cannot_be_read_is_a_fault_with_its_line() -> None:
    made = page("text\n\n$x^$\n", first_line=10)

    assert [(line, message) for line, message, _ in made.faults] == [
        (12, "formula cannot be read: x^")
    ]
    assert "<code>x^</code>" in made.html


def test_a_drawing_stands_in_the_page_with_its_caption_and_a_name(media: Path) -> None:
    made = page('![An axis.](../media/axis.svg "The <axis>")', media)

    assert made.faults == ()
    assert made.media == (("axis.svg", 1),)
    box = '<div class="figure-scroll" role="group" tabindex="0" aria-label="Figure">'
    assert made.html.startswith(f'<figure class="figure">{box}<svg ')
    assert "</svg></div><figcaption>The &lt;axis&gt;</figcaption></figure>" in made.html
    assert 'role="img" aria-labelledby="axis---title axis---desc"' in made.html
    assert '<title id="axis---title">An axis</title>' in made.html


def test_ids_inside_a_drawing_begin_with_its_name_and_are_followed(media: Path) -> None:
    made = page("![An axis.](../media/axis.svg)", media)

    assert 'id="axis--tip"' in made.html
    assert 'marker-end="url(#axis--tip)"' in made.html
    assert 'href="#axis--axis"' in made.html


def test_a_drawing_used_twice_has_no_id_twice(media: Path) -> None:
    made = page("## Axis tip\n\n![a](../media/axis.svg)\n\n![b](../media/axis.svg)", media)
    ids = re.findall(r'id="([^"]+)"', made.html)

    assert len(ids) == 9
    assert len(set(ids)) == 9


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ("<script>x</script>", "<script> is not allowed"),
        ('<rect onclick="x"/>', "attribute onclick of <rect> is not allowed"),
        ('<rect style="x"/>', "attribute style of <rect> is not allowed"),
        ('<use href="https://a.example/x.svg#a"/>', "outside of the drawing"),
        ('<rect fill="url(https://a.example/#a)"/>', "outside of the drawing"),
        ("<foreignObject/>", "<foreignObject> is not allowed"),
        ('<a href="#x"/>', "<a> is not allowed"),
        ("<image/>", "<image> is not allowed"),
        ("<g>", "is no SVG"),
    ],
)
def test_a_drawing_that_could_act_is_not_shown(tmp_path: Path, more: str, message: str) -> None:
    (tmp_path / "bad.svg").write_text(SVG.format(head=HEAD, more=more))

    made = page("![x](../media/bad.svg)", tmp_path)

    assert "<svg" not in made.html
    assert message in made.faults[0][1]


def test_a_drawing_with_entities_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "bad.svg").write_text('<!DOCTYPE svg [<!ENTITY a "b">]><svg>&a;</svg>')

    assert "document type" in page("![x](../media/bad.svg)", tmp_path).faults[0][1]


def test_a_drawing_without_title_or_description_is_a_fault(tmp_path: Path) -> None:
    (tmp_path / "bare.svg").write_text(SVG.format(head="<title> </title>", more=""))

    assert faults("text\n\n![x](../media/bare.svg)", tmp_path) == [
        "3: bare.svg: has no <title>",
        "3: bare.svg: has no <desc>",
    ]


def test_a_photograph_keeps_its_description(media: Path) -> None:
    made = page('![A "photo"](../media/photo.png)', media)

    assert '<img src="__MEDIA__/photo.png" alt="A &quot;photo&quot;" loading="lazy">' in made.html


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("![](../media/axis.svg)", "1: figure ../media/axis.svg has no description"),
        ("![x](../pictures/axis.svg)", "1: ../pictures/axis.svg is not in media/"),
        ("![x](https://a.example/x.png)", "1: https://a.example/x.png is not in media/"),
        ("![x](../media/../course.yaml)", "1: ../media/../course.yaml is not in media/"),
        ("see ![x](../media/axis.svg) there", "1: a figure stands alone in its paragraph"),
        ("## ![x](../media/axis.svg)", "1: a figure stands alone in its paragraph"),
    ],
)
def test_a_figure_in_a_wrong_place_is_a_fault(media: Path, text: str, message: str) -> None:
    assert message in faults(text, media)


def test_a_table_takes_its_caption_and_scrolls_by_itself() -> None:
    made = page("| A | B |\n| --- | ---: |\n| 1 | 2 |\n\nTable: What *we* have.\n\nText.\n")

    assert made.html == (
        '<div class="table-scroll" role="group" tabindex="0" aria-label="What we have.">'
        "<table><caption>What <em>we</em> have.</caption>\n"
        '<thead>\n<tr>\n<th scope="col">A</th>\n<th scope="col" class="right">B</th>\n</tr>\n'
        '</thead>\n<tbody>\n<tr>\n<td>1</td>\n<td class="right">2</td>\n</tr>\n</tbody>\n'
        "</table></div>\n<p>Text.</p>\n"
    )


def test_a_caption_may_name_its_source() -> None:
    made = page("| A |\n| --- |\n| 1 |\n\nTable: Numbers[^1].\n\n[^1]: ISO 14040:2006.\n")

    assert '<caption>Numbers<sup class="source-mark"><a href="#source--1"' in made.html
    assert '<li id="source--1">' in made.html


def test_words_that_look_like_a_caption_stay_where_no_table_is() -> None:
    assert page("Table: of contents").html == "<p>Table: of contents</p>\n"
    assert "Table: x" in page("```\nTable: x\n```").html


def test_a_callout_has_a_title_that_names_it() -> None:
    made = page("::: job What this means in your job\nText.\n:::\n")

    assert made.html == (
        '<aside class="callout callout-job" aria-labelledby="job-what-this-means-in-your-job">'
        '<p class="callout-title" id="job-what-this-means-in-your-job">'
        "What this means in your job</p>\n<p>Text.</p>\n</aside>\n"
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("::: note\nText\n:::", "1: this callout has no title"),
        ("Text\n\n::: notes A title\nText\n:::", "3: block 'notes' is not known"),
        ("::: note A title\nText", "1: this block has no end"),
        ("::: video\nid: x", "1: this block has no end"),
        ("::: video Title\nid: x\n:::", "1: a film begins with ::: video alone"),
        ("Text\n:::", "2: ::: ends no block here"),
    ],
)
def test_a_block_that_is_not_right_is_a_fault(text: str, message: str) -> None:
    assert message in faults(text)


def test_sources_lead_there_and_back() -> None:
    made = page("One[^a], again[^a], two[^b].\n\n[^a]: ISO 14040.\n[^b]: ISO 14044.\n")

    assert made.html.count('href="#source--1"') == 2
    assert 'id="source--1-use-1"' in made.html
    assert 'href="#source--1-use-2" aria-label="Back to the text"' in made.html
    assert '<section class="sources" aria-labelledby="sources"><h2 id="sources">' in made.html


def test_links_outwards_open_a_tab_and_links_inwards_wait_for_their_beginning() -> None:
    made = page(
        "[a](https://iso.org/x?a=1&b=2)\n\n[b](../02-goal/01-goal.md#why)\n\n[c](#here)\n\n"
        "[d](../media/sheet.pdf)"
    )

    assert '<a href="https://iso.org/x?a=1&amp;b=2" target="_blank" rel="noopener">' in made.html
    assert '<a href="__COURSE__/02-goal/01-goal#why">' in made.html
    assert '<a href="#here">' in made.html
    assert '<a href="__MEDIA__/sheet.pdf">' in made.html
    assert made.links == (("../02-goal/01-goal.md#why", 3),)
    assert made.media == (("sheet.pdf", 7),)


@pytest.mark.parametrize("address", ["ftp://a.example/x", "//a.example/x", "tel:112"])
def test_a_link_that_leads_astray_is_a_fault(address: str) -> None:
    assert faults(f"text\n\n[x]({address})")[0].startswith(f"3: link to {address}")


def test_a_question_is_a_fragment_without_paragraph() -> None:
    assert render_text("Which *one*?") == "Which <em>one</em>?"
    assert render_text("One.\n\nTwo.") == "<p>One.</p>\n<p>Two.</p>"


@pytest.mark.parametrize("text", ["![x](../media/axis.svg)", "[x](../01-a/02-b.md)", "$x^$"])
def test_what_cannot_stand_in_a_question_is_a_fault(text: str) -> None:
    assert len(render_fragment(text).faults) == 1


def test_the_words_of_html_stand_in_one_line() -> None:
    assert plain_text("<p>A &amp; <em>B</em></p>\n<p>C</p>") == "A & B C"


def test_a_film_has_captions_and_a_transcript(capitals: Course) -> None:
    found = capitals.item("01-europe/01-west")

    assert isinstance(found, Page)
    assert [video.id for video in found.videos] == ["west-to-east"]
    assert '<figure class="video" data-video="west-to-east" data-seconds="6">' in found.html
    assert '<source src="__MEDIA__/west-to-east.webm" type="video/webm">' in found.html
    assert '<track kind="captions" src="__MEDIA__/west-to-east.en.vtt" srclang="en"' in found.html
    assert "<details><summary>Transcript</summary><p>A dot moves" in found.html


@pytest.mark.parametrize("folder", [CAPITALS, ALIFECA], ids=lambda folder: folder.name)
def test_no_page_of_a_course_has_an_id_twice_or_a_reference_to_none(folder: Path) -> None:
    for item in load_course(folder).items():
        if isinstance(item, Page):
            ids = re.findall(r'\sid="([^"]+)"', item.html)
            named = set(re.findall(r'href="#([^"]+)"|url\(#([^)]+)\)', item.html))
            labels = re.findall(r'aria-labelledby="([^"]+)"', item.html)
            wanted = {a or b for a, b in named} | {
                each for label in labels for each in label.split()
            }
            assert len(ids) == len(set(ids)), item.id
            assert wanted <= set(ids), item.id
            assert_is_safe(item.html)


@given(
    st.text(
        st.sampled_from("ab1 2,.;:'\"()%/€°–−×·…≈≤≥→“”‘’+=-?!±é²"), min_size=1, max_size=30
    ).map(str.strip)
)
def test_plain_lines_are_written_as_the_whole_way_writes_them(text: str) -> None:
    short = render_fragment(text).html if text else ""
    whole = str(page(text).html).strip()

    assert whole in {str(short), f"<p>{short}</p>"}


def test_a_corner_without_words_is_no_head_of_a_column() -> None:
    made = page("| | kg |\n| --- | ---: |\n| Coil | 3 |\n").html

    assert "<tr>\n<td></td>\n" in made
    assert '<th scope="col" class="right">kg</th>' in made
