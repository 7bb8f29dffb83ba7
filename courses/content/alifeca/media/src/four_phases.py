"""Draws and renders the animation "The four phases of an LCA".

Every frame is an SVG drawn by :func:`frame` for a time in seconds. Chromium takes pictures of sheets of ten
frames, ffmpeg cuts the sheets and makes a film of them.

    python media/src/four_phases.py              # writes media/four-phases.webm and media/four-phases-poster.svg
    python media/src/four_phases.py --still 12   # writes one frame, still.png, to look at
"""

from __future__ import annotations

import argparse
import subprocess
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

MEDIA = Path(__file__).resolve().parent.parent
WIDTH, HEIGHT, FPS, SECONDS, PER_SHEET = 1280, 720, 20, 50, 10
STARTS = (4.0, 14.5, 24.5, 34.5)
"""When each phase begins; the last part begins at ``LOOP``."""
LOOP = 44.5

PAPER, INK, GREY, PALE = "#fbfaf6", "#1c2833", "#5c6873", "#d9dde0"
COLOURS = ("#1f6fb2", "#8a5a00", "#2c7a4b", "#8a3f8f")
STEEL, ALU, FUEL = "#6d7b87", "#b9c3cb", "#2c7a4b"
FONT = "Liberation Sans, Arial, Helvetica, sans-serif"


# Small things


def ease(x: float) -> float:
    """Go from 0 to 1, slow at both ends."""
    x = min(1.0, max(0.0, x))
    return x * x * (3 - 2 * x)


def shown(t: float, start: float, end: float = 999.0, fade: float = 0.8) -> float:
    """Say how visible a thing is that comes at ``start`` and goes at ``end``."""
    return ease((t - start) / fade) * (1 - ease((t - end) / 0.5))


def group(opacity: float, *parts: str, dx: float = 0, dy: float = 0, scale: float = 1) -> str:
    """Put parts together, faded and moved; nothing where they are not seen."""
    if opacity < 0.004:
        return ""
    move = f'transform="translate({dx:.2f} {dy:.2f}) scale({scale})"'
    return f'<g opacity="{opacity:.3f}" {move}>{"".join(parts)}</g>'


def text(x: float, y: float, words: str, size: int = 28, *, colour: str = INK, bold: bool = False,
         anchor: str = "start") -> str:
    """Write one line."""
    weight = ' font-weight="bold"' if bold else ""
    return (f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" fill="{colour}" text-anchor="{anchor}"{weight}>'
            f"{words}</text>")


def box(x: float, y: float, w: float, h: float, *, fill: str = "none", line: str = INK, dash: str = "",
        width: float = 3, radius: float = 10) -> str:
    """Draw a rectangle."""
    dashes = f' stroke-dasharray="{dash}"' if dash else ""
    return (f'<rect x="{x:.1f}" y="{y:.1f}" width="{max(w, 0):.1f}" height="{h:.1f}" rx="{radius}" fill="{fill}" '
            f'stroke="{line}" stroke-width="{width}"{dashes}/>')


def arrow(x1: float, y1: float, x2: float, y2: float, colour: str = INK) -> str:
    """Draw a straight arrow to the right."""
    return (f'<line x1="{x1}" y1="{y1}" x2="{x2 - 10}" y2="{y2}" stroke="{colour}" stroke-width="3"/>'
            f'<path d="M{x2} {y2} l-14 -8 v16 z" fill="{colour}"/>')


