"""The decision about an application: what is shown, what is saved, two at once, who may."""

import re
from collections.abc import Callable, Iterator
from datetime import date, time
from pathlib import Path
from types import SimpleNamespace

import pytest

from advisory.store import Actor, Store, enrolments, open_store
from advisory.store.enrolments import Applicant
from advisory.texts import translator
from advisory.ui.decision_panel import DecisionPanel
from advisory.ui.dialog import Dialog
from advisory.ui.toast import Toast
from advisory.ui.view import View

from . import intake_round
from .intake_round import BEGUN, COMING, HOMES, Round

DAY = date(2025, 3, 13)
LENE = Actor("lene@styrelsen.example", "Lene Kjærgaard", "office")
JONAS = Actor("jonas@styrelsen.example", "Jonas Bruun", "consultant")
ANNE = Actor("anne@styrelsen.example", "Anne Lund", "office")


@pytest.fixture(scope="module")
def round_file(tmp_path_factory, data_dir) -> tuple[Path, dict[str, int]]:
    """A database with a case in every status, made once, and the cases."""
    path = tmp_path_factory.mktemp("round") / "round.db"
    return path, intake_round.build(path, data_dir)


@pytest.fixture
def round_(round_file, tmp_path, clock) -> Iterator[Round]:
    """A copy of it for one test, with room for six in the coming cohort."""
    with intake_round.copy(round_file, tmp_path / "round.db", clock) as found:
        found.limit(20, 6)
        yield found


@pytest.fixture
def panel(round_, clock) -> Iterator[Callable[..., SimpleNamespace]]:
    """`panel("Rebild")` is the panel of a municipality, on a connection of its own."""
    opened: list[Store] = []

    def made(name, actor=LENE, cohort="", lang="da", on=None, form=None, **query):
        opened.append(open_store(round_.store.path, actor, clock=clock))
        store = opened[-1].at(on) if on else opened[-1]
        view = View(store, translator(lang), query)
        dialog, toast = Dialog(view), Toast(view)
        slug = store.get("municipality", HOMES[name])["slug"] if name in HOMES else name
        begun = name in ("Jammerbugt", "Herning")
        own = DecisionPanel(view, cohort or (BEGUN if begun else COMING), slug, dialog, toast, form)
        return SimpleNamespace(live=own.live, dialog=dialog.live, toast=toast.live, store=store)

    yield made
    for store in opened:
        store.close()


def html(part: SimpleNamespace) -> str:
    return str(part.live.render()).replace("\u00a0", " ")


def words(found: str) -> str:
    """What a person reads of it, on one line."""
    shown = re.sub(r"<option.*?</option>|<svg.*?</svg>|<[^>]+>", " ", found.replace("&#39;", "'"))
    return " ".join(shown.split())


def facts(found: str) -> dict[str, str]:
    pairs = re.findall(r"<dt>(.*?)</dt><dd[^>]*>(.*?)</dd>", found, re.DOTALL)
    return {name: words(value) for name, value in pairs}


def radios(found: str) -> list[str]:
    return re.findall(r'type="radio" name="choice" value="(\w+)"', found)


def does(found: str) -> set[str]:
    return set(re.findall(r'data-(?:do|change|input)="(\w+)"', found))


def seen(found: str) -> str:
    return re.search(r'name="seen" value="(\d+)"', found)[1]


def value(found: str, name: str) -> str:
    return re.search(rf'<input[^>]*name="{name}"[^>]*value="([^"]*)"', found)[1]


def rows(store: Store, case: int) -> list[tuple]:
    names = ("status", "on_date", "reason", "actor", "answer_by")
    found = store.rows("enrolment_status", "enrolment_id = ?", [case])
    return [tuple(row[name] for name in names) for row in found]


def decide(part: SimpleNamespace, choice: str, **typed: str) -> str:
    """Choose, and send the form as it stands then."""
    part.live.actions["decision_look"](choice=choice, seen=seen(html(part)), **typed)
    part.live.actions["decide"](choice=choice, seen=seen(html(part)), **typed)
    return html(part)


