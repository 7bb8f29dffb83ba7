from __future__ import annotations

import hashlib
import io
import shutil
import subprocess
from dataclasses import replace
from datetime import date
from pathlib import Path

import outloud
import pikepdf
import pytest
import segno
import zxingcpp
from PIL import Image, ImageChops

from courses.schemes import SchemeKind
from lti_tool.certification.document import DocumentError, Typesetter
from lti_tool.certification.facts import ElementFact, Signer, UnitFact
from lti_tool.certification.glyphs import missing_glyphs
from lti_tool.certification.issuers import logo_path
from lti_tool.files import Files
from tests.lti_tool.certification.papers import (
    CREDENTIAL,
    OUTCOMES,
    heard,
    paper,
    picture_of,
    tags_of,
    text_of,
    units,
    with_signers,
)

KINDS = list(SchemeKind)
LONG = "Maria Francisca Antónia de Bragança e Albuquerque Mascarenhas-Saldanha da Gama Corte-Real"
NAMES = [
    "Žofia Šťastná-Łukasiewicz",
    "Γεωργία Παπαδοπούλου",
    "Маргарита Стоянова-Димитрова",
    "Ġużeppi Ħal-Għaxaq",
    "Ștefan Țăranu",
    "İlkay Çağlayangil",
    "Їжакевич Ґалаґан",
    "Ðorđe Ćirković",
]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    return Files(str(tmp_path_factory.mktemp("files")))


@pytest.fixture(scope="module")
def typesetter(files: Files) -> Typesetter:
    return Typesetter(files)


@pytest.fixture(scope="module")
def exam(typesetter: Typesetter) -> bytes:
    return typesetter.make(paper(), CREDENTIAL)


@pytest.fixture
def opened(exam: bytes) -> pikepdf.Pdf:
    return pikepdf.open(io.BytesIO(exam))


# What every document is


def test_it_says_that_it_is_pdf_a_3a_and_pdf_ua_1(opened: pikepdf.Pdf) -> None:
    with opened.open_metadata() as told:
        assert (told["pdfaid:part"], told["pdfaid:conformance"]) == ("3", "A")
        assert told["pdfuaid:part"] == "1"
        assert told["dc:title"].startswith("Certificate of examination: Automotive")
        assert "Demonstration body" in told["dc:creator"]


def test_its_colours_its_language_and_its_structure_are_told(opened: pikepdf.Pdf) -> None:
    (intent,) = opened.Root.OutputIntents

    assert intent.S == "/GTS_PDFA1"
    assert intent.DestOutputProfile.read_bytes()[12:20] == b"mntrRGB "
    assert str(opened.Root.Lang) == "en"
    assert bool(opened.Root.MarkInfo.Marked)
    assert bool(opened.Root.ViewerPreferences.DisplayDocTitle)
    assert list(tags_of(opened)).count("/H1") == 1


@pytest.mark.parametrize("kind", KINDS)
def test_every_font_is_inside(typesetter: Typesetter, kind: SchemeKind) -> None:
    pdf = pikepdf.open(io.BytesIO(typesetter.make(paper(kind), CREDENTIAL)))

    described = [each for each in pdf.objects if _type_of(each) == "/FontDescriptor"]
    named = {str(each.FontName).partition("+")[2] for each in described}
    assert named >= {"EBGaramond-Regular", "EBGaramond-Italic", "Inter-Regular"}
    assert all("/FontFile2" in each or "/FontFile3" in each for each in described)


def test_the_credential_is_inside_byte_for_byte(opened: pikepdf.Pdf) -> None:
    attached = opened.attachments["credential.json"]

    assert attached.get_file().read_bytes() == CREDENTIAL
    assert attached.get_file().mime_type == "application/ld+json"
    assert str(attached.obj.AFRelationship) == "/Alternative"
    assert [each.objgen for each in opened.Root.AF] == [attached.obj.objgen]


