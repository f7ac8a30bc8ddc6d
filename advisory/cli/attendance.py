"""Who was there, and forgetting them again: attendance, erase."""

import hashlib
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from .. import imports
from ..domain import attendance as rules
from ..domain.errors import NotFound
from ..store import Store, attendance, demo, erasure, open_store, users
from ..texts import Text
from .output import aligned, say, say_json
from .session import Session, json_option, pass_session


@click.command("attendance")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--activity", type=int, metavar="ID", help="The meeting to take the report in at.")
@click.option("--dry-run", is_flag=True, help="Show what would come of it, and write nothing.")
@json_option
@pass_session
def attendance_(
    session: Session, file: Path, activity: int | None, dry_run: bool, as_json: bool
) -> None:
    """Read the attendance report FILE of Teams or Zoom, or a list; nothing else is needed for that.

    With --activity the people are matched to the sign-ups and taken in, once. JSON: format, title,
    rows, people (name, email, minutes, joins), problems, and with --activity: activity, taken.

    \b
    Example:
        advisory attendance rapport.csv
        advisory attendance rapport.csv --activity 7 --dry-run
    """
    if not file.is_file():
        raise NotFound("file_missing", path=str(file))
    content = file.read_bytes()
    if activity is None:
        _show(session.text, imports.read_safely(content, file.name), None, as_json)
        return
    with session.writer() as store:
        meeting = store.get("activity", activity)
        near = datetime.fromisoformat(meeting["starts_at"])
        report = imports.read_safely(content, file.name, near=near)
        attendance.refuse(store, meeting, report)
        came = None if dry_run else _take_in(store, activity, report, file.name, content)
        _show(session.text, report, came, as_json, meeting)
        if came:
            session.tell_who(store)


def _take_in(
    store: Store, activity: int, report: rules.Report, name: str, content: bytes
) -> attendance.Taken:
    sha256 = hashlib.sha256(content).hexdigest()
    return attendance.take_in(store, activity, report, file_name=name, sha256=sha256)


def _show(
    text: Text,
    report: rules.Report,
    came: attendance.Taken | None,
    as_json: bool,
    meeting: dict[str, Any] | None = None,
) -> None:
    """Print what a report says, and what became of it."""
    people: list[dict[str, Any]] = [
        {"name": one.name, "email": one.email, "minutes": _minutes(one, meeting)}
        | {"joins": one.joins}
        for one in report.people
    ]
    problems = [_problem(text, one) for one in report.problems]
    if as_json:
        head: dict[str, Any] = {"format": report.format, "title": report.title, "rows": report.rows}
        if meeting is not None:
            head |= {"activity": meeting["id"], "taken": vars(came) if came else None}
        say_json({**head, "people": people, "problems": problems})
        return
    words = text(f"upload_format.{report.format}")
    say(text("upload.found", format=words, rows=report.rows, people=len(people)))
    if people:
        cells = [
            (one["name"], one["email"] or "–", text.number(_whole(one["minutes"])))
            for one in people
        ]
        names = tuple(text(f"upload.{name}") for name in ("name", "email", "minutes"))
        say("\n" + aligned([names, *cells]))
    if problems:
        say("\n" + text.count("upload.problems", len(problems)))
        for one in problems:
            say("  " + one["sentence"])
    if came:
        key = "upload.done" if came.changed else "upload.again"
        say("\n" + text(key, people=came.people, matched=came.matched, open=came.open))


def _minutes(person: rules.Person, meeting: dict[str, Any] | None) -> float | None:
    """Minutes at the meeting, or in all when it is not known which one it was."""
    if meeting is not None:
        start, end = (datetime.fromisoformat(meeting[name]) for name in ("starts_at", "ends_at"))
        return rules.attended([person], start, end)
    if not person.spans:
        return person.minutes
    first = min(joined for joined, _ in person.spans)
    last = max(left for _, left in person.spans)
    return rules.minutes_present(person.spans, first, last)


def _whole(minutes: float | None) -> int | None:
    return None if minutes is None else round(minutes)


def _problem(text: Text, one: rules.Problem) -> dict[str, Any]:
    values = {"row": one.row, "column": one.column, "value": one.value}
    return {"key": one.key, **values, "sentence": text(f"import_problem.{one.key}", **values)}


@click.command()
@click.option("--dry-run", is_flag=True, help="Say which meetings are due, and change nothing.")
@json_option
@pass_session
def erase(session: Session, dry_run: bool, as_json: bool) -> None:
    """Make the people nameless at meetings that have been over for as long as was promised.

    Counts stay; names, addresses and what people wrote go, also from the history. It runs when
    somebody runs it: ask who keeps your records before you do. JSON: erased (activity_id, title,
    names).

    \b
    Example:
        advisory erase --dry-run
    """
    session.require_database()
    with open_store(session.db) as store:
        store.actor = users.actor_for(store, session.user) if session.user else demo.SYSTEM
        store.require("person.erase")
        meetings = erasure.due(store)
        found = [
            {
                "activity_id": meeting["id"],
                "title": meeting["title"],
                "names": None if dry_run else erasure.erase(store, meeting["id"]),
            }
            for meeting in meetings
        ]
        overwritten = dry_run or erasure.overwrite(store)
    if as_json:
        say_json({"erased": found})
        return
    if not overwritten:
        say(session.text("cli.erase_later"), err=True)
    if not found:
        say(session.text("cli.erase_none"))
    for meeting, row in zip(found, meetings):
        values = {"title": meeting["title"], "at": datetime.fromisoformat(row["starts_at"])}
        if dry_run:
            say(session.text("cli.erase_due", **values))
        else:
            say(session.text("cli.erased", names=meeting["names"], **values))


COMMANDS = (attendance_, erase)
