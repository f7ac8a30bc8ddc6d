"""The ledger as it is read: every movement, the numbers after it, and who may change them."""

import re
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from types import SimpleNamespace

import pytest

from advisory import frames
from advisory.domain.enrolments import Status
from advisory.store import Store, decisions, place_changes
from advisory.texts import translator
from advisory.ui import places_ledger
from advisory.ui.dialog import Dialog
from advisory.ui.explain import Explain
from advisory.ui.places_ledger import PlacesLedger
from advisory.ui.toast import Toast
from advisory.ui.view import View

from .places_story import FIRST, SECOND, THIRD, Story, alerts, opened, plain, rows, told

SUM = "16 optaget + 2 tilbudt + 2 ledige = 20"
MARCH = [
    ["7. mar. 2025", "1 plads flyttet fra januar 2025 | Bruges i august", "august 2025",
     "16", "2", "2", "Lene Kjær"],
    ["7. mar. 2025", "Pladsen efter Syddjurs givet fri | Forløbet fortsætter ikke",
     "januar 2025", "−1 16", "2", "+1 2", "Lene Kjær"],
    ["6. mar. 2025", "Tilbuddet til Gladsaxe udløb", "august 2025",
     "17", "−1 2", "+1 1", "af sig selv"],
]  # fmt: skip
FEBRUARY = [
    ["20. feb. 2025", "Gladsaxe, Skive og Struer fik tilbud | Næste i rækken", "august 2025",
     "17", "+3 3", "−3 0", "Lene Kjær"],
    ["3. feb. 2025", "Odder, Ringsted og Svendborg optaget", "august 2025",
     "+3 17", "0", "−3 3", "Lene Kjær"],
]  # fmt: skip
EARLIER = [
    ["20. nov. 2024",
     "7 kommuner optaget | Ballerup, Frederiksberg, Hvidovre, Ishøj, Horsens, Odense, Syddjurs",
     "januar 2025", "+7 14", "0", "−7 6", "Lene Kjær"],
    ["10. jan. 2024",
     "7 kommuner optaget"
     " | Brøndby, Dragør, Gentofte, Glostrup, Herlev, Albertslund, København",
     "februar 2024", "+7 7", "0", "−7 13", "Lene Kjær"],
    ["2. jan. 2024", "Holdets pladser ændret fra ikke sat til 6 | Fordeling 2025-08",
     "august 2025", "0", "0", "20", "Lene Kjær"],
    ["2. jan. 2024", "Holdets pladser ændret fra ikke sat til 7 | Fordeling 2025-01",
     "januar 2025", "0", "0", "20", "Lene Kjær"],
    ["2. jan. 2024", "Holdets pladser ændret fra ikke sat til 7 | Fordeling 2024-02",
     "februar 2024", "0", "0", "20", "Lene Kjær"],
]  # fmt: skip
EVERY = [*MARCH, *FEBRUARY, *EARLIER]
NUMBERS = {"capacity": "20", "places_1": "7", "places_2": "6", "places_3": "7"}


@pytest.fixture(scope="module")
def written(tmp_path_factory, data_dir) -> tuple[Path, dict[str, int]]:
    path = tmp_path_factory.mktemp("story") / "story.db"
    return path, told(path, data_dir)


@pytest.fixture
def story(written, tmp_path, clock) -> Iterator[Story]:
    yield from opened(*written, tmp_path, clock)


@pytest.fixture
def page(story: Story) -> Callable[..., SimpleNamespace]:
    """`page(store, regnskab="alle")`: the card of August, its dialog and its toast."""

    def made(
        store: Store | None = None, lang: str = "da", cohort: str = THIRD, **query: str
    ) -> SimpleNamespace:
        view = View(store or story.store, translator(lang), query)
        dialog, toast = Dialog(view), Toast(view)
        card = PlacesLedger(view, cohort, Explain(view, dialog), dialog, toast)
        return SimpleNamespace(card=card.live, dialog=dialog.live, toast=toast.live)

    return made


def does(markup: str) -> set[str]:
    return set(re.findall(r'data-do="(\w+)"', str(markup)))


# --- the card -------------------------------------------------------------------------------------


