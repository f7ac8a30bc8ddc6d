"""Passwords: kept as argon2 hashes, and tried with growing pauses.

A password is in no history. When it was changed is, with its user.
"""

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from zxcvbn import zxcvbn

from ..domain import roles
from ..domain import tries as rules
from ..domain.calendar import local
from ..domain.errors import Forbidden, Refused
from . import Row, Store, sessions
from .instants import instant, stamp

SHORTEST, LONGEST = 12, 128
GUESSED_SOON = 3  # zxcvbn's score below which a password is found in a list or by its pattern
KEPT = rules.ACCOUNT.forgotten_after  # the longest that any try counts
READ_FOR_GUESSING = 20
_hasher = PasswordHasher()  # RFC 9106, the second recommended choice: 64 MiB, 3 passes


def set_password(store: Store, user_id: int, password: str) -> None:
    """Give a user a new password and end their sessions.

    Refuses with `password_short`, `password_long`, `password_known`, `not_found`, and with
    `forbidden` a user that no person is.
    """
    store.require("user.password")
    with store.trusted():
        user = store.get("app_user", user_id)
    if user["role"] not in roles.GIVEN:
        raise Forbidden("forbidden", action="user.password", role=store.actor.role)
    hashed = hashed_if_good(user, password)
    with store.write("user.password"):
        _keep(store, user, hashed)


def change_own(store: Store, login: str, old: str, new: str) -> None:
    """Change one's own password and end all of one's sessions.

    Refuses with `password_wrong` when `old` is not it, with `password_same`, and as `set_password`.
    """
    store.require("password.change")
    if login != store.actor.login:
        store.require("user.password")
    user = store.me()
    before = hash_of(store, user["id"] if user else None)
    if user is None or not is_right(before, old):
        raise Refused("password_wrong")
    if new == old:
        raise Refused("password_same")
    hashed = hashed_if_good(user, new)
    with store.write("password.change"):
        if hash_of(store, user["id"]) != before:  # somebody has changed it meanwhile
            raise Refused("password_wrong")
        _keep(store, user, hashed)


def hashed_if_good(user: Row, password: str) -> str:
    """The hash of a new password for `user`; it takes a moment, and asks no database.

    Refuses with `password_short`, `password_long` and `password_known`.
    """
    if len(password) < SHORTEST:
        raise Refused("password_short", least=SHORTEST)
    if len(password) > LONGEST:
        raise Refused("password_long", most=LONGEST)
    login = user["login"]
    known = [login[:READ_FOR_GUESSING], *login.split("@"), *user["name"].split(), "peerforløb"]
    # It takes 20 s over one of 80 letters that is made to; what its start is worth, is enough.
    if zxcvbn(password[:READ_FOR_GUESSING], user_inputs=known)["score"] < GUESSED_SOON:
        raise Refused("password_known")
    return _hasher.hash(password)


def _keep(store: Store, user: Row, hashed: str) -> None:
    store.db.execute("INSERT OR REPLACE INTO credential VALUES (?, ?)", [user["id"], hashed])
    store.update("app_user", user["id"], {"password_at": stamp(store.now())})
    sessions.end_all(store, user["id"])


def hash_of(store: Store, user_id: int | None) -> str:
    """The hash of a user's password; one that nothing fits for a user without."""
    row = store.db.execute(
        "SELECT c.password FROM credential c JOIN app_user u ON u.id = c.user_id"
        " WHERE u.id = ? AND u.active",
        [user_id],
    ).fetchone()
    return row[0] if row else _nobodys()


def exist(store: Store) -> bool:
    """Whether anybody has a password at all."""
    return store.db.execute("SELECT 1 FROM credential LIMIT 1").fetchone() is not None


def is_right(hashed: str, password: str) -> bool:
    """Whether a password fits; it takes as long (some 50 ms) when there is none to fit.

    Asks no database, so that it may run beside other work.
    """
    try:
        return _hasher.verify(hashed, password[: LONGEST + 1])
    except (VerificationError, InvalidHashError):
        return False


@cache
def _nobodys() -> str:
    return _hasher.hash(secrets.token_urlsafe(32))


def begin_try(store: Store, own: str, shared: Sequence[str] = ()) -> None:
    """Count a try in the account's `own` bucket and in `shared` ones, before it is looked at.

    So a thousand at the same moment are counted one by one. Refuses with `sign_in_paused`, and
    counts nothing, while any of them has to wait.
    """
    now = store.now()
    buckets = {own: rules.ACCOUNT} | dict.fromkeys(shared, rules.PLACE)
    with store.unrecorded():
        for bucket, limit in buckets.items():
            store.db.execute(
                "DELETE FROM sign_in_try WHERE bucket = ? AND last_at < ?",
                [bucket, stamp(now - limit.forgotten_after)],
            )
        _refuse_too_soon(store, buckets, now)
        for bucket in buckets:
            store.db.execute(
                "INSERT INTO sign_in_try (bucket, tries, last_at) VALUES (?, 1, ?)"
                " ON CONFLICT (bucket) DO UPDATE SET tries = tries + 1, last_at = excluded.last_at",
                [bucket, stamp(now)],
            )
        store.db.execute("DELETE FROM sign_in_try WHERE last_at < ?", [stamp(now - KEPT)])


def _refuse_too_soon(store: Store, buckets: Mapping[str, rules.Limit], now: datetime) -> None:
    rows = store.rows("sign_in_try", f"bucket IN ({', '.join('?' * len(buckets))})", [*buckets])
    waits = [
        rules.open_from(row["tries"], instant(row["last_at"]), buckets[row["bucket"]])
        for row in rows
    ]
    if max(waits, default=now) > now:
        # the time of day alone: no pause is so long that the day could be another
        raise Refused("sign_in_paused", until=local(rules.told(max(waits))).time())


def forget_tries(store: Store, own: str, shared: Sequence[str] = ()) -> None:
    """Take back what was counted, for the password was right.

    The tries in `own` are forgotten. In `shared` buckets only this one is: somebody with a password
    of their own could otherwise start afresh on others' as often as they like.
    """
    with store.unrecorded():
        store.db.execute("DELETE FROM sign_in_try WHERE bucket = ?", [own])
        for bucket in shared:
            store.db.execute("DELETE FROM sign_in_try WHERE bucket = ? AND tries = 1", [bucket])
            store.db.execute("UPDATE sign_in_try SET tries = tries - 1 WHERE bucket = ?", [bucket])
