"""Chromium, and what it says about the loading of one page."""

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
]
NAMES = ("chromium", "chromium-browser", "google-chrome")
OFFICE_LINE = {
    "offline": False,
    "latency": 40,
    "downloadThroughput": 10_000_000 / 8,
    "uploadThroughput": 10_000_000 / 8,
}
SECONDS = 60

# Looks every few milliseconds for the content and for the page being live. The empty page's text
# stands in the shadow of Panel's own element, so shadows are searched too.
WATCH = """(() => {
  const seen = (window.benchSeen = { paint: null, content: null, live: null, shift: 0 });
  const observe = (type, take) => new PerformanceObserver((list) =>
    list.getEntries().forEach(take)).observe({ type, buffered: true });
  observe("paint", (one) => {
    if (one.name === "first-contentful-paint") seen.paint = one.startTime;
  });
  observe("layout-shift", (one) => { if (!one.hadRecentInput) seen.shift += one.value; });
  const shadows = (root) => [...root.querySelectorAll("*")].flatMap((el) => el.shadowRoot ?? []);
  const deep = (root, selector) => root.querySelector(selector) ??
    shadows(root).map((shadow) => deep(shadow, selector)).find(Boolean);
  const visible = (el) =>
    el && el.textContent.trim() !== "" && el.getBoundingClientRect().height > 0;
  const content = () => %(content)s.every((selector) => visible(deep(document, selector)));
  const live = () => %(live)s;
  const look = () => {
    const now = performance.now();
    if (document.body) {
      if (seen.content === null && content()) seen.content = now;
      if (seen.live === null && live()) seen.live = now;
    }
    if (seen.content === null || seen.live === null) setTimeout(look, 4);
    else reached();
  };
  let reached;
  window.benchReached = new Promise((resolve, reject) => {
    reached = () => resolve(seen);
    setTimeout(() => reject(new Error("not shown and live in time")), %(seconds)s * 1000);
  });
  look();
})()"""
OUR_LIVE = '"live" in document.documentElement.dataset'
BOKEH_IDLE = "window.Bokeh?.documents?.[0]?.is_idle === true"


@dataclass(frozen=True)
class Target:
    """A page to visit: `content` are selectors of what must be seen, `live` a test in the page."""

    name: str
    address: str
    content: tuple[str, ...]
    live: str = OUR_LIVE


@dataclass(frozen=True)
class Visit:
    """Milliseconds from the start of the navigation, bytes on the wire, requests, layout shift.

    `content` is when it stands in the page with a place of its own; it can be some milliseconds
    before `paint`, the first time the screen is drawn.
    """

    paint: float
    content: float
    live: float
    shift: float
    bytes: int
    requests: int
    hosts: frozenset[str]


@contextmanager
def chromium() -> Iterator[Browser]:
    """The Chromium of this machine; without one this stops with a sentence."""
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        raise SystemExit("There is no Chromium to measure the pages in (apt-get install chromium).")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


def signed_in(browser: Browser, address: str) -> BrowserContext:
    """A browser with nothing kept but, on a site of ours, the session of a demo consultant."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="da-DK")
    parts = urlsplit(address)
    door = f"{parts.scheme}://{parts.netloc}/log-ind"
    page = context.request.get(door)
    login = re.search(r'name="login" value="([^"]+)"', page.text())  # consultants stand first
    if page.ok and login:
        answer = context.request.post(
            f"{door}/demo", form={"login": login[1], "next": "/om"}, max_redirects=0
        )
        name, _, word = answer.headers["set-cookie"].partition(";")[0].partition("=")
        own = {"name": name, "value": word, "domain": parts.hostname, "path": "/"}
        context.add_cookies([{**own, "secure": True, "httpOnly": True, "sameSite": "Lax"}])
    return context


def visits(
    browser: Browser, target: Target, *, office_line: bool = False
) -> tuple[Visit, Visit | None]:
    """A first visit with an empty cache, and a second with what the first has left.

    On the office line there is only the first.
    """
    context = signed_in(browser, target.address)
    try:
        first = visit(context, target, office_line=office_line)
        return first, None if office_line else visit(context, target)
    finally:
        context.close()


def visit(context: BrowserContext, target: Target, *, office_line: bool = False) -> Visit:
    """Open a page in a tab of its own, until it is live, and close it again."""
    page = context.new_page()
    try:
        traffic = _Traffic(context, page, office_line=office_line)
        watch(page, target.content, target.live)
        page.goto(target.address, wait_until="commit")
        wait_until_live(page)
        page.wait_for_timeout(150)  # what is still on its way, such as fonts and late shifts
        seen = page.evaluate("window.benchSeen")
        return Visit(
            seen["paint"] or seen["content"],
            seen["content"],
            seen["live"],
            seen["shift"],
            traffic.bytes,
            traffic.requests,
            frozenset(traffic.hosts - {urlsplit(target.address).hostname}),
        )
    finally:
        page.close()


def watch(page: Page, content: tuple[str, ...], live: str = OUR_LIVE) -> None:
    """Look at the pages opened from now on in this tab; `content` and `live` as in `Target`."""
    page.add_init_script(WATCH % {"content": list(content), "live": live, "seconds": SECONDS})


def wait_until_live(page: Page) -> None:
    """Wait for the content and the connection of a page that is watched.

    A promise of the page's own is waited for: Playwright's way of waiting for a condition
    evaluates text, which the pages' security policy forbids.
    """
    page.evaluate("window.benchReached")


class _Traffic:
    """Counts what goes over the wire: bytes as sent (compressed), requests, hosts."""

    def __init__(self, context: BrowserContext, page: Page, *, office_line: bool):
        self.bytes, self.requests = 0, 0
        self.hosts: set[str] = set()
        session = context.new_cdp_session(page)
        session.on("Network.requestWillBeSent", self._sent)
        session.on("Network.webSocketCreated", lambda event: self._ask(event["url"]))
        session.on("Network.loadingFinished", lambda event: self._add(event["encodedDataLength"]))
        session.on(
            "Network.webSocketFrameReceived",
            lambda event: self._add(len(event["response"]["payloadData"])),
        )
        session.send("Network.enable")
        if office_line:
            session.send("Network.emulateNetworkConditions", OFFICE_LINE)

    def _sent(self, event: dict) -> None:
        self._ask(event["request"]["url"])

    def _ask(self, address: str) -> None:
        if address.startswith(("http", "ws")):
            self.requests += 1
            self.hosts.add(urlsplit(address).hostname or "")

    def _add(self, count: float) -> None:
        self.bytes += int(count)
