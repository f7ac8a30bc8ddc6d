"""Optag at 2,000 applications: its frames, a decision, and the page in a real browser.

The frames and the decision take the processor's time, as in `frames`, and are taken at 200
applications in the same run. The page is measured as in `pages`, on this machine, against an empty
Panel page served in the same minutes.
"""

from collections.abc import Callable, Iterator, Set
from datetime import date, datetime, timedelta
from functools import partial
from itertools import count, islice
from pathlib import Path

from advisory import frames
from advisory.domain.calendar import add_months
from advisory.domain.enrolments import Status
from advisory.frames import typed
from advisory.frames.standing import standing_of
from advisory.settings import shipped
from advisory.store import Store, decisions, demo, open_store, seed

from . import browser, databases, servers
from .browser import Target
from .databases import BEGUN, TODAY, Row
from .frames import _from_nothing, _milliseconds
from .results import Result, median

SIZES = (200, 2_000)
FIRST_ID = 10_000
COHORTS = {200: 3, 2_000: 21}
PLACES = 40
WITH = "2,000 applications with decisions, in 21 rounds"
READS = f"frames of {WITH}, each read from nothing (processor time)"
AGAIN = f"frames of {WITH}, on top of what they are made from (processor time)"
WRITES = f"decisions at {WITH} (processor time)"
PAGES = f"Optag at {WITH}, over the invented cases, on this machine"
FRAMES = {  # whether of one round, and what each keeps of its own
    "applications of all rounds": (frames.applications, False, ("applications",)),
    "applications of a round": (frames.applications, True, ("applications",)),
    "waiting": (frames.waiting, True, ("waiting",)),
    "ledger": (frames.ledger, False, ("ledger",)),
    "rounds": (frames.rounds, False, ("rounds",)),
    "standing_of": (standing_of, True, ()),
}
EMPTY, OPTAG = "empty Panel page", "Optag"
# What is recorded of each tenth application after it was received, and how many days later.
WAYS: tuple[tuple[tuple[str, int], ...], ...] = (
    *[(("admitted", 20), ("withdrawn", 30))] * 4,
    (("waitlisted", 30),),
    *[(("waitlisted", 10), ("offered", 20))] * 2,
    *[(("declined", 30),)] * 2,
    (),
)
OPEN = 100  # every so manyth of all has an offer that stands open; the others lapsed


def measure(folder: Path, *, quick: bool) -> Iterator[Result]:
    """The frames and the decisions at both sizes; then the page at the larger."""
    rounds = 3 if quick else 9
    taken = {size: _at_size(folder / f"intake-{size}.db", size, rounds) for size in SIZES}
    few, many = (taken[size] for size in SIZES)
    for (part, what), value in many.items():
        note = f"200: {few[part, what]:,.1f} ms; x {value / few[part, what]:.1f} to 2,000"
        yield Result(part, what, value, "ms", 100 if part == AGAIN else None, note=note)
    invented = databases.invented(folder / "demo.db")
    with databases.opened(invented) as store:
        add(store, SIZES[-1])
    yield from _pages(invented, 3 if quick else 7)


def many(path: Path, applications: int) -> Path:
    """A database of so many applications at `path`, and the public facts."""
    with open_store(path, demo.SYSTEM, clock=lambda: BEGUN - timedelta(days=1)) as store:
        seed.load_facts(store, shipped("data"))
        users = [databases._user(number) for number in range(1, 3)]
        databases._Writing(store, with_history=False).add("app_user", users)
        store.db.conn.commit()
        add(store, applications)
    return path


def add(store: Store, applications: int) -> None:
    """Add so many applications past the verbs, in rounds a month apart; a third have not begun.

    `WAYS` tells what became of them. There are places for those who hold one today.
    """
    store.actor = demo.SYSTEM
    with store.write("places.edit"):
        store.update("initiative", 1, {"capacity": PLACES})
    writing = databases._Writing(store, with_history=True)
    for table, rows in _tables(store, applications):
        writing.add(table, list(rows))
    store.db.conn.commit()


