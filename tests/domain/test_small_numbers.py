"""What is hidden, and an attacker of its own: it tries every table that a reader could think of."""

from collections.abc import Iterator, Sequence
from itertools import product
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisory.domain.roles import ROLES
from advisory.domain.small_numbers import LIMIT, hidden, seen_by

Position = tuple[int, int]
Table = Sequence[Sequence[int | None]]

MOST = 8  # heads in a cell of a drawn table
HIDDEN, UNPUBLISHED = "hidden", "unpublished"


def with_totals(table: Table) -> list[list[int]]:
    body = [[cell or 0 for cell in row] + [sum(cell or 0 for cell in row)] for row in table]
    return [*body, [sum(row[column] for row in body) for column in range(len(body[0]))]]


def small(table: Table, rows: bool, columns: bool, limit: int = LIMIT) -> frozenset[Position]:
    """The small numbers among what is published, and nothing more."""
    height, width = len(table), len(table[0])
    return frozenset(
        (row, column)
        for row, line in enumerate(with_totals(table))
        for column, value in enumerate(line)
        if 1 <= value < limit and (column < width or rows) and (row < height or columns)
    )


def view(table: Table, hide: frozenset[Position], rows: bool, columns: bool) -> list[list]:
    """What the reader gets: a number, HIDDEN or UNPUBLISHED at every position."""
    height, width = len(table), len(table[0])

    def seen(at: Position, value: int) -> int | str:
        if (at[0] == height and not columns) or (at[1] == width and not rows):
            return UNPUBLISHED
        return HIDDEN if at in hide else value

    return [
        [seen((row, column), value) for column, value in enumerate(line)]
        for row, line in enumerate(with_totals(table))
    ]


def fits(shown: int | str, value: int) -> bool:
    return shown in (HIDDEN, UNPUBLISHED) or shown == value


def fillings(line: Sequence[int | str]) -> Iterator[tuple[int, ...]]:
    """Every way to fill the hidden cells of a row, up to one more head than any table has."""
    choices = [range(1, MOST + 2) if cell == HIDDEN else (cell,) for cell in line[:-1]]
    return (filling for filling in product(*choices) if fits(line[-1], sum(filling)))


def possible(seen: list[list]) -> dict[Position, set[int]]:
    """Every value that each hidden position has in any table that agrees with what is seen.

    All fillings of all rows are tried; half-filled tables with the same columns' sums so far go on
    as one, and a sum that is not published is not kept.
    """
    *body, totals = seen
    kept = [total != UNPUBLISHED for total in totals[:-1]]
    rows = [
        [(filling, tuple(map(int.__mul__, filling, kept))) for filling in fillings(line)]
        for line in body
    ]
    reached = [{(0,) * len(kept)}]
    for row in rows:
        reached.append({plus(state, added) for state in reached[-1] for _, added in row})
    alive = {
        state
        for state in reached[-1]
        if fits(totals[-1], sum(state))
        and all(fits(total, end) for total, end in zip(totals, state, strict=False))
    }
    values: dict[Position, set[int]] = {}
    for state in alive:
        note(values, len(body), totals, (*state, sum(state)))
    for number in reversed(range(len(body))):
        before = set()
        for filling, added in rows[number]:
            came = {minus(state, added) for state in alive} & reached[number]
            if came:
                note(values, number, body[number], (*filling, sum(filling)))
            before |= came
        alive = before
    return values


