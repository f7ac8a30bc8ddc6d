"""Moving dates with a preview: what is told is what happens, and as far back gives what stood."""

import random
from datetime import date, datetime, time, timedelta
from functools import partial

import pytest

from advisory.domain import calendar
from advisory.domain.enrolments import Status
from advisory.domain.errors import Forbidden, NotFound, Refused
from advisory.domain.replan_rows import Asked
from advisory.store import activities, decisions, plan, replan, replan_back
from advisory.store.connection import tables
from advisory.store.instants import instant
from advisory.store.replan_known import Known
from advisory.store.replan_move import WHAT

WHO = ("staff", "peers")
FAR = (-120, -31, -28, -14, -7, -3, -1, 1, 2, 3, 7, 14, 28, 31, 45, 182)


def everything(store, *, versions: bool = False) -> dict[str, list]:
    """Every table but the history; without the counters of changes unless `versions`."""
    with store.trusted():
        found = {name: store.rows(name) for name in tables(store.db)}
    if not versions:
        for rows in found.values():
            for row in rows:
                row.pop("version", None)
    return found


def at(day: date, hour: int = 9, minute: int = 0) -> datetime:
    return calendar.to_utc(day, time(hour, minute))


def make(store, title, day, served, *, kind="workshop", hour=9, minute=0, hours=3, **others):
    """An activity on `day`, in Danish time; `served` are the milestones by case."""
    starts_at = at(day, hour, minute)
    return activities.create(
        store,
        kind,
        title,
        starts_at=starts_at,
        ends_at=starts_at + timedelta(hours=hours),
        enrolments=served,
        expected=dict.fromkeys(WHO, 12),
        **others,
    )


def milestone(store, case, name):
    found = store.rows("milestone", "enrolment_id = ? AND name LIKE ?", [case, f"{name}%"])
    return found[0]["id"]


def preview(store, what, id, **how):
    return replan.preview(store, Asked(what, id, **how))


def apply(store, what, id, *, reason="", seen=None, **how):
    return replan.apply(store, Asked(what, id, **how), reason=reason, seen=seen)


def attempt(verb, *asked, **more) -> tuple[object, str]:
    """What a verb answers, and the key of its refusal."""
    try:
        return verb(*asked, **more), ""
    except Refused as refused:
        return None, refused.key


def due(store, case):
    return {id: dates.due_on for id, dates in plan.dates(store, case).items()}


def days_of(store, case) -> dict[tuple[str, int], date]:
    """Every date of a case that a row can be about."""
    found = {}
    for row in store.rows("milestone", "enrolment_id = ? AND NOT not_applicable", [case]):
        done_on = row["done_on"] and date.fromisoformat(row["done_on"])
        found["milestone", row["id"]] = done_on or due(store, case)[row["id"]]
    for link in store.rows("activity_enrolment", "enrolment_id = ?", [case]):
        row = store.get("activity", link["activity_id"])
        found["activity", row["id"]] = calendar.local_date(instant(row["starts_at"]))
    return found


@pytest.fixture
def cases(make_case) -> list[int]:
    """Three cases of the cohort that begins in August."""
    return [make_case(number, "2025-08") for number in (101, 461, 751)]


@pytest.fixture
def cohort(facts) -> int:
    return facts.find("cohort", code="2025-08")["id"]


# --- there and back -----------------------------------------------------------------------------


def anything(store, draw: random.Random, cases: list[int]) -> None:
    """Plans as people leave them: done, pinned, set aside, with activities at any hour."""
    for case in cases:
        rows = store.rows("milestone", "enrolment_id = ?", [case])
        for row in draw.sample(rows, 5):
            kind = draw.choice(["done", "pinned", "aside", "own", "none"])
            day = due(store, case)[row["id"]] + timedelta(days=draw.randint(-9, 9))
            if kind == "done":
                plan.mark_done(
                    store, row["id"], store.today() - timedelta(days=draw.randint(0, 40))
                )
            elif kind == "pinned":
                plan.move(store, row["id"], day, "Aftalt med lederen")
            elif kind == "aside":
                plan.set_aside(store, row["id"], "Ikke relevant")
            elif kind == "own":
                plan.add(store, case, "Eget trin", day)
    for number in range(draw.randint(2, 7)):
        served = {}
        for case in draw.sample(cases, draw.randint(1, len(cases))):
            rows = store.rows("milestone", "enrolment_id = ?", [case])
            served[case] = draw.choice([None, *(row["id"] for row in rows)])
        first = next(iter(served))
        day = due(store, first).get(served[first]) or date(2025, 10, 26)
        try:
            activity = make(
                store,
                f"Aktivitet {number}",
                max(day, date(2025, 3, 20)) + timedelta(days=draw.randint(0, 5)),
                served,
                hour=draw.choice([0, 1, 2, 2, 3, 9, 23]),
                minute=draw.choice([0, 30]),
                hours=draw.choice([1, 3, 26]),
            )
        except Refused:
            continue
        if draw.random() < 0.6:
            plan.add_by_activity(store, first, "Invitation", activity, draw.choice([-28, -14, 3]))
    for case in cases:
        if draw.random() < 0.3:
            days = draw.choice([0, 14, 30, -14])
            own_start(store, case, date(2025, 8, 1) + timedelta(days=days))


