from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisory.domain.capacity import Waiting, check_free, check_free_in_cohort
from advisory.domain.errors import Refused
from advisory.domain.scenario import MOST, Outcome, Round, Scenario, Standing, play


def queue(*ids: int) -> tuple[Waiting, ...]:
    return tuple(Waiting(id_, False, date(2025, 1, 8)) for id_ in ids)


# 20 places: seven in each of the two cohorts that run; in August three admitted and two offered.
ODSHERRED, REBILD = 31, 32
ALL = Standing(capacity=20, taken=17, offered=2, given=14)
AUGUST = Round(
    "2025-08", places=6, taken=3, offered=2, withdrawable=3, queue=queue(ODSHERRED, REBILD)
)


def refusal(standing: Standing, round: Round, scenario: Scenario) -> str:
    with pytest.raises(Refused) as refused:
        play(standing, round, scenario)
    return str(refused.value)


def test_when_one_says_no_to_an_offer_the_two_who_wait_are_offered_and_nothing_is_left():
    assert play(ALL, AUGUST, Scenario(turn_down=1)) == Outcome(
        free_before=1,
        free_after=2,
        offers=(ODSHERRED, REBILD),
        left=0,
        taken_after=17,
        offered_after=3,
        free_total_after=0,
    )


def test_without_any_supposition_the_free_place_is_offered_to_the_first():
    assert play(ALL, AUGUST, Scenario()) == Outcome(1, 1, (ODSHERRED,), 0, 17, 3, 0)


def test_more_places_than_wait_are_left_for_new_applicants():
    found = play(ALL, AUGUST, Scenario(turn_down=2, withdraw=3))

    assert found == Outcome(1, 6, (ODSHERRED, REBILD), 4, 14, 2, 4)


def test_an_empty_queue_leaves_every_place_to_new_applicants():
    assert play(ALL, replace(AUGUST, queue=()), Scenario(turn_down=1)) == Outcome(
        1, 2, (), 2, 17, 1, 2
    )


def test_who_is_admitted_at_once_takes_a_place_from_those_who_wait():
    found = play(ALL, AUGUST, Scenario(turn_down=1, admit=1))

    assert found == Outcome(1, 1, (ODSHERRED,), 0, 18, 2, 0)


def test_the_round_gives_what_is_free_in_all_and_in_the_cohort_whichever_is_less():
    rounds = [replace(AUGUST, places=places) for places in (5, 6, 7, None)]

    found = [play(replace(ALL, capacity=21), round, Scenario()) for round in rounds]

    assert [(one.free_before, one.free_after, len(one.offers)) for one in found] == [
        (0, 0, 0),
        (1, 1, 1),
        (2, 2, 2),
        (2, 2, 2),
    ]


def test_a_place_of_another_cohort_is_free_in_all_but_not_in_this_one():
    found = play(replace(ALL, taken=15), AUGUST, Scenario())

    assert (found.free_after, found.free_total_after) == (1, 2)


def test_new_numbers_change_what_can_be_offered():
    standing, long = replace(ALL, given=13), replace(AUGUST, queue=queue(*range(9)))
    scenarios = [
        Scenario(places=5),
        Scenario(places=7),
        Scenario(capacity=19),
        Scenario(capacity=22),
        Scenario(capacity=22, places=8),
    ]

    found = [play(standing, long, scenario) for scenario in scenarios]

    assert [(one.free_before, one.free_after, one.free_total_after) for one in found] == [
        (1, 0, 1),
        (1, 1, 0),
        (1, 0, 0),
        (1, 1, 2),
        (1, 3, 0),
    ]


def test_more_held_than_there_is_leaves_nothing_free_and_does_not_stop_the_question():
    over = replace(ALL, capacity=18)

    assert play(over, AUGUST, Scenario()) == Outcome(0, 0, (), 0, 17, 2, -1)
    assert play(over, AUGUST, Scenario(turn_down=2)) == Outcome(0, 1, (ODSHERRED,), 0, 17, 1, 0)


# --- what is refused, at its boundary -----------------------------------------------------------


