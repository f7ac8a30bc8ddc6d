"""The invented data: the same every time, in the order of time, and about nobody real."""

import json
import re
from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pandas as pd
import pytest

from advisory import frames
from advisory.domain import calendar, capacity, personal
from advisory.domain.errors import Forbidden, Refused
from advisory.domain.intake import Stage
from advisory.domain.ledger import Cause
from advisory.store import demo, enrolments, open_store, place_changes
from advisory.store.connection import tables
from advisory.store.history import HEAD, differences

pytestmark = pytest.mark.demo
UNTIL = date(2025, 3, 13)
LATE = date(2025, 12, 1)
CAPACITY = 20
DRAWN_ANEW = frozenset({"operation", "token", "uid", "message_id"})
SEALS = frozenset({"before_salt", "after_salt", "before_hash", "after_hash", "link"})


@pytest.fixture
def make_demo(tmp_path, data_dir, clock):
    """`make_demo(until, split=(7, 7, 6))` gives a new store filled with invented data."""
    opened = []

    def make(until=UNTIL, **options):
        store = open_store(tmp_path / f"{len(opened)}.db", demo.SYSTEM, clock=clock)
        opened.append(store)
        demo.load(store, data_dir, until, **options)
        return store

    yield make
    for store in opened:
        store.close()


@pytest.fixture(scope="module")
def late_store(tmp_path_factory, data_dir):
    """The story up to December 2025; only read."""
    noon = datetime(2025, 12, 1, 12, tzinfo=UTC)
    path = tmp_path_factory.mktemp("late") / "demo.db"
    with open_store(path, demo.SYSTEM, clock=lambda: noon) as store:
        demo.load(store, data_dir, LATE)
        yield store


def contents(store) -> dict[str, list[dict]]:
    """Every table, but for what nobody may guess and is therefore drawn anew."""
    names = [*tables(store.db), "history"]
    return {name: [same(row) for row in store.rows(name)] for name in names}


def same(row: dict) -> dict:
    """A record, also as the history keeps it, without its unguessable parts."""
    unlike = DRAWN_ANEW | SEALS if "operation" in row else DRAWN_ANEW
    kept = {name: value for name, value in row.items() if name not in unlike}
    told = {
        name: same(json.loads(row[name]))
        for name in ("before", "after")
        if isinstance(row.get(name), str)
    }
    return kept | told


def admitted(store) -> dict[str, int]:
    cohorts = {row["id"]: row["code"] for row in store.rows("cohort")}
    cases = {row["id"]: cohorts[row["cohort_id"]] for row in store.rows("enrolment")}
    last = {row["enrolment_id"]: row["status"] for row in store.rows("enrolment_status")}
    return dict(Counter(cases[case] for case, status in last.items() if status == "admitted"))


def test_the_same_date_gives_the_same_data_with_the_same_ids(make_demo):
    assert contents(make_demo()) == contents(make_demo())


def test_an_earlier_date_tells_the_same_story_less_far(make_demo):
    early, late = (contents(make_demo(day))["history"] for day in (date(2025, 3, 4), UNTIL))

    told = [row for row in early if row["table_name"] != "setting"]
    assert told == [row for row in late if row["table_name"] != "setting"][: len(told)]
    assert len(late) > len(early)


def test_another_number_to_draw_from_gives_other_municipalities(make_demo):
    first, second = (
        {row["municipality_id"] for row in make_demo(seed_number=number).rows("enrolment")}
        for number in (1, 2)
    )
    assert first != second


def test_the_history_is_in_the_order_of_time_and_ends_before_the_date(demo_store):
    instants = [row["at"] for row in demo_store.rows("history")]

    assert instants == sorted(instants)
    assert calendar.local_date(datetime.fromisoformat(instants[0])) == demo.FIRST_DAY
    assert calendar.local_date(datetime.fromisoformat(instants[-1])) < UNTIL


def test_staff_work_in_office_hours(demo_store):
    for row in demo_store.rows("history", "role IN ('consultant', 'office')"):
        at = calendar.local(datetime.fromisoformat(row["at"]))
        assert calendar.is_working_day(at.date())
        assert 8 <= at.hour <= 15


def test_the_tables_are_what_their_history_says(demo_store):
    assert differences(demo_store.db, demo_store.path, HEAD) == []


