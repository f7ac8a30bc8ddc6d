"""Decisions about applications: who gets a place, who waits, who is told no, who leaves."""

import json
from dataclasses import dataclass, replace
from datetime import date

from ..domain import calendar, capacity
from ..domain import enrolments as rules
from ..domain.errors import Refused
from . import Row, Store, enrolments, people, place_changes, places, plan
from .instants import instant

GIVES = (rules.Status.OFFERED, rules.Status.ADMITTED)


@dataclass(frozen=True, slots=True)
class Unusual:
    """Why a place for an application needs a reason: it came late, or goes past others who wait.

    `passed` are their enrolment ids, first in line first.
    """

    late: bool = False
    passed: tuple[int, ...] = ()

    def __bool__(self) -> bool:
        return self.late or bool(self.passed)


def decide(
    store: Store,
    enrolment_id: int,
    status: rules.Status,
    *,
    on_date: date,
    reason: str | None = None,
    answer_by: date | None = None,
    seen: int | None = None,
) -> None:
    """Record a decision; admitting a municipality also lays its plan.

    An offer can be answered until `answer_by`, ten working days when it is not given; offering
    again while it stands open gives it another last day. `seen` is the
    `store.version()` that the person looked at: nothing is written when the case has been decided
    or moved since (`decided_meanwhile`, `changed_meanwhile`) or its place has gone to another
    (`place_taken`). Refuses otherwise as `check`.
    """
    with store.write("enrolment.status"):
        _refuse_changed_since(store, store.get("enrolment", enrolment_id), seen)
        case = check(
            store, enrolment_id, status, on_date=on_date, reason=reason, answer_by=answer_by,
            seen=seen,
        )  # fmt: skip
        until = case.answer_by if status == rules.Status.OFFERED else None
        why = enrolments.reason_of(reason)
        enrolments.record(store, enrolment_id, status, on_date, why, until)
        if status == rules.Status.ADMITTED:
            plan.lay(store, enrolment_id)


def check(
    store: Store,
    enrolment_id: int,
    status: rules.Status,
    *,
    on_date: date,
    reason: str | None = None,
    answer_by: date | None = None,
    seen: int | None = None,
) -> capacity.Case:
    """The case as it would be after a decision. Nothing is written.

    Refuses with `status_in_future`, `status_out_of_order`, `move_not_allowed`, `reason_needed`,
    `already_withdrawn`, `offer_lapsed_on`, `answer_before_offer`, `answer_after_start`,
    `cohort_started` and, when all places are held, `no_place_left` or `cohort_full`.
    """
    enrolment = store.get("enrolment", enrolment_id)
    if on_date > store.today():
        raise Refused("status_in_future", date=on_date)
    cohort = store.get("cohort", enrolment["cohort_id"])
    known = places.cases(store, cohort["initiative_id"])
    case = known[enrolment_id]
    if case.rows and on_date < case.rows[-1][0]:
        raise Refused("status_out_of_order", since=case.rows[-1][0])
    current = capacity.standing(case, on_date)
    _refuse_over(store, enrolment, case, current, status)
    early = status == rules.Status.LAPSED and on_date <= case.offer_ends
    why = unusual(store, enrolment_id, on_date) if status in GIVES else early
    rules.check_move(current, status, reason=reason, unusual=bool(why))
    if status in GIVES:
        if on_date >= case.starts_on:
            raise Refused("cohort_started", cohort=cohort["code"], starts_on=case.starts_on)
        _refuse_without_place(store, cohort, known, enrolment_id, on_date, seen)
    after = replace(case, rows=(*case.rows, (on_date, str(status))))
    if status != rules.Status.OFFERED:
        return after
    until = answer_by or default_answer_by(store, case, on_date)
    capacity.refuse_answer_by(until, on_date, case.starts_on)
    return replace(after, answer_by=until)


