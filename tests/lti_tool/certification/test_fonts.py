from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from fontTools.ttLib import TTFont

from lti_tool.certification.document import ASSETS
from lti_tool.certification.glyphs import FONTS, missing_glyphs

FACES = sorted(FONTS.glob("*.ttf"))
LATIN = "abcdefghijklmnopqrstuvwxyz"
GREEK = "αβγδεζηθικλμνξοπρσςτυφχψωάέήίόύώϊϋΐΰ"
BULGARIAN = "абвгдежзийклмнопрстуфхцчшщъьюя"
ALPHABETS = {
    "Bulgarian": BULGARIAN + "ѝ",
    "Croatian": LATIN + "čćđšž",
    "Czech": LATIN + "áčďéěíňóřšťúůýž",
    "Danish": LATIN + "æøåé",
    "Dutch": LATIN + "áéíóúäëïöüèĳ",
    "English": LATIN,
    "Estonian": LATIN + "šžõäöü",
    "Finnish": LATIN + "åäöšž",
    "French": LATIN + "àâæçéèêëîïôœùûüÿ",
    "German": LATIN + "äöüßẞ",
    "Greek": GREEK,
    "Hungarian": LATIN + "áéíóöőúüű",
    "Irish": LATIN + "áéíóúḃċḋḟġṁṗṡṫ",
    "Italian": LATIN + "àèéìíîòóùú",
    "Latvian": LATIN + "āčēģīķļņšūž",
    "Lithuanian": LATIN + "ąčęėįšųūž",
    "Maltese": LATIN + "ċġħżàèìòù",
    "Polish": LATIN + "ąćęłńóśźż",
    "Portuguese": LATIN + "áâãàçéêíóôõúü",
    "Romanian": LATIN + "ăâîșțşţ",
    "Slovak": LATIN + "áäčďéíĺľňóôŕšťúýž",
    "Slovenian": LATIN + "čšž",
    "Spanish": LATIN + "áéíñóúü",
    "Swedish": LATIN + "åäöé",
    # candidates and neighbours
    "Albanian": LATIN + "çë",
    "Bosnian": LATIN + "čćđšž" + "абвгдђежзијклљмнњопрстћуфхцчџш",
    "Icelandic": LATIN + "áðéíóúýþæö",
    "Macedonian": "абвгдѓежзѕијклљмнњопрстќуфхцчџшѐѝ",
    "Montenegrin": LATIN + "čćđšžśź",
    "Norwegian": LATIN + "æøåéèêóòâô",
    "Serbian": "абвгдђежзијклљмнњопрстћуфхцчџш",
    "Turkish": LATIN + "çğıöşü",
    "Ukrainian": "абвгґдеєжзиіїйклмнопрстуфхцчшщьюя",
}
SIGNS = "0123456789 -–—'’‘“”„«».,;:()/&+·•%°§€№"


@pytest.mark.parametrize("face", FACES, ids=lambda path: path.stem)
@pytest.mark.parametrize("language", ALPHABETS)
def test_every_face_has_every_letter_of_europe(face: Path, language: str) -> None:
    letters = ALPHABETS[language]
    wanted = {*letters, *letters.upper(), *SIGNS, *("İ" if language == "Turkish" else "")}

    with TTFont(face, lazy=True) as font:
        held = font.getBestCmap()
    assert held is not None
    assert {letter for letter in wanted if ord(letter) not in held} == set()


def test_no_letter_of_europe_is_missing() -> None:
    every = "".join(letters + letters.upper() for letters in ALPHABETS.values())

    assert missing_glyphs(every + SIGNS) == ()


def test_fonts_are_what_their_makers_published() -> None:
    told = dict(
        reversed(line.split(maxsplit=1)) for line in (FONTS / "CHECKSUMS").read_text().splitlines()
    )

    assert set(told) == {path.name for path in FACES} | {"OFL.txt"}
    for name, digest in told.items():
        assert hashlib.sha256((FONTS / name).read_bytes()).hexdigest() == digest
    assert "SIL OPEN FONT LICENSE Version 1.1" in (FONTS / "OFL.txt").read_text()


@pytest.mark.parametrize("face", FACES, ids=lambda path: path.stem)
def test_a_font_may_be_embedded(face: Path) -> None:
    with TTFont(face, lazy=True) as font:
        assert font["OS/2"].fsType == 0


def test_the_assets_are_small_enough_to_live_in_the_repository() -> None:
    sizes = {path: path.stat().st_size for path in ASSETS.rglob("*") if path.is_file()}

    assert max(sizes.values()) < 600_000
    assert sum(sizes.values()) < 4_000_000
