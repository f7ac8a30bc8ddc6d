"""Reading a file in a process of its own, which may not use more than its share.

The child (`__main__.py`) gets the file on stdin and answers on stdout in one line of JSON. It has
a memory limit where the system keeps one (Linux does; macOS and Windows do not), and everywhere a
clock on the wall. Both ends of the conversation are here.
"""

import json
import logging
import os
import signal
import subprocess
import sys
import traceback
from collections.abc import Callable, Mapping
from dataclasses import fields
from datetime import date, datetime
from pathlib import Path
from typing import Any

from ..domain.attendance import Person, Problem, Report
from ..domain.deliveries import Cell, Reply
from ..domain.errors import AdvisoryError, Refused
from . import applications_cells, deliveries, limits
from .applications_cells import Table, TableRow
from .report import read

CHILD = Path(__file__).with_name("__main__.py")
# -P and -s: nothing is imported from the current or the home directory; -B: nothing is written.
COMMAND = (sys.executable, "-P", "-s", "-B", str(CHILD))
TOO_SLOW, TOO_MUCH = "file_took_too_long", "file_too_much_memory"
MAX_ANSWER = 32 * limits.MB

_KEPT = ("PYTHONPATH", "PYTHONTZPATH", "SYSTEMROOT")  # how Python finds packages and time zones
# Rust, which reads the workbooks, aborts when it gets no memory; the system's own guard kills.
_ENDINGS = {"SIGXCPU": TOO_SLOW, "SIGABRT": TOO_MUCH, "SIGKILL": TOO_MUCH}
READERS: dict[str, Callable[..., Any]] = {
    "report": read,
    "delivery": deliveries.read,
    "applications": applications_cells.read,
}
# What these say of the file is about lists of people; a partner is told to start from the sheet.
_NO_SHEET = frozenset(
    {
        *("file_type_wrong", "file_unsafe", "file_bomb", "file_too_many_rows", "file_not_readable"),
        *("file_too_scattered", "file_too_many_columns", "file_too_big", TOO_SLOW, TOO_MUCH),
    }
)
# The same of a list of applications; how many rows a file may have is said in general words.
_NO_LIST = dict.fromkeys(_NO_SHEET - {"file_too_many_rows"}, "applications_not_usable") | {
    "file_type_wrong": "applications_type_wrong"
}
_log = logging.getLogger(__name__)


def read_safely(
    content: bytes,
    name: str,
    *,
    near: datetime | None = None,
    memory_mb: int = 512,
    seconds: int = 30,
) -> Report:
    """What `read` finds in a file, read by a child process that is held to its limits.

    It blocks for as long as the child takes. Refuses as `limits.check` and `read`, and with
    `file_took_too_long` (seconds), `file_too_much_memory`, and `file_not_readable` when a reader
    fails: where it failed is logged, what it read is not.
    """
    limits.size(content)
    return report_from(_found(ask(content, name, near=near, memory_mb=memory_mb, seconds=seconds)))


def read_sheet_safely(
    content: bytes, name: str, *, memory_mb: int = 512, seconds: int = 30
) -> Reply:
    """What `deliveries.read` finds in a sheet, as `read_safely` finds the people in a report.

    Refuses as `deliveries.read`, and with `sheet_not_usable` for what no sheet of ours can be.
    """
    try:
        limits.size(content)
        said = ask(
            content, name, near=None, memory_mb=memory_mb, seconds=seconds, reader="delivery"
        )
        return reply_from(_found(said))
    except Refused as error:
        if error.key in _NO_SHEET:
            raise Refused("sheet_not_usable") from error
        raise


def read_applications_safely(
    content: bytes, name: str, *, memory_mb: int = 512, seconds: int = 30
) -> Table:
    """What `applications_cells.read` finds in a list, as `read_safely` finds people in a report.

    Refuses as that, with `applications_type_wrong` (what) and `applications_not_usable` for what
    `limits.check` says of lists of people.
    """
    try:
        limits.size(content)
        said = ask(
            content, name, near=None, memory_mb=memory_mb, seconds=seconds, reader="applications"
        )
        return table_from(_found(said))
    except Refused as error:
        if error.key in _NO_LIST:
            raise Refused(_NO_LIST[error.key], **error.values) from error
        raise


def _found(said: Mapping[str, Any]) -> Mapping[str, Any]:
    """What the child found; refuses with what it refused."""
    if "refused" in said:
        raise Refused(said["refused"], **_values(said))
    if "report" in said:
        return said["report"]
    _log.error("A reader failed: %s", said["failed"])
    raise Refused("file_not_readable")


