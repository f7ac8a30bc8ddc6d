"""Who holds one of an initiative's places, as the records have it."""

from collections import defaultdict
from datetime import date

from ..domain import calendar, capacity
from ..domain.errors import Refused
from .records import Records, Row


def period(enrolment: Row, cohort: Row) -> tuple[date, date]:
    """First and last day of the programme; the case's own start goes before the cohort's."""
    starts_on = date.fromisoformat(enrolment["starts_on"] or cohort["starts_on"])
    return starts_on, calendar.last_day(starts_on, cohort["months"])


def cases(store: Records, initiative_id: int) -> dict[int, capacity.Case]:
    """What decides who holds a place, by enrolment id, for all cohorts of one initiative."""
    cohorts = {row["id"]: row for row in store.rows("cohort", "initiative_id = ?", [initiative_id])}
    statuses = defaultdict(list)
    for row in store.rows("enrolment_status"):
        statuses[row["enrolment_id"]].append((date.fromisoformat(row["on_date"]), row["status"]))
    return {
        enrolment["id"]: capacity.Case(
            tuple(statuses[enrolment["id"]]), *period(enrolment, cohorts[enrolment["cohort_id"]])
        )
        for enrolment in store.rows("enrolment")
        if enrolment["cohort_id"] in cohorts
    }


def held(store: Records) -> dict[int, int]:
    """How many places are held today, by initiative."""
    return {
        row["id"]: capacity.held(cases(store, row["id"]).values(), store.today())
        for row in store.rows("initiative")
    }


def refuse_without_place(store: Records, initiative_id: int, enrolment_id: int) -> None:
    """Refuse with `no_place_left` when the initiative's other cases hold every place."""
    others = cases(store, initiative_id)
    others.pop(enrolment_id)
    limit = store.get("initiative", initiative_id)["capacity"]
    capacity.check_free(limit, capacity.held(others.values(), store.today()))


def refuse_oversold(store: Records, before: dict[int, int]) -> None:
    """Refuse with `no_place_left` when more places than there are have become held.

    `before` is how many were held before the change; who has too many already may give up some.
    """
    for initiative_id, now in held(store).items():
        limit = store.get("initiative", initiative_id)["capacity"]
        if now > limit and now > before.get(initiative_id, 0):
            raise Refused("no_place_left", capacity=limit)
