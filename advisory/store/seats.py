"""Seats at a meeting as the records have them, counted under the write lock."""

from ..domain import signups as rules
from ..domain.errors import NotFound, Refused
from .records import Records, Row


def meeting(store: Records, activity_id: int) -> Row:
    """The record of a meeting that people sign up for. Refuses any other with `not_found`.

    At the other activities peers and citizens are counted, never named.
    """
    activity = store.get("activity", activity_id)
    if activity["kind"] not in rules.MEETINGS:
        raise NotFound("not_found", table="activity", row_id=activity_id)
    return activity


def taken(store: Records, activity_id: int) -> int:
    """How many seats are held or offered."""
    return _count(store, activity_id, *rules.HOLDS_SEAT)


def waiting(store: Records, activity_id: int) -> int:
    """How many are on the waiting list without an offer."""
    return _count(store, activity_id, rules.State.WAITING)


def free(store: Records, activity: Row) -> int | None:
    """Seats neither held nor offered; None when there is no limit."""
    if activity["capacity"] is None:
        return None
    return rules.free_seats(activity["capacity"], taken(store, activity["id"]))


def _count(store: Records, activity_id: int, *states: str) -> int:
    marks = ", ".join("?" * len(states))
    return store.db.execute(
        f"SELECT count(*) FROM signup WHERE activity_id = ? AND state IN ({marks})",
        [activity_id, *states],
    ).fetchone()[0]


def position(store: Records, signup: Row) -> int | None:
    """Which one in the line of those who wait; None for who does not."""
    if signup["state"] != rules.State.WAITING:
        return None
    return store.db.execute(
        "SELECT count(*) FROM signup WHERE activity_id = ? AND state = ? AND queue <= ?",
        [signup["activity_id"], signup["state"], signup["queue"]],
    ).fetchone()[0]


def over(store: Records) -> dict[int, int]:
    """How many more than its capacity each meeting has given a seat; only where it is more."""
    marks = ", ".join("?" * len(rules.HOLDS_SEAT))
    rows = store.db.execute(
        "SELECT a.id, count(*) - a.capacity FROM activity a JOIN signup s ON s.activity_id = a.id"
        f" WHERE s.state IN ({marks}) GROUP BY a.id HAVING count(*) > a.capacity",
        [*rules.HOLDS_SEAT],
    )
    return dict(rows.fetchall())


def refuse_oversold(store: Records, before: dict[int, int]) -> None:
    """Refuse with `seats_taken` when more meetings, or by more, are oversold than `before`."""
    for activity_id, number in over(store).items():
        if number > before.get(activity_id, 0):
            raise Refused("seats_taken", title=store.get("activity", activity_id)["title"])


def next_number(store: Records, activity_id: int) -> int:
    """The number of the next to arrive; a number is not given twice at one meeting."""
    last = store.db.execute(
        "SELECT max(queue) FROM signup WHERE activity_id = ?", [activity_id]
    ).fetchone()[0]
    return (last or 0) + 1
