"""What if: what the card says comes of it, that it saves nothing, and carrying it out as one."""

import re
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from types import SimpleNamespace

import pytest

from advisory import frames
from advisory.domain.enrolments import Status
from advisory.domain.errors import Forbidden, Refused
from advisory.store import Store, decisions, enrolments, place_changes
from advisory.texts import translator
from advisory.ui.dialog import Dialog
from advisory.ui.toast import Toast
from advisory.ui.view import View
from advisory.ui.what_if import WhatIf

from .places_story import SECOND, THIRD, Story, alerts, opened, plain, rows, told

AS_NOW = {"turn_down": "0", "withdraw": "0", "places": "7", "admit": "0"}
READING = {"explain", "suppose", "step"}


@pytest.fixture(scope="module")
def written(tmp_path_factory, data_dir) -> tuple[Path, dict[str, int]]:
    path = tmp_path_factory.mktemp("story") / "story.db"
    return path, told(path, data_dir)


@pytest.fixture
def story(written, tmp_path, clock) -> Iterator[Story]:
    yield from opened(*written, tmp_path, clock)


@pytest.fixture
def page(story: Story) -> Callable[..., SimpleNamespace]:
    """`page(nej="1")`: the card of August, its dialog and its toast."""

    def made(
        store: Store | None = None, lang: str = "da", cohort: str = THIRD, **query: str
    ) -> SimpleNamespace:
        view = View(store or story.store, translator(lang), {"hold": cohort, **query})
        dialog, toast = Dialog(view), Toast(view)
        card = WhatIf(view, cohort, dialog, toast)
        return SimpleNamespace(card=card.live, dialog=dialog.live, toast=toast.live)

    return made


def result(markup: str) -> list[str]:
    """Free before and after, who is offered a place, what is left, and the ledger after it."""
    after = re.search(r'<p class="after">(.*?)</p>', str(markup), re.S)
    cells = [line[1] for line in rows(markup, "result")]
    return [*cells, plain(after[1]).removeprefix("Derefter: ")] if after else []


def fields(markup: str) -> dict[str, str]:
    found = re.findall(r'<input class="in"[^>]* name="(\w+)"[^>]* value="([^"]*)"', str(markup))
    return dict(found)


def statuses(story: Story) -> dict[str, str]:
    found = frames.applications(story.store, THIRD)
    return dict(zip(found["municipality"], found["stage"], strict=True))


BEFORE = {
    "Odder": "admitted", "Ringsted": "admitted", "Svendborg": "admitted", "Gladsaxe": "lapsed",
    "Skive": "offered", "Struer": "offered", "Odsherred": "waitlisted", "Rebild": "waitlisted",
    "Lejre": "new",
}  # fmt: skip


# --- what comes of it -----------------------------------------------------------------------------

OUTCOMES = [
    ({}, ["2 → 2", "Odsherred, Rebild", "0", "16 optaget + 4 tilbudt + 0 ledige = 20"]),
    (
        {"nej": "1"},
        ["2 → 3", "Odsherred, Rebild", "1", "16 optaget + 3 tilbudt + 1 ledig = 20"],
    ),
    (
        {"nej": "2", "traek": "3"},
        ["2 → 7", "Odsherred, Rebild", "5", "13 optaget + 2 tilbudt + 5 ledige = 20"],
    ),
    ({"optages": "1"}, ["2 → 1", "Odsherred", "0", "17 optaget + 3 tilbudt + 0 ledige = 20"]),
    ({"pladser": "5"}, ["2 → 0", "ingen", "0", "16 optaget + 2 tilbudt + 2 ledige = 20"]),
    (
        {"nej": "1", "traek": "1", "pladser": "4", "optages": "1"},
        ["2 → 0", "ingen", "0", "16 optaget + 1 tilbudt + 3 ledige = 20"],
    ),
]


@pytest.mark.parametrize(("query", "found"), OUTCOMES)
def test_the_card_shows_what_comes_of_it(page, query, found):
    shown = page(**query).card.render()

    assert result(shown) == found
    assert alerts(shown) == []


