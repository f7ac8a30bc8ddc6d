"""Whether what stands in a database may be put before others: each check as in `checks`."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from ..domain.roles import GIVEN
from . import Store
from .checks import Check
from .instants import instant, stamp

SENT_WITHIN = timedelta(hours=2)  # of being due, however slow the mail server is


def checks(store: Store, *, by_account: bool) -> Iterator[Check]:
    """The checks; `by_account` says whether people sign in at their organisation's provider."""
    yield Check("no_demo", not store.is_demo)
    yield Check("administrator", _active("role = 'administrator'", store) > 0)
    without = 0 if by_account else _active("id NOT IN (SELECT user_id FROM credential)", store)
    yield Check("sign_in", not without, {"users": without})
    waiting = _waiting_since(store)
    late = waiting is not None and waiting < store.now() - SENT_WITHIN
    age = store.now() - waiting if waiting is not None and late else timedelta()
    yield Check("outbox", not late, {"hours": int(age.total_seconds() // 3600)})


def _active(where: str, store: Store) -> int:
    """How many people, not counting the system's own, have access and are such."""
    given = ", ".join("?" * len(GIVEN))
    return store.db.execute(
        f"SELECT count(*) FROM app_user WHERE active AND role IN ({given}) AND {where}", GIVEN
    ).fetchone()[0]


def _waiting_since(store: Store) -> datetime | None:
    """When the mail was due that has waited longest of those that may go; None without any."""
    now = stamp(store.now())
    found = store.db.execute(
        "SELECT min(coalesce(next_at, due_at)) FROM message"
        " WHERE state = 'due' AND reason IS NOT 'not_allowed' AND coalesce(next_at, due_at) <= ?",
        [now],
    ).fetchone()[0]
    return instant(found) if found else None
