"""Drawings put into the page: an allow-list of SVG, ids of their own, a name for who listens."""

from __future__ import annotations

import functools
import re
import xml.etree.ElementTree as ET  # of the course's own files, checked against an allow-list
from pathlib import Path

SVG = "{http://www.w3.org/2000/svg}"
TAGS = frozenset(
    [
        "svg", "g", "defs", "title", "desc", "path", "rect", "circle", "ellipse", "line",
        "polyline", "polygon", "text", "tspan", "use", "symbol", "marker", "clipPath",
        "linearGradient", "stop", "pattern",
    ]
)  # fmt: skip
ATTRIBUTES = frozenset(
    [
        "viewBox", "width", "height", "x", "y", "x1", "y1", "x2", "y2", "cx", "cy", "r", "rx", "ry",
        "d", "points", "transform", "class", "id", "fill", "stroke", "stroke-width",
        "stroke-dasharray", "stroke-linecap", "stroke-linejoin", "font-size", "font-weight",
        "font-style", "font-family", "text-anchor", "dominant-baseline", "opacity", "fill-opacity",
        "stroke-opacity", "dx", "dy", "marker-end", "marker-start", "marker-mid", "orient", "refX",
        "refY", "markerWidth", "markerHeight", "markerUnits", "clip-path", "preserveAspectRatio",
        "offset", "stop-color", "gradientUnits", "patternUnits", "letter-spacing", "role",
        "aria-hidden", "href", "fill-rule", "baseline-shift", "textLength", "lengthAdjust",
        "paint-order", "rotate", "stroke-miterlimit", "aria-labelledby", "version", "focusable",
    ]
)  # fmt: skip
REFERENCE = re.compile(r"url\(#([\w-]+)\)")
ENTITY = re.compile(r"<!(DOCTYPE|ENTITY)", re.IGNORECASE)


@functools.lru_cache(maxsize=512)
def _read(path: Path, number: int, _changed: float) -> tuple[str, tuple[str, ...]]:
    text = path.read_text(encoding="utf-8")
    if ENTITY.search(text):
        return "", ("holds a document type or entities; remove them",)
    try:
        root = ET.fromstring(text)  # noqa: S314  # no document type, no entities
    except ET.ParseError as error:
        return "", (f"is no SVG: {error}",)
    faults = list(_faults(root))
    if any(not fault.startswith("has no <") for fault in faults):
        return "", tuple(faults)
    stem = re.sub(r"[^a-z0-9-]", "-", path.stem.lower())
    _name_ids(root, f"{stem}-{number}" if number > 1 else stem)
    return _written(root), tuple(faults)


def inline_svg(path: Path, *, number: int = 1) -> tuple[str, tuple[str, ...]]:
    """Give a drawing as HTML to stand in a page, and what is wrong with it.

    Args:
        path: of the SVG file.
        number: counts its uses on the page, so that no id stands there twice.

    Returns:
        HTML, empty where the drawing holds what is not allowed; and the faults.
    """
    return _read(path, number, path.stat().st_mtime)


def _faults(root: ET.Element) -> list[str]:
    found: list[str] = []
    if root.tag != f"{SVG}svg":
        return ['is no SVG: the first element must be <svg xmlns="http://www.w3.org/2000/svg">']
    if not root.get("viewBox"):
        found.append("has no viewBox; give one about 720 wide")
    for tag in ("title", "desc"):
        element = root.find(f"{SVG}{tag}")
        if element is None or not (element.text or "").strip():
            found.append(f"has no <{tag}>")
    for each in root.iter():
        name = str(each.tag).removeprefix(SVG)
        if name not in TAGS:
            found.append(f"<{name}> is not allowed")
        for attribute, value in each.attrib.items():
            bare = attribute.rpartition("}")[2]
            if bare not in ATTRIBUTES:
                found.append(f"attribute {bare} of <{name}> is not allowed")
            elif (bare == "href" and not value.startswith("#")) or (
                "url(" in value and not REFERENCE.fullmatch(value.strip())
            ):
                found.append(f"<{name}> refers to {value}, outside of the drawing")
    return found


def _name_ids(root: ET.Element, stem: str) -> None:
    """Begin all ids with the file's name and two hyphens, which no id of a heading holds."""
    for element in root.iter():
        for attribute, value in list(element.attrib.items()):
            bare = attribute.rpartition("}")[2]
            if bare == "id":
                element.set(attribute, f"{stem}--{value}")
            elif bare == "aria-labelledby":
                element.set(attribute, " ".join(f"{stem}--{each}" for each in value.split()))
            elif bare == "href":
                del element.attrib[attribute]
                element.set("href", f"#{stem}--{value[1:]}")
            elif "url(#" in value:
                element.set(attribute, REFERENCE.sub(rf"url(#{stem}--\1)", value))
    root.attrib.pop("width", None)
    root.attrib.pop("height", None)
    _name_root(root, stem)


def _name_root(root: ET.Element, stem: str) -> None:
    names = []
    for tag in ("title", "desc"):
        named = root.find(f"{SVG}{tag}")
        if named is not None:
            named.set("id", f"{stem}---{tag}")
            names.append(f"{stem}---{tag}")
    root.set("role", "img")
    root.set("aria-labelledby", " ".join(names))


def _written(root: ET.Element) -> str:
    ET.register_namespace("", SVG[1:-1])
    return ET.tostring(root, encoding="unicode")