def test_the_names_follow_the_order_of_the_waiting_list(page, story):
    enrolments.prioritise(story.store, story.cases["Rebild"], 1, "Har ventet før")

    assert result(page().card.render())[1] == "Rebild, Odsherred"


def test_an_empty_waiting_list_says_so(page, story):
    for name in ("Odsherred", "Rebild"):
        story.decide(name, Status.WITHDRAWN, reason="Trak ansøgningen")

    assert result(page(nej="1").card.render()) == [
        "2 → 3", "Ventelisten er tom", "3", "16 optaget + 1 tilbudt + 3 ledige = 20",
    ]  # fmt: skip


REFUSALS = [
    ({"nej": "3"}, "Der er kun 2 åbne tilbud på holdet. Vælg et mindre tal."),
    (
        {"traek": "4"},
        "Kun 3 på holdet er optaget og endnu ikke begyndt. Vælg et mindre tal.",
    ),
    (
        {"pladser": "4"},
        "Hold august 2025 har 5 pladser optaget eller tilbudt, så holdet kan ikke have 4."
        " Skriv mindst 5.",
    ),
    (
        {"pladser": "8"},
        "Holdene ville tilsammen få flere end de 20 pladser, der er i alt."
        " Tag en plads fra et andet hold først.",
    ),
    (
        {"pladser": "5", "optages": "1"},
        "Hold august 2025 har 5 pladser, og alle er optaget eller tilbudt."
        " Flyt en plads fra et andet hold, eller lad kommunen stå på venteliste.",
    ),
    ({"nej": "1001"}, "1.001 kan ikke bruges her. Skriv et tal fra 0 til 1.000."),
    ({"nej": "to"}, "”to” er ikke et helt tal. Skriv fx 60."),
    ({"nej": "-1"}, "”-1” er ikke et helt tal. Skriv fx 60."),
    ({"nej": "9" * 5000}, f"”{'9' * 40}” er ikke et helt tal. Skriv fx 60."),
]


@pytest.mark.parametrize(("query", "sentence"), REFUSALS)
def test_what_cannot_be_is_said_in_the_card(page, query, sentence):
    shown = page(**query).card.render()

    assert alerts(shown) == [sentence]
    assert result(shown) == []
    assert 'data-do="carry_out"' not in shown


def test_a_cohort_that_has_begun_has_nothing_to_try(page):
    shown = page(cohort=SECOND).card.render()

    assert "Hold januar 2025 begyndte 1. januar 2025." in plain(shown)
    assert fields(shown) == {}


def test_it_can_be_tried_until_the_day_before_the_start(page, story):
    days = [date(2025, 7, 31), date(2025, 8, 1)]

    found = [fields(page(story.store.at(day)).card.render()) for day in days]

    assert found == [AS_NOW, {}]


def test_no_cohort_at_all(store):
    view = View(store, translator("da"), {})
    card = WhatIf(view, "", Dialog(view), Toast(view)).live

    assert "Der er ingen hold endnu." in plain(card.render())


# --- the steppers ---------------------------------------------------------------------------------


def test_the_steps_and_the_typed_numbers_stand_in_the_address(page):
    own, typed, seen = page(), dict(AS_NOW), []

    for name, by in (
        ("turn_down", "1"), ("turn_down", "1"), ("turn_down", "1"), ("withdraw", "1"),
        ("places", "-1"), ("admit", "1"), ("admit", "1"), ("turn_down", "-1"), ("places", "1"),
        ("withdraw", "-1"), ("withdraw", "-1"),
    ):  # fmt: skip
        own.card.actions["step"](name=name, by=by, **typed)
        typed = fields(own.card.render())
        seen.append(own.card.address().removeprefix(f"/optag?hold={THIRD}"))

    assert seen == [
        "&nej=1", "&nej=2", "&nej=2", "&nej=2&traek=1", "&nej=2&traek=1&pladser=6",
        "&nej=2&traek=1&pladser=6&optages=1", "&nej=2&traek=1&pladser=6&optages=1",
        "&nej=1&traek=1&pladser=6&optages=1", "&nej=1&traek=1&optages=1", "&nej=1&optages=1",
        "&nej=1&optages=1",
    ]  # fmt: skip
    own.card.actions["suppose"](turn_down="2", withdraw="", places="", admit="0")
    assert own.card.address() == f"/optag?hold={THIRD}&nej=2"
    assert fields(own.card.render()) == {**AS_NOW, "turn_down": "2"}


