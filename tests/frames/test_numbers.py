"""Every number counted again, in plain Python, from the records alone."""

import math
import statistics
from collections import Counter
from datetime import date, datetime, timedelta
from itertools import pairwise

import pandas as pd
import pytest

from advisory import frames
from advisory.domain import calendar
from advisory.domain.municipalities import sort_key

DAYS = [
    date(2024, 1, 20),
    date(2024, 6, 1),
    date(2025, 3, 12),
    date(2025, 3, 13),
    date(2025, 9, 15),
    date(2027, 3, 1),
]


@pytest.fixture(params=DAYS, ids=str)
def on_day(request, demo_store):
    """The invented data seen from several days, and everything counted by hand."""
    return Counted(demo_store.at(request.param))


def day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


class Counted:
    """The cases and milestones of a store by plain loops; no rule module, no pandas."""

    def __init__(self, store):
        self.store, self.today = store, store.today()
        self.initiative = store.rows("initiative")[0]
        self.cohorts = {row["id"]: row for row in store.rows("cohort")}
        self.names = {row["id"]: row["name"] for row in store.rows("municipality")}
        self.cases = {row["id"]: self.case(row) for row in store.rows("enrolment")}
        self.milestones = {
            row["id"]: row for case in self.cases.values() for row in self.plan(case)
        }

    def case(self, row) -> dict:
        cohort = self.cohorts[row["cohort_id"]]
        starts_on = day(row["starts_on"] or cohort["starts_on"])
        month = starts_on.month - 1 + cohort["months"]
        ends_on = date(starts_on.year + month // 12, month % 12 + 1, 1) - timedelta(days=1)
        statuses = [
            (day(status["on_date"]), status["status"], day(status["answer_by"]))
            for status in self.store.rows("enrolment_status")
            if status["enrolment_id"] == row["id"] and status["on_date"] <= str(self.today)
        ]
        on_date, status, answer_by = statuses[-1]
        if status == "offered" and answer_by < self.today:
            status = "lapsed"
        if status == "admitted" and self.today >= starts_on:
            status = "active" if self.today <= ends_on else "completed"
        admitted = "admitted" in [recorded for _, recorded, _ in statuses]
        freed = any(
            change["kind"] == "freed" and change["enrolment_id"] == row["id"]
            for change in self.store.rows("place_change")
            if change["on_date"] <= str(self.today)
        )
        contacts = [
            day(note["noted_on"])
            for note in self.store.rows("note")
            if note["enrolment_id"] == row["id"]
            and note["kind"] != "note"
            and note["noted_on"] <= str(self.today)
        ] + self.held(row["id"])
        return {
            "id": row["id"],
            "cohort": cohort["code"],
            "name": self.names[row["municipality_id"]],
            "starts_on": starts_on,
            "ends_on": ends_on,
            "status": status,
            "holds": status in ("offered", "admitted", "active", "completed")
            or (status == "withdrawn" and admitted and on_date >= starts_on and not freed),
            "answer_by": answer_by if status == "offered" else None,
            "silent": (self.today - max([starts_on, *contacts])).days,
            "silence": self.silence(starts_on, contacts),
            "followed": status in ("admitted", "active", "completed"),
        }

    def silence(self, starts_on, contacts) -> str:
        """Which limit the silence has passed: 30 days, or twice the usual gap."""
        one = max([starts_on, *contacts])
        counted = 0
        while one < self.today:
            one += timedelta(days=1)
            christmas = (one.month, one.day) >= (12, 24) or (one.month, one.day) == (1, 1)
            counted += not (christmas or one.isocalendar().week in (29, 30, 31))
        days = sorted(set(contacts))[-8:]
        own = 30
        if len(days) >= 4:
            own = max(int(2 * statistics.median([(b - a).days for a, b in pairwise(days)])), 9)
        if counted <= min(own, 30):
            return ""
        return "own" if own < 30 else "expected"

    def held(self, enrolment_id) -> list[date]:
        """The days of the activities that were held for a case."""
        at = {row["id"]: row for row in self.store.rows("activity") if row["held_at"]}
        days = [
            calendar.local_date(datetime.fromisoformat(at[row["activity_id"]]["starts_at"]))
            for row in self.store.rows("activity_enrolment")
            if row["enrolment_id"] == enrolment_id and row["activity_id"] in at
        ]
        return [one for one in days if one <= self.today]

    def uncounted(self) -> Counter:
        """The activities before the day that miss a count, once for each case they serve."""
        heads = [row for row in self.store.rows("headcount") if row["attended"] is None]
        missing = {row["activity_id"] for row in heads}
        late = set()
        for row in self.store.rows("activity"):
            over = calendar.local_date(datetime.fromisoformat(row["ends_at"])) < self.today
            own = row["kind"] not in ("info_meeting", "webinar") and not row["cancelled_at"]
            if over and own and (not row["held_at"] or row["id"] in missing):
                late.add(row["id"])
        served = self.store.rows("activity_enrolment")
        return Counter(
            row["activity_id"]
            for row in served
            if row["activity_id"] in late and self.cases[row["enrolment_id"]]["followed"]
        )

    def plan(self, case) -> list[dict]:
        rows = {
            row["id"]: dict(row)
            for row in self.store.rows("milestone")
            if row["enrolment_id"] == case["id"]
        }
        for row in sorted(rows.values(), key=lambda row: row["anchor_id"] is not None):
            anchor = {"start": case["starts_on"], "end": case["ends_on"]}.get(row["anchor"])
            if row["anchor"] == "milestone":
                first = rows[row["anchor_id"]]
                anchor = day(first["done_on"]) or first["due_on"]
            assert row["unit"] == "months"
            month = anchor.year * 12 + anchor.month - 1 + row["offset"]
            last = (date(month // 12 + month % 12 // 11, (month + 1) % 12 + 1, 1)) - timedelta(1)
            due_on = date(month // 12, month % 12 + 1, min(anchor.day, last.day))
            while not calendar.is_working_day(due_on):
                due_on += timedelta(days=1)
            row["rule_on"] = due_on
            row["due_on"] = day(row["override_on"]) if row["pinned"] else due_on
            row["case"] = case
            row["state"] = self.state(row)
        return list(rows.values())

    def state(self, row) -> str:
        if row["done_on"]:
            return "done"
        if row["not_applicable"]:
            return "not_applicable"
        left = (row["due_on"] - self.today).days
        return "late" if left < 0 else "soon" if left <= 30 else "planned"

    def followed(self) -> list[dict]:
        return [row for row in self.milestones.values() if row["case"]["followed"]]


def test_milestones_have_the_dates_and_states_of_their_rules(on_day):
    found = frames.milestones(on_day.store)

    assert len(found) == len(on_day.milestones)
    for row in found.itertuples():
        own = on_day.milestones[row.milestone_id]
        assert (row.rule_on.date(), row.due_on.date(), row.state) == (
            own["rule_on"],
            own["due_on"],
            own["state"],
        )
        days = {
            "done": (day(own["done_on"]) - own["due_on"]).days if own["done_on"] else 0,
            "not_applicable": 0,
            "late": (on_day.today - own["due_on"]).days,
        }
        assert row.days == days.get(row.state, (own["due_on"] - on_day.today).days)


def test_cases_stand_where_their_records_put_them(on_day):
    found = frames.enrolments(on_day.store)

    assert {
        row.enrolment_id: (
            row.municipality, row.cohort, row.status, row.holds_place, row.starts_on.date(),
            row.ends_on.date(), row.late,
        )
        for row in found.itertuples()
    } == {
        case["id"]: (
            case["name"], case["cohort"], case["status"], case["holds"], case["starts_on"],
            case["ends_on"],
            sum(
                row["state"] == "late" and case["followed"]
                for row in on_day.milestones.values()
                if row["case"] is case
            ),
        )
        for case in on_day.cases.values()
    }  # fmt: skip
    names = [(row.starts_on, row.cohort, sort_key(row.municipality)) for row in found.itertuples()]
    assert names == sorted(names)
    for row in found.itertuples():
        expected = on_day.cases[row.enrolment_id]["silent"]
        assert (row.silent_days == expected) if row.status == "active" else row.health == ""


def test_health_follows_from_what_is_late_and_who_is_silent(on_day):
    absent = frames.gaps(on_day.store).query("kind != 'under'")["enrolment_id"].tolist()
    for row in frames.enrolments(on_day.store).itertuples():
        silence = {"own": "health_silent_own", "expected": "health_silent"}.get(
            on_day.cases[row.enrolment_id]["silence"]
        )
        keys = {reason.key for reason in row.reasons if "audience" not in reason.key}
        gaps = [reason.key for reason in row.reasons if "audience" in reason.key]
        assert len(gaps) == absent.count(row.enrolment_id) * (row.status == "active")
        if row.status != "active":
            assert (row.health, keys) == ("", set())
        elif row.late:
            assert row.health == "late"
            assert "health_late_milestone" in keys
            assert len([r for r in row.reasons if r.key == "health_late_milestone"]) == row.late
        else:
            assert row.health == ("attention" if silence or gaps else "on_track")
            assert keys == ({silence} if silence else set())


def test_the_next_step_is_the_oldest_overdue_else_the_next_due(on_day):
    for row in frames.enrolments(on_day.store).itertuples():
        waiting = [
            own
            for own in on_day.followed()
            if own["case"]["id"] == row.enrolment_id and own["state"] in ("late", "soon", "planned")
        ]
        if not waiting:
            assert (row.next_milestone, row.next_state) == ("", "")
            continue
        first = min(waiting, key=lambda own: (own["due_on"], own["position"]))
        assert (row.next_id, row.next_milestone, row.next_on.date(), row.next_state) == (
            first["id"],
            first["name"],
            first["due_on"],
            first["state"],
        )


def test_the_key_figures_are_what_can_be_counted_by_hand(on_day):
    found = frames.figures(on_day.store).set_index("figure")
    running = [case for case in on_day.cases.values() if case["status"] == "active"]
    counting = [row for row in on_day.followed() if not row["not_applicable"]]
    due = [row for row in counting if row["due_on"] <= on_day.today]
    in_time = [row for row in due if row["done_on"] and day(row["done_on"]) <= row["due_on"]]
    late = [row for row in counting if row["state"] == "late"]

    def pair(figure: str) -> tuple[float, float]:
        value, of = found.loc[figure, ["value", "of"]]
        return (None if math.isnan(value) else value, of)

    assert pair("running") == (len(running), 20)
    assert pair("on_time") == (len(in_time) if due else None, len(due))
    assert pair("late") == (len(late), len({row["case"]["id"] for row in late}))
    assert pair("contact") == (
        sum(not case["silence"] for case in running) if running else None,
        len(running),
    )
    if late:
        oldest = min(row["due_on"] for row in late)
        assert found.loc["late", "on"].date() == oldest
        assert found.loc["late", "detail"] in {
            row["case"]["name"] for row in late if row["due_on"] == oldest
        }
    deadline = sorted(
        [
            *[
                (day(cohort["apply_by"]), f"apply {cohort['code']}")
                for cohort in on_day.cohorts.values()
                if cohort["apply_by"] and cohort["apply_by"] >= str(on_day.today)
            ],
            *{(case["ends_on"], f"end {case['cohort']}") for case in running},
            *{
                (case["answer_by"], f"answer {case['cohort']}")
                for case in on_day.cases.values()
                if case["answer_by"]
            },
            *[
                (day(row["period_to"]), "period")
                for row in [on_day.initiative]
                if row["period_to"] >= str(on_day.today)
            ],
        ]
    )
    if not deadline:
        assert pair("deadline")[0] is None
    else:
        value, detail = found.loc["deadline", ["value", "detail"]]
        assert (value, detail) == ((deadline[0][0] - on_day.today).days, deadline[0][1])


def test_the_figures_are_the_rows_behind_them(on_day):
    values = frames.figures(on_day.store).set_index("figure")["value"]
    rows = {name: frames.figure_rows(on_day.store, name) for name in values.index}

    assert len(rows["running"]) == values["running"]
    assert len(rows["late"]) == values["late"]
    assert rows["on_time"]["in_time"].sum() == (values.fillna(0)["on_time"])
    counted = rows["participations"]["attended"].sum()
    assert counted == values.fillna(0)["participations"]
    assert rows["contact"]["in_rhythm"].sum() == (values.fillna(0)["contact"])


def test_the_places_add_up(on_day):
    spread = frames.places(on_day.store)
    held = [case for case in on_day.cases.values() if case["holds"]]

    assert spread["capacity"] == 20
    assert spread["taken"] + spread["offered"] + spread["free"] == 20
    assert spread["taken"] + spread["offered"] == len(held) <= 20
    assert spread["offered"] == sum(case["status"] == "offered" for case in held)


def test_the_cohorts_share_the_places(on_day):
    cases = on_day.cases.values()
    for row in frames.capacity(on_day.store).itertuples():
        own = [case for case in cases if case["cohort"] == row.cohort]
        status = Counter(case["status"] for case in own)
        assert (row.held, row.offered, row.running, row.waiting, row.applied) == (
            sum(case["holds"] for case in own),
            *(status[name] for name in ("offered", "active", "waitlisted", "applied")),
        )
        cohort = next(one for one in on_day.cohorts.values() if one["code"] == row.cohort)
        assert (None if pd.isna(row.places) else row.places) == cohort["places"]
        assert row.after_period == (row.ends_on.date() > date(2026, 12, 31))


def test_actions_are_all_that_is_overdue_oldest_first(on_day):
    found = frames.actions(on_day.store)
    late = Counter(row["id"] for row in on_day.followed() if row["state"] == "late")
    tasks = Counter(
        row["id"]
        for row in on_day.store.rows("task")
        if not row["done_on"] and row["due_on"] and row["due_on"] < str(on_day.today)
    )
    silent = Counter(
        case["id"]
        for case in on_day.cases.values()
        if case["status"] == "active" and case["silence"]
    )

    assert Counter(found.loc[found["kind"] == "milestone", "target_id"]) == late
    assert Counter(found.loc[found["kind"] == "task", "target_id"]) == tasks
    assert Counter(found.loc[found["kind"] == "silent", "enrolment_id"]) == silent
    late_days = found.loc[found["severity"] == "late", "days"].tolist()
    rest = found.loc[found["severity"] != "late", "on"].tolist()
    assert found["severity"].tolist() == ["late"] * len(late_days) + ["attention"] * len(rest)
    assert (late_days, rest) == (sorted(late_days, reverse=True), sorted(rest))
    for row in found.itertuples():
        ahead = row.kind in ("audience", "offer")  # until the next workshop, or the answer
        assert row.days == (on_day.today - row.on.date()).days * (-1 if ahead else 1)
    over = found[found["kind"].isin(("uncounted", "unfinished"))]
    assert Counter(over["target_id"]) == on_day.uncounted()


def test_actions_of_a_consultant_are_theirs(demo_store):
    everything, own = frames.actions(demo_store), frames.actions(demo_store, 1)

    assert 0 < len(own) < len(everything)
    assert set(own["consultant_id"]) == {1}
    assert own.to_dict("records") == (
        everything[everything["consultant_id"] == 1].reset_index(drop=True).to_dict("records")
    )


def test_the_map_has_each_municipality_once_with_its_case(on_day):
    found = frames.map_places(on_day.store)

    assert len(found) == found["municipality_id"].nunique() == 98
    with_case = found[found["enrolment_id"].notna()]
    assert set(with_case["municipality"]) == {case["name"] for case in on_day.cases.values()}
    assert found["holds_place"].sum() == sum(case["holds"] for case in on_day.cases.values())
    assert list(found["municipality"]) == sorted(found["municipality"], key=sort_key)
    assert set(found["region"]) == (
        {"Østdanmark", "Syddanmark", "Midtjylland", "Nordjylland"}
        if on_day.today >= date(2027, 1, 1)
        else {"Hovedstaden", "Sjælland", "Syddanmark", "Midtjylland", "Nordjylland"}
    )
