"""Who holds one of an initiative's places, as the records have it."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from ..domain import calendar, capacity
from ..domain.enrolments import Status, is_late
from ..domain.errors import Refused
from .records import Records, Row


@dataclass(frozen=True, slots=True)
class Occupied:
    """How many places are held at the end of each day that changes it, and how many there are.

    `days` are in their order. `limit` is None for a cohort without a number of its own; `name` is
    the code of the cohort.
    """

    limit: int | None
    days: tuple[date, ...] = ()
    held: tuple[int, ...] = ()
    name: str = ""

    def on(self, day: date) -> int:
        """How many were held at the end of `day`."""
        known = bisect_right(self.days, day)
        return self.held[known - 1] if known else 0


def period(enrolment: Row, cohort: Row) -> tuple[date, date]:
    """First and last day of the programme; the case's own start goes before the cohort's."""
    starts_on = date.fromisoformat(enrolment["starts_on"] or cohort["starts_on"])
    return starts_on, calendar.last_day(starts_on, cohort["months"])


def cases(store: Records, initiative_id: int) -> dict[int, capacity.Case]:
    """What decides who holds a place, by enrolment id, for all cohorts of one initiative."""
    cohorts = {row["id"]: row for row in store.rows("cohort", "initiative_id = ?", [initiative_id])}
    statuses, answers = dated(store)
    freed = freed_days(store)
    return {
        row["id"]: capacity.Case(
            statuses[row["id"]],
            *period(row, cohorts[row["cohort_id"]]),
            freed_on=freed.get(row["id"]),
            answer_by=answers.get(row["id"]),
        )
        for row in store.rows("enrolment")
        if row["cohort_id"] in cohorts
    }


def dated(store: Records) -> tuple[Mapping[int, tuple[tuple[date, str], ...]], dict[int, date]]:
    """The (date, recorded status) rows of every case, and the last day to answer its offer."""
    statuses: dict[int, list[tuple[date, str]]] = defaultdict(list)
    answers: dict[int, date] = {}
    for enrolment_id, on_date, status, answer_by in store.db.execute(
        "SELECT enrolment_id, on_date, status, answer_by FROM enrolment_status ORDER BY id"
    ).fetchall():
        statuses[enrolment_id].append((date.fromisoformat(on_date), status))
        if answer_by:
            answers[enrolment_id] = date.fromisoformat(answer_by)
    return defaultdict(tuple, {id_: tuple(rows) for id_, rows in statuses.items()}), answers


def freed_days(store: Records) -> dict[int, date]:
    """The day on which a place was given up by decision, by enrolment id."""
    rows = store.rows("place_change", "kind = 'freed'")
    return {row["enrolment_id"]: date.fromisoformat(row["on_date"]) for row in rows}


def queue(
    store: Records, cohort: Row, known: Mapping[int, capacity.Case], day: date
) -> list[capacity.Waiting]:
    """Who waits for a place in a cohort at the end of `day`, first in line first.

    `known` are the `cases` of its initiative.
    """
    apply_by = date.fromisoformat(cohort["apply_by"]) if cohort["apply_by"] else None
    waiting = [
        capacity.Waiting(
            row["id"],
            is_late(known[row["id"]].rows[0][0], apply_by),
            known[row["id"]].rows[0][0],
            row["priority"],
        )
        for row in store.rows("enrolment", "cohort_id = ?", [cohort["id"]])
        if capacity.standing(known[row["id"]], day) == Status.WAITLISTED
    ]
    return capacity.waiting_order(waiting)


def free(
    store: Records, cohort: Row, known: Mapping[int, capacity.Case], first: date, last: date
) -> int:
    """How many places of a cohort are free on every day from `first` to `last`.

    Never more than are free in all; below zero when more is held than there is.
    """
    limit = store.get("initiative", cohort["initiative_id"])["capacity"]
    left = limit - capacity.most_held(known.values(), first, last)
    if cohort["places"] is None:
        return left
    own = _of_cohort(store, cohort, known)
    return min(left, cohort["places"] - capacity.most_held(own, first, last))


def refuse_without_place(
    store: Records, cohort: Row, known: Mapping[int, capacity.Case], enrolment_id: int, day: date
) -> None:
    """Refuse when the other cases hold every place on `day` or one since.

    Keys: `no_place_left` (capacity) and `cohort_full` (cohort, places).
    """
    others = {id_: case for id_, case in known.items() if id_ != enrolment_id}
    limit = store.get("initiative", cohort["initiative_id"])["capacity"]
    last = max(day, store.today())
    capacity.check_free(limit, capacity.most_held(others.values(), day, last))
    own = _of_cohort(store, cohort, others)
    taken = capacity.most_held(own, day, last)
    capacity.check_free_in_cohort(cohort["places"], taken, cohort["code"])


def occupied(store: Records) -> dict[tuple[str, int], Occupied]:
    """How the places of every initiative and cohort have been held until today."""
    today, found = store.today(), {}
    for row in store.rows("initiative"):
        known = cases(store, row["id"])
        days = [day for case in known.values() for day in capacity.turning_days(case)]
        first = min((day for day in days if day <= today), default=today)
        held = capacity.held_by_day(known.values(), first, today)
        found["initiative", row["id"]] = Occupied(row["capacity"], *zip(*held.items()))
        for cohort in store.rows("cohort", "initiative_id = ?", [row["id"]]):
            held = capacity.held_by_day(_of_cohort(store, cohort, known), first, today)
            own = Occupied(cohort["places"], *zip(*held.items()), name=cohort["code"])
            found["cohort", cohort["id"]] = own
    return found


def refuse_oversold(store: Records, before: Mapping[tuple[str, int], Occupied]) -> None:
    """Refuse when a change has let more be held than there is, on any day until today.

    `before` is what `occupied` said before the change; who has too many already may give up some.
    Keys: as `refuse_without_place`.
    """
    for key, now in occupied(store).items():
        was = before.get(key, Occupied(now.limit))
        days = {*now.days, *was.days, store.today()}
        for day in sorted(days):
            lowered = day == store.today() and _lower(now.limit, was.limit)
            if now.limit is None or not (now.on(day) > was.on(day) or lowered):
                continue
            if now.name:
                capacity.check_free_in_cohort(now.limit, now.on(day) - 1, now.name)
            else:
                capacity.check_free(now.limit, now.on(day) - 1)


def refuse_overgiven(store: Records, initiative_id: int) -> None:
    """Refuse with `places_over_capacity` (capacity) when the cohorts' numbers exceed all places."""
    rows = store.rows("cohort", "initiative_id = ? AND places IS NOT NULL", [initiative_id])
    limit = store.get("initiative", initiative_id)["capacity"]
    if sum(row["places"] for row in rows) > limit:
        raise Refused("places_over_capacity", capacity=limit)


def _of_cohort(
    store: Records, cohort: Row, known: Mapping[int, capacity.Case]
) -> list[capacity.Case]:
    rows = store.rows("enrolment", "cohort_id = ?", [cohort["id"]])
    return [known[row["id"]] for row in rows if row["id"] in known]


def _lower(limit: int | None, was: int | None) -> bool:
    return limit is not None and (was is None or limit < was)
