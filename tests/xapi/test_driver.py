"""Transactions of those who take in statements, on both databases."""

from __future__ import annotations

import pytest

from lti_tool.db import Database
from xapi.driver import Driver, Sql, Transactions

ADD = Sql("INSERT INTO xapi_term (key, text) VALUES (:key, :text)")
COUNT = Sql("SELECT COUNT(*) FROM xapi_term")


def _add(driver: Driver, name: str) -> None:
    driver.run(ADD, {"key": name.encode(), "text": name})


def _break(transactions: Transactions, broken_by: type[BaseException]) -> None:
    with transactions.begin() as driver:
        _add(driver, "one")
        raise broken_by


@pytest.mark.parametrize("broken_by", [ValueError, KeyboardInterrupt])
def test_what_breaks_off_leaves_nothing_and_the_next_is_kept(
    database: Database, broken_by: type[BaseException]
) -> None:
    transactions = Transactions(database.begin)

    with pytest.raises(broken_by):
        _break(transactions, broken_by)
    with transactions.begin() as driver:
        _add(driver, "two")

    with Transactions(database.begin).begin() as driver:
        assert driver.rows(COUNT, {}) == [(1,)]


def test_between_two_transactions_others_may_write(database: Database) -> None:
    ours, theirs = Transactions(database.begin), Transactions(database.begin)

    for number, each in enumerate((ours, theirs, ours)):
        with each.begin() as driver:
            _add(driver, str(number))

    with theirs.begin() as driver:
        assert driver.rows(COUNT, {}) == [(3,)]
