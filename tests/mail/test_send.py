"""What goes to whom, when, and in which words; over real SMTP on loopback."""

import shutil
import ssl
import subprocess
import threading
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from datetime import date, datetime, time, timedelta

import pytest
from icalendar import Calendar

from advisory import mail
from advisory.domain import calendar
from advisory.domain.errors import Refused
from advisory.domain.messages import refuse_text
from advisory.mail import sending
from advisory.store import meetings, messages, open_store, outbox, signups

from .conftest import settings_for
from .post import DROP, DROP_AFTER, STALL, STALL_AFTER, Delivery, Post


def kinds(post: Post, recipient: str = "") -> list[str]:
    """The subjects' kinds of what was delivered, told by words that only they have."""
    words = {
        "Du er tilmeldt": "confirmation",
        "venteliste": "waiting",
        "Der er en plads": "offer",
        "meldt afbud": "withdrawn",
        "Nyt om": "moved",
        "aflyst": "cancelled",
        "Link": "link",
        "Husk": "reminder",
        "Endnu ingen": "no_seat",
        "Tak": "thanks",
    }
    return [
        next(kind for word, kind in words.items() if word in one.message["Subject"])
        for one in post.delivered
        if recipient in one.recipient
    ]


def text_of(delivery: Delivery) -> str:
    """The words of a mail, with the line ends of Python."""
    return delivery.message.get_body(("plain",)).get_content().replace("\r\n", "\n")


def calendar_of(delivery) -> Calendar | None:
    parts = [p for p in delivery.message.walk() if p.get_content_type() == "text/calendar"]
    return Calendar.from_ical(parts[0].get_payload(decode=True)) if parts else None


def invitations(post: Post) -> list[tuple[str, str, int]]:
    """Method, status and sequence of the calendar files delivered; all have one UID."""
    found = [one for one in map(calendar_of, post.delivered) if one is not None]
    events = [one.walk("VEVENT")[0] for one in found]
    assert len({str(event["uid"]) for event in events}) <= 1
    return [
        (str(one["method"]), str(event["status"]), int(event["sequence"]))
        for one, event in zip(found, events)
    ]


# --- one mail ---------------------------------------------------------------------------------


def test_a_confirmation_says_all_in_plain_text_with_the_meeting_in_two_calendar_parts(
    facts, post, own, make_meeting, sign_up
):
    meeting = make_meeting(place=None)
    sign_up(meeting, "anne")
    signup = facts.rows("signup")[0]
    row = facts.rows("message", "kind = 'confirmation'")[0]

    tally = mail.send_due(facts, own)

    assert tally == mail.Tally(sent=1)
    message = post.delivered[0].message
    assert post.delivered[0].recipient == "anne@kommune.example"
    assert {name: message[name] for name in ("From", "To", "Reply-To", "Auto-Submitted")} == {
        "From": "Møder <moeder@styrelsen.example>",
        "To": "Anne <anne@kommune.example>",
        "Reply-To": "kontakt@styrelsen.example",
        "Auto-Submitted": "auto-generated",
    }
    assert message["Subject"] == "Du er tilmeldt mødet tirsdag den 25. marts 2025 kl. 14.30"
    assert message["Message-ID"] == facts.get("message", row["id"])["message_id"]
    assert message["Message-ID"].endswith("@styrelsen.example>")
    assert message["Date"].datetime == facts.now()
    assert text_of(post.delivered[0]) == (
        "Kære Anne\n\nDu er tilmeldt: Om forløbet\nTid: tirsdag den 25. marts 2025 kl. 14.30\n"
        "Sted: Online\n\nMødet ligger i den vedhæftede kalenderfil. Er mødet online, får du linket"
        " i en mail, når tilmeldingen er lukket.\n\nKan du ikke alligevel, så meld afbud her, så en"
        f" anden kan få pladsen:\nhttps://tilmelding.example/m/{signup['token']}\n\n"
        "Venlig hilsen\nStyrelsen\nkontakt@styrelsen.example\n\n"
        "Dine oplysninger bliver slettet efter 25. juni 2025.\n"
    )
    parts = [
        (p.get_content_type(), p.get_param("method"), p.get_filename()) for p in message.walk()
    ]
    assert parts == [
        ("multipart/mixed", None, None),
        ("multipart/alternative", None, None),
        ("text/plain", None, None),
        ("text/calendar", "REQUEST", None),
        ("application/ics", None, "moede.ics"),
    ]
    event = calendar_of(post.delivered[0]).walk("VEVENT")[0]
    assert str(event["attendee"]) == "mailto:anne@kommune.example"
    assert "moede.example" not in post.delivered[0].content.decode()


