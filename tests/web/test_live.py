"""The live page: what the channel answers, and what a person meets in a real browser."""

import json
import re
from pathlib import Path

import pytest
from markupsafe import Markup, escape

from advisory.domain.errors import Refused
from advisory.texts import translator
from advisory.ui import live, safe
from advisory.ui.live import Channel, Live
from advisory.web.feed import Feed

from .conftest import USER

TEXT = translator("da")
AXE = Path(__file__).parent.parent / "vendor" / "axe.min.js"
NASTY = "<img src=x onerror=\"document.title='broken in'\">"


# --- text becomes HTML ------------------------------------------------------------------------


@pytest.mark.parametrize("typed", [NASTY, "' onfocus='x", '" onfocus="x', "</script><script>x"])
def test_what_a_person_typed_comes_out_as_text(typed):
    template = safe.environment().from_string('<p title="{{ typed }}">{{ typed }}</p>')

    assert template.render(typed=typed) == f'<p title="{escape(typed)}">{escape(typed)}</p>'


@pytest.mark.parametrize(
    ("path", "address"),
    [
        ("kommuner", "/kommuner"),
        ("javascript:alert(1)", "/javascript%3Aalert%281%29"),
        ("//evil.example/x", "/evil.example/x"),
        ("\\\\evil.example", "/evil.example"),
        ("/\\evil.example", "/evil.example"),
        ("https://evil.example", "/https%3A//evil.example"),
        ('a" onclick="x', "/a%22%20onclick%3D%22x"),
    ],
)
def test_an_address_stays_on_this_site(path, address):
    assert safe.url(path) == address


def test_an_address_quotes_its_query():
    assert safe.url("", q='æ&"<', empty="", none=None) == "/?q=%C3%A6%26%22%3C"


# --- the channel ------------------------------------------------------------------------------


@pytest.fixture
def shown():
    """What the region `list` shows; its actions change it."""
    return ["a"]


@pytest.fixture
def channel(store, shown):
    def fail() -> Markup:
        if "boom" in shown:
            raise ValueError("typed by a person")
        return Markup("fine")

    actions = {
        "add": lambda name: shown.append(name),
        "refuse": lambda: _raise(Refused("reason_needed")),
        "break": lambda name: _raise(ValueError(name)),
    }
    opened = Channel(
        [
            Live(
                "list",
                lambda: Markup("-").join(shown),
                actions,
                address=lambda: f"/?n={len(shown)}",
            ),
            Live("other", fail),
        ],
        TEXT,
        store,
    )
    opened.first_views()
    return opened


def _raise(error):
    raise error


def _tell(channel, do, region="list", **values):
    """What the channel answers to one event."""
    channel.said = ""
    channel.heard = json.dumps({"n": 7, "region": region, "do": do, "values": values})
    answer = json.loads(channel.said) if channel.said else {}
    answer.pop("id", None)
    return answer


def test_an_action_is_answered_with_the_regions_it_changed(channel):
    answer = _tell(channel, "add", name="b")

    assert answer == {"n": 7, "alert": "", "regions": {"list": "a-b"}, "url": "/?n=2"}


def test_a_refusal_becomes_a_sentence(channel):
    answer = _tell(channel, "refuse")

    assert "Skriv en kort begrundelse" in answer["alert"]
    assert answer["regions"] == {}


def test_a_defect_becomes_a_reference_and_what_was_typed_stays_out_of_the_log(channel, caplog):
    answer = _tell(channel, "break", name="Ane har talt om sin søn")

    reference = re.search(r"\d\d-\d\d-\d{4}-[0-9A-F]{4}", answer["alert"])[0]
    assert reference in caplog.text
    assert "ValueError" in caplog.text
    assert "Ane" not in caplog.text


def test_a_region_that_fails_leaves_the_others_and_can_be_tried_again(channel, shown):
    added = _tell(channel, "add", name="boom")
    failed = _tell(channel, "look", region="other")
    shown.remove("boom")
    again = _tell(channel, live.RETRY, region="other")

    assert added["regions"] == {"list": "a-boom"}
    assert "Dine data er ikke ændret" in failed["regions"]["other"]
    assert again["regions"]["other"] == "fine"


