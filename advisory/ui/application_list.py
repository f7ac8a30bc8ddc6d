"""Ansøgninger: what came in for a round, what it lacks, where it stands, what comes next."""

from typing import Any

from markupsafe import Markup

from .. import frames
from ..domain.intake import Stage
from ..reports import records
from .application_form import ApplicationForm
from .intake_round import is_demo, row_of
from .live import Live
from .view import View

SHOWN = 25  # the one that has just come in is last, and must not be folded away
FILTER = "status"


class ApplicationList:
    """The applications of a cohort in the order they were received; a name opens its decision.

    The filter stands in the address, and so does the one whose decision is open.
    """

    def __init__(self, view: View, cohort: str, form: ApplicationForm):
        self._view, self._cohort = view, cohort
        asked = view.query.get(FILTER, "")
        self._stage = asked if asked in list(Stage) else ""
        self._chosen = view.query.get("valgt", "")
        self._all = False
        actions = {"open": form.open, "new": form.new, "all": self._show_all}
        self.live = Live("applications", self._render, actions)

    def _show_all(self, **_values: str) -> None:
        self._all = not self._all

    def _render(self) -> Markup:
        view = self._view
        every = records(frames.applications(view.store, self._cohort))
        found = [row for row in every if self._stage in ("", row["stage"])]
        own = row_of(view, self._cohort)
        return view.render(
            "application_list.html",
            cohort=self._cohort,
            round=own,
            rows=[{**row, "next": self._next(row, own["free"])} for row in self._shown(found)],
            found=len(found),
            total=len(every),
            folded=len(found) > SHOWN,
            all=self._all,
            stages=_stages(every),
            stage=self._stage,
            chosen=self._chosen,
            published=self._published(),
            demo=is_demo(own),
            may_add=view.may("enrolment.create"),
        )

    def _shown(self, found: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """The first ten, and the one whose decision is open wherever it stands."""
        if self._all:
            return found
        rest = [row for row in found[SHOWN:] if row["slug"] == self._chosen]
        return found[:SHOWN] + rest

    def _next(self, row: dict[str, Any], free: int) -> dict[str, str]:
        """What comes next in words, and how much it asks: `soon` for a place to be given."""
        text = self._view.text
        if row["answer_by"] is not None and row["stage"] == Stage.OFFERED:
            day, when = text.day_month(row["answer_by"]), text.relative(row["answer_days"])
            return {"words": text("application_list.answer", day=day, when=when), "look": ""}
        if row["queue"] is not None and row["queue"] <= free:
            return {"words": text("application_list.place_free"), "look": "soon"}
        if row["can_free"]:
            return {"words": text("application_list.place_held"), "look": "soon"}
        if row["next_on"] is None:
            return {"words": row["next_task"], "look": ""}
        day = text.day_month(row["next_on"])
        words = text("application_list.task", task=row["next_task"], day=day)
        return {"words": words, "look": "over" if row["next_on"] < self._view.today else ""}

    def _published(self) -> str:
        """The cohorts with a published deadline, in words."""
        found = [row for row in records(frames.rounds(self._view.store)) if row["apply_by"]]
        return ", ".join(self._view.cohort(row["cohort"]) for row in found if not is_demo(row))


def _stages(rows: list[dict[str, Any]]) -> list[tuple[str, int]]:
    """The stages that occur, in their order, each with how many stand there."""
    counts = {stage.value: sum(row["stage"] == stage for row in rows) for stage in Stage}
    return [(stage, n) for stage, n in counts.items() if n]
