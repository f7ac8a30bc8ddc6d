"""Forty at once for ten seats, through two processes: ten seats, in the order people came.

Five rounds; `SEATS_SOAK=200` for as many.
"""

import asyncio
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlencode

import pytest

from advisory.store import Store, meetings
from advisory.web.signing import Signer, key_beside

from .apart import apart

SERVER = Path(__file__).with_name("public_server.py")
ROUNDS = int(os.environ.get("SEATS_SOAK") or 5)
PEOPLE, SEATS, TWICE = 40, 10, 10
NOON = datetime(2025, 3, 13, 11, tzinfo=UTC)


@dataclass(frozen=True)
class Told:
    """What a person was answered: the status, and `plads` or `venteliste`."""

    person: int
    status: int
    word: str


@contextmanager
def processes(db: Path, environment: dict[str, str], *options: str) -> Iterator[list[int]]:
    """Two server processes on one database; their ports."""
    with ExitStack() as running:
        ports = []
        for _ in range(2):
            with socket.socket() as found:
                found.bind(("127.0.0.1", 0))
                ports.append(found.getsockname()[1])
            command = [sys.executable, str(SERVER), str(db), str(ports[-1]), *options]
            process = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE)
            running.callback(process.communicate)
            running.callback(process.terminate)
        for port in ports:
            _wait_for(port)
        yield ports


def _wait_for(port: int) -> None:
    for _ in range(300):
        with socket.socket() as knocking:
            if knocking.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise AssertionError("the server did not start")


@pytest.fixture
def meeting(facts: Store, clock) -> Callable[[], int]:
    """`meeting()` announces one with ten seats and returns its id."""
    clock.now = NOON

    def make() -> int:
        starts_at = NOON + timedelta(days=7)
        return meetings.create(
            facts,
            "info_meeting",
            "Informationsmøde",
            starts_at=starts_at,
            ends_at=starts_at + timedelta(minutes=45),
            capacity=SEATS,
        )

    return make


async def rush(ports: list[int], number: int, signer: Signer) -> list[Told]:
    """Forty people sign up at once; ten of them click twice, the second time elsewhere."""
    posts = [(person, ports[person % 2]) for person in range(PEOPLE)]
    posts += [(person, ports[1 - person % 2]) for person in range(0, PEOPLE, PEOPLE // TWICE)]
    ready = [await asyncio.open_connection("127.0.0.1", port) for _, port in posts]
    since = str(int(time.time()) - 60)  # once: a second click is the same form
    for (person, port), (_, writer) in zip(posts, ready, strict=True):
        ticket = f"{number}-{person}.{since}"
        typed = {
            "ticket": f"{ticket}.{signer.mark('ticket', f'{number}-{person}', since)}",
            "name": f"Person {person}",
            "email": f"p{person}.{number}@struer.example",
            "municipality": "Struer",
        }
        body = urlencode(typed)
        writer.write(
            f"POST /tilmelding/{number} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
            f"X-Forwarded-For: 10.{number % 250}.{number // 250}.{person}\r\n"
            "Content-Type: application/x-www-form-urlencoded\r\n"
            f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n{body}".encode()
        )
    answers = await asyncio.gather(*(reader.read() for reader, _ in ready))
    for _, writer in ready:
        writer.close()
    return [
        Told(person, int(answer.split()[1]), _word(answer.decode()))
        for (person, _), answer in zip(posts, answers, strict=True)
    ]


def _word(answer: str) -> str:
    found = re.search(r"kvittering\?k=(\w+)\.", answer)
    return found[1] if found else ""


def faults(rows: list[dict[str, object]], told: list[Told]) -> list[str]:
    """What is wrong with a meeting after such a rush; nothing when all is well."""
    found = [f"person {one.person} got {one.status}" for one in told if one.status != 303]
    if [row["queue"] for row in rows] != list(range(1, PEOPLE + 1)):
        found.append("the numbers have a gap, or somebody is there twice")
    if [row["state"] for row in rows] != ["seat"] * SEATS + ["waiting"] * (PEOPLE - SEATS):
        found.append("the seats are not those of the first")
    words = {"seat": "plads", "waiting": "venteliste"}
    stands = {str(row["email_key"]).partition(".")[0][1:]: str(row["state"]) for row in rows}
    for one in told:
        if one.status == 303 and words.get(stands.get(str(one.person), "")) != one.word:
            found.append(f"person {one.person} was told {one.word}")
    return found


def test_ten_seats_for_forty_at_once_through_two_processes(facts, meeting, subprocess_env):
    signer = Signer(key_beside(facts.path))
    with processes(facts.path, subprocess_env) as ports:
        for _ in range(ROUNDS):
            number = meeting()
            told = apart(rush(ports, number, signer))
            rows = facts.rows("signup", "activity_id = ?", [number], order="queue")
            assert faults(rows, told) == []


def test_control_without_the_lock_before_reading_it_goes_wrong(facts, meeting, subprocess_env):
    signer = Signer(key_beside(facts.path))
    found: list[str] = []
    with processes(facts.path, subprocess_env, "deferred") as ports:
        for _ in range(10):
            number = meeting()
            told = apart(rush(ports, number, signer))
            rows = facts.rows("signup", "activity_id = ?", [number], order="queue")
            found += faults(rows, told)
            if found:
                break

    assert found
    assert any("got 503" in one or "seats" in one or "gap" in one for one in found)


def _well() -> tuple[list[dict[str, object]], list[Told]]:
    rows: list[dict[str, object]] = [
        {
            "queue": person + 1,
            "state": "seat" if person < SEATS else "waiting",
            "email_key": f"p{person}.1@struer.example",
        }
        for person in range(PEOPLE)
    ]
    words = ["plads"] * SEATS + ["venteliste"] * (PEOPLE - SEATS)
    return rows, [Told(person, 303, words[person]) for person in range(PEOPLE)]


def test_control_each_fault_is_found():
    rows, told = _well()

    assert faults(rows, told) == []
    assert faults([*rows[:10], {**rows[10], "state": "seat"}, *rows[11:]], told) != []
    assert faults(rows[1:], told) != []
    assert faults([*rows, rows[-1]], told) != []
    assert faults(rows, [Told(0, 500, "plads"), *told[1:]]) == ["person 0 got 500"]
    assert faults(rows, [Told(0, 303, "venteliste"), *told[1:]]) == ["person 0 was told venteliste"]