@pytest.mark.parametrize(
    ("do", "region", "values"),
    [
        ("nothing", "list", {}),
        ("add", "nowhere", {"name": "b"}),
        ("add", "other", {"name": "b"}),
        ("__class__", "list", {}),
        (live.RETRY, "list", {}),
        ("add", "list", {}),
        ("add", "list", {"name": "b", "more": "c"}),
    ],
)
def test_what_no_action_answers_to_changes_nothing(channel, shown, do, region, values):
    answer = _tell(channel, do, region, **values)

    assert answer["n"] == 7
    assert answer["regions"] == {}
    assert shown == ["a"]


@pytest.mark.parametrize(
    "heard",
    [
        "",
        "[]",
        "null",
        "{",
        '{"n": 1}',
        '{"n": "1", "region": "list", "do": "add", "values": {}}',
        '{"n": 1, "region": "list", "do": "add", "values": {"name": 1}}',
        '{"n": 1, "region": "list", "do": "add", "values": {"na me": "x"}}',
        json.dumps(
            {
                "n": 1,
                "region": "list",
                "do": "add",
                "values": dict.fromkeys(map(str, range(500)), ""),
            }
        ),
    ],
)
def test_what_is_not_an_event_is_left(channel, shown, heard):
    channel.heard = heard

    assert (channel.said, shown) == ("", ["a"])


def test_too_much_text_is_refused_with_a_sentence(channel, shown):
    answer = _tell(channel, "add", name="x" * (live.MAX_LETTERS + 1))

    assert "for lang" in answer["alert"]
    assert shown == ["a"]


def test_what_was_asked_for_goes_along_once(store):
    region = Live(
        "list", lambda: Markup(""), {"get": lambda: region.tell(download="/eksport/x.csv")}
    )
    channel = Channel([region], TEXT, store)
    channel.first_views()

    first, second = _tell(channel, "get"), _tell(channel, "none")

    assert (first.get("download"), second.get("download")) == ("/eksport/x.csv", None)


def test_news_are_sent_when_the_data_have_changed_and_somebody_listens(channel, shown, facts):
    def write(key: str) -> None:
        with facts.write("setting.edit"):
            facts.insert("setting", {"key": key, "value": "v", "source": "s"})

    write("one")
    shown.append("b")
    channel.refresh()
    unheard = channel.said
    _tell(channel, "")
    shown.append("c")
    channel.refresh()
    same_data = json.loads(channel.said)["regions"]
    write("two")
    channel.refresh()

    assert unheard == ""
    assert same_data == {"list": "a-b"}
    assert json.loads(channel.said)["regions"] == {"list": "a-b-c"}


def test_the_feed_tells_everyone_once_until_they_leave():
    version, told = [1], []
    feed = Feed(lambda: version[0], seconds=3600)
    leave = [feed.subscribe(lambda name=name: told.append(name)) for name in "ab"]

    feed._look()
    version[0] = 2
    feed._look()
    feed._look()
    leave[0]()
    version[0] = 3
    feed._look()
    leave[1]()

    assert told == ["a", "b", "b"]
    assert not feed._watch.is_running()


# --- in a browser -----------------------------------------------------------------------------


@pytest.fixture
def window(browser, site):
    """`window("/kommuner")` opens a page in a window of its own, and waits until it is live."""
    opened, troubles = [], []

    def open_window(path="/", *, live=True, **options):
        context = browser.new_context(
            locale="da-DK", viewport={"width": 1440, "height": 1000}, **options
        )
        opened.append(context)
        name, _, word = site.cookie(USER).partition("=")
        own = {"name": name, "value": word, "domain": "127.0.0.1", "path": "/", "secure": True}
        context.add_cookies([own])
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on(
            "console",
            lambda said: "Content Security" in said.text and troubles.append(said.text),
        )
        page.goto(site.url + path)
        if live:
            _until_live(page)
        return page

    yield open_window
    for context in opened:
        context.close()
    assert troubles == []


def _until_live(page):
    page.wait_for_selector("html[data-live]", state="attached")


def _case(site, number=0):
    """The address of a case that runs."""
    page = site.get("/kommuner?tilstand=on_track")[2].decode()
    return re.findall(r'href="(/kommune\?[^"]*)"', page)[number].replace("&amp;", "&")