def test_who_comes_back_to_the_address_finds_the_same(page):
    own = page()
    own.card.actions["suppose"](turn_down="1", withdraw="2", places="6", admit="1")

    query = dict(part.split("=") for part in own.card.address().split("?")[1].split("&"))
    assert query == {
        "hold": THIRD, "nej": "1", "traek": "2", "pladser": "6", "optages": "1",
    }  # fmt: skip
    del query["hold"]
    assert page(**query).card.render() == own.card.render()


def test_no_step_goes_beyond_what_there_is(page):
    shown = str(page(nej="2", optages="1").card.render())

    off = re.findall(r'data-name="(\w+)" data-by="(-?1)"[^>]*disabled', shown)
    assert off == [("turn_down", "1"), ("withdraw", "-1"), ("admit", "1")]
    names = re.findall(r'<label for="what-if-\w+">(.*?)</label>', shown, re.S)
    assert [plain(one) for one in names] == [
        "Takker nej til tilbud af 2",
        "Trækker sig før 1. aug. af 3",
        "Pladser på holdet",
        "Ansøgninger uden afgørelse optages af 1",
    ]


def test_a_cohort_without_a_number_begins_with_what_it_can_have(page, story):
    place_changes.set_places(story.store, story.cohort(THIRD), None, "Deles")
    own = page()

    shown = own.card.render()
    assert fields(shown)["places"] == ""
    assert "Pladser på holdet ikke sat" in plain(shown)
    own.card.actions["step"](name="places", by="1", **{**AS_NOW, "places": ""})
    assert fields(own.card.render())["places"] == "7"
    own.card.actions["step"](name="places", by="-1", **{**AS_NOW, "places": "7"})
    assert own.card.address() == f"/optag?hold={THIRD}&pladser=6"


def test_trying_writes_nothing(page, story):
    own, version = page(), story.store.version()

    for query, _ in OUTCOMES:
        page(**query).card.render()
    for name in AS_NOW:
        own.card.actions["step"](name=name, by="1", **AS_NOW)
        own.card.render()
    own.card.actions["suppose"](**{**AS_NOW, "turn_down": "2"})
    own.card.actions["explain"](figure="what_if")
    own.card.actions["carry_out"]()
    own.dialog.render()

    assert story.store.version() == version
    own.dialog.actions["carry"](**{**ticks(story, "turn_down", "Skive", "Struer"), **WHY})
    assert story.store.version() > version  # the control: this is what writing looks like


def test_it_is_explained(page):
    own = page()

    own.card.actions["explain"](figure="what_if")

    assert "Intet gemmes, før du gennemfører det." in plain(own.dialog.render())


# --- carrying it out ------------------------------------------------------------------------------

RULE = "27.\u00a0marts\u00a02025"  # the last day to answer that the field begins with
WHY = {"reason": "Brev af 12. marts", "answer_by": RULE}


def ticks(story: Story, part: str, *names: str) -> dict[str, str]:
    return {f"{part}_{story.cases[name]}": "1" for name in names}


def carry(own: SimpleNamespace, **typed: str) -> list[str]:
    """Open the dialog, save, and return what it complains of; closed it complains of nothing."""
    own.card.actions["carry_out"]()
    own.dialog.actions["carry"](**typed)
    return alerts(own.dialog.render())


