"""What somebody has to do something about, oldest first."""

import pandas as pd

from ..domain import roles
from ..domain.signups import MEETINGS
from ..store import Store
from .activities import activities, served
from .balance import all_gaps
from .enrolments import FOLLOWED, enrolments, is_silent
from .intake import next_in_line
from .journal import tasks
from .milestones import milestones
from .typed import DATE, per_version, reads

NEAR_DAYS = 60  # ours: an invitation takes time, but not more than this
ACTIONS = {
    "kind": "str",
    "severity": "str",
    "enrolment_id": "Int64",
    "municipality": "str",
    "slug": "str",
    "cohort": "str",
    "subject": "str",
    "subject_en": "str",
    "on": DATE,
    "days": "int64",
    "consultant_id": "Int64",
    "consultant": "str",
    "initials": "str",
    "target_id": "Int64",
}


@reads("read.programme")
@per_version
def actions(store: Store, consultant_id: int | None = None) -> pd.DataFrame:
    """What needs action on the date: what is overdue by age, then the rest by date (`on`).

    Columns: see `ACTIONS`. Kinds: `milestone` and `task` (overdue; `target_id` is the row),
    `offer` (a place offered and not answered; `on` is the last day to answer, missing for an old
    offer without one), `place` (in line for a free place), `silent` (no contact for longer than the
    rhythm), `unfinished` (an activity that is over and not said to be held), `uncounted` (one that
    was held and at which somebody invited has not been counted; `target_id` is the activity) and
    `audience` (the workshops do not reach an audience and the next, `target_id`, is near; `subject`
    is the audience). `days` is how long, for `audience` how long until that workshop and for
    `offer` until its last day; without one it is 0, and the offer comes last. A task of no case has
    no `enrolment_id`, and empty text for `municipality`, `slug` and `cohort`. What a task is called
    is left out for one who may not read the journal.
    """
    cases = enrolments(store)
    parts = [_milestones(store, cases), _tasks(store, cases), _waiting(store, cases)]
    parts += [_silent(cases), _uncounted(store, cases), _absent(store, cases)]
    found = pd.concat(parts, ignore_index=True)
    if consultant_id is not None:
        found = found[found["consultant_id"] == consultant_id]
    late = found["severity"] == "late"
    order = found.assign(late=late, age=found["days"].where(late), date=found["on"].mask(late))
    order = order.sort_values(
        ["late", "age", "date", "municipality"], ascending=[False, False, True, True], kind="stable"
    )
    found = found.loc[order.index]
    return found[list(ACTIONS)].astype(ACTIONS).reset_index(drop=True)


def _rows(cases: pd.DataFrame, **columns: object) -> pd.DataFrame:
    """`cases` with the columns of an action; what is given fills or replaces a column."""
    found = cases.assign(**columns)
    for name in ("subject", "subject_en"):
        if name not in found:
            found[name] = ""
    if "target_id" not in found:
        found["target_id"] = pd.Series(pd.NA, index=found.index, dtype="Int64")
    return found[list(ACTIONS)]


def _of_case(cases: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """`rows` joined to their case's owner and address."""
    own = ["enrolment_id", "slug", "consultant_id", "consultant", "initials"]
    return rows.merge(cases[own], on="enrolment_id")


def _milestones(store: Store, cases: pd.DataFrame) -> pd.DataFrame:
    plan = milestones(store)
    followed = cases.loc[cases["status"].isin(FOLLOWED), "enrolment_id"]
    late = plan[(plan["state"] == "late") & plan["enrolment_id"].isin(followed)]
    late = late.rename(
        columns={
            "name": "subject",
            "name_en": "subject_en",
            "due_on": "on",
            "milestone_id": "target_id",
        }
    )
    return _rows(_of_case(cases, late), kind="milestone", severity="late")


def _tasks(store: Store, cases: pd.DataFrame) -> pd.DataFrame:
    late = tasks(store).query("state == 'late'")
    late = late.rename(columns={"title": "subject", "due_on": "on", "task_id": "target_id"})
    if not roles.allowed("read.case", store.actor.role):
        late = late.assign(subject="")
    late = late.drop(columns=["municipality"]).assign(subject_en=late["subject"])
    own = ["municipality", "slug", "cohort"]
    late = late.merge(cases[["enrolment_id", *own]], on="enrolment_id", how="left")
    late[own] = late[own].fillna("")
    late = late.rename(columns={"assignee_id": "consultant_id", "assignee": "consultant"})
    return _rows(late, kind="task", severity="late")


def _waiting(store: Store, cases: pd.DataFrame) -> pd.DataFrame:
    """Offers that wait for an answer, and who is first in line while a place is free."""
    today = pd.Timestamp(store.today())
    offered = cases[cases["status"] == "offered"]
    waiting = cases[cases["enrolment_id"].isin(next_in_line(store))]
    answer_by, since = offered["answer_by"], waiting["status_since"]
    left = (answer_by - today).dt.days.fillna(0).astype("int64")
    parts = [
        _rows(offered, kind="offer", severity="attention", on=answer_by, days=left),
        _rows(waiting, kind="place", severity="attention", on=since, days=(today - since).dt.days),
    ]
    return pd.concat(parts, ignore_index=True)


def _uncounted(store: Store, cases: pd.DataFrame) -> pd.DataFrame:
    """Activities that are over without a number of those who came, once for each case."""
    over = activities(store)
    over = over[over["state"].isin(("held", "due")) & ~over["kind"].isin(MEETINGS)]
    over = over[(over["state"] == "due") | (over["uncounted"] > 0)]
    over = over[over["day"] < pd.Timestamp(store.today())]
    over["kind"] = over["state"].map({"due": "unfinished", "held": "uncounted"})
    own = ["activity_id", "title", "day", "kind"]
    found = served(store)[["activity_id", "enrolment_id"]].merge(over[own], on="activity_id")
    found = found.rename(columns={"activity_id": "target_id", "title": "subject", "day": "on"})
    found = found.assign(
        subject_en=found["subject"], days=(pd.Timestamp(store.today()) - found["on"]).dt.days
    )
    followed = cases[cases["status"].isin(FOLLOWED)]
    own = [name for name in cases if name not in ("days", "on", "kind")]
    return _rows(found.merge(followed[own], on="enrolment_id"), severity="attention")


def _absent(store: Store, cases: pd.DataFrame) -> pd.DataFrame:
    """Audiences that were absent or never invited, before the next workshop."""
    # Not worst first, which would say who was absent more often to one who may not see how many.
    found = all_gaps(store).sort_values(["enrolment_id", "audience"])
    ahead = (found["next_on"] - pd.Timestamp(store.today())).dt.days
    near = found["kind"].isin(("none", "never")) & ~found["invited"] & (ahead <= NEAR_DAYS)
    found = found[near].assign(days=ahead[near].astype("int64"))
    found = found[["enrolment_id", "audience", "next_id", "next_on", "days"]].rename(
        columns={"audience": "subject", "next_id": "target_id", "next_on": "on"}
    )
    found = found.assign(subject_en=found["subject"])
    running = cases[cases["status"] == "active"]
    return _rows(found.merge(running, on="enrolment_id"), kind="audience", severity="attention")


def _silent(cases: pd.DataFrame) -> pd.DataFrame:
    running = cases[cases["status"] == "active"]
    silent = running[is_silent(running).astype(bool)]
    contact, start = silent["last_contact_on"], silent["starts_on"]
    since = contact.where(contact >= start, start)
    return _rows(silent, kind="silent", severity="attention", on=since, days=silent["silent_days"])
