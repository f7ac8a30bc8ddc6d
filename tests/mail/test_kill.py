"""A sender that is killed at any moment loses no mail and lets none come twice.

`MAIL_SOAK=1` kills it 50 times instead of 12.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from advisory.store import demo, open_store

from .ledger import faults, states
from .post import Post

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL to send")

KILLS = 50 if os.environ.get("MAIL_SOAK") else 12
A_KILL = 40  # mails for each


@pytest.fixture
def start_sender(subprocess_env: dict[str, str]) -> Iterator[Callable[..., subprocess.Popen]]:
    """`start_sender(path, port)`: a process that starts a sender for each line it is given."""
    started: list[subprocess.Popen] = []

    def start(path: Path, post: Post) -> subprocess.Popen:
        command = [sys.executable, str(Path(__file__).with_name("sender.py"))]
        started.append(
            subprocess.Popen(
                [*command, str(path), str(post.port)], env=subprocess_env, text=True,
                stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            )
        )  # fmt: skip
        return started[-1]

    yield start
    for process in started:
        process.stdin.close()
        process.wait(timeout=30)
        process.stdout.close()


def send(sender: subprocess.Popen, for_seconds: float | None = None) -> str:
    """Let a sender run to its end, or kill it after a time; returns how it went."""
    print("go", file=sender.stdin, flush=True)
    number = int(sender.stdout.readline())
    if for_seconds is not None:
        time.sleep(for_seconds)
        with suppress(ProcessLookupError):
            os.kill(number, signal.SIGKILL)
    return sender.stdout.readline().split()[1]


@pytest.mark.timeout(300)
def test_a_sender_killed_again_and_again_loses_none_and_sends_none_twice(
    facts, post, make_meeting, sign_up, start_sender, draw
):
    meeting, number = make_meeting(), KILLS * A_KILL
    with facts.write("signup.create"):
        for guest in range(number):
            sign_up(meeting, f"guest{guest}")
    facts.close()
    sender = start_sender(facts.path, post)

    went = [send(sender, draw.uniform(0.02, 0.25)) for _ in range(KILLS)]
    assert send(sender) == "0"

    with open_store(facts.path, demo.SYSTEM, clock=facts._clock) as store:
        assert faults(store, post.delivered) == []
        found = states(store)
        assert sum(found.values()) == number
        assert set(found) <= {"sent", "uncertain"}
        assert found.get("uncertain", 0) <= went.count("-9")
        uncertain = {row["message_id"] for row in store.rows("message", "state = 'uncertain'")}
    came = sum(one.message_id in uncertain for one in post.delivered)
    assert went.count("-9") > KILLS / 2
    print(f"{went.count('-9')} kills: {found}; of the uncertain {came} had come")
