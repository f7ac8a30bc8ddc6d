"""Every column that can hold something about people is known; a new one without an entry fails."""

import csv
import dataclasses
import io
import re

import pandas as pd
import pytest
from python_calamine import CalamineWorkbook

from advisory import reports
from advisory.domain import roles
from advisory.domain.errors import Forbidden, NotFound, Refused
from advisory.reports import privacy, privacy_words
from advisory.store import Actor, erasure, sealing
from advisory.texts import translator

BY_AGENCY = "angives af styrelsen"
ENGINE = ("sqlite_", "_sqlite_")  # of SQLite, and of the migrations
PLACES = {
    *("exports", "mails", "letters", "calendars", "backups", "write_ahead_log", "logs", "uploads"),
}
PEOPLE = ("consultant", "office", "leadership", "partner", "administrator")
# What tells people who may not read a table itself what is in it: frames that ask for these.
TOLD = {
    "app_user": ("read.programme", "read.providers", "page.about"),
    "enrolment": ("read.programme",),
    "milestone": ("read.programme",),
    "activity": ("read.programme", "read.deliveries"),
    "history": ("read.changes",),
    **dict.fromkeys(("delivery_sheet", "delivery_reply", "delivery_cell"), ("read.deliveries",)),
}


@pytest.fixture
def danish():
    return translator("da")


def schema(db) -> set[tuple[str, str]]:
    """Every column of the database, those of the engine left out."""
    tables = [name for name in db.table_names() if not name.startswith(ENGINE)]
    return {(name, column.name) for name in tables for column in db.table(name).columns}


def faults(entries: list[privacy.Entry], columns: set[tuple[str, str]]) -> list[str]:
    """What an inventory lacks, and what it has of columns and places that are not there."""
    known = {(entry.table, entry.column) for entry in entries}
    wanted = columns | {(privacy.OUTSIDE, place) for place in PLACES}
    missing = [f"{table}.{column} has no entry" for table, column in sorted(wanted - known)]
    return missing + [f"there is no {table}.{column}" for table, column in sorted(known - wanted)]


def blanked(entries: list[privacy.Entry]) -> set[tuple[str, str]]:
    """The columns that are said to be blanked by the command that erases."""
    return {
        (entry.table, entry.column)
        for entry in entries
        if entry.erased in ("blanked", "blanked_link", "blanked_of_attendees")
    }


def unknown_readers(entries: list[privacy.Entry]) -> list[str]:
    """Where who sees a column is otherwise than who may read its table or is told of it."""
    found = []
    for entry in entries:
        if entry.personal == "no" or entry.table == privacy.OUTSIDE:
            continue
        own, told = roles.TABLES[entry.table], TOLD.get(entry.table, ())
        for role in PEOPLE:
            name = f"{entry.table}.{entry.column}: {role}"
            sees = role in entry.seen_by
            if roles.allowed(own, role) and not sees:
                found.append(f"{name} may read it")
            if sees and not any(roles.allowed(action, role) for action in (own, *told)):
                found.append(f"{name} may not read it")
    return found


# --- the inventory and the database ------------------------------------------------------------


def test_every_column_of_a_fresh_database_has_an_entry_and_every_entry_a_column(store):
    assert faults(privacy.inventory(), schema(store.db)) == []


def test_control_a_column_and_a_table_without_an_entry_are_found(store):
    store.db.execute("ALTER TABLE note ADD COLUMN diagnosis TEXT")
    store.db.execute("CREATE TABLE diary (id INTEGER PRIMARY KEY)")

    assert faults(privacy.inventory(), schema(store.db)) == [
        "diary.id has no entry",
        "note.diagnosis has no entry",
    ]


def test_control_an_entry_without_a_column_or_a_place_is_found(store):
    columns = schema(store.db) - {("person", "phone")}
    without = [one for one in privacy.inventory() if one.column != "backups"]

    assert faults(without, columns) == [
        "outside.backups has no entry",
        "there is no person.phone",
    ]


def test_what_is_said_to_be_blanked_is_what_erasing_blanks():
    entries = privacy.inventory()

    assert blanked(entries) == {
        (table, column) for table, columns in erasure.BLANK.items() for column in columns
    }
    assert blanked([one for one in entries if one.table != "attendee"]) != blanked(entries)


