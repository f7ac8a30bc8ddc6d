"""The address a person's calendar program fetches their activities from.

The address is the key: whoever has it can read the calendar without an account. It is shown once,
only a hash of it is kept, and the person closes it, or makes a new one, whenever they like.
"""

import hashlib
import secrets
from datetime import datetime

from ..domain import roles
from ..domain.errors import Forbidden, NotFound
from . import Row, Store
from .instants import instant, stamp

EDIT = "feed.edit"
TOKEN_BYTES = 32
SERVED = "json_extract(coalesce(after, before), '$.activity_id')"


def make(store: Store, user_id: int) -> str:
    """Make a person's own address, close the one before it, and return its token: 256 bits.

    It cannot be read again. Refuses with `forbidden` to make one for somebody else.
    """
    with store.write(EDIT):
        _refuse_other(store, user_id)
        _close(store, user_id)
        token = secrets.token_urlsafe(TOKEN_BYTES)
        made = {"user_id": user_id, "sha256": _hash(token), "created_at": stamp(store.now())}
        store.insert("calendar_feed", made)
        return token


def revoke(store: Store, user_id: int) -> int:
    """Close a person's own address and return how many were open, 0 or 1.

    Refuses with `forbidden` to close somebody else's.
    """
    with store.write(EDIT):
        _refuse_other(store, user_id)
        return _close(store, user_id)


def current(store: Store, user_id: int) -> Row | None:
    """A person's own address that is open: when it was made, never what it is; None without.

    Refuses with `forbidden` somebody else's.
    """
    user = store.me()
    if user is None or user["id"] != user_id:
        store.require("read.secrets")
    with store.trusted():
        found = _open(store, user_id)
    return found[0] if found else None


def close_all(store: Store, user_id: int) -> None:
    """Close a person's own address inside the decision that takes their access away."""
    _close(store, user_id)


def is_of(feed: Row, token: str) -> bool:
    """Whether this is the address with that token."""
    return feed["sha256"] == _hash(token)


def user_by_token(store: Store, token: str) -> Row:
    """The user whose calendar this is the address of.

    Refuses with `feed_unknown` alike what never was an address, one that is closed, and one of a
    user who is closed or may have none.
    """
    with store.trusted():
        feeds = store.rows("calendar_feed", "sha256 = ? AND revoked_at IS NULL", [_hash(token)])
        user = store.get("app_user", feeds[0]["user_id"]) if feeds else None
    if user is None or not user["active"] or not roles.allowed(EDIT, user["role"]):
        raise NotFound("feed_unknown")
    return user


def uids(store: Store) -> dict[int, str]:
    """What every activity is called in calendars, for good, by its id."""
    return dict(store.db.execute("SELECT id, uid FROM activity").fetchall())


def changes(store: Store) -> dict[tuple[str, int], datetime]:
    """When each `activity` and `cohort`, by table and id, was last changed.

    To change which municipalities an activity serves is to change the activity; to count who came
    is not.
    """
    found = store.db.execute(
        "SELECT name, id, max(at) FROM ("
        "SELECT table_name AS name, row_id AS id, at FROM history"
        " WHERE table_name IN ('activity', 'cohort')"
        f" UNION ALL SELECT 'activity', {SERVED}, at FROM history"
        " WHERE table_name = 'activity_enrolment') GROUP BY name, id"
    ).fetchall()
    return {(name, row_id): instant(at) for name, row_id, at in found}


def _refuse_other(store: Store, user_id: int) -> None:
    """Refuse whoever is not this user; also the office has no business in another's calendar."""
    user = store.find("app_user", id=user_id)
    if user is None or user["login"] != store.actor.login or not user["active"]:
        raise Forbidden("forbidden", action=EDIT, role=store.actor.role)


def _close(store: Store, user_id: int) -> int:
    found = _open(store, user_id)
    for feed in found:
        store.update("calendar_feed", feed["id"], {"revoked_at": stamp(store.now())})
    return len(found)


def _open(store: Store, user_id: int) -> list[Row]:
    return store.rows("calendar_feed", "user_id = ? AND revoked_at IS NULL", [user_id])


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
