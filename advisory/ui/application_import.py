"""Applications from a file: the card it is handed in at, what it would bring, what it brought."""

from typing import Any

from markupsafe import Markup

from ..domain.enrolments import is_late
from ..imports.applications import FIELDS, Problem, Table
from ..imports.cells import shown
from ..imports.intake import Reading
from ..imports.limits import MAX_BYTES
from ..store.application_import import Kind, Outcome, Taken
from ..texts import Text
from .view import View

FIELD = "felt_"  # and the column's number: what a column means, in the form and in the address
MOST_PROBLEMS, MOST_ROWS = 50, 200

_PREVIEW = "application_preview.html"


def may_upload(view: View) -> bool:
    """Whether this person can take applications in here."""
    return view.may("application.import")


def card(view: View, cohort: str) -> Markup:
    """The card that a file is dropped on or chosen in, empty for who may not.

    `cohort` is the code of the round shown: rows that name no cohort belong to it. The card is
    hidden until a link leads to it: `#importer`.
    """
    if not may_upload(view):
        return Markup()
    return view.render("application_upload.html", cohort=cohort, largest=MAX_BYTES)


def preview(view: View, reading: Reading, *, name: str, cohort: str, chosen: bool) -> Markup:
    """What a file would bring: problems first, what the columns mean, every row.

    `name` is what the file is called; `chosen` says that somebody has just changed a column.
    """
    problems = sentences(view.text, reading)
    rows = [_row(view, one) for one in reading.outcomes]
    about_columns = any(not one.row for one in reading.found.problems)
    return view.render(
        _PREVIEW,
        reading=reading,
        file_name=shown(name),
        cohort=cohort,
        problems=problems[:MOST_PROBLEMS],
        more_problems=max(0, len(problems) - MOST_PROBLEMS),
        about_columns=about_columns,
        columns=_columns(reading),
        fields=FIELDS,
        field=FIELD,
        open_columns=chosen or about_columns or not reading.known,
        rows=rows[:MOST_ROWS],
        more_rows=max(0, len(rows) - MOST_ROWS),
        new=reading.count(Kind.NEW),
    )


def sentences(text: Text, reading: Reading) -> list[str]:
    """Everything that has to be put right, a sentence each: the columns, then row by row."""
    found = [(one.row, _problem(text, one)) for one in reading.found.problems]
    found += [(one.row.number, refusal(text, one)) for one in reading.refused]
    return [sentence for _, sentence in sorted(found, key=lambda one: one[0])]


def refusal(text: Text, one: Outcome) -> str:
    """Why an application that can be read cannot be made."""
    why = text.error(one.refusal) if one.refusal else ""
    values = {"row": one.row.number, "municipality": one.row.municipality}
    return text("application_import.refused", why=why, **values)


def taken(view: View, came: Taken) -> Markup:
    """What the file that has just been taken in came to, and the way back."""
    undo = view.store.last_operation if came.new else None
    return view.render("application_taken.html", came=came, undo=undo)


def undone(view: View) -> Markup:
    """That what a file brought has been taken back."""
    return view.render("application_taken.html", came=None, undo=None)


def _problem(text: Text, one: Problem) -> str:
    values = {"row": one.row, "column": one.column, "value": one.value}
    return text(f"application_problem.{one.key}", **{**values, **one.values})


def _columns(reading: Reading) -> list[dict[str, Any]]:
    """The columns as they can be chosen, each with the first thing that stands in it."""
    return [
        {
            "at": at,
            "label": reading.table.label(at),
            "field": reading.mapping.get(at, ""),
            "example": _example(reading.table, at),
        }
        for at in range(len(reading.table.headers))
    ]


def _example(table: Table, at: int) -> str:
    text = next((row.cells[at] for row in table.rows if row.cells[at]), "")
    return shown(text[:41] + "…" if len(text) > 40 else text)


def _row(view: View, one: Outcome) -> dict[str, Any]:
    row = one.row
    cohort = view.store.find("cohort", code=row.cohort) or {"apply_by": None}
    apply_by = view.day(cohort["apply_by"]) if cohort["apply_by"] else None
    return {
        "number": row.number,
        "municipality": row.municipality,
        "cohort": row.cohort,
        "received": row.received_on,
        "time": row.received_time,
        "late": is_late(row.received_on, apply_by) if apply_by else None,
        "kind": one.kind.value,
        "differs": ", ".join(view.text(f"application_field.{name}") for name in one.differs),
    }
