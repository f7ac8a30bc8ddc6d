"""What has been promised about places, held against what a change would make of it."""

from datetime import date

from ..domain import capacity
from ..domain.enrolments import Status
from ..domain.errors import Refused
from . import places
from .records import Records, Row


class Promises:
    """The places as they are before a change; ask afterwards whether it broke a promise.

    What was wrong before the change, such as in data of an older version, is left alone.
    """

    def __init__(self, store: Records):
        self._store = store
        self._occupied = places.occupied(store)
        self._cases = self._known()
        self._twice = set(self._taking_part_twice())
        self._overgiven = self._given_too_many()

    def refuse_broken(self) -> None:
        """Refuse the change that was made, in the transaction it was made in.

        Keys: `no_place_left` (capacity) and `cohort_full` (cohort, places) when more is held than
        there is on any day until today; `places_over_capacity` (capacity) when the cohorts have
        been given more; `municipality_in` (municipality, cohort, status) when one takes part twice;
        `start_over_offer` (municipality, date) and `start_over_withdrawal` (municipality, date)
        when a start would cut an open offer short, or turn a withdrawal before it into one after.
        """
        for initiative_id in sorted(self._given_too_many() - self._overgiven):
            places.refuse_overgiven(self._store, initiative_id)
        for key, twice in self._taking_part_twice().items():
            if key not in self._twice:
                places.refuse_taking_part(self._store, *twice)
        self._refuse_starts()
        places.refuse_oversold(self._store, self._occupied)

    def _known(self) -> dict[int, capacity.Case]:
        found: dict[int, capacity.Case] = {}
        for row in self._store.rows("initiative"):
            found |= places.cases(self._store, row["id"])
        return found

    def _given_too_many(self) -> set[int]:
        """The initiatives whose cohorts have been given more places than there are."""
        found = set()
        for row in self._store.rows("initiative"):
            try:
                places.refuse_overgiven(self._store, row["id"])
            except Refused:
                found.add(row["id"])
        return found

    def _taking_part_twice(self) -> dict[tuple[int, int], tuple[Row, capacity.Case]]:
        """One of its cases, by (initiative, municipality), of each that takes part twice."""
        today = self._store.today()
        rows = {row["id"]: row for row in self._store.rows("enrolment")}
        found, seen = {}, set()
        for initiative in self._store.rows("initiative"):
            for id_, case in places.cases(self._store, initiative["id"]).items():
                key = initiative["id"], rows[id_]["municipality_id"]
                if capacity.takes_part(case, today):
                    if key in seen:
                        found[key] = rows[id_], case
                    seen.add(key)
        return found

    def _refuse_starts(self) -> None:
        today = self._store.today()
        for id_, case in self._known().items():
            was = self._cases.get(id_)
            if was is None or was.starts_on == case.starts_on:
                continue
            offered = capacity.standing(was, today) == Status.OFFERED
            if offered and case.answer_by is not None and case.answer_by >= case.starts_on:
                self._refuse("start_over_offer", id_, case.answer_by)
            left = [on for on, status in case.rows if status == Status.WITHDRAWN]
            if any((on >= was.starts_on) != (on >= case.starts_on) for on in left):
                self._refuse("start_over_withdrawal", id_, left[-1])

    def _refuse(self, key: str, enrolment_id: int, day: date) -> None:
        home = self._store.get("enrolment", enrolment_id)["municipality_id"]
        raise Refused(key, municipality=self._store.get("municipality", home)["name"], date=day)
