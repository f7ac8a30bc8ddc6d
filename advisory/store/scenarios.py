"""Carrying out what was tried as "what if": several decisions as one, or none of them."""

from dataclasses import dataclass
from datetime import date

from ..domain.enrolments import Status
from ..domain.errors import Refused
from . import Row, Store, decisions, place_changes, places


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to happen in one cohort, in this order; the cases are enrolment ids.

    `capacity` and `places` are new numbers of the initiative and the cohort, None for as now.
    `offers` are those of the waiting list who get what is then free, as the person saw them.
    """

    turn_down: tuple[int, ...] = ()
    withdraw: tuple[int, ...] = ()
    capacity: int | None = None
    places: int | None = None
    admit: tuple[int, ...] = ()
    offers: tuple[int, ...] = ()


def carry_out(
    store: Store,
    cohort_id: int,
    wanted: Wanted,
    reason: str,
    *,
    answer_by: date | None = None,
    seen: int | None = None,
) -> int:
    """Do everything in `wanted` as one operation and return how many decisions it was.

    Every decision has the same `reason`. Refuses as the decisions and `place_changes` do, with
    `case_elsewhere` for a case of another cohort, `scenario_empty`, and `scenario_changed` when the
    places would now be offered to others than was seen.
    """
    with store.write("enrolment.status"):
        cohort, today = store.get("cohort", cohort_id), store.today()
        given = (*wanted.turn_down, *wanted.withdraw, *wanted.admit, *wanted.offers)
        for enrolment_id in given:
            if store.get("enrolment", enrolment_id)["cohort_id"] != cohort_id:
                raise Refused("case_elsewhere", cohort=cohort["code"])
        numbers = [wanted.capacity, wanted.places]
        if not given and numbers == [None, None]:
            raise Refused("scenario_empty")
        told = {"on_date": today, "reason": reason, "seen": seen}
        for enrolment_id in (*wanted.turn_down, *wanted.withdraw):
            decisions.decide(store, enrolment_id, Status.WITHDRAWN, **told)
        _set_numbers(store, cohort, wanted, reason)
        for enrolment_id in wanted.admit:
            decisions.decide(store, enrolment_id, Status.ADMITTED, **told)
        _refuse_other_offers(store, cohort_id, wanted.offers)
        for enrolment_id in wanted.offers:
            decisions.decide(store, enrolment_id, Status.OFFERED, answer_by=answer_by, **told)
        return len(given) + sum(number is not None for number in numbers)


def _set_numbers(store: Store, cohort: Row, wanted: Wanted, reason: str) -> None:
    """Set the new numbers, in the order in which the cohorts never have more than there are."""
    fewer = wanted.capacity is not None and wanted.capacity < _capacity(store, cohort)
    if wanted.places is not None and fewer:
        place_changes.set_places(store, cohort["id"], wanted.places, reason)
    if wanted.capacity is not None:
        place_changes.set_capacity(store, cohort["initiative_id"], wanted.capacity, reason)
    if wanted.places is not None and not fewer:
        place_changes.set_places(store, cohort["id"], wanted.places, reason)


def _capacity(store: Store, cohort: Row) -> int:
    return store.get("initiative", cohort["initiative_id"])["capacity"]


def _refuse_other_offers(store: Store, cohort_id: int, offers: tuple[int, ...]) -> None:
    """Refuse when those first in line are no longer the ones that were seen."""
    cohort = store.get("cohort", cohort_id)
    known = places.cases(store, cohort["initiative_id"])
    queue = places.queue(store, cohort, known, store.today())
    if tuple(one.enrolment_id for one in queue[: len(offers)]) != offers:
        raise Refused("scenario_changed")
