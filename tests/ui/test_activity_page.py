"""The page of one activity: what it shows to whom, and what its buttons write."""

from datetime import UTC, datetime, timedelta

import pytest

from advisory import frames
from advisory.domain.errors import Forbidden, NotFound
from advisory.settings import shipped
from advisory.store import activities
from advisory.texts import translator
from advisory.web.server import load

STARTS = datetime(2025, 3, 12, 8, tzinfo=UTC)
HOSTILE = '<img src=x onerror="alert(1)">'
AGREED, STEP = "Vi aftalte en rolle.", "Ring til lederen"


@pytest.fixture
def steps(demo_store):
    """Two running cases, each with an open milestone: enrolment -> milestone."""
    plan = frames.milestones(demo_store)
    active = frames.enrolments(demo_store).query("status == 'active'")["enrolment_id"]
    plan = plan[plan["enrolment_id"].isin(active) & plan["state"].isin(["planned", "soon"])]
    first = plan.groupby("enrolment_id")["milestone_id"].first().head(2)
    return {int(case): int(step) for case, step in first.items()}


@pytest.fixture
def workshop(demo_store, steps):
    """A workshop that ended yesterday, with a title that would like to be more than words."""
    return activities.create(
        demo_store,
        "workshop",
        f"Workshop {HOSTILE}",
        starts_at=STARTS,
        ends_at=STARTS + timedelta(hours=3),
        enrolments=steps,
        expected={"leadership": 3},
        place="Odense",
        link="https://moede.example/x",
        materials="https://materialer.example/a.pdf",
        capacity=40,
    )


@pytest.fixture(scope="module")
def page_of():
    return load(shipped("apps") / "activity.py").page


@pytest.fixture
def page(demo_store, workshop, page_of):
    """`page()` is the page of the workshop, its parts by name."""

    def made(store=demo_store, activity_id=workshop, language="da"):
        return page_of(store, translator(language), {"id": str(activity_id)}).parts

    return made


def shown(live) -> str:
    return str(live.render()).replace("\u00a0", " ")


def version(store, activity_id) -> str:
    return str(store.get("activity", activity_id)["version"])


def milestones(store, steps) -> list[str]:
    found = frames.milestones(store).set_index("milestone_id")["state"]
    return [found[step] for step in steps.values()]


@pytest.mark.parametrize("asked", ["10000", "0", "x", "٣", ""])
def test_an_activity_that_is_not_there_is_not_found(demo_store, page_of, asked):
    with pytest.raises(NotFound, match="not_found"):
        page_of(demo_store, translator("da"), {"id": asked})


def test_an_info_meeting_is_shown_elsewhere(demo_store, page_of):
    meetings = frames.meetings(demo_store)["activity_id"]

    page = page_of(demo_store, translator("da"), {"id": str(meetings.iloc[0])})

    assert page.values["is_meeting"] is True
    assert page.parts == {}


def test_the_head_says_what_is_recorded(page, demo_store, steps):
    html = shown(page()["activity"])

    assert HOSTILE not in html
    assert "&lt;img" in html
    for words in ("Skal afsluttes", "onsdag den 12. marts 2025", "kl. 09.00–12.00", "uge 11"):
        assert words in html
    assert 'href="https://materialer.example/a.pdf" rel="noopener noreferrer"' in html
    homes = frames.enrolments(demo_store).set_index("enrolment_id")["slug"]
    assert [f"k={homes[case]}" in html for case in steps] == [True, True]


def test_holding_it_ticks_off_what_was_chosen_and_is_taken_back_as_one(
    demo_store, page, workshop, steps
):
    parts, before = page(), milestones(demo_store, steps)
    first, second = steps.values()
    parts["activity"].actions["hold"]()
    asked = shown(parts["dialog"])

    parts["dialog"].actions["save"](
        version=version(demo_store, workshop),
        agreed=AGREED,
        next_step=STEP,
        next_step_by="20/3-25",
        **{f"done_{first}": "1"},
    )

    assert [f'name="done_{one}" value="1" checked' in asked for one in (first, second)] == [
        True
    ] * 2
    assert milestones(demo_store, steps) == ["done", before[1]]
    html = shown(parts["activity"])
    assert [words in html for words in ("Afholdt", AGREED, STEP, "senest 20. mar. 2025")] == [
        True
    ] * 4
    tasks = demo_store.rows("task", "title = ?", [STEP])
    assert [(row["enrolment_id"], row["due_on"]) for row in tasks] == [
        (case, "2025-03-20") for case in sorted(steps)
    ]
    assert shown(parts["dialog"]) == ""
    parts["toast"].actions["undo"]()
    assert milestones(demo_store, steps) == before
    assert demo_store.rows("task", "title = ?", [STEP]) == []
    assert demo_store.get("activity", workshop)["held_at"] is None


def test_a_day_that_cannot_be_read_is_said_beside_its_field(demo_store, page, workshop):
    parts, before = page(), demo_store.version()
    parts["activity"].actions["hold"]()

    parts["dialog"].actions["save"](
        version=version(demo_store, workshop), agreed=AGREED, next_step_by="31/2-25"
    )

    html = shown(parts["dialog"])
    beside = html[html.index('name="next_step_by"') :]
    assert "findes ikke i kalenderen" in beside[: beside.index("</div>")]
    assert AGREED in html
    assert demo_store.version() == before


