"""What a partner may answer in a delivery sheet, and how a cell of it is read."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from . import calendar
from .activities import MOST_PEOPLE
from .errors import AdvisoryError, Refused
from .personal import refuse_cpr

SESSION_FIELDS = ("day", "starts", "ends", "place", "seats", "held")
ATTENDED = "attended"
DECISIONS = ("theirs", "ours")
YES, NO = "yes", "no"
MOST_SEATS, LONGEST_PLACE, SHOWN = 1_000, 200, 60

_WORDS = {"ja": YES, "yes": YES, "x": YES, "sand": YES, "true": YES, "1": YES} | dict.fromkeys(
    ("nej", "no", "falsk", "false", "0", ""), NO
)
_DATE = re.compile(r"(\d{4}-\d{2}-\d{2})(?: 00:00:00)?")
_CLOCK = re.compile(r"(?:(?:1899-12-3[01]|1904-01-01) )?(\d{1,2}):(\d{2}):(\d{2})")
_NUMBER = re.compile(r"-?\d{1,9}(?:[.,]0+)?")
_FRACTION = re.compile(r"0[.,]\d+")
_SERIAL = re.compile(r"\d{5}")
_FIRST_SERIAL = date(1899, 12, 30)  # what Excel counts its days from
_HEAD_KEY = re.compile(r"A-(\d{1,9})-(\d{1,9})-([a-z_]{1,30})")
_SESSION_KEY = re.compile(r"A-(\d{1,9})")


@dataclass(frozen=True, slots=True)
class Cell:
    """One filled-in cell: the row and the header it stands under, and its text as it is written.

    `key` names the session, or the session, the case and the audience; `field` is one of
    `SESSION_FIELDS` or `ATTENDED`.
    """

    tab: str
    row: int
    column: str
    key: str
    field: str
    text: str


@dataclass(frozen=True, slots=True)
class Reply:
    """A delivery sheet that came back: its number, its mark, and every cell one may fill in."""

    number: int
    mark: str
    cells: tuple[Cell, ...]


def session_key(activity_id: int) -> str:
    """What a session is called in a sheet: A-123."""
    return f"A-{activity_id}"


def head_key(activity_id: int, enrolment_id: int, audience: str) -> str:
    """What the number of those who came is called in a sheet: A-123-4-staff."""
    return f"A-{activity_id}-{enrolment_id}-{audience}"


def head_field(enrolment_id: int, audience: str) -> str:
    """The name of the number of those who came from one municipality: attended:4:staff."""
    return f"{ATTENDED}:{enrolment_id}:{audience}"


def of_head(field: str) -> tuple[int, str] | None:
    """The case and the audience whose number a field is, None for the session's own fields."""
    if not field.startswith(f"{ATTENDED}:"):
        return None
    _, enrolment_id, audience = field.split(":")
    return int(enrolment_id), audience


def place_of(cell: Cell) -> tuple[int, str] | None:
    """The activity and the field that a cell is about; None when its key is none of ours."""
    if cell.field == ATTENDED:
        head = _HEAD_KEY.fullmatch(cell.key)
        return (int(head[1]), head_field(int(head[2]), head[3])) if head else None
    session = _SESSION_KEY.fullmatch(cell.key)
    return (int(session[1]), cell.field) if session else None


def value(cell: Cell, today: date) -> str | None:
    """What a cell says, as the store compares it; None where it says nothing.

    Days are ISO, times `09:30`, numbers plain, `held` yes or no. A day, a start and an end cannot
    be left empty. Refuses with `sheet_cell_empty`, `sheet_day_unreadable`,
    `sheet_time_unreadable`, `sheet_number_unreadable` (lowest, highest), `sheet_held_unreadable`,
    `sheet_text_too_long` (limit), each with tab, row, column and value, and with `cpr_refused`.
    """
    refuse_cpr(cell.text)
    if not cell.text and cell.field in ("day", "starts", "ends"):
        _refuse("sheet_cell_empty", cell)
    return _READERS[cell.field](cell, today)


def _day(cell: Cell, today: date) -> str:
    try:
        if found := _DATE.fullmatch(cell.text):
            return date.fromisoformat(found[1]).isoformat()
        if _SERIAL.fullmatch(cell.text):
            return (_FIRST_SERIAL + timedelta(days=int(cell.text))).isoformat()
        return calendar.parse_date(cell.text, today).isoformat()
    except (AdvisoryError, ValueError):
        return _refuse("sheet_day_unreadable", cell)


def _time(cell: Cell, _today: date) -> str:
    try:
        if found := _CLOCK.fullmatch(cell.text):
            return _clock(int(found[1]) * 60 + int(found[2]) + (int(found[3]) >= 30), cell)
        if _FRACTION.fullmatch(cell.text):
            return _clock(round(float(cell.text.replace(",", ".")) * 24 * 60), cell)
        return f"{calendar.parse_time(cell.text):%H:%M}"
    except AdvisoryError:
        return _refuse("sheet_time_unreadable", cell)


def _clock(minutes: int, cell: Cell) -> str:
    if minutes >= 24 * 60:
        _refuse("sheet_time_unreadable", cell)
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _place(cell: Cell, _today: date) -> str | None:
    if len(cell.text) > LONGEST_PLACE:
        _refuse("sheet_text_too_long", cell, limit=LONGEST_PLACE)
    return cell.text or None


def _held(cell: Cell, _today: date) -> str:
    return _WORDS.get(cell.text.casefold()) or _refuse("sheet_held_unreadable", cell)


def _number(lowest: int, highest: int) -> Callable[[Cell, date], str | None]:
    def read(cell: Cell, _today: date) -> str | None:
        if not cell.text:
            return None
        if _NUMBER.fullmatch(cell.text):
            number = int(re.split("[.,]", cell.text)[0])
            if lowest <= number <= highest:
                return str(number)
        return _refuse("sheet_number_unreadable", cell, lowest=lowest, highest=highest)

    return read


_READERS: dict[str, Callable[[Cell, date], str | None]] = {
    "day": _day,
    "starts": _time,
    "ends": _time,
    "place": _place,
    "seats": _number(1, MOST_SEATS),
    "held": _held,
    ATTENDED: _number(0, MOST_PEOPLE),
}


def _refuse(key: str, cell: Cell, **more: int) -> str:
    shown = cell.text if len(cell.text) <= SHOWN else f"{cell.text[: SHOWN - 1]}…"
    raise Refused(key, tab=cell.tab, row=cell.row, column=cell.column, value=shown, **more)
