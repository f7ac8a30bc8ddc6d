"""Planning and changing an activity: what is suggested, refused beside its field, and warned of."""

import re
from datetime import date, time
from types import SimpleNamespace

import pytest

from advisory import frames
from advisory.domain.errors import Forbidden
from advisory.store import activities, plan

DAY = "20/3-25"


@pytest.fixture
def typed(programme):
    """`typed(on=...)`: what is typed for a workshop in Horsens that nothing speaks against."""

    def made(**others: str) -> dict[str, str]:
        said = {"kind": "workshop", "on": DAY, "from": "kl. 9", "until": "12.00", "title": "En dag"}
        return {**said, f"case_{programme.cases['Horsens']}": "1", **others}

    return made


@pytest.fixture
def page(calendar_page):
    """The page with the dialog for a new activity open."""
    opened = calendar_page()
    opened.list.actions["new_activity"]()
    return opened


def last(programme) -> SimpleNamespace:
    found = frames.activities(programme.store)
    found = found[found["kind"].isin(activities.KINDS)]
    return programme.stands(int(found["activity_id"].max()))


def field(html: str, name: str) -> str:
    """A field with what is said beside it."""
    problem = html[html.index(f'name="{name}"') :]
    return problem[: problem.index("</div>")]


def value(html: str, name: str) -> str:
    return re.search(rf'name="{name}"[^>]* value="([^"]*)"', html)[1]


def chosen(html: str, name: str) -> str:
    """The option that is chosen in a select."""
    select = html[html.index(f'name="{name}"') :]
    select = select[: select.index("</select>")]
    found = re.search(r'value="([^"]*)" selected', select)
    return found[1] if found else ""


# --- a new one --------------------------------------------------------------------------------


def test_everything_that_is_typed_is_saved(programme, page, shown, typed):
    store = programme.store
    partner = store.find("organisation", kind="partner")["id"]
    horsens, odense = (programme.cases[name] for name in ("Horsens", "Odense"))
    first, second = programme.steps("Horsens")[0], programme.steps("Odense")[1]

    page.dialog.actions["save"](
        **typed(
            place="Rådhuset",
            link="https://moede.example/1",
            capacity="30",
            body="Tag kage med",
            materials=" https://a.example/1\r\n\r\nhttps://a.example/2 ",
            provider_id=str(partner),
            consultant_id=str(programme.ida),
            invite_staff="1",
            expected_staff="9",
            invite_peers="1",
            expected_citizens="7",
        ),
        **{f"case_{odense}": "1"},
        **{f"step_workshop_{horsens}": str(first), f"step_workshop_{odense}": str(second)},
    )

    made = last(programme)
    row = store.get("activity", made.activity_id)
    said = ("title", "place", "link", "capacity", "body", "materials", "provider_id")
    assert {name: row[name] for name in said} == {
        "title": "En dag",
        "place": "Rådhuset",
        "link": "https://moede.example/1",
        "capacity": 30,
        "body": "Tag kage med",
        "materials": "https://a.example/1\nhttps://a.example/2",
        "provider_id": partner,
    }
    assert (row["starts_at"][:16], row["ends_at"][:16]) == ("2025-03-20T08:00", "2025-03-20T11:00")
    assert (made.kind, made.initials, made.municipalities) == (
        "workshop",
        "IH",
        ("Horsens", "Odense"),
    )
    served = frames.served(store, made.activity_id)
    assert served["milestone_id"].tolist() == [first, second]
    heads = frames.headcounts(store, made.activity_id)
    assert heads[["municipality", "audience", "planned"]].fillna(-1).to_numpy().tolist() == [
        ["Horsens", "staff", 9],
        ["Horsens", "peers", -1],
        ["Odense", "staff", 9],
        ["Odense", "peers", -1],
    ]
    assert shown(page.dialog) == ""
    assert "Aktiviteten er oprettet" in shown(page.toast)
    assert f"/aktivitet?id={made.activity_id}" in shown(page.toast)


