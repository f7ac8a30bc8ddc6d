"""The activities of a case: what is coming, what was held, how many of each audience."""

from datetime import UTC, date, datetime, timedelta
from html.parser import HTMLParser

import pytest

from advisory.domain.enrolments import Status
from advisory.domain.errors import Forbidden
from advisory.store import activities, decisions, enrolments, meetings
from advisory.texts import translator
from advisory.ui.case_activities import CaseActivities
from advisory.ui.view import View

START = datetime(2025, 4, 8, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
HOSTILE = '<script>window.__xss=1</script>"><img src=x onerror=alert(1)>'


class Read(HTMLParser):
    """The card's tables as lists of rows of words, its elements, links and actions."""

    def __init__(self, html: str):
        super().__init__(convert_charrefs=True)
        self.tables: dict[str, list[list[str]]] = {}
        self.elements: set[str] = set()
        self.links: list[str] = []
        self.does: list[str] = []
        self.words = ""
        self._rows: list[list[str]] = []
        self._caption: str | None = None
        self.feed(html.replace("\u00a0", " "))

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self.elements.add(tag)
        self.links += [given["href"]] if tag == "a" else []
        self.does += [given["data-do"]] if "data-do" in given else []
        if tag == "caption":
            self._rows, self._caption = [], ""
        elif tag == "tr":
            self._rows.append([])
        elif tag in ("td", "th"):
            self._rows[-1].append("")

    def handle_endtag(self, tag):
        if tag == "caption" and self._caption is not None:
            self.tables[" ".join(self._caption.split())] = self._rows
            self._caption = None

    def handle_data(self, data):
        self.words += data
        if self._caption is not None:
            self._caption += data
        elif self._rows and self._rows[-1]:
            self._rows[-1][-1] = " ".join(f"{self._rows[-1][-1]} {data}".split())


@pytest.fixture
def cases(facts) -> list[int]:
    """Faxe and Struer, of the first cohort."""
    made = []
    for name in ("Faxe", "Struer"):
        home, cohort = facts.find("municipality", name=name), facts.find("cohort", code="2024-02")
        day = date(2023, 9, 1)
        made.append(enrolments.create(facts, cohort["id"], home["id"], received_on=day))
        decisions.decide(facts, made[-1], Status.ADMITTED, on_date=day + DAY, reason="sent")
    return made


@pytest.fixture
def arrange(facts, cases):
    """`arrange("Workshop", START)` gives the id of a workshop of both cases."""

    def make(title: str, starts_at: datetime = START, **given) -> int:
        usual = {"enrolments": dict.fromkeys(cases), "expected": {"staff": 10, "citizens": None}}
        return activities.create(
            facts, "workshop", title, starts_at=starts_at, ends_at=starts_at + HOUR, **usual | given
        )

    return make


@pytest.fixture
def card(facts, cases):
    def made(case: int | None = None, store=None, language: str = "da"):
        view = View(store or facts, translator(language), {})
        return CaseActivities(view, case or cases[0]).live

    return made


def shown(live) -> Read:
    return Read(str(live.render()))


def test_a_case_without_activities_says_what_to_expect(card):
    found = shown(card())

    assert found.tables == {}
    assert translator("da")("case_activities.none") in found.words
    assert found.does == []


def test_what_is_coming_and_what_was_have_a_number_of_each_audience(
    facts, card, cases, arrange, clock
):
    first, second = arrange("Workshop 1"), arrange("Workshop 2", START + 30 * DAY)
    clock.now = START + 2 * HOUR
    activities.hold(facts, first, agreed="Ja")
    cells = {(cases[0], "staff"): (10, 0), (cases[0], "citizens"): (None, 6)}
    activities.count(facts, first, cells | {(cases[1], "staff"): (10, 9)})

    found = shown(card())

    agency = facts.find("organisation", kind="agency")["name"]
    heading = ["Aktivitet", "Ledelse", "Medarbejdere", "Peers", "Borgere"]
    assert found.tables == {
        "Kommende · Forventet": [
            heading,
            [f"Workshop 2 tors. 8. maj 2025 · Udviklingsworkshop · {agency}", "–", "10", "–", "?"],
        ],
        "Tidligere · Deltog": [
            heading,
            [f"Workshop 1 tirs. 8. apr. 2025 · Udviklingsworkshop · {agency}", "–", "0", "–", "6"],
        ],
    }
    assert [one for one in found.links if "aktivitet?" in one] == [
        f"/aktivitet?id={second}",
        f"/aktivitet?id={first}",
    ]
    assert "2 aktiviteter" in found.words


def test_the_other_municipality_of_a_joint_workshop_has_its_own_numbers(
    facts, card, cases, arrange, clock
):
    activity_id = arrange("Workshop 1")
    clock.now = START
    activities.count(facts, activity_id, {(cases[0], "staff"): (10, 3)})
    activities.count(facts, activity_id, {(cases[1], "staff"): (10, 9)})
    activities.hold(facts, activity_id)

    rows = [shown(card(case)).tables["Tidligere · Deltog"][1][1:] for case in cases]

    assert rows == [["–", "3", "–", "?"], ["–", "9", "–", "?"]]


def test_an_activity_of_others_and_an_info_meeting_are_not_here(facts, card, cases, arrange):
    arrange("Workshop 1", enrolments={cases[1]: None})
    meetings.create(facts, "webinar", "Webinar", starts_at=START, ends_at=START + HOUR)

    assert shown(card()).tables == {}
    assert list(shown(card(cases[1])).tables) == ["Kommende · Forventet"]


@pytest.mark.parametrize(
    ("what", "marked", "table"),
    [
        ("nothing", "", "Kommende"),
        ("moved", "flyttet", "Kommende"),
        ("over", "Skal afsluttes", "Tidligere"),
        ("held", "Fremmøde mangler", "Tidligere"),
        ("counted", "", "Tidligere"),
        ("cancelled", "Aflyst", "Tidligere"),
    ],
)
def test_how_it_stands_is_said_in_words(facts, card, cases, arrange, clock, what, marked, table):
    activity_id = arrange("Workshop 1")
    if what == "moved":
        later = START + DAY
        activities.move(facts, activity_id, starts_at=later, ends_at=later + HOUR)
    elif what == "cancelled":
        activities.cancel(facts, activity_id, "Sygdom")
    elif what != "nothing":
        clock.now = START + HOUR
    if what in ("held", "counted"):
        activities.hold(facts, activity_id)
    if what == "counted":
        cells = {(cases[0], "staff"): (10, 9), (cases[0], "citizens"): (None, 0)}
        activities.count(facts, activity_id, cells)

    ((caption, rows),) = shown(card()).tables.items()

    words = ("flyttet", "Skal afsluttes", "Fremmøde mangler", "Aflyst")
    assert caption.split()[0] == table
    assert [word for word in words if word in rows[1][0]] == ([marked] if marked else [])


@pytest.mark.parametrize(("number", "folded"), [(4, False), (5, True)])
def test_four_of_each_are_shown_until_one_asks_for_all(facts, card, arrange, clock, number, folded):
    for turn in range(number):
        arrange(f"Før {turn}", START - (turn + 1) * DAY)
        arrange(f"Efter {turn}", START + (turn + 1) * DAY)
    clock.now = START
    live = card()

    def titles() -> list[list[str]]:
        tables = shown(live).tables.values()
        return [[" ".join(row[0].split()[:2]) for row in rows[1:]] for rows in tables]

    expected = [[f"{word} {turn}" for turn in range(number)] for word in ("Efter", "Før")]
    assert titles() == [part[:4] for part in expected]
    assert shown(live).does == (["all"] if folded else [])
    live.actions["all"]()
    assert titles() == expected
    live.actions["all"]()
    assert titles() == [part[:4] for part in expected]


@pytest.mark.parametrize("role", ["consultant", "office"])
def test_who_may_plan_is_offered_to(facts, card, cases, arrange, as_role, role):
    arrange("Workshop 1")

    links = [one for one in shown(card(store=as_role(role))).links if "ny=" in one]

    assert links == [f"/aktiviteter?ny={cases[0]}"]


def test_leadership_has_no_such_card(facts, card, arrange, as_role):
    arrange("Workshop 1")

    with pytest.raises(Forbidden):
        shown(card(store=as_role("leadership")))


def test_on_another_date_it_is_as_it_was_then_and_nothing_is_offered(
    facts, card, cases, arrange, clock
):
    activity_id = arrange("Workshop 1")
    clock.now = START + 2 * DAY
    activities.hold(facts, activity_id)

    found = {day: shown(card(store=facts.at(day))) for day in (date(2025, 3, 12), START.date())}
    planned = shown(card(store=facts.at(date(2025, 3, 13))))

    assert found[date(2025, 3, 12)].tables == {}
    ((caption, rows),) = found[START.date()].tables.items()
    assert (caption, "Skal afsluttes" in rows[1][0]) == ("Tidligere · Deltog", True)
    assert list(planned.tables) == ["Kommende · Forventet"]
    assert [one for one in planned.links if "ny=" in one] == []
    assert shown(card()).tables.keys() == {"Tidligere · Deltog"}


def test_what_people_write_is_shown_as_they_wrote_it_and_is_never_markup(facts, card, arrange):
    arrange("Workshop 1")
    usual = shown(card()).elements
    arrange(HOSTILE, START + DAY, place=HOSTILE)

    found = shown(card())

    assert found.elements == usual
    assert HOSTILE in " ".join(found.words.split())


def test_in_english_it_is_english(facts, card, arrange):
    arrange("Workshop 1")

    found = shown(card(language="en"))

    ((caption, rows),) = found.tables.items()
    assert rows[0][1:] == ["Leadership", "Staff", "Peers", "Citizens"]
    assert not {"Kommende", "Forventet"} & set(caption.split())
