"""The plan of a case: its milestones, what was moved and why, what is done."""

from collections.abc import Mapping
from datetime import date, timedelta

from ..domain import calendar
from ..domain import plan as rules
from ..domain.errors import Refused
from . import Row, Store, codes, places
from .instants import instant

LONGEST_BEFORE_START = 366
LONGEST_AFTER_END = 366
OWN_POSITION = 1000


def lay(store: Store, enrolment_id: int) -> int:
    """Give a case the initiative's milestones and return how many; a laid plan stays as it is.

    Refuses with `anchor_circle` and `anchor_missing` when the steps cannot be put in order.
    """
    with store.write("milestone.add"):
        if store.find("milestone", enrolment_id=enrolment_id):
            return 0
        enrolment = store.get("enrolment", enrolment_id)
        cohort = store.get("cohort", enrolment["cohort_id"])
        steps = store.rows(
            "milestone_template", "initiative_id = ?", [cohort["initiative_id"]], order="position"
        )
        placed: dict[str, int] = {}
        for step in _in_order(steps):
            placed[step["code"]] = store.insert(
                "milestone",
                {
                    "enrolment_id": enrolment_id,
                    "template_id": step["id"],
                    "name": step["name_da"],
                    "name_en": step["name_en"],
                    "anchor_id": _anchor(placed, step),
                    **{
                        key: step[key]
                        for key in ("position", "phase", "kind", "anchor", "offset", "unit")
                    },
                },
            )
        return len(placed)


def _anchor(placed: dict[str, int], step: Row) -> int | None:
    if step["anchor"] != "milestone":
        return None
    if step["anchor_code"] not in placed:
        raise Refused("anchor_missing")
    return placed[step["anchor_code"]]


def _in_order(steps: list[Row]) -> list[Row]:
    """The steps by position, but each after the one it counts from."""
    ordered: list[Row] = []
    waiting = steps
    while waiting:
        behind = {step["code"] for step in waiting}
        ready = [step for step in waiting if step["anchor_code"] not in behind]
        if not ready:
            raise Refused("anchor_circle")
        ordered += ready
        waiting = [step for step in waiting if step not in ready]
    return ordered


def mark_done(store: Store, milestone_id: int, done_on: date, *, version: int | None = None) -> Row:
    """Tick a milestone off with the day it was done; returns it as it now is.

    Refuses with `done_in_future`, `done_before_programme` and `milestone_not_applicable`.
    """
    with store.write("milestone.done"):
        milestone = store.get("milestone", milestone_id)
        if milestone["not_applicable"]:
            raise Refused("milestone_not_applicable", name=milestone["name"])
        if done_on > store.today():
            raise Refused("done_in_future", date=done_on)
        starts_on, _ = _period(store, milestone)
        if done_on < starts_on - timedelta(days=LONGEST_BEFORE_START):
            raise Refused("done_before_programme", date=done_on, starts_on=starts_on)
        changes = {"done_on": done_on.isoformat()}
        return store.update("milestone", milestone_id, changes, version=version)


def mark_open(store: Store, milestone_id: int, *, version: int | None = None) -> Row:
    """Take the tick off, or make a step that was set aside count again."""
    with store.write("milestone.undone"):
        changes = {"done_on": None, "not_applicable": 0, "na_reason": None}
        return store.update("milestone", milestone_id, changes, version=version)


def move(
    store: Store,
    milestone_id: int,
    to: date,
    reason: str,
    *,
    version: int | None = None,
) -> Row:
    """Pin a milestone to a date of its own, with the reason; returns it as it now is.

    Refuses with `reason_needed` and, more than a year outside the programme,
    `date_outside_programme`.
    """
    with store.write("milestone.move"):
        milestone = store.get("milestone", milestone_id)
        refuse_outside(to, _period(store, milestone))
        if not reason.strip():
            raise Refused("reason_needed")
        changes = {"override_on": to.isoformat(), "pinned": 1, "override_reason": reason.strip()}
        return store.update("milestone", milestone_id, changes, version=version)


def unpin(store: Store, milestone_id: int, *, version: int | None = None) -> Row:
    """Let the rule decide the date again."""
    with store.write("milestone.move"):
        changes = {"override_on": None, "pinned": 0, "override_reason": None}
        return store.update("milestone", milestone_id, changes, version=version)


def set_aside(store: Store, milestone_id: int, reason: str, *, version: int | None = None) -> Row:
    """Mark a milestone as not applicable to this case. Refuses with `reason_needed`."""
    with store.write("milestone.not_applicable"):
        if not reason.strip():
            raise Refused("reason_needed")
        changes = {"not_applicable": 1, "na_reason": reason.strip(), "done_on": None}
        return store.update("milestone", milestone_id, changes, version=version)


def add(store: Store, enrolment_id: int, name: str, due_on: date, kind: str = "step") -> int:
    """Add a milestone of the case's own on a fixed date and return its id.

    Refuses with `name_needed`, `code_unknown` and `date_outside_programme`.
    """
    with store.write("milestone.add"):
        codes.refuse_unknown(store, "milestone_kind", kind)
        starts_on, _ = _period(store, {"enrolment_id": enrolment_id})
        own: Row = {"kind": kind, "anchor": "start", "offset": (due_on - starts_on).days}
        own |= {"unit": "days", "override_on": due_on.isoformat(), "pinned": 1}
        return _add_own(store, enrolment_id, name, due_on, own)


