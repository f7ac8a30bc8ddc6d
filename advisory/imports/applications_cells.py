"""The table in a list of applications: its cells as text, and what its columns are called.

Here is what may run beside a hostile file; what the cells mean is read in `applications`.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, time

from ..domain.attendance import folded
from ..domain.calendar import local, parse_date, parse_time
from ..domain.errors import Refused
from . import limits, shape, text, workbook
from .cells import MASKED, Kind, Row, has_cpr, kind, shown
from .kinds import kind as kind_of_file
from .times import Order, moment

FIELDS = (
    *("municipality", "cohort", "received", "contact_name", "contact_role", "contact_email"),
    *("contact_phone", "experience", "motivation", "goal", "commitment", "attachments"),
)
NEEDED = ("municipality", "received")
MAX_ROWS = 2_000
LINK = re.compile(r"https://\S")

_PREAMBLE, _LOOKED_AHEAD = 50, 12  # rows that may stand above the header; rows it is held against
_IN_HEADER = frozenset({Kind.TEXT, Kind.EMPTY, Kind.DASH, Kind.DURATION})  # "1 prioritet" is a word
_MONTHS = (  # how a month is written, and its first day as a date that can be read
    (re.compile(r"([^\W\d_]{3,9})\.?[ -]*['’]?(\d{4}|\d{2})"), r"1. \1 \2"),
    (re.compile(r"(\d{1,2})[/.-](\d{4})"), r"1/\1/\2"),
    (re.compile(r"(\d{4})[/.-](\d{1,2})"), r"\1-\2-1"),
)
_DAY_AND_TIME = re.compile(r"(.+?)[ ,]+(kl\.? ?\d{1,2}(?:[.:]\d{2})?|\d{1,2}[.:]\d{2})")
_SLASHED = re.compile(r"(\d{1,2})/(\d{1,2})/\d{2,4}(?!\d)(.*\d ?[ap]\.?m\b)?", re.I)
_EXCEL_TIME = re.compile(r"(\d{4}-\d\d-\d\d)(?: 00:00|( \d\d:\d\d)):\d\d")
# What people call the columns, in the words of `header_key`; the first that fits is meant.
_CALLED = tuple(
    (field, re.compile(rf"\b(?:{words})\b"))
    for field, words in (
        (
            "municipality",
            r"^(?:navn pa )?\w*kommunen?s?(?: (?:navn|nr|nummer|kode))?$"
            r"|kommune(?:navn|nr|nummer|kode)|municipality (?:name|code)",
        ),
        ("contact_email", r"e ?mail\w*|e ?post|mail|mailadresse"),
        ("contact_phone", r"telefon\w*|tlf\w*|mobil\w*|(?:tele)?phone"),
        ("contact_role", r"titel|stilling\w*|rolle|funktion|role|title|position"),
        ("attachments", r"bilag|links?|vedhaft\w*|attachments?|dokument\w*|documents?"),
        ("commitment", r"\w*tilsagn|\w*opbakning|commitment"),
        ("experience", r"\w*erfaringe?r?|experience"),
        ("motivation", r"motivation\w*|begrundelse\w*|hvorfor|why"),
        ("goal", r"mal|malet|malsatning\w*|formal\w*|goals?|aims?|objectives?"),
        (
            "cohort",
            r"hold|holdet|kohorte|cohort|\w*opstart|opstartsdato|start(?! (?:tid|time))|startdato"
            r"|startmaned|forlobsstart",
        ),
        (
            "received",
            r"modtag\w*|received|ansogningsdato|ansogt|indsendt|indkommet|submitted|dato|date"
            r"|(?:fard|fuldf)\w+tidspunkt|completion time|tidsstempel|timestamp",
        ),
        ("contact_name", r"kontakt\w*|contact\w*|navn|name|ansoger"),
        ("municipality", r"\w*kommune\w*|municipality"),
    )
)


@dataclass(frozen=True, slots=True)
class TableRow:
    """The cells of one row, as many as the table has columns, and its number in the file."""

    number: int
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """What a list holds: its headers ("" for none), the letters of its columns, its rows.

    `header_row` is the number of the row with the headers. `tab` names the sheet, `others` the
    sheets that look like a list too and were not read.
    """

    headers: tuple[str, ...]
    letters: tuple[str, ...]
    header_row: int
    rows: tuple[TableRow, ...]
    tab: str = ""
    others: tuple[str, ...] = ()

    def label(self, column: int) -> str:
        """What a column is called: its header, else its letter as in Excel."""
        return shown(self.headers[column]) or self.letters[column]


def read(content: bytes, name: str, *, near: datetime | None = None) -> Table:
    """The rows of a list, below the row that names the most of its columns.

    Rows and columns with nothing in them are left out, a CPR number is masked, and of several
    sheets that one is read which names what is needed and has the most rows. `name` and `near`
    decide nothing. Refuses as `limits.check`, and with `applications_missing`,
    `applications_too_many` (limit), `file_too_many_columns` (limit) and `file_not_readable`.
    """
    limits.check(content)
    if kind_of_file(content) == "zip":
        found = [
            (sheet.name, sheet.rows, at)
            for sheet in workbook.sheets(content)
            if (at := _header_at(sheet.rows)) is not None
        ]
    else:
        one = _text_table(text.decode(content))
        found = [("", *one)] if one else []
    if not found:
        raise Refused("applications_missing")
    best = max(found, key=lambda one: (_named(one[1], one[2]), len(one[1]) - one[2]))
    others = tuple(shown(one[0]) for one in found if one is not best)
    return _table(*best, others)


def header_key(header: str) -> str:
    """A header as it is remembered: the same for `E-mail: ` and `e-mail`, "" for none."""
    return folded(header)[:200]


def guess(table: Table, remembered: Mapping[str, str]) -> dict[int, str]:
    """Column -> field, by what was meant last time (header_key -> field), else by its words.

    A field goes to one column: what is remembered first, then the first in the table. A column
    that was remembered as no field ("") is left out.
    """
    keys = [header_key(header) for header in table.headers]
    known = ((at, remembered[key]) for at, key in enumerate(keys) if key and key in remembered)
    told = ((at, _field(key)) for at, key in enumerate(keys) if key and key not in remembered)
    found: dict[int, str] = {}
    for at, field in (*known, *told):
        if field in FIELDS and field not in found.values():
            found[at] = field
    return dict(sorted(found.items()))


def day_and_time(text: str, today: date) -> tuple[date, time | None]:
    """A date in Copenhagen and the time of day if one is written, the day before the month.

    Midnight is no time of day: Excel writes it behind every date. Refuses as `calendar.parse_date`.
    """
    if found := moment(text):
        instant = found.instant(Order.DAY)
        if instant is None:
            raise Refused("date_unreadable", text=text)
        at = local(instant).time().replace(second=0)
        return local(instant).date(), at if at != time(0) else None
    with suppress(Refused):
        return parse_date(text, today), None
    parts = _DAY_AND_TIME.fullmatch(text.lower())
    if parts is None:
        raise Refused("date_unreadable", text=text)
    return parse_date(parts[1], today), parse_time(parts[2])


def first_of_month(text: str) -> date | None:
    """The first day of the month, or of the month of the day, that a text names with its year."""
    ways = [text, *(hit.expand(as_day) for way, as_day in _MONTHS if (hit := way.fullmatch(text)))]
    for way in reversed(ways):
        with suppress(Refused):
            found = parse_date(way, date(2000, 1, 1))
            # What has no year of its own is another day when it is read at another time.
            return found.replace(day=1) if found == parse_date(way, date(2050, 1, 1)) else None
    return None


def is_month_first(dates: Iterable[str]) -> bool:
    """Whether any of these is written as Americans do: 10/31/2024, or with am or pm."""
    found = [hit for one in dates if (hit := _SLASHED.match(one))]
    return any(int(hit[1]) <= 12 and (int(hit[2]) > 12 or hit[3]) for hit in found)


def is_open(text: str) -> bool:
    """Whether a date written with slashes is another day when the month is taken for the day."""
    hit = _SLASHED.match(text)
    return hit is not None and int(hit[1]) != int(hit[2]) and max(int(hit[1]), int(hit[2])) <= 12


def _field(key: str) -> str:
    """The field that a header means, "" for none."""
    return next((field for field, called in _CALLED if called.search(key)), "")


def _named(rows: Sequence[Row], at: int) -> int:
    """How many of the fields that are needed the header at `at` names."""
    return len({_field(header_key(cell)) for cell in rows[at].cells} & set(NEEDED))


def _text_table(content: str) -> tuple[list[Row], int] | None:
    """The rows of a text and which of them is the header.

    Where few cells tell the separator (no addresses, many left empty), the header has to.
    """
    rows, chosen = text.rows(content)
    found = [(rows, at)] if (at := _header_at(rows)) is not None else []
    if not found or _named(*found[0]) < len(NEEDED):
        others = [one for one in ";\t," if one in content and one != chosen]
        ways = (_by(content, delimiter) for delimiter in others)
        found += [(way, at) for way in ways if (at := _header_at(way)) is not None]
    return max(found, key=lambda one: (_named(*one), one[0][one[1]].filled), default=None)


def _by(content: str, delimiter: str) -> list[Row]:
    """The rows of a text with this separator; none when they cannot be read with it."""
    with suppress(Refused):
        return text.rows(content, delimiter)[0]
    return []


def _header_at(rows: Sequence[Row]) -> int | None:
    """The row of words above the first data that labels the most columns; None without one."""
    best, most = None, 1
    for at, one in enumerate(rows[:_PREAMBLE]):
        below = [row for row in rows[at + 1 : at + 1 + _LOOKED_AHEAD] if row.filled > 1]
        if any(kind(cell) not in _IN_HEADER for cell in one.cells):
            if best is not None:
                break
        elif one.filled > 1 and below:
            used = {column for row in below for column, cell in enumerate(row.cells) if cell}
            labelled = sum(bool(one.cell(column)) for column in used)
            if labelled > most:
                best, most = at, labelled
    return best


def _table(tab: str, rows: Sequence[Row], at: int, others: tuple[str, ...]) -> Table:
    """The table below the header at `at`, without columns that hold nothing."""
    header, below = rows[at], rows[at + 1 :]
    if len(below) > MAX_ROWS:
        raise Refused("applications_too_many", limit=MAX_ROWS)
    columns = sorted({n for row in (header, *below) for n, cell in enumerate(row.cells) if cell})
    if len(columns) > text.MAX_COLUMNS:
        raise Refused("file_too_many_columns", limit=text.MAX_COLUMNS)
    letter = shape.Table("", Row(0, ())).label  # of a table without headers
    return Table(
        headers=tuple(_cell(header.cell(column)) for column in columns),
        letters=tuple(letter(column) for column in columns),
        header_row=header.number,
        rows=tuple(
            TableRow(row.number, tuple(_cell(row.cell(column)) for column in columns))
            for row in below
        ),
        tab=shown(tab),
        others=others,
    )


def _cell(written: str) -> str:
    """A cell without midnight and seconds behind a date, masked where it holds a CPR number.

    The digits in an address of the web are none (and no person's words).
    """
    if has_cpr(written) and not all(map(LINK.match, written.split())):
        return MASKED
    return _EXCEL_TIME.sub(r"\1\2", written) if _EXCEL_TIME.fullmatch(written) else written
