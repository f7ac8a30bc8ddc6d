"""How many places there are, whose they are, and what is carried out together."""

from datetime import date, timedelta

import pytest

from advisory.domain.enrolments import Status
from advisory.domain.errors import Refused
from advisory.store import decisions, enrolments, place_changes, places, scenarios
from advisory.store.scenarios import Wanted

DAY = date(2025, 3, 13)


def refused(key, call, **values):
    with pytest.raises(Refused) as refusal:
        call()
    assert (refusal.value.key, refusal.value.values) == (key, values)


def held(store, key=("initiative", 1)) -> int:
    return places.occupied(store)[key].on(store.today())


def changes(store) -> list[tuple]:
    names = ("kind", "cohort_id", "enrolment_id", "before", "after", "reason")
    return [tuple(row[name] for name in names) for row in store.rows("place_change")]


@pytest.fixture
def coming(facts) -> int:
    """The cohort that has not begun: 1 August 2025."""
    return facts.find("cohort", code="2025-08")["id"]


@pytest.fixture
def left(facts, case) -> int:
    """A case that withdrew after its start."""
    decisions.decide(facts, case, Status.WITHDRAWN, on_date=DAY, reason="Trak sig")
    return case


def test_a_place_left_after_the_start_is_held_until_it_is_given_up(facts, left, clock):
    clock.tick(days=1)
    before = held(facts)

    place_changes.free(facts, left, "Aftalt med kommunen")

    first = facts.find("cohort", code="2024-02")["id"]
    assert (before, held(facts)) == (1, 0)
    assert places.occupied(facts)["initiative", 1].on(DAY) == 1
    assert changes(facts) == [("freed", first, left, None, None, "Aftalt med kommunen")]
    refused("nothing_to_free", lambda: place_changes.free(facts, left, "x"))


def test_only_such_a_place_is_given_up_and_with_a_reason(facts, make_case, left):
    running, early = make_case(751), make_case(147, "2025-08")
    decisions.decide(facts, early, Status.WITHDRAWN, on_date=DAY, reason="Trak sig")

    for case in (running, early):
        refused("nothing_to_free", lambda case=case: place_changes.free(facts, case, "x"))
    refused("reason_needed", lambda: place_changes.free(facts, left, " "))


def test_there_are_never_fewer_places_than_are_held(facts, make_case):
    make_case(751), make_case(101)
    before = facts.version()

    refused(
        "capacity_below_held",
        lambda: place_changes.set_capacity(facts, 1, 1, "Færre midler"),
        held=2,
        capacity=1,
    )
    assert facts.version() == before
    place_changes.set_capacity(facts, 1, 2, "Færre midler")
    assert facts.get("initiative", 1)["capacity"] == 2
    assert changes(facts) == [("capacity", None, None, 20, 2, "Færre midler")]


def test_a_cohort_never_has_fewer_than_it_holds_nor_more_than_there_are(facts, make_case, coming):
    make_case(751, "2025-08"), make_case(101, "2025-08")
    first = facts.find("cohort", code="2024-02")["id"]
    place_changes.set_places(facts, first, 15, "Fordelt")

    refused(
        "places_below_held",
        lambda: place_changes.set_places(facts, coming, 1, "x"),
        cohort="2025-08",
        held=2,
        places=1,
    )
    refused(
        "places_over_capacity", lambda: place_changes.set_places(facts, coming, 6, "x"), capacity=20
    )
    refused(
        "places_over_capacity", lambda: place_changes.set_capacity(facts, 1, 14, "x"), capacity=14
    )
    refused(
        "number_out_of_range",
        lambda: place_changes.set_places(facts, coming, -1, "x"),
        number=-1,
        lowest=0,
        highest=1000,
    )
    place_changes.set_places(facts, coming, 5, "Fordelt")
    place_changes.set_places(facts, coming, None, "Deles igen")
    assert [row[3:5] for row in changes(facts)] == [(None, 15), (None, 5), (5, None)]


def test_the_same_number_again_writes_nothing(facts, coming):
    place_changes.set_places(facts, coming, 5, "Fordelt")
    before = facts.version()

    place_changes.set_places(facts, coming, 5, "Fordelt")
    place_changes.set_capacity(facts, 1, 20, "Som før")
    assert facts.version() == before


