"""The plan of a case: ticking off, moving, setting aside, adding."""

from datetime import date, timedelta

import pytest

from advisory.domain.errors import Conflict, Forbidden, NotFound, Refused
from advisory.store import plan

START, END, DAY = date(2024, 2, 1), date(2025, 7, 31), date(2025, 3, 13)
YEAR = timedelta(days=366)


@pytest.fixture
def milestone(facts, case) -> dict:
    return facts.rows("milestone", order="position")[3]


def refused(key, call, **values):
    with pytest.raises(Refused) as refusal:
        call()
    assert (refusal.value.key, refusal.value.values) == (key, values)


def test_the_plan_is_laid_from_the_initiatives_steps_once(facts, case):
    steps = facts.rows("milestone_template", order="position")
    rows = facts.rows("milestone", order="position")

    same = ("position", "phase", "kind", "anchor", "offset", "unit")
    assert [[row[key] for key in same] for row in rows] == [
        [step[key] for key in same] for step in steps
    ]
    code = {row["id"]: step["code"] for row, step in zip(rows, steps)}
    assert [code.get(row["anchor_id"]) for row in rows] == [step["anchor_code"] for step in steps]
    assert plan.lay(facts, case) == 0


def test_a_step_may_count_from_one_that_comes_after_it(facts, make_case):
    """The order on the page is not the order in which steps depend on each other."""
    codes = {row["code"]: row["id"] for row in facts.rows("milestone_template")}
    with facts.write("facts.load"):
        facts.update(
            "milestone_template",
            codes["test_actions_second"],
            {"anchor_code": "workshop_anchoring"},
        )
    case = make_case()

    by_template = {row["template_id"]: row for row in facts.rows("milestone")}
    second = by_template[codes["test_actions_second"]]
    assert second["anchor_id"] == by_template[codes["workshop_anchoring"]]["id"]
    assert len(plan.dates(facts, case)) == 18


def test_a_milestone_is_ticked_off_with_its_day(facts, milestone, written):
    with written(facts) as changes:
        after = plan.mark_done(facts, milestone["id"], DAY, version=1)

    assert after == facts.get("milestone", milestone["id"])
    assert changes == [
        ("milestone.done", "milestone", "update", {"done_on": "2025-03-13", "version": 2})
    ]


def test_it_can_be_done_today_and_up_to_a_year_before_the_start(facts, milestone):
    earliest = START - YEAR

    assert plan.mark_done(facts, milestone["id"], earliest)["done_on"] == earliest.isoformat()
    refused(
        "done_before_programme",
        lambda: plan.mark_done(facts, milestone["id"], earliest - timedelta(days=1)),
        date=earliest - timedelta(days=1),
        starts_on=START,
    )
    tomorrow = DAY + timedelta(days=1)
    refused(
        "done_in_future",
        lambda: plan.mark_done(facts, milestone["id"], tomorrow),
        date=tomorrow,
    )


def test_what_was_set_aside_cannot_be_done_until_it_counts_again(facts, milestone):
    plan.set_aside(facts, milestone["id"], " Har allerede peers ")
    assert facts.get("milestone", milestone["id"])["na_reason"] == "Har allerede peers"

    refused(
        "milestone_not_applicable",
        lambda: plan.mark_done(facts, milestone["id"], DAY),
        name=milestone["name"],
    )
    again = plan.mark_open(facts, milestone["id"])
    assert again == {**milestone, "version": 3}
    plan.mark_done(facts, milestone["id"], DAY)


def test_setting_aside_takes_the_tick_off_and_needs_a_reason(facts, milestone):
    plan.mark_done(facts, milestone["id"], DAY)

    refused("reason_needed", lambda: plan.set_aside(facts, milestone["id"], "  "))
    after = plan.set_aside(facts, milestone["id"], "Aftalt")
    assert (after["done_on"], after["not_applicable"]) == (None, 1)


