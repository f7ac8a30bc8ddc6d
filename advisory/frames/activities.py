"""The activities of every kind: whom they serve, how they stand, how many came."""

from collections import defaultdict
from datetime import date, datetime
from typing import Any

import pandas as pd

from ..domain import calendar
from ..domain import municipalities as names
from ..domain.signups import MEETINGS as MEETING_KINDS
from ..store import Row, Store
from ..store import enrolments as cases
from ..store.instants import instant
from .milestones import milestones
from .typed import DATE, INSTANT, frame, instants_of, per_version, reads, sees_heads

ACTIVITIES = {
    "activity_id": "int64",
    "kind": "str",
    "title": "str",
    "starts_at": INSTANT,
    "ends_at": INSTANT,
    "day": DATE,
    "week": "str",
    "minutes": "int64",
    "place": "str",
    "link": "str",
    "body": "str",
    "materials": "str",
    "provider_id": "Int64",
    "provider": "str",
    "consultant_id": "Int64",
    "consultant": "str",
    "initials": "str",
    "enrolments": "object",
    "municipalities": "object",
    "slugs": "object",
    "cohorts": "object",
    "state": "str",
    "moved": "bool",
    "audiences": "object",
    "planned": "Int64",
    "attended": "Int64",
    "uncounted": "int64",
    "capacity": "Int64",
    "agreed": "str",
    "next_step": "str",
    "next_step_by": DATE,
    "cancel_reason": "str",
    "first_day": DATE,
    "version": "int64",
}
HEADCOUNTS = {
    "activity_id": "int64",
    "kind": "str",
    "title": "str",
    "day": DATE,
    "minutes": "int64",
    "state": "str",
    "provider_id": "Int64",
    "provider": "str",
    "enrolment_id": "int64",
    "municipality": "str",
    "slug": "str",
    "cohort": "str",
    "month": "int64",
    "audience": "str",
    "planned": "Int64",
    "attended": "Int64",
    "version": "int64",
}
SERVED = {
    "activity_id": "int64",
    "kind": "str",
    "state": "str",
    "day": DATE,
    "enrolment_id": "int64",
    "municipality": "str",
    "slug": "str",
    "cohort": "str",
    "consultant_id": "Int64",
    "milestone_id": "Int64",
    "milestone": "str",
    "milestone_en": "str",
    "milestone_state": "str",
}
TARGETS = {"audience": "str", "low": "int64", "high": "int64", "source": "str"}


@reads("read.programme")
def activities(store: Store) -> pd.DataFrame:
    """One row per activity of every kind, also the info meetings, by its start.

    Columns: see `ACTIVITIES`. `day` is the day in Copenhagen, `week` its ISO week as `2025-W11`,
    `minutes` the length. `enrolments`, `municipalities` (in Danish order), `slugs` and `cohorts`
    are tuples of the cases it serves, in one order; `audiences` a tuple of those invited.
    `state` is planned, due (over, but not said to be held), held or cancelled, now or at the end of
    the day that the store shows; `moved` means to another time than first planned. `planned` and
    `attended` are people, missing when nobody has been counted; `uncounted` is how many of the
    invited audiences of the municipalities have no number of those who came. For whom people per
    activity are hidden, the people, what was agreed and the next step are left out.
    """
    found = counted_activities(store)
    if sees_heads(store):
        return found
    hidden = {"planned": pd.NA, "attended": pd.NA, "agreed": "", "next_step": ""}
    return found.assign(**hidden, next_step_by=pd.NaT).astype(ACTIVITIES)


@reads("read.heads")
def counted_activities(store: Store) -> pd.DataFrame:
    """As `activities`, with everything that is known, whoever it is made for."""
    return _stated(store, _over(store))


def _over(store: Store) -> int:
    """How many activities have ended: as long as it is the same, all stand as they stood."""
    return int((_activities(store)["ends_at"] <= store.moment()).sum())


@per_version
def _stated(store: Store, ended: int) -> pd.DataFrame:
    """The activities with their states when `ended` of them are over."""
    found = _activities(store)
    over = (found["state"] == "planned") & (found["ends_at"].rank(method="max") <= ended)
    meeting = found["kind"].isin(MEETING_KINDS)  # nobody says of those that they were held
    states = found["state"].mask(over & meeting, "held").mask(over & ~meeting, "due")
    found["state"] = states.astype("str")
    return found


@reads("read.heads")
def headcounts(store: Store, activity_id: int | None = None) -> pd.DataFrame:
    """One row per activity, municipality and invited audience: how many were planned, and came.

    Columns: see `HEADCOUNTS`; `month` is the month of the programme the activity is in (0 before
    it), `state` as in `activities`. An audience without a row was not invited; `attended` is
    missing where nobody has counted, 0 where nobody came.
    """
    return _of_activity(_headcounts_stated(store, _over(store)), activity_id)


