"""Which mails are written down after what: due, set aside and why, never the same one twice."""

from datetime import UTC, datetime, timedelta

import pytest

from advisory.store import meetings, messages, signups
from advisory.store.history import HEAD, differences

NOW = datetime(2025, 3, 13, 9, tzinfo=UTC)
START = datetime(2025, 4, 8, 12, tzinfo=UTC)  # Tuesday 14.00 in Copenhagen
CLOSES = START - timedelta(days=1)
HOUR, DAY, INSTANT = timedelta(hours=1), timedelta(days=1), timedelta(microseconds=1)
LINK = "https://mode.example/1"
LINK_AT = datetime(2025, 4, 7, 10, 30, tzinfo=UTC)  # 12.30 the day before; closing is at 14.00
NO_SEAT_AT = datetime(2025, 4, 7, 14, tzinfo=UTC)
REMINDER_AT = datetime(2025, 4, 8, 6, tzinfo=UTC)


@pytest.fixture
def announce(facts):
    """`announce(capacity=1)` gives the id of a meeting with a link, four weeks ahead."""
    times = {"starts_at": START, "ends_at": START + HOUR, "signup_by": CLOSES, "link": LINK}

    def make(**given) -> int:
        return meetings.create(facts, "info_meeting", "Informationsmøde", **times | given)

    return make


@pytest.fixture
def join(facts):
    """`join(activity, "ane")` signs ane@x.example up and gives the id."""

    def sign_up(activity_id: int, name: str, **given) -> int:
        email = f"{name}@x.example"
        return signups.sign_up(facts, activity_id, name=name, email=email, **given).signup_id

    return sign_up


def mails(store, signup_id: int) -> list[tuple]:
    """(kind, due, state, reason) of the mails of one person, as they were written down."""
    rows = store.rows("message", "signup_id = ?", [signup_id])
    return [
        (row["kind"], datetime.fromisoformat(row["due_at"]), row["state"], row["reason"])
        for row in rows
    ]


def to_go(store, signup_id: int) -> list[tuple]:
    return [(kind, due) for kind, due, state, _ in mails(store, signup_id) if state == "due"]


def send(store, signup_id: int, *kinds: str) -> None:
    """Write down that mails of these kinds, or all, have gone out."""
    with store.write("message.send"):
        for row in store.rows("message", "signup_id = ? AND state = 'due'", [signup_id]):
            if not kinds or row["kind"] in kinds:
                sent = {"state": "sent", "sent_at": store.now().isoformat(), "attempts": 1}
                store.update("message", row["id"], sent)


# --- who gets what --------------------------------------------------------------------------------


def test_a_seat_means_confirmation_link_and_reminder(facts, announce, join):
    ane = join(announce(), "ane")

    assert mails(facts, ane) == [
        ("confirmation", NOW, "due", None),
        ("link", CLOSES, "due", None),
        ("reminder", REMINDER_AT, "due", None),
    ]


def test_the_waiting_list_means_waiting_and_no_seat(facts, announce, join):
    activity_id = announce(capacity=1)
    join(activity_id, "ane")
    bo = join(activity_id, "bo")

    assert mails(facts, bo) == [("waiting", NOW, "due", None), ("no_seat", NO_SEAT_AT, "due", None)]


def test_from_waiting_over_an_offer_to_a_seat(facts, announce, join, clock):
    activity_id = announce(capacity=1)
    ane, bo = join(activity_id, "ane"), join(activity_id, "bo")
    send(facts, bo, "waiting")
    clock.tick(hours=1)
    signups.withdraw(facts, ane)
    offered = mails(facts, bo)
    send(facts, bo, "offer")
    clock.tick(hours=1)
    signups.accept(facts, bo)

    assert offered == [
        ("waiting", NOW, "sent", None),
        ("no_seat", NO_SEAT_AT, "skipped", "superseded"),
        ("offer", NOW + HOUR, "due", None),
    ]
    assert mails(facts, bo)[2:] == [
        ("offer", NOW + HOUR, "sent", None),
        ("confirmation", NOW + 2 * HOUR, "due", None),
        ("link", CLOSES, "due", None),
        ("reminder", REMINDER_AT, "due", None),
    ]