# --- what is shown ----------------------------------------------------------------------------


def test_the_facts_of_an_application(round_, panel):
    case = round_.cases["Rebild"]
    enrolments.edit(
        round_.store,
        case,
        {
            "motivation": "Vi vil <b>videre</b>",
            "attachments": "https://rebild.example/ja.pdf",
            "goal": "Peers i botilbud",
            "prior_experience": "some",
        },
    )
    enrolments.review(round_.store, case)

    found = html(panel("Rebild"))

    assert "Afgørelse: Rebild" in words(found)
    assert facts(found) == {
        "Modtaget": "20. januar 2025",
        "Ansøgning": "Mangler kontaktperson, ledelsens tilsagn",
        "Infomøde": "Har ikke deltaget",
        "Venteliste": "Nr. 1 · på venteliste siden 10. marts 2025",
        "Kontakt": "Ingen kontaktperson",
        "Lokalt mål": "Peers i botilbud",
        "Erfaring": "Nogen erfaring med peers",
        "Motivation": "Vi vil &lt;b&gt;videre&lt;/b&gt;",
        "Bilag": "rebild.example/ja.pdf",
        "Seneste": "Venteliste 10. marts 2025 af System ”Aftalt”",
    }
    link = '<a class="u" href="https://rebild.example/ja.pdf" target="_blank" rel="noopener '
    assert link in found
    assert f'href="/optag?hold={COMING}" aria-label="Luk afgørelsen"' in found
    assert "<details>" not in found  # short enough to stand open


def test_the_time_the_lateness_and_whom_to_ask(round_, panel):
    which = round_.store.find("cohort", code=COMING)["id"]
    who = Applicant("Mette Holm", "Leder", "mette@kommune.example", "12 34 56 78")
    case = enrolments.create(
        round_.store, which, 101, received_on=DAY, received_time=time(8, 15), contact=who,
        motivation="Længe " * 60,
    )  # fmt: skip
    round_.cases["København"] = case

    found = html(panel("koebenhavn"))

    assert facts(found)["Modtaget"] == "13. marts 2025 kl. 08.15 for sent"
    assert facts(found)["Kontakt"] == "Mette Holm, Leder mette@kommune.example 12 34 56 78"
    assert '<a href="mailto:mette@kommune.example">' in found
    assert "Seneste" not in facts(found)
    assert "<summary>Læs motivationen</summary>" in found


@pytest.mark.parametrize(
    ("name", "possible"),
    [
        ("Hvidovre", ["admit", "wait", "decline", "withdraw"]),
        ("Rebild", ["offer", "keep", "withdraw"]),
        ("Odder", ["accept", "turn_down", "extend"]),
        ("Ringsted", ["withdraw"]),
        ("Jammerbugt", ["withdraw"]),
        ("Herning", ["free"]),
        ("Svendborg", []),
        ("Skive", []),
        ("Syddjurs", []),
    ],
)
def test_what_can_be_decided_follows_the_status(panel, name, possible):
    assert radios(html(panel(name))) == possible


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("Svendborg", "Kommunen har trukket sig. Der er ikke mere at afgøre."),
        ("Skive", "Der er givet afslag. Der er ikke mere at afgøre."),
        ("Syddjurs", "Tilbuddet er udløbet. Vil kommunen stadig med"),
    ],
)
def test_what_is_over_is_said_in_words(panel, name, sentence):
    found = html(panel(name))

    assert sentence in words(found)
    assert does(found) == {"letter"}


def test_nothing_chosen_shows_nothing_and_a_stranger_is_not_there(panel):
    assert html(panel("")) == ""
    assert "Ansøgningen findes ikke på dette hold." in words(html(panel("xx")))
    assert "findes ikke på dette hold" in words(html(panel("Rebild", cohort=BEGUN)))


