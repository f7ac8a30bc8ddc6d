"""The invented activities: planned, moved, held and counted as the product would have it."""

import tomllib
from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pandas as pd
import pytest

from advisory import frames
from advisory.domain import activities as rules
from advisory.domain import calendar
from advisory.domain.balance import Mark, Target, gaps, mark
from advisory.store import demo, open_store, users
from advisory.store.history import HEAD, differences
from advisory.store.instants import instant

pytestmark = pytest.mark.demo
TODAY = date(2025, 3, 13)
LATE = date(2026, 11, 1)
KINDS = list(rules.KINDS)
TABLES = ("activity", "activity_enrolment", "headcount", "partner_order")


@pytest.fixture(scope="module")
def late_store(tmp_path_factory, data_dir):
    """The story up to November 2026; only read."""
    noon = datetime(2026, 11, 1, 12, tzinfo=UTC)
    path = tmp_path_factory.mktemp("late") / "demo.db"
    with open_store(path, demo.SYSTEM, clock=lambda: noon) as store:
        demo.load(store, data_dir, LATE)
        yield store


@pytest.fixture
def words(data_dir):
    return tomllib.loads((data_dir / "demo" / "activities_da.toml").read_text(encoding="utf-8"))


def programme(store) -> pd.DataFrame:
    """The programme's own activities, without the info meetings."""
    found = frames.activities(store)
    return found[found["kind"].isin(KINDS)]


def states(store) -> dict[tuple[str, str], int]:
    found = programme(store)
    return found.groupby(["kind", "state"]).size().to_dict()


def found_gaps(store) -> dict[str, list[tuple[str, str, int, int]]]:
    """The gaps of each municipality by its held workshops, as the balance has them."""
    heads = frames.headcounts(store).query("kind == 'workshop' and state == 'held'")
    targets = {
        row.audience: Target(row.low, row.high) for row in frames.targets(store).itertuples()
    }
    found = {}
    for municipality, own in heads.groupby("municipality"):
        marks: dict[str, list[Mark]] = {audience: [] for audience in targets}
        for row in own.sort_values("day", kind="stable").itertuples():
            attended = None if pd.isna(row.attended) else row.attended
            target = targets[row.audience]
            marks[row.audience].append(
                mark(invited=True, held=True, attended=attended, target=target)
            )
        found[municipality] = [(one.audience, one.kind, one.times, one.of) for one in gaps(marks)]
    return found


def busy_days(store) -> Counter:
    """How many activities each case and each consultant has a day, what is cancelled left out."""
    own = programme(store).query("state != 'cancelled'")
    return Counter(
        (who, row.day)
        for row in own.itertuples()
        for who in (*row.municipalities, *([row.consultant] if row.consultant else []))
    )


def test_on_the_day_of_the_demo_there_is_something_of_every_kind_and_state(demo_store):
    found = states(demo_store)

    assert {kind: found.get((kind, "held"), 0) > 10 for kind in KINDS} == dict.fromkeys(KINDS, True)
    assert {kind for kind, state in found if state == "planned"} == set(KINDS)
    assert found["guidance", "cancelled"] >= 1
    moved = programme(demo_store).query("moved")
    assert {"guidance", "workshop"} <= set(moved["kind"])
    assert all(moved["first_day"].notna())


def test_in_the_coming_five_weeks_each_kind_is_planned(demo_store):
    own = programme(demo_store).query("state == 'planned'")

    soon = own[own["day"] <= pd.Timestamp(TODAY + timedelta(weeks=5))]
    assert set(soon["kind"]) == set(KINDS)


@pytest.mark.parametrize("of", ["demo_store", "late_store"])
def test_the_tables_are_what_their_history_says(request, of):
    store = request.getfixturevalue(of)

    assert differences(store.db, store.path, HEAD) == []
    assert all(store.rows(table) for table in TABLES)


