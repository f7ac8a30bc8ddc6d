"""The card a list of applications is handed in at, and what is shown of the list."""

import re
from datetime import date

import pytest

from advisory.imports import intake
from advisory.imports.applications import Table, TableRow
from advisory.store import application_import, enrolments
from advisory.store.application_import import Taken
from advisory.texts import translator
from advisory.ui import application_import as views
from advisory.ui.view import View

HEADERS = ("Kommune", "Modtaget", "Begrundelse", "Mål", "Hold", "")
TAGS = re.compile(r"<svg.*?</svg>|<[^>]+>")
ODENSE = ("Odense", "3/3-25 kl. 10.30", "Vi vil", "To peers", "", "x")


@pytest.fixture
def view(facts, as_role):
    return View(as_role("office", facts), translator("da"), {})


def table(*rows: tuple, headers: tuple = HEADERS, **also) -> Table:
    letters = tuple(chr(65 + at) for at in range(len(headers)))
    return Table(
        headers, letters, 3, tuple(TableRow(n, row) for n, row in enumerate(rows, 4)), **also
    )


def shown(view, found: Table, chosen=None) -> str:
    reading = intake.look(view.store, found, chosen, cohort="2025-08", language=view.text.language)
    html = views.preview(view, reading, name="liste.xlsx", cohort="2025-08", chosen=bool(chosen))
    return str(html).replace("\u00a0", " ")


def rows_of(html: str) -> list[list[str]]:
    """The words of each row of the table."""
    body = re.search(r"<tbody>(.*?)</tbody>", html, re.S)
    rows = re.findall(r"<tr>(.*?)</tr>", body[1], re.S) if body else []
    cells = [re.findall(r"<td>(.*?)</td>", row, re.S) for row in rows]
    return [[" ".join(TAGS.sub(" ", cell).split()) for cell in row] for row in cells]


@pytest.mark.parametrize(
    ("role", "may"),
    [("office", True), ("consultant", False), ("leadership", False), ("partner", False)],
)
def test_only_the_office_gets_the_card(facts, as_role, role, may):
    store = as_role(role, facts)
    view = View(store, translator("da"), {})

    card = views.card(view, "2025-08")

    assert (views.may_upload(view), bool(card)) == (may, may)
    assert not views.may_upload(View(store.at(date(2025, 3, 1)), translator("da"), {}))
    if may:
        assert 'data-upload="/modtag/ansoegninger?hold=2025-08"' in card
        assert "Rækker uden hold kommer på hold august 2025." in card.replace("\u00a0", " ")


def test_the_card_keeps_the_language_of_the_page(view):
    card = views.card(View(view.store, translator("en"), {"lang": "en"}), "2025-08")

    assert 'data-upload="/modtag/ansoegninger?hold=2025-08&amp;lang=en"' in card


def test_each_row_says_what_happens_and_whether_it_is_late(view):
    cohort = view.store.find("cohort", code="2025-01")["id"]
    enrolments.create(
        view.store, cohort, 630, received_on=date(2024, 9, 2), goal="Et mål", motivation="Vi vil"
    )
    enrolments.create(view.store, cohort, 671, received_on=date(2024, 9, 2))
    rows = (
        ("Odense", "1/10-24", "Vi vil", "", "2025-01", ""),
        ("Skive", "2/10-24", "", "", "2025-01", ""),
        ("Vejle", "2/9-24", "Vi vil", "Et andet", "2025-01", ""),
        ("Struer", "2/9-24", "", "", "2025-01", ""),
        ("Lemvig", "3/3-25 kl. 10.30", "", "", "", ""),
    )

    html = shown(view, table(*rows))

    assert rows_of(html) == [
        ["Odense række 4", "januar 2025", "1. okt. 2024 Til tiden", "Oprettes"],
        ["Skive række 5", "januar 2025", "2. okt. 2024 For sent", "Oprettes"],
        [
            *("Vejle række 6", "januar 2025", "2. sep. 2024 Til tiden"),
            "Findes Andet hos os: Mål. Ændres ikke.",
        ],
        ["Struer række 7", "januar 2025", "2. sep. 2024 Til tiden", "Findes"],
        ["Lemvig række 8", "august 2025", "3. mar. 2025 10.30", "Oprettes"],
    ]
    assert "Opret 3 ansøgninger" in html


