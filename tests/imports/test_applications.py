"""A list of applications: the table that is found, the columns guessed, what every cell means."""

from dataclasses import replace
from datetime import date, datetime, time

import pytest

from advisory import imports
from advisory.domain.errors import NotFound, Refused
from advisory.domain.municipalities import Known
from advisory.imports import applications
from advisory.imports.applications import Application, Interpreted, Problem, Table, TableRow
from advisory.texts import translator

from .conftest import write

TODAY = date(2025, 3, 13)
KNOWN = (
    Known(461, ("Odense", "Odense Kommune")),
    Known(575, ("Vejen", "Vejen Kommune")),
    Known(101, ("København", "Københavns Kommune", "Kbh")),
    Known(492, ("Ærø", "Ærø Kommune")),
    Known(665, ("Lemvig", "Lemvig Kommune")),
)
COHORTS = {
    "2024-02": date(2024, 2, 1),
    "2025-01": date(2025, 1, 1),
    "2025-08": date(2025, 8, 1),
}
EXPERIENCE = {
    "none": ("Ingen erfaring med peers", "No experience with peers"),
    "some": ("Nogen erfaring med peers", "Some experience with peers"),
    "established": ("Peers er en fast del af indsatsen", "Peers are an established part"),
}
HEADERS = ("Kommune", "Hold", "Modtaget", "Kontaktperson", "Titel", "E-mail", "Tlf.", "Erfaring",
           "Motivation", "Mål", "Ledelsestilsagn", "Bilag", "Bemærkning")  # fmt: skip
ODENSE = ("Odense", "2025-01", "1/10-24 kl. 14.30", "Ada Test", "Leder", "ada@demo.example",
          "12 34 56 78", "nogen", "Vi vil gerne, også nu", "To peers", "ja",
          "https://demo.example/a, https://demo.example/b", "Ring først")  # fmt: skip
KBH = ("101", "januar 2025", "30-09-2024", "Bo Prøve", "", "", "", "", "", "", "", "", "")
READ = (
    Application(
        2, 461, "Odense", "2025-01", date(2024, 10, 1), time(14, 30), "Ada Test", "Leder",
        "ada@demo.example", "12 34 56 78", "some", "Vi vil gerne, også nu", "To peers", True,
        "https://demo.example/a\nhttps://demo.example/b",
    ),
    Application(3, 101, "København", "2025-01", date(2024, 9, 30), contact_name="Bo Prøve"),
)  # fmt: skip


def table(*rows: tuple, headers: tuple = HEADERS) -> Table:
    """A table as it is found in a file that begins with its headers."""
    letters = tuple(chr(65 + at) for at in range(len(headers)))
    found = tuple(TableRow(number, row) for number, row in enumerate(rows, 2))
    return Table(headers, letters, 1, found)


def found_in(content: bytes) -> Table:
    """What the child finds; it is the same in the process itself."""
    found = imports.read_applications_safely(content, "liste.xlsx")
    assert applications.read(content, "") == found
    return found


def interpret(found: Table, mapping: dict[int, str] | None = None, cohort: str = "") -> Interpreted:
    return applications.interpret(
        found,
        applications.guess(found, {}) if mapping is None else mapping,
        municipalities=KNOWN,
        cohorts=COHORTS,
        experience=EXPERIENCE,
        today=TODAY,
        cohort=cohort,
    )


def odense(**cells: str) -> tuple[str, ...]:
    """The row of Odense with other cells under some headers."""
    values = dict(zip(HEADERS, ODENSE)) | {name.replace("_", "-"): c for name, c in cells.items()}
    return tuple(values[header] for header in HEADERS)


# --- the file -------------------------------------------------------------------------------------


@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
@pytest.mark.parametrize("encoding", ["cp1252", "utf-8", "utf-8 with BOM", "utf-16-le with BOM"])
def test_a_text_in_every_encoding_and_with_every_separator_is_the_same_list(encoding, delimiter):
    content = write([HEADERS, ODENSE, KBH], delimiter, encoding)

    assert found_in(content) == table(ODENSE, KBH)
    assert interpret(table(ODENSE, KBH)) == Interpreted(READ, (), ("Bemærkning",))


