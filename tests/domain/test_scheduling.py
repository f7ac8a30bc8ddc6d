from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisory.domain.calendar import COPENHAGEN, is_working_day, to_utc
from advisory.domain.errors import Refused
from advisory.domain.finder import (
    LONGEST_WINDOW,
    Candidate,
    Need,
    Reason,
    find_dates,
    why_not,
)
from advisory.domain.scheduling import APART_DAYS, Booking, Severity, Snag, diary, snags

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
THURSDAY = date(2025, 3, 13)
NOBODY: frozenset[int] = frozenset()


def booked(
    day: date,
    begins: time = time(10),
    length: timedelta = 2 * HOUR,
    *,
    id: int | None = None,
    kind: str = "guidance",
    title: str = "Sparring",
    consultant: int | None = None,
    provider: int | None = None,
    enrolments: frozenset[int] = NOBODY,
) -> Booking:
    starts_at = to_utc(day, begins)
    return Booking(id, kind, title, starts_at, starts_at + length, consultant, provider, enrolments)


def keys(found) -> list[str]:
    return [one.key for one in found]


def blocks(key: str, **values: object) -> Snag:
    return Snag(key, Severity.BLOCKS, tuple(values.items()))


def warns(key: str, **values: object) -> Snag:
    return Snag(key, Severity.WARNS, tuple(values.items()))


def test_nothing_speaks_against_an_ordinary_day():
    busy = booked(THURSDAY, consultant=1, provider=2, enrolments=frozenset({3}))
    stranger = replace(busy, consultant_id=9, provider_id=8, enrolments=frozenset({7}))

    assert (snags(busy, []), snags(busy, [stranger])) == ((), ())


WHEN = (("title", "Sparring"), ("starts_at", to_utc(THURSDAY, time(10))))


@pytest.mark.parametrize(
    ("who", "snag"),
    [
        ({"consultant": 1}, Snag("same_consultant", Severity.BLOCKS, WHEN)),
        ({"provider": 1}, Snag("same_provider_overlap", Severity.WARNS, WHEN)),
        (
            {"enrolments": frozenset({5, 4})},
            blocks("same_municipality", enrolment_ids=(4, 5), title="Sparring"),
        ),
    ],
)
def test_who_is_busy_is_busy_from_the_beginning_to_the_end(who, snag):
    other = booked(THURSDAY, **who)  # 10.00-12.00
    begins = (time(8), time(8, 1), time(10, 30), time(11, 59), time(12))
    wanted = [booked(THURSDAY, at, **who) for at in begins]

    same_day = (
        (warns("same_day_municipality", enrolment_ids=(4, 5), title="Sparring"),)
        if "enrolments" in who
        else ()
    )
    assert [snags(one, [other]) for one in wanted] == [
        same_day,  # 8.00-10.00 ends when the other begins
        (snag,),
        (snag,),
        (snag,),
        same_day,
    ]


def test_nobody_is_not_the_same_as_nobody():
    assert snags(booked(THURSDAY), [booked(THURSDAY)]) == ()


def test_only_the_municipalities_that_both_serve_are_named():
    wanted = booked(THURSDAY, enrolments=frozenset({1, 2, 3}))
    other = booked(THURSDAY, time(14), title="Besøg", enrolments=frozenset({3, 2, 9}))

    assert snags(wanted, [other]) == (
        warns("same_day_municipality", enrolment_ids=(2, 3), title="Besøg"),
    )


@pytest.mark.parametrize(("days", "found"), [(-1, []), (0, ["same_day_municipality"]), (1, [])])
def test_the_day_before_and_the_day_after_are_other_days(days, found):
    who = {"enrolments": frozenset({1})}
    other = booked(THURSDAY + days * DAY, time(14), **who)

    assert keys(snags(booked(THURSDAY, **who), [other])) == found


def test_an_activity_does_not_clash_with_itself_but_with_one_without_an_id():
    wanted = booked(THURSDAY, id=7, kind="workshop", consultant=1)
    new = replace(wanted, id=None)

    assert [
        keys(snags(wanted, [wanted])),
        keys(snags(replace(wanted, id=8), [wanted])),
        keys(snags(new, [new])),
    ] == [[], ["same_consultant"], ["same_consultant"]]