def test_it_says_where_it_read_and_what_it_left_out(view):
    html = shown(view, table(ODENSE, tab="Ark1", others=("Kopi", "Noter")))

    assert "Fanen Ark1, overskrifterne står i række 3. Ikke læst: Kopi, Noter." in html
    assert "5 af 6 kolonner bruges" in html
    assert "Bruges ikke: F" in html
    assert '<label for="felt_5">F</label>' in html
    assert "Fx Odense" in html


def test_the_columns_stand_open_until_they_are_remembered_or_there_is_doubt(view):
    first = shown(view, table(ODENSE))
    reading = intake.look(view.store, table(ODENSE), cohort="2025-08")
    application_import.take_in(view.store, reading.found.rows, reading.learns)

    second = shown(view, table(ODENSE))

    opened = '<details class="columns-of" open>'
    assert opened in first
    assert opened not in second
    assert ("valgt som sidst" in first, "valgt som sidst" in second) == (False, True)
    assert opened in shown(view, table(ODENSE), {3: "goal"})
    assert opened in shown(view, table(ODENSE), {0: ""})
    assert "Alle ansøgninger i filen findes i forvejen. Intet er ændret." in second
    assert "data-upload-confirm" not in second


def test_problems_are_told_by_row_and_cut_short(view):
    wrong = [("Intetsted", "3/3-25", "", "", "", "")] * 60
    cohort = view.store.find("cohort", code="2025-01")["id"]
    enrolments.create(view.store, cohort, 461, received_on=date(2024, 9, 2))

    html = shown(view, table(ODENSE, *wrong))

    told = re.findall(r"<li>(.*?)</li>", html)
    assert len(told) == views.MOST_PROBLEMS
    assert told[0].startswith("Række 4, Odense: Odense har allerede et forløb på hold januar 2025")
    assert told[1] == "Række 5, Kommune: ”Intetsted” er ikke en kommune. Skriv kommunens navn."
    assert "61 ting skal rettes." in html
    assert "og 11 mere" in html
    assert rows_of(html) == [["Odense række 4", "august 2025", "3. mar. 2025 10.30", "Afvises"]]
    assert "data-upload-confirm" not in html


def test_what_a_file_says_is_text(view):
    nasty = '"><img src=x onerror=alert(1)>'
    row = ("Odense", "3/3-25", nasty, "", "", nasty)

    html = shown(view, table(row, (nasty, *row[1:]), headers=(*HEADERS[:5], nasty), tab=nasty))

    assert "<img" not in html
    assert html.count("&lt;img") > 4


@pytest.mark.parametrize(
    ("came", "words"),
    [
        (Taken(1, 0, 0), ["1 ansøgning er oprettet."]),
        (
            Taken(3, 2, 1),
            [
                "3 ansøgninger er oprettet.",
                "2 fandtes i forvejen.",
                "1 findes med andre oplysninger og er ikke ændret.",
            ],
        ),
        (
            Taken(0, 0, 2),
            [
                "Alle ansøgninger i filen findes i forvejen. Intet er ændret.",
                "2 findes med andre oplysninger og er ikke ændret.",
            ],
        ),
    ],
)
def test_what_came_of_it_is_told_with_the_way_back(view, came, words):
    view.store.last_operation = "abc"

    html = views.taken(view, came)

    said = [re.sub(r"<svg.*?</svg>", "", one) for one in re.findall(r"<p[^>]*>(.*?)</p>", html)]
    assert [one.strip() for one in said if "button" not in one] == words
    assert ('value="abc" data-upload-field' in html) == bool(came.new)
