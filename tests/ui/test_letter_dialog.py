"""Draft letters in the dialog: the words as they will be, what is missing, what is taken out."""

import re
from datetime import date
from types import SimpleNamespace

import pytest

from advisory.domain.errors import Forbidden
from advisory.reports import decisions as letters
from advisory.store import Actor, enrolments
from advisory.store.enrolments import Applicant
from advisory.texts import translator
from advisory.ui.dialog import Dialog
from advisory.ui.letter_dialog import LetterDialog
from advisory.ui.view import View

LENE = Actor("lene@styrelsen.example", "Lene Kjærgaard", "office")


@pytest.fixture
def case(facts) -> int:
    """An application of Rebild, with a contact whose name is not kind to HTML."""
    which = facts.find("cohort", code="2025-08")["id"]
    who = Applicant("Mette <b>Holm</b>", "Leder", "mette@rebild.example")
    return enrolments.create(facts, which, 840, received_on=date(2025, 3, 1), contact=who)


@pytest.fixture
def letter(facts):
    """`letter("offer")` opens a draft; its dialog is what comes back."""

    def opened(case: int, kind: str, planned=None, *, lang: str = "da", actor: Actor = LENE):
        facts.actor = actor
        view = View(facts, translator(lang), {})
        dialog = Dialog(view)
        own = LetterDialog(view, dialog)
        own.open(case, kind, planned)
        return SimpleNamespace(live=dialog.live, own=own)

    return opened


def html(part) -> str:
    return str(part.live.render()).replace("\u00a0", " ")


def test_the_draft_stands_as_it_will_be(facts, letter, case):
    shown = html(letter(case, "received"))
    draft = letters.draft(facts, case, "received")

    body = re.search(r'<div class="letter"[^>]*>(.*?)</div>', shown, re.DOTALL)[1]
    assert body == draft.body.replace("<", "&lt;").replace(">", "&gt;")
    assert "Kære Mette &lt;b&gt;Holm&lt;/b&gt;" in body
    assert f'<dd lang="da"><b>{draft.subject}</b></dd>' in shown
    assert "Mette &lt;b&gt;Holm&lt;/b&gt; &lt;mette@rebild.example&gt;" in shown
    assert "Udkast til brev: Rebild" in shown
    assert "Brevet bliver ikke sendt herfra." in shown
    assert "Udfyld selv" not in shown
    assert f'href="/brev/{case}/received.eml" download' in shown
    assert 'data-copy="#letter-body"' in shown


def test_what_is_missing_is_named(letter, case):
    shown = html(letter(case, "declined"))

    assert "Udfyld selv, før du sender: begrundelse, klagevejledning." in shown
    assert "[Klagevejledning indsættes af styrelsen]" in shown


def test_another_letter_can_be_chosen_and_no_other(letter, case):
    part = letter(case, "received")

    part.live.actions["letter_kind"](kind="admitted")
    assert '<option value="admitted" selected>Optaget</option>' in html(part)
    assert f'href="/brev/{case}/admitted.eml"' in html(part)

    part.live.actions["letter_kind"](kind="../x")
    assert '<option value="admitted" selected>' in html(part)


def test_every_kind_can_be_chosen(letter, case):
    found = re.findall(r'<option value="(\w+)"', html(letter(case, "received")))

    assert found == [*letters.KINDS]


def test_what_is_only_planned_cannot_be_taken_out(letter, case):
    part = letter(case, "declined", {"reason": "Ledelsen står ikke bag"})
    assert "Begrundelse: Ledelsen står ikke bag" in html(part)
    assert "Afgørelsen er ikke gemt endnu." in html(part)
    assert ".eml" not in html(part)

    part.live.actions["letter_kind"](kind="received")  # control: the plan is of the other letter
    assert f'href="/brev/{case}/received.eml"' in html(part)
    assert "Afgørelsen er ikke gemt endnu." not in html(part)


def test_looking_at_letters_writes_nothing(facts, letter, case):
    before = facts.version()
    part = letter(case, "offer")
    for kind in letters.KINDS:
        part.live.actions["letter_kind"](kind=kind)
        html(part)

    assert facts.version() == before


def test_in_english_the_letter_is_still_danish(letter, case):
    shown = html(letter(case, "received", lang="en"))

    assert "The letter is in Danish and is not sent from here." in shown
    assert "Vi læser ansøgningen og skriver til jer" in shown


def test_a_role_that_may_not_see_applications_opens_none(letter, case):
    letter(case, "received")  # control
    with pytest.raises(Forbidden):
        letter(case, "received", actor=Actor("p", "P", "leadership"))
