"""Choosing municipalities for an activity, and the milestone it fulfils in each.

A chosen case is the field `case_<id>`, its milestone `step_<kind>_<id>`; `find` is what is
searched for among the names.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from .. import frames
from ..domain import municipalities as names
from ..domain.activities import MILESTONE_KINDS
from ..domain.errors import Refused
from ..reports import records
from .view import View

OTHER_KINDS = ("step", "follow_up")  # of milestones that guidance can fulfil
OPEN = ("late", "soon", "planned")
STATUSES = ("admitted", "active", "completed")


@dataclass(frozen=True, slots=True)
class Choice:
    """A case that can be chosen; `steps` are (id, words), `step` the one chosen or suggested."""

    id: int
    name: str
    ticked: bool
    steps: tuple[tuple[int, str], ...]
    step: str


def chosen(typed: Mapping[str, str]) -> list[int]:
    """The ids of the cases that are ticked."""
    ids = [name.removeprefix("case_") for name in typed if name.startswith("case_")]
    return [int(case_id) for case_id in ids if case_id.isascii() and case_id.isdigit()]


def served(
    view: View, typed: Mapping[str, str], kind: str, activity_id: int | None = None
) -> dict[int, int | None]:
    """The chosen cases with the milestone that is fulfilled in each, or None.

    Refuses with `municipality_needed`.
    """
    ids = chosen(typed)
    if not ids:
        raise Refused("municipality_needed")
    steps = Steps(view, kind, activity_id)
    found = {case_id: steps.choice(case_id, typed) for case_id in ids}
    return {case_id: int(step) if step else None for case_id, step in found.items()}


def groups(
    view: View, typed: Mapping[str, str], kind: str, activity_id: int | None = None
) -> list[tuple[str, list[Choice]]]:
    """The cases that are followed by cohort, those that are ticked or fit what is searched for."""
    cases = frames.enrolments(view.store)
    ticked = set(chosen(typed))
    cases = cases[cases["status"].isin(STATUSES) | cases["enrolment_id"].isin(ticked)]
    steps, sought = Steps(view, kind, activity_id), names.normalise(typed.get("find", ""))
    found: dict[str, list[Choice]] = {}
    for row in records(cases[["enrolment_id", "municipality", "cohort"]]):
        case_id, name = row["enrolment_id"], row["municipality"]
        is_ticked = case_id in ticked
        if not is_ticked and sought not in names.normalise(name):
            continue
        options = steps.options(case_id) if is_ticked else ()
        step = steps.choice(case_id, typed) if is_ticked else ""
        choice = Choice(case_id, name, is_ticked, options, step)
        found.setdefault(view.cohort(row["cohort"]), []).append(choice)
    return list(found.items())


def title(view: View, typed: Mapping[str, str], kind: str, activity_id: int | None = None) -> str:
    """What it may be called: as the milestone when that is the same for all, else as its kind."""
    steps = Steps(view, kind, activity_id)
    called = {steps.name(case_id, typed) for case_id in chosen(typed)}
    one = called.pop() if len(called) == 1 else ""
    return one or view.text(f"activity_kind.{kind}")


class Steps:
    """The milestones an activity of one kind can fulfil, by case, the next first."""

    def __init__(self, view: View, kind: str, activity_id: int | None = None):
        """`activity_id` is that of the activity itself: what it fulfils counts as free."""
        self._view, self._kind = view, kind
        others = frames.served(view.store)
        mine = others["activity_id"] == (activity_id or 0)
        own = others[mine]["milestone_id"].dropna()
        others = others[(others["state"] != "cancelled") & ~mine]
        self._taken: Collection[int] = set(others["milestone_id"].dropna())
        kinds = (MILESTONE_KINDS[kind],) if kind in MILESTONE_KINDS else OTHER_KINDS
        found = frames.milestones(view.store)
        fits = found["kind"].isin(kinds) & found["state"].isin(OPEN)
        self._known = found[fits | found["milestone_id"].isin(own)]

    def _of(self, case_id: int) -> list[dict[str, Any]]:
        found: pd.DataFrame = self._known[self._known["enrolment_id"] == case_id]
        return records(found.sort_values("due_on", kind="stable"))

    def options(self, case_id: int) -> tuple[tuple[int, str], ...]:
        """The open milestones of a case as (id, words)."""
        return tuple((row["milestone_id"], self._words(row)) for row in self._of(case_id))

    def _words(self, row: dict[str, Any]) -> str:
        short = self._view.name(row["short"], row["short_en"])
        return f"{short} · {self._view.text.date_medium(row['due_on'])}"

    def choice(self, case_id: int, typed: Mapping[str, str]) -> str:
        """The id that is chosen for a case as text, else the next that nothing else fulfils.

        Guidance fulfils none unless one is chosen.
        """
        known = [row["milestone_id"] for row in self._of(case_id)]
        said = typed.get(f"step_{self._kind}_{case_id}", "-")
        if said in ("", *map(str, known)):
            return said
        if self._kind not in MILESTONE_KINDS:
            return ""
        return str(next((one for one in known if one not in self._taken), ""))

    def name(self, case_id: int, typed: Mapping[str, str]) -> str:
        """The Danish name of the milestone that is chosen, as activities are named."""
        step = self.choice(case_id, typed)
        rows = [row for row in self._of(case_id) if str(row["milestone_id"]) == step]
        return rows[0]["name"] if rows else ""
