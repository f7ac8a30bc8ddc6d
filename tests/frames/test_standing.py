"""What a scenario is said to give is what the store has once it has really happened."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import astuple, replace
from datetime import date
from itertools import product

import pytest

from advisory import frames
from advisory.domain import capacity
from advisory.domain.enrolments import Status
from advisory.domain.errors import AdvisoryError
from advisory.domain.scenario import Round, Scenario, Standing, play
from advisory.frames.standing import standing_of
from advisory.store import Store, enrolments, place_changes, places, scenarios

from ..ui.places_story import FIRST, SECOND, THIRD, Story, opened, told

TURN_DOWN, WITHDRAW, ADMIT = ("Skive", "Struer"), ("Odder", "Ringsted"), ("Lejre",)
SCENARIOS = [
    Scenario(turn_down=no, withdraw=leave, places=places, capacity=capacity, admit=more)
    for no, leave, places, capacity, more in product(
        (0, 1, 2), (0, 2), (None, 3, 6, 8), (None, 17, 18, 22), (0, 1)
    )
    if not (capacity in (17, 18) and places)  # what comes first is then a matter of its own
]


@pytest.fixture(scope="module")
def written(tmp_path_factory, data_dir):
    path = tmp_path_factory.mktemp("standing") / "story.db"
    return path, told(path, data_dir)


@pytest.fixture
def story(written, tmp_path, clock) -> Iterator[Story]:
    yield from opened(*written, tmp_path, clock)


Known = tuple[Standing, Round]


class Undo(Exception):
    """Ends a write that should leave nothing."""


@contextmanager
def undone(store: Store) -> Iterator[None]:
    try:
        with store.write("enrolment.status"):
            yield
            raise Undo
    except Undo:
        pass


def wanted(story: Story, scenario: Scenario, offers: tuple[int, ...]) -> scenarios.Wanted:
    def cases(names: tuple[str, ...], number: int) -> tuple[int, ...]:
        return tuple(story.cases[name] for name in names[:number])

    return scenarios.Wanted(
        turn_down=cases(TURN_DOWN, scenario.turn_down),
        withdraw=cases(WITHDRAW, scenario.withdraw),
        places=scenario.places,
        capacity=scenario.capacity,
        admit=cases(ADMIT, scenario.admit),
        offers=offers,
    )


def said(known: Known, scenario: Scenario) -> object:
    """(taken, offered, free in all, free in the round, who still waits), or the refusal."""
    standing, own = known
    try:
        out = play(standing, own, scenario)
    except AdvisoryError as refusal:
        return refusal.key
    still = tuple(one.enrolment_id for one in own.queue if one.enrolment_id not in out.offers)
    return out.taken_after, out.offered_after, out.free_total_after, out.left, still


def really(story: Story, scenario: Scenario) -> object:
    """The same as the store has it after it has been done, with an offer for every free place."""
    store, found = story.store, None
    try:
        with undone(store):
            scenarios.carry_out(store, story.cohort(THIRD), wanted(story, scenario, ()), "Aftalt")
            *_, free, line = stands(story)
            if line[:free]:
                offers = scenarios.Wanted(offers=line[:free])
                scenarios.carry_out(store, story.cohort(THIRD), offers, "Næste")
            found = stands(story)
    except AdvisoryError as refusal:
        return refusal.key
    return found


def stands(story: Story) -> tuple[int, int, int, int, tuple[int, ...]]:
    """The places by the records, read without a frame."""
    store, today = story.store, story.store.today()
    cohort = store.get("cohort", story.cohort(THIRD))
    known = places.cases(store, cohort["initiative_id"])
    offered = sum(capacity.standing(case, today) == Status.OFFERED for case in known.values())
    held = capacity.held(known.values(), today)
    free = places.free(store, cohort, known, today, today)
    line = tuple(one.enrolment_id for one in places.queue(store, cohort, known, today))
    return held - offered, offered, store.rows("initiative")[0]["capacity"] - held, free, line


def nothing(scenario: Scenario) -> bool:
    """Whether there is nothing to do but to make the offers, which the verb does not do alone."""
    return astuple(scenario) == (0, 0, None, None, 0)


def test_the_numbers_are_those_of_the_frames(story):
    queue = tuple(story.cases[name] for name in ("Odsherred", "Rebild"))

    standing, own = standing_of(story.store, THIRD)

    assert standing == Standing(capacity=20, taken=16, offered=2, given=13)
    assert replace(own, queue=()) == Round(THIRD, places=7, taken=3, offered=2, withdrawable=3)
    assert [(one.enrolment_id, one.late, one.received_on, one.priority) for one in own.queue] == [
        (case, False, date(2025, 2, 3), None) for case in queue
    ]
    now = frames.places(story.store)
    assert (now["taken"], now["offered"], now["capacity"]) == (16, 2, 20)


def test_the_queue_is_in_the_order_of_the_priorities(story):
    enrolments.prioritise(story.store, story.cases["Rebild"], 1, "Har ventet før")

    _, own = standing_of(story.store, THIRD)

    assert [(one.enrolment_id, one.priority) for one in own.queue] == [
        (story.cases["Rebild"], 1),
        (story.cases["Odsherred"], None),
    ]


def test_of_a_cohort_that_runs_nobody_can_withdraw_and_free_a_place(story):
    found = [standing_of(story.store, code)[1] for code in (FIRST, SECOND)]

    assert found == [
        Round(FIRST, places=7, taken=7, offered=0, withdrawable=0),
        Round(SECOND, places=6, taken=6, offered=0, withdrawable=0),
    ]


def test_an_unknown_cohort_is_a_key_error(store):
    with pytest.raises(KeyError):
        standing_of(store, THIRD)


def test_what_is_said_is_what_happens(story):
    tried = [one for one in SCENARIOS if not nothing(one)]

    known = standing_of(story.store, THIRD)
    found = {one: (said(known, one), really(story, one)) for one in tried}

    assert {one: pair for one, pair in found.items() if pair[0] != pair[1]} == {}
    kinds = {pair[0] if isinstance(pair[0], str) else "done" for pair in found.values()}
    assert kinds == {
        "done", "cohort_full", "places_below_held", "capacity_below_held",
        "places_over_capacity",
    }  # fmt: skip


def test_the_same_without_numbers_of_their_own(story):
    for code in (FIRST, SECOND, THIRD):
        place_changes.set_places(story.store, story.cohort(code), None, "Ingen fordeling")
    tried = [one for one in SCENARIOS if one.places is None and not nothing(one)]

    known = standing_of(story.store, THIRD)
    found = {one: (said(known, one), really(story, one)) for one in tried}

    assert {one: pair for one, pair in found.items() if pair[0] != pair[1]} == {}
    kinds = {pair[0] if isinstance(pair[0], str) else "done" for pair in found.values()}
    assert kinds == {"done", "no_place_left", "capacity_below_held"}


def test_another_scenario_is_told_apart(story):
    """The control: what is compared would show a difference of a single place."""
    happened = really(story, Scenario(turn_down=1))

    others = [Scenario(), Scenario(turn_down=2), Scenario(turn_down=1, admit=1)]
    others += [Scenario(turn_down=1, withdraw=1), Scenario(turn_down=1, places=6)]
    known = standing_of(story.store, THIRD)
    assert happened == said(known, Scenario(turn_down=1))
    assert [said(known, one) == happened for one in others] == [False] * 5
