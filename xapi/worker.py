"""What a store that runs alone does beside its door: it sends statements on to other stores."""

from __future__ import annotations

import logging
import signal
import threading
from collections.abc import Mapping
from types import FrameType
from typing import Any

from xapi.backfill import copy_due
from xapi.courier import Courier
from xapi.db import Begin, utcnow
from xapi.forwarding import forward_due
from xapi.sealing import Unseal

log = logging.getLogger(__name__)

IDLE_S = 0.5
"""How long it rests when there was nothing to do."""


class Forwarder:
    """Goes round until it is told to stop."""

    def __init__(self, begin: Begin, authority: Mapping[str, Any], unseal: Unseal) -> None:
        self._begin = begin
        self._authority = authority
        self._courier = Courier(begin, [], unseal=unseal)
        self._stop = threading.Event()

    def stop(self, _signal: int = 0, _frame: FrameType | None = None) -> None:
        """Stop after this round."""
        self._stop.set()

    def listen(self) -> None:
        """Stop on SIGTERM and SIGINT."""
        signal.signal(signal.SIGTERM, self.stop)
        signal.signal(signal.SIGINT, self.stop)

    def run(self, *, once: bool = False) -> None:
        """Go round until stopped, or once until nothing is left to do now."""
        while not self._stop.is_set():
            if self._go_round() == 0:
                if once and not self._courier.is_under_way:
                    break
                self._stop.wait(IDLE_S)
        self._courier.close()

    def _go_round(self) -> int:
        now = utcnow()
        try:
            looked = forward_due(self._begin, self._authority, now=now)
            looked += copy_due(self._begin, self._authority, now=now)
            return looked + self._courier.deliver_due(now)
        except Exception:
            log.exception("a round failed")
            return 0
