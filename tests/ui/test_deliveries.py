"""The page Leverancer: for the agency all providers and the decision, for a partner its own."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from advisory.domain.deliveries import Cell, Reply, of_head, session_key
from advisory.domain.errors import Forbidden, NotFound, Refused
from advisory.settings import shipped
from advisory.store import Store, activities, deliveries, delivery_replies, open_store, users
from advisory.store.demo import SYSTEM
from advisory.texts import translator
from advisory.ui.delivery_answers import AT_A_TIME
from advisory.ui.shell import Page
from advisory.web import server

KP, PP = "Københavns Professionshøjskole", "Peer-Partnerskabet"
page = server.load(shipped("apps") / "deliveries.py").page


@pytest.fixture
def store(demo_store: Store) -> Store:
    """The invented sessions, and no sheets of them yet."""
    with demo_store.write("sheet.make"):
        for table in ("delivery_cell", "delivery_reply", "delivery_sheet"):
            for row in demo_store.rows(table):
                demo_store.delete(table, row["id"])
    return demo_store


@pytest.fixture
def ids(store: Store) -> dict[str, int]:
    return {name: store.find("organisation", name=name)["id"] for name in (KP, PP)}


@pytest.fixture
def as_user(store: Store, clock) -> Iterator[Callable[..., Store]]:
    """`as_user(role="office")` or `as_user(organisation_id=2)` opens the file as that user."""
    opened = []

    def open_as(**who) -> Store:
        opened.append(open_store(store.path, clock=clock))
        login = store.find("app_user", **who)["login"]
        opened[-1].actor = users.actor_for(opened[-1], login)
        return opened[-1]

    yield open_as
    for one in opened:
        one.close()


def show(store: Store, **query: str) -> Page:
    return page(store, translator("da"), query)


def html(page: Page, *regions: str) -> str:
    """The regions of a page, or all of them, with plain blanks."""
    names = regions or page.parts
    return "".join(page.parts[name].render() for name in names).replace("\u00a0", " ")


def does(page: Page) -> set[str]:
    return set(re.findall(r'data-(?:do|change)="(\w+)"', html(page)))


def answer(store: Store, provider_id: int, changes: dict[str, str], sha256: str = "a") -> int:
    """Let a provider ask for changes of its last session; returns the session."""
    sheet = store.get("delivery_sheet", deliveries.make_sheet(store, provider_id))
    activity_id, values = list(deliveries.base(sheet).items())[-1]
    said = {name: value or "" for name, value in values.items() if not of_head(name)} | changes
    key = session_key(activity_id)
    cells = tuple(Cell("Ark", 5, name, key, name, text) for name, text in said.items())
    reply = Reply(sheet["id"], deliveries.mark(sheet), cells)
    delivery_replies.receive(store, provider_id, reply, sha256=sha256)
    return activity_id


def questions(store: Store) -> dict[str, int]:
    return {row["field"]: row["id"] for row in store.rows("delivery_cell", "decision = 'open'")}


# --- the agency -------------------------------------------------------------------------------


def test_all_providers_stand_with_their_numbers_and_one_is_opened(store, ids):
    shown = show(store, udbyder=str(ids[PP]))

    providers = html(shown, "providers")
    assert all(name in providers for name in (KP, PP, "Social- og Boligstyrelsen"))
    assert re.search(rf'href="/leverancer\?udbyder={ids[PP]}" aria-current="true"', providers)
    assert shown.values["provider"] == ids[PP]
    assert shown.values["upload"]


def test_without_a_choice_the_one_that_waits_is_shown(store, ids):
    assert show(store).values["provider"] == ids[KP]
    answer(store, ids[PP], {"seats": "13"})
    assert show(store).values["provider"] == ids[PP]


@pytest.mark.parametrize("asked", ["999", "x", "²", "-1", "1" * 30])
def test_a_provider_nobody_has_heard_of_is_not_found(store, asked):
    with pytest.raises(NotFound):
        show(store, udbyder=asked)


def test_making_a_sheet_fetches_it_and_says_so(store, ids):
    shown = show(store, udbyder=str(ids[KP]))
    live = shown.parts["sessions"]

    live.actions["make"]()

    number = store.rows("delivery_sheet")[-1]["id"]
    assert live.told == {"download": f"/ark/{number}.xlsx"}
    assert f"Ark {number} er lavet og hentet" in html(shown, "toast")
    assert f'href="/ark/{number}.xlsx"' in html(shown, "sessions")


def test_the_difference_is_shown_three_ways_and_theirs_is_suggested(store, ids):
    activity_id = answer(store, ids[KP], {"seats": "14", "day": "23-06-2025"})
    cells = questions(store)
    activities.edit(store, activity_id, {"capacity": 20})

    said = html(show(store, udbyder=str(ids[KP])), "answers")

    assert "2 afvigelser" in said
    assert "Sendt 13. mar." in said
    theirs = f'name="cell_{cells["day"]}" value="theirs" data-change="choose" checked'
    assert theirs in said
    row = said[said.index("Pladser") :]
    assert "Begge har ændret" in row
    assert f'name="cell_{cells["seats"]}"' in row
    assert "checked" not in row  # what both have changed is left to choose
    assert "Gem 1 valg" in said


def test_what_is_chosen_is_remembered_saved_and_taken_back_as_one(store, ids):
    activity_id = answer(store, ids[KP], {"seats": "14", "place": "Randers"})
    before = deliveries.now(store, [activity_id])
    cells = questions(store)
    shown = show(store, udbyder=str(ids[KP]))
    live, toast = shown.parts["answers"], shown.parts["toast"]
    live.render()

    live.actions["choose"](**{f"cell_{cells['seats']}": "ours"})
    assert re.search(rf'name="cell_{cells["seats"]}" value="ours"[^>]* checked', live.render())
    live.actions["decide"](**{f"cell_{cells['seats']}": "ours", f"cell_{cells['place']}": "theirs"})

    after = deliveries.now(store, [activity_id])[activity_id]
    assert (after["place"], after["seats"]) == ("Randers", before[activity_id]["seats"])
    assert "2 afvigelser er afgjort" in html(shown, "toast")
    assert "Alle afvigelser er afgjort" in html(shown, "answers")
    toast.actions["undo"]()
    assert deliveries.now(store, [activity_id]) == before
    assert "2 afvigelser" in html(shown, "answers")


def test_a_session_that_cannot_be_saved_is_named_and_left_out_of_the_rest(store, ids):
    activity_id = answer(store, ids[KP], {"held": "ja"})  # a session that is still to come
    cell, version = questions(store)["held"], store.version()
    shown = show(store, udbyder=str(ids[KP]))
    live = shown.parts["answers"]
    live.render()

    live.actions["decide"](**{f"cell_{cell}": "theirs"})

    said = live.render().replace("\u00a0", " ")
    assert "Aktiviteten begynder først" in said
    assert "Intet er gemt. Sessionen er valgt fra" in said
    assert "checked" not in said
    assert (store.version(), activities.get(store, activity_id)["held_at"]) == (version, None)


def test_theirs_in_all_takes_all(store, ids):
    activity_id = answer(store, ids[KP], {"seats": "14", "place": "Randers", "starts": "10.00"})
    shown = show(store, udbyder=str(ids[KP]))
    shown.parts["answers"].render()

    shown.parts["answers"].actions["all_theirs"]()

    after = deliveries.now(store, [activity_id])[activity_id]
    assert (after["seats"], after["place"], after["starts"]) == ("14", "Randers", "10:00")


def test_what_no_choice_says_is_left_alone(store, ids):
    answer(store, ids[KP], {"seats": "14"})
    cell = questions(store)["seats"]
    shown = show(store, udbyder=str(ids[KP]))
    version = store.version()

    shown.parts["answers"].actions["decide"](cell_x="theirs", other="1", **{f"cell_{cell}": "both"})

    assert store.version() == version


def test_a_long_answer_comes_a_part_at_a_time(store, ids):
    sheet = store.get("delivery_sheet", deliveries.make_sheet(store, ids[KP]))
    base = deliveries.base(sheet)
    cells = tuple(
        Cell("Ark", 5, name, session_key(activity_id), name, text)
        for activity_id in base
        for name, text in {
            **{"place": "Randers", "seats": "3", "day": "03-06-2025", "held": "nej"},
            **{"starts": "11.00", "ends": "12.00"},
        }.items()
    )
    reply = Reply(sheet["id"], deliveries.mark(sheet), cells)
    came = delivery_replies.receive(store, ids[KP], reply, sha256="a")

    said = html(show(store, udbyder=str(ids[KP])), "answers")

    assert came.open > AT_A_TIME
    assert said.count('value="theirs"') == AT_A_TIME
    assert f"{came.open - AT_A_TIME} afvigelser mere" in said


def test_the_words_of_a_partner_are_text_and_nothing_else(store, ids):
    answer(store, ids[KP], {"place": "<img src=x onerror=alert(1)>"})

    said = html(show(store, udbyder=str(ids[KP])), "answers")

    assert "&lt;img src=x" in said
    assert "<img" not in said


def test_the_office_edits_the_orders_and_a_consultant_does_not(store, ids, as_user):
    office = as_user(role="office")
    shown = show(office, udbyder=str(ids[KP]))
    cohorts = office.rows("cohort", order="starts_on")
    shown.parts["providers"].actions["orders"]()
    typed = {f"sessions_{row['id']}": "" for row in cohorts}

    shown.parts["dialog"].actions["save_orders"](**typed | {f"sessions_{cohorts[0]['id']}": "x"})
    assert "er ikke et helt tal" in html(shown, "dialog")
    first = {f"sessions_{cohorts[0]['id']}": "30", f"seats_{cohorts[0]['id']}": "300"}
    shown.parts["dialog"].actions["save_orders"](**typed | first)

    found = office.rows("partner_order", "provider_id = ?", [ids[KP]])
    assert [(row["sessions"], row["seats"]) for row in found] == [(30, 300)]
    assert "orders" in does(shown)
    assert "orders" not in does(show(store, udbyder=str(ids[KP])))  # a consultant


def test_another_date_changes_nothing(store, ids, clock):
    answer(store, ids[KP], {"seats": "14"})
    then = store.present.at(clock.now.date().replace(month=6))

    shown = show(then, udbyder=str(ids[KP]))

    assert does(shown) <= {"every", "toast_close", "dialog_close"}
    assert not shown.values["upload"]


def test_theirs_in_all_leaves_what_both_have_changed(store, ids):
    activity_id = answer(store, ids[KP], {"seats": "14", "place": "Randers", "starts": "10.00"})
    activities.edit(store, activity_id, {"place": "Viborg"})
    shown = show(store, udbyder=str(ids[KP]))
    live = shown.parts["answers"]
    assert "1 er også ændret hos os, så den vælger du selv" in html(shown, "answers")

    live.actions["all_theirs"]()

    after = deliveries.now(store, [activity_id])[activity_id]
    assert (after["seats"], after["place"], after["starts"]) == ("14", "Viborg", "10:00")
    said = "2 afvigelser er afgjort. 1 er også ændret hos os, så den vælger du selv"
    assert said in html(shown, "toast")
    assert set(questions(store)) == {"place"}
    assert "all_theirs" not in does(shown)  # nothing more to take without a choice
    version = store.version()
    live.actions["all_theirs"]()
    assert store.version() == version
    live.actions["decide"](**{f"cell_{questions(store)['place']}": "theirs"})  # control
    assert deliveries.now(store, [activity_id])[activity_id]["place"] == "Randers"


@pytest.mark.parametrize("made", ["chosen", "suggested"])
def test_a_choice_made_before_ours_changed_is_not_taken_as_one_after(store, ids, made, as_user):
    activity_id = answer(store, ids[KP], {"seats": "14", "place": "Randers"})
    cell = questions(store)["place"]
    choice = {f"cell_{cell}": "theirs"}
    shown = show(store, udbyder=str(ids[KP]))
    live = shown.parts["answers"]
    live.render()
    if made == "chosen":
        live.actions["choose"](**choice)

    activities.edit(as_user(role="office"), activity_id, {"place": "Viborg"})
    row = re.search(rf'<input[^>]*name="cell_{cell}" value="theirs"[^>]*>', live.render())
    with pytest.raises(Refused, match="sheet_ours_changed"):
        live.actions["decide"](**choice)

    assert "checked" not in row[0]
    assert deliveries.now(store, [activity_id])[activity_id]["place"] == "Viborg"
    live.render()
    live.actions["choose"](**choice)  # control: chosen anew, it holds
    live.actions["decide"](**choice)
    assert deliveries.now(store, [activity_id])[activity_id]["place"] == "Randers"


def test_deciding_some_forgets_nothing_of_the_rest(store, ids):
    answer(store, ids[KP], {"seats": "14", "place": "Randers"})
    cells = questions(store)
    live = show(store, udbyder=str(ids[KP])).parts["answers"]
    live.render()
    live.actions["choose"](**{f"cell_{cells['place']}": "ours"})

    live.actions["decide"](**{f"cell_{cells['seats']}": "theirs"})

    assert re.search(rf'name="cell_{cells["place"]}" value="ours"[^>]* checked', live.render())


def test_theirs_cannot_be_chosen_for_a_session_that_another_has_got(store, ids):
    activity_id = answer(store, ids[KP], {"seats": "14"})
    cell = questions(store)["seats"]
    activities.edit(store, activity_id, {"provider_id": ids[PP]})
    shown = show(store, udbyder=str(ids[KP]))
    live = shown.parts["answers"]

    said = html(shown, "answers")
    live.actions["all_theirs"]()

    assert "Har fået en anden udbyder" in said
    assert re.search(rf'name="cell_{cell}" value="theirs"[^>]* disabled', said)
    assert questions(store) == {"seats": cell}
    live.actions["decide"](**{f"cell_{cell}": "ours"})
    assert questions(store) == {}


@pytest.fixture
def two_offices(ids, as_user) -> tuple[Page, Page, dict[str, int]]:
    """Two at the office with the same orders open, of which there are none, and the cohorts."""
    office = as_user(role="office")
    with office.write("order.edit"):
        for row in office.rows("partner_order", "provider_id = ?", [ids[KP]]):
            office.delete("partner_order", row["id"])
    pages = [show(one, udbyder=str(ids[KP])) for one in (office, as_user(role="office"))]
    for one in pages:
        one.parts["providers"].actions["orders"]()
    return *pages, {row["code"]: row["id"] for row in office.rows("cohort")}


def save(shown: Page, cohorts: dict[str, int], **typed: str) -> None:
    """Send the orders with these sessions in them; 2024-02 is written `c2024_02`."""
    named = {f"c{code.replace('-', '_')}": number for code, number in cohorts.items()}
    empty = {f"sessions_{number}": "" for number in named.values()}
    said = {f"sessions_{named[name]}": value for name, value in typed.items()}
    shown.parts["dialog"].actions["save_orders"](**empty | said)


def test_two_at_the_office_who_order_for_different_cohorts_lose_nothing(store, ids, two_offices):
    one, other, cohorts = two_offices

    save(one, cohorts, c2024_02="5")
    save(other, cohorts, c2025_01="7")

    ordered = {cohorts["2024-02"]: (5, None), cohorts["2025-01"]: (7, None)}
    assert deliveries.orders(store, ids[KP]) == ordered
    assert html(other, "dialog") == ""


def test_two_at_the_office_who_order_for_the_same_cohort_are_told(store, ids, two_offices):
    one, other, cohorts = two_offices
    save(one, cohorts, c2024_02="5")

    save(other, cohorts, c2024_02="7", c2025_01="2")

    said = html(other, "dialog")
    assert "har imens ændret bestillingen til" in said
    assert "sessioner: 5, pladser: –" in said
    assert 'value="7"' in said  # and what was typed is kept
    assert deliveries.orders(store, ids[KP]) == {cohorts["2024-02"]: (5, None)}
    save(other, cohorts, c2024_02="7", c2025_01="2")  # control: now it has been seen
    ordered = {cohorts["2024-02"]: (7, None), cohorts["2025-01"]: (2, None)}
    assert deliveries.orders(store, ids[KP]) == ordered


def test_the_orders_add_up_in_words(store, ids):
    held = store.rows("activity", "provider_id = ? AND held_at IS NOT NULL", [ids[KP]])[0]
    shown = show(store, udbyder=str(ids[KP]))
    assert "ikke meldt afholdt</span>" not in html(shown, "providers")  # control

    with store.write("activity.edit"):
        store.update("activity", held["id"], {"held_at": None})
    said = html(shown, "providers")

    assert "Planlagt, afholdt og mangler giver tilsammen det bestilte" in said
    # on the line of the provider, and on those of its cohorts
    assert said.count("heraf 1 ikke meldt afholdt</span>") >= 2


# --- a partner --------------------------------------------------------------------------------


@pytest.fixture
def partner(as_user, ids) -> Store:
    return as_user(organisation_id=ids[KP])


def test_a_partner_sees_its_own_page_and_no_other(store, ids, partner):
    shown = show(partner)

    assert shown.values["provider"] == ids[KP]
    assert show(partner, udbyder=str(ids[KP])).values["provider"] == ids[KP]
    for other in (str(ids[PP]), "999", "x"):
        with pytest.raises(Forbidden):
            show(partner, udbyder=other)
    assert PP not in html(shown)
    assert "Social- og Boligstyrelsen" not in html(shown)
    assert PP in html(show(store))  # control: the agency sees them


def test_a_partner_sees_only_its_own_sessions_and_municipalities(store, ids, partner):
    theirs = {row["id"] for row in store.rows("activity", "provider_id = ?", [ids[PP]])}
    with store.write("activity.edit"):
        for activity_id in theirs:
            store.update("activity", activity_id, {"title": "Fremmed dag", "place": "Fremmed by"})
    own = store.rows("activity", "provider_id = ?", [ids[KP]])[0]

    said = html(show(partner))

    assert "Fremmed" not in said
    assert own["title"] in said
    assert "Fremmed dag" in html(show(store, udbyder=str(ids[PP])))  # control


def test_a_partner_sees_nothing_of_what_was_agreed(store, ids, partner):
    with store.write("activity.edit"):
        for row in store.rows("activity", "provider_id = ?", [ids[KP]]):
            said = {"agreed": "Hemmelig", "next_step": "Hemmelig", "body": "Hemmelig"}
            store.update("activity", row["id"], said)

    assert "Hemmelig" not in html(show(partner))
    assert "/aktivitet" not in html(show(partner))  # and no way to where it stands
    assert "/aktivitet" in html(show(store))  # control


def test_a_partner_makes_a_sheet_and_reads_the_questions(store, ids, partner):
    answer(store, ids[KP], {"seats": "14"})
    shown = show(partner)

    assert {"make"} <= does(shown)
    assert not does(shown) & {"decide", "all_theirs", "choose", "orders", "undo"}
    assert "Styrelsen vælger" in html(shown, "answers")
    assert 'type="radio"' not in html(shown, "answers")
    shown.parts["sessions"].actions["make"]()
    assert shown.parts["sessions"].told
    with pytest.raises(Forbidden):
        shown.parts["answers"].actions["all_theirs"]()


def test_a_session_that_has_become_anothers_is_no_longer_shown_to_a_partner(store, ids, partner):
    activity_id = answer(store, ids[KP], {"seats": "14"})
    assert "1 afvigelse" in html(show(partner), "answers")

    activities.edit(store, activity_id, {"provider_id": ids[PP]})

    assert "1 afvigelse" not in html(show(partner), "answers")
    assert "1 afvigelse" in html(show(store, udbyder=str(ids[KP])), "answers")


def test_a_partner_without_an_organisation_sees_nothing(store, clock, as_user):
    with open_store(store.path, SYSTEM, clock=clock) as system:
        users.add(system, "ny@partner.example", "Ny Person", "NP", "partner")

    shown = show(as_user(login="ny@partner.example"))

    assert shown.values == {**shown.values, "provider": None, "upload": False, "name": ""}
    assert set(shown.parts) == {"dialog", "toast", "providers"}
    assert "ikke knyttet til en udbyder" in html(shown)
    assert KP not in html(shown)


def test_the_answer_of_an_unchanged_sheet_asks_nothing(store, ids):
    answer(store, ids[KP], {})

    said = html(show(store, udbyder=str(ids[KP])))

    assert "Intet ark modtaget endnu" in said
    assert "Svar modtaget 13. mar. 2025 kl. 10.00" in said


def test_control_a_reply_with_a_changed_mark_is_not_shown(store, ids):
    sheet = store.get("delivery_sheet", deliveries.make_sheet(store, ids[KP]))
    reply = Reply(sheet["id"], deliveries.mark(sheet), ())

    assert delivery_replies.compare(store, ids[KP], reply) == []
    with pytest.raises(Exception, match="sheet_number_unknown"):
        delivery_replies.compare(store, ids[KP], replace(reply, mark="0" * 12))