def test_moving_pins_a_date_with_its_reason(facts, case, milestone, written):
    with written(facts) as changes:
        plan.move(facts, milestone["id"], date(2024, 5, 4), " Ferie ", version=1)

    assert changes == [
        (
            "milestone.move",
            "milestone",
            "update",
            {"override_on": "2024-05-04", "pinned": 1, "override_reason": "Ferie", "version": 2},
        )
    ]
    assert plan.dates(facts, case)[milestone["id"]].due_on == date(2024, 5, 4)
    assert plan.unpin(facts, milestone["id"]) == {**milestone, "version": 3}


def test_a_date_lies_within_a_year_of_the_programme(facts, milestone):
    for inside in (START - YEAR, END + YEAR):
        plan.move(facts, milestone["id"], inside, "x")
    for outside in (START - YEAR - timedelta(days=1), END + YEAR + timedelta(days=1)):
        refused(
            "date_outside_programme",
            lambda outside=outside: plan.move(facts, milestone["id"], outside, "x"),
            starts_on=START,
            ends_on=END,
        )
    refused("reason_needed", lambda: plan.move(facts, milestone["id"], DAY, " "))


def test_what_counts_from_a_moved_milestone_moves_with_it(facts, case):
    rows = facts.rows("milestone", order="position")
    first, second = rows[9], rows[12]
    assert second["anchor_id"] == first["id"]

    plan.move(facts, first["id"], date(2024, 10, 1), "x")
    assert plan.dates(facts, case)[second["id"]].due_on == date(2025, 3, 3)
    plan.mark_done(facts, first["id"], date(2024, 10, 15))
    assert plan.dates(facts, case)[second["id"]].due_on == date(2025, 3, 17)


def test_a_case_gets_a_milestone_of_its_own(facts, case, written):
    with written(facts) as changes:
        own = plan.add(facts, case, " Temadag ", date(2024, 9, 7), "workshop")

    assert [(action, table, kind) for action, table, kind, _ in changes] == [
        ("milestone.add", "milestone", "insert")
    ]
    row = facts.get("milestone", own)
    kept = ("name", "template_id", "kind", "phase", "override_on", "pinned")
    assert [row[key] for key in kept] == ["Temadag", None, "workshop", "develop", "2024-09-07", 1]
    assert plan.dates(facts, case)[own].due_on == date(2024, 9, 7)


def test_a_milestone_of_its_own_needs_a_name_and_a_sensible_date(facts, case):
    refused("name_needed", lambda: plan.add(facts, case, " ", DAY))
    for outside in (START - YEAR - timedelta(days=1), END + YEAR + timedelta(days=1)):
        refused(
            "date_outside_programme",
            lambda outside=outside: plan.add(facts, case, "x", outside),
            starts_on=START,
            ends_on=END,
        )
    with pytest.raises(Refused, match="code_unknown"):
        plan.add(facts, case, "x", DAY, "party")


VERBS = {
    "done": lambda store, id, **v: plan.mark_done(store, id, DAY, **v),
    "open": lambda store, id, **v: plan.mark_open(store, id, **v),
    "move": lambda store, id, **v: plan.move(store, id, DAY, "x", **v),
    "unpin": lambda store, id, **v: plan.unpin(store, id, **v),
    "aside": lambda store, id, **v: plan.set_aside(store, id, "x", **v),
}


@pytest.mark.parametrize("verb", VERBS.values(), ids=VERBS)
def test_every_verb_knows_what_is_missing_changed_or_forbidden(facts, milestone, as_role, verb):
    with pytest.raises(NotFound):
        verb(facts, 999)
    with pytest.raises(Conflict):
        verb(facts, milestone["id"], version=7)
    for role in ("leadership", "partner"):
        with pytest.raises(Forbidden):
            verb(as_role(role), milestone["id"])
    assert facts.get("milestone", milestone["id"]) == milestone
    verb(as_role("consultant"), milestone["id"])
