"""The calendar of activities: what each line says, what the filters leave, what has no date."""

import re
from datetime import date, datetime, time, timedelta

import pytest

from advisory.domain import calendar
from advisory.store import activities, decisions, meetings, signups

HOSTILE = '<img src=x onerror="alert(1)">'
FOUR = {"leadership": 3, "staff": 9, "peers": 3, "citizens": 4}


def rows(html: str) -> list[str]:
    """The words of each line of a table, without tags."""
    found = re.findall(r"<tr.*?</tr>", html, re.DOTALL)
    plain = [re.sub(r"<[^>]*>", " ", row) for row in found]
    return [" ".join(row.split()) for row in plain]


def row(html: str, words: str) -> str:
    return next(one for one in rows(html) if words in one)


def counted(programme, activity_id: int, *, came: int = 5) -> None:
    """Every audience that is invited from every case came with `came`."""
    served = programme.stands(activity_id).enrolments
    cells = {(case, audience): (None, came) for case in served for audience in FOUR}
    activities.count(programme.store, activity_id, cells)


# --- weeks ------------------------------------------------------------------------------------


def test_five_weeks_are_shown_from_last_week_with_each_line_in_its_own(
    programme, calendar_page, shown
):
    programme.plan(day=date(2025, 3, 5), expected=FOUR)
    programme.plan("competence", date(2025, 3, 19), where=("Horsens", "Odense", "Struer"))

    html = shown(calendar_page().list)

    assert rows(html)[1:] == [
        "uge 10 3.–7. marts 2025",
        "ons. 5. mar. kl. 09.00 W Workshop Udviklingsworkshop 1 Horsens · Styrelsen"
        " Fremmøde mangler",
        "uge 11 10.–14. marts 2025 denne uge",
        "Ingen aktiviteter i uge 11",
        "uge 12 17.–21. marts 2025",
        "ons. 19. mar. kl. 09.00 K Kompetence Udviklingsworkshop 1 3 kommuner · Styrelsen Planlagt",
        "uge 13 24.–28. marts 2025",
        "Ingen aktiviteter i uge 13",
        "uge 14 31. mar. – 4. apr. 2025",
        "Ingen aktiviteter i uge 14",
    ]


def test_how_an_activity_stands_is_said_in_words(programme, calendar_page, shown, clock):
    held = programme.plan(day=date(2025, 3, 5), title="A", expected=FOUR)
    counted(programme, held)
    activities.hold(programme.store, held)
    unsaid = programme.plan(day=date(2025, 3, 6), title="B", expected=FOUR)
    counted(programme, unsaid)
    programme.plan("guidance", date(2025, 3, 12), title="C")
    quiet = programme.plan("guidance", date(2025, 3, 11), title="D")
    activities.hold(programme.store, quiet)
    programme.plan(day=date(2025, 3, 14), title="E", expected=FOUR)
    programme.plan(day=date(2025, 3, 18), title="F")
    programme.plan(day=date(2025, 3, 19), title="G", expected=FOUR, capacity=36)
    gone = programme.plan(day=date(2025, 3, 20), title="H")
    activities.cancel(programme.store, gone, "Sygdom")
    moved = programme.plan(day=date(2025, 3, 21), title="I")
    start = calendar.to_utc(date(2025, 3, 24), time(9))
    activities.move(programme.store, moved, starts_at=start, ends_at=start + timedelta(hours=3))
    part = programme.plan(day=date(2025, 3, 10), title="J", expected=FOUR)
    case = programme.cases["Horsens"]
    activities.count(programme.store, part, {(case, "staff"): (9, 8)})
    activities.hold(programme.store, part)

    html = shown(calendar_page().list)

    said = {title: row(html, f" {title} Horsens").split("Styrelsen ")[1] for title in "ABCDEFGHIJ"}
    assert said == {
        "A": "20 deltog",
        "B": "20 deltog ikke meldt afholdt",
        "C": "Fremmøde mangler",
        "D": "Afholdt",
        "E": "i morgen 19 forventet",
        "F": "om 5 dage",
        "G": "19 af 36 pladser",
        "H": "Aflyst",
        "I": "Planlagt flyttet fra 21. mar.",
        "J": "8 deltog 3 tal mangler",
    }