def test_everything_is_carried_out_as_one_and_taken_back_as_one(page, story):
    own, now = page(nej="1", traek="1", pladser="6", optages="1"), frames.places(story.store)
    promised = result(own.card.render())[-1]
    typed = {
        **ticks(story, "turn_down", "Struer"),
        **ticks(story, "withdraw", "Odder"),
        **ticks(story, "admit", "Lejre"),
        **WHY,
    }

    assert carry(own, **typed) == []

    assert own.dialog.render() == ""
    assert statuses(story) == {
        **BEFORE, "Struer": "withdrawn", "Odder": "withdrawn", "Lejre": "admitted",
        "Odsherred": "offered", "Rebild": "offered",
    }  # fmt: skip
    after = frames.places(story.store)
    said = "{taken} optaget + {offered} tilbudt + {free} ledig = {capacity}".format(**after)
    assert said == promised
    applications = frames.applications(story.store, THIRD).set_index("municipality")
    told_of = applications.loc[["Struer", "Odder", "Lejre", "Odsherred", "Rebild"]]
    assert set(told_of["reason"]) == {"Brev af 12. marts"}
    assert (
        set(told_of["answer_by"].dropna()) == {date(2025, 3, 27).isoformat()}
        or [one.date() for one in told_of["answer_by"].dropna()] == [date(2025, 3, 27)] * 2
    )
    assert plain(own.toast.render()).startswith("6 beslutninger er gemt")
    assert own.card.address() == f"/optag?hold={THIRD}"
    own.toast.actions["undo"]()
    assert statuses(story) == BEFORE
    assert frames.places(story.store) == now


def test_the_dialog_shows_the_ledger_before_and_after_and_who_can_be_meant(page):
    own = page(nej="1", optages="1", pladser="6")
    own.card.actions["carry_out"]()

    shown = own.dialog.render()

    assert rows(shown, "before-after") == [
        ["Nu", "16", "2", "2", "20"],
        ["Efter", "17", "2", "1", "20"],
    ]
    asked = re.findall(r"<legend>(.*?)</legend>", shown, re.S)
    assert [plain(one) for one in asked] == [
        "Hvem takker nej? vælg 1 af 2",
        "Hvem optages? vælg 1 af 1",
    ]
    offered = re.findall(r'name="([a-z_]+)_\d+" value="1"( checked)?[^>]*> ([^<]+)<', shown)
    assert offered == [
        ("turn_down", "", "Skive"),
        ("turn_down", "", "Struer"),
        ("admit", " checked", "Lejre"),
    ]
    assert "Pladser på hold august 2025: 7 → 6" in plain(shown)
    assert "Får tilbud fra ventelisten: Odsherred" in plain(shown)
    assert fields(shown) == {"answer_by": RULE, "reason": ""}


@pytest.mark.parametrize(
    ("names", "typed", "field", "sentence"),
    [
        ((), WHY, "turn_down", "Sæt flueben ved præcis 1. Nu er der 0."),
        (("Skive", "Struer"), WHY, "turn_down", "Sæt flueben ved præcis 1. Nu er der 2."),
        (
            ("Skive",),
            {**WHY, "reason": " "},
            "reason",
            "Skriv en kort begrundelse. Den bliver gemt i historikken.",
        ),
        (
            ("Skive",),
            {**WHY, "answer_by": "12. marts 2025"},
            "answer_by",
            "Svarfristen 12. marts 2025 ligger før tilbuddet. Skriv en senere dato.",
        ),
        (
            ("Skive",),
            {**WHY, "answer_by": "1. august 2025"},
            "answer_by",
            "Svarfristen 1. august 2025 skal ligge før forløbet begynder 1. august 2025."
            " Skriv en tidligere dato.",
        ),
    ],
)
def test_what_is_refused_is_said_at_its_field_and_nothing_is_saved(
    page, story, names, typed, field, sentence
):
    own, version = page(nej="1"), story.store.version()

    assert carry(own, **ticks(story, "turn_down", *names), **typed) == [sentence]

    shown = str(own.dialog.render())
    assert f'id="carry-{field}-problem"' in shown or f'name="{field}"' in shown
    assert 'id="carry--problem"' not in shown
    assert story.store.version() == version
    kept = re.findall(r'name="turn_down_\d+" value="1" checked[^>]*> ([^<]+)<', shown)
    assert kept == list(names)


