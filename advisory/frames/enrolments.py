"""The cases: where each stands on the date, and why."""

from collections import defaultdict
from datetime import date, timedelta
from typing import Any

import pandas as pd

from ..domain import calendar, capacity, contacts, health
from ..domain import enrolments as rules
from ..domain import municipalities as names
from ..domain.errors import NotFound
from ..store import Store, places
from ..store.instants import instant
from .balance import case_gaps
from .milestones import milestones
from .regions import regions
from .typed import DATE, frame, per_version, reads, sees_heads

ENROLMENTS = {
    "enrolment_id": "int64",
    "municipality_id": "int64",
    "municipality": "str",
    "short": "str",
    "slug": "str",
    "region": "str",
    "cohort_id": "int64",
    "cohort": "str",
    "starts_on": DATE,
    "ends_on": DATE,
    "status": "str",
    "status_since": DATE,
    "received_on": DATE,
    "late_application": "bool",
    "month": "int64",
    "months": "int64",
    "share": "float64",
    "consultant_id": "Int64",
    "consultant": "str",
    "initials": "str",
    "prior_experience": "str",
    "goal": "str",
    "health": "str",
    "reasons": "object",
    "late": "int64",
    "next_id": "Int64",
    "next_milestone": "str",
    "next_milestone_en": "str",
    "next_on": DATE,
    "next_state": "str",
    "last_contact_on": DATE,
    "silent_days": "Int64",
    "silence": "str",
    "silence_limit": "Int64",
    "own_rhythm": "Float64",
    "answer_by": DATE,
    "holds_place": "bool",
    "version": "int64",
}
FOLLOWED = ("admitted", "active", "completed")
OPEN_STATES = ("late", "soon", "planned")


@reads("read.programme")
@per_version
def enrolments(store: Store) -> pd.DataFrame:
    """One row per case, by cohort and then in Danish order of the municipalities.

    Columns: see `ENROLMENTS`. `month` is 0 before the start and 1 in the first month; `share` is
    the part of the days gone (0-1). `health` is late, attention or on_track while the programme
    runs and empty otherwise; `reasons` is a tuple of `domain.health.Reason`, for whom people per
    activity are hidden as `domain.health.closed` leaves them. `late` counts the milestones overdue;
    `next_*` is the oldest overdue milestone, else the next due. `silent_days` counts from the last
    contact while the programme runs, `silence` says which limit it has passed (expected, own or
    none) and `silence_limit` the lower of them in days; `own_rhythm` is the usual number of days
    between two contacts, missing with too few of them.
    `answer_by` is the last day to answer an offer that stands open.
    """
    rows = [_case(store, *found) for found in _recorded(store)]
    rows = [row for row in rows if row is not None]
    rows.sort(
        key=lambda row: (row["starts_on"], row["cohort"], names.sort_key(row["municipality"]))
    )
    data = {name: [row[name] for row in rows] for name in ENROLMENTS if rows and name in rows[0]}
    found = frame(ENROLMENTS, data | _blank(len(rows)))
    return _with_health(store, _with_plan(store, found))


def _recorded(store: Store) -> list[tuple]:
    """Each case with the records around it."""
    cohorts = {row["id"]: row for row in store.rows("cohort")}
    municipalities = {row["id"]: row for row in store.rows("municipality")}
    users = {row["id"]: row for row in store.rows("app_user")}
    homes = regions(store)
    statuses, answers = places.dated(store)
    freed, talked = places.freed_days(store), _contacts(store)
    return [
        (
            row,
            cohorts[row["cohort_id"]],
            municipalities[row["municipality_id"]],
            homes.get(row["municipality_id"], ""),
            users.get(row["consultant_id"]),
            capacity.Case(
                statuses[row["id"]],
                *places.period(row, cohorts[row["cohort_id"]]),
                freed_on=freed.get(row["id"]),
                answer_by=answers.get(row["id"]),
            ),
            talked[row["id"]],
        )
        for row in store.rows("enrolment")
    ]