def test_a_workbook_with_a_title_blank_rows_dates_and_numbers(workbook_file):
    rows = [
        ["Ansøgninger til rådgivningsforløb", None],
        [],
        ["Nr.", None, "Kommune", "Modtaget", "Tilsagn", "Hold", "Kontakt", "Tlf."],
        [1, None, 461, datetime(2024, 10, 1, 14, 30), True, date(2025, 1, 1), "Ada", 12345678],
        [],
        [2, None, "Ærø", datetime(2024, 10, 2), False, date(2025, 1, 1), "Bo", "+45 87654321"],
        [None] * 7,
    ]

    found = found_in(workbook_file({"Ansøgninger": rows}))

    assert found == Table(
        ("Nr.", "Kommune", "Modtaget", "Tilsagn", "Hold", "Kontakt", "Tlf."),
        ("A", "C", "D", "E", "F", "G", "H"),
        3,
        (
            TableRow(4, ("1", "461", "2024-10-01 14:30", "True", "2025-01-01", "Ada", "12345678")),
            TableRow(6, ("2", "Ærø", "2024-10-02", "False", "2025-01-01", "Bo", "+45 87654321")),
        ),
        "Ansøgninger",
    )
    assert interpret(found) == Interpreted(
        (
            Application(
                4, 461, "Odense", "2025-01", date(2024, 10, 1), time(14, 30), "Ada",
                contact_phone="12345678", commitment=True,
            ),
            Application(
                6, 492, "Ærø", "2025-01", date(2024, 10, 2), None, "Bo",
                contact_phone="+45 87654321",
            ),
        ),
        (),
        ("Nr.",),
    )  # fmt: skip


def test_the_tab_that_names_what_is_needed_is_read_and_the_others_are_named(workbook_file):
    short = [["Kommune", "Modtaget", "Hold"], ["Odense", "1/10-24", "2025-01"]]
    longer = [*short, ["Vejen", "2/10-24", "2025-01"]]
    codes = [["Nummer", "By"], *[[str(n), "Byen"] for n in range(9)]]

    found = found_in(
        workbook_file({"Byer": codes, "Ældre": short, "Nye": longer, "Skjult": longer}, Skjult=True)
    )

    assert (found.tab, found.others, len(found.rows)) == ("Nye", ("Byer", "Ældre"), 2)


def test_merged_cells_are_read_where_they_stand(workbook_file):
    rows = [
        ["Kommune", "Modtaget", "Kontakt", None],
        [None, None, "Navn", "E-mail"],
        ["Odense", "1/10-24", "Ada Test", "ada@demo.example"],
        ["Vejen", "1/10-24", "Bo Prøve", "bo@demo.example"],
    ]
    merged = [
        (0, 0, 1, 0, "Kommune"),
        (0, 1, 1, 1, "Modtaget"),
        (0, 2, 0, 3, "Kontakt"),
        (2, 1, 3, 1, "1/10-24"),
    ]

    found = found_in(workbook_file({"x": rows}, merged))

    assert found.headers == ("Kommune", "Modtaget", "Navn", "E-mail")
    assert [row.cells[1] for row in found.rows] == ["1/10-24", "1/10-24"]


def test_a_list_with_many_empty_cells_is_cut_as_its_header_says():
    rows = ["Kommune;Modtaget;Bemærkning;Motivation", "Odense;1/10-24;;ja, nu", "Vejen;2/10-24;;",
            "Ærø;3/10-24;kort;", ";;;", "Lemvig;4/10-24;;vi, I, de"]  # fmt: skip

    found = found_in("\r\n".join(rows).encode("cp1252"))

    assert found.headers == ("Kommune", "Modtaget", "Bemærkning", "Motivation")
    assert [row.number for row in found.rows] == [2, 3, 4, 6]
    assert found.rows[-1].cells == ("Lemvig", "4/10-24", "", "vi, I, de")


def test_a_column_without_a_header_is_called_by_its_letter():
    found = found_in(b"Kommune;;Modtaget\r\nOdense;x;1/10-24\r\nVejen;;2/10-24\r\n")

    assert found.headers == ("Kommune", "", "Modtaget")
    assert [found.label(at) for at in range(3)] == ["Kommune", "B", "Modtaget"]
    assert interpret(found, {0: "municipality", 1: "commitment", 2: "received"}).problems[0] == (
        Problem("field_missing", values={"field": "cohort"})
    )