@pytest.mark.parametrize("how", ["withdrawn", "declined", "lapsed"])
def test_who_has_left_gets_nothing_but_a_receipt_for_leaving(facts, announce, join, clock, how):
    activity_id = announce(capacity=1)
    ane, bo = join(activity_id, "ane"), join(activity_id, "bo")
    signups.withdraw(facts, ane)
    clock.tick(hours=24)
    if how == "lapsed":
        clock.tick(microseconds=1)
        signups.settle(facts)
    else:
        {"withdrawn": signups.withdraw, "declined": signups.decline}[how](facts, bo)

    receipt = [("withdrawn", clock.now)] if how == "withdrawn" else []
    assert (facts.get("signup", bo)["state"], to_go(facts, bo)) == (how, receipt)
    assert ("offer", NOW, "skipped", how) in mails(facts, bo)


def test_a_link_that_is_missing_is_told_and_sent_when_it_comes(facts, announce, join, clock):
    activity_id = announce(link=None)
    ane = join(activity_id, "ane")
    missing = mails(facts, ane)[1]
    meetings.edit(facts, activity_id, {"link": LINK})
    found = to_go(facts, ane)
    send(facts, ane, "link")
    meetings.edit(facts, activity_id, {"link": LINK + "2"})

    assert missing == ("link", CLOSES, "skipped", "link_missing")
    assert ("link", CLOSES) in found
    assert [mail for mail in mails(facts, ane) if mail[0] == "link"] == [
        ("link", CLOSES, "sent", None),
        ("link", CLOSES, "due", None),
    ]


def test_a_link_that_is_changed_back_is_sent_again(facts, announce, join, clock):
    activity_id = announce(link=LINK)
    ane = join(activity_id, "ane")
    for link in (LINK, LINK + "2", LINK):
        clock.tick(minutes=1)
        meetings.edit(facts, activity_id, {"link": link})
        send(facts, ane, "link")

    assert [mail[2] for mail in mails(facts, ane) if mail[0] == "link"] == ["sent"] * 3


def test_who_leaves_is_not_said_to_lack_a_link(facts, announce, join):
    ane = join(announce(link=None), "ane")

    signups.withdraw(facts, ane)

    assert [(kind, reason) for kind, _, _, reason in mails(facts, ane)] == [
        ("confirmation", "withdrawn"),
        ("link", "withdrawn"),
        ("reminder", "withdrawn"),
        ("withdrawn", None),
    ]


def test_who_wants_no_mail_gets_none_whatever_the_meeting(facts, announce, join):
    with facts.write("person.edit"):
        other = {"name": "Ane", "email": "ANE@x.example", "no_mail": 1}
        facts.insert("person", {**other, "purpose": "Kontakt", "delete_after": "2026-01-01"})

    ane = join(announce(), "ane")

    assert {(state, reason) for _, _, state, reason in mails(facts, ane)} == {
        ("skipped", "no_mail")
    }  # fmt: skip


# --- late, early, moved, cancelled ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("signup_by", "now", "link", "reminder"),
    [
        (CLOSES, CLOSES, CLOSES, ("due", None)),
        (LINK_AT - HOUR, LINK_AT - HOUR, LINK_AT, ("due", None)),
        (None, LINK_AT + INSTANT, LINK_AT + INSTANT, ("due", None)),
        (START, LINK_AT, START, ("due", None)),
        (None, REMINDER_AT - INSTANT, REMINDER_AT - INSTANT, ("due", None)),
        (None, REMINDER_AT, REMINDER_AT, ("skipped", "too_late")),
        (None, START - INSTANT, START - INSTANT, ("skipped", "too_late")),
    ],
)
def test_a_late_sign_up_gets_the_link_and_no_reminder_of_what_it_just_read(
    facts, announce, join, clock, signup_by, now, link, reminder
):
    activity_id = announce(signup_by=signup_by)
    clock.now = now

    found = {
        kind: (due, state, why) for kind, due, state, why in mails(facts, join(activity_id, "ane"))
    }

    assert found == {
        "confirmation": (now, "due", None),
        "link": (link, "due", None),
        "reminder": (REMINDER_AT, *reminder),
    }