def test_every_movement_is_read_with_the_numbers_after_it(page):
    shown = page(regnskab="alle").card.render()

    assert rows(shown, "movements") == EVERY
    assert plain(re.search(r'<span class="meta">(.*?)</span>', shown)[1]) == SUM
    assert alerts(shown) == []
    assert "efter hver af de 27 bevægelser, og den sidste passer" in plain(shown)


def test_six_lines_are_shown_until_all_are_asked_for(page):
    own = page(hold=THIRD)

    few = own.card.render()
    assert rows(few, "movements") == EVERY[:6]
    assert "Alle 27 bevægelser" in plain(few)
    own.card.actions["all"]()
    every = own.card.render()
    assert rows(every, "movements") == EVERY
    assert "Kun de nyeste" in plain(every)
    assert own.card.address() == f"/optag?hold={THIRD}&regnskab=alle"
    own.card.actions["all"]()
    assert rows(own.card.render(), "movements") == EVERY[:6]
    assert own.card.address() == f"/optag?hold={THIRD}"


@pytest.mark.parametrize(
    ("cohort", "found"),
    [
        (THIRD, [*MARCH[:1], MARCH[2], *FEBRUARY, EARLIER[2]]),
        (SECOND, [*MARCH[:2], EARLIER[0], EARLIER[3]]),
        (FIRST, [EARLIER[1], EARLIER[4]]),
    ],
)
def test_only_what_concerns_the_cohort_with_the_same_numbers(page, cohort, found):
    own = page(cohort=cohort, hold=cohort)

    own.card.actions["only"](own="1")

    assert rows(own.card.render(), "movements") == found
    assert own.card.address() == f"/optag?hold={cohort}&kun=hold"
    own.card.actions["only"](own="")
    assert rows(own.card.render(), "movements") == EVERY[:6]


def test_taken_offered_and_free_are_all_places_in_every_row_and_the_last_is_how_it_stands(
    page, story
):
    def balances(markup):
        last = [[int(cell.split()[-1]) for cell in line[3:6]] for line in rows(markup, "movements")]
        return [tuple(line) for line in last]

    shown = balances(page(regnskab="alle").card.render())

    assert {sum(line) for line in shown} == {20}
    now = frames.places(story.store)
    assert shown[0] == (now["taken"], now["offered"], now["free"])
    control = balances(re.sub(r">16</td>", ">15</td>", str(page().card.render()), count=1))
    assert {sum(line) for line in control} == {19, 20}


def test_the_card_says_when_more_is_held_than_there_is(page, story):
    with story.store.write("places.edit"):
        story.store.update("initiative", 1, {"capacity": 17})

    shown = page().card.render()

    assert "16 optaget + 2 tilbudt + −1 ledig = 17" in plain(shown)
    assert alerts(shown) == ["Regnskabet går ikke op. Flere pladser er i brug, end der er."]
    assert "den sidste passer" not in plain(shown)


def test_the_card_says_when_the_movements_do_not_end_where_the_places_stand(page, monkeypatch):
    wrong = {"capacity": 20, "taken": 15, "offered": 2, "free": 3}
    monkeypatch.setattr(places_ledger.frames, "places", lambda store: wrong)

    shown = page().card.render()

    assert alerts(shown) == [
        "Regnskabet går ikke op. Bevægelserne ender på 16 optaget og 2 tilbudt, men pladserne er"
        " 15 optaget og 2 tilbudt. Sig det til den, der driver løsningen."
    ]
    assert "den sidste passer" not in plain(shown)


def test_each_square_and_each_name_leads_to_its_application(page, story):
    shown = str(page(regnskab="alle", lang="en").card.render()).replace("&amp;", "&")

    slugs = {row["id"]: row["slug"] for row in story.store.rows("municipality")}
    held = frames.enrolments(story.store).query("holds_place")
    expected = [
        f"/optag?hold={row.cohort}&valgt={slugs[row.municipality_id]}#afgoerelse"
        for row in held.sort_values("starts_on", kind="stable").itertuples()
    ]
    squares = re.findall(r'<a class="square" href="([^"]*)"', shown)
    assert sorted(squares) == sorted(expected)
    assert len(squares) == 18
    named = re.findall(r'<a href="([^"]*)">Gladsaxe</a>', shown)
    assert named == [f"/optag?hold={THIRD}&valgt=gladsaxe#afgoerelse"] * 2