def test_a_place_moves_from_one_cohort_to_another(facts, make_case, coming):
    first = facts.find("cohort", code="2024-02")["id"]
    refused(
        "cohort_without_number",
        lambda: place_changes.move_place(facts, first, coming, "x"),
        cohort="2024-02",
    )
    for cohort_id, number in ((first, 1), (coming, 19)):
        place_changes.set_places(facts, cohort_id, number, "Fordelt")

    place_changes.move_place(facts, first, coming, "Syddjurs trak sig")

    found = {row["id"]: row["places"] for row in facts.rows("cohort")}
    assert (found[first], found[coming]) == (0, 20)
    refused("cohort_elsewhere", lambda: place_changes.move_place(facts, first, first, "x"))


def test_a_place_that_is_held_stays_with_its_cohort(facts, make_case, coming):
    first = facts.find("cohort", code="2024-02")["id"]
    make_case(751)
    for cohort_id, number in ((first, 1), (coming, 19)):
        place_changes.set_places(facts, cohort_id, number, "Fordelt")
    before = facts.version()

    refused(
        "places_below_held",
        lambda: place_changes.move_place(facts, first, coming, "x"),
        cohort="2024-02",
        held=1,
        places=0,
    )
    assert facts.version() == before


# --- undo -----------------------------------------------------------------------------------------


def test_taking_a_larger_number_back_is_refused_once_the_places_are_held(facts, make_case, coming):
    place_changes.set_places(facts, coming, 1, "Fordelt")
    first = facts.last_operation
    place_changes.set_places(facts, coming, 2, "En til")
    more = facts.last_operation
    make_case(751, "2025-08"), make_case(101, "2025-08")

    refused("cohort_full", lambda: facts.revert(more), cohort="2025-08", places=1)
    refused("revert_too_late", lambda: facts.revert(first), by=facts.actor.name)


def test_giving_a_place_up_is_taken_back_until_somebody_else_has_it(facts, make_case, left, coming):
    place_changes.set_capacity(facts, 1, 1, "Kun én")
    place_changes.free(facts, left, "Aftalt")
    freed = facts.last_operation
    facts.revert(freed)
    assert held(facts) == 1
    place_changes.free(facts, left, "Aftalt")
    freed = facts.last_operation
    make_case(751, "2025-08", received_on=DAY - timedelta(days=1))

    refused("no_place_left", lambda: facts.revert(freed), capacity=1)


def test_a_decision_on_which_another_rests_stays(facts, make_case):
    case = make_case(751, "2025-08", Status.WAITLISTED)
    waiting = facts.last_operation
    decisions.decide(facts, case, Status.OFFERED, on_date=DAY)
    offered = facts.last_operation

    refused("revert_too_late", lambda: facts.revert(waiting), by=facts.actor.name)
    facts.revert(offered)
    facts.revert(waiting)


def test_a_withdrawal_is_not_taken_back_over_who_held_the_place_meanwhile(facts, make_case, clock):
    """Today there is room again, but on the days between there would have been one too many."""
    place_changes.set_capacity(facts, 1, 1, "Kun én")
    first = make_case(751, "2025-08", received_on=DAY - timedelta(days=9))
    decisions.decide(facts, first, Status.WITHDRAWN, on_date=DAY, reason="Trak sig")
    withdrawn = facts.last_operation
    clock.tick(days=1)
    other = make_case(101, "2025-08", received_on=DAY)
    clock.tick(days=3)
    decisions.decide(facts, other, Status.WITHDRAWN, on_date=facts.today(), reason="Trak sig")

    refused("no_place_left", lambda: facts.revert(withdrawn), capacity=1)


# --- several decisions as one ---------------------------------------------------------------------


