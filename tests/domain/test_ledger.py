from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta
from itertools import groupby, pairwise
from random import Random

import pytest

from advisory.domain.capacity import Case, held, standing
from advisory.domain.enrolments import MOVES, Status
from advisory.domain.ledger import Cause, Change, Entry, Holder, Movement, movements

DAY = timedelta(days=1)
FEBRUARY, JANUARY, AUGUST = 1, 2, 3
STARTS = {FEBRUARY: date(2024, 2, 1), JANUARY: date(2025, 1, 1), AUGUST: date(2025, 8, 1)}
ENDS = {FEBRUARY: date(2025, 7, 31), JANUARY: date(2026, 6, 30), AUGUST: date(2027, 1, 31)}
TODAY = date(2025, 3, 13)
LIST = date(2024, 9, 1)
OUT = date(2025, 2, 1)  # a day on which somebody leaves, after the start of January


def holder(
    id_: int,
    cohort_id: int,
    *rows: tuple[date, str],
    answer_by: date | None = None,
    freed_on: date | None = None,
) -> Holder:
    """A case whose rows were recorded at 12:00 on their day, with the ids 10, 11 ... of case 1."""
    entries = tuple(
        Entry(10 * id_ + number, status, on, f"{on}T12:00:00+00:00", f"{status} {id_}", "Anne")
        for number, (on, status) in enumerate(rows)
    )
    case = Case(tuple(rows), STARTS[cohort_id], ENDS[cohort_id], freed_on, answer_by)
    return Holder(id_, cohort_id, case, entries)


def change(
    kind: str,
    on: date,
    *,
    id_: int = 1,
    at: str = "13:00",
    enrolment_id: int | None = None,
    cohort_id: int | None = None,
    before: int | None = None,
    after: int | None = None,
) -> Change:
    instant = f"{on}T{at}:00+00:00"
    return Change(
        id_, kind, on, instant, enrolment_id, cohort_id, before, after, f"{kind} {id_}", "Mads"
    )


def told(found: Iterable[Movement]) -> list[tuple]:
    """Day, cause, enrolment, changes and numbers after: (taken, offered, capacity, free)."""
    return [
        (
            row.on_date,
            row.cause,
            row.enrolment_id,
            (row.taken, row.offered, row.capacity),
            (row.taken_after, row.offered_after, row.capacity_after, row.free_after),
        )
        for row in found
    ]


# --- the worked example -----------------------------------------------------------------------

ADMITTED_ON = {FEBRUARY: date(2024, 1, 22), JANUARY: date(2024, 10, 21), AUGUST: date(2025, 1, 14)}
OFFERED_ON, ANSWER_BY, GONE_ON = date(2025, 2, 25), date(2025, 3, 18), date(2025, 3, 6)
SYDDJURS, GLADSAXE, SKIVE = 15, 19, 20


def programme() -> tuple[list[Holder], list[Change]]:
    """20 places on 13 March 2025: 17 taken, 2 offered, one free since Syddjurs left."""
    cohorts = [FEBRUARY] * 7 + [JANUARY] * 8 + [AUGUST] * 3
    applied = {FEBRUARY: date(2023, 12, 1), JANUARY: date(2024, 9, 2), AUGUST: date(2024, 9, 26)}
    cases = [
        holder(id_, cohort, (applied[cohort], "applied"), (ADMITTED_ON[cohort], "admitted"))
        for id_, cohort in enumerate(cohorts, 1)
    ]
    rows = (*cases[SYDDJURS - 1].case.rows, (GONE_ON, "withdrawn"))
    cases[SYDDJURS - 1] = holder(SYDDJURS, JANUARY, *rows, freed_on=GONE_ON)
    for id_ in (GLADSAXE, SKIVE):
        rows = ((date(2024, 12, id_), "applied"), (date(2025, 1, 20), "waitlisted"))
        cases.append(holder(id_, AUGUST, *rows, (OFFERED_ON, "offered"), answer_by=ANSWER_BY))
    cases.append(holder(21, AUGUST, (date(2025, 1, 8), "applied"), (OFFERED_ON, "waitlisted")))
    moved_on = date(2025, 3, 7)
    return cases, [
        change("freed", GONE_ON, id_=1, enrolment_id=SYDDJURS),
        change("places", moved_on, id_=2, cohort_id=JANUARY, before=8, after=7),
        change("places", moved_on, id_=3, cohort_id=AUGUST, before=5, after=6),
    ]


