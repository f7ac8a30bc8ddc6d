"""The invented participation in the info meetings: possible, the same every time, nobody's."""

import json
import re
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta

import pytest

from advisory.domain import attendance, calendar, personal
from advisory.domain.signups import HOLDS_SEAT
from advisory.store import demo, open_store
from advisory.store.attendance import signed_up
from advisory.store.presence import as_person, presence

pytestmark = pytest.mark.demo
LATE = date(2026, 11, 1)
MARCH, FEBRUARY = "2025-03-13", "2025-02-27"


@pytest.fixture(scope="module")
def story(tmp_path_factory, data_dir):
    """The story up to November 2026; only read."""
    noon = datetime(2026, 11, 1, 12, tzinfo=UTC)
    path = tmp_path_factory.mktemp("late") / "demo.db"
    with open_store(path, demo.SYSTEM, clock=lambda: noon) as store:
        demo.load(store, data_dir, LATE)
        yield store


@pytest.fixture(scope="module")
def words(data_dir):
    return tomllib.loads((data_dir / "demo" / "meetings_da.toml").read_text(encoding="utf-8"))


def on(store, day: str) -> dict:
    """The meeting of a day."""
    kinds = "kind IN ('info_meeting', 'webinar')"
    (found,) = store.rows("activity", f"starts_at LIKE ? AND {kinds}", [f"{day}%"])
    return found


def states(store, day: str) -> dict[str, int]:
    rows = store.rows("signup", "activity_id = ?", [on(store, day)["id"]])
    return dict(Counter(row["state"] for row in rows))


def steps(history: Iterable[dict]) -> Iterator[tuple[dict, dict[int, dict]]]:
    """After each change of a sign-up: the change, and all sign-ups of its meeting by id."""
    meetings: dict[int, dict[int, dict]] = defaultdict(dict)
    for row in history:
        after = json.loads(row["after"])
        meetings[after["activity_id"]][after["id"]] = after
        yield after, meetings[after["activity_id"]]


def oversold(history: Iterable[dict], seats: dict[int, int | None]) -> set[int]:
    """The meetings that at any instant had given more seats than they have."""
    return {
        changed["activity_id"]
        for changed, signups in steps(history)
        if sum(one["state"] in HOLDS_SEAT for one in signups.values())
        > (seats[changed["activity_id"]] or 10**6)
    }


def out_of_turn(history: Iterable[dict]) -> list[int]:
    """Sign-ups that were offered a seat, or took one, before somebody who had waited longer."""
    return [
        changed["id"]
        for changed, signups in steps(history)
        if changed["state"] == "offered" or (changed["state"] == "seat" and changed["version"] == 1)
        if any(
            one["state"] == "waiting" and one["queue"] < changed["queue"]
            for one in signups.values()
        )
    ]


def before_their_time(mails: Iterable[dict], signups: dict[int, dict]) -> list[int]:
    """Mails that went before they were due or before the sign-up they are about."""
    return [
        mail["id"]
        for mail in mails
        if mail["sent_at"]
        and mail["sent_at"] < max(mail["due_at"], signups[mail["signup_id"]]["created_at"])
    ]


def signup_history(store) -> list[dict]:
    return store.rows("history", "table_name = 'signup'")


def change(signup_id, queue, state, version=1) -> dict:
    values = {"id": signup_id, "queue": queue, "state": state, "version": version}
    return {"after": json.dumps({**values, "activity_id": 7})}


def test_no_meeting_ever_gives_more_seats_than_it_has(story):
    seats = {row["id"]: row["capacity"] for row in story.rows("activity")}

    assert oversold(signup_history(story), seats) == set()


def test_one_seat_too_many_would_be_seen():
    taken = [change(1, 1, "seat"), change(2, 2, "offered")]

    assert (oversold(taken, {7: 1}), oversold(taken, {7: 2})) == ({7}, set())


def test_seats_go_to_those_who_have_waited_longest(story):
    offered = [row for row in signup_history(story) if '"offered"' in row["after"]]

    assert len(offered) > 8
    assert out_of_turn(signup_history(story)) == []


def test_a_seat_out_of_turn_would_be_seen():
    waiting = [change(1, 1, "waiting"), change(2, 2, "waiting")]

    assert out_of_turn([*waiting, change(2, 2, "offered", 2)]) == [2]
    assert out_of_turn([*waiting, change(3, 3, "seat")]) == [3]
    assert out_of_turn([*waiting, change(1, 1, "offered", 2)]) == []


def test_each_mail_went_after_what_caused_it_and_soon(story):
    signups = {row["id"]: row for row in story.rows("signup")}
    mails = story.rows("message")

    assert before_their_time(mails, signups) == []
    went = [row for row in mails if row["state"] == "sent" and row["kind"] != "thanks"]
    waits = [
        datetime.fromisoformat(row["sent_at"]) - datetime.fromisoformat(row["due_at"])
        for row in went
    ]
    late = [wait for wait in waits if wait > timedelta(minutes=2)]
    assert (len(went) > 1000, late) == (True, [])


