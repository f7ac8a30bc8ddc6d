"""The reports about meetings: in Copenhagen's time, in words, for those who may read them."""

import csv
import io

import pandas as pd
import pytest
from python_calamine import CalamineWorkbook

from advisory import frames, reports
from advisory.domain.errors import Forbidden
from advisory.store import Actor
from advisory.texts import translator

MEETINGS = ("meetings", "signups", "mails", "attendance", "funnel")


@pytest.fixture
def danish():
    return translator("da")


@pytest.fixture
def held(demo_store):
    """The id of the latest meeting of the invented data with a report."""
    return int(frames.meetings(demo_store).query("reported")["activity_id"].iloc[-1])


def lines(content: bytes) -> list[dict[str, str]]:
    text = io.StringIO(content.decode("utf-8-sig"), newline="")
    return list(csv.DictReader(text, delimiter=";"))


def test_the_reports_about_meetings_are_among_the_others():
    assert [name for name in reports.REPORTS if name in MEETINGS] == list(MEETINGS)


@pytest.mark.parametrize("language", ["da", "en"])
@pytest.mark.parametrize("name", MEETINGS)
def test_no_two_columns_have_the_same_words(demo_store, name, language):
    found = reports.table(demo_store, translator(language), name)

    assert len(found.columns) == len(reports.REPORTS[name].columns)
    assert found.columns.is_unique


@pytest.mark.parametrize("role", ["leadership", "partner", "public"])
@pytest.mark.parametrize("name", MEETINGS)
def test_names_and_addresses_are_for_those_who_hold_the_meetings(demo_store, danish, name, role):
    demo_store.actor = Actor("peter", "Peter", role)

    with pytest.raises(Forbidden):
        reports.table(demo_store, danish, name)
    with pytest.raises(Forbidden):
        reports.csv_bytes(demo_store, danish, name)


def test_a_sign_up_is_told_with_its_meeting_and_its_presence(demo_store, danish, held):
    people = frames.signups(demo_store, held)

    found = reports.table(demo_store, danish, "signups", people)

    meeting = frames.meetings(demo_store).set_index("activity_id").loc[held]
    assert found["Navn"].tolist() == people["name"].tolist()
    assert set(found["Mødedato"]) == {meeting["day"]}
    words = {"yes": "Deltog", "no": "Deltog ikke", "to_decide": "Skal afklares"}
    assert found["Fremmøde"].tolist() == people["present"].map(words).tolist()
    assert set(found["Fremmøde"]) == set(words.values())
    assert found["Minutter"].tolist() == people["minutes"].round(1).tolist()


def test_an_instant_is_a_day_and_a_time_in_copenhagen(demo_store, danish):
    night = pd.Timestamp("2025-05-01T22:30:00Z")  # after midnight in Copenhagen
    signup = demo_store.rows("signup")[0]["id"]
    with demo_store.write("signup.edit"):
        demo_store.update(
            "signup", signup, {"created_at": night.isoformat(timespec="microseconds")}
        )
    mine = frames.signups(demo_store).query("signup_id == @signup")

    (row,) = lines(reports.csv_bytes(demo_store, danish, "signups", mine))
    sheet = reports.xlsx_bytes(demo_store, danish, {"signups": mine})

    assert (row["Tilmeldt den"], row["Tilmeldt kl."]) == ("2025-05-02", "00.30")
    book = CalamineWorkbook.from_filelike(io.BytesIO(sheet))
    head, first = book.get_sheet_by_name("Tilmeldinger").to_python()
    told = dict(zip(head, first))
    assert (told["Tilmeldt den"].isoformat(), told["Tilmeldt kl."]) == ("2025-05-02", "00.30")


def test_what_is_not_known_is_empty_and_never_nan_or_no(demo_store, danish):
    found = lines(reports.csv_bytes(demo_store, danish, "funnel"))
    in_time = {(row["Hold"], row["I tide"]) for row in found}

    assert {told for cohort, told in in_time if cohort == "2025-08"} == {""}
    assert {told for cohort, told in in_time if cohort == "2025-01"} == {"", "Ja", "Nej"}
    assert not {"nan", "<NA>", "NaT", "None"} & {cell for row in found for cell in row.values()}


@pytest.mark.parametrize("name", MEETINGS)
def test_every_row_says_that_it_is_invented(demo_store, danish, name):
    found = lines(reports.csv_bytes(demo_store, danish, name))

    assert len(found) > 0
    assert all(row["Bemærkning"].startswith("Demodata") for row in found)


def test_the_funnel_has_every_municipality_once_per_round(demo_store, danish):
    found = reports.table(demo_store, danish, "funnel")

    assert found.groupby("Hold")["Kommune"].nunique().to_dict() == {
        "2024-02": 98,
        "2025-01": 98,
        "2025-08": 98,
    }
    assert len(found) == 3 * 98
    ours = frames.funnel(demo_store, "2025-08")
    theirs = found[found["Hold"] == "2025-08"]
    assert theirs["Deltagere"].tolist() == ours["present"].tolist()


def test_a_mail_that_did_not_go_says_why(demo_store, danish):
    mails = frames.messages(demo_store)
    kept = mails[mails["state"] == "skipped"]

    found = reports.table(demo_store, danish, "mails", kept)

    assert set(found["Tilstand"]) == {"Sendes ikke"}
    assert (found["Begrundelse"].str.len() > 0).all()
    assert (found["Sendt kl."] == "").all()


def test_an_attendee_is_told_as_the_report_and_as_the_sign_up_has_it(demo_store, danish, held):
    people = frames.attendees(demo_store, held)

    found = reports.table(demo_store, danish, "attendance", people)

    assert found["Navn i rapporten"].tolist() == people["name"].tolist()
    assert found["Tilmeldt som"].tolist() == people["signed_name"].tolist()
    undecided = found["Afklaring"] == "Skal afklares"
    assert undecided.tolist() == (people["decision"] == "open").tolist()
    assert undecided.any()