def test_its_syntax_has_no_fault(opened: pikepdf.Pdf) -> None:
    assert opened.check_pdf_syntax() == []


def test_it_ends_with_a_line_end_so_that_a_seal_may_follow(exam: bytes) -> None:
    assert exam.endswith(b"%%EOF\n")


def test_same_facts_give_same_bytes(exam: bytes, files: Files) -> None:
    facts = paper()
    one, another = Typesetter(files), Typesetter(files)

    assert one.make(facts, CREDENTIAL) == another.make(facts, CREDENTIAL)
    assert one.make(replace(facts, title="Another"), CREDENTIAL) != exam


@pytest.mark.parametrize("kind", KINDS)
def test_readers_with_assistive_technology_can_use_it(
    typesetter: Typesetter, kind: SchemeKind, tmp_path: Path
) -> None:
    facts = paper(kind, is_test=True, notices=("It authorises no practical work.",))
    path = tmp_path / "certificate.pdf"
    path.write_bytes(typesetter.make(facts, CREDENTIAL))

    found = outloud.check(str(path))

    assert (found.errors, found.warnings) == (0, 0), found.findings
    assert found.stats["elements"] > 20


@pytest.mark.skipif(not shutil.which("verapdf"), reason="veraPDF is not on the PATH")
@pytest.mark.parametrize("flavour", ["3a", "ua1"])
@pytest.mark.parametrize("kind", KINDS)
def test_verapdf_accepts_it(
    typesetter: Typesetter, kind: SchemeKind, flavour: str, tmp_path: Path
) -> None:
    path = tmp_path / "certificate.pdf"
    path.write_bytes(typesetter.make(paper(kind), CREDENTIAL))

    done = subprocess.run(
        ["verapdf", "--flavour", flavour, str(path)], capture_output=True, check=False, timeout=120
    )

    assert b'isCompliant="true"' in done.stdout


# What it says


@pytest.mark.parametrize("kind", KINDS)
def test_number_code_address_days_and_names_stand_on_it(
    typesetter: Typesetter, kind: SchemeKind
) -> None:
    facts = paper(kind, code="WWWWMMMMWWWWM")
    code = facts.code

    text = text_of(typesetter.make(facts, CREDENTIAL))

    for said in (
        facts.holder_name,
        facts.title,
        facts.number,
        f"{code[:4]}-{code[4:8]}-{code[8:12]}-{code[12]}",
        "tool.example.org/verify",
        "2 November 2026",
        "Demonstration body",
        "Belgium",
        "Head of certification",
        "electronic seal",
        "Open Badges 3.0",
    ):
        assert said in text


def test_an_exam_tells_each_element_with_its_score_rounded_down(typesetter: Typesetter) -> None:
    text = text_of(typesetter.make(paper(), CREDENTIAL))

    assert text.count("66.66 %") == 1 + 4 + 13
    assert "at least 66.66 % in each element" in text
    assert "Verification and Validation at Software and System Level" in text
    assert "EQF level 6 (level 6 of 8)" in text
    assert "No examination was passed" not in text


def test_attendance_says_plainly_that_no_examination_was_passed(typesetter: Typesetter) -> None:
    facts = paper(SchemeKind.ATTENDANCE, outcomes=OUTCOMES)

    pdf = typesetter.make(facts, CREDENTIAL)

    lines, text = heard(pdf), text_of(pdf)
    assert lines[0] == "CERTIFICATE OF COURSE ATTENDANCE"
    assert "Attendance only. No examination was passed." in text
    assert "40 hours of learning" in text
    assert lines.count("Attended") == 4 + 13
    assert "%" not in text
    assert "Passed" not in text
    assert OUTCOMES[0] not in text


def test_evidence_tells_ratings_and_no_scores(typesetter: Typesetter) -> None:
    facts = paper(SchemeKind.EVIDENCE, units=units(rating="partly"))

    text = text_of(typesetter.make(facts, CREDENTIAL))

    assert text.count("Partly met") == 13
    assert "%" not in text
    assert "Work evidence judged by assessors" in text


