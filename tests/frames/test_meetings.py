"""The meetings, who signed up and came, and the mails, as people are shown them."""

from datetime import UTC, date, datetime, timedelta

import pandas as pd
import pytest

from advisory import frames
from advisory.domain.attendance import Person
from advisory.store import attendance, meetings, signups
from advisory.store.presence import presence

from .conftest import LENGTH, MEETING, address, seen

CLOSES = MEETING - timedelta(hours=2)


def one(frame: pd.DataFrame, **where: object) -> dict:
    for column, value in where.items():
        frame = frame[frame[column] == value]
    (row,) = frame.to_dict("records")
    return row


@pytest.fixture
def held(facts, clock, make_meeting, sign_up, take_in):
    """A meeting that was held: four with a seat, one waiting, a report with three people."""
    meeting = make_meeting(capacity=4)
    ids = {
        name: sign_up(meeting, name, municipality)
        for name, municipality in (
            ("Ane Holm", "Struer"),
            ("Bo Krogh", "Faxe"),
            ("Lone Hjort", "Struer"),
            ("Ida Toft", "Faxe"),
            ("Per Lund", "Samsø"),
        )
    }
    clock.now = MEETING + timedelta(hours=1)
    start = MEETING - timedelta(minutes=10)
    spans = ((start, start + timedelta(minutes=30)), (MEETING, MEETING + timedelta(minutes=25)))
    take_in(
        meeting,
        Person("Ane H", address("Ane Holm"), spans, None, 2),
        seen("L. Hjort", email=None, minutes=12),
        seen("iPad (2)", email=None, minutes=None),
    )
    return meeting, ids


# --- meetings ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("now", "status"),
    [
        (CLOSES, "open"),
        (CLOSES + timedelta(seconds=1), "closed"),
        (MEETING - timedelta(seconds=1), "closed"),
        (MEETING, "running"),
        (MEETING + LENGTH - timedelta(seconds=1), "running"),
        (MEETING + LENGTH, "held"),
    ],
)
def test_the_status_follows_the_clock_while_the_data_stay(facts, clock, make_meeting, now, status):
    meeting = make_meeting(signup_by=CLOSES)
    version = facts.version()
    assert one(frames.meetings(facts), activity_id=meeting)["status"] == "open"

    clock.now = now

    assert facts.version() == version
    assert one(frames.meetings(facts), activity_id=meeting)["status"] == status


def test_another_date_shows_the_status_at_the_end_of_that_day(facts, clock, make_meeting):
    meeting = make_meeting(signup_by=datetime(2025, 3, 19, 9, 0, tzinfo=UTC))
    clock.on(date(2025, 3, 17))
    days = {day: facts.at(date(2025, 3, day)) for day in (13, 18, 19, 20, 21)}

    found = {
        day: one(frames.meetings(store), activity_id=meeting)["status"]
        for day, store in days.items()
    }

    assert found == {13: "open", 18: "open", 19: "closed", 20: "held", 21: "held"}


def test_a_cancelled_meeting_is_cancelled_whenever_it_was(facts, make_meeting):
    meeting = make_meeting()
    meetings.cancel(facts, meeting, "Oplægsholderen er syg")

    row = one(frames.meetings(facts), activity_id=meeting)

    assert (row["status"], row["cancel_reason"]) == ("cancelled", "Oplægsholderen er syg")


def test_meetings_come_by_their_start_with_day_and_closing_time_as_in_copenhagen(
    facts, make_meeting
):
    late = make_meeting(datetime(2025, 5, 1, 22, 30, tzinfo=UTC), cohort=None)
    make_meeting()

    found = frames.meetings(facts)

    assert list(found["starts_at"]) == sorted(found["starts_at"])
    row = one(found, activity_id=late)
    assert (row["day"].date(), row["cohort"]) == (date(2025, 5, 2), "")
    assert row["closes_at"] == row["starts_at"]


