"""One cell of a file: clean, and what kind of thing it is, whatever its header says."""

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from ..domain.personal import contains_cpr
from .durations import is_clock, is_number, looks_like_duration
from .times import moment

MASKED = "••••••-••••"
# Control characters but blanks, soft hyphens, and marks without width, also those that turn text.
_INVISIBLE = re.compile(
    "[\0-\x08\x0e-\x1b\x7f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]"
)
_GUARDED = re.compile(r"'(?=[=+\-@|%])")
_EMAIL = re.compile(r"[^\s@<>,;\"]{1,128}@[^\s@<>,;\"]{1,190}\.[^\s@<>,;\".]{2,63}")
_DASHES = re.compile(r"[-–—]{1,3}|n/?a", re.IGNORECASE)
_DAY = re.compile(r"[0-9]{1,4}[./-][0-9]{1,2}[./-][0-9]{1,4}")
_GUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_ID = re.compile(r"[\d\s+()./-]+|[0-9a-f-]{20,}|\S*://\S*", re.IGNORECASE)
_NAME_WORD = re.compile(r"[^\W\d_][^\d_;:!?<>=/\\]*")


class Kind(StrEnum):
    """What a cell is."""

    EMPTY = "empty"
    DASH = "dash"  # stands for nothing: --, NA
    EMAIL = "email"
    MOMENT = "moment"
    DURATION = "duration"
    CLOCK = "clock"
    NUMBER = "number"
    DAY = "day"
    ID = "id"
    TEXT = "text"


TYPED = frozenset({Kind.EMAIL, Kind.MOMENT, Kind.DURATION, Kind.CLOCK})
BLANK = frozenset({Kind.EMPTY, Kind.DASH})


@dataclass(frozen=True, slots=True)
class Row:
    """The cells of one row and its number in the file, from 1; no empty cells at the end."""

    number: int
    cells: tuple[str, ...]

    def cell(self, column: int | None) -> str:
        """The text in `column`, "" where there is none."""
        return self.cells[column] if column is not None and column < len(self.cells) else ""

    @property
    def filled(self) -> int:
        """How many cells hold anything."""
        return sum(map(bool, self.cells))


def row(number: int, texts: list[str]) -> Row:
    """A row of clean cells."""
    cells = [clean(text) for text in texts]
    while cells and not cells[-1]:
        cells.pop()
    return Row(number, tuple(cells))


def clean(text: str) -> str:
    """`text` with every run of blanks, also no-break ones, as one and none at the ends.

    What cannot be seen is left out, and so is the apostrophe that exporters put before = + - @:
    what follows is only text here.
    """
    words = " ".join(_INVISIBLE.sub("", text).split())
    return _GUARDED.sub("", words, count=1) if words.startswith("'") else words


@lru_cache(maxsize=65536)
def kind(text: str) -> Kind:
    """What a clean cell is; a date without a time is a DAY, digits without letters an ID."""
    if not text:
        return Kind.EMPTY
    for found, test in _TESTS:
        if test(text):
            return found
    return Kind.TEXT


def email(text: str) -> str | None:
    """The one address in a cell, also in `Ada <ada@demo.example>`; None for none or several."""
    found = _EMAIL.findall(text) if len(text) < 400 else []
    return found[0] if len(found) == 1 else None


def has_cpr(text: str) -> bool:
    """Whether a cell holds a CPR number; the digits of a GUID are none."""
    return contains_cpr(text) and not _GUID.fullmatch(text)


def shown(text: str) -> str:
    """A cell as a problem may show it: short, and without a CPR number."""
    return MASKED if has_cpr(text) else text if len(text) <= 80 else text[:79] + "…"


def looks_like_name(text: str) -> bool:
    """Whether a cell may be the full name of a human: two to six words, none of it prose."""
    words = text.split()
    return (
        2 <= len(words) <= 6
        and len(text) <= 80
        and not text.endswith((".", ":"))
        and _NAME_WORD.fullmatch(text) is not None
        and words[0][0].isupper()
        and words[-1].lstrip("([\"'")[:1].isupper()
    )


_TESTS = (
    (Kind.DASH, lambda text: _DASHES.fullmatch(text) is not None),
    (Kind.EMAIL, lambda text: "@" in text and _EMAIL.fullmatch(text) is not None),
    (Kind.NUMBER, is_number),
    (Kind.CLOCK, is_clock),
    (Kind.MOMENT, lambda text: moment(text) is not None),
    (Kind.DURATION, looks_like_duration),
    (Kind.DAY, lambda text: _DAY.fullmatch(text) is not None),
    (Kind.ID, lambda text: _ID.fullmatch(text) is not None),
)
