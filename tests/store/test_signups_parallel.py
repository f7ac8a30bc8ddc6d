"""Many processes after ten seats: ten get one, the rest wait in the order they came.

`SEATS_ROUNDS=200` is the whole; every round is 40 people, each signed up twice, by 8 processes.
"""

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import groupby
from pathlib import Path

import pytest

from advisory.domain import signups as rules
from advisory.store import Store, demo, meetings, open_store, signups
from advisory.store.history import HEAD, differences

ROUNDS = int(os.environ.get("SEATS_ROUNDS", "10"))
PROCESSES, PEOPLE, SEATS = 8, 40, 10
START = datetime(
    2026, 4, 8, 12, tzinfo=UTC
)  # a year ahead, so that the fast clock does not get there
HOLDING = ("seat", "offered")

Said = list[list[str]]


@pytest.fixture
def run(subprocess_env) -> Callable[..., Said]:
    """`run("joins", path, "")`: what 8 processes that begin together say, word by word."""

    def start(task: str, path: Path, argument: str = "") -> Said:
        script = Path(__file__).with_name("seat_writers.py")
        Path(f"{path}.epoch").touch()
        process = subprocess.Popen(
            [sys.executable, str(script), task, str(path), str(PROCESSES), argument],
            stdout=subprocess.PIPE, text=True, env=subprocess_env,
        )  # fmt: skip
        lines = [process.stdout.readline() for _ in range(PROCESSES)]
        Path(f"{path}.start").touch()
        lines += process.communicate(timeout=1200)[0].splitlines()
        return [line.split() for line in lines if line.strip() != "ready"]

    return start


@pytest.fixture
def rooms(facts) -> Callable[[int], Path]:
    """`rooms(10)`: the path of a closed database with ten meetings of ten seats."""

    def announce(count: int) -> Path:
        for _ in range(count):
            meetings.create(
                facts, "info_meeting", "Møde", starts_at=START, ends_at=START + timedelta(hours=1),
                capacity=SEATS, answer_hours=1,
            )  # fmt: skip
        facts.close()
        return facts.path

    return announce


def wrong(store: Store, activity_id: int, said: Said) -> list[str]:
    """What is wrong with a meeting that 40 people signed up for at once; empty is well."""
    rows = store.rows("signup", "activity_id = ?", [activity_id], order="queue")
    found = []
    if [row["queue"] for row in rows] != list(range(1, PEOPLE + 1)):
        found.append(f"numbers {[row['queue'] for row in rows]}")
    if [row["id"] for row in rows] != sorted(row["id"] for row in rows):
        found.append("not in the order they were saved")
    expected = ["seat"] * SEATS + ["waiting"] * (PEOPLE - SEATS)
    if [row["state"] for row in rows] != expected:
        found.append(f"places {Counter(row['state'] for row in rows)}")
    mine = [words for words in said if words[:2] == ["placed", str(activity_id)]]
    told = {(int(one), f"p{person}@x.example", state) for _, _, one, person, state, _ in mine}
    if told != {(row["id"], row["email_key"], row["state"]) for row in rows}:
        found.append("somebody was told otherwise")
    if sum(int(words[-1]) for words in mine) != PEOPLE or len(mine) != 2 * PEOPLE:
        found.append("the second click was another sign-up, or none")
    return found


def after_all(path: Path, said: Said) -> list[str]:
    """What is wrong at all meetings of a database, and with its history."""
    with open_store(path, demo.SYSTEM) as store:
        ids = [row["id"] for row in store.rows("activity", "capacity = ?", [SEATS])]
        found = [problem for one in ids for problem in wrong(store, one, said)]
        people = len(store.rows("person"))
        if people != len(ids) * PEOPLE:
            found.append(f"{people} persons")
        return found + differences(store.db, store.path, HEAD)


@pytest.mark.timeout(1200)
def test_eight_processes_after_ten_seats_fill_ten_and_queue_the_rest(rooms, run):
    path = rooms(ROUNDS)

    said = run("joins", path)

    assert [words for words in said if words[0] not in ("placed", "done")] == []
    assert after_all(path, said) == []
    print(f"{ROUNDS} rounds, {sum(words[0] == 'placed' for words in said)} sign-ups")


@pytest.mark.parametrize("without", ["deferred", "place_for"])
def test_control_without_the_lock_or_the_rule_it_is_wrong(rooms, run, without):
    path = rooms(1)

    said = run("joins", path, without)

    refused = Counter(words[1] for words in said if words[0] == "refused")
    problems = after_all(path, said)
    print(refused, problems[:4])
    assert problems != []
    assert any(problem.startswith("places") for problem in problems) or refused["database_busy"]


# --- sign-ups, cancellations and answers all at once ----------------------------------------------


