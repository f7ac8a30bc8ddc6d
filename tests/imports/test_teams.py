"""Reports of Teams, of every generation, in any language and encoding."""

from datetime import UTC, datetime, timedelta

import pytest

from advisory import imports
from advisory.domain.attendance import Person, Problem, Report

TEAMS_2022 = {
    "en": (
        ["1. Summary", "2. Participants", "3. In-Meeting Activities"],
        ["Meeting title", "Attended participants", "Start time", "End time", "Meeting duration"],
        ["Name", "First join", "Last leave", "In-meeting duration", "Email",
         "Participant ID (UPN)", "Role"],
        "{d:%d/%m/%y, %H:%M:%S}", ("47m 29s", "22m 9s", "5m", "16m 10s"),
    ),
    "en-US": (
        ["1. Summary", "2. Participants", "3. In-Meeting Activities"],
        ["Meeting title", "Attended participants", "Start time", "End time", "Meeting duration"],
        ["Name", "First Join", "Last Leave", "In-Meeting Duration", "Email",
         "Participant ID (UPN)", "Role"],
        "{d.month}/{d.day}/{d:%y}, {d:%I:%M:%S %p}", ("47m 29s", "22m 9s", "5m", "16m 10s"),
    ),
    "da": (
        ["1. Oversigt", "2. Deltagere", "3. Aktiviteter i mødet"],
        ["Mødetitel", "Deltagere", "Starttidspunkt", "Sluttidspunkt", "Mødets varighed"],
        ["Navn", "Deltog først", "Forlod sidst", "Varighed", "Mail", "Deltager-id", "Rolle"],
        "{d:%d-%m-%Y %H.%M.%S}", ("47 min 29 sek.", "22 min. 9 sek.", "5 min", "16 min 10 sek"),
    ),
    "de": (
        ["1. Zusammenfassung", "2. Teilnehmer", "3. Aktivitäten in der Besprechung"],
        ["Besprechungstitel", "Teilnehmer", "Beginn", "Ende", "Dauer"],
        ["Name", "Erster Beitritt", "Letztes Verlassen", "Dauer", "E-Mail", "UPN", "Rolle"],
        "{d:%d.%m.%y, %H:%M:%S}",
        ("47 Min. 29 Sek.", "22 Min. 9 Sek.", "5 Min. 0 Sek.", "16 Min. 10 Sek."),
    ),
    "pl": (
        ["1. Podsumowanie", "2. Uczestnicy", "3. Działania w spotkaniu"],
        ["Tytuł spotkania", "Uczestnicy", "Początek", "Koniec", "Czas trwania"],
        ["Nazwa", "Pierwsze dołączenie", "Ostatnie wyjście", "Czas", "E-mail", "UPN", "Rola"],
        "{d:%d.%m.%Y, %H:%M:%S}", ("47 min 29 sek.", "22 min 9 sek.", "5 min", "16 min 10 sek."),
    ),
    "made up": (
        ["1. Zub", "2. Bimbam", "3. Fnyt"],
        ["Ka", "Ke", "Ki", "Ko", "Ku"],
        ["Gnaf", "Pli", "Plo", "Plu", "Xyz", "Xyzzy", "Ogle"],
        "{d:%Y-%m-%d %H:%M:%S}", ("00:47:29", "00:22:09", "00:05:00", "00:16:10"),
    ),
}  # fmt: skip


def teams_2022(language: str) -> list[list[str]]:
    """Three people, one of them a guest without an address who came twice."""
    titles, labels, header, form, lengths = TEAMS_2022[language]
    when = {
        clock: form.format(d=datetime(2024, 6, 13, *map(int, clock.split(":"))))
        for clock in ("14:25:00", "15:16:00", "14:28:11", "15:15:40", "14:40:00", "15:02:09",
                      "14:45:00", "14:51:00", "14:45:59")
    }  # fmt: skip
    anna = ["Anna Test (Demo)", when["14:28:11"], when["15:15:40"], lengths[0]]
    guest = ['Gæst, "Ekstern"', when["14:40:00"], when["15:02:09"]]
    return [
        [titles[0]],
        [labels[0], "Møde om peers, æøå"],
        [labels[1], "3"],
        [labels[2], when["14:25:00"]],
        [labels[3], when["15:16:00"]],
        [labels[4], "51m"],
        [],
        [titles[1]],
        header,
        [*anna, "anna@demo.example", "anna@demo.example", "Oplægsholder"],
        [*guest, lengths[3], "", "", "Deltager"],
        ["Bo Prøve", when["14:45:00"], when["14:51:00"], "zxcv", "Bo@demo.example", "", "Deltager"],
        [],
        [titles[2]],
        [*header[:5], header[6]],
        [*anna, "anna@demo.example", "Oplægsholder"],
        [guest[0], when["14:40:00"], when["14:45:00"], lengths[2], "", "Deltager"],
        [guest[0], when["14:51:00"], when["15:02:09"], "11m 9s", "", "Deltager"],
        ["Bo Prøve", when["14:45:00"], when["14:51:00"], "6m", "bo@demo.example", "Deltager"],
    ]