@reads("read.programme")
def served(store: Store, activity_id: int | None = None) -> pd.DataFrame:
    """One row per activity and case it serves, with the milestone it fulfils there.

    Columns: see `SERVED`; `milestone_state` is that of `milestones`, empty without one.
    """
    return _of_activity(_served_stated(store, _over(store)), activity_id)


@reads("read.programme")
@per_version
def targets(store: Store) -> pd.DataFrame:
    """How many of each audience a development workshop aims at, per municipality: low to high."""
    rows = store.rows("audience_target")
    order = audience_order(store)
    rows.sort(key=lambda row: order.get(row["audience"], 0))
    return frame(TARGETS, {name: [row[name] for row in rows] for name in TARGETS})


@reads("read.facts")
def audience_order(store: Store) -> dict[str, int]:
    """The audiences in the order they are shown in, each with its position."""
    rows = store.rows("code_item", "list = 'audience'", order="position")
    return {row["code"]: row["position"] for row in rows}


def _of_activity(found: pd.DataFrame, activity_id: int | None) -> pd.DataFrame:
    if activity_id is None:
        return found
    return found[found["activity_id"] == activity_id].reset_index(drop=True)


@per_version
def _headcounts_stated(store: Store, ended: int) -> pd.DataFrame:
    return _with_state(_stated(store, ended), _headcounts(store), HEADCOUNTS)


@per_version
def _served_stated(store: Store, ended: int) -> pd.DataFrame:
    return _with_state(_stated(store, ended), _served(store), SERVED)


def _with_state(known: pd.DataFrame, found: pd.DataFrame, columns: dict[str, str]) -> pd.DataFrame:
    states = known.set_index("activity_id")["state"].to_dict()
    found["state"] = pd.Series([states[one] for one in found["activity_id"]], dtype="str")
    return found[list(columns)]


@per_version
def _activities(store: Store) -> pd.DataFrame:
    """The activities as recorded, before the hour of the day is asked."""
    rows = store.rows("activity", order="starts_at, id")
    if not rows:
        return frame(ACTIVITIES, {})
    facts, homes, counted = _facts(store), _cases(store), _counted(store)
    by_activity = _served_by(store, homes)
    data: dict[str, Any] = {name: [] for name in ACTIVITIES}
    for row in rows:
        served_by = by_activity.get(row["id"], ())
        for name, value in _activity(row, facts, served_by, counted.get(row["id"])).items():
            data[name].append(value)
    for name in ("starts_at", "ends_at"):
        data[name] = instants_of(data[name])
    return frame(ACTIVITIES, data)


