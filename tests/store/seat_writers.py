"""More processes for the tests: `python seat_writers.py TASK DATABASE COUNT [ARGUMENT]`.

They begin each round together. Each line they say is who and what came of it.
"""

import multiprocessing
import random
import sys
import time
from datetime import datetime, timedelta
from pathlib import Path

import writers
from writers import NOW, say, wait_for_start

from advisory.domain import signups as rules
from advisory.domain.errors import AdvisoryError
from advisory.store import Store, demo, meetings, messages, open_store, signups

PEOPLE, PROCESSES = 40, 8
TOGETHER = multiprocessing.get_context("fork").Barrier(PROCESSES)
FAST = 180_000  # fifty hours pass in a second
messages.to_be_told = lambda *_asked: set()  # nobody sends mails here
BROKEN = {
    "place_for": lambda **_: rules.State.SEAT,
    "next_in_line": lambda queue, free: sorted(queue)[::-1][:free],
    "refuse_capacity": lambda capacity, taken: None,
}


def break_what(argument: str) -> None:
    """Take away what a control is to show the need of: the early lock, or one of the rules."""
    if argument == "deferred":
        Store._transaction = writers.deferred
    elif argument:
        setattr(rules, argument, BROKEN[argument])


def joins(path: Path, number: int, argument: str) -> None:
    """Sign 40 people up at each meeting: 5 of one's own, and again those of the next process.

    The second click of half of them is the same form, of the others another with their address.
    """
    break_what(argument)
    with open_store(path, demo.SYSTEM, clock=lambda: NOW) as store:
        meetings = [row["id"] for row in store.rows("activity", "source <> 'x' AND capacity = 10")]
        say("ready")
        wait_for_start(path)
        for activity_id in meetings:
            TOGETHER.wait(60)
            draw = random.Random(f"{activity_id} {number}")
            twice = [range(at, PEOPLE, PROCESSES) for at in (number, (number + 1) % PROCESSES)]
            clicks = [(person, again) for again, mine in enumerate(twice) for person in mine]
            draw.shuffle(clicks)
            for person, again in clicks:
                join(store, activity_id, person, again)
        say("done", number)


def join(store: Store, activity_id: int, person: int, again: int) -> None:
    key = f"{activity_id}-{person}-{again if person % 2 else 0}"
    email = f"{'P' if again else 'p'}{person}@x.example"
    try:
        placed = signups.sign_up(store, activity_id, name="P", email=email, form_key=key)
        say("placed", activity_id, placed.signup_id, person, placed.state, int(placed.new))
    except AdvisoryError as error:
        say("refused", error.key)


def mixes(path: Path, number: int, argument: str) -> None:
    """Sign up, leave, accept, decline, change the capacity, for as many seconds, all at random."""
    seconds, _, broken = argument.partition(",")
    break_what(broken)
    epoch = Path(f"{path}.epoch").stat().st_mtime

    def clock() -> datetime:
        return NOW + timedelta(seconds=(time.time() - epoch) * FAST)

    with open_store(path, demo.SYSTEM, clock=clock) as store:
        activity_id = store.rows("activity", "capacity = 10")[0]["id"]
        say("ready")
        wait_for_start(path)
        begun = time.time()
        draw = random.Random(f"{number} {begun}")
        while time.time() - begun < float(seconds):
            try:
                say("done", mix(store, activity_id, draw))
            except AdvisoryError as error:
                say("refused", error.key)


def mix(store: Store, activity_id: int, draw: random.Random) -> str:
    """One step at random; its name."""
    lot = draw.random()
    if lot < 0.4:
        email = f"p{draw.randrange(PEOPLE)}@x.example"
        signups.sign_up(store, activity_id, name="P", email=email)
        return "sign_up"
    if lot < 0.48:
        capacity = draw.choice([6, 8, 10, 12, None] if lot < 0.42 else [6, 8, 10, 12])
        meetings.edit(store, activity_id, {"capacity": capacity})
        return "capacity"
    if lot < 0.55:
        signups.settle(store)
        return "settle"
    states, verb = draw.choice(
        [
            (["offered"], signups.accept),
            (["offered"], signups.decline),
            (["seat", "waiting", "offered"], signups.withdraw),
            (["seat", "waiting", "offered"], signups.withdraw),
        ]
    )
    rows = [row for row in store.rows("signup") if row["state"] in states]
    if rows:
        verb(store, draw.choice(rows)["id"])
    return verb.__name__


writers.TASKS |= {work.__name__: work for work in (joins, mixes)}

if __name__ == "__main__":
    sys.exit(writers.main(*sys.argv[1:]))
