"""Who has signed up for a meeting, who waits, who has left; and everything about one of them."""

from typing import Any

import pandas as pd
from markupsafe import Markup

from .. import frames
from ..domain.errors import Conflict
from ..reports import records
from ..store import signups
from .conflict import ConflictDialog
from .dialog import Dialog
from .forms import Form
from .live import Live
from .meeting_head import meeting
from .toast import Toast
from .view import View

TABS = {
    "tilmeldte": ("seat", "walk_in"),
    "venteliste": ("waiting", "offered"),
    "afmeldt": ("withdrawn", "declined", "lapsed"),
}
QUESTIONS = "spoergsmaal"
SHOWN = 12
FIELDS = {
    "name_needed": "name",
    "email_needed": "email",
    "email_unreadable": "email",
    "email_taken": "email",
}


class SignupList:
    """A tab each for those with a seat, those who wait and those who left; ticks for who came."""

    def __init__(self, view: View, meeting_id: int, dialog: Dialog, toast: Toast):
        self._view, self._id, self._dialog, self._toast = view, meeting_id, dialog, toast
        self._conflict = ConflictDialog(view, dialog)
        asked = view.query.get("fane", "")
        self._tab = asked if asked in (*TABS, QUESTIONS) else "tilmeldte"
        self._all, self._typed = False, ""
        self._new, self._edited = Form(FIELDS), Form(FIELDS)
        self._signup_id = 0
        actions = {
            **{"tab": self._show_tab, "all": self._show_all, "find": self._find},
            **{"tick": self._tick, "open": self._open, "add": self._add},
        }
        self.live = Live("signups", self._render, actions, address=self.address)

    def address(self) -> str:
        """The address that shows this meeting and this tab."""
        return self._view.links.here("infomoeder")

    # --- the list ---------------------------------------------------------------------------

    def _show_tab(self, tab: str = "", **_values: str) -> None:
        if tab in (*TABS, QUESTIONS):
            self._tab, self._all = tab, False
            self._view.links.keep(moede=self._id, fane=tab if tab != "tilmeldte" else None)

    def _show_all(self, **_values: str) -> None:
        self._all = not self._all

    def _find(self, find: str = "", **_values: str) -> None:
        self._typed = find.strip()

    def _tick(self, id: str = "", present: str = "", version: str = "", **_values: str) -> None:
        """Tick that somebody came or did not; the same tick again takes it away."""
        told = {"1": True, "0": False}.get(present)
        signups.set_present(self._view.store, int(id), told, version=int(version))
        self._toast.saved(self._view.text("toast.presence"))

    def _add(self, **typed: str) -> None:
        """Sign somebody up who called or wrote."""
        with self._new.attempt(self._view.text, typed):
            placed = signups.sign_up(
                self._view.store,
                self._id,
                **{name: typed.get(name, "") for name in ("name", "email", "municipality")},
                source="staff",
            )
            key = "toast.signed_up" if placed.new else "toast.signed_up_before"
            self._toast.saved(self._view.text(key))

    # --- one person -------------------------------------------------------------------------

    def _open(self, id: str = "", **_values: str) -> None:
        self._signup_id, self._edited = int(id), Form(FIELDS)
        self._view.store.get("signup", self._signup_id)
        self._dialog.show(
            self._render_person,
            {
                "municipality": self._set_municipality,
                "address": self._set_address,
                "withdraw": self._withdraw,
                "accept": self._accept,
            },
        )

    def _set_municipality(
        self, municipality_id: str = "", version: str = "", **_values: str
    ) -> None:
        def save(values: dict[str, Any], version: int) -> None:
            chosen = values["municipality_id"]
            signups.set_municipality(self._view.store, self._signup_id, chosen, version=version)
            self._toast.saved(self._view.text("toast.signup"))

        chosen = int(municipality_id) if municipality_id.isdigit() else None
        try:
            save({"municipality_id": chosen}, int(version))
        except Conflict as conflict:
            self._conflict.show(conflict, save)

    def _set_address(self, email: str = "", **_values: str) -> None:
        with self._edited.attempt(self._view.text, {"email": email}):
            signups.set_address(self._view.store, self._signup_id, email)
            self._toast.saved(self._view.text("toast.signup"))

    def _withdraw(self, **_values: str) -> None:
        signups.withdraw(self._view.store, self._signup_id)
        self._toast.saved(self._view.text("toast.withdrawn"))
        self._dialog.close()

    def _accept(self, **_values: str) -> None:
        signups.accept(self._view.store, self._signup_id)
        self._toast.saved(self._view.text("toast.signup"))

    # --- showing ----------------------------------------------------------------------------

    def _render(self) -> Markup:
        view = self._view
        people = frames.signups(view.store, self._id)
        shown = meeting(view, self._id)
        tabs = [(tab, int(people["state"].isin(states).sum())) for tab, states in TABS.items()]
        asked = people[people["question"] != ""]
        found = asked if self._tab == QUESTIONS else self._people(people)
        rows = found if self._all else found.head(SHOWN)
        return view.render(
            "signup_list.html",
            tabs=[*tabs, (QUESTIONS, len(asked))],
            tab=self._tab,
            rows=records(rows),
            total=len(found),
            folded=len(found) > SHOWN,
            all=self._all,
            typed=self._typed,
            meeting=shown,
            begun=shown["status"] in ("running", "held"),
            form=self._new,
            municipalities=_names(view),
            may=view.may("signup.edit"),
            may_tick=view.may("attendance.edit"),
        )

    def _people(self, people: pd.DataFrame) -> pd.DataFrame:
        found = people[people["state"].isin(TABS[self._tab])]
        if not self._typed:
            return found
        typed = self._typed.casefold()
        within = found["name"] + " " + found["municipality"] + " " + found["email"]
        return found[[typed in one.casefold() for one in within]]

    def _render_person(self) -> Markup:
        view = self._view
        people = frames.signups(view.store, self._id)
        row = records(people[people["signup_id"] == self._signup_id])[0]
        mails = frames.messages(view.store, self._id)
        return view.render(
            "signup.html",
            row=row,
            mails=records(mails[mails["signup_id"] == self._signup_id]),
            form=self._edited,
            municipalities=_names(view),
            meeting=meeting(view, self._id),
            may=view.may("signup.edit"),
        )


def _names(view: View) -> list[tuple[int, str]]:
    """The municipalities as (id, name), in Danish order."""
    found = frames.municipalities(view.store)
    return list(zip(found["municipality_id"], found["municipality"]))