def car(lit: float) -> str:
    """Draw a car, its bonnet lit up by ``lit`` from 0 to 1."""
    body = ("M22 142 V116 Q24 98 62 91 L150 79 Q172 75 192 63 L238 34 Q252 26 276 26 H372 Q396 26 413 40 "
            "L452 77 L494 85 Q507 89 507 106 V142 Z")
    wheels = "".join(f'<circle cx="{x}" cy="144" r="42" fill="{PAPER}"/><circle cx="{x}" cy="144" r="33" fill="none" '
                     f'stroke="{INK}" stroke-width="8"/><circle cx="{x}" cy="144" r="7" fill="{INK}"/>'
                     for x in (115, 405))
    windows = ('<path d="M214 66 L246 44 Q256 38 276 38 H304 V72 H214 Z M318 38 H368 Q388 38 402 50 L424 72 H318 Z" '
               f'fill="{PAPER}" stroke="{INK}" stroke-width="2.5"/>')
    bonnet = (f'<path d="M34 102 Q44 95 62 91 L150 79 Q172 75 192 63" fill="none" stroke="#c2571a" '
              f'stroke-width="{4 + 9 * lit:.2f}" stroke-linecap="round" opacity="{lit:.3f}"/>')
    return f'<path d="{body}" fill="#e9edf0" stroke="{INK}" stroke-width="3"/>{windows}{wheels}{bonnet}'


def bonnet(colour: str) -> str:
    """Draw a bonnet seen from above, 150 wide and 84 high."""
    return (f'<path d="M12 8 Q75 -4 138 8 L150 76 Q75 92 0 76 Z" fill="{colour}" stroke="{INK}" stroke-width="3"/>'
            f'<path d="M46 16 L38 76 M104 16 L112 76" stroke="{INK}" stroke-width="2" fill="none" opacity="0.5"/>')


# The parts of the film


def header(t: float) -> str:
    """Draw the four phases as a row of boxes; the one that is told is filled."""
    names = ("Goal and scope", "Inventory", "Impact assessment", "Interpretation")
    parts = []
    for i, name in enumerate(names):
        start, end = STARTS[i], (*STARTS[1:], LOOP)[i]
        on = max(shown(t, start - 0.3, end - 0.3, 0.6), shown(t, LOOP + 0.2 + 0.5 * i))
        x = 60 + i * 293
        parts.append(box(x, 36, 281, 56, fill=PAPER, line=COLOURS[i] if t > start - 0.3 else GREY, width=2.5))
        parts.append(group(on, box(x, 36, 281, 56, fill=COLOURS[i], line=COLOURS[i], width=2.5)))
        parts.append(text(x + 140.5, 73, f"{i + 1} {name}", 25, colour=INK, bold=True, anchor="middle"))
        parts.append(group(on, text(x + 140.5, 73, f"{i + 1} {name}", 25, colour="#ffffff", bold=True,
                                    anchor="middle")))
    return group(shown(t, 3.2), *parts)


def opening(t: float) -> str:
    """Show the title and the car."""
    return group(
        shown(t, 0.1, 3.6, 0.9),
        text(640, 190, "The four phases of an LCA", 56, bold=True, anchor="middle"),
        text(640, 250, "LCA: life cycle assessment", 30, colour=GREY, anchor="middle"),
        group(1, car(ease((t - 1.4) / 1.0)), dx=380, dy=300),
        group(shown(t, 1.6), text(640, 560, "Our example: the bonnet of a car", 34, anchor="middle")),
    )


def heading(words: str, colour: str) -> str:
    """Write the question of a phase."""
    return text(60, 156, words, 38, colour=colour, bold=True)


PRACTICE = text(1220, 154, "numbers made up for practice", 24, colour=GREY, anchor="end")