def test_an_english_sign_up_gets_english_words(facts, post, own, make_meeting, sign_up):
    sign_up(make_meeting(), "anne", language="en")

    mail.send_due(facts, own)

    message = post.delivered[0].message
    assert message["Subject"] == (
        "You are signed up for the meeting on Tuesday, 25 March 2025 at 14:30"
    )
    assert "Place: Online" in text_of(post.delivered[0])


def test_the_preview_of_every_rule_is_what_is_sent(facts, post, own, make_meeting, sign_up):
    meeting = make_meeting(capacity=1)
    sign_up(meeting, "anne")
    sign_up(meeting, "bo")
    rules = {row["kind"]: row for row in facts.rows("mail_rule")}

    mail.send_due(facts, own)

    for one, kind, name in zip(post.delivered, ("confirmation", "waiting"), ("Anne", "Bo")):
        subject, body = mail.preview(facts, own, rules[kind], "da", name=name)
        token = facts.find("signup", email_key=one.recipient)["token"]
        assert one.message["Subject"] == subject
        assert text_of(one) == body.replace("…", token)
    for rule in rules.values():
        for language in ("da", "en"):
            refuse_text(rule[f"subject_{language}"], rule[f"body_{language}"])
            subject, body = mail.preview(facts, own, rule, language)
            assert "{" not in subject + body


def test_a_line_break_in_a_name_or_a_reason_cannot_make_a_header(
    facts, post, own, make_meeting, sign_up
):
    meeting = make_meeting()
    signup = sign_up(meeting, "anne")
    person = facts.get("signup", signup)["person_id"]
    with facts.write("signup.edit"):
        facts.update("person", person, {"name": "Anne\r\nBcc: x@kommune.example"})
    rule = facts.find("mail_rule", activity_id=meeting, kind="cancelled")
    with facts.write("mail_rule.edit"):  # past the rule for subjects, as in an older database
        facts.update("mail_rule", rule["id"], {"subject_da": "Aflyst: {reason}"})
    sign_up(meeting, "bo")
    meetings.cancel(facts, meeting, "Sygdom\r\nBcc: x@kommune.example")

    tally = mail.send_due(facts, own)

    assert (tally.sent, tally.failed) == (1, 1)
    assert facts.rows("message", "state = 'failed'")[0]["reason"] == "not_written"
    assert post.delivered[0].recipient == "bo@kommune.example"
    assert post.delivered[0].message["Subject"] == "Aflyst: Sygdom Bcc: x@kommune.example"
    assert post.delivered[0].message["Bcc"] is None


def test_a_mail_without_an_address_stands_as_failed_and_the_next_goes(
    facts, post, own, make_meeting, sign_up
):
    meeting = make_meeting()
    signup = sign_up(meeting, "anne")
    sign_up(meeting, "bo")
    with facts.write("signup.edit"):
        facts.update("person", facts.get("signup", signup)["person_id"], {"email": None})

    tally = mail.send_due(facts, replace(own, mail_production=True))

    assert (tally.sent, tally.failed) == (1, 1)
    assert [one.recipient for one in post.delivered] == ["bo@kommune.example"]


def test_a_domain_with_danish_letters_is_written_in_the_letters_of_the_net(
    facts, post, own, make_meeting, sign_up
):
    own = replace(own, mail_allow=("rødovre.example", "kommune.example"))
    meeting = make_meeting()
    sign_up(meeting, "anne", email="anne@rødovre.example")
    sign_up(meeting, "bo", email="bø@kommune.example")

    assert mail.send_due(facts, own).sent == 2

    assert [one.recipient for one in post.delivered] == [
        "anne@xn--rdovre-bya.example",
        "bø@kommune.example",
    ]
    assert post.delivered[1].message["To"] == "Bo <bø@kommune.example>"


# --- to whom, and from where ------------------------------------------------------------------


