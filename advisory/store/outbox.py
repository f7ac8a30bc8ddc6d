"""The mails on their way out: taken one at a time, marked before they leave and when they have.

A mail is `sending` on disk before the server hears of it. One that is found so when a run begins
was left by a sender that died: it may have arrived, so it stands as `uncertain` until a person
says which, and is never sent again by itself. Only the sender, who has the lock, calls the verbs
of `message.send`; `resolve` and `retry` are for people.
"""

import hashlib
import re
from collections.abc import Callable

from ..domain import messages as rules
from ..domain import personal
from ..domain.errors import Refused
from . import Row, Store, messages, signups
from .instants import stamp
from .letter import Letter, letter

LONGEST_DETAIL = 300
LETTERS = str.maketrans("0123456789", "ghijklmnop")
READY = "state = 'due' AND due_at <= ? AND (next_at IS NULL OR next_at <= ?)"
READY += " AND reason IS NOT 'not_allowed'"

Allowed = Callable[[str], bool]


def begin(store: Store, allowed: Allowed = bool) -> int:
    """Make ready for a run and return how many mails a sender that died has left uncertain.

    Offers lapse, free seats are offered, and what waited for an address to be allowed may go.
    """
    with store.write("message.send"):
        left = store.rows("message", "state = 'sending'")
        for row in left:
            store.update("message", row["id"], {"state": "uncertain", "reason": "sender_stopped"})
        signups.settle(store)
        for row in store.rows("message", "state = 'due' AND reason = 'not_allowed'"):
            if allowed(_person(store, row)["email"] or ""):
                store.update("message", row["id"], {"reason": None})
        return len(left)


def is_due(store: Store) -> bool:
    """Whether there is a mail to try now."""
    return _next(store) is not None


def held(store: Store) -> int:
    """How many mails wait because their address is not among the allowed."""
    return len(store.rows("message", "state = 'due' AND reason = 'not_allowed'"))


def claim(store: Store, *, domain: str = "localhost", allowed: Allowed = bool) -> Letter | None:
    """Take the mail that has been due longest and is still wanted; None when there is none.

    It is `sending` from then on. Its Message-ID, which ends in `domain`, stays the same however
    often it is tried. One to an address that is not `allowed` stays due and is passed over.
    """
    while True:
        with store.write("message.send"):
            row = _next(store)
            if row is None:
                return None
            found = _take(store, row, domain, allowed)
        if found is not None:
            return found


def sent(store: Store, message_id: int) -> Row:
    """The server has taken the mail over."""
    return _end(
        store,
        message_id,
        {"state": "sent", "sent_at": stamp(store.now()), "reason": None, "detail": None},
    )


def refused(store: Store, message_id: int, detail: str, *, reason: str = "refused") -> Row:
    """The mail will never be taken; `detail` is the server's words."""
    return _end(store, message_id, {"state": "failed", "reason": reason, "detail": detail})


def deferred(store: Store, message_id: int, detail: str) -> Row:
    """The mail was not taken this time: it is tried again later, or after many times given up."""
    attempts = store.get("message", message_id)["attempts"]
    again = rules.retry_at(store.now(), attempts)
    if again is None:
        return refused(store, message_id, detail, reason="given_up")
    changes = {"state": "due", "reason": "retry", "next_at": stamp(again)}
    return _end(store, message_id, {**changes, "detail": detail})


def released(store: Store, message_id: int) -> Row:
    """The mail is due as before it was taken: the server wanted nothing from us at all."""
    attempts = store.get("message", message_id)["attempts"]
    return _end(store, message_id, {"state": "due", "attempts": attempts - 1})


def uncertain(store: Store, message_id: int, detail: str) -> Row:
    """The mail was handed over and no answer came: it may have arrived."""
    changes = {"state": "uncertain", "reason": "reply_lost", "detail": detail}
    return _end(store, message_id, changes)


