"""A process that tells or delivers statements until it is killed.

    python tests/xapi/killed.py tell DATABASE FIRST
    python tests/xapi/killed.py deliver DATABASE URL KEY SECRET

The first writes the number of each statement once its transaction is over. It is run by its path:
other people's packages are called `tests` too.
"""

from __future__ import annotations

import itertools
import sys
import time
from datetime import UTC, datetime

import occasions  # beside this file

from xapi import outbox
from xapi.db import Database
from xapi.delivery import deliver_due, stores_of
from xapi.host import authority_of


def tell(database: Database, first: int) -> None:
    """Tell one statement after the other, each in a transaction."""
    for number in itertools.count(first):
        with database.begin() as session:
            outbox.enqueue(session, occasions.viewed(number), now=datetime.now(UTC))
        print(number, flush=True)  # noqa: T201  # what the test reads
        time.sleep(0.002)


def deliver(database: Database, url: str, key: str, secret: str) -> None:
    """Deliver to the store next door and to another, in small rounds."""
    stores = stores_of(
        url=url, key=key, secret=secret, keep_embedded=True, authority=authority_of(occasions.BASE)
    )
    while True:
        deliver_due(database.begin, stores, now=datetime.now(UTC), limit=7)
        print("round", flush=True)  # noqa: T201  # what the test reads


if __name__ == "__main__":
    what, address, *more = sys.argv[1:]
    if what == "tell":
        tell(Database(address), int(more[0]))
    else:
        deliver(Database(address), *more)