def test_the_numbers_of_a_meeting_add_up(facts, held):
    meeting, ids = held
    signups.set_present(facts, ids["Per Lund"], True)

    row = one(frames.meetings(facts), activity_id=meeting)

    names = ("capacity", "seats", "offered", "waiting", "withdrawn", "walk_ins", "taken", "free")
    assert tuple(row[name] for name in names) == (4, 4, 0, 1, 0, 0, 4, 0)
    here = ("present", "absent", "to_decide", "unknown", "also_present", "open_attendees")
    assert tuple(row[name] for name in here) == (1, 2, 1, 0, 1, 2)
    assert row["present"] + row["absent"] + row["to_decide"] + row["unknown"] == row["seats"]


def test_every_sign_up_of_the_invented_data_is_counted_once(demo_store):
    found, people = frames.meetings(demo_store), frames.signups(demo_store)

    parts = found[["seats", "offered", "waiting", "withdrawn", "walk_ins"]].sum(axis=1)
    expected = people["activity_id"].value_counts()
    assert parts.tolist() == [expected.get(one, 0) for one in found["activity_id"]]
    came = found[["present", "absent", "to_decide", "unknown"]].sum(axis=1)
    assert came.tolist() == found["seats"].tolist()
    assert len(people) > 100


def test_an_offered_seat_is_taken_and_who_left_is_no_longer_waited_for(
    facts, make_meeting, sign_up
):
    meeting = make_meeting(capacity=1)
    first = sign_up(meeting, "Ane Holm")
    sign_up(meeting, "Bo Krogh")
    signups.withdraw(facts, first)

    row = one(frames.meetings(facts), activity_id=meeting)

    names = ("seats", "offered", "taken", "free", "waiting", "withdrawn")
    assert tuple(row[name] for name in names) == (0, 1, 1, 0, 0, 1)


# --- signups ------------------------------------------------------------------------------------


def test_who_came_who_did_not_and_who_is_to_be_decided(facts, held):
    meeting, ids = held
    signups.set_present(facts, ids["Ida Toft"], True)

    found = frames.signups(facts, meeting)

    shown = found[["name", "present", "minutes", "joins", "how"]].astype(object)
    assert shown.where(found[shown.columns].notna(), None).to_numpy().tolist() == [
        ["Ane Holm", "yes", 25.0, 2, "report"],
        ["Bo Krogh", "no", None, 0, ""],
        ["Lone Hjort", "to_decide", None, 0, ""],
        ["Ida Toft", "yes", None, 0, "tick"],
        ["Per Lund", "no", None, 0, ""],
    ]


@pytest.mark.parametrize(
    ("decide", "present"),
    [
        (lambda store, person, signup: None, "to_decide"),
        (lambda store, person, signup: attendance.assign(store, person, signup), "yes"),
        (lambda store, person, signup: attendance.set_aside(store, person), "no"),
        (lambda store, person, signup: signups.set_present(store, signup, False), "no"),
        (lambda store, person, signup: signups.set_present(store, signup, True), "yes"),
    ],
)
def test_nobody_is_absent_while_somebody_in_the_report_may_be_that_person(
    facts, held, decide, present
):
    meeting, ids = held
    person = one(frames.attendees(facts, meeting), name="L. Hjort")
    assert person["suggestions"] == (ids["Lone Hjort"],)

    decide(facts, person["attendee_id"], ids["Lone Hjort"])

    found = one(frames.signups(facts, meeting), signup_id=ids["Lone Hjort"])
    assert found["present"] == present


def test_nothing_is_known_before_a_report_and_without_a_tick(facts, clock, make_meeting, sign_up):
    meeting = make_meeting()
    sign_up(meeting, "Ane Holm")
    before = list(frames.signups(facts, meeting)["present"])
    clock.now = MEETING + timedelta(days=1)

    assert before == list(frames.signups(facts, meeting)["present"]) == ["unknown"]


