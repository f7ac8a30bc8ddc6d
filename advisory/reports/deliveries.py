"""The sheet that a provider is sent: its sessions as they were, and the cells it may answer in."""

import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import xlsxwriter

from ..domain import calendar
from ..domain import deliveries as rules
from ..frames.deliveries import homes, sheet_sessions
from ..store import Row, Store
from ..store import deliveries as sheets
from ..store.instants import instant
from ..texts import Text
from .records import records
from .tables import file_stem

SESSION_COLUMNS = ("key", "session", "municipalities", *rules.SESSION_FIELDS)
HEAD_COLUMNS = ("key", "session", "day_then", "municipality", "audience", rules.ATTENDED)
HEADER_ROW = 4
OPTIONS = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}
LOCKED = {"objects": True, "format_columns": True, "format_rows": True, "autofilter": True}


@dataclass(frozen=True, slots=True)
class _Looks:
    """The formats of a sheet; what may be answered in is white and open, the rest is grey."""

    title: Any
    head: Any
    fixed: Any
    fixed_day: Any
    open: dict[str, Any]

    def of(self, column: str) -> Any:
        if column in self.open:
            return self.open[column]
        return self.fixed_day if column == "day_then" else self.fixed


def sheet(store: Store, sheet_id: int, text: Text) -> bytes:
    """The sheet as an Excel workbook: its sessions on one tab, those who came on another.

    It shows what stood in it when it was made, so that the same sheet is the same workbook. Only
    the cells that may be answered are open. Refuses as `store.deliveries.sheet`.
    """
    made = sheets.sheet(store, sheet_id)
    base = sheets.base(made)
    known = {row["activity_id"]: row for row in records(sheet_sessions(store, sheet_id))}
    places = homes(store)
    written = io.BytesIO()
    with xlsxwriter.Workbook(written, OPTIONS) as book:
        at = calendar.local(instant(made["made_at"])).replace(tzinfo=None)
        book.set_properties({"title": text("delivery_sheet.title"), "created": at})
        looks, top = _looks(book), _top(store, made, text)
        _tab(book, "sessions", SESSION_COLUMNS, _sessions(base, known, text), top, looks, text)
        _tab(book, "heads", HEAD_COLUMNS, _heads(base, known, places, text), top, looks, text)
    return written.getvalue()


def file_name(store: Store, sheet_id: int, text: Text) -> str:
    """What the file is called, with its ending; no letters that a header cannot carry."""
    return f"{file_stem(store)}-{text('delivery_sheet.file')}-{sheet_id}.xlsx"


def _top(store: Store, made: Row, text: Text) -> list[str]:
    """The lines above the tables: which sheet it is, what may be changed, that it is invented."""
    provider = store.get("organisation", made["provider_id"])["name"]
    number = f"L-{made['id']}-{sheets.mark(made)}"
    at = instant(made["made_at"])
    lines = [
        text("delivery_sheet.line", number=number, provider=provider, at=at),
        text("delivery_sheet.note"),
    ]
    return [*lines, text("report.demo_note")] if store.is_demo else lines


def _sessions(
    base: dict[int, sheets.Values], known: dict[int, Row], text: Text
) -> Iterator[dict[str, Any]]:
    for activity_id, values in base.items():
        session = known.get(activity_id, {})
        yield {
            "key": rules.session_key(activity_id),
            "session": session.get("title", ""),
            "municipalities": ", ".join(session.get("municipalities", ())),
            "day": _day(values["day"]),
            **{name: calendar.parse_time(values[name] or "") for name in ("starts", "ends")},
            "place": values["place"],
            "seats": _number(values["seats"]),
            "held": text(f"app.{values['held']}"),
        }


def _heads(
    base: dict[int, sheets.Values], known: dict[int, Row], places: dict[int, str], text: Text
) -> Iterator[dict[str, Any]]:
    for activity_id, values in base.items():
        for field, attended in values.items():
            if (head := rules.of_head(field)) is None:
                continue
            yield {
                "key": rules.head_key(activity_id, *head),
                "session": known.get(activity_id, {}).get("title", ""),
                "day_then": _day(values["day"]),
                "municipality": places.get(head[0], ""),
                "audience": text(f"audience.{head[1]}"),
                rules.ATTENDED: _number(attended),
            }


def _tab(
    book: Any,
    name: str,
    columns: tuple[str, ...],
    rows: Iterable[dict[str, Any]],
    top: list[str],
    looks: _Looks,
    text: Text,
) -> None:
    tab = book.add_worksheet(text(f"delivery_sheet.{name}"))
    for line, words in enumerate(top):
        tab.write_string(line, 0, words, looks.title if line == 0 else None)
    last = HEADER_ROW
    for column, field in enumerate(columns):
        tab.write_string(HEADER_ROW, column, text(f"delivery_field.{field}"), looks.head)
    for last, row in enumerate(rows, HEADER_ROW + 1):
        for column, field in enumerate(columns):
            _write(tab, last, column, row[field], looks.of(field))
    if "held" in columns:
        words = [text("app.yes"), text("app.no")]
        where = (HEADER_ROW + 1, columns.index("held"), max(last, HEADER_ROW + 1))
        tab.data_validation(*where, where[1], {"validate": "list", "source": words})
    tab.freeze_panes(HEADER_ROW + 1, 1)
    tab.autofilter(HEADER_ROW, 0, max(last, HEADER_ROW + 1), len(columns) - 1)
    _widths(tab, columns)
    tab.protect("", LOCKED)


def _widths(tab: Any, columns: tuple[str, ...]) -> None:
    """Widths that fit what stands in them; the lines above would make the first one huge."""
    wide = {"key": 22, "session": 40, "municipalities": 34, "municipality": 20, "place": 32}
    for column, field in enumerate(columns):
        tab.set_column(column, column, wide.get(field, 14))


def _write(tab: Any, line: int, column: int, found: Any, look: Any) -> None:
    if found is None or found == "":
        tab.write_blank(line, column, None, look)
    elif isinstance(found, int):
        tab.write_number(line, column, found, look)
    elif isinstance(found, str):
        tab.write_string(line, column, found, look)
    else:
        tab.write_datetime(line, column, found, look)


def _looks(book: Any) -> _Looks:
    grey = {"valign": "top", "text_wrap": True, "bg_color": "#EDF0EF", "border": 1}
    line = {"valign": "top", "text_wrap": True, "locked": False, "border": 1}
    line |= {"border_color": "#7F8C8E"}
    grey |= {"border_color": "#D8DEDC"}
    formats = {
        **{"day": "dd-mm-yyyy", "starts": "hh:mm", "ends": "hh:mm", "place": "@", "held": "@"},
        **{"seats": "0", rules.ATTENDED: "0"},
    }
    return _Looks(
        title=book.add_format({"bold": True}),
        head=book.add_format({"bold": True, "bottom": 1, "valign": "top", "text_wrap": True}),
        fixed=book.add_format(grey),
        fixed_day=book.add_format({**grey, "num_format": "dd-mm-yyyy"}),
        open={name: book.add_format({**line, "num_format": one}) for name, one in formats.items()},
    )


def _day(value: str | None) -> date | None:
    return date.fromisoformat(value) if value else None


def _number(value: str | None) -> int | None:
    return None if value is None else int(value)
