"""Signing in and out in a browser, and an open page whose person may no longer be there."""

from datetime import timedelta

import pytest

from advisory.store import credentials, demo, open_store, sessions, users
from advisory.store.instants import stamp

from .conftest import NOW, PHONE, USER, sign_in

GOOD = "syv-grønne-havregryn-på-tur"
WITHIN = 60_000  # ms, what is promised


@pytest.fixture
def person(server):
    """`person()` adds a consultant with the password `GOOD` and gives their address."""
    count = 0

    def make(role: str = "consultant") -> str:
        nonlocal count
        count += 1
        with open_store(server.db, demo.SYSTEM, clock=lambda: NOW) as store:
            number = len(store.rows("app_user"))
            login = f"pia{number}@styrelsen.example"
            credentials.set_password(
                store, users.add(store, login, f"Pia Bo {number}", "PB", role), GOOD
            )
        return login

    return make


def of(server, login):
    with open_store(server.db, demo.SYSTEM) as store:
        return users.by_login(store, login)["id"]


@pytest.fixture
def nobody(open_window):
    def make(**options):
        window = open_window(**options)
        sign_in(window, "")
        return window

    return make


def fill_in(window, login, password):
    page = window.page
    page.get_by_label("E-mail").fill(login)
    page.get_by_label("Adgangskode", exact=True).fill(password)
    page.get_by_role("button", name="Log ind", exact=True).click()