def test_a_cpr_number_is_masked_in_the_child_and_one_in_an_address_of_the_web_is_none():
    link = "https://demo.example/0101901234"
    content = write(
        [
            ("Kommune 010190-1234", "Modtaget", "Motivation", "Bilag"),
            ("Odense", "1/10-24", "om 0101901234 ja", link),
            ("Vejen", "2/10-24", f"se {link}", link),
        ],
        ";",
        "utf-8",
    )

    found = found_in(content)

    assert found.headers == ("••••••-••••", "Modtaget", "Motivation", "Bilag")
    assert [row.cells[2:] for row in found.rows] == [("••••••-••••", link)] * 2


def test_two_thousand_applications_are_read_and_one_more_is_refused():
    def content(count: int) -> bytes:
        return write([("Kommune", "Modtaget"), *[("Odense", "1/10-24")] * count], ";", "utf-8")

    assert len(found_in(content(2_000)).rows) == 2_000
    with pytest.raises(Refused) as refused:
        found_in(content(2_001))
    assert (refused.value.key, refused.value.values) == ("applications_too_many", {"limit": 2_000})


@pytest.mark.parametrize(
    ("content", "key"),
    [
        (b"", "file_empty"),
        (b"Kommune;Modtaget;Hold\r\n", "applications_missing"),
        (b"Odense;1/10-24\r\nVejen;2/10-24\r\n", "applications_missing"),
        (b"Kommune\r\nOdense\r\nVejen\r\n", "applications_missing"),
        ("Kære styrelse\r\n\r\nVi vil gerne, og nu.\r\n".encode(), "applications_missing"),
        (b"%PDF-1.7 \x00\x01", "applications_type_wrong"),
        (b"PK\x03\x04 half a file", "file_damaged"),
        (b"x" * 10_000_001, "applications_not_usable"),
    ],
)
def test_what_holds_no_list_is_refused_in_one_sentence(content, key):
    with pytest.raises(Refused) as refused:
        imports.read_applications_safely(content, "liste.csv")
    assert refused.value.key == key
    for language in ("da", "en"):
        assert translator(language).error(refused.value).endswith(".")


# --- the columns ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "headers"),
    [
        ("municipality", "Kommune|KOMMUNE *|Kommunenavn|Kommunens navn|Kommune nr.|Municipality"
                         "|Hvilken kommune søger?|Ansøgerkommune"),
        ("cohort", "Hold|Kohorte|Opstart|Ønsket opstart|Startmåned|Dato for opstart|Cohort"),
        ("received", "Modtaget|Ansøgningsdato|Dato modtaget|Dato|Received|Færdiggørelsestidspunkt"
                     "|Completion time|Modtagelsesdato"),
        ("contact_name", "Kontakt|Kontaktperson|Navn|Kommunens kontaktperson|Contact person"),
        ("contact_role", "Titel|Rolle|Funktion|Stilling|Kontaktpersonens titel|Job title"),
        ("contact_email", "Mail|E-mail|Email|E-mailadresse|Kontaktpersonens e-mail|e-post"),
        ("contact_phone", "Telefon|Tlf.|Mobil|Telefonnummer|Phone|Kontakt (tlf)"),
        ("experience", "Erfaring|Erfaring med peers|Kommunens erfaringer|Experience"),
        ("motivation", "Motivation|Begrundelse|Hvorfor søger I?"),
        ("goal", "Mål|Kommunens mål|Formål|Goals"),
        ("commitment", "Ledelsestilsagn|Tilsagn|Opbakning fra ledelsen|Commitment"),
        ("attachments", "Bilag|Link|Links til bilag|Vedhæftninger|Attachments"),
        ("", "Bemærkning|Status|ID|Region|Målgruppe|Starttidspunkt|Start time|Prioritet|!"),
    ],
)  # fmt: skip
def test_columns_are_known_by_what_people_call_them(field, headers):
    for header in headers.split("|"):
        guessed = applications.guess(table(("x",), headers=(header,)), {})

        assert guessed == ({0: field} if field else {}), header


def test_a_field_goes_to_one_column_and_what_is_remembered_goes_first():
    found = table(("",) * 5, headers=("Kommune", "E-mail", "Mail", "Team", "Hold"))
    remembered = {"mail": "contact_email", "team": "cohort", "kommune": "", "hold": "no field"}

    assert applications.guess(found, {}) == {0: "municipality", 1: "contact_email", 4: "cohort"}
    assert applications.guess(found, remembered) == {2: "contact_email", 3: "cohort"}


def test_a_header_is_remembered_without_what_people_put_around_it():
    same = {applications.header_key(one) for one in ("E-mail", " e-mail:", "E-MAIL *", "(E-mail)")}

    assert same == {"e mail"}
    assert applications.header_key("Mail") not in same
    assert applications.header_key("") == applications.header_key("••••••-••••") == ""


