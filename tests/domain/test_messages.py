"""Which mails a person should get about a meeting, when, and why not."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest

from advisory.domain import calendar
from advisory.domain.errors import Refused
from advisory.domain.messages import (
    BACKOFF,
    Guest,
    Kind,
    Meeting,
    Rule,
    fill,
    refuse_text,
    retry_at,
    rule_time,
    wanted,
)
from advisory.domain.signups import State

START = datetime(2025, 3, 25, 13, 30, tzinfo=UTC)
LONG_BEFORE = datetime(2025, 3, 1, 8, tzinfo=UTC)
MEETING = Meeting(
    starts_at=START,
    ends_at=START + timedelta(minutes=45),
    signup_by=datetime(2025, 3, 24, 11, tzinfo=UTC),
    has_link=True,
)
RULES = {
    Kind.CONFIRMATION: Rule(Kind.CONFIRMATION, "event"),
    Kind.WAITING: Rule(Kind.WAITING, "event"),
    Kind.OFFER: Rule(Kind.OFFER, "event"),
    Kind.WITHDRAWN: Rule(Kind.WITHDRAWN, "event"),
    Kind.MOVED: Rule(Kind.MOVED, "event"),
    Kind.CANCELLED: Rule(Kind.CANCELLED, "event"),
    Kind.LINK: Rule(Kind.LINK, "start", days=-1, at=time(12, 30)),
    Kind.NO_SEAT: Rule(Kind.NO_SEAT, "start", days=-1, at=time(16)),
    Kind.REMINDER: Rule(Kind.REMINDER, "start", at=time(8)),
    Kind.THANKS: Rule(Kind.THANKS, "end", minutes=60),
}
DUE = {
    Kind.LINK: datetime(2025, 3, 24, 11, 30, tzinfo=UTC),
    Kind.NO_SEAT: datetime(2025, 3, 24, 15, tzinfo=UTC),
    Kind.REMINDER: datetime(2025, 3, 25, 7, tzinfo=UTC),
    Kind.THANKS: datetime(2025, 3, 25, 15, 15, tzinfo=UTC),
}


def guest(state: State = State.SEAT, since: datetime = LONG_BEFORE, **others: object) -> Guest:
    return Guest(state, since, others.pop("created_at", since), **others)


def found(who: Guest, meeting: Meeting = MEETING, now: datetime = LONG_BEFORE, *kinds: Kind):
    """(kind, due, reason) of the mails, of some kinds or all."""
    rules = [rule for kind, rule in RULES.items() if not kinds or kind in kinds]
    return [(one.kind, one.due_at, one.reason) for one in wanted(rules, meeting, who, now)]


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (State.SEAT, [Kind.CONFIRMATION, Kind.LINK, Kind.REMINDER]),
        (State.WAITING, [Kind.WAITING, Kind.NO_SEAT]),
        (State.OFFERED, [Kind.OFFER]),
        (State.WITHDRAWN, [Kind.WITHDRAWN]),
        (State.DECLINED, []),
        (State.LAPSED, []),
        (State.WALK_IN, []),
    ],
)
def test_each_standing_gets_its_mails_and_no_others(state, expected):
    assert found(guest(state)) == [(kind, DUE.get(kind, LONG_BEFORE), None) for kind in expected]


def test_every_kind_has_a_rule_here():
    assert set(RULES) == set(Kind)


@pytest.mark.parametrize(
    ("rule", "at"),
    [
        (Rule(Kind.LINK, "start", days=-1, at=time(12, 30)), "2025-03-30T10:30"),
        (Rule(Kind.LINK, "start", days=-2, at=time(12, 30)), "2025-03-29T11:30"),
        (Rule(Kind.LINK, "start", minutes=-60), "2025-03-31T07:00"),
        (Rule(Kind.THANKS, "end", days=1, at=time(9)), "2025-04-01T07:00"),
    ],
)
def test_a_timed_rule_keeps_the_time_of_the_clock_over_the_change_to_summer_time(rule, at):
    start = calendar.to_utc(datetime(2025, 3, 31).date(), time(10))
    meeting = Meeting(start, start + timedelta(hours=1))

    assert f"{rule_time(rule, meeting):%Y-%m-%dT%H:%M}" == at


@pytest.mark.parametrize(
    ("since", "due"),
    [
        (LONG_BEFORE, DUE[Kind.LINK]),
        (datetime(2025, 3, 24, 10, 59, tzinfo=UTC), DUE[Kind.LINK]),
        (datetime(2025, 3, 25, 12, tzinfo=UTC), datetime(2025, 3, 25, 12, tzinfo=UTC)),
    ],
)
def test_the_link_waits_for_its_time_and_late_ones_get_it_at_once(since, due):
    assert found(guest(since=since), MEETING, since, Kind.LINK) == [(Kind.LINK, due, None)]


def test_the_link_waits_for_sign_up_to_close():
    by = datetime(2025, 3, 25, 9, tzinfo=UTC)

    assert found(guest(), replace(MEETING, signup_by=by), LONG_BEFORE, Kind.LINK) == [
        (Kind.LINK, by, None)
    ]


def test_a_meeting_without_a_link_says_so_and_a_new_link_is_another_mail():
    occasions = set()
    for linked_at, reason in ((None, "link_missing"), (LONG_BEFORE, None), (START, None)):
        meeting = replace(MEETING, has_link=linked_at is not None, link_at=linked_at)
        one = wanted([RULES[Kind.LINK]], meeting, guest(), LONG_BEFORE)[0]
        assert one.reason == reason
        occasions.add(one.occasion)
    assert len(occasions) == 3


@pytest.mark.parametrize(
    ("kind", "who", "now", "reason"),
    [
        (Kind.CONFIRMATION, guest(), START, None),
        (Kind.CONFIRMATION, guest(), MEETING.ends_at, "meeting_over"),
        (Kind.LINK, guest(), START, None),
        (Kind.LINK, guest(), MEETING.ends_at, "meeting_over"),
        (Kind.REMINDER, guest(), START - timedelta(minutes=1), None),
        (Kind.REMINDER, guest(), START, "too_late"),
        (Kind.WAITING, guest(State.WAITING), START, "meeting_begun"),
        (Kind.OFFER, guest(State.OFFERED), START, "meeting_begun"),
        (Kind.NO_SEAT, guest(State.WAITING), START, "meeting_begun"),
        (Kind.THANKS, guest(present=True), START + timedelta(days=14), None),
        (Kind.THANKS, guest(present=True), START + timedelta(days=15), "too_late"),
        (Kind.THANKS, guest(present=False), START + timedelta(days=1), "not_present"),
    ],
)
def test_what_has_become_pointless_is_not_sent(kind, who, now, reason):
    assert [one[2] for one in found(who, MEETING, now, kind)] == [reason]


def test_who_has_just_heard_of_the_date_is_not_reminded_of_it():
    late = guest(since=datetime(2025, 3, 25, 8, tzinfo=UTC))
    moved = replace(MEETING, moved_at=datetime(2025, 3, 25, 8, tzinfo=UTC))

    assert [one[2] for one in found(late, MEETING, LONG_BEFORE, Kind.REMINDER)] == ["too_late"]
    assert [one[2] for one in found(guest(), moved, LONG_BEFORE, Kind.REMINDER)] == ["too_late"]


def test_nobody_is_thanked_before_it_is_known_who_came():
    assert found(guest(), MEETING, MEETING.ends_at + timedelta(days=1), Kind.THANKS) == []


MOVED_AT = datetime(2025, 3, 10, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    ("who", "expected"),
    [
        (guest(State.SEAT), [(Kind.MOVED, MOVED_AT, None)]),
        (guest(State.WAITING), [(Kind.MOVED, MOVED_AT, None)]),
        (guest(State.OFFERED), [(Kind.MOVED, MOVED_AT, None)]),
        (guest(State.WITHDRAWN), []),
        (guest(State.LAPSED), []),
        (guest(since=MOVED_AT), []),
        (guest(since=MOVED_AT + timedelta(days=1)), []),
    ],
)
def test_who_was_on_the_list_is_told_that_the_meeting_has_moved(who, expected):
    assert found(who, replace(MEETING, moved_at=MOVED_AT), MOVED_AT, Kind.MOVED) == expected


def test_each_move_is_an_occasion_of_its_own():
    occasions = {
        wanted([RULES[Kind.MOVED]], replace(MEETING, moved_at=at), guest(), at)[0].occasion
        for at in (MOVED_AT, MOVED_AT + timedelta(microseconds=1))
    }
    assert len(occasions) == 2


@pytest.mark.parametrize("state", list(State))
def test_a_cancelled_meeting_gives_one_mail_to_those_on_the_list_and_none_to_others(state):
    meeting = replace(MEETING, cancelled_at=MOVED_AT, moved_at=MOVED_AT)
    on_the_list = state in (State.SEAT, State.WAITING, State.OFFERED)
    expected = [(Kind.CANCELLED, MOVED_AT, None)] if on_the_list else []

    assert found(guest(state, present=True), meeting, MOVED_AT) == expected


@pytest.mark.parametrize(
    ("others", "reason"),
    [
        ({"has_address": False}, "no_address"),
        ({"no_mail": True}, "no_mail"),
        ({"has_address": False, "no_mail": True}, "no_address"),
    ],
)
def test_what_holds_for_a_person_stops_every_mail(others, reason):
    assert {one[2] for one in found(guest(**others))} == {reason}


def test_a_rule_that_is_stopped_stops_its_own_mails():
    rules = [replace(RULES[Kind.LINK], active=False), RULES[Kind.REMINDER]]

    assert [one.reason for one in wanted(rules, MEETING, guest(), LONG_BEFORE)] == [
        "rule_stopped",
        None,
    ]


def test_who_asks_again_where_they_stand_is_told_again():
    asked = LONG_BEFORE + timedelta(days=1)
    first, again = (
        wanted([RULES[Kind.CONFIRMATION]], MEETING, guest(asked_at=at), asked)[0]
        for at in (None, asked)
    )

    assert (first.due_at, again.due_at) == (LONG_BEFORE, asked)
    assert first.occasion != again.occasion


def test_a_mail_is_tried_again_later_and_later_and_then_given_up():
    waits = [retry_at(START, attempts) for attempts in range(1, len(BACKOFF) + 2)]

    minutes = [None if at is None else (at - START) / timedelta(minutes=1) for at in waits]
    assert minutes == [1, 5, 15, 60, 240, 720, None]


def test_fields_are_filled_in_once_and_nothing_but_names_can_stand_in_the_braces():
    values = {"name": "{title}", "title": "Om forløbet"}

    assert fill("{name}: {title}, {title}", values) == "{title}: Om forløbet, Om forløbet"
    for template in ("{name.__class__}", "{name!r}", "{0}", "{}"):
        with pytest.raises(KeyError):
            fill(template, values)


@pytest.mark.parametrize(
    ("subject", "body", "key"),
    [
        ("", "x", "mail_text_needed"),
        (" ", "x", "mail_text_needed"),
        ("x", " \n", "mail_text_needed"),
        ("a\nBcc: b@c.example", "x", "subject_one_line"),
        ("a\rb", "x", "subject_one_line"),
        ("{nam}", "x", "mail_field_unknown"),
        ("x", "{name.x}", "mail_field_unknown"),
        ("Møde om {title}", "x", "subject_telling"),
        ("For PEERS", "x", "subject_telling"),
        ("Psykiatri", "x", "subject_telling"),
    ],
)
def test_words_that_cannot_be_sent_are_refused(subject, body, key):
    with pytest.raises(Refused) as refusal:
        refuse_text(subject, body)

    assert refusal.value.key == key


def test_words_that_can_be_sent_are_not_refused():
    refuse_text("Link til mødet {date} kl. {time}", "Kære {name}\n{link}")
