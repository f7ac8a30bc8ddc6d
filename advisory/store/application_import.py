"""Applications out of a list: what each would do, and all of them taken in at once or none.

An application that is there already is left as it stands, also where the list says otherwise; so
the same list again changes nothing.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, time
from enum import StrEnum
from typing import Any, Protocol

from ..domain import calendar
from ..domain.errors import AdvisoryError, Refused
from . import Row, Store, enrolments
from .connection import DatabaseError
from .instants import instant

ACTION, LIST = "application.import", "applications"  # of the mapping of columns


class Application(Protocol):
    """One row of a list, as `imports.applications` reads it; its `number` there."""

    @property
    def number(self) -> int: ...
    @property
    def municipality_id(self) -> int: ...
    @property
    def municipality(self) -> str: ...
    @property
    def cohort(self) -> str: ...
    @property
    def received_on(self) -> date: ...
    @property
    def received_time(self) -> time | None: ...
    @property
    def contact_name(self) -> str: ...
    @property
    def contact_role(self) -> str: ...
    @property
    def contact_email(self) -> str: ...
    @property
    def contact_phone(self) -> str: ...
    @property
    def experience(self) -> str | None: ...
    @property
    def motivation(self) -> str: ...
    @property
    def goal(self) -> str: ...
    @property
    def commitment(self) -> bool: ...
    @property
    def attachments(self) -> str: ...


class Kind(StrEnum):
    """What an application in a list would do; only NEW does anything."""

    NEW = "new"
    SAME = "same"
    DIFFERENT = "different"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one application would do.

    `differs` are the fields in which the one that is there says something else, `cohort` among
    them when it has been moved; `refusal` is why a new one cannot be made.
    """

    row: Application
    kind: Kind
    differs: tuple[str, ...] = ()
    refusal: AdvisoryError | None = None


@dataclass(frozen=True, slots=True)
class Taken:
    """How many applications were made, and how many were there already, equal or not."""

    new: int
    same: int
    different: int


class _Looked(Exception):
    """The end of a look: everything tried is undone."""


def remembered(store: Store) -> dict[str, str]:
    """What the columns meant last time: header_key -> field, "" for one that was left out."""
    rows = store.rows("column_mapping", "list = ?", [LIST])
    return {row["header"]: row["field"] for row in rows}


def compare(store: Store, rows: Iterable[Application]) -> list[Outcome]:
    """What each application would do, in the order of the list. Nothing is written.

    It is found by trying, so it holds the write lock for as long. Refuses with `forbidden` and
    `read_only_date`.
    """
    found: list[Outcome] = []
    try:
        with store.write(ACTION):
            found = _tried(store, rows)
            raise _Looked
    except _Looked:
        return found


def take_in(store: Store, rows: Iterable[Application], mapping: Mapping[str, str]) -> Taken:
    """Make the applications that are new, as one operation; also remember what columns meant.

    `mapping` is header_key -> field and adds to what is remembered. Without a new application
    nothing at all is written. Refuses, with nothing written, with `application_impossible` (row,
    municipality) when one of them cannot be made, and as `compare`.
    """
    with store.write(ACTION):
        found = _tried(store, rows)
        for one in found:
            if one.refusal is not None:
                row, name = one.row.number, one.row.municipality
                raise Refused("application_impossible", row=row, municipality=name) from one.refusal
        counted = {kind: sum(one.kind == kind for one in found) for kind in Kind}
        if counted[Kind.NEW]:
            _remember(store, mapping)
        return Taken(counted[Kind.NEW], counted[Kind.SAME], counted[Kind.DIFFERENT])


def _tried(store: Store, rows: Iterable[Application]) -> list[Outcome]:
    """Make what is new, oldest first, so that the order of the list decides nothing."""
    there = _there(store)
    made = []
    for row in sorted(rows, key=_order):
        cohort_id = enrolments.cohort_of(store, row.cohort)["id"]
        enrolment = there.get((cohort_id, row.municipality_id))
        if enrolment is None:
            made.append(_create(store, cohort_id, row))
            continue
        differs = _differs(store, row, cohort_id, enrolment)
        made.append(Outcome(row, Kind.DIFFERENT if differs else Kind.SAME, differs))
    return sorted(made, key=lambda one: one.row.number)


