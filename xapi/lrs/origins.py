"""Headers for pages of other origins that call the store from a browser; pure.

Source: Fetch standard, CORS protocol. Credentials come in a header that the page itself sets, so
that no cookie is ever involved.
"""

from __future__ import annotations

from collections.abc import Sequence

from xapi.lrs.access import VERSION_HEADER

THROUGH_HEADER = "X-Experience-API-Consistent-Through"
SENT = (
    "Authorization", "Content-Type", "If-Match", "If-None-Match", VERSION_HEADER,
    "Accept-Language",
)  # fmt: skip
SEEN = ("ETag", "Last-Modified", VERSION_HEADER, THROUGH_HEADER, "Retry-After")
METHODS = ("GET", "HEAD", "PUT", "POST", "DELETE")
KEPT_S = 7200
"""How long a browser may keep the answer to its question."""
ANY = "*"


def headers_for(origin: str | None, allowed: Sequence[str], *, asked_first: bool) -> dict[str, str]:
    """Give the headers of an answer to a page of an origin.

    Args:
        origin: as the browser names it; None: no page of another origin.
        allowed: origins that may call, or ``*``.
        asked_first: whether it is the browser's question before the request itself.
    """
    if not allowed:
        return {}
    headers = {} if ANY in allowed else {"Vary": "Origin"}
    if origin is None or (ANY not in allowed and origin not in allowed):
        return headers
    headers["Access-Control-Allow-Origin"] = ANY if ANY in allowed else origin
    headers["Access-Control-Expose-Headers"] = ", ".join(SEEN)
    if asked_first:
        headers["Access-Control-Allow-Methods"] = ", ".join(METHODS)
        headers["Access-Control-Allow-Headers"] = ", ".join(SENT)
        headers["Access-Control-Max-Age"] = str(KEPT_S)
    return headers