def operations(store: Store, activity_id: int) -> Iterator[list[dict]]:
    """The history of a meeting and its sign-ups, one operation at a time, in the order saved."""
    rows = store.rows("history", "table_name IN ('activity', 'signup')")
    for _, group in groupby(rows, key=lambda row: row["operation"]):
        one = [
            {**row, **{side: json.loads(row[side] or "null") for side in ("before", "after")}}
            for row in group
        ]
        mine = [row for row in one if row["after"].get("activity_id", row["row_id"]) == activity_id]
        if mine:
            yield mine


def unfair(store: Store, activity_id: int) -> list[str]:
    """Every step of a meeting's history that gave a seat out of turn, twice or too late."""
    found, people, capacity = [], {}, None
    for rows in operations(store, activity_id):
        for row in rows:
            if row["table_name"] == "activity":
                capacity = row["after"]["capacity"]
                continue
            waiting = [one["queue"] for one in people.values() if one["state"] == "waiting"]
            found += _out_of_turn(row, waiting)
            people[row["row_id"]] = row["after"]
        held = sum(one["state"] in HOLDING for one in people.values())
        if capacity is not None and held > capacity:
            found.append(f"over: {held} of {capacity}")
        numbers = [one["queue"] for one in people.values()]
        if len(set(numbers)) != len(numbers):
            found.append("a number twice")
        left = [one for one in people.values() if one["state"] == "waiting"]
        if left and (capacity is None or held < capacity):
            found.append("a free seat that nobody was offered")
    return found


def _out_of_turn(row: dict, waiting: list[int]) -> list[str]:
    before, after = row["before"] or {"state": None}, row["after"]
    step = before["state"], after["state"]
    if step == ("waiting", "offered") and after["queue"] != min(waiting):
        return ["passed over"]
    if step[0] not in (*HOLDING, "waiting") and step[1] == "seat" and waiting:
        return ["a newcomer before those who wait"]
    if step[0] == "offered" and step[1] in ("seat", "lapsed"):
        in_time = row["at"] <= before["answer_by"]
        return [] if in_time == (step[1] == "seat") else [f"{step[1]} too late or too soon"]
    return []


@pytest.mark.timeout(300)
def test_whatever_eight_processes_do_nobody_is_passed_over(rooms, run):
    path = rooms(1)

    said = run("mixes", path, str(min(4 * ROUNDS / 10, 30)))

    done = Counter(words[1] for words in said if words[0] == "done")
    refused = Counter(words[1] for words in said if words[0] == "refused")
    print(done, refused)
    assert set(done) == {"sign_up", "capacity", "settle", "accept", "decline", "withdraw"}
    assert set(refused) <= {"no_offer", "offer_lapsed", "capacity_too_low", "database_busy"}
    assert refused["database_busy"] <= len(said) / 100  # eight that never rest starve one another
    with open_store(path, demo.SYSTEM) as store:
        activity_id = store.rows("signup")[0]["activity_id"]
        assert unfair(store, activity_id) == []
        rows = store.rows("history", "table_name = 'signup'")
        states = Counter(json.loads(row["after"])["state"] for row in rows)
        print(states)
        assert set(states) == {"seat", "waiting", "offered", "withdrawn", "declined", "lapsed"}
        assert differences(store.db, store.path, HEAD) == []


@pytest.mark.parametrize(
    ("broken", "noticed"),
    [
        ("next_in_line", "passed over"),
        ("refuse_capacity", "over"),
    ],
)
def test_control_a_rule_left_out_is_noticed(rooms, run, broken, noticed):
    path, found = rooms(1), []

    for seconds in (1.5, 3, 6, 12):  # what happens is left to chance; a busy machine does less
        run("mixes", path, f"{seconds},{broken}")
        with open_store(path, demo.SYSTEM) as store:
            found = unfair(store, store.rows("signup")[0]["activity_id"])
        if any(noticed in problem for problem in found):
            return
    pytest.fail(f"nobody noticed that {broken} was missing: {found}")


def test_control_an_answer_that_comes_too_late_is_noticed(facts, clock, monkeypatch):
    starts_at = facts.now() + timedelta(days=9)
    number = meetings.create(
        facts, "webinar", "Et møde", starts_at=starts_at, ends_at=starts_at + timedelta(hours=1),
        capacity=1,
    )  # fmt: skip
    first, second = (
        signups.sign_up(facts, number, name=name, email=f"{name}@x.example").signup_id
        for name in ("ane", "bo")
    )
    clock.tick(minutes=1)
    signups.withdraw(facts, first)
    clock.tick(hours=25)
    before = unfair(facts, number)
    monkeypatch.setattr(rules, "has_lapsed", lambda answer_by, now: False)

    signups.accept(facts, second)

    assert (before, unfair(facts, number)) == ([], ["seat too late or too soon"])