def test_each_is_on_a_working_day_within_the_programmes_it_serves(late_store):
    periods = {
        row.enrolment_id: rules.span(row.starts_on.date(), row.ends_on.date())
        for row in frames.enrolments(late_store).itertuples()
    }
    own = programme(late_store)
    assert len(own) > 300
    for row in own.itertuples():
        day = row.day.date()
        assert calendar.is_working_day(day)
        assert calendar.is_working_day(row.first_day.date())
        for enrolment_id in row.enrolments:
            first, last = periods[enrolment_id]
            assert first <= day <= last


def test_nobody_is_at_two_of_them_on_one_day(late_store):
    twice = {who: number for who, number in busy_days(late_store).items() if number > 1}

    assert twice == {}


def test_two_on_one_day_would_be_found(demo_store):
    first = programme(demo_store).query("kind == 'workshop' and state == 'planned'").iloc[0]
    before = busy_days(demo_store)
    with demo_store.write("activity.edit"):
        row = demo_store.get("activity", int(first["activity_id"]))
        same = {name: value for name, value in row.items() if name not in ("id", "uid")}
        demo_store.insert("activity", {**same, "uid": "again@peerforloeb.example"})

    assert busy_days(demo_store) - before == Counter([(first["consultant"], first["day"])])


def test_a_milestone_that_a_workshop_fulfils_was_done_on_its_day(late_store):
    days = {row["id"]: row["done_on"] for row in late_store.rows("milestone")}
    held = frames.served(late_store).query("kind == 'workshop' and state == 'held'")

    assert len(held) > 60
    assert [days[row.milestone_id] for row in held.itertuples()] == [
        row.day.date().isoformat() for row in held.itertuples()
    ]


def test_the_last_day_of_the_partners_fulfils_the_milestone(late_store):
    days = {row["id"]: row["done_on"] for row in late_store.rows("milestone")}
    sessions = frames.served(late_store).query("kind == 'competence' and state == 'held'")

    last = sessions.dropna(subset="milestone_id").groupby("milestone_id")["day"].max()
    done = {number: day.date().isoformat() for number, day in last.items() if days[number]}
    assert len(done) > 40
    assert done == {number: days[number] for number in done}


def test_every_workshop_and_competence_step_that_is_done_has_an_activity(late_store):
    steps = late_store.rows(
        "milestone", "kind IN ('workshop', 'competence') AND done_on IS NOT NULL"
    )
    held = set(frames.served(late_store).query("state == 'held'")["milestone_id"].dropna())

    assert {row["id"] for row in steps} <= held


def test_counts_are_those_of_people_who_can_be_there(late_store, words):
    heads = frames.headcounts(late_store)
    assert not heads.loc[heads["state"] != "held", "attended"].notna().any()
    decided = [number for gap in words["gap"] for number in gap["attended"]]
    for kind, spans in words["heads"].items():
        own = heads[heads["kind"] == kind]
        assert set(own["audience"]) == set(spans)
        for audience, (low, high) in spans.items():
            counted = own.loc[own["audience"] == audience, "attended"].dropna()
            assert len(counted) > 20
            assert {*counted} <= {*range(low, high + 2), *decided}


def test_no_session_of_a_partner_has_more_people_than_seats(late_store):
    own = programme(late_store).query("kind == 'competence'")
    partners = {row["name"] for row in late_store.rows("organisation", "kind = 'partner'")}

    assert set(own["provider"]) == partners
    assert (own["attended"].fillna(0) <= own["capacity"]).all()
    assert (own["planned"].fillna(0) <= own["capacity"]).all()
    assert own["enrolments"].map(len).between(2, 4).all()


def test_what_is_ordered_is_what_was_held_and_some_more(late_store):
    held = programme(late_store).query("kind == 'competence'")
    by = held.assign(cohort=held["cohorts"].map(lambda codes: codes[0]))
    planned = by.groupby(["provider_id", "cohort"]).size().to_dict()
    codes = {row["id"]: row["code"] for row in late_store.rows("cohort")}
    orders = {
        (row["provider_id"], codes[row["cohort_id"]]): row["sessions"]
        for row in late_store.rows("partner_order")
    }

    assert set(planned) == set(orders)
    assert all(0 <= orders[key] - planned[key] <= 1 for key in orders)
    assert {row["source"] for row in late_store.rows("partner_order")} == {demo.SOURCE}


