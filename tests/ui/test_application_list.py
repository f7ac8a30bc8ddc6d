"""The applications of a round: their rows in every state, the filter, the export, the deadline."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace

import pytest

from advisory.domain.enrolments import Status
from advisory.store import (
    Actor,
    Store,
    applicants,
    decisions,
    enrolments,
    journal,
    meetings,
    signups,
)
from advisory.texts import translator
from advisory.ui.application_form import ApplicationForm
from advisory.ui.application_list import ApplicationList
from advisory.ui.dialog import Dialog
from advisory.ui.toast import Toast
from advisory.ui.view import View

AUGUST, JANUARY = "2025-08", "2025-01"
TODAY = date(2025, 3, 13)
FULL = {
    "motivation": "Vi vil bruge peers",
    "goal": "To ansatte peers",
    "prior_experience": "some",
    "commitment": True,
    "contact": enrolments.Applicant("Ane Skov", "Leder", "ane@kommune.example"),
}
HOMES = ("Odder", "Ringsted", "Gladsaxe", "Skive", "Odsherred", "Rebild", "Hvidovre", "Ærø")
HOSTILE = '<img src=x onerror="alert(1)">'


def cohort_id(store: Store, code: str) -> int:
    return store.find("cohort", code=code)["id"]


def apply(store: Store, name: str, day: date, code: str = AUGUST, **content: object) -> int:
    home = store.find("municipality", name=name)["id"]
    return enrolments.create(store, cohort_id(store, code), home, received_on=day, **content)


@pytest.fixture
def show(facts: Store) -> Callable[..., SimpleNamespace]:
    """`show(hold, store, **query)`: the list of a round with its dialog."""

    def made(hold: str = AUGUST, store: Store | None = None, **query: str) -> SimpleNamespace:
        view = View(store or facts, translator("da"), {"hold": hold, **query})
        dialog, toast = Dialog(view), Toast(view)
        own = ApplicationList(view, hold, ApplicationForm(view, dialog, toast))
        return SimpleNamespace(live=own.live, dialog=dialog.live)

    return made


def words(html: object) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", str(html)).replace("\u00a0", " ").split())


def rows(page: SimpleNamespace) -> list[list[str]]:
    """The words of each cell of each row; what only a screen reader or a phone shows left out."""
    html = re.sub(r'<span class="(?:sr|label)">[^<]*</span>', "", str(page.live.render()))
    body = html.partition("<tbody>")[2].partition("</tbody>")[0]
    lines = re.findall(r"<tr.*?</tr>", body, re.S)
    return [[words(cell) for cell in re.findall(r"<t[dh].*?</t[dh]>", one, re.S)] for one in lines]


def places(store: Store, number: int) -> None:
    with store.write("setting.edit"):
        store.update("cohort", cohort_id(store, AUGUST), {"places": number})


# --- the rows ---------------------------------------------------------------------------------


def test_a_row_says_what_came_in_what_it_lacks_where_it_stands_and_what_is_next(facts, show, clock):
    with facts.write("setting.edit"):
        facts.update("cohort", cohort_id(facts, AUGUST), {"apply_by": "2025-03-01"})
    clock.on(date(2024, 9, 26))
    moved = apply(facts, "Odder", date(2024, 9, 26), JANUARY, **FULL)
    clock.on(TODAY)
    decisions.move_cohort(facts, moved, cohort_id(facts, AUGUST), "Ikke klar i januar")
    enrolments.review(facts, moved)
    decisions.decide(facts, moved, Status.ADMITTED, on_date=TODAY)
    offered = apply(facts, "Gladsaxe", date(2024, 12, 9), **FULL)
    decisions.decide(facts, offered, Status.WAITLISTED, on_date=TODAY)
    decisions.decide(facts, offered, Status.OFFERED, on_date=TODAY, answer_by=date(2025, 3, 18))
    waiting = apply(facts, "Odsherred", date(2025, 1, 8), **FULL)
    decisions.decide(facts, waiting, Status.WAITLISTED, on_date=TODAY)
    assessed = apply(facts, "Hvidovre", date(2025, 2, 4), **FULL)
    journal.add_task(facts, assessed, "Møde", due_on=date(2025, 4, 2))
    enrolments.review(facts, assessed)
    lacking = apply(
        facts, "Ærø", date(2025, 2, 11), **{**FULL, "commitment": False, "contact": None}
    )
    enrolments.review(facts, lacking)
    apply(facts, "Gribskov", date(2025, 3, 12))
    refused = apply(facts, "Skive", date(2025, 3, 13), **FULL)
    decisions.decide(facts, refused, Status.DECLINED, on_date=TODAY, reason="Kom for sent")

    assert [" | ".join(row[:3] + row[4:]) for row in rows(show())] == [
        "Odder | 26. sep. 2024 | Komplet overført fra januar 2025 | Optaget | ",
        "Gladsaxe | 9. dec. 2024 | Komplet | Tilbudt | Svar 18. mar. · om 5 dage",
        "Odsherred | 8. jan. 2025 | Komplet | Venteliste nr. 1 | Plads ledig",
        "Hvidovre | 4. feb. 2025 | Komplet | Vurderes | Møde 2. apr.",
        "Ærø | 11. feb. 2025 | Mangler kontaktperson, ledelsens tilsagn | Mangler | ",
        "Gribskov | 12. mar. 2025 | Ikke gennemgået for sent | Ny | ",
        "Skive | 13. mar. 2025 | Komplet for sent | Afslag | ",
    ]


def test_the_last_meeting_of_the_round_with_somebody_from_there_is_told(facts, show, clock):
    clock.on(date(2025, 2, 1))
    for day in (10, 20):
        starts = datetime(2025, 2, day, 9, tzinfo=UTC)
        meeting = meetings.create(
            facts,
            "info_meeting",
            "Om forløbet",
            starts_at=starts,
            ends_at=starts + timedelta(minutes=45),
            cohort_id=cohort_id(facts, AUGUST),
        )
        signups.sign_up(facts, meeting, name="Ane", email="ane@odder.example", municipality="Odder")
        clock.now = starts + timedelta(hours=2)
        for row in facts.rows("signup", "activity_id = ?", [meeting]):
            signups.set_present(facts, row["id"], True)
    clock.on(TODAY)
    for name in ("Odder", "Rebild"):
        apply(facts, name, TODAY)

    assert [row[3] for row in rows(show())] == ["20. feb. 2025", "ikke deltaget"]


def test_a_place_is_only_called_free_for_as_many_as_can_have_one(facts, show):
    places(facts, 1)
    for day, name in enumerate(("Odder", "Rebild"), 1):
        case = apply(facts, name, date(2025, 2, day))
        decisions.decide(facts, case, Status.WAITLISTED, on_date=TODAY)

    assert [(row[4], row[5]) for row in rows(show())] == [
        ("Venteliste nr. 1", "Plads ledig"), ("Venteliste nr. 2", ""),
    ]  # fmt: skip
    places(facts, 0)
    assert [row[5] for row in rows(show())] == ["", ""]


def test_what_happens_to_an_offer_that_is_not_answered_and_one_that_is_withdrawn(
    facts, show, clock
):
    cases = {name: apply(facts, name, date(2025, 3, 1)) for name in ("Odder", "Rebild")}
    for case in cases.values():
        decisions.decide(facts, case, Status.WAITLISTED, on_date=TODAY)
        decisions.decide(facts, case, Status.OFFERED, on_date=TODAY, answer_by=TODAY)
    today = [row[5] for row in rows(show())]
    decisions.decide(facts, cases["Odder"], Status.WITHDRAWN, on_date=TODAY, reason="Nej tak")
    clock.on(TODAY + timedelta(days=1))

    assert today == ["Svar 13. mar. · i dag", "Svar 13. mar. · i dag"]
    assert [row[4:] for row in rows(show())] == [["Trukket", ""], ["Tilbud udløbet", ""]]


def test_a_place_held_by_one_that_withdrew_after_its_start_asks_for_a_decision(facts, show, clock):
    case = apply(facts, "Odder", TODAY)
    decisions.decide(facts, case, Status.ADMITTED, on_date=TODAY)
    clock.on(date(2025, 9, 1))
    decisions.decide(facts, case, Status.WITHDRAWN, on_date=date(2025, 9, 1), reason="Ny ledelse")

    assert rows(show())[0][4:] == ["Trukket", "Plads ikke givet fri"]


def test_a_task_over_its_day_is_marked(facts, show, clock):
    journal.add_task(facts, apply(facts, "Odder", TODAY), "Ring til lederen", due_on=TODAY)
    in_time = str(show().live.render())
    clock.on(TODAY + timedelta(days=1))

    assert 'class="st over"' not in in_time
    assert '<b class="st over">Ring til lederen' in str(show().live.render())


def test_a_hostile_task_is_text(facts, show):
    journal.add_task(facts, apply(facts, "Odder", TODAY), HOSTILE, due_on=TODAY)

    assert HOSTILE not in str(show().live.render())
    assert "&lt;img src=x" in str(show().live.render())


# --- the addresses ----------------------------------------------------------------------------


def test_a_name_opens_its_decision_and_the_one_open_is_marked(facts, show):
    for name in ("Odder", "Rebild"):
        apply(facts, name, TODAY)

    html = str(show(valgt="rebild").live.render())

    marked = re.findall(r"<tr[^>]*aria-current.*?</tr>", html, re.S)
    assert [words(one).split()[0] for one in marked] == ["Rebild"]
    assert re.findall(r'<th scope="row"><a href="([^"]+)"', html) == [
        f"/optag?hold={AUGUST}&amp;valgt={slug}#afgoerelse" for slug in ("odder", "rebild")
    ]
    assert "<tr class" not in str(show().live.render())


def test_the_filter_is_links_that_keep_what_is_open_and_exports_follow_it(facts, show):
    for name in ("Odder", "Rebild", "Skive"):
        apply(facts, name, TODAY)
    case = facts.rows("enrolment")[0]["id"]
    decisions.decide(facts, case, Status.WAITLISTED, on_date=TODAY)
    page = show(status="waitlisted", valgt="odder")

    html = str(page.live.render())

    nav = html[html.index("<nav") : html.index("</nav>")]
    assert words(nav) == "Alle 3 Ny 2 Venteliste 1"
    assert re.findall(r'href="([^"]+)"', nav) == [
        f"/optag?hold={AUGUST}&amp;{rest}valgt=odder#ansoegninger"
        for rest in ("", "status=new&amp;", "status=waitlisted&amp;")
    ]
    assert re.findall(r'aria-current="true">(\w+)', nav) == ["Venteliste"]
    assert [row[0] for row in rows(page)] == ["Odder"]
    assert re.findall(r'href="(/eksport[^"]+)"', html) == [
        f"/eksport/ansoegninger.{kind}?hold={AUGUST}&amp;status=waitlisted"
        for kind in ("xlsx", "csv")
    ]
    assert len(rows(show(status="hvad-som-helst"))) == 3


def test_twenty_five_rows_stand_open_the_rest_on_demand_and_the_chosen_one_always(facts, show):
    homes = [row["name"] for row in facts.rows("municipality")][:27]
    for day, name in enumerate(homes, 1):
        apply(facts, name, date(2025, 2, 1) + timedelta(days=day))
    last = facts.find("municipality", name=homes[-1])["slug"]
    page = show()

    names = [row[0] for row in rows(page)]

    assert names == homes[:25]
    assert "Vis alle 27" in words(page.live.render())
    page.live.actions["all"]()
    assert [row[0] for row in rows(page)] == homes
    assert "Vis færre" in words(page.live.render())
    page.live.actions["all"]()
    assert len(rows(page)) == 25
    assert [row[0] for row in rows(show(valgt=last))] == [*homes[:25], homes[-1]]


# --- nothing to show, and the line about the deadline ------------------------------------------


def test_an_empty_round_names_the_next_step_for_who_may_take_it(facts, show, as_role):
    own, reader = (
        words(show(store=as_role(role)).live.render()) for role in ("office", "consultant")
    )

    assert "Ingen ansøgninger til august 2025 endnu. Ny ansøgning" in own
    assert "Ingen ansøgninger til august 2025 endnu. Fristen" in reader
    assert "eksport" not in str(show().live.render())
    assert "Ny ansøgning" not in words(show(JANUARY).live.render())  # it has begun


def test_a_stage_nobody_is_in_offers_to_clear_the_filter(facts, show):
    apply(facts, "Odder", TODAY)

    html = str(show(status="declined").live.render())

    assert "Ingen ansøgninger har status ”Afslag”. Ryd filtrene" in words(html)
    assert f'href="/optag?hold={AUGUST}#ansoegninger">Ryd' in html


@pytest.mark.parametrize(
    ("apply_by", "source", "said"),
    [
        (
            None,
            "social.dk",
            "Fristen for hold august 2025 er ikke offentliggjort. "
            "Kilden nævner kun fristen for januar 2025. Kilde: social.dk",
        ),
        (
            "2025-04-01",
            "Demofrist, opdigtet",
            "Fristen 1. april 2025 er en demofrist. Demofrist "
            "Kilden nævner kun fristen for januar 2025. Kilde: Demofrist, opdigtet",
        ),
        ("2025-04-01", "Kontoret, 3. marts 2025", ""),
    ],
)
def test_what_is_known_of_the_deadline_stands_below_the_list(facts, show, apply_by, source, said):
    with facts.write("setting.edit"):
        changes = {"apply_by": apply_by, "source": source}
        facts.update("cohort", cohort_id(facts, AUGUST), changes)

    assert words(str(show().live.render()).partition("</section>")[2]) == said


# --- what a row opens -------------------------------------------------------------------------


def test_a_consultant_reads_everything_and_changes_nothing(facts, show, clock):
    case = apply(facts, "Odder", TODAY, attachments="https://filer.example/a.pdf", **FULL)
    facts.actor = Actor("ida@styrelsen.example", "Ida Holm", "consultant")
    page = show()

    page.live.actions["open"](id=str(case))

    html = str(page.dialog.render())
    assert words(html) == (
        "Ansøgning: Odder Hold august 2025 Modtaget 13. marts 2025 · holdet har ingen "
        "offentliggjort frist Status Ny Indhold Komplet Kontaktperson Ane Skov Leder · "
        "ane@kommune.example · Forløbets side Erfaring med peers Nogen erfaring med peers "
        "Ledelsen har givet tilsagn ja Gennemgået nej Motivation Vi vil bruge peers "
        "Lokalt mål To ansatte peers Bilag filer.example/a.pdf"
    )
    assert set(page.dialog.actions) == {"dialog_close"}
    assert "<form" not in html


def test_the_office_gets_the_form_today_and_the_facts_on_another_date(facts, show, clock):
    case = apply(facts, "Odder", TODAY)
    clock.on(TODAY + timedelta(days=2))

    today, past = show(), show(store=facts.at(TODAY + timedelta(days=1)))
    for page in (today, past):
        page.live.actions["open"](id=str(case))

    assert "<form" in str(today.dialog.render())
    assert "<form" not in str(past.dialog.render())


def test_an_application_that_somebody_takes_back_leaves_a_dialog_to_close(facts, show):
    case = apply(facts, "Odder", TODAY)
    operation = facts.last_operation
    page = show()
    page.live.actions["open"](id=str(case))

    facts.revert(operation)

    assert "dialog_close" in str(page.dialog.render())
    assert "<form" not in str(page.dialog.render())


def test_a_contact_that_is_added_makes_the_application_whole(facts, show):
    case = apply(facts, "Odder", TODAY, **{**FULL, "contact": None})
    enrolments.review(facts, case)
    before = rows(show())[0][2]
    applicants.name(facts, case, enrolments.Applicant("Ane Skov"))

    assert (before, rows(show())[0][2]) == ("Mangler kontaktperson", "Komplet")
