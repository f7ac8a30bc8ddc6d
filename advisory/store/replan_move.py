"""One move, worked out from the records: what it does, and what it writes."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from ..domain import calendar
from ..domain.errors import Refused
from ..domain.replan import replan, shifted
from ..domain.replan_rows import Activity, Asked, Case, Outcome, Times
from ..domain.scheduling import Booking
from . import Row, Store, activities, places, plan
from .instants import instant, stamp
from .replan_back import earlier, moved_before
from .replan_known import Known

WHAT = ("cohort", "enrolment", "milestone", "activity")
REASON = "Flyttet med Flyt datoer"
MOST_DAYS = 366
REFUSED = ("activity_held", "headcount_exists")  # remarks that are also why it is refused


@dataclass(frozen=True, slots=True)
class Write:
    """What a move changes of one record."""

    table: str
    id: int
    changes: Row


class Move:
    """What moves, by how many `days` from `before`; `outcome` is what comes of it.

    `offered` are the cases of a cohort, `chosen` those that get another start, `whole` says that
    the cohort does; `ahead` are the activities that can move, `cases` all that have a plan.
    Refuses as `replan.preview`.
    """

    def __init__(self, store: Store, asked: Asked, reason: str = ""):
        what, id, to = asked.what, asked.id, asked.to
        if what not in WHAT:
            raise Refused("code_unknown", code=what)
        self._store, self.what, self._reason = store, what, reason
        self._along = asked.with_activities
        self.row = activities.get(store, id) if what == "activity" else store.get(what, id)
        self.known = Known(store)
        self.whole = what == "cohort" and asked.enrolments is None
        self._closing = plan.closing_days(store)
        self.offered = self._offers()
        self.chosen = self._choice(asked.enrolments)
        self.before = self._date()
        self.days = (asked.days or 0) if to is None else (to - self.before).days
        if abs(self.days) > MOST_DAYS:
            raise Refused("replan_too_far", days=abs(self.days), most=MOST_DAYS)
        self._undone: set[str] = set()
        self._writes = [self._write(table, row) for table, row in self._moved()]
        self.ahead, self._others = self._calendar()
        self.cases = self._with_changes()
        self.outcome = self._work_out()

    # --- what is asked ------------------------------------------------------------------------

    def _offers(self) -> list[int]:
        """The cases among which the person can choose: only a cohort has several."""
        known = self.known.cases
        if self.what != "cohort":
            return []
        return [id for id in known if known[id].enrolment["cohort_id"] == self.row["id"]]

    def _choice(self, chosen: Collection[int] | None) -> set[int]:
        if self.what == "enrolment":
            return {self.row["id"]}
        if self.what != "cohort":
            return set()
        if chosen is None:
            known = self.known.cases
            return {id for id in self.offered if known[id].enrolment["starts_on"] is None}
        if set(chosen) - set(self.offered):
            raise Refused("municipality_elsewhere")
        return set(chosen)

    def _date(self) -> date:
        """The date that is moved, as it stands."""
        row = self.row
        match self.what:
            case "cohort":
                return date.fromisoformat(row["starts_on"])
            case "enrolment":
                return places.period(row, self.known.cohorts[row["cohort_id"]])[0]
            case "milestone":
                return plan.dates(self._store, row["enrolment_id"])[row["id"]].due_on
        return calendar.local_date(instant(row["starts_at"]))

    def _moved(self) -> list[tuple[str, Row]]:
        """The records that move by themselves; the rest follows from them."""
        row = self.row
        if not self.days:
            return []
        if self.what == "milestone":
            keeps = row["done_on"] or row["not_applicable"]
            here = row["enrolment_id"] in self.known.cases
            return [("milestone", row)] if here and not keeps else []
        if self.what == "activity":
            return []  # written with those that move along
        if self.whole:
            return [("cohort", row)]
        known = self.known.cases
        return [("enrolment", known[id].enrolment) for id in sorted(self.chosen) if id in known]

    # --- what is written ----------------------------------------------------------------------

    def _write(self, table: str, row: Row) -> Write:
        day_of = self._day_of(table, row)
        target = day_of(row) + timedelta(days=self.days)
        found = earlier(self._store, table, row, day_of, target)
        if found is not None:
            self._undone |= found.undone
            return Write(table, row["id"], found.state)
        if table == "milestone":
            return Write(table, row["id"], self._pinned(row, target))
        if table == "enrolment":
            cohort = self.known.cohorts[row["cohort_id"]]
            own = None if target.isoformat() == cohort["starts_on"] else target.isoformat()
            return Write(table, row["id"], {"starts_on": own})
        return Write(table, row["id"], {"starts_on": target.isoformat()})

    def _day_of(self, table: str, row: Row) -> Callable[[Row], date]:
        """How the date of such a record is read off its fields."""
        if table == "milestone":
            rule_on = plan.dates(self._store, row["enrolment_id"])[row["id"]].rule_on
            return lambda state: (
                date.fromisoformat(state["override_on"]) if state["pinned"] else rule_on
            )
        if table == "enrolment":
            of_cohort = self.known.cohorts[row["cohort_id"]]["starts_on"]
            return lambda state: date.fromisoformat(state["starts_on"] or of_cohort)
        return lambda state: date.fromisoformat(state["starts_on"])

    def _pinned(self, row: Row, target: date) -> Row:
        plan.refuse_outside(target, self.known.cases[row["enrolment_id"]].period)
        reason = row["override_reason"] if row["pinned"] else self._reason.strip() or REASON
        return {"override_on": target.isoformat(), "pinned": 1, "override_reason": reason}

    def writes(self) -> list[Write]:
        """Everything that is written when the move is done."""
        by_id = {one.booking.id: one for one in self.ahead}
        times = [(id, by_id[id].to) for id in sorted(self.outcome.moving)]
        return self._writes + [
            Write("activity", id, {"starts_at": stamp(starts_at), "ends_at": stamp(ends_at)})
            for id, (starts_at, ends_at) in times
        ]

    def refusal(self) -> str:
        """The key that says why nothing is written, empty when something is."""
        if self.writes():
            return ""
        told = {key for row in self.outcome.rows for key in row.keys}
        return next((key for key in REFUSED if key in told), "replan_nothing")

    # --- what follows -------------------------------------------------------------------------

    def _calendar(self) -> tuple[list[Activity], list[Booking]]:
        """The activities that can move, and the other ones."""
        can, others = [], []
        been_moved, moment = moved_before(self._store), self._store.moment()
        itself = self.row["id"] if self.what == "activity" and self.days else None
        for row in self.known.activities:
            booking = self.known.booking(row)
            ahead = booking.starts_at > moment and not row["held_at"]
            if row["kind"] in activities.KINDS and (ahead or row["id"] == itself):
                can.append(self._activity(row, booking, row["id"] in been_moved))
            else:
                others.append(booking)
        return can, others

    def _activity(self, row: Row, booking: Booking, been_moved: bool) -> Activity:
        to, known = shifted(booking.starts_at, booking.ends_at, self.days), False
        if been_moved and (back := self._back(row, booking)):
            to, known = back, True
        keeps = self._keeps(row, to[0])
        return Activity(booking, self.known.fulfils[row["id"]], to, keeps, known)

    def _keeps(self, row: Row, to: datetime) -> str:
        """The remark that says why an activity cannot move there, empty when it can."""
        if row["held_at"]:
            return "activity_held"
        if self.what != "activity" and self._stayed(row):
            return "activity_stayed"
        if to > self._store.moment():
            return "headcount_exists" if row["id"] in self.known.counted else ""
        return "" if self.what == "activity" else "activity_past"

    def _back(self, row: Row, booking: Booking) -> Times | None:
        """The very times it had, when it comes back to a day it was on before earlier moves."""
        target = calendar.local_date(booking.starts_at) + timedelta(days=self.days)

        def day_of(state: Row) -> date:
            return calendar.local_date(instant(state["starts_at"]))

        found = earlier(self._store, "activity", row, day_of, target)
        if found is None:
            return None
        return instant(found.state["starts_at"]), instant(found.state["ends_at"])

    def _stayed(self, row: Row) -> bool:
        """Whether it stayed when what is now taken back was done; then it stays again."""
        if not self._undone or not self.known.fulfils[row["id"]]:
            return False
        marks = ", ".join("?" * len(self._undone))
        done = f"operation IN ({marks})"
        first = self._store.rows("history", done, [*self._undone], order="id LIMIT 1")[0]
        mine = "table_name = 'activity' AND row_id = ?"
        if self._store.rows("history", f"{mine} AND {done}", [row["id"], *self._undone]):
            return False
        links = self.known.links[row["id"]]
        theirs = f"table_name = 'activity_enrolment' AND row_id IN ({', '.join('?' * len(links))})"
        return bool(self._store.rows("history", f"{theirs} AND id < ?", [*links, first["id"]]))

    def _with_changes(self) -> list[Case]:
        """All cases, with what becomes of the periods and milestones that move themselves."""
        writes = {(one.table, one.id): one.changes for one in self._writes}
        return [case.case(writes) for case in self.known.cases.values()]

    def _work_out(self) -> Outcome:
        if not self.days:
            return Outcome((), frozenset(), {}, {})
        itself = self.row["id"] if self.what == "activity" else None
        if itself is not None and all(one.booking.id != itself for one in self.ahead):
            return Outcome((), frozenset(), {}, {})  # cancelled
        return replan(
            self.cases,
            self.ahead,
            self._others,
            itself=itself,
            along=self._along,
            closing=self._closing,
        )
