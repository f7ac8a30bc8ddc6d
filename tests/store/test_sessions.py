"""Sessions: begun, used, ended, and what of them stands in the file."""

import hashlib
from datetime import timedelta

import pytest

from advisory.domain.errors import Forbidden, NotFound, Refused
from advisory.store import open_store, sessions, users
from advisory.store.instants import stamp


@pytest.fixture
def ida(store) -> int:
    return users.add(store, "ida@styrelsen.example", "Ida Lund", "IL", "consultant")


@pytest.fixture
def cookie(store, ida) -> str:
    return sessions.start(store, ida, "password")


def test_a_cookie_says_whose_session_it_is(store, ida, cookie, clock):
    signed = sessions.by_cookie(store, cookie)

    assert signed == sessions.SignedIn(
        id=1,
        user_id=ida,
        login="ida@styrelsen.example",
        name="Ida Lund",
        role="consultant",
        method="password",
        seen_at=clock.now,
        ends_at=clock.now + timedelta(hours=1),
        limit="idle",
    )
    assert sessions.by_id(store, 1) == signed


def test_the_file_holds_the_hash_of_the_cookie_and_no_cookie(store, cookie):
    row = store.rows("session")[0]

    assert row["digest"] == hashlib.sha256(cookie.encode()).hexdigest()
    assert cookie not in str(row)
    assert len(cookie) == 43  # 256 bits


@pytest.mark.parametrize("word", ["", "x", "a" * 10_000, "\x00", "é" * 43])
def test_another_word_is_nobody_s(store, cookie, word):
    assert sessions.by_cookie(store, word) is None
    assert sessions.by_id(store, 2) is None


def test_a_session_ends_an_hour_after_its_last_use(store, cookie, clock):
    clock.tick(minutes=59)
    sessions.touch(store, 1)
    clock.tick(minutes=59, seconds=59)
    assert sessions.by_cookie(store, cookie) is not None

    clock.tick(seconds=1)
    assert sessions.by_cookie(store, cookie) is None
    sessions.touch(store, 1)
    assert sessions.by_cookie(store, cookie) is None


def test_a_session_ends_ten_hours_after_its_start_however_much_it_is_used(store, cookie, clock):
    for _ in range(20):
        assert sessions.by_cookie(store, cookie) is not None
        clock.tick(minutes=30)
        sessions.touch(store, 1)

    assert sessions.by_cookie(store, cookie) is None


def test_which_limit_ends_a_session_is_the_nearer(store, cookie, clock):
    found = []
    for minutes in (0, 530, 9, 1, 58):
        clock.tick(minutes=minutes)
        if minutes == 530:
            store.db.execute("UPDATE session SET seen_at = ?", [stamp(clock.now)])
        sessions.touch(store, 1)
        signed = sessions.by_cookie(store, cookie)
        found.append((signed.limit, signed.ends_at - clock.now))

    assert found == [
        ("idle", timedelta(minutes=60)),
        ("idle", timedelta(minutes=60)),
        ("idle", timedelta(minutes=60)),
        ("day", timedelta(minutes=60)),
        ("day", timedelta(minutes=2)),
    ]


@pytest.mark.parametrize("nothing", ["", "x", "ud"])
def test_a_word_of_no_session_has_no_end_and_one_that_goes_on_neither(store, cookie, nothing):
    assert sessions.ending(store, nothing) is None
    assert sessions.ending(store, cookie) is None


def closed(store, ida, clock):
    users.close(store, ida)


def opened_again(store, ida, clock):
    users.close(store, ida)
    users.open_again(store, ida)


def ended(store, ida, clock):
    sessions.end_all(store, ida)


def unused(store, ida, clock):
    clock.tick(minutes=60)


def unused_and_ended_later(store, ida, clock):
    clock.tick(minutes=61)
    sessions.end_all(store, ida)


def used_all_day(store, ida, clock):
    for _ in range(20):
        clock.tick(minutes=30)
        sessions.touch(store, 1)


@pytest.mark.parametrize(
    ("happens", "why"),
    [
        (closed, "closed"),
        (opened_again, "ended"),
        (ended, "ended"),
        (unused, "idle"),
        (unused_and_ended_later, "idle"),
        (used_all_day, "day"),
    ],
)
def test_a_session_that_is_over_says_why(store, ida, cookie, clock, happens, why):
    happens(store, ida, clock)

    assert sessions.by_cookie(store, cookie) is None
    assert sessions.ending(store, cookie) == why