def resolve(store: Store, message_id: int, *, sent: bool, version: int | None = None) -> Row:
    """Say of an uncertain mail that it arrived, or let it go again; returns it as it now is.

    Refuses with `mail_not_uncertain`.
    """
    with store.write("message.edit"):
        row = _in_state(store, message_id, "uncertain", version)
        if not sent:
            return _again(store, row)
        changes = {"state": "sent", "sent_at": stamp(store.now()), "reason": None, "detail": None}
        return store.update("message", message_id, changes)


def retry(store: Store, message_id: int, *, version: int | None = None) -> Row:
    """Let a mail that failed go again; returns it as it now is. Refuses with `mail_not_failed`."""
    with store.write("message.edit"):
        return _again(store, _in_state(store, message_id, "failed", version))


def _next(store: Store) -> Row | None:
    now = stamp(store.now())
    found = store.rows("message", READY, [now, now], order="due_at, id LIMIT 1")
    return found[0] if found else None


def _take(store: Store, row: Row, domain: str, allowed: Allowed) -> Letter | None:
    """Mark the mail as being sent, unless it is no longer wanted or may not go."""
    if row["kind"] == rules.Kind.OFFER:
        signups.settle(store, row["activity_id"])
    messages.plan(store, row["activity_id"], [row["signup_id"]])
    now = stamp(store.now())
    if not store.rows("message", f"id = ? AND {READY}", [row["id"], now, now]):
        return None
    if not allowed(_person(store, row)["email"] or ""):
        store.update("message", row["id"], {"reason": "not_allowed"})
        return None
    if row["kind"] == rules.Kind.OFFER:
        signups.offer_from_now(store, row["signup_id"])
    changes = {
        "state": "sending",
        "reason": None,
        "detail": None,
        "next_at": None,
        "attempts": row["attempts"] + 1,
        "message_id": row["message_id"] or _message_id(store, row, domain),
    }
    return letter(store, store.update("message", row["id"], changes))


def _message_id(store: Store, row: Row, domain: str) -> str:
    """The name of this mail and no other, the same whenever it is asked for.

    So who gets it twice after all, when a person let it go again or a backup was put back, has a
    mail reader that can tell. Letters only, for digits could look like a CPR number.
    """
    token = store.get("signup", row["signup_id"])["token"]
    digest = hashlib.sha256(f"{token} {row['kind']} {row['occasion']}".encode()).hexdigest()
    return f"<{digest[:32].translate(LETTERS)}@{domain}>"


def _person(store: Store, row: Row) -> Row:
    return store.get("person", store.get("signup", row["signup_id"])["person_id"])


def _end(store: Store, message_id: int, changes: Row) -> Row:
    """Write down what became of the mail that was being sent."""
    with store.write("message.send"):
        if store.get("message", message_id)["state"] != "sending":
            raise RuntimeError(f"mail {message_id} is not being sent")
        if changes.get("detail"):
            changes = {**changes, "detail": _detail(changes["detail"])}
        return store.update("message", message_id, changes)


def _detail(words: str) -> str:
    """The server's words on one line, without the numbers that look like a CPR number.

    A server's number for a mail may look so, and must not stop us from writing down that it went.
    """
    line = " ".join("".join(one if one.isprintable() else " " for one in words).split())
    if personal.contains_cpr(line):
        line = re.sub(r"\d{6,}", "…", line)
    return line[:LONGEST_DETAIL]


def _in_state(store: Store, message_id: int, state: str, version: int | None) -> Row:
    row = store.get("message", message_id)
    if row["state"] != state:
        raise Refused(f"mail_not_{state}")
    return store.update("message", message_id, {}, version=version)


def _again(store: Store, row: Row) -> Row:
    changes = {"state": "due", "attempts": 0, "next_at": None, "reason": None, "detail": None}
    store.update("message", row["id"], changes)
    messages.plan(store, row["activity_id"], [row["signup_id"]])
    return store.get("message", row["id"])
