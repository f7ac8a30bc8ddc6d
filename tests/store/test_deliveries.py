"""Sheets to partners and back: nothing changes by itself, and everything chosen changes as one."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from advisory.domain.deliveries import Cell, Reply, head_key, session_key
from advisory.domain.errors import Conflict, Forbidden, NotFound, Refused
from advisory.store import Store, activities, deliveries, delivery_replies, open_store, users

START = datetime(2025, 3, 11, 8, tzinfo=UTC)  # 9.00 in Copenhagen, two days ago
LENGTH = timedelta(hours=6)


@pytest.fixture
def providers(facts: Store) -> dict[str, int]:
    rows = facts.rows("organisation", "kind IN ('partner', 'agency')")
    short = {"Københavns Professionshøjskole": "kp", "Peer-Partnerskabet": "pp"}
    return {short.get(row["name"], "agency"): row["id"] for row in rows}


@pytest.fixture
def plan(facts: Store, case: int, providers: dict[str, int]) -> Callable[..., int]:
    """`plan("kp", days=15)` plans a session of six hours for the case."""

    def make(provider: str = "kp", days: int = 0, **also) -> int:
        starts_at = START + timedelta(days=days)
        return activities.create(
            facts,
            "competence",
            "Ledelse, dag 1",
            starts_at=starts_at,
            ends_at=starts_at + LENGTH,
            enrolments=also.pop("enrolments", {case: None}),
            expected={"leadership": 6, "staff": None},
            provider_id=providers[provider],
            place="Aalborg",
            capacity=18,
            **also,
        )

    return make


@pytest.fixture
def partner(facts: Store, providers: dict[str, int], clock) -> Callable[[str], Store]:
    """`partner("kp")` opens the database as somebody from there; "none" belongs to nobody."""
    opened = []

    def as_partner(name: str) -> Store:
        login = f"{name}{len(opened)}@partner.example"
        users.add(facts, login, "Kim", "KI", "partner", organisation_id=providers.get(name))
        opened.append(open_store(facts.path, clock=clock))
        opened[-1].actor = users.actor_for(opened[-1], login)
        return opened[-1]

    yield as_partner
    for store in opened:
        store.close()


def reply_to(store: Store, sheet_id: int, **changed: dict[tuple[int, str], str]) -> Reply:
    """The sheet as it was sent, with some cells written over: `cells={(activity, field): text}`."""
    sheet = deliveries.sheet(store, sheet_id)
    written = changed.get("cells", {})
    cells = []
    for activity_id, values in deliveries.base(sheet).items():
        for field, value in values.items():
            head = field.startswith("attended:")
            key = head_key(activity_id, *_head(field)) if head else session_key(activity_id)
            text = written.get((activity_id, field), value or "")
            name = "attended" if head else field
            cells.append(Cell("Fane", len(cells) + 5, name, key, name, text))
    return Reply(sheet_id, deliveries.mark(sheet), tuple(cells))


def _head(field: str) -> tuple[int, str]:
    return int(field.split(":")[1]), field.split(":")[2]


def hand_in(store: Store, provider_id: int, reply: Reply, sha256: str = "a"):
    return delivery_replies.receive(store, provider_id, reply, sha256=sha256)


def cells(store: Store, decision: str = "open") -> dict[str, tuple[int, str | None]]:
    """The cells with a decision, by field: id, and what they answer."""
    rows = store.rows("delivery_cell", "decision = ?", [decision])
    return {row["field"]: (row["id"], row["theirs"]) for row in rows}


def stands(store: Store, activity_id: int) -> deliveries.Values:
    return deliveries.now(store, [activity_id])[activity_id]


BASE = {
    **{"day": "2025-03-11", "starts": "09:00", "ends": "15:00", "place": "Aalborg"},
    **{"seats": "18", "held": "no"},
}


def test_a_sheet_keeps_what_stood_in_every_cell_when_it_was_made(facts, plan, case, providers):
    first, second = plan(), plan(days=9)
    plan("pp")
    activities.cancel(facts, plan(days=20), "Færre tilmeldte")
    activities.count(facts, first, {(case, "staff"): (8, 7)})

    sheet = facts.get("delivery_sheet", deliveries.make_sheet(facts, providers["kp"]))
    activities.edit(facts, first, {"place": "Randers"})

    heads = {f"attended:{case}:leadership": None, f"attended:{case}:staff": None}
    assert deliveries.base(sheet) == {
        first: {**BASE, **heads, f"attended:{case}:staff": "7"},
        second: {**BASE, "day": "2025-03-20", **heads},
    }
    assert sheet["made_at"] == "2025-03-13T09:00:00.000000+00:00"


def test_no_sheet_without_sessions_or_of_nobody(facts, providers):
    with pytest.raises(Refused, match="sheet_no_sessions"):
        deliveries.make_sheet(facts, providers["kp"])
    with pytest.raises(NotFound, match="provider_unknown"):
        deliveries.make_sheet(facts, 999)


def test_what_differs_becomes_a_question_and_no_session_changes(facts, plan, providers, case):
    activity_id = plan()
    sheet_id = deliveries.make_sheet(facts, providers["kp"])
    staff = f"attended:{case}:staff"
    written = {
        (activity_id, "day"): "18-03-2025",
        (activity_id, "seats"): "14",
        (activity_id, "place"): "",
        (activity_id, staff): "9",
    }
    before = stands(facts, activity_id)

    came = hand_in(facts, providers["kp"], reply_to(facts, sheet_id, cells=written))

    assert (came.open, came.changed) == (4, True)
    assert {name: theirs for name, (_, theirs) in cells(facts).items()} == {
        **{"day": "2025-03-18", "seats": "14", "place": None},
        staff: "9",
    }
    assert stands(facts, activity_id) == before


def test_the_same_file_again_changes_nothing(facts, plan, providers):
    written = {(plan(), "seats"): "14"}
    reply = reply_to(facts, deliveries.make_sheet(facts, providers["kp"]), cells=written)
    first = hand_in(facts, providers["kp"], reply)
    version = facts.version()

    again = hand_in(facts, providers["kp"], reply)

    assert again == replace(first, changed=False)
    assert facts.version() == version
    hand_in(facts, providers["kp"], reply, sha256="b")  # control: another file is kept
    assert facts.version() > version


def test_a_row_that_is_not_there_and_a_value_we_have_already_ask_nothing(facts, plan, providers):
    first, second = plan(), plan(days=9)
    sheet_id = deliveries.make_sheet(facts, providers["kp"])
    activities.edit(facts, first, {"capacity": 14})
    written = {(first, "seats"): "14", (second, "seats"): "12"}
    reply = reply_to(facts, sheet_id, cells=written)
    rest = tuple(cell for cell in reply.cells if cell.key != session_key(second))

    assert hand_in(facts, providers["kp"], replace(reply, cells=rest)).open == 0
    assert hand_in(facts, providers["kp"], reply, sha256="b").open == 1  # control: with the row


def test_swapped_rows_say_the_same(facts, plan, providers):
    written = {(plan(), "seats"): "14", (plan(days=9), "place"): "Randers"}
    reply = reply_to(facts, deliveries.make_sheet(facts, providers["kp"]), cells=written)

    turned = replace(reply, cells=reply.cells[::-1])

    found = delivery_replies.compare(facts, providers["kp"], reply)
    assert delivery_replies.compare(facts, providers["kp"], turned) == found[::-1]
    assert len(found) == 2


def test_a_newer_answer_takes_the_place_of_an_older(facts, plan, providers):
    activity_id = plan()
    sheet_id = deliveries.make_sheet(facts, providers["kp"])
    written = {(activity_id, "seats"): "14", (activity_id, "place"): "Randers"}
    hand_in(facts, providers["kp"], reply_to(facts, sheet_id, cells=written))

    written = {(activity_id, "seats"): "12"}  # the place is as it was sent again
    hand_in(facts, providers["kp"], reply_to(facts, sheet_id, cells=written), sha256="b")

    assert [theirs for _, theirs in cells(facts).values()] == ["12"]


def test_an_old_sheet_after_a_new_one_is_read_against_its_own_base(facts, plan, providers):
    activity_id = plan()
    old = deliveries.make_sheet(facts, providers["kp"])
    activities.edit(facts, activity_id, {"place": "Randers", "capacity": 20})
    new = deliveries.make_sheet(facts, providers["kp"])
    written = {(activity_id, "place"): "Viborg"}
    hand_in(facts, providers["kp"], reply_to(facts, new, cells=written))

    came = hand_in(
        facts, providers["kp"], reply_to(facts, old, cells={(activity_id, "seats"): "14"}), "b"
    )

    assert came.open == 1
    assert {name: theirs for name, (_, theirs) in cells(facts).items()} == {
        "place": "Viborg",
        "seats": "14",
    }


@pytest.mark.parametrize(
    ("spoil", "key"),
    [
        (lambda reply: replace(reply, number=99), "sheet_number_unknown"),
        (lambda reply: replace(reply, mark="0" * 12), "sheet_number_unknown"),
        (lambda reply: with_key(reply, "A-999"), "sheet_key_changed"),
        (lambda reply: with_key(reply, "nøgle"), "sheet_key_changed"),
        (lambda reply: with_text(reply, "seats", "1e30"), "sheet_number_unreadable"),
        (lambda reply: with_text(reply, "day", "aldrig"), "sheet_day_unreadable"),
        (lambda reply: with_text(reply, "place", "010190-1234"), "cpr_refused"),
        (lambda reply: with_text(reply, "place", "x" * 201), "sheet_text_too_long"),
    ],
)
def test_a_sheet_that_was_spoiled_is_refused_and_nothing_is_kept(
    facts, plan, providers, spoil, key
):
    written = {(plan(), "seats"): "14"}
    reply = reply_to(facts, deliveries.make_sheet(facts, providers["kp"]), cells=written)
    version = facts.version()

    with pytest.raises(Refused, match=f"^{key}"):
        hand_in(facts, providers["kp"], spoil(reply))

    assert facts.version() == version
    assert hand_in(facts, providers["kp"], reply).open == 1  # control: unspoiled it is taken


def with_key(reply: Reply, key: str) -> Reply:
    return replace(reply, cells=(replace(reply.cells[0], key=key), *reply.cells[1:]))


def with_text(reply: Reply, field: str, text: str) -> Reply:
    found = (replace(one, text=text) if one.field == field else one for one in reply.cells)
    return replace(reply, cells=tuple(found))


def test_a_session_that_another_has_got_since_is_not_asked_about(facts, plan, providers):
    activity_id = plan()
    sheet_id = deliveries.make_sheet(facts, providers["kp"])
    activities.edit(facts, activity_id, {"provider_id": providers["pp"]})
    untouched = reply_to(facts, sheet_id)

    with pytest.raises(Refused, match="sheet_session_elsewhere"):
        hand_in(
            facts, providers["kp"], reply_to(facts, sheet_id, cells={(activity_id, "seats"): "9"})
        )
    assert hand_in(facts, providers["kp"], untouched).open == 0


# --- deciding ---------------------------------------------------------------------------------


@pytest.fixture
def asked(facts, plan, providers, case) -> tuple[int, dict[str, int]]:
    """A session whose partner asks for six changes: its id, and the cells by their field."""
    activity_id = plan()
    written = {
        **{(activity_id, "day"): "12-03-2025", (activity_id, "starts"): "10.00"},
        **{(activity_id, "place"): "Randers", (activity_id, "seats"): "14"},
        **{(activity_id, "held"): "ja", (activity_id, f"attended:{case}:staff"): "9"},
    }
    sheet_id = deliveries.make_sheet(facts, providers["kp"])
    hand_in(facts, providers["kp"], reply_to(facts, sheet_id, cells=written))
    return activity_id, {name: cell_id for name, (cell_id, _) in cells(facts).items()}


def test_all_of_theirs_is_one_operation_and_one_undo(facts, asked, case):
    activity_id, open_cells = asked
    before = stands(facts, activity_id)

    decided = delivery_replies.decide(facts, dict.fromkeys(open_cells.values(), "theirs"))
    after = stands(facts, activity_id)
    facts.revert(facts.last_operation)

    assert decided == 6
    assert after == {
        **{"day": "2025-03-12", "starts": "10:00", "ends": "15:00", "place": "Randers"},
        **{"seats": "14", "held": "yes"},
        **{f"attended:{case}:leadership": None, f"attended:{case}:staff": "9"},
    }
    assert stands(facts, activity_id) == before
    assert len(cells(facts)) == 6


def test_what_was_planned_stays_when_who_came_is_taken(facts, asked, case):
    activity_id, open_cells = asked
    activities.count(facts, activity_id, {(case, "staff"): (11, None)})

    delivery_replies.decide(facts, {open_cells[f"attended:{case}:staff"]: "theirs"})

    head = facts.find("headcount", activity_id=activity_id, audience="staff")
    assert (head["planned"], head["attended"]) == (11, 9)


def test_only_what_is_chosen_changes(facts, asked):
    activity_id, open_cells = asked
    before = stands(facts, activity_id)

    delivery_replies.decide(facts, {open_cells["seats"]: "theirs", open_cells["day"]: "ours"})

    assert stands(facts, activity_id) == {**before, "seats": "14"}
    assert {"seats"} == set(cells(facts, "theirs"))
    assert {"day"} == set(cells(facts, "ours"))
    assert "place" in cells(facts)


def test_a_day_outside_the_programme_is_refused_and_nothing_is_half_done(facts, plan, providers):
    activity_id = plan()
    written = {(activity_id, "day"): "11-03-2031", (activity_id, "seats"): "14"}
    sheet_id = deliveries.make_sheet(facts, providers["kp"])
    hand_in(facts, providers["kp"], reply_to(facts, sheet_id, cells=written))
    before, version = stands(facts, activity_id), facts.version()
    ids = [cell_id for cell_id, _ in cells(facts).values()]

    with pytest.raises(Refused, match="activity_outside_programme"):
        delivery_replies.decide(facts, dict.fromkeys(ids, "theirs"))

    assert (stands(facts, activity_id), facts.version()) == (before, version)
    assert len(cells(facts)) == 2


def test_an_end_before_the_start_is_refused_with_the_sentence_of_the_verb(facts, plan, providers):
    activity_id = plan()
    written = {(activity_id, "ends"): "08:00"}
    sheet_id = deliveries.make_sheet(facts, providers["kp"])
    hand_in(facts, providers["kp"], reply_to(facts, sheet_id, cells=written))

    with pytest.raises(Refused, match="activity_ends_before_start"):
        delivery_replies.decide(facts, {cells(facts)["ends"][0]: "theirs"})


def test_a_session_over_two_days_keeps_its_length_in_days(facts, case, providers):
    activity_id = activities.create(
        facts,
        "competence",
        "Internat",
        starts_at=START,
        ends_at=START + timedelta(hours=30),
        enrolments={case: None},
        expected={},
        provider_id=providers["kp"],
    )
    sheet_id = deliveries.make_sheet(facts, providers["kp"])
    written = {(activity_id, "day"): "25-03-2025"}
    hand_in(facts, providers["kp"], reply_to(facts, sheet_id, cells=written))

    delivery_replies.decide(facts, {cells(facts)["day"][0]: "theirs"})

    row = facts.get("activity", activity_id)
    assert (row["starts_at"][:16], row["ends_at"][:16]) == ("2025-03-25T08:00", "2025-03-26T14:00")


def test_a_summer_day_keeps_the_hour_of_the_wall_clock(facts, plan, providers):
    activity_id = plan()
    sheet_id = deliveries.make_sheet(facts, providers["kp"])
    written = {(activity_id, "day"): "02-04-2025"}
    hand_in(facts, providers["kp"], reply_to(facts, sheet_id, cells=written))

    delivery_replies.decide(facts, {cells(facts)["day"][0]: "theirs"})

    assert stands(facts, activity_id)["starts"] == "09:00"
    assert facts.get("activity", activity_id)["starts_at"][:16] == "2025-04-02T07:00"


def test_what_changed_since_it_was_seen_is_not_overwritten(facts, asked):
    activity_id, open_cells = asked
    cell_id = open_cells["seats"]
    activities.edit(facts, activity_id, {"capacity": 16})

    with pytest.raises(Refused, match="sheet_ours_changed"):
        delivery_replies.decide(facts, {cell_id: "theirs"}, seen={cell_id: "18"})
    assert stands(facts, activity_id)["seats"] == "16"
    delivery_replies.decide(facts, {cell_id: "theirs"}, seen={cell_id: "16"})
    assert stands(facts, activity_id)["seats"] == "14"


def test_theirs_about_a_session_that_another_has_got_is_refused_as_a_whole(
    facts, asked, plan, providers
):
    activity_id, open_cells = asked
    own = plan(days=9)
    sheet_id = deliveries.make_sheet(facts, providers["kp"])
    said = reply_to(facts, sheet_id, cells={(own, "seats"): "12"})
    only = tuple(cell for cell in said.cells if cell.key == session_key(own))
    hand_in(facts, providers["kp"], replace(said, cells=only), sha256="b")
    chosen = dict.fromkeys((cells(facts)["seats"][0], open_cells["place"]), "theirs")
    activities.edit(facts, activity_id, {"provider_id": providers["pp"]})
    before, version = deliveries.now(facts, [activity_id, own]), facts.version()

    with pytest.raises(Refused, match="sheet_session_moved"):
        delivery_replies.decide(facts, chosen)

    assert (deliveries.now(facts, [activity_id, own]), facts.version()) == (before, version)
    delivery_replies.decide(facts, {open_cells["place"]: "ours"})  # so that it can be closed
    activities.edit(facts, activity_id, {"provider_id": providers["kp"]})
    delivery_replies.decide(facts, {open_cells["day"]: "theirs"})  # control: theirs again
    assert stands(facts, activity_id)["day"] == "2025-03-12"


def test_a_reply_keeps_a_name_of_ours_for_the_file(facts, plan, providers):
    plan()
    sheet_id = deliveries.make_sheet(facts, providers["kp"])
    hand_in(facts, providers["kp"], reply_to(facts, sheet_id))

    assert [row["file_name"] for row in facts.rows("delivery_reply")] == [f"ark-{sheet_id}.xlsx"]


def test_a_question_is_decided_once_and_with_one_of_two_words(facts, asked):
    _, open_cells = asked
    cell_id = open_cells["seats"]

    with pytest.raises(Refused, match="code_unknown"):
        delivery_replies.decide(facts, {cell_id: "open"})
    with pytest.raises(NotFound):
        delivery_replies.decide(facts, {999: "ours"})
    delivery_replies.decide(facts, {cell_id: "ours"})
    with pytest.raises(Refused, match="sheet_decided"):
        delivery_replies.decide(facts, {cell_id: "theirs"})


# --- who may what -----------------------------------------------------------------------------


def test_a_partner_makes_and_answers_its_own_sheet_and_decides_nothing(
    facts, plan, providers, partner
):
    written = {(plan(), "seats"): "14"}
    own = partner("kp")
    sheet_id = deliveries.make_sheet(own, providers["kp"])

    came = hand_in(own, providers["kp"], reply_to(own, sheet_id, cells=written))

    assert came.open == 1
    assert deliveries.sheet(own, sheet_id)["id"] == sheet_id
    with pytest.raises(Forbidden):
        delivery_replies.decide(own, {cells(own)["seats"][0]: "theirs"})
    with pytest.raises(Forbidden):
        deliveries.set_order(own, providers["kp"], 1, 5)


@pytest.mark.parametrize("who", ["pp", "none"])
def test_a_partner_reaches_nothing_of_another(facts, plan, providers, partner, who):
    written = {(plan(), "seats"): "14"}
    plan("pp")
    sheet_id = deliveries.make_sheet(facts, providers["kp"])
    reply = reply_to(facts, sheet_id, cells=written)
    other = partner(who)
    version = facts.version()

    with pytest.raises(Forbidden):
        deliveries.make_sheet(other, providers["kp"])
    with pytest.raises(Forbidden):
        hand_in(other, providers["kp"], reply)
    with pytest.raises(Forbidden):
        delivery_replies.compare(other, providers["kp"], reply)
    with pytest.raises(Forbidden):
        deliveries.make_sheet(other, 999)  # what is not there is refused in the same way
    with pytest.raises(NotFound):
        deliveries.sheet(other, sheet_id)
    assert facts.version() == version


def test_a_sheet_of_another_is_refused_under_ones_own_name_too(facts, plan, providers, partner):
    written = {(plan(), "seats"): "14"}
    plan("pp")
    reply = reply_to(facts, deliveries.make_sheet(facts, providers["kp"]), cells=written)

    for store in (facts, partner("pp")):
        with pytest.raises(Refused, match="sheet_of_another_provider"):
            hand_in(store, providers["pp"], reply)
    assert cells(facts) == {}


def test_a_partner_is_who_it_is_today_on_every_date(facts, plan, providers, partner, clock):
    plan()
    own = partner("kp")
    clock.on(date(2025, 3, 20))
    user = facts.find("app_user", login=own.actor.login)
    with facts.write("user.edit"):
        facts.update("app_user", user["id"], {"organisation_id": providers["pp"]})

    assert deliveries.own_provider(own.at(date(2025, 3, 14))) == providers["pp"]


def test_leadership_has_no_sheet(facts, plan, providers, as_role):
    plan()
    sheet_id = deliveries.make_sheet(facts, providers["kp"])
    leadership = as_role("leadership")

    with pytest.raises(Forbidden):
        deliveries.make_sheet(leadership, providers["kp"])
    with pytest.raises(Forbidden):
        deliveries.sheet(leadership, sheet_id)


# --- orders -----------------------------------------------------------------------------------


def test_orders_are_written_changed_and_taken_away(facts, providers):
    one, two = (row["id"] for row in facts.rows("cohort", order="starts_on LIMIT 2"))

    deliveries.set_orders(facts, providers["kp"], {one: (20, 180), two: (6, None)})
    deliveries.set_orders(facts, providers["kp"], {one: (22, 180), two: (None, None)})

    found = [
        (row["cohort_id"], row["sessions"], row["seats"], row["version"])
        for row in facts.rows("partner_order", "provider_id = ?", [providers["kp"]])
    ]
    assert found == [(one, 22, 180, 2)]


def test_an_order_that_somebody_else_has_changed_is_not_overwritten(facts, providers):
    cohort = facts.rows("cohort")[0]["id"]
    deliveries.set_order(facts, providers["kp"], cohort, 20)
    deliveries.set_order(facts, providers["kp"], cohort, 21)

    for sessions in (22, None):
        with pytest.raises(Conflict) as conflict:
            deliveries.set_order(facts, providers["kp"], cohort, sessions, seen=(20, None))
        assert conflict.value.current["sessions"] == 21
    deliveries.set_order(facts, providers["kp"], cohort, 22, seen=(21, None))  # control
    assert deliveries.orders(facts, providers["kp"]) == {cohort: (22, None)}


def test_an_order_that_came_or_went_meanwhile_is_not_overwritten_either(facts, providers):
    kp, cohort = providers["kp"], facts.rows("cohort")[0]["id"]
    deliveries.set_order(facts, kp, cohort, 5)

    with pytest.raises(Conflict):
        deliveries.set_orders(facts, kp, {cohort: (7, None)}, seen={})
    deliveries.set_orders(facts, kp, {cohort: (None, None)}, seen={})  # left as it was seen
    assert deliveries.orders(facts, kp) == {cohort: (5, None)}
    deliveries.set_order(facts, kp, cohort, None)
    with pytest.raises(Conflict) as conflict:
        deliveries.set_order(facts, kp, cohort, 6, seen=(5, None))
    assert (conflict.value.row_id, conflict.value.current["sessions"]) == (0, None)
    deliveries.set_order(facts, kp, cohort, 7)  # taken away and ordered anew: its version is 1
    with pytest.raises(Conflict):
        deliveries.set_order(facts, kp, cohort, 6, seen=(5, None))
    assert deliveries.orders(facts, kp) == {cohort: (7, None)}


@pytest.mark.parametrize(
    ("sessions", "seats", "key"),
    [(-1, None, "number_out_of_range"), (1_001, None, "number_out_of_range"),
     (1, 10_001, "number_out_of_range")],
)  # fmt: skip
def test_an_order_beyond_reason_is_refused_as_a_whole(facts, providers, sessions, seats, key):
    one, two = (row["id"] for row in facts.rows("cohort", order="starts_on LIMIT 2"))

    with pytest.raises(Refused, match=key):
        deliveries.set_orders(facts, providers["kp"], {one: (5, 5), two: (sessions, seats)})
    assert facts.rows("partner_order", "provider_id = ?", [providers["kp"]]) == []
