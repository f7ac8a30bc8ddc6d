"""The address of a calendar: whose it is, who may make and close it, what is kept of it."""

import base64
import hashlib
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta

import pytest

from advisory.domain import calendar
from advisory.domain.errors import Forbidden, NotFound, Refused
from advisory.domain.roles import ROLES
from advisory.store import Actor, Store, activities, feeds, open_store, users

UNKNOWN = "feed_unknown {}"
NOW = "2025-03-13T09:00:00.000000+00:00"
START = calendar.to_utc(date(2025, 3, 20), datetime.min.time().replace(hour=10))


@pytest.fixture
def person(facts: Store, clock) -> Iterator[Callable[..., Store]]:
    """`person("jonas", role)` is a user, and the store opened by them; their id is `user_id`."""
    opened: list[Store] = []

    def add(name: str, role: str = "consultant") -> Store:
        own = 2 if role == "partner" else None
        login = f"{name}@styrelsen.example"
        users.add(facts, login, name.title(), name[:2].upper(), role, organisation_id=own)
        opened.append(open_store(facts.path, Actor(login, name.title(), role), clock=clock))
        return opened[-1]

    yield add
    for one in opened:
        one.close()


def id_of(store: Store) -> int:
    return store.me()["id"]


def known(store: Store, token: str) -> str:
    """The login that a token leads to, else everything the refusal says."""
    try:
        return feeds.user_by_token(store, token)["login"]
    except NotFound as error:
        return f"{error.key} {dict(error.values)}"


@pytest.mark.parametrize("role", ["consultant", "office", "leadership", "partner"])
def test_an_address_leads_to_the_one_who_made_it_and_only_its_hash_is_kept(person, facts, role):
    jonas = person("jonas", role)

    token = feeds.make(jonas, id_of(jonas))

    assert known(facts, token) == "jonas@styrelsen.example"
    assert len(base64.urlsafe_b64decode(token + "=")) * 8 >= 192
    assert facts.rows("calendar_feed") == [
        {
            "id": 1,
            "version": 1,
            "user_id": id_of(jonas),
            "sha256": hashlib.sha256(token.encode()).hexdigest(),
            "created_at": NOW,
            "revoked_at": None,
        }
    ]
    changes = facts.rows("history", "table_name = 'calendar_feed'")
    assert [(row["actor"], row["action"]) for row in changes] == [("Jonas", "feed.edit")]
    for path in facts.path.parent.iterdir():
        assert token.encode() not in path.read_bytes()


def test_control_the_hash_would_be_found_in_the_file(person, facts):
    jonas = person("jonas")
    mark = hashlib.sha256(feeds.make(jonas, id_of(jonas)).encode()).hexdigest().encode()

    assert any(mark in path.read_bytes() for path in facts.path.parent.iterdir())


def test_a_new_address_closes_the_old_one_and_leaves_those_of_others(person, facts, clock):
    jonas, sofie = person("jonas"), person("sofie")
    first, hers = feeds.make(jonas, id_of(jonas)), feeds.make(sofie, id_of(sofie))
    clock.tick(days=1)

    second = feeds.make(jonas, id_of(jonas))

    assert [known(facts, token) for token in (first, second, hers)] == [
        UNKNOWN,
        "jonas@styrelsen.example",
        "sofie@styrelsen.example",
    ]
    assert [row["revoked_at"] for row in facts.rows("calendar_feed")] == [
        "2025-03-14T09:00:00.000000+00:00",
        None,
        None,
    ]
    assert feeds.current(facts, id_of(jonas))["created_at"] == "2025-03-14T09:00:00.000000+00:00"
    assert len({first, second, hers}) == 3


def test_a_closed_address_leads_nowhere_and_closing_it_again_changes_nothing(person, facts):
    jonas = person("jonas")
    token = feeds.make(jonas, id_of(jonas))
    assert known(facts, token) == "jonas@styrelsen.example"

    assert feeds.revoke(jonas, id_of(jonas)) == 1
    version = facts.version()

    assert known(facts, token) == UNKNOWN
    assert feeds.current(facts, id_of(jonas)) is None
    assert feeds.revoke(jonas, id_of(jonas)) == 0
    assert facts.version() == version


def test_a_closed_user_and_one_who_may_have_none_any_more_have_no_calendar(person, facts):
    jonas = person("jonas")
    token, user_id = feeds.make(jonas, id_of(jonas)), id_of(jonas)
    found = []
    for changes in ({"active": 0}, {"active": 1}, {"role": "public"}, {"role": "leadership"}):
        with facts.write("user.edit"):
            facts.update("app_user", user_id, changes)
        found.append(known(facts, token))

    login = "jonas@styrelsen.example"
    assert found == [UNKNOWN, login, UNKNOWN, login]