def goal_and_scope(t: float) -> str:
    """Phase 1: question, functional unit, boundary."""
    s = t - STARTS[0]
    stages = ("Material", "Part", "Use", "End of life")
    chain = []
    for i, name in enumerate(stages):
        x = 90 + i * 285
        chain.append(box(x, 440, 215, 76, fill="#ffffff", line=INK if i < 3 else GREY, width=2.5))
        chain.append(text(x + 107.5, 487, name, 28, anchor="middle", colour=INK if i < 3 else GREY))
        if i < 3:
            chain.append(arrow(x + 219, 478, x + 281, 478, INK if i < 2 else GREY))
    frame_on = shown(s, 6.2, fade=1.0)
    return group(
        shown(s, 0, STARTS[1] - STARTS[0] - 0.5),
        heading("Why, what, how far?", COLOURS[0]),
        group(1, car(1), dx=70, dy=205, scale=0.78),
        group(shown(s, 0.7), text(540, 228, "Question", 26, colour=GREY),
              text(540, 264, "Steel or aluminium for the bonnet?", 32, bold=True)),
        group(shown(s, 2.6), text(540, 318, "Functional unit", 26, colour=GREY),
              text(540, 354, "1 bonnet for 200,000 km in one petrol car", 32, bold=True)),
        group(shown(s, 4.6), *chain),
        group(frame_on, box(70, 404, 825, 140, line=COLOURS[0], dash="14 9", width=3.5, radius=14),
              text(82, 582, "System boundary", 28, colour=COLOURS[0], bold=True)),
        group(shown(s, 7.4), text(1052, 556, "left out here, to be short", 24, colour=GREY, anchor="middle")),
    )


def dots(t: float, x1: float, x2: float, y: float, colour: str) -> str:
    """Let dots move from x1 to x2."""
    marks = []
    for k in range(3):
        way = (t * 0.35 + k / 3) % 1
        seen = min(1.0, 5 * way, 5 * (1 - way))
        marks.append(f'<circle cx="{x1 + (x2 - x1) * way:.1f}" cy="{y}" r="6" fill="{colour}" opacity="{seen:.2f}"/>')
    return f'<line x1="{x1}" y1="{y}" x2="{x2}" y2="{y}" stroke="{PALE}" stroke-width="4"/>' + "".join(marks)


def inventory(t: float) -> str:
    """Phase 2: flows in and out."""
    s = t - STARTS[1]

    def row(y: float, name: str, colour: str, mass: float, fuel: str, start: float) -> str:
        side = 7.6 * mass
        return group(
            shown(s, start),
            text(60, y + 8, name, 30, bold=True),
            box(300 - side / 2, y - 40, side, 80, fill=colour, line=INK, width=2.5, radius=4),
            text(300, y + 76, f"{mass:.1f} kg of metal", 28, anchor="middle"),
            dots(s, 372, 512, y, colour if colour == STEEL else GREY),
            group(1, bonnet(colour), dx=530, dy=y - 42),
            text(605, y + 76, "1 bonnet", 28, anchor="middle"),
            group(shown(s, 4.8), dots(s, 698, 828, y, FUEL),
                  box(846, y - 40, 374, 80, fill="#ffffff", line=FUEL, width=2.5),
                  text(1033, y + 10, fuel, 28, anchor="middle")),
        )

    return group(
        shown(s, 0, STARTS[2] - STARTS[1] - 0.5),
        heading("What flows in and out?", COLOURS[1]),
        PRACTICE,
        row(250, "Steel", STEEL, 14.0, "use: fuel as reference", 0.7),
        row(420, "Aluminium", ALU, 8.0, "use: 36 litres less fuel", 2.4),
        group(shown(s, 6.4), text(640, 574, "Mass saved: 14.0 − 8.0 = 6.0 kg, so less fuel over 200,000 km", 30,
                                  anchor="middle", bold=True)),
    )


def bar(s: float, start: float, zero: float, y: float, value: float, colour: str, scale: float = 2.6,
        label: str = "") -> str:
    """Let a bar grow from the zero line and write its value."""
    grown = ease((s - start) / 1.4)
    width = abs(value) * scale * grown
    x = zero if value >= 0 else zero - width
    anchor, lx = ("start", zero + width + 12) if value >= 0 else ("end", zero - width - 12)
    words = label or f"{value:+g}".replace("-", "−")
    return (f'<rect x="{x:.1f}" y="{y}" width="{width:.1f}" height="56" fill="{colour}"/>'
            + group(shown(s, start + 0.9), text(lx, y + 39, words, 30, bold=True, anchor=anchor)))