def what_to_move(store, draw, cohort, cases):
    """One of all that can be moved, with the cases chosen (None: all)."""
    kind = draw.choice(WHAT)
    if kind == "cohort":
        some = draw.choice([None, draw.sample(cases, draw.randint(1, len(cases)))])
        return kind, cohort, some
    if kind == "enrolment":
        return kind, draw.choice(cases), None
    if kind == "milestone":
        return kind, draw.choice(store.rows("milestone"))["id"], None
    found = store.rows("activity", "kind = 'workshop'")
    return (kind, draw.choice(found)["id"], None) if found else ("cohort", cohort, None)


def undone(store, draw: random.Random, kind: str, row_id: int) -> None:
    """Something is moved, by hand or here, and taken back, perhaps twice."""
    by = timedelta(days=draw.choice(FAR))
    if kind == "cohort" or draw.random() < 0.3:
        asked = partial(apply, days=by.days), store, kind, row_id
    elif kind == "enrolment":
        asked = own_start, store, row_id, date(2025, 8, 1) + by
    elif kind == "milestone":
        case = store.get("milestone", row_id)["enrolment_id"]
        asked = plan.move, store, row_id, due(store, case)[row_id] + by, "Ferie"
    else:
        starts_at = instant(store.get("activity", row_id)["starts_at"]) + by + timedelta(hours=5)
        times = {"starts_at": starts_at, "ends_at": starts_at + timedelta(hours=1)}
        asked = partial(activities.move, **times), store, row_id
    before = store.version()
    _, refused = attempt(*asked)
    if not refused and store.version() > before:
        for _ in range(draw.choice([1, 1, 3])):
            store.revert(store.last_operation)


def own_start(store, case: int, day: date) -> None:
    with store.write("enrolment.edit"):
        store.update("enrolment", case, {"starts_on": day.isoformat()})


@pytest.mark.parametrize("turn", range(15))
def test_there_and_back_gives_every_table_as_it_was(facts, cohort, cases, draw, turn):
    draw.seed(f"{draw.random()} {turn}")
    anything(facts, draw, cases)
    for _ in range(4):
        kind, row_id, some = what_to_move(facts, draw, cohort, cases)
        days, along = draw.choice(FAR), draw.random() < 0.8
        undone(facts, draw, kind, row_id)
        before = everything(facts)
        asked = {"enrolments": some, "with_activities": along}
        _, refused = attempt(apply, facts, kind, row_id, days=days, **asked)
        if refused:
            assert refused in ("replan_nothing", "date_outside_programme")
            assert everything(facts) == before
            continue

        undone(
            facts,
            draw,
            *draw.choice([(kind, row_id), what_to_move(facts, draw, cohort, cases)[:2]]),
        )
        apply(facts, kind, row_id, days=-days, enrolments=some)

        assert everything(facts) == before, (kind, row_id, some, days, along)