def plus(state: tuple[int, ...], added: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(a + b for a, b in zip(state, added, strict=True))


def minus(state: tuple[int, ...], added: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(a - b for a, b in zip(state, added, strict=True))


def note(
    values: dict[Position, set[int]], row: int, seen: Sequence[int | str], line: Sequence[int]
) -> None:
    for column, (shown, value) in enumerate(zip(seen, line, strict=True)):
        if shown == HIDDEN:
            values.setdefault((row, column), set()).add(value)


def worked_out(table: Table, hide: frozenset[Position], rows: bool, columns: bool) -> set[Position]:
    """The hidden positions that the attacker knows the number of."""
    found = possible(view(table, hide, rows, columns))
    assert set(found) == hide  # the true table at least is always possible
    return {at for at, values in found.items() if len(values) == 1}


def drawn(seed: int) -> tuple[list[list[int | None]], bool, bool]:
    """A table of up to 3 x 3 and which totals are published."""
    random = Random(seed)
    height, width, most = random.randint(1, 3), random.randint(1, 3), random.choice((2, 5, MOST))
    table = [
        [None if random.random() < 0.1 else random.randint(0, most) for _ in range(width)]
        for _ in range(height)
    ]
    return table, random.random() < 0.7, random.random() < 0.7


def test_the_attacker_finds_every_value_that_agrees_with_what_is_seen():
    seen = [[HIDDEN, HIDDEN, 4], [HIDDEN, 7, HIDDEN], [5, HIDDEN, UNPUBLISHED]]
    assert possible(seen) == {
        (0, 0): {1, 2, 3},
        (0, 1): {1, 2, 3},
        (1, 0): {2, 3, 4},
        (1, 2): {9, 10, 11},
        (2, 1): {8, 9, 10},
    }


def test_the_attacker_knows_that_what_is_hidden_is_at_least_one():
    assert possible([[HIDDEN, HIDDEN, 2], [UNPUBLISHED] * 3]) == {(0, 0): {1}, (0, 1): {1}}


@settings(max_examples=300)
@given(
    st.integers(1, 3).flatmap(
        lambda width: st.lists(
            st.lists(st.none() | st.integers(0, MOST), min_size=width, max_size=width),
            min_size=1,
            max_size=3,
        )
    ),
    st.booleans(),
    st.booleans(),
    st.sampled_from([2, 3, LIMIT]),
)
def test_no_hidden_number_can_be_worked_out(table, rows, columns, limit):
    hide = hidden(table, limit, rows, columns)
    assert worked_out(table, hide, rows, columns) == set()
    assert hide >= small(table, rows, columns, limit)


def broken(seeds: range, hide) -> int:
    """How many of the drawn tables the attacker gets a number out of."""
    return sum(
        bool(worked_out(table, hide(table, rows, columns), rows, columns))
        for table, rows, columns in map(drawn, seeds)
    )


def test_where_the_small_numbers_alone_are_worked_out_what_is_hidden_with_them_stops_it():
    seeds = range(150)
    answer = broken(seeds, small), broken(seeds, lambda table, *on: hidden(table, LIMIT, *on))
    assert answer == (37, 0)


def sums_told(
    table: Table, hide: frozenset[Position], rows: bool, columns: bool, limit: int = LIMIT
) -> list[int]:
    """The small sums of what is hidden of a row or a column, told by the total that is shown."""
    seen = view(table, hide, rows, columns)
    lines = [line for line in [*seen, *zip(*seen)] if UNPUBLISHED not in line]
    left = [
        line[-1] - sum(one for one in line[:-1] if one != HIDDEN)
        for line in lines
        if line[-1] != HIDDEN
    ]
    return [heads for heads in left if 0 < heads < limit]


TABLES = st.integers(1, 4).flatmap(
    lambda width: st.lists(
        st.lists(st.none() | st.integers(0, 30), min_size=width, max_size=width),
        min_size=1,
        max_size=6,
    )
)


@settings(max_examples=300)
@given(TABLES, st.booleans(), st.booleans())
def test_what_is_hidden_of_a_line_is_never_few_in_all(table, rows, columns):
    assert sums_told(table, hidden(table, LIMIT, rows, columns), rows, columns) == []


def test_control_numbers_that_only_cannot_be_worked_out_are_few_in_all():
    table = [[8, 2, 2], [7, 8, 8]]
    hide = frozenset({(0, 1), (0, 2), (1, 1), (1, 2)})

    assert worked_out(table, hide, True, True) == set()
    assert sums_told(table, hide, True, True) == [4]
    assert sums_told(table, hidden(table), True, True) == []


@given(
    st.lists(
        st.lists(st.none() | st.just(0) | st.integers(LIMIT, 40), min_size=3, max_size=3),
        max_size=6,
    ),
    st.booleans(),
    st.booleans(),
)
def test_a_table_without_small_numbers_hides_nothing(table, rows, columns):
    assert hidden(table, LIMIT, rows, columns) == frozenset()


@pytest.mark.parametrize("table", [[], [[]], [[], []], [[None]], [[0, None], [None, 0]]])
def test_a_table_of_nobody_hides_nothing(table):
    assert hidden(table) == frozenset()


@pytest.mark.parametrize(
    ("heads", "answer"),
    [
        (0, set()),
        (1, {(0, 0), (0, 1)}),
        (4, {(0, 0), (0, 1)}),
        (5, set()),
        (6, set()),
    ],
)
def test_from_one_to_four_heads_are_small(heads, answer):
    assert hidden([[heads, 9, 20]], column_totals=False) == answer


@pytest.mark.parametrize(("limit", "answer"), [(3, set()), (4, {(0, 0), (0, 1)})])
def test_the_limit_itself_is_not_small(limit, answer):
    assert hidden([[3, 9, 20]], limit, column_totals=False) == answer


def test_without_totals_only_the_small_numbers_are_hidden():
    table = [[3, 9, None], [0, 12, 4]]
    assert hidden(table, row_totals=False, column_totals=False) == {(0, 0), (1, 2)}


def test_the_smallest_further_number_is_hidden_and_never_a_zero():
    assert hidden([[3, 9, 7, 0, None]], column_totals=False) == {(0, 0), (0, 2)}
    assert hidden([[3], [9], [7], [0], [None]], row_totals=False) == {(0, 0), (2, 0)}


def test_two_small_numbers_of_a_row_hide_each_other_when_they_are_enough_in_all():
    assert hidden([[2, 2, 7, 9]], column_totals=False) == {(0, 0), (0, 1), (0, 2)}
    assert hidden([[3, 2, 7]], column_totals=False) == {(0, 0), (0, 1)}


def test_two_ones_of_a_row_do_not_hide_each_other_for_their_sum_gives_them_away():
    assert hidden([[1, 1, 7, 9]], column_totals=False) == {(0, 0), (0, 1), (0, 2)}


def test_a_number_that_can_be_smaller_and_not_larger_is_hidden_well_enough():
    assert hidden([[4, 1, 20]], column_totals=False) == {(0, 0), (0, 1)}


def test_with_both_totals_the_rectangle_of_the_fewest_heads_is_hidden():
    table = [[3, 20, 30], [40, 10, 9], [50, 60, 8]]
    assert hidden(table) == {(0, 0), (0, 1), (1, 0), (1, 1)}


def test_a_total_is_hidden_where_no_other_number_is_left():
    assert hidden([[3, 0, None], [9, 8, 7]], column_totals=False) == {(0, 0), (0, 3)}
    assert hidden([[3, 0], [0, 8]]) == {(0, 0), (0, 2), (2, 0), (2, 2)}


def test_a_large_number_is_hidden_before_a_total_is():
    table = [[3, 5], [6, 1000], [7, 0]]
    assert hidden(table) == {(0, 0), (0, 1), (1, 0), (1, 1)}


def test_a_small_total_is_hidden_too():
    assert hidden([[1, 2], [30, 40]], column_totals=False) == {(0, 0), (0, 1), (0, 2)}


def test_the_same_heads_in_another_kind_of_sequence_have_the_same_answer():
    table = [[3, 7, 7], [7, 7, 7], [7, 7, None]]
    assert hidden(tuple(map(tuple, table))) == hidden(table)
    assert hidden(table) == {(0, 0), (0, 1), (1, 0), (1, 1)}


def test_who_works_with_the_cases_sees_people_per_activity():
    assert {role for role in ROLES if seen_by(role)} == {"consultant", "office", "system"}
