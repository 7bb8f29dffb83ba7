"""E-mail addresses, as mail servers know them."""

from __future__ import annotations

import re

LONGEST_ADDRESS = 254
"""Source: RFC 5321, 4.5.3.1.3, without the angle brackets."""
LOCAL = re.compile(r"[^\s\x00-\x1f\x7f\"(),:;<>@\[\\\]]{1,64}")
LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)")


def read_address(text: str) -> str | None:
    """Give an address as it is written to; None where it cannot be one.

    A name of a host in letters of its own is given as the network knows it (IDNA).
    """
    local, _, host = text.strip().rpartition("@")
    try:
        known = host.encode("idna").decode().lower()
    except UnicodeError:
        return None
    labels = known.split(".")
    is_good = (
        LOCAL.fullmatch(local)
        and not local.startswith(".")
        and not local.endswith(".")
        and ".." not in local
        and len(labels) > 1
        and all(LABEL.fullmatch(label) for label in labels)
    )
    address = f"{local}@{known}"
    return address if is_good and len(address) <= LONGEST_ADDRESS else None