def _order(row: Application) -> tuple:
    """By date received; of the same day by the time, those without one last."""
    return row.received_on, row.received_time or time.max, row.municipality_id, row.number


def _there(store: Store) -> dict[tuple[int, int], Row]:
    """The cases by cohort and municipality; one that was moved stands in its first cohorts too."""
    rows = {row["id"]: row for row in store.rows("enrolment")}
    moved = {
        (change["before"], rows[change["enrolment_id"]]["municipality_id"]): rows[
            change["enrolment_id"]
        ]
        for change in store.rows("place_change", "kind = 'moved'")
    }
    return moved | {(row["cohort_id"], row["municipality_id"]): row for row in rows.values()}


def _create(store: Store, cohort_id: int, row: Application) -> Outcome:
    contact = enrolments.Applicant(
        row.contact_name,
        row.contact_role,
        row.contact_email or None,
        row.contact_phone or None,
    )
    try:
        enrolments.create(
            store,
            cohort_id,
            row.municipality_id,
            received_on=row.received_on,
            received_time=row.received_time,
            prior_experience=row.experience,
            goal=row.goal or None,
            motivation=row.motivation,
            attachments=row.attachments,
            commitment=row.commitment,
            contact=contact if row.contact_name else None,
        )
    except AdvisoryError as error:
        if isinstance(error.__cause__, DatabaseError):  # a full disk is about no row
            raise
        return Outcome(row, Kind.REFUSED, refusal=error)
    return Outcome(row, Kind.NEW)


# --- what is there already ------------------------------------------------------------------------


def _differs(store: Store, row: Application, cohort_id: int, enrolment: Row) -> tuple[str, ...]:
    """The fields in which a case says something else; a blank in the list says nothing."""
    stands = _stands(store, enrolment)
    differs = [name for name, value in _says(row).items() if value and value != stands[name]]
    day, at = stands["received"]
    if row.received_on != day or row.received_time not in (None, at):
        differs.insert(0, "received")
    if cohort_id != enrolment["cohort_id"]:
        differs.insert(0, "cohort")
    return tuple(differs)


def _says(row: Application) -> dict[str, Any]:
    """What an application in a list says of its fields, as it would be kept."""
    return {
        "contact_name": row.contact_name.strip(),
        "contact_role": row.contact_role.strip(),
        "contact_email": row.contact_email.strip(),
        "contact_phone": row.contact_phone.strip(),
        "experience": row.experience,
        "motivation": row.motivation.strip(),
        "goal": row.goal.strip(),
        "commitment": row.commitment,
        "attachments": "\n".join(row.attachments.split()),
    }


def _stands(store: Store, enrolment: Row) -> dict[str, Any]:
    """The same fields of a case, and when it was received: the day and the time or None."""
    contact = store.get("contact", enrolment["contact_id"]) if enrolment["contact_id"] else {}
    person = store.get("person", contact["person_id"]) if contact else {}
    at = enrolment["received_at"]
    received_on, _ = enrolments.dated_statuses(store, enrolment["id"])[0]
    return {
        "contact_name": person.get("name"),
        "contact_role": contact.get("role"),
        "contact_email": person.get("email"),
        "contact_phone": person.get("phone"),
        "experience": enrolment["prior_experience"],
        "motivation": enrolment["motivation"],
        "goal": enrolment["goal"],
        "commitment": bool(enrolment["commitment"]),
        "attachments": enrolment["attachments"],
        "received": (received_on, calendar.local(instant(at)).time() if at else None),
    }


def _remember(store: Store, mapping: Mapping[str, str]) -> None:
    for header, field in sorted(mapping.items()):
        known = store.find("column_mapping", list=LIST, header=header)
        if known is None:
            store.insert("column_mapping", {"list": LIST, "header": header, "field": field})
        else:
            store.update("column_mapping", known["id"], {"field": field})
