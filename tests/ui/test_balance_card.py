"""The balance, its suggestions, and an attacker who reads all that leadership is shown."""

import html
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from html.parser import HTMLParser
from itertools import product
from types import SimpleNamespace

import pytest

from advisory import frames
from advisory.domain.enrolments import Status
from advisory.domain.errors import Conflict, Forbidden
from advisory.store import Actor, Store, activities, decisions, enrolments, open_store, targets
from advisory.texts import translator
from advisory.ui.balance_card import BalanceCard
from advisory.ui.dialog import Dialog
from advisory.ui.suggestion_card import SuggestionCard
from advisory.ui.toast import Toast
from advisory.ui.trend_card import TrendCard
from advisory.ui.view import View

AUDIENCES = ("leadership", "staff", "peers", "citizens")
COHORT, LATER = "2024-02", "2025-01"
FIRST = datetime(2024, 5, 14, 8, tzinfo=UTC)
AHEAD = datetime(2025, 4, 24, 8, tzinfo=UTC)
HIDDEN = "skjult"
ELSEWHERE = ({"hold": LATER}, {"konsulent": "JB"})  # filters that leave none of the cells
Counts = Sequence[int | None]


class Read(HTMLParser):
    """The rows of the tables, the words of the list items, and what stands in attributes."""

    def __init__(self, text: str):
        super().__init__(convert_charrefs=True)
        self.tables: list[list[list[str]]] = []
        self.items: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self._in: list[str] = []
        self.feed(str(text))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes += [(name, value or "") for name, value in attrs]
        if tag == "table":
            self.tables.append([])
        elif tag == "tr":
            self.tables[-1].append([])
        elif tag in ("td", "th"):
            self.tables[-1][-1].append("")
            self._in.append("cell")
        elif tag == "li":
            self.items.append("")
            self._in.append("item")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th", "li"):
            self._in.pop()
        self.handle_data(" ")

    def handle_data(self, data: str) -> None:
        if self._in and self._in[-1] == "cell":
            self.tables[-1][-1][-1] += data
        elif self._in:
            self.items[-1] += data


def rows(text: str, table: int = 0) -> list[list[str]]:
    return [[" ".join(cell.split()) for cell in row] for row in Read(text).tables[table]]


def items(text: str) -> list[str]:
    return [" ".join(item.split()) for item in Read(text).items]


