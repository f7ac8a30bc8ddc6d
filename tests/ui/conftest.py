"""Cases under way that activities can be planned for, and the parts of a page that shows them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, time, timedelta
from types import SimpleNamespace

import pytest

from advisory import frames
from advisory.domain import calendar
from advisory.domain.enrolments import Status
from advisory.store import Store, activities, decisions, enrolments, users
from advisory.texts import translator
from advisory.ui.activity_form import ActivityForm
from advisory.ui.activity_list import ActivityList
from advisory.ui.date_finder import DateFinder
from advisory.ui.dialog import Dialog
from advisory.ui.toast import Toast
from advisory.ui.view import View

HOMES = {"Horsens": 615, "Odense": 461, "Struer": 671}


@dataclass
class Programme:
    """A store with the cases of `HOMES` since February 2024, followed by Ida."""

    store: Store
    cases: dict[str, int]
    ida: int

    def plan(
        self,
        kind: str = "workshop",
        day: date = date(2025, 3, 18),
        at: time = time(9),
        hours: int = 3,
        title: str = "Udviklingsworkshop 1",
        where: tuple[str, ...] = ("Horsens",),
        **also: object,
    ) -> int:
        """The id of an activity, for the cases of `where`."""
        starts_at = calendar.to_utc(day, at)
        served = {self.cases[name]: None for name in where}
        said = {"expected": {}, "enrolments": served, "consultant_id": self.ida, **also}
        ends_at = starts_at + timedelta(hours=hours)
        return activities.create(
            self.store, kind, title, starts_at=starts_at, ends_at=ends_at, **said
        )

    def steps(self, name: str, kind: str = "workshop") -> list[int]:
        """The milestones of a case of one kind, in the order they fall due."""
        found = frames.milestones(self.store, self.cases[name])
        found = found[found["kind"] == kind].sort_values("due_on")
        return found["milestone_id"].tolist()

    def stands(self, activity_id: int) -> SimpleNamespace:
        """One row of `frames.activities`."""
        found = frames.activities(self.store)
        return next(found[found["activity_id"] == activity_id].itertuples(index=False))


@pytest.fixture
def programme(facts: Store) -> Programme:
    """Three municipalities in their fourteenth month."""
    ida = users.add(facts, "ida@styrelsen.example", "Ida Holm", "IH", "consultant")
    cohort = facts.find("cohort", code="2024-02")["id"]
    cases = {}
    for name, home in HOMES.items():
        case_id = enrolments.create(facts, cohort, home, received_on=date(2023, 10, 1))
        decisions.decide(facts, case_id, Status.ADMITTED, on_date=date(2023, 11, 1))
        cases[name] = case_id
    return Programme(facts, cases, ida)


@pytest.fixture
def calendar_page(programme: Programme) -> Callable[..., SimpleNamespace]:
    """`calendar_page(store, lang="da", **query)`: the list, the dialog and what they open."""

    def made(store: Store | None = None, lang: str = "da", **query: str) -> SimpleNamespace:
        view = View(store or programme.store, translator(lang), query)
        dialog, toast = Dialog(view), Toast(view)
        form = ActivityForm(view, dialog, toast)
        finder = DateFinder(view, dialog, form)
        own = ActivityList(view, form, finder)
        return SimpleNamespace(
            view=view, list=own.live, dialog=dialog.live, toast=toast.live, form=form, finder=finder
        )

    return made


@pytest.fixture
def shown() -> Callable[..., str]:
    """The HTML of a part with plain spaces."""
    return lambda live: str(live.render()).replace("\u00a0", " ")
