"""*Fra møde til ansøgning*: how far the municipalities of a round came, and who has not applied."""

from datetime import date
from typing import Any

import pandas as pd
from markupsafe import Markup

from .. import frames
from .dialog import Dialog
from .live import Live
from .view import View

SHOWN = 5
PAGE = "infomoeder"
REACHED = {
    "signed_up": "signed_up_on",
    "present": "present_on",
    "applied": "applied_on",
    "admitted": "admitted_on",
}


class FunnelCard:
    """The steps of one cohort's round as bars, rows and words; the cohort is in the address."""

    def __init__(self, view: View, cohort: str, dialog: Dialog):
        self._view, self._dialog = view, dialog
        self._cohort = self._known(cohort)
        self._all = self._every = False
        actions = {
            "filter": self._choose,
            "all": self._show_all,
            "explain": self._explain,
            "table": self._table,
        }
        self.live = Live("funnel", self._render, actions, address=self.address)

    def address(self) -> str:
        """The address that shows this round."""
        return self._view.links.here(PAGE)

    def _known(self, code: str) -> str:
        """The code if there is such a cohort, else that of the last meeting, else the first."""
        codes = [row["code"] for row in self._cohorts()]
        if code in codes:
            return code
        meetings = frames.meetings(self._view.store)
        recruiting = [one for one in meetings["cohort"] if one in codes]
        return recruiting[-1] if recruiting else codes[0] if codes else ""

    def _cohorts(self) -> list[dict[str, Any]]:
        return self._view.store.rows("cohort", order="starts_on")

    def _choose(self, hold: str = "", **_values: str) -> None:
        self._cohort, self._all = self._known(hold), False
        self._view.links.keep(hold=self._cohort)

    def _show_all(self, **_values: str) -> None:
        self._all = not self._all

    # --- the card ---------------------------------------------------------------------------

    def _render(self) -> Markup:
        view = self._view
        begun, first = self._first_meeting()
        rows = _plain(frames.not_applied(view.store, self._cohort))
        return view.render(
            "funnel.html",
            cohort=self._cohort,
            cohorts=[(row["code"], view.cohort(row["code"])) for row in self._cohorts()],
            begun=begun,
            first=first,
            steps=self._steps(begun),
            met=begun and bool(self._step("present")),
            signed_up=self._step("signed_up"),
            unmatched=self._unmatched(),
            rows=rows if self._all else rows[:SHOWN],
            total=len(rows),
            folded=len(rows) > SHOWN,
            all=self._all,
        )

    def _first_meeting(self) -> tuple[bool, date | None]:
        """Whether the round's first meeting has been, and its day; None where none is announced."""
        found = frames.meetings(self._view.store)
        days = found[(found["cohort"] == self._cohort) & (found["status"] != "cancelled")]["day"]
        if days.empty:
            return False, None
        first = days.min().date()
        return first <= self._view.today, first

    def _step(self, name: str) -> int:
        """How many municipalities came as far as a step; 0 where it is not known."""
        found = frames.funnel_steps(self._view.store, self._cohort)
        count = found.loc[found["step"] == name, "municipalities"]
        return 0 if count.isna().all() else int(count.iloc[0])

    def _unmatched(self) -> int:
        found = frames.funnel_unmatched(self._view.store, self._cohort)
        return int(found.loc[found["step"] == "signed_up", "people"].sum())

    def _steps(self, begun: bool) -> list[dict[str, Any]]:
        """Each step with its count, how wide its bar is in percent, and the words beside it."""
        found = frames.funnel_steps(self._view.store, self._cohort)
        most = max([1, *(int(n) for n in found["municipalities"].dropna())])
        return [
            {
                "name": row.step,
                "known": begun and not pd.isna(row.municipalities),
                "count": row.municipalities,
                "width": 0 if pd.isna(row.municipalities) else 100 * row.municipalities / most,
                "share": self._share(row),
                "without": self._without(row),
            }
            for row in found.itertuples(index=False)
        ]

    def _share(self, row: Any) -> str:
        """`41 % (34 af 83)`; empty for the first step and for a part of nothing."""
        if pd.isna(row.of) or not row.of:
            return ""
        text, part, of = self._view.text, int(row.of_previous), int(row.of)
        return text("funnel_card.share", percent=text.percent(part, of), part=part, of=of)

    def _without(self, row: Any) -> str:
        if pd.isna(row.without) or not row.without:
            return ""
        return self._view.text(f"funnel_card.without_{row.step}", n=int(row.without))

    # --- behind the numbers -----------------------------------------------------------------

    def _explain(self, **_values: str) -> None:
        self._dialog.show(self._render_explain)

    def _render_explain(self) -> Markup:
        begun, _ = self._first_meeting()
        found = frames.funnel(self._view.store, self._cohort)
        steps = [{**step, "who": _names(found, step["name"])} for step in self._steps(begun)]
        return self._view.render(
            "funnel_explain.html", cohort=self._view.cohort(self._cohort), steps=steps
        )

    def _table(self, **_values: str) -> None:
        self._every = False
        self._dialog.show(self._render_table, {"every": self._show_every})

    def _show_every(self, **_values: str) -> None:
        self._every = not self._every

    def _render_table(self) -> Markup:
        found = frames.funnel(self._view.store, self._cohort)
        begun = found[list(REACHED.values())].notna().any(axis=1)
        shown = found if self._every else found[begun]
        return self._view.render(
            "funnel_table.html",
            cohort=self._view.cohort(self._cohort),
            code=self._cohort,
            rows=_plain(shown),
            total=len(found),
            quiet=int((~begun).sum()),
            every=self._every,
        )


def _plain(found: pd.DataFrame) -> list[Any]:
    """The rows of a frame with None for what is missing."""
    return list(found.astype(object).where(found.notna(), None).itertuples(index=False))


def _names(found: pd.DataFrame, step: str) -> list[str]:
    """The municipalities that came as far as a step, in Danish order."""
    if step in REACHED:
        here = found[REACHED[step]].notna()
    elif step == "in_time":
        here = found["in_time"].fillna(False)
    else:
        here = found["invited"]
    return list(found.loc[here, "municipality"])