def test_nobody_in_it_is_real(demo_store):
    emails = [row["email"] for row in demo_store.rows("person")]
    logins = [row["login"] for row in demo_store.rows("app_user")]

    assert len(emails) > 30
    for address in [*emails, *logins]:
        assert re.fullmatch(r"[a-z.-]+@[a-z-]+\.example", address)
    texts = [value for row in demo_store.rows("note") for value in row.values()]
    assert not any(personal.contains_cpr(text) for text in texts if isinstance(text, str))
    assert not any(re.search(r"[{}]", row["text"]) for row in demo_store.rows("note"))


def test_it_says_of_itself_that_it_is_invented(demo_store):
    assert demo_store.find("setting", key="demo")["value"] == "2025-03-13"


def test_each_change_was_made_by_someone_who_may(demo_store):
    made = {(row["action"], row["role"]) for row in demo_store.rows("history")}

    assert ("note.add", "consultant") in made
    assert ("enrolment.create", "office") in made
    assert ("signup.create", "public") in made
    assert ("sheet.receive", "partner") in made
    assert {role for _, role in made} == {"system", "office", "consultant", "public", "partner"}


def test_twenty_places_are_taken_once_the_third_cohort_has_begun(make_demo):
    store = make_demo(date(2025, 8, 20))

    assert admitted(store) == {"2024-02": 7, "2025-01": 7, "2025-08": 6}
    cases = enrolments.cases(store, 1).values()
    assert capacity.held(cases, date(2025, 8, 20)) == 20


def days_of(store) -> list[date]:
    """Every day from the first of the story to the last."""
    number = (store.today() - demo.FIRST_DAY).days
    return [demo.FIRST_DAY + timedelta(days=n) for n in range(number + 1)]


def test_on_no_day_more_than_twenty_places_are_held(late_store):
    cases = enrolments.cases(late_store, 1).values()

    assert max(capacity.held(cases, day) for day in days_of(late_store)) == CAPACITY


# --- the intake -----------------------------------------------------------------------------------


def unbalanced(found: pd.DataFrame) -> list[int]:
    """The rows of a ledger that do not follow from the one before, or do not add up."""
    wrong, before = [], {"taken": 0, "offered": 0, "free": CAPACITY}
    for row in found.itertuples():
        after = {name: getattr(row, f"{name}_after") for name in before}
        moved = {name: before[name] + getattr(row, name) for name in before}
        if after != moved or sum(after.values()) != row.capacity_after or min(after.values()) < 0:
            wrong.append(row.Index)
        before = after
    return wrong


def promised(statuses: list[dict], day: date) -> int:
    """How many have been told that they have a place, or can still say yes to one, on a day."""
    known = {row["enrolment_id"]: row for row in statuses if row["on_date"] <= day.isoformat()}
    return sum(
        row["status"] == "admitted"
        or (row["status"] == "offered" and day.isoformat() <= row["answer_by"])
        for row in known.values()
    )


def test_on_the_day_of_the_demo_the_round_of_august_stands_as_drawn(demo_store):
    found = frames.applications(demo_store, "2025-08")

    assert list(zip(found["received_on"].dt.date, found["stage"])) == [
        (date(2024, 9, 26), "admitted"),
        (date(2024, 9, 30), "admitted"),
        (date(2024, 9, 30), "admitted"),
        (date(2024, 12, 9), "offered"),
        (date(2024, 12, 17), "offered"),
        (date(2025, 1, 8), "waitlisted"),
        (date(2025, 2, 3), "waitlisted"),
        (date(2025, 3, 4), "assessed"),
        (date(2025, 3, 11), "lacking"),
        (date(2025, 3, 12), "new"),
    ]
    assert list(found["moved_from"]) == ["2025-01"] * 3 + [""] * 7
    assert list(found["queue"].dropna()) == [1, 2]
    assert list(found["answer_by"].dropna().dt.date) == [date(2025, 3, 18), date(2025, 3, 20)]
    assert list(found["lacking"].iloc[7:]) == [(), ("commitment",), ()]
    assert found["next_task"].iloc[8].startswith("Ryk")


def test_on_the_day_of_the_demo_a_place_is_free_for_who_is_first_in_line(demo_store):
    rounds = frames.rounds(demo_store).set_index("cohort")

    columns = ["places", "taken", "offered", "free", "applications", "undecided", "waiting"]
    assert rounds[columns].to_dict("index") == {
        "2024-02": dict(zip(columns, [7, 7, 0, 0, 7, 0, 0])),
        "2025-01": dict(zip(columns, [7, 7, 0, 0, 11, 0, 0])),
        "2025-08": dict(zip(columns, [6, 3, 2, 1, 10, 3, 2])),
    }
    assert dict(frames.enrolments(demo_store)["status"].value_counts())["active"] == 14


