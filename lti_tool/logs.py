"""Structured logs: one JSON object a line; no personal data, no whole visit ids."""

from __future__ import annotations

import logging
import re
import sys
import uuid
from logging.config import dictConfig

from flask import Flask, g, request

VISIT = re.compile(r"(/v/[A-Za-z0-9_-]{6})[A-Za-z0-9_-]+")


class CutVisits(logging.Filter):
    """Cuts the id of a visit, wherever it stands in a line, to its first six characters."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Rewrite the record; never drops one."""
        if isinstance(record.msg, str):
            record.msg = cut_visits(record.msg)
        if isinstance(record.args, tuple):
            record.args = tuple(
                cut_visits(arg) if isinstance(arg, str) else arg for arg in record.args
            )
        return True


def cut_visits(text: str) -> str:
    """Cut visit ids in a text."""
    return VISIT.sub(r"\1…", text)


def configure(level: str) -> None:
    """Send all logs to standard error as JSON."""
    dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "filters": {"visits": {"()": CutVisits}},
            "formatters": {
                "json": {
                    "()": "pythonjsonlogger.json.JsonFormatter",
                    "format": "%(asctime)s %(levelname)s %(name)s %(message)s",
                    "rename_fields": {"asctime": "at", "levelname": "level", "name": "logger"},
                }
            },
            "handlers": {
                "stderr": {
                    "class": "logging.StreamHandler",
                    "stream": sys.stderr,
                    "formatter": "json",
                    "filters": ["visits"],
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
        given = request.headers.get("X-Request-Id", "")
        g.request_id = given if re.fullmatch(r"[\w-]{8,64}", given) else uuid.uuid4().hex[:12]
