"""The list of a meeting step by step beside a plain model of it, which shares no code with it.

`SEATS_STEPS=5000` takes the long random walk at its full length; `TEST_SEED` repeats one.
"""

import copy
import os
import random
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from advisory.domain import signups as rules
from advisory.domain.errors import AdvisoryError
from advisory.settings import shipped
from advisory.store import demo, meetings, open_store, seed, signups
from advisory.store.history import HEAD, differences

STEPS = int(os.environ.get("SEATS_STEPS", "1500"))
NAMES = tuple("abcdefgh")
NOON = datetime(2025, 3, 13, 9, tzinfo=UTC)
HOUR, INSTANT = timedelta(hours=1), timedelta(microseconds=1)


class No(Exception):
    """The model says no, with the key that the product is to say."""


@dataclass
class One:
    """Somebody who has signed up: where they stand, their number, when they must have answered."""

    state: str
    number: int
    by: datetime | None = None


@dataclass
class Model:
    """One meeting of an hour and its list, as the words of the rules have it."""

    capacity: int | None
    starts: datetime
    closes: datetime | None
    hours: int
    cancelled: bool = False
    people: dict[str, One] = field(default_factory=dict)

    def holding(self) -> int:
        return sum(one.state in ("seat", "offered") for one in self.people.values())

    def waiting(self) -> list[One]:
        found = [one for one in self.people.values() if one.state == "waiting"]
        return sorted(found, key=lambda one: one.number)

    def has_room(self) -> bool:
        return self.capacity is None or self.holding() < self.capacity

    def lapse(self, now: datetime) -> int:
        late = [one for one in self.people.values() if one.state == "offered" and one.by < now]
        for one in late:
            one.state, one.by = "lapsed", None
        return len(late)

    def settle(self, now: datetime) -> int:
        if self.cancelled:
            return 0
        changed = self.lapse(now)
        while now < self.starts and self.waiting() and self.has_room():
            first = self.waiting()[0]
            first.state = "offered"
            first.by = min(now + self.hours * HOUR, self.starts)
            changed += 1
        return changed

    def sign_up(self, now: datetime, name: str) -> tuple[str, bool]:
        if self.cancelled:
            raise No("meeting_cancelled")
        if now > self.starts or (self.closes is not None and now > self.closes):
            raise No("signup_closed")
        self.settle(now)
        one = self.people.get(name)
        if one is not None and one.state in ("seat", "offered", "waiting"):
            return one.state, False
        state = "seat" if self.has_room() and not self.waiting() else "waiting"
        last = max((one.number for one in self.people.values()), default=0)
        self.people[name] = One(state, last + 1)
        return state, True

    def withdraw(self, now: datetime, name: str) -> str:
        return self._leave(now, self.people[name], "withdrawn")

    def accept(self, now: datetime, name: str) -> str:
        one = self.people[name]
        if self.cancelled:
            raise No("meeting_cancelled")
        if one.state != "seat":
            self._refuse_no_offer(now, one)
            one.state, one.by = "seat", None
        return "seat"

    def decline(self, now: datetime, name: str) -> str:
        one = self.people[name]
        if one.state == "declined":
            return "declined"
        if self.cancelled:
            raise No("meeting_cancelled")
        self._refuse_no_offer(now, one)
        return self._leave(now, one, "declined")

    def allow(self, now: datetime, capacity: int | None) -> None:
        if self.cancelled:
            raise No("meeting_cancelled")
        if capacity != self.capacity:
            self.lapse(now)
            if capacity is not None and capacity < self.holding():
                raise No("capacity_too_low")
            self.capacity = capacity
        self.settle(now)

    def move(self, now: datetime, starts: datetime, closes: datetime | None) -> None:
        if self.cancelled:
            raise No("meeting_cancelled")
        if starts != self.starts:
            if now >= self.starts + HOUR:
                raise No("meeting_over")
            if starts <= now:
                raise No("meeting_in_past")
        self.starts, self.closes = starts, closes
        self.settle(now)
        for one in self.people.values():
            one.by = min(one.by, starts) if one.by else None

    def cancel(self, now: datetime) -> None:
        if self.cancelled:
            raise No("meeting_cancelled")
        if now >= self.starts + HOUR:
            raise No("meeting_over")
        self.cancelled = True

    def _leave(self, now: datetime, one: One, state: str) -> str:
        if one.state in ("seat", "offered", "waiting"):
            if now >= self.starts:
                raise No("meeting_begun")
            one.state, one.by = state, None
            self.settle(now)
            return state
        return one.state

    def _refuse_no_offer(self, now: datetime, one: One) -> None:
        if one.state == "lapsed" or (one.state == "offered" and one.by < now):
            raise No("offer_lapsed")
        if one.state != "offered":
            raise No("no_offer")