@pytest.mark.parametrize("name", ["turn_down", "withdraw", "places", "capacity", "admit"])
def test_a_number_below_zero_or_far_too_high_is_refused(name):
    found = [refusal(ALL, AUGUST, Scenario(**{name: number})) for number in (-1, MOST + 1)]

    assert found == [
        "number_out_of_range number=-1 lowest=0 highest=1000",
        "number_out_of_range number=1001 lowest=0 highest=1000",
    ]


def test_the_highest_number_is_allowed():
    assert play(ALL, AUGUST, Scenario(capacity=MOST)).free_total_after == MOST - 20


def test_no_more_can_say_no_than_have_an_offer():
    assert refusal(ALL, AUGUST, Scenario(turn_down=3)) == "turn_down_over_offered offered=2"
    assert play(ALL, AUGUST, Scenario(turn_down=2)).free_after == 3


def test_no_more_can_withdraw_than_are_admitted_and_have_not_begun():
    begun = replace(AUGUST, withdrawable=2)

    assert refusal(ALL, begun, Scenario(withdraw=3)) == "withdraw_over_admitted admitted=2"
    assert play(ALL, begun, Scenario(withdraw=2)).free_after == 3


def test_the_cohort_keeps_as_many_places_as_it_would_hold():
    assert refusal(ALL, AUGUST, Scenario(places=4)) == (
        "places_below_held cohort=2025-08 held=5 places=4"
    )
    assert refusal(ALL, AUGUST, Scenario(places=2, turn_down=1, withdraw=1)) == (
        "places_below_held cohort=2025-08 held=3 places=2"
    )
    assert play(ALL, AUGUST, Scenario(places=4, turn_down=1)).free_after == 0
    assert play(ALL, AUGUST, Scenario(places=0, turn_down=2, withdraw=3)).free_after == 0


def test_the_initiative_keeps_as_many_places_as_would_be_held():
    room = replace(ALL, given=0)

    assert refusal(room, AUGUST, Scenario(capacity=18)) == "capacity_below_held held=19 capacity=18"
    assert refusal(room, AUGUST, Scenario(capacity=16, turn_down=1, withdraw=1)) == (
        "capacity_below_held held=17 capacity=16"
    )
    assert play(room, AUGUST, Scenario(capacity=18, turn_down=1)).free_total_after == 0


def test_the_cohorts_are_not_given_more_places_than_there_are():
    assert refusal(ALL, AUGUST, Scenario(places=7)) == "places_over_capacity capacity=20"
    assert refusal(ALL, AUGUST, Scenario(capacity=19)) == "places_over_capacity capacity=19"
    assert play(ALL, AUGUST, Scenario(places=7, capacity=21)).free_after == 2


def test_a_cohort_without_a_number_of_its_own_is_given_none():
    shared = replace(AUGUST, places=None)

    assert play(ALL, shared, Scenario(capacity=19)).free_total_after == 0
    assert play(replace(ALL, given=15, taken=16), shared, Scenario(capacity=18)).free_after == 0
    assert refusal(replace(ALL, given=20), shared, Scenario(capacity=19)) == (
        "places_over_capacity capacity=19"
    )


def test_numbers_that_stay_are_not_judged():
    given, full = replace(ALL, given=15), replace(AUGUST, places=4)

    assert play(given, AUGUST, Scenario(places=6, capacity=20)).free_after == 1
    assert play(ALL, full, Scenario(places=4)).free_after == 0
    assert play(replace(ALL, capacity=18), AUGUST, Scenario(capacity=18)).free_after == 0


def test_nobody_is_admitted_without_a_place():
    wide = replace(AUGUST, places=None)

    assert refusal(ALL, wide, Scenario(admit=2)) == "no_place_left capacity=20"
    assert play(ALL, wide, Scenario(admit=1)).free_after == 0
    assert refusal(replace(ALL, taken=15), AUGUST, Scenario(admit=2)) == (
        "cohort_full cohort=2025-08 places=6"
    )
    assert play(replace(ALL, taken=15), AUGUST, Scenario(admit=1)).free_after == 0