def test_a_trial_writes_only_to_the_allowed_and_the_others_wait_without_blocking(
    facts, post, own, make_meeting, sign_up, mails
):
    meeting = make_meeting()
    for who in ("anne", "bo", "cleo"):
        domain = "kommune" if who == "bo" else "privat"
        sign_up(meeting, who, email=f"{who}@{domain}.example")

    assert mail.send_due(facts, own) == mail.Tally(sent=1, held=2)
    assert mail.send_due(facts, own) == mail.Tally(held=2)
    assert mails(kind="confirmation") == [
        ("confirmation", "due", "not_allowed"),
        ("confirmation", "sent", None),
        ("confirmation", "due", "not_allowed"),
    ]
    assert [row["attempts"] for row in facts.rows("message", "reason = 'not_allowed'")] == [0, 0]

    assert mail.send_due(facts, replace(own, mail_allow=("anne@privat.example",))).sent == 1
    assert mail.send_due(facts, replace(own, mail_production=True)).sent == 1
    assert [one.recipient[0] for one in post.delivered] == ["b", "a", "c"]


@pytest.mark.parametrize(
    ("address", "allow", "may"),
    [
        ("Anne@Kommune.example", ("kommune.example",), True),
        ("anne@kommune.example", ("anne@kommune.example",), True),
        ("anne@kommune.example", (), False),
        ("anne@under.kommune.example", ("kommune.example",), False),
        ("kommune.example@andre.example", ("kommune.example",), False),
    ],
)
def test_an_address_is_allowed_by_itself_or_its_whole_domain(own, address, allow, may):
    assert mail.may_get(address, replace(own, mail_allow=allow)) is may


def test_nothing_leaves_from_demo_data(demo_store, own):
    demo_store.actor = replace(demo_store.actor, role="system")

    with pytest.raises(Refused) as refusal:
        mail.send_due(demo_store, own)

    assert refusal.value.key == "mail_demo"


@pytest.mark.parametrize(
    ("others", "key"),
    [
        ({"mail_host": None}, "mail_not_configured"),
        ({"mail_from": None}, "mail_not_configured"),
        ({"mail_production": True, "public_url": "http://127.0.0.1:5006"}, "mail_url_needed"),
        ({"mail_user": "a", "mail_host": "mail.styrelsen.example"}, "mail_in_clear"),
        ({"mail_production": True, "mail_host": "mail.styrelsen.example"}, "mail_in_clear"),
        ({"mail_user": "a", "mail_tls": "starttls"}, "mail_password_missing"),
    ],
)
def test_what_is_not_ready_to_send_is_refused_before_anything_is_touched(
    facts, post, own, make_meeting, sign_up, others, key
):
    sign_up(make_meeting(), "anne")
    before = facts.version()

    with pytest.raises(Refused) as refusal:
        mail.send_due(facts, replace(own, **others))

    assert (refusal.value.key, facts.version(), post.connections) == (key, before, 0)


def test_only_the_system_sends(as_role, facts, own):
    for role in ("consultant", "office", "leadership", "public"):
        with pytest.raises(Exception, match="forbidden"):
            mail.send_due(as_role(role, facts), own)


def test_a_person_who_wants_no_mails_gets_none(facts, post, own, make_meeting, sign_up, mails):
    signup = sign_up(make_meeting(), "anne")
    with facts.write("signup.edit"):  # by somebody who did not plan the mails anew
        facts.update("person", facts.get("signup", signup)["person_id"], {"no_mail": 1})

    assert mail.send_due(facts, own) == mail.Tally()
    assert ("confirmation", "skipped", "no_mail") in mails()
    assert post.connections == 1
    assert post.delivered == []


# --- when -------------------------------------------------------------------------------------


def at(clock, day: date, hour: int, minute: int = 0) -> None:
    clock.now = calendar.to_utc(day, time(hour, minute))


def test_the_link_goes_the_day_before_after_sign_up_has_closed(
    facts, clock, post, own, make_meeting, sign_up
):
    meeting = make_meeting()
    sign_up(meeting, "anne")
    mail.send_due(facts, own)
    at(clock, date(2025, 3, 24), 11, 59)
    sign_up(meeting, "bo")  # the last minute
    for hour, minute in ((12, 0), (12, 29), (12, 30)):
        at(clock, date(2025, 3, 24), hour, minute)
        mail.send_due(facts, own)
        sent = [one.recipient for one in post.delivered if "Link" in one.message["Subject"]]
        due = hour == 12 and minute == 30
        assert sent == (["anne@kommune.example", "bo@kommune.example"] if due else [])

    link = post.delivered[-1]
    assert "https://moede.example/j/1" in text_of(link)
    assert str(calendar_of(link).walk("VEVENT")[0]["url"]) == "https://moede.example/j/1"