@pytest.mark.parametrize(
    ("wrong", "name", "sentence"),
    [
        ({"on": ""}, "on", "Skriv en dato"),
        ({"on": "31/2-25"}, "on", "findes ikke i kalenderen"),
        ({"on": "1/1-29"}, "on", "Dagen ligger uden for forløbet i Horsens"),
        ({"from": "kl. tidligt"}, "from", "kan ikke læses som et klokkeslæt"),
        ({"until": ""}, "until", "Skriv et klokkeslæt"),
        ({"until": "8.00"}, "until", "Aktiviteten slutter, før den begynder"),
        ({"capacity": "mange"}, "capacity", "”mange” er ikke et helt tal"),
        ({"capacity": "0"}, "capacity", "0 kan ikke bruges her"),
        ({"link": "moede.example"}, "link", "er ikke et link"),
        ({"materials": "bilag.docx"}, "materials", "”bilag.docx” er ikke et link"),
        (
            {"invite_staff": "1", "expected_staff": "ti"},
            "expected_staff",
            "”ti” er ikke et helt tal",
        ),
    ],
)
def test_what_cannot_be_used_is_said_beside_its_field_and_kept(
    programme, page, shown, typed, wrong, name, sentence
):
    before = programme.store.version()

    page.dialog.actions["save"](**typed(**wrong))

    html = shown(page.dialog)
    assert sentence in field(html, name)
    assert value(html, "title") == "En dag"
    assert html.count("data-focus") == 1
    assert programme.store.version() == before


def test_without_a_municipality_it_is_said_where_they_are_chosen(programme, page, shown, typed):
    said = typed()
    del said[f"case_{programme.cases['Horsens']}"]

    page.dialog.actions["save"](**said)

    html = shown(page.dialog)
    problem = html[html.index("picker wrong") :]
    assert "Vælg mindst én kommune" in problem[: problem.index('name="find"')]


def test_too_many_people_is_said_where_the_audiences_are(page, shown, typed):
    page.dialog.actions["save"](**typed(invite_staff="1", expected_staff="900"))

    assert "Antallet 900 kan ikke passe" in shown(page.dialog)


# --- what is suggested ------------------------------------------------------------------------


def test_the_next_milestone_that_nothing_fulfils_is_suggested_and_names_the_activity(
    programme, page, shown, typed
):
    case = programme.cases["Horsens"]
    first, second, *_ = programme.steps("Horsens")
    programme.plan(day=date(2025, 3, 25), enrolments={case: first})

    page.dialog.actions["choose"](**typed(title=""))

    html = shown(page.dialog)
    assert chosen(html, f"step_workshop_{case}") == str(second)
    assert value(html, "title") == "Udviklingsworkshop med peers og borgere"


def test_the_title_and_the_invited_follow_the_kind_until_they_are_changed(
    programme, page, shown, typed
):
    choose = page.dialog.actions["choose"]
    choose(**typed(title=""))
    workshop = value(shown(page.dialog), "title")
    invited = {f"invite_{one}": "1" for one in ("leadership", "staff", "peers", "citizens")}
    choose(**typed(kind="guidance", title=workshop, **invited))
    guidance = shown(page.dialog)
    choose(**typed(kind="workshop", title="Min egen", invite_staff="1"))
    own = shown(page.dialog)

    assert value(guidance, "title") == "Vejledning"
    assert not re.search(r'name="invite_\w+" value="1" checked', guidance)
    assert value(own, "title") == "Min egen"
    assert re.findall(r'name="invite_(\w+)" value="1" checked', own) == ["staff"]


def test_different_milestones_give_the_name_of_the_kind(programme, page, shown, typed):
    horsens, odense = (programme.cases[name] for name in ("Horsens", "Odense"))
    steps = {
        f"step_workshop_{horsens}": str(programme.steps("Horsens")[0]),
        f"step_workshop_{odense}": str(programme.steps("Odense")[2]),
    }

    page.dialog.actions["choose"](**typed(title=""), **{f"case_{odense}": "1"}, **steps)

    assert value(shown(page.dialog), "title") == "Udviklingsworkshop"


def test_municipalities_are_found_by_name_and_the_chosen_stay(programme, page, shown, typed):
    page.dialog.actions["choose"](**typed(find="oden"))

    names = re.findall(r'name="case_\d+" value="1"( checked)?> (\w+)', shown(page.dialog))
    assert names == [(" checked", "Horsens"), ("", "Odense")]