@pytest.fixture
def scene(facts, make_case, coming) -> dict[str, int]:
    """A cohort of three places: one admitted, one offered, one free; two wait, one has applied."""
    place_changes.set_places(facts, coming, 3, "Fordelt")
    found = {
        "admitted": make_case(751, "2025-08", received_on=date(2024, 9, 1)),
        "offered": make_case(101, "2025-08", Status.WAITLISTED, received_on=date(2024, 9, 2)),
        "second": make_case(153, "2025-08", Status.WAITLISTED, received_on=date(2024, 9, 9)),
        "first": make_case(147, "2025-08", Status.WAITLISTED, received_on=date(2024, 9, 8)),
        "applied": enrolments.create(facts, coming, 860, received_on=date(2024, 9, 20)),
    }
    decisions.decide(facts, found["offered"], Status.OFFERED, on_date=DAY)
    return found


def test_all_of_it_is_done_as_one_and_taken_back_as_one(facts, scene, coming):
    wanted = Wanted(
        turn_down=(scene["offered"],),
        withdraw=(scene["admitted"],),
        places=4,
        admit=(scene["applied"],),
        offers=(scene["first"], scene["second"]),
    )
    before = facts.version()

    done = scenarios.carry_out(facts, coming, wanted, "Aftalt", answer_by=date(2025, 4, 1))

    known = places.cases(facts, 1)
    assert done == 6
    assert {name: enrolments.dated_statuses(facts, id_)[-1][1] for name, id_ in scene.items()} == {
        "admitted": "withdrawn",
        "offered": "withdrawn",
        "applied": "admitted",
        "first": "offered",
        "second": "offered",
    }
    assert known[scene["first"]].answer_by == date(2025, 4, 1)
    assert held(facts) == 3
    assert len({row["operation"] for row in facts.rows("history", "id > ?", [before])}) == 1
    facts.revert(facts.last_operation)
    assert held(facts) == 2
    assert facts.get("cohort", coming)["places"] == 3


@pytest.mark.parametrize(
    ("given", "key"),
    [
        ({}, "scenario_empty"),
        ({"offers": ("second",)}, "scenario_changed"),
        ({"offers": ("first", "second")}, "cohort_full"),
        ({"withdraw": ("first", "offered"), "places": 0}, "places_below_held"),
        ({"turn_down": ("offered",), "admit": ("applied", "first")}, "move_not_allowed"),
    ],
)
def test_one_part_that_cannot_be_keeps_all_from_being_done(facts, scene, coming, given, key):
    wanted = Wanted(
        **{
            name: value if isinstance(value, int) else tuple(scene[one] for one in value)
            for name, value in given.items()
        }
    )
    before = facts.version()

    with pytest.raises(Refused) as refusal:
        scenarios.carry_out(facts, coming, wanted, "Aftalt")

    assert (refusal.value.key, facts.version()) == (key, before)


def test_a_case_of_another_cohort_is_refused(facts, scene, coming, make_case):
    other = make_case(173, "2024-02", Status.WAITLISTED)

    refused(
        "case_elsewhere",
        lambda: scenarios.carry_out(facts, coming, Wanted(offers=(other,)), "x"),
        cohort="2025-08",
    )


# --- what others did meanwhile, and what was undone -----------------------------------------------


def test_undo_never_lets_a_municipality_take_part_twice(facts, make_case, coming):
    first = make_case(751, "2025-01", Status.WAITLISTED)
    decisions.decide(facts, first, Status.WITHDRAWN, on_date=DAY, reason="Trak sig")
    withdrawn = facts.last_operation
    make_case(751, "2025-08", Status.WAITLISTED)

    refused(
        "municipality_in",
        lambda: facts.revert(withdrawn),
        municipality="Aarhus",
        cohort="2025-08",
        status=Status.WAITLISTED,
    )


def test_a_decision_is_not_put_back_on_what_is_gone(facts, make_case):
    case = make_case(751, "2025-08", Status.WAITLISTED)
    waiting = facts.last_operation
    decisions.decide(facts, case, Status.OFFERED, on_date=DAY)
    facts.revert(facts.last_operation)
    taken_back = facts.last_operation
    facts.revert(waiting)

    refused("revert_too_late", lambda: facts.revert(taken_back), by=facts.actor.name)


