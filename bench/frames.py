"""The frames at 20, 2,000 and 20,000 cases: how long a reading takes, and how that grows.

It is the processor's time that is taken: a reading waits for nothing else, so on an idle machine
that is the time it takes, and on a busy one it is not disturbed by what else runs.
"""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from advisory import frames
from advisory.frames import typed
from advisory.store import Store

from . import databases, meetings
from .results import Result, median

PART = "frames, each read anew (18 milestones, 3 statuses, 5 notes a case; processor time)"
FRAMES = (
    frames.milestones,
    frames.enrolments,
    frames.figures,
    frames.capacity,
    frames.deadlines,
    frames.actions,
    frames.map_places,
    frames.municipalities,
    frames.notes,
    frames.tasks,
    frames.contacts,
)
JUDGED = 2_000
OVERVIEW = "everything Overblik reads, from nothing"
OVERVIEW_READS = (
    frames.figures,
    frames.capacity,
    frames.actions,
    frames.map_places,
    frames.enrolments,
    frames.milestones,
)
MEETINGS = (
    "frames of meetings, each read from nothing (2,000 sign-ups, 10,000 mails; processor time)"
)
MEETING_FRAMES = (
    frames.meetings,
    frames.signups,
    frames.questions,
    frames.attendees,
    frames.imports,
    frames.mail_rules,
    frames.messages,
    frames.message_counts,
)
ROUND = "2025-08"
ROUND_FRAMES = (
    frames.funnel,
    frames.funnel_steps,
    frames.funnel_unmatched,
    frames.not_applied,
)
SIGNUPS = 2_000


def measure(folder: Path, *, quick: bool) -> Iterator[Result]:
    """Milliseconds of each frame at each size, on top of the frames it is made from."""
    sizes = (20, JUDGED) if quick else (20, JUDGED, 20_000)
    taken = {size: _at_size(folder, size, 1 if quick or size > JUDGED else 7) for size in sizes}
    for what in taken[JUDGED]:
        growth = [f"{size:,}: {taken[size][what]:,.1f} ms" for size in sizes if size != JUDGED]
        factor = taken[JUDGED][what] / taken[20][what]
        note = f"{', '.join(growth)}; x {factor:.1f} from 20 to 2,000"
        if len(sizes) > 2:
            note += f", x {taken[sizes[2]][what] / taken[JUDGED][what]:.1f} to 20,000"
        limit = None if what == OVERVIEW else 100
        yield Result(PART, f"{what}, 2,000 cases", taken[JUDGED][what], "ms", limit, note=note)
    yield from _meetings(folder, 3 if quick else 9)


def _meetings(folder: Path, rounds: int) -> Iterator[Result]:
    """Milliseconds of each frame of meetings with what it is made from."""
    path = meetings.many(folder / "signups.db", SIGNUPS)
    with databases.opened(path) as store:
        for frame, args in [(one, ()) for one in MEETING_FRAMES] + [
            (one, (ROUND,)) for one in ROUND_FRAMES
        ]:
            _from_nothing(frame, store, *args)
            taken = median(_from_nothing(frame, store, *args) for _ in range(rounds))
            yield Result(MEETINGS, f"{frame.__name__}, 2,000 sign-ups", taken, "ms", 100)
    path.unlink()


def _from_nothing(frame: Any, store: Store, *args: str) -> float:
    typed._kept.clear()
    return _milliseconds(lambda: frame(store, *args))


def _at_size(folder: Path, cases: int, rounds: int) -> dict[str, float]:
    """Milliseconds by name of the frame, medians of `rounds`."""
    path = databases.large(folder / f"cases-{cases}.db", cases)
    with databases.opened(path) as store:
        taken = {one.__name__: _own(one, store, rounds) for one in FRAMES}
        taken[OVERVIEW] = median(_overview(store) for _ in range(rounds))
    path.unlink()
    return taken


def _own(frame: Any, store: Store, rounds: int) -> float:
    """The frame itself; what it is made from was read the first time and is kept."""
    frame(store)
    return median(_milliseconds(lambda: frame.__wrapped__(store)) for _ in range(rounds))


def _overview(store: Store) -> float:
    typed._kept.clear()
    return _milliseconds(lambda: [frame(store) for frame in OVERVIEW_READS])


def _milliseconds(what: Callable[[], object]) -> float:
    started = time.process_time()
    what()
    return 1000 * (time.process_time() - started)
