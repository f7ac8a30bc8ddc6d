"""*Flyt datoer*: the preview, what is chosen, the move, and the way back."""

from datetime import date, timedelta

import pytest

from advisory import frames
from advisory.domain import calendar
from advisory.domain.errors import NotFound
from advisory.domain.replan_load import Load
from advisory.domain.replan_rows import Remark, Row
from advisory.store import activities, plan
from advisory.texts import translator
from advisory.ui import replan_asked, replan_loads, replan_words
from advisory.ui.replan_card import ReplanCard
from advisory.ui.toast import Toast
from advisory.ui.view import View

HOSTILE = '<img src=x onerror="alert(1)">'


@pytest.fixture
def case(demo_store):
    """An active case of January 2025, with its number and names."""
    found = frames.enrolments(demo_store)
    return found[(found["cohort"] == "2025-01") & (found["status"] == "active")].iloc[0]


@pytest.fixture
def page(demo_store):
    """`page(**query)` gives the card and the toast, as the consultant Jonas sees them."""

    def made(store=demo_store, language="da", **query):
        view = View(store, translator(language), {name: str(one) for name, one in query.items()})
        toast = Toast(view)
        card = ReplanCard(view, replan_asked.subject(store, view.query), toast)
        return card.live, toast.live

    return made


def shown(live) -> str:
    return str(live.render()).replace("\u00a0", " ")


def seen(live) -> str:
    """The mark of what is shown, as its button sends it."""
    return shown(live).split('data-seen="')[1].split('"')[0]


def dates(store, enrolment_id):
    return {id: one.due_on for id, one in plan.dates(store, int(enrolment_id)).items()}


# --- words --------------------------------------------------------------------------------------


def row(number, *remarks, what="milestone", days=14):
    before = date(2025, 7, 1)
    after = before + timedelta(days=days)
    return Row(1, what, number, "Trin", "Step", before, after, remarks)


def test_a_move_is_told_in_words_and_counted_once():
    rows = [
        row(1, Remark("moved")),
        row(2, Remark("moved"), Remark("july"), Remark("holiday_week", (("week", 29),))),
        row(3, Remark("pinned"), days=0),
        row(4, Remark("moved"), Remark("weekend"), what="activity"),
        row(4, Remark("moved"), Remark("weekend"), what="activity"),
        row(5, Remark("unchanged"), what="activity", days=0),
        row(6, Remark("activity_outside"), what="activity", days=0),
        row(7, Remark("headcount_exists"), what="activity", days=0),
        row(8, Remark("activity_held"), what="activity", days=0),
    ]
    text = translator("da")

    assert [[words for _, words in replan_words.remarks(text, one)] for one in rows] == [
        ["Flyttes"], ["Uge 29"], ["Fastholdt"], ["Weekend"], ["Weekend"], ["Flytter ikke med"],
        ["Ville falde uden for forløbet. Bliver stående"],
        ["Har skrevet fremmøde. Bliver stående"], ["Er afholdt. Bliver stående"],
    ]  # fmt: skip
    assert replan_words.summary(text, rows) == (
        "3 datoer flyttes, 1 er fastholdt, 1 lander i juli, 1 i en ferieuge, 1 falder på en fridag,"
        " 3 aktiviteter bliver stående"
    )
    assert [replan_words.distance(text, days) for days in (14, -1)] == [
        "14 dage frem", "1 dag tilbage",
    ]  # fmt: skip


def test_the_bars_are_of_those_whose_months_change(demo_store):
    view = View(demo_store, translator("da"), {})
    may, june = date(2025, 5, 1), date(2025, 6, 1)

    found = replan_loads.people(
        view, [Load(None, may, 4, 2), Load(None, june, 0, 2), Load(1, may, 9, 9)]
    )

    assert found == [
        {
            "name": "Uden konsulent",
            "months": [
                {"month": date(2025, 4, 1), "before": 0, "after": 0, "now": 0, "then": 0},
                {"month": may, "before": 4, "after": 2, "now": 100, "then": 50},
                {"month": june, "before": 0, "after": 2, "now": 0, "then": 50},
                {"month": date(2025, 7, 1), "before": 0, "after": 0, "now": 0, "then": 0},
            ],
        }
    ]
    assert replan_loads.people(view, [Load(1, may, 9, 9)]) == []