def test_sign_up_that_closes_after_the_link_would_go_holds_the_link_back(
    facts, clock, post, own, make_meeting, sign_up
):
    sign_up(make_meeting(signup_by=calendar.to_utc(date(2025, 3, 25), time(10))), "anne")
    for day, hour, expected in ((24, 13, 0), (25, 9, 0), (25, 10, 1)):
        at(clock, date(2025, 3, day), hour)
        mail.send_due(facts, own)
        assert kinds(post).count("link") == expected


def test_an_offer_accepted_after_the_link_went_still_gives_the_link(
    facts, clock, post, own, make_meeting, sign_up
):
    meeting = make_meeting(capacity=1)
    anne, bo = sign_up(meeting, "anne"), sign_up(meeting, "bo")
    at(clock, date(2025, 3, 24), 13)
    mail.send_due(facts, own)
    signups.withdraw(facts, anne)
    mail.send_due(facts, own)
    clock.tick(hours=2)
    signups.accept(facts, bo)
    mail.send_due(facts, own)

    assert kinds(post, "anne") == ["confirmation", "link", "withdrawn"]
    assert kinds(post, "bo") == ["waiting", "offer", "confirmation", "link"]


def test_a_meeting_moved_closer_than_the_lead_time_gives_the_link_at_once(
    facts, clock, post, own, make_meeting, sign_up
):
    meeting = make_meeting()
    sign_up(meeting, "anne")
    mail.send_due(facts, own)
    clock.tick(minutes=5)
    starts_at = clock.now + timedelta(hours=3)
    meetings.move(
        facts, meeting, starts_at=starts_at, ends_at=starts_at + timedelta(hours=1), signup_by=None
    )
    mail.send_due(facts, own)
    clock.tick(hours=2)
    mail.send_due(facts, own)

    assert sorted(kinds(post)) == ["confirmation", "link", "moved"]


def test_a_copied_meeting_sends_nothing_old(facts, clock, post, own, make_meeting, sign_up, mails):
    old = make_meeting()
    sign_up(old, "anne")
    at(clock, date(2025, 3, 26), 9)
    mail.send_due(facts, own)
    post.delivered.clear()
    before = mails()
    new = meetings.copy(facts, old, starts_at=calendar.to_utc(date(2025, 5, 6), time(14, 30)))

    mail.send_due(facts, own)
    assert (post.delivered, mails()) == ([], before)

    sign_up(new, "bo")
    mail.send_due(facts, own)
    assert (kinds(post), post.delivered[0].recipient) == (["confirmation"], "bo@kommune.example")


def test_a_meeting_moved_twice_before_the_mail_gives_one_mail_of_the_last_time(
    facts, clock, post, own, make_meeting, sign_up, mails
):
    meeting = make_meeting()
    sign_up(meeting, "anne")
    mail.send_due(facts, own)
    for day in (26, 27):
        clock.tick(minutes=5)
        starts_at = calendar.to_utc(date(2025, 3, day), time(14, 30))
        ends_at = starts_at + timedelta(minutes=45)
        meetings.move(facts, meeting, starts_at=starts_at, ends_at=ends_at, signup_by=None)
    mail.send_due(facts, own)

    assert kinds(post) == ["confirmation", "moved"]
    assert "27. marts 2025" in post.delivered[1].message["Subject"]
    assert mails(kind="moved") == [("moved", "skipped", "superseded"), ("moved", "sent", None)]


def test_the_calendar_keeps_its_uid_and_every_mail_goes_before_the_last(
    facts, clock, post, own, make_meeting, sign_up
):
    meeting = make_meeting()
    signup = sign_up(meeting, "anne")
    mail.send_due(facts, own)
    clock.tick(minutes=5)
    starts_at = calendar.to_utc(date(2025, 3, 26), time(14, 30))
    ends_at = starts_at + timedelta(minutes=45)
    meetings.move(facts, meeting, starts_at=starts_at, ends_at=ends_at, signup_by=None)
    mail.send_due(facts, own)
    clock.tick(minutes=5)
    signups.withdraw(facts, signup)
    mail.send_due(facts, own)
    clock.tick(minutes=5)
    sign_up(meeting, "anne")
    mail.send_due(facts, own)
    clock.tick(minutes=5)
    meetings.cancel(facts, meeting, "Sygdom")
    mail.send_due(facts, own)

    assert kinds(post) == ["confirmation", "moved", "withdrawn", "confirmation", "cancelled"]
    assert invitations(post) == [
        ("REQUEST", "CONFIRMED", 0),
        ("REQUEST", "CONFIRMED", 2),
        ("CANCEL", "CANCELLED", 3),
        ("REQUEST", "CONFIRMED", 4),
        ("CANCEL", "CANCELLED", 6),
    ]