def test_use_is_written_down_once_a_minute(store, cookie, clock):
    begun = store.rows("session")[0]["seen_at"]
    clock.tick(seconds=59)
    sessions.touch(store, 1)
    assert store.rows("session")[0]["seen_at"] == begun

    clock.tick(seconds=1)
    sessions.touch(store, 1)
    assert store.rows("session")[0]["seen_at"] > begun


def test_an_ended_session_is_over_and_the_others_go_on(store, ida, cookie):
    other = sessions.start(store, ida, "oidc")

    sessions.end(store, 1)

    assert sessions.by_cookie(store, cookie) is None
    assert sessions.by_cookie(store, other).method == "oidc"


def test_a_closed_user_is_out_at_once_and_gets_in_nowhere(store, ida, cookie):
    users.close(store, ida)

    assert sessions.by_cookie(store, cookie) is None
    with pytest.raises(Forbidden, match="user_unknown"):
        sessions.start(store, ida, "password")
    with pytest.raises(NotFound, match="not_found"):
        sessions.start(store, 99, "password")

    users.open_again(store, ida)
    assert sessions.by_cookie(store, cookie) is None, "the old session must not come back"
    assert sessions.by_cookie(store, sessions.start(store, ida, "password")) is not None


def test_another_role_ends_the_sessions(store, ida, cookie):
    assert users.set_role(store, ida, "office")["role"] == "office"

    assert sessions.by_cookie(store, cookie) is None


def test_a_change_of_role_that_is_refused_leaves_the_session(store, ida, cookie):
    with pytest.raises(Refused, match="role_unknown"):
        users.set_role(store, ida, "public")

    assert sessions.by_cookie(store, cookie).role == "consultant"


def test_all_can_be_ended(store, ida, cookie):
    bo = users.add(store, "bo@styrelsen.example", "Bo Lund", "BL", "office")
    others = [sessions.start(store, bo, "password") for _ in range(2)]

    assert sessions.end_all(store, bo) == 2
    assert [sessions.by_cookie(store, one) for one in others] == [None, None]
    assert sessions.by_cookie(store, cookie) is not None
    assert sessions.end_all(store) == 1
    assert sessions.by_cookie(store, cookie) is None


def test_sessions_leave_no_history_and_do_not_call_the_pages(store, ida, clock):
    before = store.version()
    cookie = sessions.start(store, ida, "password")
    clock.tick(minutes=5)
    sessions.touch(store, 1)
    sessions.end(store, sessions.by_cookie(store, cookie).id)

    assert store.version() == before


def test_old_sessions_are_thrown_away(store, ida, cookie, clock):
    clock.tick(days=30, hours=10, seconds=1)
    sessions.start(store, ida, "password")

    assert [row["id"] for row in store.rows("session")] == [2]


def test_use_that_cannot_be_noted_lets_the_session_go_on(store, cookie, clock):
    clock.tick(minutes=5)
    with open_store(store.path, read_only=True, clock=clock) as reader:
        sessions.use(reader, sessions.by_cookie(reader, cookie))

    assert sessions.by_cookie(store, cookie).seen_at == clock.now - timedelta(minutes=5)
    sessions.use(store, sessions.by_cookie(store, cookie))
    assert sessions.by_cookie(store, cookie).seen_at == clock.now


def test_a_user_who_has_signed_in_is_not_taken_back(store, clock):
    ida = users.add(store, "ida@styrelsen.example", "Ida Lund", "IL", "consultant")
    added = store.last_operation
    sessions.start(store, ida, "password")

    with pytest.raises(Refused, match="revert_not_possible"):
        store.revert(added)

    users.add(store, "bo@styrelsen.example", "Bo Lund", "BL", "office")
    assert store.revert(store.last_operation) == 1, "the control: who has not, is"


def test_nobody_signs_in_where_nothing_can_be_written(store, ida, cookie, clock):
    with open_store(store.path, read_only=True, clock=clock) as reader:
        assert sessions.by_cookie(reader, cookie).user_id == ida
        for act in (
            lambda: sessions.start(reader, ida, "password"),
            lambda: sessions.touch(reader, 1),
            lambda: sessions.end(reader, 1),
        ):
            with pytest.raises(Refused, match="database_read_only"):
                act()
