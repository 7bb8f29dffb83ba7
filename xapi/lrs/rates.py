"""How often each key may ask in a minute, counted in this process."""

from __future__ import annotations

import time
from collections.abc import Callable

MINUTE_S = 60


class Rates:
    """Counts of the present minute; everything is forgotten when the next one begins."""

    def __init__(
        self, per_credential: int, per_token: int, clock_s: Callable[[], float] = time.monotonic
    ) -> None:
        self._per_credential = per_credential
        self._per_token = per_token
        self._clock_s = clock_s
        self._minute = 0
        self._counts: dict[str, int] = {}

    def hit(self, key: str, *, is_token: bool) -> int:
        """Count one request; give in how many seconds to ask again, 0 where all is well."""
        now_s = int(self._clock_s())
        minute = now_s // MINUTE_S
        if minute != self._minute:
            self._minute, self._counts = minute, {}
        counted = self._counts[key] = self._counts.get(key, 0) + 1
        most = self._per_token if is_token else self._per_credential
        return 0 if counted <= most else MINUTE_S - now_s % MINUTE_S
