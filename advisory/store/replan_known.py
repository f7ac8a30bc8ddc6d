"""What a move starts from: the cases that have a plan, and what stands in the calendar."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from ..domain.capacity import standing
from ..domain.replan_rows import Case, Period, Step
from ..domain.scheduling import Booking
from . import Row, Store, activities, places, plan
from .instants import instant


@dataclass(frozen=True, slots=True)
class KnownCase:
    """A case as the records have it: its cohort, municipality, programme and milestones."""

    enrolment: Row
    cohort: Row
    municipality: Row
    period: Period
    period_to: date
    milestones: Sequence[Row]
    days: Mapping[int, date]

    def case(self, writes: Mapping[tuple[str, int], Row]) -> Case:
        """The case with what is written to it, its cohort and its milestones."""
        enrolment = {**self.enrolment, **writes.get(("enrolment", self.enrolment["id"]), {})}
        cohort = {**self.cohort, **writes.get(("cohort", self.cohort["id"]), {})}
        return Case(
            id=enrolment["id"],
            consultant_id=enrolment["consultant_id"],
            before=self.period,
            after=places.period(enrolment, cohort),
            period_to=self.period_to,
            steps=tuple(
                self._step(row, writes.get(("milestone", row["id"]), {})) for row in self.milestones
            ),
        )

    def _step(self, row: Row, changes: Row) -> Step:
        return Step(
            planned=plan.planned(row, self.days),
            becomes=plan.planned({**row, **changes}, self.days),
            name=row["name"],
            name_en=row["name_en"] or row["name"],
            kind=row["kind"],
            aside=bool(row["not_applicable"]),
            anchor_activity=row["anchor_activity_id"],
        )


class Known:
    """The cases that have a plan and have not left, and all activities that are not cancelled."""

    def __init__(self, store: Store):
        self.cohorts = {row["id"]: row for row in store.rows("cohort")}
        self.municipalities = {row["id"]: row for row in store.rows("municipality")}
        self.activities = store.rows("activity", "cancelled_at IS NULL")
        self.links: dict[int, list[int]] = defaultdict(list)
        self.serves: dict[int, set[int]] = defaultdict(set)
        self.fulfils: dict[int, dict[int, int]] = defaultdict(dict)
        for link in store.rows("activity_enrolment"):
            self.links[link["activity_id"]].append(link["id"])
            self.serves[link["activity_id"]].add(link["enrolment_id"])
            if link["milestone_id"] is not None:
                self.fulfils[link["activity_id"]][link["enrolment_id"]] = link["milestone_id"]
        counted = store.rows("headcount", "attended IS NOT NULL")
        self.counted = {row["activity_id"] for row in counted}
        self.cases = {case.enrolment["id"]: case for case in self._cases(store)}

    def _cases(self, store: Store) -> Iterable[KnownCase]:
        milestones = defaultdict(list)
        for row in store.rows("milestone", order="position, id"):
            milestones[row["enrolment_id"]].append(row)
        days = plan.anchor_days(store)
        initiatives = {row["id"]: row for row in store.rows("initiative")}
        cases = {id_: case for one in initiatives for id_, case in places.cases(store, one).items()}
        for row in store.rows("enrolment"):
            cohort, case = self.cohorts[row["cohort_id"]], cases[row["id"]]
            if row["id"] in milestones and standing(case, store.today()) not in activities.LEFT:
                yield KnownCase(
                    enrolment=row,
                    cohort=cohort,
                    municipality=self.municipalities[row["municipality_id"]],
                    period=(case.starts_on, case.ends_on),
                    period_to=date.fromisoformat(initiatives[cohort["initiative_id"]]["period_to"]),
                    milestones=milestones[row["id"]],
                    days=days,
                )

    def booking(self, row: Row) -> Booking:
        """An activity as it stands in the calendar."""
        return Booking(
            *(row["id"], row["kind"], row["title"]),
            starts_at=instant(row["starts_at"]),
            ends_at=instant(row["ends_at"]),
            consultant_id=row["consultant_id"],
            provider_id=row["provider_id"],
            enrolments=frozenset(self.serves[row["id"]]),
        )