def test_the_first_in_line_is_offered_a_place_and_the_second_stays(panel):
    def checked(name):
        return re.findall(r'value="(\w+)" checked', html(panel(name)))

    assert (checked("Rebild"), checked("Samsø"), checked("Hvidovre")) == (["offer"], ["keep"], [])


def test_the_consequence_of_an_offer(panel):
    found = html(panel("Rebild"))

    assert (
        "Efter tilbuddet: 3 optaget + 2 tilbudt + 15 ledige = 20 "
        "Hold august 2025: 1 optaget + 2 tilbudt + 3 ledige = 6 "
        "Pladsen holdes til og med torsdag den 27. marts 2025. Næste på ventelisten bliver Samsø."
    ) in words(found)
    assert "<b>2 tilbudt</b> + <b>15 ledige</b>" in found
    assert "3 optaget + <b>" in found  # control: what stays is not bold


@pytest.mark.parametrize(
    ("name", "choice", "sentence"),
    [
        ("Hvidovre", "admit", "Planen med milepæle bliver lagt. Næste på ventelisten er fortsat"),
        ("Hvidovre", "wait", "På venteliste: 3 optaget + 1 tilbudt + 16 ledige = 20"),
        ("Hvidovre", "wait", "Hvidovre bliver nr. 3 på ventelisten."),
        ("Odder", "turn_down", "Pladsen bliver fri. Næste på ventelisten er fortsat Rebild."),
        ("Odder", "accept", "Efter et ja: 4 optaget + 0 tilbudt + 16 ledige = 20"),
        ("Ringsted", "withdraw", "Når de har trukket sig: 2 optaget + 1 tilbudt + 17 ledige = 20"),
        ("Jammerbugt", "withdraw", "Forløbet begyndte 1. januar 2025, så pladsen bliver ikke fri."),
        ("Herning", "free", "Når pladsen er fri: 2 optaget + 1 tilbudt + 17 ledige = 20"),
        ("Herning", "free", "Pladsen bliver fri. Ingen andre står på ventelisten."),
        ("Samsø", "withdraw", "Næste på ventelisten er fortsat Rebild."),
    ],
)
def test_what_another_choice_would_do(panel, name, choice, sentence):
    part = panel(name)
    part.live.actions["decision_look"](choice=choice, seen="0")

    assert sentence in words(html(part))


def test_withdrawing_before_the_start_frees_the_place_and_after_it_does_not(panel):
    part = panel("Jammerbugt")
    part.live.actions["decision_look"](choice="withdraw", seen="0", on_date="20/12-24")
    assert "Pladsen bliver fri." in words(html(part))

    part.live.actions["decision_look"](choice="withdraw", seen="0", on_date="1/1-25")
    assert "så pladsen bliver ikke fri." in words(html(part))


def test_the_last_day_to_answer_follows_the_date_until_somebody_writes_another(panel):
    part = panel("Rebild")
    assert value(html(part), "answer_by") == "27. marts 2025"
    form = {"choice": "offer", "seen": "0", "answer_by": "27. marts 2025"}

    part.live.actions["decision_look"](**form, on_date="11/3-25")
    assert value(html(part), "answer_by") == "25. marts 2025"

    own = {**form, "answer_by": "20/3-25"}
    part.live.actions["decision_look"](**own, on_date="12/3-25")
    assert value(html(part), "answer_by") == "20/3-25"
    assert "Pladsen holdes til og med torsdag den 20. marts 2025." in words(html(part))


def test_a_date_that_cannot_be_read_is_told_beside_it(panel):
    part = panel("Rebild")
    part.live.actions["decision_look"](choice="offer", seen="0", on_date="snarest")

    found = html(part)
    assert 'id="decision-on-problem"' in found
    assert "Efter tilbuddet" not in found