def test_what_the_chain_of_the_history_tells_apart_is_personal():
    personal = {(one.table, one.column) for one in privacy.inventory() if one.personal != "no"}

    assert {
        (table, column) for table, columns in sealing.PERSONAL.items() for column in columns
    } <= personal


def test_what_nothing_erases_says_so(danish):
    entries = {(one.table, one.column): one for one in privacy.inventory()}

    assert entries["note", "text"].erased == "not_yet"
    assert entries["contact", "role"].erased == "not_yet"
    assert entries["read_log", "login"].erased == "not_yet"
    told = danish(f"privacy.erased.{entries['person', 'name'].erased}")
    assert told.endswith("kontakter i forløb: slettes ikke endnu")


def test_no_legal_basis_is_invented():
    bases = {one.personal: set() for one in privacy.inventory()}
    for one in privacy.inventory():
        bases[one.personal].add(one.basis)

    assert bases == {
        "yes": {privacy.BY_AGENCY},
        "may": {privacy.BY_AGENCY},
        "no": {privacy.NOTHING},
    }


def test_who_sees_a_column_is_who_may_read_its_table_or_is_told_of_it():
    assert unknown_readers(privacy.inventory()) == []


@pytest.mark.parametrize(
    ("seen_by", "fault"),
    [
        (("consultant",), "note.text: office may read it"),
        (("consultant", "office", "leadership"), "note.text: leadership may not read it"),
        (("consultant", "office", "partner"), "note.text: partner may not read it"),
    ],
)
def test_control_a_reader_too_few_or_too_many_is_found(seen_by, fault):
    (note,) = [one for one in privacy.inventory() if (one.table, one.column) == ("note", "text")]

    assert unknown_readers([dataclasses.replace(note, seen_by=seen_by)]) == [fault]


def test_leadership_partners_and_the_public_see_no_names_of_people_and_no_notes():
    people = {"person", "contact", "attendee", "message", "note", "task", "credential", "session"}
    known = [one for one in privacy.inventory() if one.table in people and one.personal != "no"]
    seen = {role for one in known for role in one.seen_by}

    assert seen == {"consultant", "office", "administrator", "system"}


# --- reading the file --------------------------------------------------------------------------


@pytest.fixture
def edited(tmp_path, data_dir):
    """`edited("note", "text", {"erased": ""})` gives a data folder whose inventory says that."""

    def made(table, column, changes):
        with (data_dir / privacy.FILE).open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        for row in rows:
            if (row["table"], row["column"]) == (table, column):
                row.update(changes)
        path = tmp_path / privacy.FILE
        path.parent.mkdir()
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
        return tmp_path

    return made


def test_control_an_inventory_that_nobody_has_changed_is_read(edited):
    assert privacy.inventory(edited("note", "text", {})) == privacy.inventory()