# --- the page -----------------------------------------------------------------------------------


def test_without_a_subject_it_asks_what_is_to_be_moved(page, case):
    card, _ = page()

    html = shown(card)

    assert '<option value="hold:2025-01">januar 2025</option>' in html
    assert f'<option value="forloeb:{case.enrolment_id}">' in html
    assert "Vælg et hold eller en kommune" in html
    assert "data-seen" not in html


def test_asking_shows_the_preview_and_the_address_names_it(page, case):
    card, _ = page()

    card.actions["ask"](subject=f"forloeb:{case.enrolment_id}", dage="14", til="")

    html = shown(card)
    assert f"Flyt datoer i {case.municipality}: 14 dage frem" in html
    assert "Se først, hvad der sker. Intet er ændret endnu." in html
    assert "Starten flyttes fra 1. januar 2025 til 15. januar 2025." in html
    assert card.address() == f"/flyt?forloeb={case.enrolment_id}&dage=14"
    assert shown(page(forloeb=case.enrolment_id, dage="14")[0]) == html


def test_the_button_moves_what_was_seen_and_one_undo_takes_it_back(page, demo_store, case):
    before = dates(demo_store, case.enrolment_id)
    card, toast = page(forloeb=case.enrolment_id, dage="14")

    card.actions["move"](seen=seen(card))

    after = dates(demo_store, case.enrolment_id)
    assert demo_store.get("enrolment", int(case.enrolment_id))["starts_on"] == "2025-01-15"
    assert after != before
    assert f"datoer er flyttet: {case.municipality}" in shown(toast)
    assert "data-seen" not in shown(card)
    assert card.address() == f"/flyt?forloeb={case.enrolment_id}"
    toast.actions["undo"]()
    assert dates(demo_store, case.enrolment_id) == before


def test_what_has_changed_since_it_was_seen_is_not_moved(page, demo_store, case):
    card, _ = page(forloeb=case.enrolment_id, dage="14")
    looked = seen(card)
    number = max(dates(demo_store, case.enrolment_id))
    plan.move(demo_store, number, date(2026, 9, 1), "Aftalt")
    version = demo_store.version()

    with pytest.raises(Exception, match="replan_changed"):
        card.actions["move"](seen=looked)

    assert demo_store.version() == version
    assert seen(card) != looked


def test_a_consultant_moves_the_chosen_of_a_cohort_and_the_office_the_cohort(
    page, demo_store, case, as_role
):
    ids = [row["id"] for row in demo_store.rows("enrolment", "cohort_id = ?", [cohort(demo_store)])]
    running = frames.enrolments(demo_store).query("cohort == '2025-01' and status == 'active'")
    card, _ = page(hold="2025-01", dage="14")
    assert "Kun kontoret kan flytte holdets start." in shown(card)
    assert shown(card).count("<details") == len(running) + 1  # and the numbers of the load

    card.actions["choose"](**{f"forloeb_{case.enrolment_id}": "1", "along": "1"})
    card.actions["move"](seen=seen(card))

    own = {id: demo_store.get("enrolment", id)["starts_on"] for id in ids}
    assert own == {id: "2025-01-15" if id == case.enrolment_id else None for id in ids}
    office = as_role("office")
    card, _ = page(store=office, hold="2025-01", dage="14")
    assert "Hele holdet flyttes: holdets start går fra 1. januar 2025" in shown(card)
    assert "Egen start 15. januar 2025. Flytter kun med" in shown(card)
    card.actions["move"](seen=seen(card))
    assert office.get("cohort", cohort(office))["starts_on"] == "2025-01-15"


def cohort(store):
    return store.find("cohort", code="2025-01")["id"]


def test_with_nobody_chosen_there_is_nothing_to_press(page):
    card, _ = page(hold="2025-01", dage="14")

    card.actions["choose"]()

    assert "Vælg mindst én kommune." in shown(card)
    assert "data-seen" not in shown(card)


