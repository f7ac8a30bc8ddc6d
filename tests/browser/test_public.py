"""The public pages on a phone, without JavaScript, in real Chromium; and axe on each of them."""

import re
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from advisory.store import meetings, signups

pytestmark = pytest.mark.browser
expect = pytest.importorskip("playwright.sync_api").expect
expect.set_options(timeout=5000)

AXE = (Path(__file__).parent.parent / "vendor" / "axe.min.js").read_text()
PHONE, WIDE = {"width": 390, "height": 844}, {"width": 1440, "height": 1000}
THREE_SECONDS = 3.2
TITLE = "Informationsmøde om peers i socialpsykiatrien"


@pytest.fixture(scope="module")
def announced(server) -> SimpleNamespace:
    """Two meetings with seats, a full one, and one whose sign-up has closed; by their ids."""
    options: dict[str, Any] = {
        "body": "Hør, hvad et rådgivningsforløb på 18 måneder går ud på. Gratis og online.",
        "organiser": "Social- og Boligstyrelsen",
        "contact_email": "moeder@styrelsen.example",
    }

    def make(store: Any, day: int, title: str = TITLE, **more: Any) -> int:
        starts_at = datetime(2025, 4, day, 12, 30, tzinfo=UTC)
        times = {"starts_at": starts_at, "ends_at": starts_at + timedelta(minutes=45)}
        return meetings.create(store, more.pop("kind"), title, **{**times, **options, **more})

    with server.data() as store:
        made = SimpleNamespace(
            first=make(store, 3, kind="info_meeting", capacity=60),
            second=make(store, 8, kind="info_meeting", capacity=60),
            full=make(store, 9, kind="webinar", title="Recovery i praksis", capacity=1),
            closed=make(
                store,
                10,
                kind="webinar",
                title="Lukket webinar",
                signup_by=datetime(2025, 3, 12, 11, tzinfo=UTC),
            ),
        )
        signups.sign_up(store, made.full, name="Den første", email="foerst@vejle.example")
    return made


@pytest.fixture
def open_page(browser, server, announced) -> Iterator[Callable[..., Any]]:
    """`open_page(path)` opens a page where scripts are off, from a place of its own."""
    opened: list[tuple[Any, list[str]]] = []

    def make(path: str, viewport: dict[str, int] = PHONE, *, script: bool = False) -> Any:
        place = f"10.1.{time.time_ns() % 250}.{len(opened) + 1}"
        context = browser.new_context(
            locale="da-DK",
            viewport=viewport,
            java_script_enabled=script,
            has_touch=viewport is PHONE,
            extra_http_headers={"X-Forwarded-For": place},
        )
        page, said = context.new_page(), []
        page.on("console", lambda line: said.append(line.text) if line.type == "error" else None)
        opened.append((page, said))
        page.set_default_timeout(30_000)
        page.goto(server.url + path)
        return page

    yield make
    for page, _ in opened:
        page.context.close()
    answers = re.compile("status of (404|409|422)")  # what Chromium says of those answers
    assert [line for _, said in opened for line in said if not answers.search(line)] == []


def sign_up(page: Any, email: str, **typed: str) -> None:
    """Fill the form in as a person does, and send it."""
    page.get_by_label("Navn").fill(typed.get("name", "Camilla Friis"))
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Kommune").fill(typed.get("municipality", "Struer"))
    time.sleep(THREE_SECONDS)
    page.locator("form button.B[type=submit]").last.click()


def personal(server, email: str) -> str:
    """The address in the mail to somebody."""
    with server.data() as store:
        rows = store.rows("signup", "email_key = ?", [email], order="id DESC")
        return f"/m/{rows[0]['token']}"


def heading(page: Any, words: str) -> None:
    expect(page.locator("h1")).to_have_text(words)