def ask(
    content: bytes,
    name: str,
    *,
    near: datetime | None,
    memory_mb: int,
    seconds: int,
    reader: str = "report",
) -> dict[str, Any]:
    """The child's answer: `report`, or `refused` with `values`, or `failed` (where, in words).

    `reader` is one of `READERS`; the report is what that finds.
    """
    asked = {"name": name, "near": near and near.isoformat(), "reader": reader}
    head = json.dumps(asked).encode() + b"\n"
    try:
        done = subprocess.run(
            [*COMMAND, str(memory_mb), str(seconds)],
            input=head + content,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # a library that dies may quote what it read
            env={key: os.environ[key] for key in _KEPT if key in os.environ},
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return _refusal(TOO_SLOW, seconds=seconds)
    if done.returncode:
        return _ending(done.returncode, seconds)
    try:
        return json.loads(done.stdout)
    except ValueError:
        return {"failed": "no answer"}


def answer(head: bytes, content: bytes, reader: Callable[..., Any] | None = None) -> str:
    """What the child says, as JSON: see `ask`. Nothing a file can do gets past this."""
    try:
        asked = json.loads(head)
        near = asked["near"] and datetime.fromisoformat(asked["near"])
        reader = reader or READERS[asked.get("reader", "report")]
        said = as_json({"report": reader(content, asked["name"], near=near)})
        return said if len(said) <= MAX_ANSWER else as_json(_refusal(TOO_MUCH))
    except AdvisoryError as error:
        return as_json(_refusal(error.key, **error.values))
    except MemoryError:
        return as_json(_refusal(TOO_MUCH))
    except BaseException as error:  # a panic of the workbook reader is not an Exception
        return as_json({"failed": _where(error)})


def as_json(value: Any) -> str:
    """Plain values, days, instants and the dataclasses of a report as JSON."""
    return json.dumps(value, default=_plain)


def report_from(found: Mapping[str, Any]) -> Report:
    """The report that was written by `as_json`, equal to the last bit."""
    people = tuple(_person(person) for person in found["people"])
    problems = tuple(Problem(**problem) for problem in found["problems"])
    ends = {key: _instant(found[key]) for key in ("started_at", "ended_at")}
    return Report(**{**found, **ends, "people": people, "problems": problems})


def reply_from(found: Mapping[str, Any]) -> Reply:
    """The reply that was written by `as_json`."""
    return Reply(**{**found, "cells": tuple(Cell(**cell) for cell in found["cells"])})


def table_from(found: Mapping[str, Any]) -> Table:
    """The table that was written by `as_json`."""
    rows = tuple(TableRow(row["number"], tuple(row["cells"])) for row in found["rows"])
    lists = {name: tuple(found[name]) for name in ("headers", "letters", "others")}
    return Table(**{**found, **lists, "rows": rows})


def _person(found: Mapping[str, Any]) -> Person:
    spans = tuple(
        (datetime.fromisoformat(start), datetime.fromisoformat(end))
        for start, end in found["spans"]
    )
    return Person(**{**found, "spans": spans, "rows": tuple(found["rows"])})


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _plain(value: Any) -> Any:
    if isinstance(value, date):  # a datetime is one too
        return value.isoformat()
    return {field.name: getattr(value, field.name) for field in fields(value)}


def _refusal(key: str, **values: Any) -> dict[str, Any]:
    """An answer that refuses; a day or an instant among its values is marked as what it is."""
    kinds = {name: type(one).__name__ for name, one in values.items() if isinstance(one, date)}
    return {"refused": key, "values": values, "kinds": kinds}


def _values(said: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a refusal, as they were before they became JSON."""
    read = {"date": date.fromisoformat, "datetime": datetime.fromisoformat}
    dates = {name: read[kind](said["values"][name]) for name, kind in said["kinds"].items()}
    return {**said["values"], **dates}


def _ending(code: int, seconds: int) -> dict[str, Any]:
    """The answer for a child that ended without one."""
    signals = {-found.value: found.name for found in signal.Signals}
    how = signals.get(code, f"exit {code}")
    if how not in _ENDINGS:
        return {"failed": how}
    key = _ENDINGS[how]
    return _refusal(key, seconds=seconds) if key == TOO_SLOW else _refusal(key)


def _where(error: BaseException) -> str:
    """The kind of an error and the line it came from; not its words, which may quote the file."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} at {Path(last.filename).name}:{last.lineno}"