@pytest.mark.parametrize("viewport", [None, PHONE])
def test_one_signs_in_with_the_keyboard_and_stands_where_one_was_going(nobody, person, viewport):
    window = nobody(**({"viewport": viewport} if viewport else {}))
    page = window.page
    page.goto(window.server.url + "/kommuner?del=Nordjylland")
    assert window.address == "/log-ind?next=%2Fkommuner%3Fdel%3DNordjylland"

    page.get_by_label("E-mail").press_sequentially(person())
    page.get_by_label("Adgangskode", exact=True).fill(GOOD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/kommuner?del=Nordjylland")
    window.connected()

    assert page.get_by_role("heading", level=1).is_visible()
    assert page.evaluate("document.cookie") == "", "no script sees the session"


def test_a_wrong_password_is_told_in_one_sentence_and_the_address_stays(nobody, person):
    window = nobody()
    window.expected = "401"
    login = person()
    window.page.goto(window.server.url + "/log-ind")

    fill_in(window, login, "noget helt andet end det")

    assert window.page.get_by_role("alert").is_visible()
    assert window.page.get_by_label("E-mail").input_value() == login
    assert window.page.get_by_label("Adgangskode", exact=True).input_value() == ""


def test_one_signs_out_in_one_tab_and_the_other_tab_lets_go(nobody, person):
    window = nobody()
    page = window.page
    page.goto(window.server.url + "/log-ind")
    fill_in(window, person(), GOOD)
    window.connected()
    other = page.context.new_page()
    other.goto(window.server.url + "/kommuner")
    other.wait_for_selector("html[data-live]", state="attached")

    page.locator("header details").last.locator("summary").click()
    page.get_by_role("button", name="Log ud").click()
    page.wait_for_url("**/log-ind?slut=ud")
    other.wait_for_url("**/log-ind?next=**", timeout=WITHIN)

    assert page.get_by_role("status").is_visible()
    assert other.get_by_role("status").inner_text() == "Du er logget ud."
    page.go_back()
    assert "/log-ind" in page.url, "going back shows nothing that was seen before"


def close(store, user_id):
    users.close(store, user_id)


def make_office(store, user_id):
    users.set_role(store, user_id, "office")


def end_all(store, user_id):
    sessions.end_all(store, user_id)


def let_it_age(store, user_id):
    with store.unrecorded():
        long_ago = stamp(NOW - timedelta(minutes=61))
        store.db.execute(
            "UPDATE session SET started_at = ?, seen_at = ? WHERE user_id = ?",
            [long_ago, long_ago, user_id],
        )


WHY = {
    close: "Din adgang til Peerforløb er lukket.",
    make_office: "Dit login er afsluttet et andet sted",
    end_all: "Dit login er afsluttet et andet sted",
    let_it_age: "Du blev logget ud efter 60 minutter uden brug.",
}


@pytest.mark.parametrize("happens", WHY)
def test_an_open_page_lets_go_of_who_may_no_longer_be_there(open_window, person, happens):
    window, witness = open_window(), open_window()
    login = person()
    sign_in(window, login)
    window.open("/kommuner")
    witness.open("/kommuner")

    with open_store(window.server.db, demo.SYSTEM, clock=lambda: NOW) as store:
        happens(store, users.by_login(store, login)["id"])
    window.page.wait_for_url("**/log-ind?next=**", timeout=WITHIN)

    assert window.page.get_by_role("status").inner_text().startswith(WHY[happens])
    assert witness.page.url.endswith("/kommuner"), "the control: Jonas stays"


def test_what_is_clicked_after_the_end_does_nothing(open_window, case, server):
    window = open_window()
    window.open(case.address)
    with open_store(server.db, demo.SYSTEM) as store:
        before = store.version()
        sessions.end_all(store, of(server, USER))

    window.page.locator("[data-region=journal] textarea").first.fill(
        "Skrevet efter at være logget ud"
    )
    window.page.locator("[data-region=journal] button[type=submit]").first.click()
    window.page.wait_for_url("**/log-ind?next=**", timeout=WITHIN)

    with open_store(server.db, demo.SYSTEM) as store:
        assert store.version() == before


def test_in_a_demo_one_chooses_who_to_be(nobody):
    window = nobody()
    page = window.page
    page.goto(window.server.url + "/")
    page.get_by_role("button", name="Lene Kjærgaard").click()
    window.connected()

    assert page.locator("header .user-name").inner_text() == "Lene Kjærgaard"


TYPED = "Halvt skrevet om Ida"
KEPT = f"Object.values(sessionStorage).filter(one => one.includes('{TYPED}')).length"


def write(page, server, case):
    """Begin a note on a case that nobody saves."""
    page.goto(server.url + case.address)
    page.wait_for_selector("html[data-live]", state="attached")
    page.locator("[data-region=journal] textarea").first.fill(TYPED)
    assert page.evaluate(KEPT) == 1


def note(page):
    page.wait_for_selector("html[data-live]", state="attached")
    return page.locator("[data-region=journal] textarea").first.input_value()


def sign_out(page):
    page.locator("header details").last.locator("summary").click()
    page.get_by_role("button", name="Log ud").click()
    page.wait_for_url("**/log-ind?*slut=ud")


def test_signing_out_in_one_tab_throws_away_what_was_typed_in_all(nobody, person, case):
    window = nobody()
    page, server, login = window.page, window.server, person()
    page.goto(server.url + "/log-ind")
    fill_in(window, login, GOOD)
    window.connected()
    other = page.context.new_page()
    write(other, server, case)
    write(page, server, case)

    sign_out(page)
    other.wait_for_url("**/log-ind?next=**", timeout=WITHIN)

    assert (page.evaluate(KEPT), other.evaluate(KEPT)) == (0, 0)
    fill_in(window, login, GOOD)
    window.connected()
    other.goto(server.url + case.address)
    assert note(other) == ""


def test_what_was_typed_is_kept_for_whose_session_ran_out(nobody, person, case):
    window = nobody()
    page, server, login = window.page, window.server, person()
    page.goto(server.url + "/log-ind")
    fill_in(window, login, GOOD)
    window.connected()
    write(page, server, case)

    with open_store(server.db, demo.SYSTEM) as store:
        let_it_age(store, of(server, login))
    page.wait_for_url("**/log-ind?next=**", timeout=WITHIN)

    assert page.evaluate(KEPT) > 0
    assert "kommer frem igen" in page.get_by_role("status").inner_text()
    fill_in(window, login, GOOD)
    page.wait_for_url("**/kommune?**")
    assert note(page) == TYPED


def test_another_person_in_the_browser_finds_nothing_of_the_one_before(nobody, person, case):
    window = nobody()
    page, server, first, second = window.page, window.server, person(), person()
    page.goto(server.url + "/log-ind")
    fill_in(window, first, GOOD)
    window.connected()
    write(page, server, case)
    with open_store(server.db, demo.SYSTEM) as store:
        let_it_age(store, of(server, first))
    page.wait_for_url("**/log-ind?next=**", timeout=WITHIN)
    assert page.evaluate(KEPT) > 0, "the control: it is there until then"

    fill_in(window, second, GOOD)
    page.wait_for_url("**/kommune?**")

    assert note(page) == ""
    assert page.evaluate(KEPT) == 0


def test_english_is_kept_through_sign_out_and_back(nobody, person):
    window = nobody()
    page = window.page
    page.goto(window.server.url + "/log-ind?lang=en&next=/kommuner%3Flang%3Den")
    page.get_by_label("Email").fill(person())
    page.get_by_label("Password", exact=True).fill(GOOD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    window.connected()
    page.locator("header details").last.locator("summary").click()
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/log-ind?*slut=ud")
    page.go_back()
    page.wait_for_url("**/log-ind?next=**")

    assert page.locator("html").get_attribute("lang") == "en"
    assert page.get_by_role("heading", level=1).inner_text() == "Sign in"


def test_a_mistake_in_a_change_of_password_takes_the_focus_to_its_field(nobody, person):
    window = nobody()
    window.expected = "400"
    page = window.page
    page.goto(window.server.url + "/log-ind")
    fill_in(window, person(), GOOD)
    window.connected()
    found = []
    for old, new, again in ((GOOD + "x", "x", "x"), (GOOD, "kort", "kort"), (GOOD, "x", "y")):
        page.goto(window.server.url + "/adgangskode")
        for name, typed in (("old", old), ("new", new), ("again", again)):
            page.locator(f"#{name}").fill(typed)
        page.get_by_role("button", name="Skift adgangskode").click()
        page.wait_for_selector("[aria-invalid]")
        found.append(page.evaluate("document.activeElement.id"))

    assert found == ["old", "new", "again"]


def test_before_a_page_is_left_at_the_end_its_other_fields_are_kept_too(open_window, case):
    page = open_window().open(case.address)
    page.locator("[data-region=journal] label:has(input[name=kind])").nth(1).click()
    kept = "Object.keys(sessionStorage).filter(one => one.startsWith('typed|')).length"
    before = page.evaluate(kept)

    page.evaluate("document.dispatchEvent(new Event('advisory-leave'))")

    assert (before, page.evaluate(kept)) == (0, 1)
    page.reload()
    page.wait_for_selector("html[data-live]", state="attached")
    assert page.locator("[data-region=journal] input[name=kind]").nth(1).is_checked()