def test_who_never_had_a_seat_gets_no_calendar_file(facts, clock, post, own, make_meeting, sign_up):
    meeting = make_meeting(capacity=1)
    sign_up(meeting, "anne")
    sign_up(meeting, "bo")
    mail.send_due(facts, own)
    clock.tick(minutes=5)
    meetings.cancel(facts, meeting, "Sygdom")
    mail.send_due(facts, own)

    assert kinds(post, "bo") == ["waiting", "cancelled"]
    found = [calendar_of(one) for one in post.delivered if one.recipient.startswith("bo")]
    assert found == [None, None]
    assert len(invitations(post)) == 2  # those of Anne


def test_after_two_days_without_a_server_what_is_too_late_is_skipped_and_the_rest_goes(
    facts, clock, own, post, make_meeting, sign_up, mails
):
    meeting = make_meeting()
    sign_up(meeting, "anne")
    later = make_meeting(date(2025, 4, 8))
    mail.send_due(facts, own)
    away = replace(own, mail_port=1)
    at(clock, date(2025, 3, 24), 8)
    signup = sign_up(later, "bo")
    for _ in range(48 * 4):
        clock.tick(minutes=15)
        assert mail.send_due(facts, away).stopped.key == "mail_server_away"
    assert mails(signup_id=signup)[0] == ("confirmation", "due", None)

    mail.send_due(facts, own)

    assert kinds(post) == ["confirmation", "confirmation"]
    assert mails(activity_id=meeting) == [
        ("confirmation", "sent", None),
        ("link", "skipped", "meeting_over"),
        ("reminder", "skipped", "too_late"),
    ]


# --- cancelled in the meantime ----------------------------------------------------------------


@pytest.mark.parametrize(("planned_anew", "expected"), [(True, ["withdrawn"]), (False, ["link"])])
def test_what_is_due_is_planned_anew_so_that_who_cancelled_gets_nothing_more(
    facts, clock, post, own, make_meeting, sign_up, monkeypatch, planned_anew, expected
):
    signup = sign_up(make_meeting(), "anne")
    mail.send_due(facts, own)
    post.delivered.clear()
    at(clock, date(2025, 3, 24), 13)
    with monkeypatch.context() as patch:
        patch.setattr(messages, "plan", lambda *ignored: None)
        signups.withdraw(facts, signup)
        if not planned_anew:  # the control: then the link goes to one who has cancelled
            mail.send_due(facts, own)
    mail.send_due(facts, own)

    assert kinds(post)[: len(expected)] == expected


def test_the_time_to_answer_begins_when_the_offer_is_sent(
    facts, clock, post, own, make_meeting, sign_up
):
    meeting = make_meeting(capacity=1, answer_hours=24)
    anne = sign_up(meeting, "anne")
    sign_up(meeting, "bo")
    mail.send_due(facts, own)
    signups.withdraw(facts, anne)
    clock.tick(hours=60)  # the sender has been away for longer than people have to answer
    signups.settle(facts, meeting)

    mail.send_due(facts, own)

    bo = facts.find("signup", email_key="bo@kommune.example")
    assert kinds(post) == ["confirmation", "waiting", "withdrawn", "offer"]
    assert bo["state"] == "offered"
    assert datetime.fromisoformat(bo["answer_by"]) == facts.now() + timedelta(hours=24)
    clock.tick(hours=25)
    signups.settle(facts, meeting)
    assert facts.find("signup", email_key="bo@kommune.example")["state"] == "lapsed"


def test_an_offer_nobody_was_told_of_ends_with_the_meeting(facts, clock, make_meeting, sign_up):
    meeting = make_meeting(capacity=1)
    anne = sign_up(meeting, "anne")
    sign_up(meeting, "bo")
    signups.withdraw(facts, anne)
    clock.now = datetime.fromisoformat(facts.get("activity", meeting)["ends_at"])

    signups.settle(facts, meeting)

    assert facts.find("signup", email_key="bo@kommune.example")["state"] == "lapsed"


# --- what the server answers ------------------------------------------------------------------


