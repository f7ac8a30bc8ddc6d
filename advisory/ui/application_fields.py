"""What stands in the fields of an application, and what is read from them."""

from collections.abc import Mapping
from datetime import date, time
from typing import Any

from .. import frames
from ..domain import calendar, personal
from ..domain.errors import AdvisoryError, Refused
from ..reports import records
from ..store import Row, municipalities
from ..store.enrolments import LONGEST_TEXT, Applicant
from .forms import Form
from .intake_round import CLOSED
from .view import View

ERRORS = {
    "municipality_name_needed": "municipality",
    "municipality_nearly": "municipality",
    "municipality_unknown": "municipality",
    "already_enrolled": "municipality",
    "municipality_in": "municipality",
    "cohort_started": "cohort_id",
    "cohort_unknown": "cohort_id",
    "cohort_elsewhere": "cohort_id",
    "cohort_needed": "cohort_id",
    "received_in_future": "received",
    "code_unknown": "prior_experience",
    "link_unreadable": "attachments",
    "name_needed": "contact_name",
    "contact_there": "contact_name",
    "email_unreadable": "contact_email",
    "reason_needed": "reason",
    "number_out_of_range": "priority",
}
TEXTS = ("motivation", "goal", "attachments")
CONTACT = ("contact_name", "contact_role", "contact_email", "contact_phone")
ORDER = {"open": 0, "undated": 1, CLOSED: 2}


def municipality(view: View, typed: str) -> int:
    """The id of the municipality that was typed.

    Refuses with `municipality_name_needed`, `municipality_unknown` (text) and, when it is one
    letter off, `municipality_nearly` (text, suggestion).
    """
    if not typed.strip():
        raise Refused("municipality_name_needed")
    found = municipalities.match(view.store, typed)
    if found.exact and found.code is not None:
        return found.code
    near = suggestions(view, typed)
    if near:
        said = view.text("application_form.or").join(near)
        raise Refused("municipality_nearly", text=typed.strip()[:60], suggestion=said)
    raise Refused("municipality_unknown", text=typed.strip()[:60])


def suggestions(view: View, typed: str) -> list[str]:
    """The names that what was typed may mean; none when it is one of them, or nothing near."""
    found = municipalities.match(view.store, typed)
    return [view.store.get("municipality", one)["name"] for one in found.suggestions]


def recognised(view: View, typed: str) -> str:
    """The name of the municipality that was typed, empty when it is not one."""
    return municipalities.match(view.store, typed).name


def received(view: View, form: Form, typed: Mapping[str, str]) -> tuple[date, time | None]:
    """The day, and the time of it if there is one. Refuses as `parse_date` and `parse_time`."""
    with form.reading("received"):
        written = typed.get("received", "").strip()
        if not written:
            raise Refused("date_needed")
        day = calendar.parse_date(written, view.today)
    with form.reading("received_time"):
        at = typed.get("received_time", "").strip()
        return day, calendar.parse_time(at) if at else None


def cohorts(view: View, typed: Mapping[str, str]) -> list[tuple[int, str]]:
    """The cohorts one can apply to, open ones first, as (id, words).

    One that has begun is there only when the day received lies before its start.
    """
    try:
        day = calendar.parse_date(typed.get("received", ""), view.today)
    except AdvisoryError:
        day = view.today
    rows = [row for row in records(frames.rounds(view.store)) if row["starts_on"] > day]
    rows.sort(key=lambda row: (ORDER[row["state"]], row["starts_on"]))
    return [(row["cohort_id"], words(view, row)) for row in rows]


def words(view: View, row: Row) -> str:
    """A cohort with whether it is open: `august 2025 · frist ikke oplyst`."""
    state = view.text(f"round_state.{row['state']}")
    return f"{view.cohort(row['cohort'])} · {state}"


def cohort_id(typed: Mapping[str, str]) -> int:
    """The cohort that was chosen. Refuses with `cohort_needed` when none was."""
    chosen = typed.get("cohort_id", "")
    if not chosen.isdecimal():
        raise Refused("cohort_needed")
    return int(chosen)


def content(form: Form, typed: Mapping[str, str]) -> dict[str, Any]:
    """What an application holds, as `enrolments.edit` takes it and as it is kept.

    Refuses with `cpr_refused` and `text_too_long` (limit), also what is typed of the contact.
    """
    for name in (*TEXTS, *CONTACT):
        with form.reading(name):
            personal.refuse_cpr(typed.get(name))
            if len(typed.get(name, "")) > LONGEST_TEXT:
                raise Refused("text_too_long", limit=LONGEST_TEXT)
    said = {name: typed.get(name, "").strip() for name in TEXTS}
    return {
        "prior_experience": typed.get("prior_experience") or None,
        "motivation": said["motivation"],
        "goal": said["goal"] or None,
        "attachments": "\n".join(said["attachments"].split()),
        "commitment": int(bool(typed.get("commitment"))),
    }


def applicant(typed: Mapping[str, str]) -> Applicant | None:
    """Whom to ask about the application, None when nobody was written."""
    name, role, email, phone = (typed.get(field, "").strip() for field in CONTACT)
    if not (name or role or email or phone):
        return None
    return Applicant(name, role, email or None, phone or None)


def priority(form: Form, typed: Mapping[str, str]) -> int | None:
    """The number that was typed, None for none. Refuses with `number_unreadable` (text)."""
    written = typed.get("priority", "").strip()
    with form.reading("priority"):
        if written and not (written.isascii() and written.isdigit() and len(written) < 7):
            raise Refused("number_unreadable", text=written[:20])
    return int(written) if written else None


def filled(row: Mapping[str, Any]) -> dict[str, str]:
    """What stands in the fields of an application that is there; a row of `frames.applications`."""
    return {
        "prior_experience": row["prior_experience"] or "",
        "motivation": row["motivation"],
        "goal": row["goal"] or "",
        "attachments": "\n".join(row["attachments"]),
        "commitment": "1" if row["commitment"] else "",
        "reviewed": "1" if row["reviewed_on"] else "",
    }
