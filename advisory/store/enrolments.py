"""A municipality's way through a programme: the application, its dated statuses, who follows it."""

from dataclasses import dataclass
from datetime import date, time
from typing import Any

from ..domain import calendar, capacity
from ..domain import enrolments as rules
from ..domain.errors import NotFound, Refused
from . import Row, Store, activity_content, codes, people, places
from .instants import stamp
from .places import cases, period

__all__ = [
    "Applicant",
    "cases",
    "cohort_of",
    "create",
    "dated_statuses",
    "edit",
    "name_contact",
    "period",
    "prioritise",
    "reason_of",
    "record",
    "review",
]

LONGEST_TEXT, LONGEST_REASON, LAST_PRIORITY = 5_000, 1_000, 999
EDITED = frozenset(
    {"consultant_id", "goal", "prior_experience", "motivation", "attachments", "commitment"}
)
APPLICANT = "Kontakt for ansøgningen"  # the role of one who gave none


@dataclass(frozen=True, slots=True)
class Applicant:
    """Whom to ask about an application; becomes a contact of the case."""

    name: str
    role: str = ""
    email: str | None = None
    phone: str | None = None


def create(
    store: Store,
    cohort_id: int,
    municipality_id: int,
    *,
    received_on: date,
    received_time: time | None = None,
    contact: Applicant | None = None,
    **content: Any,
) -> int:
    """Open a case with the status applied and return its id.

    `received_on` and `received_time` are in Copenhagen; `content` is what `edit` can change.
    Refuses with `received_in_future`, `received_later_today` (at), `cohort_started` (cohort,
    starts_on), as `refuse_enrolled` when the municipality has a case in this cohort, with
    `municipality_in` (municipality, cohort, status) when it has one under way in another, and as
    `edit` and `people.add_contact`.
    """
    with store.write("enrolment.create"):
        at = calendar.to_utc(received_on, received_time or time(0))
        if received_on > store.today():
            raise Refused("received_in_future", date=received_on)
        if at > store.now():
            raise Refused("received_later_today", at=received_time)
        cohort = store.get("cohort", cohort_id)
        starts_on = date.fromisoformat(cohort["starts_on"])
        if received_on >= starts_on:
            raise Refused("cohort_started", cohort=cohort["code"], starts_on=starts_on)
        store.get("municipality", municipality_id)
        refuse_enrolled(store, cohort, municipality_id)
        _refuse_taking_part(store, cohort, municipality_id)
        own = {"cohort_id": cohort_id, "municipality_id": municipality_id}
        own["received_at"] = stamp(at) if received_time else None
        enrolment_id = store.insert("enrolment", own | _content(store, content))
        if contact is not None:
            name_contact(store, enrolment_id, contact, received_on)
        record(store, enrolment_id, rules.Status.APPLIED, received_on, None)
        return enrolment_id


def name_contact(store: Store, enrolment_id: int, contact: Applicant, valid_from: date) -> int:
    """Make somebody the contact of an application; returns the id of the dated role.

    For the verbs that may. Refuses as `people.add_contact`.
    """
    contact_id = people.add_contact(
        store,
        enrolment_id,
        contact.name,
        contact.role.strip() or APPLICANT,
        valid_from=valid_from,
        email=contact.email,
        phone=contact.phone,
    )
    store.update("enrolment", enrolment_id, {"contact_id": contact_id})
    return contact_id


def edit(store: Store, enrolment_id: int, changes: Row, *, version: int | None = None) -> Row:
    """Change consultant, goal, prior experience and what the application holds.

    Fields: `EDITED`; `attachments` are https addresses, one a line. Returns the case as it now is.
    Refuses with `field_unknown`, `code_unknown`, `text_too_long`, `link_unreadable`.
    """
    with store.write("enrolment.edit"):
        if set(changes) - {"consultant_id", "goal", "prior_experience"}:
            store.require("application.edit")
        return store.update("enrolment", enrolment_id, _content(store, changes), version=version)


def review(
    store: Store, enrolment_id: int, reviewed: bool = True, *, version: int | None = None
) -> Row:
    """Say that somebody has gone through an application, or that nobody has after all."""
    with store.write("application.edit"):
        changes = {"reviewed_on": store.today().isoformat() if reviewed else None}
        return store.update("enrolment", enrolment_id, changes, version=version)