def default_answer_by(store: Store, case: capacity.Case, on_date: date) -> date:
    """The last day to answer an offer made on a day, by the rule and the closing days."""
    return capacity.answer_by(on_date, plan.closing_days(store), starts_on=case.starts_on)


def unusual(store: Store, enrolment_id: int, day: date) -> Unusual:
    """Why giving this one a place as of `day` needs a reason; an open offer was explained.

    Who waited on that day or waits today is passed when there is not a place for them too.
    """
    cohort = store.get("cohort", store.get("enrolment", enrolment_id)["cohort_id"])
    known = places.cases(store, cohort["initiative_id"])
    case, today = known[enrolment_id], store.today()
    if capacity.standing(case, day) == rules.Status.OFFERED:
        return Unusual()
    apply_by = date.fromisoformat(cohort["apply_by"]) if cohort["apply_by"] else None
    ahead: list[int] = []
    for when in sorted({day, today}):
        line = [one.enrolment_id for one in places.queue(store, cohort, known, when)]
        before = line[: line.index(enrolment_id)] if enrolment_id in line else line
        ahead += [id_ for id_ in before if id_ not in ahead]
    enough = places.free(store, cohort, known, day, today) > len(ahead)
    late = rules.is_late(case.rows[0][0], apply_by)
    return Unusual(late, () if enough else tuple(ahead))


def move_cohort(
    store: Store, enrolment_id: int, cohort_id: int, reason: str, *, seen: int | None = None
) -> None:
    """Move an application, and the place it may hold, to another cohort that has not begun.

    The date it was received stays; the plan counts from the new start, and its contacts are kept
    for as long as the new programme asks. Refuses with `reason_needed`, `cohort_started`,
    `move_not_open` once it is decided or under way, `already_enrolled`, `already_closed`,
    `cohort_elsewhere`, with `move_pinned` and `move_activity` for what would lie before the new
    start or after the new end, as `decide` for what was done meanwhile and, when the place goes
    along, as `places.refuse_without_place`.
    """
    with store.write("enrolment.status"):
        enrolment = store.get("enrolment", enrolment_id)
        _refuse_changed_since(store, enrolment, seen)
        old, new = store.get("cohort", enrolment["cohort_id"]), store.get("cohort", cohort_id)
        today, starts_on = store.today(), date.fromisoformat(new["starts_on"])
        if new["initiative_id"] != old["initiative_id"] or new["id"] == old["id"]:
            raise Refused("cohort_elsewhere")
        if starts_on <= today:
            raise Refused("cohort_started", cohort=new["code"], starts_on=starts_on)
        known = places.cases(store, old["initiative_id"])
        case = known[enrolment_id]
        status = capacity.standing(case, today)
        if status not in rules.OPEN or status == rules.Status.ACTIVE:
            raise Refused("move_not_open", status=status)
        enrolments.refuse_enrolled(store, new, enrolment["municipality_id"])
        if capacity.holds_place_on(case, today):
            _refuse_without_place(store, new, known, enrolment_id, today, seen)
        if status == rules.Status.OFFERED and case.answer_by is not None:
            capacity.refuse_answer_by(case.answer_by, today, starts_on)
        _refuse_left_behind(store, enrolment_id, new)
        store.update("enrolment", enrolment_id, {"cohort_id": cohort_id, "starts_on": None})
        people.keep_longer(store, enrolment_id)
        moved = {"before": old["id"], "after": cohort_id, "enrolment_id": enrolment_id}
        place_changes.record(store, "moved", new, reason, **moved)


# --- what is refused ------------------------------------------------------------------------------


def _refuse_over(
    store: Store,
    enrolment: Row,
    case: capacity.Case,
    current: rules.Status | None,
    status: rules.Status,
) -> None:
    """Say it plainly when an answer comes after its offer, or a withdrawal comes twice."""
    if current == rules.Status.LAPSED and status in GIVES:
        on_date, recorded = case.rows[-1]
        by_itself = recorded != rules.Status.LAPSED
        raise Refused("offer_lapsed_on", date=case.offer_ends if by_itself else on_date)
    if current == status == rules.Status.WITHDRAWN:
        name = store.get("municipality", enrolment["municipality_id"])["name"]
        raise Refused("already_withdrawn", municipality=name, date=case.rows[-1][0])