@pytest.mark.parametrize(
    ("day", "found"),
    [
        (date(2025, 3, 14), ()),
        (date(2025, 3, 15), (blocks("weekend"),)),
        (date(2025, 3, 16), (blocks("weekend"),)),
        (date(2025, 3, 17), ()),
        (date(2025, 4, 16), ()),
        (date(2025, 4, 17), (blocks("holiday", name="Skærtorsdag"),)),
        (date(2025, 4, 20), (blocks("weekend"),)),  # Easter Sunday is called a weekend
        (date(2025, 4, 21), (blocks("holiday", name="Anden påskedag"),)),
        (date(2025, 4, 22), ()),
        (date(2025, 5, 28), ()),
        (date(2025, 5, 29), (blocks("holiday", name="Kristi himmelfartsdag"),)),
        (date(2025, 5, 30), (warns("bridge_day", name="Kristi himmelfartsdag"),)),
        (date(2025, 5, 31), (blocks("weekend"),)),
        (date(2025, 6, 4), ()),
        (date(2025, 6, 5), (blocks("holiday", name="Grundlovsdag"),)),
        (date(2025, 6, 6), (warns("bridge_day", name="Grundlovsdag"),)),
        (date(2024, 12, 20), ()),
        (date(2024, 12, 23), (warns("bridge_day", name="Juleaftensdag"),)),  # a Monday
        (date(2024, 12, 27), (warns("bridge_day", name="Anden juledag"),)),
        (date(2024, 12, 30), (warns("bridge_day", name="Nytårsaften"),)),  # a Monday, in week 1
        (date(2025, 1, 2), ()),  # in week 1; the Friday after it is a working day too
        (date(2025, 2, 7), ()),
        (date(2025, 2, 10), (warns("holiday_week", week=7),)),
        (date(2025, 2, 21), (warns("holiday_week", week=8),)),
        (date(2025, 2, 24), ()),
        (date(2025, 10, 10), ()),
        (date(2025, 10, 13), (warns("holiday_week", week=42),)),
        (date(2025, 10, 17), (warns("holiday_week", week=42),)),
        (date(2025, 10, 20), ()),
        (date(2025, 6, 30), ()),
        (date(2025, 7, 1), (warns("july"),)),
        (date(2025, 7, 31), (warns("july"),)),  # in week 31, but said once
        (date(2025, 8, 1), (warns("holiday_week", week=31),)),
        (date(2025, 8, 4), ()),
        (date(2025, 7, 5), (blocks("weekend"), warns("july"))),
        (date(2025, 3, 30), (blocks("weekend"),)),  # the clocks change
        (date(2025, 10, 26), (blocks("weekend"),)),
    ],
)
def test_what_speaks_against_a_day(day, found):
    assert snags(booked(day), []) == found


def test_other_closing_days_close_other_days():
    days = [date(2025, 6, 5), date(2025, 6, 6), date(2025, 3, 13)]

    assert [keys(snags(booked(day), [], closing=((3, 13),))) for day in days] == [
        [],
        [],
        ["holiday"],
    ]


@pytest.mark.parametrize(
    ("starts_at", "found"),
    [
        ("2025-10-24T23:30+02:00", ["outside_hours"]),  # Friday
        ("2025-10-26T22:30+00:00", ["weekend", "outside_hours"]),  # Sunday 23.30, winter
        ("2025-10-26T23:30+00:00", ["outside_hours"]),  # Monday 00.30, winter
        ("2025-10-27T06:59+00:00", ["outside_hours"]),
        ("2025-10-27T07:00+00:00", []),  # 8.00 in winter
        ("2025-10-24T06:00+00:00", []),  # 8.00 in summer
        ("2025-10-24T05:59+00:00", ["outside_hours"]),
        ("2025-03-28T07:00+00:00", []),  # 8.00 in winter
        ("2025-03-30T22:30+00:00", ["outside_hours"]),  # Monday 00.30, summer
        ("2025-03-31T06:00+00:00", []),
    ],
)
def test_days_and_hours_are_those_of_copenhagens_clocks(starts_at, found):
    begins = datetime.fromisoformat(starts_at)
    wanted = replace(booked(THURSDAY), starts_at=begins, ends_at=begins + HOUR / 4)

    assert keys(snags(wanted, [])) == found


