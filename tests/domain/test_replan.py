"""What a move brings about: rows, remarks, what moves along, and the load."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from advisory.domain import calendar
from advisory.domain.plan import Planned, Rule
from advisory.domain.replan import replan, shifted
from advisory.domain.replan_load import Load, loads
from advisory.domain.replan_rows import Activity, Case, Remark, Row, Step
from advisory.domain.scheduling import Booking

START, END = date(2025, 8, 1), date(2027, 1, 31)
PERIOD_TO = date(2027, 1, 31)


def step(number, name, anchor="start", offset=0, unit="months", *, becomes=None, **others):
    """A milestone as it stands; `becomes` are the values that the move gives it."""
    own = {key: others.pop(key) for key in ("aside", "anchor_activity") if key in others}
    kind = others.pop("kind", "step")
    planned = Planned(number, Rule(anchor, offset, unit), **others)
    return Step(planned, replace(planned, **(becomes or {})), name, f"{name} en", kind, **own)


def case(*steps, id=1, consultant=7, days=0):
    after = START + timedelta(days=days), calendar.last_day(START + timedelta(days=days), 18)
    return Case(id, consultant, (START, END), after, PERIOD_TO, steps)


def booking(number, day, title="Workshop", enrolments=(1,), consultant=7, hour=8):
    starts_at = datetime(day.year, day.month, day.day, hour, tzinfo=UTC)
    ends_at = starts_at + timedelta(hours=2)
    return Booking(
        number, "workshop", title, starts_at, ends_at, consultant, None, frozenset(enrolments)
    )


def activity(number, day, fulfils, days, **others):
    keeps = {key: others.pop(key) for key in ("keeps", "known") if key in others}
    one = booking(number, day, **others)
    return Activity(one, fulfils, shifted(one.starts_at, one.ends_at, days), **keeps)


def told(outcome):
    """The rows as (name, before, after, keys of the remarks)."""
    return [
        (row.name, row.before, row.after, tuple(one.key for one in row.remarks))
        for row in outcome.rows
    ]


# --- milestones -------------------------------------------------------------------------------


def test_a_start_moves_what_counts_from_it_and_says_what_keeps_its_date():
    found = replan(
        [
            case(
                step(1, "Startmøde"),
                step(2, "Kortlægning", offset=1, done_on=date(2025, 8, 20)),
                step(3, "Workshop 1", offset=2, override_on=date(2025, 10, 9), pinned=True),
                step(4, "Efter workshop 1", "milestone", 14, "days", anchor_id=3),
                step(5, "Ikke relevant", offset=3, aside=True),
                step(6, "Opfølgning", "end", 3),
                days=14,
            )
        ],
        [],
        [],
    )

    assert told(found) == [
        ("Startmøde", date(2025, 8, 1), date(2025, 8, 15), ("moved",)),
        ("Kortlægning", date(2025, 8, 20), date(2025, 8, 20), ("done",)),
        ("Workshop 1", date(2025, 10, 9), date(2025, 10, 9), ("pinned",)),
        ("Opfølgning", date(2027, 4, 30), date(2027, 5, 14), ("moved",)),
    ]


def test_a_step_that_lands_on_the_same_working_day_is_told_to_be_unchanged():
    found = replan([case(step(1, "Trin", "start", 1, "days"), days=1)], [], [])

    # 2 August 2025 is a Saturday, 3 August a Sunday.
    assert told(found) == [("Trin", date(2025, 8, 4), date(2025, 8, 4), ("unchanged",))]


def test_a_milestone_that_moves_takes_along_what_counts_from_it():
    to = {"override_on": date(2025, 10, 15), "pinned": True}
    found = replan(
        [
            case(
                step(1, "Startmøde"),
                step(2, "Workshop 1", offset=2, becomes=to),
                step(3, "Referat", "milestone", 7, "days", anchor_id=2),
            )
        ],
        [],
        [],
    )

    assert told(found) == [
        ("Workshop 1", date(2025, 10, 1), date(2025, 10, 15), ("moved", "holiday_week")),
        ("Referat", date(2025, 10, 8), date(2025, 10, 22), ("moved",)),
    ]


@pytest.mark.parametrize(
    ("day", "remarks"),
    [
        (date(2026, 7, 1), [Remark("july")]),
        (date(2026, 7, 14), [Remark("july"), Remark("holiday_week", (("week", 29),))]),
        (date(2026, 10, 12), [Remark("holiday_week", (("week", 42),))]),
        (date(2026, 12, 24), [Remark("holiday", (("name", "Juleaftensdag"),))]),
        (date(2026, 4, 6), [Remark("holiday", (("name", "Anden påskedag"),))]),
        (date(2026, 6, 6), [Remark("weekend")]),
        (
            date(2027, 2, 1),
            [
                Remark("after_end", (("last", END),)),
                Remark("after_period", (("last", PERIOD_TO),)),
            ],
        ),
    ],
)
def test_the_day_a_date_lands_on_is_remarked(day, remarks):
    becomes = {"override_on": day, "pinned": True}

    (row,) = replan([case(step(1, "Trin", offset=12, becomes=becomes))], [], []).rows

    assert row == Row(
        1, "milestone", 1, "Trin", "Trin en", date(2026, 8, 3), day, (Remark("moved"), *remarks)
    )


# --- activities -------------------------------------------------------------------------------

WORKSHOP = step(2, "Workshop 1", offset=2, kind="workshop")


def test_an_activity_moves_exactly_as_far_and_what_counts_from_it_moves_too():
    invited = step(
        3, "Invitation", "activity", -28, "days",
        anchor_activity=5, anchor_on=date(2025, 10, 3),
    )  # fmt: skip
    found = replan(
        [case(WORKSHOP, invited, days=15)], [activity(5, date(2025, 10, 3), {1: 2}, 15)], []
    )

    assert found.moving == {5}
    assert told(found) == [
        ("Invitation", date(2025, 9, 5), date(2025, 9, 22), ("moved",)),
        ("Workshop 1", date(2025, 10, 1), date(2025, 10, 16), ("moved", "holiday_week")),
        ("Workshop", date(2025, 10, 3), date(2025, 10, 18), ("moved", "weekend", "holiday_week")),
    ]


def test_activities_stay_when_they_are_not_to_move_along():
    found = replan(
        [case(WORKSHOP, days=14)], [activity(5, date(2025, 10, 3), {1: 2}, 14)], [], along=False
    )

    assert found.moving == frozenset()
    assert told(found)[1:] == [("Workshop", date(2025, 10, 3), date(2025, 10, 3), ("unchanged",))]


@pytest.mark.parametrize(
    ("others", "key"),
    [
        ({"keeps": "activity_past"}, "activity_past"),
        ({"keeps": "activity_stayed", "known": True}, "activity_stayed"),
    ],
)
def test_what_keeps_an_activity_is_told(others, key):
    found = replan(
        [case(WORKSHOP, days=14)], [activity(5, date(2025, 10, 3), {1: 2}, 14, **others)], []
    )

    assert told(found)[1] == ("Workshop", date(2025, 10, 3), date(2025, 10, 3), (key,))


@pytest.mark.parametrize(("known", "moves"), [(False, False), (True, True)])
def test_an_activity_outside_the_programme_stays_unless_it_comes_back(known, moves):
    one = activity(5, date(2027, 7, 20), {1: 2}, 14, known=known)

    found = replan([case(WORKSHOP)], [one], [], itself=5)

    (row,) = found.rows
    assert (found.moving == {5}, "activity_outside" in row.keys) == (moves, not moves)
    assert (row.after != row.before) == moves


def test_control_the_same_activity_within_the_programme_moves():
    one = activity(5, date(2027, 7, 10), {1: 2}, 14)

    assert replan([case(WORKSHOP)], [one], [], itself=5).moving == {5}


def test_a_collision_names_the_other_activity_of_the_municipality_or_the_consultant():
    day = date(2025, 10, 17)
    others = [
        booking(6, day, "Samme kommune", consultant=None),
        booking(7, day, "Samme konsulent", enrolments=(9,)),
        booking(8, day, "Andre", enrolments=(9,), consultant=8),
        booking(9, date(2025, 10, 3), "Der, hvor den var"),
    ]
    found = replan([case(WORKSHOP)], [activity(5, date(2025, 10, 3), {1: 2}, 14)], others, itself=5)

    titles = [one.values for one in found.rows[0].remarks if one.key == "colliding"]
    assert titles == [(("title", "Samme kommune"),), (("title", "Samme konsulent"),)]


def test_an_activity_of_two_municipalities_has_a_row_in_each_and_moves_once():
    other = Case(2, 8, (START, END), (START, END), PERIOD_TO, (step(12, "Workshop 1", offset=2),))
    both = activity(5, date(2025, 10, 3), {1: 2, 2: 12}, 14, enrolments=(1, 2))

    found = replan([case(WORKSHOP, days=14), other], [both], [])

    assert [(row.enrolment, row.what) for row in found.rows] == [
        (1, "milestone"), (1, "activity"), (2, "activity"),
    ]  # fmt: skip


# --- clocks -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("starts_at", "days", "clock", "utc"),
    [
        (datetime(2025, 3, 20, 8, tzinfo=UTC), 14, "2025-04-03 09:00", "2025-04-03 07:00"),
        (datetime(2025, 10, 20, 7, tzinfo=UTC), 14, "2025-11-03 09:00", "2025-11-03 08:00"),
        (datetime(2025, 1, 31, 8, tzinfo=UTC), 28, "2025-02-28 09:00", "2025-02-28 08:00"),
        (datetime(2025, 3, 23, 1, 30, tzinfo=UTC), 7, "2025-03-30 03:30", "2025-03-30 01:30"),
    ],
)
def test_times_keep_the_clock_over_summer_time(starts_at, days, clock, utc):
    begins, until = shifted(starts_at, starts_at + timedelta(hours=3), days)

    assert f"{calendar.local(begins):%Y-%m-%d %H:%M}" == clock
    assert f"{begins:%Y-%m-%d %H:%M}" == utc
    assert until > begins


def test_control_adding_days_to_the_instant_loses_the_clock():
    starts_at = datetime(2025, 3, 20, 8, tzinfo=UTC)

    assert shifted(starts_at, starts_at + timedelta(hours=3), 14)[0] != starts_at + timedelta(14)


# --- load -------------------------------------------------------------------------------------


def test_the_load_counts_activities_and_open_workshops_once():
    cases = [
        case(
            WORKSHOP,
            step(3, "Kompetence", offset=4, kind="competence"),
            step(4, "Trin", offset=4),
            step(5, "Gjort", offset=5, kind="workshop", done_on=date(2025, 12, 1)),
            days=31,
        )
    ]
    activities = [activity(5, date(2025, 10, 3), {1: 2}, 31)]

    found = loads(cases, activities, replan(cases, activities, []))

    assert found == (
        Load(7, date(2025, 10, 1), 1, 0),
        Load(7, date(2025, 11, 1), 0, 1),
        Load(7, date(2025, 12, 1), 1, 0),
        Load(7, date(2026, 1, 1), 0, 1),
    )
