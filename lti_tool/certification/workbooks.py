"""The register as a workbook with typed cells, which no spreadsheet takes for formulas."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from datetime import date
from itertools import islice
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font

from lti_tool.certification.exporting import FORMULA, UNPRINTABLE, Cell, Column, Row
from lti_tool.i18n import gettext as _


def book_of(rows: Iterator[Row], columns: Sequence[Column], *, most: int) -> bytes:
    """Write a workbook: days are days, numbers of the register are text.

    Args:
        rows: of the register.
        columns: of the table.
        most: rows after which it ends.
    """
    book = Workbook(write_only=True)
    sheet = book.create_sheet(_("Register"))
    sheet.freeze_panes = "B2"
    for number, column in enumerate(columns):
        sheet.column_dimensions[_letter(number)].width = column.width
    heads = [WriteOnlyCell(sheet, column.head()) for column in columns]
    for head in heads:
        head.font = Font(bold=True)
    sheet.append(heads)
    for row in islice(rows, most):
        sheet.append([_typed(sheet, column.cell(row)) for column in columns])
    held = io.BytesIO()
    book.save(held)
    return held.getvalue()


def _typed(sheet: Any, cell: Cell) -> Any:
    """Give a cell; text stays text, whatever it begins with."""
    if not isinstance(cell, str):
        made = WriteOnlyCell(sheet, cell)
        if isinstance(cell, date):
            made.number_format = "yyyy-mm-dd"
        return made
    clean = UNPRINTABLE.sub(" ", cell)
    made = WriteOnlyCell(sheet, clean)
    made.data_type = "s"
    made.quotePrefix = clean.startswith(FORMULA)  # so that it stays text when it is edited there
    return made


def _letter(number: int) -> str:
    return chr(ord("A") + number)