def test_an_hour_that_comes_twice_is_two_hours():
    first = datetime(2025, 10, 26, 2, 0, tzinfo=COPENHAGEN)
    again = first.replace(fold=1)
    wanted = replace(booked(THURSDAY, consultant=1), starts_at=first, ends_at=first + HOUR / 2)
    other = replace(wanted, starts_at=again, ends_at=again.astimezone(UTC) + HOUR / 2)

    assert [keys(snags(wanted, [one])) for one in (other, wanted)] == [
        ["weekend", "outside_hours"],
        ["weekend", "same_consultant", "outside_hours"],
    ]


@pytest.mark.parametrize("zone", [UTC, COPENHAGEN])
def test_instants_are_compared_whatever_their_zone(zone):
    other = booked(THURSDAY, consultant=1)
    moved = replace(
        other, starts_at=other.starts_at.astimezone(zone), ends_at=other.ends_at.astimezone(zone)
    )

    assert keys(snags(other, [moved])) == keys(snags(moved, [other])) == ["same_consultant"]


@pytest.mark.parametrize("end", ["starts_at", "ends_at"])
def test_an_instant_without_a_zone_is_a_defect(end):
    wanted = replace(booked(THURSDAY), **{end: datetime(2025, 3, 13, 11)})

    with pytest.raises(ValueError, match="time zone"):
        snags(wanted, [])


@pytest.mark.parametrize(
    ("begins", "length", "found"),
    [
        (time(7, 59), HOUR, ["outside_hours"]),
        (time(8), 10 * HOUR, []),
        (time(8), 10 * HOUR + timedelta(minutes=1), ["outside_hours"]),
        (time(16), 8 * HOUR, ["outside_hours"]),  # ends at midnight: still one day
        (time(10), 24 * HOUR, ["outside_hours"]),
    ],
)
def test_an_activity_is_held_between_eight_and_six(begins, length, found):
    assert keys(snags(booked(THURSDAY, begins, length), [])) == found


def test_control_the_hours_are_told():
    assert snags(booked(THURSDAY, time(7)), []) == (
        warns("outside_hours", opens=time(8), closes=time(18)),
    )


def test_what_ends_at_midnight_does_not_take_the_next_day():
    friday = booked(date(2025, 3, 14), time(16), 8 * HOUR)
    a_minute_more = replace(friday, ends_at=friday.ends_at + timedelta(minutes=1))

    assert [keys(snags(one, [])) for one in (friday, a_minute_more)] == [
        ["outside_hours"],
        ["weekend", "outside_hours"],
    ]


PERIOD = (date(2025, 1, 6), date(2025, 6, 27))


@pytest.mark.parametrize(
    ("day", "outside"),
    [
        (date(2025, 1, 3), True),
        (date(2025, 1, 6), False),
        (date(2025, 6, 27), False),
        (date(2025, 6, 30), True),
    ],
)
def test_the_first_and_the_last_day_are_in_the_programme(day, outside):
    wanted = booked(day, enrolments=frozenset({1}))
    snag = blocks("outside_programme", enrolment_ids=(1,), first=PERIOD[0], last=PERIOD[1])

    assert snags(wanted, [], periods={1: PERIOD}) == ((snag,) if outside else ())


def test_those_that_share_a_period_are_told_together():
    later = (date(2025, 9, 1), date(2027, 2, 28))
    soon = (date(2025, 3, 14), date(2026, 9, 13))
    periods = {1: later, 2: soon, 3: later, 4: PERIOD, 6: later}
    wanted = booked(THURSDAY, enrolments=frozenset({1, 2, 3, 4, 5}))

    assert snags(wanted, [], periods=periods) == (
        blocks("outside_programme", enrolment_ids=(1, 3), first=later[0], last=later[1]),
        blocks("outside_programme", enrolment_ids=(2,), first=soon[0], last=soon[1]),
    )


def workshop(day: date, *enrolments: int, **others) -> Booking:
    return booked(day, kind="workshop", enrolments=frozenset(enrolments), **others)


@pytest.mark.parametrize("direction", [-1, 1])
@pytest.mark.parametrize(
    ("days", "near"), [(1, True), (13, True), (14, False), (15, False), (28, False)]
)
def test_two_workshops_of_a_municipality_are_fourteen_days_apart(days, near, direction):
    other = workshop(THURSDAY + direction * days * DAY, 2, 3, title="Udviklingsværksted 1")
    snag = warns("too_close", title="Udviklingsværksted 1", days=days, apart=APART_DAYS)

    assert snags(workshop(THURSDAY, 1, 2), [other]) == ((snag,) if near else ())


