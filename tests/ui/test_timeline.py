from datetime import date, timedelta
from xml.etree import ElementTree

import pandas as pd
import pytest

from advisory.domain.calendar import last_day
from advisory.texts import translator
from advisory.ui import timeline

DA = translator("da")
TODAY = date(2025, 3, 13)
PROJECT_END = date(2026, 12, 31)
MILE_COLUMNS = [
    "milestone_id", "enrolment_id", "municipality", "kind", "name", "name_en", "short", "short_en",
    "due_on", "done_on", "not_applicable", "state", "days",
]  # fmt: skip
CASE_COLUMNS = [
    "enrolment_id", "municipality", "slug", "cohort", "starts_on", "ends_on", "status",
    "status_since", "month", "months", "health", "late", "next_milestone", "next_milestone_en",
    "next_on",
]  # fmt: skip


def case(number, name, cohort, status="active", late=0, since=None):
    starts_on = date(int(cohort[:4]), int(cohort[5:]), 1)
    return dict(
        enrolment_id=number, municipality=name, slug=name.lower(), cohort=cohort, status=status,
        starts_on=pd.Timestamp(starts_on), ends_on=pd.Timestamp(last_day(starts_on, 18)),
        status_since=pd.Timestamp(since or starts_on), month=14, months=18,
        health="late" if late else "on_track", late=late, next_milestone="Midtvejs",
        next_milestone_en="Mid-way", next_on=pd.Timestamp(2025, 4, 1),
    )  # fmt: skip


def milestone(number, enrolment, due, *, kind="step", done=None, state="planned", days=0):
    return dict(
        milestone_id=number, enrolment_id=enrolment, municipality="Horsens", kind=kind,
        name="Forankringsplan", name_en="Anchoring plan", short="Workshop 1", short_en="",
        due_on=pd.Timestamp(due), done_on=pd.Timestamp(done) if done else pd.NaT,
        not_applicable=False, state=state, days=days,
    )  # fmt: skip


def cases(*rows):
    return pd.DataFrame(list(rows), columns=CASE_COLUMNS)


def miles(*rows):
    return pd.DataFrame(list(rows), columns=MILE_COLUMNS)


THREE = cases(
    case(1, "Horsens", "2024-02", late=1),
    case(2, "Herlev", "2025-01"),
    case(3, "Odder", "2025-08", "admitted"),
)


def href(row):
    return f"/forloeb/{row.enrolment_id}"


def drawn(frame=THREE, milestones=None, today=TODAY, text=DA, draw=timeline.calendar, **options):
    options = {"project_end": PROJECT_END} | options
    markup = draw(
        frame, miles() if milestones is None else milestones, today=today, text=text, href=href,
        **options,
    )  # fmt: skip
    return ElementTree.fromstring(markup.replace("\u00a0", " "))


def named(one):
    """What a screen reader calls it: its label, else its title."""
    return one.get("aria-label") or one.find("title").text


def of_class(tree, name):
    return [one for one in tree.iter() if one.get("class") == name]


def line_x(tree, name):
    (line,) = of_class(tree, name)
    return float(line.get("d")[1:].split(" ")[0])


# The axis of THREE runs from 1 January 2024 to 1 March 2027: 1155 days on 584 - 126 = 458 units.
@pytest.mark.parametrize(
    ("today", "days"),
    [(date(2024, 1, 1), 0), (TODAY, 437), (date(2026, 11, 23), 1057), (date(2027, 2, 28), 1154)],
)
def test_the_line_of_today_stands_at_its_date(today, days):
    tree = drawn(today=today)
    flag = of_class(tree, "today-flag")[0]

    assert line_x(tree, "today") == pytest.approx(126 + days * 458 / 1155, abs=0.06)
    assert float(flag.get("x")) >= 126
    assert float(flag.get("x")) + float(flag.get("width")) <= 584


def test_the_project_ends_after_its_last_day():
    assert line_x(drawn(), "project-end") == pytest.approx(126 + 1096 * 458 / 1155, abs=0.06)