def impact(t: float) -> str:
    """Phase 3: flow times factor."""
    s = t - STARTS[2]
    zero = 950
    rows = (
        (215, 0.9, "Steel", "14.0 kg × 2.5 kg CO2-eq/kg = 35 kg", 35.0, STEEL),
        (325, 2.9, "Aluminium", "8.0 kg × 10 kg CO2-eq/kg = 80 kg", 80.0, "#93a1ac"),
        (435, 4.9, "Fuel saved", "36 l × 2.8 kg CO2-eq/l = 100.8 kg", -100.8, FUEL),
    )
    lines = [group(shown(s, start), text(60, y + 22, name, 28, bold=True), text(60, y + 58, sum_, 28),
                   bar(s, start + 0.5, zero, y, value, colour)) for y, start, name, sum_, value, colour in rows]
    return group(
        shown(s, 0, STARTS[3] - STARTS[2] - 0.5),
        heading("What does it mean for the climate?", COLOURS[2]),
        PRACTICE,
        *lines,
        group(shown(s, 0.6), f'<line x1="{zero}" y1="200" x2="{zero}" y2="505" stroke="{INK}" stroke-width="3"/>',
              text(zero, 540, "kg CO2-eq", 26, anchor="middle")),
        group(shown(s, 6.6), text(60, 582, "Flow × factor = impact", 32, bold=True, colour=COLOURS[2])),
    )


def interpretation(t: float) -> str:
    """Phase 4: result, check, conclusion with its condition."""
    s = t - STARTS[3]
    zero = 840
    return group(
        shown(s, 0, LOOP - STARTS[3] - 0.5),
        heading("What follows, and how sure are we?", COLOURS[3]),
        PRACTICE,
        text(60, 212, "Aluminium compared with steel", 28, colour=GREY),
        group(shown(s, 0.8), text(60, 266, "Petrol car", 30, bold=True), text(60, 304, "80 − 35 − 100.8 = −55.8 kg", 28),
              bar(s, 1.2, zero, 246, -55.8, FUEL, label="55.8 better")),
        group(shown(s, 3.0), text(60, 366, "Check: electric car", 30, bold=True),
              text(60, 404, "80 − 35 − 18 = +27 kg", 28),
              bar(s, 3.4, zero, 346, 27.0, "#c2571a", label="27 worse")),
        group(shown(s, 0.6), f'<line x1="{zero}" y1="232" x2="{zero}" y2="416" stroke="{INK}" stroke-width="3"/>',
              text(zero, 450, "kg CO2-eq", 26, anchor="middle")),
        group(shown(s, 5.2), text(60, 512, "Conclusion: better in this petrol car, worse in this electric car.", 32,
                                  bold=True, colour=COLOURS[3])),
        group(shown(s, 6.8), text(60, 560, "Limits: one impact category, end of life left out.", 30)),
    )


def loop(t: float) -> str:
    """Show that the work is iterative: arrows lead from the last phase back."""
    s = t - LOOP
    arcs = []
    for i in (2, 1, 0):
        drawn = ease((s - 0.8 - 0.5 * (2 - i)) / 1.2)
        x1, x2, depth = 60 + 3 * 293 + 140 - 25 * i, 60 + i * 293 + 140.5, 70 + 55 * (3 - i)
        length = 1400
        arcs.append(f'<path d="M{x1} 98 C {x1} {98 + depth * 1.5:.0f}, {x2} {98 + depth * 1.5:.0f}, {x2} 112" '
                    f'fill="none" stroke="{COLOURS[i]}" stroke-width="5" stroke-dasharray="{length}" '
                    f'stroke-dashoffset="{length * (1 - drawn) if drawn < 1 else 0:.1f}"/>'
                    + group(ease((drawn - 0.8) / 0.2), f'<path d="M{x2} 98 l-10 18 h20 z" fill="{COLOURS[i]}"/>'))
    return group(
        shown(s, 0.2),
        *arcs,
        group(shown(s, 1.4), text(640, 440, "What you learn leads back.", 44, bold=True, anchor="middle")),
        group(shown(s, 2.2), text(640, 494, "The work is iterative.", 36, anchor="middle")),
        group(shown(s, 3.0), text(640, 560, "ISO 14040:2006 and ISO 14044:2006", 28, colour=GREY, anchor="middle")),
    )