def test_the_legend_stands_below_the_squares(page):
    shown = page().card.render()

    legend = re.search(r'<p class="leg">(.*?)</p>', shown, re.S)[1]
    words = [plain(one) for one in re.findall(r"<span>(.*?)</span>", legend, re.S)]
    assert words == ["I forløb", "Optaget", "Tilbudt, afventer svar", "Ledig"]


def test_a_line_is_of_one_day_cause_cohort_reason_and_person(page, story, as_role):
    store = story.store
    story.on(date(2025, 3, 13), 10)
    for name, reason in (
        ("Odder", "Flytter"), ("Ringsted", "Flytter"), ("Skive", "Nej tak"), ("Struer", "Andet"),
    ):  # fmt: skip
        story.decide(name, Status.WITHDRAWN, reason=reason)
    said = {"on_date": store.today(), "reason": "Andet"}
    other = as_role("office", store)
    decisions.decide(other, story.cases["Lejre"], Status.ADMITTED, **said)
    for name in ("Svendborg", "Lejre"):
        decisions.decide(other, story.cases[name], Status.WITHDRAWN, **said)

    shown = rows(page().card.render(), "movements")

    assert [[line[1], *line[3:]] for line in shown[:5]] == [
        ["Svendborg og Lejre trak sig | Andet", "−2 13", "0", "+2 7", "Office"],
        ["Lejre optaget | Andet", "+1 15", "0", "−1 5", "Office"],
        ["Struer takkede nej | Andet", "14", "−1 0", "+1 6", "Lene Kjær"],
        ["Skive takkede nej | Nej tak", "14", "−1 1", "+1 5", "Lene Kjær"],
        ["Odder og Ringsted trak sig | Flytter", "−2 14", "2", "+2 4", "Lene Kjær"],
    ]


def test_two_persons_who_do_the_same_have_a_line_each(page, story, as_role):
    story.on(date(2025, 3, 13), 10)
    said = {"on_date": story.store.today(), "reason": "Flytter"}
    for store, name in ((story.store, "Odder"), (as_role("office", story.store), "Ringsted")):
        decisions.decide(store, story.cases[name], Status.WITHDRAWN, **said)

    assert [[line[1], line[-1]] for line in rows(page().card.render(), "movements")[:2]] == [
        ["Ringsted trak sig | Flytter", "Office"],
        ["Odder trak sig | Flytter", "Lene Kjær"],
    ]


def test_numbers_changed_one_after_the_other_are_no_place_that_moved(page, story):
    january, august = story.cohort(SECOND), story.cohort(THIRD)
    story.on(date(2025, 3, 13), 10)
    place_changes.set_capacity(story.store, 1, 22, "Flere midler")
    place_changes.set_places(story.store, august, 6, "Ret")
    story.on(date(2025, 3, 13), 11)
    place_changes.set_places(story.store, january, 7, "Ret")

    shown = rows(page().card.render(), "movements")

    assert [line[1:6] for line in shown[:3]] == [
        ["Holdets pladser ændret fra 6 til 7 | Ret", "januar 2025", "16", "2", "4"],
        ["Holdets pladser ændret fra 7 til 6 | Ret", "august 2025", "16", "2", "4"],
        ["Pladser i alt ændret fra 20 til 22 | Flere midler", "Alle hold", "16", "2", "+2 4"],
    ]


def test_a_day_before_the_first_movement_and_a_day_in_between(page, story):
    early, between = page(story.store.at(date(2023, 12, 1))), page(story.store.at(date(2024, 2, 1)))

    assert "Ingen bevægelser endnu." in plain(early.card.render())
    assert rows(between.card.render(), "movements") == EARLIER[1:]
    assert "7 optaget + 0 tilbudt + 13 ledige = 20" in plain(between.card.render())


def test_nothing_at_all_says_so(store):
    view = View(store, translator("da"), {})
    dialog = Dialog(view)
    card = PlacesLedger(view, "", Explain(view, dialog), dialog, Toast(view)).live

    assert does(card.render()) == {"explain"}
    assert "Der er ingen hold endnu." in plain(card.render())


@pytest.mark.parametrize(
    ("role", "found"),
    [
        ("office", {"explain", "all", "only", "edit_places"}),
        ("consultant", {"explain", "all", "only"}),
    ],
)
def test_only_the_office_may_change_places(page, as_role, story, role, found):
    own = page(as_role(role, story.store))

    assert does(own.card.render()) == found
    assert set(own.card.actions) == found


