"""What tests start from: a clock that is set, real database files, invented data, a browser.

The tests that draw at random draw the same each time, so that a red run is about the change and
not about luck. `TEST_SEED` takes another number, or `new` for one nobody has tried: `make explore`.
The number is printed.
"""

import importlib
import os
import random
import shutil
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import hypothesis
import pytest

from advisory.settings import shipped
from advisory.store import Actor, Store, demo, open_store, seed, users

TODAY = date(2025, 3, 13)
NOW = datetime(2025, 3, 13, 9, tzinfo=UTC)
SEED = os.environ.get("TEST_SEED") or "20250313"
ROOT = Path(__file__).resolve().parent.parent
BROWSER_ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
]


def pytest_configure(config: pytest.Config) -> None:
    for marker in (
        "browser: needs Chromium; skipped with a reason where there is none, an error with CI=true",
        "demo: about the invented data",
        "drawn: draws at random, so it can say more with another `TEST_SEED`",
    ):
        config.addinivalue_line("markers", marker)
    hypothesis.settings.register_profile(
        "ours",
        derandomize=SEED != "new",
        database=None,
        deadline=None,
        suppress_health_check=[hypothesis.HealthCheck.too_slow],  # the machine's, not the test's
    )
    hypothesis.settings.load_profile("ours")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        drawn = "draw" in getattr(item, "fixturenames", ())
        if drawn or getattr(getattr(item, "obj", None), "is_hypothesis_test", False):
            item.add_marker("drawn")


class Clock:
    """A clock that stands still until it is set."""

    def __init__(self, now: datetime):
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def on(self, day: date, hour: int = 9) -> None:
        self.now = datetime(day.year, day.month, day.day, hour, tzinfo=UTC)

    def tick(self, **span: float) -> None:
        self.now += timedelta(**span)


@pytest.fixture
def clock() -> Clock:
    """13 March 2025, 9.00 UTC (10.00 in Copenhagen)."""
    return Clock(NOW)


@pytest.fixture(scope="session")
def data_dir() -> Path:
    return shipped("data")


@pytest.fixture(scope="session")
def empty_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database without any rows, made once; closed, so that it may be copied."""
    path = tmp_path_factory.mktemp("empty") / "empty.db"
    open_store(path, demo.SYSTEM, clock=lambda: NOW).close()
    return path


@pytest.fixture(scope="session")
def facts_path(tmp_path_factory: pytest.TempPathFactory, data_dir: Path) -> Path:
    """The public facts as of 13 March 2025, made once; closed, so that they may be copied."""
    path = tmp_path_factory.mktemp("facts") / "facts.db"
    with open_store(path, demo.SYSTEM, clock=lambda: NOW) as opened:
        seed.load_facts(opened, data_dir)
    return path


@pytest.fixture
def store(
    request: pytest.FixtureRequest, tmp_path: Path, clock: Clock, data_dir: Path
) -> Iterator[Store]:
    """A database file of its own, opened by the system: empty, or with the facts if asked for.

    A copy of what was made once, unless the clock has been set to another day before.
    """
    path, of_facts = tmp_path / "peers.db", "facts" in request.fixturenames
    copied = clock.now == NOW
    if copied:
        shutil.copyfile(request.getfixturevalue("facts_path" if of_facts else "empty_path"), path)
    with open_store(path, demo.SYSTEM, clock=clock) as opened:
        if of_facts and not copied:
            seed.load_facts(opened, data_dir)
        yield opened


@pytest.fixture
def facts(store: Store) -> Store:
    """The store with the public facts loaded."""
    return store


@pytest.fixture(scope="session")
def demo_path(tmp_path_factory: pytest.TempPathFactory, data_dir: Path) -> Path:
    """The invented data as of 13 March 2025, made once; closed, so that it may be copied."""
    path = tmp_path_factory.mktemp("demo") / "demo.db"
    with open_store(path, demo.SYSTEM, clock=lambda: NOW) as opened:
        demo.load(opened, data_dir, TODAY)
    return path


@pytest.fixture
def demo_store(demo_path: Path, tmp_path: Path, clock: Clock) -> Iterator[Store]:
    """A copy of the invented data for one test, opened by the consultant Jonas."""
    path = tmp_path / "demo.db"
    shutil.copyfile(demo_path, path)
    with open_store(path, clock=clock) as opened:
        opened.actor = users.actor_for(opened, "jonas@styrelsen.example")
        yield opened


@pytest.fixture
def as_role(request: pytest.FixtureRequest, clock: Clock) -> Iterator[Callable[..., Store]]:
    """`as_role("office")` opens the test's own database file again, with that role."""
    opened: list[Store] = []

    def open_as(role: str, store: Store | None = None) -> Store:
        own = "demo_store" if "demo_store" in request.fixturenames else "store"
        path = (store or request.getfixturevalue(own)).path
        opened.append(open_store(path, Actor(role, role.title(), role), clock=clock))
        return opened[-1]

    yield open_as
    for one in opened:
        one.close()


@pytest.fixture
def draw() -> random.Random:
    """Random numbers from `TEST_SEED`, which is printed."""
    number = time.time_ns() % 1_000_000_000 if SEED == "new" else int(SEED)
    print(f"TEST_SEED={number}")
    return random.Random(number)


@pytest.fixture(scope="session")
def subprocess_env() -> dict[str, str]:
    """The environment in which a Python started by a test finds the package."""
    paths = [str(ROOT), os.environ.get("PYTHONPATH", "")]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))}


@pytest.fixture(scope="session")
def browser() -> Iterator[object]:
    """A Chromium driven by Playwright. Without one: skipped, but an error with CI=true."""
    found = [shutil.which(name) for name in ("chromium", "chromium-browser", "google-chrome")]
    path = next(filter(None, found), None)
    try:
        playwright = importlib.import_module("playwright.sync_api")
    except ImportError:
        playwright = None
    if path is None or playwright is None:
        missing = "Chromium" if path is None else "Playwright"
        reason = f"{missing} is not installed, so nothing was tried in a browser"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    with playwright.sync_playwright() as started:
        opened = started.chromium.launch(executable_path=path, args=BROWSER_ARGS)
        yield opened
        opened.close()
