"""Reports taken in once, matched by address alone, decided by hand, and taken out again whole."""

from datetime import UTC, datetime, timedelta

import pytest

from advisory.domain.attendance import Person, Report
from advisory.domain.errors import AdvisoryError, Conflict, Forbidden
from advisory.store import attendance, meetings, messages, signups
from advisory.store.attendance import Taken
from advisory.store.connection import tables
from advisory.store.history import HEAD, differences
from advisory.store.presence import Presence, presence

START = datetime(2025, 4, 8, 12, tzinfo=UTC)  # 14.00 in Copenhagen
END = START + timedelta(minutes=45)
HOUR, DAY, INSTANT = timedelta(hours=1), timedelta(days=1), timedelta(microseconds=1)
UNKNOWN = Presence(None, None, 0)
ABSENT = Presence(False, None, 0)


def at(minute: float) -> datetime:
    """An instant so many minutes after the start."""
    return START + timedelta(minutes=minute)


def person(name: str, email: str | None = None, *spans, **given) -> Person:
    """Somebody in a report; spans are (from, to) in minutes after the start."""
    told = tuple((at(a), at(b)) for a, b in spans)
    return Person(name, email, told, joins=max(len(spans), 1), **given)


def report(*people: Person, **given) -> Report:
    times = {"started_at": None, "ended_at": None} | given
    return Report("teams_2022", "Møde", rows=len(people), people=people, problems=(), **times)


def refusal(verb, *args, **values) -> tuple[str, dict] | None:
    """The key and values that a verb refuses with, None when it does not."""
    try:
        verb(*args, **values)
    except AdvisoryError as error:
        return error.key, error.values
    return None


def contents(store, *without: str) -> dict[str, list[dict]]:
    return {
        name: [{k: v for k, v in row.items() if k != "version"} for row in store.rows(name)]
        for name in tables(store.db)
        if name not in without
    }


@pytest.fixture
def meeting(facts, clock) -> int:
    """A meeting that Ane (1), Bo (2) and Cai (3) have signed up for, and Cai left; it is over."""
    activity_id = meetings.create(
        facts, "info_meeting", "Informationsmøde", starts_at=START, ends_at=END
    )
    for name in ("Ane Holm", "Bo Dam", "Cai Juul"):
        email = f"{name.split()[0].lower()}@x.example"
        signups.sign_up(facts, activity_id, name=name, email=email)
    signups.withdraw(facts, 3)
    clock.now = END + 2 * HOUR
    with facts.write("activity.edit"):
        messages.plan(facts, activity_id)  # so that what changes below is the report's doing
    return activity_id


@pytest.fixture
def take_in(facts, meeting):
    """`take_in(person, ...)` takes a report in; `sha256` tells two files apart."""

    def take(*people: Person, sha256: str = "a", **given) -> Taken:
        said = report(*people, **given)
        return attendance.take_in(facts, meeting, said, file_name="liste.csv", sha256=sha256)

    return take


def there(store, activity_id: int) -> dict[int, Presence]:
    return presence(store, store.get("activity", activity_id))


def thanks(store) -> dict[int, tuple[str, str | None]]:
    rows = store.rows("message", "kind = 'thanks'")
    return {row["signup_id"]: (row["state"], row["reason"]) for row in rows}


# --- taking in ------------------------------------------------------------------------------------