def plain(text: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", str(text))).split())


@pytest.fixture
def make_case(facts: Store) -> Callable[..., int]:
    """`make_case(101)` is the id of a case under way."""

    def make(municipality_id: int, cohort: str = COHORT) -> int:
        row = facts.find("cohort", code=cohort)
        day = date.fromisoformat(row["starts_on"]) - timedelta(days=150)
        case = enrolments.create(facts, row["id"], municipality_id, received_on=day)
        decisions.decide(facts, case, Status.ADMITTED, on_date=day + timedelta(days=1))
        return case

    return make


def workshop(
    store: Store,
    cases: Mapping[int, Counts],
    at: datetime = FIRST,
    *,
    kind: str = "workshop",
    **also,
) -> int:
    """An activity for these cases; by case how many came of each audience, None is not counted."""
    new = activities.create(
        store,
        kind,
        "Workshop",
        starts_at=at,
        ends_at=at + timedelta(hours=3),
        enrolments=dict.fromkeys(cases),
        expected=dict.fromkeys(AUDIENCES),
        **also,
    )
    cells = {
        (case, audience): (None, came)
        for case, counts in cases.items()
        for audience, came in zip(AUDIENCES, counts)
    }
    activities.count(store, new, cells)
    if at < store.now():
        activities.hold(store, new)
    return new


@pytest.fixture
def show() -> Callable[..., SimpleNamespace]:
    """`show(store, hold="2024-02")` is the three cards with their dialog and toast."""

    def made(store: Store, language: str = "da", **query: str) -> SimpleNamespace:
        view = View(store, translator(language), query)
        dialog, toast = Dialog(view), Toast(view)
        balance = BalanceCard(view, dialog, toast)
        suggestions = SuggestionCard(view, dialog, toast)
        return SimpleNamespace(
            balance=balance.live,
            suggestions=suggestions.live,
            trends=TrendCard(view).live,
            dialog=dialog.live,
            toast=toast.live,
        )

    return made


def everything(show, store: Store) -> str:
    """All that the cards can show this person: every view, filter, dialog and explanation."""
    cases = sorted(frames.enrolments(store)["enrolment_id"].tolist())
    said = []
    for query in ({}, {"hold": COHORT}, {"hold": LATER}, {"konsulent": "JB"}, {"lang": "en"}):
        cards = show(store, "en" if "lang" in query else "da", **query)
        for live, regions in (
            (cards.balance, "table"),
            (cards.trends, "table"),
            (cards.trends, "all"),
        ):
            said.append(live.render())
            live.actions[regions]()
            said.append(live.render())
        said.append(cards.suggestions.render())
        cards.suggestions.actions["all"]()
        said.append(cards.suggestions.render())
        for card in (cards.balance, cards.suggestions):
            card.actions["explain"]()
            said.append(cards.dialog.render())
        for case, audience in product(cases, () if query in ELSEWHERE else AUDIENCES):
            cards.balance.actions["cell"](case=str(case), audience=audience)
            said.append(cards.dialog.render())
    return "\n".join(map(str, said))


# --- the matrix -------------------------------------------------------------------------------


@pytest.fixture
def three(facts: Store, make_case) -> list[int]:
    """Greve with two workshops and one to come, Holbæk with one, and Struer with none."""
    ids = sorted(row["id"] for row in facts.rows("municipality", "name IN ('Greve', 'Holbæk')"))
    cases = [make_case(ids[0]), make_case(ids[1])]
    cases.append(make_case(facts.find("municipality", name="Struer")["id"], LATER))
    workshop(facts, {cases[0]: (2, 8, 1, 0)})
    workshop(facts, {cases[0]: (3, 5, 0, 0), cases[1]: (4, 9, None, 6)}, FIRST + timedelta(days=90))
    workshop(facts, {cases[0]: ()}, AHEAD)
    return cases


def test_each_cell_has_its_sum_and_a_mark_with_a_word_for_each_workshop(facts, three, show):
    found = show(facts).balance.render()

    table = rows(found)
    assert table[0][1:] == [
        "Ledelse mål 2–6",
        "Medarbejdere mål 6–16",
        "Peers mål 2–6",
        "Borgere mål 3–10",
        "I alt",
    ]
    within, under, none, unknown, coming = (
        "Inden for mål eller over,",
        "Til stede, under mål,",
        "Ingen til stede,",
        "Ikke talt,",
        "Ikke afholdt,",
    )
    by_name = {row[0]: row[1:] for row in table if len(row) == 6}
    assert by_name["Greve"] == [
        f"{within} {within} {coming} {coming} 5",
        f"{within} {under} {coming} {coming} 13",
        f"{under} {none} {coming} {coming} 1 (mangler)",
        f"{none} {none} {coming} {coming} 0 (mangler)",
        "19",
    ]
    assert by_name["Holbæk"] == [
        f"{within} {coming} {coming} {coming} 4",
        f"{within} {coming} {coming} {coming} 9",
        f"{unknown} {coming} {coming} {coming} ?",
        f"{within} {coming} {coming} {coming} 6",
        "19",
    ]
    assert by_name["Struer"] == [f"{coming} {coming} {coming} {coming} –"] * 4 + ["–"]
    assert by_name["I alt"] == ["9", "22", "1", "6", "38"]
    assert [row for row in table if len(row) == 1] == [
        ["februar 2024 2. workshop: 1 af 2 afholdt"],
        ["januar 2025 0 af 4 workshops afholdt"],
    ]
    assert "2 workshops · 38 deltagelser" in plain(found)


def test_a_mark_says_in_its_title_which_workshop_it_is(facts, three, show):
    found = show(facts).balance.render()

    assert ("title", "Workshop 1, 14.\u00a0maj: Til stede, under mål") in Read(found).attributes


def test_a_full_cohort_says_how_many_workshops_are_held(facts, make_case, show):
    workshop(facts, {make_case(101): (2, 6, 2, 3)})

    assert ["februar 2024 1 af 4 workshops afholdt"] in rows(show(facts).balance.render())


def test_of_many_workshops_the_latest_are_marked_and_the_others_counted(facts, make_case, show):
    case = make_case(101)
    for number in range(9):
        workshop(facts, {case: (2, 6, 2, 3)}, FIRST + timedelta(days=10 * number))

    cell = rows(show(facts).balance.render())[2][1]
    assert cell == "+3 " + "Inden for mål eller over, " * 6 + "18"


@pytest.mark.parametrize("name", ["hold", "konsulent"])
def test_the_filters_of_the_address_leave_rows_out_of_the_totals_too(facts, three, show, name):
    value = LATER if name == "hold" else "XX"
    found = show(facts, **{name: value}).balance.render()

    if name == "hold":
        assert [row[0] for row in rows(found)[2:]] == ["Struer", "I alt"]
        assert rows(found)[-1] == ["I alt", "–", "–", "–", "–", "–"]
    else:
        assert "Ingen kommuner passer til filtrene." in plain(found)


def test_an_empty_database_has_a_sentence(store, show):
    cards = show(store)

    assert "Ingen kommuner er i forløb endnu." in plain(cards.balance.render())
    assert "Ingen workshops er afholdt endnu." in plain(cards.suggestions.render())


def test_the_table_has_the_numbers_by_municipality_and_by_workshop(facts, three, show):
    cards = show(facts)
    cards.balance.actions["table"]()

    found = cards.balance.render()
    assert [row for row in rows(found) if row[0] == "Greve"] == [
        ["Greve", "5", "13", "1 (mangler)", "0 (mangler)", "19"]
    ]
    by_workshop = {row[0]: row[1:] for row in rows(found, 1)}
    assert list(by_workshop) == [
        "Workshop",
        "Greve 2 12. aug. 2024",
        "Holbæk 1 12. aug. 2024",
        "Greve 1 14. maj 2024",
    ]
    assert by_workshop["Greve 2 12. aug. 2024"] == [
        "3 Inden for mål eller over,",
        "5 Til stede, under mål,",
        "0 Ingen til stede,",
        "0 Ingen til stede,",
        "8",
    ]
    cards.balance.actions["table"]()
    assert len(Read(cards.balance.render()).tables) == 1


def test_a_cell_opens_its_workshops_with_those_who_came(facts, three, show):
    cards = show(facts)
    cards.balance.actions["cell"](case=str(three[0]), audience="peers")

    found = cards.dialog.render()
    assert "Peers fra Greve" in plain(found)
    assert items(found) == [
        "Workshop 1: Workshop 14. maj 2024 1 deltog · Til stede, under mål",
        "Workshop 2: Workshop 12. aug. 2024 0 deltog · Ingen til stede",
        "Workshop 3: Workshop 24. apr. 2025 Ikke afholdt",
    ]
    ids = [row["id"] for row in facts.rows("activity", "kind = 'workshop'", order="starts_at")]
    links = [value for name, value in Read(found).attributes if name == "href"]
    assert links == [f"/aktivitet?id={one}" for one in ids]


@pytest.mark.parametrize("case", ["", "999", "x"])
def test_a_cell_that_is_not_there_says_so(facts, three, show, case):
    cards = show(facts)
    cards.balance.actions["cell"](case=case, audience="peers")

    assert "Det, du leder efter, findes ikke." in plain(cards.dialog.render())


# --- the targets ------------------------------------------------------------------------------


def typed(store: Store, **changes: str) -> dict[str, str]:
    found = {}
    for row in store.rows("audience_target"):
        for name in ("low", "high"):
            found[f"{name}_{row['audience']}"] = str(row[name])
    return found | changes


def test_the_office_changes_the_targets_and_the_marks_follow(facts, three, as_role, show):
    office = as_role("office", facts)
    cards = show(office)
    cards.balance.actions["explain"]()
    assert 'name="low_peers"' in cards.dialog.render()

    cards.dialog.actions["save"](**typed(office, low_peers="1"))

    assert cards.dialog.render() == ""
    assert "Måltallene er gemt" in cards.toast.render()
    assert "mål 1–6" in plain(cards.balance.render())
    cards.toast.actions["undo"]()
    assert "mål 2–6" in plain(cards.balance.render())


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"low_peers": "7"}, "Målet kan ikke gå fra 7 til 6. Skriv det mindste tal først."),
        ({"high_peers": "mange"}, "”mange” er ikke et helt tal. Skriv fx 60."),
        ({"high_peers": "201"}, "201 kan ikke bruges her. Skriv et tal fra 0 til 200."),
    ],
)
def test_targets_that_cannot_be_are_refused_and_stay_typed(facts, as_role, show, changes, sentence):
    office = as_role("office", facts)
    before = office.rows("audience_target")
    cards = show(office)
    cards.balance.actions["explain"]()

    cards.dialog.actions["save"](**typed(office, **changes))

    found = cards.dialog.render()
    assert sentence in plain(found)
    assert f'value="{next(iter(changes.values()))}"' in found
    assert office.rows("audience_target") == before