@pytest.mark.parametrize(
    ("name", "choice", "sentence"),
    [
        ("Samsø", "offer", "Foran på ventelisten står Rebild. Skriv, hvorfor Samsø går foran."),
        ("Gribskov", "admit", "Ansøgningen kom efter fristen, så det skal begrundes"),
        ("Hvidovre", "decline", "Et afslag skal begrundes."),
        ("Ringsted", "withdraw", "Skriv, hvorfor kommunen trækker sig."),
        ("Hvidovre", "withdraw", "Skriv, hvorfor ansøgningen er trukket."),
        ("Odder", "turn_down", "Skriv, hvorfor kommunen takkede nej."),
        ("Herning", "free", "Pladsen bliver kun fri efter en beslutning."),
    ],
)
def test_why_a_reason_is_needed_is_said_and_without_it_nothing_is_saved(
    round_, panel, name, choice, sentence
):
    round_.limit(20, 3)
    part, before = panel(name), round_.store.version()
    part.live.actions["decision_look"](choice=choice, seen="0")
    assert sentence in words(html(part))

    found = decide(part, choice, reason="  ")

    assert "Skriv en kort begrundelse." in words(found)
    assert 'id="decision-reason-problem"' in found
    assert round_.store.version() == before


def test_no_reason_is_asked_where_none_is_needed(panel):
    assert "Begrundelse valgfri, gemmes i historikken" in words(html(panel("Rebild")))


@pytest.mark.parametrize(
    ("limits", "sentence"),
    [
        ((4, None), "Alle 4 pladser er optaget eller tilbudt."),
        ((20, 2), "Hold august 2025 har 2 pladser, og alle er optaget eller tilbudt."),
    ],
)
def test_without_a_free_place_the_button_is_grey_and_says_why(round_, panel, limits, sentence):
    round_.limit(*limits)
    part = panel("Rebild")
    assert "checked" in html(part).partition('value="keep"')[2][:12]
    part.live.actions["decision_look"](choice="offer", seen="0")

    found = html(part)
    assert 'class="btn dis" disabled aria-describedby="decision-refusal"' in found
    assert f"Det kan ikke lade sig gøre: {sentence}" in words(found)


# --- what is saved ----------------------------------------------------------------------------


def test_an_offer_is_saved_told_and_taken_back(round_, panel):
    part, case = panel("Rebild"), round_.cases["Rebild"]
    before = rows(part.store, case)

    found = decide(part, "offer", on_date="13. marts 2025", answer_by="27. marts 2025")

    assert rows(part.store, case)[len(before) :] == [
        ("offered", "2025-03-13", None, "Lene Kjærgaard", "2025-03-27")
    ]
    assert "Afgørelsen er gemt. Intet er sendt til kommunen." in words(found)
    assert facts(found)["Svarfrist"] == "27. marts 2025 om 14 dage"
    assert radios(found) == ["accept", "turn_down", "extend"]
    assert "Rebild er tilbudt en plads" in str(part.toast.render())

    part.toast.actions["undo"]()
    again = html(part)
    assert rows(part.store, case) == before
    assert "Afgørelsen er gemt" not in again
    assert radios(again) == ["offer", "keep", "withdraw"]


@pytest.mark.parametrize(
    ("name", "choice", "recorded", "toast"),
    [
        ("Hvidovre", "admit", ("admitted", None), "Hvidovre er optaget"),
        ("Hvidovre", "wait", ("waitlisted", None), "Hvidovre er sat på venteliste"),
        ("Hvidovre", "decline", ("declined", None), "Hvidovre har fået afslag"),
        ("Hvidovre", "withdraw", ("withdrawn", None), "Hvidovre har trukket sig"),
        ("Odder", "accept", ("admitted", None), "Odder har taget imod pladsen"),
        ("Odder", "turn_down", ("withdrawn", None), "Odder har takket nej"),
        ("Jammerbugt", "withdraw", ("withdrawn", None), "Jammerbugt har trukket sig"),
    ],
)
def test_every_decision_is_recorded(round_, panel, name, choice, recorded, toast):
    part, case = panel(name), round_.cases[name]

    decide(part, choice, on_date="12/3-25", reason=" Aftalt i går ", answer_by="1/4-25")

    status, answer_by = recorded
    said = (status, "2025-03-12", "Aftalt i går", "Lene Kjærgaard", answer_by)
    assert rows(part.store, case)[-1] == said
    assert toast in str(part.toast.render())