def add_by_activity(
    store: Store, enrolment_id: int, name: str, activity_id: int, offset: int, unit: str = "days"
) -> int:
    """Add a step of the case's own that counts from an activity, and return its id.

    It moves when the activity moves: an invitation four weeks before a workshop is `offset` -28.
    Refuses with `name_needed`, `rule_unknown`, `municipality_elsewhere` when the activity does not
    serve the case, and `date_outside_programme`.
    """
    with store.write("milestone.add"):
        if not store.find("activity_enrolment", activity_id=activity_id, enrolment_id=enrolment_id):
            raise Refused("municipality_elsewhere")
        starts_on, ends_on = _period(store, {"enrolment_id": enrolment_id})
        day = calendar.local_date(instant(store.get("activity", activity_id)["starts_at"]))
        due_on = rules.rule_date(
            rules.Rule("activity", offset, unit),
            starts_on=starts_on,
            ends_on=ends_on,
            anchor_on=day,
            closing=closing_days(store),
        )
        own: Row = {"kind": "step", "anchor": "activity", "anchor_activity_id": activity_id}
        own |= {"offset": offset, "unit": unit}
        return _add_own(store, enrolment_id, name, due_on, own)


def _add_own(store: Store, enrolment_id: int, name: str, due_on: date, own: Row) -> int:
    """Add a milestone that falls on a day, with its `own` kind and rule, and return its id."""
    if not name.strip():
        raise Refused("name_needed")
    starts_on, ends_on = period = _period(store, {"enrolment_id": enrolment_id})
    refuse_outside(due_on, period)
    months = calendar.programme_month(starts_on, ends_on, _months(store, enrolment_id), due_on)
    where = {
        "enrolment_id": enrolment_id,
        "position": OWN_POSITION + (due_on - starts_on).days,
        "phase": rules.phase_of(max(months - 1, 0)),
        "name": name.strip(),
    }
    return store.insert("milestone", where | own)


def refuse_outside(day: date, period: tuple[date, date]) -> None:
    """Refuse a day more than a year outside a programme with `date_outside_programme`."""
    starts_on, ends_on = period
    earliest = starts_on - timedelta(days=LONGEST_BEFORE_START)
    if not earliest <= day <= ends_on + timedelta(days=LONGEST_AFTER_END):
        raise Refused("date_outside_programme", starts_on=starts_on, ends_on=ends_on)


def dates(store: Store, enrolment_id: int) -> dict[int, rules.Dates]:
    """The dates of a case's milestones by id: what the rule gives and what holds."""
    starts_on, ends_on = _period(store, {"enrolment_id": enrolment_id})
    milestones = store.rows("milestone", "enrolment_id = ?", [enrolment_id])
    days = anchor_days(store, enrolment_id)
    return rules.plan_dates(
        [planned(row, days) for row in milestones], starts_on, ends_on, closing_days(store)
    )


def anchor_days(store: Store, enrolment_id: int | None = None) -> dict[int, date]:
    """The days of the activities that milestones count from, by activity; of one case or all."""
    where, args = ("1", []) if enrolment_id is None else ("m.enrolment_id = ?", [enrolment_id])
    rows = store.db.execute(
        "SELECT a.id, a.starts_at FROM milestone m JOIN activity a ON a.id = m.anchor_activity_id"
        f" WHERE {where}",
        args,
    )
    return {number: calendar.local_date(instant(starts_at)) for number, starts_at in rows}


def closing_days(store: Store) -> calendar.Closing:
    """The days besides public holidays that are no working days, as the setting has them."""
    setting = store.find("setting", key="closing_days")
    return calendar.closing_days(setting["value"]) if setting else calendar.CLOSING_DAYS


def planned(row: Row, days: Mapping[int, date]) -> rules.Planned:
    """A milestone record as the rules take it; `days` as `anchor_days`."""
    return rules.Planned(
        id=row["id"],
        rule=rules.Rule(row["anchor"], row["offset"], row["unit"]),
        anchor_id=row["anchor_id"],
        override_on=date.fromisoformat(row["override_on"]) if row["override_on"] else None,
        pinned=bool(row["pinned"]),
        done_on=date.fromisoformat(row["done_on"]) if row["done_on"] else None,
        anchor_on=days.get(row["anchor_activity_id"]),
    )


def _cohort(store: Store, enrolment_id: int) -> tuple[Row, Row]:
    enrolment = store.get("enrolment", enrolment_id)
    return enrolment, store.get("cohort", enrolment["cohort_id"])


def _months(store: Store, enrolment_id: int) -> int:
    return _cohort(store, enrolment_id)[1]["months"]


def _period(store: Store, milestone: Row) -> tuple[date, date]:
    return places.period(*_cohort(store, milestone["enrolment_id"]))