def test_on_another_day_nothing_can_be_changed(page, story):
    assert does(page(story.store.at(date(2025, 3, 1))).card.render()) == {"explain", "all", "only"}


def test_the_ledger_is_explained(page):
    own = page()

    own.card.actions["explain"](figure="places")

    assert "Optaget + tilbudt + ledig er altid indsatsens pladser i alt." in plain(
        own.dialog.render()
    )


# --- the numbers of places ------------------------------------------------------------------------


def numbers(store: Store) -> dict[str, str]:
    own = {f"places_{row['id']}": str(row["places"] or "") for row in store.rows("cohort")}
    return {"capacity": str(store.rows("initiative")[0]["capacity"]), **own}


def save(own: SimpleNamespace, **typed: str) -> list[str]:
    """Open the dialog, save, and return what it complains of; closed it complains of nothing."""
    own.card.actions["edit_places"]()
    own.dialog.actions["save_places"](**{**NUMBERS, "reason": "Flere midler", **typed})
    return alerts(own.dialog.render())


def test_the_numbers_are_changed_as_one_operation_and_taken_back_as_one(page, story):
    own, before = page(), numbers(story.store)
    assert before == NUMBERS

    assert save(own, capacity="22", places_1="", places_2="9", places_3="8") == []

    assert own.dialog.render() == ""
    assert numbers(story.store) == {
        "capacity": "22", "places_1": "", "places_2": "9", "places_3": "8",
    }  # fmt: skip
    assert [line[1:3] for line in rows(own.card.render(), "movements")[:4]] == [
        ["Holdets pladser ændret fra 7 til 8 | Flere midler", "august 2025"],
        ["Holdets pladser ændret fra 6 til 9 | Flere midler", "januar 2025"],
        ["Holdets pladser ændret fra 7 til ikke sat | Flere midler", "februar 2024"],
        ["Pladser i alt ændret fra 20 til 22 | Flere midler", "Alle hold"],
    ]
    assert plain(own.toast.render()).startswith("Pladserne er rettet")
    own.toast.actions["undo"]()
    assert numbers(story.store) == before
    assert rows(page(regnskab="alle").card.render(), "movements") == EVERY


def test_fewer_in_all_fit_once_the_cohorts_have_fewer(page, story):
    assert save(page(), capacity="19", places_3="6") == []
    assert numbers(story.store) == {**NUMBERS, "capacity": "19", "places_3": "6"}


REASON = "Skriv en kort begrundelse. Den bliver gemt i historikken."
OVER = (
    "Holdene ville tilsammen få flere end de {} pladser, der er i alt."
    " Tag en plads fra et andet hold først."
)
REFUSALS = [
    ({}, "", "Der er ikke rettet noget. Skriv et andet tal, eller luk vinduet."),
    ({"capacity": "21", "reason": " "}, "reason", REASON),
    ({"capacity": ""}, "capacity", "”” er ikke et helt tal. Skriv fx 60."),
    ({"places_2": "to"}, "places_2", "”to” er ikke et helt tal. Skriv fx 60."),
    ({"places_2": "-1"}, "places_2", "”-1” er ikke et helt tal. Skriv fx 60."),
    (
        {"places_3": "9" * 5000},
        "places_3",
        f"”{'9' * 40}” er ikke et helt tal. Skriv fx 60.",
    ),
    (
        {"capacity": "1001"},
        "capacity",
        "1.001 kan ikke bruges her. Skriv et tal fra 0 til 1.000.",
    ),
    (
        {"capacity": "17", "places_1": "", "places_3": "6"},
        "capacity",
        "18 pladser er optaget eller tilbudt, så der kan ikke være 17 i alt. Skriv mindst 18.",
    ),
    (
        {"places_1": "", "places_3": "4"},
        "places_3",
        "Hold august 2025 har 5 pladser optaget eller tilbudt, så holdet kan ikke have 4."
        " Skriv mindst 5.",
    ),
    ({"capacity": "19"}, "capacity", OVER.format(19)),
    ({"places_2": "8", "places_1": "8"}, "places_1", OVER.format(20)),
]