def test_a_meeting_moved_closer_than_the_lead_time_sends_the_link_now(facts, announce, join, clock):
    activity_id = announce()
    ane = join(activity_id, "ane")
    send(facts, ane, "confirmation")
    clock.tick(hours=1)
    near = clock.now + 2 * HOUR

    meetings.move(facts, activity_id, starts_at=near, ends_at=near + HOUR, signup_by=clock.now)

    assert mails(facts, ane) == [
        ("confirmation", NOW, "sent", None),
        ("link", clock.now, "due", None),
        ("reminder", REMINDER_AT, "skipped", "superseded"),
        ("moved", clock.now, "due", None),
        ("reminder", datetime(2025, 3, 13, 7, tzinfo=UTC), "skipped", "too_late"),
    ]


def test_a_meeting_moved_away_and_back_reminds_once_of_each_date(facts, announce, join, clock):
    activity_id = announce()
    ane = join(activity_id, "ane")
    times = {"starts_at": START, "ends_at": START + HOUR, "signup_by": CLOSES}
    later = {name: at + 7 * DAY for name, at in times.items()}
    clock.now = START - HOUR
    send(facts, ane)
    meetings.move(facts, activity_id, **later)
    away = to_go(facts, ane)
    clock.tick(minutes=1)
    meetings.move(facts, activity_id, **times)

    assert away == [("moved", START - HOUR), ("reminder", REMINDER_AT + 7 * DAY)]
    assert to_go(facts, ane) == [("moved", clock.now)]
    assert [mail[1:] for mail in mails(facts, ane) if mail[0] == "reminder"] == [
        (REMINDER_AT, "sent", None),
        (REMINDER_AT + 7 * DAY, "skipped", "superseded"),
    ]


def test_a_reminder_at_eight_is_eight_on_both_sides_of_the_change_of_clocks(facts, announce, join):
    winter, summer = datetime(2025, 3, 28, 13, tzinfo=UTC), datetime(2025, 3, 31, 12, tzinfo=UTC)
    ids = [
        join(announce(starts_at=at, ends_at=at + HOUR, signup_by=None), "ane")
        for at in (winter, summer)
    ]

    due = [dict(to_go(facts, one)) for one in ids]

    assert [(one["reminder"], one["link"]) for one in due] == [
        (datetime(2025, 3, 28, 7, tzinfo=UTC), datetime(2025, 3, 27, 11, 30, tzinfo=UTC)),
        (datetime(2025, 3, 31, 6, tzinfo=UTC), datetime(2025, 3, 30, 10, 30, tzinfo=UTC)),
    ]


def test_a_cancellation_is_all_there_is_to_send(facts, announce, join, clock):
    activity_id = announce(capacity=2)
    ids = [join(activity_id, name) for name in ("ane", "bo", "cai", "dan")]
    signups.withdraw(facts, ids[0])  # cai is offered the seat
    for one in ids:
        send(facts, one, "confirmation", "waiting", "withdrawn")
    clock.tick(hours=1)

    meetings.cancel(facts, activity_id, "Sygdom")

    cancelled = [("cancelled", clock.now)]
    assert [to_go(facts, one) for one in ids] == [[], cancelled, cancelled, cancelled]


def test_nothing_is_sent_about_a_seat_after_the_meeting(facts, announce, join, clock):
    activity_id = announce(capacity=1)
    ane, bo = join(activity_id, "ane"), join(activity_id, "bo")
    clock.now = START + HOUR

    with facts.write("activity.edit"):
        messages.plan(facts, activity_id)

    assert [(kind, reason) for kind, _, _, reason in mails(facts, ane)] == [
        ("confirmation", "meeting_over"),
        ("link", "meeting_over"),
        ("reminder", "too_late"),
    ]
    assert [(kind, reason) for kind, _, _, reason in mails(facts, bo)] == [
        ("waiting", "meeting_begun"),
        ("no_seat", "meeting_begun"),
    ]


def test_a_late_seat_still_gets_the_facts_until_the_meeting_ends(facts, announce, join, clock):
    activity_id = announce(signup_by=None)
    clock.now = START

    assert to_go(facts, join(activity_id, "ane")) == [("confirmation", START), ("link", START)]


# --- what has happened stays ----------------------------------------------------------------------