def test_the_ledger_of_the_programme_tells_how_17_2_and_1_came_about():
    found = movements(*programme(), 20, TODAY)

    groups = [
        (
            *key,
            len(rows := list(group)),
            (rows[-1].taken_after, rows[-1].offered_after, rows[-1].free_after),
            (rows[-1].cohort_taken_after, rows[-1].cohort_offered_after),
            (rows[-1].before, rows[-1].after),
        )
        for key, group in groupby(found, lambda row: (row.on_date, row.cause, row.cohort_id))
    ]
    nothing = (None, None)
    assert groups == [
        (date(2024, 1, 22), Cause.ADMITTED, FEBRUARY, 7, (7, 0, 13), (7, 0), nothing),
        (date(2024, 10, 21), Cause.ADMITTED, JANUARY, 8, (15, 0, 5), (8, 0), nothing),
        (date(2025, 1, 14), Cause.ADMITTED, AUGUST, 3, (18, 0, 2), (3, 0), nothing),
        (date(2025, 2, 25), Cause.OFFERED, AUGUST, 2, (18, 2, 0), (3, 2), nothing),
        (date(2025, 3, 6), Cause.FREED, JANUARY, 1, (17, 2, 1), (7, 0), nothing),
        (date(2025, 3, 7), Cause.PLACES, JANUARY, 1, (17, 2, 1), (7, 0), (8, 7)),
        (date(2025, 3, 7), Cause.PLACES, AUGUST, 1, (17, 2, 1), (3, 2), (5, 6)),
    ]


def test_a_movement_carries_the_whole_decision():
    found = movements(*programme(), 20, TODAY)

    assert found[-3] == Movement(
        on_date=GONE_ON,
        recorded_at="2025-03-06T13:00:00+00:00",
        cause=Cause.FREED,
        enrolment_id=SYDDJURS,
        cohort_id=JANUARY,
        from_cohort_id=None,
        before=None,
        after=None,
        taken=-1,
        offered=0,
        capacity=0,
        taken_after=17,
        offered_after=2,
        capacity_after=20,
        free_after=1,
        cohort_taken_after=7,
        cohort_offered_after=0,
        from_taken_after=0,
        from_offered_after=0,
        reason="freed 1",
        actor="Mads",
    )


def test_the_ledger_ends_with_the_day_that_is_asked_for():
    lengths = [len(movements(*programme(), 20, GONE_ON + n * DAY)) for n in (-1, 0, 1)]

    assert lengths == [20, 21, 23]


# --- each cause -------------------------------------------------------------------------------


def test_an_offer_accepted_on_the_day_it_was_made_is_two_movements():
    case = holder(
        1, AUGUST, (LIST, "waitlisted"), (OUT, "offered"), (OUT, "admitted"), answer_by=OUT + DAY
    )

    assert told(movements([case], [], 20, TODAY)) == [
        (OUT, Cause.OFFERED, 1, (0, 1, 0), (0, 1, 20, 19)),
        (OUT, Cause.ACCEPTED, 1, (1, -1, 0), (1, 0, 20, 19)),
    ]


@pytest.mark.parametrize(
    ("status", "cause"), [("withdrawn", Cause.TURNED_DOWN), ("lapsed", Cause.LAPSED)]
)
def test_an_offer_ends_with_a_no_or_when_somebody_says_that_it_lapsed(status, cause):
    rows = ((LIST, "waitlisted"), (OUT, "offered"), (OUT + 3 * DAY, status))
    case = holder(1, AUGUST, *rows, answer_by=OUT + 3 * DAY)

    found = movements([case], [], 20, TODAY)

    assert told(found)[1:] == [(OUT + 3 * DAY, cause, 1, (0, -1, 0), (0, 0, 20, 20))]
    assert (found[1].reason, found[1].actor) == (f"{status} 1", "Anne")