@pytest.mark.parametrize("turn", range(15))
def test_what_was_told_is_what_happens(facts, cohort, cases, draw, turn):
    draw.seed(f"{draw.random()} {turn}")
    anything(facts, draw, cases)
    for _ in range(4):
        kind, row_id, some = what_to_move(facts, draw, cohort, cases)
        undone(facts, draw, kind, row_id)
        asked = {
            "days": draw.choice(FAR),
            "enrolments": some,
            "with_activities": draw.random() < 0.7,
        }
        stood = everything(facts, versions=True)
        told, refused = attempt(preview, facts, kind, row_id, **asked)
        assert refused in ("", "date_outside_programme")
        assert everything(facts, versions=True) == stood
        if refused:
            continue

        before = {case: days_of(facts, case) for case in cases}
        seen = told.fingerprint
        moved, refused = attempt(apply, facts, kind, row_id, **asked, seen=seen)
        assert bool(refused) != told.writes
        if refused:
            assert (refused, told.moves) == ("replan_nothing", 0)
            continue
        after = {case: days_of(facts, case) for case in cases}

        rows = {
            (group.enrolment, row.what, row.id): row for group in told.groups for row in group.rows
        }
        for case in cases:
            for (what, id), day in after[case].items():
                row = rows.get((case, what, id))
                was = before[case][what, id]
                assert (row.before, row.after) == (was, day) if row else was == day
        assert moved == told.moves == len({key[1:] for key, row in rows.items() if row.days})


def test_control_going_back_without_the_way_back_is_found_out(facts, cases, monkeypatch):
    """Landing on the next working day, as a friendly program would, loses where one came from."""
    number = make(facts, "Workshop 1", date(2025, 11, 14), {cases[0]: None})
    before = everything(facts)

    def on_working_day(starts_at, ends_at, days):
        landing = calendar.next_working_day(calendar.local_date(starts_at) + timedelta(days=days))
        by = landing - calendar.local_date(starts_at)
        return starts_at + by, ends_at + by

    monkeypatch.setattr("advisory.store.replan_move.shifted", on_working_day)
    monkeypatch.setattr("advisory.store.replan_move.earlier", lambda *_asked: None)
    for days in (1, -1):
        apply(facts, "activity", number, days=days)

    assert everything(facts) != before


@pytest.mark.parametrize("kind", ["milestone", "enrolment"])
def test_control_without_its_history_a_date_does_not_come_back_to_the_letter(
    facts, cases, monkeypatch, kind
):
    """A milestone would stay pinned, and a start of its own that is the cohort's would be lost."""
    number = milestone(facts, cases[0], "Kortlægning") if kind == "milestone" else cases[0]
    own_start(facts, cases[0], date(2025, 8, 1))
    before = everything(facts)
    monkeypatch.setattr("advisory.store.replan_move.earlier", lambda *_asked: None)

    for days in (14, -14):
        apply(facts, kind, number, days=days)

    assert everything(facts) != before


# --- what each kind writes ----------------------------------------------------------------------


def test_a_cohort_moves_as_one_and_who_has_an_own_start_stays(facts, cohort, cases, written):
    apply(facts, "enrolment", cases[2], days=30)

    told = preview(facts, "cohort", cohort, days=14)
    with written(facts) as changes:
        assert apply(facts, "cohort", cohort, days=14) == told.moves == 36

    assert changes == [
        ("cohort.replan", "cohort", "update", {"starts_on": "2025-08-15", "version": 2})
    ]
    own = date(2025, 8, 31)
    assert {one.enrolment: (one.chosen, one.own_start, bool(one.rows)) for one in told.groups} == {
        cases[0]: (True, None, True),
        cases[1]: (True, None, True),
        cases[2]: (False, own, False),
    }
    assert told.whole


def test_some_of_a_cohort_get_a_start_of_their_own_and_back_to_the_cohorts(
    facts, cohort, cases, written
):
    chosen = cases[:2]
    with written(facts) as changes:
        apply(facts, "cohort", cohort, days=14, enrolments=chosen)
    assert changes == [
        ("plan.replan", "enrolment", "update", {"starts_on": "2025-08-15", "version": 2})
        for _ in chosen
    ]

    apply(facts, "cohort", cohort, days=-14, enrolments=chosen)

    assert [facts.get("enrolment", case)["starts_on"] for case in cases] == [None] * 3


def test_a_start_that_happens_to_be_the_cohorts_is_the_cohorts(facts, cases):
    own_start(facts, cases[0], date(2025, 9, 1))

    apply(facts, "enrolment", cases[0], to=date(2025, 8, 1))

    assert facts.get("enrolment", cases[0])["starts_on"] is None


def test_a_milestone_is_pinned_with_a_reason_and_a_pinned_one_keeps_its_own(facts, cases):
    mine, pinned = (milestone(facts, cases[0], name) for name in ("Kortlægning", "Midtvejs"))
    plan.move(facts, pinned, date(2026, 5, 20), "Aftalt med lederen")

    apply(facts, "milestone", mine, days=3, reason=" Ferie ")
    apply(facts, "milestone", pinned, days=1)

    fields = ("override_on", "pinned", "override_reason")
    assert [[facts.get("milestone", one)[name] for name in fields] for one in (mine, pinned)] == [
        ["2025-09-04", 1, "Ferie"],
        ["2026-05-21", 1, "Aftalt med lederen"],
    ]


