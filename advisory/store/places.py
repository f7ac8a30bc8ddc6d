"""Who holds one of an initiative's places, as the records have it."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta

from ..domain import calendar, capacity
from ..domain.enrolments import Status, is_late
from ..domain.errors import Refused
from .records import Records, Row

Cases = Mapping[int, capacity.Case]


@dataclass(frozen=True, slots=True)
class Steps:
    """A number that changes from day to day: `numbers[i]` from `days[i]` on, None for no limit."""

    days: tuple[date, ...]
    numbers: tuple[int | None, ...]

    def on(self, day: date) -> int | None:
        """The number at the end of `day`; before the first day it is the first one."""
        return self.numbers[max(bisect_right(self.days, day) - 1, 0)]


@dataclass(frozen=True, slots=True)
class Occupied:
    """How many places are held, and how many there are, day by day.

    `name` is the code of the cohort, empty for an initiative. A cohort without a number of its own
    has the limit None.
    """

    held: Steps
    limit: Steps
    name: str = ""

    def on(self, day: date) -> int:
        """How many were held at the end of `day`."""
        return self.held.on(day) or 0

    def tightest(self, first: date, last: date) -> tuple[int, int] | None:
        """The fewest places left on any day from `first` to `last`, and how many there were then.

        None when there was a limit on none of them.
        """
        days = {first, *(day for day in (*self.held.days, *self.limit.days) if first < day <= last)}
        found = [
            (limit - self.on(day), limit)
            for day in days
            if (limit := self.limit.on(day)) is not None
        ]
        return min(found, default=None)


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


def queue(store: Records, cohort: Row, known: Cases, day: date) -> list[capacity.Waiting]:
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


def free(store: Records, cohort: Row, known: Cases, first: date, last: date) -> int:
    """How many places of a cohort are free on every day from `first` to `last`.

    Never more than are free in all; below zero when more is held than there is.
    """
    found = (one.tightest(first, last) for one in _of(store, cohort, known, first, last))
    return min(one[0] for one in found if one is not None)


def refuse_without_place(
    store: Records, cohort: Row, known: Cases, enrolment_id: int, day: date
) -> None:
    """Refuse when the other cases hold every place on `day` or one since.

    Keys: `no_place_left` (capacity) and `cohort_full` (cohort, places).
    """
    others = {id_: case for id_, case in known.items() if id_ != enrolment_id}
    last = max(day, store.today())
    for one in _of(store, cohort, others, day, last):
        if (found := one.tightest(day, last)) is not None:
            _check_free(one.name, *found)


def occupied(store: Records) -> dict[tuple[str, int], Occupied]:
    """How the places of every initiative and cohort have been held until today."""
    today, found = store.today(), {}
    for row in store.rows("initiative"):
        known = cases(store, row["id"])
        days = [day for case in known.values() for day in capacity.turning_days(case)]
        first = min((day for day in days if day <= today), default=today)
        found["initiative", row["id"]] = _whole(store, row["id"], known, first, today)
        for cohort in store.rows("cohort", "initiative_id = ?", [row["id"]]):
            found["cohort", cohort["id"]] = _own(store, cohort, known, first, today)
    return found


def refuse_oversold(store: Records, before: Mapping[tuple[str, int], Occupied]) -> None:
    """Refuse when a change has let more be held than there is, on any day until today.

    `before` is what `occupied` said before the change; who has too many already may give up some.
    Keys: as `refuse_without_place`.
    """
    for key, now in occupied(store).items():
        was = before.get(key)
        ends = (now,) if was is None else (now, was)
        days = {day for one in ends for steps in (one.held, one.limit) for day in steps.days}
        for day in sorted({*days, store.today()}):
            limit = now.limit.on(day)
            if day > store.today() or limit is None or now.on(day) <= limit:
                continue
            if was is None or now.on(day) > was.on(day) or _lower(limit, was.limit.on(day)):
                _check_free(now.name, 0, limit)


def refuse_taking_part(store: Records, enrolment: Row, case: capacity.Case) -> None:
    """Say where a municipality is in already: `municipality_in` (municipality, cohort, status)."""
    raise Refused(
        "municipality_in",
        municipality=store.get("municipality", enrolment["municipality_id"])["name"],
        cohort=store.get("cohort", enrolment["cohort_id"])["code"],
        status=capacity.standing(case, store.today()),
    )


def refuse_overgiven(store: Records, initiative_id: int) -> None:
    """Refuse with `places_over_capacity` (capacity) when the cohorts' numbers exceed all places."""
    rows = store.rows("cohort", "initiative_id = ? AND places IS NOT NULL", [initiative_id])
    limit = store.get("initiative", initiative_id)["capacity"]
    if sum(row["places"] for row in rows) > limit:
        raise Refused("places_over_capacity", capacity=limit)


# --- day by day -----------------------------------------------------------------------------------


def _of(
    store: Records, cohort: Row, known: Cases, first: date, last: date
) -> tuple[Occupied, Occupied]:
    """The places of the initiative, and those of the cohort."""
    whole = _whole(store, cohort["initiative_id"], known, first, last)
    return whole, _own(store, cohort, known, first, last)


def _whole(store: Records, initiative_id: int, known: Cases, first: date, last: date) -> Occupied:
    now = store.get("initiative", initiative_id)["capacity"]
    changes = store.rows("place_change", "kind = 'capacity' AND initiative_id = ?", [initiative_id])
    return Occupied(_held(known.values(), first, last), _limit(changes, now))


def _own(store: Records, cohort: Row, known: Cases, first: date, last: date) -> Occupied:
    changes = store.rows("place_change", "kind = 'places' AND cohort_id = ?", [cohort["id"]])
    held = _held(_of_cohort(store, cohort, known), first, last)
    return Occupied(held, _limit(changes, cohort["places"]), cohort["code"])


def _held(known: Iterable[capacity.Case], first: date, last: date) -> Steps:
    days = capacity.held_by_day(known, first, last)
    return Steps(tuple(days), tuple(days.values()))


def _limit(changes: list[Row], now: int | None) -> Steps:
    """The number of places from each day on; `now` is the last word also when nothing tells it."""
    days = {date.min: changes[0]["before"] if changes else now}
    days |= {date.fromisoformat(row["on_date"]): row["after"] for row in changes}
    if changes:
        days[max(days)] = now
    return Steps(tuple(days), tuple(days.values()))


def _of_cohort(store: Records, cohort: Row, known: Cases) -> list[capacity.Case]:
    """The cases of a cohort, each for the days on which it was in it."""
    here = {row["id"] for row in store.rows("enrolment", "cohort_id = ?", [cohort["id"]])}
    moves = store.rows("place_change", "kind = 'moved'")
    moved = {row["enrolment_id"] for row in moves}
    found = [known[id_] for id_ in sorted(here - moved) if id_ in known]
    for id_ in sorted(moved & known.keys()):
        since: date | None = None
        own = [row for row in moves if row["enrolment_id"] == id_]
        for row in own:
            on = date.fromisoformat(row["on_date"])
            if row["before"] == cohort["id"]:
                spell = {"counted_from": since, "counted_to": on - timedelta(days=1)}
                found.append(replace(known[id_], **spell))
            since = on
        if id_ in here:
            found.append(replace(known[id_], counted_from=since))
    return found


def _check_free(name: str, left: int, limit: int) -> None:
    """Refuse unless some of the `limit` places of the initiative, or of a cohort, are left."""
    if name:
        capacity.check_free_in_cohort(limit, limit - left, name)
    else:
        capacity.check_free(limit, limit - left)


def _lower(limit: int, was: int | None) -> bool:
    return was is None or limit < was