def _contacts(store: Store) -> dict[int, list[date]]:
    """The days up to the date on which there was contact with each case.

    That is a call, a mail or a meeting in the journal, or an activity that was held.
    """
    today = store.today()
    found: dict[int, list[date]] = defaultdict(list)
    for enrolment_id, noted_on in store.db.execute(
        "SELECT DISTINCT enrolment_id, noted_on FROM note WHERE kind <> 'note' AND noted_on <= ?",
        [today.isoformat()],
    ).fetchall():
        found[enrolment_id].append(date.fromisoformat(noted_on))
    for enrolment_id, starts_at in store.db.execute(
        "SELECT s.enrolment_id, a.starts_at FROM activity_enrolment s"
        " JOIN activity a ON a.id = s.activity_id WHERE a.held_at IS NOT NULL"
    ).fetchall():
        day = calendar.local_date(instant(starts_at))
        if day <= today:
            found[enrolment_id].append(day)
    return found


def _case(
    store: Store,
    row: dict[str, Any],
    cohort: dict[str, Any],
    municipality: dict[str, Any],
    region: str,
    user: dict[str, Any] | None,
    case: capacity.Case,
    contact_days: list[date],
) -> dict[str, Any] | None:
    """The facts of one case; None before its first status."""
    today = store.today()
    starts_on, ends_on = case.starts_on, case.ends_on
    status = capacity.standing(case, today)
    if status is None:
        return None
    received_on = case.rows[0][0]
    apply_by = date.fromisoformat(cohort["apply_by"]) if cohort["apply_by"] else None
    running = status == rules.Status.ACTIVE
    silence = contacts.silence(
        contact_days, starts_on=starts_on, today=today, expected=rhythm_days(store)
    )
    return {
        "enrolment_id": row["id"],
        "municipality_id": municipality["id"],
        "municipality": municipality["name"],
        "short": municipality["short"],
        "slug": municipality["slug"],
        "region": region,
        "cohort_id": cohort["id"],
        "cohort": cohort["code"],
        "starts_on": starts_on,
        "ends_on": ends_on,
        "status": status.value,
        "status_since": _since(case, status, today),
        "received_on": received_on,
        "late_application": rules.is_late(received_on, apply_by),
        "month": calendar.programme_month(starts_on, ends_on, cohort["months"], today),
        "months": cohort["months"],
        "share": calendar.share_elapsed(starts_on, ends_on, today),
        "consultant_id": row["consultant_id"],
        "consultant": user["name"] if user else "",
        "initials": user["initials"] if user else "",
        "prior_experience": row["prior_experience"] or "",
        "goal": row["goal"] or "",
        "last_contact_on": max(contact_days, default=None),
        "silent_days": silence.days if running else None,
        "silence": silence.kind if running else "",
        "silence_limit": silence.limit if running else None,
        "own_rhythm": contacts.own_rhythm(contact_days),
        "answer_by": case.answer_by if status == rules.Status.OFFERED else None,
        "holds_place": capacity.holds_place_on(case, today),
        "version": row["version"],
    }


def _since(case: capacity.Case, status: rules.Status, today: date) -> date:
    """The first day of the status a case has today: the recorded one, unless it came by itself."""
    recorded = max(on_date for on_date, _ in case.rows if on_date <= today)
    said = rules.status_on(case.rows, case.starts_on, case.ends_on, today)
    if said == rules.Status.OFFERED and status == rules.Status.LAPSED:
        return case.offer_ends + timedelta(days=1)
    by_itself = {rules.Status.ACTIVE: case.starts_on, rules.Status.COMPLETED: case.ends_on}
    return by_itself.get(status, recorded)


def _blank(length: int) -> dict[str, Any]:
    """The columns that the plan fills in."""
    empty = [""] * length
    return {
        **{name: empty for name in ("health", "next_milestone", "next_milestone_en", "next_state")},
        "reasons": [()] * length,
        "late": [0] * length,
        "next_id": [None] * length,
        "next_on": [None] * length,
    }


