"""The key figures of the programme on the date, and the rows behind each."""

import math
from datetime import date

import pandas as pd

from ..domain import calendar
from ..store import Store
from .activities import activities, counted_activities
from .enrolments import FOLLOWED, enrolments, is_silent
from .milestones import milestones
from .sums import attendance_sums
from .typed import DATE, frame, per_version, reads, sees_heads

FIGURES = {
    "figure": "str",
    "value": "float64",
    "of": "float64",
    "detail": "str",
    "on": DATE,
    "hidden": "bool",
}
DEADLINES = {"kind": "str", "cohort": "str", "on": DATE, "days": "int64", "source": "str"}
CAPACITY = {
    "cohort": "str",
    "starts_on": DATE,
    "ends_on": DATE,
    "months": "int64",
    "month": "int64",
    "apply_by": DATE,
    "places": "Int64",
    "held": "int64",
    "offered": "int64",
    "running": "int64",
    "waiting": "int64",
    "applied": "int64",
    "after_period": "bool",
}


@reads("read.programme")
@per_version
def figures(store: Store) -> pd.DataFrame:
    """The six key figures, one row each; unknown is NaN, never 0.

    `running`: programmes under way, of the initiative's places. `on_time`: milestones done on or
    before their date, of all due on or before the date. `late`: milestones overdue; `of` is the
    number of cases they are in, `detail` and `on` the municipality and date of the oldest.
    `participations`: people counted at development workshops held (the same person counts each
    time), `of` those workshops; `detail` is how many of them nobody has counted at.
    `contact`: running programmes with a contact within the rhythm, of all running. `deadline`:
    days to the next deadline; `detail` is its kind and cohort. What is `hidden` has no value: for
    whom small numbers are hidden `participations` is the total of `attendance_sums`, because one
    that is told here alone would give away what is hidden there.
    """
    initiative = store.rows("initiative")
    capacity = initiative[0]["capacity"] if initiative else math.nan
    running, due, late, contact = (
        figure_rows(store, figure) for figure in ("running", "on_time", "late", "contact")
    )
    rows = [
        ("running", len(running), capacity, "", None),
        ("on_time", *_part(due["in_time"]), "", None),
        ("late", len(late), late["enrolment_id"].nunique(), *_oldest(late)),
        ("participations", *_heads(_workshops_held(counted_activities(store)))),
        ("contact", *_part(contact["in_rhythm"]), "", None),
        ("deadline", *_nearest(deadlines(store))),
    ]
    found = frame(FIGURES, dict(zip(FIGURES, zip(*((*row, False) for row in rows)))))
    return found if sees_heads(store) else _closed(store, found)


def _closed(store: Store, found: pd.DataFrame) -> pd.DataFrame:
    total = attendance_sums(store).iloc[-1]
    own = found["figure"] == "participations"
    found.loc[own, "value"] = math.nan if pd.isna(total["people"]) else int(total["people"])
    found.loc[own, "hidden"] = bool(total["hidden"])
    return found


@reads("read.programme")
def figure_rows(store: Store, figure: str) -> pd.DataFrame:
    """The rows a key figure is made of.

    `running`, `contact`: running cases (as `enrolments`; `contact` adds `in_rhythm` bool).
    `on_time`, `late`: milestones of followed cases (as `milestones`; `on_time` adds `in_time`
    bool and holds those due on or before the date, `late` is oldest first). `participations`: the
    development workshops held (as `activities`). `deadline`: the coming deadlines. An unknown
    figure is a KeyError.
    """
    today = pd.Timestamp(store.today())
    if figure == "deadline":
        return deadlines(store)
    if figure == "participations":
        return _workshops_held(activities(store))
    cases = enrolments(store)
    if figure in ("running", "contact"):
        running = cases[cases["status"] == "active"].reset_index(drop=True)
        if figure == "contact":
            running["in_rhythm"] = ~is_silent(running).astype(bool)
        return running
    followed = cases.loc[cases["status"].isin(FOLLOWED), "enrolment_id"]
    plan = milestones(store)
    plan = plan[plan["enrolment_id"].isin(followed) & ~plan["not_applicable"]]
    if figure == "late":
        return (
            plan[plan["state"] == "late"]
            .sort_values(["days", "municipality"], ascending=[False, True])
            .reset_index(drop=True)
        )
    if figure == "on_time":
        due = plan[plan["due_on"] <= today].reset_index(drop=True)
        due["in_time"] = (due["done_on"] <= due["due_on"]).astype(bool)
        return due
    raise KeyError(figure)