def test_two_at_the_office_lose_nothing_of_each_other(facts, as_role, show):
    one, other = (as_role("office", facts) for _ in range(2))
    cards, others = show(one), show(other)
    cards.balance.actions["explain"]()
    others.balance.actions["explain"]()
    before = typed(facts)

    cards.dialog.actions["save"](**before | {"low_peers": "1"})
    others.dialog.actions["save"](**before | {"low_staff": "7"})

    found = {row["audience"]: row["low"] for row in facts.rows("audience_target")}
    assert (found["peers"], found["staff"]) == (1, 7)
    others.balance.actions["explain"]()
    targets.set_target(one, "peers", 0, 6)
    with pytest.raises(Conflict):  # control: of the same target it is told
        others.dialog.actions["save"](**typed(facts, low_peers="2", low_staff="7"))


@pytest.mark.parametrize("role", ["consultant", "leadership"])
def test_others_read_the_targets_and_cannot_change_them(facts, as_role, show, role):
    other = as_role(role, facts)
    cards = show(other)
    cards.balance.actions["explain"]()

    assert rows(cards.dialog.render())[1:] == [
        ["Ledelse", "2", "6"],
        ["Medarbejdere", "6", "16"],
        ["Peers", "2", "6"],
        ["Borgere", "3", "10"],
    ]
    assert set(cards.dialog.actions) == {"dialog_close"}
    with pytest.raises(Forbidden):
        targets.set_target(other, "peers", 1, 2)


