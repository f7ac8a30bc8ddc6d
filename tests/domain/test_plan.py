from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisory.domain.calendar import (
    add_months,
    add_working_days,
    is_working_day,
    last_day,
    next_working_day,
)
from advisory.domain.errors import Refused
from advisory.domain.plan import (
    Dates,
    Planned,
    Rule,
    State,
    anchor_day,
    days,
    due_date,
    phase_of,
    plan_dates,
    rule_date,
    state_on,
)

START, END = date(2025, 1, 1), date(2026, 6, 30)
DAY = timedelta(days=1)
EVERY_DAY = [date(2020, 1, 1) + n * DAY for n in range((date(2041, 1, 1) - date(2020, 1, 1)).days)]


@pytest.mark.parametrize(
    ("rule", "anchor_on", "day"),
    [
        (Rule("start", 0, "months"), None, date(2025, 1, 2)),  # 1 January is a holiday
        (Rule("start", 2, "months"), None, date(2025, 3, 3)),  # 1 March is a Saturday
        (Rule("start", 6, "months"), None, date(2025, 7, 1)),
        (Rule("start", -1, "months"), None, date(2024, 12, 2)),
        (Rule("start", 120, "days"), None, date(2025, 5, 2)),  # 1 May is a closing day
        (Rule("start", 10, "working_days"), None, date(2025, 1, 15)),
        (Rule("end", 0, "months"), None, date(2026, 6, 30)),
        (Rule("end", 3, "months"), None, date(2026, 9, 30)),
        (Rule("end", -10, "working_days"), None, date(2026, 6, 16)),
        (Rule("milestone", 14, "days"), date(2025, 4, 3), date(2025, 4, 22)),  # Easter
        (Rule("milestone", 0, "working_days"), date(2025, 4, 19), date(2025, 4, 22)),
    ],
)
def test_a_rule_counts_from_its_anchor_and_lands_on_the_next_working_day(rule, anchor_on, day):
    assert rule_date(rule, starts_on=START, ends_on=END, anchor_on=anchor_on) == day


def test_other_closing_days_give_other_dates():
    rules = [Rule("start", 120, "days"), Rule("start", 84, "working_days")]

    assert [
        [rule_date(rule, starts_on=START, ends_on=END, closing=closing) for rule in rules]
        for closing in ((), ((5, 1), (5, 2)))
    ] == [[date(2025, 5, 1), date(2025, 5, 2)], [date(2025, 5, 5), date(2025, 5, 6)]]


def test_a_rule_lands_on_a_working_day_from_every_start_in_21_years():
    for start in EVERY_DAY:
        for months in (0, 1, 9, 18):
            day = rule_date.__wrapped__(
                Rule("start", months, "months"), starts_on=start, ends_on=last_day(start, 18)
            )
            assert is_working_day(day)
            assert day == next_working_day(add_months(start, months))


@pytest.mark.parametrize("rule", [Rule("middle", 1, "days"), Rule("start", 1, "weeks")])
def test_an_unknown_anchor_or_unit_is_refused(rule):
    with pytest.raises(Refused) as refused:
        rule_date(rule, starts_on=START, ends_on=END)

    assert str(refused.value) == f"rule_unknown anchor={rule.anchor} unit={rule.unit}"


def test_a_rule_that_counts_from_a_milestone_needs_one():
    with pytest.raises(Refused) as refused:
        rule_date(Rule("milestone", 1, "days"), starts_on=START, ends_on=END)

    assert str(refused.value) == "anchor_missing"


@pytest.mark.parametrize(
    ("override_on", "pinned", "due_on"),
    [(None, False, START), (None, True, START), (END, False, START), (END, True, END)],
)
def test_an_override_holds_only_when_it_is_pinned(override_on, pinned, due_on):
    assert due_date(START, override_on, pinned) == due_on


def test_the_day_an_anchor_was_done_goes_before_the_day_it_is_due():
    assert [anchor_day(done_on, END) for done_on in (None, START)] == [END, START]