def test_a_micro_credential_tells_all_eleven_elements(typesetter: Typesetter) -> None:
    facts = paper(SchemeKind.MICRO_CREDENTIAL)

    lines = heard(typesetter.make(facts, CREDENTIAL))

    told = (
        ("LEARNER", facts.holder_name),
        ("TITLE", facts.title),
        ("COUNTRY OF THE ISSUER", "Belgium"),
        ("AWARDING BODY", "Demonstration body"),
        ("DATE OF ISSUE", "2 November 2026"),
        ("LEARNING OUTCOMES", OUTCOMES[0]),
        ("WORKLOAD", "40 hours of learning · 1.5 ECTS credits"),
        ("LEVEL", "EQF level 6 (level 6 of 8)"),
        ("ASSESSMENT", "Computer-based examination"),
        ("PARTICIPATION", "Online"),
        ("QUALITY ASSURANCE", "Yearly review by the job role committee"),
    )
    supplement = lines[lines.index("SUPPLEMENT") :]
    for number, (label, value) in enumerate(told, start=1):
        place = supplement.index(label)
        assert supplement[place - 1] == str(number)
        assert value in supplement[place + 1 : place + 3]


def test_kinds_differ_in_word_and_look(typesetter: Typesetter, tmp_path: Path) -> None:
    looks = set()
    words = set()
    for kind in KINDS:
        pdf = typesetter.make(paper(kind, title="The same"), CREDENTIAL)
        picture = Image.open(picture_of(pdf, tmp_path, dpi=20)).convert("RGB")
        looks.add(_edges(picture))
        words.add(text_of(pdf).partition("This is to")[0])

    assert len(looks) == len(KINDS)
    assert len(words) == len(KINDS)


def test_test_stands_across_every_page_and_is_heard(typesetter: Typesetter, tmp_path: Path) -> None:
    facts = paper(SchemeKind.MICRO_CREDENTIAL)

    tried = typesetter.make(replace(facts, is_test=True), CREDENTIAL)
    real = typesetter.make(facts, CREDENTIAL)

    said = [line for line in heard(tried) if line.startswith("TEST - NOT VALID. ")]
    assert len(said) == len(pikepdf.open(io.BytesIO(tried)).pages) == 2
    assert "TEST" not in text_of(real)
    assert _red_across(tried, tmp_path) > 0.5 > _red_across(real, tmp_path) == 0.0


def test_notices_corrections_and_earlier_records_are_printed(typesetter: Typesetter) -> None:
    facts = paper(
        notices=("It does not authorise practical work on high-voltage systems.",),
        supersedes="ASA-EX-2026-000001",
        taken_over_from="EuroSPI 4711",
        exam_body="Example Exams",
        outcomes=OUTCOMES,
    )

    text = text_of(typesetter.make(facts, CREDENTIAL))

    for said in (*facts.notices, "ASA-EX-2026-000001", "EuroSPI 4711", "Example Exams"):
        assert said in text
    assert all(outcome in text for outcome in OUTCOMES)


def test_what_a_name_says_is_text_and_no_markup(typesetter: Typesetter) -> None:
    name = '#eval("1+1") $x$ *b* <i> \\u{41} @a [b]'

    assert name in text_of(typesetter.make(paper(holder_name=name), CREDENTIAL))


@pytest.mark.parametrize("language", ["de", "sr-Latn", "xx"])
def test_a_language_without_words_is_printed_in_english(
    typesetter: Typesetter, language: str
) -> None:
    pdf = typesetter.make(paper(language=language), CREDENTIAL)

    assert "This is to certify that" in text_of(pdf)
    assert str(pikepdf.open(io.BytesIO(pdf)).Root.Lang) == "en"