def outcome(work: Callable[[], object]) -> tuple[object, str]:
    """What `work` answers, and the key it is refused with, "" if it is not."""
    try:
        return work(), ""
    except AdvisoryError as error:
        return None, error.key
    except No as error:
        return None, str(error)


class Both:
    """A meeting in the store and in the model; every step is taken in both and compared."""

    def __init__(self, path: Path):
        self.now = NOON
        self.store = open_store(path, demo.SYSTEM, clock=lambda: self.now)
        self.said: list[tuple] = []

    def announce(self, capacity: int | None, ahead: timedelta, open_for: timedelta, hours: int):
        """A new meeting `ahead` of now; `open_for` before its start sign-up closes, if above 0."""
        starts = self.now + ahead
        closes = starts - open_for if open_for else None
        self.model = Model(capacity, starts, closes, hours)
        self.activity_id = meetings.create(
            self.store, "info_meeting", "Møde", starts_at=starts, ends_at=starts + HOUR,
            capacity=capacity, signup_by=closes, answer_hours=hours,
        )  # fmt: skip
        self.ids: dict[str, int] = {}
        self.undo_of: tuple[str, Model] | None = None
        self.check()

    def step(self, verb: str, *args) -> None:
        """Take a step in both; what they answer and where everyone stands must be the same."""
        before, version = copy.deepcopy(self.model), self.store.version()
        expected = outcome(lambda: getattr(self.model, verb)(self.now, *args))
        if expected[1]:
            self.model = copy.deepcopy(before)
        found = outcome(lambda: getattr(self, f"_{verb}")(*args))
        self.said.append((verb, args, found[1]))
        assert found == expected, self.said[-1]
        if self.store.version() != version:
            self.undo_of = self.store.last_operation, before
        self.check()

    def undo(self) -> None:
        """Take the last operation back; once more takes the taking back back."""
        if self.undo_of is None:
            return
        operation, before = self.undo_of
        after = self.model
        self.store.revert(operation)
        self.model, self.undo_of = before, (self.store.last_operation, after)
        self.said.append(("undo", (), ""))
        self.check()

    def check(self) -> None:
        """The same people stand at the same places with the same answer-by, and none too many."""
        rows = self.store.rows("signup", "activity_id = ?", [self.activity_id])
        found = {
            row["email_key"][0]: One(row["state"], row["queue"], _instant(row["answer_by"]))
            for row in rows
        }
        self.ids = {row["email_key"][0]: row["id"] for row in rows}
        assert found == self.model.people
        activity = self.store.get("activity", self.activity_id)
        assert (activity["capacity"], _instant(activity["starts_at"])) == (
            self.model.capacity, self.model.starts,
        )  # fmt: skip
        assert self.model.capacity is None or self.model.holding() <= self.model.capacity

    def edges(self) -> list[datetime]:
        """The instants at which something changes."""
        by = [one.by for one in self.model.people.values() if one.by]
        return [*by, self.model.starts, *filter(None, [self.model.closes])]

    def close(self) -> None:
        different = differences(self.store.db, self.store.path, HEAD)
        self.store.close()
        assert different == []

    def _sign_up(self, name: str) -> tuple[str, bool]:
        email = f"{name}@x.example" if len(self.said) % 2 else f"{name.upper()}@X.example"
        placed = signups.sign_up(self.store, self.activity_id, name=name, email=email)
        return str(placed.state), placed.new

    def _withdraw(self, name: str) -> str:
        return signups.withdraw(self.store, self.ids[name])["state"]

    def _accept(self, name: str) -> str:
        return signups.accept(self.store, self.ids[name])["state"]

    def _decline(self, name: str) -> str:
        return signups.decline(self.store, self.ids[name])["state"]

    def _allow(self, capacity: int | None) -> None:
        meetings.edit(self.store, self.activity_id, {"capacity": capacity})

    def _settle(self) -> int:
        return signups.settle(self.store, self.activity_id)

    def _move(self, starts: datetime, closes: datetime | None) -> None:
        times = {"starts_at": starts, "ends_at": starts + HOUR, "signup_by": closes}
        meetings.move(self.store, self.activity_id, **times)

    def _cancel(self) -> None:
        meetings.cancel(self.store, self.activity_id, "Sygdom")


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