def _with_plan(store: Store, found: pd.DataFrame) -> pd.DataFrame:
    """Count what is late and name the next step, for the cases that have a place."""
    followed = found.loc[found["status"].isin(FOLLOWED), "enrolment_id"]
    plan = milestones(store)
    plan = plan[plan["enrolment_id"].isin(followed) & plan["state"].isin(OPEN_STATES)]
    late = plan.loc[plan["state"] == "late", "enrolment_id"].value_counts()
    found["late"] = found["enrolment_id"].map(late).fillna(0).astype("int64")
    first = plan.sort_values(["due_on", "position"]).drop_duplicates("enrolment_id")
    joined = found[["enrolment_id"]].merge(
        first.rename(
            columns={
                "milestone_id": "next_id",
                "name": "next_milestone",
                "name_en": "next_milestone_en",
                "due_on": "next_on",
                "state": "next_state",
            }
        ),
        on="enrolment_id",
        how="left",
    )
    for name in ("next_id", "next_milestone", "next_milestone_en", "next_on", "next_state"):
        values = joined[name]
        found[name] = (values.fillna("") if ENROLMENTS[name] == "str" else values).astype(
            ENROLMENTS[name]
        )
    return found


def _with_health(store: Store, found: pd.DataFrame) -> pd.DataFrame:
    plan, absent = milestones(store), case_gaps(store)
    late: dict[int, list[tuple[str, int]]] = defaultdict(list)
    overdue = plan[plan["state"] == "late"]
    for enrolment_id, name, days in zip(overdue["enrolment_id"], overdue["name"], overdue["days"]):
        late[enrolment_id].append((name, days))
    verdicts = [
        health.health(
            late=late[enrolment_id],
            silence=contacts.Silence(days, days, limit, kind) if kind else None,
            contacted=not pd.isna(contact),
            gaps=absent.get(enrolment_id, ()),
            running=status == "active",
        )
        for enrolment_id, days, limit, kind, contact, status in zip(
            *(found[name] for name in ("enrolment_id", "silent_days", "silence_limit", "silence")),
            *(found[name] for name in ("last_contact_on", "status")),
        )
    ]
    running = found["status"] == "active"
    found["health"] = pd.Series([verdict.value for verdict, _ in verdicts], dtype="str").where(
        running.reset_index(drop=True), ""
    )
    reasons = pd.Series([None] * len(verdicts), dtype=object)
    told = [reason for _, reason in verdicts]
    reasons[:] = told if sees_heads(store) else [health.closed(reason) for reason in told]
    found["reasons"] = reasons
    return found


def is_silent(cases: pd.DataFrame) -> pd.Series:
    """For each of `cases` (bool), whether it has been silent for longer than the rhythm allows."""
    return cases["silence"] != ""


@reads("read.programme")
def rhythm_days(store: Store) -> int:
    """The days within which a running programme is expected to have a contact."""
    setting = store.find("setting", key="contact_rhythm_days")
    return int(setting["value"]) if setting else health.RHYTHM_DAYS


@reads("read.programme")
def case(store: Store, enrolment_id: int) -> pd.Series:
    """The one row of `enrolments` for a case. Refuses with `not_found`."""
    store.get("enrolment", enrolment_id)
    found = enrolments(store)
    return found[found["enrolment_id"] == enrolment_id].iloc[0]


@reads("read.programme")
def find_case(store: Store, slug: str, cohort: str = "") -> pd.Series:
    """The case of a municipality by its slug; without a cohort the one that says most.

    That is the first of `most_telling`. Refuses with `case_not_found`.
    """
    found = enrolments(store)
    found = found[found["slug"] == slug]
    if cohort:
        found = found[found["cohort"] == cohort]
    if found.empty:
        raise NotFound("case_not_found", name=slug)
    return most_telling(found).iloc[0]


def most_telling(cases: pd.DataFrame) -> pd.DataFrame:
    """`cases` with those first that say most.

    With a place before without, then open before closed, later before earlier.
    """
    live = cases["status"].isin([status.value for status in rules.OPEN])
    found = cases.assign(live=live).sort_values(
        ["holds_place", "live", "starts_on"], ascending=False, kind="stable"
    )
    return found.drop(columns="live")