def test_a_place_is_given_up_and_then_there_is_nothing_more(round_, panel):
    part = panel("Herning")

    found = decide(part, "free", reason="Styrelsen har besluttet det")

    changes = round_.store.rows("place_change", "kind = 'freed'")
    assert [(row["enrolment_id"], row["reason"], row["actor"]) for row in changes] == [
        (round_.cases["Herning"], "Styrelsen har besluttet det", "Lene Kjærgaard")
    ]
    assert "Pladsen efter Herning er givet fri" in str(part.toast.render())
    assert "Pladsen er givet fri 13. marts 2025 af Lene Kjærgaard" in facts(found)["Seneste"]
    assert "Der er ikke mere at afgøre." in words(found)


@pytest.mark.parametrize("choice", ["keep", "", "lapse", "admitted"])
def test_what_is_no_decision_saves_nothing(round_, panel, choice):
    part, before = panel("Rebild"), round_.store.version()

    part.live.actions["decide"](choice=choice, seen="0", reason="Aftalt")

    assert round_.store.version() == before
    assert "findes ikke på listen" in words(html(part))


# --- two at once ------------------------------------------------------------------------------


def test_who_decides_what_another_has_just_decided_is_told_and_keeps_the_reason(round_, panel):
    mine, theirs = panel("Hvidovre"), panel("Hvidovre", actor=ANNE)
    form = {"choice": "decline", "seen": seen(html(mine)), "reason": "For lidt ledelse"}
    decide(theirs, "wait")
    before = round_.store.version()

    mine.live.actions["decide"](**form)

    found = html(mine)
    assert "Anne Lund har afgjort Hvidovre" in words(found)
    assert ">For lidt ledelse</textarea>" in found
    assert round_.store.version() == before
    assert radios(found) == ["offer", "keep", "withdraw"]
    assert facts(found)["Venteliste"] == "Nr. 3 · på venteliste siden 13. marts 2025"

    # The hidden field keeps what the person began with; having been told, it counts no more.
    mine.live.actions["decide"](choice="withdraw", seen=form["seen"], reason="De ringede")
    assert rows(round_.store, round_.cases["Hvidovre"])[-1][:3] == (
        "withdrawn", "2025-03-13", "De ringede",
    )  # fmt: skip


def test_who_gives_a_place_that_has_just_gone_is_told_who_got_it(round_, panel):
    round_.limit(20, 3)
    mine, theirs = panel("Hvidovre"), panel("Rebild", actor=ANNE)
    form = {"choice": "admit", "seen": seen(html(mine)), "reason": "Klar til at begynde"}
    decide(theirs, "offer")
    before = round_.store.version()

    mine.live.actions["decide"](**form)

    found = html(mine)
    assert "Den sidste plads gik til Rebild 13. mar. 2025 kl. 10.00 (Anne Lund)." in words(found)
    assert ">Klar til at begynde</textarea>" in found
    assert "Det kan ikke lade sig gøre: Hold august 2025 har 3 pladser" in words(found)
    assert round_.store.version() == before


def test_control_a_decision_elsewhere_stands_in_nobodys_way(round_, panel):
    mine, theirs = panel("Hvidovre"), panel("Rebild", actor=ANNE)
    form = {"choice": "admit", "seen": seen(html(mine)), "reason": "Klar"}
    decide(theirs, "offer")

    mine.live.actions["decide"](**form)

    assert rows(round_.store, round_.cases["Hvidovre"])[-1][0] == "admitted"