@pytest.fixture(scope="module")
def ready(tmp_path_factory) -> Path:
    """A closed database with the facts, to copy."""
    path = tmp_path_factory.mktemp("ready") / "peers.db"
    with open_store(path, demo.SYSTEM, clock=lambda: NOON) as store:
        seed.load_facts(store, shipped("data"))
    return path


@pytest.fixture
def both(ready, tmp_path):
    """A meeting in both, closed and compared with its history at the end."""
    path = tmp_path / "both.db"
    shutil.copyfile(ready, path)
    opened = Both(path)
    yield opened
    opened.store.close()


def walk(both: Both, draw: random.Random, steps: int) -> None:
    """Take `steps` random steps; a meeting that is over or cancelled is followed by a new one."""
    alive = 0
    for _ in range(steps):
        if alive == 0:
            both.announce(
                draw.choice([None, 1, 1, 2, 3]),
                draw.choice([2, 30, 100]) * HOUR,
                draw.choice([0, 0, 1, 24]) * HOUR,
                draw.choice([1, 24, 48]),
            )
            alive = draw.choice([20, 60, 120])
        alive -= 1
        random_step(both, draw)
        if both.model.cancelled or both.now > both.model.starts:
            alive = min(alive, 8)


def random_step(both: Both, draw: random.Random) -> None:
    known = sorted(both.model.people)
    lot = draw.random()
    if lot < 0.30 or not known:
        both.step("sign_up", draw.choice(NAMES))
    elif lot < 0.46:
        both.step("withdraw", draw.choice(known))
    elif lot < 0.62:
        offered = [name for name in known if both.model.people[name].state == "offered"]
        name = draw.choice(offered if offered and draw.random() < 0.8 else known)
        both.step(draw.choice(["accept", "accept", "decline"]), name)
    elif lot < 0.70:
        both.step("allow", draw.choice([None, 1, 2, 3, 4, 5]))
    elif lot < 0.80:
        both.step("settle")
    elif lot < 0.84 and both.undo_of:
        both.undo()
    elif lot < 0.88:
        ahead = draw.choice([-1, 1, 30, 80]) * HOUR
        closes = both.now + ahead - draw.choice([0, 1, 24]) * HOUR
        both.step("move", both.now + ahead, draw.choice([None, closes]))
    elif lot < 0.884:
        both.step("cancel")
    else:
        wait(both, draw)
        random_step(both, draw)


def wait(both: Both, draw: random.Random) -> None:
    """Some minutes, or until the next instant at which something changes, or just beside it."""
    edges = [edge for edge in both.edges() if edge > both.now]
    if edges and draw.random() < 0.6:
        both.now = max(both.now, min(edges) + draw.choice([-INSTANT, 0 * HOUR, INSTANT]))
    else:
        both.now += draw.choice([1, 60, 600]) * timedelta(minutes=1)


HAPPENS = {
    "sign_up", "withdraw", "accept", "decline", "allow", "settle", "undo", "move", "cancel",
    "signup_closed", "no_offer", "offer_lapsed", "capacity_too_low", "meeting_in_past",
}  # fmt: skip


@pytest.mark.timeout(600)
def test_a_long_random_walk_stays_with_the_model(both, draw):
    """As far again, a few times, while something that can happen has not."""
    for _ in range(5):
        walk(both, draw, STEPS)
        seen = {refused or verb for verb, _, refused in both.said}
        if seen >= HAPPENS:
            break

    both.close()
    print(f"{len(both.said)} steps, {len(seen)} kinds of step and refusal")
    assert seen >= HAPPENS


def jumps_the_queue(*, free, waiting):
    return rules.State.SEAT if free is None or free > 0 else rules.State.WAITING


def one_too_few(capacity, taken):
    return None if capacity is None else max(capacity - taken - 1, 0)