def test_an_activity_may_fulfil_no_milestone(programme, page, typed):
    case = programme.cases["Horsens"]

    page.dialog.actions["save"](**typed(), **{f"step_workshop_{case}": ""})

    assert frames.served(programme.store, last(programme).activity_id)["milestone_id"].isna().all()


# --- what speaks against it -------------------------------------------------------------------


def test_what_speaks_against_the_time_is_said_before_it_is_saved(programme, page, shown, typed):
    programme.plan("guidance", date(2025, 3, 22), time(10), 1, title="Et møde")
    store, before = programme.store, programme.store.version()
    said = typed(on="22/3-25", consultant_id=str(programme.ida))

    page.dialog.actions["save"](**said)
    told = shown(page.dialog)
    unsaved = store.version()
    page.dialog.actions["save"](**said, anyway="1")

    warned = re.findall(r"<li>(.*?)</li>", told[told.index("Tjek tidspunktet") :])
    assert warned == [
        "Dagen er i en weekend.",
        "Konsulenten er optaget af ”Et møde” på samme tid.",
        "Horsens deltager i ”Et møde” på samme tid.",
    ]
    assert "Gem alligevel" in told
    assert unsaved == before
    assert last(programme).day.date() == date(2025, 3, 22)
    assert shown(page.dialog) == ""


def test_a_warning_that_was_not_shown_is_shown_first(programme, page, shown, typed):
    page.dialog.actions["save"](**typed(on="22/3-25"))
    before = programme.store.version()

    page.dialog.actions["save"](**typed(on="17/4-25"), anyway="1")

    assert "Helligdag eller lukkedag: Skærtorsdag." in shown(page.dialog)
    assert programme.store.version() == before


def test_control_without_a_warning_it_is_saved_at_once(programme, page, typed):
    before = programme.store.version()

    page.dialog.actions["save"](**typed())

    assert programme.store.version() > before


def test_a_day_that_is_refused_is_not_warned_of_first(page, shown, typed):
    page.dialog.actions["save"](**typed(on="1/1-29"))

    assert "Gem alligevel" not in shown(page.dialog)


# --- changing one -----------------------------------------------------------------------------


@pytest.fixture
def planned(programme) -> int:
    """A workshop in Horsens that fulfils its first milestone."""
    case, step = programme.cases["Horsens"], programme.steps("Horsens")[0]
    return programme.plan(day=date(2025, 3, 20), enrolments={case: step})


def edited(page, shown, activity_id: int) -> dict[str, str]:
    """What stands in the fields of the form for an activity."""
    page.form.edit(str(activity_id))
    html = shown(page.dialog)
    names = ("version", "title", "on", "from", "until", "place", "link", "capacity")
    said = {name: value(html, name) for name in names} | {"kind": value(html, "kind")}
    for name in ("provider_id", "consultant_id", *re.findall(r'name="(step_\w+)"', html)):
        said[name] = chosen(html, name)
    return said | dict.fromkeys(re.findall(r'name="(case_\d+)" value="1" checked', html), "1")


def test_nothing_changed_changes_nothing(programme, calendar_page, shown, planned):
    page, before = calendar_page(), programme.store.version()
    said = edited(page, shown, planned)

    page.dialog.actions["save"](**said)

    assert programme.store.rows("history", "id > ?", [before]) == []
    assert shown(page.dialog) == ""


def test_time_words_and_municipalities_are_changed_and_taken_back_as_one(
    programme, calendar_page, shown, planned
):
    page, store = calendar_page(), programme.store
    before = programme.stands(planned)
    odense = programme.cases["Odense"]
    said = edited(page, shown, planned) | {
        "on": "27/3-25",
        "place": "Aulaen",
        f"case_{odense}": "1",
    }

    page.dialog.actions["save"](**said)
    after = programme.stands(planned)
    page.toast.actions["undo"]()

    assert (after.day.date(), after.place, after.moved) == (date(2025, 3, 27), "Aulaen", True)
    assert after.municipalities == ("Horsens", "Odense")
    steps = frames.served(store, planned)["milestone_id"].tolist()
    assert steps == [programme.steps("Horsens")[0]]
    back = programme.stands(planned)
    assert (back.day, back.place, back.municipalities) == (
        before.day,
        before.place,
        before.municipalities,
    )


