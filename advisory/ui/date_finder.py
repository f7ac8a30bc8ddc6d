"""Finding a day: who must be there, for how long and when, gives days with their reasons."""

from collections import Counter
from collections.abc import Mapping
from datetime import date, time, timedelta
from typing import Any

import pandas as pd
from markupsafe import Markup

from .. import frames
from ..domain import calendar, finder, scheduling
from ..domain.errors import Refused
from ..frames.bookings import bookings, periods
from ..store import activities, plan
from . import activity_fields as fields
from . import case_picker as cases
from .activity_filters import providers
from .activity_form import ActivityForm, consultants
from .dialog import Dialog
from .forms import Form
from .snags import blocked, sentence
from .view import View

ERRORS = {
    "finder_window": "latest",
    "finder_window_long": "latest",
    "finder_times": "times",
    "municipality_needed": "cases",
}
AHEAD, AROUND = timedelta(days=60), timedelta(days=30)  # ours: how far the search goes at first
MINUTES = {"workshop": 180, "competence": 360, "guidance": 60}  # ours
TIMES = "9.00, 12.30"


class DateFinder:
    """The dialog: what is asked for stays, and the days stand below it until one is chosen."""

    def __init__(self, view: View, dialog: Dialog, form: ActivityForm):
        self._view, self._dialog, self._activity_form = view, dialog, form
        self._form = Form(ERRORS)
        self._typed: dict[str, str] = {}
        self._found: tuple[finder.Candidate, ...] = ()
        self._blocked: Counter[str] | None = None

    def open(self, activity: str = "", milestone: str = "", case: str = "", **values: str) -> None:
        """Ask for a day: for an `activity` that is to be moved, a `milestone` or a `case`."""
        self._view.store.require("activity.edit")
        if activity:
            row = activities.get(self._view.store, int(activity))
            values = {**_asked(fields.filled(self._view, row)), **values}
            values["activity"] = activity
        if case.isdecimal():
            values = {f"case_{case}": "1", **values}
        if milestone:
            values = {**self._step(int(milestone)), **values}
        kind = fields.kind_of(values)
        is_consultant = self._view.store.actor.role == "consultant"
        mine = str(self._view.user_id() or "") if is_consultant else ""
        self._start({"consultant_id": mine, **self._suggested(kind, values), **values})

    def _start(self, values: dict[str, str]) -> None:
        self._form, self._found, self._blocked = Form(ERRORS), (), None
        self._form.typed = self._typed = {**values, "kind": fields.kind_of(values)}
        actions = {"choose": self._choose, "search": self._search, "pick": self._pick}
        self._dialog.show(self._render, actions)

    def _step(self, milestone_id: int) -> dict[str, str]:
        """What a milestone asks for: its case, its kind, and its day as the aim."""
        found = frames.milestones(self._view.store)
        row = found[found["milestone_id"] == milestone_id].iloc[0]
        case_id, kind = int(row["enrolment_id"]), str(row["kind"])
        case = frames.case(self._view.store, case_id)
        own = {} if pd.isna(case["consultant_id"]) else {"consultant_id": case["consultant_id"]}
        aim = {} if row["due_on"].date() < self._view.today else {"aim": row["due_on"].date()}
        said = {"kind": kind, f"case_{case_id}": "1", f"step_{kind}_{case_id}": milestone_id}
        named = {name: self._view.text.date(day) for name, day in aim.items()}
        return {name: str(one) for name, one in (said | own | named).items()}

    def _suggested(self, kind: str, values: Mapping[str, str]) -> dict[str, str]:
        """What the fields begin with: the next two months, or until a month after the aim."""
        text, tomorrow = self._view.text, self._view.today + timedelta(days=1)
        aim = values.get("aim", "")
        after = calendar.parse_date(aim, self._view.today) + AROUND if aim else tomorrow
        return {
            "minutes": str(MINUTES[kind]),
            "times": TIMES,
            "least": str(scheduling.APART_DAYS) if kind == "workshop" else "",
            "earliest": text.date(tomorrow),
            "latest": text.date(max(tomorrow + AHEAD, after)),
        }

    # --- asking -----------------------------------------------------------------------------

    def _choose(self, **typed: str) -> None:
        """Another kind lasts differently and has other milestones."""
        self._form.errors, before = {}, fields.kind_of(self._typed)
        kind = fields.kind_of(typed)
        if kind != before:
            old, new = self._suggested(before, typed), self._suggested(kind, typed)
            for name in ("minutes", "least"):
                typed[name] = new[name] if typed.get(name, "") == old[name] else typed[name]
        self._form.typed = self._typed = typed

    def _search(self, **typed: str) -> None:
        self._typed, self._found, self._blocked = typed, (), None
        with self._form.attempt(self._view.text, typed):
            need, store = self._need(typed), self._view.store
            others, allowed = bookings(store), periods(store)
            closing = plan.closing_days(store)
            self._found = finder.find_dates(need, others, periods=allowed, closing=closing)
            if not self._found:
                self._blocked = finder.why_not(need, others, periods=allowed, closing=closing)
        self._form.typed = typed

    def _need(self, typed: Mapping[str, str]) -> finder.Need:
        kind, form = fields.kind_of(typed), self._form
        own = int(typed["activity"]) if typed.get("activity") else None
        served = cases.served(self._view, typed, kind, own)
        earliest, latest, aim = (self._day(typed, one) for one in ("earliest", "latest", "aim"))
        if earliest is None or latest is None:
            with form.reading("latest" if earliest else "earliest"):
                raise Refused("date_needed")
        least = fields.number(form, typed, "least") or 0
        return finder.Need(
            kind=kind,
            consultant_id=fields.number(form, typed, "consultant_id"),
            provider_id=fields.number(form, typed, "provider_id"),
            enrolments=frozenset(served),
            length=timedelta(minutes=fields.number(form, typed, "minutes") or 0),
            at=self._times(typed),
            earliest=earliest,
            latest=latest,
            aim=aim or self._due(served, earliest, latest),
            after=self._earlier(kind, served, latest, least, own) if least else (),
            id=own,
        )

    def _due(self, served: Mapping[int, int | None], earliest: date, latest: date) -> date | None:
        """The first day on which a milestone that it fulfils is due, within the window."""
        found = frames.milestones(self._view.store)
        found = found[found["milestone_id"].isin([one for one in served.values() if one])]
        if found.empty:
            return None
        return min(max(found["due_on"].min().date(), earliest), latest)

    def _day(self, typed: Mapping[str, str], name: str) -> date | None:
        with self._form.reading(name):
            written = typed.get(name, "").strip()
            return calendar.parse_date(written, self._view.today) if written else None

    def _times(self, typed: Mapping[str, str]) -> list[time]:
        with self._form.reading("times"):
            written = typed.get("times", "").replace(";", ",").split(",")
            return [calendar.parse_time(one.strip()) for one in written if one.strip()]

    def _earlier(
        self, kind: str, served: Mapping[int, int | None], latest: date, least: int, own: int | None
    ) -> list[tuple[date, int, str]]:
        """The last activity of the kind that each case has had, or has before today's next."""
        found = frames.activities(self._view.store)
        found = found[(found["kind"] == kind) & (found["state"] != "cancelled")]
        found = found[found["day"] <= pd.Timestamp(min(self._view.today, latest))]
        last: dict[int, tuple[date, int, str]] = {}
        for row in found[found["activity_id"] != (own or 0)].itertuples(index=False):
            for case_id in set(row.enrolments) & served.keys():
                last[case_id] = (row.day.date(), least, row.title)
        return list(dict.fromkeys(last.values()))

    # --- choosing ---------------------------------------------------------------------------

    def _pick(self, number: str = "", **_values: str) -> None:
        """Open the form with the day and everything that was asked for filled in."""
        found = self._found[int(number)]
        start, end = calendar.local(found.starts_at), calendar.local(found.ends_at)
        text, typed = self._view.text, self._typed
        at = {"on": text.date(start.date()), "from": text.time(start), "until": text.time(end)}
        if typed.get("activity"):
            self._activity_form.edit(typed["activity"], **at)
        else:
            self._activity_form.new(**_asked(typed), **at)

    def _render(self) -> Markup:
        view, typed = self._view, self._typed
        kind = fields.kind_of(typed)
        return view.render(
            "date_finder.html",
            form=self._form,
            kind=kind,
            kinds=[(one, view.text(f"activity_kind.{one}")) for one in activities.KINDS],
            groups=cases.groups(view, typed, kind),
            chosen=len(cases.chosen(typed)),
            providers=providers(view.store),
            consultants=consultants(view, typed.get("consultant_id", "")),
            moving=bool(typed.get("activity")),
            days=[self._shown(one) for one in self._found],
            blocked=blocked(view, self._blocked) if self._blocked is not None else None,
        )

    def _shown(self, found: finder.Candidate) -> dict[str, Any]:
        return {
            "starts_at": found.starts_at,
            "ends_at": found.ends_at,
            "reasons": [(one.good, sentence(self._view, one)) for one in found.reasons],
        }


def _asked(typed: Mapping[str, str]) -> dict[str, str]:
    """The fields that the finder and the form have in common."""
    own = ("kind", "consultant_id", "provider_id")
    return {
        name: one
        for name, one in typed.items()
        if name in own or name.startswith(("case_", "step_"))
    }
