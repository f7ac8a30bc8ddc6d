"""The milestones of the cases: when they fall due, how they stand."""

from datetime import date
from typing import Any

import pandas as pd

from ..domain import plan as rules
from ..domain.calendar import Closing
from ..domain.errors import Refused
from ..store import Store, enrolments, plan
from .typed import DATE, frame, per_version

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

_SELECT = (
    "SELECT id, enrolment_id, template_id, position, phase, name, name_en, kind, anchor,"
    " anchor_id, [offset], unit, override_on, pinned, override_reason, done_on, not_applicable,"
    " na_reason, version FROM milestone"
)


@per_version
def milestones(store: Store, enrolment_id: int | None = None) -> pd.DataFrame:
    """One row per milestone, in the order of the plan, for one case or all.

    Columns: see `MILESTONES`. `rule_on` is what the rule gives, `due_on` what holds (the pinned
    override, else the rule). `days`: late: days overdue; soon and planned: days left; done: from
    due to done, negative when early. No milestones give an empty frame with the same types.
    """
    where, args = ("", []) if enrolment_id is None else (" WHERE enrolment_id = ?", [enrolment_id])
    rows = store.db.execute(f"{_SELECT}{where} ORDER BY enrolment_id, position, id", args)
    names = [column[0] for column in rows.description]
    found = rows.fetchall()
    if not found:
        return frame(MILESTONES, {})
    column = dict(zip(names, zip(*found)))
    data: dict[str, Any] = {name: column[name] for name in MILESTONES if name in column}
    data |= _case_facts(store, column["enrolment_id"])
    data |= _names(store, column)
    data |= _dates(column, data.pop("_periods"), plan.closing_days(store))
    today = store.today()
    facts = data["due_on"], data["done_on"], data["not_applicable"], [today] * len(found)
    data["state"] = [state.value for state in map(rules.state_on, *facts)]
    data["days"] = list(map(rules.days, *facts))
    return frame(MILESTONES, data)


def _case_facts(store: Store, enrolment_ids: tuple[int, ...]) -> dict[str, Any]:
    """Municipality, cohort and period of the case behind every row."""
    cohorts = {row["id"]: row for row in store.rows("cohort")}
    names = dict(store.db.execute("SELECT id, name FROM municipality").fetchall())
    facts = {}
    for row in store.rows("enrolment"):
        cohort = cohorts[row["cohort_id"]]
        municipality_id = row["municipality_id"]
        period = enrolments.period(row, cohort)
        facts[row["id"]] = (municipality_id, names[municipality_id], cohort["code"], period)
    columns = zip(*(facts[enrolment_id] for enrolment_id in enrolment_ids))
    return dict(zip(("municipality_id", "municipality", "cohort", "_periods"), columns))


def _names(store: Store, column: dict[str, tuple]) -> dict[str, Any]:
    shorts = {
        row["id"]: (row["short_da"], row["short_en"]) for row in store.rows("milestone_template")
    }
    name_en = [en or da for da, en in zip(column["name"], column["name_en"])]
    own = [(da, en) for da, en in zip(column["name"], name_en)]
    short = [shorts.get(step, self_) for step, self_ in zip(column["template_id"], own)]
    by_id = dict(zip(column["id"], own))
    anchors = [by_id.get(anchor_id, ("", "")) for anchor_id in column["anchor_id"]]
    return {
        "milestone_id": column["id"],
        "name_en": name_en,
        "short": [da for da, _ in short],
        "short_en": [en for _, en in short],
        "anchor_name": [da for da, _ in anchors],
        "anchor_name_en": [en for _, en in anchors],
        "own": [step is None for step in column["template_id"]],
        "override_reason": [reason or "" for reason in column["override_reason"]],
        "na_reason": [reason or "" for reason in column["na_reason"]],
        "not_applicable": [bool(value) for value in column["not_applicable"]],
        "pinned": [bool(value) for value in column["pinned"]],
    }


def _dates(
    column: dict[str, tuple],
    periods: tuple[tuple[date, date], ...],
    closing: Closing,
) -> dict[str, Any]:
    """The dates of every row; each rule is asked once per programme start."""
    days: dict[str | None, date | None] = {None: None}
    for text in {*column["override_on"], *column["done_on"]} - {None}:
        days[text] = date.fromisoformat(text)
    override_on = [days[text] for text in column["override_on"]]
    done_on = [days[text] for text in column["done_on"]]
    known: dict[tuple, date] = {}
    rule_on: list[date | None] = []
    for key in zip(column["anchor"], column["offset"], column["unit"], periods):
        if key[0] == "milestone":
            rule_on.append(None)
            continue
        if key not in known:
            anchor, offset, unit, (starts_on, ends_on) = key
            rule = rules.Rule(anchor, offset, unit)
            known[key] = rules.rule_date(
                rule, starts_on=starts_on, ends_on=ends_on, closing=closing
            )
        rule_on.append(known[key])
    pinned = column["pinned"]
    due_on = [
        None if rule is None else rules.due_date(rule, override, pin)
        for rule, override, pin in zip(rule_on, override_on, pinned)
    ]
    _follow_anchors(column, periods, closing, (override_on, done_on), rule_on, due_on)
    return {"rule_on": rule_on, "due_on": due_on, "override_on": override_on, "done_on": done_on}


def _follow_anchors(
    column: dict[str, tuple],
    periods: tuple[tuple[date, date], ...],
    closing: Closing,
    facts: tuple[list[date | None], list[date | None]],
    rule_on: list[date | None],
    due_on: list[date | None],
) -> None:
    """Fill in the rows that count from another milestone, nearest to the start first."""
    override_on, done_on = facts
    index_of = {milestone_id: index for index, milestone_id in enumerate(column["id"])}
    anchor_of = {
        index: index_of[anchor_id]
        for index, anchor_id in enumerate(column["anchor_id"])
        if column["anchor"][index] == "milestone"
    }
    while anchor_of:
        ready = [index for index, anchor in anchor_of.items() if due_on[anchor] is not None]
        if not ready:
            raise Refused("anchor_circle")
        for index in ready:
            anchor = anchor_of.pop(index)
            starts_on, ends_on = periods[index]
            rule_on[index] = rules.rule_date(
                rules.Rule("milestone", column["offset"][index], column["unit"][index]),
                starts_on=starts_on,
                ends_on=ends_on,
                anchor_on=rules.anchor_day(done_on[anchor], due_on[anchor]),
                closing=closing,
            )
            due_on[index] = rules.due_date(
                rule_on[index], override_on[index], column["pinned"][index]
            )