# --- the suggestions --------------------------------------------------------------------------


def test_a_gap_names_the_next_workshop_and_what_can_be_done(facts, make_case, show):
    first, second = make_case(101), make_case(147)
    workshop(facts, {first: (2, 8, 2, 0), second: (2, 8, 1, 3)})
    new = workshop(facts, {first: ()}, AHEAD)
    activities.count(facts, new, {(first, "citizens"): None})
    cards = show(facts)

    assert items(cards.suggestions.render()) == [
        "København Ingen borgere i den første workshop Workshop 2: 24. apr. "
        "Invitér borgere: København",
        "Frederiksberg Peers under mål i den første workshop Ingen planlagt "
        "Find dato: Frederiksberg",
    ]
    links = [value for name, value in Read(cards.suggestions.render()).attributes if name == "href"]
    assert f"/aktiviteter?find={second}" in links
    assert f"/aktivitet?id={new}" in links

    cards.suggestions.actions["invite"](case=str(first), audience="citizens")

    assert "Borgere er inviteret" in items(cards.suggestions.render())[0]
    found = frames.headcounts(facts, new)
    assert "citizens" in set(found["audience"])
    assert "Borgere fra København er inviteret til workshop 2" in plain(cards.toast.render())
    assert facts.rows("message") == []
    cards.toast.actions["undo"]()
    assert "Invitér borgere" in items(cards.suggestions.render())[0]


@pytest.mark.parametrize(
    "values", [{}, {"case": "x"}, {"case": "1", "audience": "press"}, {"audience": "citizens"}]
)
def test_inviting_where_there_is_no_gap_does_nothing(facts, three, show, values):
    before = facts.version()

    show(facts).suggestions.actions["invite"](**values)

    assert facts.version() == before


def test_when_all_audiences_take_part_it_says_so(facts, make_case, show):
    workshop(facts, {make_case(101): (2, 6, 2, 3)})

    assert "Alle målgrupper er med." in plain(show(facts).suggestions.render())


