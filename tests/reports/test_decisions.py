"""Drafts of letters: every word of them, what is missing, and the mail file."""

import email
from dataclasses import replace
from datetime import date
from email import policy

import pytest

from advisory.domain.enrolments import Status
from advisory.domain.errors import Forbidden, NotFound, Refused
from advisory.reports import decisions as letters
from advisory.store import Actor, Store, decisions, enrolments
from advisory.store.enrolments import Applicant

LENE = Actor("lene@styrelsen.example", "Lene Kjærgaard", "office")
END = "Venlig hilsen\nLene Kjærgaard\nSocial- og Boligstyrelsen\n"
WORDS = {  # kind -> subject, the paragraphs between the greeting and the end
    "received": (
        "Vi har modtaget ansøgningen fra Rebild",
        "Vi modtog 3. oktober 2024 ansøgningen fra Rebild til rådgivningsforløbet på hold "
        "januar 2025. Det er efter ansøgningsfristen 1. oktober 2024, så den står efter dem, "
        "der kom til tiden.\n\n"
        "Vi læser ansøgningen og skriver til jer, hvis der mangler noget. I får svar, når den er "
        "behandlet.\n\nHar I spørgsmål, så svar på denne mail.",
    ),
    "waitlisted": (
        "Rebild er på venteliste til rådgivningsforløbet",
        "Rebild er på venteliste til rådgivningsforløbet på hold januar 2025. I er nr. 1 lige nu. "
        "Nummeret kan ændre sig, hvis andre trækker sig.\n\n"
        "Bliver der en plads til jer, skriver vi med en frist for at svare. I skal ikke gøre noget "
        "før da.\n\nVil I ikke længere stå på ventelisten, så svar på denne mail.",
    ),
    "offer": (
        "Tilbud om plads til Rebild: svar senest 22. november 2024",
        "Der er en plads til Rebild i rådgivningsforløbet, der begynder 1. januar 2025 og slutter "
        "30. juni 2026.\n\n"
        "Svar på denne mail senest 22. november 2024, om I tager imod pladsen. Vi holder den til "
        "jer til og med den dag. Hører vi ikke fra jer, går pladsen videre til den næste på "
        "ventelisten.",
    ),
    "admitted": (
        "Rebild er optaget på hold januar 2025",
        "Rebild er optaget i rådgivningsforløbet, der begynder 1. januar 2025 og slutter "
        "30. juni 2026.\n\n"
        "Vi skriver til jer om det første møde. Kan I alligevel ikke være med, så svar på denne "
        "mail hurtigst muligt, så en anden kommune kan få pladsen.",
    ),
    "declined": (
        "Svar på ansøgningen fra Rebild",
        "Vi har behandlet ansøgningen fra Rebild, som vi modtog 3. oktober 2024. I får ikke en "
        "plads i rådgivningsforløbet på hold januar 2025.\n\n"
        "Begrundelse: Ledelsen står ikke bag\n\n[Klagevejledning indsættes af styrelsen]\n\n"
        "Har I spørgsmål, så svar på denne mail.",
    ),
    "lapsed": (
        "Tilbuddet om plads til Rebild er udløbet",
        "Vi tilbød Rebild en plads i rådgivningsforløbet på hold januar 2025. I kunne svare til og "
        "med 22. november 2024, og vi har ikke registreret et svar. Tilbuddet er udløbet, og "
        "pladsen går videre.\n\nHar I svaret inden fristen, så skriv til os med det samme.",
    ),
    "withdrawn": (
        "Rebild deltager ikke i rådgivningsforløbet",
        "Vi har registreret, at Rebild fra 11. november 2024 ikke længere er med i "
        "rådgivningsforløbet på hold januar 2025.\n\n"
        "Er det ikke rigtigt, så svar på denne mail med det samme.",
    ),
}
WAY = {  # kind -> the decisions before the letter is written, on the 8th, 9th ... of November
    "received": (),
    "waitlisted": (Status.WAITLISTED,),
    "offer": (Status.WAITLISTED, Status.OFFERED),
    "admitted": (Status.ADMITTED,),
    "declined": (Status.DECLINED,),
    "lapsed": (Status.WAITLISTED, Status.OFFERED),
    "withdrawn": (Status.WAITLISTED, Status.OFFERED, Status.ADMITTED, Status.WITHDRAWN),
}
METTE = Applicant("Mette Holm", "Leder", "mette@rebild.example")


@pytest.fixture
def office(facts: Store) -> Store:
    facts.actor = LENE
    return facts


