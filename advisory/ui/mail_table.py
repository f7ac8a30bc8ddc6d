"""*Hvem fik hvad?*: every person and every mail, and in words why somebody did not get one."""

from collections import defaultdict
from typing import Any

import pandas as pd
from markupsafe import Markup

from .. import frames
from ..domain import municipalities
from . import mail_words
from .dialog import Dialog
from .view import View

SHOWN = 40
EXPECTED = ("confirmation", "link", "reminder", "thanks")  # what everybody who comes should have


class MailTable:
    """One row per person in Danish order, one column per mail that anybody got or was to get."""

    def __init__(self, view: View, activity_id: int, dialog: Dialog):
        self._view, self._id, self._dialog = view, activity_id, dialog
        self._typed = ""
        self._all = False

    def open(self, **_values: str) -> None:
        """Show the table for everybody."""
        self._typed, self._all = "", False
        self._dialog.show(self._render, {"find": self._find, "all": self._show_all})

    def _find(self, find: str = "", **_values: str) -> None:
        self._typed = find.strip()

    def _show_all(self, **_values: str) -> None:
        self._all = not self._all

    def _render(self) -> Markup:
        view = self._view
        people, mails = self._people(), frames.messages(view.store, self._id)
        kinds = [kind for kind in self._kinds() if kind in set(mails["kind"])]
        shown = people if self._all else people.head(SHOWN)
        got = defaultdict(list)
        for row in mails.itertuples(index=False):
            got[row.signup_id, row.kind].append(row)
        return view.render(
            "mail_table.html",
            kinds=[(kind, view.text(f"mail_kind.{kind}")) for kind in kinds],
            rows=[self._row(row, kinds, got) for row in shown.itertuples(index=False)],
            total=len(people),
            folded=len(people) > SHOWN,
            all=self._all,
            typed=self._typed,
            demo=view.store.is_demo,
        )

    def _kinds(self) -> list[str]:
        return list(frames.mail_rules(self._view.store, self._id)["kind"])

    def _people(self) -> pd.DataFrame:
        """Those whose name or address has what was typed in it."""
        found = frames.signups(self._view.store, self._id)
        typed = municipalities.normalise(self._typed)
        hits = [
            index
            for index, name, email in zip(found.index, found["name"], found["email"])
            if typed in municipalities.normalise(name) or self._typed.casefold() in email.casefold()
        ]
        return found.loc[sorted(hits, key=lambda one: municipalities.sort_key(found["name"][one]))]

    def _row(self, person: Any, kinds: list[str], got: dict[tuple, list[Any]]) -> dict[str, Any]:
        view = self._view
        cells = {kind: got.get((person.signup_id, kind), []) for kind in kinds}
        return {
            "name": person.name,
            "email": person.email,
            "state": view.text(f"signup_state.{person.state}"),
            "cells": [(kind, self._cell(kind, found)) for kind, found in cells.items()],
            "why": [
                (view.text(f"mail_kind.{kind}"), why)
                for kind, found in cells.items()
                if (why := self._why(kind, found))
            ],
        }

    def _cell(self, kind: str, found: list[Any]) -> list[tuple[mail_words.Mark, str]]:
        """The mails of a kind to one person, each with what its mark means in full."""
        view = self._view
        if not found:
            return [(mail_words.Mark("", "–"), view.text(f"mails_absent.{kind}"))]
        return [(mail_words.mark(view, row), mail_words.told(view, row)) for row in found]

    def _why(self, kind: str, found: list[Any]) -> str:
        """Why somebody did not get a mail; empty when they did, or when nobody would ask."""
        if any(row.state == "sent" for row in found):
            return ""
        if not found:
            return self._view.text(f"mails_absent.{kind}") if kind in EXPECTED else ""
        return mail_words.told(self._view, found[-1])