def test_gaps_are_counted_over_the_workshops_and_filtered(facts, three, show):
    found = items(show(facts).suggestions.render())

    assert [item.split(" Workshop")[0] for item in found] == [
        "Greve Ingen borgere i 2 af 2 workshops",
        "Greve Ingen peers i 1 af 2 workshops",
    ]
    assert items(show(facts, hold=LATER).suggestions.render()) == []


def test_who_may_not_count_is_offered_nothing(facts, three, as_role, show):
    found = show(as_role("leadership", facts)).suggestions.render()

    assert 'data-do="invite"' not in found
    with pytest.raises(Forbidden):
        activities.count(as_role("leadership", facts), 1, {})


# --- what leadership can find out -------------------------------------------------------------

BASE = {  # two workshops of each case, then the same with a head moved around a circle
    "as it is": [[(1, 5, 3, 4), (1, 5, 3, 5)], [(4, 6, 1, 4), (3, 5, 2, 4)]],
    "as it could be": [[(3, 5, 5, 4), (0, 5, 0, 5)], [(3, 6, 4, 4), (3, 5, 0, 4)]],
}
HOURS = {"as it is": [(3, 9), (8, 4)], "as it could be": [(4, 8), (7, 5)]}


@pytest.fixture
def worlds(tmp_path, facts, make_case, clock, data_dir) -> Iterator[dict[str, Store]]:
    """Two databases that differ in small numbers only; what is hidden has the same sums in both."""
    first, second = make_case(101), make_case(147)
    opened = {}
    facts.db.conn.commit()
    for name in BASE:
        path = tmp_path / f"{name}.db"
        facts.db.execute(f"VACUUM INTO '{path}'")
        world = open_store(path, Actor("system", "System", "system"), clock=clock)
        for case, counts in zip((first, second), BASE[name]):
            for number, came in enumerate(counts):
                workshop(world, {case: came}, FIRST + timedelta(days=60 * number))
        partners = [row["id"] for row in world.rows("organisation", "kind = 'partner'")]
        for number, (few, many) in enumerate(HOURS[name]):
            at = FIRST + timedelta(days=100 + number)
            cases = {first: (few, many)}
            workshop(world, cases, at, kind="competence", provider_id=partners[number])
        opened[name] = world
    yield opened
    for world in opened.values():
        world.close()


def seen_by(role: str, show, as_role, worlds: dict[str, Store]) -> list[str]:
    return [everything(show, as_role(role, world)) for world in worlds.values()]


def test_leadership_sees_the_same_of_two_worlds_with_other_small_numbers(show, as_role, worlds):
    """Whatever is written anywhere, a reader cannot tell from it which of the two is true."""
    one, other = seen_by("leadership", show, as_role, worlds)

    assert one == other
    assert 'class="hid"' in one


@pytest.mark.parametrize("role", ["consultant", "office"])
def test_control_whoever_works_with_the_cases_can_tell_them_apart(show, as_role, worlds, role):
    one, other = seen_by(role, show, as_role, worlds)

    assert one != other
    assert 'class="hid"' not in one


def test_control_one_head_more_in_a_number_that_is_shown_is_seen(show, as_role, worlds):
    world = worlds["as it is"]
    before = everything(show, as_role("leadership", world))
    case = world.rows("enrolment", order="id")[0]["id"]
    first = world.rows("activity", "kind = 'workshop'", order="id")[0]["id"]

    activities.count(world, first, {(case, "staff"): (None, 6)})

    assert everything(show, as_role("leadership", world)) != before


def as_table(found: str) -> list[list[int | None]]:
    """The published numbers, totals with them: None is hidden, and no number is 0."""
    return [
        [None if cell == HIDDEN else int(re.sub(r"\D", "", cell) or 0) for cell in row[1:]]
        for row in rows(found)[1:]
        if len(row) > 1
    ]


