"""The milestones of the cases: when they fall due, how they stand."""

from collections.abc import Callable
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from ..domain import plan as rules
from ..domain.calendar import Closing
from ..domain.errors import Refused
from ..store import Store, enrolments, plan
from .typed import DATE, EPOCH, days_of, frame, per_version, reads

MILESTONES = {
    "milestone_id": "int64",
    "enrolment_id": "int64",
    "municipality_id": "int64",
    "municipality": "str",
    "cohort": "str",
    "position": "int64",
    "phase": "str",
    "name": "str",
    "name_en": "str",
    "short": "str",
    "short_en": "str",
    "kind": "str",
    "anchor": "str",
    "anchor_name": "str",
    "anchor_name_en": "str",
    "offset": "int64",
    "unit": "str",
    "rule_on": DATE,
    "due_on": DATE,
    "override_on": DATE,
    "pinned": "bool",
    "override_reason": "str",
    "done_on": DATE,
    "not_applicable": "bool",
    "na_reason": "str",
    "own": "bool",
    "state": "str",
    "days": "int64",
    "version": "int64",
}

# What a milestone says is nearly always what its step in the standard plan says: such rows name
# the step, and its texts are read once. Reading them from every row takes three times as long.
_STEP = "t.position, t.phase, t.name_da, t.name_en, t.kind, t.anchor, t.[offset], t.unit"
_OWN = "m.position, m.phase, m.name, m.name_en, m.kind, m.anchor, m.[offset], m.unit"
_AS_STEP = f"({_STEP}) IS ({_OWN})"
_JOINED = "milestone m LEFT JOIN milestone_template t ON t.id = m.template_id"
_WORDS = (
    "position", "phase", "name", "name_en", "kind", "anchor", "offset", "unit", "short", "short_en",
)  # fmt: skip
_SELECT = (
    f"SELECT CASE WHEN {_AS_STEP} THEN t.id ELSE -m.id END AS words, m.id AS milestone_id,"
    " m.enrolment_id, m.anchor_id, m.anchor_activity_id, m.override_on, m.pinned,"
    f" m.override_reason, m.done_on, m.not_applicable, m.na_reason, m.version FROM {_JOINED}"
)


@reads("read.programme")
@per_version
def milestones(store: Store, enrolment_id: int | None = None) -> pd.DataFrame:
    """One row per milestone, in the order of the plan, for one case or all.

    Columns: see `MILESTONES`. `rule_on` is what the rule gives, `due_on` what holds (the pinned
    override, else the rule). `days`: late: days overdue; soon and planned: days left; done: from
    due to done, negative when early. No milestones give an empty frame with the same types.
    """
    where, args = (
        ("", []) if enrolment_id is None else (" WHERE m.enrolment_id = ?", [enrolment_id])
    )
    rows = store.db.execute(f"{_SELECT}{where} ORDER BY m.enrolment_id, m.position, m.id", args)
    names = [column[0] for column in rows.description]
    found = rows.fetchall()
    if not found:
        return frame(MILESTONES, {})
    column = dict(zip(names, zip(*found)))
    data: dict[str, Any] = {name: column[name] for name in MILESTONES if name in column}
    for name in ("override_reason", "na_reason"):
        data[name] = [reason or "" for reason in column[name]]
    for name in ("pinned", "not_applicable"):
        data[name] = np.array(column[name], dtype=bool)
    for name in ("override_on", "done_on"):
        data[name] = _numbers(column[name])
    data |= _words(store, column["words"])
    data |= _anchors(data, column["anchor_id"])
    _count_from_activities(store, data, column["anchor_activity_id"])
    data |= _case_facts(store, column["enrolment_id"])
    data |= _dates(data, plan.closing_days(store))
    data |= _standing(data, store.today())
    for name in ("rule_on", "due_on", "override_on", "done_on"):
        days = (data[name] - EPOCH).astype("datetime64[D]")
        data[name] = np.where(data[name] > 0, days, np.datetime64("NaT", "D"))
    return frame(MILESTONES, data)