@pytest.mark.parametrize("language", TEAMS_2022)
def test_teams_sections_are_read_in_any_language(in_every_encoding, at, language):
    rows = teams_2022(language)

    report = imports.read(in_every_encoding(rows), "x.csv", near=at(14, 25))

    assert report == Report(
        format="teams_2022",
        title="Møde om peers, æøå",
        started_at=at(14, 25),
        ended_at=at(15, 16),
        rows=3,
        people=(
            Person("Anna Test (Demo)", "anna@demo.example",
                   ((at(14, 28, 11), at(15, 15, 40)),), rows=(10, 16)),
            Person('Gæst, "Ekstern"', None,
                   ((at(14, 40), at(14, 45)), (at(14, 51), at(15, 2, 9))), None, 2, (11, 17, 18)),
            Person("Bo Prøve", "Bo@demo.example", ((at(14, 45), at(14, 51)),), rows=(12, 19)),
        ),
        problems=(Problem("duration_unreadable", 12, rows[8][3], "zxcv"),),
    )  # fmt: skip


def test_teams_sections_without_joins_count_the_time_stated_and_not_from_first_to_last(
    text_file, at
):
    rows = teams_2022("en")[:12]

    report = imports.read(text_file(rows), "x.csv")

    assert report.people == (
        Person("Anna Test (Demo)", "anna@demo.example", ((at(14, 28, 11), at(15, 15, 40)),),
               rows=(10,)),
        Person('Gæst, "Ekstern"', None, (), 16 + 10 / 60, rows=(11,)),
        Person("Bo Prøve", "Bo@demo.example", (), None, rows=(12,)),
    )  # fmt: skip


def test_more_columns_and_sections_do_not_matter_and_utc_in_a_header_does(text_file):
    header = ["Name", "First Join (UTC)", "Last Leave (UTC)", "In-Meeting Duration",
              "Email", "Participant ID (UPN)", "Role", "Registration Email", "Camera"]  # fmt: skip
    rows = [
        ["1. Summary"],
        ["Meeting title", "Webinar"],
        ["Registered participants", "12"],
        ["Attended participants", "1"],
        ["Start time (UTC)", "6/13/24, 12:25:00 PM"],
        [],
        ["2. Participants"],
        header,
        ["Anna Test", "6/13/24, 12:28:11 PM", "6/13/24, 1:15:40 PM", "47m 29s", "anna@demo.example",
         "anna@demo.example", "Attendee", "a@other.example", "5m"],
        [],
        ["3. In-Meeting Activities"],
        ["Name", "Join Time (UTC)", "Leave Time (UTC)", "Duration", "Email", "Role"],
        ["Anna Test", "6/13/24, 12:28:11 PM", "6/13/24, 1:15:40 PM", "47m 29s",
         "anna@demo.example", "Attendee"],
        [],
        ["4. Noget nyt"],
        ["Navn", "Reaktion", "Tid"],
        ["Anna Test", "like", "6/13/24, 12:30:00 PM"],
    ]  # fmt: skip

    report = imports.read(text_file(rows), "x.csv")

    noon = datetime(2024, 6, 13, 12, tzinfo=UTC)
    joined, left = noon + timedelta(seconds=28 * 60 + 11), noon + timedelta(seconds=75 * 60 + 40)
    assert report == Report(
        "teams_2022", "Webinar", noon + timedelta(minutes=25), None, 1,
        (Person("Anna Test", "anna@demo.example", ((joined, left),), rows=(9, 13)),), (),
    )  # fmt: skip


FRENCH = [
    ["*Résumé de la réunion"],
    ["Nombre total de participants", "2"],
    ["Titre de la réunion", "null"],
    ["Heure de début de la réunion", "13/06/2024 à  14:25:00"],
    ["Heure de fin de la réunion", "13/06/2024 à  15:16:00"],
    [],
    ["Nom complet", "Heure d'arrivée", "Heure de départ", "Durée", "E-mail", "Rôle"],
    ["Ada Test", "13/06/2024 à  14:31:00", "13/06/2024 à  15:15:00",
     "44\u00a0m", "ada@demo.example", "Organisateur"],
    ["Bo Prøve", "13/06/2024 à  12:00:00", "13/06/2024 à  14:44:59",
     "2\u00a0h\u00a044\u202fm", "", "Participant"],
]  # fmt: skip


def test_teams_2021_block_and_table_with_no_break_spaces(in_every_encoding, at):
    report = imports.read(in_every_encoding(FRENCH), "x.csv")

    assert report == Report(
        "teams_2021", None, at(14, 25), at(15, 16), 2,
        (
            Person("Ada Test", "ada@demo.example", ((at(14, 31), at(15, 15)),), rows=(8,)),
            Person("Bo Prøve", None, ((at(12), at(14, 44, 59)),), rows=(9,)),
        ),
        (),
    )  # fmt: skip


