"""Processes after the last places: `python place_writers.py TASK FOLDER COUNT [ARGUMENT]`.

The folder holds one database a round. They begin each round together; every line they say begins
with the round, and then tells what was tried and what came of it.
"""

import multiprocessing
import random
import sys
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import writers
from writers import NOW, say, wait_for_start

from advisory.domain import capacity
from advisory.domain.enrolments import Status
from advisory.domain.errors import AdvisoryError, Refused
from advisory.store import (
    Row,
    Store,
    decisions,
    demo,
    enrolments,
    open_store,
    place_changes,
    places,
)
from advisory.store.scenarios import Wanted, carry_out

WIDE, OWN = "2025-11", "2025-08"  # the cohort that shares, and the one with a number of its own
DAYS = 170  # that pass in the mix; OWN starts on the way
DAY = timedelta(days=1)


def break_what(argument: str) -> None:
    """Take away what a control is to show the need of: the early lock, the check of places, or
    that somebody must have decided before one is told so.
    """
    checked = places.refuse_without_place

    def too_soon(store, cohort, known, enrolment_id, day) -> None:
        checked(store, cohort, known, enrolment_id, day)
        if places.free(store, cohort, known, day, store.today()) == 1:
            raise Refused("no_place_left", capacity=0)

    def always_decided(store, enrolment, seen) -> None:
        if seen is not None:
            raise Refused("decided_meanwhile", status=Status.ADMITTED)

    if argument == "deferred":
        Store._transaction = writers.deferred
    elif argument == "unchecked":
        places.refuse_without_place = lambda *_asked: None
    elif argument == "too_soon":
        places.refuse_without_place = too_soon
    elif argument == "always_decided":
        decisions._refuse_changed_since = always_decided


def rounds(folder: Path, number: int, prepare: Callable[..., Callable[[], None]]) -> None:
    """Play each database of the folder; all have looked at it before anybody begins.

    `prepare(store, turn, draw)` looks, and what it returns does the rest.
    """
    say("ready")
    wait_for_start(folder / "all")
    for turn, path in enumerate(sorted(folder.glob("*.db"))):
        with open_store(path, demo.SYSTEM, clock=lambda: NOW) as store:
            play = prepare(store, turn, random.Random(f"{turn} {number}"))
            TOGETHER.wait(120)
            play()
            TOGETHER.wait(120)
    say("done", number)


def attempt(store: Store, turn: int, what: str, case: int, verb: Callable, *args, **told) -> bool:
    """Say what came of it: from and until which version, on which days it was tried, and what
    version it had been looked at; 0 when nobody had looked.
    """
    version, day = store.version(), store.today()
    try:
        verb(store, *args, **told)
        come_of_it = "done"
    except AdvisoryError as error:
        come_of_it = error.key
    seen = told.get("seen") or 0
    say(turn, what, case, come_of_it, version, store.version(), day, store.today(), seen)
    return come_of_it == "done"


def open_cases(store: Store, *statuses: str) -> list[int]:
    """The cases whose recorded status is one of these."""
    last = {row["enrolment_id"]: row["status"] for row in store.rows("enrolment_status")}
    return [case for case, status in last.items() if status in statuses]


def rush(folder: Path, number: int, argument: str) -> None:
    """Admit the eighth of those who applied, offer to the eighth of those who wait, accept it.

    With `lowering`, two of the eight lower the numbers of places meanwhile.
    """
    break_what(argument)

    def prepare(store: Store, turn: int, draw: random.Random) -> Callable[[], None]:
        if argument == "lowering" and number < 2:
            return lambda: lower(store, turn, number)
        seen = store.version()
        mine = [(case, "admit") for case in open_cases(store, "applied")[number::8]]
        mine += [(case, "offer") for case in open_cases(store, "waitlisted")[number::8]]
        draw.shuffle(mine)
        return lambda: give(store, turn, mine, draw, seen)

    rounds(folder, number, prepare)


def give(store: Store, turn: int, mine: list, draw: random.Random, seen: int) -> None:
    """Give each a place if there is one; who is offered one accepts at once or a little later."""
    today = store.today()
    for case, what in mine:
        status = Status.ADMITTED if what == "admit" else Status.OFFERED
        told = {"on_date": today, "reason": "x", "seen": draw.choice([None, seen])}
        given = attempt(store, turn, what, case, decisions.decide, case, status, **told)
        if given and what == "offer":
            time.sleep(draw.choice([0, 0.01]))
            accepted = case, Status.ADMITTED
            attempt(store, turn, "accept", case, decisions.decide, *accepted, on_date=today)


def lower(store: Store, turn: int, number: int) -> None:
    """Take places away one at a time, of the initiative or of the cohort with its own number."""
    own = store.find("cohort", code=OWN)["id"]
    whole = store.get("cohort", own)["initiative_id"]
    for _ in range(8):
        if number:
            fewer = store.get("cohort", own)["places"] - 1
            attempt(store, turn, "set_places", fewer, place_changes.set_places, own, fewer, "x")
        else:
            fewer = store.get("initiative", whole)["capacity"] - 1
            attempt(
                store, turn, "set_capacity", fewer, place_changes.set_capacity, whole, fewer, "x"
            )


# --- two who carry out what they tried ------------------------------------------------------------


