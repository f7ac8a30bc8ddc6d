"""The head of Optag: the rounds, the five figures and the rules behind them, for each state."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest

from advisory.domain.enrolments import Status
from advisory.domain.errors import NotFound
from advisory.store import Actor, Store, decisions, demo, enrolments, open_store, seed
from advisory.texts import translator
from advisory.ui.application_form import ApplicationForm
from advisory.ui.dialog import Dialog
from advisory.ui.intake_explain import IntakeExplain
from advisory.ui.intake_figures import figures
from advisory.ui.intake_head import IntakeHead
from advisory.ui.intake_round import chosen, is_demo, round_of
from advisory.ui.toast import Toast
from advisory.ui.view import View

AUGUST, JANUARY = "2025-08", "2025-01"
DEMO_SOURCE = "Demofrist: opdigtet, kilden nævner ingen"


def cohort_id(store: Store, code: str) -> int:
    return store.find("cohort", code=code)["id"]


def apply(store: Store, name: str, day: date, code: str = AUGUST, **content: object) -> int:
    home = store.find("municipality", name=name)["id"]
    return enrolments.create(store, cohort_id(store, code), home, received_on=day, **content)


def publish(store: Store, code: str, day: date | None, source: str = DEMO_SOURCE) -> None:
    with store.write("setting.edit"):
        changes = {"apply_by": day and day.isoformat(), "source": source}
        store.update("cohort", cohort_id(store, code), changes)


@pytest.fixture(scope="session")
def facts_path(tmp_path_factory, data_dir) -> Path:
    """The public facts, known since 2023, with the places shared out among the cohorts."""
    path = tmp_path_factory.mktemp("known") / "facts.db"
    before = datetime(2023, 1, 2, 9, tzinfo=UTC)
    with open_store(path, demo.SYSTEM, clock=lambda: before) as store:
        seed.load_facts(store, data_dir)
        for code, places in {"2024-02": 7, JANUARY: 7, AUGUST: 6}.items():
            with store.write("setting.edit"):
                store.update("cohort", cohort_id(store, code), {"places": places})
    return path


@pytest.fixture
def show(store: Store) -> Callable[..., SimpleNamespace]:
    """`show(store, hold, lang)`: the head of a round with its dialog."""

    def made(given: Store | None = None, hold: str = AUGUST, lang: str = "da") -> SimpleNamespace:
        view = View(given or store, translator(lang), {"hold": hold})
        dialog, toast = Dialog(view), Toast(view)
        form = ApplicationForm(view, dialog, toast)
        head = IntakeHead(view, hold, IntakeExplain(view, hold, dialog), form)
        return SimpleNamespace(live=head.live, dialog=dialog.live, view=view)

    return made


def words(html: object) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", str(html)).replace("\u00a0", " ").split())


def told(store: Store, hold: str = AUGUST) -> dict[str, tuple[str, str, str]]:
    """The figures of a round: value, what stands beside it, what stands below."""
    found = figures(View(store, translator("da"), {}), hold)
    plain = [
        [said.replace("\u00a0", " ") for said in (one.value, one.of, one.detail)] for one in found
    ]
    return {one.name: tuple(said) for one, said in zip(found, plain)}


# --- which round ------------------------------------------------------------------------------


def asked(store: Store, **query: str) -> View:
    return View(store, translator("da"), query)


def test_the_round_that_is_asked_for_is_shown_else_the_first_that_is_not_closed(facts, clock):
    assert round_of(asked(facts))["cohort"] == AUGUST
    assert round_of(asked(facts, hold=JANUARY))["cohort"] == JANUARY
    publish(facts, AUGUST, date(2025, 3, 12))
    assert round_of(asked(facts))["cohort"] == AUGUST  # all are closed: the last
    publish(facts, JANUARY, date(2024, 10, 1))
    clock.on(date(2024, 9, 1))
    assert round_of(asked(facts))["cohort"] == JANUARY


def test_a_round_nobody_has_heard_of_is_not_found(facts):
    with pytest.raises(NotFound) as refused:
        round_of(asked(facts, hold="2031-01"))
    assert (refused.value.key, refused.value.values["cohort"]) == ("cohort_unknown", "2031-01")


def test_without_cohorts_there_is_no_round_and_the_head_says_so(store, show):
    assert round_of(asked(store)) is None
    assert words(show(store, "").live.render()) == (
        "Optag Der er ingen hold endnu. Optaget begynder, når det første hold er oprettet."
    )


def test_the_application_that_the_address_names_is_chosen(facts):
    apply(facts, "Rebild", date(2025, 2, 3))

    assert chosen(asked(facts, valgt="rebild"), AUGUST)["municipality"] == "Rebild"
    assert chosen(asked(facts, valgt="rebild"), JANUARY) is None
    assert chosen(asked(facts, valgt="odder"), AUGUST) is None


def test_every_round_says_whether_it_is_open_and_the_one_shown_is_marked(facts, show):
    html = str(show(hold=JANUARY).live.render())

    nav = html[html.index("<nav") : html.index("</nav>")]
    assert words(nav) == (
        "februar 2024 · lukket januar 2025 · lukket august 2025 · frist ikke oplyst"
    )
    assert re.findall(r'href="([^"]+)"[^>]*aria-current', nav) == ["/optag?hold=2025-01"]


# --- the figures ------------------------------------------------------------------------------


def test_an_empty_round_without_a_deadline_says_what_is_not_known(facts):
    assert told(facts) == {
        "deadline": ("Ikke oplyst", "", "holdet begynder 1. august 2025"),
        "applications": ("0", "til 6 pladser", "ingen ansøgninger endnu"),
        "offers": ("0", "", "ingen åbne tilbud"),
        "free": ("6", "", "af holdets 6 pladser"),
        "waiting": ("0", "kommuner", "ventelisten er tom"),
    }


@pytest.mark.parametrize(
    ("last", "value", "of", "detail"),
    [
        (date(2025, 4, 1), "19", "dage", "tirsdag den 1. april 2025"),
        (date(2025, 3, 14), "1", "dag", "fredag den 14. marts 2025"),
        (date(2025, 3, 13), "i dag", "", "torsdag den 13. marts 2025"),
        (date(2025, 3, 12), "Lukket", "", "for 1 dag siden · 12. mar. 2025"),
        (date(2024, 10, 1), "Lukket", "", "for 163 dage siden · 1. okt. 2024"),
        (None, "Ikke oplyst", "", "holdet begynder 1. august 2025"),
    ],
)
def test_the_days_are_counted_to_the_published_deadline(facts, last, value, of, detail):
    publish(facts, AUGUST, last)

    assert told(facts)["deadline"] == (value, of, detail)


def test_the_whole_last_day_counts_in_copenhagen(facts, clock):
    publish(facts, AUGUST, date(2025, 4, 1))

    clock.now = clock.now.replace(month=4, day=1, hour=21, minute=59)
    assert told(facts)["deadline"][0] == "i dag"
    clock.tick(minutes=1)  # midnight in Copenhagen
    assert told(facts)["deadline"] == ("Lukket", "", "for 1 dag siden · 1. apr. 2025")


def test_a_round_that_has_begun_without_a_deadline_says_when(facts):
    assert told(facts, "2024-02")["deadline"] == (
        "Ikke oplyst", "", "holdet begyndte 1. februar 2024",
    )  # fmt: skip


def test_a_round_in_full_tells_late_moved_offered_free_and_waiting(facts, clock):
    publish(facts, AUGUST, date(2025, 2, 28))
    clock.on(date(2024, 9, 20))
    moved = apply(facts, "Odder", date(2024, 9, 20), JANUARY)
    clock.on(date(2025, 3, 13))
    cases = {
        name: apply(facts, name, date(2025, 2, day))
        for name, day in (("Skive", 1), ("Rebild", 3), ("Ærø", 4), ("Gribskov", 5))
    }
    apply(facts, "Vejen", date(2025, 3, 12))
    decisions.move_cohort(facts, moved, cohort_id(facts, AUGUST), "Var ikke klar i januar")
    today = date(2025, 3, 13)
    for case in cases.values():
        decisions.decide(facts, case, Status.WAITLISTED, on_date=today)
    decisions.decide(
        facts, cases["Skive"], Status.OFFERED, on_date=today, answer_by=date(2025, 3, 18)
    )

    assert told(facts) == {
        "deadline": ("Lukket", "", "for 13 dage siden · 28. feb. 2025"),
        "applications": ("6", "til 6 pladser", "heraf 1 overført, 1 for sent"),
        "offers": ("1", "", "svarfrist 18. mar. · om 5 dage"),
        "free": ("5", "", "af holdets 6 pladser"),
        "waiting": ("3", "kommuner", "Rebild, Ærø og 1 til"),
    }

    decisions.decide(facts, cases["Skive"], Status.WITHDRAWN, on_date=today, reason="Nej tak")
    assert told(facts)["free"] == ("6", "", "senest fri 13. mar. efter Skive")


def test_a_cohort_without_a_number_of_its_own_shares_and_a_full_one_has_none(facts):
    with facts.write("setting.edit"):
        facts.update("cohort", cohort_id(facts, AUGUST), {"places": None})
    shared = told(facts)
    with facts.write("setting.edit"):
        facts.update("cohort", cohort_id(facts, AUGUST), {"places": 0})

    assert (shared["applications"][1], shared["free"]) == (
        "til de fælles pladser", ("20", "", "af de fælles pladser"),
    )  # fmt: skip
    assert told(facts)["free"] == (
        *("0", ""),
        "holdet er fuldt; 20 pladser er ledige i alt",
    )


def test_on_another_date_each_figure_also_says_what_it_is_today(facts, clock):
    clock.on(date(2025, 2, 1))
    apply(facts, "Skive", date(2025, 2, 1))
    clock.on(date(2025, 3, 13))
    apply(facts, "Rebild", date(2025, 3, 1))

    def now(store: Store) -> dict[str, str]:
        found = figures(View(store, translator("da"), {}), AUGUST)
        return {one.name: f"{one.value} / {one.now}" for one in found}

    assert now(facts.at(date(2025, 2, 10))) == {
        "deadline": "Ikke oplyst / I dag: Ikke oplyst",
        "applications": "1 / I dag: 2",
        "offers": "0 / I dag: 0",
        "free": "6 / I dag: 6",
        "waiting": "0 / I dag: 0",
    }
    assert set(now(facts).values()) == {"Ikke oplyst / ", "2 / ", "0 / ", "6 / "}


def test_an_invented_deadline_is_marked_and_a_published_one_is_not(facts, show):
    publish(facts, AUGUST, date(2025, 4, 1))
    invented = str(show().live.render())

    assert invented.count("Demofrist</span>") == 1
    assert f'title="{DEMO_SOURCE}"' in invented
    assert "Demofrist" not in str(show(hold=JANUARY).live.render())
    row = round_of(asked(facts))
    assert is_demo(row)
    assert not is_demo({**row, "apply_by": None})
    assert not is_demo({**row, "source": "Pladserne på holdet er demodata"})


# --- Forklar ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("figure", "title", "sum_"),
    [
        (
            "intake_deadline",
            "Ansøgningsfrist",
            "Fristen er 1. oktober 2024: 163 dage siden. Kilde: social.dk, 1. maj 2024: start i "
            "januar 2025 og frist 1. oktober 2024.",
        ),
        (
            "intake_applications",
            "Ansøgninger",
            "1 med afgørelse + 1 uden = 2. Heraf 0 overført og 1 for sent.",
        ),
        ("intake_offers", "Tilbud, der afventer svar", "0 tilbud er åbne."),
        (
            "intake_free",
            "Ledig plads",
            "Holdet: 7 pladser − 0 i brug = 7. I alt: 20 pladser − 0 i brug = 20.",
        ),
        ("intake_waiting", "Venteliste", "1 kommune venter, og 7 pladser er ledige."),
    ],
)  # fmt: skip
def test_every_figure_explains_its_rule_and_its_calculation(
    facts, show, clock, figure, title, sum_
):
    clock.on(date(2024, 10, 3))
    case = apply(facts, "Skive", date(2024, 9, 1), JANUARY)
    apply(facts, "Rebild", date(2024, 10, 3), JANUARY)
    decisions.decide(facts, case, Status.WAITLISTED, on_date=date(2024, 10, 3))
    clock.on(date(2025, 3, 13))
    page = show(hold=JANUARY)

    page.live.actions["explain"](figure=figure)

    said = words(page.dialog.render())
    assert said.startswith(f"{title} Regel: ")
    assert f"Regnestykke: {sum_}" in said
    assert "Vist pr. 13. marts 2025." in said


def test_the_rows_behind_the_applications_are_all_of_the_round(facts, show, clock):
    apply(facts, "Skive", date(2025, 3, 1))
    page = show()

    page.live.actions["explain"](figure="intake_applications")

    table = str(page.dialog.render()).partition("<tbody>")[2]
    assert words(table) == "Skive 1. mar. 2025 nej – Ny"


def test_an_unknown_deadline_is_explained_and_an_unknown_figure_opens_nothing(facts, show):
    page = show()

    page.live.actions["explain"](figure="intake_deadline")
    assert (
        "Fristen for hold august 2025 er ikke offentliggjort, så der er intet at regne på."
        in words(page.dialog.render())
    )
    again = show()
    again.live.actions["explain"](figure="intake_nothing")
    assert str(again.dialog.render()) == ""
    again.live.actions["explain"](figure="places")  # what every page explains is explained here
    assert "Optaget + tilbudt + ledig" in words(again.dialog.render())


# --- who may ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("role", "buttons"), [("office", ["Importér", "Ny ansøgning"]), ("consultant", [])]
)
def test_only_the_office_has_what_takes_applications_in(facts, show, role, buttons):
    facts.actor = Actor("ida@styrelsen.example", "Ida Holm", role)

    html = str(show().live.render())

    assert [one for one in ("Importér", "Ny ansøgning") if one in html] == buttons
    past = show(facts.at(date(2025, 2, 1))).live.render()
    assert "Importér" not in past
    assert "Ny ansøgning" not in past


@pytest.mark.parametrize("hold", ["2024-02", JANUARY, AUGUST])
def test_the_head_is_there_in_english(facts, show, hold):
    said = words(show(hold=hold, lang="en").live.render())

    assert "Deadline Explain" in said
    assert "Waiting list" in said
