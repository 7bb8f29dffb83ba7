"""The walls between the libraries, the foundation and the rooms."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.house.source import Module, modules

ROOMS = ("lti", "player", "certification", "privacy")
FOUNDATION = frozenset(
    [
        "settings",
        "db",
        "visit",
        "web",
        "iri",
        "audit",
        "errors",
        "i18n",
        "metrics",
        "addresses",
        "mail",
        "mail_ways",
        "files",
        "vault",
        "grants",
        "beats",
        "logs",
        "plain",
    ]
)
WIRING = frozenset(["app", "cli", "worker", "health", "demo"])
WEB_FILES = frozenset(["app", "web", "db", "errors", "i18n", "health", "cli", "logs", "desk"])
ALONE = ("courses", "xapi", "migrations")
EDGES = frozenset(["worker", "db", "health", "app", "demo", "__main__"])


def house_of(name: str) -> str:
    """Give the part of the house that a dotted name belongs to; empty for other people's code."""
    parts = name.split(".")
    if parts[0] in ALONE:
        return parts[0]
    if parts[0] != "lti_tool":
        return ""
    part = parts[1] if len(parts) > 1 else ""
    if part in {*ROOMS, "practice"}:
        return part
    return "foundation" if part in FOUNDATION or not part else "wiring"


def allowed(house: str) -> set[str]:
    """Give what a part may import."""
    if house in {"courses", "practice", "migrations"}:
        return {house}
    if house == "xapi":
        return {"xapi", "migrations"}
    below = {"courses", "xapi", "foundation"}
    if house in ROOMS:
        return below | set(ROOMS[: ROOMS.index(house) + 1])
    return below if house == "foundation" else {*below, *ROOMS, "wiring", "practice", "migrations"}


def is_own(name: str) -> bool:
    """Say whether a name belongs to a module of ours."""
    known = {module.name for module in modules()}
    return name in known or name.rpartition(".")[0] in known


@pytest.mark.parametrize("module", modules(), ids=lambda module: module.name)
def test_a_module_imports_only_what_its_walls_allow(module: Module) -> None:
    house = house_of(module.name)
    if module.name == "migrations.draft":
        return  # compares the models of both branches, by hand

    wrong = {
        name
        for name in module.imports()
        if is_own(name) and house_of(name) and house_of(name) not in allowed(house)
    }

    assert not wrong


@pytest.mark.parametrize("module", modules(), ids=lambda module: module.name)
def test_libraries_stay_in_their_places(module: Module) -> None:
    roots = {name.split(".")[0] for name in module.imports()}
    stem = module.path.stem

    if "tincan" in roots:
        assert module.name == "xapi.statements"
    if "pylti1p3" in roots:
        assert house_of(module.name) == "lti"
    if "flask" in roots and house_of(module.name) != "practice":
        assert stem.endswith(("routes", "desk")) or stem in WEB_FILES


@pytest.mark.parametrize("module", modules(), ids=lambda module: module.name)
def test_routes_are_imported_by_the_application_alone(module: Module) -> None:
    own_room = module.name.rpartition(".")[0]
    leads = {
        name
        for name in module.imports()
        if is_own(name)
        and name.split(".")[-1].endswith(("routes", "desk"))
        and name.rpartition(".")[0] != own_room
        and house_of(name) != "practice"
    }

    assert not leads or module.path.stem == "app"
    assert module.path.stem.endswith(("routes", "app", "desk")) or not {
        name
        for name in module.imports()
        if name.startswith(f"{own_room}.") and name.endswith("routes")
    }


@pytest.mark.parametrize("module", modules(), ids=lambda module: module.name)
def test_the_environment_and_the_clock_are_read_at_the_edges(module: Module) -> None:
    stem = module.path.stem
    at_edge = stem.endswith(("routes", "desk")) or stem.startswith("cli") or stem in EDGES
    text = module.text

    if house_of(module.name) == "practice":
        return
    assert "os.environ" not in text or module.path.stem in {
        "settings",
        "app",
        "cli",
        "demo",
        "__main__",
    }
    if not at_edge:
        assert "datetime.now(" not in text
        assert "utcnow(" not in text


@pytest.mark.parametrize("module", modules(), ids=lambda module: module.name)
def test_only_the_database_module_commits(module: Module) -> None:
    assert ".commit()" not in module.text or module.name in {"lti_tool.db", "xapi.db"}


def test_a_web_process_loads_nothing_that_only_commands_need() -> None:
    asked = "import sys, lti_tool.app; print(*sorted({name.split('.')[0] for name in sys.modules}))"

    told = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)

    loaded = set(told.stdout.split())
    assert "sqlalchemy" in loaded
    assert not loaded & {"alembic", "mako", "spylls", "waitress", "psutil", "pyhanko"}
