"""The card from meeting to application: its bars, its words, its rows, and when it has none."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from html.parser import HTMLParser
from types import SimpleNamespace

import pytest

from advisory.store import Store, enrolments, meetings, signups
from advisory.texts import translator
from advisory.ui.dialog import Dialog
from advisory.ui.funnel_card import FunnelCard
from advisory.ui.view import View

ROUND = "2025-01"  # its last day to apply is 1 October 2024
JUNE = datetime(2024, 6, 13, 12, 30, tzinfo=UTC)
CAME = {"Ane": "Struer", "Bo": "Struer", "Ida": "Faxe", "Per": "Samsø", "Kim": "Et andet sted"}
STAYED_AWAY = {"Eva": "Læsø"}


class Read(HTMLParser):
    """The words of each element of one kind, and all addresses there are."""

    def __init__(self, html: str, tag: str):
        super().__init__(convert_charrefs=True)
        self.tag, self.inside = tag, 0
        self.found: list[str] = []
        self.addresses: list[str] = []
        self.feed(str(html))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.addresses += [value or "" for name, value in attrs if name == "href"]
        if tag == self.tag:
            self.inside += 1
            self.found.append("")
        self.handle_data(" ")

    def handle_endtag(self, tag: str) -> None:
        self.handle_data(" ")
        self.inside -= tag == self.tag

    def handle_data(self, data: str) -> None:
        if self.inside:
            self.found[-1] += data


def words(html: str, tag: str) -> list[str]:
    return [" ".join(text.split()) for text in Read(html, tag).found]


@pytest.fixture
def meeting(facts: Store, clock) -> int:
    """The first meeting of the round, announced in May 2024; six signed up."""
    clock.on(date(2024, 5, 1))
    activity_id = meetings.create(
        facts,
        "info_meeting",
        "Om forløbet",
        starts_at=JUNE,
        ends_at=JUNE + timedelta(minutes=45),
        cohort_id=facts.find("cohort", code=ROUND)["id"],
    )
    for name, home in {**CAME, **STAYED_AWAY}.items():
        address = f"{name.lower()}@kommune.example"
        signups.sign_up(facts, activity_id, name=name, email=address, municipality=home)
    return activity_id


@pytest.fixture
def held(facts: Store, clock, meeting: int) -> int:
    """The same after the meeting, seen from 20 September 2024; Samsø and Odense have applied."""
    clock.now = JUNE + timedelta(days=1)
    for row in facts.rows("signup", "activity_id = ?", [meeting]):
        name = facts.get("person", row["person_id"])["name"]
        signups.set_present(facts, row["id"], name in CAME)
    apply(facts, clock, "Samsø", date(2024, 6, 23))
    apply(facts, clock, "Odense", date(2024, 7, 1))
    clock.on(date(2024, 9, 20))
    return meeting


def apply(store: Store, clock, name: str, day: date) -> None:
    home, own = store.find("municipality", name=name), store.find("cohort", code=ROUND)
    clock.on(day)
    enrolments.create(store, own["id"], home["id"], received_on=day)


@pytest.fixture
def show() -> Callable[..., SimpleNamespace]:
    """`show(store, hold)` is the card with its dialog."""

    def made(store: Store, hold: str = ROUND, **query: str) -> SimpleNamespace:
        view = View(store, translator("da"), query)
        dialog = Dialog(view)
        card = FunnelCard(view, hold, dialog)
        return SimpleNamespace(live=card.live, html=card.live.render, dialog=dialog.live)

    return made


def test_each_step_has_its_count_its_share_and_those_who_came_another_way(facts, held, show):
    assert words(show(facts).html(), "li") == [
        "Inviteret 98 kommuner",
        "Tilmeldt 4 4 % (4 af 98)",
        "Deltog 3 75 % (3 af 4)",
        "Ansøgt 2 33 % (1 af 3) · +1 uden møde",
        "I tide 2 100 % (1 af 1) · +1 uden møde",
        "Optaget 0 0 % (0 af 1)",
    ]


def test_bars_are_as_long_as_their_counts_and_nothing_has_no_bar(facts, held, show):
    found = show(facts).html()

    widths = [part.split('"')[1] for part in found.split('<svg class="bar" width=')[1:]]
    assert widths == ["46.0%", "1.9%", "1.4%", "0.9%", "0.9%"]


def test_who_was_there_and_has_not_applied_is_listed_with_the_days_left(facts, held, show):
    found = show(facts).html()

    assert words(found, "h3") == ["Deltog, men har ikke søgt (2 kommuner)"]
    assert words(found, "tr") == [
        "Kommune Deltog, senest Frist",
        "Struer 2 personer, senest 13. jun. om 11 dage",
        "Faxe 1 person, senest 13. jun. om 11 dage",
    ]
    assert "1 tilmeldt person har ingen kommune og tæller ikke med." in words(found, "p")


@pytest.mark.parametrize(
    ("day", "left"),
    [
        (date(2024, 9, 30), "om 1 dag"),
        (date(2024, 10, 1), "i dag"),
        (date(2024, 10, 2), "1 dag siden"),
    ],
)
def test_the_deadline_is_counted_to_and_from(facts, clock, held, show, day, left):
    clock.on(day)

    assert words(show(facts).html(), "tr")[1] == f"Struer 2 personer, senest 13. jun. {left}"


def test_a_deadline_that_is_not_published_is_not_guessed(facts, clock, held, show):
    meetings.edit(facts, held, {"cohort_id": facts.find("cohort", code="2025-08")["id"]})

    found = show(facts, "2025-08").html()

    assert words(found, "li")[4] == "I tide – fristen er ikke oplyst"
    assert words(found, "tr")[1] == "Struer 2 personer, senest 13. jun. ikke oplyst"


def test_who_wants_no_mails_is_counted(facts, held, show):
    with facts.write("person.edit"):
        facts.update("person", facts.find("person", name="Ane")["id"], {"no_mail": 1})

    assert "1 ønsker ikke mails" in words(show(facts).html(), "tr")[1]


def test_when_all_who_were_there_have_applied_it_says_so(facts, clock, held, show):
    for name in ("Struer", "Faxe"):
        apply(facts, clock, name, date(2024, 9, 20))

    assert "Alle, der deltog, har søgt." in words(show(facts).html(), "p")


def test_a_long_list_is_shown_in_parts(facts, clock, held, show):
    clock.now = JUNE - timedelta(days=1)
    for name in ("Aarhus", "Odder", "Hjørring", "Vejle", "Vejen"):
        placed = signups.sign_up(
            facts,
            held,
            name=name,
            email=f"{name.lower()}@x.example".replace("ø", "oe"),
            municipality=name,
        )
        clock.now = JUNE + timedelta(days=1)
        signups.set_present(facts, placed.signup_id, True)
        clock.now = JUNE - timedelta(days=1)
    clock.on(date(2024, 9, 20))
    card = show(facts)

    first = words(card.html(), "tr")[1:]
    card.live.actions["all"]()

    assert (len(first), len(words(card.html(), "tr")[1:])) == (5, 7)


def test_before_the_first_meeting_there_are_no_numbers(facts, meeting, show):
    found = show(facts).html()

    steps = ("Inviteret", "Tilmeldt", "Deltog", "Ansøgt", "I tide", "Optaget")
    assert words(found, "li") == [f"{step} –" for step in steps]
    assert words(found, "p")[0] == (
        "Rundens første møde er 13. juni 2024. Tallene kommer, når det er holdt. "
        "4 kommuner er tilmeldt."
    )
    assert words(found, "tr") == []


def test_after_a_meeting_that_nobody_was_written_down_for(facts, clock, meeting, show):
    clock.now = JUNE + timedelta(days=1)

    assert words(show(facts).html(), "p")[1] == (
        "Ingen er skrevet op som deltagere endnu. Læs mødets rapport, eller sæt krydser."
    )


@pytest.mark.parametrize("cancelled", [False, True])
def test_a_round_without_a_meeting_says_what_is_missing(facts, meeting, show, cancelled):
    hold = ROUND if cancelled else "2025-08"
    if cancelled:
        own = facts.find("cohort", code=ROUND)["id"]
        for row in facts.rows("activity", "cohort_id = ?", [own]):
            meetings.cancel(facts, row["id"], "Sygdom")

    assert words(show(facts, hold).html(), "p")[0].startswith(
        "Der er ikke annonceret et møde for holdet."
    )


def test_an_empty_database_has_a_sentence(store, show):
    found = show(store, "").html()

    assert words(found, "p") == ["Der er ingen hold endnu. De kommer med programmets data."]
    assert "select" not in found


@pytest.mark.parametrize("asked", ["", "2031-01", "<script>alert(1)</script>"])
def test_a_cohort_nobody_knows_gives_that_of_the_last_meeting(facts, held, show, asked):
    card = show(facts, asked)

    assert card.live.address() == "/infomoeder"
    assert f'<option value="{ROUND}" selected>' in card.html()
    assert "<script" not in card.html()


def test_the_cohort_is_chosen_in_the_card_and_kept_in_the_address(facts, held, show):
    card = show(facts, moede="7", date="2024-09-20")

    card.live.actions["filter"](hold="2025-08")

    assert card.live.address() == "/infomoeder?date=2024-09-20&moede=7&hold=2025-08"
    assert words(card.html(), "li")[0] == "Inviteret –"


def test_the_whole_round_can_be_taken_out_on_the_date_shown(facts, held, show):
    found = Read(show(facts, date="2024-09-20").html(), "a").addresses

    assert found == [
        f"/eksport/fra_moede_til_ansoegning.{kind}?date=2024-09-20&hold={ROUND}"
        for kind in ("xlsx", "csv")
    ]


def test_each_step_is_explained_with_its_sum_and_its_municipalities(facts, held, show):
    card = show(facts)

    card.live.actions["explain"](figure="funnel")

    found = card.dialog.render()
    assert words(found, "h3") == [
        "Inviteret: 98", "Tilmeldt: 4", "Deltog: 3", "Ansøgt: 2", "I tide: 2", "Optaget: 0"
    ]  # fmt: skip
    assert words(found, "details")[1:] == [
        "4 kommuner : Tilmeldt Faxe, Læsø, Samsø, Struer",
        "3 kommuner : Deltog Faxe, Samsø, Struer",
        "2 kommuner : Ansøgt Odense, Samsø",
        "2 kommuner : I tide Odense, Samsø",
    ]
    assert "Regnestykke: 33 % (1 af 3) · +1 uden møde" in words(found, "p")


def test_the_table_has_a_row_for_each_municipality_of_the_round(facts, held, show):
    card = show(facts)
    card.live.actions["table"]()

    rows = words(card.dialog.render(), "tr")
    card.dialog.actions["every"]()

    heads = "Inviteret Tilmeldt Deltog Ansøgt I tide Optaget Dage til ansøgning Dage til optagelse"
    assert rows[0] == f"Kommune {heads}"
    assert [row.split(" Inviteret ")[0] for row in rows[1:]] == [
        "Faxe", "Læsø", "Odense", "Samsø", "Struer"
    ]  # fmt: skip
    assert rows[4] == (
        "Samsø Inviteret ja Tilmeldt 1. maj 2024 (1 person) Deltog 13. jun. 2024 (1 person) "
        "Ansøgt 23. jun. 2024 I tide ja Optaget – Dage til ansøgning 10 Dage til optagelse –"
    )
    assert len(words(card.dialog.render(), "tr")) == 1 + 98
