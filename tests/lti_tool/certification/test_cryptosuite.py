"""The signature inside of credentials: as the standard has it, and covering every word."""

from __future__ import annotations

import hashlib
import json
import re
import time
from copy import deepcopy
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import base58
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pyld import jsonld

from courses.schemes import SchemeKind
from lti_tool.certification import contexts, cryptosuite
from lti_tool.certification.credential import credential_of
from lti_tool.certification.quads import UndefinedTermError, UnreadableError, quads_of
from tests.cast import NOON
from tests.lti_tool.certification.shelves import make_facts

VECTOR = json.loads((Path(__file__).parent / "vectors" / "eddsa-rdfc-2022.json").read_text())
METHOD = "did:web:tool.example.org#2026-key"
URL = "https://tool.example.org"
SECONDS_AT_MOST = 5


def load_example(address: str, _options: Any = None) -> dict[str, Any]:
    """Give the words of the standard's example, which are not bundled, beside ours."""
    if address not in VECTOR["context"]:
        return contexts.load(address)
    return {**contexts.load(contexts.CREDENTIALS), "document": VECTOR["context"][address]}


@pytest.fixture
def private() -> Ed25519PrivateKey:
    """Give a key of its own."""
    return Ed25519PrivateKey.generate()


def test_the_vector_of_the_standard_comes_out_byte_for_byte() -> None:
    raw = base58.b58decode(VECTOR["keyPair"]["privateKeyMultibase"][1:])
    private = Ed25519PrivateKey.from_private_bytes(raw[2:])
    proof = VECTOR["signed"]["proof"]
    moment = datetime.fromisoformat(proof["created"])

    written = quads_of(VECTOR["unsigned"], load_example)
    digest = cryptosuite.digest_of(
        VECTOR["unsigned"],
        method=proof["verificationMethod"],
        created=proof["created"],
        loader=load_example,
    )
    signed = cryptosuite.sign(
        VECTOR["unsigned"],
        private,
        method=proof["verificationMethod"],
        now=moment,
        loader=load_example,
    )

    assert written == VECTOR["canonicalDocument"]
    assert hashlib.sha256(written.encode()).hexdigest() == VECTOR["documentHash"]
    assert digest.hex() == VECTOR["combinedHash"]
    assert digest.hex().startswith(VECTOR["optionsHash"])
    assert signed == {**VECTOR["signed"], "proof": [proof]}
    assert base58.b58decode(signed["proof"][0]["proofValue"][1:]).hex() == VECTOR["signature"]
    assert cryptosuite.multibase_of(private.public_key()) == VECTOR["keyPair"]["publicKeyMultibase"]
    assert cryptosuite.is_signed(VECTOR["signed"], private.public_key(), load_example)


def test_the_guard_changes_nothing_of_what_is_signed() -> None:
    for kind in SchemeKind:
        document = credential_of(make_facts(uuid4(), kind=kind, ects="2.5", level="EQF 5"), URL)

        plain = jsonld.normalize(
            document,
            {
                "algorithm": "URDNA2015",
                "format": "application/n-quads",
                "documentLoader": contexts.load,
            },
        )

        assert quads_of(document) == plain


def add_word(document: dict[str, Any]) -> None:
    document["distinction"] = "summa cum laude"


def add_word_inside(document: dict[str, Any]) -> None:
    document["credentialSubject"]["achievement"]["honours"] = "with distinction"


def add_type(document: dict[str, Any]) -> None:
    document["type"].append("DiplomaWithHonours")


def mistype(document: dict[str, Any]) -> None:
    document["credentialSubject"]["achievement"]["type"] = ["Achievment"]


def make_address_relative(document: dict[str, Any]) -> None:
    document["issuer"]["id"] = "somebody"


def add_keyword(document: dict[str, Any]) -> None:
    document["credentialSubject"]["@index"] = "with distinction"


def bring_words(document: dict[str, Any]) -> None:
    document["@context"].append({"distinction": "https://mallory.example/d"})


def bring_words_inside(document: dict[str, Any]) -> None:
    document["credentialSubject"]["@context"] = {"honours": "https://mallory.example/h"}


@pytest.mark.parametrize(
    "change",
    [
        add_word,
        add_word_inside,
        add_type,
        mistype,
        make_address_relative,
        add_keyword,
        bring_words,
        bring_words_inside,
    ],
)
def test_what_no_signature_covers_is_neither_signed_nor_accepted(
    private: Ed25519PrivateKey, change: Any
) -> None:
    document = credential_of(make_facts(uuid4()), URL)
    signed = cryptosuite.sign(document, private, method=METHOD, now=NOON)
    assert cryptosuite.is_signed(signed, private.public_key())

    change(document)
    later = deepcopy(signed)
    change(later)

    with pytest.raises(UndefinedTermError):
        cryptosuite.sign(document, private, method=METHOD, now=NOON)
    with pytest.raises(UndefinedTermError):
        cryptosuite.is_signed(later, private.public_key())


def test_words_that_are_not_bundled_are_not_fetched(private: Ed25519PrivateKey) -> None:
    document = {"@context": ["https://mallory.example/words"], "id": "urn:uuid:1"}

    with pytest.raises(UnreadableError):
        cryptosuite.sign(document, private, method=METHOD, now=NOON)


@pytest.mark.parametrize("name", ["created", "verificationMethod", "proofValue"])
def test_a_proof_that_was_changed_is_refused(private: Ed25519PrivateKey, name: str) -> None:
    signed = cryptosuite.sign(
        credential_of(make_facts(uuid4()), URL), private, method=METHOD, now=NOON
    )
    other = cryptosuite.sign(
        credential_of(make_facts(uuid4()), URL),
        private,
        method=f"{METHOD}-2",
        now=datetime(2027, 1, 1, tzinfo=UTC),
    )

    signed["proof"][0][name] = other["proof"][0][name]

    assert not cryptosuite.is_signed(signed, private.public_key())


@pytest.mark.parametrize(
    "proof",
    [
        None,
        [],
        "z6",
        {"type": "DataIntegrityProof"},
        {"type": "DataIntegrityProof", "proofPurpose": "authentication"},
    ],
)
def test_a_document_without_a_proof_of_ours_is_not_signed(
    private: Ed25519PrivateKey, proof: Any
) -> None:
    document = {**credential_of(make_facts(uuid4()), URL), "proof": proof}

    assert not cryptosuite.is_signed(document, private.public_key())


def test_a_document_made_to_keep_us_busy_for_years_is_given_up_soon() -> None:
    document = credential_of(make_facts(uuid4()), URL)
    del document["credentialSubject"]["id"]
    document["credentialSubject"]["result"] = [{"type": ["Result"], "value": "1"}] * 12
    document["credentialSubject"] = [document["credentialSubject"]] * 2

    began = time.monotonic()
    with pytest.raises(UnreadableError):
        quads_of(document)

    assert time.monotonic() - began < SECONDS_AT_MOST


def test_the_bundled_words_are_those_that_were_checked_in() -> None:
    listed = dict(
        reversed(line.split()) for line in (contexts.FOLDER / "CHECKSUMS").read_text().splitlines()
    )

    for name in contexts.FILES.values():
        content = (contexts.FOLDER / name).read_bytes()
        assert hashlib.sha256(content).hexdigest() == listed[name]
        assert not re.search(rb'"@vocab"\s*:', content), "it would hide words without a meaning"
    assert set(listed) == set(contexts.FILES.values())
