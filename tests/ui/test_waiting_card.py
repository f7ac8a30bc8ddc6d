"""The waiting list: who is next, why each stands where it stands, and when nobody waits."""

import re
from collections.abc import Callable
from datetime import date
from types import SimpleNamespace

import pytest

from advisory.domain.enrolments import Status
from advisory.domain.errors import Forbidden
from advisory.store import Actor, Store, decisions, enrolments
from advisory.texts import translator
from advisory.ui.application_form import ApplicationForm
from advisory.ui.dialog import Dialog
from advisory.ui.toast import Toast
from advisory.ui.view import View
from advisory.ui.waiting_card import WaitingCard

AUGUST, JANUARY = "2025-08", "2025-01"
TODAY = date(2025, 3, 13)
ORDER = (
    "Rækkefølge: til tiden før for sent, så efter modtaget dato. Kom flere samme dag, gælder "
    "prioriteten, ellers den først registrerede."
)


def wait(store: Store, name: str, day: date, code: str = AUGUST) -> int:
    home, own = store.find("municipality", name=name), store.find("cohort", code=code)
    case = enrolments.create(store, own["id"], home["id"], received_on=day)
    decisions.decide(store, case, Status.WAITLISTED, on_date=store.today())
    return case


def change(store: Store, **changes: object) -> None:
    with store.write("setting.edit"):
        store.update("cohort", store.find("cohort", code=AUGUST)["id"], changes)


@pytest.fixture
def show(facts: Store) -> Callable[..., SimpleNamespace]:
    """`show(hold, store, **query)`: the card with its dialog."""

    def made(hold: str = AUGUST, store: Store | None = None, **query: str) -> SimpleNamespace:
        view = View(store or facts, translator("da"), {"hold": hold, **query})
        dialog, toast = Dialog(view), Toast(view)
        card = WaitingCard(view, hold, ApplicationForm(view, dialog, toast))
        return SimpleNamespace(live=card.live, dialog=dialog.live)

    return made


def words(html: object) -> str:
    seen = re.sub(r'<span class="sr">[^<]*</span>', "", str(html))
    return " ".join(re.sub(r"<[^>]+>", " ", seen).replace("\u00a0", " ").split())


def lines(page: SimpleNamespace) -> list[str]:
    return [words(one) for one in re.findall(r"<li.*?</li>", str(page.live.render()), re.S)]


def test_nobody_waits(facts, show):
    assert words(show().live.render()) == "Venteliste Ventelisten er tom."


def test_the_order_is_explained_line_by_line(facts, show):
    change(facts, apply_by="2025-02-28", places=0)
    wait(facts, "Faxe", date(2025, 3, 1))
    wait(facts, "Rebild", date(2025, 2, 3))
    second = wait(facts, "Ærø", date(2025, 2, 3))
    wait(facts, "Odsherred", date(2025, 1, 8))
    enrolments.prioritise(facts, second, 1, "Søgte også sidste år")

    html = str(show().live.render())

    assert "<ol" in html
    assert lines(show()) == [
        "Odsherred – modtaget 8. januar 2025, til tiden Prioritér",
        "Ærø – modtaget 3. februar 2025, til tiden; prioritet 1: Søgte også sidste år Prioritér",
        "Rebild – modtaget 3. februar 2025, til tiden Prioritér",
        "Faxe – modtaget 1. marts 2025, for sent: efter fristen 28. februar 2025 Prioritér",
    ]
    assert words(html).startswith("Venteliste 4 kommuner Odsherred")
    assert words(html).endswith(ORDER)


def test_without_a_published_deadline_nobody_is_called_in_time(facts, show):
    wait(facts, "Odsherred", date(2025, 1, 8))

    assert lines(show()) == ["Odsherred – modtaget 8. januar 2025 Prioritér"]


@pytest.mark.parametrize(
    ("places", "said"),
    [
        (0, ""),
        (1, "1 plads er ledig. Den første er Odder: åbn afgørelsen, og tilbyd pladsen."),
        (5, "2 pladser er ledige. Den første er Odder: åbn afgørelsen, og tilbyd pladsen."),
    ],
)
def test_free_places_are_told_to_no_more_than_wait(facts, show, places, said):
    change(facts, places=places)
    for day, name in enumerate(("Odder", "Rebild"), 1):
        wait(facts, name, date(2025, 3, day))

    between = words(str(show().live.render()).partition("<ol")[0]).removeprefix(
        "Venteliste 2 kommuner"
    )

    assert between.strip() == said


def test_each_links_to_its_decision_and_the_one_open_is_marked(facts, show):
    for day, name in enumerate(("Odder", "Rebild"), 1):
        wait(facts, name, date(2025, 3, day))

    html = str(show(valgt="rebild").live.render())

    assert re.findall(r'href="([^"]+)"', html) == [
        f"/optag?hold={AUGUST}&amp;valgt={slug}#afgoerelse" for slug in ("odder", "rebild")
    ]
    marked = re.findall(r'<li class="on" aria-current="true">.*?</li>', html, re.S)
    assert [words(one).split()[0] for one in marked] == ["Rebild"]


def test_only_those_of_this_round_wait_here(facts, show, clock):
    clock.on(date(2024, 9, 1))
    wait(facts, "Odder", date(2024, 9, 1), JANUARY)
    clock.on(TODAY)
    wait(facts, "Rebild", TODAY)

    assert [line.split()[0] for line in lines(show())] == ["Rebild"]
    assert [line.split()[0] for line in lines(show(JANUARY))] == ["Odder"]


def test_only_the_office_is_offered_to_prioritise(facts, show):
    case = wait(facts, "Odder", TODAY)
    facts.actor = Actor("ida@styrelsen.example", "Ida Holm", "consultant")
    page = show()

    assert lines(page) == ["Odder – modtaget 13. marts 2025"]
    with pytest.raises(Forbidden):
        page.live.actions["prioritise"](id=str(case))
    facts.actor = Actor("lene@styrelsen.example", "Lene", "office")
    page.live.actions["prioritise"](id=str(case))
    assert "Prioritet: Odder" in words(page.dialog.render())