# What must find room


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", [LONG, "W" * 400, ("Wim " * 100).strip()])
def test_no_name_breaks_the_page(typesetter: Typesetter, kind: SchemeKind, name: str) -> None:
    facts = with_signers(paper(kind, holder_name=name, is_test=True), Signer("N. N.", "Head"))

    pdf = typesetter.make(facts, CREDENTIAL)

    assert name.replace(" ", "") in text_of(pdf).replace(" ", "")
    assert "2 November 2026" in _first_page(pdf)
    assert "tool.example.org/verify" in _first_page(pdf)
    assert len(pikepdf.open(io.BytesIO(pdf)).pages) <= 2 + (kind is SchemeKind.MICRO_CREDENTIAL)


@pytest.mark.parametrize("kind", [SchemeKind.EXAM, SchemeKind.EVIDENCE])
def test_thirteen_elements_find_room_on_one_page(typesetter: Typesetter, kind: SchemeKind) -> None:
    pdf = typesetter.make(paper(kind), CREDENTIAL)

    assert len(pikepdf.open(io.BytesIO(pdf)).pages) == 1
    assert all(f"U3.E{number}" in text_of(pdf) for number in range(1, 6))


@pytest.mark.parametrize("kind", KINDS)
def test_sixty_elements_go_on_to_more_pages(typesetter: Typesetter, kind: SchemeKind) -> None:
    many = tuple(
        UnitFact(
            f"U{unit}",
            f"Unit number {unit} with a title that is longer than most titles are",
            tuple(
                ElementFact(f"U{unit}.E{each}", f"Element {each}: " + "word " * 15, True, "2", 3)
                for each in range(10)
            ),
        )
        for unit in range(6)
    )
    facts = paper(kind, units=many, outcomes=OUTCOMES * 9)

    pdf = typesetter.make(facts, CREDENTIAL)

    text = text_of(pdf)
    assert all(element.code in text for unit in many for element in unit.elements)
    assert "2 November 2026" in _first_page(pdf)
    assert "The supplement" in _first_page(pdf)


# QR code, logos, letters


@pytest.mark.parametrize("kind", KINDS)
def test_the_qr_code_leads_to_the_page_that_checks_it(
    typesetter: Typesetter, kind: SchemeKind, tmp_path: Path
) -> None:
    facts = paper(kind, is_test=True)

    page = picture_of(typesetter.make(facts, CREDENTIAL), tmp_path, dpi=150)

    (code,) = zxingcpp.read_barcodes(Image.open(page))
    assert code.text == facts.verify_url
    assert f"QR code of the address {facts.verify_url}" in _alternatives(typesetter, kind, facts)


@pytest.mark.parametrize("kind", KINDS)
def test_logos_of_both_kinds_are_shown_by_their_hash(
    files: Files, typesetter: Typesetter, kind: SchemeKind
) -> None:
    svg = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><path d="M0 0h9v9z"/></svg>'
    drawn = io.BytesIO()
    segno.make("a logo").save(drawn, kind="png")
    digests = [_kept(files, each) for each in (svg, drawn.getvalue())]
    facts = with_signers(paper(kind, units=units()[:1]), logos=tuple(digests))

    pdf = pikepdf.open(io.BytesIO(typesetter.make(facts, CREDENTIAL)))

    assert list(tags_of(pdf)).count("/Figure") == 2 + 1
    assert any(_type_of(each) == "/XObject" and each.Subtype == "/Image" for each in pdf.objects)
    assert len(pdf.pages) == 1 + (kind is SchemeKind.MICRO_CREDENTIAL)


def test_a_logo_that_is_missing_or_was_changed_is_refused(files: Files) -> None:
    digest = _kept(files, b"<svg xmlns='http://www.w3.org/2000/svg'/>")
    files.write(logo_path(digest), b"<svg xmlns='http://www.w3.org/2000/svg'><path/></svg>")
    typesetter = Typesetter(files)

    with pytest.raises(DocumentError, match="was changed"):
        typesetter.make(with_signers(paper(), logos=(digest,)), CREDENTIAL)
    with pytest.raises(DocumentError, match="no logo"):
        typesetter.make(with_signers(paper(), logos=("0" * 64,)), CREDENTIAL)