@pytest.mark.browser
@pytest.mark.parametrize("path", ["/", "/kommuner", "/om"])
def test_a_page_asks_no_other_host_does_not_jump_and_passes_axe(window, site, path):
    page = window(live=False)
    hosts = set()
    page.on("request", lambda request: hosts.add(request.url.split("/")[2]))
    page.add_init_script(
        "window.shift = 0; new PerformanceObserver(list => list.getEntries().forEach("
        "one => window.shift += one.value)).observe({type: 'layout-shift', buffered: true})"
    )
    page.goto(site.url + path)
    _until_live(page)
    page.wait_for_timeout(300)

    assert hosts == {f"127.0.0.1:{site.port}"}
    assert page.evaluate("window.shift") < 0.001
    assert _axe(page) == []


def _axe(page):
    """The rules that axe finds broken in the frame: bar, menus, search, dialog."""
    page.evaluate(AXE.read_text())
    found = page.evaluate(
        "axe.run({exclude: [['main > section'], ['main [data-region]']]})"
        ".then(found => found.violations)"
    )
    return [(one["id"], [node["html"] for node in one["nodes"]][:3]) for one in found]


@pytest.mark.browser
def test_what_is_clicked_before_there_is_a_connection_is_done_when_there_is(window, site):
    page = window(live=False)
    page.route("**/bokeh.min.js", lambda route: (page.wait_for_timeout(700), route.continue_()))
    page.goto(site.url, wait_until="commit")
    page.locator("[data-do=explain]").first.click()
    assert not page.locator("html[data-live]").count()

    page.locator("dialog[open] #dialog-title").wait_for()


@pytest.mark.browser
def test_a_dialog_takes_the_focus_and_gives_it_back(window):
    page = window()
    opener = page.locator("[data-do=explain]").nth(1)
    opener.click()
    page.locator("dialog[open]").wait_for()

    inside = page.evaluate("document.activeElement.id")
    violations = _axe(page)
    page.keyboard.press("Escape")
    page.locator("dialog[aria-labelledby=dialog-title]:not([open])").wait_for(state="attached")

    assert inside == "dialog-title"
    assert violations == []
    assert opener.evaluate("el => el === document.activeElement")


@pytest.mark.browser
def test_a_double_click_saves_once_and_the_form_is_empty_after(window, site):
    page = window(_case(site))
    page.locator("#note-text").fill("Skrevet en gang")
    page.locator("form[data-do=note] [type=submit]").dblclick()

    page.locator(".notes .prose", has_text="Skrevet en gang").first.wait_for()
    page.wait_for_timeout(300)
    assert page.locator(".notes .prose", has_text="Skrevet en gang").count() == 1
    assert page.locator("#note-text").input_value() == ""
    assert "Alt er gemt" in page.locator("[data-save-state]").inner_text()


@pytest.mark.browser
def test_two_windows_see_each_other_and_nobody_is_disturbed(window, site):
    mine, theirs = window(_case(site)), window(_case(site))
    mine.locator("#note-text").fill("Jeg er ved at skrive")
    mine.evaluate("document.querySelector('#note-text').setSelectionRange(3, 5)")
    mine.evaluate(
        "document.querySelectorAll('details').forEach(el => el.open = !('popover' in el.dataset))"
    )
    opened = mine.locator("main details[open]").count()

    theirs.locator("#note-text").fill("Ringet op")
    theirs.locator("form[data-do=note] [type=submit]").click()

    mine.locator(".notes .prose", has_text="Ringet op").wait_for()
    field = mine.locator("#note-text")
    assert field.input_value() == "Jeg er ved at skrive"
    assert field.evaluate(
        "el => [el === document.activeElement, el.selectionStart, el.selectionEnd]"
    ) == [True, 3, 5]
    assert mine.locator("main details[open]").count() == opened


@pytest.mark.browser
def test_one_who_is_typing_does_not_write_over_what_another_saved_meanwhile(window, site):
    mine, theirs = window(_case(site, 1)), window(_case(site, 1))
    for page in (mine, theirs):
        page.locator("table.plan [data-do=open]").last.click()
        page.locator("dialog[open] #move-on").wait_for()
    mine.locator("#move-on").fill("3. marts 2026")
    mine.locator("#move-reason").fill("mine")
    theirs.locator("#move-on").fill("4. marts 2026")
    theirs.locator("#move-reason").fill("deres")
    theirs.locator("form[data-do=move] [type=submit]").click()
    mine.locator("dialog .changes li", has_text="deres").first.wait_for(state="attached")

    assert mine.locator("#move-reason").input_value() == "mine"
    mine.locator("form[data-do=move] [type=submit]").click()

    mine.locator("form[data-do=resolve]").wait_for()