def test_a_mail_before_its_time_would_be_seen():
    mail = {"id": 1, "signup_id": 1, "sent_at": "2025-01-02", "due_at": "2025-01-01"}

    assert before_their_time([mail], {1: {"created_at": "2025-01-03"}}) == [1]
    assert before_their_time([mail], {1: {"created_at": "2025-01-01"}}) == []
    assert before_their_time([{**mail, "due_at": "2025-01-03"}], {1: {"created_at": ""}}) == [1]


def test_nothing_that_was_due_before_the_day_has_been_left(demo_store):
    morning = calendar.to_utc(date(2025, 3, 13), datetime.min.time()).isoformat()

    assert demo_store.rows("message", "state = 'sending' OR state = 'uncertain'") == []
    assert demo_store.rows("message", "state = 'due' AND due_at < ?", [morning]) == []


def test_on_the_day_of_the_demo_the_meetings_stand_as_drawn(demo_store):
    assert states(demo_store, "2024-06-13") == {"seat": 42, "withdrawn": 3, "walk_in": 1}
    assert states(demo_store, "2024-06-18") == {"seat": 46, "withdrawn": 4, "walk_in": 2}
    assert states(demo_store, "2024-11-28") == {"seat": 47, "withdrawn": 2, "walk_in": 2}
    assert states(demo_store, FEBRUARY) == {"seat": 52, "withdrawn": 3, "walk_in": 1}
    assert states(demo_store, MARCH) == {"seat": 60, "waiting": 5, "withdrawn": 3, "lapsed": 1}
    assert states(demo_store, "2025-03-20") == {"seat": 36, "withdrawn": 2}
    assert states(demo_store, "2025-03-25") == {"seat": 18, "withdrawn": 1}
    assert states(demo_store, "2022-04-21") == {}
    assert len(demo_store.rows("activity", "kind IN ('info_meeting', 'webinar')")) == 8


def test_the_places_and_the_waiting_list_do_not_hang_on_the_draw(tmp_path, data_dir, clock):
    with open_store(tmp_path / "peers.db", demo.SYSTEM, clock=clock) as store:
        demo.load(store, data_dir, date(2025, 3, 13), seed_number=7, split=(1, 1, 18))

        assert states(store, MARCH) == {"seat": 60, "waiting": 5, "withdrawn": 3, "lapsed": 1}
        assert states(store, "2025-03-20") == {"seat": 36, "withdrawn": 2}


def test_a_full_meeting_says_when_it_is_and_when_it_closes(demo_store):
    found = on(demo_store, "2025-03-20")

    assert {name: found[name] for name in ("kind", "starts_at", "ends_at", "signup_by")} == {
        "kind": "info_meeting",
        "starts_at": "2025-03-20T13:30:00.000000+00:00",
        "ends_at": "2025-03-20T14:15:00.000000+00:00",
        "signup_by": "2025-03-19T11:00:00.000000+00:00",
    }
    assert found["link"] == "https://moede.example/20250320"
    assert (found["capacity"], found["answer_hours"]) == (60, 24)
    assert found["source"] == demo.SOURCE


def test_meetings_that_are_facts_say_that_their_guests_are_not(demo_store):
    source = on(demo_store, "2024-06-13")["source"]

    assert source.startswith("social.dk, 1. maj 2024")
    assert source.endswith(f"Link og deltagere er {demo.SOURCE}")


def test_the_meeting_of_the_day_is_not_held_yet(demo_store):
    held = {row["activity_id"] for row in demo_store.rows("attendance_import")}
    days = {row["starts_at"][:10] for row in demo_store.rows("activity") if row["id"] in held}

    assert days == {"2024-06-13", "2024-06-18", "2024-11-28", FEBRUARY}


def test_four_people_in_one_report_are_still_to_be_decided(demo_store):
    undecided = demo_store.rows("attendee", "decision = 'open'")
    known = signed_up(demo_store, on(demo_store, FEBRUARY)["id"])
    names = {signup_id: name for signup_id, name, _ in known}
    suggested = {
        row["name"].split(",")[0]: sorted(
            names[one] for one in attendance.suggestions(as_person(row), known)
        )
        for row in undecided
    }

    assert suggested == {
        "Mette (gæst)": ["Mette Bak", "Mette Skov"],
        "L. Hjort": ["Lone Hjort"],
        "iPad (2)": [],
        "Mødelokale 2": [],
    }