def test_who_was_decided_meanwhile_is_named_and_nothing_is_saved(page, story, as_role):
    own = page(nej="1")
    own.card.actions["carry_out"]()
    other = as_role("office", story.store)
    skive = story.cases["Skive"]
    decisions.decide(other, skive, Status.ADMITTED, on_date=date(2025, 3, 13))
    version = story.store.version()

    own.dialog.actions["carry"](**ticks(story, "turn_down", "Skive"), **WHY)

    assert alerts(own.dialog.render()) == [
        "Office har afgjort Skive 13. mar. 2025 kl. 10.00: Optaget. Din beslutning er ikke gemt."
        " Se forløbet igen, og tag stilling."
    ]
    assert story.store.version() == version


def test_the_last_place_taken_by_another_is_told_and_nothing_is_saved(page, story, as_role):
    own = page(optages="1")
    own.card.actions["carry_out"]()
    other = as_role("office", story.store)
    for name in ("Odsherred", "Rebild"):
        day = date(2025, 3, 13)
        decisions.decide(other, story.cases[name], Status.OFFERED, on_date=day)
    version = story.store.version()

    own.dialog.actions["carry"](**ticks(story, "admit", "Lejre"), **WHY)

    assert alerts(own.dialog.render()) == [
        "Den sidste plads gik til Rebild 13. mar. 2025 kl. 10.00 (Office). Din beslutning er ikke"
        " gemt. Sæt kommunen på venteliste, eller vent på en ledig plads."
    ]
    assert story.store.version() == version


def test_another_order_of_the_waiting_list_is_told_and_nothing_is_saved(page, story, as_role):
    own = page(optages="1")
    own.card.actions["carry_out"]()
    enrolments.prioritise(as_role("office", story.store), story.cases["Rebild"], 1, "Ventet før")
    version = story.store.version()

    own.dialog.actions["carry"](**ticks(story, "admit", "Lejre"), **WHY)

    assert alerts(own.dialog.render()) == [
        "Ventelisten er ændret, siden du så den. Intet er gemt. Se forslaget igen."
    ]
    assert story.store.version() == version
    assert carry(own, **ticks(story, "admit", "Lejre"), **WHY) == []
    assert statuses(story) == {**BEFORE, "Lejre": "admitted", "Rebild": "offered"}


def test_a_case_of_another_part_cannot_be_slipped_in(page, story):
    own = page(nej="1")
    odder = {f"turn_down_{story.cases['Odder']}": "1"}

    assert carry(own, **odder, **WHY) == ["Sæt flueben ved præcis 1. Nu er der 0."]


def test_nothing_supposed_and_nobody_waiting_is_nothing_to_carry_out(page, story):
    for name in ("Odsherred", "Rebild"):
        story.decide(name, Status.WITHDRAWN, reason="Trak ansøgningen")
    own = page()

    assert 'data-do="carry_out"' not in own.card.render()
    with pytest.raises(Refused, match="scenario_empty"):
        own.card.actions["carry_out"]()


def test_the_own_number_typed_again_changes_nothing(page, story):
    for name in ("Odsherred", "Rebild"):
        story.decide(name, Status.WITHDRAWN, reason="Trak ansøgningen")

    assert 'data-do="carry_out"' not in page(pladser="7").card.render()
    assert 'data-do="carry_out"' in page(pladser="6").card.render()


def test_a_consultant_may_try_but_not_carry_out(page, as_role, story):
    own = page(as_role("consultant", story.store), nej="1")

    assert set(own.card.actions) == READING
    assert 'data-do="carry_out"' not in own.card.render()
    assert result(own.card.render())[0] == "2 → 3"


def test_on_another_day_it_can_be_tried_and_not_carried_out(page, story):
    own = page(story.store.at(date(2025, 3, 3)), nej="3")

    assert set(own.card.actions) == READING
    assert result(own.card.render()) == [
        "0 → 3", "Odsherred, Rebild", "1", "17 optaget + 2 tilbudt + 1 ledig = 20",
    ]  # fmt: skip


def test_who_lost_the_right_meanwhile_opens_nothing(page, story, as_role):
    own = page(nej="1")
    story.store.actor = as_role("consultant", story.store).actor

    with pytest.raises(Forbidden):
        own.card.actions["carry_out"]()
    assert own.dialog.render() == ""
