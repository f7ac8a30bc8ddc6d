"""The mails people should get: one row per person and mail, brought in line with the rules.

`plan` is called by every verb that changes what a mail depends on, in the same transaction, so
that a change and its mails are saved together or not at all. Sending is in `outbox`.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import time

from ..domain import messages as rules
from ..domain.signups import ON_THE_LIST, State
from .instants import instant, stamp
from .presence import presence
from .records import Records, Row

Kind = rules.Kind
OPEN = frozenset({"due", "skipped"})  # the rest has happened, or is for a person to see to
AS_IT_STANDS = frozenset({"link_missing", "not_present"})  # reasons that hold only while wanted


def plan(store: Records, activity_id: int, signup_ids: Iterable[int] | None = None) -> None:
    """Bring the mails of a meeting, all or of some sign-ups, in line with its rules.

    What has been sent, is being sent or may have been is left alone. A mail that is no longer
    wanted stays as skipped, with the reason.
    """
    activity = store.get("activity", activity_id)
    meeting = meeting_of(activity)
    own = [rule_of(row) for row in store.rows("mail_rule", "activity_id = ?", [activity_id])]
    there = presence(store, activity) if store.now() >= meeting.starts_at else {}
    signups, written = _signups(store, activity_id, signup_ids)
    silent = silent_addresses(store)
    people = _people(store, signups)
    for signup in signups:
        guest = _guest(
            signup,
            has_address=signup["email_key"] is not None,
            no_mail=bool(people[signup["person_id"]]["no_mail"]) or signup["email_key"] in silent,
            present=there[signup["id"]].present if signup["id"] in there else None,
        )
        intents = rules.wanted(own, meeting, guest, store.now())
        _write(store, signup, intents, written[signup["id"]])


def to_be_told(store: Records, activity_id: int, kind: Kind) -> set[int]:
    """The sign-ups to whom a mail of this kind is still to go."""
    rows = store.rows(
        "message",
        "activity_id = ? AND kind = ? AND state IN ('due', 'sending')",
        [activity_id, str(kind)],
    )
    return {row["signup_id"] for row in rows}


def renew(store: Records, signup_id: int) -> None:
    """Let the mails that could not be delivered go again; for an address that has been mended."""
    for row in store.rows("message", "signup_id = ? AND state = 'failed'", [signup_id]):
        again = {"state": "due", "attempts": 0, "next_at": None, "reason": None, "detail": None}
        store.update("message", row["id"], again)


def meeting_of(activity: Row) -> rules.Meeting:
    """What the mails need to know of a record of `activity`."""
    by, moved, cancelled, linked = (
        instant(activity[name]) if activity[name] else None
        for name in ("signup_by", "moved_at", "cancelled_at", "link_at")
    )
    return rules.Meeting(
        starts_at=instant(activity["starts_at"]),
        ends_at=instant(activity["ends_at"]),
        signup_by=by,
        moved_at=moved,
        cancelled_at=cancelled,
        has_link=activity["link"] is not None,
        link_at=linked,
    )


def rule_of(row: Row) -> rules.Rule:
    """A record of `mail_rule` as a rule."""
    return rules.Rule(
        rules.Kind(row["kind"]),
        row["anchor"],
        days=row["days"],
        at=time.fromisoformat(row["at"]) if row["at"] else None,
        minutes=row["minutes"],
        active=bool(row["active"]),
    )


def _guest(signup: Row, *, has_address: bool, no_mail: bool, present: bool | None) -> rules.Guest:
    return rules.Guest(
        state=State(signup["state"]),
        since=instant(signup["since_at"]),
        created_at=instant(signup["created_at"]),
        asked_at=instant(signup["asked_at"]) if signup["asked_at"] else None,
        has_address=has_address,
        no_mail=no_mail,
        present=present,
    )


def _signups(
    store: Records, activity_id: int, signup_ids: Iterable[int] | None
) -> tuple[list[Row], dict[int, list[Row]]]:
    """The sign-ups to plan for, and what has been written for each of them."""
    if signup_ids is None:
        signups = store.rows("signup", "activity_id = ?", [activity_id])
        messages = store.rows("message", "activity_id = ?", [activity_id])
    else:
        ids = list(signup_ids)
        marks = ", ".join("?" * len(ids))
        signups = store.rows("signup", f"id IN ({marks})", ids)
        messages = store.rows("message", f"signup_id IN ({marks})", ids)
    written = defaultdict(list)
    for row in messages:
        written[row["signup_id"]].append(row)
    return signups, written


def _people(store: Records, signups: Sequence[Row]) -> dict[int, Row]:
    ids = [signup["person_id"] for signup in signups]
    rows = store.rows("person", f"id IN ({', '.join('?' * len(ids))})", ids)
    return {row["id"]: row for row in rows}


def silent_addresses(store: Records) -> set[str]:
    """The addresses, in lower case, of those who have asked for no mails."""
    rows = store.rows("person", "no_mail = 1 AND email IS NOT NULL")
    return {row["email"].lower() for row in rows}


def _write(
    store: Records, signup: Row, intents: Sequence[rules.Intent], written: Sequence[Row]
) -> None:
    """Write, change or set aside the mails of one sign-up."""
    found = {(row["kind"], row["occasion"]): row for row in written}
    keys = {(intent.kind, intent.occasion) for intent in intents}
    for key, row in found.items():
        if key not in keys and _is_to_go(row):
            _set_aside(store, row, _why_not(signup, row))
    for intent in intents:
        row = found.get((intent.kind, intent.occasion))
        if row is None:
            _add(store, signup, intent)
        elif row["state"] in OPEN:
            _change(store, row, intent)


def _is_to_go(row: Row) -> bool:
    return row["state"] == "due" or (row["state"] == "skipped" and row["reason"] in AS_IT_STANDS)


def _why_not(signup: Row, row: Row) -> str:
    """The reason for a mail that nothing calls for any more."""
    if row["kind"] == rules.Kind.THANKS:
        return "attendance_unknown"
    return "superseded" if signup["state"] in ON_THE_LIST else str(signup["state"])


def _add(store: Records, signup: Row, intent: rules.Intent) -> None:
    store.insert(
        "message",
        {
            "activity_id": signup["activity_id"],
            "signup_id": signup["id"],
            "kind": str(intent.kind),
            "occasion": intent.occasion,
            "due_at": stamp(intent.due_at),
            "state": "skipped" if intent.reason else "due",
            "reason": intent.reason,
        },
    )


def _change(store: Records, row: Row, intent: rules.Intent) -> None:
    """A mail whose time or reason is another now."""
    if intent.reason:
        _set_aside(store, row, intent.reason)
    elif row["state"] == "skipped":
        again = {"state": "due", "reason": None, "due_at": stamp(intent.due_at)}
        store.update("message", row["id"], again)
    else:
        store.update("message", row["id"], {"due_at": stamp(intent.due_at)})


def _set_aside(store: Records, row: Row, reason: str) -> None:
    changes = {"state": "skipped", "reason": reason, "next_at": None}
    store.update("message", row["id"], changes)
