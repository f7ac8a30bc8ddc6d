"""import-applications: a list looked at, taken in whole or not at all, once."""

import json

import pytest

from advisory.store import open_store

LENE = ("--user", "lene@styrelsen.example")
GOOD = "Kommune;Modtaget;Begrundelse;Sted\r\nOdense;3/3-25;Vi vil;x\r\nStruer;4/3-25 kl. 9;;\r\n"
AUGUST = ("--cohort", "2025-08")


@pytest.fixture
def lists(tmp_path):
    """`lists("...")` writes a list and gives its path."""

    def write(text=GOOD, name="liste.csv") -> str:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return str(path)

    return write


def homes(db) -> tuple[int, int]:
    """How many cases there are, and the version of the data."""
    with open_store(db, read_only=True) as store:
        return len(store.rows("enrolment")), store.version()


def test_a_dry_run_writes_nothing_and_a_second_run_changes_nothing(run, db, lists):
    asked = (*LENE, "import-applications", lists(), *AUGUST)
    before = homes(db)

    tried = run(db, *asked, "--dry-run")
    after_trying = homes(db)
    first, once = run(db, *asked), homes(db)
    second = run(db, *asked)

    assert [one.exit_code for one in (tried, first, second)] == [0, 0, 0]
    assert after_trying == before
    assert once[0] == before[0] + 2
    assert homes(db) == once
    assert tried.stdout.splitlines() == [
        "Kommune = Kommune",
        "Modtaget = Modtaget",
        "Begrundelse = Motivation",
        "",
        "  2  Odense  august 2025  3. mar. 2025  Oprettes",
        "  3  Struer  august 2025  4. mar. 2025  Oprettes",
    ]
    assert first.stdout.endswith("2 ansøgninger er oprettet.\n")
    assert second.stdout.endswith("Alle ansøgninger i filen findes i forvejen. Intet er ændret.\n")


def test_what_a_column_means_can_be_said_and_is_remembered(answer, db, lists):
    asked = (*LENE, "import-applications", *AUGUST)
    found = answer(db, *asked, lists(), "--map", "Sted=goal", "--map", "begrundelse=")

    assert found == {
        "columns": {"Kommune": "municipality", "Modtaget": "received", "Sted": "goal"},
        "rows": [
            {
                **{"row": 2, "municipality": "Odense", "cohort": "2025-08"},
                **{"received_on": "2025-03-03", "received_time": None},
                **{"outcome": "new", "differs": []},
            },
            {
                **{"row": 3, "municipality": "Struer", "cohort": "2025-08"},
                **{"received_on": "2025-03-04", "received_time": "09:00"},
                **{"outcome": "new", "differs": []},
            },
        ],
        "problems": [],
        "taken": {"new": 2, "same": 0, "different": 0},
    }
    later = GOOD.replace("Odense", "Vejle").replace("Struer", "Skive")
    again = answer(db, *asked, lists(later), "--dry-run")
    assert again["columns"] == found["columns"]
    assert again["taken"] is None


def test_a_problem_keeps_all_of_it_out_and_is_named(run, db, lists):
    asked = (*LENE, "import-applications", lists(GOOD + "Intetsted;3/3-25;;\r\n"), *AUGUST)
    before = homes(db)

    result, printed = run(db, *asked), run(db, *asked, "--json")
    tried = run(db, *asked, "--dry-run")

    assert (result.exit_code, printed.exit_code, tried.exit_code) == (1, 1, 0)
    sentence = "Række 4, Kommune: ”Intetsted” er ikke en kommune. Skriv kommunens navn."
    assert sentence in result.stdout
    assert result.stderr == "Filen er ikke klar: 1 ting skal rettes. Intet er gemt.\n"
    assert json.loads(printed.stdout)["problems"] == [sentence]
    assert homes(db) == before


@pytest.mark.parametrize(
    ("extra", "words"),
    [
        (("--map", "Alder=goal"), "Der er ingen kolonne Alder"),
        (("--map", "Sted=alder"), "alder er ikke et felt"),
        (("--map", "Sted"), "Sted er ikke et felt"),
        (("--cohort", "2031-01"), "Der er intet hold 2031-01"),
    ],
)
def test_what_cannot_be_meant_ends_with_one_sentence(run, db, lists, extra, words):
    before = homes(db)

    result = run(db, *LENE, "import-applications", lists(), *AUGUST, *extra)

    assert (result.exit_code, result.stdout) == (1, "")
    assert words in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert homes(db) == before


@pytest.mark.parametrize("content", ["", "Der var en gang en mand.\r\n", "%PDF-1.7 \x00"])
def test_what_is_no_list_ends_with_one_sentence(run, db, lists, content):
    result = run(db, *LENE, "import-applications", lists(content), *AUGUST)

    assert (result.exit_code, result.stdout, len(result.stderr.splitlines())) == (1, "", 1)


def test_it_is_for_the_office_and_for_a_file_that_is_there(run, db, lists):
    before = homes(db)

    who = run(db, "--user", "jonas@styrelsen.example", "import-applications", lists(), *AUGUST)
    what = run(db, *LENE, "import-applications", "findes-ikke.csv")

    assert (who.exit_code, what.exit_code) == (1, 1)
    assert "Det giver din rolle ikke adgang til" in who.stderr
    assert homes(db) == before
