"""Decisions about applications: who gets a place, who waits, who is told no, who leaves."""

import json
from datetime import date

from ..domain import capacity
from ..domain import enrolments as rules
from ..domain.errors import Refused
from . import Row, Store, enrolments, place_changes, places, plan
from .instants import instant

GIVES = (rules.Status.OFFERED, rules.Status.ADMITTED)


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

    An offer can be answered until `answer_by`, ten working days when it is not given. `seen` is the
    `store.version()` that the person looked at: nothing is written when the case has been decided
    since (`decided_meanwhile`) or its place has gone to another (`place_taken`).
    Refuses with `status_in_future`, `status_out_of_order`, `move_not_allowed`, `reason_needed`,
    `already_withdrawn`, `offer_lapsed_on`, `answer_before_offer`, `answer_after_start`,
    `cohort_started` and, when all places are held, `no_place_left` or `cohort_full`.
    """
    with store.write("enrolment.status"):
        enrolment = store.get("enrolment", enrolment_id)
        _refuse_decided_since(store, enrolment, seen)
        if on_date > store.today():
            raise Refused("status_in_future", date=on_date)
        cohort = store.get("cohort", enrolment["cohort_id"])
        known = places.cases(store, cohort["initiative_id"])
        case = known[enrolment_id]
        if case.rows and on_date < case.rows[-1][0]:
            raise Refused("status_out_of_order", since=case.rows[-1][0])
        current = capacity.standing(case, on_date)
        _refuse_over(store, enrolment, case, current, status)
        unusual = status in GIVES and _is_unusual(store, cohort, known, enrolment_id, on_date)
        rules.check_move(current, status, reason=reason, unusual=unusual)
        if status in GIVES:
            if on_date >= case.starts_on:
                raise Refused("cohort_started", cohort=cohort["code"], starts_on=case.starts_on)
            _refuse_without_place(store, cohort, known, enrolment_id, on_date, seen)
        until = None
        if status == rules.Status.OFFERED:
            closing = plan.closing_days(store)
            until = answer_by or capacity.answer_by(on_date, closing, starts_on=case.starts_on)
            capacity.refuse_answer_by(until, on_date, case.starts_on)
        enrolments.record(store, enrolment_id, status, on_date, enrolments.reason_of(reason), until)
        if status == rules.Status.ADMITTED:
            plan.lay(store, enrolment_id)


def move_cohort(
    store: Store, enrolment_id: int, cohort_id: int, reason: str, *, seen: int | None = None
) -> None:
    """Move an application, and the place it may hold, to another cohort that has not begun.

    The date it was received stays; the plan counts from the new start. Refuses with
    `reason_needed`, `cohort_started`, `move_not_open` once it is decided or under way,
    `already_enrolled`, `cohort_elsewhere` (another initiative) and, when the place goes along, as
    `places.refuse_without_place`.
    """
    with store.write("enrolment.status"):
        enrolment = store.get("enrolment", enrolment_id)
        _refuse_decided_since(store, enrolment, seen)
        old, new = store.get("cohort", enrolment["cohort_id"]), store.get("cohort", cohort_id)
        today, starts_on = store.today(), date.fromisoformat(new["starts_on"])
        if new["initiative_id"] != old["initiative_id"]:
            raise Refused("cohort_elsewhere")
        if starts_on <= today:
            raise Refused("cohort_started", cohort=new["code"], starts_on=starts_on)
        known = places.cases(store, old["initiative_id"])
        case = known[enrolment_id]
        status = capacity.standing(case, today)
        if status not in rules.OPEN or status == rules.Status.ACTIVE:
            raise Refused("move_not_open", status=status)
        home = enrolment["municipality_id"]
        if store.find("enrolment", cohort_id=cohort_id, municipality_id=home):
            name = store.get("municipality", home)["name"]
            raise Refused("already_enrolled", municipality=name, cohort=new["code"])
        if capacity.holds_place_on(case, today):
            _refuse_without_place(store, new, known, enrolment_id, today, seen)
        if case.answer_by is not None and status == rules.Status.OFFERED:
            capacity.refuse_answer_by(case.answer_by, today, starts_on)
        store.update("enrolment", enrolment_id, {"cohort_id": cohort_id, "starts_on": None})
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
        by_itself = recorded != rules.Status.LAPSED and case.answer_by
        raise Refused("offer_lapsed_on", date=by_itself or on_date)
    if current == status == rules.Status.WITHDRAWN:
        name = store.get("municipality", enrolment["municipality_id"])["name"]
        raise Refused("already_withdrawn", municipality=name, date=case.rows[-1][0])


def _is_unusual(
    store: Store,
    cohort: Row,
    known: dict[int, capacity.Case],
    enrolment_id: int,
    day: date,
) -> bool:
    """Whether a place would go to a late application, or past somebody who waits for it.

    An offer that is accepted was explained when it was made.
    """
    case = known[enrolment_id]
    if capacity.standing(case, day) == rules.Status.OFFERED:
        return False
    apply_by = date.fromisoformat(cohort["apply_by"]) if cohort["apply_by"] else None
    if rules.is_late(case.rows[0][0], apply_by):
        return True
    line = [one.enrolment_id for one in places.queue(store, cohort, known, day)]
    before = line.index(enrolment_id) if enrolment_id in line else len(line)
    return before > 0 and places.free(store, cohort, known, day, store.today()) <= before


def _refuse_decided_since(store: Store, enrolment: Row, seen: int | None) -> None:
    later = [row for row in _since(store, seen) if row["enrolment_id"] == enrolment["id"]]
    if later:
        raise _told("decided_meanwhile", store, later[-1])


def _since(store: Store, seen: int | None) -> list[Row]:
    """The statuses that others have recorded or taken back since, oldest first.

    Each as it was recorded, with `by` and `at` of what was done to it.
    """
    if seen is None:
        return []
    rows = store.rows(
        "history",
        "id > ? AND table_name = 'enrolment_status' AND operation <> ?",
        [seen, store.operation],
    )
    return [
        {**json.loads(row["after"] or row["before"]), "by": row["actor"], "at": instant(row["at"])}
        | {"stands": row["after"] is not None}
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
    if not row["stands"] or row["status"] not in GIVES:
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
