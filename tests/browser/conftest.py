"""A server on its own copy of the invented data, and windows that notice what goes wrong."""

import http.client
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import cycle
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import pandas as pd
import pytest

from advisory import frames
from advisory.store import Store, demo, open_store, plan, sessions, users
from advisory.store.erasure import GONE
from advisory.web.identity import COOKIE

from ..web.quiet import assert_logs_say_little

NOW = datetime(2025, 3, 13, 9, tzinfo=UTC)
LAUNCH = Path(__file__).with_name("launch.py")
WIDE, PHONE = {"width": 1440, "height": 1000}, {"width": 390, "height": 844}
USER = "jonas@styrelsen.example"
PERSONAL = {
    "app_user": ("login", "name"),
    "person": ("name", "email"),
    "attendee": ("name", "email"),
    "signup": ("token", "question"),
    "note": ("text",),
    "task": ("title",),
}


@dataclass
class Server:
    """A process that serves `db` on `port` as if it were `now`; can be killed and started again."""

    db: Path
    port: int
    environment: dict[str, str]
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)
    now: datetime = NOW

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start, and come back when `/sundhed` answers."""
        log = self.db.with_suffix(".log")
        with log.open("ab") as out:
            told = [str(self.db), str(self.port), self.now.isoformat()]
            command = [sys.executable, str(LAUNCH), *told]
            self.process = subprocess.Popen(command, env=self.environment, stdout=out, stderr=out)
        for _ in range(600):
            if self._answers():
                return
            if self.process.poll() is not None:
                break
            time.sleep(0.1)
        raise AssertionError(f"the server did not start:\n{log.read_text()}")

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def kept_quiet(self) -> None:
        """Fail if the log holds anything about a person, or a key to something of theirs."""
        with open_store(self.db, demo.SYSTEM) as store:
            kept = [
                row[column]
                for table, columns in PERSONAL.items()
                for row in store.rows(table)
                for column in columns
            ]
        assert_logs_say_little(self.db.with_suffix(".log"), {one for one in kept if one} - {GONE})

    def _answers(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", "/sundhed")
            return connection.getresponse().status == 200
        except OSError:
            return False
        finally:
            connection.close()

    @contextmanager
    def data(self) -> Iterator[Store]:
        """The database as it stands, opened by the server's own user."""
        with open_store(self.db, clock=lambda: NOW) as store:
            store.actor = users.actor_for(store, USER)
            yield store


@pytest.fixture(scope="session")
def make_server(
    demo_path: Path, tmp_path_factory: pytest.TempPathFactory, subprocess_env: dict[str, str]
) -> Iterator[Callable[[], Server]]:
    """`make_server()` starts a server on a new copy of the invented data."""
    made: list[Server] = []

    def make() -> Server:
        db = tmp_path_factory.mktemp("served") / "demo.db"
        shutil.copyfile(demo_path, db)
        with socket.socket() as found:
            found.bind(("127.0.0.1", 0))
            port = found.getsockname()[1]
        made.append(Server(db, port, subprocess_env))
        made[-1].start()
        return made[-1]

    yield make
    for server in made:
        server.kill()
        server.kept_quiet()


@pytest.fixture
def serve(
    browser: object, db: Path, subprocess_env: dict[str, str]
) -> Iterator[Callable[[datetime], Server]]:
    """`serve(instant)` starts a server on a module's own `db` as if it were that instant."""
    made: list[Server] = []

    def start(now: datetime) -> Server:
        with socket.socket() as found:
            found.bind(("127.0.0.1", 0))
            made.append(Server(db, found.getsockname()[1], subprocess_env, now=now))
        made[-1].start()
        return made[-1]

    yield start
    for server in made:
        server.kill()
        server.kept_quiet()


@pytest.fixture(scope="module")
def server(browser: object, make_server: Callable[[], Server]) -> Server:
    """One server for a module; a test that writes does so in a `case` it is given."""
    return make_server()