@pytest.mark.browser
def test_a_filter_shows_in_the_address_and_typing_goes_on(window):
    page = window("/kommuner")
    field = page.locator("#filter-tekst")
    total = page.locator("table.cases tbody tr").count()
    field.press_sequentially("ho", delay=40)
    page.wait_for_url("**/kommuner?*tekst=ho*")

    assert 0 < page.locator("table.cases tbody tr").count() < total
    assert field.evaluate("el => [el === document.activeElement, el.value]") == [True, "ho"]


@pytest.mark.browser
def test_what_people_write_never_runs(window, site):
    page = window(_case(site))
    page.locator("#note-text").fill(NASTY)
    page.locator("form[data-do=note] [type=submit]").click()
    page.locator(".notes .prose", has_text="onerror").first.wait_for()
    page.reload()
    _until_live(page)
    page.locator("#search").fill(NASTY)
    page.locator("p.suggestions").wait_for()

    assert page.title() != "broken in"
    assert page.locator("main img, header img").count() == 0


@pytest.mark.browser
def test_the_keyboard_reaches_search_and_its_suggestions(window):
    page = window()
    page.keyboard.press("/")
    field = page.locator("#search")
    field.press_sequentially("ho", delay=30)
    options = page.locator("#search-list [role=option]")
    options.first.wait_for()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    chosen = field.get_attribute("aria-activedescendant")
    expanded = field.get_attribute("aria-expanded")
    violations = _axe(page)
    page.keyboard.press("Escape")
    hidden = options.first.is_hidden()
    page.keyboard.press("Escape")

    assert (chosen, expanded, hidden, violations) == ("search-2", "true", True, [])
    assert page.evaluate("document.activeElement === document.body")
    page.keyboard.press("/")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/kommune"))


@pytest.mark.browser
def test_arrow_keys_move_between_the_tiles_of_the_map(window):
    page = window()
    first = page.locator("[data-roving] [data-row]").first
    start = int(first.get_attribute("data-row"))
    first.focus()
    page.keyboard.press("ArrowDown")

    assert page.evaluate("+document.activeElement.dataset.row") > start
    assert page.locator("[data-roving]").first.locator("[tabindex='0']").count() == 1


@pytest.mark.browser
def test_the_menus_open_and_close_and_the_phone_has_a_drawer(window):
    page = window()
    page.set_viewport_size({"width": 400, "height": 800})
    page.locator("[data-menu]").click()
    drawer = page.locator("#side").is_visible()
    page.locator("summary.asof").last.click()
    page.locator("#as-of").fill("12/12-24")
    page.locator("#as-of").press("Enter")
    page.wait_for_url("**date=*")

    assert drawer
    assert page.locator(".strip.past").is_visible()
    assert page.locator("body > header").evaluate("el => el.scrollWidth <= innerWidth")


@pytest.mark.browser
def test_a_server_that_comes_back_finds_what_was_typed(window, make_site):
    own = make_site()
    page = window(live=False)
    name, _, word = own.cookie(USER).partition("=")  # cookies are alike for all ports of a host
    mine = {"name": name, "value": word, "domain": "127.0.0.1", "path": "/", "secure": True}
    page.context.add_cookies([mine])
    page.goto(own.url + _case(own))
    _until_live(page)
    page.locator("#note-text").fill("Et udkast")
    page.locator("form[data-do=task]").evaluate("el => el.closest('details').open = true")
    page.locator("#task-title").fill("En opgave")
    own.stop()

    page.locator("[data-offline]").first.wait_for()
    page.locator("form[data-do=note] [type=submit]").click()
    assert page.locator("#note-text").input_value() == "Et udkast"
    own.start()
    page.wait_for_selector("html[data-live]", state="attached", timeout=20_000)

    assert page.locator("#note-text").input_value() == "Et udkast"
    assert page.locator("#task-title").input_value() == "En opgave"