def test_what_a_report_writes_is_all_of_this(facts, meeting, written):
    people = (
        person("Ane H.", "ANE@X.example ", (-5, 20), (15, 50)),
        person("Mødelokale", None, minutes=40.0),
    )

    with written(facts) as changes:
        taken = attendance.take_in(
            facts,
            meeting,
            report(*people, started_at=at(-10), ended_at=at(60)),
            file_name="x" * 130 + "liste.csv",
            sha256="a",
        )

    assert taken == Taken(1, 2, 1, 1, True)
    assert [change for change in changes if change[1] != "message"] == [
        (
            "attendance.import",
            "attendance_import",
            "insert",
            {
                "id": 1,
                "version": 1,
                "activity_id": meeting,
                "file_name": "x" * 111 + "liste.csv",
                "sha256": "a",
                "format": "teams_2022",
                "rows": 2,
                "people": 2,
                "started_at": "2025-04-08T11:50:00.000000+00:00",
                "ended_at": "2025-04-08T13:00:00.000000+00:00",
            },
        ),
        (
            "attendance.import",
            "attendee",
            "insert",
            {
                "id": 1,
                "version": 1,
                "activity_id": meeting,
                "import_id": 1,
                "name": "Ane H.",
                "email": "ANE@X.example ",
                "spans": '[["2025-04-08T11:55:00.000000+00:00",'
                ' "2025-04-08T12:20:00.000000+00:00"],'
                ' ["2025-04-08T12:15:00.000000+00:00",'
                ' "2025-04-08T12:50:00.000000+00:00"]]',
                "minutes": None,
                "joins": 2,
                "signup_id": 1,
                "decision": "address",
            },
        ),
        (
            "attendance.import",
            "attendee",
            "insert",
            {
                "id": 2,
                "version": 1,
                "activity_id": meeting,
                "import_id": 1,
                "name": "Mødelokale",
                "email": None,
                "spans": "[]",
                "minutes": 40.0,
                "joins": 1,
                "signup_id": None,
                "decision": "open",
            },
        ),
    ]
    assert len({row["operation"] for row in facts.rows("history")[-len(changes) :]}) == 1
    assert there(facts, meeting) == {1: Presence(True, 45.0, 2), 2: ABSENT, 3: ABSENT}


def test_the_same_file_again_changes_nothing(facts, take_in, written, meeting):
    first = take_in(person("Ane", "ane@x.example", (0, 45)), person("?"))
    attendance.set_aside(facts, 2)

    with written(facts) as changes:
        again = take_in(person("En anden", None, (0, 1)))

    assert (first, again, changes) == (Taken(1, 2, 1, 1, True), Taken(1, 2, 1, 0, False), [])


def test_the_same_file_at_another_meeting_is_another_report(facts, take_in, meeting):
    other = meetings.create(facts, "webinar", "Webinar", starts_at=START, ends_at=END)
    take_in(person("Ane", "ane@x.example", (0, 45)))

    said = attendance.take_in(
        facts, other, report(person("Ane", "ane@x.example", (0, 45))), file_name="x", sha256="a"
    )

    assert said == Taken(2, 1, 0, 1, True)


@pytest.mark.parametrize(
    ("name", "email", "signup_id"),
    [
        ("Ane Holm", None, None),
        ("ane holm", "", None),
        ("Ane Holm", "ane.holm@x.example", None),
        ("Bo Dam", "ane@x.example", 1),
        ("", "Bo@X.EXAMPLE", 2),
        ("Cai", "cai@x.example", 3),
    ],
)
def test_an_address_decides_and_a_name_never_does(facts, take_in, name, email, signup_id):
    take_in(person(name, email, (0, 45)))

    row = facts.get("attendee", 1)
    assert (row["signup_id"], row["decision"]) == (signup_id, "address" if signup_id else "open")


def test_who_left_the_list_and_came_all_the_same_was_there(facts, take_in, meeting):
    take_in(person("Cai", "cai@x.example", (5, 30)))

    assert there(facts, meeting)[3] == Presence(True, 25.0, 1)
    assert facts.get("signup", 3)["state"] == "withdrawn"


@pytest.mark.parametrize(
    ("now", "key"),
    [(START, "meeting_not_over"), (END - INSTANT, "meeting_not_over"), (END, None)],
)
def test_a_report_is_taken_in_from_the_end(take_in, clock, now, key):
    clock.now = now

    assert refusal(take_in, person("Ane", None, (0, 45))) == (key and (key, {}))


def test_a_cancelled_meeting_has_no_report(facts, meeting, take_in, clock):
    clock.now = at(10)
    meetings.cancel(facts, meeting, "Strømsvigt")
    before = contents(facts)

    assert refusal(take_in, person("Ane", None, (0, 5))) == ("meeting_cancelled", {})
    assert contents(facts) == before