ANSWERS = [
    ("mail", "451 later", "due", "retry", 0),
    ("rcpt", "450 mailbox busy", "due", "retry", 0),
    ("rcpt", "550 no such user", "failed", "refused", 0),
    ("data", "451 later", "due", "retry", 0),
    ("data", "554 no", "failed", "refused", 0),
    ("end", "452 disk full", "due", "retry", 0),
    ("end", "554 content refused", "failed", "refused", 0),
    ("mail", DROP, "due", "retry", 0),
    ("rcpt", DROP, "due", "retry", 0),
    ("rcpt", STALL, "due", "retry", 0),
    ("data", DROP, "due", "retry", 0),
    ("data", STALL, "due", "retry", 0),
    ("end", DROP, "uncertain", "reply_lost", 0),
    ("end", STALL, "uncertain", "reply_lost", 0),
    ("end", DROP_AFTER, "uncertain", "reply_lost", 1),
    ("end", STALL_AFTER, "uncertain", "reply_lost", 1),
    ("end", "354 what", "uncertain", "reply_lost", 0),
]


@pytest.mark.parametrize(("stage", "fault", "state", "reason", "delivered"), ANSWERS)
def test_each_fault_at_each_stage_stands_as_what_is_known_and_the_next_mail_goes(
    facts, clock, post, own, make_meeting, sign_up, stage, fault, state, reason, delivered
):
    meeting = make_meeting()
    sign_up(meeting, "anne")
    sign_up(meeting, "bo")
    post.script = [(stage, fault)]

    mail.send_due(facts, own)

    row = facts.rows("message", "kind = 'confirmation'")[0]
    assert (row["state"], row["reason"], row["attempts"]) == (state, reason, 1)
    assert row["detail"]
    assert [one.recipient for one in post.delivered if "anne" in one.recipient] == [
        "anne@kommune.example"
    ] * delivered
    assert [one.recipient for one in post.delivered][delivered:] == ["bo@kommune.example"]

    clock.tick(minutes=1)
    mail.send_due(facts, own)
    again = 1 if state == "due" else delivered
    assert sum("anne" in one.recipient for one in post.delivered) == again
    assert len({one.message_id for one in post.delivered}) == len(post.delivered)


@pytest.mark.parametrize(
    ("stage", "fault", "key"),
    [
        ("connect", "554 go away", "mail_server_refused"),
        ("connect", "421 busy", "mail_server_away"),
        ("connect", DROP, "mail_server_away"),
        ("connect", STALL, "mail_server_away"),
        ("mail", "550 not you", "mail_server_refused"),
        ("mail", "530 authentication required", "mail_server_refused"),
        ("rcpt", "530 authentication required", "mail_server_refused"),
    ],
)
def test_a_server_that_wants_nothing_from_us_ends_the_run_and_costs_no_mail_an_attempt(
    facts, post, own, make_meeting, sign_up, mails, stage, fault, key
):
    sign_up(make_meeting(), "anne")
    post.script = [(stage, fault)]

    tally = mail.send_due(facts, own)

    assert (tally.stopped.key, tally.sent, tally.failed) == (key, 0, 0)
    row = facts.rows("message", "kind = 'confirmation'")[0]
    assert (row["state"], row["reason"], row["attempts"]) == ("due", None, 0)
    assert mail.send_due(facts, own) == mail.Tally(sent=1)


def test_a_run_ends_when_the_line_is_lost_three_times_in_a_row(
    facts, post, own, make_meeting, sign_up
):
    meeting = make_meeting()
    for number in range(6):
        sign_up(meeting, f"guest{number}")
    post.script = [("rcpt", DROP)] * 3

    tally = mail.send_due(facts, own)

    assert (tally.stopped.key, tally.deferred, tally.sent) == ("mail_keeps_failing", 3, 0)
    assert mail.send_due(facts, own).sent == 3


def test_a_run_ends_when_twenty_in_a_row_are_refused_which_must_be_us(
    facts, post, own, make_meeting, sign_up
):
    meeting = make_meeting()
    for number in range(25):
        sign_up(meeting, f"guest{number}")
    post.script = [("rcpt", "550 relaying denied")] * 20

    tally = mail.send_due(facts, own)

    assert (tally.stopped.key, tally.failed, tally.sent) == ("mail_keeps_failing", 20, 0)
    assert mail.send_due(facts, own).sent == 5


