"""Applications and places: what came in, who waits, who decided what, what is left."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import pandas as pd

from ..domain import calendar, intake
from ..domain.enrolments import Status
from ..store import Row, Store
from ..store import places as held
from ..store.instants import instant
from .enrolments import enrolments
from .figures import places
from .journal import contacts, tasks
from .ledger import ledger
from .signups import signups
from .typed import DATE, INSTANT, day, frame, instants_of, per_version, reads

APPLICATIONS = {
    "enrolment_id": "int64",
    "municipality_id": "int64",
    "municipality": "str",
    "short": "str",
    "slug": "str",
    "region": "str",
    "cohort_id": "int64",
    "cohort": "str",
    "starts_on": DATE,
    "received_on": DATE,
    "received_at": INSTANT,
    "late": "bool",
    "moved_from": "str",
    "prior_experience": "str",
    "goal": "str",
    "motivation": "str",
    "attachments": "object",
    "commitment": "bool",
    "contact_id": "Int64",
    "contact": "str",
    "contact_role": "str",
    "contact_email": "str",
    "contact_phone": "str",
    "lacking": "object",
    "complete": "bool",
    "reviewed_on": DATE,
    "status": "str",
    "stage": "str",
    "since": DATE,
    "queue": "Int64",
    "priority": "Int64",
    "priority_reason": "str",
    "answer_by": DATE,
    "answer_days": "Int64",
    "holds_place": "bool",
    "can_free": "bool",
    "last_meeting": DATE,
    "next_task": "str",
    "next_on": DATE,
    "consultant": "str",
    "initials": "str",
    "reason": "str",
    "decided_by": "str",
    "seen": "int64",
    "version": "int64",
}
ROUNDS = {
    "cohort_id": "int64",
    "cohort": "str",
    "starts_on": DATE,
    "ends_on": DATE,
    "apply_by": DATE,
    "days_left": "Int64",
    "state": "str",
    "source": "str",
    "places": "Int64",
    "taken": "int64",
    "offered": "int64",
    "free": "int64",
    "applications": "int64",
    "late": "int64",
    "moved_in": "int64",
    "undecided": "int64",
    "waiting": "int64",
    "answer_by": DATE,
    "freed_on": DATE,
    "freed_by": "str",
}

_AS_CASE = (
    *("enrolment_id", "municipality_id", "municipality", "short", "slug", "region", "cohort_id"),
    *("cohort", "prior_experience", "goal", "status", "holds_place", "consultant", "initials"),
    "version",
)
_AS_RECORD = (
    *("received_at", "motivation", "contact_id", "reviewed_on", "priority", "priority_reason"),
)
_OF_ROUND = (*("cohort_id", "late", "moved_from", "stage", "queue", "answer_by", "holds_place"),)


@reads("read.applications")
@per_version
def applications(store: Store, cohort: str = "") -> pd.DataFrame:
    """One row per application, of one cohort or all, in the order they were received.

    Columns: see `APPLICATIONS`. `received_at` is missing where only the day is known. `late`:
    after the cohort's last day to apply. `moved_from` is the cohort it was first made to, empty for
    the one it is in. `lacking` are the items of `domain.intake.ITEMS` it does not have. `stage` is
    where it stands (`domain.intake.Stage`); `queue` its number on the waiting list of its cohort,
    `answer_by` and `answer_days` the last day to answer an open offer. `can_free`: withdrew after
    the start and still holds its place. `last_meeting` is the last info meeting of any round with
    somebody from there, `next_*` the first open task. `reason` and `decided_by` belong to the last
    decision; `seen` is the version of the data that was looked at, to be handed back with a
    decision.
    """
    if cohort:
        found = applications(store)
        return found[found["cohort"] == cohort].reset_index(drop=True)
    around = _Around(store)
    rows = [around.application(case) for case in enrolments(store).itertuples(index=False)]
    rows.sort(key=lambda row: (row["received_on"], row["enrolment_id"]))
    data: dict[str, Any] = {name: [row[name] for row in rows] for name in APPLICATIONS}
    data["received_at"] = instants_of(data["received_at"])
    return frame(APPLICATIONS, data)


class _Around:
    """The records around the applications, each read once."""

    def __init__(self, store: Store):
        self.store = store
        self.cohorts = {row["id"]: row["code"] for row in store.rows("cohort")}
        self.records = {row["id"]: row for row in store.rows("enrolment")}
        self.last = {row["enrolment_id"]: row for row in store.rows("enrolment_status")}
        self.seen = store.version()
        self.people = {row.contact_id: row for row in contacts(store).itertuples(index=False)}
        moved = store.rows("place_change", "kind = 'moved'", order="id DESC")
        self.moved = {row["enrolment_id"]: row["before"] for row in moved}
        self.queue = _queues(store)
        self.tasks = _next_tasks(store)
        self.been = _last_meetings(store)

    def application(self, case: Any) -> dict[str, Any]:
        """One row of `applications`, from one of `enrolments`."""
        record, decision = self.records[case.enrolment_id], self.last[case.enrolment_id]
        contact = self.people.get(record["contact_id"])
        task = self.tasks.get(case.enrolment_id, ("", None))
        answer_by = day(case.answer_by)
        lacking = intake.lacking(
            contact=contact is not None,
            motivation=record["motivation"],
            experience=case.prior_experience,
            goal=case.goal,
            commitment=bool(record["commitment"]),
        )
        status, reviewed = Status(case.status), record["reviewed_on"] is not None
        return {
            **{name: getattr(case, name) for name in _AS_CASE},
            **{name: day(getattr(case, name)) for name in ("starts_on", "received_on")},
            **{name: record[name] for name in _AS_RECORD},
            "late": case.late_application,
            "moved_from": self._moved_from(case),
            "attachments": tuple(record["attachments"].split()),
            "commitment": bool(record["commitment"]),
            "contact": contact.name if contact else "",
            "contact_role": contact.role if contact else "",
            "contact_email": contact.email if contact else "",
            "contact_phone": contact.phone if contact else "",
            "lacking": lacking,
            "complete": not lacking,
            "stage": intake.stage(status, reviewed=reviewed, complete=not lacking).value,
            "since": day(case.status_since),
            "queue": self.queue.get(case.enrolment_id),
            "answer_by": answer_by,
            "answer_days": (answer_by - self.store.today()).days if answer_by else None,
            "can_free": status == Status.WITHDRAWN and case.holds_place,
            "last_meeting": self.been.get(case.municipality_id),
            "next_task": task[0],
            "next_on": task[1],
            "reason": decision["reason"] or "",
            "decided_by": decision["actor"],
            "seen": self.seen,
        }

    def _moved_from(self, case: Any) -> str:
        first = self.cohorts.get(self.moved.get(case.enrolment_id, 0), "")
        return first if first != case.cohort else ""


def _queues(store: Store) -> dict[int, int]:
    """The number on the waiting list of its cohort, 1 for the first, by enrolment id."""
    found: dict[int, int] = {}
    for initiative in store.rows("initiative"):
        known = held.cases(store, initiative["id"])
        for cohort in store.rows("cohort", "initiative_id = ?", [initiative["id"]]):
            line = held.queue(store, cohort, known, store.today())
            found |= {one.enrolment_id: number for number, one in enumerate(line, 1)}
    return found


@reads("read.applications")
def next_in_line(store: Store) -> list[int]:
    """The enrolment ids of those who wait and could be offered a place that is free today.

    Of a cohort that has begun nobody can. While the cohorts share the places, one place may be
    named for the first of several; so may one that would have to be moved to a cohort that is full.
    """
    known = rounds(store).set_index("cohort_id")
    coming = known[known["starts_on"] > pd.Timestamp(store.today())]
    free = coming["free"].clip(lower=int(places(store)["free"] > 0))
    line = applications(store)[["enrolment_id", "cohort_id", "queue"]].dropna(subset=["queue"])
    line = line[line["queue"] <= line["cohort_id"].map(free).fillna(0)]
    return line.sort_values(["cohort_id", "queue"])["enrolment_id"].tolist()


def _next_tasks(store: Store) -> dict[int, tuple[str, date | None]]:
    """The title and last day of the first open task of each case."""
    found = tasks(store)
    found = found[found["state"] != "done"].drop_duplicates("enrolment_id")
    return {
        row.enrolment_id: (row.title, day(row.due_on))
        for row in found.dropna(subset=["enrolment_id"]).itertuples(index=False)
    }


def _last_meetings(store: Store) -> dict[int, date]:
    """The last info meeting or webinar with somebody there, by municipality, whatever its round."""
    there = signups(store).query("present == 'yes'").dropna(subset=["municipality_id"])
    days = {
        row["id"]: calendar.local_date(instant(row["starts_at"])) for row in store.rows("activity")
    }
    found = zip(there["municipality_id"], there["activity_id"].map(days))
    last: dict[int, date] = {}
    for home, on_date in found:
        last[home] = max(on_date, last.get(home, on_date))
    return last


@reads("read.applications")
@per_version
def waiting(store: Store, cohort: str) -> pd.DataFrame:
    """The waiting list of a cohort, first in line first; the columns of `applications`."""
    found = applications(store, cohort)
    return found[found["queue"].notna()].sort_values("queue").reset_index(drop=True)


@reads("read.applications")
@per_version
def rounds(store: Store) -> pd.DataFrame:
    """One row per cohort, by start: the deadline, the applications and the places.

    Columns: see `ROUNDS`. `state`: open until the last day to apply, closed after it or from the
    start on, undated where no day is published. `days_left` is 0 on the last day, negative after
    it. `free` is what the cohort can give: never more than is free in all, nor below zero.
    `applications` are all received, `moved_in` of them made to another cohort first; `undecided`
    wait for a first decision. `answer_by` is the next day on which an open offer ends. `freed_on`
    is the day the last place here became free, or was added, and `freed_by` whose it was; where
    the cohort has its own number of places, also of a case that moved to another.
    """
    today, found = store.today(), applications(store)[list(_OF_ROUND)]
    cohorts = store.rows("cohort", order="starts_on")
    own = {id_: rows for id_, rows in found.groupby("cohort_id")}
    taken = {id_: int(rows["holds_place"].sum()) for id_, rows in own.items()}
    freed, left = _freed(store, cohorts), _left(store, cohorts, taken)
    rows = [
        _round(
            cohort,
            own.get(cohort["id"], found[:0]),
            freed.get(cohort["code"], (None, "")),
            left[cohort["id"]],
            today,
        )
        for cohort in cohorts
    ]
    return frame(ROUNDS, {name: [row[name] for row in rows] for name in ROUNDS})


def _left(store: Store, cohorts: list[Row], taken: Mapping[int, int]) -> dict[int, int]:
    """How many places each cohort can give, by its id, when `taken` are held in each."""
    free = {row["id"]: row["capacity"] for row in store.rows("initiative")}
    for cohort in cohorts:
        free[cohort["initiative_id"]] -= taken.get(cohort["id"], 0)
    found = {}
    for cohort in cohorts:
        found[cohort["id"]] = free[cohort["initiative_id"]]
        if cohort["places"] is not None:
            own = cohort["places"] - taken.get(cohort["id"], 0)
            found[cohort["id"]] = min(own, found[cohort["id"]])
    return found


def _freed(store: Store, cohorts: list[Row]) -> dict[str, tuple[date | None, str]]:
    """The day of the last place that each cohort got, by its code, and whose it was."""
    numbered = {cohort["code"] for cohort in cohorts if cohort["places"] is not None}
    movements = ledger(store)
    more = (movements["after"] > movements["before"]).fillna(False)
    came = movements[(movements["free"] > 0) | more]
    gone = movements[movements["from_cohort"].isin(numbered)]
    both = pd.concat([came, gone.assign(cohort=gone["from_cohort"])]).sort_index()
    last = both.drop_duplicates("cohort", keep="last")
    return {row.cohort: (day(row.on), row.municipality) for row in last.itertuples(index=False)}


def _round(
    cohort: Row, own: pd.DataFrame, freed: tuple[date | None, str], free: int, today: date
) -> dict[str, Any]:
    starts_on = date.fromisoformat(cohort["starts_on"])
    apply_by = date.fromisoformat(cohort["apply_by"]) if cohort["apply_by"] else None
    offered = own[own["stage"] == intake.Stage.OFFERED]
    over = today >= starts_on or (apply_by is not None and today > apply_by)
    return {
        "cohort_id": cohort["id"],
        "cohort": cohort["code"],
        "starts_on": starts_on,
        "ends_on": calendar.last_day(starts_on, cohort["months"]),
        "apply_by": apply_by,
        "days_left": (apply_by - today).days if apply_by else None,
        "state": "closed" if over else "open" if apply_by else "undated",
        "source": cohort["source"],
        "places": cohort["places"],
        "taken": int(own["holds_place"].sum()) - len(offered),
        "offered": len(offered),
        "free": max(free, 0),
        "applications": len(own),
        "late": int(own["late"].sum()),
        "moved_in": int((own["moved_from"] != "").sum()),
        "undecided": int(own["stage"].isin(list(intake.UNDECIDED)).sum()),
        "waiting": int(own["queue"].notna().sum()),
        "answer_by": day(offered["answer_by"].min()),
        "freed_on": freed[0],
        "freed_by": freed[1],
    }
