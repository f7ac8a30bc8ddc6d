"""A mail on its way: taken, sent, refused, put off, uncertain; and what people may say of it."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from advisory.domain.errors import Conflict, Forbidden, Refused
from advisory.store import Store, backup, meetings, open_store, outbox, signups


@pytest.fixture
def meeting(facts: Store) -> int:
    """A meeting in twelve days with one seat."""
    starts_at = facts.now() + timedelta(days=12)
    return meetings.create(
        facts,
        "info_meeting",
        "Om forløbet",
        starts_at=starts_at,
        ends_at=starts_at + timedelta(hours=1),
        capacity=1,
        link="https://moede.example/1",
    )


@pytest.fixture
def sign_up(facts: Store, meeting: int) -> Callable[[str], int]:
    """`sign_up("anne")` gives the id of the sign-up of anne@kommune.example."""
    return lambda who: (
        signups.sign_up(facts, meeting, name=who.title(), email=f"{who}@kommune.example").signup_id
    )


@pytest.fixture
def taken(facts: Store, sign_up: Callable[[str], int]) -> int:
    """The id of a confirmation that is being sent."""
    sign_up("anne")
    return outbox.claim(facts).message["id"]


def told(row: dict) -> tuple:
    return row["state"], row["reason"], row["detail"], row["attempts"]


def test_the_mail_due_longest_is_taken_and_marked_before_it_is_returned(
    facts, clock, sign_up, written
):
    sign_up("anne")
    clock.tick(minutes=1)
    sign_up("bo")

    with written(facts) as changes:
        letter = outbox.claim(facts, domain="styrelsen.example")

    message_id = letter.message["message_id"]
    assert changes == [
        (
            "message.send",
            "message",
            "update",
            {"state": "sending", "attempts": 1, "message_id": message_id, "version": 2},
        )
    ]
    assert message_id.endswith("@styrelsen.example>")
    assert (letter.person["name"], letter.rule["kind"]) == ("Anne", "confirmation")
    assert (letter.number, letter.method, letter.sequence, letter.with_link) == (
        None,
        "REQUEST",
        0,
        False,
    )
    waiting = outbox.claim(facts)
    assert (waiting.person["name"], waiting.number, waiting.method) == ("Bo", 1, None)
    assert outbox.claim(facts) is None


def test_nothing_is_taken_before_it_is_due(facts, clock, meeting, sign_up):
    sign_up("anne")
    outbox.sent(facts, outbox.claim(facts).message["id"])
    link = facts.rows("message", "kind = 'link'")[0]
    due_at = datetime.fromisoformat(link["due_at"])

    clock.now = due_at - timedelta(microseconds=1)
    assert not outbox.is_due(facts)
    clock.now = due_at
    assert outbox.claim(facts).message["id"] == link["id"]


def test_what_is_no_longer_wanted_is_set_aside_and_the_next_is_taken(facts, sign_up, written):
    anne, bo = sign_up("anne"), sign_up("bo")
    with facts.write("signup.edit"):  # without planning, as if another rule had changed
        facts.update("person", facts.get("signup", anne)["person_id"], {"no_mail": 1})

    assert outbox.claim(facts).signup["id"] == bo
    assert [told(row)[:2] for row in facts.rows("message", "signup_id = ?", [anne])] == [
        ("skipped", "no_mail")
    ] * len(facts.rows("message", "signup_id = ?", [anne]))


def test_a_mail_that_is_not_allowed_is_marked_once_and_comes_back_when_it_is(facts, sign_up):
    sign_up("anne")

    assert outbox.claim(facts, allowed=lambda address: False) is None
    version = facts.version()
    assert outbox.claim(facts, allowed=lambda address: False) is None
    assert (facts.version(), outbox.held(facts), outbox.is_due(facts)) == (version, 1, False)

    outbox.begin(facts, lambda address: address == "bo@kommune.example")
    assert outbox.held(facts) == 1
    outbox.begin(facts, lambda address: address == "anne@kommune.example")
    assert outbox.claim(facts).person["email"] == "anne@kommune.example"


def test_what_the_server_answers_is_written_down(facts, taken, clock):
    clock.tick(seconds=2)
    row = outbox.sent(facts, taken)

    assert told(row) == ("sent", None, None, 1)
    assert datetime.fromisoformat(row["sent_at"]) == clock.now


def test_a_refusal_is_the_end_of_it(facts, taken):
    assert told(outbox.refused(facts, taken, "550 no such user")) == (
        "failed",
        "refused",
        "550 no such user",
        1,
    )
    assert outbox.claim(facts) is None


def test_a_mail_that_is_put_off_is_tried_again_with_its_message_id_and_at_last_given_up(
    facts, clock, taken
):
    message_id, waits = facts.get("message", taken)["message_id"], []
    while True:
        row = outbox.deferred(facts, taken, "451 later")
        if row["state"] == "failed":
            break
        assert told(row)[:3] == ("due", "retry", "451 later")
        again = datetime.fromisoformat(row["next_at"])
        waits.append((again - clock.now) / timedelta(minutes=1))
        clock.now = again - timedelta(seconds=1)
        assert outbox.claim(facts) is None
        clock.now = again
        assert outbox.claim(facts).message["message_id"] == message_id

    assert waits == [1, 5, 15, 60, 240, 720]
    assert told(row) == ("failed", "given_up", "451 later", 7)


def test_a_mail_the_server_was_not_asked_about_is_due_as_before(facts, taken):
    assert told(outbox.released(facts, taken)) == ("due", None, None, 0)
    assert outbox.claim(facts).message["id"] == taken


def test_a_mail_without_an_answer_is_uncertain_and_never_taken_again(facts, clock, taken):
    assert told(outbox.uncertain(facts, taken, "gone")) == ("uncertain", "reply_lost", "gone", 1)

    clock.tick(days=2)
    outbox.begin(facts)
    assert outbox.claim(facts) is None


def test_what_a_dead_sender_left_is_uncertain_from_the_next_run_on(facts, taken):
    assert outbox.begin(facts) == 1
    assert told(facts.get("message", taken)) == ("uncertain", "sender_stopped", None, 1)
    assert outbox.begin(facts) == 0


def test_a_run_begins_by_letting_offers_lapse_and_offering_free_seats(
    facts, clock, meeting, sign_up
):
    anne, bo, cleo = (sign_up(who) for who in ("anne", "bo", "cleo"))
    signups.withdraw(facts, anne)
    clock.tick(hours=25)

    outbox.begin(facts)

    states = [facts.get("signup", one)["state"] for one in (anne, bo, cleo)]
    assert states == ["withdrawn", "lapsed", "offered"]


@pytest.mark.parametrize("verb", [outbox.sent, outbox.released])
def test_nothing_is_written_of_a_mail_that_is_not_being_sent(facts, taken, verb):
    outbox.uncertain(facts, taken, "gone")

    with pytest.raises(RuntimeError, match="is not being sent"):
        verb(facts, taken)


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("250 queued as 0101851234", "250 queued as …"),
        ("250 010185-1234\r\nok\x07", "250 …-1234 ok"),
        ("x" * 500, "x" * 300),
        ("451 4.7.1 later", "451 4.7.1 later"),
    ],
)
def test_the_words_of_a_server_are_kept_on_one_line_without_what_looks_like_a_cpr_number(
    facts, taken, said, kept
):
    assert outbox.uncertain(facts, taken, said)["detail"] == kept


def test_a_mail_has_the_same_name_when_a_backup_is_put_back_and_no_other_has_it(
    facts, clock, sign_up, tmp_path
):
    for who in ("anne", "bo", "cleo"):
        sign_up(who)
    backup.copy_to(facts.db, tmp_path / "copy.db")

    def names(store: Store) -> list[str]:
        return [outbox.claim(store).message["message_id"] for _ in range(3)]

    with open_store(tmp_path / "copy.db", facts.actor, clock=clock) as restored:
        first, again = names(facts), names(restored)
    assert first == again
    assert len(set(first)) == 3
    assert not any(sign.isdigit() for one in first for sign in one)


# --- what people say ---------------------------------------------------------------------------


def test_a_person_says_that_an_uncertain_mail_arrived(facts, taken, as_role, written):
    outbox.uncertain(facts, taken, "gone")
    consultant = as_role("consultant", facts)

    with written(facts) as changes:
        row = outbox.resolve(consultant, taken, sent=True)

    assert told(row) == ("sent", None, None, 1)
    assert [change[:3] for change in changes] == [("message.edit", "message", "update")]


def test_a_person_lets_an_uncertain_mail_go_again_with_its_message_id(facts, taken, as_role):
    message_id = facts.get("message", taken)["message_id"]
    outbox.uncertain(facts, taken, "gone")

    row = outbox.resolve(as_role("consultant", facts), taken, sent=False)

    assert told(row) == ("due", None, None, 0)
    assert outbox.claim(facts).message["message_id"] == message_id


def test_a_mail_that_is_no_longer_wanted_does_not_go_again(facts, taken, as_role):
    outbox.uncertain(facts, taken, "gone")
    signups.withdraw(facts, facts.get("message", taken)["signup_id"])

    row = outbox.resolve(as_role("consultant", facts), taken, sent=False)

    assert told(row)[:2] == ("skipped", "withdrawn")


def test_a_person_lets_a_mail_that_failed_go_again(facts, taken, as_role):
    outbox.refused(facts, taken, "550 no")

    assert told(outbox.retry(as_role("consultant", facts), taken)) == ("due", None, None, 0)


def test_only_what_is_uncertain_can_be_resolved_and_only_what_failed_retried(facts, taken):
    for verb, key in (
        (lambda: outbox.resolve(facts, taken, sent=True), "mail_not_uncertain"),
        (lambda: outbox.retry(facts, taken), "mail_not_failed"),
    ):
        before = facts.version()
        with pytest.raises(Refused) as refusal:
            verb()
        assert (refusal.value.key, facts.version()) == (key, before)


def test_two_people_do_not_resolve_a_mail_unseen_by_each_other(facts, taken):
    version = outbox.uncertain(facts, taken, "gone")["version"]
    outbox.resolve(facts, taken, sent=False, version=version)
    outbox.claim(facts)
    outbox.uncertain(facts, taken, "gone")

    with pytest.raises(Conflict):
        outbox.resolve(facts, taken, sent=True, version=version)


@pytest.mark.parametrize("role", ["consultant", "office", "leadership", "partner", "public"])
def test_nobody_but_the_system_sends(facts, taken, as_role, role):
    store = as_role(role, facts)
    for verb in (
        lambda: outbox.begin(store),
        lambda: outbox.claim(store),
        lambda: outbox.sent(store, taken),
        lambda: outbox.refused(store, taken, ""),
        lambda: outbox.deferred(store, taken, ""),
        lambda: outbox.released(store, taken),
        lambda: outbox.uncertain(store, taken, ""),
    ):
        with pytest.raises(Forbidden):
            verb()


@pytest.mark.parametrize("role", ["leadership", "partner", "public"])
def test_who_may_not_edit_mails_may_not_resolve_or_retry_them(facts, taken, as_role, role):
    store = as_role(role, facts)
    for verb in (
        lambda: outbox.resolve(store, taken, sent=True),
        lambda: outbox.retry(store, taken),
    ):
        with pytest.raises(Forbidden):
            verb()