def test_the_whole_way_on_a_phone_without_script(open_page, server, announced):
    page = open_page("/tilmelding")
    page.locator(f"a[href='/tilmelding/{announced.first}']").click()
    heading(page, TITLE)
    expect(page.locator(f"input[value='{announced.first}']")).to_be_checked()

    page.get_by_label("Navn").fill("Camilla Friis")
    page.get_by_label("E-mail").fill("camilla.struer.example")
    page.get_by_label("Kommune").fill("Høje Tastrup")
    page.get_by_label("Spørgsmål til mødet").fill("Hvad skal vi have klar?")
    page.get_by_role("button", name="Tilmeld mig", exact=True).click()
    summary = page.get_by_role("alert")
    expect(summary).to_contain_text("Ret 2 felter, før du kan tilmelde dig")
    expect(summary).to_be_focused()
    summary.get_by_role("link").first.click()
    expect(page.get_by_label("E-mail")).to_be_focused()
    expect(page.get_by_label("Spørgsmål til mødet")).to_have_value("Hvad skal vi have klar?")
    page.get_by_role("button", name="Brug Høje-Taastrup").click()
    expect(page.get_by_label("Kommune")).to_have_value("Høje-Taastrup")
    expect(page.get_by_role("alert")).to_have_count(0)

    page.locator("label.choice", has_text="8. april").click()
    sign_up(page, "camilla@struer.example", municipality="Høje-Taastrup")
    heading(page, "Du er tilmeldt")
    expect(page.locator("main")).to_contain_text("Tirsdag den 8. april 2025")
    with page.expect_download() as download:
        page.get_by_role("link", name="Læg i kalender").click()
    calendar = Path(download.value.path()).read_text(encoding="utf-8")
    assert "DTSTART;TZID=Europe/Copenhagen:20250408T143000" in calendar

    page.goto(server.url + personal(server, "camilla@struer.example"))
    heading(page, "Du er tilmeldt")
    page.get_by_role("link", name="Se mine oplysninger").click()
    expect(page.locator("main")).to_contain_text("Hvad skal vi have klar?")
    page.get_by_role("link", name="Tilbage til din tilmelding").click()
    page.get_by_role("link", name="Meld afbud").click()
    heading(page, "Meld afbud?")
    page.get_by_role("button", name="Meld afbud").click()
    heading(page, "Du har meldt afbud")


@pytest.fixture
def full(server) -> int:
    """A full meeting of one test's own."""
    starts_at = datetime(2025, 4, 24, 12, 30, tzinfo=UTC)
    with server.data() as store:
        number = meetings.create(
            store,
            "webinar",
            "Endnu et webinar",
            starts_at=starts_at,
            ends_at=starts_at + timedelta(minutes=45),
            capacity=1,
        )
        signups.sign_up(store, number, name="Den første", email="foerst@vejle.example")
    return number


def test_waiting_being_offered_the_seat_and_taking_it(open_page, server, full):
    page = open_page(f"/tilmelding/{full}")
    page.locator(f"input[value='{full}']").check()
    sign_up(page, "mona@struer.example")
    heading(page, "Mødet er fyldt")

    here = server.url + personal(server, "mona@struer.example")
    page.goto(here)
    heading(page, "Du er nr. 1 på ventelisten")
    with server.data() as store:
        first = store.find("signup", activity_id=full, email_key="foerst@vejle.example")
        signups.withdraw(store, first["id"])
    page.goto(here)
    heading(page, "Der er en plads til dig")
    page.get_by_role("button", name="Ja tak til pladsen").click()
    heading(page, "Du er tilmeldt")


def test_the_form_is_filled_in_with_the_keyboard_alone(open_page, server, announced):
    page = open_page(f"/tilmelding/{announced.first}", WIDE)
    keys = page.keyboard
    keys.press("Tab")
    expect(page.get_by_role("link", name="Gå til indhold")).to_be_focused()
    keys.press("Enter")
    keys.press("Tab")
    expect(page.locator(f"input[value='{announced.first}']")).to_be_focused()
    keys.press("ArrowDown")
    expect(page.locator(f"input[value='{announced.second}']")).to_be_checked()
    for text in ("Bo Holm", "bo@struer.example", "Struer", "", "Leder", "Hvad koster det?"):
        keys.press("Tab")
        keys.type(text)
    time.sleep(THREE_SECONDS)
    keys.press("Tab")
    expect(page.locator("form button.B")).to_be_focused()
    keys.press("Enter")

    heading(page, "Du er tilmeldt")
    with server.data() as store:
        signup = store.find("signup", email_key="bo@struer.example")
    assert (signup["activity_id"], signup["role"], signup["question"]) == (
        announced.second,
        "Leder",
        "Hvad koster det?",
    )


def test_enter_in_a_field_sends_the_form_and_fills_nothing_in(open_page, announced):
    page = open_page(f"/tilmelding/{announced.first}")
    page.get_by_label("Kommune").fill("Høje Tastrup")
    page.get_by_label("Kommune").press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("Ret 3 felter")
    page.get_by_label("Navn").fill("Camilla Friis")
    page.get_by_label("Navn").press("Enter")

    expect(page.get_by_role("alert")).to_contain_text("Ret 2 felter")
    expect(page.get_by_label("Kommune")).to_have_value("Høje Tastrup")