def test_only_workshops_of_the_same_municipalities_are_too_close():
    other = workshop(THURSDAY + DAY, 1)
    pairs = [
        (workshop(THURSDAY, 1), other),
        (workshop(THURSDAY, 2), other),
        (replace(workshop(THURSDAY, 1), kind="guidance"), other),
        (workshop(THURSDAY, 1), replace(other, kind="competence")),
        (workshop(THURSDAY, 1, id=4), replace(other, id=4)),
    ]

    assert [keys(snags(wanted, [one])) for wanted, one in pairs] == [["too_close"], [], [], [], []]


def test_only_the_nearest_workshop_is_too_close_and_the_distance_can_be_set():
    others = [
        workshop(THURSDAY + days * DAY, 1, title=title)
        for days, title in ((-9, "Ni før"), (5, "Fem efter"), (-5, "Fem før"), (13, "Tretten"))
    ]
    wanted = workshop(THURSDAY, 1)

    assert [snags(wanted, others, apart=apart) for apart in (5, 6, 14)] == [
        (),
        (warns("too_close", title="Fem før", days=5, apart=6),),
        (warns("too_close", title="Fem før", days=5, apart=14),),
    ]


def test_what_blocks_comes_first_and_the_order_of_the_others_does_not_matter():
    who = {"consultant": 1, "provider": 2}
    wanted = workshop(date(2025, 7, 5), 1, 2, **who)
    others = [
        workshop(date(2025, 7, 5), 1, title="A", begins=time(9), **who),
        workshop(date(2025, 7, 5), 2, title="B", begins=time(15)),
        workshop(date(2025, 7, 8), 2, title="C"),
    ]
    nine = (("title", "A"), ("starts_at", to_utc(date(2025, 7, 5), time(9))))
    found = (
        blocks("weekend"),
        blocks("outside_programme", enrolment_ids=(2,), first=PERIOD[0], last=PERIOD[1]),
        Snag("same_consultant", Severity.BLOCKS, nine),
        blocks("same_municipality", enrolment_ids=(1,), title="A"),
        warns("july"),
        Snag("same_provider_overlap", Severity.WARNS, nine),
        warns("same_day_municipality", enrolment_ids=(2,), title="B"),
        warns("too_close", title="C", days=3, apart=14),
    )

    for order in (others, others[::-1], diary(others)):
        assert snags(wanted, order, periods={2: PERIOD}) == found


NEED = Need(
    kind="workshop",
    consultant_id=1,
    provider_id=2,
    enrolments=frozenset({1, 2}),
    length=3 * HOUR,
    at=(time(9), time(12, 30)),
    earliest=THURSDAY,
    latest=date(2025, 3, 19),
    aim=date(2025, 3, 18),
    after=((date(2025, 3, 3), 10, "Startmøde"),),
)
FREE, QUIET = Reason("all_free", (), True), Reason("quiet_week", (), True)


def kept(days: int) -> Reason:
    return Reason("distance_kept", (("days", days), ("name", "Startmøde")), True)


def candidate(day: date, begins: time, score: int, *reasons: Reason) -> Candidate:
    starts_at = to_utc(day, begins)
    return Candidate(starts_at, starts_at + 3 * HOUR, score, reasons)


def test_the_days_nearest_to_the_aim_come_first_with_every_reason():
    def before(days: int) -> Reason:
        return Reason("before_aim", (("days", days),), True)

    late = Reason("after_aim", (("days", 1),), False)
    nine = time(9)
    assert find_dates(NEED, []) == (
        candidate(date(2025, 3, 18), nine, -3, FREE, Reason("on_aim", (), True), kept(15), QUIET),
        candidate(date(2025, 3, 17), nine, -2, FREE, before(1), kept(14), QUIET),
        candidate(date(2025, 3, 19), nine, -1, FREE, kept(16), QUIET, late),
        candidate(date(2025, 3, 14), nine, 1, FREE, before(4), kept(11), QUIET),
        candidate(THURSDAY, nine, 2, FREE, before(5), kept(10), QUIET),
    )