def test_activities_move_along_unless_they_are_left(page, demo_store, case):
    number = open_step(demo_store, case)
    starts_at = calendar.to_utc(date(2025, 5, 6), calendar.parse_time("9.00"))
    activity = activities.create(
        demo_store,
        "competence",
        f"Kursus {HOSTILE}",
        starts_at=starts_at,
        ends_at=starts_at + timedelta(hours=3),
        enrolments={int(case.enrolment_id): number},
        expected={"leadership": 4},
    )
    card, _ = page(forloeb=case.enrolment_id, dage="14")
    assert HOSTILE not in shown(card)
    assert "Kursus &lt;img" in shown(card)

    card.actions["choose"]()
    assert "Flytter ikke med" in shown(card)
    card.actions["move"](seen=seen(card))

    assert demo_store.get("activity", activity)["starts_at"][:10] == "2025-05-06"
    card, _ = page(aktivitet=activity, til="13/5-25")
    assert "tirs" not in shown(card)
    card.actions["move"](seen=seen(card))
    assert demo_store.get("activity", activity)["starts_at"][:10] == "2025-05-13"


def open_step(store, case):
    found = frames.milestones(store, int(case.enrolment_id))
    return int(found[found["name"] == "Kompetenceudvikling for ledelsen"].iloc[0]["milestone_id"])


def test_a_milestone_gets_the_reason_that_is_typed(page, demo_store, case):
    number = open_step(demo_store, case)
    card, _ = page(milepael=number, dage="-7")
    assert 'name="reason"' in shown(card)

    card.actions["move"](seen=seen(card), reason="Lederen er på ferie")

    assert demo_store.get("milestone", number)["override_reason"] == "Lederen er på ferie"
    assert 'name="reason"' not in shown(page(milepael=number, dage="7")[0])


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ({"dage": "mange"}, "”mange” er ikke et antal dage."),
        ({"dage": "400"}, "400 dage er for langt."),
        ({"dage": "0"}, "Der er intet at flytte."),
        ({"til": "31/2-25"}, "findes ikke i kalenderen"),
        ({"til": "engang"}, "kan ikke læses som en dato"),
    ],
)
def test_what_cannot_be_used_is_said_and_kept(page, case, query, sentence):
    card, _ = page(forloeb=case.enrolment_id, **query)

    html = shown(card)

    assert sentence in html
    assert f'value="{next(iter(query.values()))}"' in html
    assert "data-seen" not in html


def test_a_done_milestone_has_nothing_to_press(page, demo_store, case):
    number = open_step(demo_store, case)
    plan.mark_done(demo_store, number, date(2025, 3, 3))

    html = shown(page(milepael=number, dage="7")[0])

    assert "Der er intet at flytte: det er gennemført" in html
    assert "data-seen" not in html


def test_an_activity_at_which_people_were_counted_says_so_and_has_nothing_to_press(programme):
    number = programme.plan("workshop", date(2025, 3, 3), expected={"staff": 8})
    activities.count(programme.store, number, {(programme.cases["Horsens"], "staff"): (8, 6)})

    def html(days):
        view = View(programme.store, translator("da"), {"aktivitet": str(number), "dage": days})
        subject = replan_asked.subject(view.store, view.query)
        return shown(ReplanCard(view, subject, Toast(view)).live)

    assert "Der er skrevet fremmøde på aktiviteten. Slet tallene" in html("30")
    assert "Har skrevet fremmøde. Bliver stående" in html("30")
    assert "data-seen" not in html("30")
    assert "data-seen" in html("-3")  # control: another day that is past


@pytest.mark.parametrize(
    "query", [{"forloeb": "x"}, {"forloeb": "٣"}, {"hold": "1999-01"}, {"milepael": "99999"}]
)
def test_what_is_not_there_is_not_found(page, query):
    with pytest.raises(NotFound, match="replan_unknown"):
        page(**query)


def test_another_date_can_only_be_looked_at(page, demo_store, case):
    card, _ = page(store=demo_store.at(date(2025, 2, 1)), forloeb=case.enrolment_id, dage="14")

    html = shown(card)

    assert "her kan intet flyttes" in html
    assert "<form" not in html
    assert "data-seen" not in html


def test_it_is_told_in_english(page, case):
    html = shown(page(language="en", forloeb=case.enrolment_id, dage="14")[0])

    assert f"Move dates in {case.municipality}: 14 days later" in html
    assert "Flyt" not in html
