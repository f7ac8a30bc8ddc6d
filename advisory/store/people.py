"""People at municipalities and partners, and the dated roles they have in a case."""

import re
from datetime import date

from ..domain import calendar, personal
from ..domain.errors import Refused
from . import Row, Store, codes, places

PURPOSE = "Kontakt om rådgivningsforløbet"
KEPT_MONTHS = 6
LONGEST = 200  # letters of a name, a role or a phone number
_PART = r"[^\s@<>()\[\],;:\"\\.]+"  # of an address, between its dots
EMAIL = re.compile(rf"{_PART}(\.{_PART})*@{_PART}(\.{_PART})+")


def add_contact(
    store: Store,
    enrolment_id: int,
    name: str,
    role: str,
    *,
    valid_from: date,
    audience: str | None = None,
    email: str | None = None,
    phone: str | None = None,
    no_mail: bool = False,
) -> int:
    """Add a person with a role in a case and return the id of the dated role.

    The person is kept for six months (ours) after the programme's end. Refuses with
    `name_needed`, `role_needed`, `email_unreadable`, `code_unknown`, `cpr_refused`.
    """
    with store.write("contact.add"):
        if not name.strip():
            raise Refused("name_needed")
        if not role.strip():
            raise Refused("role_needed")
        if audience:
            codes.refuse_unknown(store, "audience", audience)
            personal.refuse_naming(audience)
        for text in (name, role, phone or ""):
            if len(text) > LONGEST:
                raise Refused("text_too_long", limit=LONGEST)
        delete_after = _delete_after(store, enrolment_id)
        person_id = store.insert(
            "person",
            {
                "name": name.strip(),
                "email": address(email) if (email or "").strip() else None,
                "phone": (phone or "").strip() or None,
                "no_mail": int(no_mail),
                "purpose": PURPOSE,
                "delete_after": delete_after.isoformat(),
            },
        )
        return store.insert(
            "contact",
            {
                "person_id": person_id,
                "enrolment_id": enrolment_id,
                "role": role.strip(),
                "audience": audience or None,
                "valid_from": valid_from.isoformat(),
            },
        )


def _delete_after(store: Store, enrolment_id: int) -> date:
    """The last day on which people of a case are kept."""
    enrolment = store.get("enrolment", enrolment_id)
    cohort = store.get("cohort", enrolment["cohort_id"])
    starts_on, _ = places.period(enrolment, cohort)
    return calendar.add_months(starts_on, cohort["months"] + KEPT_MONTHS)


def keep_longer(store: Store, enrolment_id: int) -> None:
    """Keep the people of a case for as long as its programme asks now; never shorter than before.

    For a verb that has moved the programme.
    """
    until = _delete_after(store, enrolment_id).isoformat()
    for contact in store.rows("contact", "enrolment_id = ?", [enrolment_id]):
        if store.get("person", contact["person_id"])["delete_after"] < until:
            store.update("person", contact["person_id"], {"delete_after": until})


def end_contact(
    store: Store, contact_id: int, valid_to: date, *, version: int | None = None
) -> Row:
    """End a person's role; its last day is `valid_to`. Refuses with `ends_before_start`."""
    with store.write("contact.end"):
        contact = store.get("contact", contact_id)
        if valid_to < date.fromisoformat(contact["valid_from"]):
            raise Refused("ends_before_start", start=date.fromisoformat(contact["valid_from"]))
        changes = {"valid_to": valid_to.isoformat()}
        return store.update("contact", contact_id, changes, version=version)


def address(email: str) -> str:
    """A mail address as it was typed, trimmed. Refuses with `email_needed`, `email_unreadable`."""
    email = email.strip()
    if not email:
        raise Refused("email_needed")
    if not EMAIL.fullmatch(email):
        raise Refused("email_unreadable", email=email)
    return email
