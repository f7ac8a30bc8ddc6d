"""Who is signed in: sessions kept on the server, known to the browser by one secret word.

Only the hash of the word is kept, so that who reads the file or a copy of it is not signed in.
"""

import hashlib
import logging
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from ..domain import roles
from ..domain import sessions as rules
from ..domain.errors import AdvisoryError, Forbidden
from . import Store
from .instants import instant, stamp

COOKIE_BYTES = 32
KEPT = timedelta(days=30)  # ended ones, so that it can be seen when somebody was signed in
ASKED = (
    "SELECT s.id, s.user_id, s.method, s.started_at, s.seen_at, u.login, u.name, u.role"
    " FROM session s JOIN app_user u ON u.id = s.user_id"
    " WHERE s.ended_at IS NULL AND u.active AND"
)

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class SignedIn:
    """A session that goes on at this moment, and whose it is."""

    id: int
    user_id: int
    login: str
    name: str
    role: str
    method: str
    seen_at: datetime
    ends_at: datetime
    limit: str  # what ends it then, as `rules.limit`


def start(store: Store, user_id: int, method: str) -> str:
    """Begin a session and return the word for the browser's cookie: 256 bits, never shown again.

    Refuses with `user_unknown` for one whose access is closed.
    """
    cookie = secrets.token_urlsafe(COOKIE_BYTES)
    with store.unrecorded():
        user = store.get("app_user", user_id)
        if not user["active"] or user["role"] not in roles.GIVEN:
            raise Forbidden("user_unknown", login=user["login"])
        now = stamp(store.now())
        store.db.execute(
            "INSERT INTO session (digest, user_id, method, started_at, seen_at)"
            " VALUES (?, ?, ?, ?, ?)",
            [_digest(cookie), user_id, method, now, now],
        )
        store.db.execute(
            "DELETE FROM session WHERE seen_at < ?", [stamp(store.now() - rules.ABSOLUTE - KEPT)]
        )
    return cookie


def by_cookie(store: Store, cookie: str) -> SignedIn | None:
    """The session behind a cookie; None if there never was one, it has ended, or may not go on."""
    return _one(store, "s.digest = ?", _digest(cookie))


def by_id(store: Store, session_id: int) -> SignedIn | None:
    """The session with this number, None if it has ended or may not go on."""
    return _one(store, "s.id = ?", session_id)


def ending(store: Store, cookie: str) -> str | None:
    """Why the session behind a cookie is over; None when there never was one, or it goes on.

    `closed`: its user's access is; `idle` and `day`: it had lasted so long, as `rules.limit`;
    `ended`: somebody ended it before that.
    """
    row = store.db.execute(
        "SELECT s.started_at, s.seen_at, s.ended_at, u.active FROM session s"
        " JOIN app_user u ON u.id = s.user_id WHERE s.digest = ?",
        [_digest(cookie)],
    ).fetchone()
    if row is None:
        return None
    started_at, seen_at = instant(row[0]), instant(row[1])
    ended_at, active = instant(row[2]) if row[2] else None, row[3]
    if not active:
        return "closed"
    if (ended_at or store.now()) >= rules.ends_at(started_at, seen_at):
        return rules.limit(started_at, seen_at)
    return "ended" if ended_at or rules.is_over(started_at, seen_at, store.now()) else None


def touch(store: Store, session_id: int) -> None:
    """Note that a session that goes on is in use, at most once a minute."""
    now = store.now()
    with store.unrecorded():
        store.db.execute(
            "UPDATE session SET seen_at = ?"
            " WHERE id = ? AND ended_at IS NULL AND seen_at <= ? AND seen_at > ?",
            [stamp(now), session_id, stamp(now - rules.TOUCH), stamp(now - rules.IDLE)],
        )


def use(store: Store, signed: SignedIn) -> None:
    """Note that a session is in use; one that cannot be noted, in a busy or full file, goes on."""
    if store.now() - signed.seen_at < rules.TOUCH:
        return
    try:
        touch(store, signed.id)
    except AdvisoryError as error:
        log.warning("the use of a session could not be noted: %s", error.key)


def end(store: Store, session_id: int) -> None:
    """End a session, on whatever page it is still open."""
    _end(store, "id = ?", session_id)


def end_all(store: Store, user_id: int | None = None) -> int:
    """End all sessions of a user, of everybody without one, and return how many went on till now.

    Inside a decision it joins that decision.
    """
    if user_id is None:
        return _end(store, "?", 1)
    return _end(store, "user_id = ?", user_id)


def _end(store: Store, where: str, value: int) -> int:
    with store.unrecorded():
        return store.db.execute(
            f"UPDATE session SET ended_at = ? WHERE ended_at IS NULL AND {where}",
            [stamp(store.now()), value],
        ).rowcount


def _one(store: Store, where: str, value: object) -> SignedIn | None:
    row = store.db.execute(f"{ASKED} {where}", [value]).fetchone()
    if row is None:
        return None
    number, user_id, method, started, seen, login, name, role = row
    started_at, seen_at = instant(started), instant(seen)
    if rules.is_over(started_at, seen_at, store.now()):
        return None
    ends_at = rules.ends_at(started_at, seen_at)
    limit = rules.limit(started_at, seen_at)
    return SignedIn(number, user_id, login, name, role, method, seen_at, ends_at, limit)


def _digest(cookie: str) -> str:
    return hashlib.sha256(cookie.encode()).hexdigest()