def test_some_municipalities_do_not_reach_an_audience(demo_store):
    found = {name: own for name, own in found_gaps(demo_store).items() if own}

    assert sorted(gap for own in found.values() for gap in own) == [
        ("citizens", "none", 1, 1),
        ("citizens", "none", 2, 3),
        ("leadership", "under", 2, 3),
        ("peers", "under", 2, 3),
    ]


def test_a_workshop_was_not_counted_and_a_step_has_no_date(demo_store):
    own = programme(demo_store)
    forgotten = own.query("kind == 'workshop' and state == 'held' and attended.isna()")
    assert (forgotten["day"] < pd.Timestamp(TODAY - timedelta(days=7))).sum() == 1

    plan = frames.milestones(demo_store)
    dated = frames.served(demo_store).query("state != 'cancelled'")["milestone_id"].dropna()
    open_ = plan[plan["kind"].eq("workshop") & plan["state"].isin(["late", "soon"])]
    assert len(open_[~open_["milestone_id"].isin(dated)]) >= 1


def test_contacts_have_a_length_and_sometimes_a_next_step(demo_store):
    contacts = demo_store.rows("history", "action = 'contact.register'")
    operations = {row["operation"] for row in contacts}
    tasks = demo_store.rows("history", "action = 'task.add' AND table_name = 'task'")
    assert len(operations) > sum(row["operation"] in operations for row in tasks) > 20
    lengths = [row["minutes"] for row in demo_store.rows("note", "kind = 'guidance'")]
    assert len(lengths) > 20
    assert set(lengths) <= {30, 45, 60}


def test_what_was_agreed_is_from_the_list_and_its_next_step_is_a_task(demo_store, words):
    rows = demo_store.rows("activity", "kind = 'guidance' AND held_at IS NOT NULL")
    titles = {row["title"] for row in demo_store.rows("task")}

    assert {row["agreed"] for row in rows} <= set(words["agreed"])
    steps = {row["next_step"] for row in rows if row["next_step"]}
    assert steps <= set(words["next_steps"]) & titles
    assert all(instant(row["ends_at"]) <= instant(row["held_at"]) for row in rows)


def test_everything_says_that_it_is_invented(late_store):
    rows = late_store.rows("activity", "kind IN ('guidance', 'workshop', 'competence')")

    assert {row["source"] for row in rows} == {demo.SOURCE}
    for row in rows:
        for link in filter(None, [row["link"], *row["materials"].split()]):
            assert link.split("/")[2].endswith(".example")


def test_each_partner_has_somebody_who_can_look(demo_store):
    names = {row["id"]: row["name"] for row in demo_store.rows("organisation")}
    found = demo_store.rows("app_user", "role = 'partner'")

    assert {(row["login"], names[row["organisation_id"]]) for row in found} == {
        ("mette@kp.example", "Københavns Professionshøjskole"),
        ("karim@peer.example", "Peer-Partnerskabet"),
    }
    assert users.actor_for(demo_store, "mette@kp.example").role == "partner"


def test_an_earlier_date_has_the_same_activities_less_far(tmp_path, data_dir, clock, late_store):
    with open_store(tmp_path / "early.db", demo.SYSTEM, clock=clock) as store:
        demo.load(store, data_dir, date(2024, 9, 10))
        told = [told_of(row) for row in store.rows("history", "table_name <> 'setting'")]

    later = late_store.rows("history", "table_name <> 'setting' AND id <= ?", [2 * len(told)])
    assert sum(row[0] in TABLES for row in told) > 300
    assert told == [told_of(row) for row in later][: len(told)]


def told_of(row: dict) -> tuple:
    return row["table_name"], row["row_id"], row["action"], row["actor"], row["at"]