@pytest.mark.parametrize("state", ["sending", "sent", "uncertain"])
def test_what_is_out_of_our_hands_is_left_alone(facts, announce, join, clock, state):
    activity_id = announce()
    ane = join(activity_id, "ane")
    with facts.write("message.send"):
        for row in facts.rows("message"):
            facts.update("message", row["id"], {"state": state})
    before = facts.rows("message")
    clock.tick(hours=1)

    meetings.cancel(facts, activity_id, "Sygdom")
    signups.withdraw(facts, ane)

    assert facts.rows("message", "kind <> 'cancelled'") == before


def test_one_that_was_given_up_stays_given_up_until_the_address_is_mended(facts, announce, join):
    activity_id = announce()
    ane = join(activity_id, "ane")
    failed = {"state": "failed", "reason": "refused", "detail": "550 no such user", "attempts": 2}
    with facts.write("message.send"):
        facts.update("message", 1, failed)
    meetings.edit(facts, activity_id, {"capacity": 5})
    given_up = facts.get("message", 1)

    signups.set_address(facts, ane, "anne@x.example")

    mended = facts.get("message", 1)
    assert {key: given_up[key] for key in failed} == failed
    assert {key: mended[key] for key in failed} == {
        "state": "due", "reason": None, "detail": None, "attempts": 0,
    }  # fmt: skip


def test_planning_again_changes_nothing(facts, announce, join, clock, written):
    activity_id = announce(capacity=2)
    ids = [join(activity_id, name) for name in ("ane", "bo", "cai", "dan")]
    signups.withdraw(facts, ids[0])
    for now in (NOW, START - INSTANT, START, START + HOUR, START + 3 * DAY):
        clock.now = now
        with facts.write("activity.edit"):
            messages.plan(facts, activity_id)
        with written(facts) as changes, facts.write("activity.edit"):
            messages.plan(facts, activity_id)
        assert changes == []
    assert differences(facts.db, facts.path, HEAD) == []


def test_planning_some_leaves_the_others(facts, announce, join, clock):
    activity_id = announce()
    ane, bo = join(activity_id, "ane"), join(activity_id, "bo")
    clock.now = START + HOUR

    with facts.write("activity.edit"):
        messages.plan(facts, activity_id, [ane])

    assert [reason for *_, reason in mails(facts, ane)] == [
        "meeting_over", "meeting_over", "too_late",
    ]  # fmt: skip
    assert [reason for *_, reason in mails(facts, bo)] == [None, None, None]


def test_a_refused_verb_writes_no_mail(facts, announce, join, clock):
    activity_id = announce(capacity=1)
    ane = join(activity_id, "ane")
    before = facts.rows("message")
    clock.now = START

    with pytest.raises(Exception, match="meeting_begun"):
        signups.withdraw(facts, ane)

    assert facts.rows("message") == before


def test_no_two_mails_of_one_kind_are_to_go_to_one_person_whatever_happens(
    facts, announce, join, clock, draw
):
    """A walk of 400 steps; at each, who has a seat has one confirmation, and so on."""
    activity_id = announce(capacity=2, signup_by=None)
    kinds = {"seat": "confirmation", "waiting": "waiting", "offered": "offer"}
    for _ in range(400):
        clock.now = min(clock.now + draw.choice([0, 1, 61]) * timedelta(minutes=1), START - INSTANT)
        step, names = draw.random(), ("ane", "bo", "cai", "dan")
        rows = facts.rows("signup")
        if step < 0.4 or not rows:
            join(activity_id, draw.choice(names))
        elif step < 0.7:
            signups.withdraw(facts, draw.choice(rows)["id"])
        elif step < 0.9:
            for row in rows:
                if row["state"] == "offered" and clock.now.isoformat() <= row["answer_by"]:
                    draw.choice([signups.accept, signups.decline])(facts, row["id"])
        else:
            send(facts, draw.choice(rows)["id"])
        for row in facts.rows("signup"):
            due = [kind for kind, _ in to_go(facts, row["id"])]
            assert len(set(due)) == len(due)
            told = {"confirmation", "waiting", "offer"} & set(due)
            assert told <= {kinds.get(row["state"])}
            events = facts.rows(
                "message", "signup_id = ? AND kind = ? AND occasion = ?",
                [row["id"], kinds.get(row["state"]), max(row["since_at"], row["asked_at"] or "")],
            )  # fmt: skip
            assert len(events) == (row["state"] in kinds)
