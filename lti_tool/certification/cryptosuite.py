"""Signatures inside of JSON-LD documents: the suite ``eddsa-rdfc-2022``.

Source: Data Integrity EdDSA Cryptosuites v1.0 (W3C Recommendation, 2025), 3.2.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import base58
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from lti_tool.certification import contexts

SUITE = "eddsa-rdfc-2022"
SOME_MOMENT = "2000-01-01T00:00:00Z"
LONGEST_PROOF = 90
"""Characters of a signature in the form "multibase": 64 bytes take 89. Reading base58 takes the
square of its length."""
ED25519_CODEC = b"\xed\x01"
"""How a public key of this kind begins in the form "multibase" (multicodec table)."""


def sign(
    document: Mapping[str, Any],
    private: Ed25519PrivateKey,
    *,
    method: str,
    now: datetime,
    loader: contexts.Loader = contexts.load,
) -> dict[str, Any]:
    """Give the document with its signature, as an array of one proof.

    Args:
        document: without a proof, its contexts on top.
        private: the key.
        method: address of its public part.
        now: the moment, to the second.
        loader: gives contexts by their address.

    Raises:
        NotCoveredError: it would not be covered whole.
    """
    moment = written(now)
    digest = digest_of(document, method=method, created=moment, loader=loader)
    proof = {
        **_config(method, moment),
        "proofValue": "z" + base58.b58encode(private.sign(digest)).decode(),
    }
    return {**document, "proof": [proof]}


def is_signed(
    document: Mapping[str, Any],
    public: Ed25519PublicKey,
    loader: contexts.Loader = contexts.load,
) -> bool:
    """Say whether a document stands as it was signed by a key; see :func:`proof_of`.

    Raises:
        NotCoveredError: it holds words that no signature covers.
    """
    proof = proof_of(document)
    if proof is None or len(proof["proofValue"]) > LONGEST_PROOF:
        return False
    bare = {name: value for name, value in document.items() if name != "proof"}
    method, created = proof["verificationMethod"], proof["created"]
    digest = digest_of(bare, method=method, created=created, loader=loader)
    try:
        public.verify(base58.b58decode(proof["proofValue"][1:]), digest)
    except (InvalidSignature, ValueError):
        return False
    return True


def proof_of(document: Mapping[str, Any]) -> Mapping[str, str] | None:
    """Give the one proof of a document; None: none, several, or not of this suite and purpose."""
    held = document.get("proof")
    proofs = held if isinstance(held, list) else [held]
    if len(proofs) != 1 or not isinstance(proofs[0], Mapping):
        return None
    proof: Mapping[str, str] = proofs[0]
    wanted = {*_config("", ""), "proofValue"}
    if set(proof) != wanted or not all(isinstance(value, str) for value in proof.values()):
        return None
    fixed = _config(proof["verificationMethod"], proof["created"])
    is_ours = fixed.items() <= proof.items() and proof["proofValue"].startswith("z")
    return proof if is_ours else None


def digest_of(
    document: Mapping[str, Any],
    *,
    method: str,
    created: str,
    loader: contexts.Loader = contexts.load,
) -> bytes:
    """Give what is signed: the digest of the proof's options, then that of the document."""
    quads = _quads_of(document, loader)
    words = tuple(document["@context"])
    options = _options(words, method, loader).replace(f'"{SOME_MOMENT}"', f'"{created}"')
    return hashlib.sha256(options.encode()).digest() + hashlib.sha256(quads.encode()).digest()


def written(moment: datetime) -> str:
    """Write a moment in UTC, to the second."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def multibase_of(public: Ed25519PublicKey) -> str:
    """Write a public key in the form ``z6Mk...``."""
    return "z" + base58.b58encode(ED25519_CODEC + public.public_bytes_raw()).decode()


def key_of(multibase: str) -> Ed25519PublicKey:
    """Read a public key that :func:`multibase_of` wrote."""
    raw = base58.b58decode(multibase.removeprefix("z"))
    return Ed25519PublicKey.from_public_bytes(raw.removeprefix(ED25519_CODEC))


def _config(method: str, created: str) -> dict[str, str]:
    return {
        "type": "DataIntegrityProof",
        "cryptosuite": SUITE,
        "created": created,
        "verificationMethod": method,
        "proofPurpose": "assertionMethod",
    }


@functools.lru_cache(maxsize=64)
def _options(words: tuple[str, ...], method: str, loader: contexts.Loader) -> str:
    """Write a proof's options as quads, with a moment that stands for any."""
    return _quads_of({"@context": list(words), **_config(method, SOME_MOMENT)}, loader)


def _quads_of(document: Mapping[str, Any], loader: contexts.Loader) -> str:
    from lti_tool.certification import quads  # noqa: PLC0415  # slow to load, rarely needed

    return quads.quads_of(document, loader)