def test_one_undo_takes_the_whole_move_back(facts, cohort, cases):
    served = {case: milestone(facts, case, "Udviklingsworkshop med l") for case in cases}
    make(facts, "Workshop 1", date(2025, 10, 2), served)
    before = everything(facts)

    apply(facts, "cohort", cohort, days=31)
    assert everything(facts) != before
    facts.revert(facts.last_operation)

    assert everything(facts) == before


def test_there_and_back_after_an_undo(facts, cases):
    number = milestone(facts, cases[0], "Kortlægning")
    before = everything(facts)

    apply(facts, "milestone", number, days=14)
    apply(facts, "milestone", number, days=7)
    facts.revert(facts.last_operation)
    apply(facts, "milestone", number, days=-14)

    assert everything(facts) == before


def clock_of(store, number) -> str:
    """When an activity is, by the clock: `2025-11-11 09-12`."""
    row = store.get("activity", number)
    starts_at, ends_at = (calendar.local(instant(row[name])) for name in ("starts_at", "ends_at"))
    return f"{starts_at:%Y-%m-%d %H}-{ends_at:%H}"


def moved_by_hand_and_undone(facts, case) -> int:
    """An activity from 9 to 12 that once moved and came back, then was to be at 14 a week later."""
    number = make(facts, "Workshop 1", date(2025, 11, 4), {case: None})
    for days in (1, -1):
        apply(facts, "activity", number, days=days)
    starts_at = at(date(2025, 11, 11), 14)
    activities.move(facts, number, starts_at=starts_at, ends_at=starts_at + timedelta(hours=1))
    facts.revert(facts.last_operation)
    return number


def test_what_was_moved_by_hand_and_undone_is_nowhere_to_come_back_to(facts, cases):
    number = moved_by_hand_and_undone(facts, cases[0])

    apply(facts, "activity", number, days=7)

    assert clock_of(facts, number) == "2025-11-11 09-12"


def test_control_an_undo_that_counts_as_a_move_gives_the_times_that_were_undone(
    facts, cases, monkeypatch
):
    number = moved_by_hand_and_undone(facts, cases[0])
    monkeypatch.setattr(replan_back, "MOVES", replan_back.MOVES | {"operation.revert"})
    monkeypatch.setattr(replan_back, "_standing", one_by_one)

    apply(facts, "activity", number, days=7)

    assert clock_of(facts, number) == "2025-11-11 14-15"


def one_by_one(store, table, row_id) -> list:
    """Every change of a record, as if nothing had ever been undone."""
    rows = store.rows("history", "table_name = ? AND row_id = ?", [table, row_id])
    return [[row] for row in rows]


@pytest.mark.parametrize("times", [1, 2, 3])
def test_the_way_back_knows_what_was_undone_and_done_again(facts, cases, times):
    number = milestone(facts, cases[0], "Kortlægning")
    before = everything(facts)
    apply(facts, "milestone", number, days=14)
    apply(facts, "milestone", number, days=7)
    for _ in range(times):
        facts.revert(facts.last_operation)

    apply(facts, "milestone", number, days=-14 if times % 2 else -21)

    assert everything(facts) == before


def test_control_a_move_by_hand_that_stands_is_not_taken_back(facts, cases):
    number = milestone(facts, cases[0], "Kortlægning")
    first = due(facts, cases[0])[number]
    plan.move(facts, number, first + timedelta(days=14), "Ferie")

    apply(facts, "milestone", number, days=-14)

    row = facts.get("milestone", number)
    assert (row["override_on"], row["pinned"]) == (first.isoformat(), 1)


# --- activities that move along -------------------------------------------------------------------


def test_an_activity_moves_over_easter_and_summer_time_on_the_same_clock(facts, cases):
    number = milestone(facts, cases[0], "Første prøve")
    activity = make(facts, "Workshop", date(2026, 3, 20), {cases[0]: number}, hour=9)

    (group,) = preview(facts, "enrolment", cases[0], days=14).groups
    (row,) = [row for row in group.rows if row.what == "activity"]
    apply(facts, "enrolment", cases[0], days=14)

    starts_at = calendar.local(instant(facts.get("activity", activity)["starts_at"]))
    assert f"{starts_at:%Y-%m-%d %H:%M}" == "2026-04-03 09:00"
    assert (row.after, row.keys) == (date(2026, 4, 3), {"moved", "holiday"})