@pytest.fixture
def make(office, clock):
    """`make(*statuses)` gives the id of a case of Rebild, decided from 8 November 2024 on."""

    def made(*statuses: Status, contact: Applicant | None = None, reason="Ledelsen står ikke bag"):
        clock.on(date(2024, 10, 3))
        which = office.find("cohort", code="2025-01")["id"]
        case = enrolments.create(office, which, 840, received_on=date(2024, 10, 3), contact=contact)
        for number, status in enumerate(statuses):
            clock.on(date(2024, 11, 8 + number))
            decisions.decide(office, case, status, on_date=office.today(), reason=reason)
        return case

    return made


@pytest.mark.parametrize("kind", letters.KINDS)
def test_every_letter_word_for_word(office, make, kind):
    case = make(*WAY[kind], contact=METTE)

    subject, middle = WORDS[kind]
    assert letters.draft(office, case, kind) == letters.Draft(
        kind=kind,
        to_name="Mette Holm",
        to_email="mette@rebild.example",
        subject=subject,
        body=f"Kære Mette Holm\n\n{middle}\n\n{END}",
        missing=("complaint",) if kind == "declined" else (),
    )


def test_an_application_in_time_says_nothing_of_a_deadline(office, clock):
    clock.on(date(2024, 10, 1))
    which = office.find("cohort", code="2025-01")["id"]
    case = enrolments.create(office, which, 840, received_on=date(2024, 10, 1))

    body = letters.draft(office, case, "received").body

    assert "på hold januar 2025.\n\nVi læser" in body


def test_what_nobody_knows_stays_in_brackets_and_is_named(office, make):
    case = make()
    found = {kind: letters.draft(office, case, kind) for kind in letters.KINDS}

    assert {kind: draft.missing for kind, draft in found.items()} == {
        "received": ("contact", "email"),
        "waitlisted": ("contact", "queue", "email"),
        "offer": ("answer_by", "contact", "email"),
        "admitted": ("contact", "email"),
        "declined": ("contact", "reason", "complaint", "email"),
        "lapsed": ("contact", "answer_by", "email"),
        "withdrawn": ("contact", "decided_on", "email"),
    }
    assert found["offer"].subject == "Tilbud om plads til Rebild: svar senest [svarfrist]"
    assert found["declined"].body.startswith("Kære [kontaktperson]\n")
    assert "Begrundelse: [begrundelse]\n" in found["declined"].body
    assert (found["offer"].to_name, found["offer"].to_email) == ("", "")


def test_a_decision_of_another_kind_lends_no_reason(office, make):
    case = make(Status.WAITLISTED, reason="Vi venter på Skive")

    assert "reason" in letters.draft(office, case, "declined").missing


def test_what_is_planned_stands_in_the_draft_and_nothing_is_written(office, make):
    case = make(Status.WAITLISTED)
    before = office.version()
    planned = {"answer_by": date(2024, 12, 2), "reason": "{contact} <b>"}

    offer, refusal = (letters.draft(office, case, kind, planned) for kind in ("offer", "declined"))

    assert offer.subject == "Tilbud om plads til Rebild: svar senest 2. december 2024"
    assert "Begrundelse: {contact} <b>\n" in refusal.body  # what is filled in is not filled again
    assert office.version() == before


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        ("interested", "received"), ("applied", "received"), ("waitlisted", "waitlisted"),
        ("offered", "offer"), ("admitted", "admitted"), ("active", "admitted"),
        ("completed", "admitted"), ("declined", "declined"), ("lapsed", "lapsed"),
        ("withdrawn", "withdrawn"),
    ],
)  # fmt: skip
def test_the_letter_that_tells_of_a_status(facts, status, kind):
    assert letters.kind_for(Status(status)) == kind
    assert facts.find("decision_letter", kind=kind)


def test_a_letter_or_a_case_that_is_not_there_is_not_found(office, make):
    case = make()
    for which, kind in ((case, "other"), (case + 99, "offer")):
        with pytest.raises(NotFound, match="not_found"):
            letters.draft(office, which, kind)


@pytest.mark.parametrize("role", ["leadership", "partner", "public"])
def test_who_may_not_see_the_applications_gets_no_draft(office, make, role):
    case = make()
    assert letters.draft(office, case, "offer")  # control
    office.actor = Actor(role, role, role)

    with pytest.raises(Forbidden):
        letters.draft(office, case, "offer")


