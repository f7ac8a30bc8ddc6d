"""Signing in and changing one's password in a browser, under the pages' own strict policy."""

import re
from pathlib import Path

import pytest

from advisory.texts import translator

from .door import ALL, USERS, login_page, page, served

pytestmark = pytest.mark.browser
playwright = pytest.importorskip("playwright.sync_api")

AXE = (Path(__file__).parent.parent / "vendor" / "axe.min.js").read_text()
BOTH = ("demo and password", "new")  # looked at in both languages, wide and narrow


@pytest.fixture
def site():
    with served() as found:
        yield found


@pytest.fixture
def open_page(browser, site):
    """`open_page(markup)` shows a page of the site; a complaint on the console fails the test."""
    contexts, said = [], []

    def make(markup: str, width: int = 1440, **options):
        site.pages["/"] = markup
        context = browser.new_context(viewport={"width": width, "height": 900}, **options)
        contexts.append(context)
        shown = context.new_page()
        shown.set_default_timeout(8000)
        shown.on("console", lambda line: said.append(line.text) if line.type == "error" else None)
        shown.on("pageerror", lambda error: said.append(str(error)))
        shown.goto(site.url)
        return shown

    yield make
    for context in contexts:
        context.close()
    assert said == []


def serious(shown) -> list[str]:
    """The serious and critical findings of axe: rule and elements."""
    shown.evaluate(AXE)
    found = shown.evaluate("axe.run({resultTypes: ['violations']}).then(r => r.violations)")
    heavy = [rule for rule in found if rule["impact"] in ("serious", "critical")]
    return [f"{rule['id']}: {[node['html'] for node in rule['nodes']]}" for rule in heavy]


@pytest.mark.parametrize(
    ("kind", "state", "language"),
    [one for one in ALL if one[2] == "da" or one[1] in BOTH],
)
def test_no_page_has_a_serious_barrier_or_runs_over_its_side(open_page, kind, state, language):
    shown = open_page(page(kind, state, language))
    shown.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    found, over = serious(shown), []
    for width in (900, 320, 390):
        shown.set_viewport_size({"width": width, "height": 844})
        over.append(shown.evaluate("document.documentElement.scrollWidth - innerWidth"))
    found += serious(shown) if state in BOTH else []

    assert (found, over) == ([], [0, 0, 0])


def test_the_map_shows_on_a_screen_and_not_on_a_phone(open_page):
    markup = login_page()

    assert open_page(markup, 1440).locator(".pitch img").is_visible()
    assert not open_page(markup, 899).locator(".pitch").is_visible()


def test_the_keyboard_goes_through_the_page_as_it_is_read(open_page):
    shown = open_page(login_page(notice="Du er logget ud.", oidc=True, demo=True, users=USERS[:1]))
    reached = []
    for _ in range(9):
        shown.keyboard.press("Tab")
        reached.append(shown.evaluate("document.activeElement.textContent.trim().split('\\n')[0]"))

    assert reached == [
        "Gå til indhold",
        "English",
        "Fortsæt med arbejdskonto",
        "",  # e-mail
        "",  # password
        "Vis adgangskoden",
        "Glemt adgangskode?",
        "Log ind",
        "Jonas Bruun, Konsulent",
    ]


def test_a_password_is_shown_when_asked_and_hidden_before_it_is_sent(open_page):
    shown = open_page(login_page())
    field, button = shown.locator("#password"), shown.locator("[data-reveal]")
    field.fill("fire ord i en sky")
    before = (field.get_attribute("type"), button.text_content())
    button.click()
    during = (field.get_attribute("type"), button.text_content())
    shown.locator("#email").fill("jonas@styrelsen.example")
    shown.get_by_role("button", name="Log ind").click()

    assert (before, during) == (
        ("password", "Vis adgangskoden"),
        ("text", "Skjul adgangskoden"),
    )
    assert field.get_attribute("type") == "password"


def test_without_a_script_there_is_no_button_to_show_a_password_and_all_else_is_there(open_page):
    shown = open_page(login_page(), java_script_enabled=False)
    shown.get_by_text("Glemt adgangskode?").click()

    assert shown.locator("[data-reveal]").is_hidden()
    assert shown.get_by_text(translator("da")("login.forgot_answer")).is_visible()
    assert shown.get_by_role("button", name="Log ind").is_visible()


def test_the_way_to_an_account_of_work_may_lead_to_another_site(open_page, site):
    elsewhere = f"http://localhost:{site.port}/andetsteds"
    site.leads["/log-ind/konto"] = elsewhere
    site.pages["/andetsteds"] = "<!doctype html><title>Konto</title>"
    shown = open_page(login_page(oidc=True))

    shown.get_by_role("link", name="Fortsæt med arbejdskonto").click()
    shown.wait_for_url(elsewhere)

    assert shown.title() == "Konto"


@pytest.mark.parametrize("field", ["old", "new", "again"])
def test_a_mistake_takes_the_focus_to_the_field_and_is_read_there(open_page, field):
    shown = open_page(page("password", field, "da"))
    at_fault = shown.locator(f"#{field}")

    playwright.expect(at_fault).to_be_focused()
    playwright.expect(at_fault).to_have_accessible_description(
        re.compile("Alle tre felter er tømt for en sikkerheds skyld")
    )
    assert [shown.locator(f"#{one}").input_value() for one in ("old", "new", "again")] == [""] * 3


def test_the_buttons_that_show_a_password_say_which(open_page):
    shown = open_page(page("password", "empty", "da"))

    assert [one.text_content() for one in shown.locator("[data-reveal]").all()] == [
        "Vis den nuværende adgangskode",
        "Vis den nye adgangskode",
        "Vis den gentagne adgangskode",
    ]


KEEP = """const kept = {"draft|3|/kommune|x": "et", "typed|3|/kommune|x": "[]", "reloaded": "1"};
for (const [key, value] of Object.entries(kept)) sessionStorage.setItem(key, value);"""


@pytest.mark.parametrize(("nobody", "left"), [(True, ["reloaded"]), (False, None)])
def test_what_was_typed_is_thrown_away_only_where_nobody_comes_back(open_page, site, nobody, left):
    shown = open_page(login_page(nobody=False))
    shown.evaluate(KEEP)
    everything = shown.evaluate("Object.keys(sessionStorage).sort()")
    site.pages["/"] = login_page(nobody=nobody)
    shown.reload()

    assert shown.evaluate("Object.keys(sessionStorage).sort()") == (left or everything)