def test_a_report_of_nobody_is_refused(take_in):
    assert refusal(take_in) == ("report_empty", {})


@pytest.mark.parametrize(
    ("hours", "refused"),
    [(-24, True), (-20, True), (-2, False), (2, False), (20, True), (24, True)],
)
def test_a_report_of_another_day_is_refused(facts, take_in, meeting, hours, refused):
    spans = [(60 * hours, 60 * hours + 45), (60 * hours + 50, 60 * hours + 60)]
    before = facts.version()
    expected = ("report_of_another_time", {"at": at(60 * hours)}) if refused else None

    by_spans = refusal(take_in, person("Ane", "ane@x.example", *spans))
    own = {"started_at": at(60 * hours), "ended_at": at(60 * hours + 60)}
    by_itself = refusal(take_in, person("Ane", minutes=45.0), sha256="b", **own)

    assert (by_spans, by_itself) == (expected, expected)
    assert (facts.version() == before) == refused


def test_one_who_forgot_to_leave_does_not_make_it_another_day(take_in):
    said = take_in(
        person("Ane", "ane@x.example", (-3000, -2900)), person("Bo", "bo@x.example", (0, 45))
    )

    assert said == Taken(1, 2, 2, 0, True)


def test_a_file_whose_hash_looks_like_a_cpr_number_is_taken_in(facts, take_in):
    """One hash in 400 has ten digits that could be one; the file could not be used at all."""
    sha256 = "0101901234" + "a" * 54

    assert take_in(person("Ane", "ane@x.example"), sha256=sha256) == Taken(1, 1, 1, 0, True)
    assert facts.get("attendance_import", 1)["sha256"] == sha256


def test_a_cpr_number_in_a_report_is_refused_whole(facts, take_in):
    before = facts.version()

    said = refusal(take_in, person("Ane", "ane@x.example", (0, 45)), person("Bo 010190-1234"))

    assert (said, facts.version()) == (("cpr_refused", {}), before)


# --- minutes --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("people", "expected"),
    [
        ([person("A", "ane@x.example", (0, 45))], Presence(True, 45.0, 1)),
        ([person("A", "ane@x.example", (-30, 10), (5, 20), (40, 90))], Presence(True, 25.0, 3)),
        ([person("A", "ane@x.example", (10, 10))], Presence(False, None, 1)),
        ([person("A", "ane@x.example", (-30, 0))], Presence(False, None, 1)),
        ([person("A", "ane@x.example", (45, 60))], Presence(False, None, 1)),
        ([person("A", "ane@x.example")], Presence(True, None, 1)),
        ([person("A", "ane@x.example", minutes=30.0)], Presence(True, 30.0, 1)),
        ([person("A", "ane@x.example", minutes=300.0)], Presence(True, 45.0, 1)),
        ([person("A", "ane@x.example", minutes=0.0)], Presence(False, None, 1)),
    ],
)
def test_minutes_are_clipped_and_not_counted_twice_and_unknown_is_not_none(
    facts, meeting, take_in, people, expected
):
    take_in(*people)

    assert there(facts, meeting)[1] == expected


def test_two_of_a_report_that_are_one_human_are_united(facts, meeting, take_in):
    """On the phone and at the desk, and once by the name of the phone."""
    take_in(
        person("Ane", "ane@x.example", (0, 20)),
        person("Ane (gæst)", "ANE@x.example", (10, 30)),
        person("iPhone", None, (25, 60)),
    )

    united = there(facts, meeting)[1]
    attendance.assign(facts, 3, 1)

    assert (united, there(facts, meeting)[1]) == (
        Presence(True, 30.0, 2), Presence(True, 45.0, 3),
    )  # fmt: skip