def test_a_busy_week_a_shared_day_and_a_near_workshop_cost_what_they_are_worth():
    others = [
        booked(THURSDAY, time(13), enrolments=frozenset({2}), title="Besøg"),
        workshop(date(2025, 3, 27), 1, title="Værksted 2"),
        booked(date(2025, 3, 18), time(9), provider=2, title="Kursus"),  # 9.00-11.00
    ]
    need = replace(NEED, aim=None, after=())
    shared = Reason("same_day_municipality", (("enrolment_ids", (2,)), ("title", "Besøg")), False)

    def near(days: int) -> Reason:
        return Reason("too_close", (("title", "Værksted 2"), ("days", days), ("apart", 14)), False)

    assert find_dates(need, others) == (
        candidate(date(2025, 3, 14), time(9), 1 + 42, FREE, near(13)),
        candidate(date(2025, 3, 17), time(9), 4 - 3 + 48, FREE, QUIET, near(10)),
        candidate(date(2025, 3, 18), time(12, 30), 5 - 3 + 50, FREE, QUIET, near(9)),
        candidate(date(2025, 3, 19), time(9), 6 - 3 + 52, FREE, QUIET, near(8)),
        candidate(THURSDAY, time(9), 0 + 60, shared),
    )


def test_a_day_is_offered_at_its_first_free_time_unless_a_later_one_is_better():
    need = replace(NEED, earliest=THURSDAY, latest=THURSDAY, at=(time(9), time(12, 30), time(15)))
    busy = booked(THURSDAY, time(9), consultant=1)
    elsewhere = booked(THURSDAY, time(9), provider=2)

    found = [find_dates(need, others) for others in ([], [busy], [elsewhere])]
    evening = find_dates(replace(need, at=(time(17), time(9), time(9, 30))), [])

    assert [
        [one.starts_at.astimezone(COPENHAGEN).time() for one in offered]
        for offered in (*found, evening)
    ] == [[time(9)], [time(12, 30)], [time(12, 30)], [time(9)]]


def test_a_quiet_week_is_one_without_the_municipalities_also_around_new_year():
    need = replace(NEED, aim=None, after=(), earliest=date(2024, 12, 27), latest=date(2025, 1, 8))
    other = booked(date(2025, 1, 3), enrolments=frozenset({1}))  # in week 1 of 2025

    days = {
        one.starts_at.date(): (QUIET in one.reasons, one.score) for one in find_dates(need, [other])
    }

    assert days == {
        date(2024, 12, 27): (True, 0 + 7 - 3),
        date(2024, 12, 30): (False, 3 + 7),  # in week 1 of 2025 too
        date(2025, 1, 2): (False, 6),
        date(2025, 1, 3): (False, 7 + 60),
        date(2025, 1, 6): (True, 10 - 3),
        date(2025, 1, 7): (True, 11 - 3),
        date(2025, 1, 8): (True, 12 - 3),
    }


@pytest.mark.parametrize(
    ("earliest", "latest", "best"),
    [
        (date(2025, 5, 29), date(2025, 6, 6), date(2025, 6, 2)),  # Ascension, bridge, closing day
        (date(2025, 6, 30), date(2025, 8, 31), date(2025, 6, 30)),
        (date(2025, 7, 7), date(2025, 8, 8), date(2025, 7, 7)),  # 28 days' wait is not worth it
        (date(2025, 7, 8), date(2025, 8, 8), date(2025, 8, 4)),  # 27 days' wait is
    ],
)
def test_a_bridge_day_and_july_are_worth_a_wait_of_so_many_days(earliest, latest, best):
    need = replace(NEED, aim=None, after=(), earliest=earliest, latest=latest)

    assert find_dates(need, [])[0].starts_at.date() == best


@pytest.mark.parametrize(("least", "first"), [(13, 13), (14, 14), (15, 17), (18, 18), (19, None)])
def test_a_day_nearer_to_an_earlier_step_than_its_least_days_is_not_offered(least, first):
    need = replace(NEED, latest=date(2025, 3, 18), after=((date(2025, 2, 28), least, "Startmøde"),))
    offered = [one.starts_at.day for one in find_dates(need, [])]

    assert min(offered, default=None) == first


def test_the_clock_is_the_same_on_both_sides_of_a_change_of_the_clocks():
    need = replace(NEED, aim=None, after=(), earliest=date(2025, 10, 24), latest=date(2025, 10, 27))

    assert [one.starts_at for one in find_dates(need, [])] == [
        datetime(2025, 10, 24, 7, tzinfo=UTC),
        datetime(2025, 10, 27, 8, tzinfo=UTC),
    ]