def test_columns_that_are_lacking_or_chosen_twice_are_problems_and_no_row_is_read():
    found = interpret(table(ODENSE), {0: "municipality", 3: "goal", 9: "goal", 99: "received"})

    assert found == Interpreted(
        (),
        (
            Problem("field_twice", 0, "Mål", "", {"field": "goal"}),
            Problem("field_missing", values={"field": "received"}),
            Problem("field_missing", values={"field": "cohort"}),
        ),
        tuple(one for one in HEADERS if one not in ("Kommune", "Kontaktperson")),
    )


def test_a_cohort_for_all_stands_where_the_list_names_none():
    rows = [odense(Hold=""), ("Vejen", "2025-08", *ODENSE[2:])]

    found = interpret(table(*rows), cohort="2025-01")

    assert [one.cohort for one in found.rows] == ["2025-01", "2025-08"]
    assert interpret(table(ODENSE), {0: "municipality", 2: "received"}, "2025-01").rows == (
        Application(2, 461, "Odense", "2025-01", date(2024, 10, 1), time(14, 30)),
    )
    with pytest.raises(NotFound, match="cohort_unknown"):
        interpret(table(ODENSE), cohort="2031-01")


# --- the cells ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    ["2025-01", "januar 2025", "Januar 2025", "jan. 2025", "jan 25", "jan-25", "1/2025", "01-2025",
     "2025-01-01", "1. januar 2025", "01-01-25", "15/1-25", "Hold 2025-01", "opstart januar 2025",
     "Hold: jan. 2025"],
)  # fmt: skip
def test_a_cohort_is_known_by_its_code_or_its_month(text):
    assert [one.cohort for one in interpret(table(odense(Hold=text))).rows] == ["2025-01"]


@pytest.mark.parametrize(
    "text", ["2031-01", "februar 2025", "januar", "1/1", "hold", "i dag", "uge 1", "2", "13/2025"]
)
def test_control_a_month_without_its_year_or_without_a_cohort_is_none(text):
    assert interpret(table(odense(Hold=text))).problems == (
        Problem("cohort_unknown", 2, "Hold", text, {"cohorts": "2024-02, 2025-01, 2025-08"}),
    )


def test_a_month_in_which_two_cohorts_begin_names_neither():
    cohorts = {"A": date(2025, 8, 1), "B": date(2025, 8, 15)}

    def keys(text: str) -> list[str]:
        found = table((text, "Odense", "1/10-24"), headers=("Hold", "Kommune", "Modtaget"))
        how = {"municipalities": KNOWN, "experience": EXPERIENCE, "today": TODAY}
        mapping = applications.guess(found, {})
        said = applications.interpret(found, mapping, cohorts=cohorts, **how)
        return [one.cohort for one in said.rows] + [one.key for one in said.problems]

    assert [keys(text) for text in ("b", "aug 2025")] == [["B"], ["cohort_unknown"]]


@pytest.mark.parametrize(
    ("text", "day", "at"),
    [
        ("1/10-24", 1, None),
        ("1/10-24 kl. 14.30", 1, time(14, 30)),
        ("1/10-24 14:30", 1, time(14, 30)),
        ("1. oktober 2024", 1, None),
        ("d. 1. oktober 2024 kl. 14.30", 1, time(14, 30)),
        ("tirsdag den 1. oktober 2024 kl. 9", 1, time(9)),
        ("1. okt. 2024, 14.30", 1, time(14, 30)),
        ("2024-10-01", 1, None),
        ("2024-10-01 00:00:00", 1, None),
        ("2024-10-01 14:30:59", 1, time(14, 30)),
        ("2024-10-01T21:30:00Z", 1, time(23, 30)),
        ("2024-10-01T22:30:00Z", 2, time(0, 30)),
        ("1.10.24", 1, None),
        ("1. 10.24", 1, None),
    ],
)
def test_a_date_is_read_as_people_write_it_with_the_time_or_without(text, day, at):
    found = interpret(table(odense(Modtaget=text)))

    assert [(one.received_on, one.received_time) for one in found.rows] == [
        (date(2024, 10, day), at)
    ]