def prioritise(
    store: Store,
    enrolment_id: int,
    priority: int | None,
    reason: str = "",
    *,
    version: int | None = None,
) -> Row:
    """Give an application a place among those received the same day; 1 comes first.

    None takes it away. Refuses with `reason_needed` and `number_out_of_range`.
    """
    with store.write("application.edit"):
        if priority is not None and not 1 <= priority <= LAST_PRIORITY:
            raise Refused("number_out_of_range", number=priority, lowest=1, highest=LAST_PRIORITY)
        why = reason_of(reason)
        if priority is not None and why is None:
            raise Refused("reason_needed")
        changes = {"priority": priority, "priority_reason": why or ""}
        return store.update("enrolment", enrolment_id, changes, version=version)


def cohort_of(store: Store, code: str) -> Row:
    """The cohort with a code, such as 2025-08. Refuses with `cohort_unknown` (cohort, known)."""
    found = store.find("cohort", code=code.strip())
    if found is None:
        known = ", ".join(row["code"] for row in store.rows("cohort", order="starts_on"))
        raise NotFound("cohort_unknown", cohort=code.strip()[:40], known=known)
    return found


def dated_statuses(store: Store, enrolment_id: int) -> list[tuple[date, str]]:
    """The recorded statuses of a case, oldest first."""
    rows = store.rows("enrolment_status", "enrolment_id = ?", [enrolment_id])
    return [(date.fromisoformat(row["on_date"]), row["status"]) for row in rows]


# --- what is refused ------------------------------------------------------------------------------


def _content(store: Store, given: Row) -> Row:
    """The fields of an application, tidied and refused where they cannot be used."""
    unknown = set(given) - EDITED
    if unknown:
        raise Refused("field_unknown", field=", ".join(sorted(unknown)))
    content = {name: _tidy(name, value) for name, value in given.items()}
    if content.get("consultant_id"):
        activity_content.refuse_consultant(store, content["consultant_id"])
    if content.get("prior_experience"):
        codes.refuse_unknown(store, "prior_experience", content["prior_experience"])
    for name in ("goal", "motivation", "attachments"):
        if len(content.get(name) or "") > LONGEST_TEXT:
            raise Refused("text_too_long", limit=LONGEST_TEXT)
    if "attachments" in content:
        content["attachments"] = activity_content.links(content["attachments"])
    if "commitment" in content:
        content["commitment"] = int(bool(content["commitment"]))
    return content


def _tidy(name: str, value: Any) -> Any:
    """A value as it is recorded: texts without blanks around, nothing written as the empty text."""
    if name in ("motivation", "attachments"):
        return (value or "").strip()
    return value.strip() if isinstance(value, str) else value


def reason_of(typed: str | None) -> str | None:
    """A reason as it was typed, tidied; None when it is empty. Refuses with `text_too_long`."""
    reason = (typed or "").strip()
    if len(reason) > LONGEST_REASON:
        raise Refused("text_too_long", limit=LONGEST_REASON)
    return reason or None


def refuse_enrolled(store: Store, cohort: Row, municipality_id: int) -> None:
    """Refuse a municipality that has applied to this cohort before.

    Keys: `already_enrolled` (municipality, cohort) while it is open, `already_closed`
    (municipality, cohort, status) when it came to nothing.
    """
    found = store.find("enrolment", cohort_id=cohort["id"], municipality_id=municipality_id)
    if found is None:
        return
    case = cases(store, cohort["initiative_id"])[found["id"]]
    name, code = store.get("municipality", municipality_id)["name"], cohort["code"]
    if capacity.takes_part(case, store.today()):
        raise Refused("already_enrolled", municipality=name, cohort=code)
    status = capacity.standing(case, store.today())
    raise Refused("already_closed", municipality=name, cohort=code, status=status)


def _refuse_taking_part(store: Store, cohort: Row, municipality_id: int) -> None:
    """Refuse a municipality that has a case under way elsewhere in the initiative."""
    others = store.rows("enrolment", "municipality_id = ?", [municipality_id])
    known = cases(store, cohort["initiative_id"]) if others else {}
    for row in others:
        if row["id"] in known and capacity.takes_part(known[row["id"]], store.today()):
            places.refuse_taking_part(store, row, known[row["id"]])


def record(
    store: Store,
    enrolment_id: int,
    status: str,
    on_date: date,
    reason: str | None,
    answer_by: date | None = None,
) -> None:
    """Write a dated status; for the decisions, which have checked that it may stand."""
    store.insert(
        "enrolment_status",
        {
            "enrolment_id": enrolment_id,
            "status": str(status),
            "on_date": on_date.isoformat(),
            "reason": reason,
            "actor": store.actor.name,
            "answer_by": answer_by.isoformat() if answer_by else None,
            "recorded_at": stamp(store.now()),
        },
    )
