"""*Se*: who gets one mail, where it stands for each of them, and what is decided by hand."""

from typing import Any

import pandas as pd
from markupsafe import Markup

from .. import frames
from ..domain import municipalities
from ..domain.errors import NotFound
from ..store import outbox, signups
from . import mail_words
from .dialog import Dialog
from .forms import Form
from .mail_rule import previews, reader
from .toast import Toast
from .view import View

URGENT = ("uncertain", "failed", "sending", "due", "sent", "skipped")
SHOWN = 40
ADDRESS_ERRORS = dict.fromkeys(("email_needed", "email_unreadable", "email_taken"), "email")


class MailWho:
    """The people of one mail, first those somebody has to decide about."""

    def __init__(self, view: View, activity_id: int, dialog: Dialog, toast: Toast):
        self._view, self._id = view, activity_id
        self._dialog, self._toast = dialog, toast
        self._rule_id = 0
        self._all = False
        self._form, self._form_of = Form(ADDRESS_ERRORS), 0

    def open(self, id: str, **_values: str) -> None:
        """Show the people of the rule with this id."""
        self._rule_id, self._all = int(id), False
        self._form, self._form_of = Form(ADDRESS_ERRORS), 0
        self._rule()
        self._dialog.show(
            self._render,
            {
                "all": self._show_all,
                "arrived": self._arrived,
                "again": self._again,
                "resend": self._resend,
                "address": self._set_address,
            },
        )

    def _show_all(self, **_values: str) -> None:
        self._all = not self._all

    # --- deciding ---------------------------------------------------------------------------

    def _arrived(self, id: str, version: str, **_values: str) -> None:
        outbox.resolve(self._view.store, int(id), sent=True, version=int(version))
        self._toast.saved(self._view.text("mails.said_arrived"))

    def _again(self, id: str, version: str, **_values: str) -> None:
        outbox.resolve(self._view.store, int(id), sent=False, version=int(version))
        self._toast.saved(self._view.text("mails.said_again"))

    def _resend(self, id: str, version: str, **_values: str) -> None:
        outbox.retry(self._view.store, int(id), version=int(version))
        self._toast.saved(self._view.text("mails.said_again"))

    def _set_address(self, id: str, email: str = "", **_values: str) -> None:
        self._form, self._form_of = Form(ADDRESS_ERRORS), int(id)
        with self._form.attempt(self._view.text, {"email": email}):
            signups.set_address(self._view.store, int(id), email)
            self._toast.saved(self._view.text("mails.said_address"))

    # --- showing ----------------------------------------------------------------------------

    def _rule(self) -> Any:
        found = frames.mail_rules(self._view.store, self._id)
        rows = found[found["rule_id"] == self._rule_id]
        if rows.empty:
            raise NotFound("not_found", table="mail_rule", row_id=self._rule_id)
        return next(rows.itertuples(index=False))

    def _render(self) -> Markup:
        view, rule = self._view, self._rule()
        found = frames.messages(view.store, self._id)
        rows = _by_urgency(found[found["kind"] == rule.kind])
        shown = rows if self._all else rows.head(SHOWN)
        return view.render(
            "mail_who.html",
            rule=rule,
            name=view.text(f"mail_kind.{rule.kind}"),
            timing=mail_words.timing(view, rule),
            when="" if rule.anchor == "event" else mail_words.when(view, rule),
            counts=mail_words.counts(view, rule),
            rows=[self._line(row) for row in shown.itertuples(index=False)],
            total=len(rows),
            folded=len(rows) > SHOWN,
            all=self._all,
            form=self._form,
            form_of=self._form_of,
            previews=previews(view, rule.rule_id, {}, reader(view, self._id, rule.kind)),
            demo=view.store.is_demo,
            may_decide=view.may("message.edit"),
            may_address=view.may("signup.edit"),
        )

    def _line(self, row: Any) -> dict[str, Any]:
        view = self._view
        return {
            "row": row,
            "mark": mail_words.mark(view, row),
            "told": mail_words.told(view, row),
        }


def _by_urgency(messages: pd.DataFrame) -> pd.DataFrame:
    """Those to decide about first, each kind in Danish order of the names."""
    urgency = messages["state"].map(URGENT.index)
    keys = pd.Series(
        [municipalities.sort_key(name) for name in messages["name"]],
        index=messages.index,
        dtype=object,
    )
    ranked = sorted(messages.index, key=lambda one: (urgency[one], keys[one]))
    return messages.loc[ranked]
