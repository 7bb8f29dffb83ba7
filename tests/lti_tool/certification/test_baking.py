"""Badges as pictures: one for each kind, with the credential inside."""

from __future__ import annotations

import io
import tracemalloc
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from courses.schemes import SchemeKind
from lti_tool.certification import baking
from tests.lti_tool.certification.shelves import make_facts

CREDENTIAL = '{"name": "Žofie – Ελλάδα"}'.encode()


def test_a_credential_is_read_back_by_another_s_reader() -> None:
    baked = baking.bake_badge(make_facts(uuid4()), CREDENTIAL)

    with Image.open(io.BytesIO(baked)) as image:
        image.load()
        assert image.size == (600, 600)
        assert str(image.text["openbadgecredential"]) == CREDENTIAL.decode()  # type: ignore[attr-defined]  # of PNG
    assert baking.unbake(baked) == CREDENTIAL


def test_baking_again_leaves_one_credential() -> None:
    drawn = baking.picture(SchemeKind.EXAM, "Capitals")

    twice = baking.bake(baking.bake(drawn, b'{"old": 1}'), CREDENTIAL)

    assert twice == baking.bake(drawn, CREDENTIAL)
    assert twice.count(baking.KEYWORD) == 1


def test_every_kind_has_a_picture_of_its_own() -> None:
    drawn = {kind: baking.picture(kind, "Capitals", "Demonstration body") for kind in SchemeKind}

    assert len(set(drawn.values())) == len(SchemeKind)


def test_a_picture_of_a_development_key_says_so_and_is_drawn_once() -> None:
    real = baking.picture(SchemeKind.EXAM, "Capitals")
    trial = baking.picture(SchemeKind.EXAM, "Capitals", is_test=True)

    assert real != trial
    assert baking.picture(SchemeKind.EXAM, "Capitals") is real


@pytest.mark.parametrize(
    "title",
    [
        "W",
        "Grundlagen der Elektrofahrzeugbatteriemanagementsystementwicklung " * 3,
        '#panic() $x$ *b* \\ " @ref',
        "Ηλεκτρικά οχήματα и аккумуляторы – Łódź, Győr, Třešť",
    ],
)
def test_any_title_can_be_drawn(title: str) -> None:
    assert baking.picture(SchemeKind.TRAINER, title).startswith(baking.SIGNATURE)


def test_what_is_no_picture_takes_nothing_in() -> None:
    with pytest.raises(ValueError, match="PNG"):
        baking.bake(b"GIF89a", CREDENTIAL)


def test_a_chunk_that_claims_gigabytes_is_given_no_room() -> None:
    tracemalloc.start()

    found = baking.unbake(baking.SIGNATURE + b"\xff\xff\xff\xffiTXt" + b"\0" * 40)

    _now, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert found is None
    assert most < 1_000_000


@settings(max_examples=60)
@given(st.binary(max_size=300), st.integers(0, 400))
def test_no_damage_makes_the_reader_fall(noise: bytes, cut: int) -> None:
    chunk = baking.bake(baking.SIGNATURE + b"\0" * 25, CREDENTIAL)

    assert baking.unbake(noise) is None
    found = baking.unbake(chunk[:33][:cut] + noise + chunk[33:])
    assert found in {None, CREDENTIAL}
