"""What holds for every report, and which files are refused."""

import ast
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisory import imports, texts
from advisory.domain.attendance import Person, Problem, Report
from advisory.domain.errors import Refused
from advisory.imports.durations import minutes


@pytest.mark.parametrize(
    ("dates", "day", "month"),
    [
        (("03/04/2024 14:00", "03/04/2024 15:00", "13/04/2024 14:00", "13/04/2024 15:00"), 3, 4),
        (("04/03/2024 14:00", "04/03/2024 15:00", "04/13/2024 14:00", "04/13/2024 15:00"), 3, 4),
        (("03.04.2024 14:00", "03.04.2024 15:00", "04.04.2024 14:00", "04.04.2024 15:00"), 3, 4),
        (("03/04/2024 14:00", "03/04/2024 15:00", "03/04/2024 23:30", "04/04/2024 00:30"), 3, 4),
        (("04/03/2024 14:00", "04/03/2024 15:00", "04/03/2024 23:30", "04/04/2024 00:30"), 3, 4),
        (("04/04/2024 14:00", "04/04/2024 15:00", "04/04/2024 14:00", "04/04/2024 15:00"), 4, 4),
    ],
    ids=["day over 12", "month second", "dots", "midnight, day", "midnight, month", "the same"],
)
def test_day_or_month_first_is_decided_by_the_file_itself(text_file, dates, day, month):
    a, b, c, d = dates
    rows = [
        ["Navn", "Kom", "Gik", "Varighed"],
        ["Ada Test", a, b, "1h 0m"],
        ["Bo Prøve", c, d, "1h 0m"],
    ]

    report = imports.read(text_file(rows), "x.csv")

    start = datetime(2024, month, day, 12, tzinfo=UTC)
    assert report.people[0].spans == ((start, start + timedelta(hours=1)),)
    assert report.problems == ()


