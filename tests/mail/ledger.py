"""What the database says of its mails, held against what the server has taken over."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime

from advisory.store import Store

from .post import Delivery


def faults(store: Store, delivered: Sequence[Delivery]) -> list[str]:
    """What is wrong once all has been tried: lost, sent twice, or not as it is written down."""
    times = Counter(one.message_id for one in delivered)
    rows = store.rows("message", "state <> 'skipped' AND due_at <= ?", [stamp(store.now())])
    found = [f"{row['id']} is {row['state']}" for row in rows if row["state"] in ("due", "sending")]
    allowed = {"sent": {1}, "uncertain": {0, 1}}
    for row in rows:
        number = times.pop(row["message_id"], 0)
        if number not in allowed.get(row["state"], {0}):
            found.append(f"{row['id']} is {row['state']} and came {number} times")
    unknown = [f"{message_id} is nobody's" for message_id in times]
    to = {row["message_id"]: row["email"] for row in addressed(store)}
    wrong = [
        f"{one.message_id} went to {one.recipient}"
        for one in delivered
        if to.get(one.message_id) != one.recipient
    ]
    return found + unknown + wrong


def stamp(at: datetime) -> str:
    """An instant as the store keeps it."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def addressed(store: Store) -> list[dict]:
    """The mails that have been tried, each with the address it is for."""
    people = {row["id"]: row["email"] for row in store.rows("person")}
    owners = {row["id"]: people[row["person_id"]] for row in store.rows("signup")}
    return [
        {**row, "email": owners[row["signup_id"]]}
        for row in store.rows("message", "message_id IS NOT NULL")
    ]


def states(store: Store) -> dict[str, int]:
    """How many mails of those that were due stand how."""
    rows = store.rows("message", "state <> 'skipped' AND due_at <= ?", [stamp(store.now())])
    return dict(Counter(row["state"] for row in rows))