def test_no_deadline_is_invented(demo_store):
    days = {row["code"]: row["apply_by"] for row in demo_store.rows("cohort")}

    assert days == {"2024-02": None, "2025-01": "2024-10-01", "2025-08": None}


def test_the_round_of_january_has_what_a_round_can_meet(demo_store):
    found = frames.applications(demo_store, "2025-01")
    (late,) = found[found["late"]].itertuples()
    last_day = found[found["received_on"] == pd.Timestamp(2024, 10, 1)]

    assert (late.stage, late.received_on.date()) == ("admitted", date(2024, 10, 11))
    assert list(last_day["stage"]) == ["declined"]
    ranked = found[found["priority"].notna()].sort_values("priority")
    assert list(ranked["stage"]) == ["lapsed", "withdrawn"]
    assert len(set(ranked["received_on"])) == 1
    assert all(ranked["priority_reason"])


def test_every_stage_is_there_on_the_day_of_the_demo(demo_store):
    assert set(frames.applications(demo_store)["stage"]) == set(Stage)


def test_every_cause_is_in_the_ledger_and_nearly_all_on_the_day_of_the_demo(demo_store, late_store):
    assert set(frames.ledger(demo_store)["cause"]) == set(Cause) - {Cause.WITHDRAWN}
    assert set(frames.ledger(late_store)["cause"]) == set(Cause)


def test_the_ledger_adds_up_and_says_on_every_day_what_is_held(late_store):
    found = frames.ledger(late_store)
    cases = enrolments.cases(late_store, 1).values()
    after = found.groupby(found["on"].dt.date)[["taken_after", "offered_after"]].last().sum(axis=1)
    days = days_of(late_store)

    assert unbalanced(found) == []
    told = after.reindex(days).ffill().fillna(0)
    assert told.astype(int).to_dict() == {day: capacity.held(cases, day) for day in days}


def test_a_ledger_that_does_not_add_up_would_be_seen(demo_store):
    found = frames.ledger(demo_store)
    found.loc[5, "taken"] += 1
    assert unbalanced(found) == [5]

    found = frames.ledger(demo_store)
    found.loc[7, "free_after"] += 1
    assert unbalanced(found) == [7, 8]


def test_who_was_promised_a_place_had_one(late_store):
    statuses = late_store.rows("enrolment_status")
    cases = enrolments.cases(late_store, 1).values()
    more = {day: capacity.held(cases, day) - promised(statuses, day) for day in days_of(late_store)}

    assert sum(row["status"] == "offered" for row in statuses) == 8
    assert {day: number for day, number in more.items() if number} == {date(2025, 3, 6): 1}


def test_an_offer_is_a_promise_until_its_last_day():
    offer = {"enrolment_id": 1, "status": "offered", "on_date": "2025-03-04"}
    offer["answer_by"] = "2025-03-18"
    no = {"enrolment_id": 1, "status": "withdrawn", "on_date": "2025-03-10", "answer_by": None}
    days = [date(2025, 3, number) for number in (3, 4, 18, 19)]

    assert [promised([offer], day) for day in days] == [0, 1, 1, 0]
    assert [promised([offer, no], day) for day in days] == [0, 1, 0, 0]


def test_no_cohort_ever_has_more_than_its_places(late_store):
    found = frames.ledger(late_store)
    places, seen = {}, set()
    for row in found.itertuples():
        if row.cause == Cause.PLACES:
            places[row.cohort] = row.after
        elif row.cohort:
            seen.add(row.cohort)
            assert row.cohort_taken_after + row.cohort_offered_after <= places[row.cohort]

    assert seen == {"2024-02", "2025-01", "2025-08"}
    assert places == {"2024-02": 7, "2025-01": 7, "2025-08": 6}


def test_a_place_left_after_the_start_is_free_by_decision_only(demo_store, as_role):
    found = frames.ledger(demo_store)
    (freed,) = found[found["cause"] == Cause.FREED].itertuples()
    left = enrolments.dated_statuses(demo_store, int(freed.enrolment_id))[-1]
    cases = enrolments.cases(demo_store, 1).values()

    assert left == (date(2025, 3, 6), "withdrawn")
    assert [capacity.held(cases, date(2025, 3, day)) for day in (5, 6, 7)] == [20, 20, 19]
    with pytest.raises(Refused, match="nothing_to_free"):
        place_changes.free(as_role("office"), int(freed.enrolment_id), "Igen")


