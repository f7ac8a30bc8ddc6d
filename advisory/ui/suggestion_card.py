"""*Forslag før næste workshop*: whom to invite where an audience is missing."""

from typing import Any

from markupsafe import Markup

from .. import frames
from ..domain.balance import Mark
from ..store import activities
from .balance_rows import fits, is_open, numbers_withheld, standing
from .dialog import Dialog
from .live import Live
from .toast import Toast
from .view import View

SHOWN = 8


class SuggestionCard:
    """One row for each gap of a case under way, worst first, with the workshop that could close it.

    Whoever may not see small numbers gets the gaps that the balance shows anyway, and no counts.
    """

    def __init__(self, view: View, dialog: Dialog, toast: Toast):
        self._view, self._dialog, self._toast = view, dialog, toast
        self._all = False
        actions = {"explain": self._explain, "all": self._show_all, "invite": self._invite}
        self.live = Live("suggestions", self._render, actions)

    def _show_all(self, **_values: str) -> None:
        self._all = not self._all

    # --- the card ---------------------------------------------------------------------------

    def _render(self) -> Markup:
        name = f"suggestions {standing(self._view)} {self._all}"
        return self._view.kept(name, self._draw)

    def _draw(self) -> Markup:
        view = self._view
        withheld = numbers_withheld(view)
        rows, numbers = [] if withheld else self._rows(), self._numbers()
        return view.render(
            "suggestions.html",
            rows=[
                {
                    "gap": row,
                    "words": self._words(row),
                    "number": numbers.get((row.next_id, row.enrolment_id)),
                }
                for row in (rows if self._all else rows[:SHOWN])
            ],
            total=len(rows),
            folded=len(rows) > SHOWN,
            all=self._all,
            withheld=withheld,
            open=is_open(view),
            may=view.may("headcount.edit"),
            may_plan=view.may("activity.edit"),
            begun=bool((frames.balance(view.store)["mark"] != Mark.COMING).any()),
        )

    def _rows(self) -> list[Any]:
        """The gaps of the cases under way that the filters of the address leave."""
        cases = frames.enrolments(self._view.store)
        running = cases[cases["status"] == "active"]
        initials = dict(zip(running["enrolment_id"], running["initials"]))
        return [
            row
            for row in frames.gaps(self._view.store).itertuples(index=False)
            if row.enrolment_id in initials
            and fits(self._view, row.cohort, initials[row.enrolment_id])
        ]

    def _words(self, row: Any) -> str:
        """`Ingen borgere i 2 af 3 workshops`; without the numbers where they say too much."""
        text = self._view.text
        if row.kind == "never" or not is_open(self._view):
            return text(f"suggest.{row.kind}_at_all", audience=row.audience)
        if row.of == 1:
            return text(f"suggest.{row.kind}_first", audience=row.audience)
        return text(f"suggest.{row.kind}", audience=row.audience, n=row.times, of=row.of)

    def _numbers(self) -> dict[tuple[int, int], int]:
        """Which workshop of a case each is, by activity and case."""
        found = frames.balance(self._view.store)
        return dict(zip(zip(found["activity_id"], found["enrolment_id"]), found["number"]))

    # --- inviting, and why ------------------------------------------------------------------

    def _invite(self, case: str = "", audience: str = "", **_values: str) -> None:
        """Count the audience among those invited to the next workshop; nothing is sent."""
        for row in self._rows():
            if (str(row.enrolment_id), row.audience, row.invited) == (case, audience, False):
                key = (row.enrolment_id, audience)
                number = self._numbers().get((row.next_id, row.enrolment_id))
                if number is None:
                    return
                activities.count(
                    self._view.store, int(row.next_id), {key: (None, None)}, seen={key: None}
                )
                self._toast.saved(
                    self._view.text(
                        "suggest.saved",
                        audience=audience,
                        number=number,
                        municipality=row.municipality,
                    )
                )

    def _explain(self, **_values: str) -> None:
        self._dialog.show(
            lambda: self._view.render("suggestions_explain.html", open=is_open(self._view))
        )
