"""From a meeting to a place: how far each municipality has come in a round.

A round is the meetings that recruit for one cohort, and the applications to that cohort. An
application that has moved to another cohort stays in the round it was first made to, and what
became of it is told there.
"""

from collections import defaultdict
from datetime import date

import pandas as pd

from ..domain import calendar, capacity
from ..domain import enrolments as rules
from ..domain.signups import ON_THE_LIST
from ..store import Row, Store
from ..store import enrolments as cases
from ..store.instants import instant
from .municipalities import municipalities
from .signups import signups
from .typed import DATE, frame, per_version, reads

FUNNEL = {
    "cohort": "str",
    "municipality_id": "int64",
    "municipality": "str",
    "slug": "str",
    "region": "str",
    "invited": "bool",
    "signed_up_on": DATE,
    "signups": "int64",
    "present_on": DATE,
    "present": "int64",
    "last_meeting": DATE,
    "applied_on": DATE,
    "in_time": "boolean",
    "admitted_on": DATE,
    "days_to_apply": "Int64",
    "days_to_admit": "Int64",
    "without_meeting": "bool",
}
STEPS = {
    "cohort": "str",
    "step": "str",
    "municipalities": "Int64",
    "of_previous": "Int64",
    "of": "Int64",
    "share": "Float64",
    "without": "Int64",
}
UNMATCHED = {"cohort": "str", "step": "str", "people": "int64"}
NOT_APPLIED = {
    "cohort": "str",
    "municipality_id": "int64",
    "municipality": "str",
    "slug": "str",
    "people": "int64",
    "no_mail": "int64",
    "last_meeting": DATE,
    "days_left": "Int64",
}
ZONE = "Europe/Copenhagen"


@reads("read.people")
@per_version
def funnel(store: Store, cohort: str) -> pd.DataFrame:
    """One row per municipality in Danish order: how far it has come in the round of `cohort`.

    Columns: see `FUNNEL`. `invited`: holds no place in the initiative on the day of the round's
    first meeting that was not cancelled; everybody while there is none. `signups` and `present`
    count people (one address is one), on the list of at least one meeting (waiting too, not those
    who left it) and there at one; `signed_up_on` and `present_on` are the first days,
    `last_meeting` the last with somebody there. `applied_on` and `admitted_on` are the first days
    of those statuses up to the date, of the applications first made to `cohort`, wherever they are
    now; one that came from another cohort is in that round. `in_time` is missing without an
    application and for a cohort without a published deadline. `days_to_apply` counts from
    `present_on`, else `signed_up_on`, and is negative for who applied first; `days_to_admit` from
    the application. `without_meeting`: applied, and nobody was at a meeting. An unknown cohort
    gives no rows.
    """
    own = store.find("cohort", code=cohort)
    if own is None:
        return frame(FUNNEL, {})
    found = municipalities(store)[["municipality_id", "municipality", "slug", "region"]]
    found = found.set_index("municipality_id")
    found["invited"] = ~found.index.isin(_with_place(store, own))
    people = _people(store, own["id"])
    _join(found, people[people["signed_up"]], "signups", {"signed_up_on": ("signed_on", "min")})
    days = {"present_on": ("day", "min"), "last_meeting": ("day", "max")}
    _join(found, people[people["was_there"]], "present", days)
    for name, day in _applications(store, own).items():
        found[name] = pd.Series(day, index=found.index, dtype=DATE)
    found["in_time"] = _in_time(found["applied_on"], own["apply_by"])
    since = found["present_on"].fillna(found["signed_up_on"])
    found["days_to_apply"] = (found["applied_on"] - since).dt.days
    found["days_to_admit"] = (found["admitted_on"] - found["applied_on"]).dt.days
    found["without_meeting"] = found["applied_on"].notna() & found["present_on"].isna()
    found["cohort"] = cohort
    return found.reset_index()[list(FUNNEL)].astype(FUNNEL)


