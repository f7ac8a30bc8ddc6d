from datetime import date

import holoviews as hv
import pandas as pd
import pytest

from advisory import frames
from advisory.frames.trends import BY_KIND, HOURS, MONTHLY
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


# --- activities -----------------------------------------------------------------------------------


def monthly(*rows):
    return pd.DataFrame(list(rows), columns=list(MONTHLY)).astype(MONTHLY)


def by_kind(*rows):
    return pd.DataFrame(list(rows), columns=list(BY_KIND)).astype(BY_KIND)


def hours(*rows):
    return pd.DataFrame(list(rows), columns=list(HOURS)).astype(HOURS)


def test_each_audience_that_was_counted_has_a_bar_in_its_month(danish):
    overlay = charts.attendance_by_month(
        monthly(
            (2, "leadership", 2, 2, 9),
            (2, "citizens", 2, 1, 0),
            (4, "leadership", 1, 0, None),
            (4, "staff", 1, 1, 12),
        ),
        danish,
    )

    columns = ["x0", "programme_month", "people"]
    assert {one.label: one.dframe()[columns].to_numpy().tolist() for one in overlay} == {
        "Ledelse": [[0.1, 2, 9]],
        "Medarbejdere": [[pytest.approx(2.3), 4, 12]],
        "Borgere": [[pytest.approx(0.7), 2, 0]],
    }
    assert option(overlay, "xticks") == [(0.5, "2"), (1.5, "3"), (2.5, "4")]
    assert option(overlay, "title") == (
        "Fremmøde måned for måned i forløbet: 21 deltagelser, 4 af 6 besøg talt op"
    )


def test_each_municipality_is_a_bar_of_its_activities(danish):
    overlay = charts.activities_by_municipality(
        by_kind(
            (1, "Struer", "struer", "2024-02", "guidance", 3, 1),
            (1, "Struer", "struer", "2024-02", "workshop", 2, 0),
            (2, "Varde", "varde", "2025-01", "guidance", 0, 2),
        ),
        danish,
    )

    columns = ["x0", "x1", "y0", "municipality", "activities"]
    assert {one.label: one.dframe()[columns].to_numpy().tolist() for one in overlay} == {
        "Udviklingsworkshop": [[0, 2, 1.15, "Struer", 2]],
        "Vejledning": [[2, 5, 1.15, "Struer", 3]],
        "Planlagt": [[5, 6, 1.15, "Struer", 1], [0, 2, 0.15, "Varde", 2]],
    }
    assert option(overlay, "yticks") == [(1.5, "Struer"), (0.5, "Varde")]
    assert option(overlay, "title") == (
        "Aktiviteter efter kommune: 5 besøg er overstået, 3 er planlagt"
    )


def test_each_provider_is_a_bar_of_its_hours(danish):
    overlay = charts.competence_hours(
        hours(
            (2, "Skolen", "leadership", 2, 10, 60.0),
            (2, "Skolen", "peers", 1, 4, 24.5),
            (3, "Partnerskabet", "peers", 2, 5, 30.0),
        ),
        danish,
    )

    columns = ["x0", "x1", "y0", "provider", "hours"]
    assert bars(overlay, "Ledelse")[columns].to_numpy().tolist() == [[0, 60, 1.15, "Skolen", 60]]
    assert bars(overlay, "Peers")[columns].to_numpy().tolist() == [
        [60, 84.5, 1.15, "Skolen", 24.5],
        [0, 30, 0.15, "Partnerskabet", 30],
    ]
    assert option(overlay, "title") == (
        "Kompetenceudvikling: 114,5 deltagertimer ved 19 deltagelser"
    )


def test_no_activities_are_drawn_with_a_title_that_says_so(danish):
    drawn = [
        charts.attendance_by_month(monthly(), danish),
        charts.activities_by_municipality(by_kind(), danish),
        charts.competence_hours(hours(), danish),
    ]

    assert [option(overlay, "title") for overlay in drawn] == [
        "Ingen er talt op endnu.",
        "Der er ingen aktiviteter endnu.",
        "Ingen kompetenceudvikling er talt op endnu.",
    ]
    assert all(hv.render(overlay, backend="bokeh").toolbar_location is None for overlay in drawn)


def test_the_invented_activities_are_drawn_in_both_languages(demo_store):
    reads = {
        charts.attendance_by_month: (frames.attendance_by_month(demo_store), "people", "attended"),
        charts.competence_hours: (frames.competence_hours(demo_store), "hours", "hours"),
    }
    for language in ("da", "en"):
        text = translator(language)
        for draw, (found, shown, column) in reads.items():
            overlay = draw(found, text)
            hv.render(overlay, backend="bokeh")
            assert sum(one.dframe()[shown].sum() for one in overlay) == found[column].sum()
        found = frames.activities_by_municipality(demo_store)
        overlay = charts.activities_by_municipality(found, text)
        hv.render(overlay, backend="bokeh")
        assert sum(one.dframe()["activities"].sum() for one in overlay) == (
            found["held"].sum() + found["planned"].sum()
        )
