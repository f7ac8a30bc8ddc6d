"""What if: the places of one round after some answers and decisions. Nothing is written."""

from dataclasses import astuple, dataclass

from .capacity import Waiting, check_free, check_free_in_cohort
from .errors import Refused

MOST = 1_000


@dataclass(frozen=True, slots=True)
class Round:
    """A cohort as it stands; `places` is its own number, or None when it has none.

    `withdrawable` of the `taken` have not begun, so that withdrawing frees their place; `queue`
    is in waiting order.
    """

    cohort: str
    places: int | None
    taken: int
    offered: int
    withdrawable: int
    queue: tuple[Waiting, ...] = ()


@dataclass(frozen=True, slots=True)
class Standing:
    """All cohorts of the initiative together, the round included.

    `given` is the sum of the other cohorts' own numbers; one without a number counts nothing.
    """

    capacity: int
    taken: int
    offered: int
    given: int = 0


@dataclass(frozen=True, slots=True)
class Scenario:
    """What is supposed: so many say no to their offer, withdraw, are admitted at once.

    `places` and `capacity` are new numbers of the round and of the initiative, None for as now.
    """

    turn_down: int = 0
    withdraw: int = 0
    places: int | None = None
    capacity: int | None = None
    admit: int = 0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What comes of it; `free_*` are places the round can give, `*_after` of the initiative.

    `free_after` is before the `offers` (enrolment ids, in line), `left` what remains after them.
    """

    free_before: int
    free_after: int
    offers: tuple[int, ...]
    left: int
    taken_after: int
    offered_after: int
    free_total_after: int


def play(standing: Standing, round: Round, scenario: Scenario) -> Outcome:
    """The places after `scenario`, with what is free then offered to those next in the queue.

    First the answers and withdrawals, then the new numbers, then the admissions, then the offers.
    Refuses with `number_out_of_range` (number, lowest, highest), `turn_down_over_offered`
    (offered), `withdraw_over_admitted` (admitted), `capacity_below_held` (held, capacity),
    `places_below_held` (cohort, held, places), `places_over_capacity` (capacity), `no_place_left`
    (capacity) and `cohort_full` (cohort, places).
    """
    _check_counts(round, scenario)
    less = scenario.turn_down + scenario.withdraw
    held, held_here = standing.taken + standing.offered - less, round.taken + round.offered - less
    capacity = standing.capacity if scenario.capacity is None else scenario.capacity
    places = round.places if scenario.places is None else scenario.places
    _check_numbers(standing, round, capacity, places, held, held_here)
    if scenario.admit:
        check_free(capacity, held + scenario.admit - 1)
        check_free_in_cohort(places, held_here + scenario.admit - 1, round.cohort)
    free = _free(capacity, held + scenario.admit, places, held_here + scenario.admit)
    offers = tuple(row.enrolment_id for row in round.queue[:free])
    return Outcome(
        free_before=_free(standing.capacity, held + less, round.places, held_here + less),
        free_after=free,
        offers=offers,
        left=free - len(offers),
        taken_after=standing.taken - scenario.withdraw + scenario.admit,
        offered_after=standing.offered - scenario.turn_down + len(offers),
        free_total_after=capacity - held - scenario.admit - len(offers),
    )


def _free(capacity: int, held: int, places: int | None, held_here: int) -> int:
    in_all = capacity - held
    return max(0, in_all if places is None else min(in_all, places - held_here))


def _check_counts(round: Round, scenario: Scenario) -> None:
    for number in astuple(scenario):
        if number is not None and not 0 <= number <= MOST:
            raise Refused("number_out_of_range", number=number, lowest=0, highest=MOST)
    if scenario.turn_down > round.offered:
        raise Refused("turn_down_over_offered", offered=round.offered)
    if scenario.withdraw > round.withdrawable:
        raise Refused("withdraw_over_admitted", admitted=round.withdrawable)


def _check_numbers(
    standing: Standing, round: Round, capacity: int, places: int | None, held: int, held_here: int
) -> None:
    if (capacity, places) == (standing.capacity, round.places):
        return
    if capacity < held:
        raise Refused("capacity_below_held", held=held, capacity=capacity)
    if places is not None and places < held_here:
        raise Refused("places_below_held", cohort=round.cohort, held=held_here, places=places)
    if standing.given + (places or 0) > capacity:
        raise Refused("places_over_capacity", capacity=capacity)