@pytest.mark.parametrize("name", NAMES)
def test_names_of_europe_are_printed(typesetter: Typesetter, name: str) -> None:
    assert missing_glyphs(name) == ()
    assert name in text_of(typesetter.make(paper(holder_name=name), CREDENTIAL))


def test_a_character_without_glyph_is_told_before_and_refused_when_set(
    typesetter: Typesetter,
) -> None:
    name = "გია Ana 王"

    assert missing_glyphs(name) == ("გ", "ი", "ა", "王")
    with pytest.raises(DocumentError, match="გ"):
        typesetter.make(paper(holder_name=name), CREDENTIAL)


def test_accents_that_come_apart_are_composed(typesetter: Typesetter) -> None:
    apart = "Z\u030cofie S\u030ct\u030castna\u0301"

    assert missing_glyphs(apart) == ()
    assert "Žofie Šťastná" in text_of(typesetter.make(paper(holder_name=apart), CREDENTIAL))


def test_control_characters_have_no_glyph() -> None:
    assert missing_glyphs("Ana\nLima\t\u202e") == ("\n", "\t", "\u202e")


def test_a_day_of_validity_is_the_last_one(typesetter: Typesetter) -> None:
    endless = text_of(typesetter.make(paper(valid_until=None), CREDENTIAL))
    ending = text_of(typesetter.make(paper(valid_until=date(2027, 2, 28)), CREDENTIAL))

    assert "No end of validity" in endless
    assert "28 February 2027" in ending


def _type_of(item: pikepdf.Object) -> str:
    is_dictionary = isinstance(item, pikepdf.Dictionary | pikepdf.Stream)
    return str(item.get("/Type", "")) if is_dictionary else ""


def _edges(picture: Image.Image) -> tuple[bool, ...]:
    """Say which edges are dark, and of what colour the kind's word is."""
    width, height = picture.size
    middle = [(8, height // 2), (width - 8, height // 2), (width // 2, 4), (width // 2, height - 4)]
    dark = [sum(picture.getpixel(place)) < 500 for place in middle]  # type: ignore[arg-type]
    hues = picture.quantize(6).convert("RGB").getcolors() or []
    darkest = min((colour for _count, colour in hues), key=sum)  # type: ignore[arg-type]
    return (*dark, *(part // 24 for part in darkest))  # type: ignore[union-attr]


def _red_across(pdf: bytes, folder: Path) -> float:
    """Say over which share of the page's middle band, from left to right, red letters stand."""
    picture = Image.open(picture_of(pdf, folder, dpi=30)).convert("RGB")
    width, height = picture.size
    band = picture.crop((0, height // 4, width, height * 3 // 4))
    red, green, _blue = band.split()
    reddish = ImageChops.subtract(red, green).point(lambda value: 255 * (value > 30))
    light = red.point(lambda value: 255 * (value > 225))
    box = ImageChops.multiply(reddish, light).getbbox()
    return (box[2] - box[0]) / width if box else 0.0


def _first_page(pdf: bytes) -> str:
    cut = pikepdf.open(io.BytesIO(pdf))
    del cut.pages[1:]
    kept = io.BytesIO()
    cut.save(kept)
    return text_of(kept.getvalue())


def _alternatives(typesetter: Typesetter, kind: SchemeKind, facts: object) -> str:
    assert facts is not None
    pdf = pikepdf.open(io.BytesIO(typesetter.make(facts, CREDENTIAL)))  # type: ignore[arg-type]
    return "\n".join(
        str(each.Alt)
        for each in pdf.objects
        if isinstance(each, pikepdf.Dictionary) and "/Alt" in each
    )


def _kept(files: Files, content: bytes) -> str:
    digest = hashlib.sha256(content).hexdigest()
    files.write(logo_path(digest), content)
    return digest
