"""Secrets at rest: read for their purpose, with the present and earlier secrets, and whole."""

from __future__ import annotations

import base64
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lti_tool.vault import Vault, VaultError, digest, new_token

OLD = "the old secret, at least thirty-two letters"
NEW = "the new secret, at least thirty-two letters"
VAULT = Vault(NEW, earlier=[OLD])


@given(st.text(), st.text(max_size=20))
def test_a_text_is_read_again_for_its_purpose(text: str, purpose: str) -> None:
    sealed = VAULT.encrypt(text, purpose=purpose)

    assert VAULT.decrypt(sealed, purpose=purpose) == text
    assert not VAULT.needs_renewal(sealed)


def test_the_same_text_is_never_sealed_the_same_way() -> None:
    assert VAULT.encrypt("a", purpose="p") != VAULT.encrypt("a", purpose="p")


def test_a_text_is_not_read_for_another_purpose() -> None:
    sealed = VAULT.encrypt("a", purpose="tool-key")

    with pytest.raises(VaultError, match="platform-token cannot be read"):
        VAULT.decrypt(sealed, purpose="platform-token")


def test_an_earlier_secret_still_reads_and_asks_to_be_renewed() -> None:
    sealed = Vault(OLD).encrypt("a", purpose="p")

    assert VAULT.decrypt(sealed, purpose="p") == "a"
    assert VAULT.needs_renewal(sealed)


def test_a_secret_that_is_gone_is_named_with_what_to_do() -> None:
    sealed = VAULT.encrypt("a", purpose="p")

    with pytest.raises(VaultError, match="LTI_TOOL_OLD_SECRET_KEYS") as caught:
        Vault(OLD).decrypt(sealed, purpose="p")

    assert sealed.partition(".")[0] in str(caught.value)
    assert OLD not in str(caught.value)


@given(st.data())
def test_a_text_that_was_changed_is_not_read(data: st.DataObject) -> None:
    key_id, _, body = VAULT.encrypt("the truth", purpose="p").partition(".")
    raw = bytearray(base64.urlsafe_b64decode(body))
    raw[data.draw(st.integers(0, len(raw) - 1))] ^= 1 << data.draw(st.integers(0, 7))

    with pytest.raises(VaultError):
        VAULT.decrypt(f"{key_id}.{base64.urlsafe_b64encode(raw).decode()}", purpose="p")


@given(st.text(max_size=30))
def test_what_was_never_sealed_is_a_vault_error(given_text: str) -> None:
    for sealed in (given_text, f"{VAULT._present}.{given_text}"):
        with pytest.raises(VaultError):
            VAULT.decrypt(sealed, purpose="p")


@given(st.text(), st.text())
def test_a_proof_is_good_for_its_text_alone(text: str, other: str) -> None:
    proof = VAULT.sign(text)

    assert VAULT.is_signed(text, proof)
    assert VAULT.is_signed(other, proof) == (text == other)
    assert not VAULT.is_signed(text, other)


def test_a_proof_of_another_secret_is_none() -> None:
    assert not Vault(OLD).is_signed("a", VAULT.sign("a"))


def test_proofs_stand_in_addresses() -> None:
    assert set(VAULT.sign("a")) <= set(f"{string.ascii_letters}{string.digits}-_")
    assert len(VAULT.sign("a")) == 22


def test_tokens_are_long_and_never_twice_and_kept_as_hashes() -> None:
    tokens = {new_token() for _ in range(100)}

    assert len(tokens) == 100
    assert {len(token) for token in tokens} == {43}
    assert len(digest("a")) == 64
    assert digest("a") != digest("b")


def test_a_hash_finds_a_text_again_for_its_purpose_also_after_the_secret_changed() -> None:
    kept = Vault(OLD).hashes("alice@example.org", purpose="holder")[0]

    found = VAULT.hashes("alice@example.org", purpose="holder")

    assert kept in found
    assert kept != found[0]
    assert kept not in VAULT.hashes("alice@example.org", purpose="other")
    assert kept not in VAULT.hashes("bob@example.org", purpose="holder")
    assert len(kept) == 64