@pytest.mark.parametrize("token", ["", "x", "ø" * 43, "' OR 1=1 --", "\x00", "x" * 10_000])
def test_what_is_no_token_is_unknown(person, facts, token):
    jonas = person("jonas")
    feeds.make(jonas, id_of(jonas))

    assert known(facts, token) == UNKNOWN


def test_the_hash_that_is_kept_is_no_token(person, facts):
    jonas = person("jonas")
    feeds.make(jonas, id_of(jonas))

    assert known(facts, facts.rows("calendar_feed")[0]["sha256"]) == UNKNOWN


@pytest.mark.parametrize("verb", [feeds.make, feeds.revoke])
def test_nobody_makes_or_closes_the_address_of_another(person, facts, verb):
    jonas, lene = person("jonas"), person("lene", "office")
    token, version = feeds.make(jonas, id_of(jonas)), facts.version()

    for store in (lene, facts):
        with pytest.raises(Forbidden) as refused:
            verb(store, id_of(jonas))
        assert (refused.value.key, refused.value.values["action"]) == ("forbidden", "feed.edit")
    assert (known(facts, token), facts.version()) == ("jonas@styrelsen.example", version)
    assert verb(jonas, id_of(jonas)), "control: the person themself may"


@pytest.mark.parametrize("verb", [feeds.make, feeds.revoke])
def test_a_user_who_is_closed_or_unknown_makes_none(person, facts, verb):
    jonas = person("jonas")
    with facts.write("user.edit"):
        facts.update("app_user", id_of(jonas), {"active": 0})

    for user_id in (id_of(jonas), 999):
        with pytest.raises(Forbidden):
            verb(jonas, user_id)
    assert facts.rows("calendar_feed") == []


@pytest.mark.parametrize("role", [*sorted(ROLES), "nobody"])
def test_the_roles_that_may_have_an_address(person, facts, clock, role):
    jonas = person("jonas")
    actor = Actor(jonas.actor.login, "Jonas", role)
    with open_store(facts.path, actor, clock=clock) as store:
        if role in ("public", "nobody", "administrator"):
            with pytest.raises(Forbidden):
                feeds.make(store, id_of(jonas))
        else:
            token = feeds.make(store, id_of(jonas))
            assert known(facts, token) == "jonas@styrelsen.example"


def test_on_another_date_nothing_is_made(person):
    jonas = person("jonas")

    with pytest.raises(Refused, match="read_only_date"):
        feeds.make(jonas.at(date(2025, 9, 1)), id_of(jonas))


# --- when something was last changed --------------------------------------------------------------


@pytest.fixture
def workshop(facts: Store, make_case) -> int:
    return activities.create(
        facts,
        "workshop",
        "Workshop",
        starts_at=START,
        ends_at=START + timedelta(hours=2),
        enrolments={make_case(101, "2025-01"): None},
        expected={"staff": 8},
    )


def test_what_changes_an_activity_is_told_and_what_is_counted_at_it_is_not(
    facts, workshop, make_case, clock
):
    case = facts.rows("activity_enrolment")[0]["enrolment_id"]
    other = make_case(147, "2025-01")
    steps = [
        lambda: activities.count(facts, workshop, {(case, "staff"): (9, None)}),
        lambda: activities.edit(facts, workshop, {"title": "Ny titel"}),
        lambda: activities.serve(facts, workshop, {case: None, other: None}),
        lambda: activities.serve(facts, workshop, {case: None}),
        lambda: activities.cancel(facts, workshop, "Sygdom"),
    ]
    hours = []
    for step in steps:
        clock.tick(hours=1)
        step()
        hours.append(feeds.changes(facts)["activity", workshop].hour)

    made = datetime(2025, 3, 13, 9, tzinfo=UTC)
    found = feeds.changes(facts)
    assert hours == [9, 11, 12, 13, 14]
    others = [("activity", row["id"]) for row in facts.rows("activity") if row["id"] != workshop]
    others += [("cohort", row["id"]) for row in facts.rows("cohort")]
    assert found == {key: made for key in others} | {("activity", workshop): clock.now}


def test_every_activity_has_its_own_name_in_calendars(facts, workshop):
    rows = facts.rows("activity")

    assert feeds.uids(facts) == {row["id"]: row["uid"] for row in rows}
    assert len(set(feeds.uids(facts).values())) == len(rows) > 1


def test_a_closed_address_is_not_opened_again_by_an_undo(demo_store):
    user = demo_store.find("app_user", login=demo_store.actor.login)
    token = feeds.make(demo_store, user["id"])
    feeds.revoke(demo_store, user["id"])

    with pytest.raises(Refused, match="revert_not_possible"):
        demo_store.revert(demo_store.last_operation)

    with pytest.raises(NotFound, match="feed_unknown"):
        feeds.user_by_token(demo_store, token)