@pytest.mark.parametrize(
    ("cells", "problem"),
    [
        ({"Kommune": ""}, ("empty", "Kommune", "", {})),
        ({"Modtaget": "-"}, ("empty", "Modtaget", "-", {})),
        ({"Hold": ""}, ("empty", "Hold", "", {})),
        ({"Kommune": "Bymosen"}, ("municipality_unknown", "Kommune", "Bymosen", {})),
        ({"Kommune": "411"}, ("municipality_unknown", "Kommune", "411", {})),
        ({"Kommune": "Lemvik"},
         ("municipality_nearly", "Kommune", "Lemvik", {"suggestion": "Lemvig"})),
        ({"Kommune": "KÃ¸benhavn"}, ("garbled", "Kommune", "KÃ¸benhavn", {})),
        ({"Motivation": "Vi h�ber"}, ("garbled", "Motivation", "Vi h�ber", {})),
        ({"Modtaget": "snart"}, ("date_unreadable", "Modtaget", "snart", {})),
        ({"Modtaget": "31/2-25"}, ("date_unreadable", "Modtaget", "31/2-25", {})),
        ({"Modtaget": "1/10-24 kl. 25.99"},
         ("date_unreadable", "Modtaget", "1/10-24 kl. 25.99", {})),
        ({"Modtaget": "10/31/2024 14:30"},
         ("date_unreadable", "Modtaget", "10/31/2024 14:30", {})),
        ({"Modtaget": "14/3-25"}, ("date_in_future", "Modtaget", "14/3-25", {})),
        ({"Modtaget": "1/1-25"}, ("cohort_started", "Modtaget", "1/1-25", {"cohort": "2025-01"})),
        ({"Hold": "Hold 3"},
         ("cohort_unknown", "Hold", "Hold 3", {"cohorts": "2024-02, 2025-01, 2025-08"})),
        ({"E_mail": "ada at demo"}, ("email_unreadable", "E-mail", "ada at demo", {})),
        ({"E_mail": "ada@demo.example bo@demo.example"},
         ("email_unreadable", "E-mail", "ada@demo.example bo@demo.example", {})),
        ({"E_mail": "ada..test@demo.example"},
         ("email_unreadable", "E-mail", "ada..test@demo.example", {})),
        ({"Kontaktperson": "", "E_mail": ""}, ("contact_nameless", "Titel", "Leder", {})),
        ({"Erfaring": "erfaring"}, ("experience_unknown", "Erfaring", "erfaring",
         {"choices": "Ingen erfaring med peers, Nogen erfaring med peers, "
                     "Peers er en fast del af indsatsen"})),
        ({"Ledelsestilsagn": "måske"}, ("commitment_unreadable", "Ledelsestilsagn", "måske", {})),
        ({"Bilag": "http://demo.example"}, ("link_not_https", "Bilag", "http://demo.example", {})),
        ({"Bilag": "javascript:alert(1)"}, ("link_not_https", "Bilag", "javascript:alert(1)", {})),
        ({"Bilag": "Bilag 1"}, ("link_not_https", "Bilag", "Bilag 1", {})),
        ({"Bilag": " ".join(["https://a.example/"] * 21)},
         ("links_too_many", "Bilag", ("https://a.example/ " * 21)[:79] + "…", {"limit": 20})),
        ({"Motivation": "x" * 5_001},
         ("text_too_long", "Motivation", "x" * 79 + "…", {"limit": 5_000})),
        ({"Titel": "x" * 121}, ("text_too_long", "Titel", "x" * 79 + "…", {"limit": 120})),
        ({"Motivation": "om 010190-1234"}, ("cpr", "Motivation", "••••••-••••", {})),
        ({"Bemærkning": "••••••-••••"}, ("cpr", "Bemærkning", "••••••-••••", {})),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_cell_is_said_with_row_column_value_and_what_to_do(cells, problem):
    key, column, value, values = problem

    found = interpret(table(KBH, odense(**cells)))

    assert found.rows == (replace(READ[1], number=2),)
    assert found.problems == (Problem(key, 3, column, value, values),)
    for language in ("da", "en"):
        said = translator(language)(f"application_problem.{key}", row=3, column=column, value=value,
                                    **values)  # fmt: skip
        assert said.endswith(".")
        assert "3, " + column in said


@pytest.mark.parametrize("language", ["da", "en"])
def test_problems_of_columns_have_words_too(language):
    text = translator(language)

    for problem in interpret(table(ODENSE), {3: "goal", 9: "goal"}).problems:
        assert text(f"application_problem.{problem.key}", column=problem.column, **problem.values)
    assert all(text(f"application_field.{field}") for field in applications.FIELDS)


def test_the_same_municipality_twice_names_the_first_row():
    rows = [ODENSE, KBH, odense(Kommune="Odense Kommune"), odense(Kommune="461")]

    found = interpret(table(*rows))

    assert found.rows == READ
    assert found.problems == (
        Problem("municipality_twice", 4, "Kommune", "Odense Kommune", {"other": 2}),
        Problem("municipality_twice", 5, "Kommune", "461", {"other": 2}),
    )


def test_every_problem_of_every_row_is_told_and_none_hides_another():
    found = interpret(
        table(
            odense(Kommune="Bymosen", Modtaget="snart", Ledelsestilsagn="måske"),
            KBH,
            odense(Hold="", E_mail="x"),
        )
    )

    assert [(one.row, one.key) for one in found.problems] == [
        (2, "municipality_unknown"),
        (2, "date_unreadable"),
        (2, "commitment_unreadable"),
        (4, "empty"),
        (4, "email_unreadable"),
    ]
    assert [one.municipality for one in found.rows] == ["København"]


def test_a_row_with_a_cpr_number_is_not_looked_at_further():
    found = interpret(table(odense(Kommune="Bymosen", Titel="010190 1234"), ODENSE))

    assert [(one.row, one.key, one.value) for one in found.problems] == [(2, "cpr", "••••••-••••")]
    assert "1234" not in repr(found).replace("12 34", "")
    assert [one.number for one in found.rows] == [3]


def test_digits_in_a_link_that_is_an_attachment_are_no_cpr_number():
    link = "https://demo.example/0101901234"

    assert interpret(table(odense(Bilag=link))).rows[0].attachments == link
    assert [one.key for one in interpret(table(odense(Motivation=link))).problems] == ["cpr"]


def test_a_column_with_the_month_first_makes_no_date_a_guess():
    rows = [
        odense(Modtaget="10/31/2024"),
        odense(Kommune="Vejen", Modtaget="3/4/2024"),
        odense(Kommune="Ærø", Modtaget="5/5/2024"),
        odense(Kommune="Lemvig", Modtaget="4. marts 2024"),
    ]

    def said(rows: list[tuple]) -> list[tuple]:
        return [(one.row, one.key) for one in interpret(table(*rows)).problems]

    assert said(rows) == [(2, "date_unreadable"), (3, "date_order")]
    assert said(rows[1:]) == []
    assert said([odense(Modtaget="3/4/2024 2:30 PM")]) == [(2, "date_order")]


@pytest.mark.parametrize(
    ("text", "code"),
    [("", None), ("-", None), ("none", "none"), ("Ingen", "none"), ("nej", "none"),
     ("nogen erfaring", "some"), ("Some experience with peers", "some"),
     ("fast del", "established"), ("ESTABLISHED", "established")],
)  # fmt: skip
def test_experience_is_known_by_its_code_or_by_words_that_only_one_has(text, code):
    assert [one.experience for one in interpret(table(odense(Erfaring=text))).rows] == [code]


@pytest.mark.parametrize(
    ("text", "given"),
    [("ja", True), ("Ja.", True), ("x", True), ("X", True), ("1", True), ("True", True),
     ("nej", False), ("", False), ("-", False), ("0", False), ("False", False)],
)  # fmt: skip
def test_commitment_is_yes_no_a_cross_or_nothing(text, given):
    found = interpret(table(odense(Ledelsestilsagn=text)))

    assert [one.commitment for one in found.rows] == [given]


def test_a_contact_without_a_name_is_called_by_the_address():
    row = odense(Kontaktperson="", E_mail="Ada <ada@demo.example>")

    found = interpret(table(row)).rows[0]

    assert (found.contact_name, found.contact_email) == ("ada@demo.example", "ada@demo.example")


def test_the_same_list_is_read_the_same_twice():
    rows = [ODENSE, odense(Kommune="Lemvik"), KBH]

    assert interpret(table(*rows)) == interpret(table(*rows))
    assert repr(interpret(table(*rows))) == repr(interpret(table(*rows)))


def test_control_another_day_and_other_rows_are_another_answer():
    assert interpret(table(ODENSE, KBH)) != interpret(table(KBH, ODENSE))
    assert interpret(table(odense(Modtaget="14/3-25"))).rows == ()
    assert interpret(table(odense(Modtaget="13/3-25", Hold="2025-08"))).problems == ()