def test_one_connection_serves_all_and_a_lost_one_is_opened_again_before_a_mail_is_taken(
    facts, post, own, make_meeting, sign_up
):
    meeting = make_meeting()
    for who in ("anne", "bo", "cleo"):
        sign_up(meeting, who)

    assert mail.send_due(facts, own).sent == 3
    assert post.connections == 1
    post.script = [("reset", DROP)]
    for who in ("dan", "eva"):
        sign_up(meeting, who)

    assert mail.send_due(facts, own) == mail.Tally(sent=2)
    assert post.connections == 3
    assert {row["attempts"] for row in facts.rows("message", "state = 'sent'")} == {1}


def test_a_number_that_looks_like_a_cpr_number_does_not_stop_us_from_noting_an_answer(
    facts, post, own, make_meeting, sign_up
):
    sign_up(make_meeting(), "anne")
    post.script = [("end", "452 queued 0101851234 not yet")]

    mail.send_due(facts, own)

    assert facts.rows("message", "kind = 'confirmation'")[0]["detail"] == "452 queued … not yet"


def test_limit_and_stop_end_a_run_between_two_mails(facts, post, own, make_meeting, sign_up):
    meeting = make_meeting()
    for number in range(5):
        sign_up(meeting, f"guest{number}")
    stop = threading.Event()

    assert mail.send_due(facts, own, limit=2) == mail.Tally(sent=2)
    assert mail.send_due(facts, own, stop=stop, report=lambda row: stop.set()).sent == 1
    assert mail.send_due(facts, own).sent == 2


# --- one sender, and one that dies ------------------------------------------------------------


@pytest.mark.parametrize("locked", [True, False])
def test_a_second_sender_is_refused_and_without_the_lock_would_doubt_the_first(
    facts, as_role, post, own, make_meeting, sign_up, monkeypatch, locked
):
    sign_up(make_meeting(), "anne")
    if not locked:
        monkeypatch.setattr(sending, "alone", lambda store: nullcontext())
    heard = []

    def second(stage: str, recipient: str) -> None:
        if stage == "end":  # the first sender waits for the answer to its mail
            try:
                with open_again(facts) as other:
                    heard.append(mail.send_due(other, own).left)
            except Refused as refusal:
                heard.append(refusal.key)

    post.fault = second
    if locked:
        assert mail.send_due(facts, own).sent == 1
        assert heard == ["mail_sender_busy"]
    else:
        with pytest.raises(RuntimeError, match="is not being sent"):
            mail.send_due(facts, own)
        assert heard == [1]


@contextmanager
def open_again(store):
    with open_store(store.path, store.actor, clock=store._clock) as other:
        yield other


class Died(BaseException):
    """The process is gone."""


@pytest.mark.parametrize(("marked_first", "times"), [(True, 1), (False, 2)])
def test_a_sender_that_dies_after_the_server_said_yes_sends_nothing_twice(
    facts, post, own, make_meeting, sign_up, monkeypatch, mails, marked_first, times
):
    sign_up(make_meeting(), "anne")
    if not marked_first:  # the control: marking it in the transaction that is written last
        monkeypatch.setattr(outbox, "claim", unmarked(outbox.claim))
    with monkeypatch.context() as patch:
        patch.setattr(outbox, "sent", died)
        with pytest.raises(Died):
            mail.send_due(facts, own)

    tally = mail.send_due(facts, own) if marked_first else None
    if not marked_first:
        with pytest.raises(RuntimeError):
            mail.send_due(facts, own)

    assert len(post.delivered) == times
    if marked_first:
        assert tally == mail.Tally(left=1)
        assert mails(kind="confirmation") == [("confirmation", "uncertain", "sender_stopped")]


def died(*ignored):
    raise Died


def unmarked(claim):
    def taken(store, **more):
        """The mail that would be taken, with nothing written."""
        with pytest.raises(Died), store.write("message.send"):  # noqa: PT012
            found = claim(store, **more)
            raise Died
        return found

    return taken


# --- encryption -------------------------------------------------------------------------------