def test_a_known_and_an_unknown_time_together_are_at_least_the_known(facts, meeting, take_in):
    take_in(person("Ane", "ane@x.example", (0, 20)), person("Ane 2", "ane@x.example"))

    assert there(facts, meeting)[1] == Presence(True, 20.0, 2)


def test_a_second_report_of_the_same_meeting_adds_what_it_knows(facts, meeting, take_in):
    take_in(person("Ane", "ane@x.example", (0, 20)))
    take_in(
        person("Ane", "ane@x.example", (10, 45)), person("Bo", "bo@x.example", (0, 5)), sha256="b"
    )

    assert there(facts, meeting) == {
        1: Presence(True, 45.0, 2), 2: Presence(True, 5.0, 1), 3: ABSENT,
    }  # fmt: skip


def test_nothing_is_known_before_a_report_and_a_tick_goes_before_one(facts, meeting, take_in):
    before = there(facts, meeting)
    signups.set_present(facts, 1, False)
    signups.set_present(facts, 2, True)
    ticked = there(facts, meeting)
    take_in(person("Ane", "ane@x.example", (0, 45)))
    reported = there(facts, meeting)
    for one in (1, 2):
        signups.set_present(facts, one, None)

    assert before == {1: UNKNOWN, 2: UNKNOWN, 3: UNKNOWN}
    assert ticked == {1: ABSENT, 2: Presence(True, None, 0), 3: UNKNOWN}
    assert reported == {1: Presence(False, None, 1), 2: Presence(True, None, 0), 3: ABSENT}
    assert there(facts, meeting) == {1: Presence(True, 45.0, 1), 2: ABSENT, 3: ABSENT}


# --- decisions ------------------------------------------------------------------------------------


def test_a_person_is_assigned_set_aside_and_opened_again(facts, meeting, take_in, written):
    take_in(person("Bo Dam", None, (0, 45)))

    with written(facts) as changes:
        attendance.assign(facts, 1, 2)
        attendance.set_aside(facts, 1)
        attendance.reopen(facts, 1)
        attendance.reopen(facts, 1)

    assert [change for change in changes if change[1] == "attendee"] == [
        ("attendance.edit", "attendee", "update", {"decision": d, "signup_id": s, "version": v})
        if v < 4
        else ("attendance.edit", "attendee", "update", {"decision": d, "version": v})
        for d, s, v in [("hand", 2, 2), ("set_aside", None, 3), ("open", None, 4)]
    ]
    assert there(facts, meeting)[2] == ABSENT


def test_a_match_by_address_can_be_corrected(facts, meeting, take_in):
    take_in(person("Bo Dam", "ane@x.example", (0, 45)))

    attendance.assign(facts, 1, 2)

    assert (there(facts, meeting)[1], there(facts, meeting)[2]) == (
        ABSENT, Presence(True, 45.0, 1),
    )  # fmt: skip
    assert thanks(facts) == {
        1: ("skipped", "not_present"), 2: ("due", None), 3: ("skipped", "not_present"),
    }  # fmt: skip


def test_a_sign_up_of_another_meeting_is_refused(facts, meeting, take_in):
    take_in(person("Bo Dam", None, (0, 45)))
    other = meetings.create(facts, "webinar", "Webinar", starts_at=START + DAY, ends_at=END + DAY)
    placed = signups.sign_up(facts, other, name="Bo", email="bo@x.example")

    assert refusal(attendance.assign, facts, 1, placed.signup_id) == ("signup_elsewhere", {})


def test_a_decision_about_an_old_version_is_a_conflict(facts, take_in):
    take_in(person("Bo Dam", None, (0, 45)))
    attendance.set_aside(facts, 1, version=1)

    for verb, values in [
        (attendance.set_aside, {}),
        (attendance.assign, {"signup_id": 2}),
        (attendance.reopen, {}),
        (attendance.walk_in, {"name": "Bo"}),
    ]:
        before = contents(facts)
        with pytest.raises(Conflict):
            verb(facts, 1, **values, version=1)
        assert contents(facts) == before


