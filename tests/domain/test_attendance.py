from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisory.domain.attendance import Person, attended, matches, minutes_present, suggestions

START = datetime(2024, 6, 13, 12, 0, tzinfo=UTC)
END = START + timedelta(minutes=60)


def span(first: float, last: float) -> tuple[datetime, datetime]:
    """Minutes after the start of the meeting as a span."""
    return START + timedelta(minutes=first), START + timedelta(minutes=last)


MINUTE = st.integers(-30, 90)
SPANS = st.lists(st.builds(span, MINUTE, MINUTE), max_size=8)


def counted(spans) -> int:
    """Covered minutes of the meeting, one by one, to check the sweep against."""
    minutes = (START + timedelta(minutes=n, seconds=30) for n in range(60))
    return sum(any(a <= minute < b for a, b in spans) for minute in minutes)


def test_overlapping_joins_count_once_and_only_inside_the_meeting():
    spans = [span(-10, 20), span(10, 30), span(50, 80)]

    assert minutes_present(spans, START, END) == 40


@given(SPANS)
def test_every_minute_of_the_meeting_that_is_covered_counts_once(spans):
    assert minutes_present(spans, START, END) == counted(spans)


@given(SPANS.flatmap(lambda spans: st.tuples(st.just(spans), st.permutations(spans))))
def test_the_order_of_the_joins_does_not_matter(both):
    spans, shuffled = both

    assert minutes_present(shuffled, START, END) == minutes_present(spans, START, END)


@given(SPANS, SPANS)
def test_a_union_is_no_longer_than_its_parts_and_no_shorter_than_either(one, other):
    a, b = minutes_present(one, START, END), minutes_present(other, START, END)

    assert max(a, b) <= minutes_present(one + other, START, END) <= min(a + b, 60)


def test_control_a_plain_sum_of_the_joins_would_be_more_than_was_attended():
    spans = [span(0, 30), span(10, 40)]
    summed = sum((end - start).total_seconds() / 60 for start, end in spans)

    assert (summed, minutes_present(spans, START, END)) == (60, 40)


@pytest.mark.parametrize(
    ("people", "minutes"),
    [
        ([], None),
        ([Person("Ada")], None),
        ([Person("Ada", minutes=0.0)], 0.0),
        ([Person("Ada", spans=(span(0, 20),)), Person("Ada", spans=(span(10, 30),))], 30),
        ([Person("Ada", spans=(span(0, 20),)), Person("Ada", minutes=15.0)], 35),
        ([Person("Ada", minutes=50.0), Person("Ada", minutes=50.0)], 60),
        ([Person("Ada", minutes=20.0), Person("Ada")], 20),
        ([Person("Ada", spans=(span(70, 80),))], 0),
    ],
    ids=[
        "nobody", "unknown", "stated zero", "two machines", "times and minutes", "no longer than "
        "the meeting", "partly known", "outside the meeting",
    ],
)  # fmt: skip
def test_minutes_of_one_human_seen_as_several(people, minutes):
    assert attended(people, START, END) == minutes


def test_only_an_address_matches_and_case_does_not_matter():
    people = [
        Person("Ada Test", "ADA@demo.example"),
        Person("Bo Prøve"),
        Person("Cia Demo", "cia@other.example"),
        Person("En anden", "bo@demo.example"),
    ]
    signups = [(7, "Ada", "ada@demo.example"), (8, "Bo Prøve", "bo@demo.example "), (9, "Cia", "")]

    assert matches(people, signups) == (7, None, None, 8)


SIGNUPS = [
    (1, "Line Hjort", "line@demo.example"),
    (2, "Jørgen Ærø", None),
    (3, "Line Marie Bruun", None),
    (4, "Lars Hjort", None),
    (5, "Åse Test", None),
    (6, "Line Marie Hjort", None),
]


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("Line Hjort", (1,)),
        ("Hjort, Line", (1,)),
        ("LINE HJORT (gæst)", (1,)),
        ("Line Hjort (Guest)", (1,)),
        ("Line Hjort (EXT)", (1,)),
        ("L. Hjort", (1, 4, 6)),
        ("Line H.", (1, 6, 3)),
        ("Line", (1, 3, 6)),
        ("Joergen Aeroe", (2,)),
        ("Jorgen Aro", (2,)),
        ("Aase Test", (5,)),
        ("laptop-12 (Jørgen Ærø)", (2,)),
        ("Hanne Hjort", ()),
        ("", ()),
        ("(gæst)", ()),
    ],
)
def test_names_alike_are_suggested_the_likeliest_first(name, found):
    assert suggestions(Person(name), SIGNUPS) == found


def test_there_are_never_more_than_three_suggestions():
    signups = [(n, f"Line {letter}ruun", None) for n, letter in enumerate("ABCDE")]

    assert suggestions(Person("Line"), signups) == (0, 1, 2)


@given(st.text(max_size=40), st.text(max_size=40))
def test_any_name_can_be_compared_and_is_like_itself(one, other):
    found = suggestions(Person(one), [(1, other, None), (2, one, None)])

    assert set(found) <= {1, 2}
    assert 2 in found or not suggestions(Person(one), [(3, one, None)])