def carries(folder: Path, number: int, argument: str) -> None:
    """Carry a scenario out while another process does; three kinds, the next in each round.

    Both the same with a withdrawal in it; one of three and one of two of the same queue; four and
    seven places of two cohorts, of ten that are free.
    """

    def prepare(store: Store, turn: int, draw: random.Random) -> Callable[[], None]:
        code = WIDE if turn % 3 == 2 and number else OWN
        cohort = store.find("cohort", code=code)
        known = places.cases(store, cohort["initiative_id"])
        line = [one.enrolment_id for one in places.queue(store, cohort, known, store.today())]
        held = [
            row["id"]
            for row in store.rows("enrolment", "cohort_id = ?", [cohort["id"]])
            if capacity.holds_place_on(known[row["id"]], store.today())
        ]
        wanted = [
            Wanted(withdraw=(held[0],), offers=tuple(line[:3])),
            Wanted(offers=tuple(line[: 3 - number])),
            Wanted(offers=tuple(line[: 7 if number else 4])),
        ][turn % 3]
        seen = draw.choice([None, store.version()])
        many = len(wanted.withdraw) + len(wanted.offers)
        given = cohort["id"], wanted, "x"
        return lambda: attempt(store, turn, "carry_out", many, carry_out, *given, seen=seen)

    rounds(folder, number, prepare)


# --- all at once ----------------------------------------------------------------------------------


def mixes(folder: Path, number: int, argument: str) -> None:
    """Everything that can happen to a place, for as many seconds, while half a year passes."""
    seconds, _, broken = argument.partition(",")
    break_what(broken)
    path, epoch = next(folder.glob("*.db")), (folder / "all").stat().st_mtime

    def clock() -> datetime:
        return NOW + (time.time() - epoch) / float(seconds) * DAYS * DAY

    with open_store(path, demo.SYSTEM, clock=clock) as store:
        say("ready")
        wait_for_start(folder / "all")
        draw = random.Random(f"{number} {epoch}")
        while time.time() - epoch < float(seconds):
            mix(store, draw)
    say("done", number)


def mix(store: Store, draw: random.Random) -> None:
    """One step at random."""
    steps = {
        "admit": 5, "wait": 3, "offer": 6, "accept": 5, "turn_down": 2, "withdraw": 3, "move": 2,
        "create": 2, "set_capacity": 1, "set_places": 1, "free": 1, "undo": 2, "carry_out": 2,
    }  # fmt: skip
    verb = draw.choices([*steps], [*steps.values()])[0]
    if verb in MOVES:
        decide(store, verb, draw)
    else:
        globals()[f"_{verb}"](store, draw)


MOVES = {
    "admit": (Status.ADMITTED, ["applied"]),
    "wait": (Status.WAITLISTED, ["applied"]),
    "offer": (Status.OFFERED, ["waitlisted"]),
    "accept": (Status.ADMITTED, ["offered"]),
    "turn_down": (Status.WITHDRAWN, ["offered"]),
    "withdraw": (Status.WITHDRAWN, ["admitted", "waitlisted"]),
}


def decide(store: Store, what: str, draw: random.Random) -> None:
    status, known = MOVES[what]
    cases = open_cases(store, *known)
    if not cases:
        return
    case, today = draw.choice(cases), store.today()
    told = {"on_date": today, "reason": "x", "seen": draw.choice([None, store.version()])}
    if what == "offer":
        told["answer_by"] = today + draw.choice([2, 10, 30]) * DAY
    attempt(store, 0, what, case, decisions.decide, case, status, **told)


def _cohort(store: Store, draw: random.Random) -> Row:
    return draw.choice(store.rows("cohort", "code IN (?, ?)", [OWN, WIDE]))


def _move(store: Store, draw: random.Random) -> None:
    case = draw.choice(open_cases(store, "applied", "waitlisted", "offered", "admitted") or [1])
    cohort = _cohort(store, draw)
    what = f"move_{cohort['code']}"
    attempt(store, 0, what, case, decisions.move_cohort, case, cohort["id"], "x")


def _create(store: Store, draw: random.Random) -> None:
    home, cohort_id = draw.choice(store.rows("municipality"))["id"], _cohort(store, draw)["id"]
    told = {"received_on": store.today()}
    attempt(store, 0, "create", home, enrolments.create, cohort_id, home, **told)


def _set_capacity(store: Store, draw: random.Random) -> None:
    number, whole = draw.randint(16, 22), store.find("cohort", code=OWN)["initiative_id"]
    attempt(store, 0, "set_capacity", number, place_changes.set_capacity, whole, number, "x")


def _set_places(store: Store, draw: random.Random) -> None:
    number, own = draw.randint(5, 12), store.find("cohort", code=OWN)["id"]
    attempt(store, 0, "set_places", number, place_changes.set_places, own, number, "x")


def _free(store: Store, draw: random.Random) -> None:
    case = draw.choice(open_cases(store, "withdrawn") or [1])
    attempt(store, 0, "free", case, place_changes.free, case, "x")


def _undo(store: Store, draw: random.Random) -> None:
    rows = store.rows("history", "action <> 'facts.load'", order="id DESC LIMIT 60")
    attempt(store, 0, "undo", 0, Store.revert, draw.choice(rows)["operation"])


def _carry_out(store: Store, draw: random.Random) -> None:
    cohort = _cohort(store, draw)
    with store.db.atomic():  # as they are at one moment
        known = places.cases(store, cohort["initiative_id"])
        queue = places.queue(store, cohort, known, store.today())
    line = [one.enrolment_id for one in queue]
    wanted = Wanted(offers=tuple(line[: draw.randint(1, 3)]))
    attempt(store, 0, "carry_out", 0, carry_out, cohort["id"], wanted, "x")


writers.TASKS |= {work.__name__: work for work in (rush, carries, mixes)}

if __name__ == "__main__":
    TOGETHER = multiprocessing.get_context("fork").Barrier(int(sys.argv[3]))
    sys.exit(writers.main(*sys.argv[1:]))
