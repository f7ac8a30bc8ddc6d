"""Who to call: the people of a case with their dated roles."""

from datetime import timedelta

from markupsafe import Markup

from .. import frames
from ..domain import personal
from ..store import people
from .forms import Form
from .live import Live
from .toast import Toast
from .view import View

FIELDS = {
    "name_needed": "name",
    "role_needed": "role",
    "email_unreadable": "email",
}


class Contacts:
    """Present roles first; a role is ended with a date, never erased by it."""

    def __init__(self, view: View, enrolment_id: int, toast: Toast):
        self._view, self._id, self._toast = view, enrolment_id, toast
        self._form = Form(FIELDS)
        self.live = Live("contacts", self._render, {"contact": self._add, "end": self._end})

    def _add(
        self,
        name: str = "",
        role: str = "",
        audience: str = "",
        email: str = "",
        phone: str = "",
        no_mail: str = "",
        **_values: str,
    ) -> None:
        typed = {
            "name": name,
            "role": role,
            "audience": audience,
            "email": email,
            "phone": phone,
            "no_mail": no_mail,
        }
        with self._form.attempt(self._view.text, typed):
            people.add_contact(
                self._view.store,
                self._id,
                name,
                role,
                valid_from=self._view.today,
                audience=audience,
                email=email,
                phone=phone,
                no_mail=bool(no_mail),
            )
            self._toast.saved(self._view.text("toast.contact", name=name.strip()))

    def _end(self, id: str, version: str, name: str = "", **_values: str) -> None:
        contact = self._view.store.get("contact", int(id))
        first, yesterday = (
            self._view.day(contact["valid_from"]),
            self._view.today - timedelta(days=1),
        )
        people.end_contact(self._view.store, int(id), max(first, yesterday), version=int(version))
        self._toast.saved(self._view.text("toast.contact_ended", name=name))

    def _render(self) -> Markup:
        view = self._view
        found = list(frames.contacts(view.store, self._id).itertuples(index=False))
        named = personal.NAMED_AUDIENCES
        audiences = [(code, word) for code, word in view.codes("audience") if code in named]
        return view.render(
            "contacts.html",
            current=[row for row in found if row.current],
            former=[row for row in found if not row.current],
            words=dict(view.codes("audience")),
            audiences=audiences,
            form=self._form,
            may=view.may("contact.add"),
        )
