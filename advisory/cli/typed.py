"""What a person means who writes a cohort, or a municipality and no more."""

from contextlib import suppress

from .. import frames
from ..domain import calendar
from ..domain.enrolments import OPEN
from ..domain.errors import NotFound, Refused
from ..reports import records
from ..reports.records import Record
from ..store import Row, Store, enrolments
from .session import municipality_of


def cohort_typed(store: Store, typed: str) -> Row:
    """The cohort a person means: its code, or the month in which just one begins.

    Refuses with `cohort_unknown` (cohort, known), and with `nothing_known` on a day before the
    first record.
    """
    if not store.rows("cohort"):
        raise NotFound("nothing_known", date=store.today())
    if not typed.strip().isdigit():
        with suppress(Refused):
            first = calendar.parse_date(f"1. {typed.strip()}", store.today())
            begun = store.rows("cohort", "starts_on LIKE ?", [f"{first:%Y-%m}-%"])
            if len(begun) == 1:
                return begun[0]
    return enrolments.cohort_of(store, typed)


def application_typed(store: Store, typed: str, cohort: str | None) -> Record:
    """The application a sentence about a municipality is about, as `frames.applications` has it.

    Without a cohort the one that is open or holds a place, else the last. Refuses as
    `municipality_of` and `cohort_typed`, with `no_application` or `no_application_to`, and with
    `several_applications`, which names them.
    """
    home, name = municipality_of(store, typed)
    own = [row for row in records(frames.applications(store)) if row["municipality_id"] == home]
    if cohort is not None:
        code = cohort_typed(store, cohort)["code"]
        for row in own:
            if row["cohort"] == code:
                return row
        raise NotFound("no_application_to", municipality=name, cohort=code)
    if not own:
        raise NotFound("no_application", municipality=name)
    live = [row for row in own if row["status"] in OPEN or row["holds_place"]] or own[-1:]
    if len(live) > 1:
        cohorts = ", ".join(row["cohort"] for row in live)
        raise Refused("several_applications", municipality=name, cohorts=cohorts)
    return live[0]