# --- any programme --------------------------------------------------------------------------------


@st.composite
def programmes(draw) -> tuple[Standing, Round]:
    """Places as the verbs keep them: nothing held beyond a number, no numbers beyond all places."""
    capacity = draw(st.integers(0, 12))
    places = draw(st.none() | st.integers(0, capacity))
    taken = draw(st.integers(0, capacity if places is None else places))
    offered = draw(st.integers(0, (capacity if places is None else places) - taken))
    elsewhere = draw(st.integers(0, capacity - taken - offered))
    elsewhere_offered = draw(st.integers(0, elsewhere))
    standing = Standing(
        capacity,
        taken + elsewhere - elsewhere_offered,
        offered + elsewhere_offered,
        draw(st.integers(0, capacity - (places or 0))),
    )
    waiting = queue(*draw(st.lists(st.integers(1, 99), max_size=6, unique=True)))
    return standing, Round("2025-08", places, taken, offered, draw(st.integers(0, taken)), waiting)


@st.composite
def supposed(draw) -> tuple[Standing, Round, Scenario]:
    """A programme and a scenario of it that is not refused."""
    standing, round = draw(programmes())
    scenario = Scenario(
        draw(st.integers(0, round.offered)),
        draw(st.integers(0, round.withdrawable)),
        draw(st.none() | st.integers(0, 14)),
        draw(st.none() | st.integers(0, 14)),
        draw(st.integers(0, 3)),
    )
    for easier in ({}, {"admit": 0}, {"places": None}, {"capacity": None}):
        scenario = replace(scenario, **easier)
        if not refused(standing, round, scenario):
            break
    return standing, round, scenario


def refused(standing: Standing, round: Round, scenario: Scenario) -> bool:
    try:
        play(standing, round, scenario)
    except Refused:
        return True
    return False


def one_by_one(standing: Standing, round: Round, scenario: Scenario) -> tuple[int, ...]:
    """Who gets an offer when each is made in turn until a guard of the places says no."""
    capacity = standing.capacity if scenario.capacity is None else scenario.capacity
    places = round.places if scenario.places is None else scenario.places
    change = scenario.admit - scenario.withdraw - scenario.turn_down
    held, held_here = standing.taken + standing.offered, round.taken + round.offered
    given = []
    for number, row in enumerate(round.queue):
        try:
            check_free(capacity, held + change + number)
            check_free_in_cohort(places, held_here + change + number, round.cohort)
        except Refused:
            break
        given.append(row.enrolment_id)
    return tuple(given)


@given(supposed())
def test_the_offers_are_those_the_guards_of_the_places_would_let_through(question):
    standing, _, scenario = question
    found = play(*question)
    capacity = standing.capacity if scenario.capacity is None else scenario.capacity
    held = found.taken_after + found.offered_after

    assert found.offers == one_by_one(*question)
    assert found.left == found.free_after - len(found.offers) >= 0
    assert found.free_total_after == capacity - held >= found.left


@given(supposed())
def test_who_leaves_never_makes_fewer_offers_or_less_free(question):
    standing, round, scenario = question
    more = play(*question)

    for name in ("withdraw", "turn_down"):
        leaving = getattr(scenario, name)
        one_less = replace(scenario, **{name: leaving - 1})
        # With one more who stays the new numbers or the admissions may be refused.
        if leaving and not refused(standing, round, one_less):
            fewer = play(standing, round, one_less)
            assert more.free_after - fewer.free_after in (0, 1)
            assert more.offers[: len(fewer.offers)] == fewer.offers
            assert more.left >= fewer.left


@given(programmes())
def test_nothing_supposed_is_never_refused_and_changes_nothing_but_the_offers(programme):
    standing, round = programme
    found = play(standing, round, Scenario(places=round.places, capacity=standing.capacity))

    assert found == play(standing, round, Scenario())
    assert (found.free_before, found.taken_after) == (found.free_after, standing.taken)
    assert found.offered_after == standing.offered + len(found.offers)
