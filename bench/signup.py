"""Signing up as the public does: forty at once, and two hundred in ten seconds."""

import asyncio
import re
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from advisory.store import meetings

from . import databases, servers
from .results import Result, median

PART = "a public sign-up, against an empty handler that reads a form"
AT_ONCE = 40
PAUSE = 3.2  # a form sent sooner is asked to be sent again
RUSH, RUSH_SECONDS = 200, 10
TICKET = re.compile(r'name="ticket" value="([^"]+)"')


@dataclass
class Sender:
    """One browser: a connection that stays open, from an address of its own."""

    number: int
    host: str
    port: int
    path: str
    ticket: str = ""
    sent: int = 0
    streams: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = field(default_factory=list)

    async def open(self) -> None:
        self.streams = [await asyncio.open_connection(self.host, self.port)]

    async def get_form(self) -> None:
        """Read the form; an empty handler has none."""
        found = TICKET.search((await self._ask("GET", b""))[1])
        self.ticket = found[1] if found else ""

    async def send(self) -> tuple[int, float]:
        """Send a form that nobody has sent; the status, and the seconds it took."""
        self.sent += 1
        who = f"p{self.number}.{self.sent}"
        typed = {
            "ticket": self.ticket,
            "name": f"Camilla Friis {who}",
            "email": f"{who}@struer.example",
            "municipality": "Struer",
            "workplace": "Socialpsykiatrien",
            "question": "Hvad skal vi have klar til mødet?",
        }
        body = urlencode(typed).encode()
        started = time.perf_counter()
        status, _ = await self._ask("POST", body)
        return status, time.perf_counter() - started

    async def _ask(self, method: str, body: bytes) -> tuple[int, str]:
        reader, writer = self.streams[0]
        place = f"10.{self.sent % 200}.{self.number // 200}.{self.number % 200}"
        head = (
            f"{method} {self.path} HTTP/1.1\r\nHost: {self.host}:{self.port}\r\n"
            f"X-Forwarded-For: {place}\r\nContent-Length: {len(body)}\r\n"
            "Content-Type: application/x-www-form-urlencoded\r\n\r\n"
        )
        writer.write(head.encode() + body)
        answer = (await reader.readuntil(b"\r\n\r\n")).decode()
        length = re.search(r"(?i)content-length: (\d+)", answer)
        content = await reader.readexactly(int(length[1])) if length else b""
        return int(answer.split()[1]), content.decode()


def measure(folder: Path, *, quick: bool) -> Iterator[Result]:
    """The product and the empty handler in turns, each with the same senders."""
    path, address = _meeting(folder / "signup.db")
    rounds = 3 if quick else 10
    with ExitStack() as running:
        site = running.enter_context(servers.site(path)).address + address
        floor = running.enter_context(servers.empty_handler()).address + "/"
        found = asyncio.run(_compare(site, floor, rounds))
        yield from _figures(*found)
        statuses = asyncio.run(_rush(site))
    errors = sum(status != 303 for status in statuses)
    yield Result(PART, f"errors at {RUSH} sign-ups in {RUSH_SECONDS} s", errors, "", 0)


def _meeting(path: Path) -> tuple[Path, str]:
    """A database with a meeting that has room, and the address of its form."""
    databases.invented(path)
    with databases.opened(path) as store:
        starts_at = databases.NOON + timedelta(days=20)
        number = meetings.create(
            store,
            "info_meeting",
            "Informationsmøde",
            starts_at=starts_at,
            ends_at=starts_at + timedelta(minutes=45),
            capacity=10_000,
        )
    return path, f"/tilmelding/{number}"


def _figures(ours: list[float], floor: list[float]) -> Iterator[Result]:
    name = f"{AT_ONCE} at once"
    for share, limit in ((50, None), (95, 100)):
        here, there = (1000 * _percentile(found, share) for found in (ours, floor))
        yield Result(PART, f"{name}: p{share}", here, "ms", limit)
        yield Result(PART, f"{name}: p{share} of the empty handler", there, "ms")
        yield Result(PART, f"{name}: p{share}, times the empty handler", here / there, "x")
    alone = median(found for found in ours[::AT_ONCE])
    yield Result(PART, f"{name}: the first of them", 1000 * alone, "ms")


def _percentile(found: list[float], share: int) -> float:
    """The value that `share` percent are not above."""
    return sorted(found)[max(-(-len(found) * share // 100) - 1, 0)]


async def _compare(site: str, floor: str, rounds: int) -> tuple[list[float], list[float]]:
    """The seconds of every form sent to each, in turns, the first round left out."""
    ours, theirs = await _senders(site, AT_ONCE), await _senders(floor, AT_ONCE)
    await asyncio.sleep(PAUSE)
    seconds: tuple[list[float], list[float]] = ([], [])
    for number in range(rounds + 1):
        for senders, found in zip((ours, theirs), seconds, strict=True):
            answers = await asyncio.gather(*(sender.send() for sender in senders))
            if unwanted := [status for status, _ in answers if status != 303]:
                raise RuntimeError(f"answered with {unwanted}")
            if number:
                found += sorted(taken for _, taken in answers)
    return seconds


async def _rush(site: str) -> list[int]:
    """The statuses of many sign-ups spread evenly over some seconds."""
    senders = await _senders(site, RUSH, first=AT_ONCE)
    await asyncio.sleep(PAUSE)

    async def later(sender: Sender) -> int:
        await asyncio.sleep((sender.number - AT_ONCE) * RUSH_SECONDS / RUSH)
        return (await sender.send())[0]

    return await asyncio.gather(*(later(sender) for sender in senders))


async def _senders(address: str, count: int, first: int = 0) -> list[Sender]:
    parts = urlsplit(address)
    senders = [
        Sender(first + number, str(parts.hostname), parts.port or 80, parts.path)
        for number in range(count)
    ]
    for sender in senders:
        await sender.open()
        await sender.get_form()
    return senders
