"""Structured logs: one JSON object a line; no personal data, no whole visit ids."""

from __future__ import annotations

import logging
import re
import secrets
import sys
from logging.config import dictConfig

from flask import Flask, g, request
from pythonjsonlogger.json import JsonFormatter

GIVEN_ID = re.compile(r"[\w-]{8,64}")
SECRET = re.compile(
    r"(/(?:v|s|certificates/mine|certificates/confirm)/[A-Za-z0-9_-]{6})[A-Za-z0-9_-]+"
)
"""Addresses that open something: of a visit, of what a holder shows, and of letters."""


class Line(JsonFormatter):
    """Writes a record as one line; cuts ids and tokens also in what an error or a library says."""

    def format(self, record: logging.LogRecord) -> str:
        """Give the line."""
        return cut_secrets(super().format(record))


def cut_secrets(text: str) -> str:
    """Cut ids of visits and tokens of links in a text."""
    return SECRET.sub(r"\1…", text)


def configure(level: str) -> None:
    """Send all logs to standard error as JSON."""
    dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {
                "json": {
                    "()": Line,
                    "format": "%(asctime)s %(levelname)s %(name)s %(message)s",
                    "rename_fields": {"asctime": "at", "levelname": "level", "name": "logger"},
                }
            },
            "handlers": {
                "stderr": {
                    "class": "logging.StreamHandler",
                    "stream": sys.stderr,
                    "formatter": "json",
                }
            },
            "root": {"level": level, "handlers": ["stderr"]},
            "loggers": {"httpx": {"level": "WARNING"}, "alembic": {"level": "WARNING"}},
        }
    )


def init_app(app: Flask) -> None:
    """Give each request an id that the reader of an error page can name."""

    @app.before_request
    def name_request() -> None:
        given = request.headers.get("X-Request-Id")
        g.request_id = given if given and GIVEN_ID.fullmatch(given) else secrets.token_hex(6)
