"""done and note: through the verbs, under a name, or not at all."""

from datetime import date

import pytest

from advisory import frames, open_store

LENE = ("--user", "lene@styrelsen.example")


@pytest.fixture
def followed(db):
    """A case that runs and is late, as of 13 March 2025."""
    with open_store(db, read_only=True) as store:
        cases = frames.enrolments(store.at(date(2025, 3, 13)))
    return cases[cases["health"] == "late"].iloc[0]


def milestone(db, milestone_id):
    with open_store(db, read_only=True) as store:
        return store.get("milestone", int(milestone_id))


def test_done_ticks_off_by_a_part_of_the_name(run, db, followed):
    name, wanted = followed["municipality"], followed["next_milestone"]

    result = run(db, *LENE, "done", name, wanted.upper(), "--on", "12. marts 2025")

    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == f"{wanted} i {name} er gennemført 12. marts 2025.\n"
    assert milestone(db, followed["next_id"])["done_on"] == "2025-03-12"


def test_done_takes_the_number_and_says_the_name_in_english(run, db, followed):
    wanted = followed["next_milestone_en"]

    result = run(
        db, *LENE, "--lang", "en", "done", followed["municipality"], str(followed["next_id"])
    )

    assert result.exit_code == 0
    assert result.stdout.startswith(f"{wanted} in {followed['municipality']} was done on ")


def test_done_names_the_milestones_a_text_could_mean(run, db, followed):
    result = run(db, *LENE, "done", followed["municipality"], "workshop")

    assert result.exit_code == 1
    assert result.stderr.startswith("”workshop” passer på flere milepæle: ")
    assert result.stderr.count("(") == 4


def test_done_takes_no_milestone_of_another_case(run, db, followed):
    with open_store(db, read_only=True) as store:
        plan = frames.milestones(store)
    other = plan[plan["enrolment_id"] != followed["enrolment_id"]].iloc[0]

    result = run(db, *LENE, "done", followed["municipality"], str(other["milestone_id"]))

    assert result.exit_code == 1
    assert milestone(db, other["milestone_id"])["version"] == other["version"]


def test_note_is_written_under_the_persons_name(run, db, followed):
    result = run(
        db, *LENE, "note", followed["municipality"], " Aftalt møde ", "--kind", "phone",
        "--on", "13/3-25",
    )  # fmt: skip

    with open_store(db, read_only=True) as store:
        note = frames.notes(store, int(followed["enrolment_id"])).iloc[0]
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == (
        f"Notatet om {followed['municipality']} er gemt med datoen 13. marts 2025.\n"
    )
    assert (note["text"], note["kind"], note["author"]) == (
        "Aftalt møde",
        "phone",
        "Lene Kjærgaard",
    )


def test_on_demo_data_the_first_consultant_writes_and_it_is_said(run, db, followed):
    result = run(db, "note", followed["municipality"], "Ringede op")

    with open_store(db, read_only=True) as store:
        last = frames.history(store, int(followed["enrolment_id"])).iloc[0]
    assert result.exit_code == 0
    assert result.stderr == (
        "Skrevet som Jonas Bruun, fordi det er demodata og --user ikke er angivet.\n"
    )
    assert last["actor"] == "Jonas Bruun"


def test_on_real_data_nobody_writes_without_a_name(run, tmp_path):
    run(tmp_path / "peers.db", "init")

    result = run(tmp_path / "peers.db", "note", "Aalborg", "Ringede op")

    assert result.exit_code == 1
    assert result.stderr == "Skriv, hvem du er, med --user MAIL eller ADVISORY_USER.\n"


def test_a_role_that_may_not_write_is_refused(run, db, followed):
    result = run(db, "--user", "peter@styrelsen.example", "note", followed["municipality"], "x")

    assert result.exit_code == 1
    assert result.stderr.startswith("Det giver din rolle ikke adgang til.")
