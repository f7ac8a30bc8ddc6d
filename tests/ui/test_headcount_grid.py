"""The grid of head counts: all saved or nothing, and nothing of what was typed lost."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from advisory import frames
from advisory.domain.errors import Forbidden, Refused
from advisory.store import activities
from advisory.texts import translator
from advisory.ui import headcount_cells as cells
from advisory.ui.headcount_grid import HeadcountGrid
from advisory.ui.live import MAX_VALUES
from advisory.ui.toast import Toast
from advisory.ui.view import View

STARTS = datetime(2025, 3, 11, 8, tzinfo=UTC)
KNOWN = {"leadership": 3, "staff": 8, "peers": None}


@pytest.fixture
def served(demo_store):
    """Two running cases, as the activity has them: their enrolments."""
    found = frames.enrolments(demo_store).query("status == 'active'")
    return found["enrolment_id"].tolist()[:2]


@pytest.fixture
def make(demo_store, served):
    """`make(starts_at, kind)` plans an activity of three hours for both; citizens stay at home."""

    def plan(starts_at=STARTS, kind="competence"):
        return activities.create(
            demo_store,
            kind,
            "En dag",
            starts_at=starts_at,
            ends_at=starts_at + timedelta(hours=3),
            enrolments=dict.fromkeys(served),
            expected=KNOWN,
        )

    return plan


@pytest.fixture
def day(make):
    return make()


class Person:
    """One person at the grid: what they saw when they began, and what they type."""

    def __init__(self, store, activity_id):
        view = View(store, translator("da"), {})
        self.toast = Toast(view)
        self.live = HeadcountGrid(view, activity_id, self.toast).live
        with store.trusted():  # what is sent along may come from anywhere
            self.seen = cells.as_json(cells.standing(view, activity_id))

    def shown(self) -> str:
        return str(self.live.render()).replace("\u00a0", " ")

    def do(self, action: str, **typed: str) -> str:
        self.live.actions[action](seen=self.seen, **typed)
        return self.shown()


@pytest.fixture
def person(demo_store, day):
    return lambda activity_id=day, store=demo_store: Person(store, activity_id)


def attended(served_id, audience) -> str:
    return f"attended_{served_id}_{audience}"


def planned(served_id, audience) -> str:
    return f"planned_{served_id}_{audience}"


def heads(store, activity_id) -> dict:
    rows = store.rows("headcount", "activity_id = ?", [activity_id])
    return {
        (row["enrolment_id"], row["audience"]): (row["planned"], row["attended"]) for row in rows
    }


def field(html: str, name: str) -> str:
    """The whole tag of one field."""
    start = html.index(f'id="{name}"')
    return html[html.rindex("<input", 0, start) : html.index(">", start)]


def test_all_cells_are_saved_as_one_and_taken_back_as_one(demo_store, day, served, person):
    one, other = served
    somebody, before = person(), heads(demo_store, day)

    somebody.do(
        "count", **{attended(one, "leadership"): "2", attended(other, "staff"): "0", "x": "y"}
    )

    assert heads(demo_store, day) == {
        **before,
        (one, "leadership"): (3, 2),
        (other, "staff"): (8, 0),
    }
    assert "2 felter er gemt" in str(somebody.toast.live.render())
    somebody.toast.live.actions["undo"]()
    assert heads(demo_store, day) == before


@pytest.mark.parametrize(
    ("written", "sentence"),
    [
        ("x1", "”x1” er ikke et helt tal"),
        ("201", "Antallet 201 kan ikke passe. Skriv et tal fra 0 til 200."),
        ("-3", "er ikke et helt tal"),
        ("٣", "er ikke et helt tal"),
        ("9" * 12, "er ikke et helt tal"),
        ("1,5", "er ikke et helt tal"),
    ],
)
def test_one_wrong_number_saves_none_and_keeps_all(
    demo_store, day, served, person, written, sentence
):
    one, other = served
    somebody, before = person(), heads(demo_store, day)
    wrong, right = attended(other, "staff"), attended(one, "staff")

    html = somebody.do("count", **{right: "7", wrong: written})

    assert heads(demo_store, day) == before
    assert 'aria-invalid="true"' in field(html, wrong)
    assert f'value="{written}"' in field(html, wrong)
    assert 'value="7"' in field(html, right)
    assert "aria-invalid" not in field(html, right)
    problem = html[html.index(f'id="{wrong}-problem"') :]
    assert sentence in problem[: problem.index("</p>")]
    assert somebody.live.told == {"focus": f"#{wrong}"}
    html = somebody.do("count", **{right: "7", wrong: "6"})
    assert "aria-invalid" not in html
    assert heads(demo_store, day) == {**before, (one, "staff"): (8, 7), (other, "staff"): (8, 6)}


def test_a_number_a_colleague_has_changed_is_said_and_saved_at_the_second_asking(
    demo_store, day, served, person
):
    one, other = served
    somebody, colleague = person(), person()
    mine, theirs = attended(one, "staff"), attended(other, "staff")
    colleague.do("count", **{mine: "5", theirs: "4"})

    html = somebody.do("count", **{mine: "6", theirs: "4"})

    assert heads(demo_store, day)[one, "staff"] == (8, 5)
    assert "En kollega har imens skrevet 8 forventet og 5 deltog." in html
    assert 'value="6"' in field(html, mine)
    assert "aria-invalid" not in field(html, theirs)
    somebody.do("count", **{mine: "6", theirs: "4"})
    assert heads(demo_store, day)[one, "staff"] == (8, 6)


def test_who_goes_on_from_an_older_form_is_no_colleague_of_their_own(
    demo_store, day, served, person
):
    somebody, name = person(), attended(served[0], "staff")
    somebody.do("count", **{name: "5"})

    somebody.do("count", **{name: "6"})

    assert heads(demo_store, day)[served[0], "staff"] == (8, 6)


def test_what_a_colleague_counts_elsewhere_does_not_stand_in_the_way(
    demo_store, day, served, person
):
    one, other = served
    somebody = person()
    person().do("count", **{attended(other, "staff"): "4"})

    somebody.do("count", **{attended(one, "staff"): "6"})

    assert heads(demo_store, day)[one, "staff"] == (8, 6)
    assert heads(demo_store, day)[other, "staff"] == (8, 4)


def test_those_who_came_are_not_counted_before_it_begins(demo_store, make, served, person):
    coming = make(STARTS + timedelta(days=9))
    somebody, before = person(coming), heads(demo_store, coming)
    somebody.do("numbers", kind="attended")
    name = attended(served[0], "staff")

    html = somebody.do("count", **{name: "6"})

    assert "Aktiviteten begynder først 20. mar. 2025" in html
    assert 'value="6"' in field(html, name)
    assert heads(demo_store, coming) == before


def test_a_cancelled_activity_is_given_no_numbers(demo_store, day, served, person):
    somebody, before = person(), heads(demo_store, day)
    activities.cancel(demo_store, day, "Sygdom")
    name = attended(served[0], "staff")

    html = somebody.do("count", **{name: "6"})

    assert "er aflyst" in html
    assert 'value="6"' in field(html, name)
    assert heads(demo_store, day) == before
    assert " readonly" in field(html, name)
    assert 'type="submit"' not in html


def test_an_audience_is_invited_and_no_longer_invited_by_its_expected_number(
    demo_store, day, served, person
):
    one, other = served
    somebody, before = person(), heads(demo_store, day)
    html = somebody.do("numbers", kind="planned")
    assert 'value="–"' in field(html, planned(one, "citizens"))
    assert 'value=""' in field(html, planned(one, "peers"))

    somebody.do(
        "count",
        **{
            planned(one, "citizens"): "5",
            planned(other, "citizens"): "",
            planned(one, "leadership"): "-",
        },
    )

    expected = {**before, (one, "citizens"): (5, None), (other, "citizens"): (None, None)}
    del expected[one, "leadership"]
    assert heads(demo_store, day) == expected


def test_an_audience_that_was_counted_stays_invited(demo_store, day, served, person):
    one = served[0]
    person().do("count", **{attended(one, "staff"): "6"})
    somebody, before = person(), heads(demo_store, day)

    html = somebody.do("count", **{planned(one, "staff"): "–"})

    assert "Der er skrevet fremmøde" in html
    assert heads(demo_store, day) == before


def test_all_as_planned_fills_what_is_not_counted_and_saves_nothing(
    demo_store, day, served, person
):
    one, other = served
    person().do("count", **{attended(one, "leadership"): "1"})
    somebody, before = person(), heads(demo_store, day)

    html = somebody.do("fill", **{attended(other, "staff"): "5"})

    values = {
        name: field(html, name).split('value="')[1].split('"')[0]
        for name in (attended(of, audience) for of in served for audience in KNOWN)
    }
    assert list(values.values()) == ["1", "8", "", "3", "5", ""]
    assert "3 tal er ikke gemt" in html
    assert heads(demo_store, day) == before
    somebody.do("count", **values)
    assert heads(demo_store, day) == {
        **before,
        (one, "staff"): (8, 8),
        (other, "leadership"): (3, 3),
        (other, "staff"): (8, 5),
    }


def test_the_totals_follow_what_is_typed(served, person):
    html = person().do(
        "typing", **{attended(served[0], "staff"): "6", attended(served[1], "staff"): "5"}
    )

    foot = html[html.index("<tfoot>") :]
    assert [part.split("</b>")[0] for part in foot.split("<b>")[1:]] == ["–", "11", "–", "–", "11"]


def test_numbers_from_a_file_are_put_where_nothing_is_typed(demo_store, day, served, person):
    one, other = served
    somebody, before = person(), heads(demo_store, day)
    somebody.do("typing", **{attended(one, "staff"): "6"})
    found = cells.as_json({(one, "staff"): (9, None), (other, "staff"): (4, None)})

    somebody.live.actions["take"](found=found, kind="attended", people="7", loose="3")

    html = somebody.shown()
    assert 'value="6"' in field(html, attended(one, "staff"))
    assert 'value="4"' in field(html, attended(other, "staff"))
    assert "Der er 7 personer i filen" in html
    assert "3 personer er ikke fordelt endnu" in html
    assert heads(demo_store, day) == before
    typed = {attended(one, "staff"): "8", attended(other, "staff"): "4"}
    assert "1 person er ikke fordelt endnu" in somebody.do("typing", **typed)
    typed[attended(one, "leadership")] = "1"
    assert "Alle er fordelt" in somebody.do("typing", **typed)


@pytest.mark.parametrize("seen", ["", "x", "[1]", '[[1,"staff",[3]]]'])
def test_a_form_that_was_tampered_with_is_refused(demo_store, day, person, seen):
    somebody, before = person(), heads(demo_store, day)
    somebody.seen = seen

    with pytest.raises(Refused, match="headcount_changed"):
        somebody.do("count", attended_1_staff="4")

    assert heads(demo_store, day) == before


# --- who sees what ----------------------------------------------------------------------------


@pytest.fixture
def counted(demo_store, make, served):
    """`counted(kind)` is an activity with 2 and 9 of the leadership, 8 and 7 of the staff."""

    def made(kind):
        activity_id = make(kind=kind)
        one, other = served
        numbers = {
            (one, "leadership"): (3, 2),
            (other, "leadership"): (9, 9),
            (one, "staff"): (8, 8),
            (other, "staff"): (8, 7),
        }
        activities.count(demo_store, activity_id, numbers)
        return activity_id

    return made


ONE_SENTENCE = "Deltagere vises kun lagt sammen pr. kommune, på Aktiviteter."


@pytest.mark.parametrize("kind", ["workshop", "competence", "guidance"])
def test_leadership_gets_one_sentence_and_no_number(as_role, counted, person, kind):
    activity_id, leadership = counted(kind), as_role("leadership")

    now = person(activity_id, leadership).shown()
    earlier = person(activity_id, leadership.at(STARTS.date() + timedelta(days=3))).shown()

    assert now == earlier
    assert ONE_SENTENCE in now
    assert [part for part in ("<table", "<input", "<form", "data-do") if part in now] == []
    said = re.sub(r"<svg.*?</svg>|<[^>]*>", " ", now)
    assert not re.search(r"\d", said)


def test_control_a_consultant_sees_every_number(counted, person):
    html = person(counted("competence")).shown()

    assert ONE_SENTENCE not in html
    assert [name for name in ('value="2"', 'value="9"') if name not in html] == []


@pytest.mark.parametrize("action", ["typing", "numbers", "fill", "count", "take"])
def test_an_event_that_leadership_sends_is_refused_and_changes_nothing(
    demo_store, as_role, counted, person, served, action
):
    activity_id = counted("competence")
    somebody, before = person(activity_id, as_role("leadership")), heads(demo_store, activity_id)
    shown = somebody.shown()
    sent = {attended(served[0], "staff"): "50", "found": "[]", "people": "0", "loose": "0"}

    with pytest.raises(Forbidden):
        somebody.do(action, **sent)

    assert somebody.shown() == shown
    assert heads(demo_store, activity_id) == before
    colleague = person(activity_id)
    colleague.do(action, **sent)  # control: a consultant is answered


def test_every_field_says_which_number_it_is(demo_store, served, person):
    home = frames.enrolments(demo_store).set_index("enrolment_id")["municipality"][served[0]]

    html = person().shown()

    assert f'aria-label="{home}, ledelse, deltog"' in field(html, attended(served[0], "leadership"))
    assert html.count("<input class") == html.count('aria-label="') - 1


def test_a_day_for_all_twenty_municipalities_fits_in_one_form(demo_store, person):
    cases = frames.enrolments(demo_store).query("status == 'active'")["enrolment_id"].tolist()[:20]
    day = activities.create(
        demo_store,
        "competence",
        "En dag for alle",
        starts_at=datetime(2025, 3, 12, 8, tzinfo=UTC),
        ends_at=datetime(2025, 3, 12, 12, tzinfo=UTC),
        enrolments=dict.fromkeys(cases),
        expected=dict.fromkeys(("leadership", "staff", "peers", "citizens")),
    )

    html = person(day).shown()

    assert html.count("<input class") == 4 * len(cases)
    assert html.count("<input") <= MAX_VALUES
