"""Finding a date: what is filled in at first, what is found and why, and what it opens."""

import re
from datetime import date, time

import pytest

from advisory.store import activities

ASKED = {
    "kind": "workshop",
    "minutes": "180",
    "times": "9, 12.30",
    "earliest": "17/3-25",
    "latest": "21/3-25",
    "aim": "",
    "least": "",
}


@pytest.fixture
def page(calendar_page):
    """The page with the finder open."""
    opened = calendar_page()
    opened.list.actions["find_date"]()
    return opened


@pytest.fixture
def asked(programme):
    """`asked(aim=...)`: a workshop in Horsens with Ida in the week of 17 March."""

    def made(**others: str) -> dict[str, str]:
        who = {f"case_{programme.cases['Horsens']}": "1", "consultant_id": str(programme.ida)}
        return {**ASKED, **who, **others}

    return made


def value(html: str, name: str) -> str:
    return re.search(rf'name="{name}"[^>]* value="([^"]*)"', html)[1]


def found(html: str) -> list[list[str]]:
    """Each day that is offered: the day, then its reasons with + and −."""
    days = []
    for one in re.findall(r"<li><div>.*?</div>", html, re.DOTALL):
        day = re.search(r"<b[^>]*>(.*?)</b> <span[^>]*>(.*?)</span>", one)
        why = re.findall(r'<li class="st (\w+)">.*?<span>(.*?)</span>', one)
        days.append([f"{day[1]} {day[2]}", *("+-"[kind != "done"] + words for kind, words in why)])
    return days


def test_days_are_offered_with_their_reasons_the_best_first(programme, page, shown, asked):
    programme.plan("guidance", date(2025, 3, 18), time(10), 1, title="Et møde")
    programme.plan("guidance", date(2025, 3, 19), time(8), 10, title="Hele dagen")

    page.dialog.actions["search"](**asked(aim="18/3-25"))

    hours = "kl. 09.00–12.00 · uge 12"
    assert found(shown(page.dialog)) == [
        [f"mandag den 17. marts 2025 {hours}", "+Alle er ledige", "+1 dag før den ønskede dag"],
        [f"torsdag den 20. marts 2025 {hours}", "+Alle er ledige", "-2 dage efter den ønskede dag"],
        [f"fredag den 21. marts 2025 {hours}", "+Alle er ledige", "-3 dage efter den ønskede dag"],
        [
            "tirsdag den 18. marts 2025 kl. 12.30–15.30 · uge 12",
            "+På den ønskede dag",
            "-Horsens deltager også i ”Et møde” den dag.",
        ],
    ]


def test_the_distance_to_the_previous_one_is_kept(programme, page, shown, asked):
    programme.plan(day=date(2025, 3, 6), title="Workshop før")

    page.dialog.actions["search"](**asked(least="14"))

    assert [day[0][:20] for day in found(shown(page.dialog))] == [
        "torsdag den 20. mart",
        "fredag den 21. marts",
    ]
    assert "14 dage efter ”Workshop før”" in shown(page.dialog)


def test_when_no_day_fits_it_says_what_is_in_the_way(programme, page, shown, asked):
    programme.plan(day=date(2025, 3, 10))

    page.dialog.actions["search"](**asked(earliest="15/3-25", latest="23/3-25", least="60"))

    assert "Ingen dage passer i perioden: 9 for tæt på forrige." in shown(page.dialog)


@pytest.mark.parametrize(
    ("wrong", "name", "sentence"),
    [
        ({"earliest": ""}, "earliest", "Skriv en dato"),
        ({"latest": ""}, "latest", "Skriv en dato"),
        ({"latest": "31/2-25"}, "latest", "findes ikke i kalenderen"),
        ({"latest": "1/3-25"}, "latest", "Perioden slutter, før den begynder"),
        ({"latest": "1/3-27"}, "latest", "Du kan højst søge i 400 dage"),
        ({"times": ""}, "times", "Vælg mindst ét tidspunkt"),
        ({"times": "9, sent"}, "times", "”sent” kan ikke læses"),
        ({"minutes": "længe"}, "minutes", "”længe” er ikke et helt tal"),
        ({"least": "-1"}, "least", "”-1” er ikke et helt tal"),
    ],
)
def test_what_cannot_be_used_is_said_beside_its_field(page, shown, asked, wrong, name, sentence):
    page.dialog.actions["search"](**asked(**wrong))

    html = shown(page.dialog)
    problem = html[html.index(f'name="{name}"') :]
    assert sentence in problem[: problem.index("</div>")]


def test_a_milestone_fills_in_its_case_its_day_and_who_follows_it(programme, calendar_page, shown):
    page, case = calendar_page(), programme.cases["Horsens"]
    fourth = programme.steps("Horsens")[3]

    page.list.actions["find_date"](milestone=str(fourth))

    html = shown(page.dialog)
    names = ("minutes", "times", "least", "earliest", "latest", "aim")
    assert {name: value(html, name) for name in names} == {
        "minutes": "180",
        "times": "9.00, 12.30",
        "least": "14",
        "earliest": "14. marts 2025",
        "latest": "1. juni 2025",
        "aim": "2. maj 2025",
    }
    assert re.findall(r'name="case_(\d+)" value="1" checked', html) == [str(case)]
    assert f'value="{fourth}" selected' in html


def test_an_overdue_milestone_is_sought_as_early_as_possible(programme, calendar_page, shown):
    page = calendar_page()

    page.finder.open(milestone=str(programme.steps("Horsens")[0]))

    assert value(shown(page.dialog), "aim") == ""


def test_another_kind_lasts_differently_until_it_is_changed(page, shown, asked):
    choose = page.dialog.actions["choose"]
    choose(**asked(kind="guidance", minutes="180", least="14"))
    changed = shown(page.dialog)
    choose(**asked(kind="workshop", minutes="75", least=""))

    assert (value(changed, "minutes"), value(changed, "least")) == ("60", "")
    assert value(shown(page.dialog), "minutes") == "75"


def test_a_day_opens_the_form_with_everything_filled_in(programme, page, shown, asked):
    page.dialog.actions["search"](**asked(aim="18/3-25"))

    page.dialog.actions["pick"](number="0")

    html = shown(page.dialog)
    assert "Ny aktivitet" in html
    assert [value(html, name) for name in ("on", "from", "until")] == [
        "18. marts 2025",
        "09.00",
        "12.00",
    ]
    assert f'name="case_{programme.cases["Horsens"]}" value="1" checked' in html
    assert f'<option value="{programme.ida}" selected>' in html


def test_an_activity_is_moved_to_the_day_that_is_chosen(programme, calendar_page, shown, asked):
    planned = programme.plan(day=date(2025, 4, 10))
    page = calendar_page()
    page.finder.open(activity=str(planned))
    assert re.search(r'type="hidden" name="activity" value="(\d+)"', shown(page.dialog))[1] == str(
        planned
    )

    page.dialog.actions["search"](**asked(activity=str(planned)))
    page.dialog.actions["pick"](number="0")
    html = shown(page.dialog)

    assert "Redigér aktiviteten" in html
    assert value(html, "on") == "17. marts 2025"
    assert value(html, "version") == str(activities.get(programme.store, planned)["version"])


def test_in_english_every_reason_is(programme, calendar_page, shown, asked):
    page = calendar_page(lang="en")
    page.finder.open()

    page.dialog.actions["search"](**asked())

    assert found(shown(page.dialog))[0][1:] == [
        "+Everyone is free",
        "+On the preferred day",  # the day its milestone is due
        "+No other activities that week",
    ]