@per_version
def _people(store: Store, cohort_id: int) -> pd.DataFrame:
    """The sign-ups of the round, each with the day of its meeting and who it is."""
    days = {row["id"]: _day(row) for row in store.rows("activity", "cohort_id = ?", [cohort_id])}
    found = signups(store)
    found = found[found["activity_id"].isin(list(days))].reset_index(drop=True)
    found["day"] = pd.Series([days[one] for one in found["activity_id"]], dtype=DATE)
    nobody = found["email"] == ""
    found["who"] = found["email"].str.lower().where(~nobody, found["signup_id"].astype("str"))
    found["signed_up"] = found["state"].isin(ON_THE_LIST)
    found["was_there"] = found["present"] == "yes"
    created = found["created_at"].dt.tz_convert(ZONE).dt.normalize().dt.tz_localize(None)
    found["signed_on"] = created.astype(DATE)
    return found


def _day(activity: Row) -> date:
    return calendar.local_date(instant(activity["starts_at"]))


def _join(
    found: pd.DataFrame, people: pd.DataFrame, name: str, days: dict[str, tuple[str, str]]
) -> None:
    """Add how many different `people` each municipality has, and first or last days."""
    grouped = people.dropna(subset=["municipality_id"]).groupby("municipality_id")
    counted = grouped["who"].nunique()
    found[name] = found.index.map(counted.to_dict()).fillna(0).astype("int64")
    for column, (day, which) in days.items():
        first = grouped[day].agg(which).to_dict()
        found[column] = pd.Series(
            [first.get(one, pd.NaT) for one in found.index], index=found.index, dtype=DATE
        )


def _with_place(store: Store, own: Row) -> set[int]:
    """The municipalities that hold a place on the day of the round's first meeting."""
    meetings = _meetings(store, own)
    if not meetings:
        return set()
    first = min(_day(row) for row in meetings)
    homes = {row["id"]: row["municipality_id"] for row in store.rows("enrolment")}
    return {
        homes[enrolment_id]
        for enrolment_id, case in cases.cases(store, own["initiative_id"]).items()
        if capacity.holds_place_on(case, first)
    }


def _meetings(store: Store, own: Row) -> list[Row]:
    """The meetings of the round that were not cancelled."""
    return store.rows("activity", "cohort_id = ? AND cancelled_at IS NULL", [own["id"]])


def _applications(store: Store, own: Row) -> dict[str, dict[int, date]]:
    """The first day with each of the two statuses, by municipality."""
    days: dict[str, dict[int, date]] = defaultdict(dict)
    rows = store.db.execute(
        "SELECT e.municipality_id, s.status, min(s.on_date) FROM enrolment e"
        " JOIN enrolment_status s ON s.enrolment_id = e.id"
        " WHERE coalesce((SELECT c.before FROM place_change c WHERE c.enrolment_id = e.id"
        " AND c.kind = 'moved' ORDER BY c.id LIMIT 1), e.cohort_id) = ?"
        " AND s.on_date <= ? GROUP BY e.municipality_id, s.status",
        [own["id"], store.today().isoformat()],
    )
    for municipality_id, status, on_date in rows.fetchall():
        days[status][municipality_id] = date.fromisoformat(on_date)
    return {
        "applied_on": days[rules.Status.APPLIED],
        "admitted_on": days[rules.Status.ADMITTED],
    }


def _in_time(applied_on: pd.Series, apply_by: str | None) -> pd.Series:
    """Whether each application came in time; missing without one, and without a deadline."""
    if apply_by is None:
        return pd.Series(pd.NA, index=applied_on.index, dtype="boolean")
    last = date.fromisoformat(apply_by)
    answers = [pd.NA if pd.isna(day) else not rules.is_late(day.date(), last) for day in applied_on]
    return pd.Series(answers, index=applied_on.index, dtype="boolean")