def test_a_missing_leave_is_the_end_of_the_meeting_only_where_that_is_known(text_file, at):
    rows = [list(row) for row in FRENCH]
    rows[7][2] = rows[7][3] = ""

    known = imports.read(text_file(rows), "x.csv")
    unknown = imports.read(text_file([*rows[:4], *rows[5:]]), "x.csv")

    assert known.people[0].spans == ((at(14, 31), at(15, 16)),)
    assert known.problems == (Problem("end_assumed", 8, None, "Ada Test"),)
    assert (unknown.people[0].spans, unknown.people[0].minutes) == ((), None)
    assert unknown.problems == (Problem("end_missing", 7, None, "Ada Test"),)


EVENTS = [
    ["Fulde navn", "Brugerhandling", "Tidsstempel"],
    ["Ada Test", "Deltog før", "11/12/2020, 12:27:24"],
    ["Ada Test", "Forlod", "11/12/2020, 12:45:18"],
    ["Ada Test", "Deltog", "11/12/2020, 13:45:41"],
    ["Ada Test", "Forlod", "11/12/2020, 13:56:48"],
    ["Bo Prøve", "Deltog", "11/12/2020, 12:28:09"],
    ["Bo Prøve", "Forlod", "11/12/2020, 12:38:11"],
    ["Cia Demo", "Deltog", "11/12/2020, 12:32:00"],
]
NEAR = datetime(2020, 12, 11, 11, 30, tzinfo=UTC)


def december(hour: int, minute: int, second: int, *, day: int = 11, month: int = 12) -> datetime:
    """Winter time in Copenhagen as the instant in UTC."""
    return datetime(2020, month, day, hour - 1, minute, second, tzinfo=UTC)


def test_teams_2020_joins_and_leaves_are_paired_whatever_they_are_called(in_every_encoding):
    report = imports.read(in_every_encoding(EVENTS), "x.csv", near=NEAR)

    assert report == Report(
        "teams_2020", None, None, None, 7,
        (
            Person("Ada Test", None, (
                (december(12, 27, 24), december(12, 45, 18)),
                (december(13, 45, 41), december(13, 56, 48)),
            ), None, 2, (2, 4)),
            Person("Bo Prøve", None, ((december(12, 28, 9), december(12, 38, 11)),), rows=(6,)),
            Person("Cia Demo", None, (), None, 1, (8,)),
        ),
        (Problem("end_missing", 8, None, "Cia Demo"),),
    )  # fmt: skip


def test_day_or_month_first_is_decided_by_the_planned_start(text_file):
    as_november = NEAR.replace(month=11, day=12)

    report = imports.read(text_file(EVENTS), "x.csv", near=as_november)

    first = december(12, 27, 24, day=12, month=11)
    assert report.people[0].spans[0] == (first, december(12, 45, 18, day=12, month=11))


def test_an_undecided_date_gives_minutes_and_no_times(text_file):
    report = imports.read(text_file(EVENTS), "x.csv")

    assert [(one.name, one.spans, one.minutes) for one in report.people] == [
        ("Ada Test", (), (17 * 60 + 54 + 11 * 60 + 7) / 60),
        ("Bo Prøve", (), (10 * 60 + 2) / 60),
        ("Cia Demo", (), None),
    ]
    assert report.problems == (
        Problem("dates_undecided", None, None, "11/12/2020, 12:27:24"),
        Problem("end_missing", 8, None, "Cia Demo"),
    )


def test_somebody_only_in_the_list_of_activities_is_told_and_not_counted(text_file):
    rows = teams_2022("en")
    rows[-1][0], rows[-1][4] = "Cia Demo", "cia@demo.example"

    report = imports.read(text_file(rows), "x.csv")

    assert len(report.people) == 3
    assert Problem("only_in_activities", 19, None, "Cia Demo") in report.problems


def test_a_report_that_was_saved_from_excel_keeps_its_sections(workbook_file, at):
    report = imports.read(workbook_file({"x": teams_2022("da")}), "x.xlsx")

    assert (report.format, report.rows, report.title, report.started_at) == (
        "teams_2022", 3, "Møde om peers, æøå", at(14, 25),
    )  # fmt: skip
    assert report.people[0].spans == ((at(14, 28, 11), at(15, 15, 40)),)


def test_a_report_that_was_saved_again_with_semicolons_is_the_same_report(text_file, at):
    rows = teams_2022("en")
    saved = imports.read(text_file(rows, ";", "cp1252"), "x.csv", near=at(14, 25))

    assert saved == imports.read(text_file(rows), "x.csv", near=at(14, 25))


def test_guests_whose_name_is_an_address_are_not_named_after_their_role(text_file, at):
    rows = teams_2022("en")[:10]
    rows[9] = ["gaest@demo.example", *rows[9][1:4], "", "", "Attendee"]

    report = imports.read(text_file(rows), "x.csv")

    assert [(one.name, one.email) for one in report.people] == [("gaest@demo.example", None)]