@pytest.mark.parametrize("later", [(), ("lapsed",), ("withdrawn",)])
def test_an_offer_nobody_answered_lapses_by_itself_whatever_is_recorded_afterwards(later):
    rows = ((LIST, "waitlisted"), (OUT, "offered"), *((OUT + 4 * DAY, one) for one in later))
    case = holder(1, AUGUST, *rows, answer_by=OUT + 3 * DAY)

    found = movements([case], [], 20, TODAY)

    assert told(found)[1:] == [(OUT + 4 * DAY, Cause.LAPSED, 1, (0, -1, 0), (0, 0, 20, 20))]
    assert (found[1].recorded_at, found[1].reason, found[1].actor) == ("", "", "")
    assert len(movements([case], [], 20, OUT + 3 * DAY)) == 1


def test_a_withdrawal_gives_the_place_back_before_the_start_and_not_after():
    start = STARTS[JANUARY]
    cases = [
        holder(id_, JANUARY, (LIST, "applied"), (LIST, "admitted"), (day, "withdrawn"))
        for id_, day in ((1, start - DAY), (2, start))
    ]

    assert told(movements(cases, [], 20, TODAY))[2:] == [
        (start - DAY, Cause.WITHDRAWN, 1, (-1, 0, 0), (1, 0, 20, 19))
    ]


def test_a_place_given_up_on_the_day_of_the_withdrawal_is_freed_by_the_decision():
    rows = ((LIST, "applied"), (LIST, "admitted"), (OUT, "withdrawn"))
    case = holder(1, JANUARY, *rows, freed_on=OUT)
    freed = change("freed", OUT, id_=99, at="12:00", enrolment_id=1)

    assert told(movements([case], [freed], 20, TODAY))[1:] == [
        (OUT, Cause.FREED, 1, (-1, 0, 0), (0, 0, 20, 20))
    ]


def test_who_held_nothing_is_not_in_the_ledger():
    cases = [
        holder(1, AUGUST, (LIST, "interested"), (OUT, "applied")),
        holder(2, AUGUST, (LIST, "applied"), (OUT, "waitlisted"), (OUT, "withdrawn")),
        holder(3, AUGUST, (LIST, "applied"), (OUT, "declined")),
        holder(4, JANUARY, (LIST, "applied"), (OUT, "withdrawn"), freed_on=OUT),
    ]
    changes = [
        change("freed", OUT, id_=1, enrolment_id=4),
        change("moved", OUT, id_=2, enrolment_id=2, before=JANUARY, after=AUGUST),
        change("freed", OUT, id_=3, enrolment_id=99),
        change("places", OUT, id_=4, cohort_id=AUGUST, before=6, after=6),
        change("capacity", OUT, id_=5, before=20, after=20),
    ]

    assert movements(cases, changes, 20, TODAY) == []


@pytest.mark.parametrize(
    ("status", "counts"), [("admitted", (1, 0)), ("offered", (0, 1))], ids=["taken", "offered"]
)
def test_a_move_takes_the_place_from_one_cohort_to_the_other_and_changes_no_total(status, counts):
    before = "applied" if status == "admitted" else "waitlisted"
    case = holder(1, AUGUST, (LIST, before), (LIST + DAY, status))
    stays = holder(2, JANUARY, (LIST, "applied"), (LIST, "admitted"))
    moved = change("moved", OUT, enrolment_id=1, before=JANUARY, after=AUGUST)

    _, first, second = movements([case, stays], [moved], 20, TODAY)

    taken, offered = counts
    assert (first.cohort_id, first.from_cohort_id) == (JANUARY, None)
    assert (first.cohort_taken_after, first.cohort_offered_after) == (1 + taken, offered)
    assert second == replace(
        second,
        cause=Cause.MOVED,
        enrolment_id=1,
        cohort_id=AUGUST,
        from_cohort_id=JANUARY,
        before=None,
        after=None,
        taken=0,
        offered=0,
        capacity=0,
        taken_after=1 + taken,
        offered_after=offered,
        cohort_taken_after=taken,
        cohort_offered_after=offered,
        from_taken_after=1,
        from_offered_after=0,
    )