def test_a_meeting_says_how_many_signed_up_and_leads_to_its_own_page(
    programme, calendar_page, shown
):
    starts_at = datetime.fromisoformat("2025-03-20T09:00+00:00")
    meeting = meetings.create(
        programme.store, "info_meeting", f"Møde {HOSTILE}", starts_at=starts_at,
        ends_at=starts_at + timedelta(minutes=45),
    )  # fmt: skip
    signups.sign_up(
        programme.store, meeting, name="Ane Skov", email="ane@odense.example", municipality="Odense"
    )

    html = shown(calendar_page().list)

    assert "I Infomøde Møde &lt;img" in row(html, "1 tilmeldt")
    assert f"/infomoeder?moede={meeting}" in html
    assert HOSTILE not in html


def test_deadlines_are_lines_before_and_after_their_day(programme, calendar_page, shown, clock):
    page = calendar_page(uge="2024-W40")
    passed = shown(page.list)
    clock.on(date(2024, 9, 25))

    assert row(passed, "Ansøgningsfrist").endswith("januar 2025 · Styrelsen udløbet")
    assert row(shown(calendar_page(uge="2024-W40").list), "Ansøgningsfrist").endswith("om 6 dage")


@pytest.mark.parametrize(
    ("asked", "first"),
    [
        ("2025-W20", "Uge 20–24"),
        ("2026-W53", "Uge 53–4"),
        ("2025-W99", "Uge 10–14"),
        ("9999-W01", "Uge 10–14"),
        ("x", "Uge 10–14"),
    ],
)
def test_the_weeks_are_those_in_the_address(calendar_page, shown, asked, first):
    assert first in shown(calendar_page(uge=asked).list)


def test_going_on_and_back_to_today_stands_in_the_address(calendar_page, shown):
    page = calendar_page(hold="2024-02")
    later = re.search(r'data-uge="([^"]+)" aria-label="Fem uger senere"', shown(page.list))[1]

    page.list.actions["go"](uge=later)

    assert page.list.address() == "/aktiviteter?hold=2024-02&uge=2025-W15"
    assert "Uge 15–19" in shown(page.list)
    page.list.actions["go"]()
    assert page.list.address() == "/aktiviteter?hold=2024-02"


# --- month and table --------------------------------------------------------------------------


def test_a_month_is_a_grid_of_whole_weeks_with_their_numbers(programme, calendar_page, shown):
    programme.plan(day=date(2025, 4, 2))
    page = calendar_page(vis="maaned", maaned="2025-04")

    html = shown(page.list)

    assert "april 2025" in html
    assert [one.split()[0] for one in rows(html)[1:]] == ["14", "15", "16", "17", "18"]
    assert "Workshop: Horsens , Udviklingsworkshop 1 , kl. 09.00, Planlagt" in row(html, "14 31")
    assert "Langfredag" in row(html, "16 14")


def test_the_table_is_sorted_and_shows_a_hundred_at_a_time(programme, calendar_page, shown):
    for number in range(101):
        programme.plan(
            "guidance", date(2025, 3, 17), time(8 + number % 8), 1, title=f"Møde {number:03}"
        )
    page = calendar_page(vis="tabel", type="vejledning")

    newest_first = shown(page.list)
    page.list.actions["sort"](column="title")
    by_title = shown(page.list)
    page.list.actions["more"]()

    assert "101 aktiviteter" in newest_first
    assert len(rows(newest_first)) == 101  # and a head
    assert "Møde 000" in rows(by_title)[1]
    assert "Vis flere (100 af 101)" in by_title
    assert len(rows(shown(page.list))) == 102
    assert page.list.address() == "/aktiviteter?vis=tabel&type=vejledning&sorter=title&antal=200"


LISTS = ("aktiviteter", "fremmoedetal")


def files(html: str) -> list[str]:
    return re.findall(r'href="([^"]*)" download', html)


def test_the_table_can_be_taken_out_with_its_filters(programme, calendar_page, shown, as_role):
    programme.plan(day=date(2025, 3, 5), expected=FOUR)
    asked = {"vis": "tabel", "type": "workshop", "date": "2025-03-13"}

    found = files(shown(calendar_page(**asked).list))

    assert found == [
        f"/eksport/{name}.{kind}?date=2025-03-13&amp;type=workshop"
        for name in LISTS
        for kind in ("xlsx", "csv")
    ]
    assert files(shown(calendar_page(as_role("leadership"), **asked).list)) == []
    assert files(shown(calendar_page(as_role("consultant"), **asked).list)) == found
    assert files(shown(calendar_page(vis="uger").list)) == []


