"""The end of a session in the browser: said in time, put off, and kept; by a clock that is set."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from advisory.domain.sessions import ABSOLUTE, IDLE, WARN
from advisory.texts import translator

from .door import login_page, served, working_page

pytestmark = pytest.mark.browser
playwright = pytest.importorskip("playwright.sync_api")
expect, Error = playwright.expect, playwright.Error

AXE = (Path(__file__).parent.parent / "vendor" / "axe.min.js").read_text()
LEFT, BEFORE = int(IDLE.total_seconds()), int(WARN.total_seconds())
START = datetime(2025, 3, 13, 10)


# A page whose questions can be waited for: the clock that is set stands still meanwhile.
COUNT = """const ask = window.fetch; window.answers = [];
window.fetch = (...told) => {
  const answer = ask(...told);
  answers.push(answer.then((one) => one.clone().text()));
  return answer;
};"""


@dataclass
class Desk:
    """A page of somebody at work, and the site behind it with their session.

    The session `ends` so many seconds after the start; use makes it end `LEFT` from then, but not
    after `latest`. `told` is when it ends as far as the page knows.
    """

    site: Any
    page: Any
    now: int = 0
    ends: int = LEFT
    latest: int = 10 * LEFT
    told: int = LEFT
    down: bool = False

    def open(self, language: str = "da", lang: str | None = None) -> None:
        self.site.answers = self._answer
        self.site.pages["/arbejde"] = working_page(self.ends, language, lang)
        self.page.clock.install(time=START)
        self.page.clock.pause_at(START + timedelta(seconds=1))
        self.page.add_init_script(COUNT)
        self.page.goto(f"{self.site.url}/arbejde?k=horsens#notat")

    def _answer(self, method: str) -> tuple[int, int, str]:
        if self.down:
            return 503, 0, ""
        if self.now >= self.ends:
            return 401, 0, ""
        if method == "POST":
            self.ends = min(self.now + LEFT, self.latest)
        self.told = self.ends
        return 200, self.ends - self.now, "day" if self.ends == self.latest else "idle"

    def until(self, moment: int) -> None:
        """Let the time pass until so many seconds after the start; every question is answered."""
        while self.now < moment:
            near = self.told - BEFORE - self.now - 20  # before that the page asks nothing
            step = min(moment - self.now, near if near > 0 else 1 if moment - self.now < 40 else 5)
            self.now += step
            self.page.clock.run_for(step * 1000)
            self.settle()

    def settle(self) -> None:
        with suppress(Error):  # the page was left meanwhile
            self.page.evaluate("Promise.allSettled(answers).then(() => 0)")

    def write(self, key: str) -> None:
        self.note.press(key)
        self.settle()

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=name).click()
        self.settle()

    @property
    def box(self) -> Any:
        return self.page.get_by_role("alertdialog")

    @property
    def note(self) -> Any:
        return self.page.locator("#note")

    @property
    def focused(self) -> str:
        return self.page.evaluate("document.activeElement.id")


@pytest.fixture
def desk(browser):
    with served() as site:
        context = browser.new_context(locale="da-DK", viewport={"width": 1440, "height": 900})
        page, said = context.new_page(), []
        page.set_default_timeout(8000)
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("console", lambda line: said.append(line.text) if line.type == "error" else None)
        yield Desk(site, page)
        context.close()
    assert [line for line in said if "status of" not in line] == []


@pytest.fixture
def warned(desk) -> Desk:
    """A desk with a note under way, unused until the warning stands there."""
    desk.open()
    desk.note.focus()
    desk.until(LEFT - BEFORE)
    expect(desk.box).to_be_visible()
    return desk


def test_it_is_said_in_good_time_and_not_before(desk):
    desk.open()
    desk.until(LEFT - BEFORE - 1)
    assert (desk.site.asked, desk.box.count()) == ([], 0)

    desk.until(LEFT - BEFORE)
    expect(desk.box).to_be_visible()

    assert desk.site.asked == ["GET"]
    assert desk.focused == "ending-title"
    assert desk.page.locator("[data-clock]").text_content() == "Du logges ud om 5:00."
    expect(desk.box).to_have_accessible_name("Du bliver snart logget ud")
    expect(desk.box).to_have_accessible_description(
        "Peerforløb har ikke været i brug i et stykke tid. Gem det, du er i gang med, eller bliv"
        " logget ind. Du logges ud om 5 minutter."
    )


def test_the_time_runs_and_is_read_aloud_now_and_then(warned):
    clock, told = warned.page.locator("[data-clock]"), warned.page.locator("[data-told]")
    heard = []
    for rest in (299, 239, 121, 119, 60, 59, 30, 29, 10, 9, 1):
        warned.until(LEFT - rest)
        heard.append((clock.text_content()[16:-1], told.text_content()[16:-1]))

    assert heard == [
        ("4:59", "5 minutter"),
        ("3:59", "4 minutter"),
        ("2:01", "3 minutter"),
        ("1:59", "2 minutter"),
        ("1:00", "1 minut"),
        ("0:59", "1 minut"),
        ("0:30", "30 sekunder"),
        ("0:29", "30 sekunder"),
        ("0:10", "10 sekunder"),
        ("0:09", "10 sekunder"),
        ("0:01", "10 sekunder"),
    ]


def test_to_stay_is_one_click_and_the_work_goes_on_where_it_was(warned):
    warned.press("Bliv logget ind")
    expect(warned.box).to_be_hidden()

    assert warned.site.asked == ["GET", "POST"]
    assert warned.focused == "note"
    expect(warned.page.locator("[data-session-kept]")).to_have_text("Du er stadig logget ind.")
    warned.until(warned.now + LEFT - BEFORE)
    expect(warned.box).to_be_visible()


def test_use_in_another_window_puts_the_warning_off(desk):
    desk.open()
    desk.until(600)
    desk.ends += 600
    desk.until(LEFT - BEFORE + 599)
    assert (desk.site.asked, desk.box.count()) == (["GET"], 0)

    desk.until(LEFT - BEFORE + 600)
    expect(desk.box).to_be_visible()


def test_use_in_another_window_takes_a_warning_away(warned):
    warned.ends = warned.now + LEFT
    warned.until(warned.now + 16)

    expect(warned.box).to_be_hidden()
    assert (warned.site.asked, warned.focused) == (["GET", "GET"], "note")


@pytest.mark.parametrize(("language", "lang"), [("da", None), ("en", "en")])
def test_at_the_end_it_leads_to_the_sign_in_and_back_again(desk, language, lang):
    desk.open(language, lang)
    desk.page.evaluate(
        "document.addEventListener('advisory-leave', () => sessionStorage.setItem('told', '1'))"
    )
    desk.until(LEFT + 1)

    asked = "lang=en&" if lang else ""
    onward = "next=%2Farbejde%3Fk%3Dhorsens%23notat"  # why is the server's to say
    desk.page.wait_for_url(f"{desk.site.url}/log-ind?{asked}{onward}")
    assert desk.page.evaluate("sessionStorage.getItem('told')") == "1", "what was typed can be kept"


def test_a_session_ended_elsewhere_is_not_said_to_have_run_out(warned):
    warned.ends = warned.now
    warned.until(warned.now + 16)

    onward = "next=%2Farbejde%3Fk%3Dhorsens%23notat"
    warned.page.wait_for_url(f"{warned.site.url}/log-ind?{onward}")


def test_escape_closes_the_warning_and_the_time_goes_on(warned):
    warned.page.keyboard.press("Escape")
    expect(warned.box).to_be_hidden()
    assert warned.focused == "note"
    warned.until(LEFT - 1)
    assert warned.box.count() == 0

    warned.until(LEFT + 1)
    warned.page.wait_for_url("**/log-ind?next=**")


def test_writing_counts_as_use_now_and_then_and_is_not_disturbed(desk):
    desk.open()
    for _ in range(15):
        desk.write("a")
        desk.until(desk.now + 60)

    assert desk.site.asked == ["POST", "POST"]
    assert (desk.note.input_value(), desk.focused) == ("a" * 15, "note")


def test_what_was_written_since_is_told_before_anything_is_said(desk):
    desk.open()
    desk.until(100)
    desk.write("a")
    desk.until(LEFT - BEFORE + 5)

    assert (desk.site.asked, desk.box.count()) == (["POST"], 0)


def test_a_day_that_cannot_be_longer_is_said_when_the_writing_pauses(desk):
    desk.latest = LEFT
    desk.open()
    desk.until(LEFT - BEFORE - 1)
    for _ in range(4):
        desk.write("a")
        desk.until(desk.now + 1)
    assert (desk.site.asked, desk.box.count()) == (["POST"], 0)
    assert desk.note.input_value() == "aaaa"

    desk.until(desk.now + 18)
    expect(desk.box).to_have_accessible_name("Du bliver logget ud om lidt")
    buttons = desk.box.get_by_role("button")
    assert [one.text_content() for one in buttons.all() if one.is_visible()] == ["Luk", "Log ud"]
    desk.until(LEFT + 1)
    desk.page.wait_for_url("**/log-ind?next=**")


def test_the_longest_time_is_told_as_such_at_once_and_nobody_is_asked_to_stay(desk):
    desk.latest = LEFT
    desk.open()
    desk.until(LEFT - BEFORE)
    expect(desk.box).to_be_visible()

    assert desk.site.asked == ["GET"]
    expect(desk.box).to_have_accessible_name("Du bliver logget ud om lidt")
    expect(desk.box).to_have_accessible_description(
        "Du har været logget ind i næsten 10 timer, og længere varer et login ikke. Gem det, du"
        " skriver, og log ind igen om lidt. Du logges ud om 5 minutter."
    )
    buttons = desk.box.get_by_role("button")
    assert [one.text_content() for one in buttons.all() if one.is_visible()] == ["Luk", "Log ud"]


@pytest.mark.parametrize("language", ["da", "en"])
def test_the_hours_it_says_are_those_of_the_rule(language):
    hours = int(ABSOLUTE.total_seconds() // 3600)

    assert f" {hours} " in translator(language)("session.last_body")


def test_a_tab_hears_of_a_sign_out_in_another_and_leaves(desk):
    desk.open()
    desk.until(60)
    other = desk.page.context.new_page()
    desk.site.pages["/log-ind"] = login_page(nobody=True)
    desk.ends = desk.now

    other.goto(f"{desk.site.url}/log-ind")

    desk.page.wait_for_url("**/log-ind?next=**")


def test_a_sign_in_page_that_somebody_may_come_back_to_disturbs_no_tab(desk):
    desk.open()
    other = desk.page.context.new_page()
    other.goto(f"{desk.site.url}/log-ind")
    desk.until(5)

    assert desk.site.asked == [], "the control: nobody is told to ask"


def test_a_wish_to_stay_that_cannot_be_met_is_answered_in_words(warned):
    warned.latest = LEFT
    warned.press("Bliv logget ind")

    expect(warned.page.get_by_role("button", name="Bliv logget ind")).to_be_hidden()
    expect(warned.box).to_have_accessible_name("Du bliver logget ud om lidt")
    assert warned.focused == "ending-title"
    warned.press("Luk")
    expect(warned.box).to_be_hidden()


def test_without_an_answer_the_page_stays_and_asks_again(desk):
    desk.down = True
    desk.open()
    desk.until(LEFT + 20)
    assert desk.page.url.endswith("/arbejde?k=horsens#notat")
    assert set(desk.site.asked) == {"GET"}

    desk.down = False
    desk.until(LEFT + 40)
    desk.page.wait_for_url("**/log-ind?next=**")


def test_the_warning_stands_above_another_dialog_and_gives_the_focus_back(desk):
    desk.open()
    desk.page.evaluate("document.querySelector('#other').showModal()")
    desk.page.locator("#inside").fill("Ida")
    desk.until(LEFT - BEFORE)  # then what was written is told, and the warning comes once more
    desk.until(desk.ends - BEFORE)
    expect(desk.box).to_be_visible()
    for _ in range(4):
        desk.page.keyboard.press("Tab")
        assert desk.page.evaluate(
            "document.activeElement === document.body"
            " || !!document.activeElement.closest('[data-session-end]')"
        )
    desk.press("Bliv logget ind")
    expect(desk.box).to_be_hidden()

    assert (desk.focused, desk.page.locator("#other").is_visible()) == ("inside", True)


def test_writing_on_presses_no_button_of_the_warning(warned):
    warned.page.keyboard.type("en to ")
    warned.page.keyboard.press("Enter")

    assert (warned.site.asked, warned.page.url.split("/")[-1]) == (
        ["GET"],
        "arbejde?k=horsens#notat",
    )
    expect(warned.box).to_be_visible()


@pytest.mark.parametrize("width", [1440, 390])
def test_the_warning_has_no_serious_barrier(warned, width):
    warned.page.set_viewport_size({"width": width, "height": 844})
    warned.page.clock.resume()  # axe waits for timers of its own
    warned.page.evaluate(AXE)
    found = warned.page.evaluate("axe.run(document, {resultTypes: ['violations']})")

    assert [one for one in found["violations"] if one["impact"] in ("serious", "critical")] == []