def test_people_in_reports_were_there_or_not_in_every_way(demo_store):
    decisions = Counter(row["decision"] for row in demo_store.rows("attendee"))
    there = [
        one for row in demo_store.rows("activity") for one in presence(demo_store, row).values()
    ]

    assert set(decisions) == {"address", "hand", "walk_in", "set_aside", "open"}
    assert {one.present for one in there} == {True, False, None}
    assert any(one.joins > 1 for one in there)
    assert any(one.present and one.minutes is None for one in there)
    assert demo_store.rows("signup", "present = 1")


def test_the_round_of_august_looks_like_a_funnel(demo_store):
    (cohort,) = demo_store.rows("cohort", "code = '2025-08'")
    meetings = demo_store.rows("activity", "cohort_id = ?", [cohort["id"]])
    came = set()
    for row in meetings:
        came |= {one for one, how in presence(demo_store, row).items() if how.present}
    homes = {
        row["id"]: row["municipality_id"]
        for meeting in meetings
        for row in demo_store.rows("signup", "activity_id = ?", [meeting["id"]])
    }
    applied = {
        row["municipality_id"]
        for row in demo_store.rows("enrolment", "cohort_id = ?", [cohort["id"]])
    }
    present = {homes[one] for one in came}

    assert len(set(homes.values()) - {None}) == 34
    assert (len(present - {None}), len(applied), len(applied & present)) == (31, 10, 6)


def test_some_municipalities_were_not_understood(demo_store):
    unknown = {
        row["municipality_text"] for row in demo_store.rows("signup", "municipality_id IS NULL")
    }
    june = on(demo_store, "2024-06-18")["id"]
    put_right = demo_store.rows("history", "action = 'signup.edit' AND table_name = 'signup'")

    assert {"Psykiatrien", "Holbak"} <= unknown
    assert 3 <= len(unknown) <= 8
    assert any(json.loads(row["after"])["activity_id"] == june for row in put_right)


def test_one_address_leads_nowhere_and_another_has_been_mended(demo_store):
    failed = demo_store.rows("message", "state = 'failed'")
    guests = {row["signup_id"] for row in failed}
    (person,) = demo_store.rows("person", "name = 'Karsten Bloch'")
    (mended,) = demo_store.rows("signup", "person_id = ?", [person["id"]])

    assert {(row["kind"], row["reason"]) for row in failed} == {
        ("confirmation", "refused"),
        ("link", "refused"),
    }
    assert len(guests) == 1
    told = demo_store.rows("message", "signup_id = ? AND kind = 'confirmation'", [mended["id"]])
    assert [(row["state"], row["reason"]) for row in told] == [
        ("skipped", "superseded"),  # by the one to the address as it is now
        ("sent", None),
    ]
    assert mended["email_key"] == person["email"]


def test_nobody_at_the_meetings_is_real(story, words):
    for row in story.rows("signup"):
        assert re.fullmatch(r"[a-z.-]+@[a-z-]+\.example", row["email_key"])
    for row in story.rows("attendee"):
        assert row["email"] is None or row["email"].endswith(".example")
    for row in story.rows("activity", "link IS NOT NULL"):
        assert row["link"].startswith("https://moede.example/")
    texts = [text for row in story.rows("signup") for text in row.values() if isinstance(text, str)]
    assert not any(personal.contains_cpr(text) for text in texts)
    jobs = {row["role"] for row in story.rows("signup")} - {""}
    assert jobs == set(words["jobs"])
    assert not any("peer" in text.casefold() for text in [*jobs, *words["workplaces"]])


def open_on(story, day: date) -> set[str]:
    """Whether, when `day` begins, a later meeting has `free` seats, and whether one is `full`."""
    at = calendar.to_utc(day, datetime.min.time()).isoformat(timespec="microseconds")
    made = {
        row["row_id"]
        for row in story.rows(
            "history", "table_name = 'activity' AND before IS NULL AND at < ?", [at]
        )
    }
    found = set()
    for meeting in story.rows("activity", "starts_at > ?", [at]):
        where = "table_name = 'signup' AND at < ? AND json_extract(after, '$.activity_id') = ?"
        last = {
            row["row_id"]: json.loads(row["after"])["state"]
            for row in story.rows("history", where, [at, meeting["id"]])
        }
        taken = sum(state in HOLDS_SEAT for state in last.values())
        if meeting["id"] in made:
            is_full = meeting["capacity"] is not None and taken >= meeting["capacity"]
            found.add("waiting" if is_full and "waiting" in last.values() else "free")
    return found


@pytest.mark.parametrize("first", [date(2025, 3, 6), date(2026, 3, 1), date(2026, 9, 25)])
def test_there_is_always_a_meeting_with_seats_and_one_without(story, first):
    days = [first + timedelta(days=n) for n in range(0, 37)]

    assert {day: open_on(story, day) for day in days} == {day: {"free", "waiting"} for day in days}


def test_the_public_page_is_never_empty(story):
    days = [date(2023, 11, 2) + timedelta(days=n) for n in range(0, 500, 6)]

    assert [day for day in days if "free" not in open_on(story, day)] == []