# --- every page ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def people(server, announced) -> SimpleNamespace:
    """The personal pages of one with a seat, one who waits and one who left."""
    with server.data() as store:
        for name, number in (
            ("plads", announced.first),
            ("venter", announced.full),
            ("gik", announced.first),
        ):
            signups.sign_up(store, number, name="Ida Krogh", email=f"{name}@aarhus.example")
        signups.withdraw(store, store.find("signup", email_key="gik@aarhus.example")["id"])
    return SimpleNamespace(
        **{name: personal(server, f"{name}@aarhus.example") for name in ("plads", "venter", "gik")}
    )


def every_page(page: Any, server, announced, people, language: str) -> Iterator[str]:
    """Go to each page in turn, and say which it is."""
    paths = {
        "list": "/tilmelding",
        "form": f"/tilmelding/{announced.first}",
        "full": f"/tilmelding/{announced.full}",
        "closed": f"/tilmelding/{announced.closed}",
        "not found": "/tilmelding/nix",
        "seat": people.plads,
        "waiting": people.venter,
        "left": people.gik,
        "cancel": f"{people.plads}/afbud",
        "leave the list": f"{people.venter}/afbud",
        "details": f"{people.plads}/oplysninger",
        "unknown link": "/m/nix",
    }
    for name, path in paths.items():
        page.goto(f"{server.url}{path}?lang={language}")
        yield name
    page.goto(f"{server.url}{paths['form']}?lang={language}")
    page.locator("#municipality").fill("Høje Tastrup")
    page.locator("form button.B").last.click()
    yield "errors"
    for number, name in ((announced.first, "receipt"), (announced.full, "waiting receipt")):
        page.goto(f"{server.url}/tilmelding/{number}?lang={language}")
        page.locator("#name").fill("Ida Krogh")
        page.locator("#email").fill(f"i{time.time_ns()}@aarhus.example")
        page.locator("#municipality").fill("Aarhus")
        page.locator("form button.B").last.click()
        yield f"too soon, {name}"
        time.sleep(THREE_SECONDS)
        page.locator("form button.B").last.click()
        assert "/kvittering" in page.url
        yield name


SMALL = """[...document.querySelectorAll('a, button, input:not([type=hidden]), textarea')]
  .filter(one => !one.closest('.trap, .sr, .skip, .choice') && !one.matches('.sr, .skip'))
  .filter(one => one.getBoundingClientRect().height < 44 && !one.closest('.privacy, .lead'))
  .map(one => one.outerHTML.slice(0, 120))"""


@pytest.mark.parametrize("viewport", [PHONE, WIDE], ids=["390", "1440"])
@pytest.mark.parametrize("language", ["da", "en"])
def test_no_page_has_a_barrier_runs_over_or_has_small_targets(
    open_page, server, announced, people, language, viewport
):
    page = open_page("/tilmelding", viewport, script=True)
    found: dict[str, Any] = {}
    for name in every_page(page, server, announced, people, language):
        page.evaluate(AXE)
        rules = page.evaluate("axe.run().then(result => result.violations)")
        barriers = [(rule["id"], node["html"]) for rule in rules for node in rule["nodes"]]
        over = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        small = page.evaluate(SMALL)
        type_size = page.evaluate("getComputedStyle(document.body).fontSize")
        if barriers or over > 0 or small or type_size != "16px":
            found[name] = (barriers, over, small, type_size)
        assert page.locator("html").get_attribute("lang") == language

    assert found == {}


def test_at_twice_the_size_nothing_is_lost(open_page, server, announced, people):
    page = open_page("/tilmelding", {"width": 640, "height": 500}, script=True)
    over = {}
    for name in every_page(page, server, announced, people, "da"):
        page.set_viewport_size({"width": 320, "height": 400})
        over[name] = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        page.set_viewport_size({"width": 640, "height": 500})

    assert {name: value for name, value in over.items() if value > 0} == {}


def test_control_a_barrier_is_found(open_page, announced):
    page = open_page(f"/tilmelding/{announced.first}", script=True)
    page.evaluate("document.querySelector('label[for=name]').remove()")
    page.evaluate(AXE)

    rules = page.evaluate("axe.run().then(result => result.violations.map(rule => rule.id))")

    assert "label" in rules


def test_a_page_asks_for_nothing_but_its_own_files(open_page, server, announced):
    page = open_page("/tilmelding")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))

    page.goto(f"{server.url}/tilmelding/{announced.first}")

    kinds = sorted(re.sub(r".*[./]", "", url) for url in asked)
    assert {url[: len(server.url)] for url in asked} == {server.url}
    assert set(kinds) <= {str(announced.first), "css", "svg", "woff2"}