def test_what_was_agreed_can_be_changed_and_emptied_later(demo_store, page, workshop):
    activities.hold(demo_store, workshop, agreed=AGREED, next_step=STEP)
    parts = page()
    parts["activity"].actions["hold"]()

    parts["dialog"].actions["save"](
        version=version(demo_store, workshop), agreed="Noget andet.", next_step=""
    )

    row = demo_store.get("activity", workshop)
    assert (row["agreed"], row["next_step"], row["next_step_by"]) == ("Noget andet.", "", None)


def test_two_who_close_the_same_activity_see_both_versions(demo_store, page, workshop):
    parts, seen = page(), version(demo_store, workshop)
    parts["activity"].actions["hold"]()
    activities.edit(demo_store, workshop, {"agreed": "Det andet."})

    parts["dialog"].actions["save"](version=seen, agreed=AGREED)

    html = shown(parts["dialog"])
    assert (AGREED in html, "Det andet." in html) == (True, True)
    assert demo_store.get("activity", workshop)["agreed"] == "Det andet."
    parts["dialog"].actions["resolve"](agreed="mine", held_at="mine")
    row = demo_store.get("activity", workshop)
    assert (row["agreed"], row["held_at"] is None) == (AGREED, False)


def test_moving_says_first_what_speaks_against_it(demo_store, page, workshop):
    parts = page()
    parts["activity"].actions["move"]()
    typed = {"on": "17/4-25", "from": "10", "until": "13.30"}  # Maundy Thursday

    parts["dialog"].actions["save"](version=version(demo_store, workshop), **typed)

    html = shown(parts["dialog"])
    assert "kærtorsdag" in html
    assert demo_store.get("activity", workshop)["starts_at"].startswith("2025-03-12T08:00")
    parts["dialog"].actions["save"](version=version(demo_store, workshop), anyway="1", **typed)
    assert demo_store.get("activity", workshop)["starts_at"].startswith("2025-04-17T08:00")
    assert "flyttet fra 12. mar. 2025" in shown(parts["activity"])


def test_what_moves_along_is_told_before_it_is_done_and_what_was_typed_stays(
    demo_store, page, workshop
):
    parts, before = page(), demo_store.version()
    parts["activity"].actions["move"]()
    typed = {"on": "9/4-25", "from": "10", "until": "13.30"}

    parts["dialog"].actions["save"](version=version(demo_store, workshop), look="1", **typed)

    html = shown(parts["dialog"])
    assert "1 dato flytter. Intet er ændret endnu." in html
    assert f"/flyt?aktivitet={workshop}&amp;til=2025-04-09" in html
    assert 'value="9/4-25"' in html
    assert demo_store.version() == before


@pytest.mark.parametrize(
    ("typed", "name", "sentence"),
    [
        ({"on": "31/2-25"}, "on", "findes ikke i kalenderen"),
        ({"until": "9"}, "until", "Aktiviteten slutter, før den begynder."),
        ({"on": "1/1-35"}, "on", "Dagen ligger uden for forløbet"),
    ],
)
def test_a_time_that_cannot_be_used_is_said_beside_its_field(
    demo_store, page, workshop, typed, name, sentence
):
    parts, before = page(), demo_store.version()
    parts["activity"].actions["move"]()
    times = {"on": "19/3-25", "from": "10", "until": "13.30"} | typed

    parts["dialog"].actions["save"](version=version(demo_store, workshop), **times)

    html = shown(parts["dialog"])
    beside = html[html.index(f'name="{name}"') :]
    assert sentence in beside[: beside.index("</div>")]
    assert demo_store.version() == before


def test_cancelling_asks_why_and_leaves_it_to_be_read(demo_store, page, workshop):
    parts = page()
    parts["activity"].actions["cancel"]()
    parts["dialog"].actions["save"](version=version(demo_store, workshop), reason=" ")
    refused = shown(parts["dialog"])

    parts["dialog"].actions["save"](version=version(demo_store, workshop), reason="Sygdom")

    html = shown(parts["activity"])
    assert "Skriv en kort begrundelse" in refused
    assert ("Aflyst: Sygdom" in html, "data-do" in html) == (True, False)


def test_it_was_not_held_after_all(demo_store, page, workshop):
    activities.hold(demo_store, workshop)
    parts = page()

    parts["activity"].actions["take_back"](version=version(demo_store, workshop))

    assert demo_store.get("activity", workshop)["held_at"] is None
    assert "Skal afsluttes" in shown(parts["activity"])


def test_leadership_reads_neither_what_was_agreed_nor_can_change_anything(
    as_role, demo_store, page, workshop
):
    activities.hold(demo_store, workshop, agreed=AGREED, next_step=STEP)
    parts = page(as_role("leadership"))

    html = shown(parts["activity"]) + shown(parts["headcounts"])

    assert [words in html for words in (AGREED, STEP, "data-do", "<form", "/kommune?")] == [
        False
    ] * 5
    for action in ("hold", "move", "cancel", "edit"):
        with pytest.raises(Forbidden):
            parts["activity"].actions[action]()


def test_control_a_consultant_reads_both(demo_store, page, workshop):
    activities.hold(demo_store, workshop, agreed=AGREED, next_step=STEP)

    html = shown(page()["activity"])

    assert [words in html for words in (AGREED, STEP, "data-do", "/kommune?")] == [True] * 4


def test_in_english_nothing_of_the_frame_is_danish(page):
    html = shown(page(language="en")["activity"]) + shown(page(language="en")["headcounts"])

    assert ("To be closed" in html, "Skal afsluttes" in html) == (True, False)
    assert ("All as planned" in html, "Alle som forventet" in html) == (True, False)