def _numbers(texts: tuple[str | None, ...]) -> np.ndarray:
    """ISO dates as the numbers of `date.toordinal`, 0 for None."""
    days = days_of(texts)
    return np.where(np.isnat(days), 0, days.astype("int64") + EPOCH)


def _once(ask: Callable[[int], Any], *columns: np.ndarray) -> np.ndarray:
    """What `ask` says of every row, asked of one row for each different set of values.

    The columns hold numbers from 0 up.
    """
    key = columns[0].astype("int64")
    for column in columns[1:]:
        key = key * (int(column.max()) + 1) + column
    _, rows, spread = np.unique(key, return_index=True, return_inverse=True)
    return np.array([ask(row) for row in rows.tolist()])[spread]


def _words(store: Store, words: tuple[int, ...]) -> dict[str, Any]:
    """The texts and the rule of every row, and `_rule`: the number of the row's own rule."""
    known = {
        row[0]: row[1:]
        for row in store.db.execute(
            f"SELECT t.id, {_STEP}, t.short_da, t.short_en FROM milestone_template t"
        ).fetchall()
    }
    if min(words) < 0:
        different = f"SELECT -m.id, {_OWN}, t.short_da, t.short_en FROM {_JOINED} WHERE NOT "
        known |= {row[0]: row[1:] for row in store.db.execute(different + _AS_STEP).fetchall()}
    used, which = np.unique(words, return_inverse=True)
    texts = pd.DataFrame([known[key] for key in used.tolist()], columns=_WORDS, dtype=object)
    own = texts["short"].isna()
    texts["name_en"] = texts["name_en"].where(texts["name_en"].astype(bool), texts["name"])
    texts["short"] = texts["short"].where(~own, texts["name"])
    texts["short_en"] = texts["short_en"].where(~own, texts["name_en"])
    data = {name: texts[name].to_numpy()[which] for name in _WORDS}
    return data | {"own": own.to_numpy()[which], "_rule": which}


def _anchors(data: dict[str, Any], anchor_ids: tuple[int | None, ...]) -> dict[str, Any]:
    """The names of what rows count from, and `_anchor`: its row, -1 where there is none."""
    ids = np.array(data["milestone_id"])
    by_id = np.argsort(ids)
    wanted = np.array([milestone_id or 0 for milestone_id in anchor_ids])
    place = np.searchsorted(ids, wanted, sorter=by_id).clip(max=len(ids) - 1)
    anchor = np.where(ids[by_id[place]] == wanted, by_id[place], -1)
    names = {
        f"anchor_{name}": np.where(anchor < 0, "", data[name][anchor]).astype(object)
        for name in ("name", "name_en")
    }
    return names | {"_anchor": anchor}


def _count_from_activities(
    store: Store, data: dict[str, Any], activity_ids: tuple[int | None, ...]
) -> None:
    """Add `_activity_on`: the day number of the activity a row counts from, 0 where it is none."""
    data["_activity_on"] = np.zeros(len(activity_ids), dtype="int64")
    rows = [row for row, activity_id in enumerate(activity_ids) if activity_id is not None]
    if not rows:
        return
    days = plan.anchor_days(store)
    titles = dict(store.db.execute("SELECT id, title FROM activity").fetchall())
    for row in rows:
        data["_activity_on"][row] = days[activity_ids[row]].toordinal()
        data["anchor_name"][row] = data["anchor_name_en"][row] = titles[activity_ids[row]]


