"""A server of its own on a free port, on a copy of the invented data, as of 13 March 2025."""

import http.client
import json
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

from advisory.store import open_store, sessions, users
from advisory.web.identity import COOKIE

NOW = datetime(2025, 3, 13, 9, tzinfo=UTC)
USER = "jonas@styrelsen.example"
SERVE = """
import sys
from datetime import UTC, datetime, timedelta
from advisory.settings import read
from advisory.web.server import serve

ahead = datetime(2025, 3, 13, 9, tzinfo=UTC) - datetime.now(UTC)
serve(
    read({**__import__("os").environ, "ADVISORY_DB": sys.argv[1]}),
    clock=lambda: datetime.now(UTC) + ahead,
    port=int(sys.argv[2]),
)
"""


@dataclass
class Site:
    """A running server and its database file."""

    db: Path
    port: int
    environment: dict[str, str]
    log: Path
    process: subprocess.Popen[bytes] | None = None
    cookies: dict[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it, and wait until it says that it is well."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-c", SERVE, str(self.db), str(self.port)],
                env=self.environment,
                stdout=log,
                stderr=log,
            )
        for _ in range(600):
            try:
                if self.get("/sundhed", Cookie="")[0] == 200:
                    return
            except OSError:
                time.sleep(0.1)
        raise AssertionError(self.log.read_text())

    def stop(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def cookie(self, login: str) -> str:
        """The Cookie header of somebody who has signed in."""
        if login not in self.cookies:
            with open_store(self.db, clock=lambda: NOW) as store:
                user = users.by_login(store, login)
                word = sessions.start(store, user["id"], "password")
            self.cookies[login] = f"{COOKIE}={word}"
        return self.cookies[login]

    def ask(
        self, method: str, path: str, body: str | None = None, **headers: str
    ) -> tuple[int, http.client.HTTPMessage, bytes]:
        """Status, headers and content of one request; `_` in a header's name stands for `-`.

        Without a Cookie header it is Jonas's, with an empty one it is nobody's.
        """
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            headers.setdefault("Cookie", self.cookie(USER))
            sent = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, path, body, sent)
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            connection.close()

    def get(self, path: str, **headers: str) -> tuple[int, http.client.HTTPMessage, bytes]:
        return self.ask("GET", path, **headers)

    def token(self, path: str, **headers: str) -> str:
        """The signed token in a page."""
        page = self.get(path, **headers)[2].decode()
        start = page.index('id="session">') + len('id="session">')
        return json.loads(page[start : page.index("</script>", start)])["token"]


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


@pytest.fixture(scope="session")
def make_site(
    demo_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
    subprocess_env: dict[str, str],
) -> Iterator[Callable[[], Site]]:
    """`make_site()` starts a server on its own copy of the invented data."""
    made: list[Site] = []

    def start() -> Site:
        folder = tmp_path_factory.mktemp("site")
        shutil.copyfile(demo_path, folder / "demo.db")
        made.append(Site(folder / "demo.db", free_port(), subprocess_env, folder / "log"))
        made[-1].start()
        return made[-1]

    yield start
    for site in made:
        site.stop()


@pytest.fixture(scope="session")
def site(make_site: Callable[[], Site]) -> Site:
    """One server for all tests that do not mind what others have written."""
    return make_site()
