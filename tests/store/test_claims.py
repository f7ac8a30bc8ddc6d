"""Which user an account elsewhere is: known by its subject, the first time by its login."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from advisory.domain.errors import Forbidden, Refused
from advisory.store import claims, credentials, open_store, sessions, users
from advisory.store.demo import SYSTEM

ISSUER = "https://login.styrelsen.example"
MAPPING = (("Peer-konsulenter", "consultant"), ("Peer-ledelse", "leadership"))
NEW = {"login": "ny@styrelsen.example", "name": "Ny Bruger"}


def user_of(store, subject="1", login="ida@styrelsen.example", name="Ida Lund", **more) -> int:
    said = {"groups": [], "mapping": (), "email_verified": None, **more}
    return claims.user_of(store, ISSUER, subject, login, name, **said)


def refusal(store, **said) -> str:
    before = _everything(store)
    with pytest.raises(Refused) as refused:
        user_of(store, **said)
    assert refused.value.key == "sign_in_account_refused"
    assert _everything(store) == before
    return refused.value.values["reason"]


def _everything(store) -> tuple:
    return store.rows("app_user"), store.version()


def changes(store, since: int) -> list[tuple]:
    """What was written after `since`: action, actor and the values that are new."""
    found = []
    for row in store.rows("history", "id > ?", [since]):
        before, after = json.loads(row["before"] or "{}"), json.loads(row["after"])
        new = {name: value for name, value in after.items() if before.get(name) != value}
        new.pop("version")
        found.append((row["action"], row["actor"], row["table_name"], new))
    return found


@pytest.fixture
def ida(store) -> int:
    return users.add(store, "ida@styrelsen.example", "Ida Lund", "IL", "consultant")


def test_an_account_is_bound_to_its_user_the_first_time(store, ida):
    before = store.version()

    assert user_of(store) == ida
    assert changes(store, before) == [
        ("user.edit", "System", "app_user", {"subject": f"{ISSUER} 1"})
    ]


def test_a_bound_account_is_known_by_its_subject_and_writes_nothing(store, ida):
    user_of(store)
    before = _everything(store)

    assert user_of(store, login="gift@styrelsen.example", name="Ida Gift") == ida
    assert user_of(store, login="gift@styrelsen.example", email_verified=False) == ida
    assert _everything(store) == before


@pytest.mark.parametrize("login", ["Ida@Styrelsen.Example", " ida@styrelsen.example "])
def test_the_login_is_found_however_it_is_written(store, ida, login):
    assert user_of(store, login=login) == ida


@pytest.mark.parametrize("verified", [True, None])
def test_control_an_address_that_is_not_said_to_be_unverified_will_do(store, ida, verified):
    assert user_of(store, email_verified=verified) == ida


def test_an_address_that_is_not_verified_binds_nobody(store, ida):
    assert refusal(store, email_verified=False) == "address not verified"
    assert (
        refusal(
            store,
            email_verified=False,
            groups=["Peer-ledelse"],
            mapping=MAPPING,
            subject="9",
            **NEW,
        )
        == "address not verified"
    )


def test_nobody_is_let_in_whom_nobody_has_added(store, ida):
    assert refusal(store, **NEW) == "no user"


def test_letters_that_only_look_alike_are_not_alike(store):
    users.add(store, "kim@styrelsen.example", "Kim Lund", "KL", "consultant")

    assert refusal(store, login="\u212aim@styrelsen.example") == "no user"  # the sign for kelvin
    assert "\u212aim@styrelsen.example".lower() == "kim@styrelsen.example"  # control


def test_two_users_whose_logins_differ_in_case_only_are_not_told_apart(store, ida):
    other = users.add(store, "ida.holm@styrelsen.example", "Ida Holm", "IH", "office")
    with store.write("user.edit"):  # as before logins were compared without their case
        store.update("app_user", other, {"login": "IDA@styrelsen.example"})

    assert refusal(store) == "several users"


def test_another_account_with_the_address_of_a_bound_user_is_refused(store, ida):
    user_of(store)

    assert refusal(store, subject="2") == "another account"
    assert user_of(store, subject="1") == ida  # control


def test_the_same_subject_of_another_provider_is_another_account(store, ida):
    user_of(store)

    with pytest.raises(Refused) as refused:
        claims.user_of(
            store, "https://another.example", "1", "ida@styrelsen.example", "Ida", [], (), None
        )
    assert refused.value.values == {"reason": "another account"}


@pytest.mark.parametrize("bound", [False, True])
@pytest.mark.parametrize("mapping", [(), MAPPING])
def test_a_closed_user_is_refused(store, ida, bound, mapping):
    users.add(store, "admin@styrelsen.example", "Ane Dam", "AD", "administrator")
    if bound:
        user_of(store)
    users.close(store, ida)

    assert refusal(store, groups=["Peer-konsulenter"], mapping=mapping) == "closed"

    users.open_again(store, ida)
    assert user_of(store) == ida  # control


def test_the_system_and_the_public_are_nobody(store):
    users.add(store, "system@styrelsen.example", "System", "SY", "system")

    assert refusal(store, login="system@styrelsen.example") == "no role for people"


# --- groups ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("groups", "role"),
    [
        (["Peer-konsulenter"], "consultant"),
        (["Peer-ledelse"], "leadership"),
        (["Alle", "Peer-ledelse", "Peer-konsulenter"], "consultant"),
    ],
)
def test_whom_nobody_has_added_gets_the_role_of_the_first_pair_that_fits(store, groups, role):
    before = store.version()

    user_id = user_of(
        store, groups=groups, mapping=MAPPING, login="Ny@Styrelsen.example", name=" Ny  Bruger"
    )

    user = store.get("app_user", user_id)
    assert (user["login"], user["name"], user["initials"], user["role"], user["subject"]) == (
        "ny@styrelsen.example",
        "Ny Bruger",
        "NB",
        role,
        f"{ISSUER} 1",
    )
    assert [found[0] for found in changes(store, before)] == ["user.edit", "user.edit"]
    assert user_of(store, groups=groups, mapping=MAPPING, **NEW) == user_id


@pytest.mark.parametrize("groups", [[], ["Alle"], ["peer-ledelse"], [None, 1, {}]])
def test_nobody_in_no_group_with_a_role_is_let_in(store, ida, groups):
    assert refusal(store, groups=groups, mapping=MAPPING) == "no group"
    assert refusal(store, groups=groups, mapping=MAPPING, **NEW) == "no group"


@pytest.mark.parametrize("role", ["system", "public", "everything"])
def test_no_group_gives_a_role_that_is_not_for_people(store, ida, role):
    assert refusal(store, groups=["a"], mapping=(("a", role),)) == "no role for people"


def test_another_group_gives_another_role_and_ends_what_was_begun_with_the_old_one(store, ida):
    user_of(store, groups=["Peer-konsulenter"], mapping=MAPPING)
    cookie = sessions.start(store, ida, "oidc")
    before = store.version()

    assert user_of(store, groups=["Peer-ledelse"], mapping=MAPPING) == ida
    assert changes(store, before) == [("user.edit", "System", "app_user", {"role": "leadership"})]
    assert sessions.by_cookie(store, cookie) is None


def test_without_a_mapping_groups_change_nothing(store, ida):
    user_of(store, groups=["Peer-ledelse"])

    assert store.get("app_user", ida)["role"] == "consultant"


def test_the_last_administrator_stays_one(store):
    ane = users.add(store, "ane@styrelsen.example", "Ane Dam", "AD", "administrator")
    before = _everything(store)

    with pytest.raises(Refused) as refused:
        user_of(store, login="ane@styrelsen.example", groups=["Peer-ledelse"], mapping=MAPPING)
    assert refused.value.key == "last_administrator"
    assert _everything(store) == before

    users.add(store, "eva@styrelsen.example", "Eva Dam", "ED", "administrator")
    assert ane == user_of(  # control
        store, login="ane@styrelsen.example", groups=["Peer-ledelse"], mapping=MAPPING
    )


@pytest.mark.parametrize(
    ("name", "called", "initials"),
    [
        ("Ida Maria Lund", "Ida Maria Lund", "IL2"),
        ("Åse", "Åse", "ÅS"),
        ("", "ny@styrelsen.example", "NY"),
        ("x" * 200, "x" * 120, "XX"),
    ],
)
def test_whom_nobody_has_added_is_called_what_the_provider_says(store, ida, name, called, initials):
    said = {"groups": ["Peer-ledelse"], "mapping": MAPPING, "subject": "2"}

    user = store.get("app_user", user_of(store, login=NEW["login"], name=name, **said))

    assert (user["name"], user["initials"]) == (called, initials)


@pytest.mark.parametrize(
    ("said", "key"),
    [
        ({"login": "ny"}, "email_unreadable"),
        ({"name": "Ny 010203-1234"}, "cpr_refused"),
    ],
)
def test_what_must_not_be_written_down_lets_nobody_in(store, said, key):
    before = _everything(store)

    with pytest.raises(Refused) as refused:
        user_of(store, groups=["Peer-ledelse"], mapping=MAPPING, **{**NEW, **said})
    assert refused.value.key == key
    assert _everything(store) == before


@pytest.mark.parametrize("role", ["consultant", "office", "leadership", "partner", "public"])
def test_no_other_role_may_say_whose_an_account_is(store, ida, as_role, role):
    with pytest.raises(Forbidden):
        user_of(as_role(role))


def test_first_sign_ins_at_once_make_one_user(store, clock):
    said = {"groups": ["Peer-ledelse"], "mapping": MAPPING, **NEW}

    def first(_: int) -> int:
        with open_store(store.path, SYSTEM, clock=clock) as own:
            return user_of(own, **said)

    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(first, range(8)))

    assert found == [row["id"] for row in store.rows("app_user")] * 8


def test_an_account_made_anew_is_bound_when_the_old_one_is_forgotten(store, ida):
    user_of(store)
    cookie = sessions.start(store, ida, "oidc")
    assert refusal(store, subject="2") == "another account"  # the control
    before = store.version()

    assert users.unbind(store, ida)["subject"] is None

    assert changes(store, before) == [("user.edit", "System", "app_user", {"subject": None})]
    assert sessions.by_cookie(store, cookie) is None
    assert user_of(store, subject="2") == ida
    assert store.get("app_user", ida)["subject"] == f"{ISSUER} 2"
    assert refusal(store, subject="1") == "another account"


def test_who_has_no_account_loses_none(store, ida):
    cookie, before = sessions.start(store, ida, "password"), _everything(store)

    with pytest.raises(Refused) as refused:
        users.unbind(store, ida)

    assert (refused.value.key, refused.value.values) == (
        "account_not_bound",
        {"name": "Ida Lund", "login": "ida@styrelsen.example"},
    )
    assert _everything(store) == before
    assert sessions.by_cookie(store, cookie) is not None


@pytest.mark.parametrize("role", ["consultant", "office", "leadership", "partner", "public"])
def test_only_an_administrator_forgets_an_account(store, ida, as_role, role):
    user_of(store)
    with pytest.raises(Forbidden):
        users.unbind(as_role(role), ida)

    assert users.unbind(as_role("administrator"), ida)["id"] == ida


def test_only_who_has_no_way_in_of_their_own_is_tried_in_a_demo(demo_store, clock):
    offered = {one["login"] for one in users.to_try(demo_store)}
    logins = {name: f"{name}@styrelsen.example" for name in ("jonas", "sofie", "lene")}
    assert {*logins.values()} < offered

    with open_store(demo_store.path, SYSTEM, clock=clock) as own:
        jonas = users.by_login(own, logins["jonas"])
        credentials.set_password(own, jonas["id"], "syv-grønne-havregryn-på-tur")
        user_of(own, login=logins["sofie"])
        users.close(own, users.by_login(own, logins["lene"])["id"])

    left = {one["login"] for one in users.to_try(demo_store)}
    assert offered - left == {*logins.values()}


def test_where_nothing_is_invented_nobody_is_tried(store, ida):
    assert users.to_try(store) == []
