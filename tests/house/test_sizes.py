"""What has grown too large to be read at once."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest

from tests.house.source import Module, modules

MODULE_LINES = 500
FUNCTION_LINES = 60
ARGUMENTS = 7

LONGER: dict[str, str] = {
    "migrations.versions.0001_first_tables": "a list of tables, made once and never read in one go",
    "migrations.versions.0002_certification": "a list of tables as well",
}
"""Module: why it may be longer."""


def functions(module: Module) -> Iterator[ast.FunctionDef]:
    """Give every function of a module."""
    return (node for node in ast.walk(module.tree) if isinstance(node, ast.FunctionDef))


@pytest.mark.parametrize("module", modules(), ids=lambda module: module.name)
def test_a_module_can_be_read_in_one_go(module: Module) -> None:
    assert module.name in LONGER or module.text.count("\n") <= MODULE_LINES


@pytest.mark.parametrize("module", modules(), ids=lambda module: module.name)
def test_a_function_fits_on_a_screen_and_takes_few_arguments(module: Module) -> None:
    if module.path.parent.name == "versions":
        return  # a migration is a list

    long = [
        node.name
        for node in functions(module)
        if (node.end_lineno or 0) - node.lineno >= FUNCTION_LINES
    ]
    many = [
        node.name
        for node in functions(module)
        if len(
            [a for a in (*node.args.posonlyargs, *node.args.args) if a.arg not in {"self", "cls"}]
        )
        > ARGUMENTS
    ]

    assert not long
    assert not many


@pytest.mark.parametrize("module", modules(), ids=lambda module: module.name)
def test_a_module_says_what_it_is_for(module: Module) -> None:
    assert ast.get_docstring(module.tree)
    if module.path.name == "__init__.py":
        assert len(module.tree.body) == 1
