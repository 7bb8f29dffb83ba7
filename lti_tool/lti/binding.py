"""This browser began this login: proved by a cookie, by storage, or by a window of its own.

The ladder, best first: a partitioned cookie for each login; a secret in the storage of the tab, or
of the platform (``lti_storage_target``), told by the page that the login answers with; else that
page offers a window of the tool's own, where cookies work. After the launch a cookie for each visit
guards its address; where no cookie came with the launch, the address alone carries the visit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from lti_tool.vault import digest

LOGIN = "__Host-login-"
VISIT = "__Host-visit-"
SHOWN = 8
"""Characters of the state or the visit's id in a cookie's name."""
MOST_VISITS = 25
"""Cookies of visits that a browser is let keep; the oldest go first."""
UNKNOWN = "-"
"""Stands for a hash where nothing was proved; no hash is equal to it."""


class Bound(StrEnum):
    """By what a browser was recognised."""

    COOKIE = "cookie"
    STORAGE = "storage"
    PLATFORM_STORAGE = "platform-storage"
    NOTHING = ""


@dataclass(frozen=True, slots=True)
class Proof:
    """What a browser brought to a launch, hashed."""

    cookie_hash: str = UNKNOWN
    storage_hash: str = UNKNOWN
    by_platform: bool = False
    """Whether the secret came out of the platform's storage, as the page says."""
    tried: bool = False
    """Whether the page that looks into the storages was there already."""

    @property
    def is_missing(self) -> bool:
        """Say whether nothing was proved yet and storages were not asked."""
        return self.cookie_hash == UNKNOWN and not self.tried


@dataclass(frozen=True, slots=True)
class CookieWish:
    """A cookie to set; ``value`` empty: to remove."""

    name: str
    value: str
    max_age_s: int


def login_cookie(state: str, secret: str, *, max_age_s: int) -> CookieWish:
    """Give the cookie of a login."""
    return CookieWish(f"{LOGIN}{state[:SHOWN]}", secret, max_age_s)


def visit_cookie(visit_id: str, secret: str, *, max_age_s: int) -> CookieWish:
    """Give the cookie of a visit."""
    return CookieWish(f"{VISIT}{visit_id[:SHOWN]}", secret, max_age_s)


def proof_of(cookies: Mapping[str, str], form: Mapping[str, str], state: str) -> Proof:
    """Read what a browser brought to a launch."""
    cookie = cookies.get(f"{LOGIN}{state[:SHOWN]}", "")
    storage = form.get("proof", "")
    return Proof(
        cookie_hash=digest(cookie) if cookie else UNKNOWN,
        storage_hash=digest(storage) if storage else UNKNOWN,
        by_platform=form.get("proof_by") == "platform",
        tried="proof" in form,
    )


def bound_by(proof: Proof, *, cookie_hash: str, storage_hash: str) -> Bound:
    """Say by what a proof fits a login."""
    if proof.cookie_hash == cookie_hash:
        return Bound.COOKIE
    if proof.storage_hash == storage_hash:
        return Bound.PLATFORM_STORAGE if proof.by_platform else Bound.STORAGE
    return Bound.NOTHING


def visit_secret(cookies: Mapping[str, str], visit_id: str) -> str:
    """Give the secret that a browser brought for a visit; empty where it brought none."""
    return cookies.get(f"{VISIT}{visit_id[:SHOWN]}", "")


def cookies_to_drop(cookies: Mapping[str, str]) -> list[CookieWish]:
    """Give the cookies of visits that are too many; browsers send the oldest first."""
    held = [name for name in cookies if name.startswith(VISIT)]
    return [CookieWish(name, "", 0) for name in held[: max(0, len(held) - MOST_VISITS + 1)]]
