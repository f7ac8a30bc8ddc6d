"""What the reading commands print, against the frames they read."""

from datetime import date

import pandas as pd
import pytest

from advisory import frames, open_store, reports
from advisory.cli.words import Changes
from advisory.texts import translator

DAY = date(2025, 3, 13)
AS_OF = ("--as-of", "13/3-25")


@pytest.fixture
def past(db):
    with open_store(db, read_only=True) as store:
        yield store.at(DAY)


@pytest.fixture
def followed(past):
    """A case that runs and is late."""
    cases = frames.enrolments(past)
    return cases[cases["health"] == "late"].iloc[0]


def test_facts_are_those_of_the_sources(answer, db):
    found = answer(db, "facts")

    assert found["capacity"] == found["initiative"]["capacity"] == 20
    assert found["initiative"]["months"] == 18
    assert [
        (row["code"], row["starts_on"], row["ends_on"], row["apply_by"], row["after_period"])
        for row in found["cohorts"]
    ] == [
        ("2024-02", "2024-02-01", "2025-07-31", None, False),
        ("2025-01", "2025-01-01", "2026-06-30", "2024-10-01", False),
        ("2025-08", "2025-08-01", "2027-01-31", None, True),
    ]
    assert all("social.dk" in row["source"] for row in found["cohorts"])
    assert found["municipalities"] == 98


def test_facts_in_words_say_what_is_not_published_and_what_ends_late(run, db):
    said = run(db, "facts").stdout

    assert said.count("ansøgningsfrist: ikke oplyst") == 2
    assert "18 måneder, ansøgningsfrist: 1. oktober 2024" in said
    assert "Hold 2025-08 slutter 31. januar 2027, efter projektperioden 31. december 2026." in said


def test_facts_can_be_read_in_english(run, db):
    result = run(db, "--lang", "en", "facts")

    assert "Cohort 2025-01: 1 January 2025 – 30 June 2026" in result.stdout


def test_overview_is_the_frames_on_that_day(answer, db, past):
    found = answer(db, "overview", *AS_OF)

    assert (found["as_of"], found["demo"]) == ("2025-03-13", True)
    assert found["places"] == frames.places(past)
    for name, frame in (
        ("figures", frames.figures(past)),
        ("capacity", frames.capacity(past)),
        ("actions", frames.actions(past)),
    ):
        assert list(found[name][0]) == list(frame.columns)
        back = pd.DataFrame(found[name], columns=frame.columns).astype(frame.dtypes.to_dict())
        pd.testing.assert_frame_equal(back, frame)


def test_overview_in_words_says_the_date_and_that_it_is_invented(run, db, past):
    said = run(db, "overview", *AS_OF).stdout

    running = frames.figures(past).set_index("figure").loc["running"]
    assert said.startswith("Peerforløb pr. 13. marts 2025\nDemodata: ")
    assert f"{running['value']:.0f} af {running['of']:.0f}" in said
    assert f"Kræver handling: {len(frames.actions(past))}" in said
    assert "\u00a0" not in said


def test_a_day_before_the_first_record_is_empty_and_not_an_error(run, answer, db):
    found = answer(db, "overview", "--as-of", "2020-01-01")

    assert (found["capacity"], found["actions"]) == ([], [])
    assert run(db, "overview", "--as-of", "2020-01-01").exit_code == 0


def test_a_day_to_come_is_todays_data_seen_later(answer, db, past):
    with open_store(db, read_only=True) as store:
        later = frames.figures(store.at(date(2150, 1, 1)))

    found = answer(db, "overview", "--as-of", "1/1 2150")

    assert [row["value"] for row in found["figures"]] == [
        None if pd.isna(value) else value for value in later["value"]
    ]


def test_a_case_is_the_frames_on_that_day(answer, db, past, followed):
    enrolment_id = int(followed["enrolment_id"])

    found = answer(db, "case", followed["municipality"], *AS_OF)

    assert found["case"]["municipality"] == followed["municipality"]
    assert found["case"]["health"] == "late"
    assert found["case"]["reasons"][0] == {
        "key": "health_late_milestone",
        "values": dict(followed["reasons"][0].values),
    }
    for name, frame in (
        ("milestones", frames.milestones(past, enrolment_id)),
        ("tasks", frames.tasks(past, enrolment_id)),
        ("notes", frames.notes(past, enrolment_id)),
    ):
        assert len(found[name]) == len(frame)
        back = pd.DataFrame(found[name], columns=frame.columns).astype(frame.dtypes.to_dict())
        pd.testing.assert_frame_equal(back, frame)