@pytest.mark.parametrize(
    ("content", "key"),
    [
        (b"", "file_empty"),
        (b"\xff\xfe", "file_empty"),
        (b" \r\n\r\n", "file_empty"),
        (b"%PDF-1.7 ...", "file_type_wrong"),
        (b"\x89PNG\r\n\x1a\n", "file_type_wrong"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "Workbook".encode("utf-16-le"),
         "file_type_wrong"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"),
         "file_locked"),
        (b"PK\x03\x04 and no more", "file_damaged"),
        ("Kære alle\n\nTak for i går, det var godt.\nHilsen os\n".encode(), "file_no_people"),
        (b"a;b;c\n1;2;3\n4;5;6\n", "file_no_people"),
        (b"Post;Belob\nHusleje;4500\nMad;300\n", "file_no_people"),
        (b"\n".join([b";".join([b"a@demo.example"] * 201)] * 2), "file_too_many_columns"),
        (b"Ada Test;ada@demo.example\n" * 50_001, "file_too_many_rows"),
        (b'"' + b"a" * 200_000, "file_not_readable"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_used_is_refused_in_one_sentence(content, key):
    with pytest.raises(Refused) as refused:
        imports.read(content, "x.csv")

    assert refused.value.key == key
    assert texts.translator("da").error(refused.value).endswith(".")


def test_a_workbook_without_people_is_refused(workbook_file):
    with pytest.raises(Refused, match="file_no_people"):
        imports.read(workbook_file({"Tom": [], "Tal": [["a", "b"], [1, 2], [3, 4]]}), "x.xlsx")


def plain(rows) -> bytes:
    return "\r\n".join("\t".join(row) for row in rows).encode("utf-16")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("44m 10s", 44 + 10 / 60),
        ("1h 30m 51s", 90.85),
        ("5s", 5 / 60),
        ("0s", 0),
        ("59 Min. 0 Sek.", 59),
        ("1 Std. 5 Min.", 65),
        ("1 godz. 2 min 3 sek.", 62.05),
        ("2 h 44 m", 164),
        ("1 t 5 min", 65),
        ("1 time 5 minutter", 65),
        ("1d 2h", 26 * 60),
        ("00:47:03", 47.05),
        ("1:05", 65),
        ("45", 45),
        ("12,5", 12.5),
        ("", None),
        ("--", None),
        ("10s 44m", None),
        ("5m 5m", None),
        ("3 zug", None),
        ("-5", None),
        ("1.234,5", None),
        ("00:75:00", None),
        ("9" * 50, None),
    ],
)
def test_a_duration_that_cannot_be_read_is_not_known(text, found):
    assert minutes(text) == (found if found is None else pytest.approx(found))


def test_a_number_over_twelve_in_both_places_decides_nothing():
    rows = [
        ["Navn", "Kom", "Gik", "Varighed"],
        ["Ada Test", "13/04/2024 14:00", "13/04/2024 15:00", "1h"],
        ["Bo Prøve", "04/13/2024 14:00", "04/13/2024 15:00", "30m"],
    ]

    report = imports.read(plain(rows), "x.csv", near=datetime(2024, 4, 13, 12, tzinfo=UTC))

    assert [(one.spans, one.minutes) for one in report.people] == [((), 60.0), ((), 30.0)]
    assert report.problems == (Problem("dates_undecided", None, None, "13/04/2024 14:00"),)


def test_a_planned_start_as_close_to_both_readings_decides_nothing():
    rows = [["Navn", "Kom", "Gik"], ["Ada Test", "01/03/2024 14:00", "01/03/2024 15:00"]]
    # They left on 3 January or joined on 1 March, and in the middle both are as far away.
    january, march = datetime(2024, 1, 3, 14, tzinfo=UTC), datetime(2024, 3, 1, 13, tzinfo=UTC)
    middle, second = january + (march - january) / 2, timedelta(seconds=1)

    keys = [
        [problem.key for problem in imports.read(plain(rows), "x.csv", near=near).problems]
        for near in (middle - second, middle, middle + second)
    ]

    assert keys == [[], ["dates_undecided"], []]


FORMS = {
    "en-US": ("{d.month}/{d.day}/{d:%y}, {d:%I:%M:%S %p}", "{h}h {m}m {s}s"),
    "en-GB": ("{d:%d/%m/%y, %H:%M:%S}", "{h}h {m}m {s}s"),
    "de": ("{d:%d.%m.%y, %H:%M:%S}", "{h} Std. {m} Min. {s} Sek."),
    "fr": ("{d:%d/%m/%Y à  %H:%M:%S}", "{h}\u00a0h {m}\u00a0min {s}\u00a0s"),
    "da": ("{d:%d-%m-%Y %H.%M.%S}", "{h} t. {m} min. {s} sek."),
    "pl": ("{d:%d.%m.%Y, %H:%M:%S}", "{h} godz. {m} min {s} sek."),
    "iso": ("{d:%Y-%m-%dT%H:%M:%S}", "{h:02}:{m:02}:{s:02}"),
}
NOON = datetime(2024, 7, 5, 12, 0)  # Copenhagen's clocks: 5/7 and 7/5 are both days
STAYS = st.lists(
    st.tuples(st.sampled_from(["Ada Test", "Bo Prøve", "Cia Demo", "Hjort, Line"]),
              st.integers(0, 3600), st.integers(1, 7200)),
    min_size=1, max_size=8,
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(STAYS, st.sampled_from(sorted(FORMS)), st.booleans())
def test_what_was_written_is_what_is_read_in_every_locale(stays, locale, with_address):
    when, length = FORMS[locale]
    rows, expected = [["Navn", "Kom", "Gik", "Varighed", "Mail", "Rolle"]], {}
    for number, (name, wait, seconds) in enumerate(stays, 2):
        joined = NOON + timedelta(seconds=wait)
        left = joined + timedelta(seconds=seconds)
        email = f"{name[:2].lower()}@demo.example" if with_address else ""
        spent = length.format(h=seconds // 3600, m=seconds // 60 % 60, s=seconds % 60)
        rows.append([name, when.format(d=joined), when.format(d=left), spent, email, "Deltager"])
        spans, lines = expected.setdefault((name, email or None), ([], []))
        lines.append(number)
        spans.append(tuple((at - timedelta(hours=2)).replace(tzinfo=UTC) for at in (joined, left)))

    report = imports.read(plain(rows), "x.csv", near=NOON.replace(tzinfo=UTC))

    assert report == Report(
        "teams_2021", None, None, None, len(stays),
        tuple(Person(name, email, tuple(spans), None, len(spans), tuple(lines))
              for (name, email), (spans, lines) in expected.items()),
        (),
    )  # fmt: skip


NOT_KNOWN = "(not known)"  # longer than a text that is drawn
CELLS = st.sampled_from(
    ["Ada Test", "Bo Prøve", "ada@demo.example", "13/06/2024 14:00", "06/13/2024 02:00 PM", "14:31",
     "3/4/24, 14:00:00", "44m 10s", "45", "x", "--", "", "1. Oversigt", "Navn", "Deltog", "Forlod",
     '"', "31/31/2024 10:00", "010190-1234", "1 zug", "(UTC)", "24:00:00", "a@b", "12-06-2024"]
) | st.text(max_size=8)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.lists(st.lists(CELLS, max_size=6), max_size=12), st.sampled_from("\t;,"))
def test_any_file_is_read_or_refused_and_nobody_is_in_it_twice(rows, delimiter):
    content = "\n".join(map(delimiter.join, rows)).encode("utf-8", "replace")
    try:
        report = imports.read(content, "x.csv")
    except Refused:
        return

    known = [(one.email or "").casefold() or (None, one.name) for one in report.people]
    assert len(set(known)) == len(known) > 0
    assert all(one.name and one.joins and one.rows for one in report.people)
    assert all(a <= b for one in report.people for a, b in one.spans)
    assert not any(one.spans and one.minutes is not None for one in report.people)
    assert "010190-1234" not in repr(report)
    in_words(report.problems)


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(content):
    said = ""
    try:
        people = imports.read(content, "x.csv").people
    except Refused as refused:
        people, said = (), texts.translator("da").error(refused)

    assert people or said.endswith(".")


def test_fifty_thousand_rows_are_read_once_each():
    rows = [["Navn", "Kom", "Gik", "Mail"]]
    rows += [
        [f"Ada Test {n}", "13/06/2024 14:00", "13/06/2024 15:00", f"a{n}@demo.example"]
        for n in range(49_999)
    ]

    report = imports.read("\n".join("\t".join(row) for row in rows).encode(), "x.csv")

    assert (report.rows, len(report.people), report.problems) == (49_999, 49_999, ())


def in_words(problems) -> None:
    """Say every problem in both languages, with no more than its own row, column and value."""
    for one in problems:
        known = {"row": one.row, "column": one.column, "value": one.value}
        values = {name: NOT_KNOWN if value is None else value for name, value in known.items()}
        for language in ("da", "en"):
            said = texts.translator(language)(f"import_problem.{one.key}", **values)
            assert NOT_KNOWN not in said


def test_control_a_sentence_without_its_column_is_found():
    in_words([Problem("minutes_ambiguous", None, "B, C")])

    with pytest.raises(AssertionError):
        in_words([Problem("minutes_ambiguous", None, None)])


def test_every_problem_has_a_sentence_and_every_sentence_a_problem():
    words, keys = set(), set()
    for path in Path(imports.__file__).parent.glob("*.py"):
        if path.name == "applications.py":  # its problems have a table and a test of their own
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant):
                words.add(node.value)
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "Problem" and node.args:
                keys |= {node.args[0].value} if isinstance(node.args[0], ast.Constant) else set()
    table = "import_problem."
    written = {key.removeprefix(table) for key in texts.load("da") if key.startswith(table)}

    assert len(keys) > 10
    assert keys - written == set()
    assert written - words == set()