def test_an_activity_stays_when_it_would_fall_before_today(facts, cases):
    number = milestone(facts, cases[0], "Startmøde")
    plan.move(facts, number, date(2025, 4, 1), "Tidligt")
    activity = make(facts, "Startmøde", date(2025, 5, 5), {cases[0]: number})
    apply(facts, "activity", activity, to=date(2025, 5, 6))

    told = preview(facts, "milestone", number, days=-60)

    rows = {row.what: row for row in told.groups[0].rows}
    assert rows["activity"].keys == {"activity_past"}
    assert rows["activity"].days == 0


def test_an_activity_that_was_left_behind_is_not_taken_back(facts, cases):
    number = milestone(facts, cases[0], "Kortlægning")
    make(facts, "Kortlægning", date(2025, 9, 2), {cases[0]: number}, kind="guidance")
    before = everything(facts)

    apply(facts, "enrolment", cases[0], days=14, with_activities=False)
    (group,) = preview(facts, "enrolment", cases[0], days=-14).groups
    assert [row.keys for row in group.rows if row.what == "activity"] == [{"activity_stayed"}]
    apply(facts, "enrolment", cases[0], days=-14)

    assert everything(facts) == before


def test_control_one_that_is_planned_in_between_moves_along(facts, cases):
    apply(facts, "enrolment", cases[0], days=14)
    number = milestone(facts, cases[0], "Kortlægning")
    make(facts, "Kortlægning", date(2025, 9, 16), {cases[0]: number}, kind="guidance")

    (group,) = preview(facts, "enrolment", cases[0], days=-14).groups

    assert [row.days for row in group.rows if row.what == "activity"] == [-14]


# --- what is refused ----------------------------------------------------------------------------


@pytest.mark.parametrize("days", [367, -367])
def test_more_than_a_year_is_too_far(facts, cohort, cases, days):
    with pytest.raises(Refused, match="replan_too_far"):
        preview(facts, "cohort", cohort, days=days)


def test_control_a_year_is_not(facts, cohort, cases):
    assert preview(facts, "cohort", cohort, days=366).moves == 54


def test_nothing_to_move_is_refused(facts, cohort, cases):
    done = milestone(facts, cases[0], "Startmøde")
    plan.mark_done(facts, done, facts.today())
    for asked in (
        ("cohort", cohort, {"days": 0}),
        ("cohort", cohort, {"days": 14, "enrolments": []}),
        ("milestone", done, {"days": 14}),
    ):
        kind, number, how = asked
        assert not preview(facts, kind, number, **how).writes
        with pytest.raises(Refused, match="replan_nothing"):
            apply(facts, kind, number, **how)


def told_and_refused(store, number, days) -> tuple[set[str], str]:
    """The remarks of the preview, and why the move is refused; nothing is written."""
    told, before = preview(store, "activity", number, days=days), everything(store, versions=True)
    _, refused = attempt(apply, store, "activity", number, days=days)
    assert (told.refusal, everything(store, versions=True)) == (refused, before)
    assert not told.writes
    return {key for group in told.groups for row in group.rows for key in row.keys}, refused


def test_an_activity_that_was_held_or_cancelled_stays(facts, cases, clock):
    held = make(facts, "Holdt", date(2025, 8, 4), {cases[0]: None})
    cancelled = make(facts, "Aflyst", date(2025, 8, 5), {cases[0]: None})
    activities.cancel(facts, cancelled, "Sygdom")
    clock.on(date(2025, 8, 20))
    activities.hold(facts, held)

    for days in (14, -7):
        assert told_and_refused(facts, held, days) == ({"activity_held"}, "activity_held")
        assert told_and_refused(facts, cancelled, days) == (set(), "replan_nothing")


def counted(facts, case, clock) -> int:
    """An activity of last week at which people were counted."""
    number = make(facts, "Talt", date(2025, 8, 13), {case: None})
    clock.on(date(2025, 8, 20))
    activities.count(facts, number, {(case, "staff"): (12, 0)})
    return number


