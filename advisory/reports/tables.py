"""The reports: which there are, and each as a DataFrame with words, an Excel sheet, a CSV file."""

import csv
import io
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

import pandas as pd
import xlsxwriter

from .. import frames
from ..domain import calendar
from ..store import Store
from ..texts import Text
from .activities import ACTIVITIES
from .columns import Report, code, columns, reasons, truth, word
from .intake import INTAKE
from .meetings import MEETINGS
from .privacy import DOCUMENTS
from .records import value

WIDEST_PIXELS = 420
# A spreadsheet reads a text that begins with one of these as a formula, or as the start of one
# after it has dropped the character; the last four are full-width forms, which some turn narrow.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\0", "＝", "＋", "－", "＠")


def _municipalities(store: Store) -> pd.DataFrame:
    own = ["municipality_id", "cohort", "status", "health", "holds_place"]
    return frames.municipalities(store).merge(frames.map_places(store)[own], on="municipality_id")


def _notes(store: Store) -> pd.DataFrame:
    cases = frames.enrolments(store)[["enrolment_id", "municipality", "cohort"]]
    return frames.notes(store).merge(cases, on="enrolment_id")


REPORTS: dict[str, Report] = {
    "cases": Report(
        "page.municipalities",
        frames.enrolments,
        ("enrolment_id",),
        columns(
            ("code", "municipality_id", None), "municipality", "region", "cohort", "starts_on",
            "ends_on", ("status", word("status")), "status_since", "received_on",
            ("late_application", truth), "month", "months", "share", "consultant",
            ("prior_experience", code("prior_experience")), "goal", ("health", word("health")),
            ("reasons", reasons), "late", "next_milestone", "next_on",
            ("next_state", word("state")), "last_contact_on", "silent_days",
            ("holds_place", truth),
        ),
    ),
    "municipalities": Report(
        "page.municipalities",
        _municipalities,
        ("municipality_id",),
        columns(
            ("code", "municipality_id", None), "municipality", "region", "part", "population",
            "cohort", ("status", word("status")), ("health", word("health")),
            ("holds_place", truth),
        ),
    ),
    "milestones": Report(
        "page.municipalities",
        frames.milestones,
        ("milestone_id",),
        columns(
            ("code", "municipality_id", None), "municipality", "cohort",
            ("phase", code("phase")), ("milestone", "name", None),
            ("kind", code("milestone_kind")), "rule_on", "due_on", ("pinned", truth),
            "override_reason", "done_on", "na_reason", ("state", word("state")), "days",
        ),
    ),
    "actions": Report(
        "page.overview",
        frames.actions,
        ("kind", "enrolment_id", "target_id"),
        columns(
            ("action", "kind", word("report.action")), "municipality", "cohort", "subject", "on",
            "days", "consultant",
        ),
    ),
    "notes": Report(
        "page.case",
        _notes,
        ("note_id",),
        columns(
            "municipality", "cohort", "noted_on", ("kind", code("note_kind")), "text", "author",
            "edits",
        ),
    ),
    **MEETINGS,
    **ACTIVITIES,
    **INTAKE,
}  # fmt: skip


def table(store: Store, text: Text, name: str, only: pd.DataFrame | None = None) -> pd.DataFrame:
    """The report `name` with headers and words in the language of `text`.

    `only` keeps the rows whose key (`REPORTS[name].key`) it has, in its order: what a page shows
    after its filters. Numbers stay numbers and days `datetime64`. Refuses with `forbidden`; a
    name that is neither in `REPORTS` nor in `DOCUMENTS` is a KeyError.
    """
    report = DOCUMENTS[name] if name in DOCUMENTS else REPORTS[name]
    store.require(report.action)
    rows = report.rows(store)
    if only is not None:
        rows = only[[*report.key]].merge(rows, on=[*report.key], how="inner")
    found = {}
    for header, column, words in report.columns:
        english = f"{column}_en"
        if text.language != "da" and english in rows:
            column = english
        values = rows[column]
        found[text(f"report.column.{header}")] = words(store, text, values) if words else values
    return pd.DataFrame(found)


def file_stem(store: Store) -> str:
    """A file name without its ending: the product, `demo` where it is, and the date."""
    return f"peerforloeb{'-demo' if store.is_demo else ''}-{store.today().isoformat()}"