@pytest.mark.parametrize(
    ("changes", "column"),
    [
        *(({field.name: ""}, field.name) for field in dataclasses.fields(privacy.Entry)),
        *(
            ({name: privacy.NOTHING}, name)
            for name in ("whose", "processing", "basis", "seen_by", "kept", "erased")
        ),
        ({"personal": "perhaps"}, "personal"),
        ({"personal": "no"}, "category"),
        ({"category": "none"}, "category"),
        ({"category": "secret"}, "category"),
        ({"whose": "citizen neighbour"}, "whose"),
        ({"processing": "fun"}, "processing"),
        ({"seen_by": "office king"}, "seen_by"),
        ({"basis": "legal_obligation"}, "basis"),
        ({"kept": "for_ever"}, "kept"),
        ({"erased": "by_magic"}, "erased"),
        ({"column": "kind"}, "column"),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_an_entry_that_says_too_little_is_refused_with_its_line(edited, changes, column):
    (line,) = [
        number
        for number, one in enumerate(privacy.inventory(), start=2)
        if (one.table, one.column) == ("note", "text")
    ]

    with pytest.raises(Refused, match="inventory_unreadable") as refusal:
        privacy.inventory(edited("note", "text", changes))

    assert refusal.value.values == {"line": line, "column": column}


def test_more_is_not_said_of_what_is_not_personal(edited):
    with pytest.raises(Refused, match="inventory_unreadable"):
        privacy.inventory(edited("setting", "key", {"kept": "wanted"}))


def test_an_inventory_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(NotFound, match="facts_missing"):
        privacy.inventory(tmp_path)


# --- the record of article 30 ------------------------------------------------------------------


def lines(content: bytes) -> list[dict[str, str]]:
    file = io.StringIO(content.decode("utf-8-sig"), newline="")
    return list(csv.DictReader(file, delimiter=";"))


def test_the_record_has_a_row_for_each_processing_and_category(facts, danish):
    found = reports.table(facts, danish, "fortegnelse")

    assert list(found[["Behandling", "Kategori af oplysninger"]].itertuples(index=False)) == [
        (danish(f"privacy.processing.{processing}"), danish(f"privacy.category.{category}"))
        for processing in privacy.PROCESSINGS
        for category in privacy.CATEGORIES
        if any(
            (one.processing, one.category) == (processing, category) for one in privacy.inventory()
        )
    ]
    assert not (found == "").any().any()
    assert found.notna().all().all()


def test_every_personal_column_is_in_the_record_once_and_no_other(facts):
    rows = privacy.record_of_processing(facts)

    named = [
        (table, column) for data in rows["data"] for table, columns in data for column in columns
    ]
    assert sorted(named) == sorted(
        (one.table, one.column) for one in privacy.inventory() if one.personal != "no"
    )


def test_what_only_the_agency_can_say_is_left_to_it(facts, danish):
    found = reports.table(facts, danish, "fortegnelse")

    for header in ("Dataansvarlig", "Databeskyttelsesrådgiver", "Hjemmel"):
        assert set(found[header]) == {BY_AGENCY}
    assert all(one.endswith(BY_AGENCY) for one in found["Overførsel til tredjelande"])


def test_the_notes_are_told_with_who_sees_them_and_that_nothing_erases_them(facts, danish):
    found = reports.table(facts, danish, "fortegnelse")

    (row,) = [one for one in found.to_dict("records") if "Notat: tekst" in one["Oplysninger"]]
    assert (row["Behandling"], row["Kategori af oplysninger"]) == (
        "Rådgivningsforløb",
        "Følsomme oplysninger kan forekomme (artikel 9)",
    )
    assert row["Modtagere"].splitlines() == [
        "Forløb: Konsulent, Programkontor, Ledelse",
        "Kontakt, Milepæl, Notat, Opgave: Konsulent, Programkontor",
    ]
    assert row["Slettefrist"].splitlines() == [
        "Forløb, Milepæl, Notat, Opgave: angives af styrelsen",
        "Kontakt: ønsket frist er 6 måneder efter forløbet,"
        " men programmet håndhæver den ikke endnu",
    ]
    assert row["Sådan slettes"] == "slettes ikke endnu"


def test_people_read_names_and_the_names_of_the_database_come_last(facts, danish):
    found = reports.table(facts, danish, "fortegnelse")

    first = found.iloc[0]
    assert first["Oplysninger"].splitlines() == [
        "Forløb: konsulent",
        "Person: nummer, navn, mail, telefon, ønsker ikke mails, formål, slettes efter",
        "Kontakt: nummer, person, organisation, forløb, målgruppe, fra, til",
        "Milepæl: navn",
        "Notat: skrevet af",
        "Opgave: ansvarlig",
    ]
    assert found.columns[-1] == "Tekniske navne (tabel: felter)"
    assert first.iloc[-1].splitlines()[0] == "enrolment: consultant_id"


def technical(entries, found) -> list[str]:
    """The names of the database that stand elsewhere than in the last column."""
    names = {one.table for one in entries} | {one.column for one in entries}
    codes = {name for name in names if "_" in name} | {"enrolment", "signup", "outside"}
    said = " ".join(" ".join(map(str, row)) for row in found.iloc[:, :-1].to_numpy())
    return sorted(codes & set(re.findall(r"\w+", said)))


def test_no_name_of_the_database_stands_among_the_words(facts, danish):
    found = reports.table(facts, danish, "fortegnelse")

    assert technical(privacy.inventory(), found) == []
    assert "signup" in technical(privacy.inventory(), found.iloc[:, [-1, 0]]), "the control"


@pytest.mark.parametrize("language", ["da", "en"])
def test_every_column_about_people_has_a_name_of_its_own_in_its_table(language):
    text = translator(language)
    named = [
        (one.table, privacy_words.column_name(text, one.table, one.column))
        for one in privacy.inventory()
        if one.personal != "no"
    ]

    assert sorted(named) == sorted(set(named))
    assert all(
        privacy_words.table_name(text, table) for table, _ in named if table != privacy.OUTSIDE
    )


def test_every_code_has_its_words_in_both_languages_and_is_used(facts):
    said = privacy.inventory()
    for name, codes in (("kept", privacy.KEPT), ("erased", privacy.ERASED)):
        assert {getattr(one, name) for one in said} - {privacy.NOTHING} == set(codes)
    danish, english = (
        reports.table(facts, translator(language), "fortegnelse") for language in ("da", "en")
    )
    for place in range(danish.shape[1] - 1):
        both = set(danish.iloc[:, place]) & set(english.iloc[:, place])
        assert both == set(), danish.columns[place]


def test_control_a_column_and_a_place_without_a_name_are_found(danish):
    for table, column in (("note", "diagnosis"), (privacy.OUTSIDE, "papers")):
        with pytest.raises(KeyError):
            privacy_words.column_name(danish, table, column)
    with pytest.raises(KeyError):
        privacy_words.table_name(danish, "diary")


def test_who_can_reach_what_no_role_sees_is_told_in_words(facts, danish):
    found = reports.table(facts, danish, "fortegnelse")
    said = {line.split(": ")[0]: line.split(": ")[1] for one in found["Modtagere"]
            for line in one.splitlines() if ": " in line}  # fmt: skip

    nobody = "ingen i programmet; kun den, der driver serveren, kan nå det"
    assert said["Kalender, Adgangskode, Loginforsøg, serverens log"] == nobody
    assert said["Sikkerhedskopier, databasens midlertidige log"] == nobody
    assert said["Sendte mails"] == "den, mailen er sendt til"
    words = " ".join(found["Modtagere"])
    assert danish("role.system") not in re.findall(r"\w+", words)
    assert danish("role.public") not in words


@pytest.mark.parametrize(
    ("names", "facts_too"), [(["fortegnelse"], False), (["fortegnelse", "municipalities"], True)]
)
def test_the_last_sheet_names_only_the_sources_of_what_is_there(facts, danish, names, facts_too):
    book = CalamineWorkbook.from_filelike(io.BytesIO(reports.xlsx_bytes(facts, danish, names)))
    about = book.get_sheet_by_name(danish("report.about")).to_python()

    sources = [row[1] for row in about if row[0] == danish("report.source")]
    assert sources[0] == danish("report.source_of.fortegnelse")
    assert (len(sources) > 1) is facts_too


def test_the_record_is_a_workbook_and_a_csv_file_in_both_languages(facts):
    for language in ("da", "en"):
        text = translator(language)
        expected = reports.table(facts, text, "fortegnelse")
        book = CalamineWorkbook.from_filelike(
            io.BytesIO(reports.xlsx_bytes(facts, text, ["fortegnelse"]))
        )
        sheet = book.get_sheet_by_name(text("report.fortegnelse")).to_python()
        assert book.sheet_names == [text("report.fortegnelse"), text("report.about")]
        pd.testing.assert_frame_equal(pd.DataFrame(sheet[1:], columns=sheet[0]), expected)
        written = lines(reports.csv_bytes(facts, text, "fortegnelse"))
        assert [one[text("report.column.data")] for one in written] == list(
            expected[text("report.column.data")]
        )


def test_the_record_is_no_list_of_the_data(facts):
    assert "fortegnelse" not in reports.REPORTS
    assert set(reports.DOCUMENTS) == {"fortegnelse"}


@pytest.mark.parametrize("role", [*roles.ROLES, "nobody"])
def test_only_the_office_and_the_administrator_get_the_record(facts, danish, role):
    facts.actor = Actor(f"{role}@styrelsen.example", role, role)
    may = role in ("office", "administrator", "system")

    if may:
        assert len(reports.csv_bytes(facts, danish, "fortegnelse")) > 1000
    else:
        with pytest.raises(Forbidden):
            reports.csv_bytes(facts, danish, "fortegnelse")
        with pytest.raises(Forbidden):
            reports.xlsx_bytes(facts, danish, ["fortegnelse"])