def test_a_walk_in_is_a_person_when_somebody_says_so(facts, meeting, take_in, written):
    take_in(person("Dan D", "dan@guest.example", (0, 30)))
    assert [row["name"] for row in facts.rows("person")] == ["Ane Holm", "Bo Dam", "Cai Juul"]

    with written(facts) as changes:
        signup_id = attendance.walk_in(
            facts, 1, name=" Dan Due ", email="Dan@X.example ", municipality="Vejen kommune "
        )

    row = facts.get("signup", signup_id)
    stamp = "2025-04-08T14:45:00.000000+00:00"
    assert row == {
        "id": 4,
        "version": 1,
        "activity_id": meeting,
        "person_id": facts.rows("person")[-1]["id"],
        "email_key": "dan@x.example",
        "state": "walk_in",
        "since_at": stamp,
        "created_at": stamp,
        "queue": 4,
        "answer_by": None,
        "asked_at": None,
        "municipality_id": 575,
        "municipality_text": "Vejen kommune",
        "workplace": "",
        "role": "",
        "question": "",
        "language": "da",
        "token": row["token"],
        "form_key": None,
        "source": "walk_in",
        "present": None,
    }
    person_row = facts.get("person", row["person_id"])
    assert (person_row["name"], person_row["email"], person_row["delete_after"]) == (
        "Dan Due", "Dan@X.example", "2025-07-08",
    )  # fmt: skip
    assert [change[:3] for change in changes] == [
        ("attendance.edit", "person", "insert"),
        ("attendance.edit", "signup", "insert"),
        ("attendance.edit", "attendee", "update"),
        ("attendance.edit", "message", "insert"),
    ]
    assert there(facts, meeting)[4] == Presence(True, 30.0, 1)
    assert thanks(facts)[4] == ("due", None)


def test_walk_ins_without_an_address_are_several_and_get_no_mail(facts, take_in):
    take_in(person("Dan", None, (0, 30)), person("Eva", None, (0, 30)))

    ids = [attendance.walk_in(facts, one, name="Gæst", email=" ") for one in (1, 2)]

    assert [facts.get("signup", one)["email_key"] for one in ids] == [None, None]
    assert [thanks(facts)[one] for one in ids] == [("skipped", "no_address")] * 2


def test_a_walk_in_takes_no_seat(facts, clock):
    activity_id = meetings.create(
        facts, "webinar", "Webinar", starts_at=START, ends_at=END, capacity=1
    )
    signups.sign_up(facts, activity_id, name="Ane", email="ane@x.example")
    clock.now = END
    attendance.take_in(
        facts, activity_id, report(person("Dan", None, (0, 30))), file_name="x", sha256="a"
    )

    attendance.walk_in(facts, 1, name="Dan")

    assert [row["state"] for row in facts.rows("signup")] == ["seat", "walk_in"]


def test_what_a_walk_in_cannot_be(facts, take_in):
    take_in(person("Dan", None, (0, 30)), person("Ane", "ane@x.example", (0, 30)))
    attendance.set_aside(facts, 1)
    before = facts.version()

    said = [
        refusal(attendance.walk_in, facts, 1, name=" "),
        refusal(attendance.walk_in, facts, 1, name="Dan", email="dan"),
        refusal(attendance.walk_in, facts, 1, name="Dan", email="BO@x.example"),
        refusal(attendance.walk_in, facts, 1, name="Dan 010190-1234"),
        refusal(attendance.walk_in, facts, 2, name="Ane"),
        refusal(attendance.walk_in, facts, 99, name="Ane"),
    ]

    assert said == [
        ("name_needed", {}),
        ("email_unreadable", {"email": "dan"}),
        ("email_taken", {"email": "BO@x.example"}),
        ("cpr_refused", {}),
        ("already_decided", {}),
        ("not_found", {"table": "attendee", "row_id": 99}),
    ]
    assert facts.version() == before
    attendance.walk_in(facts, 1, name="Dan")
    assert [
        refusal(attendance.walk_in, facts, 1, name="Dan"),
        refusal(attendance.assign, facts, 1, 2),
        refusal(attendance.set_aside, facts, 1),
        refusal(attendance.reopen, facts, 1),
    ] == [("already_decided", {}), *[("walk_in_stays", {})] * 3]