def xlsx_bytes(
    store: Store, text: Text, names: Iterable[str] | Mapping[str, pd.DataFrame]
) -> bytes:
    """An Excel workbook with one sheet per report and a last one that says what they show.

    A mapping gives each report the rows to keep, as `only` does in `table`. Texts are texts
    whatever they begin with, days are days. Refuses as `table`.
    """
    only = names if isinstance(names, Mapping) else {}
    found = {name: table(store, text, name, only.get(name)) for name in names}
    written = io.BytesIO()
    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "default_date_format": "dd-mm-yyyy",
    }
    with xlsxwriter.Workbook(written, options) as book:
        book.set_properties(
            {"title": text("app.name"), "created": calendar.local(store.now()).replace(tzinfo=None)}
        )
        for name, rows in found.items():
            _sheet(book, text(f"report.{name}"), rows)
        _about(book, store, text, {name: len(rows) for name, rows in found.items()})
    return written.getvalue()


def _sheet(book: xlsxwriter.Workbook, name: str, rows: pd.DataFrame) -> None:
    sheet = book.add_worksheet(name)
    head = book.add_format({"bold": True, "bottom": 1, "valign": "top"})
    cell = book.add_format({"text_wrap": True, "valign": "top"})
    for column, header in enumerate(rows.columns):
        sheet.write_string(0, column, header, head)
        for line, found in enumerate(rows[header], start=1):
            _write(sheet, line, column, value(found), cell)
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, max(len(rows), 1), len(rows.columns) - 1)
    sheet.autofit(WIDEST_PIXELS)


def _write(sheet: Any, line: int, column: int, found: Any, look: Any) -> None:
    if found is None or found == "":
        return
    if isinstance(found, date):
        sheet.write_datetime(line, column, found)
    elif isinstance(found, int | float):
        sheet.write_number(line, column, found)
    else:
        sheet.write_string(line, column, found, look)


def _about(book: xlsxwriter.Workbook, store: Store, text: Text, lengths: dict[str, int]) -> None:
    """What the workbook shows, of which day, taken out when, from where."""
    lines: list[tuple[str, Any]] = [
        (text("report.product"), text("app.name")),
        (text("report.as_of"), store.today()),
        (text("report.made"), text.instant(store.now())),
    ]
    if store.is_demo:
        lines.append((text("report.note"), text("report.demo_note")))
    lines += [(text("report.source"), source) for source in _sources(store, text, lengths)]
    lines += [
        (text("report.rows", sheet=text(f"report.{name}")), length)
        for name, length in lengths.items()
    ]
    sheet = book.add_worksheet(text("report.about"))
    bold = book.add_format({"bold": True, "valign": "top"})
    cell = book.add_format({"text_wrap": True, "valign": "top", "align": "left"})
    for line, (name, found) in enumerate(lines):
        sheet.write_string(line, 0, name, bold)
        _write(sheet, line, 1, found, cell)
    sheet.autofit(WIDEST_PIXELS)


def _sources(store: Store, text: Text, names: Iterable[str]) -> list[str]:
    """Where what these reports say comes from, each once; a document has a source of its own."""
    found = [text(f"report.source_of.{name}") for name in names if name in DOCUMENTS]
    if any(name in REPORTS for name in names):
        rows = [*store.rows("initiative"), *store.rows("cohort"), *store.rows("municipality")]
        found += dict.fromkeys(row["source"] for row in rows)
    return found


def csv_bytes(store: Store, text: Text, name: str, only: pd.DataFrame | None = None) -> bytes:
    """The report `name` as a CSV file that a Danish Excel opens as a table.

    Semicolons, UTF-8 with a mark, CRLF, decimal comma, ISO days. Every row ends with the date it
    holds for and, on invented data, says so. A text that a spreadsheet would read as a formula
    begins with an apostrophe. `only` as in `table`, which this refuses as.
    """
    rows = table(store, text, name, only)
    rows[text("report.column.as_of")] = pd.Timestamp(store.today())
    if store.is_demo:
        rows[text("report.column.note")] = text("report.demo_note")
    written = io.StringIO(newline="")
    writer = csv.writer(written, delimiter=";", lineterminator="\r\n")
    writer.writerow(rows.columns)
    for row in rows.itertuples(index=False, name=None):
        writer.writerow([_csv_cell(value(cell)) for cell in row])
    return written.getvalue().encode("utf-8-sig")


def _csv_cell(found: Any) -> str:
    if found is None:
        return ""
    if isinstance(found, date):
        return found.isoformat()
    if isinstance(found, int | float):
        return str(found).replace(".", ",")
    return f"'{found}" if found.startswith(FORMULA_STARTS) else found
