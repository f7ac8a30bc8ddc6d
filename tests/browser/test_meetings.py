"""Infomøder, walked: announce, tick, decide, filter, and two people at once."""

import re

import pytest
from playwright.sync_api import expect

from advisory import frames

pytestmark = pytest.mark.browser

PAGE = "/infomoeder"


@pytest.fixture
def held(server) -> int:
    """The meeting with people in its inbox."""
    with server.data() as store:
        found = frames.meetings(store)
    return int(found[found["open_attendees"] > 0]["activity_id"].iloc[0])


def region(page, name):
    return page.locator(f"[data-region={name}]")


def saved(page, sentence):
    expect(page.locator(".toast")).to_contain_text(sentence)


def test_a_meeting_is_announced_and_stands_on_the_public_page(window, server):
    page = window.open(PAGE)
    page.get_by_role("button", name="Nyt møde").click()
    dialog = page.get_by_role("dialog", name="Nyt møde")
    dialog.get_by_label("Titel").fill("Åbent møde i april")
    dialog.get_by_label("Dato").fill("31/2-25")
    dialog.get_by_role("button", name="Opret møde").click()
    expect(dialog).to_contain_text("findes ikke i kalenderen")
    expect(dialog.get_by_label("Titel")).to_have_value("Åbent møde i april")

    dialog.get_by_label("Dato").fill("24/4-25")
    dialog.get_by_label("Tilmelding senest").fill("23/4-25")
    dialog.get_by_role("button", name="Opret møde").click()

    saved(page, "Mødet er oprettet")
    expect(region(page, "meetings")).to_contain_text("24. apr. 2025")
    page.goto(server.url + "/tilmelding")
    expect(page.get_by_role("main")).to_contain_text("Åbent møde i april")


def test_who_came_is_ticked_with_the_keyboard_and_taken_back(window, server, held):
    page = window.open(f"{PAGE}?moede={held}")
    row = region(page, "signups").locator("tr", has_text="Udeblev").first
    name = row.locator("td").first.inner_text()
    tick = region(page, "signups").get_by_role("button", name=f"Var der: {name}")

    tick.focus()
    page.keyboard.press("Space")

    saved(page, "Fremmødet er gemt")
    expect(tick).to_have_attribute("aria-pressed", "true")
    expect(tick).to_be_focused()
    page.get_by_role("button", name="Fortryd", exact=True).click()
    expect(tick).to_have_attribute("aria-pressed", "false")


def test_a_person_in_the_inbox_is_decided_and_the_counts_move(window, server, held):
    page = window.open(f"{PAGE}?moede={held}")
    inbox = region(page, "attendance")
    waiting = int(re.search(r"(\d+) skal afklares", inbox.inner_text())[1])

    inbox.get_by_role("button", name=re.compile("^Ukendt")).first.click()

    expect(inbox).to_contain_text(f"{waiting - 1} skal afklares")
    with server.data() as store:
        found = frames.meetings(store).set_index("activity_id")
    assert found.loc[held, "open_attendees"] == waiting - 1


def test_the_tab_and_the_round_are_both_in_the_address(window, held):
    page = window.open(f"{PAGE}?moede={held}")

    region(page, "signups").get_by_role("button", name=re.compile("^Afmeldt")).click()
    expect(page).to_have_url(re.compile("fane=afmeldt"))
    region(page, "funnel").get_by_label("Hold").select_option("2025-01")

    expect(page).to_have_url(re.compile("(?=.*fane=afmeldt)(?=.*hold=2025-01)"))
    page.reload()
    expect(region(page, "funnel").get_by_label("Hold")).to_have_value("2025-01")


def test_two_people_see_the_same_list_within_seconds(open_window, held):
    one, other = open_window(), open_window()
    there = other.open(f"{PAGE}?moede={held}")
    page = one.open(f"{PAGE}?moede={held}")
    row = region(page, "signups").locator("tr", has_text="min.").first
    name = row.locator("td").first.inner_text()

    region(page, "signups").get_by_role("button", name=f"Udeblev: {name}").click()

    seen = region(there, "signups").locator("tr", has_text=name).first
    expect(seen).to_contain_text("Udeblev", timeout=6000)


def test_there_is_no_sideways_scrolling_on_a_phone(phone, held):
    page = phone.open(f"{PAGE}?moede={held}")

    assert page.evaluate("document.documentElement.scrollWidth") == 390


def test_what_was_known_on_another_date_cannot_be_changed(window, held):
    page = window.open(f"{PAGE}?moede={held}&date=2025-02-28")

    expect(page.get_by_role("button", name="Nyt møde")).to_have_count(0)
    expect(page.locator("#report")).to_have_count(0)
    expect(region(page, "signups").locator(".tickbox")).to_have_count(0)