def test_what_spoke_against_it_already_is_not_said_again(programme, calendar_page, shown):
    saturday = programme.plan(day=date(2025, 3, 22))
    page = calendar_page()
    said = edited(page, shown, saturday) | {"place": "Aulaen"}

    page.dialog.actions["save"](**said)

    assert programme.stands(saturday).place == "Aulaen"


def test_two_who_change_the_same_see_both_versions(programme, calendar_page, shown, planned):
    page = calendar_page()
    said = edited(page, shown, planned) | {"place": "Aulaen"}
    activities.edit(programme.store, planned, {"place": "Biblioteket"})

    page.dialog.actions["save"](**said)
    asked = shown(page.dialog)
    page.dialog.actions["resolve"](place="mine")

    assert "Biblioteket" in asked
    assert "Aulaen" in asked
    assert programme.stands(planned).place == "Aulaen"


def test_a_change_beside_that_of_somebody_else_is_saved(programme, calendar_page, shown, planned):
    page = calendar_page()
    odense = programme.cases["Odense"]
    said = edited(page, shown, planned) | {f"case_{odense}": "1", "place": "Aulaen"}
    activities.edit(programme.store, planned, {"place": "Aulaen"})

    page.dialog.actions["save"](**said)

    assert programme.stands(planned).municipalities == ("Horsens", "Odense")


def steps_of(programme, activity_id: int) -> dict[str, int | None]:
    """Whom an activity serves, with the milestone that is fulfilled there."""
    found = frames.served(programme.store, activity_id)
    steps = found["milestone_id"].astype(object).where(found["milestone_id"].notna(), None)
    return dict(zip(found["municipality"], steps))


def heads_of(programme, activity_id: int) -> list[list[object]]:
    found = frames.headcounts(programme.store, activity_id)
    return found[["municipality", "audience"]].to_numpy().tolist()


def test_what_a_colleague_did_with_the_municipalities_stays(
    programme, calendar_page, shown, planned
):
    """The colleague adds Odense and takes Struer's milestone off; the person adds one, too."""
    store, page = programme.store, calendar_page()
    horsens, odense, struer = (programme.cases[name] for name in ("Horsens", "Odense", "Struer"))
    first, later = programme.steps("Horsens")[0], programme.steps("Struer")[0]
    both = programme.plan(
        day=date(2025, 3, 21), enrolments={horsens: first, struer: later}, expected={"staff": 4}
    )
    said = edited(page, shown, both)
    activities.serve(store, both, {horsens: first, struer: None, odense: None})

    said.pop(f"case_{horsens}")
    page.dialog.actions["save"](**said)

    assert shown(page.dialog) == ""
    assert steps_of(programme, both) == {"Odense": None, "Struer": None}
    assert heads_of(programme, both) == [["Odense", "staff"], ["Struer", "staff"]]


def test_control_without_a_colleague_all_but_the_ticked_are_left_out(
    programme, calendar_page, shown
):
    page, both = calendar_page(), programme.plan(where=("Horsens", "Struer"))
    said = edited(page, shown, both)

    said.pop(f"case_{programme.cases['Struer']}")
    page.dialog.actions["save"](**said)

    assert steps_of(programme, both) == {"Horsens": None}


@pytest.mark.parametrize(("choice", "number"), [("mine", 2), ("theirs", 1)])
def test_two_who_choose_different_milestones_see_both(
    programme, calendar_page, shown, planned, choice, number
):
    store, page = programme.store, calendar_page()
    case, odense = programme.cases["Horsens"], programme.cases["Odense"]
    steps = programme.steps("Horsens")
    said = edited(page, shown, planned) | {f"step_workshop_{case}": str(steps[2])}
    activities.serve(store, planned, {case: steps[1], odense: None})
    before = store.version()

    page.dialog.actions["save"](**said)
    asked, unsaved = shown(page.dialog), store.version()
    page.dialog.actions["resolve"](enrolments=choice)

    names = frames.milestones(store).set_index("milestone_id")["name"]
    assert f"Horsens ({names[steps[0]]})</td>" in asked
    assert f"Horsens ({names[steps[1]]}), Odense</label>" in asked
    assert f"Horsens ({names[steps[2]]}), Odense</label>" in asked
    assert unsaved == before
    assert steps_of(programme, planned) == {"Horsens": steps[number], "Odense": None}


