import itertools
import re
from datetime import date, timedelta
from xml.etree import ElementTree

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisory.domain.calendar import add_months, last_day
from advisory.texts import translator
from advisory.ui import band
from advisory.ui.band_marks import Mark, place_labels, spread
from advisory.ui.drawing import text_width

DA = translator("da")
START = date(2024, 2, 1)
TODAY = date(2025, 3, 13)
COLUMNS = [
    "milestone_id", "name", "name_en", "short", "short_en", "due_on", "done_on", "state", "days",
]  # fmt: skip
TEMPLATE = (
    (0, "Opstartsmøde"), (1, "Kortlægning"), (2, "Udviklingspunkter"), (2, "Workshop 1"),
    (3, "Rollebeskrivelse"), (4, "KU ledelse"), (5, "KU medarb."), (5, "KU peers"),
    (6, "Workshop 2"), (7, "Prøvehandling 1"), (9, "Midtvejs"), (10, "Workshop 3"),
    (12, "Prøvehandling 2"), (14, "Plan, udkast"), (15, "Workshop 4"), (17, "Forankringsplan"),
    (18, "Erfaringsopsamling"), (21, "Opfølgning"),
)  # fmt: skip


def milestone(number, name, due, today=TODAY, done=None, state=None):
    state = state or ("done" if done else "late" if due < today else "planned")
    return dict(
        milestone_id=number, name=name, name_en="In English", short=name, short_en="English",
        due_on=pd.Timestamp(due), done_on=pd.Timestamp(done) if done else pd.NaT, state=state,
        days=abs((due - today).days),
    )  # fmt: skip


def plan(*rows):
    return pd.DataFrame(list(rows), columns=COLUMNS)


def template(today):
    rows = []
    for number, (month, name) in enumerate(TEMPLATE):
        due = add_months(START, month) - timedelta(days=month >= 18)
        rows.append(milestone(number, name, due, today, done=due if due < today else None))
    return plan(*rows)


def drawn(milestones, today=TODAY, text=DA):
    markup = band.band(
        milestones, starts_on=START, ends_on=last_day(START, 18), today=today, months=18, text=text
    )
    return ElementTree.fromstring(markup.replace("\u00a0", " "))


def named(one):
    """What a screen reader calls it: its label, else its title."""
    return one.get("aria-label") or one.find("title").text


def of_class(tree, name):
    return [one for one in tree.iter() if one.get("class") == name]


def x_of(path):
    return float(path.get("d")[1:].split(" ")[0])


# 21 months from 1 February 2024 are 639 days on 1150 - 4 - 29 = 1117 units.
def at(day):
    return pytest.approx(4 + (day - START).days * 1117 / 639, abs=0.06)


@pytest.mark.parametrize("today", [START, TODAY, date(2025, 7, 31), date(2025, 10, 31)])
def test_today_stands_at_its_date_with_the_flag_inside(today):
    tree = drawn(template(today), today)
    (line,), (flag,) = of_class(tree, "today"), of_class(tree, "today-flag")

    assert x_of(line) == at(today)
    assert 0 <= float(flag.get("x")) <= 1150 - float(flag.get("width"))


@pytest.mark.parametrize("today", [date(2023, 6, 1), date(2026, 11, 23)])
def test_a_day_outside_the_band_has_a_flag_and_no_line(today):
    tree = drawn(template(today), today)

    assert of_class(tree, "today") == []
    words = " ".join(one.text for one in tree.iter("text"))
    assert DA.date(today).replace("\u00a0", " ") in words


def test_the_end_of_the_programme_is_a_line_with_words():
    tree = drawn(plan())

    assert x_of(of_class(tree, "end")[0]) == at(date(2025, 8, 1))
    assert "Forløbet slutter 31. juli 2025" in [one.text for one in tree.iter("text")]
    assert tree.find("svg").get("aria-label").endswith("ingen milepæle endnu.")


def test_a_milestone_stands_where_it_was_done_else_where_it_is_due():
    tree = drawn(
        plan(
            milestone(1, "Mål", date(2024, 5, 1), done=date(2024, 5, 9)),
            milestone(2, "Midtvejs", date(2024, 10, 1)),
            milestone(3, "Workshop 4", date(2025, 5, 20)),
        )
    )
    marks = of_class(tree, "mark")

    assert [float(mark.find("circle").get("cx")) for mark in marks] == [
        at(date(2024, 5, 9)),
        at(date(2024, 10, 1)),
        at(date(2025, 5, 20)),
    ]
    assert [mark.get("href") for mark in marks] == [f"#milestone-{n}" for n in (1, 2, 3)]
    assert [named(mark) for mark in marks] == [
        "Mål: gennemført 9. maj 2024",
        "Midtvejs: 163 dage over frist, 1. oktober 2024",
        "Workshop 4: planlagt 20. maj 2025, om 68 dage",
    ]