def _tables(store: Store, applications: int) -> Iterator[tuple[str, Iterator[Row]]]:
    known = {row["code"] for row in store.rows("cohort")}
    cohorts = list(_cohorts(COHORTS[applications], known))
    homes = [row["id"] for row in store.rows("municipality")]
    pairs = ((cohort, home) for home in homes for cohort in cohorts)
    placed = list(enumerate(islice(pairs, applications), FIRST_ID))
    yield "cohort", iter(cohorts)
    yield "enrolment", (_application(number, *pair) for number, pair in placed)
    ids = count(FIRST_ID)
    yield (
        "enrolment_status",
        (row for number, (cohort, _) in placed for row in _statuses(ids, number, cohort)),
    )
    yield "place_change", (_change(FIRST_ID + number) for number in range(1, applications // 50))


def _cohorts(wanted: int, known: Set[str]) -> Iterator[Row]:
    """Rounds a month apart, without the codes that are `known`."""
    first = add_months(TODAY.replace(day=1), wanted // 3 - wanted)
    starts = (add_months(first, number) for number in count())
    codes = ((f"{start:%Y-%m}", start) for start in starts)
    for number, (code, start) in enumerate(islice((c for c in codes if c[0] not in known), wanted)):
        yield {
            "id": 100 + number,
            "initiative_id": 1,
            "code": code,
            "starts_on": start.isoformat(),
            "months": databases.MONTHS,
            "apply_by": add_months(start, -4).isoformat(),
            "places": None,
            "source": "bench",
        }


def _application(number: int, cohort: Row, municipality_id: int) -> Row:
    return {
        "id": number,
        "cohort_id": cohort["id"],
        "municipality_id": municipality_id,
        "consultant_id": 1 + number % 2,
        "prior_experience": "some" if number % 3 else None,
        "goal": "Flere peers i de botilbud, der findes" if number % 4 else None,
        "motivation": "Peers skal være en del af hverdagen",
        "commitment": number % 2,
        "reviewed_on": TODAY.isoformat() if number % 5 else None,
    }


def _received(number: int, cohort: Row) -> date:
    start = date.fromisoformat(cohort["starts_on"])
    return min(add_months(start, -6), TODAY - timedelta(days=60)) + timedelta(days=number % 25)


def _statuses(ids: Iterator[int], number: int, cohort: Row) -> Iterator[Row]:
    received = _received(number, cohort)
    until = (TODAY if number % OPEN == 5 else received) + timedelta(days=30)
    for status, after in (("applied", 0), *WAYS[number % len(WAYS)]):
        day = received + timedelta(days=after)
        yield {
            "id": next(ids),
            "enrolment_id": number,
            "status": status,
            "on_date": day.isoformat(),
            "reason": "Aftalt",
            "actor": f"Konsulent {1 + number % 2}",
            "answer_by": until.isoformat() if status == "offered" else None,
            "recorded_at": datetime.combine(day, BEGUN.timetz()).isoformat(timespec="microseconds"),
        }


def _change(number: int) -> Row:
    day = TODAY - timedelta(days=number - FIRST_ID)
    return {
        "id": number,
        "initiative_id": 1,
        "cohort_id": 100,
        "kind": "places",
        "before": None if number % 2 else PLACES,
        "after": PLACES if number % 2 else None,
        "on_date": day.isoformat(),
        "recorded_at": datetime.combine(day, BEGUN.timetz()).isoformat(timespec="microseconds"),
        "reason": "Aftalt",
        "actor": "Konsulent 1",
    }


def _at_size(path: Path, applications: int, rounds: int) -> dict[tuple[str, str], float]:
    """Milliseconds by part and what is measured, medians of `rounds`."""
    taken = {}
    with databases.opened(many(path, applications)) as store:
        cohort = _coming(store)
        for name, (frame, of_one, _) in FRAMES.items():
            args = (cohort,) if of_one else ()
            _from_nothing(frame, store, *args)
            times = (_from_nothing(frame, store, *args) for _ in range(rounds))
            taken[READS, name] = median(times)
        for name, (frame, of_one, own) in FRAMES.items():
            read = partial(frame, store, *((cohort,) if of_one else ()))
            taken[AGAIN, name] = median(_own(read, own) for _ in range(rounds))
        store.actor = demo.SYSTEM
        waiting = frames.waiting(store, cohort)["enrolment_id"].tolist()
        for name, status in (("offer a place", Status.OFFERED), ("accept it", Status.ADMITTED)):
            times = (_decided(store, case, status) for case in waiting[:rounds])
            taken[WRITES, name] = median(times)
    return taken


def _own(read: Callable[[], object], own: tuple[str, ...]) -> float:
    """The frame itself; what it is made from was read the first time and is kept."""
    read()
    for key in [key for key in typed._kept if not set(own).isdisjoint(map(str, key))]:
        del typed._kept[key]
    return _milliseconds(read)


def _decided(store: Store, case: int, status: Status) -> float:
    return _milliseconds(
        lambda: decisions.decide(store, case, status, on_date=TODAY, reason="Aftalt")
    )


def _coming(store: Store) -> str:
    """The round in which most wait of those that have not begun."""
    found = frames.rounds(store)
    coming = found[found["starts_on"] > TODAY.isoformat()]
    return str(coming.sort_values("waiting")["cohort"].iloc[-1])


def _pages(db: Path, rounds: int) -> Iterator[Result]:
    """First visits with an empty cache, in turns."""
    with databases.opened(db) as store:
        cohort = _coming(store)
    with servers.site(db) as site, servers.empty() as empty, browser.chromium() as chromium:
        content = ("h1", ".places-ledger h2", ".what-if h2")
        targets = [
            Target(EMPTY, empty.address, ("p",), browser.BOKEH_IDLE),
            Target(OPTAG, f"{site.address}/optag?hold={cohort}", content),
        ]
        for target in targets:
            browser.visits(chromium, target)  # the first visit of all warms the server
        taken: dict[str, list[browser.Visit]] = {target.name: [] for target in targets}
        for number in range(rounds):
            for target in targets if number % 2 else reversed(targets):
                taken[target.name].append(browser.visits(chromium, target)[0])
    for what, limit in (("paint", None), ("content", 300), ("live", None)):
        ours, floor = (median(getattr(one, what) for one in taken[n]) for n in (OPTAG, EMPTY))
        note = f"x {ours / floor:.1f} of the empty page's {floor:,.0f} ms"
        yield Result(PAGES, f"{OPTAG}: {what}, cold", ours, "ms", limit, note=note)
    visits = taken[OPTAG]
    size = median(one.bytes for one in visits) / 1e6
    yield Result(PAGES, f"{OPTAG}: bytes, cold", size, "MB", 0.8)
    shift = max(one.shift for one in visits)
    yield Result(PAGES, f"{OPTAG}: layout shift, the most", round(shift, 4), limit=0)