def test_nothing_is_planned_or_written_in_a_case_that_has_left(late_store):
    left = {
        row["enrolment_id"]: row["on_date"]
        for row in late_store.rows("enrolment_status", "status = 'withdrawn'")
    }
    notes = [row for row in late_store.rows("note") if row["enrolment_id"] in left]
    served = frames.served(late_store)

    assert len(left) == 4
    assert notes
    assert all(row["noted_on"] < left[row["enrolment_id"]] for row in notes)
    assert not set(served["enrolment_id"]) & set(left)


def test_every_application_says_whom_to_ask_and_why(demo_store):
    found = frames.applications(demo_store)

    assert all(found["contact_email"].str.endswith(".example"))
    assert all(found["motivation"])
    assert all(found["contact_role"])
    links = [link for row in found["attachments"] for link in row]
    assert len(links) > 10
    assert all(link.startswith("https://dokumenter.example/") for link in links)
    assert 0 < found["received_at"].isna().sum() < len(found) / 2


def test_the_spread_over_the_cohorts_can_be_chosen(make_demo):
    store = make_demo(date(2025, 8, 20), split=(5, 5, 5))

    assert admitted(store) == {"2024-02": 5, "2025-01": 5, "2025-08": 5}
    assert [row["places"] for row in store.rows("cohort", order="starts_on")] == [5, 5, 5]


@pytest.mark.parametrize("split", [(1, 1, 1), (18, 1, 1), (1, 1, 18), (6, 7, 7), (4, 8), (0, 7, 6)])
def test_any_spread_within_the_places_works(make_demo, split):
    store = make_demo(date(2025, 8, 20), split=split)

    given = [number for number in admitted(store).values() if number]
    assert sum(given) == sum(split)


def test_the_story_is_told_whenever_each_cohort_is_large_enough(make_demo):
    store = make_demo(split=(1, 1, 18))

    assert set(frames.applications(store)["stage"]) == set(Stage)
    rounds = frames.rounds(store).set_index("cohort")
    assert list(rounds["places"]) == [1, 1, 18]
    assert (rounds["taken"] + rounds["offered"] + rounds["free"]).sum() == CAPACITY


def test_else_those_with_a_place_are_admitted_with_their_round(make_demo):
    store = make_demo(split=(5, 5, 5))

    assert list(frames.rounds(store)["places"]) == [5, 5, 5]
    assert set(frames.applications(store)["stage"]) == {"admitted", "declined", "lacking", "new"}


@pytest.mark.parametrize("split", [(10, 10, 10), (21, 0, 0), (20, 0, 0), (5, 5, 5, 5), (8, -1, 8)])
def test_a_spread_that_does_not_fit_leaves_the_store_empty(tmp_path, data_dir, clock, split):
    with open_store(tmp_path / "peers.db", demo.SYSTEM, clock=clock) as store:
        with pytest.raises(Refused):
            demo.load(store, data_dir, date(2025, 8, 20), split=split)

        assert store.version() == 0
        assert demo.load(store, data_dir, UNTIL) == 28


@pytest.mark.parametrize(
    "until", [date(2023, 11, 2), date(2024, 2, 29), date(2025, 1, 1), date(2026, 9, 1)]
)
def test_any_day_of_the_programme_can_be_asked_for(make_demo, until):
    store = make_demo(until)

    last = max(row["at"] for row in store.rows("history"))
    assert calendar.local_date(datetime.fromisoformat(last)) < until
    assert differences(store.db, store.path, HEAD) == []


def test_a_day_before_the_first_is_refused(tmp_path, data_dir, clock):
    with (
        open_store(tmp_path / "peers.db", demo.SYSTEM, clock=clock) as store,
        pytest.raises(Refused, match="demo_too_early"),
    ):
        demo.load(store, data_dir, demo.FIRST_DAY)


def test_it_never_goes_where_something_is(demo_store, facts, data_dir):
    demo_store.actor = demo.SYSTEM
    for store in (demo_store, facts):
        before = store.version()
        with pytest.raises(Refused, match="demo_not_empty"):
            demo.load(store, data_dir, UNTIL)
        assert store.version() == before


@pytest.mark.parametrize("role", ["office", "consultant", "leadership", "partner"])
def test_only_the_system_loads_it(store, as_role, data_dir, role):
    with pytest.raises(Forbidden):
        demo.load(as_role(role), data_dir, UNTIL)

    assert store.version() == 0


def test_the_clock_and_the_actor_are_put_back(make_demo, clock):
    store = make_demo()

    assert (store.now(), store.actor) == (clock.now, demo.SYSTEM)