def test_presence_is_what_the_mails_go_by(demo_store):
    """The frame reads many meetings at once; it must say what `store.presence` says of each."""
    told = {}
    for meeting in demo_store.rows("activity"):
        told |= presence(demo_store, meeting)

    found = frames.signups(demo_store)
    words = {True: {"yes"}, False: {"no", "to_decide"}, None: {"unknown"}}
    assert len(found) == len(told) > 100
    for row in found.itertuples():
        other = told[row.signup_id]
        assert row.present in words[other.present]
        assert (row.joins, None if pd.isna(row.minutes) else row.minutes) == (
            other.joins,
            other.minutes,
        )


def test_the_waiting_list_counts_from_one_and_moves_up(facts, make_meeting, sign_up):
    meeting = make_meeting(capacity=1)
    ids = [sign_up(meeting, name) for name in ("Ane Holm", "Bo Krogh", "Ida Toft", "Per Lund")]
    signups.withdraw(facts, ids[1])

    found = frames.signups(facts, meeting)

    assert found["signup_id"].tolist() == ids
    assert found["position"].tolist() == [pd.NA, pd.NA, 1, 2]


def test_who_wants_no_mails_wants_none_about_another_meeting_either(facts, make_meeting, sign_up):
    first, second = make_meeting(), make_meeting(MEETING + timedelta(days=7))
    asked = sign_up(first, "Ane Holm")
    sign_up(second, "Ane Holm")
    sign_up(second, "Bo Krogh")
    person = one(frames.signups(facts), signup_id=asked)["person_id"]
    with facts.write("person.edit"):
        facts.update("person", person, {"no_mail": 1})

    assert frames.signups(facts, second)["no_mail"].tolist() == [True, False]


def test_a_past_day_shows_the_sign_ups_of_that_day(facts, clock, make_meeting, sign_up):
    meeting = make_meeting()
    first = sign_up(meeting, "Ane Holm")
    clock.on(date(2025, 3, 14))
    sign_up(meeting, "Bo Krogh")
    signups.withdraw(facts, first)

    past = frames.signups(facts.at(date(2025, 3, 13)), meeting)

    assert past[["name", "state"]].to_numpy().tolist() == [["Ane Holm", "seat"]]
    assert frames.signups(facts, meeting)["state"].tolist() == ["withdrawn", "seat"]


def test_questions_are_those_that_were_asked(facts, make_meeting, sign_up):
    meeting = make_meeting()
    sign_up(meeting, "Ane Holm", "Struer", question="Hvad koster det?")
    sign_up(meeting, "Bo Krogh", "Faxe")

    found = frames.questions(facts, meeting)[["name", "municipality", "question"]]

    assert found.to_numpy().tolist() == [["Ane Holm", "Struer", "Hvad koster det?"]]


# --- reports of who was there -------------------------------------------------------------------


def test_the_inbox_comes_first_and_an_unknown_time_is_unknown(facts, held):
    meeting, ids = held

    found = frames.attendees(facts, meeting)

    shown = found[["name", "minutes", "decision", "signed_name", "suggestions"]].astype(object)
    assert shown.where(found[shown.columns].notna(), None).to_numpy().tolist() == [
        ["L. Hjort", 12.0, "open", "", (ids["Lone Hjort"],)],
        ["iPad (2)", None, "open", "", ()],
        ["Ane H", 25.0, "address", "Ane Holm", ()],
    ]


def test_a_namesake_not_yet_seen_is_suggested_before_one_who_is(
    facts, clock, make_meeting, sign_up, take_in
):
    meeting = make_meeting()
    there = sign_up(meeting, "Mette Skov")
    missing = sign_up(meeting, "Mette Bak")
    clock.now = MEETING + timedelta(hours=1)

    take_in(meeting, seen("Mette Skov"), seen("Mette (gæst)", email=None))

    found = one(frames.attendees(facts, meeting), decision="open")
    assert found["suggestions"] == (missing, there)


