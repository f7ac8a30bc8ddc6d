"""The calendar file as other programs read it: times, zone, what corrects what, hostile titles."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo

import pytest
from icalendar import Calendar, Timezone

from advisory.domain import calendar
from advisory.reports.ics import Method, calendar_bytes, zone

NOW = datetime(2025, 3, 13, 9, tzinfo=UTC)
COPENHAGEN = ZoneInfo("Europe/Copenhagen")
SENDER = "moeder@styrelsen.example"


@pytest.fixture
def activity() -> dict:
    """A meeting on Friday 28 March 2025, 14.30 to 15.15 in Copenhagen."""
    return meeting_at(date(2025, 3, 28))


def meeting_at(day: date, **others: object) -> dict:
    starts_at = calendar.to_utc(day, time(14, 30))
    return {
        "uid": "5f2a@peerforloeb.example",
        "sequence": 0,
        "kind": "info_meeting",
        "title": "Om forløbet",
        "organiser": "Styrelsen",
        "contact_email": "kontakt@styrelsen.example",
        "place": None,
        "link": "https://moede.example/j/1",
        "starts_at": starts_at.isoformat(timespec="microseconds"),
        "ends_at": (starts_at + timedelta(minutes=45)).isoformat(timespec="microseconds"),
        "cancelled_at": None,
    } | others


def written(activity: dict, method: Method = "REQUEST", **others: object) -> bytes:
    values = {"now": NOW, "language": "da", "organiser_email": SENDER}
    return calendar_bytes(activity, method=method, **values | others)


def event_of(content: bytes):
    return Calendar.from_ical(content).walk("VEVENT")[0]


def own_zone(content: bytes) -> tzinfo:
    """The zone that the file itself describes, not the one the reader knows by that name."""
    return Calendar.from_ical(content).walk("VTIMEZONE")[0].to_tz(lookup_tzid=False)


def test_a_file_to_keep_holds_the_meeting_and_nobody_who_comes(activity):
    content = written(activity, "PUBLISH", attendee=("Anne", "anne@kommune.example"))

    found, event = Calendar.from_ical(content), event_of(content)
    assert {name: str(found[name]) for name in ("method", "version", "prodid")} == {
        "method": "PUBLISH",
        "version": "2.0",
        "prodid": "-//Peerforloeb//Moeder//DA",
    }
    told = {name: event.decoded(name) for name in event if name not in ("ORGANIZER", "SUMMARY")}
    assert told == {
        "UID": "5f2a@peerforloeb.example",
        "SEQUENCE": 0,
        "DTSTART": datetime(2025, 3, 28, 14, 30, tzinfo=COPENHAGEN),
        "DTEND": datetime(2025, 3, 28, 15, 15, tzinfo=COPENHAGEN),
        "DTSTAMP": NOW,
        "LAST-MODIFIED": NOW,
        "STATUS": "CONFIRMED",
        "DESCRIPTION": "Om forløbet\n\nkontakt@styrelsen.example",
        "LOCATION": "Online",
        "CLASS": "PRIVATE",
        "TRANSP": "OPAQUE",
    }
    assert event["summary"] == "Informationsmøde – Styrelsen"
    assert event["organizer"] == f"mailto:{SENDER}"
    assert event["organizer"].params["CN"] == "Styrelsen"


def test_an_invitation_names_the_one_it_is_for_and_asks_for_no_answer(activity):
    event = event_of(written(activity, attendee=("Anne Holm", "anne@kommune.example"), link=True))

    assert event["attendee"] == "mailto:anne@kommune.example"
    assert dict(event["attendee"].params) == {
        "CN": "Anne Holm",
        "ROLE": "REQ-PARTICIPANT",
        "PARTSTAT": "ACCEPTED",
        "RSVP": "FALSE",
    }
    assert event["url"] == "https://moede.example/j/1"
    assert "https://moede.example/j/1" in event["description"]


def test_the_link_is_in_no_file_that_does_not_ask_for_it(activity):
    for method in ("PUBLISH", "REQUEST", "CANCEL"):
        assert b"moede.example/j" not in written(activity, method)


def test_the_summary_says_nothing_about_what_the_meeting_is_about(activity):
    for language, word in (("da", "Informationsmøde"), ("en", "Info meeting")):
        event = event_of(written(activity | {"title": "Om peers"}, language=language))
        assert event["summary"] == f"{word} – Styrelsen"
        assert event["location"] == "Online"


def test_a_correction_and_a_cancellation_keep_the_uid_and_go_before_what_was(activity):
    steps = [
        (activity, "REQUEST"),
        (meeting_at(date(2025, 3, 31), sequence=1), "REQUEST"),
        (meeting_at(date(2025, 3, 31), sequence=2, cancelled_at="2025-03-20T09:00"), "CANCEL"),
    ]
    found = []
    for number, (row, method) in enumerate(steps):
        content = written(row, method, now=NOW + timedelta(hours=number))
        event = event_of(content)
        found.append(
            (
                str(Calendar.from_ical(content)["method"]),
                str(event["uid"]),
                event["sequence"],
                str(event["status"]),
                event.decoded("dtstamp"),
            )
        )

    uid = "5f2a@peerforloeb.example"
    assert found == [
        ("REQUEST", uid, 0, "CONFIRMED", NOW),
        ("REQUEST", uid, 1, "CONFIRMED", NOW + timedelta(hours=1)),
        ("CANCEL", uid, 2, "CANCELLED", NOW + timedelta(hours=2)),
    ]


@pytest.mark.parametrize(
    ("day", "utc"),
    [
        (date(2025, 3, 28), "13:30"),  # Friday before the last Sunday in March
        (date(2025, 3, 31), "12:30"),  # Monday after
        (date(2025, 10, 24), "12:30"),
        (date(2025, 10, 27), "13:30"),
        (date(2026, 3, 27), "13:30"),
        (date(2026, 3, 30), "12:30"),
        (date(2026, 10, 23), "12:30"),
        (date(2026, 10, 26), "13:30"),
    ],
)
def test_times_are_right_around_the_change_of_the_clocks_by_the_files_own_zone(day, utc):
    content = written(meeting_at(day))
    start = event_of(content)["dtstart"]

    assert start.params["TZID"] == "Europe/Copenhagen"
    wall = start.dt.replace(tzinfo=None)
    assert wall == datetime.combine(day, time(14, 30))
    there = wall.replace(tzinfo=own_zone(content))
    assert f"{there.astimezone(UTC):%H:%M}" == utc


def test_the_hour_that_comes_twice_is_told_so_that_it_cannot_be_mistaken():
    for stored, told in (
        ("2025-10-26T00:30:00+00:00", b"DTSTART;TZID=Europe/Copenhagen:20251026T023000"),
        ("2025-10-26T01:30:00+00:00", b"DTSTART:20251026T013000Z"),
    ):
        row = meeting_at(date(2025, 10, 26), starts_at=stored)
        assert told in written(row)


def wrong_days(found: tzinfo) -> list[date]:
    """The days of 2020 to 2030 on which a zone is not Copenhagen's, at noon or at four."""
    days = (date(2020, 1, 1) + timedelta(days=number) for number in range(4018))
    return [
        day
        for day in days
        if any(
            datetime.combine(day, at, found).utcoffset()
            != datetime.combine(day, at, COPENHAGEN).utcoffset()
            for at in (time(4), time(12))
        )
    ]