@pytest.mark.parametrize(("typed", "field", "sentence"), REFUSALS)
def test_what_is_refused_is_said_at_its_field_and_nothing_is_changed(
    page, story, typed, field, sentence
):
    own, version = page(), story.store.version()

    assert save(own, **typed) == [sentence]

    shown = own.dialog.render()
    wrong = re.findall(r'name="(\w+)"[^>]*aria-invalid="true"', shown)
    assert wrong == ([field] if field else [])
    assert numbers(story.store) == NUMBERS
    assert story.store.version() == version


def test_a_civil_registration_number_in_the_reason_is_refused_above_the_form(page, story):
    own = page()

    (sentence,) = save(own, capacity="21", reason="Aftalt med 010190-1234")

    assert "CPR" in sentence
    assert "aria-invalid" not in own.dialog.render()
    assert numbers(story.store) == NUMBERS


def test_a_number_that_another_has_changed_is_not_written_over(page, story):
    own = page()
    own.card.actions["edit_places"]()
    place_changes.set_places(story.store, story.cohort(THIRD), 6, "En anden")

    own.dialog.actions["save_places"](**{**NUMBERS, "places_3": "5", "reason": "Ret"})

    assert alerts(own.dialog.render()) == [
        "En anden har imens ændret tallet til 6. Intet er gemt. Ret dit tal, eller gem det igen."
    ]
    assert numbers(story.store)["places_3"] == "6"
    own.dialog.actions["save_places"](**{**NUMBERS, "places_3": "5", "reason": "Ret"})
    assert numbers(story.store) == {**NUMBERS, "places_3": "5"}


def test_a_number_left_alone_is_not_put_back_to_what_was_seen(page, story):
    own = page()
    own.card.actions["edit_places"]()
    place_changes.set_places(story.store, story.cohort(THIRD), 6, "En anden")

    own.dialog.actions["save_places"](**{**NUMBERS, "capacity": "21", "reason": "Ret"})

    assert numbers(story.store) == {**NUMBERS, "capacity": "21", "places_3": "6"}


def move(own: SimpleNamespace, given: object, taking: object, reason: str = "Ret") -> list[str]:
    own.card.actions["edit_places"]()
    typed = {"from": str(given), "to": str(taking), "reason": reason}
    own.dialog.actions["move_place"](**typed)
    return alerts(own.dialog.render())


def test_a_place_moves_from_one_cohort_to_another_and_back_again(page, story):
    own = page()

    assert move(own, story.cohort(THIRD), story.cohort(SECOND)) == []

    assert numbers(story.store) == {**NUMBERS, "places_2": "7", "places_3": "6"}
    assert rows(own.card.render(), "movements")[0][1:3] == [
        "1 plads flyttet fra august 2025 | Ret",
        "januar 2025",
    ]
    said = plain(own.toast.render())
    assert said.startswith("1 plads er flyttet fra august 2025 til januar 2025")
    own.toast.actions["undo"]()
    assert numbers(story.store) == NUMBERS


def test_a_move_that_is_refused_says_where(page, story):
    first, third, elsewhere = story.cohort(FIRST), story.cohort(THIRD), "x"
    version = story.store.version()
    held = (
        "Hold februar 2024 har 7 pladser optaget eller tilbudt, så holdet kan ikke have 6."
        " Skriv mindst 7."
    )
    other = "Vælg to forskellige hold i samme indsats."

    tried = []
    for given, taking, reason in (
        (first, third, "Ret"),
        (third, third, "Ret"),
        (elsewhere, third, "Ret"),
        (third, "", "Ret"),
        (third, first, ""),
    ):
        own = page()
        said = move(own, given, taking, reason)
        wrong = re.findall(
            r'name="(\w+)" aria-invalid|name="(\w+)"[^>]*aria-inv', own.dialog.render()
        )
        tried.append((said, ["".join(one) for one in wrong]))

    assert tried == [
        ([held], ["from"]),
        ([other], ["to"]),
        ([other], ["from"]),
        ([other], ["to"]),
        ([REASON], ["reason"]),
    ]
    assert story.store.version() == version


def test_without_two_numbers_of_their_own_no_place_can_move(page, story):
    assert save(page(), places_1="", places_2="") == []
    own = page()
    own.card.actions["edit_places"]()

    shown = own.dialog.render()
    assert does(shown) == {"dialog_close", "save_places"}
    assert "når mindst to hold har deres eget antal" in plain(shown)


def test_who_may_not_change_places_has_no_dialog(page, as_role, story):
    assert "edit_places" not in page(as_role("consultant", story.store)).card.actions