def _activity(
    row: Row, facts: dict[str, dict[int, Row]], served_by: tuple[Row, ...], heads: Row | None
) -> Row:
    starts_at, ends_at = instant(row["starts_at"]), instant(row["ends_at"])
    day, user = calendar.local_date(starts_at), facts["app_user"].get(row["consultant_id"])
    year, week = calendar.iso_week(day)
    provider = facts["organisation"].get(row["provider_id"])
    first_at = row["first_starts_at"] or row["starts_at"]
    own = {name: row[name] or "" for name in ("place", "link", "cancel_reason")}
    same = {
        name: row[name]
        for name in ACTIVITIES
        if name in row and name not in own  # ids, texts and instants as they stand
    }
    return {
        **same,
        **own,
        "activity_id": row["id"],
        "day": day,
        "week": f"{year}-W{week:02}",
        "minutes": int((ends_at - starts_at).total_seconds() // 60),
        "provider": provider["name"] if provider else "",
        "consultant": user["name"] if user else "",
        "initials": user["initials"] if user else "",
        "enrolments": tuple(case["id"] for case in served_by),
        "municipalities": tuple(case["municipality"] for case in served_by),
        "slugs": tuple(case["slug"] for case in served_by),
        "cohorts": tuple(case["cohort"] for case in served_by),
        "state": "cancelled" if row["cancelled_at"] else "held" if row["held_at"] else "planned",
        "moved": first_at != row["starts_at"],
        "audiences": heads["audiences"] if heads else (),
        "planned": heads["planned"] if heads else None,
        "attended": heads["attended"] if heads else None,
        "uncounted": heads["uncounted"] if heads else 0,
        "first_day": calendar.local_date(instant(first_at)),
    }


def _facts(store: Store) -> dict[str, dict[int, Row]]:
    return {
        table: {row["id"]: row for row in store.rows(table)}
        for table in ("app_user", "organisation")
    }


@per_version
def _cases_frame(store: Store) -> pd.DataFrame:
    """Municipality, cohort and programme of every case, by its id."""
    cohorts = {row["id"]: row for row in store.rows("cohort")}
    homes = {row["id"]: row for row in store.rows("municipality")}
    rows = []
    for row in store.rows("enrolment"):
        home, cohort = homes[row["municipality_id"]], cohorts[row["cohort_id"]]
        starts_on, ends_on = cases.period(row, cohort)
        rows.append(
            {
                "id": row["id"],
                "municipality": home["name"],
                "slug": home["slug"],
                "cohort": cohort["code"],
                "months": cohort["months"],
                "consultant_id": row["consultant_id"],
                "starts_on": starts_on,
                "ends_on": ends_on,
                "order": names.sort_key(home["name"]),
            }
        )
    return pd.DataFrame(rows, dtype=object)


def _cases(store: Store) -> dict[int, Row]:
    found = _cases_frame(store)
    return {} if found.empty else {row["id"]: row for row in found.to_dict("records")}


def _served_by(store: Store, homes: dict[int, Row]) -> dict[int, tuple[Row, ...]]:
    """The cases each activity serves, in Danish order of the municipalities."""
    found: dict[int, list[Row]] = defaultdict(list)
    for activity_id, enrolment_id in store.db.execute(
        "SELECT activity_id, enrolment_id FROM activity_enrolment"
    ).fetchall():
        found[activity_id].append(homes[enrolment_id])
    return {
        activity_id: tuple(sorted(served_by, key=lambda case: case["order"]))
        for activity_id, served_by in found.items()
    }


def _counted(store: Store) -> dict[int, Row]:
    """Per activity: the audiences invited, people planned and counted, and what is not counted."""
    order = audience_order(store)
    rows = store.db.execute(
        "SELECT activity_id, group_concat(DISTINCT audience), sum(planned), sum(attended),"
        " sum(attended IS NULL) FROM headcount GROUP BY activity_id"
    ).fetchall()
    return {
        activity_id: {
            "audiences": tuple(sorted(audiences.split(","), key=lambda one: order.get(one, 0))),
            "planned": planned,
            "attended": attended,
            "uncounted": uncounted,
        }
        for activity_id, audiences, planned, attended, uncounted in rows
    }


@per_version
def _headcounts(store: Store) -> pd.DataFrame:
    rows = store.db.execute(
        "SELECT h.activity_id, a.kind, a.title, a.starts_at, a.ends_at, a.provider_id,"
        " h.enrolment_id, h.audience, h.planned, h.attended, h.version"
        " FROM headcount h JOIN activity a ON a.id = h.activity_id"
    )
    columns = [column[0] for column in rows.description]
    found, homes = [dict(zip(columns, row)) for row in rows.fetchall()], _cases(store)
    providers = {row["id"]: row["name"] for row in store.rows("organisation")}
    audiences = audience_order(store)
    for row in found:
        home, starts_at = homes[row["enrolment_id"]], instant(row["starts_at"])
        row["day"], row["minutes"] = calendar.local_date(starts_at), _minutes(row, starts_at)
        row |= {name: home[name] for name in ("municipality", "slug", "cohort", "order")}
        row["month"] = _month(home, row["day"])
        row["provider"] = providers.get(row["provider_id"], "")
    found.sort(
        key=lambda row: (
            row["starts_at"],
            row["activity_id"],
            row["order"],
            audiences.get(row["audience"], 0),
        )
    )
    return frame(HEADCOUNTS, _columns(HEADCOUNTS, found))


@per_version
def _served(store: Store) -> pd.DataFrame:
    homes, plan = _cases(store), milestones(store).set_index("milestone_id")
    known = plan[["name", "name_en", "state"]].to_dict("index")
    rows = store.db.execute(
        "SELECT s.activity_id, a.kind, a.starts_at, s.enrolment_id, s.milestone_id"
        " FROM activity_enrolment s JOIN activity a ON a.id = s.activity_id"
    )
    columns = [column[0] for column in rows.description]
    found = [dict(zip(columns, row)) for row in rows.fetchall()]
    for row in found:
        home, step = homes[row["enrolment_id"]], known.get(row["milestone_id"])
        row["day"] = calendar.local_date(instant(row["starts_at"]))
        own = ("municipality", "slug", "cohort", "consultant_id", "order")
        row |= {name: home[name] for name in own}
        row["milestone"] = step["name"] if step else ""
        row["milestone_en"] = step["name_en"] if step else ""
        row["milestone_state"] = step["state"] if step else ""
    found.sort(key=lambda row: (row["starts_at"], row["activity_id"], row["order"]))
    return frame(SERVED, _columns(SERVED, found))


def _columns(columns: dict[str, str], rows: list[Row]) -> dict[str, list[Any]]:
    """The rows as columns; the state comes later, with the hour of the day."""
    return {name: [row.get(name, "") for row in rows] for name in columns} if rows else {}


def _minutes(row: Row, starts_at: datetime) -> int:
    return int((instant(row["ends_at"]) - starts_at).total_seconds() // 60)


def _month(home: Row, day: date) -> int:
    return calendar.programme_month(home["starts_on"], home["ends_on"], home["months"], day)