def frame(t: float) -> str:
    """Draw the picture at ``t`` seconds."""
    scenes = (header, opening, goal_and_scope, inventory, impact, interpretation, loop)
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" '
            f'height="{HEIGHT}" font-family="{FONT}"><rect width="{WIDTH}" height="{HEIGHT}" fill="{PAPER}"/>'
            + "".join(scene(t) for scene in scenes) + "</svg>")


def poster() -> str:
    """Draw the picture that stands before the film begins."""
    words = ('<title id="four-phases-poster-title">The four phases of an LCA</title>'
             '<desc id="four-phases-poster-desc">A car with its bonnet marked; above it the four phases goal and '
             "scope, inventory, impact assessment and interpretation.</desc>")
    drawing = header(99) + text(640, 196, "The four phases of an LCA", 56, bold=True, anchor="middle")
    drawing += group(1, car(1), dx=328, dy=270, scale=1.2)
    drawing += text(640, 580, "told with the bonnet of a car", 34, anchor="middle")
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" '
            'role="img" aria-labelledby="four-phases-poster-title four-phases-poster-desc" '
            f'font-family="{FONT}">{words}<rect width="{WIDTH}" height="{HEIGHT}" fill="{PAPER}"/>{drawing}</svg>\n')


# Rendering


def shoot(folder: Path, name: str, frames: list[str], chromium: str) -> None:
    """Take one picture of frames that stand below each other."""
    page = folder / f"{name}.html"
    page.write_text('<!doctype html><meta charset="utf-8"><style>body{margin:0}svg{display:block}</style>'
                    + "".join(frames), encoding="utf-8")
    subprocess.run(
        [chromium, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
         f"--user-data-dir={folder / ('profile-' + name)}", f"--window-size={WIDTH},{HEIGHT * len(frames)}",
         f"--screenshot={folder / (name + '.png')}", page.as_uri()],
        check=True, capture_output=True, timeout=120)


def sheets() -> Iterator[tuple[str, list[str]]]:
    """Give the names and the frames of all sheets."""
    for number in range(FPS * SECONDS // PER_SHEET):
        first = number * PER_SHEET
        yield f"sheet-{number:04d}", [frame((first + k) / FPS) for k in range(PER_SHEET)]


def render(chromium: str, ffmpeg: str, jobs: int) -> None:
    """Write the film and its poster."""
    (MEDIA / "four-phases-poster.svg").write_text(poster(), encoding="utf-8")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with ThreadPoolExecutor(jobs) as pool:
            list(pool.map(lambda sheet: shoot(folder, *sheet, chromium), sheets()))
        subprocess.run(
            [ffmpeg, "-y", "-v", "error", "-framerate", f"{FPS}/{PER_SHEET}", "-i", str(folder / "sheet-%04d.png"),
             "-vf", f"untile=1x{PER_SHEET},format=yuv420p", "-c:v", "libvpx-vp9", "-b:v", "0", "-crf", "34",
             "-deadline", "good", "-cpu-used", "2", "-row-mt", "1", "-g", "200", "-an",
             str(MEDIA / "four-phases.webm")], check=True)


def main() -> None:
    """Read the arguments and render the film or one frame."""
    parser = argparse.ArgumentParser(description="Render the animation of the four phases.")
    parser.add_argument("--chromium", default="chromium")
    parser.add_argument("--ffmpeg", default="ffmpeg")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--still", type=float, nargs="+", help="seconds; write these frames only, to still.png")
    given = parser.parse_args()
    if given.still:
        shoot(Path.cwd(), "still", [frame(t) for t in given.still], given.chromium)
    else:
        render(given.chromium, given.ffmpeg, given.jobs)


if __name__ == "__main__":
    main()
