"""The three charts and their tables, and what leadership gets of them."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from html.parser import HTMLParser
from types import SimpleNamespace

import pytest

from advisory.domain.enrolments import Status
from advisory.store import Store, activities, decisions, enrolments
from advisory.texts import translator
from advisory.ui.trend_card import TrendCard
from advisory.ui.view import View

COHORT, LATER = "2024-02", "2025-01"
FIRST = datetime(2024, 2, 13, 9, tzinfo=UTC)
AHEAD = datetime(2025, 4, 24, 8, tzinfo=UTC)
MONTH = timedelta(days=31)


class Read(HTMLParser):
    """The rows of the tables, the words of the list items, the bars, and all attributes."""

    def __init__(self, text: str):
        super().__init__(convert_charrefs=True)
        self.tables: list[list[list[str]]] = []
        self.items: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.bars: list[dict[str, str]] = []
        self._in: list[str] = []
        self.feed(str(text))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes += [(name, value or "") for name, value in attrs]
        if tag == "rect":
            self.bars.append({name: value or "" for name, value in attrs})
        elif tag == "table":
            self.tables.append([])
        elif tag == "tr":
            self.tables[-1].append([])
        elif tag in ("td", "th", "li"):
            (self.items if tag == "li" else self.tables[-1][-1]).append("")
            self._in.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th", "li"):
            self._in.pop()

    def handle_data(self, data: str) -> None:
        if self._in:
            (self.items if self._in[-1] == "li" else self.tables[-1][-1])[-1] += data


def tables(text: str) -> list[list[list[str]]]:
    return [
        [[" ".join(cell.split()) for cell in row] for row in table] for table in Read(text).tables
    ]


def plain(text: str) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", str(text)).split())


@pytest.fixture
def make_case(facts: Store) -> Callable[..., int]:
    def make(name: str, cohort: str = COHORT) -> int:
        home, own = facts.find("municipality", name=name), facts.find("cohort", code=cohort)
        day = date.fromisoformat(own["starts_on"]) - timedelta(days=150)
        made = enrolments.create(facts, own["id"], home["id"], received_on=day)
        decisions.decide(facts, made, Status.ADMITTED, on_date=day, reason="sent")
        return made

    return make


@pytest.fixture
def arrange(facts: Store) -> Callable[..., int]:
    """`arrange("workshop", {case: {"staff": 4}}, at)` is an activity that was held and counted."""

    def make(
        kind: str, came: Mapping[int, Mapping[str, int | None]], at: datetime = FIRST, **also
    ) -> int:
        new = activities.create(
            facts,
            kind,
            kind,
            starts_at=at,
            ends_at=at + timedelta(hours=6),
            enrolments=dict.fromkeys(came),
            expected={},
            **also,
        )
        cells = {
            (case, audience): (None, heads)
            for case, counts in came.items()
            for audience, heads in counts.items()
        }
        activities.count(facts, new, cells)
        if at < facts.now():
            activities.hold(facts, new)
        return new

    return make


@pytest.fixture
def partners(facts: Store) -> list[int]:
    """København's college and the peer partnership, in the order of their names."""
    found = facts.rows("organisation", "kind = 'partner'")
    return [row["id"] for row in sorted(found, key=lambda row: row["name"])]


@pytest.fixture
def show() -> Callable[..., SimpleNamespace]:
    def made(store: Store, table: bool = False, **query: str):
        live = TrendCard(View(store, translator(query.pop("lang", "da")), query)).live
        if table:
            live.actions["table"]()
        return live

    return made


@pytest.fixture
def busy(make_case, arrange, partners) -> list[int]:
    """Two cases with workshops in two months, competence development of two, one to come."""
    one, other = make_case("Faxe"), make_case("Vejle", LATER)
    arrange("workshop", {one: {"staff": 8, "peers": 2}})
    arrange("workshop", {one: {"staff": 4, "citizens": 0}}, FIRST + MONTH)
    arrange("workshop", {other: {"staff": 10, "peers": None}}, datetime(2025, 1, 20, 9, tzinfo=UTC))
    arrange("workshop", {one: {}}, AHEAD)
    arrange("guidance", {one: {}})
    both = {one: {"leadership": 3, "staff": 9}, other: {"staff": 0}}
    arrange("competence", both, datetime(2025, 2, 3, 9, tzinfo=UTC), provider_id=partners[0])
    arrange(
        "competence",
        {one: {"leadership": 8, "staff": 4}},
        datetime(2025, 2, 4, 9, tzinfo=UTC),
        provider_id=partners[1],
    )
    return [one, other]


def test_the_tables_have_all_numbers(facts, busy, show):
    months, places, hours = tables(show(facts, table=True).render())

    assert months == [
        ["Måned", "Ledelse", "Medarbejdere", "Peers", "Borgere"],
        ["Måned 1", "–", "18", "2", "–"],
        ["Måned 2", "–", "4", "–", "0"],
        ["Måned 13", "11", "13", "–", "–"],
    ]
    assert places == [
        ["Kommune", "Vejledning", "Udviklingsworkshop", "Kompetenceudvikling", "Planlagt"],
        ["Faxe", "1", "2", "2", "1"],
        ["Vejle", "0", "1", "1", "0"],
    ]
    assert hours == [
        ["Udbyder", "Ledelse", "Medarbejdere", "Peers", "Borgere", "I alt"],
        ["Københavns Professionshøjskole", "18", "54", "–", "–", "72"],
        ["Peer-Partnerskabet", "48", "24", "–", "–", "72"],
        ["I alt", "66", "78", "–", "–", "144"],
    ]


