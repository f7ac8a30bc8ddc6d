"""The servers that are compared, each in a process of its own."""

import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from .databases import TODAY

ROOT = Path(__file__).resolve().parent.parent
START_SECONDS = 30


@dataclass(frozen=True)
class Served:
    """A running server: `address` without a slash at the end, and the process it is."""

    address: str
    pid: int


@contextmanager
def site(db: Path) -> Iterator[Served]:
    """The product on the database `db`, started with its own command."""
    port = _free_port()
    command = ["advisory.cli", "--db", str(db), "serve", "--port", str(port)]
    with _running([*command, "--today", TODAY.isoformat()], port) as served:
        yield served


@contextmanager
def empty() -> Iterator[Served]:
    """Panel's own server with one page that says x."""
    port = _free_port()
    with _running(["bench.empty_page", str(port)], port) as served:
        yield served


@contextmanager
def empty_handler() -> Iterator[Served]:
    """Tornado's own server with one handler that reads a form."""
    port = _free_port()
    with _running(["bench.empty_handler", str(port)], port) as served:
        yield served


@contextmanager
def _running(command: list[str], port: int) -> Iterator[Served]:
    process = subprocess.Popen(
        [sys.executable, "-m", *command],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )
    try:
        address = f"http://127.0.0.1:{port}"
        _wait_for(address, process)
        yield Served(address, process.pid)
    finally:
        process.terminate()
        process.communicate(timeout=10)


def _wait_for(address: str, process: subprocess.Popen) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        if process.poll() is not None:
            raise RuntimeError(f"the server stopped: {process.communicate()[1]}")
        try:
            urllib.request.urlopen(address, timeout=START_SECONDS).close()
            return
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.1)
    raise RuntimeError(f"{address} did not answer in {START_SECONDS} s")


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]
