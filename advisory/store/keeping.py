"""How long the people who sign up for a meeting are kept, as they are promised."""

from datetime import date

from ..domain import calendar
from .instants import instant
from .records import Records, Row


def delete_after(activity: Row) -> date:
    """The last day on which the people of a meeting are kept: its months after it."""
    return calendar.add_months(
        calendar.local_date(instant(activity["ends_at"])), activity["keep_months"]
    )


def keep(store: Records, activity: Row, *, longer: bool) -> None:
    """Keep those who have signed up as the meeting says now; only with `longer` past a promise.

    A meeting that is moved takes the day with it; other months for those to come are no reason to
    keep the others longer than they were told.
    """
    day = delete_after(activity).isoformat()
    for signup in store.rows("signup", "activity_id = ?", [activity["id"]]):
        promised = store.get("person", signup["person_id"])["delete_after"]
        kept = day if longer else min(day, promised)
        store.update("person", signup["person_id"], {"delete_after": kept})


def due_on(store: Records, activity: Row) -> date:
    """The last day for all of a meeting: the first that anyone there was promised."""
    first = store.db.execute(
        "SELECT min(p.delete_after) FROM signup s JOIN person p ON p.id = s.person_id"
        " WHERE s.activity_id = ?",
        [activity["id"]],
    ).fetchone()[0]
    day = delete_after(activity)
    return min(day, date.fromisoformat(first)) if first else day