@pytest.mark.parametrize(
    ("role", "may"),
    [
        ("consultant", True),
        ("office", True),
        ("leadership", False),
        ("partner", False),
        ("public", False),
    ],
)
def test_only_who_works_with_meetings_writes_attendance(
    facts, meeting, take_in, as_role, role, may
):
    take_in(person("Dan", None, (0, 30)), person("Eva", None, (0, 30)))
    other = as_role(role)
    verbs = [
        (attendance.take_in, [meeting, report(person("Bo"))], {"file_name": "y", "sha256": "y"}),
        (attendance.assign, [1, 1], {}),
        (attendance.set_aside, [1], {}),
        (attendance.reopen, [1], {}),
        (attendance.walk_in, [2], {"name": "Eva"}),
        (attendance.undo_import, [1], {}),
    ]

    said = []
    for verb, args, values in verbs:
        try:
            verb(other, *args, **values)
        except Forbidden:
            said.append(verb.__name__)

    assert said == ([] if may else [verb.__name__ for verb, *_ in verbs])


# --- taking out again -----------------------------------------------------------------------------

CROWD = (
    person("Ane", "ane@x.example", (0, 45)),
    person("Bo Dam", None, (0, 45)),
    person("Dan", None, (0, 45)),
    person("Dans telefon", None, (0, 45)),
    person("Lokale 2", None, (0, 45)),
    person("Eva", None, (0, 45)),
    person("Fie", None, (0, 45)),
)


def decide(store) -> None:
    """Everything that can be said about the crowd; Dan and Fie came without having signed up."""
    attendance.assign(store, 2, 2)
    dan = attendance.walk_in(store, 3, name="Dan", email="dan@x.example")
    attendance.assign(store, 4, dan)
    attendance.set_aside(store, 5)
    attendance.set_aside(store, 6)
    attendance.reopen(store, 6)
    fie = attendance.walk_in(store, 7, name="Fie")
    signups.set_present(store, fie, True)
    attendance.assign(store, 6, fie)


def test_an_undone_import_takes_everything_back_with_what_was_decided(facts, meeting, take_in):
    before = contents(facts, "message")
    mails = facts.rows("message")
    take_in(*CROWD)
    decide(facts)

    assert attendance.undo_import(facts, 1) == len(CROWD)

    assert contents(facts, "message") == before
    after = facts.rows("message")
    assert [row for row in after if row["kind"] != "thanks"] == mails
    assert thanks(facts) == {one: ("skipped", "attendance_unknown") for one in (1, 2, 3)}
    assert there(facts, meeting) == {1: UNKNOWN, 2: UNKNOWN, 3: UNKNOWN}
    assert differences(facts.db, facts.path, HEAD) == []
    assert refusal(attendance.undo_import, facts, 1) == (
        "not_found", {"table": "attendance_import", "row_id": 1},
    )  # fmt: skip


@pytest.mark.parametrize("order", [(1, 2), (2, 1)])
def test_a_walk_in_that_two_reports_know_goes_with_the_last_of_them(facts, take_in, order):
    """Also where the second report was only assigned to the walk-in by hand."""
    take_in(person("Dan", None, (0, 20)))
    take_in(person("Dan D", None, (20, 45)), sha256="b")
    dan = attendance.walk_in(facts, 1, name="Dan")
    attendance.assign(facts, 2, dan)

    attendance.undo_import(facts, order[0])
    kept = facts.find("signup", state="walk_in")
    attendance.undo_import(facts, order[1])

    assert kept["id"] == dan
    assert (facts.find("signup", state="walk_in"), len(facts.rows("person"))) == (None, 3)


def test_the_same_file_can_come_in_again_after_it_was_taken_out(facts, meeting, take_in):
    take_in(*CROWD)
    attendance.undo_import(facts, 1)

    assert take_in(*CROWD) == Taken(2, 7, 1, 6, True)
    assert thanks(facts)[1] == ("due", None)