def test_who_has_not_seen_that_a_decision_was_taken_back_is_told(facts, make_case):
    case = make_case(751, "2025-08")
    admitted, seen = facts.last_operation, facts.version()
    facts.revert(admitted)

    with pytest.raises(Refused) as refusal:
        decisions.decide(facts, case, Status.WITHDRAWN, on_date=DAY, reason="Trak sig", seen=seen)

    assert (refusal.value.key, refusal.value.values["status"]) == ("decided_meanwhile", "applied")


def test_a_place_was_held_in_the_cohort_that_it_was_in_then(facts, make_case, coming, clock):
    clock.tick(days=-120)
    first = facts.find("cohort", code="2025-01")
    place_changes.set_places(facts, first["id"], 1, "Fordelt")
    start = facts.today()
    case = make_case(751, "2025-01", received_on=start - timedelta(days=9))
    waiting = make_case(147, "2025-01", Status.WAITLISTED, received_on=start - timedelta(days=8))
    clock.tick(days=5)
    decisions.move_cohort(facts, case, coming, "Ny organisering")

    refused(
        "cohort_full",
        lambda: decisions.decide(facts, waiting, Status.OFFERED, on_date=start, reason="x"),
        cohort="2025-01",
        places=1,
    )
    decisions.decide(facts, waiting, Status.OFFERED, on_date=facts.today(), reason="x")
    held = places.occupied(facts)["cohort", first["id"]]
    assert [held.on(start + timedelta(days=day)) for day in (0, 4, 5)] == [1, 1, 1]


def test_a_place_that_came_later_is_not_given_for_an_earlier_day(facts, make_case, clock):
    place_changes.set_capacity(facts, 1, 1, "Kun én")
    make_case(751, "2025-08", received_on=DAY - timedelta(days=9))
    waiting = make_case(101, "2025-08", Status.WAITLISTED, received_on=DAY - timedelta(days=9))
    clock.tick(days=5)
    place_changes.set_capacity(facts, 1, 2, "En mere")

    refused(
        "no_place_left",
        lambda: decisions.decide(facts, waiting, Status.OFFERED, on_date=DAY + timedelta(days=4)),
        capacity=1,
    )
    decisions.decide(facts, waiting, Status.OFFERED, on_date=DAY + timedelta(days=5))


def test_a_number_that_was_taken_away_still_counts_for_its_days(facts, make_case, coming, clock):
    place_changes.set_places(facts, coming, 1, "Fordelt")
    make_case(751, "2025-08", received_on=DAY - timedelta(days=9))
    waiting = make_case(101, "2025-08", Status.WAITLISTED, received_on=DAY - timedelta(days=9))
    clock.tick(days=5)
    place_changes.set_places(facts, coming, None, "Deles igen")

    refused(
        "cohort_full",
        lambda: decisions.decide(
            facts, waiting, Status.OFFERED, on_date=DAY + timedelta(days=4), reason="x"
        ),
        cohort="2025-08",
        places=1,
    )
    decisions.decide(facts, waiting, Status.OFFERED, on_date=DAY + timedelta(days=5))


def test_a_move_is_taken_back_into_a_cohort_that_has_room_today(facts, make_case, coming, clock):
    clock.tick(days=-120)
    first = facts.find("cohort", code="2025-01")["id"]
    place_changes.set_places(facts, first, 2, "Fordelt")
    cases = [
        make_case(code, "2025-01", received_on=facts.today() - timedelta(days=9))
        for code in (751, 101)
    ]
    clock.tick(days=5)
    decisions.decide(facts, cases[0], Status.WITHDRAWN, on_date=facts.today(), reason="Trak sig")
    place_changes.set_places(facts, first, 1, "Flyttet")
    clock.tick(days=5)
    decisions.move_cohort(facts, cases[1], coming, "Ny organisering")

    facts.revert(facts.last_operation)

    assert facts.get("enrolment", cases[1])["cohort_id"] == first


def test_what_is_done_in_one_go_is_not_told_as_what_another_did(facts, scene, coming):
    wanted = Wanted(offers=(scene["first"], scene["second"]))

    refused(
        "cohort_full",
        lambda: scenarios.carry_out(facts, coming, wanted, "Aftalt", seen=facts.version()),
        cohort="2025-08",
        places=3,
    )
