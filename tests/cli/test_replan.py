"""replan: shows what would happen, or does it and says how to undo it."""

import shlex

import pytest

from advisory import frames, open_store
from advisory.domain import roles
from advisory.domain.replan_rows import Asked
from advisory.store import plan
from advisory.store.replan import preview

LENE = ("--user", "lene@styrelsen.example")
JONAS = ("--user", "jonas@styrelsen.example")


@pytest.fixture
def office(db):
    """The login of somebody in the office of the invented data."""
    with open_store(db, read_only=True) as store:
        return ("--user", store.find("app_user", role="office", active=1)["login"])


@pytest.fixture
def followed(db):
    """A case with a place in the cohort of January 2025."""
    with open_store(db, read_only=True) as store:
        cases = frames.enrolments(store)
    return cases[(cases["cohort"] == "2025-01") & cases["holds_place"]].iloc[0]


def history(db):
    with open_store(db, read_only=True) as store:
        return store.version()


def dates(db, enrolment_id):
    with open_store(db, read_only=True) as store:
        return {id: one.due_on for id, one in plan.dates(store, int(enrolment_id)).items()}


def test_dry_run_shows_the_table_and_writes_nothing(run, db, followed):
    before = history(db)

    result = run(db, "replan", "--case", followed["municipality"], "--days", "14", "--dry-run")

    assert (result.exit_code, result.stderr) == (0, "")
    lines = result.stdout.splitlines()
    assert lines[0] == (
        f"Flyt {followed['municipality']}: 14 dage frem, fra 1. januar 2025 til 15. januar 2025"
    )
    assert lines[2].startswith(f"{followed['municipality']}: ")
    assert "Opfølgning tre måneder efter forløbet" in lines[-3]
    assert "14. okt. 2026" in lines[-3]
    assert lines[-1] == "Intet er ændret. Kør uden --dry-run for at flytte."
    assert history(db) == before


def test_it_moves_and_the_undo_it_names_gives_every_date_back(run, db, followed):
    before = dates(db, followed["enrolment_id"])

    result = run(db, *LENE, "replan", "--case", followed["slug"], "--to", "1/2-25")

    assert (result.exit_code, result.stderr) == (0, "")
    assert dates(db, followed["enrolment_id"]) != before
    said = result.stdout.splitlines()
    assert "datoer er flyttet." in said[-2]
    assert said[-1] == (f"Fortryd med: advisory replan --case {followed['slug']} --days -31")
    undone = run(db, *LENE, *shlex.split(said[-1].partition(": advisory ")[2]))
    assert undone.exit_code == 0
    assert dates(db, followed["enrolment_id"]) == before


def test_json_is_the_preview(answer, db):
    found = answer(db, "replan", "--cohort", "2025-01", "--days", "-7", "--dry-run")

    with open_store(db, read_only=True) as store:
        cohort = store.find("cohort", code="2025-01")["id"]
        told = preview(store, Asked("cohort", cohort, days=-7))
    assert list(found) == [
        "dry_run", "what", "id", "days", "before", "after", "moves", "municipalities", "loads",
    ]  # fmt: skip
    assert (found["dry_run"], found["before"], found["after"]) == (True, "2025-01-01", "2024-12-25")
    assert found["moves"] == told.moves
    assert [
        [(row["id"], row["after"], [one["key"] for one in row["remarks"]]) for row in one["rows"]]
        for one in found["municipalities"]
    ] == [
        [(row.id, row.after.isoformat(), [one.key for one in row.remarks]) for row in group.rows]
        for group in told.groups
    ]
    assert len(found["loads"]) == len(told.loads)


def test_only_some_of_a_cohort_move(run, db, office, followed):
    whole = run(db, *JONAS, "replan", "--cohort", "2025-01", "--days", "14")
    some = run(
        db, *JONAS, "replan", "--cohort", "2025-01", "--days", "14", "--only", followed["slug"]
    )

    assert whole.exit_code == 1
    assert whole.stderr.startswith("Det giver din rolle ikke adgang til.")
    assert some.exit_code == 0
    assert some.stdout.splitlines()[-1].endswith(f"--days -14 --only {followed['slug']}")
    with open_store(db, read_only=True) as store:
        own = [row["id"] for row in store.rows("enrolment", "starts_on IS NOT NULL")]
    assert own == [followed["enrolment_id"]]
    assert run(db, *office, "replan", "--cohort", "2025-01", "--days", "14").exit_code == 0


@pytest.mark.parametrize(
    "args",
    [
        ("--days", "14"),
        ("--cohort", "2025-01"),
        ("--cohort", "2025-01", "--case", "Varde", "--days", "14"),
        ("--cohort", "2025-01", "--days", "14", "--to", "1/2-25"),
        ("--case", "Varde", "--days", "14", "--only", "Varde"),
        ("--milestone", "x", "--days", "14"),
    ],
)
def test_a_command_that_says_too_little_or_too_much_is_not_understood(run, db, args):
    result = run(db, "replan", *args)

    assert result.exit_code == 2
    assert result.stdout == ""


@pytest.mark.parametrize(
    ("args", "sentence"),
    [
        (("--cohort", "2019-01", "--days", "14"), "Det, der skal flyttes, findes ikke."),
        (("--case", "{case}", "--days", "400"), "400 dage er for langt."),
        (("--case", "{case}", "--days", "0"), "Der er intet at flytte."),
        (("--case", "{case}", "--to", "31/2"), "31/2"),
        (("--milestone", "99999", "--days", "14"), ""),
    ],
)
def test_what_cannot_be_moved_is_one_sentence(run, db, followed, args, sentence):
    before = history(db)

    result = run(db, *LENE, "replan", *(one.format(case=followed["slug"]) for one in args))

    assert (result.exit_code, result.stdout) == (1, "")
    assert sentence in result.stderr
    assert result.stderr.count("\n") == 1
    assert history(db) == before


def test_leadership_may_not_even_look(run, db):
    result = run(
        db, "--user", "peter@styrelsen.example", "replan", "--case", "Varde", "--days", "1",
        "--dry-run",
    )  # fmt: skip

    assert result.exit_code == 1
    assert not roles.allowed("page.replan", "leadership")