def test_an_undone_import_is_one_operation_that_can_be_taken_back(facts, meeting, take_in):
    take_in(*CROWD)
    decide(facts)
    before = contents(facts)
    attendance.undo_import(facts, 1)

    facts.revert(facts.last_operation)

    assert contents(facts) == before
    assert there(facts, meeting)[1] == Presence(True, 45.0, 1)


def test_an_import_is_one_operation_that_can_be_taken_back_until_something_was_decided(
    facts, take_in
):
    before = contents(facts)
    take_in(*CROWD)
    facts.revert(facts.last_operation)
    restored = contents(facts)
    take_in(*CROWD)
    imported = facts.last_operation
    attendance.set_aside(facts, facts.rows("attendee")[1]["id"])

    assert restored == before
    assert refusal(facts.revert, imported) == ("revert_too_late", {"by": "System"})


def test_a_walk_in_made_by_mistake_is_taken_back(facts, take_in):
    take_in(person("Dan", None, (0, 30)))
    before = contents(facts)
    attendance.walk_in(facts, 1, name="Dan", email="dan@x.example")

    facts.revert(facts.last_operation)

    assert contents(facts) == before


# --- thanks ---------------------------------------------------------------------------------------


def test_thanks_follow_what_is_known(facts, meeting, take_in):
    said = [thanks(facts)]
    signups.set_present(facts, 1, True)
    said.append(thanks(facts))
    signups.set_present(facts, 1, None)
    said.append(thanks(facts))
    take_in(person("Bo", "bo@x.example", (0, 45)))
    said.append(thanks(facts))
    signups.set_present(facts, 2, False)
    signups.set_present(facts, 1, True)
    said.append(thanks(facts))

    away = ("skipped", "not_present")
    assert said == [
        {},
        {1: ("due", None)},
        {1: ("skipped", "attendance_unknown")},
        {1: away, 2: ("due", None), 3: away},
        {1: ("due", None), 2: away, 3: away},
    ]


@pytest.mark.parametrize(("days", "expected"), [(14, ("due", None)), (15, ("skipped", "too_late"))])
def test_thanks_do_not_come_weeks_afterwards(facts, meeting, take_in, clock, days, expected):
    clock.now = END + days * DAY

    take_in(person("Bo", "bo@x.example", (0, 45)))

    assert thanks(facts)[2] == expected


def test_yesterday_nothing_was_known_of_who_came(facts, meeting, take_in, clock):
    clock.tick(days=1)
    take_in(person("Bo", "bo@x.example", (0, 45)))

    past = facts.at(facts.today() - DAY)

    assert there(past, meeting) == {1: UNKNOWN, 2: UNKNOWN, 3: UNKNOWN}
    assert there(facts, meeting)[2] == Presence(True, 45.0, 1)


def test_a_walk_in_we_have_written_to_stays_with_what_they_were_sent(facts, meeting, take_in):
    taken = take_in(person("Eva Dal", "eva@x.example", (0, 45)))
    row = facts.find("attendee", import_id=taken.import_id)
    guest = attendance.walk_in(facts, row["id"], name="Eva Dal", email="eva@x.example")
    thanks = facts.find("message", signup_id=guest, kind="thanks")
    with facts.write("message.send"):
        facts.update("message", thanks["id"], {"state": "sent"})

    attendance.undo_import(facts, taken.import_id)

    assert facts.get("signup", guest)["state"] == "walk_in"
    assert facts.get("message", thanks["id"])["state"] == "sent"


def test_the_name_of_a_file_may_hold_a_day_and_a_time(facts, meeting):
    taken = attendance.take_in(
        facts, meeting, report(person("Ane", "ane@x.example", (0, 45))),
        file_name="rapport 080425-1400.csv", sha256="0",
    )  # fmt: skip

    assert facts.get("attendance_import", taken.import_id)["file_name"] == "rapport …-….csv"