@pytest.mark.parametrize(
    "column", ["day", "kind", "title", "municipality", "provider", "consultant", "state"]
)
def test_every_column_sorts_both_ways(programme, calendar_page, shown, column):
    programme.plan(day=date(2025, 3, 5), title="A", where=("Struer",))
    programme.plan("guidance", date(2025, 3, 18), title="B", where=("Horsens",), consultant_id=None)
    page = calendar_page(vis="tabel")
    page.list.actions["sort"](column=column)
    up = rows(shown(page.list))[1:]
    page.list.actions["sort"](column=column)

    assert sorted(rows(shown(page.list))[1:]) == sorted(up)
    assert 'aria-sort="descending"' in shown(page.list)


# --- filters ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "left"),
    [
        ({}, {"A", "B", "C"}),
        ({"type": "workshop"}, {"A"}),
        ({"type": "vejledning"}, {"B"}),
        ({"type": "frist"}, set()),
        ({"type": "x"}, {"A", "B", "C"}),
        ({"konsulent": "IH"}, {"A", "C"}),
        ({"konsulent": "ZZ"}, set()),
        ({"hold": "2024-02"}, {"A", "B", "C"}),
        ({"hold": "2025-01"}, set()),
        ({"udbyder": "own"}, {"A", "B"}),
        ({"udbyder": "partner"}, {"C"}),
    ],
)
def test_a_filter_in_the_address_leaves_what_fits(programme, calendar_page, shown, query, left):
    store = programme.store
    partner = store.find("organisation", kind="partner")["id"]
    programme.plan(title="A")
    programme.plan("guidance", title="B", consultant_id=None, at=time(14))
    programme.plan("competence", date(2025, 3, 20), title="C", provider_id=partner)
    known = {"own": store.find("organisation", kind="agency")["id"], "partner": partner}
    if "udbyder" in query:
        query = {"udbyder": str(known[query["udbyder"]])}

    html = shown(calendar_page(**query).list)

    assert {one for one in "ABC" if f">{one}</a>" in html} == left


def test_a_filter_is_a_link_that_keeps_the_rest_of_the_address(programme, calendar_page, shown):
    page = calendar_page(vis="tabel", hold="2024-02", date="2025-03-13")

    html = shown(page.list)

    assert "/aktiviteter?date=2025-03-13&amp;vis=tabel&amp;hold=2024-02&amp;type=workshop" in html
    assert 'href="/aktiviteter?date=2025-03-13&amp;vis=tabel"' in html  # without filters


# --- what has no date -------------------------------------------------------------------------


def lacking(html: str) -> list[str]:
    plain = [re.sub(r"<[^>]*>", " ", one) for one in re.findall(r'<p class="note">.*?</p>', html)]
    return [" ".join(one.split()) for one in plain if "mangler dato" in one]


def test_a_workshop_that_falls_due_without_a_date_is_named_until_it_has_one(
    programme, calendar_page, shown
):
    store = programme.store
    for name in ("Odense", "Struer"):
        decisions.decide(
            store, programme.cases[name], "withdrawn", on_date=store.today(), reason="sent"
        )
    page = calendar_page(type="workshop")
    page.list.actions["all"]()
    before = lacking(shown(page.list))
    fourth = programme.steps("Horsens")[3]
    plan = {programme.cases["Horsens"]: fourth}
    planned = programme.plan(day=date(2025, 4, 24), enrolments=plan)

    after = lacking(shown(page.list))
    activities.cancel(store, planned, "Sygdom")

    assert (
        before[-1]
        == "Horsens : Workshop 4 mangler dato. Frist 2. maj 2025. Find dato : Horsens, Workshop 4"
    )
    assert after == before[:-1]
    assert lacking(shown(page.list)) == before


def test_what_is_overdue_or_due_in_days_is_red(programme, calendar_page, shown):
    html = shown(calendar_page().list)

    notes = re.findall(r'<p class="note">.*?</p>', html)
    assert all("#B0271D" in one for one in notes[:1])
    assert len(notes) == 3
    assert "der mangler dato" in html