@pytest.mark.parametrize(
    ("today", "flag"),
    [
        (date(2023, 11, 1), "← I dag 1. november 2023"),
        (date(2031, 5, 3), "I dag 3. maj 2031 →"),
    ],
)
def test_a_day_outside_the_axis_has_a_flag_but_no_line(today, flag):
    tree = drawn(today=today)
    box = of_class(tree, "today-flag")[0]

    assert of_class(tree, "today") == []
    assert flag in [one.text for one in tree.iter("text")]
    assert float(box.get("x")) >= 126
    assert float(box.get("x")) + float(box.get("width")) <= 584.05


def test_bars_are_links_that_say_everything_and_one_tab_stop():
    bars = of_class(drawn(), "bar")

    assert [(bar.get("href"), bar.get("tabindex"), named(bar)) for bar in bars] == [
        ("/forloeb/1", "0", "Horsens, hold februar 2024: i forløb, måned 14 af 18, "
         "slutter 31. juli 2025, 1 forfalden milepæl"),
        ("/forloeb/2", "-1", "Herlev, hold januar 2025: i forløb, måned 14 af 18, "
         "slutter 30. juni 2026"),
        ("/forloeb/3", "-1", "Odder, hold august 2025: optaget, starter 1. august 2025"),
    ]  # fmt: skip


def test_cohorts_say_where_they_are_and_which_end_after_the_project():
    words = [one.text for one in drawn().iter("text")]

    assert "måned 14 af 18 · slutter 31. juli 2025" in words
    assert "måned 3 af 18 · slutter 30. juni 2026" in words
    assert "starter 1. august 2025 · slutter 31. januar 2027, efter projektperioden" in words


def test_an_overdue_milestone_is_a_triangle_at_its_due_date():
    late = milestone(7, 1, date(2025, 2, 17), state="late", days=24)
    tree = drawn(milestones=miles(late))
    (triangle,) = of_class(tree, "overdue")

    assert float(triangle.find("circle").get("cx")) == pytest.approx(
        126 + 413 * 458 / 1155, abs=0.06
    )
    assert triangle.get("href") == "/forloeb/1#milestone-7"
    assert named(triangle) == "Horsens, Forankringsplan: 24 dage over frist, 17. februar 2025"
    assert "1 milepæl er forfalden: Horsens, 24 dage over frist." in tree.find("svg").get(
        "aria-label"
    )


def test_triangles_that_would_cover_each_other_are_one_that_names_both():
    late = [
        milestone(n, 1, date(2025, 2, day), state="late", days=1) for n, day in ((7, 17), (8, 20))
    ]
    (triangle,) = of_class(drawn(milestones=miles(*late)), "overdue")

    assert triangle.get("href") == "/forloeb/1#milestone-7"
    assert named(triangle).count("Forankringsplan") == 2


def test_workshops_are_ticks_where_they_were_held_or_are_planned():
    held = milestone(1, 1, date(2024, 4, 1), kind="workshop", done=date(2024, 4, 17), state="done")
    planned = milestone(2, 1, date(2025, 5, 1), kind="workshop")
    ticks = of_class(drawn(milestones=miles(held, planned)), "tick")

    starts = [float(tick.findall("path")[-1].get("d")[1:].split(" ")[0]) for tick in ticks]
    assert starts == pytest.approx([126 + day * 458 / 1155 for day in (107, 486)], abs=0.06)
    assert [tick.findall("path")[-1].get("stroke") for tick in ticks] == ["#fff", "#0F3944"]
    assert [tick.find("title").text for tick in ticks] == [
        "Workshop 1 holdt 17. apr. 2024",
        "Workshop 1 planlagt 1. maj 2025",
    ]


def test_the_finding_counts_lines_and_names_the_cohort_that_ends_too_late():
    finding = drawn(free_rows=[("2025-08", 2)]).find("svg").get("aria-label")

    assert finding == (
        "Tidslinje med 5 linjer: 2 i forløb, 1 optaget, 2 ledige pladser. "
        "Hold august 2025 slutter 31. januar 2027, efter projektperioden."
    )


def test_programme_months_begin_together_and_have_no_line_for_today():
    tree = drawn(draw=timeline.programme_months)

    lefts = {float(bar.findall("rect")[1].get("x")) for bar in of_class(tree, "bar")[:2]}
    assert lefts == {130.5}
    assert of_class(tree, "today") == []
    assert "Måned i forløbet" in [one.text for one in tree.iter("text")]


