"""The reports about the places: what a row says of an application and of a movement."""

import csv
import io
from datetime import date, time

import pytest

from advisory import reports
from advisory.domain.enrolments import Status
from advisory.domain.errors import Forbidden
from advisory.store import Actor, decisions, enrolments
from advisory.texts import translator

INTAKE = ("applications", "ledger")
TODAY = date(2025, 3, 13)


@pytest.fixture
def danish():
    return translator("da")


@pytest.fixture
def intake(facts):
    """Odder waits and Rebild has been told no; Skive was admitted."""
    cohort = facts.find("cohort", code="2025-08")["id"]
    cases = {}
    for name in ("Odder", "Rebild", "Skive"):
        home = facts.find("municipality", name=name)["id"]
        cases[name] = enrolments.create(
            facts,
            cohort,
            home,
            received_on=TODAY,
            received_time=time(9, 30),
            motivation="=1+1",
            commitment=name == "Odder",
            attachments="https://filer.example/a.pdf\nhttps://filer.example/b.pdf",
            contact=enrolments.Applicant("Ane Skov", "Leder", "ane@kommune.example", "12345678"),
        )
    decisions.decide(facts, cases["Odder"], Status.WAITLISTED, on_date=TODAY)
    decisions.decide(facts, cases["Rebild"], Status.DECLINED, on_date=TODAY, reason="For få svar")
    decisions.decide(facts, cases["Skive"], Status.ADMITTED, on_date=TODAY, reason="Plads nok")
    return facts


def lines(content: bytes) -> list[dict[str, str]]:
    text = io.StringIO(content.decode("utf-8-sig"), newline="")
    return list(csv.DictReader(text, delimiter=";"))


def test_the_reports_about_the_places_are_among_the_others():
    assert [name for name in reports.REPORTS if name in INTAKE] == list(INTAKE)


@pytest.mark.parametrize("language", ["da", "en"])
@pytest.mark.parametrize("name", INTAKE)
def test_no_two_columns_have_the_same_words(intake, name, language):
    found = reports.table(intake, translator(language), name)

    assert len(found.columns) == len(reports.REPORTS[name].columns)
    assert found.columns.is_unique


@pytest.mark.parametrize("role", ["leadership", "partner", "public"])
@pytest.mark.parametrize("name", INTAKE)
def test_applications_and_their_contacts_are_for_those_who_may_open_the_page(
    intake, danish, name, role
):
    assert len(reports.csv_bytes(intake, danish, name)) > 100
    intake.actor = Actor("peter", "Peter", role)

    with pytest.raises(Forbidden):
        reports.csv_bytes(intake, danish, name)


def test_an_application_is_told_in_words(intake, danish):
    found = lines(reports.csv_bytes(intake, danish, "applications"))[0]

    assert {name: value for name, value in found.items() if value} == {
        "Kode": "727",
        "Kommune": "Odder",
        "Region": "Midtjylland",
        "Hold": "2025-08",
        "Ansøgning modtaget": "2025-03-13",
        "Modtaget kl.": "09.30",
        "Ansøgt efter fristen": "Nej",
        "Status": "Venteliste",
        "Stadie": "Venteliste",
        "Status siden": "2025-03-13",
        "Nr. på ventelisten for holdet": "1",
        "Mangler": "erfaring med peers, lokalt mål",
        "Komplet": "Nej",
        "Motivation": "'=1+1",
        "Tilsagn fra ledelsen": "Ja",
        "Bilag": "https://filer.example/a.pdf, https://filer.example/b.pdf",
        "Kontaktperson": "Ane Skov",
        "Kontaktens rolle": "Leder",
        "Kontaktens mail": "ane@kommune.example",
        "Kontaktens telefon": "12345678",
        "Afgjort af": intake.actor.name,
        "Har plads": "Nej",
        "Opgjort pr.": "2025-03-13",
    }


def test_a_movement_says_what_changed_and_what_was_left(intake, danish):
    found = lines(reports.csv_bytes(intake, danish, "ledger"))

    assert [{name: value for name, value in row.items() if value} for row in found] == [
        {
            "Nr.": "1",
            "Dato": "2025-03-13",
            "Bevægelse": "Optaget",
            "Kommune": "Skive",
            "Hold": "2025-08",
            "Optaget +/−": "1",
            "Tilbudt +/−": "0",
            "Ledig +/−": "-1",
            "Optaget efter": "1",
            "Tilbudt efter": "0",
            "Ledig efter": "19",
            "Pladser i alt efter": "20",
            "Begrundelse": "Plads nok",
            "Af": intake.actor.name,
            "Opgjort pr.": "2025-03-13",
        }
    ]