def test_a_milestone_counts_from_the_day_its_anchor_was_done_else_is_due():
    first = Rule("start", 1, "months")
    after = Rule("milestone", 7, "days")
    milestones = [
        Planned("after_planned", after, "planned"),
        Planned("after_pinned", after, "pinned"),
        Planned("after_done", after, "done"),
        Planned("planned", first),
        Planned("pinned", first, override_on=date(2025, 2, 10), pinned=True),
        Planned(
            "done", first, override_on=date(2025, 2, 10), pinned=True, done_on=date(2025, 2, 5)
        ),
        Planned("after_after", after, "after_done"),
    ]

    dates = plan_dates(milestones, START, END)

    feb_3 = date(2025, 2, 3)
    assert list(dates.items()) == [
        ("after_planned", Dates(date(2025, 2, 10), date(2025, 2, 10))),
        ("after_pinned", Dates(date(2025, 2, 17), date(2025, 2, 17))),
        ("after_done", Dates(date(2025, 2, 12), date(2025, 2, 12))),
        ("planned", Dates(feb_3, feb_3)),
        ("pinned", Dates(feb_3, date(2025, 2, 10))),
        ("done", Dates(feb_3, date(2025, 2, 10))),
        ("after_after", Dates(date(2025, 2, 19), date(2025, 2, 19))),
    ]


def test_a_plan_minds_the_closing_days_it_is_given():
    milestones = [
        Planned(1, Rule("start", 120, "days")),
        Planned(2, Rule("milestone", 0, "days"), 1),
    ]

    assert plan_dates(milestones, START, END, ()) == {
        1: Dates(date(2025, 5, 1), date(2025, 5, 1)),
        2: Dates(date(2025, 5, 1), date(2025, 5, 1)),
    }


@pytest.mark.parametrize("done_on", [None, START])
@pytest.mark.parametrize("length", [1, 2, 3, 7])
def test_milestones_that_count_from_each_other_are_refused(length, done_on):
    after = Rule("milestone", 1, "days")
    circle = [Planned(n, after, (n + 1) % length, done_on=done_on) for n in range(length)]
    tail = Planned("tail", after, 0)

    for milestones in (circle, [tail, *circle], [*circle, tail]):
        with pytest.raises(Refused) as refused:
            plan_dates(milestones, START, END)
        assert str(refused.value) == "anchor_circle"


def test_an_anchor_that_counts_from_the_start_breaks_no_circle_rule():
    milestones = [
        Planned(1, Rule("start", 0, "days"), anchor_id=2),
        Planned(2, Rule("milestone", 0, "days"), 1),
    ]

    assert set(plan_dates(milestones, START, END)) == {1, 2}


@pytest.mark.parametrize("anchor_id", [None, 99])
def test_an_anchor_that_is_not_in_the_plan_is_refused(anchor_id):
    with pytest.raises(Refused) as refused:
        plan_dates([Planned(1, Rule("milestone", 1, "days"), anchor_id)], START, END)

    assert str(refused.value) == "anchor_missing"


def test_an_empty_plan_has_no_dates():
    assert plan_dates([], START, END) == {}


@st.composite
def _plans(draw) -> list[Planned]:
    """Plans without circles: a milestone counts from the start, the end or an earlier one."""
    plan: list[Planned] = []
    for n in range(draw(st.integers(1, 12))):
        anchor = draw(st.sampled_from(["start", "end", "milestone"] if n else ["start", "end"]))
        rule = Rule(
            anchor,
            draw(st.integers(-20, 40)),
            draw(st.sampled_from(["months", "days", "working_days"])),
        )
        plan.append(
            Planned(
                n,
                rule,
                draw(st.integers(0, n - 1)) if anchor == "milestone" else None,
                override_on=draw(st.none() | st.dates(date(2024, 1, 1), date(2027, 12, 31))),
                pinned=draw(st.booleans()),
            )
        )
    return plan