def possible(seen: list[list[int | None]], most: int) -> dict[tuple[int, int], set[int]]:
    """The values of every hidden cell in all tables that agree with what is seen."""
    *body, totals = seen

    def fillings(line: list[int | None]) -> list[tuple[int, ...]]:
        choices = [range(1, most + 1) if cell is None else (cell,) for cell in line[:-1]]
        return [one for one in product(*choices) if line[-1] in (None, sum(one))]

    values: dict[tuple[int, int], set[int]] = {}
    for lines in product(*(fillings(line) for line in body)):
        sums = [sum(column) for column in zip(*lines)]
        if all(total in (None, found) for total, found in zip(totals, [*sums, sum(sums)])):
            for (at, line), column in product(enumerate(lines), range(len(sums))):
                if body[at][column] is None:
                    values.setdefault((at, column), set()).add(line[column])
    return values


def test_no_hidden_cell_can_be_worked_out_from_the_table(facts, make_case, as_role, show, draw):
    cases = [make_case(one) for one in (101, 147, 151)]
    first = workshop(facts, {case: (0, 0, 0, 0) for case in cases})
    leader, tried = as_role("leadership", facts), 0
    for _ in range(6):
        came = {
            (case, audience): (None, draw.choice((0, 1, 2, 3, 5, 6, 7)))
            for case in cases
            for audience in AUDIENCES
        }
        activities.count(facts, first, came)
        seen = as_table(show(leader).balance.render())
        for at, values in possible(seen, most=9).items():
            assert len(values) > 1, (at, seen)
            tried += 1
        for row, case in zip(seen, cases):
            for cell, audience in zip(row, AUDIENCES):
                assert cell is None or not 0 < cell < 5, (case, audience)
    assert tried > 8


def test_control_hiding_the_small_ones_alone_can_be_worked_out():
    seen = [[None, 9, 11], [7, 8, 15], [9, 17, 26]]

    assert possible(seen, most=9) == {(0, 0): {2}}


def test_a_filter_shows_rows_of_the_same_table_and_the_totals_of_all(
    facts, make_case, as_role, show
):
    one, other = make_case(101), make_case(147, LATER)
    workshop(facts, {one: (7, 10, 3, 8)})
    workshop(facts, {other: (2, 11, 6, 9)}, datetime(2025, 3, 4, 8, tzinfo=UTC))
    leader = as_role("leadership", facts)

    whole, part = (rows(show(leader, **query).balance.render()) for query in ({}, {"hold": LATER}))

    assert part[2] in whole
    assert part[-1] == whole[-1]
    assert part[-1][0] == "Alle kommuner"
    alone = rows(show(facts, hold=LATER).balance.render())
    assert alone[-1][1:] != part[-1][1:]  # control: others get the totals of what they see


def test_on_another_date_leadership_gets_no_numbers_of_people(facts, clock, three, as_role, show):
    day = facts.today()
    clock.on(day + timedelta(days=7))
    leader = as_role("leadership", facts).at(day)

    found = everything(show, leader)

    assert "Deltagelsen vises kun pr. i dag." in found
    assert 'class="hid"' not in found
    assert not re.search(r"\d+ deltag", found)
    assert Read(show(leader).balance.render()).tables == []
    assert rows(show(facts.at(day)).balance.render())  # control: others do


def test_leadership_gets_no_marks_and_only_the_gaps_that_the_sums_show(facts, three, as_role, show):
    cards = show(as_role("leadership", facts))
    found = cards.balance.render()

    assert 'class="mk' not in found
    assert "mål," not in plain(found)
    assert [item.split(" Workshop")[0] for item in items(cards.suggestions.render())] == [
        "Greve Ingen borgere endnu"
    ]
    assert 'class="mk' in show(facts).balance.render()  # control


def test_targets_change_nothing_that_leadership_could_read_a_count_from(
    facts, three, as_role, show
):
    """A mark that moves with the target would say on which side of it a count lies."""
    leader = as_role("leadership", facts)
    before = everything(show, leader)
    targets.set_target(facts, "leadership", 3, 6)

    after = everything(show, leader)

    shown = {"mål 2–6": "", "mål 3–6": "", "target 2–6": "", "target 3–6": ""}
    for words in shown:
        before, after = before.replace(words, ""), after.replace(words, "")
    numbers = re.compile(r'<th scope="row">(Ledelse|Leadership)</th><td class="num">\d')
    assert numbers.sub("", before) == numbers.sub("", after)
