"""The invented data: the same every time, in the order of time, and about nobody real."""

import json
import re
from collections import Counter
from datetime import date, datetime

import pytest

from advisory.domain import calendar, capacity, personal
from advisory.domain.errors import Forbidden, Refused
from advisory.store import demo, enrolments, open_store
from advisory.store.connection import tables
from advisory.store.history import HEAD, differences

pytestmark = pytest.mark.demo
UNTIL = date(2025, 3, 13)
DRAWN_ANEW = frozenset({"operation", "token", "uid", "message_id"})


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


def contents(store) -> dict[str, list[dict]]:
    """Every table, but for what nobody may guess and is therefore drawn anew."""
    names = [*tables(store.db), "history"]
    return {name: [same(row) for row in store.rows(name)] for name in names}


def same(row: dict) -> dict:
    """A record, also as the history keeps it, without its unguessable parts."""
    kept = {name: value for name, value in row.items() if name not in DRAWN_ANEW}
    told = {name: same(json.loads(row[name])) for name in ("before", "after") if row.get(name)}
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


def test_on_no_day_more_than_twenty_places_are_held(make_demo):
    store = make_demo(date(2025, 12, 1))
    cases = enrolments.cases(store, 1).values()
    days = {date.fromisoformat(row["on_date"]) for row in store.rows("enrolment_status")}

    assert max(capacity.held(cases, day) for day in days) == 20


def test_the_spread_over_the_cohorts_can_be_chosen(make_demo):
    store = make_demo(date(2025, 8, 20), split=(5, 5, 5))

    assert admitted(store) == {"2024-02": 5, "2025-01": 5, "2025-08": 5}
    assert [row["places"] for row in store.rows("cohort", order="starts_on")] == [5, 5, 5]


@pytest.mark.parametrize("split", [(1, 1, 1), (18, 1, 1), (1, 1, 18), (6, 7, 7), (4, 8), (0, 7, 6)])
def test_any_spread_within_the_places_works(make_demo, split):
    store = make_demo(date(2025, 8, 20), split=split)

    given = [number for number in admitted(store).values() if number]
    assert sum(given) == sum(split)


@pytest.mark.parametrize("split", [(10, 10, 10), (21, 0, 0), (20, 0, 0), (5, 5, 5, 5), (8, -1, 8)])
def test_a_spread_that_does_not_fit_leaves_the_store_empty(tmp_path, data_dir, clock, split):
    with open_store(tmp_path / "peers.db", demo.SYSTEM, clock=clock) as store:
        with pytest.raises(Refused):
            demo.load(store, data_dir, date(2025, 8, 20), split=split)

        assert store.version() == 0
        assert demo.load(store, data_dir, UNTIL) == 22


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