def test_an_activity_at_which_people_were_counted_is_not_moved_ahead(facts, cases, clock):
    number = counted(facts, cases[0], clock)

    said = told_and_refused(facts, number, 30)

    assert said == ({"headcount_exists"}, "headcount_exists")
    starts_at = at(date(2025, 9, 12))
    times = {"starts_at": starts_at, "ends_at": starts_at + timedelta(hours=3)}
    assert attempt(activities.move, facts, number, **times) == (None, "headcount_exists")


def test_control_it_is_moved_to_another_day_that_is_past_or_once_the_numbers_are_gone(
    facts, cases, clock
):
    number = counted(facts, cases[0], clock)

    assert apply(facts, "activity", number, days=-1) == 1
    activities.count(facts, number, {(cases[0], "staff"): (12, None)})
    assert apply(facts, "activity", number, days=30) == 1

    assert clock_of(facts, number) == "2025-09-11 09-12"


def test_another_date_is_shown_as_it_was_seen_from_then(facts, cases, clock):
    """An activity that was ahead on that day would have moved along, though it is over by now."""
    number = milestone(facts, cases[0], "Kortlægning")
    make(facts, "Kortlægning", date(2025, 9, 2), {cases[0]: number}, kind="guidance")
    clock.on(date(2025, 10, 1))

    def moving(store):
        (group,) = preview(store, "milestone", number, days=7).groups
        return [(row.days, row.keys) for row in group.rows if row.what == "activity"]

    assert moving(facts.at(date(2025, 8, 1))) == [(7, {"moved"})]
    assert moving(facts.at(date(2025, 9, 2))) == moving(facts) == []  # control: it is over


def test_what_others_have_changed_since_is_not_moved(facts, cohort, cases):
    seen = preview(facts, "cohort", cohort, days=14).fingerprint
    plan.move(facts, milestone(facts, cases[1], "Kortlægning"), date(2025, 9, 3), "Ferie")
    before = everything(facts, versions=True)

    with pytest.raises(Refused, match="replan_changed"):
        apply(facts, "cohort", cohort, days=14, seen=seen)

    assert everything(facts, versions=True) == before
    assert preview(facts, "cohort", cohort, days=14).fingerprint != seen


def test_control_what_does_not_matter_may_change(facts, cohort, cases):
    seen = preview(facts, "cohort", cohort, days=14).fingerprint
    with facts.write("enrolment.edit"):
        facts.update("enrolment", cases[0], {"goal": "Flere peers"})

    assert apply(facts, "cohort", cohort, days=14, seen=seen) == 54


def test_only_the_office_moves_a_cohort_and_nobody_another_date(facts, cohort, cases, as_role):
    consultant = as_role("consultant")
    with pytest.raises(Forbidden):
        apply(consultant, "cohort", cohort, days=14)
    assert apply(consultant, "cohort", cohort, days=14, enrolments=cases[:1]) == 18
    with pytest.raises(Forbidden):
        apply(as_role("leadership"), "enrolment", cases[0], days=14)
    with pytest.raises(Refused, match="read_only_date"):
        apply(facts.at(date(2025, 9, 1)), "cohort", cohort, days=14)


def test_what_is_not_there_or_elsewhere_is_refused(facts, cohort, cases, make_case):
    other = make_case(147, "2024-02")
    meeting = facts.rows("activity", "kind = 'info_meeting'")[0]["id"]
    for asked in (("milestone", 10_000), ("activity", meeting)):
        with pytest.raises(NotFound):
            preview(facts, *asked, days=14)
    with pytest.raises(Refused, match="municipality_elsewhere"):
        preview(facts, "cohort", cohort, days=14, enrolments=[other])
    number = milestone(facts, cases[0], "Erfaring")
    plan.move(facts, number, date(2027, 12, 1), "Sent")
    with pytest.raises(Refused, match="date_outside_programme"):
        preview(facts, "milestone", number, days=300)


def test_who_has_not_answered_an_offer_in_time_is_not_moved(facts, cohort, cases, make_case, clock):
    day = facts.today()
    new = make_case(153, "2025-08", Status.WAITLISTED, received_on=date(2025, 3, 1))
    decisions.decide(facts, new, Status.OFFERED, on_date=day, answer_by=day + timedelta(days=7))
    plan.add(facts, new, "Eget trin", date(2025, 9, 1))

    known = []
    for days in (7, 1):
        clock.tick(days=days)
        known.append(set(Known(facts).cases))

    assert known == [{*cases, new}, {*cases}]
