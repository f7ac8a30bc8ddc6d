"""People and their dated roles; users and what they may."""

from datetime import date

import pytest

from advisory.domain.errors import Conflict, Forbidden, NotFound, Refused
from advisory.store import Actor, people, users

DAY = date(2025, 3, 13)


def test_a_person_is_added_with_a_role_a_purpose_and_a_day_to_be_deleted(facts, case, written):
    with written(facts) as changes:
        contact_id = people.add_contact(
            facts, case, " Ane Holm ", " leder ", valid_from=DAY, audience="leadership",
            email=" ane@kbh.example ", phone=" 12 34 56 78 ", no_mail=True,
        )  # fmt: skip

    contact = facts.get("contact", contact_id)
    person = facts.get("person", contact["person_id"])
    assert changes == [
        ("contact.add", "person", "insert", person),
        ("contact.add", "contact", "insert", contact),
    ]
    assert person == {
        "id": 1, "version": 1, "name": "Ane Holm", "email": "ane@kbh.example",
        "phone": "12 34 56 78", "no_mail": 1, "purpose": people.PURPOSE,
        "delete_after": "2026-02-01",
    }  # fmt: skip
    assert (contact["role"], contact["audience"], contact["valid_to"]) == (
        "leder",
        "leadership",
        None,
    )


@pytest.mark.parametrize(
    ("key", "changed"),
    [
        ("name_needed", {"name": "  "}),
        ("role_needed", {"role": ""}),
        ("cpr_refused", {"name": "Ane 010190-1234"}),
        ("cpr_refused", {"phone": "0101901234"}),
        *[
            ("email_unreadable", {"email": email})
            for email in (
                "ane", "@kbh.dk", "ane@", "ane@kbh", "a ne@kbh.dk", "ane@kbh.dk, bo@kbh.dk",
                "ane@@kbh.dk", "ane@kbh.", "ane@.dk", "ane@kbh.dk\nBcc:x@y.dk", "<ane@kbh.dk>",
            )
        ],
        ("audience_not_named", {"audience": "peers"}),
        ("audience_not_named", {"audience": "citizens"}),
        ("code_unknown", {"audience": "neighbours"}),
    ],
)  # fmt: skip
def test_a_contact_is_refused(facts, case, key, changed):
    before = facts.version()
    given = {"name": "Ane", "role": "leder", "valid_from": DAY, **changed}

    with pytest.raises(Refused) as refusal:
        people.add_contact(facts, case, given.pop("name"), given.pop("role"), **given)
    assert (refusal.value.key, facts.version()) == (key, before)


def test_a_role_ends_on_its_last_day(facts, case, written):
    contact_id = people.add_contact(facts, case, "Ane", "leder", valid_from=DAY)

    with pytest.raises(Refused) as refusal:
        people.end_contact(facts, contact_id, date(2025, 3, 12))
    assert (refusal.value.key, refusal.value.values) == ("ends_before_start", {"start": DAY})
    with written(facts) as changes:
        people.end_contact(facts, contact_id, DAY, version=1)
    assert changes == [
        ("contact.end", "contact", "update", {"valid_to": "2025-03-13", "version": 2})
    ]
    with pytest.raises(Conflict):
        people.end_contact(facts, contact_id, date(2025, 4, 1), version=1)
    with pytest.raises(NotFound):
        people.end_contact(facts, 99, DAY)


@pytest.mark.parametrize("role", ["leadership", "partner"])
def test_contacts_are_kept_by_who_follows_the_case(facts, case, as_role, role):
    contact_id = people.add_contact(facts, case, "Ane", "leder", valid_from=DAY)

    with pytest.raises(Forbidden):
        people.add_contact(as_role(role), case, "Bo", "leder", valid_from=DAY)
    with pytest.raises(Forbidden):
        people.end_contact(as_role(role), contact_id, DAY)


# --- users --------------------------------------------------------------------------------------


def test_a_user_becomes_an_actor(store, written):
    with written(store) as changes:
        user_id = users.add(store, "ane@s.example", "Ane Holm", "AH", "consultant")

    row = store.get("app_user", user_id)
    assert changes == [("user.edit", "app_user", "insert", row)]
    assert users.actor_for(store, "ane@s.example") == Actor(
        "ane@s.example", "Ane Holm", "consultant"
    )


def test_a_user_is_refused_with_a_taken_login_or_an_invented_role(store):
    users.add(store, "ane@s.example", "Ane Holm", "AH", "office")

    for key, login, role in (
        ("login_taken", "ane@s.example", "office"),
        ("role_unknown", "bo@s.example", "king"),
    ):
        with pytest.raises(Refused) as refusal:
            users.add(store, login, "Bo", "B", role)
        assert refusal.value.key == key
    assert len(store.rows("app_user")) == 1


def test_an_unknown_or_closed_login_is_nobody(store):
    user_id = users.add(store, "ane@s.example", "Ane Holm", "AH", "office")
    with store.write("user.edit"):
        store.update("app_user", user_id, {"active": 0})

    for login in ("ane@s.example", "bo@s.example", ""):
        with pytest.raises(Forbidden, match="user_unknown"):
            users.actor_for(store, login)


@pytest.mark.parametrize("role", ["consultant", "leadership", "partner"])
def test_users_are_kept_by_the_office(store, as_role, role):
    with pytest.raises(Forbidden):
        users.add(as_role(role), "bo@s.example", "Bo", "B", "office")


def test_nobody_but_the_system_makes_someone_the_system(store, as_role):
    with pytest.raises((Forbidden, Refused)):
        users.add(as_role("office"), "bo@s.example", "Bo", "B", "system")
