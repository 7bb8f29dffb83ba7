"""Statements of a hot path: built once, compiled once for each database, run by its driver.

SQLAlchemy's own execution costs 30 to 60 µs a statement beside the driver's 5 to 20; a launch or an
answer runs about ten. What it keeps of SQLAlchemy are the statement, the types on their way in and
out, the connection and its transaction.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

from sqlalchemy import Connection, Dialect, Executable
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

Values = Mapping[str, Any]
Process = Callable[[Any], Any]
Running = Session | Connection
"""A transaction: a session, or the bare connection of a hot path."""

CONNECTION = "connection"


def connection_of(running: Running) -> Connection:
    """Give a transaction's connection; of a session it is looked up once."""
    if isinstance(running, Connection):
        return running
    held: Connection | None = running.info.get(CONNECTION)
    if held is None:
        held = running.info[CONNECTION] = running.connection()
    return held


class Prepared:
    """One statement, for whichever database it meets."""

    def __init__(self, statement: Executable | Mapping[str, Executable]) -> None:
        self._statements = statement
        self._compiled: dict[str, _Compiled] = {}

    @classmethod
    def for_both(cls, make: Callable[[Any], Executable]) -> Prepared:
        """Prepare an insert whose conflicts are dealt with: only the own dialects know how.

        Args:
            make: is given the dialect's ``insert``.
        """
        return cls({"sqlite": make(sqlite_insert), "postgresql": make(postgresql_insert)})

    def run(self, running: Running, values: Values) -> None:
        """Run it; what it may return is not asked for.

        Raises:
            sqlalchemy.exc.DBAPIError: the database refused it.
        """
        connection = connection_of(running)
        compiled = self._for(connection.dialect)
        _execute(connection, compiled, compiled.given(values))

    def run_each(self, running: Running, rows: Sequence[Values]) -> None:
        """Run it for each of several rows."""
        connection = connection_of(running)
        compiled = self._for(connection.dialect)
        if len(rows) == 1:
            _execute(connection, compiled, compiled.given(rows[0]))
        else:
            _execute(connection, compiled, [compiled.given(each) for each in rows], many=True)

    def all(self, running: Running, values: Values) -> list[Any]:
        """Run it and give its rows, as named tuples."""
        connection = connection_of(running)
        compiled = self._for(connection.dialect)
        rows = _execute(connection, compiled, compiled.given(values), fetch=True)
        return [compiled.row(each) for each in rows]

    def first(self, running: Running, values: Values) -> Any:
        """Run it and give its first row; None where there is none."""
        rows = self.all(running, values)
        return rows[0] if rows else None

    def one(self, running: Running, values: Values) -> Any:
        """Run it and give its one row.

        Raises:
            LookupError: there is none, or more than one.
        """
        rows = self.all(running, values)
        if len(rows) != 1:
            raise LookupError(f"{len(rows)} rows where one was expected")
        return rows[0]

    def _for(self, dialect: Dialect) -> _Compiled:
        compiled = self._compiled.get(dialect.name)
        if compiled is None:
            found = self._statements
            statement = found[dialect.name] if isinstance(found, Mapping) else found
            compiled = self._compiled[dialect.name] = _Compiled(statement, dialect)
        return compiled


class _Compiled:
    """A statement in the words of one database."""

    def __init__(self, statement: Executable, dialect: Dialect) -> None:
        compiled = cast(Any, statement.compile(dialect=dialect))  # type: ignore[attr-defined]
        self.text: str = compiled.string
        self._order: tuple[str, ...] | None = None
        if compiled.positional:
            self._order = tuple(compiled.positiontup)
        self._constants: dict[str, Any] = {}
        self._asked: list[tuple[str, Process | None]] = []
        defaults = _defaults_of(compiled)
        for bind, name in compiled.bind_names.items():
            if bind.expanding:
                raise ValueError(f"{name} is a list; its statement cannot be prepared")
            process = bind.type.dialect_impl(dialect).bind_processor(dialect)
            if name in defaults or not bind.required:
                value = defaults.get(name, bind.value)
                self._constants[name] = process(value) if process else value
            else:
                self._asked.append((name, process))
        columns = list(statement.exported_columns)  # type: ignore[attr-defined]
        row: Any = namedtuple("Row", [str(each.key) for each in columns], rename=True)  # type: ignore[misc]
        self._make = row._make
        processes = [
            each.type.dialect_impl(dialect).result_processor(dialect, None) for each in columns
        ]
        self._processes = [(n, each) for n, each in enumerate(processes) if each is not None]

    def given(self, values: Values) -> Any:
        """Give the values as the driver wants them."""
        told = self._constants.copy()
        for name, process in self._asked:
            value = values[name]
            told[name] = process(value) if process is not None else value
        return told if self._order is None else [told[name] for name in self._order]

    def row(self, found: Sequence[Any]) -> Any:
        """Give a row with its values as Python has them."""
        if self._processes:
            found = list(found)
            for number, process in self._processes:
                found[number] = process(found[number])
        return self._make(found)


def _defaults_of(compiled: Any) -> dict[str, Any]:
    """Give what the model fills in by itself; only plain values can be prepared."""
    told = {}
    for column in (*compiled.insert_prefetch, *compiled.update_prefetch):
        default = column.default if column in compiled.insert_prefetch else column.onupdate
        if not default.is_scalar:
            raise ValueError(f"{column} is made by a function; say it in the statement")
        told[column.key] = default.arg
    return told


def _execute(
    connection: Connection,
    compiled: _Compiled,
    given: Any,
    *,
    many: bool = False,
    fetch: bool = False,
) -> list[Any]:
    driver = connection.connection
    cursor = driver.cursor()
    try:
        if many:
            cursor.executemany(compiled.text, given)
        else:
            cursor.execute(compiled.text, given)
        return list(cursor.fetchall()) if fetch else []
    except connection.dialect.loaded_dbapi.Error as error:
        lost = connection.dialect.is_disconnect(error, driver, cursor)
        if lost:
            connection.invalidate(error)
        raise DBAPIError.instance(
            compiled.text,
            None,
            error,
            connection.dialect.loaded_dbapi.Error,
            hide_parameters=True,  # logs name nobody
            connection_invalidated=lost,
            dialect=connection.dialect,
        ) from error
    finally:
        cursor.close()
