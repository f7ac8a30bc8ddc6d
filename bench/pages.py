"""The pages in a real browser, against an empty Panel page served in the same minutes."""

from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Browser

from advisory import frames

from . import browser, databases, servers
from .browser import Target, Visit
from .results import Result, median

LOCAL = "pages, on this machine"
OFFICE = "pages, on an office line (40 ms, 10 Mbit/s)"
EMPTY, OVERVIEW, CASE = "empty Panel page", "Overblik", "Kommune"
CHOOSE = """async ([field, value]) => {
  const region = document.querySelector("[data-region=cases]");
  const rows = () => region.querySelectorAll("tbody tr").length;
  const before = rows(), select = region.querySelector(`select[name=${field}]`);
  const answered = new Promise((done) => new MutationObserver((_, watch) => {
    if (rows() !== before) { watch.disconnect(); done(performance.now()); }
  }).observe(region, { childList: true, subtree: true }));
  const started = performance.now();
  select.value = value;
  for (const kind of ["input", "change"]) select.dispatchEvent(new Event(kind, { bubbles: true }));
  return (await answered) - started;
}"""

Taken = dict[str, list[tuple[Visit, Visit | None]]]


def measure(folder: Path, *, quick: bool) -> Iterator[Result]:
    """Visits in turns, on this machine cold and warm, on an office line cold; then the filter."""
    db = databases.invented(folder / "demo.db")
    with servers.site(db) as site, servers.empty() as empty, browser.chromium() as chromium:
        targets = _targets(site.address, empty.address, db)
        for target in targets:
            browser.visits(chromium, target)  # the first visit of all warms the server
        yield from _shown(LOCAL, _rounds(chromium, targets, 3 if quick else 7), office_line=False)
        yield from _filter(chromium, site.address, 3 if quick else 7, office_line=False)
        if not quick:
            yield from _shown(
                OFFICE, _rounds(chromium, targets, 5, office_line=True), office_line=True
            )
            yield from _filter(chromium, site.address, 5, office_line=True)


def _targets(site: str, empty: str, db: Path) -> list[Target]:
    with databases.opened(db) as store:
        running = frames.enrolments(store).query("status == 'active'").iloc[0]
    return [
        Target(EMPTY, empty, ("p",), browser.BOKEH_IDLE),
        Target(OVERVIEW, site, ("h1", ".kpi .v")),
        Target(CASE, f"{site}/kommune?k={running['slug']}", ("h1", "dl.facts dd")),
    ]


def _rounds(
    chromium: Browser, targets: list[Target], rounds: int, *, office_line: bool = False
) -> Taken:
    taken: Taken = {target.name: [] for target in targets}
    for number in range(rounds):
        for target in targets if number % 2 else reversed(targets):
            taken[target.name].append(browser.visits(chromium, target, office_line=office_line))
    return taken


def _shown(part: str, taken: Taken, *, office_line: bool) -> Iterator[Result]:
    cold = {name: [first for first, _ in pairs] for name, pairs in taken.items()}
    warm = {name: [second for _, second in pairs if second] for name, pairs in taken.items()}
    floor = _median(cold[EMPTY], "live")
    for name in taken:
        ours = name != EMPTY
        content, live = _median(cold[name], "content"), _median(cold[name], "live")
        yield Result(part, f"{name}: first paint, cold", _median(cold[name], "paint"), "ms")
        limit: float | None = 300 if ours and not office_line else None
        yield Result(part, f"{name}: content, cold", content, "ms", limit)
        if ours:
            ratio = content / _median(cold[EMPTY], "content")
            yield Result(part, f"{name}: content of the empty page's", ratio, "x", 1)
        yield Result(part, f"{name}: interactive, cold", live, "ms")
        if ours:
            limit = 0.5 if office_line else 1.5
            yield Result(part, f"{name}: interactive of the empty page's", live / floor, "x", limit)
        if not office_line:
            for what, words in (("content", "content"), ("live", "interactive")):
                yield Result(part, f"{name}: {words}, warm", _median(warm[name], what), "ms")
            yield from _carried(part, name, cold[name], warm[name], ours=ours)


def _carried(
    part: str, name: str, cold: list[Visit], warm: list[Visit], *, ours: bool
) -> Iterator[Result]:
    """What went over the wire, to whom, and whether anything moved."""
    hosts = frozenset().union(*(one.hosts for one in cold + warm))
    megabytes = [median(one.bytes for one in visits) / 1e6 for visits in (cold, warm)]
    yield Result(part, f"{name}: bytes, cold", megabytes[0], "MB", 0.8 if ours else None)
    yield Result(part, f"{name}: bytes, warm", megabytes[1], "MB")
    yield Result(part, f"{name}: requests, cold", median(one.requests for one in cold))
    note = ", ".join(sorted(hosts))
    yield Result(part, f"{name}: other hosts", len(hosts), limit=0 if ours else None, note=note)
    shift = max(one.shift for one in cold + warm)
    yield Result(
        part, f"{name}: layout shift, the most", round(shift, 4), limit=0 if ours else None
    )


def _median(visits: list[Visit], what: str) -> float:
    return median(getattr(one, what) for one in visits)


def _filter(chromium: Browser, site: str, rounds: int, *, office_line: bool) -> Iterator[Result]:
    """From a cohort being chosen on Kommuner until the list has changed."""
    taken = []
    context = browser.signed_in(chromium, site)
    page = context.new_page()
    browser.watch(page, ("h1",))
    page.goto(f"{site}/kommuner")
    browser.wait_until_live(page)
    if office_line:
        line = context.new_cdp_session(page)
        line.send("Network.enable")
        line.send("Network.emulateNetworkConditions", browser.OFFICE_LINE)
    codes = page.eval_on_selector_all(
        "[data-region=cases] select[name=hold] option", "all => all.map((one) => one.value)"
    )
    for number in range(rounds):
        taken.append(page.evaluate(CHOOSE, ["hold", codes[1]]))
        taken.append(page.evaluate(CHOOSE, ["hold", codes[0]]))
        page.wait_for_timeout(50 * (number % 2))
    context.close()
    limit = None if office_line else 200
    part = OFFICE if office_line else LOCAL
    yield Result(
        part, "Kommuner: a cohort is chosen, until the list shows it", median(taken), "ms", limit
    )
