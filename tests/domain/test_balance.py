from datetime import date

import pytest

from advisory.domain.balance import (
    Coming,
    Gap,
    Mark,
    Target,
    closing,
    gaps,
    mark,
    missing,
    severity,
)

MARKS = {
    "W": Mark.WITHIN,
    "U": Mark.UNDER,
    "0": Mark.NONE,
    "?": Mark.UNKNOWN,
    "c": Mark.COMING,
    "-": Mark.NOT_INVITED,
}


def row(text):
    return [MARKS[letter] for letter in text]


@pytest.mark.parametrize(
    ("attended", "answer"),
    [
        (None, Mark.UNKNOWN),
        (0, Mark.NONE),
        (1, Mark.UNDER),
        (2, Mark.UNDER),
        (3, Mark.WITHIN),
        (4, Mark.WITHIN),
        (10, Mark.WITHIN),
        (11, Mark.WITHIN),
    ],
)
def test_the_target_is_reached_from_its_low_number_and_above_its_high_one_too(attended, answer):
    assert mark(invited=True, held=True, attended=attended, target=Target(3, 10)) == answer


@pytest.mark.parametrize(
    ("attended", "answer"),
    [(None, Mark.UNKNOWN), (0, Mark.NONE), (1, Mark.WITHIN), (2, Mark.WITHIN)],
)
def test_without_a_target_one_head_is_enough(attended, answer):
    assert mark(invited=True, held=True, attended=attended, target=None) == answer


def test_nobody_is_within_a_target_that_begins_at_nobody():
    assert mark(invited=True, held=True, attended=0, target=Target(0, 6)) == Mark.WITHIN


@pytest.mark.parametrize(
    ("invited", "held", "attended", "answer"),
    [
        (True, False, None, Mark.COMING),
        (False, False, None, Mark.COMING),
        (False, True, None, Mark.NOT_INVITED),
        (True, True, None, Mark.UNKNOWN),
    ],
)
def test_what_is_not_held_is_coming_and_who_is_not_invited_is_not_absent(
    invited, held, attended, answer
):
    assert mark(invited=invited, held=held, attended=attended, target=Target(2, 6)) == answer


@pytest.mark.parametrize(
    ("marks", "answer"),
    [
        ("", ()),
        ("W", ()),
        ("0", (Gap("peers", "none", 1, 1),)),
        ("W0", (Gap("peers", "none", 1, 2),)),
        ("0U", (Gap("peers", "none", 1, 2),)),
        ("0W0c", (Gap("peers", "none", 2, 3),)),
        ("000W", (Gap("peers", "none", 3, 4),)),
    ],
)
def test_nobody_came_is_a_gap_from_the_first_time(marks, answer):
    assert gaps({"peers": row(marks)}) == answer


@pytest.mark.parametrize(
    ("marks", "answer"),
    [
        ("00W", (Gap("peers", "none", 2, 3),)),
        ("00WW", ()),
        ("00WWW", ()),
        ("0W", ()),
        ("0WU", (Gap("peers", "none", 1, 3),)),
        ("UUW", (Gap("peers", "under", 2, 3),)),
        ("UUWW", ()),
        ("UWUW", ()),
        ("WUWU", (Gap("peers", "under", 2, 4),)),
        ("U0WW", ()),
    ],
)
def test_a_gap_is_closed_when_the_latest_reached_the_target_and_at_most_half_failed(marks, answer):
    assert gaps({"peers": row(marks)}) == answer


@pytest.mark.parametrize(
    ("marks", "answer"),
    [
        ("U", (Gap("peers", "under", 1, 1),)),
        ("WU", ()),
        ("WWU", ()),
        ("WUW", ()),
        ("UU", (Gap("peers", "under", 2, 2),)),
        ("UWU", (Gap("peers", "under", 2, 3),)),
        ("U0W", (Gap("peers", "under", 2, 3),)),
    ],
)
def test_below_target_is_a_gap_the_second_time_or_in_the_only_workshop(marks, answer):
    assert gaps({"peers": row(marks)}) == answer