@given(_plans(), st.randoms())
def test_a_plan_does_not_depend_on_the_order_of_its_milestones(plan, random):
    assert plan_dates(random.sample(plan, len(plan)), START, END) == plan_dates(plan, START, END)


@given(_plans(), st.integers(1, 400))
def test_moving_the_start_moves_what_is_not_pinned_and_nothing_else(plan, k):
    before = plan_dates(plan, START, END)
    after = plan_dates(plan, START + k * DAY, END + k * DAY)

    for milestone in plan:
        pinned = milestone.pinned and milestone.override_on is not None
        if pinned:
            assert before[milestone.id].due_on == after[milestone.id].due_on
            assert before[milestone.id].due_on == milestone.override_on
        else:
            assert after[milestone.id].due_on == after[milestone.id].rule_on
        if milestone.rule.anchor != "milestone":
            assert after[milestone.id].rule_on >= before[milestone.id].rule_on
            if milestone.rule.unit == "days":
                anchor = START if milestone.rule.anchor == "start" else END
                moved = anchor + (milestone.rule.offset + k) * DAY
                assert after[milestone.id].rule_on == next_working_day(moved)


@given(_plans())
def test_every_date_in_a_plan_is_that_of_its_own_rule(plan):
    dates = plan_dates(plan, START, END)

    for milestone in plan:
        rule = milestone.rule
        anchor = {"start": START, "end": END}.get(rule.anchor) or dates[milestone.anchor_id].due_on
        plain = {
            "months": add_months(anchor, rule.offset),
            "days": anchor + rule.offset * DAY,
            "working_days": add_working_days(anchor, rule.offset),
        }[rule.unit]
        assert dates[milestone.id].rule_on == next_working_day(plain)


DUE = date(2025, 6, 16)


@pytest.mark.parametrize(
    ("day", "state", "number"),
    [
        (DUE - 31 * DAY, State.PLANNED, 31),
        (DUE - 30 * DAY, State.SOON, 30),
        (DUE - DAY, State.SOON, 1),
        (DUE, State.SOON, 0),
        (DUE + DAY, State.LATE, 1),
        (DUE + 40 * DAY, State.LATE, 40),
    ],
)
def test_an_open_milestone_is_planned_then_soon_and_late_from_the_day_after(day, state, number):
    assert (state_on(DUE, None, False, day), days(DUE, None, False, day)) == (state, number)


@pytest.mark.parametrize(("done_on", "number"), [(DUE - 9 * DAY, -9), (DUE, 0), (DUE + 9 * DAY, 9)])
def test_a_done_milestone_says_how_late_it_was_done(done_on, number):
    day = DUE + 100 * DAY

    assert [(state_on(DUE, done_on, na, day), days(DUE, done_on, na, day)) for na in (0, 1)] == [
        (State.DONE, number)
    ] * 2


@pytest.mark.parametrize(
    ("day", "state", "number"),
    [
        (DUE + 8 * DAY, State.LATE, 8),
        (DUE + 9 * DAY, State.DONE, 9),
        (DUE + 10 * DAY, State.DONE, 9),
    ],
)
def test_a_milestone_is_done_from_the_day_it_was_done(day, state, number):
    done_on = DUE + 9 * DAY

    assert (state_on(DUE, done_on, False, day), days(DUE, done_on, False, day)) == (state, number)


def test_a_milestone_that_does_not_apply_is_never_late():
    moments = [DUE - 99 * DAY, DUE, DUE + 99 * DAY]

    assert [(state_on(DUE, None, True, day), days(DUE, None, True, day)) for day in moments] == [
        (State.NOT_APPLICABLE, 0)
    ] * 3


def test_the_phases_are_six_months_each_and_the_last_one_stays():
    assert [phase_of(month) for month in (-1, 0, 5, 6, 11, 12, 18, 21)] == [
        "establish",
        "establish",
        "establish",
        "develop",
        "develop",
        "anchor",
        "anchor",
        "anchor",
    ]
