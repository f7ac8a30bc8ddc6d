"""The pages of the activities in a real browser, and their frames, at 2,000 activities.

The frames take the processor's time, as in `frames`. The pages are measured as in `pages`, on this
machine: from the start of the navigation until what is looked for is seen.
"""

from collections.abc import Iterator
from datetime import datetime, time, timedelta
from itertools import count
from pathlib import Path
from typing import Any

from advisory import frames
from advisory.domain.calendar import add_months, next_working_day, to_utc
from advisory.frames import typed
from advisory.store import Store

from . import browser, databases, servers
from .browser import Target
from .databases import Row
from .frames import _from_nothing, _milliseconds
from .results import Result, median

ACTIVITIES, CASES, FIRST_ID = 2_000, 200, 10_000
KINDS = ("workshop", "competence", "guidance")
AUDIENCES = ("staff", "peers", "citizens")
MEANWHILE = timedelta(hours=3)
WITH = "2,000 activities, 6,000 head counts"
READS = f"frames of {WITH}, 200 cases, each read from nothing (processor time)"
AGAIN = f"frames of {WITH}, on top of what they are made from (processor time)"
PAGES = f"pages at {WITH} over the invented cases, on this machine"
FRAMES = {  # with what each keeps of its own
    frames.activities: ("_activities", "_cases_frame"),
    frames.headcounts: ("_headcounts",),
    frames.served: ("_served",),
    frames.targets: ("targets",),
    frames.balance: ("_balance",),
    frames.gaps: ("_gaps",),
    frames.deliveries: (),
    frames.attendance_by_month: ("_attendance_by_month",),
    frames.activities_by_municipality: ("_activities_by_municipality",),
    frames.competence_hours: ("_competence_hours",),
}
MEGABYTES = 0.8


def measure(folder: Path, *, quick: bool) -> Iterator[Result]:
    """The frames, first as on a changed database, then as on one that stands; then the pages."""
    path = databases.large(folder / "cases.db", CASES)
    with databases.opened(path) as store:
        add(store, ACTIVITIES)
    yield from _frames(path, 3 if quick else 9)
    path.unlink()
    invented = databases.invented(folder / "demo.db")
    with databases.opened(invented) as store:
        add(store, ACTIVITIES)
    yield from _pages(invented, 3 if quick else 7)


def add(store: Store, activities: int) -> None:
    """Add so many activities past the verbs: in turn of every kind and for every case.

    They are spread over the programmes, each with three audiences of one case. What is over was
    held, and counted but for every fortieth.
    """
    writing = databases._Writing(store, with_history=False)
    cases = frames.enrolments(store).query("holds_place or status == 'active'")
    providers = [row["id"] for row in store.rows("organisation")]
    steps = {row["enrolment_id"]: row["id"] for row in store.rows("milestone")}
    placed = [
        (FIRST_ID + number, number, row)
        for number, row in zip(range(activities), _again(list(cases.itertuples(index=False))))
    ]
    starts = {one: _start(number, len(cases), row) for one, number, row in placed}
    writing.add(
        "activity",
        [
            _activity(one, number, starts[one], providers, row.consultant_id)
            for one, number, row in placed
        ],
    )
    served = [
        {
            "activity_id": one,
            "enrolment_id": row.enrolment_id,
            "milestone_id": steps[row.enrolment_id],
        }
        for one, _, row in placed
    ]
    writing.add("activity_enrolment", served)
    ids = count(FIRST_ID)
    writing.add(
        "headcount",
        [
            _headcount(next(ids), one, number, row.enrolment_id, audience, starts[one])
            for one, number, row in placed
            for audience in AUDIENCES
        ],
    )
    store.db.conn.commit()


def _again(rows: list[Any]) -> Iterator[Any]:
    while True:
        yield from rows


def _start(number: int, cases: int, row: Any) -> datetime:
    """A working day of the programme, a later one in each round over the cases."""
    months, turn = row.months, number // cases
    day = add_months(row.starts_on.date(), turn % months) + timedelta(days=number % 27)
    return to_utc(next_working_day(day), time(9 + number % 4, 0))


def _activity(
    activity_id: int, number: int, at: datetime, providers: list[int], consultant_id: int
) -> Row:
    kind, over = KINDS[number % 3], at < databases.NOON
    return {
        "id": activity_id,
        "kind": kind,
        "title": f"Aktivitet {number}",
        "starts_at": _stamp(at),
        "ends_at": _stamp(at + MEANWHILE),
        "first_starts_at": _stamp(at),
        "held_at": _stamp(at + MEANWHILE) if over else None,
        "place": "Medborgerhuset",
        "capacity": 20 if kind == "competence" else None,
        "provider_id": providers[number % len(providers)] if kind == "competence" else providers[0],
        "consultant_id": int(consultant_id),
        "public": 0,
        "uid": f"{activity_id}@bench.example",
        "source": "bench",
    }


def _headcount(
    row_id: int, activity_id: int, number: int, enrolment_id: int, audience: str, at: datetime
) -> Row:
    counted = at < databases.NOON and number % 40
    return {
        "id": row_id,
        "activity_id": activity_id,
        "enrolment_id": enrolment_id,
        "audience": audience,
        "planned": 6,
        "attended": number % 9 if counted else None,
    }


def _stamp(at: datetime) -> str:
    return at.isoformat(timespec="microseconds")


def _frames(path: Path, rounds: int) -> Iterator[Result]:
    with databases.opened(path) as store:
        for frame in FRAMES:
            _from_nothing(frame, store)
            taken = median(_from_nothing(frame, store) for _ in range(rounds))
            yield Result(READS, frame.__name__, taken, "ms")
        for frame, own in FRAMES.items():
            taken = median(_own(frame, own, store) for _ in range(rounds))
            yield Result(AGAIN, frame.__name__, taken, "ms", 100)


def _own(frame: Any, own: tuple[str, ...], store: Store) -> float:
    """The frame itself; what it is made from was read the first time and is kept."""
    frame(store)
    for key in [key for key in typed._kept if not set(own).isdisjoint(map(str, key))]:
        del typed._kept[key]
    return _milliseconds(lambda: frame(store))


def _pages(db: Path, rounds: int) -> Iterator[Result]:
    """First visits with an empty cache, in turns."""
    with servers.site(db) as site, browser.chromium() as chromium:
        targets = _targets(site.address)
        for target in targets:
            browser.visits(chromium, target)  # the first visit of all warms the server
        taken: dict[str, list[browser.Visit]] = {target.name: [] for target in targets}
        for number in range(rounds):
            for target in targets if number % 2 else reversed(targets):
                taken[target.name].append(browser.visits(chromium, target)[0])
    for name, visits in taken.items():
        for what, limit in (("paint", None), ("content", 300), ("live", None)):
            found = median(getattr(one, what) for one in visits)
            yield Result(PAGES, f"{name}: {what}, cold", found, "ms", limit)
        size = median(one.bytes for one in visits) / 1e6
        yield Result(PAGES, f"{name}: bytes, cold", size, "MB", MEGABYTES)
        shift = max(one.shift for one in visits)
        yield Result(PAGES, f"{name}: layout shift, the most", round(shift, 4), limit=0)


def _targets(site: str) -> list[Target]:
    month = f"{site}/aktiviteter?vis=maaned"
    return [
        Target("Aktiviteter", f"{site}/aktiviteter", ("h1", ".cal h2")),
        Target("Aktiviteter, a month", month, ("h1", ".cal h2")),
        Target("Aktivitet", f"{site}/aktivitet?id={FIRST_ID}", ("h1", ".heads h2")),
    ]
