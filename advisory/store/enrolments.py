"""A municipality's way through a programme: the case, its dated statuses, who follows it."""

from datetime import date

from ..domain import enrolments as rules
from ..domain.errors import Refused
from . import Row, Store, places, plan
from .places import cases, period

__all__ = ["cases", "create", "dated_statuses", "edit", "period", "set_status"]


def create(
    store: Store,
    cohort_id: int,
    municipality_id: int,
    *,
    received_on: date,
    consultant_id: int | None = None,
    prior_experience: str | None = None,
    goal: str | None = None,
) -> int:
    """Open a case with the status applied and return its id.

    Refuses with `received_in_future`, and with `already_enrolled` when the municipality has a
    case in this cohort.
    """
    with store.write("enrolment.create"):
        if received_on > store.today():
            raise Refused("received_in_future", date=received_on)
        cohort = store.get("cohort", cohort_id)
        municipality = store.get("municipality", municipality_id)
        if store.find("enrolment", cohort_id=cohort_id, municipality_id=municipality_id):
            raise Refused(
                "already_enrolled", municipality=municipality["name"], cohort=cohort["code"]
            )
        enrolment_id = store.insert(
            "enrolment",
            {
                "cohort_id": cohort_id,
                "municipality_id": municipality_id,
                "consultant_id": consultant_id,
                "prior_experience": prior_experience,
                "goal": goal,
            },
        )
        _record(store, enrolment_id, rules.Status.APPLIED, received_on, None)
        return enrolment_id


def set_status(
    store: Store,
    enrolment_id: int,
    status: rules.Status,
    *,
    on_date: date,
    reason: str | None = None,
) -> None:
    """Record a new dated status; admitting a municipality also lays its plan.

    Refuses with `status_in_future`, `status_out_of_order`, `move_not_allowed`, `reason_needed`
    and, when all places are held, `no_place_left`.
    """
    with store.write("enrolment.status"):
        if on_date > store.today():
            raise Refused("status_in_future", date=on_date)
        enrolment = store.get("enrolment", enrolment_id)
        cohort = store.get("cohort", enrolment["cohort_id"])
        starts_on, ends_on = period(enrolment, cohort)
        rows = dated_statuses(store, enrolment_id)
        if rows and on_date < rows[-1][0]:
            raise Refused("status_out_of_order", since=rows[-1][0])
        current = rules.status_on(rows, starts_on, ends_on, on_date)
        received = rows[0][0] if rows else on_date
        late = rules.is_late(received, _day(cohort["apply_by"]))
        rules.check_move(current, status, reason=reason, late=late)
        if status in (rules.Status.ADMITTED, rules.Status.OFFERED):
            places.refuse_without_place(store, cohort["initiative_id"], enrolment_id)
        _record(store, enrolment_id, status, on_date, reason)
        if status == rules.Status.ADMITTED:
            plan.lay(store, enrolment_id)


def edit(store: Store, enrolment_id: int, changes: Row, *, version: int | None = None) -> Row:
    """Change consultant, goal or prior experience; returns the case as it now is."""
    allowed = {"consultant_id", "goal", "prior_experience"}
    with store.write("enrolment.edit"):
        unknown = set(changes) - allowed
        if unknown:
            raise Refused("field_unknown", field=", ".join(sorted(unknown)))
        return store.update("enrolment", enrolment_id, changes, version=version)


def dated_statuses(store: Store, enrolment_id: int) -> list[tuple[date, str]]:
    """The recorded statuses of a case, oldest first."""
    rows = store.rows("enrolment_status", "enrolment_id = ?", [enrolment_id])
    return [(date.fromisoformat(row["on_date"]), row["status"]) for row in rows]


def _record(
    store: Store, enrolment_id: int, status: str, on_date: date, reason: str | None
) -> None:
    store.insert(
        "enrolment_status",
        {
            "enrolment_id": enrolment_id,
            "status": str(status),
            "on_date": on_date.isoformat(),
            "reason": reason,
            "actor": store.actor.name,
        },
    )


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