@pytest.mark.parametrize(
    ("subject", "body", "key"),
    [
        ("Svar", "Kære {navn}", "mail_field_unknown"),
        ("Svar {cpr}", "Kære {contact}", "mail_field_unknown"),
        ("Svar", "Kære {contact", "mail_brace_alone"),
        ("Svar\nBcc: x@y.example", "Kære {contact}", "subject_one_line"),
        ("Svar\r", "Kære {contact}", "subject_one_line"),
    ],
)
def test_words_that_cannot_be_filled_in_are_refused(office, make, subject, body, key):
    case = make()
    letter = office.find("decision_letter", kind="offer")["id"]
    with office.write("setting.edit"):
        office.update("decision_letter", letter, {"subject": subject, "body": body})

    with pytest.raises(Refused, match=key):
        letters.draft(office, case, "offer")
    assert letters.draft(office, case, "received")  # control


# --- the mail file ----------------------------------------------------------------------------

DRAFT = letters.Draft(
    kind="offer",
    to_name="Søren Ægidius",
    to_email="soeren@aeroe.example",
    subject="Tilbud om plads til Ærø",
    body="Kære Søren\n\n" + "Der er en plads. " * 20 + "\n",
    missing=(),
)


def read(letter: letters.Draft) -> email.message.EmailMessage:
    return email.message_from_bytes(letters.eml(letter), policy=policy.default)


def test_the_mail_file_opens_as_a_draft_with_every_word(office):
    found = read(DRAFT)

    assert [(name, str(value)) for name, value in found.items()] == [
        ("X-Unsent", "1"),
        ("To", "Søren Ægidius <soeren@aeroe.example>"),
        ("Subject", "Tilbud om plads til Ærø"),
        ("Content-Type", 'text/plain; charset="utf-8"'),
        ("Content-Transfer-Encoding", "quoted-printable"),
        ("MIME-Version", "1.0"),
    ]
    assert found.get_content().replace("\r\n", "\n") == DRAFT.body
    assert max(map(len, letters.eml(DRAFT).split(b"\r\n"))) <= 78
    assert letters.eml(DRAFT).isascii()


def test_without_an_address_it_is_to_nobody():
    assert "To" not in read(replace(DRAFT, to_email=""))


@pytest.mark.parametrize(
    ("address", "usable"),
    [
        ("mette@kommune.example", "mette@kommune.example"),
        ("mette@ærø.example", "mette@ærø.example"),  # the domain is written for the net
        ("søren@kommune.example", ""),
        (f"mette@{'x' * 70}.example", ""),
    ],
)
def test_an_address_that_no_header_holds_is_missing(office, make, address, usable):
    case = make(contact=Applicant("Mette Holm", "Leder", address))
    found = letters.draft(office, case, "received")

    assert (found.to_email, found.missing) == (usable, () if usable else ("email",))
    assert ("To" in read(found)) == bool(usable)


@pytest.mark.parametrize("bad", ["\nBcc: all@kommune.example", "\r\n\r\nHej", "\u2028x", "\x00x"])
def test_no_name_becomes_a_header_of_its_own(office, make, bad):
    case = make(contact=Applicant(f"Mette{bad}", "Leder", "mette@rebild.example"))
    with office.write("setting.edit"):
        office.update("municipality", 840, {"name": f"Rebild{bad}"})

    found = read(letters.draft(office, case, "admitted"))

    assert set(found.keys()) == {
        "X-Unsent", "To", "Subject", "Content-Type", "Content-Transfer-Encoding", "MIME-Version",
    }  # fmt: skip
    assert found["To"].addresses[0].addr_spec == "mette@rebild.example"
    assert len(found["To"].addresses) == 1


def test_invented_data_say_so_in_the_subject_and_in_the_first_line(demo_store, clock):
    case = demo_store.rows("enrolment")[0]["id"]
    found = read(letters.draft(demo_store, case, "admitted"))

    assert found["Subject"].startswith("DEMO, opdigtet: ")
    assert found.get_content().splitlines()[0] == "Opdigtede demodata. Brevet må ikke sendes."
    assert "-demo-2025-03-13-brev-" in letters.file_name(demo_store, case, "admitted")


def test_control_real_data_say_nothing_of_the_kind(office, make):
    case = make()
    found = letters.draft(office, case, "admitted")

    assert "opdigtet" not in f"{found.subject}{found.body}".casefold()
    assert letters.file_name(office, case, "admitted") == (
        "peerforloeb-2024-10-03-brev-rebild-admitted.eml"
    )
