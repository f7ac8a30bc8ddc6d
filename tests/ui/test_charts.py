from datetime import date

import holoviews as hv
import pandas as pd
import pytest

from advisory import frames
from advisory.texts import translator
from advisory.ui import charts

TODAY = date(2025, 3, 13)
MILESTONES = {"due_on": "datetime64[s]", "done_on": "datetime64[s]", "not_applicable": "bool"}
CASES = {"cohort": "str", "status": "str", "health": "str"}


@pytest.fixture
def danish():
    return translator("da")


def milestones(*rows):
    return pd.DataFrame(list(rows), columns=list(MILESTONES)).astype(MILESTONES)


def cases(*rows):
    return pd.DataFrame(list(rows), columns=list(CASES)).astype(CASES)


def plan():
    return milestones(
        ("2025-01-06", "2025-01-08", False),
        ("2025-01-31", None, False),
        ("2025-02-28", "2025-01-02", False),
        ("2025-03-13", None, False),
        ("2025-05-01", None, False),
        ("2025-05-02", None, True),
    )


def bars(overlay, label):
    (found,) = [one for one in overlay if isinstance(one, hv.Rectangles) and one.label == label]
    return found.dframe()


def option(overlay, name):
    return hv.Store.lookup_options("bokeh", overlay, "plot").kwargs[name]


def test_every_month_from_the_first_date_to_the_last_has_a_row():
    months = charts.by_month(plan(), TODAY)

    assert [
        (month.date().isoformat(), due, done)
        for month, due, done in months.itertuples(index=False, name=None)
    ] == [
        ("2025-01-01", 2, 2),
        ("2025-02-01", 1, 0),
        ("2025-03-01", 1, 0),
        ("2025-04-01", 0, 0),
        ("2025-05-01", 1, 0),
    ]


def test_what_is_done_after_the_date_is_not_done_yet():
    before = charts.by_month(plan(), date(2025, 1, 2))

    assert before["done"].sum() == 1


def test_no_milestones_give_the_same_columns_and_types():
    empty, full = charts.by_month(milestones(), TODAY), charts.by_month(plan(), TODAY)

    assert len(empty) == 0
    assert dict(empty.dtypes) == dict(full.dtypes)


def test_the_months_are_drawn_from_zero_with_their_words(danish):
    overlay = charts.milestones_by_month(plan(), TODAY, danish)

    due, done = bars(overlay, "Frist i måneden"), bars(overlay, "Gennemført i måneden")
    assert (due["y0"] == 0).all()
    assert due["y1"].tolist() == [2, 1, 1, 0, 1]
    assert done["y1"].tolist() == [2, 0, 0, 0, 0]
    assert due["month"].iloc[0] == danish.month_year(date(2025, 1, 1))
    assert option(overlay, "ylim")[0] == 0


def test_the_title_counts_what_is_due_and_done_of_all(danish):
    title = option(charts.milestones_by_month(plan(), TODAY, danish), "title")

    assert title == ("Milepæle måned for måned: 4 har haft frist og 2 er gennemført, af 5 i alt")


@pytest.mark.parametrize(
    ("today", "position"),
    [(date(2025, 1, 1), 0), (date(2025, 3, 1), 2), (date(2024, 12, 1), -1), (date(2026, 1, 1), 12)],
)
def test_today_stands_where_its_month_stands(danish, today, position):
    overlay = charts.milestones_by_month(plan(), today, danish)

    (line,) = [one for one in overlay if isinstance(one, hv.VLine)]
    left, right = option(overlay, "xlim")
    assert line.data == position
    assert left <= position <= right


def test_each_cohort_is_a_bar_of_its_running_programmes(danish):
    overlay = charts.health_by_cohort(
        cases(
            ("2025-01", "active", "late"),
            ("2024-02", "active", "on_track"),
            ("2024-02", "active", "on_track"),
            ("2024-02", "active", "late"),
            ("2024-02", "withdrawn", ""),
        ),
        danish,
    )

    late, on_track = bars(overlay, "Forsinket"), bars(overlay, "Følger planen")
    columns = ["x0", "x1", "cohort", "cases"]
    first, second = (
        danish.month_year(day).capitalize() for day in (date(2024, 2, 1), date(2025, 1, 1))
    )
    assert on_track[columns].to_numpy().tolist() == [[0, 2, first, 2]]
    assert late[columns].to_numpy().tolist() == [[2, 3, first, 1], [0, 1, second, 1]]
    assert option(overlay, "title") == "Fremdrift efter hold: 4 forløb er i gang"


def test_empty_frames_are_drawn_with_a_title_that_says_so(danish):
    drawn = [
        charts.milestones_by_month(milestones(), TODAY, danish),
        charts.health_by_cohort(cases(), danish),
    ]

    assert [option(overlay, "title") for overlay in drawn] == [
        danish("charts.month_none"),
        danish("charts.health_none"),
    ]
    assert all(hv.render(overlay, backend="bokeh").toolbar_location is None for overlay in drawn)


def test_the_whole_invented_programme_is_drawn_in_both_languages(demo_store):
    plan, found = frames.milestones(demo_store), frames.enrolments(demo_store)

    for language in ("da", "en"):
        text = translator(language)
        hv.render(charts.milestones_by_month(plan, TODAY, text), backend="bokeh")
        overlay = charts.health_by_cohort(found, text)
        hv.render(overlay, backend="bokeh")
        drawn = sum(
            one.dframe()["cases"].sum() for one in overlay if isinstance(one, hv.Rectangles)
        )
        assert drawn == (found["status"] == "active").sum()
