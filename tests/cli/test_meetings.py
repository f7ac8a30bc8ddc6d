"""meetings and funnel: what the frames say, in JSON and in words."""

import json
from datetime import date

import pytest

from advisory import frames, open_store, reports

AS_OF = ("--as-of", "13/3-25")


@pytest.fixture
def past(db):
    with open_store(db, read_only=True) as store:
        yield store.at(date(2025, 3, 13))


def plain(found):
    return json.loads(reports.as_json(found))


def test_the_meetings_are_the_frame(answer, db, past):
    found = answer(db, "meetings", *AS_OF)

    assert (found["as_of"], found["demo"]) == ("2025-03-13", True)
    assert found["meetings"] == plain(frames.meetings(past))


def test_the_meetings_in_words(run, db, past):
    said = run(db, "meetings", *AS_OF).stdout

    rows = frames.meetings(past)
    assert said.count("Informationsmøde om") == (rows["kind"] == "info_meeting").sum()
    assert "13. jun. 2024 kl. 14.30" in said
    assert "60 af 60" in said


def test_a_round_is_the_frames_of_its_cohort(answer, db, past):
    found = answer(db, "funnel", "2025-08", *AS_OF)

    (mine,) = found["rounds"]
    assert mine["meetings"] == (frames.meetings(past)["cohort"] == "2025-08").sum()
    assert mine["steps"] == plain(frames.funnel_steps(past, "2025-08"))
    assert mine["unmatched"] == plain(frames.funnel_unmatched(past, "2025-08"))
    assert mine["not_applied"] == plain(frames.not_applied(past, "2025-08"))
    assert mine["municipalities"] == plain(frames.funnel(past, "2025-08"))


def test_without_a_cohort_every_round_is_shown(answer, db):
    found = answer(db, "funnel", *AS_OF)

    assert [one["cohort"] for one in found["rounds"]] == ["2024-02", "2025-01", "2025-08"]


def test_a_round_in_words_has_counts_beside_every_share(run, db, past):
    said = run(db, "funnel", "2025-08", *AS_OF).stdout

    steps = frames.funnel_steps(past, "2025-08").set_index("step")
    signed = steps.loc["signed_up"]
    assert f"({signed['of_previous']} af {signed['of']})" in said
    assert f"+{steps.loc['applied', 'without']}" in said
    assert "Ansøgt i tide  –" in said
    assert "Ansøgningsfristen er ikke oplyst." in said
    first = frames.not_applied(past, "2025-08").iloc[0]
    assert first["municipality"] in said


def test_a_round_without_meetings_says_so(run, db):
    said = run(db, "funnel", "2024-02", *AS_OF).stdout

    assert "Der er ingen møder, der rekrutterer til hold 2024-02." in said


def test_before_anything_was_known_there_is_nothing_to_show(run, db):
    early = ("--as-of", "1/1-2020")

    assert "Der er ingen møder." in run(db, "meetings", *early).stdout
    assert "Der er ingen hold endnu." in run(db, "funnel", *early).stdout


def test_a_cohort_nobody_has_heard_of_is_refused(run, db):
    result = run(db, "funnel", "1999-01", *AS_OF)

    assert (result.exit_code, result.stdout) == (1, "")
    assert "1999-01" in result.stderr


@pytest.mark.parametrize("command", ["meetings", "funnel"])
def test_leadership_reads_neither(run, db, command):
    result = run(db, "--user", "peter@styrelsen.example", command, *AS_OF)

    assert (result.exit_code, result.stdout) == (1, "")


@pytest.mark.parametrize("command", ["meetings", "funnel"])
def test_both_can_be_read_in_english(run, db, command):
    result = run(db, "--lang", "en", command, *AS_OF)

    assert result.exit_code == 0
    assert "Demo data" in result.stdout