def test_a_case_is_found_by_code_by_name_and_by_an_older_spelling(answer, db, followed):
    name, code = followed["municipality"], followed["municipality_id"]

    found = [
        answer(db, "case", typed, *AS_OF)["case"]["municipality"]
        for typed in (name, name.upper(), f"{name} Kommune", f"{code:04d}", str(code))
    ]

    assert found == [name] * 5


@pytest.mark.parametrize("language", ["da", "en"])
def test_a_case_in_words_names_every_milestone_and_reason(run, db, past, followed, language):
    text = translator(language)
    plan = frames.milestones(past, int(followed["enrolment_id"]))

    said = run(db, "--lang", language, "case", followed["municipality"], *AS_OF).stdout

    assert text(f"health.{followed['health']}") in said
    for reason in followed["reasons"]:
        sentence = text(f"reason.{reason.key}", **dict(reason.values))
        assert sentence.replace("\u00a0", " ") in said
    for row in plan.itertuples():
        assert (row.name if language == "da" else row.name_en) in said
        assert text(f"state.{row.state}") in said


def test_history_is_the_frame_newest_first(answer, db, followed):
    with open_store(db, read_only=True) as store:
        frame = frames.history(store, int(followed["enrolment_id"]))

    found = answer(db, "history", followed["municipality"], "--limit", "7")

    assert [row["history_id"] for row in found] == frame["history_id"].head(7).tolist()
    assert [row["at"] for row in found] == [at.isoformat() for at in frame["at"].head(7)]
    assert list(found[0]) == list(frame.columns)


def test_history_in_words_says_when_who_from_and_to(run, db, followed):
    name = followed["municipality"]
    user = ("--user", "lene@styrelsen.example")
    milestone = str(followed["next_id"])
    assert run(db, *user, "done", name, milestone, "--on", "12/3-25").exit_code == 0

    said = run(db, "history", name, "--limit", "1").stdout

    assert "Lene Kjærgaard  Milepæl ”" in said
    assert said.rstrip().endswith("gennemført – → 12. marts 2025")


def test_history_of_the_beginning_counts_what_was_made_at_once(run, db, followed):
    said = run(db, "history", followed["municipality"], "--limit", "1000").stdout

    assert "Milepæl: 18 oprettet" in said


@pytest.mark.parametrize("language", ["da", "en"])
def test_every_change_of_every_record_of_a_case_has_words(past, language):
    tables = {
        *("enrolment", "enrolment_status", "milestone", "note", "task", "contact"),
        *("activity", "activity_enrolment", "headcount"),
    }
    row = {
        "history_id": 1, "at": past.now(), "actor": "A", "operation": "o", "change": "changed",
        "subject": "applied", "before": None, "after": "x",
    }  # fmt: skip
    changes = [
        row | {"table": table, "field": column}
        for table in tables
        for column in past.db.table(table).columns_dict
        if column not in ("id", "version")
    ]

    assert len(list(Changes(past, translator(language)).lines(changes))) == len(changes)


KINDS = (*("milestone", "task", "offer", "place", "silent", "unfinished", "uncounted", "audience"),)


def test_every_kind_of_action_and_deadline_has_words(past):
    text = translator("da")

    assert all(text(f"cli.action.{kind}") and text(f"report.action.{kind}") for kind in KINDS)
    assert {row["kind"] for row in reports.records(frames.actions(past))} <= set(KINDS)


@pytest.mark.parametrize("typed", [["Århus"], ["Århus", "kommune"], ["751"], ["0751"]])
def test_match_prints_code_and_name(run, db, typed):
    assert run(db, "match", *typed).stdout == "0751 Aarhus\n"


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("vejlen", "Vi fandt ikke ”vejlen”. Mente du Vejle / Vejen?\n"),
        ("Atlantis", "Vi fandt ikke ”Atlantis”. Skriv en kommunes navn eller dens kode.\n"),
        ("411", "Vi fandt ikke ”411”. Skriv en kommunes navn eller dens kode.\n"),
    ],
)
def test_match_of_something_else_ends_with_one(run, db, typed, sentence):
    result = run(db, "match", typed)

    assert (result.exit_code, result.stdout, result.stderr) == (1, "", sentence)


def test_who_you_are_decides_what_you_may_read(run, db, followed):
    leader = ("--user", "peter@styrelsen.example")

    assert run(db, *leader, "overview").exit_code == 0
    assert run(db, *leader, "case", followed["municipality"]).exit_code == 1
    assert run(db, *leader, "history", followed["municipality"]).exit_code == 1


def test_a_text_that_steers_a_terminal_is_printed_without_its_power(run, db, followed):
    name = followed["municipality"]
    assert run(db, "note", name, "rød \x1b[31m alarm\x07").exit_code == 0

    said = run(db, "case", name).stdout

    assert "rød [31m alarm" in said
    assert "\x1b" not in said
