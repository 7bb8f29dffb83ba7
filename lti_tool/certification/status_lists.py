"""The lists in which programs look up whether a certificate still counts, signed by the worker.

A list is signed when something in it changed, and every day, so that nobody can go on showing an
older one. What a list says is read after its row was locked, in the transaction that keeps it: of
several workers none writes an older content over a newer one.

A credential of Open Badges 3.0 may name one list only, so the list for revocation also marks what
is suspended: whoever asks a single question must not be told that a suspended certificate counts.
The list for suspension marks those alone.

Source: Bitstring Status List 1.0 (W3C Recommendation, 2025), 2.1, 2.2 and 3.
"""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from lti_tool.certification import contexts, cryptosuite
from lti_tool.certification.badge_keys import BadgeKeys
from lti_tool.certification.credential import status_address
from lti_tool.certification.did import did_of, method_of
from lti_tool.certification.register import PLACES
from lti_tool.certification.register_models import Certificate, CertificateState, StatusList
from lti_tool.db import Begin

ENDED = (
    CertificateState.REVOKED,
    CertificateState.SUPERSEDED,
    CertificateState.WITHDRAWN,
    CertificateState.VOID,
)
MARKED = {
    "revocation": (*ENDED, CertificateState.SUSPENDED),
    "suspension": (CertificateState.SUSPENDED,),
}
"""Which states a list marks."""
RENEWED_AFTER = timedelta(days=1)
HOLDS = timedelta(days=7)
"""How long a list is accepted: a worker that stands still for some days does no harm."""
BACK = timedelta(minutes=5)
"""How much earlier a list begins, for those whose clock is behind ours."""
AT_ONCE = 20
"""How many lists one round of the job signs."""


def is_due(read: Begin, *, now: datetime) -> bool:
    """Say whether a list must be signed, before anybody looks for keys."""
    with read() as session:
        return _next_due(session, now) is not None


def sign_due(begin: Begin, keys: BadgeKeys, base_url: str, *, now: datetime) -> int:
    """Sign the lists that changed or are a day old; give how many.

    Runs in a round before certificates are issued: a list answers before anything leads to it.
    """
    done = 0
    while done < AT_ONCE:
        with begin() as session:
            row = _next_due(session, now)
            if row is None:
                return done
            _sign(session, row, keys, base_url, now)
        done += 1
    return done


def want_all(session: Session, *, now: datetime) -> None:
    """Have every list signed anew: the key that signed it is trusted no more."""
    session.execute(update(StatusList).values(signed_at=None, wanted_at=now))


def encode(positions: Iterable[int]) -> str:
    """Write which places are marked: bits from the left, gzip, base64url with ``u`` in front."""
    bits = bytearray(PLACES // 8)
    for position in positions:
        bits[position // 8] |= 0x80 >> position % 8
    return "u" + base64.urlsafe_b64encode(gzip.compress(bytes(bits), mtime=0)).rstrip(b"=").decode()


def decode(encoded: str) -> set[int]:
    """Read which places are marked."""
    return {
        8 * index + bit
        for index, byte in enumerate(unpack(encoded))
        if byte
        for bit in range(8)
        if byte & 0x80 >> bit
    }


def unpack(encoded: str) -> bytes:
    """Read the bits that :func:`encode` wrote."""
    text = encoded.removeprefix("u")
    return gzip.decompress(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))


def _next_due(session: Session, now: datetime) -> StatusList | None:
    """Take a list that must be signed; one that another worker holds is left to that one."""
    signed = StatusList.signed_at
    is_old = or_(signed.is_(None), StatusList.wanted_at > signed, signed < now - RENEWED_AFTER)
    query = select(StatusList).where(is_old).order_by(StatusList.wanted_at, StatusList.purpose)
    return session.scalar(query.limit(1).with_for_update(skip_locked=True))


def _sign(session: Session, row: StatusList, keys: BadgeKeys, base_url: str, now: datetime) -> None:
    address = status_address(base_url, row.number, row.purpose)
    marked = session.scalars(
        select(Certificate.status_index).where(
            Certificate.status_list == row.number, Certificate.state.in_(MARKED[row.purpose])
        )
    )
    document = {
        "@context": [contexts.CREDENTIALS],
        "id": address,
        "type": ["VerifiableCredential", "BitstringStatusListCredential"],
        "issuer": did_of(base_url),
        "validFrom": cryptosuite.written(now - BACK),
        "validUntil": cryptosuite.written(now + HOLDS),
        "credentialSubject": {
            "id": f"{address}#list",
            "type": "BitstringStatusList",
            "statusPurpose": row.purpose,
            "encodedList": encode(marked),
        },
    }
    method = method_of(base_url, keys.kid)
    signed = cryptosuite.sign(document, keys.ed25519, method=method, now=now)
    row.credential = json.dumps(signed)
    row.signed_at = max(now, row.wanted_at)