@pytest.fixture
def certificate(tmp_path):
    """Key and certificate for localhost that only those who are told trust."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed, so no certificate could be made")
    key, made = tmp_path / "key.pem", tmp_path / "certificate.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
         "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
         "-keyout", str(key), "-out", str(made)],
        check=True, capture_output=True,
    )  # fmt: skip
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(made, key)
    return made, context


def test_encryption_is_checked_before_a_password_is_told(
    facts, make_meeting, sign_up, certificate, monkeypatch, tmp_path
):
    made, context = certificate
    password = tmp_path / "password"
    password.write_text("hemmelig\n")
    post = Post(tls=context, user=("kurser", "hemmelig"))
    try:
        own = settings_for(
            post, mail_host="localhost", mail_tls="starttls", mail_user="kurser",
            mail_password_file=password,
        )  # fmt: skip
        sign_up(make_meeting(), "anne")

        untrusted = mail.send_due(facts, own)
        monkeypatch.setenv("SSL_CERT_FILE", str(made))
        wrong_name = mail.send_due(facts, replace(own, mail_host="127.0.0.1"))
        password.write_text("forkert")
        wrong_password = mail.send_due(facts, own)
        password.write_text("hemmelig\n")
        trusted = mail.send_due(facts, own)
    finally:
        post.stop()

    assert [one.stopped.key for one in (untrusted, wrong_name, wrong_password)] == [
        "mail_server_refused"
    ] * 3
    assert "certificate" in untrusted.stopped.values["detail"].lower()
    assert trusted == mail.Tally(sent=1)


def test_a_server_without_encryption_gets_no_mail_when_encryption_is_wanted(
    facts, post, own, make_meeting, sign_up
):
    sign_up(make_meeting(), "anne")

    for tls in ("starttls", "tls"):
        tally = mail.send_due(facts, replace(own, mail_tls=tls))
        assert tally.stopped.key == "mail_server_refused"
    assert post.delivered == []


# --- taking back ------------------------------------------------------------------------------


def last_operation(store) -> str:
    return store.rows("history", order="id DESC LIMIT 1")[0]["operation"]


def test_a_rule_that_is_stopped_and_started_by_undo_leaves_nobody_out(
    facts, post, own, make_meeting, sign_up
):
    meeting = make_meeting()
    rule = facts.find("mail_rule", activity_id=meeting, kind="confirmation")
    meetings.edit_rule(facts, rule["id"], {"active": 0})
    operation = last_operation(facts)
    sign_up(meeting, "anne")

    facts.revert(operation)
    mail.send_due(facts, own)

    assert kinds(post) == ["confirmation"]


def test_a_move_that_somebody_has_heard_of_is_not_undone_in_silence(
    facts, clock, make_meeting, sign_up
):
    meeting = make_meeting()
    clock.tick(minutes=1)
    row = facts.get("activity", meeting)
    later = {
        name: datetime.fromisoformat(row[name]) + timedelta(days=7)
        for name in ("starts_at", "ends_at", "signup_by")
    }
    meetings.move(facts, meeting, **later)
    operation = last_operation(facts)
    clock.tick(minutes=1)
    sign_up(meeting, "anne")

    with pytest.raises(Refused, match="revert_told"):
        facts.revert(operation)


def test_a_corrected_address_gets_a_link_of_its_own_and_the_mails_again(
    facts, clock, post, own, make_meeting, sign_up
):
    anne = sign_up(make_meeting(), "anne")
    mail.send_due(facts, own)
    old = facts.get("signup", anne)["token"]
    clock.tick(minutes=5)

    signups.set_address(facts, anne, "anna@kommune.example")
    mail.send_due(facts, own)

    assert facts.get("signup", anne)["token"] != old
    assert kinds(post, "anna@") == ["confirmation"]


def test_a_mail_that_was_refused_stays_so_until_somebody_sees_to_it(
    facts, clock, post, own, make_meeting, sign_up
):
    meeting = make_meeting()
    sign_up(meeting, "anne")
    post.script = [("rcpt", "550 no such user")]
    mail.send_due(facts, own)
    rule = facts.find("mail_rule", activity_id=meeting, kind="confirmation")

    for active in (0, 1):
        meetings.edit_rule(facts, rule["id"], {"active": active})
    clock.now = datetime.fromisoformat(facts.get("activity", meeting)["ends_at"])
    meetings.edit_rule(facts, rule["id"], {"active": 0})

    found = facts.find("message", kind="confirmation")
    assert (found["state"], found["reason"]) == ("failed", "refused")


def test_a_mail_that_went_is_written_down_when_the_database_is_free_again(
    facts, post, own, make_meeting, sign_up, monkeypatch
):
    sign_up(make_meeting(), "anne")
    sent, busy = outbox.sent, iter([True, True, False])

    def busy_at_first(*args):
        if next(busy):
            raise Refused("database_busy", path="x")
        return sent(*args)

    monkeypatch.setattr(outbox, "sent", busy_at_first)

    assert mail.send_due(facts, own).sent == 1
    assert facts.find("message", kind="confirmation")["state"] == "sent"
