"""Reports of Zoom: meetings with and without their block, and webinars."""

import pytest

from advisory import imports
from advisory.domain.attendance import Person, Report
from advisory.domain.errors import Refused

ZOOM = ["Name (Original Name)", "User Email", "Join Time", "Leave Time", "Duration (Minutes)",
        "Guest", "Recording Consent"]  # fmt: skip
ZOOM_ROWS = [
    ["Ada Test (Ada)", "ada@demo.example", "06/13/2024 02:31:10 PM", "06/13/2024 03:15:12 PM",
     "45", "No", "Y"],
    ["telefon", "", "06/13/2024 02:35:00 PM", "06/13/2024 02:40:00 PM", "5", "Yes", ""],
    ["Ada T", "ADA@demo.example", "06/13/2024 03:16:00 PM", "06/13/2024 03:20:00 PM", "4",
     "Yes", "Y"],
]  # fmt: skip
BLOCK = [
    ["Meeting ID", "Topic", "Start Time", "End Time", "User Email", "Duration (Minutes)",
     "Participants"],
    ["974 1234 5678", "Infomøde, juni", "06/13/2024 02:25:00 PM", "06/13/2024 03:21:00 PM",
     "vaert@demo.example", "57", "2"],
    [""] * 7,
]  # fmt: skip


@pytest.mark.parametrize("block", [[], BLOCK], ids=["without block", "with block"])
def test_zoom_participants_with_and_without_the_meeting_block(in_every_encoding, at, block):
    report = imports.read(in_every_encoding([*block, ZOOM, *ZOOM_ROWS], ","), "x.csv")

    first = len(block) + 2
    assert report == Report(
        "zoom",
        "Infomøde, juni" if block else None,
        at(14, 25) if block else None,
        at(15, 21) if block else None,
        3,
        (
            Person("Ada Test (Ada)", "ada@demo.example",
                   ((at(14, 31, 10), at(15, 15, 12)), (at(15, 16), at(15, 20))), None, 2,
                   (first, first + 2)),
            Person("telefon", None, ((at(14, 35), at(14, 40)),), rows=(first + 1,)),
        ),
        (),
    )  # fmt: skip


def test_zoom_with_unique_users_has_minutes_only(text_file):
    rows = [
        ["Name (original name)", "Email", "Total duration (minutes)", "Guest"],
        ["Ada Test", "ada@demo.example", "45", "No"],
        ["Bo Prøve", "", "12", "Yes"],
    ]

    report = imports.read(text_file(rows, ",", "utf-8"), "x.csv")

    assert report == Report(
        "zoom", None, None, None, 2,
        (Person("Ada Test", "ada@demo.example", (), 45.0, rows=(2,)),
         Person("Bo Prøve", None, (), 12.0, rows=(3,))),
        (),
    )  # fmt: skip


def webinar() -> list[list[str]]:
    short = ["Attended", "User Name (Original Name)", "Email", "Join Time", "Leave Time",
             "Time in Session (minutes)", "Is Guest", "Country/Region Name"]  # fmt: skip
    full = ["Attended", "User Name (Original Name)", "First Name", "Last Name", "Email", "Phone",
            "Registration Time", "Approval Status", "Join Time", "Leave Time",
            "Time in Session (minutes)", "Is Guest", "Hvor har du hørt om os?",
            "Country/Region Name"]  # fmt: skip

    def guest(attended, name, email, joined, left, minutes):
        first, last = name.split()
        return [attended, name, first, last, email, "", "Jun 1, 2024 10:00:00", "approved",
                joined, left, minutes, "Yes", "En kollega", "Denmark"]  # fmt: skip

    return [
        ["Attendee Report"],
        ["Report Generated:", "Jun 14, 2024 9:00 AM"],
        ["Topic", "Webinar ID", "Actual Start Time", "Actual Duration (minutes)", "# Registrants",
         "Unique Viewers", "Total Users"],
        ["Webinar om peers", "974 1234 5678", "Jun 13, 2024 2:25 PM", "56", "4", "2", "3"],
        ["Host Details", ""],
        short,
        ["Yes", "Vært Vang", "vaert@demo.example", "Jun 13, 2024 14:20:00", "Jun 13, 2024 15:20:00",
         "60", "No", "Denmark"],
        ["Attendee Details", ""],
        full,
        guest("Yes", "Ada Test", "ada@demo.example", "Jun 13, 2024 14:31:00",
              "Jun 13, 2024 14:41:00", "10"),
        guest("Yes", "Ada Test", "ada@demo.example", "Jun 13, 2024 14:45:00",
              "Jun 13, 2024 15:15:00", "30"),
        guest("Yes", "Bo Prøve", "bo@demo.example", "Jun 13, 2024 14:31:00",
              "Jun 13, 2024 15:15:00", "44"),
        guest("No", "Cia Demo", "cia@demo.example", "--", "--", "--"),
        ["Other Attended", ""],
        ["User Name", "Join Time", "Leave Time", "Time in Session (minutes)",
         "Country/Region Name"],
        ["45******12", "Jun 13, 2024 14:40:00", "Jun 13, 2024 14:50:00", "10", "Denmark"],
    ]  # fmt: skip


def test_a_zoom_webinar_has_those_who_came_once_each(in_every_encoding, at):
    report = imports.read(in_every_encoding(webinar(), ","), "x.csv")

    assert report == Report(
        "zoom_webinar", "Webinar om peers", at(14, 25), at(15, 21), 6,
        (
            Person("Vært Vang", "vaert@demo.example", ((at(14, 20), at(15, 20)),), rows=(7,)),
            Person("Ada Test", "ada@demo.example",
                   ((at(14, 31), at(14, 41)), (at(14, 45), at(15, 15))), None, 2, (10, 11)),
            Person("Bo Prøve", "bo@demo.example", ((at(14, 31), at(15, 15)),), rows=(12,)),
            Person("45******12", None, ((at(14, 40), at(14, 50)),), rows=(16,)),
        ),
        (),
    )  # fmt: skip


def test_a_webinar_where_nobody_came_has_no_people(text_file):
    rows = [row for row in webinar()[7:13] if row[0] != "Yes"]

    with pytest.raises(Refused, match="file_no_people"):
        imports.read(text_file(rows, ",", "utf-8"), "x.csv")


def test_nul_characters_inside_a_text_do_not_matter(text_file):
    content = text_file([ZOOM, *ZOOM_ROWS], ",", "utf-8").replace(b"Ada", b"A\0da")

    assert imports.read(content, "x.csv").people[0].name == "Ada Test (Ada)"