def test_bars_are_as_long_as_their_numbers_and_0_is_not_a_bar(facts, make_case, arrange, show):
    case = make_case("Faxe")
    arrange("workshop", {case: {"staff": 8, "peers": 2, "citizens": 0}})

    found = Read(show(facts).render())

    upright = [(bar["x"], bar["height"]) for bar in found.bars if "x" in bar]
    assert upright == [("3", "37.0"), ("3", "10.0")]
    assert show(facts).render().count('class="zero"') == 1
    labels = [value for name, value in found.attributes if name == "aria-label"]
    assert labels == [
        "Ledelse: 0 i alt",
        "Medarbejdere: 8 i alt",
        "Peers: 2 i alt",
        "Borgere: 0 i alt",
    ]


def test_a_place_has_its_numbers_in_words_and_what_is_planned(facts, busy, show):
    found = [" ".join(item.split()) for item in Read(show(facts).render()).items]

    words = "Vejledning: {}, Udviklingsworkshop: {}, Kompetenceudvikling: {}".format
    assert found[0].endswith(f"1 · 2 · 2{words(1, 2, 2)} + 1 planlagt")
    assert found[1].endswith(f"0 · 1 · 1{words(0, 1, 1)}")


def test_a_long_list_of_places_is_shown_in_parts(facts, make_case, arrange, show):
    names = ("Faxe", "Vejle", "Struer", "Greve", "Odder", "Herlev", "Ishøj", "Tårnby", "Tønder")
    for name in names:
        arrange("guidance", {make_case(name): {}})
    card = show(facts)

    first = len(Read(card.render()).items)
    card.actions["all"]()

    assert (first, len(Read(card.render()).items)) == (8, 9)


def test_nothing_counted_is_said_so(facts, show):
    for store in (facts, facts.at(date(2024, 1, 1))):
        found = plain(show(store).render())
        assert "Der er ikke talt deltagere endnu." in found
        assert "Der er ingen aktiviteter endnu." in found
        assert "Der er ikke talt deltagere på kompetenceudvikling endnu." in found


def test_the_filters_of_the_address_apply(facts, busy, show):
    months, places, hours = tables(show(facts, table=True, hold=LATER).render())

    assert [row[2] for row in months[1:]] == ["10", "0"]
    assert [row[0] for row in places[1:]] == ["Vejle"]
    assert hours[1:] == [
        ["Københavns Professionshøjskole", "–", "0", "–", "–", "0"],
        ["I alt", "–", "0", "–", "–", "0"],
    ]
    assert "Der er ingen aktiviteter endnu." in plain(show(facts, konsulent="XX").render())


def test_english_says_the_same(facts, busy, show):
    months, places, hours = tables(show(facts, table=True, lang="en").render())

    assert months[0] == ["Month", "Leadership", "Staff", "Peers", "Citizens"]
    assert (places[0][-1], hours[-1][0]) == ("Planned", "Total")


# --- leadership -------------------------------------------------------------------------------


def test_leadership_gets_visits_for_people_and_hours_without_the_small(facts, busy, as_role, show):
    months, places, hours = tables(show(as_role("leadership", facts), table=True).render())

    assert [row[2:] for row in months[1:3]] == [["2", "2", "–"], ["2", "–", "1"]]
    assert places == tables(show(facts, table=True).render())[1]
    assert hours[1:] == [
        ["Københavns Professionshøjskole", "skjult", "skjult", "–", "–", "72"],
        ["Peer-Partnerskabet", "skjult", "skjult", "–", "–", "72"],
        ["I alt", "66", "78", "–", "–", "144"],
    ]


def test_a_hidden_number_is_nowhere_in_the_card(facts, busy, as_role, show):
    leader = as_role("leadership", facts)
    for table in (False, True):
        found = Read(show(leader, table=table).render())
        hidden = [bar for bar in found.bars if bar.get("rx")]
        assert hidden == []  # every bar of the hours would be one of a hidden number
    control = [bar for bar in Read(show(facts).render()).bars if bar.get("rx")]
    assert len(control) == 5 - 1


def test_leadership_gets_the_hours_of_all_whatever_the_filter(facts, busy, as_role, show):
    leader = as_role("leadership", facts)

    whole, part = (
        tables(show(leader, table=True, **query).render())[2] for query in ({}, {"hold": LATER})
    )

    assert whole == part


def test_leadership_gets_no_hours_of_another_day(facts, clock, busy, as_role, show):
    day = facts.today()
    clock.on(day + timedelta(days=3))
    leader = as_role("leadership", facts)

    assert len(tables(show(leader, table=True).render())) == 3
    found = show(leader.at(day), table=True).render()
    assert len(tables(found)) == 2
    assert "Deltagelsen vises kun pr. i dag." in plain(found)
    assert len(tables(show(facts.at(day), table=True).render())) == 3  # control