@pytest.fixture(scope="module")
def cases(server: Server) -> Iterator[Any]:
    """The running cases, over and over, each with its `address`."""
    with server.data() as store:
        found = frames.enrolments(store).query("status == 'active'")
        rows = [SimpleNamespace(**row._asdict()) for row in found.itertuples(index=False)]
    for row in rows:
        row.address = f"/kommune?k={row.slug}&hold={row.cohort}"
    return cycle(rows)


@pytest.fixture
def case(cases: Iterator[Any]) -> Any:
    """A running case, another one for each test."""
    return next(cases)


@pytest.fixture
def late_case(server: Server, case: Any) -> Any:
    """A running case with a late milestone: its latest tick is taken off if it has none."""
    with server.data() as store:
        steps = frames.milestones(store, case.enrolment_id)
        if "late" not in set(steps["state"]):
            past = steps["due_on"] < pd.Timestamp(NOW.date())
            ticked = steps[past & (steps["state"] == "done")]
            plan.mark_open(store, int(ticked["milestone_id"].iloc[-1]))
    return case


@pytest.fixture(scope="module")
def old_case(server: Server) -> Any:
    """A running case of the first cohort, for looking only."""
    with server.data() as store:
        found = frames.enrolments(store).query("status == 'active'").sort_values("starts_on")
    row = SimpleNamespace(**found.iloc[0])
    row.address = f"/kommune?k={row.slug}&hold={row.cohort}"
    return row


class Window:
    """One browser window of one person, and what went wrong in it.

    `errors` holds what the console said, except what fits the pattern `expected`; `foreign` the
    addresses of other hosts that were asked.
    """

    def __init__(self, page: Any, server: Server):
        self.page, self.server = page, server
        self.signed_in = False
        self.expected = "(?!)"
        self.errors: list[str] = []
        self.foreign: list[str] = []
        page.set_default_timeout(30_000)
        page.on("request", lambda request: self._look(request.url))
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", self._hear)

    def _hear(self, said: Any) -> None:
        if said.type == "error" and not re.search(self.expected, said.text):
            self.errors.append(said.text)

    def _look(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme in ("http", "https", "ws", "wss") and parts.port != self.server.port:
            self.foreign.append(url)

    def open(self, address: str) -> Any:
        """Go to an address of the site and come back when the page is connected.

        Who has not signed in as anybody yet is Jonas.
        """
        if not self.signed_in:
            sign_in(self, USER)
        self.page.goto(self.server.url + address)
        self.connected()
        return self.page

    def connected(self) -> None:
        self.page.wait_for_selector("html[data-live]", state="attached")

    @property
    def address(self) -> str:
        return self.page.url.removeprefix(self.server.url)


def sign_in(window: Window, login: str) -> None:
    """Make the person at a window somebody else; "" makes it nobody."""
    window.signed_in = True
    context, server = window.page.context, window.server
    context.clear_cookies(name=COOKIE)
    if not login:
        return
    with open_store(server.db, clock=lambda: server.now) as store:
        user = users.by_login(store, login)
        word = sessions.start(store, user["id"], "password")
    own = {"name": COOKIE, "value": word, "domain": "127.0.0.1", "path": "/"}
    context.add_cookies([{**own, "secure": True, "httpOnly": True, "sameSite": "Lax"}])


@pytest.fixture
def open_window(browser: Any, server: Server) -> Iterator[Callable[..., Window]]:
    """`open_window()` opens a window of its own (its own cookies); all must end without errors."""
    opened: list[Window] = []

    def make(viewport: dict[str, int] = WIDE, at: Server = server, **options: Any) -> Window:
        context = browser.new_context(locale="da-DK", viewport=viewport, **options)
        opened.append(Window(context.new_page(), at))
        return opened[-1]

    yield make
    for window in opened:
        window.page.context.close()
    assert [(window.errors, window.foreign) for window in opened] == [([], [])] * len(opened)


@pytest.fixture
def window(open_window: Callable[..., Window]) -> Window:
    return open_window()


@pytest.fixture
def phone(open_window: Callable[..., Window]) -> Window:
    return open_window(PHONE)
