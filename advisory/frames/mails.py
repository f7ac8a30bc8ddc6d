"""The mails about meetings: the rules, what goes to whom, and how many got what."""

from datetime import UTC, datetime

import pandas as pd

from ..domain import messages as rules
from ..domain.signups import State
from ..store import Row, Store
from ..store.messages import meeting_of, rule_of
from .typed import INSTANT, frame, instants_of, per_version, reads

STATES = ("due", "sending", "sent", "failed", "skipped", "uncertain")
MAIL_RULES = {
    "rule_id": "int64",
    "activity_id": "int64",
    "kind": "str",
    "position": "int64",
    "anchor": "str",
    "days": "int64",
    "at": "str",
    "minutes": "int64",
    "active": "bool",
    "due_at": INSTANT,
    **dict.fromkeys(STATES, "int64"),
    "subject_da": "str",
    "body_da": "str",
    "subject_en": "str",
    "body_en": "str",
    "version": "int64",
}
MESSAGES = {
    "message_id": "int64",
    "activity_id": "int64",
    "signup_id": "int64",
    "name": "str",
    "email": "str",
    "kind": "str",
    "due_at": INSTANT,
    "next_at": INSTANT,
    "state": "str",
    "reason": "str",
    "detail": "str",
    "attempts": "int64",
    "sent_at": INSTANT,
    "version": "int64",
}
MESSAGE_COUNTS = {
    "activity_id": "int64",
    "kind": "str",
    "state": "str",
    "reason": "str",
    "messages": "int64",
}
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
# Between them they get every timed mail: one with a seat who came, and one who waits.
EARLY = (
    rules.Guest(State.SEAT, LONG_AGO, LONG_AGO, present=True),
    rules.Guest(State.WAITING, LONG_AGO, LONG_AGO),
)


@reads("read.people")
@per_version
def mail_rules(store: Store, activity_id: int | None = None) -> pd.DataFrame:
    """One row per mail rule of a meeting, or of all, in the order of the rules.

    Columns: see `MAIL_RULES`. `due_at` is when a timed mail goes to those who signed up in good
    time; missing for one that goes at once and for a cancelled meeting. The states count mails.
    """
    where, args = _of("activity_id", activity_id)
    meetings = {row["id"]: meeting_of(row) for row in store.rows("activity")}
    found = store.rows("mail_rule", where, args, order="activity_id, position, id")
    counts = message_counts(store, activity_id)
    sums = counts.groupby(["activity_id", "kind", "state"])["messages"].sum().to_dict()
    for row in found:
        row["rule_id"], row["active"], row["at"] = row["id"], bool(row["active"]), row["at"] or ""
        row["due_at"] = _due_at(rule_of(row), meetings[row["activity_id"]])
        for state in STATES:
            row[state] = int(sums.get((row["activity_id"], row["kind"], state), 0))
    return frame(MAIL_RULES, {name: [row[name] for row in found] for name in MAIL_RULES})


def _due_at(rule: rules.Rule, meeting: rules.Meeting) -> datetime | None:
    if rule.anchor == "event":
        return None
    intents = [
        intent for guest in EARLY for intent in rules.wanted([rule], meeting, guest, LONG_AGO)
    ]
    return intents[0].due_at if intents else None


@reads("read.people")
@per_version
def messages(store: Store, activity_id: int | None = None) -> pd.DataFrame:
    """One row per mail that should, did or did not go to somebody, by the time it is due.

    Columns: see `MESSAGES`. `reason` is a key of the texts in `mail_reason`, empty where there is
    none; `detail` is what the mail server said.
    """
    where, args = _of("m.activity_id", activity_id)
    rows = store.db.execute(
        "SELECT m.id, m.activity_id, m.signup_id, p.name, coalesce(p.email, ''), m.kind, m.due_at,"
        " m.next_at, m.state, coalesce(m.reason, ''), coalesce(m.detail, ''), m.attempts,"
        " m.sent_at, m.version FROM message m JOIN signup s ON s.id = m.signup_id"
        f" JOIN person p ON p.id = s.person_id WHERE {where} ORDER BY m.due_at, m.id",
        args,
    ).fetchall()
    data: Row = dict(zip(MESSAGES, zip(*rows)))
    for name in ("due_at", "next_at", "sent_at"):
        data[name] = instants_of(data.get(name, ()))
    return frame(MESSAGES, data)


@reads("read.people")
@per_version
def message_counts(store: Store, activity_id: int | None = None) -> pd.DataFrame:
    """How many mails of a kind are in a state for a reason, per meeting; none is no row.

    Columns: see `MESSAGE_COUNTS`.
    """
    where, args = _of("activity_id", activity_id)
    rows = store.db.execute(
        "SELECT activity_id, kind, state, coalesce(reason, ''), count(*) FROM message"
        f" WHERE {where} GROUP BY activity_id, kind, state, reason"
        " ORDER BY activity_id, kind, state, reason",
        args,
    ).fetchall()
    return frame(MESSAGE_COUNTS, dict(zip(MESSAGE_COUNTS, zip(*rows))))


def _of(column: str, activity_id: int | None) -> tuple[str, list[int]]:
    return ("1", []) if activity_id is None else (f"{column} = ?", [activity_id])
