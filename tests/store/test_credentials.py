"""Passwords: which are taken, where they stand, and how often one may try."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from advisory.domain.calendar import local
from advisory.domain.errors import Forbidden, NotFound, Refused
from advisory.domain.tries import told
from advisory.store import Actor, credentials, open_store, sessions, users

GOOD = "syv-grønne-havregryn-på-tur"
OTHER = "elleve blå paraplyer i regn"


@pytest.fixture
def ida(store) -> int:
    number = users.add(store, "ida@styrelsen.example", "Ida Lund", "IL", "consultant")
    credentials.set_password(store, number, GOOD)
    return number


@pytest.fixture
def own(store, ida, clock):
    with open_store(store.path, users.actor_for(store, "ida@styrelsen.example"), clock=clock) as it:
        yield it


def fits(store, user_id: int | None, password: str) -> bool:
    return credentials.is_right(credentials.hash_of(store, user_id), password)


def test_the_password_that_was_set_fits_and_no_other(store, ida):
    assert fits(store, ida, GOOD)
    for other in ("", GOOD.upper(), GOOD + " ", GOOD[:-1], OTHER):
        assert not fits(store, ida, other)


def test_nothing_fits_where_there_is_no_password(store, ida):
    without = users.add(store, "bo@styrelsen.example", "Bo Lund", "BL", "office")

    for user_id in (without, 99, None):
        assert not fits(store, user_id, "")
        assert not fits(store, user_id, GOOD)
        assert not fits(store, user_id, "advisory.store.credentials")


def test_nothing_fits_for_one_whose_access_is_closed(store, ida):
    users.close(store, ida)

    assert not fits(store, ida, GOOD)


def test_a_password_is_in_the_file_as_a_slow_hash_only(store, ida):
    kept = store.db.execute("SELECT password FROM credential").fetchall()

    assert len(kept) == 1
    assert kept[0][0].startswith("$argon2id$")
    store.db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert GOOD.encode() not in store.path.read_bytes()


def test_the_history_says_when_and_by_whom_but_not_what(store, ida, own, clock):
    clock.tick(days=1)
    credentials.change_own(own, "ida@styrelsen.example", GOOD, OTHER)

    rows = store.rows("history", "table_name = 'app_user' AND row_id = ?", [ida])
    assert [row["action"] for row in rows] == ["user.edit", "user.password", "password.change"]
    assert [row["actor"] for row in rows] == ["System", "System", "Ida Lund"]
    assert "argon2" not in json.dumps(store.rows("history"))


@pytest.mark.parametrize(
    ("password", "key"),
    [
        ("kort", "password_short"),
        ("x" * 11, "password_short"),
        ("q9-Ræv " * 20, "password_long"),
        ("passwordpassword", "password_known"),
        ("123456789012", "password_known"),
        ("aaaaaaaaaaaa", "password_known"),
        ("qwertyuiopas", "password_known"),
        ("ida@styrelsen.example", "password_known"),
    ],
)
def test_a_password_that_is_soon_guessed_is_refused_and_the_old_one_stays(
    store, ida, password, key
):
    with pytest.raises(Refused) as refused:
        credentials.set_password(store, ida, password)

    assert refused.value.key == key
    assert fits(store, ida, GOOD)


@pytest.mark.parametrize("password", [GOOD, "x7#kQ0!vLm2z", "æøå " * 4 + "måge", "k9-Ræv, " * 16])
def test_long_ones_of_any_letters_are_taken(store, ida, password):
    credentials.set_password(store, ida, password)

    assert fits(store, ida, password)


def test_a_new_password_ends_the_sessions(store, ida):
    cookie = sessions.start(store, ida, "password")

    credentials.set_password(store, ida, OTHER)

    assert sessions.by_cookie(store, cookie) is None


def test_only_an_administrator_sets_another_s_password(store, ida, as_role):
    for role in ("consultant", "office", "leadership", "partner", "public"):
        with pytest.raises(Forbidden, match="forbidden"):
            credentials.set_password(as_role(role), ida, OTHER)
    assert fits(store, ida, GOOD)

    credentials.set_password(as_role("administrator"), ida, OTHER)
    assert fits(store, ida, OTHER)


def test_one_s_own_password_is_changed_with_the_old_one(store, own, ida):
    with pytest.raises(Refused, match="password_wrong"):
        credentials.change_own(own, "ida@styrelsen.example", OTHER, OTHER)
    assert fits(store, ida, GOOD)

    credentials.change_own(own, "ida@styrelsen.example", GOOD, OTHER)
    assert fits(store, ida, OTHER)


def test_nobody_changes_another_s_password_as_their_own(store, ida, clock):
    with (
        open_store(store.path, Actor("bo", "Bo", "office"), clock=clock) as other,
        pytest.raises(Forbidden, match="forbidden"),
    ):
        credentials.change_own(other, "ida@styrelsen.example", GOOD, OTHER)


def test_an_old_password_does_not_come_back_with_an_undo(store, ida, clock):
    clock.tick(days=1)
    credentials.set_password(store, ida, OTHER)

    with pytest.raises(Refused, match="revert_not_possible"):
        store.revert(store.last_operation)
    assert fits(store, ida, OTHER)


def test_an_unknown_user_gets_no_password(store):
    with pytest.raises(NotFound, match="not_found"):
        credentials.set_password(store, 99, GOOD)


# --- tries ------------------------------------------------------------------------------------


def test_five_tries_are_free_then_each_has_to_wait_longer(store, clock):
    for _ in range(5):
        credentials.begin_try(store, "account")
    for seconds in (30, 60, 120, 240, 480, 900, 900):
        with pytest.raises(Refused) as refused:
            credentials.begin_try(store, "account")
        assert refused.value.key == "sign_in_paused"
        until = local(told(clock.now + timedelta(seconds=seconds))).time()
        assert refused.value.values["until"] == until
        clock.tick(seconds=seconds - 1)
        with pytest.raises(Refused, match="sign_in_paused"):
            credentials.begin_try(store, "account")
        clock.tick(seconds=1)
        credentials.begin_try(store, "account")


def test_what_waits_in_one_bucket_is_counted_in_none(store):
    for _ in range(5):
        credentials.begin_try(store, "account")
    with pytest.raises(Refused, match="sign_in_paused"):
        credentials.begin_try(store, "account", ["place"])

    assert [(row["bucket"], row["tries"]) for row in store.rows("sign_in_try")] == [("account", 5)]


def test_the_right_password_forgets_the_account_s_tries_and_its_own_of_the_place(store):
    for _ in range(4):
        credentials.begin_try(store, "account", ["place"])
    credentials.forget_tries(store, "account", ["place"])

    assert [(row["bucket"], row["tries"]) for row in store.rows("sign_in_try")] == [("place", 3)]
    credentials.begin_try(store, "other", ["one"])
    credentials.forget_tries(store, "other", ["one"])
    assert [row["bucket"] for row in store.rows("sign_in_try")] == ["place"]


def test_a_place_has_ten_free_tries_and_they_are_forgotten_after_a_quarter_of_an_hour(store, clock):
    for number in range(10):
        credentials.begin_try(store, f"account {number}", ["place"])
    with pytest.raises(Refused, match="sign_in_paused"):
        credentials.begin_try(store, "another", ["place"])
    clock.tick(minutes=15, seconds=1)
    for number in range(10):
        credentials.begin_try(store, f"account {number}", ["place"])
    with pytest.raises(Refused, match="sign_in_paused"):
        credentials.begin_try(store, "another", ["place"])


def test_tries_are_forgotten_after_half_a_day(store, clock):
    for _ in range(5):
        credentials.begin_try(store, "account")
    clock.tick(hours=12, seconds=1)
    credentials.begin_try(store, "another")

    assert [row["bucket"] for row in store.rows("sign_in_try")] == ["another"]


@pytest.mark.parametrize(("counted", "heard"), [(True, 5), (False, 40)])
def test_forty_at_once_are_counted_one_by_one(store, clock, monkeypatch, counted, heard):
    """The control lets the tries be counted after they were heard, as a login page often does."""
    if not counted:
        monkeypatch.setattr(credentials.rules, "open_from", lambda tries, last_at, limit: last_at)

    def one(_number: int) -> bool:
        with open_store(store.path, clock=clock) as mine:
            try:
                credentials.begin_try(mine, "account")
            except Refused:
                return False
            return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(one, range(40))) == heard


def test_a_password_made_to_take_long_is_judged_by_its_beginning(store, ida, monkeypatch):
    read = []
    judge = credentials.zxcvbn
    monkeypatch.setattr(
        credentials, "zxcvbn", lambda text, **known: read.append(text) or judge(text, **known)
    )

    credentials.set_password(store, ida, "4@8({[<369!|105$+7%2" * 4)

    assert [len(text) for text in read] == [20]
    assert not store.is_writing


def test_who_is_no_person_gets_no_password_and_no_session(store, as_role):
    machine = users.add(store, "machine@styrelsen.example", "Maskine", "M", "system")

    with pytest.raises(Forbidden, match="forbidden"):
        credentials.set_password(as_role("administrator"), machine, GOOD)
    with pytest.raises(Forbidden, match="user_unknown"):
        sessions.start(store, machine, "password")