def _workshops_held(found: pd.DataFrame) -> pd.DataFrame:
    held = (found["kind"] == "workshop") & (found["state"] == "held")
    return found[held].reset_index(drop=True)


@reads("read.programme")
@per_version
def deadlines(store: Store) -> pd.DataFrame:
    """What has a last day on or after the date, nearest first.

    Kinds: `apply` (application deadline, only where one is published), `answer` (the last day to
    answer an open offer; no source), `end` (a programme's last day, only where cases run) and
    `period` (the end of the initiative's project period).
    """
    today, cases = store.today(), enrolments(store)
    running = cases.query("status == 'active'")["cohort"].unique()
    offers = cases[["cohort", "answer_by"]].dropna().drop_duplicates()
    found = [
        ("answer", row.cohort, row.answer_by.date().isoformat(), "")
        for row in offers.itertuples(index=False)
    ]
    for row in store.rows("cohort"):
        if row["apply_by"]:
            found.append(("apply", row["code"], row["apply_by"], row["source"]))
        if row["code"] in running:
            last = calendar.last_day(date.fromisoformat(row["starts_on"]), row["months"])
            found.append(("end", row["code"], last.isoformat(), row["source"]))
    for row in store.rows("initiative"):
        found.append(("period", "", row["period_to"], row["source"]))
    rows = [
        (kind, cohort, date.fromisoformat(on), (date.fromisoformat(on) - today).days, source)
        for kind, cohort, on, source in sorted(found, key=lambda row: row[2])
        if on >= today.isoformat()
    ]
    return frame(DEADLINES, dict(zip(DEADLINES, zip(*rows))) if rows else {})


@reads("read.programme")
@per_version
def capacity(store: Store) -> pd.DataFrame:
    """One row per cohort, by start: how the places stand on the date.

    Columns: see `CAPACITY`. `held` counts every place held, offers among them; `places` is missing
    where no distribution is set, `apply_by` where no deadline is published. `after_period` marks a
    cohort that ends after the initiative's project period.
    """
    cases, today = enrolments(store), store.today()
    period_to = {row["id"]: row["period_to"] for row in store.rows("initiative")}
    rows = []
    for row in store.rows("cohort", order="starts_on"):
        starts_on = date.fromisoformat(row["starts_on"])
        ends_on = calendar.last_day(starts_on, row["months"])
        own = cases[cases["cohort"] == row["code"]]
        count = own["status"].value_counts()
        rows.append(
            (
                row["code"],
                starts_on,
                ends_on,
                row["months"],
                calendar.programme_month(starts_on, ends_on, row["months"], today),
                date.fromisoformat(row["apply_by"]) if row["apply_by"] else None,
                row["places"],
                int(own["holds_place"].sum()),
                *(
                    count.get(status, 0)
                    for status in ("offered", "active", "waitlisted", "applied")
                ),
                ends_on.isoformat() > period_to[row["initiative_id"]],
            )
        )
    return frame(CAPACITY, dict(zip(CAPACITY, zip(*rows))) if rows else {})


@reads("read.programme")
def places(store: Store) -> dict[str, int]:
    """How the initiative's places are spread: taken (in a programme or admitted), offered, free.

    The three add up to the capacity, or the accounts do not balance.
    """
    initiative = store.rows("initiative")
    total = sum(row["capacity"] for row in initiative)
    by_cohort = capacity(store)
    held, offered = int(by_cohort["held"].sum()), int(by_cohort["offered"].sum())
    return {"capacity": total, "taken": held - offered, "offered": offered, "free": total - held}


def _part(values: pd.Series) -> tuple[float, float]:
    """How many are true, of how many; nothing to count is unknown."""
    return (int(values.sum()), len(values)) if len(values) else (math.nan, 0)


def _heads(workshops: pd.DataFrame) -> tuple[float, float, str, date | None]:
    """The people counted at workshops, of how many; nobody counted is unknown."""
    counted = workshops["attended"].dropna()
    heads = int(counted.sum()) if len(counted) else math.nan
    return heads, len(workshops), str(len(workshops) - len(counted)), None


def _oldest(late: pd.DataFrame) -> tuple[str, date | None]:
    if late.empty:
        return "", None
    return late.iloc[0]["municipality"], late.iloc[0]["due_on"].date()


def _nearest(coming: pd.DataFrame) -> tuple[float, float, str, date | None]:
    if coming.empty:
        return math.nan, math.nan, "", None
    first = coming.iloc[0]
    return first["days"], math.nan, f"{first['kind']} {first['cohort']}".strip(), first["on"].date()