def test_overdue_and_coming_keep_to_their_side_of_today():
    yesterday, tomorrow = TODAY - timedelta(days=1), TODAY + timedelta(days=1)
    tree = drawn(
        plan(
            milestone(1, "A", yesterday),
            milestone(2, "B", yesterday),
            milestone(3, "C", tomorrow, state="soon"),
        )
    )
    first, second, third = (float(m.find("circle").get("cx")) for m in of_class(tree, "mark"))

    assert first + 18 <= second + 0.1
    assert second < x_of(of_class(tree, "today")[0]) < third


def labels(marks):
    return [(mark, *mark.extent()) for mark in marks if mark.side]


def assert_readable(marks, lines=()):
    placed = labels(marks)
    for mark, left, right in placed:
        assert left >= 0
        assert right <= 1150
        assert mark.side != "below" or not any(left < line < right for line in lines)
        for other, other_left, other_right in placed:
            if other is mark or other.side != mark.side:
                continue
            if other.lane == mark.lane:
                assert right <= other_left or other_right <= left
            if other.lane == 1 and mark.lane == 0:
                assert not left < other.x < right


def drawn_labels(tree):
    """(height, left, right) of each label beside a milestone, as it stands in the drawing."""
    shares = {"start": 0, "middle": 0.5, "end": 1}
    found = []
    for word in (one.find("text") for one in of_class(tree, "mark")):
        if word is not None:
            width = text_width(word.text, bold=word.get("font-weight") == "600")
            left = float(word.get("x")) - width * shares[word.get("text-anchor")]
            found.append((float(word.get("y")), left, left + width))
    return sorted(found)


def test_the_plan_is_labelled_without_overlap_on_any_day():
    for month in range(-1, 23):
        today = add_months(START, month) + timedelta(days=12)
        found = drawn_labels(drawn(template(today), today))

        # Where today's line falls among the first crowded months, one label may have to give way.
        assert len(found) >= len(TEMPLATE) - 1
        for (height, _, right), (next_height, left, _) in itertools.pairwise(found):
            assert height != next_height or right < left


@settings(max_examples=80, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.floats(13, 1121),
            st.sampled_from(["KU", "Workshop 2", "KU medarbejdere og peers", "Erfaringsopsamling"]),
            st.sampled_from(["done", "late", "soon", "planned", "not_applicable"]),
        ),
        max_size=40,
    ),
    st.lists(st.floats(4, 1121), max_size=2),
)
def test_labels_never_overlap_and_are_dropped_when_there_is_no_room(rows, lines):
    marks = [Mark(n, state, START, label, "", x) for n, (x, label, state) in enumerate(rows)]

    place_labels(marks, lines)

    assert_readable(marks, lines)


@given(st.lists(st.floats(-200, 1400), max_size=30).map(sorted))
def test_icons_are_spread_inside_their_bounds_in_order(wanted):
    places = spread(wanted, 13, 1121)

    assert len(places) == len(wanted)
    assert all(12.9 <= place <= 1121.1 for place in places)
    assert all(b - a >= 17.9 for a, b in itertools.pairwise(places))


def test_icons_with_room_stay_where_they_are():
    assert spread([20.0, 40.0, 100.0], 13, 1121) == [20.0, 40.0, 100.0]
    assert spread([50.0, 50.0], 13, 1121) == [41.0, 59.0]


def test_too_many_icons_share_the_room_there_is():
    assert spread([0.0, 0.0, 0.0], 10, 20) == [10.0, 15.0, 20.0]


def test_english_uses_the_english_names():
    tree = drawn(template(TODAY), text=translator("en"))

    assert "English" in [one.text for one in tree.iter("text")]
    assert named(of_class(tree, "mark")[0]).startswith("In English: done")


@pytest.mark.parametrize("language", ["da", "en"])
@pytest.mark.parametrize("state", ["done", "late", "soon", "planned", "not_applicable"])
def test_every_state_has_its_words(language, state):
    row = milestone(1, "Mål", TODAY, done=TODAY if state == "done" else None, state=state)

    drawn(plan(row), text=translator(language))


def test_names_are_escaped():
    markup = band.band(
        plan(milestone(1, "<b>Mål</b>", TODAY)),
        starts_on=START, ends_on=last_day(START, 18), today=TODAY, months=18, text=DA,
    )  # fmt: skip

    assert "<b>" not in markup
    assert re.search("&lt;b&gt;Mål", markup)
