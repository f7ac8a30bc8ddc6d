"""What each partner delivers, in short, and who is told how many came."""

import re
from datetime import date

import pytest

from advisory.store import activities, deliveries
from advisory.texts import translator
from advisory.ui.provider_card import ProviderCard
from advisory.ui.view import View


@pytest.fixture
def delivered(programme):
    """Ten sessions ordered of one partner: one held for twelve people, one to come."""
    store = programme.store
    partner = store.find("organisation", name="Peer-Partnerskabet")["id"]
    cohort = store.find("cohort", code="2024-02")["id"]
    deliveries.set_orders(store, partner, {cohort: (10, 200)})
    given = {"provider_id": partner, "capacity": 20, "expected": {"peers": None}}
    held = programme.plan("competence", date(2025, 3, 4), **given)
    activities.count(store, held, {(programme.cases["Horsens"], "peers"): (None, 12)})
    activities.hold(store, held)
    programme.plan("competence", date(2025, 3, 25), **given)
    return store


def lines(store, lang: str = "da") -> list[str]:
    html = str(ProviderCard(View(store, translator(lang), {})).live.render())
    rows = re.findall(r"<tr>.*?</tr>|<p.*?</p>", html)
    return [" ".join(re.sub(r"<[^>]*>", " ", row).split()) for row in rows]


def test_each_partner_has_what_is_ordered_planned_held_and_used(delivered):
    assert lines(delivered) == [
        "Udbyder Bestilt Planlagt Afholdt Pladser brugt",
        "Københavns Professionshøjskole – 0 0 –",
        "Peer-Partnerskabet 10 1 1 12 af 20",
        "Intet ark modtaget",
    ]


def test_leadership_is_told_no_number_of_those_who_came(delivered, as_role):
    store = as_role("leadership")

    assert lines(store)[2] == "Peer-Partnerskabet 10 1 1 –"
    html = str(ProviderCard(View(store, translator("da"), {})).live.render())
    assert "href" not in html


def test_without_partners_it_says_so(store):
    html = str(ProviderCard(View(store, translator("da"), {})).live.render())

    assert "Der er ingen udbydere endnu." in html