def one_too_many(capacity, taken):
    return None if capacity is None else capacity - taken + 1


CONTROLS = {
    "a newcomer takes a freed seat": ("place_for", jumps_the_queue),
    "everyone gets a seat": ("place_for", lambda **_: rules.State.SEAT),
    "the last is offered first": ("next_in_line", lambda queue, free: sorted(queue)[::-1][:free]),
    "one seat too many": ("free_seats", one_too_many),
    "one seat too few": ("free_seats", one_too_few),
    "capacity takes seats back": ("refuse_capacity", lambda capacity, taken: None),
    "an offer outlasts the start": ("answer_by", lambda now, hours, starts_at: now + hours * HOUR),
    "an offer ends an instant early": ("has_lapsed", lambda answer_by, now: now >= answer_by),
    "an offer never ends": ("has_lapsed", lambda answer_by, now: False),
}  # fmt: skip


@pytest.mark.parametrize("name", CONTROLS)
def test_control_a_wrong_rule_parts_the_two(both, monkeypatch, name):
    """A fixed seed, so that the control does not depend on luck."""
    monkeypatch.setattr(rules, *CONTROLS[name])

    with pytest.raises(AssertionError):
        walk(both, random.Random(1), 5000)


class Meetings(RuleBasedStateMachine):
    """The same, with steps that are chosen to break it and made as short as they can be."""

    ready: Path

    def __init__(self):
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        path = Path(self.folder.name) / "both.db"
        shutil.copyfile(self.ready, path)
        self.both = Both(path)

    @initialize(
        capacity=st.none() | st.integers(1, 3),
        ahead=st.integers(1, 60),
        open_for=st.sampled_from([0, 1, 24]),
        hours=st.sampled_from([1, 24, 48]),
    )
    def announce(self, capacity, ahead, open_for, hours):
        self.both.announce(capacity, ahead * HOUR, open_for * HOUR, hours)

    @rule(name=st.sampled_from(NAMES))
    def sign_up(self, name):
        self.both.step("sign_up", name)

    @rule(names=st.lists(st.sampled_from(NAMES), min_size=2, max_size=5))
    def some_sign_up(self, names):
        for name in names:
            self.both.step("sign_up", name)

    @precondition(lambda self: self.both.model.people)
    @rule(data=st.data(), verb=st.sampled_from(["withdraw", "accept", "decline"]))
    def answer(self, data, verb):
        name = data.draw(st.sampled_from(sorted(self.both.model.people)))
        self.both.step(verb, name)

    @rule(capacity=st.none() | st.integers(1, 5))
    def allow(self, capacity):
        self.both.step("allow", capacity)

    @rule()
    def settle(self):
        self.both.step("settle")

    @rule()
    def undo(self):
        self.both.undo()

    @rule(minutes=st.sampled_from([1, 59, 60, 24 * 60]))
    def wait(self, minutes):
        self.both.now += timedelta(minutes=minutes)

    @rule(data=st.data(), by=st.sampled_from([-INSTANT, 0 * HOUR, INSTANT]))
    def wait_for_an_edge(self, data, by):
        self.both.now = max(self.both.now, data.draw(st.sampled_from(self.both.edges())) + by)

    @rule(ahead=st.integers(-1, 60), open_for=st.none() | st.integers(0, 24))
    def move(self, ahead, open_for):
        starts = self.both.now + ahead * HOUR
        self.both.step("move", starts, None if open_for is None else starts - open_for * HOUR)

    @precondition(lambda self: len(self.both.said) > 8)
    @rule()
    def cancel(self):
        self.both.step("cancel")

    @invariant()
    def never_over_capacity(self):
        over = self.both.store.db.execute(
            "SELECT a.id FROM activity a WHERE a.capacity < (SELECT count(*) FROM signup s"
            " WHERE s.activity_id = a.id AND s.state IN ('seat', 'offered'))"
        )
        assert over.fetchall() == []

    def teardown(self):
        try:
            self.both.close()
        finally:
            self.folder.cleanup()


@pytest.mark.drawn
def test_steps_chosen_to_break_it_do_not_part_the_two(ready):
    Meetings.ready = ready
    run_state_machine_as_test(
        Meetings,
        settings=settings(
            max_examples=20, stateful_step_count=30, deadline=None, print_blob=True, database=None
        ),
    )
