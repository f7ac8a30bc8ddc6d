"""What open sessions cost the server: CPU and memory at 1, 10 and 30, against the empty page."""

import time
from collections.abc import Iterator
from pathlib import Path

import psutil
from playwright.sync_api import Browser, BrowserContext, Page

from . import browser, databases, servers
from .browser import Target
from .pages import EMPTY
from .results import Result

PART = "open sessions: what one costs the server"
SETTLE_SECONDS = 1


def measure(folder: Path, *, quick: bool) -> Iterator[Result]:
    """The same number of tabs on both servers, one server after the other."""
    counts = (5,) if quick else (1, 10, 30)
    db = databases.invented(folder / "demo.db")
    with browser.chromium() as chromium:
        with servers.empty() as empty:
            target = Target(EMPTY, empty.address, ("p",), browser.BOKEH_IDLE)
            floor = _opened(chromium, target, empty.pid, counts)
        with servers.site(db) as site:
            target = Target("Overblik", site.address, ("h1", ".kpi .v"))
            ours = _opened(chromium, target, site.pid, counts)
    for count in counts:
        judged = count == 30
        for name, found in ((EMPTY, floor), (target.name, ours)):
            cpu, memory, resident = found[count]
            limits = (150, 2) if judged and name != EMPTY else (None, None)
            yield Result(PART, f"{name}: server CPU a session, {count} open", cpu, "ms", limits[0])
            yield Result(
                PART,
                f"{name}: memory a session, {count} open",
                memory,
                "MB",
                limits[1],
                note=f"server {resident:.0f} MB",
            )


def _opened(
    chromium: Browser, target: Target, pid: int, counts: tuple[int, ...]
) -> dict[int, tuple[float, float, float]]:
    """By number of open tabs: CPU ms a session, MB a session, MB of the server."""
    context = browser.signed_in(chromium, target.address)
    for _ in range(3):
        browser.visit(context, target)
    time.sleep(SETTLE_SECONDS)
    process = psutil.Process(pid)
    cpu, memory = _cpu(process), process.memory_info().rss
    found: dict[int, tuple[float, float, float]] = {}
    pages: list[Page] = []
    for count in counts:
        while len(pages) < count:
            pages.append(_tab(context, target))
        time.sleep(SETTLE_SECONDS)
        resident = process.memory_info().rss
        spent = 1000 * (_cpu(process) - cpu) / count
        found[count] = (spent, (resident - memory) / 1e6 / count, resident / 1e6)
    context.close()
    return found


def _tab(context: BrowserContext, target: Target) -> Page:
    page = context.new_page()
    browser.watch(page, target.content, target.live)
    page.goto(target.address, wait_until="commit")
    browser.wait_until_live(page)
    return page


def _cpu(process: psutil.Process) -> float:
    """Seconds of CPU that the server has used so far."""
    times = process.cpu_times()
    return times.user + times.system
