"""*Mails*: what goes to those who signed up, when, to how many, and who got what."""

from itertools import groupby
from typing import Any

import pandas as pd
from markupsafe import Markup

from .. import frames
from ..domain.errors import Conflict
from ..store import meetings
from . import mail_words
from .conflict import ConflictDialog
from .dialog import Dialog
from .live import Live
from .mail_rule import MailRule
from .mail_table import MailTable
from .mail_who import MailWho
from .toast import Toast
from .view import View


class MailCard:
    """One line per mail rule in the order they go; a red line parts what has gone from the rest."""

    def __init__(self, view: View, activity_id: int, dialog: Dialog, toast: Toast):
        self._view, self._id, self._toast = view, activity_id, toast
        self._conflict = ConflictDialog(view, dialog)
        who = MailWho(view, activity_id, dialog, toast)
        actions = {
            "open": who.open,
            "table": MailTable(view, activity_id, dialog).open,
            "edit": MailRule(view, activity_id, dialog, toast).open,
            "stop": self._stop,
        }
        self.live = Live("mails", self._render, actions)

    def _stop(self, id: str, version: str, active: str = "0", **_values: str) -> None:
        """Stop a mail, or with `active` 1 let it go again."""

        def save(values: dict[str, Any], version: int) -> None:
            rule = meetings.edit_rule(self._view.store, int(id), values, version=version)
            key = "mails.started" if rule["active"] else "mails.stopped"
            name = self._view.text(f"mail_kind.{rule['kind']}")
            self._toast.saved(self._view.text(key, mail=name))

        try:
            save({"active": int(active == "1")}, int(version))
        except Conflict as conflict:
            self._conflict.show(conflict, save)

    def _render(self) -> Markup:
        view = self._view
        found = _in_order(frames.mail_rules(view.store, self._id))
        rows = list(found.itertuples(index=False))
        now = view.store.moment()
        ahead = [row for row in rows if row.due_at > now and row.active]
        next_id = ahead[0].rule_id if ahead else None
        return view.render(
            "mails.html",
            parts_of_time=[
                (coming, [self._line(row, next_id) for row in lines])
                for coming, lines in groupby(rows, key=lambda row: bool(row.due_at > now))
            ],
            now=self._now(),
            sent=int(found["sent"].sum()),
            waiting=int(found["due"].sum() + found["sending"].sum()),
            demo=view.store.is_demo,
            may=view.may("mail_rule.edit"),
        )

    def _line(self, row: Any, next_id: int | None) -> dict[str, Any]:
        view = self._view
        return {
            "row": row,
            "name": view.text(f"mail_kind.{row.kind}"),
            "mark": mail_words.standing(view, row, next_id),
            "when": mail_words.when(view, row),
            "at": "" if pd.isna(row.due_at) else view.text.instant(row.due_at),
            "counts": mail_words.counts(view, row),
        }

    def _now(self) -> str:
        view = self._view
        if view.store.as_of:
            return view.text.date_medium(view.today)
        return view.text("mails.now", time=view.text.time(view.store.now()))


def _in_order(rules: pd.DataFrame) -> pd.DataFrame:
    """What goes at once first, then by time, then what has no time because the meeting is off."""
    later = (rules["anchor"] != "event").astype("int64")
    return (
        rules.assign(later=later)
        .sort_values(["later", "due_at", "position"], kind="stable", na_position="last")
        .drop(columns="later")
    )