def test_a_limit_keeps_the_best():
    assert [find_dates(NEED, [], limit=limit) for limit in (0, 2)] == [(), find_dates(NEED, [])[:2]]


def test_an_activity_to_be_moved_does_not_stand_in_its_own_way():
    itself = workshop(THURSDAY, 1, 2, id=7, consultant=1)
    need = replace(NEED, id=7)

    assert find_dates(need, [itself]) == find_dates(need, [])
    assert find_dates(NEED, [itself]) != find_dates(need, [itself])


def test_when_no_day_fits_each_day_has_one_reason():
    need = replace(
        NEED,
        earliest=date(2025, 4, 11),
        latest=date(2025, 4, 26),
        after=((date(2025, 4, 1), 12, "Startmøde"),),
        at=(time(9), time(13)),
    )
    others = [
        booked(date(2025, 4, 14), time(8), 10 * HOUR, consultant=1),
        booked(date(2025, 4, 15), time(8), 10 * HOUR, enrolments=frozenset({2})),
        booked(date(2025, 4, 16), time(9), enrolments=frozenset({1})),
        booked(date(2025, 4, 16), time(13), consultant=1),
    ]
    periods = {1: (date(2025, 1, 1), date(2025, 4, 21))}

    assert find_dates(need, others, periods=periods) == ()
    assert why_not(need, others, periods=periods) == Counter(
        nearer_than_wanted=2,  # 11 and 12 April
        weekend=4,  # 13, 19, 20 and 26 April
        same_consultant=1,
        same_municipality=2,  # 16 April under what blocks nine o'clock
        holiday=3,
        outside_programme=4,
    )


@pytest.mark.parametrize("ask", [find_dates, why_not])
@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ({"latest": date(2025, 3, 12)}, "finder_window earliest=2025-03-13 latest=2025-03-12"),
        ({"latest": THURSDAY + LONGEST_WINDOW * DAY}, "finder_window_long days=401 most=400"),
        ({"at": ()}, "finder_times"),
        ({"length": timedelta(0)}, "finder_times"),
        ({"length": -HOUR}, "finder_times"),
    ],
)
def test_a_search_that_cannot_find_anything_is_refused(ask, change, refusal):
    with pytest.raises(Refused) as refused:
        ask(replace(NEED, **change), [])

    assert str(refused.value) == refusal


@pytest.mark.parametrize("days", [1, LONGEST_WINDOW])
def test_control_the_shortest_and_the_longest_window_are_searched(days):
    need = replace(NEED, latest=THURSDAY + (days - 1) * DAY, after=())
    offered = len(find_dates(need, [], limit=LONGEST_WINDOW))

    assert offered == sum(is_working_day(THURSDAY + n * DAY) for n in range(days))


PERIODS = {1: (date(2025, 4, 1), date(2025, 6, 20)), 2: (date(2025, 1, 1), date(2025, 12, 31))}
SOME = st.frozensets(st.integers(1, 4), max_size=3)
SPRING = st.dates(date(2025, 3, 20), date(2025, 5, 10))


@st.composite
def _bookings(draw) -> list[Booking]:
    return [
        booked(
            draw(SPRING),
            time(draw(st.integers(6, 18))),
            draw(st.integers(1, 30)) * HOUR,
            id=draw(st.none() | st.integers(1, 30)),
            kind=draw(st.sampled_from(["guidance", "workshop"])),
            consultant=draw(st.none() | st.integers(1, 2)),
            provider=draw(st.none() | st.integers(1, 2)),
            enrolments=draw(SOME),
        )
        for _ in range(draw(st.integers(0, 25)))
    ]


@st.composite
def _needs(draw) -> Need:
    earliest = draw(SPRING)
    return Need(
        draw(st.sampled_from(["guidance", "workshop"])),
        draw(st.none() | st.integers(1, 2)),
        draw(st.none() | st.integers(1, 2)),
        draw(SOME),
        draw(st.integers(1, 8)) * HOUR,
        tuple(time(hour) for hour in draw(st.lists(st.integers(7, 16), min_size=1, max_size=3))),
        earliest,
        earliest + draw(st.integers(0, 30)) * DAY,
        draw(st.none() | SPRING),
        draw(st.lists(st.tuples(SPRING, st.integers(0, 20), st.just("Startmøde")), max_size=2)),
        draw(st.none() | st.integers(1, 30)),
    )