def _refuse_left_behind(store: Store, enrolment_id: int, cohort: Row) -> None:
    """Refuse when a fixed date or a planned activity would lie outside the new programme."""
    first = date.fromisoformat(cohort["starts_on"])
    last = calendar.last_day(first, cohort["months"])
    for row in store.rows("milestone", "enrolment_id = ? AND pinned", [enrolment_id]):
        on = date.fromisoformat(row["override_on"])
        if on < first and not row["done_on"]:
            raise Refused("move_pinned", name=row["name"], date=on)
    planned = "SELECT activity_id FROM activity_enrolment WHERE enrolment_id = ?"
    where = f"id IN ({planned}) AND cancelled_at IS NULL AND held_at IS NULL"
    for row in store.rows("activity", where, [enrolment_id]):
        on = calendar.local_date(instant(row["starts_at"]))
        if not first <= on <= last:
            raise Refused("move_activity", name=row["title"], date=on)


def _refuse_changed_since(store: Store, enrolment: Row, seen: int | None) -> None:
    mine = [row for row in _since(store, seen) if row["enrolment_id"] == enrolment["id"]]
    if not mine:
        return
    last = mine[-1]
    if last["table"] == "enrolment_status":
        raise _told("decided_meanwhile", store, last)
    raise _told("changed_meanwhile", store, last)


def _since(store: Store, seen: int | None) -> list[Row]:
    """What others have decided or taken back since, oldest first.

    Each as it was recorded, with its `table`, and `by` and `at` of what was done to it.
    """
    if seen is None:
        return []
    rows = store.rows(
        "history",
        "id > ? AND table_name IN ('enrolment_status', 'place_change') AND operation <> ?",
        [seen, store.operation],
    )
    return [
        {**json.loads(row["after"] or row["before"]), "by": row["actor"], "at": instant(row["at"])}
        | {"table": row["table_name"]}
        for row in rows
    ]


def _refuse_without_place(
    store: Store,
    cohort: Row,
    known: dict[int, capacity.Case],
    enrolment_id: int,
    day: date,
    seen: int | None,
) -> None:
    """Refuse when there is no place; who looked while there was one is told who got it."""
    try:
        places.refuse_without_place(store, cohort, known, enrolment_id, day)
    except Refused as refusal:
        later = [row for row in _since(store, seen) if _took(store, cohort, row, refusal.key)]
        if later:
            raise _told("place_taken", store, later[-1]) from refusal
        raise


def _took(store: Store, cohort: Row, row: Row, key: str) -> bool:
    """Whether what was recorded took a place that is missed now: in the cohort when it is full."""
    if row["table"] != "enrolment_status" or row["status"] not in GIVES:
        return False
    if store.find("enrolment_status", id=row["id"]) is None:  # taken back again
        return False
    before = store.rows(
        "enrolment_status", "enrolment_id = ? AND id < ?", [row["enrolment_id"], row["id"]]
    )
    if before[-1]["status"] in GIVES:  # accepting an offer takes no other place
        return False
    home = store.get("cohort", store.get("enrolment", row["enrolment_id"])["cohort_id"])
    name = "id" if key == "cohort_full" else "initiative_id"
    return home[name] == cohort[name]


def _told(key: str, store: Store, row: Row) -> Refused:
    """A refusal that names a decision of somebody else: the case, what, by whom and when."""
    enrolment = store.get("enrolment", row["enrolment_id"])
    case = places.cases(store, store.get("cohort", enrolment["cohort_id"])["initiative_id"])
    return Refused(
        key,
        municipality=store.get("municipality", enrolment["municipality_id"])["name"],
        status=capacity.standing(case[enrolment["id"]], store.today()),
        by=row["by"],
        at=row["at"],
    )