def test_a_report_counts_its_people_by_what_was_decided(facts, held):
    meeting, ids = held
    people = frames.attendees(facts, meeting).set_index("name")["attendee_id"]
    attendance.assign(facts, int(people["L. Hjort"]), ids["Lone Hjort"])
    attendance.walk_in(facts, int(people["iPad (2)"]), name="Sanne Bjerre")

    row = one(frames.imports(facts, meeting))

    names = ("people", "matched", "by_hand", "walk_ins", "set_aside", "open", "read_by")
    assert tuple(row[name] for name in names) == (3, 1, 1, 1, 0, 0, "System")
    assert row["read_at"] == MEETING + timedelta(hours=1)
    attendance.undo_import(facts, row["import_id"])
    assert frames.imports(facts, meeting).empty
    assert not one(frames.meetings(facts), activity_id=meeting)["reported"]


# --- mails --------------------------------------------------------------------------------------


def test_a_rule_says_when_its_mail_goes_and_to_how_many(facts, make_meeting, sign_up):
    closes = datetime(2025, 3, 19, 15, 0, tzinfo=UTC)
    meeting = make_meeting(signup_by=closes, link="https://moede.example/")
    for name in ("Ane Holm", "Bo Krogh"):
        sign_up(meeting, name)

    found = frames.mail_rules(facts, meeting).set_index("kind")

    assert found["due_at"].dropna().to_dict() == {
        "link": closes,  # and not 12.30, when people could still sign up
        "no_seat": datetime(2025, 3, 19, 15, 0, tzinfo=UTC),
        "reminder": datetime(2025, 3, 20, 7, 0, tzinfo=UTC),
        "thanks": MEETING + LENGTH + timedelta(hours=1),
    }
    assert found.loc[["confirmation", "link", "offer"], "due"].tolist() == [2, 2, 0]


def test_no_mail_is_due_for_a_cancelled_meeting(facts, make_meeting):
    meeting = make_meeting()
    meetings.cancel(facts, meeting, "Aflyst")

    assert frames.mail_rules(facts, meeting)["due_at"].isna().all()


def test_every_mail_is_shown_with_its_reason_and_counted_once(facts, make_meeting, sign_up):
    meeting = make_meeting()
    signup = sign_up(meeting, "Ane Holm")
    sign_up(meeting, "Bo Krogh")
    signups.withdraw(facts, signup)

    found = frames.messages(facts, meeting)
    counts = frames.message_counts(facts, meeting)

    mine = found[found["signup_id"] == signup].set_index("kind")
    assert mine[["state", "reason"]].to_dict("index") == {
        "confirmation": {"state": "skipped", "reason": "withdrawn"},
        "link": {"state": "skipped", "reason": "withdrawn"},
        "reminder": {"state": "skipped", "reason": "withdrawn"},
        "withdrawn": {"state": "due", "reason": ""},
    }
    assert list(found["due_at"]) == sorted(found["due_at"])
    grouped = found.groupby(["kind", "state", "reason"]).size()
    assert counts.set_index(["kind", "state", "reason"])["messages"].to_dict() == grouped.to_dict()
    rules = frames.mail_rules(facts, meeting)
    assert rules[["due", "skipped"]].sum().sum() == len(found)


def test_a_mail_keeps_what_the_server_said(facts, make_meeting, sign_up):
    meeting = make_meeting()
    sign_up(meeting, "Ane Holm")
    first = int(frames.messages(facts, meeting)["message_id"].iloc[0])
    reply = "550 no such user"
    with facts.write("message.send"):
        facts.update("message", first, {"state": "failed", "reason": "refused", "detail": reply})

    row = one(frames.messages(facts, meeting), message_id=first)

    assert (row["state"], row["reason"], row["detail"], row["name"]) == (
        "failed",
        "refused",
        reply,
        "Ane Holm",
    )
    assert one(frames.mail_rules(facts, meeting), kind=row["kind"])["failed"] == 1
    assert pd.isna(row["sent_at"])
