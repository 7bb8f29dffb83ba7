"""The worker: rounds of jobs; stops between two, never inside one."""

from __future__ import annotations

import logging
import signal
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import FrameType

from lti_tool import beats
from lti_tool.db import Database, utcnow

log = logging.getLogger(__name__)

IDLE_S = 0.5
"""How long the worker rests when no job found anything."""
BEAT_S = 30.0
"""How often a healthy job writes down that it went round."""


@dataclass(frozen=True, slots=True)
class Job:
    """A bounded piece of work, done again and again."""

    name: str
    run: Callable[[datetime], int]
    """Takes the moment, says how much was done."""
    every_s: float = 0.0
    """How long it rests after a round that found nothing."""


@dataclass(slots=True)
class Round:
    """Where one job stands."""

    job: Job
    due: float = 0.0
    beat_due: float = 0.0
    failing: bool = False


class Worker:
    """Goes round its jobs until it is told to stop."""

    def __init__(self, database: Database, jobs: Sequence[Job]) -> None:
        self._database = database
        self._rounds = [Round(job) for job in jobs]
        self._stop = threading.Event()

    def stop(self, _signal: int = 0, _frame: FrameType | None = None) -> None:
        """Stop after the job that runs now."""
        self._stop.set()

    def listen(self) -> None:
        """Stop on SIGTERM and SIGINT."""
        signal.signal(signal.SIGTERM, self.stop)
        signal.signal(signal.SIGINT, self.stop)

    def run(self) -> None:
        """Go round until stopped."""
        log.info("worker began", extra={"jobs": [each.job.name for each in self._rounds]})
        while not self._stop.is_set():
            if self.go_round() == 0:
                self._stop.wait(IDLE_S)
        log.info("worker stopped")

    def go_round(self) -> int:
        """Run every job that is due once; give how much they did together."""
        total = 0
        for each in self._rounds:
            if self._stop.is_set():
                break
            moment = time.monotonic()
            if moment >= each.due:
                total += self._run(each)
            elif moment >= each.beat_due and not each.failing:  # rests, and is not late
                self._beat(each, "")
                each.beat_due = moment + BEAT_S
        return total

    def _run(self, each: Round) -> int:
        done, reason = 0, ""
        try:
            done = each.job.run(utcnow())
        except Exception as error:
            reason = f"{type(error).__name__}: {error}"[:500]
            log.exception("job failed", extra={"job": each.job.name})
        moment = time.monotonic()
        each.due = moment + (each.job.every_s if done == 0 else 0.0)
        if reason or each.failing or moment >= each.beat_due:
            self._beat(each, reason)
            each.beat_due = moment + BEAT_S
        each.failing = bool(reason)
        return done

    def _beat(self, each: Round, reason: str) -> None:
        try:
            with self._database.begin() as session:
                beats.beat(session, each.job.name, now=utcnow(), reason=reason)
        except Exception:
            log.exception("heartbeat failed", extra={"job": each.job.name})
