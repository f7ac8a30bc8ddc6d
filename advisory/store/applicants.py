"""Whom to ask about an application that came without anybody."""

from ..domain.errors import Refused
from . import Store, enrolments
from .enrolments import Applicant


def name(store: Store, enrolment_id: int, applicant: Applicant) -> int:
    """Add the contact of an application, from today, and return the id of the dated role.

    Refuses with `contact_there` (name) when it has one, and as `people.add_contact`.
    """
    with store.write("application.edit"):
        known = store.get("enrolment", enrolment_id)["contact_id"]
        if known is not None:
            person = store.get("person", store.get("contact", known)["person_id"])
            raise Refused("contact_there", name=person["name"])
        return enrolments.name_contact(store, enrolment_id, applicant, store.today())
