"""Start Ralph, a record store that we did not write, on one file: in an environment of its own.

    var/ralph/bin/python tests/xapi/start_ralph.py PORT FILE

As shipped its file backend takes one request and answers 500 to every one after it, and keeps a
list of all that was ever read, which a killed process leaves torn; both are set right here. A line
that was being written when the process was killed is taken back, as a store does that keeps a log.
"""

from __future__ import annotations

import sys
from pathlib import Path


def take_back_what_is_torn(file: Path) -> None:
    """Cut off a last line that has no end."""
    if file.exists():
        written = file.read_bytes()
        file.write_bytes(written[: written.rfind(b"\n") + 1])


def main(port: int, file: Path) -> None:
    """Serve on this machine until killed."""
    import uvicorn
    from ralph.api import app
    from ralph.backends.data.base import BaseOperationType
    from ralph.backends.lrs.fs import FSLRSBackend

    FSLRSBackend.default_operation_type = BaseOperationType.APPEND
    FSLRSBackend.append_to_history = lambda *_: None
    take_back_what_is_torn(file)
    uvicorn.run(app, host="127.0.0.1", port=port, log_level="warning")


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