def test_a_move_back_starts_from_the_first_cohort():
    case = holder(1, JANUARY, (LIST, "applied"), (LIST, "admitted"))
    changes = [
        change("moved", OUT + DAY, id_=2, enrolment_id=1, before=AUGUST, after=JANUARY),
        change("moved", OUT, id_=1, enrolment_id=1, before=JANUARY, after=AUGUST),
    ]

    found = movements([case], changes, 20, TODAY)

    assert [(row.from_cohort_id, row.cohort_id) for row in found] == [
        (None, JANUARY),
        (JANUARY, AUGUST),
        (AUGUST, JANUARY),
    ]


def test_a_place_won_after_a_move_counts_where_the_case_was_moved_to():
    case = holder(1, AUGUST, (LIST, "applied"), (OUT, "admitted"))
    moved = change("moved", OUT - DAY, enrolment_id=1, before=JANUARY, after=AUGUST)

    (only,) = movements([case], [moved], 20, TODAY)

    assert (only.cause, only.cohort_id, only.cohort_taken_after) == (Cause.ADMITTED, AUGUST, 1)


def test_the_number_of_places_is_the_one_before_its_first_change_until_then():
    case = holder(1, AUGUST, (LIST, "applied"), (OUT, "admitted"))
    changes = [
        change("capacity", OUT + 9 * DAY, id_=8, before=22, after=18),
        change("capacity", OUT + DAY, id_=7, before=20, after=22),
    ]

    found = movements([case], changes, 18, TODAY)

    assert told(found) == [
        (OUT, Cause.ADMITTED, 1, (1, 0, 0), (1, 0, 20, 19)),
        (OUT + DAY, Cause.CAPACITY, None, (0, 0, 2), (1, 0, 22, 21)),
        (OUT + 9 * DAY, Cause.CAPACITY, None, (0, 0, -4), (1, 0, 18, 17)),
    ]
    assert [(row.before, row.after, row.cohort_id) for row in found[1:]] == [
        (20, 22, None),
        (22, 18, None),
    ]
    assert told(movements([case], changes, 18, OUT)) == told(found)[:1]


def test_a_number_given_to_a_cohort_and_taken_away_again_is_told():
    changes = [
        change("places", OUT, id_=1, cohort_id=AUGUST, before=None, after=6),
        change("places", OUT, id_=2, cohort_id=AUGUST, before=6, after=None),
    ]

    found = movements([], changes, 20, TODAY)

    assert [(row.cause, row.cohort_id, row.before, row.after) for row in found] == [
        (Cause.PLACES, AUGUST, None, 6),
        (Cause.PLACES, AUGUST, 6, None),
    ]


# --- the order --------------------------------------------------------------------------------


def test_a_day_begins_with_what_happens_by_itself_then_by_instant_then_by_id():
    def offer(id_: int) -> Holder:
        rows = ((LIST, "waitlisted"), (OUT - 9 * DAY, "offered"))
        return holder(id_, AUGUST, *rows, answer_by=OUT - DAY)

    def admission(id_: int, at: str) -> Holder:
        case = holder(id_, AUGUST, (LIST, "applied"), (OUT, "admitted"))
        first, last = case.entries
        return replace(case, entries=(replace(first, id=1), replace(last, id=id_, recorded_at=at)))

    noon, later = f"{OUT}T12:00:00+00:00", f"{OUT}T14:00:00+00:00"
    cases = [
        admission(7, later),
        admission(6, noon),
        admission(5, noon),
        admission(2, ""),
        offer(4),
        offer(3),
    ]
    changes = [
        change("capacity", OUT, id_=9, at="12:00", before=21, after=20),
        change("capacity", OUT, id_=4, at="12:00", before=20, after=21),
    ]

    found = movements(cases, changes, 20, TODAY)

    assert [(row.cause, row.enrolment_id or row.after) for row in found if row.on_date == OUT] == [
        (Cause.LAPSED, 3),
        (Cause.LAPSED, 4),
        (Cause.ADMITTED, 2),
        (Cause.CAPACITY, 21),
        (Cause.ADMITTED, 5),
        (Cause.ADMITTED, 6),
        (Cause.CAPACITY, 20),
        (Cause.ADMITTED, 7),
    ]
    assert movements(cases[::-1], changes[::-1], 20, TODAY) == found