def test_what_was_written_stays_when_another_decides_meanwhile(round_, panel):
    mine = panel("Hvidovre")
    mine.live.actions["decision_look"](choice="decline", seen="0", reason="For lidt ledelse")
    decide(panel("Hvidovre", actor=ANNE), "withdraw", reason="De ringede")

    found = html(mine)

    assert "Anne Lund har afgjort Hvidovre" in words(found)
    assert ">For lidt ledelse</textarea>" in found
    assert "Det, du skrev, er ikke gemt." in words(found)
    assert radios(found) == []

    # With nothing left to choose, the form sends what was written and no choice.
    mine.live.actions["decision_look"](seen="0", reason="For lidt ledelse endnu")
    assert "Anne Lund har afgjort Hvidovre" in words(html(mine))
    assert ">For lidt ledelse endnu</textarea>" in html(mine)


# --- who may ----------------------------------------------------------------------------------


def test_a_consultant_reads_and_decides_nothing(round_, panel):
    part = panel("Rebild", actor=JONAS)
    found = html(part)

    assert (radios(found), does(found)) == ([], {"letter"})
    assert "Programkontoret afgør ansøgningen." in words(found)
    assert facts(found)["Venteliste"] == "Nr. 1 · på venteliste siden 10. marts 2025"
    before = round_.store.version()
    part.live.actions["decide"](choice="offer", seen="99", reason="")
    assert round_.store.version() == before


def test_on_another_date_nothing_is_decided_and_no_letter_written(panel, clock):
    clock.tick(days=1)
    for day in (DAY, date(2025, 4, 1)):
        found = html(panel("Rebild", on=day))
        assert (radios(found), does(found), "Afgørelse: Rebild" in found) == ([], set(), True)


def test_the_form_of_the_application_is_opened_from_here(panel):
    asked: list[str] = []
    editor = SimpleNamespace(edit=lambda enrolment="", **_values: asked.append(enrolment))
    part = panel("Rebild", form=editor)
    assert "application_edit" in does(html(part))

    part.live.actions["application_edit"]()

    case = part.store.find("enrolment", municipality_id=HOMES["Rebild"])["id"]
    assert asked == [str(case)]
    assert "application_edit" not in does(html(panel("Rebild", actor=JONAS, form=editor)))


def test_in_english(panel):
    found = words(html(panel("Rebild", lang="en")))

    assert "Decision: Rebild" in found
    assert "After the offer: 3 admitted + 2 offered + 15 free = 20" in found


# --- the letter -------------------------------------------------------------------------------


def test_the_letter_of_a_decision_that_is_not_saved_can_be_read_but_not_taken_out(round_, panel):
    part, before = panel("Rebild"), round_.store.version()
    form = {"choice": "offer", "seen": "0", "answer_by": "20/3-25", "reason": "Plads ledig"}

    part.live.actions["letter"](**form)

    shown = str(part.dialog.render())
    assert "Svar på denne mail senest 20. marts 2025" in shown
    assert "Afgørelsen er ikke gemt endnu." in shown
    assert ".eml" not in shown
    assert ">Plads ledig</textarea>" in html(part)
    assert round_.store.version() == before


def test_the_number_on_the_list_and_the_reason_are_those_of_the_plan(panel):
    part = panel("Hvidovre")
    part.live.actions["letter"](choice="wait", seen="0")
    assert "I er nr. 3 lige nu." in str(part.dialog.render())

    part.live.actions["letter"](choice="decline", seen="0", reason="Ingen ledelse")
    assert "Begrundelse: Ingen ledelse" in str(part.dialog.render())


def test_after_the_decision_its_letter_can_be_taken_out(round_, panel):
    part = panel("Rebild")
    decide(part, "offer")

    part.live.actions["letter"]()

    shown = str(part.dialog.render())
    assert f'href="/brev/{round_.cases["Rebild"]}/offer.eml"' in shown
    assert "Afgørelsen er ikke gemt endnu." not in shown


def test_a_letter_with_an_unreadable_date_is_not_shown(panel):
    part = panel("Rebild")
    part.live.actions["letter"](choice="offer", seen="0", answer_by="snart")

    assert str(part.dialog.render()) == ""
    assert 'id="decision-answer-problem"' in html(part)
