"""What the charts share: colours, the form of a cohort, the width of a text, the words of a case.

Lengths are SVG units; at the size the charts are drawn for, one unit is one CSS pixel.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import pandas as pd

INK2, INK3, LINE3 = "#41525B", "#5B6971", "#7F8C8E"
FJORD900, FJORD700, FJORD500 = "#0F3944", "#1A5A6B", "#357688"
OVER, SOON = "#B0271D", "#8A5900"
EMPTY_TILE, QUIET_TILE = "#E6EAE8", "#DDE3E1"

FONT_SIZE = 11
STARTED = ("active", "completed")
WAITING = ("applied", "waitlisted")


@dataclass(frozen=True)
class Form:
    """How one cohort looks once it has begun: a dark fill, a mid fill, or hatching in a border.

    Lightness and form both differ, so the cohorts can be told apart in grey print.
    """

    fill: str
    edge: str
    ink: str
    hatched: bool = False


FORMS = (
    Form(FJORD900, FJORD900, "#FFFFFF"),
    Form(FJORD500, FJORD500, "#FFFFFF"),
    Form("#FFFFFF", FJORD700, FJORD900, hatched=True),
)


@dataclass(frozen=True)
class Look:
    """How one place is drawn as a square: fill, edge, an optional foot, and what stands in it.

    `foot` is the colour of a strip along the lower edge: a place that is taken but not begun, in a
    cohort whose own form is a fill. `mark` is "dot" (applied or waiting), "no" (withdrawn) or "".
    """

    fill: str
    edge: str = ""
    edge_width: float = 0
    dash: str = ""
    ink: str = FJORD900
    hatched: bool = False
    foot: str = ""
    mark: str = ""
    labelled: bool = True


FREE = Look("#F3F5F3", LINE3, 1.2, "1.5 2.5", INK2)
NEUTRAL = Look(EMPTY_TILE, labelled=False)


def forms(codes: Iterable[str]) -> dict[str, Form]:
    """Cohort code -> its form. The order given decides; a fourth cohort begins again at dark."""
    known = dict.fromkeys(code for code in codes if code)
    return {code: FORMS[position % len(FORMS)] for position, code in enumerate(known)}


def look(status: str, form: Form) -> Look:
    """The square of a place with `status` ("" for none) in a cohort with `form`."""
    if status in STARTED:
        edge = form.edge if form.hatched else ""
        return Look(form.fill, edge, 2 if edge else 0, ink=form.ink, hatched=form.hatched)
    if status == "admitted":
        return Look("#FFFFFF", form.edge, 2, foot="" if form.hatched else form.fill)
    if status == "offered":
        return Look("#FFFFFF", FJORD700, 1.6, "3 2.4")
    if status in WAITING:
        return Look(QUIET_TILE, mark="dot", labelled=False)
    if status == "withdrawn":
        return Look(QUIET_TILE, mark="no", labelled=False)
    return NEUTRAL


def hatch(x: float, y: float, width: float, height: float, gap: float = 5) -> str:
    """Path data of diagonals that fill a rectangle; drawn out, so no pattern id can collide."""
    lines = []
    offset = gap / 2
    while offset < width + height:
        from_x, from_y = (offset, 0.0) if offset <= width else (width, offset - width)
        to_x, to_y = (0.0, offset) if offset <= height else (offset - height, height)
        lines.append(f"M{x + from_x:.1f} {y + from_y:.1f}L{x + to_x:.1f} {y + to_y:.1f}")
        offset += gap
    return "".join(lines)


# Advance widths of Inter at weight 400 in 1/100 em, tabular digits; measured from the font files.
_LETTERS = {
    25: "ijl’",
    29: "I \u00a0!,.:·';",
    37: "t|()/[]fr",
    47: '-_"^”',
    54: "–*?s",
    57: "kxzavyåJLc",
    61: "eéFhnuüEoøöbdgpq",
    66: "#Z$&PRSBT+<=>~0123456789",
    69: "KXYAVÅ",
    76: "DCHUGNOQØ",
    83: "w",
    92: "m…Mæ",
    100: "@%WÆ",
}
_WIDTHS = {letter: width for width, letters in _LETTERS.items() for letter in letters}


def text_width(words: str, *, bold: bool = False, size: float = FONT_SIZE) -> float:
    """Upper estimate of how wide `words` are set, with room for a slightly wider fallback font."""
    hundredths = sum(_WIDTHS.get(letter, 76) for letter in words)
    return hundredths / 100 * size * (1.08 if bold else 1.04)


def as_date(value: object) -> date | None:
    """A plain date from a frame's timestamp or a date; None for a missing one."""
    return None if value is None or pd.isna(value) else pd.Timestamp(value).date()


def cohort_start(code: str) -> date | None:
    """First day of the month a cohort code such as "2024-02" names; None for any other code."""
    match = re.fullmatch(r"(\d{4})-(0[1-9]|1[0-2])", code)
    return date(int(match[1]), int(match[2]), 1) if match else None


def capital(words: str) -> str:
    """`words` with a capital first letter, for the beginning of a line."""
    return words[:1].upper() + words[1:]


def in_language(danish: object, english: object, text) -> str:
    """The English words when the reader's language is English and they exist, else the Danish."""
    if text.language == "en" and isinstance(english, str) and english:
        return english
    return danish if isinstance(danish, str) else ""