@pytest.mark.parametrize(
    ("marks", "answer"),
    [
        ("-", ()),
        ("-c", ()),
        ("--", (Gap("peers", "never", 2, 2),)),
        ("--c", (Gap("peers", "never", 2, 2),)),
        ("---", (Gap("peers", "never", 3, 3),)),
        ("-W-", ()),
        ("-?", ()),
    ],
)
def test_never_invited_is_a_gap_from_the_second_held_workshop(marks, answer):
    assert gaps({"peers": row(marks)}) == answer


@pytest.mark.parametrize(
    ("marks", "answer"),
    [
        ("?", ()),
        ("???", ()),
        ("W?", ()),
        ("?0", (Gap("peers", "none", 1, 1),)),
        ("0?", (Gap("peers", "none", 1, 1),)),
        ("0-?c", (Gap("peers", "none", 1, 1),)),
    ],
)
def test_unknown_is_not_absence_and_only_what_is_counted_is_counted(marks, answer):
    assert gaps({"peers": row(marks)}) == answer


def test_the_worst_gap_is_first_by_kind_then_by_share_then_by_times():
    found = gaps(
        {
            "under 2 of 3": row("UWU"),
            "never": row("--"),
            "under 2 of 2": row("UU"),
            "none 1 of 2": row("W0"),
            "reached": row("WW"),
            "none 1 of 1": row("0"),
            "none 2 of 2": row("00"),
        }
    )
    assert found == (
        Gap("none 2 of 2", "none", 2, 2),
        Gap("none 1 of 1", "none", 1, 1),
        Gap("none 1 of 2", "none", 1, 2),
        Gap("never", "never", 2, 2),
        Gap("under 2 of 2", "under", 2, 2),
        Gap("under 2 of 3", "under", 2, 3),
    )


def test_the_gaps_of_the_mock_up_are_its_four():
    cases = {
        "Brønderslev": {"peers": row("WWUc")},
        "Holbæk": {"citizens": row("0W0c"), "staff": row("WWWc")},
        "Horsens": {"citizens": row("WUWc")},
        "Ringkøbing-Skjern": {"leadership": row("UWUc")},
        "Tårnby": {"peers": row("U0Wc")},
        "Guldborgsund": {"peers": row("cccc")},
        "Middelfart": {"citizens": row("0ccc")},
    }
    found = [(gap, name) for name, marks in cases.items() for gap in gaps(marks)]
    assert sorted(found, key=lambda each: severity(each[0])) == [
        (Gap("citizens", "none", 1, 1), "Middelfart"),
        (Gap("citizens", "none", 2, 3), "Holbæk"),
        (Gap("leadership", "under", 2, 3), "Ringkøbing-Skjern"),
        (Gap("peers", "under", 2, 3), "Tårnby"),
    ]


def test_nobody_and_never_invited_call_for_attention_and_below_target_does_not():
    found = gaps({"staff": row("UU"), "peers": row("--"), "citizens": row("0"), "x": row("W")})
    assert missing(found) == ("citizens", "peers")


JULY = Coming(1, date(2025, 7, 10), frozenset({"staff"}))
APRIL = Coming(2, date(2025, 4, 24), frozenset({"staff"}))
MAY = Coming(3, date(2025, 5, 6), frozenset({"staff", "peers"}))
JUNE = Coming(4, date(2025, 6, 3), frozenset({"staff", "peers"}))


@pytest.mark.parametrize(
    ("coming", "answer"),
    [
        ([], None),
        ([JULY], JULY),
        ([JULY, APRIL], APRIL),
        ([JULY, JUNE, APRIL, MAY], MAY),
    ],
)
def test_the_first_that_invites_the_audience_closes_its_gap_otherwise_the_first(coming, answer):
    assert closing("peers", coming) == answer