@reads("read.people")
@per_version
def funnel_steps(store: Store, cohort: str) -> pd.DataFrame:
    """Six rows: how many municipalities of the round of `cohort` came as far as each step.

    `municipalities` is everybody in the step and the sum of `of_previous`, those who came the way
    of the meetings, and `without`, those who did not. `share` is `of_previous` of `of`:

    - `invited`: see `funnel`; no part of anything (`of_previous`, `of` and `share` missing).
    - `signed_up`: of those invited; without: holds a place already.
    - `present`: of all signed up; without: came without anybody from there having signed up.
    - `applied`: of all present; without: nobody was at a meeting ("+n uden møde").
    - `in_time`, `admitted`: of those who were present and applied; without: applied without a
      meeting.

    What is not known has no numbers: `in_time` for a cohort without a published deadline, and the
    first three while no meeting recruits for it. An unknown cohort gives no rows.
    """
    own, found = store.find("cohort", code=cohort), funnel(store, cohort)
    if own is None or found.empty:
        return frame(STEPS, {})
    invited, present = found["invited"], found["present_on"].notna()
    signed_up, applied = found["signed_up_on"].notna(), found["applied_on"].notna()
    in_time, admitted = found["in_time"].eq(True).fillna(False), found["admitted_on"].notna()
    met = present & applied
    rows = [
        ("invited", int(invited.sum()), None, None, None, 0),
        _step("signed_up", signed_up, invited, invited),
        _step("present", present, signed_up, signed_up),
        _step("applied", applied, present, present),
        _step("in_time", in_time, met, met),
        _step("admitted", admitted, met, met),
    ]
    unknown = [] if own["apply_by"] else ["in_time"]
    if not _meetings(store, own):
        unknown += ["invited", "signed_up", "present"]
    rows = [(row[0], *[None] * 5) if row[0] in unknown else row for row in rows]
    return frame(STEPS, dict(zip(STEPS, zip(*[(cohort, *row) for row in rows]))))


def _step(name: str, here: pd.Series, came: pd.Series, whole: pd.Series) -> tuple:
    """The row of a step: those `here`, parted by whether they `came` the way of the meetings."""
    part, of = int((here & came).sum()), int(whole.sum())
    share = part / of if of else None
    return name, int(here.sum()), part, of, share, int((here & ~came).sum())


@reads("read.people")
@per_version
def funnel_unmatched(store: Store, cohort: str) -> pd.DataFrame:
    """How many people of the round have no municipality, and so are in no number of `funnel`.

    Two rows: `signed_up` and `present`. An unknown cohort gives no rows.
    """
    own = store.find("cohort", code=cohort)
    if own is None:
        return frame(UNMATCHED, {})
    people = _people(store, own["id"])
    people = people[people["municipality_id"].isna()]
    rows = [
        (cohort, step, people.loc[people[column], "who"].nunique())
        for step, column in (("signed_up", "signed_up"), ("present", "was_there"))
    ]
    return frame(UNMATCHED, dict(zip(UNMATCHED, zip(*rows))))


@reads("read.people")
@per_version
def not_applied(store: Store, cohort: str) -> pd.DataFrame:
    """The municipalities that were at a meeting of the round and have not applied.

    Most people first, then the latest meeting, then in Danish order; one that held a place already
    (`invited` false) is left out, and so is one whose application has moved here from another
    cohort. `people` were there, `no_mail` of them do not want mails.
    `days_left` counts to the last day to apply: 0 on it, negative after, missing where none is
    published.
    """
    own, found = store.find("cohort", code=cohort), funnel(store, cohort)
    found = found[found["present_on"].notna() & found["applied_on"].isna() & found["invited"]]
    if own is None:
        return frame(NOT_APPLIED, {})
    found = found[~found["municipality_id"].isin(_here(store, own))]
    if found.empty:
        return frame(NOT_APPLIED, {})
    people = _people(store, own["id"])
    people = people[people["was_there"] & people["no_mail"]]
    silent = people.groupby("municipality_id")["who"].nunique().to_dict()
    left = None
    if own["apply_by"]:
        left = (date.fromisoformat(own["apply_by"]) - store.today()).days
    found = found.sort_values(
        ["present", "last_meeting"], ascending=[False, False], kind="stable"
    ).rename(columns={"present": "people"})
    found["no_mail"] = [silent.get(one, 0) for one in found["municipality_id"]]
    found["days_left"] = pd.Series(left, index=found.index, dtype="Int64")
    return found[list(NOT_APPLIED)].astype(NOT_APPLIED).reset_index(drop=True)


def _here(store: Store, own: Row) -> set[int]:
    """The municipalities with an application to the cohort today, also one that moved here."""
    rows = store.db.execute(
        "SELECT e.municipality_id FROM enrolment e JOIN enrolment_status s"
        " ON s.enrolment_id = e.id WHERE e.cohort_id = ? AND s.on_date <= ?",
        [own["id"], store.today().isoformat()],
    )
    return {municipality_id for (municipality_id,) in rows.fetchall()}
