"""The seal of a stranger's file is looked at in a process of its own, with little time and memory.

A small file can be made to keep a reader of PDF busy for hours, or to fill the memory. The process
knows no secret: it is given the file and the certificates of the seals, and says what it found.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from lti_tool.errors import TooManyError
from lti_tool.i18n import gettext as _

SECONDS = 4
"""Of computing, once everything is loaded; a file of ours takes a tenth of one."""
PATIENCE_S = 30.0
"""Loading included, on a machine that is busy."""
MEMORY_BYTES = 1 << 30
QUEUE_S = 10.0
"""How long somebody waits while others have theirs looked at."""
_turn = threading.Semaphore(1)
"""Of this process of the web."""


@dataclass(frozen=True, slots=True)
class SealLook:
    """What the seal of a file says, in short; see ``sealing.SealReport``."""

    kid: str = ""
    is_intact: bool = False


def look(pdf: bytes, trusted: Mapping[str, str]) -> SealLook:
    """Look at the seal of any file; one that takes too much carries none of ours.

    Args:
        pdf: any bytes.
        trusted: id of each key -> its certificate, as PEM.

    Raises:
        TooManyError: too many files are looked at just now.
    """
    if not _turn.acquire(timeout=QUEUE_S):
        words = _("Many files are being checked just now. Try again in a minute.")
        raise TooManyError("files looked at", words=words)
    try:
        told = subprocess.run(  # noqa: S603  # our own program, with nothing of the stranger's
            [sys.executable, "-m", __name__],
            input=json.dumps(dict(trusted)).encode() + b"\n" + pdf,
            capture_output=True,
            env={"PYTHONPATH": os.pathsep.join(sys.path)},
            timeout=PATIENCE_S,
            check=True,
        )
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
        return SealLook()
    finally:
        _turn.release()
    return SealLook(**json.loads(told.stdout))


def _look_here() -> None:
    from lti_tool.certification.sealing import check_seal  # noqa: PLC0415  # not in the web's process

    used = resource.getrusage(resource.RUSAGE_SELF)
    seconds = int(used.ru_utime + used.ru_stime) + SECONDS
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    trusted = json.loads(sys.stdin.buffer.readline())
    report = check_seal(sys.stdin.buffer.read(), trusted)
    sys.stdout.write(json.dumps(asdict(SealLook(report.kid, report.is_intact))))


if __name__ == "__main__":
    _look_here()