def test_of_two_rows_on_a_day_the_later_id_stands_even_when_its_clock_ran_behind():
    case = holder(1, AUGUST, (LIST, "applied"), (OUT, "admitted"), (OUT, "withdrawn"))
    early = replace(case.entries[2], recorded_at=f"{OUT}T11:00:00+00:00")
    case = replace(case, entries=(*case.entries[:2], early))

    found = movements([case], [], 20, TODAY)

    assert sum(row.taken for row in found) == held([case.case], TODAY) == 0


# --- any history ------------------------------------------------------------------------------

FIRST = date(2025, 1, 1)
DAYS = [FIRST + number * DAY for number in range(60)]
NEXT = {None: ("interested", "applied"), **{status: sorted(MOVES[status]) for status in MOVES}}
# The causes of recorded moves that change what is held; a withdrawal only before the start.
RECORDED = {
    ("applied", "admitted"): Cause.ADMITTED,
    ("waitlisted", "offered"): Cause.OFFERED,
    ("offered", "admitted"): Cause.ACCEPTED,
    ("offered", "withdrawn"): Cause.TURNED_DOWN,
    ("offered", "lapsed"): Cause.LAPSED,
    ("admitted", "withdrawn"): Cause.WITHDRAWN,
}


class History:
    """A programme made day by day as the verbs would, each step recorded at its own instant."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.holders: list[Holder] = []
        self.changes: list[Change] = []
        self.capacity = 20
        self.steps = 0
        self.known_from = self.random.choice([FIRST, DAYS[15]])  # the instants of statuses
        for day in sorted(self.random.choices(DAYS[:40], k=self.random.randint(20, 150))):
            self.step(day)

    def at(self, day: date) -> str:
        self.steps += 1
        return f"{day}T{self.steps:06}" if day >= self.known_from else ""

    def change(self, kind: str, day: date, **values) -> None:
        fields = {"enrolment_id": None, "cohort_id": None, "before": None, "after": None, **values}
        self.changes.append(
            Change(
                id=len(self.changes) + 1,
                kind=kind,
                on_date=day,
                recorded_at=f"{day}T{self.steps:06}~",  # after the last status
                reason="Aftalt",
                actor="Anne",
                **fields,
            )
        )

    def apply(self, day: date) -> None:
        starts_on = self.random.choice(DAYS[10:40])
        case = Case((), starts_on, starts_on + 10 * DAY)
        cohort = self.random.choice([JANUARY, AUGUST])
        self.holders.append(Holder(len(self.holders) + 1, cohort, case, ()))
        self.decide(day, len(self.holders) - 1)

    def decide(self, day: date, place: int) -> None:
        holder = self.holders[place]
        status = standing(holder.case, day)
        # A lapse may be written down after it has happened by itself.
        choices = ["lapsed"] if status == "lapsed" != holder.case.rows[-1][1] else NEXT[status]
        if not choices:
            return
        often = {"applied": 6, "waitlisted": 6, "offered": 6, "admitted": 3, "withdrawn": 2}
        new = self.random.choices(choices, [often.get(one, 1) for one in choices])[0]
        case = replace(holder.case, rows=(*holder.case.rows, (day, str(new))))
        if new == "offered":
            case = replace(case, answer_by=day + self.random.randint(0, 12) * DAY)
        entry = Entry(self.steps, str(new), day, self.at(day), "Aftalt", "Anne")
        self.holders[place] = replace(holder, case=case, entries=(*holder.entries, entry))

    def move(self, day: date, place: int) -> None:
        holder = self.holders[place]
        ids = {"enrolment_id": holder.enrolment_id, "before": holder.cohort_id}
        other = AUGUST if holder.cohort_id == JANUARY else JANUARY
        self.holders[place] = replace(holder, cohort_id=other)
        self.change("moved", day, after=other, **ids)

    def free(self, day: date, place: int) -> None:
        holder = self.holders[place]
        if standing(holder.case, day) == "withdrawn" and held([holder.case], day):
            self.holders[place] = replace(holder, case=replace(holder.case, freed_on=day))
            self.change("freed", day, enrolment_id=holder.enrolment_id)

    def number(self, day: date) -> None:
        if self.random.randrange(2):
            cohort, numbers = self.random.choice([JANUARY, AUGUST]), [None, 6, 7]
            before, after = self.random.choices(numbers, k=2)
            self.change("places", day, cohort_id=cohort, before=before, after=after)
        else:
            after = self.random.randint(18, 22)
            self.change("capacity", day, before=self.capacity, after=after)
            self.capacity = after

    def step(self, day: date) -> None:
        verbs = ("apply", "decide", "move", "free", "number")
        verb = self.random.choices(verbs, (3, 20, 3, 9, 1))[0]
        if verb == "number":
            self.number(day)
        elif verb == "apply" or not self.holders:
            self.apply(day)
        else:
            getattr(self, verb)(day, self.random.choice(self.fitting(verb, day)))

    def fitting(self, verb: str, day: date) -> list[int]:
        """The cases something can be done with, those for which `verb` is meant before all."""
        meant = {"decide": ("applied", "waitlisted", "offered", "active"), "free": ("withdrawn",)}
        every = range(len(self.holders))
        states = [standing(holder.case, day) for holder in self.holders]
        return [one for one in every if states[one] in meant.get(verb, ())] * 3 + list(every)


@pytest.fixture(scope="module")
def histories() -> list[History]:
    return [History(seed) for seed in range(100)]


def ledger(history: History, until: date = DAYS[-1]) -> list[Movement]:
    return movements(history.holders, history.changes, history.capacity, until)


def where(history: History, holder: Holder, day: date) -> int:
    """The cohort of a holder at the end of `day`."""
    moves = [
        one
        for one in history.changes
        if one.kind == "moved" and one.enrolment_id == holder.enrolment_id
    ]
    known = [one.after for one in moves if one.on_date <= day]
    return known[-1] if known else moves[0].before if moves else holder.cohort_id


def number_on(history: History, day: date) -> int:
    changes = [one for one in history.changes if one.kind == "capacity"]
    known = [one.after for one in changes if one.on_date <= day]
    return known[-1] if known else changes[0].before if changes else history.capacity


def counts(holders: list[Holder], day: date) -> tuple[int, int]:
    """(taken, offered) at the end of `day`, by the rules of the places."""
    cases = [holder.case for holder in holders]
    offered = sum(standing(case, day) == Status.OFFERED for case in cases)
    return held(cases, day) - offered, offered


def faults(found: list[Movement], history: History) -> list[str]:
    """What is wrong with a ledger: its numbers at the end of each day, its rows, its causes."""
    wrong = [f"{row.on_date}: nothing changes" for row in found if not _changes(row)]
    for day in DAYS:
        known = [row for row in found if row.on_date <= day]
        last = known[-1] if known else None
        numbers = (last.taken_after, last.offered_after) if last else (0, 0)
        if numbers != counts(history.holders, day):
            wrong.append(f"{day}: {numbers} held")
        capacity = last.capacity_after if last else number_on(history, FIRST - DAY)
        if capacity != number_on(history, day):
            wrong.append(f"{day}: capacity")
        for cohort in (JANUARY, AUGUST):
            there = [one for one in history.holders if where(history, one, day) == cohort]
            if _of_cohort(known, cohort) != counts(there, day):
                wrong.append(f"{day}: cohort {cohort}")
    return wrong + _broken_sums(found, history) + _wrong_causes(found, history)


def _changes(row: Movement) -> bool:
    changed = row.taken or row.offered or row.capacity or row.before != row.after
    return bool(changed) or row.from_cohort_id not in (None, row.cohort_id)


def _of_cohort(known: list[Movement], cohort: int) -> tuple[int, int]:
    for row in reversed(known):
        if row.cohort_id == cohort:
            return row.cohort_taken_after, row.cohort_offered_after
        if row.from_cohort_id == cohort:
            return row.from_taken_after, row.from_offered_after
    return 0, 0


def _broken_sums(found: list[Movement], history: History) -> list[str]:
    taken, offered, capacity = 0, 0, number_on(history, FIRST - DAY)
    wrong = []
    for row in found:
        taken, offered = taken + row.taken, offered + row.offered
        capacity += row.capacity
        after = (row.taken_after, row.offered_after, row.capacity_after, row.free_after)
        if after != (taken, offered, capacity, capacity - taken - offered):
            wrong.append(f"{row.on_date}: {row.cause} does not add up")
    order = [(row.on_date, row.actor != "", row.recorded_at) for row in found]
    return wrong + ["out of order" for one, two in pairwise(order) if two < one]


def _wrong_causes(found: list[Movement], history: History) -> list[str]:
    """Recorded moves and lapses counted over again from pairs of rows, without the ledger."""
    expected: Counter = Counter()
    for holder in history.holders:
        case = holder.case
        for (_, old), (on, new) in pairwise(case.rows):
            cause = RECORDED.get((old, new))
            late = old == "offered" and case.answer_by and on > case.answer_by
            kept = cause == Cause.WITHDRAWN and on >= case.starts_on
            if cause and not late and not kept:
                expected[on, cause, holder.enrolment_id] += 1
        pairs = pairwise(case.rows)
        answered = [on for (_, old), (on, new) in pairs if old == "offered" != new]
        if case.answer_by and not (answered and answered[0] <= case.answer_by):
            expected[case.answer_by + DAY, Cause.LAPSED, holder.enrolment_id] += 1
    for one in history.changes:
        if one.kind == "freed" or (one.kind != "moved" and one.before != one.after):
            expected[one.on_date, Cause(one.kind), one.enrolment_id] += 1
    told = Counter(
        (row.on_date, row.cause, row.enrolment_id) for row in found if row.cause != Cause.MOVED
    )
    return [f"cause: {row}" for row in (told - expected) + (expected - told)]


def test_at_the_end_of_every_day_the_ledger_says_what_the_rules_say(histories):
    wrong = {number: faults(ledger(one), one) for number, one in enumerate(histories)}

    assert {number: found for number, found in wrong.items() if found} == {}


def test_the_histories_have_every_cause_often_enough_to_mean_something(histories):
    met = Counter(row.cause for one in histories for row in ledger(one))
    by_itself = sum(row.actor == "" for one in histories for row in ledger(one))

    assert {cause for cause in Cause if met[cause] < 20} == set()
    assert 20 <= by_itself <= met[Cause.LAPSED] - 20


def test_a_ledger_that_misses_or_mistells_a_movement_is_noticed(histories):
    unnoticed, nothing = set(), dict(taken=0, offered=0, capacity=0, before=0, after=0)
    nothing["from_cohort_id"] = None
    for number, history in enumerate(histories[::4]):
        found = ledger(history)
        for place in Random(number).sample(range(len(found)), min(3, len(found))):
            row = found[place]
            spoilt = {
                "missing": [],
                "twice": [row, row],
                "nothing": [replace(row, **nothing)],
                "one more": [replace(row, taken=row.taken + 1)],
                "other balance": [replace(row, offered_after=row.offered_after + 1)],
                "other day": [replace(row, on_date=row.on_date + DAY)],
            }
            for name, rows in spoilt.items():
                if not faults([*found[:place], *rows, *found[place + 1 :]], history):
                    unnoticed.add((row.cause, name))

    # A place that moves on again the same day, or is told of twice, leaves the numbers as they are.
    assert unnoticed <= {(Cause.MOVED, "missing"), (Cause.MOVED, "twice")}


def test_the_ledger_of_a_day_is_the_beginning_of_todays(histories):
    for history in histories:
        whole = ledger(history)
        for day in DAYS[::9]:
            assert ledger(history, day) == [row for row in whole if row.on_date <= day]
