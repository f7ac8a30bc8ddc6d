"""Applications out of a list: import-applications."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from .. import imports
from ..domain.errors import NotFound, Refused
from ..imports import intake
from ..imports.applications import FIELDS, Table
from ..store import application_import
from ..store.application_import import Kind, Outcome, Taken
from ..texts import Text
from ..ui.application_import import sentences
from .output import aligned, say, say_json
from .session import Session, json_option, pass_session


@click.command("import-applications")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--cohort", default="", metavar="CODE", help="The cohort of rows that name none.")
@click.option(
    "--map", "meant", multiple=True, metavar="COLUMN=FIELD", help="What a column means; again."
)
@click.option("--dry-run", is_flag=True, help="Show what would come of it, and write nothing.")
@json_option
@pass_session
def import_applications(
    session: Session, file: Path, cohort: str, meant: Sequence[str], dry_run: bool, as_json: bool
) -> None:
    """Take in the applications in FILE (.xlsx or .csv), all of them or none.

    What the columns mean is guessed, or as it was last time; --map says it for one of them, and
    "Column=" leaves one out. The same file again changes nothing. JSON: columns, rows (row,
    municipality, cohort, received_on, received_time, outcome, differs), problems (row, sentence),
    taken.

    \b
    Example:
        advisory import-applications ansoegninger.xlsx --cohort 2025-08 --dry-run
        advisory import-applications ansoegninger.csv --map "Begrundelse=motivation"
    """
    if not file.is_file():
        raise NotFound("file_missing", path=str(file))
    table = imports.read_applications_safely(file.read_bytes(), file.name)
    with session.writer() as store:
        chosen, language = _chosen(table, meant), session.text.language
        reading = intake.look(store, table, chosen, cohort=cohort.strip(), language=language)
        came = None
        if not dry_run and not reading.problems:
            came = application_import.take_in(store, reading.found.rows, reading.learns)
        _show(session.text, reading, came, as_json)
        if reading.problems and not dry_run:
            raise Refused("applications_not_ready", problems=reading.problems)
        if came and came.new:
            session.tell_who(store)


def _chosen(table: Table, meant: Sequence[str]) -> dict[int, str]:
    """Column -> field of what --map says.

    Refuses with `column_unknown` and `application_field_unknown` (field, known).
    """
    chosen = {}
    for one in meant:
        column, _, field = one.rpartition("=")
        if field.strip() not in ("", *FIELDS):
            known = ", ".join(FIELDS)
            raise Refused("application_field_unknown", field=field.strip()[:40], known=known)
        chosen[intake.named(table, column)] = field.strip()
    return chosen


def _show(text: Text, reading: intake.Reading, came: Taken | None, as_json: bool) -> None:
    """Print what a list says, what stands in its way, and what became of it."""
    table, problems = reading.table, sentences(text, reading)
    if as_json:
        columns = {table.label(at): field for at, field in reading.mapping.items()}
        taken = came and {"new": came.new, "same": came.same, "different": came.different}
        rows = [_row(one) for one in reading.outcomes]
        say_json({"columns": columns, "rows": rows, "problems": problems, "taken": taken})
        return
    for at, field in reading.mapping.items():
        say(f"{table.label(at)} = {text(f'application_field.{field}')}")
    if reading.outcomes:
        say("\n" + aligned([_cells(text, one) for one in reading.outcomes]))
    for sentence in problems:
        say(sentence)
    if came:
        say("\n" + _taken(text, came))


def _row(one: Outcome) -> dict[str, Any]:
    row = one.row
    return {
        "row": row.number,
        "municipality": row.municipality,
        "cohort": row.cohort,
        "received_on": row.received_on,
        "received_time": row.received_time and row.received_time.isoformat("minutes"),
        "outcome": one.kind.value,
        "differs": list(one.differs),
    }


def _cells(text: Text, one: Outcome) -> tuple[str, ...]:
    row, key = one.row, "is_refused" if one.kind is Kind.REFUSED else one.kind.value
    what = text(f"application_import.{'same' if one.kind is Kind.DIFFERENT else key}")
    if one.differs:
        names = ", ".join(text(f"application_field.{name}") for name in one.differs)
        what += ". " + text("application_import.differs", fields=names)
    day = text.date_medium(row.received_on)
    return str(row.number), row.municipality, text.cohort(row.cohort), day, what


def _taken(text: Text, came: Taken) -> str:
    """What taking a list in came to, in words."""
    said = [text("application_import.nothing")]
    if came.new:
        said = [text.count("application_import.taken", came.new)]
        said += [text.count("application_import.same_left", came.same)] if came.same else []
    if came.different:
        said.append(text.count("application_import.different_left", came.different))
    return " ".join(said)


COMMANDS = (import_applications,)