@pytest.mark.parametrize(
    ("choice", "left"), [("mine", {"Odense", "Struer"}), ("theirs", {"Horsens", "Odense"})]
)
def test_when_the_words_are_asked_about_so_are_the_municipalities(
    programme, calendar_page, shown, planned, choice, left
):
    store, page = programme.store, calendar_page()
    case, odense, struer = (programme.cases[name] for name in ("Horsens", "Odense", "Struer"))
    said = edited(page, shown, planned) | {"place": "Aulaen", f"case_{struer}": "1"}
    said.pop(f"case_{case}")
    activities.edit(store, planned, {"place": "Biblioteket"})
    activities.serve(store, planned, {case: programme.steps("Horsens")[0], odense: None})

    page.dialog.actions["save"](**said)
    page.dialog.actions["resolve"](place="theirs", enrolments=choice)

    assert programme.stands(planned).place == "Biblioteket"
    assert set(steps_of(programme, planned)) == left


def test_a_colleague_who_comes_between_the_two_versions_is_asked_about_again(
    programme, calendar_page, shown, planned
):
    store, page = programme.store, calendar_page()
    case, odense, struer = (programme.cases[name] for name in ("Horsens", "Odense", "Struer"))
    step = programme.steps("Horsens")[0]
    said = edited(page, shown, planned) | {"place": "Aulaen", f"case_{struer}": "1"}
    activities.edit(store, planned, {"place": "Biblioteket"})
    page.dialog.actions["save"](**said)
    activities.serve(store, planned, {case: step, odense: None})

    page.dialog.actions["resolve"](place="mine", enrolments="mine")
    again = re.sub(r"<[^>]+>", "", shown(page.dialog))
    page.dialog.actions["resolve"](place="mine", enrolments="mine")

    assert "Odense, Struer" in again
    assert programme.stands(planned).place == "Aulaen"
    assert set(steps_of(programme, planned)) == {"Horsens", "Odense", "Struer"}


def test_a_municipality_that_a_step_counts_in_stays_and_it_is_said_where_they_are_chosen(
    programme, calendar_page, shown
):
    page, both = calendar_page(), programme.plan(where=("Horsens", "Struer"))
    plan.add_by_activity(programme.store, programme.cases["Struer"], "Invitation", both, -28)
    said = edited(page, shown, both)
    said.pop(f"case_{programme.cases['Struer']}")

    page.dialog.actions["save"](**said)

    html = shown(page.dialog)
    problem = html[html.index("picker wrong") :]
    assert "”Invitation” i Struer regnes fra" in problem[: problem.index('name="find"')]
    assert set(steps_of(programme, both)) == {"Horsens", "Struer"}


def test_an_end_before_the_start_is_refused_before_anything_is_warned_of(page, shown, typed):
    page.dialog.actions["save"](**typed(on="22/3-25", until="8.00"))

    html = shown(page.dialog)
    assert "Aktiviteten slutter, før den begynder" in field(html, "until")
    assert "Tjek tidspunktet" not in html


def test_one_that_was_held_keeps_its_time(programme, calendar_page, shown):
    held = programme.plan(day=date(2025, 3, 5))
    activities.hold(programme.store, held)
    page = calendar_page()
    said = edited(page, shown, held) | {"on": "6/3-25"}

    page.dialog.actions["save"](**said)

    assert "Aktiviteten er afholdt og kan ikke flyttes" in field(shown(page.dialog), "on")


# --- who may ----------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ["leadership", "partner"])
def test_who_may_not_plan_gets_no_dialog(programme, calendar_page, as_role, role, planned):
    page = calendar_page(as_role(role))

    for ask in (page.form.new, page.finder.open, lambda: page.form.edit(str(planned))):
        with pytest.raises(Forbidden):
            ask()