def test_the_zone_is_copenhagens_on_every_day_of_eleven_years(activity):
    assert wrong_days(own_zone(written(activity))) == []


def without_rules(found: Timezone) -> None:
    for part in found.subcomponents:
        del part["rrule"]


def without_summer(found: Timezone) -> None:
    found.subcomponents = [part for part in found.subcomponents if part.name == "STANDARD"]


def a_week_late(found: Timezone) -> None:
    for part in found.subcomponents:
        part["rrule"]["BYDAY"] = ["-2SU"]


@pytest.mark.parametrize("damage", [without_rules, without_summer, a_week_late])
def test_control_a_zone_that_is_not_copenhagens_is_noticed(damage: Callable):
    found = zone()
    damage(found)

    assert len(wrong_days(found.to_tz(lookup_tzid=False))) > 100


def test_control_an_empty_zone_is_noticed():
    found = zone()
    found.subcomponents.clear()

    with pytest.raises(ValueError, match="at least one component"):
        wrong_days(found.to_tz(lookup_tzid=False))


HOSTILE = [
    "To linjer\nEND:VEVENT\nBEGIN:VEVENT\nSUMMARY:falsk",
    "To linjer\r\nEND:VEVENT\r\nBEGIN:VEVENT",
    "Vognretur\rEND:VEVENT",
    "Semikolon; komma, kolon: og \\ skråstreg",
    'Gåseøjne "x" og ^n',
    "Å" * 500,
    "😀" * 200,
    "Tegn\x00\x07\x0b\x0c\x85\u2028\u2029\u202e der styrer",
]


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("field", ["title", "organiser", "place", "name"])
def test_what_people_write_cannot_leave_its_place(activity, text, field):
    name = text if field == "name" else "Anne"
    row = activity if field == "name" else activity | {field: text}
    content = written(row, attendee=(name, "anne@kommune.example"))

    lines = content.split(b"\r\n")
    assert [line for line in lines if len(line) > 75] == []
    assert b"\n" not in content.replace(b"\r\n", b"")
    assert b"\r" not in content.replace(b"\r\n", b"")
    assert lines.count(b"BEGIN:VEVENT") == lines.count(b"END:VEVENT") == 1
    found = Calendar.from_ical(content)
    assert [part.name for part in found.subcomponents] == ["VTIMEZONE", "VEVENT"]
    shown = {
        "title": lambda event: str(event["description"]).removesuffix(
            "\n\nkontakt@styrelsen.example"
        ),
        "organiser": lambda event: str(event["summary"]).removeprefix("Informationsmøde – "),
        "place": lambda event: str(event["location"]),
        "name": lambda event: str(event["attendee"].params["CN"]),
    }[field](event_of(content))
    tidy = text.replace("\r\n", "\n").replace("\r", "\n")
    tidy = "".join(one for one in tidy if one.isprintable() or one == "\n")
    assert shown == (" ".join(tidy.split()) if field == "name" else tidy)