def _case_facts(store: Store, enrolment_ids: tuple[int, ...]) -> dict[str, Any]:
    """Municipality and cohort of the case behind every row, and `_period`: its start and end."""
    cohorts = {row["id"]: row for row in store.rows("cohort")}
    names = dict(store.db.execute("SELECT id, name FROM municipality").fetchall())
    cases = {row["id"]: row for row in store.rows("enrolment")}
    used, which = np.unique(enrolment_ids, return_inverse=True)
    rows = [cases[enrolment_id] for enrolment_id in used.tolist()]
    periods = [enrolments.period(row, cohorts[row["cohort_id"]]) for row in rows]
    number = {period: n for n, period in enumerate(dict.fromkeys(periods))}
    homes = [row["municipality_id"] for row in rows]
    codes = [cohorts[row["cohort_id"]]["code"] for row in rows]
    return {
        "municipality_id": np.array(homes)[which],
        "municipality": np.array([names[home] for home in homes], dtype=object)[which],
        "cohort": np.array(codes, dtype=object)[which],
        "_period": np.array([number[period] for period in periods])[which],
        "_periods": list(number),
    }


def _dates(data: dict[str, Any], closing: Closing) -> dict[str, np.ndarray]:
    """`rule_on` and `due_on` of every row as day numbers; nearest to the start first."""
    rule_on = np.zeros(len(data["_rule"]), dtype="int64")
    due_on = rule_on.copy()
    follows = data["anchor"] == "milestone"
    waiting, ready = np.flatnonzero(follows), np.flatnonzero(~follows)
    if (data["_anchor"][waiting] < 0).any():
        raise Refused("anchor_missing")
    while len(ready) or len(waiting):
        if not len(ready):
            raise Refused("anchor_circle")
        anchor_on = _anchor_days(data, due_on, ready)
        rule_on[ready] = _rule_days(data, anchor_on, ready, closing)
        due_on[ready] = _due_days(data, rule_on, ready)
        settled = due_on[data["_anchor"][waiting]] > 0
        ready, waiting = waiting[settled], waiting[~settled]
    return {"rule_on": rule_on, "due_on": due_on}


def _anchor_days(data: dict[str, Any], due_on: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """The day number that each of `rows` counts from, 0 unless it counts from a milestone."""
    follows = data["anchor"][rows] == "milestone"
    anchor = data["_anchor"][rows]
    due, done = (np.where(follows, days[anchor], 0) for days in (due_on, data["done_on"]))

    def ask(row: int) -> int:
        return rules.anchor_day(_date(done[row]), _day(due[row])).toordinal() if due[row] else 0

    return np.where(follows, _once(ask, due, done), data["_activity_on"][rows])


def _rule_days(
    data: dict[str, Any], anchor_on: np.ndarray, rows: np.ndarray, closing: Closing
) -> np.ndarray:
    """The day number that the rule of each of `rows` gives."""
    rule, period = data["_rule"][rows], data["_period"][rows]

    def ask(row: int) -> int:
        at = rows[row]
        starts_on, ends_on = data["_periods"][period[row]]
        return rules.rule_date(
            rules.Rule(data["anchor"][at], data["offset"][at], data["unit"][at]),
            starts_on=starts_on,
            ends_on=ends_on,
            anchor_on=_date(anchor_on[row]),
            closing=closing,
        ).toordinal()

    return _once(ask, rule, period, anchor_on)


def _due_days(data: dict[str, Any], rule_on: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """The day number that holds for each of `rows`."""
    rule, override, pinned = (
        values[rows] for values in (rule_on, data["override_on"], data["pinned"])
    )

    def ask(row: int) -> int:
        due_on = rules.due_date(_day(rule[row]), _date(override[row]), pinned[row])
        return due_on.toordinal()

    return _once(ask, rule, override, pinned)


def _standing(data: dict[str, Any], today: date) -> dict[str, np.ndarray]:
    """`state` and `days` of every row on the date."""
    due, done, aside = data["due_on"], data["done_on"], data["not_applicable"]

    def facts(row: int) -> tuple[date, date | None, bool, date]:
        return _day(due[row]), _date(done[row]), bool(aside[row]), today

    return {
        "state": _once(lambda row: rules.state_on(*facts(row)).value, due, done, aside),
        "days": _once(lambda row: rules.days(*facts(row)), due, done, aside),
    }


def _day(number: int) -> date:
    return date.fromordinal(int(number))


def _date(number: int) -> date | None:
    return _day(number) if number else None
