"""Ordered, planned, held, used: counted by hand beside what the frames say."""

from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest

from advisory import frames
from advisory.domain.deliveries import Cell, Reply, session_key
from advisory.frames.deliveries import CELLS, COHORTS, DELIVERIES
from advisory.reports import records
from advisory.store import Store, activities, deliveries, delivery_replies

NOW = datetime(2025, 3, 13, 9, tzinfo=UTC)
KP, PP = "Københavns Professionshøjskole", "Peer-Partnerskabet"
FRAMES = {
    "deliveries": (frames.deliveries, DELIVERIES),
    "delivery_cohorts": (frames.delivery_cohorts, COHORTS),
    "delivery_cells": (frames.delivery_cells, CELLS),
}


def types(found: pd.DataFrame) -> dict[str, str]:
    return {name: str(dtype) for name, dtype in found.dtypes.items()}


@pytest.mark.parametrize("name", FRAMES)
def test_columns_and_types_are_the_same_for_every_store(any_store, name):
    read, promised = FRAMES[name]

    assert types(read(any_store)) == promised


@pytest.fixture
def cases(demo_store: Store) -> dict[str, list[int]]:
    """Cases that are under way, by cohort."""
    found = frames.enrolments(demo_store)
    active = found[found["status"] == "active"]
    return active.groupby("cohort")["enrolment_id"].apply(list).to_dict()


@pytest.fixture
def bare(demo_store: Store) -> Store:
    """The invented cases; nobody but the agency delivers anything."""
    partners = {row["id"] for row in demo_store.rows("organisation", "kind = 'partner'")}
    agency = demo_store.find("organisation", kind="agency")["id"]
    with demo_store.write("activity.edit"):
        for row in demo_store.rows("activity"):
            if row["provider_id"] in partners:
                demo_store.update("activity", row["id"], {"provider_id": agency})
        for row in demo_store.rows("partner_order"):
            demo_store.delete("partner_order", row["id"])
        for table in ("delivery_cell", "delivery_reply", "delivery_sheet"):
            for row in demo_store.rows(table):
                demo_store.delete(table, row["id"])
    return demo_store


@pytest.fixture
def session(bare: Store):
    """`session(provider, days, enrolments, came=..., seats=...)`, held when people came to it."""
    ids = {row["name"]: row["id"] for row in bare.rows("organisation")}

    def make(provider, days, enrolments, *, held=False, came=(), seats=None) -> int:
        starts_at = NOW + timedelta(days=days)
        activity_id = activities.create(
            bare, "competence", "Dag 1", starts_at=starts_at,
            ends_at=starts_at + timedelta(hours=5), enrolments=dict.fromkeys(enrolments),
            expected={"staff": 5}, provider_id=ids[provider], capacity=seats,
        )  # fmt: skip
        if held:
            activities.hold(bare, activity_id)
        numbers = {(case, "staff"): (5, n) for case, n in zip(enrolments, came)}
        activities.count(bare, activity_id, numbers)
        return activity_id

    return make


def order(store: Store, provider: str, cohort: str, sessions: int, seats: int | None) -> None:
    provider_id = store.find("organisation", name=provider)["id"]
    actor, store.actor = store.actor, type(store.actor)("lene", "Lene", "office")
    cohort_id = store.find("cohort", code=cohort)["id"]
    deliveries.set_order(store, provider_id, cohort_id, sessions, seats)
    store.actor = actor


def counts(store: Store, provider: str) -> dict:
    found = records(frames.deliveries(store))
    row = next(row for row in found if row["provider"] == provider)
    return {name: row[name] for name in [*DELIVERIES][3:14]}


def test_what_a_provider_has_held_and_what_is_left(bare, session, cases):
    (old, other), new = cases["2024-02"][:2], cases["2025-01"][0]
    session(KP, -5, [old, other], held=True, came=(4, 3), seats=18)
    session(KP, -4, [old, new], held=True, came=(6,), seats=10)  # one of two is counted
    session(KP, -3, [old], held=True)  # nobody has counted, and no seats are known
    session(KP, -2, [old])  # over, not said to be held
    session(KP, 9, [new])
    activities.cancel(bare, session(KP, 20, [new]), "Færre tilmeldte")
    order(bare, KP, "2024-02", 4, 60)
    order(bare, KP, "2025-01", 3, None)

    assert counts(bare, KP) == {
        **{"ordered": 7, "planned": 2, "due": 1, "held": 3, "cancelled": 1},
        **{"remaining": 4, "missing": 2, "seats_ordered": 60, "seats": 28, "seats_used": 13},
        "uncounted": 2,
    }
    by_cohort = {
        row["cohort"]: [row[name] for name in [*COHORTS][3:11]]
        for row in records(frames.delivery_cohorts(bare))
        if row["provider"] == KP
    }
    assert by_cohort == {
        "2024-02": [4, 1, 1, 3, 0, 0, 60, 13],
        "2025-01": [3, 1, 0, 1, 1, 1, None, None],
    }


def test_nothing_ordered_and_nothing_counted_is_not_none(bare, session, cases):
    session(PP, -3, [cases["2024-02"][0]], held=True, seats=12)

    assert counts(bare, PP) == {
        **{"ordered": None, "planned": 0, "due": 0, "held": 1, "cancelled": 0},
        **{"remaining": None, "missing": None, "seats_ordered": None, "seats": 12},
        **{"seats_used": None, "uncounted": 1},
    }
    session(PP, -2, [cases["2024-02"][0]], held=True, came=(0,), seats=12)
    assert counts(bare, PP)["seats_used"] == 0  # control: nobody came is a number


def test_more_than_was_ordered_leaves_nothing_missing(bare, session, cases):
    session(KP, -3, [cases["2024-02"][0]], held=True)
    session(KP, 9, [cases["2024-02"][0]])
    order(bare, KP, "2024-02", 1, None)

    found = counts(bare, KP)

    assert (found["remaining"], found["missing"]) == (0, 0)


def test_the_partners_come_before_the_agency(bare):
    assert frames.deliveries(bare)["kind"].tolist() == ["partner", "partner", "agency"]


def test_three_ways_of_seeing_a_cell(bare, session, cases, clock):
    activity_id = session(KP, 9, [cases["2024-02"][0]], seats=18)
    provider_id = bare.find("organisation", name=KP)["id"]
    sheet = bare.get("delivery_sheet", deliveries.make_sheet(bare, provider_id))
    clock.tick(days=2)
    base = deliveries.base(sheet)[activity_id] | {"seats": "14", "place": "Randers"}
    key = session_key(activity_id)
    answered = tuple(
        Cell("Ark", 5, name, key, name, base[name] or "") for name in ("seats", "place", "held")
    )
    reply = Reply(sheet["id"], deliveries.mark(sheet), answered)
    delivery_replies.receive(bare, provider_id, reply, sha256="a")
    activities.edit(bare, activity_id, {"capacity": 16})

    shown = ("field", "base", "theirs", "ours", "both_changed", "decision", "still_theirs")
    found = [tuple(row[name] for name in shown) for row in records(frames.delivery_cells(bare))]

    assert found == [
        ("seats", "18", "14", "16", True, "open", True),
        ("place", "", "Randers", "", False, "open", True),
    ]
    row = records(frames.deliveries(bare))[0]
    assert (row["open"], row["sheet_id"]) == (2, sheet["id"])
    assert (row["sheet_at"], row["reply_at"]) == (NOW, NOW + timedelta(days=2))
    activities.edit(bare, activity_id, {"capacity": 14})  # ours has become theirs
    assert records(frames.deliveries(bare))[0]["open"] == 1