def test_a_case_that_is_asked_for_comes_first_with_its_next_workshop_however_far_away(
    programme, calendar_page, shown, clock
):
    case, steps = programme.cases["Odense"], programme.steps("Odense")
    for number, step in enumerate(steps[:3]):
        day = date(2025, 3, 17 + number)
        programme.plan(day=day, where=("Odense",), enrolments={case: step})
    clock.on(date(2025, 2, 3))  # the fourth falls due in three months
    page = calendar_page(find=str(case))

    html = shown(page.list)

    assert lacking(html)[0].startswith("Odense : Workshop 4 mangler dato. Frist 2. maj 2025.")
    assert html.count("autofocus") == 1
    assert "autofocus" not in shown(calendar_page().list)


# --- who may see what -------------------------------------------------------------------------


def test_leadership_sees_the_calendar_but_no_small_number_and_nothing_that_changes(
    programme, calendar_page, shown, as_role
):
    held = programme.plan(day=date(2025, 3, 5), expected=FOUR)
    counted(programme, held, came=1)
    activities.hold(programme.store, held, agreed="Aftalt hemmelighed")
    office, leadership = (
        shown(calendar_page(as_role(role)).list) for role in ("office", "leadership")
    )

    assert "4 deltog" in row(office, "ons. 5. mar.")
    assert row(leadership, "ons. 5. mar.").endswith("Horsens · Styrelsen Afholdt")
    assert set(re.findall(r'data-do="(\w+)"', leadership)) == {"all", "go", "view"}
    assert {"find_date", "new_activity"} <= set(re.findall(r'data-do="(\w+)"', office))
    assert "/kommune?" not in leadership
    assert "hemmelighed" not in office + leadership


def test_leadership_is_told_how_it_stands_and_no_number_of_people(
    programme, calendar_page, shown, as_role, clock
):
    days = {"A": 5, "B": 6, "E": 14, "F": 18, "G": 27}
    planned = {
        title: programme.plan(day=date(2025, 3, day), title=title, expected=FOUR, capacity=36)
        for title, day in days.items()
    }
    for title in "AB":
        counted(programme, planned[title])
    activities.hold(programme.store, planned["A"])
    start = datetime.fromisoformat("2025-03-20T09:00+00:00")
    end = start + timedelta(minutes=45)
    meeting = meetings.create(programme.store, "webinar", "M", starts_at=start, ends_at=end)
    signups.sign_up(
        programme.store, meeting, name="Ane Skov", email="ane@odense.example", municipality="Odense"
    )
    today, leadership = programme.store.today(), as_role("leadership")

    now = shown(calendar_page(leadership).list)
    others = {vis: shown(calendar_page(leadership, vis=vis).list) for vis in ("maaned", "tabel")}
    clock.tick(days=1)
    then = shown(calendar_page(leadership.at(today)).list)
    clock.tick(days=-1)

    said = {title: row(now, f" {title} Horsens").split("Styrelsen ")[1] for title in days}
    assert said == {
        "A": "Afholdt",
        "B": "Skal afsluttes",
        "E": "i morgen",
        "F": "om 5 dage",
        "G": "Planlagt",
    }
    assert row(now, " M ").endswith("Styrelsen Planlagt")
    of_people = r"\d+ (deltog|forventet|tilmeldt|tal mangler|af \d+ pladser)"
    assert [vis for vis, html in others.items() if re.search(of_people, html)] == []
    assert not re.search(of_people, now + then)
    assert rows(then) == rows(now)
    for vis in ("", "maaned", "tabel"):
        assert re.search(of_people, shown(calendar_page(vis=vis).list))  # control


def test_on_another_date_nothing_can_be_planned(programme, calendar_page, shown):
    then = programme.store.at(date(2024, 12, 12))

    html = shown(calendar_page(then).list)

    assert set(re.findall(r'data-do="(\w+)"', html)) <= {"all", "go", "view"}
    assert "Uge 49–1" in html


def test_in_english_every_word_is(programme, calendar_page, shown):
    programme.plan()

    html = shown(calendar_page(lang="en").list)

    assert row(html, "Horsens").startswith("Tue 18 Mar at 09:00 W Workshop")
    assert "Weeks 10–14" in html