@pytest.mark.parametrize("draw", [timeline.calendar, timeline.programme_months])
def test_no_programmes_draw_an_empty_chart(draw):
    tree = drawn(cases(), draw=draw)

    assert of_class(tree, "bar") == []
    assert "ingen forløb" in tree.find("svg").get("aria-label")
    assert timeline.rows(cases(), DA) == []


@pytest.mark.parametrize("draw", [timeline.calendar, timeline.programme_months])
def test_free_places_alone_take_their_dates_from_the_cohort(draw):
    (bar,) = of_class(drawn(cases(), draw=draw, free_rows=[("2025-08", 1)]), "bar")

    assert named(bar) == "Ledig plads på hold august 2025"


def test_sixty_programmes_have_a_bar_each_inside_the_chart():
    frame = cases(*(case(n, f"By {n}", "2024-02") for n in range(60)))
    tree = drawn(frame)
    height = float(tree.find("svg").get("viewBox").split(" ")[3])

    bars = of_class(tree, "bar")
    middles = [float(bar.find("rect").get("y")) + 7.5 for bar in bars]
    assert len(bars) == 60
    assert middles == sorted(set(middles))
    assert middles[-1] + 7.5 <= height


@pytest.mark.parametrize("cohort", ["2024-02", "2025-08"])
def test_the_words_of_the_project_end_never_run_through_a_bar(cohort):
    tree = drawn(cases(*(case(n, f"By {n}", cohort) for n in range(3))))
    words = [one for one in tree.iter("text") if (one.text or "").startswith("Projektperioden")]
    y = float(words[0].get("y"))
    bars = [float(bar.find("rect").get("y")) for bar in of_class(tree, "bar")]

    # Beside the bars of a cohort that ended long before, below those that reach the line.
    assert (y < max(bars) + 15) == (cohort == "2024-02")


def test_names_are_escaped():
    frame = cases(case(1, "<b>By</b>", "2024-02"))

    markup = timeline.calendar(frame, miles(), today=TODAY, project_end=None, text=DA, href=href)
    assert "<b>" not in markup
    assert "&lt;b&gt;By&lt;/b&gt;" in markup


def test_a_withdrawn_programme_stops_and_one_that_never_began_is_left_out():
    frame = cases(
        case(1, "Horsens", "2024-02", "withdrawn", since=date(2024, 10, 1)),
        case(2, "Herlev", "2025-08", "withdrawn", since=date(2025, 3, 1)),
    )
    overdue = milestone(1, 1, date(2024, 12, 1), state="late", days=100)
    tree = drawn(frame, miles(overdue))

    assert [bar.get("href") for bar in of_class(tree, "bar")] == ["/forloeb/1"]
    assert of_class(tree, "overdue") == []


def test_rows_say_the_same_in_words():
    held = milestone(1, 1, date(2024, 4, 1), kind="workshop", done=date(2024, 4, 17), state="done")

    assert timeline.rows(THREE, DA, miles(held))[0] == {
        "enrolment_id": 1, "municipality": "Horsens", "slug": "horsens", "cohort_code": "2024-02",
        "cohort": "Februar\u00a02024",
        "status": "I forløb", "month": "måned 14 af 18", "starts": "1.\u00a0feb.\u00a02024",
        "ends": "31.\u00a0jul.\u00a02025", "next": "Midtvejs, 1.\u00a0apr.\u00a02025",
        "health": "late", "health_words": "Forsinket", "late": 1,
        "late_words": "1 forfalden milepæl",
        "workshops": "Workshop 1 holdt 17.\u00a0apr.\u00a02024",
    }  # fmt: skip


def test_every_text_is_there_in_english_and_for_any_day():
    frame = cases(
        *(case(n, f"By {n}", "2025-01", status) for n, status in enumerate(
            ("active", "completed", "admitted", "offered")
        )),
        case(9, "Herlev", "2024-02", "withdrawn", since=date(2024, 10, 1)),
    )  # fmt: skip
    late = miles(
        milestone(1, 0, date(2025, 2, 1), state="late", days=40),
        milestone(2, 0, date(2025, 2, 1), kind="workshop"),
    )
    for offset in range(-900, 2500, 170):
        today = TODAY + timedelta(days=offset)
        english = drawn(frame, late, today, translator("en"), free_rows=[("2025-08", 1)])
        assert "lines" in english.find("svg").get("aria-label")