def as_booking(need: Need, found: Candidate) -> Booking:
    who = (need.consultant_id, need.provider_id, need.enrolments)
    return Booking(need.id, need.kind, "", found.starts_at, found.ends_at, *who)


def weeks_of(starts_at: datetime, ends_at: datetime) -> set[tuple[int, int]]:
    seconds = (starts_at, ends_at - timedelta(seconds=1))
    return {tuple(at.astimezone(COPENHAGEN).isocalendar()[:2]) for at in seconds}


def in_the_way(need: Need, found: Candidate, others: list[Booking]) -> list[str]:
    """Why a candidate should not have been offered, or is told wrongly, by plain comparison."""
    against = snags(as_booking(need, found), others, periods=PERIODS)
    faults = [snag.key for snag in against if snag.severity == Severity.BLOCKS]
    told = [(one.key, one.values) for one in found.reasons if one.key in {*keys(against)}]
    faults += ["told"] * (told != [(snag.key, snag.values) for snag in against])
    day = found.starts_at.astimezone(COPENHAGEN).date()
    faults += ["day"] * (not is_working_day(day) or not need.earliest <= day <= need.latest)
    faults += ["near"] * any((day - earlier).days < least for earlier, least, _ in need.after)
    others = [one for one in others if need.id is None or one.id != need.id]
    weeks = {
        week
        for one in others
        if one.enrolments & need.enrolments
        for week in weeks_of(one.starts_at, one.ends_at)
    }
    faults += ["quiet"] * ((QUIET in found.reasons) == (day.isocalendar()[:2] in weeks))
    for other in others:
        begins = max(found.starts_at, other.starts_at)
        apart = begins >= min(found.ends_at, other.ends_at)
        shares = need.enrolments & other.enrolments or (
            need.consultant_id is not None and need.consultant_id == other.consultant_id
        )
        faults += ["busy"] if shares and not apart else []
    return faults


@given(_needs(), _bookings())
def test_no_candidate_has_anything_that_blocks_it(need, others):
    found = find_dates(need, others, periods=PERIODS, limit=99)

    assert [in_the_way(need, one, others) for one in found] == [[]] * len(found)


def test_control_a_finder_that_does_not_see_the_others_is_caught():
    others = [booked(date(2025, 3, 18), time(9), enrolments=frozenset({2}))]
    need = replace(NEED, enrolments=frozenset({2}))
    careless = find_dates(need, [])

    assert [in_the_way(need, one, others) for one in careless[:2]] == [
        ["same_municipality", "told", "quiet", "busy"],
        ["quiet"],
    ]


def test_control_a_weekend_and_a_day_too_near_are_caught():
    saturday = candidate(date(2025, 3, 15), time(9), 0, QUIET)
    too_near = candidate(date(2025, 3, 12), time(9), 0, QUIET)
    need = replace(NEED, enrolments=frozenset({2}))

    assert [in_the_way(need, one, []) for one in (saturday, too_near)] == [
        ["weekend", "told", "day"],
        ["day", "near"],
    ]


@given(_needs(), _bookings())
def test_every_day_of_the_window_is_offered_once_or_counted_once(need, others):
    found = find_dates(need, others, periods=PERIODS, limit=99)
    days = [one.starts_at.astimezone(COPENHAGEN).date() for one in found]
    counted = why_not(need, others, periods=PERIODS)

    assert len(set(days)) == len(days)
    assert len(days) + counted.total() == (need.latest - need.earliest).days + 1


@given(_needs(), _bookings(), st.randoms())
def test_the_answer_is_ranked_and_does_not_depend_on_the_order_of_the_others(need, others, random):
    found = find_dates(need, others, periods=PERIODS, limit=99)

    assert list(found) == sorted(found, key=lambda one: (one.score, one.starts_at))
    assert found == find_dates(need, random.sample(others, len(others)), periods=PERIODS, limit=99)


@given(_needs(), _bookings())
def test_one_diary_answers_as_the_bookings_do(need, others):
    known = diary(others)

    assert [snags(one, known) for one in others] == [snags(one, others) for one in others]
