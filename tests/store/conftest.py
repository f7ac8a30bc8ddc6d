"""Cases to work on, what a block of code wrote to the history, processes that write."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import date, timedelta
from pathlib import Path

import pytest

from advisory.domain.enrolments import Status
from advisory.store import (
    Row,
    Store,
    decisions,
    demo,
    enrolments,
    messages,
    open_store,
    utc_now,
)
from advisory.store.connection import connect


@pytest.fixture(autouse=True)
def offers_are_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Here nobody sends mails; that an offer does not lapse before it has been told is in mail/."""
    monkeypatch.setattr(messages, "to_be_told", lambda *_asked: set())


@pytest.fixture
def make_case(facts: Store) -> Callable[..., int]:
    """`make_case(101, "2024-02")` gives the id of an admitted case; other statuses on request."""

    def make(
        municipality_id: int = 101,
        cohort: str = "2024-02",
        *statuses: Status,
        received_on: date | None = None,
    ) -> int:
        row = facts.find("cohort", code=cohort)
        day = received_on or min(
            date.fromisoformat(row["starts_on"]) - timedelta(days=150), facts.today()
        )
        enrolment_id = enrolments.create(facts, row["id"], municipality_id, received_on=day)
        for number, status in enumerate(statuses or (Status.ADMITTED,), 1):
            on_date = day + timedelta(days=number)
            decisions.decide(
                facts, enrolment_id, status, on_date=min(on_date, facts.today()), reason="sent"
            )
        return enrolment_id

    return make


@pytest.fixture
def case(make_case: Callable[..., int]) -> int:
    """An admitted case of the first cohort, under way on the clock's day."""
    return make_case()


@pytest.fixture
def written() -> Callable[..., object]:
    """`with written(store) as changes:` fills a list of (action, table, kind, changed values)."""

    def told(row: dict) -> tuple:
        before, after = (json.loads(row[side] or "null") for side in ("before", "after"))
        if before is None:
            return row["action"], row["table_name"], "insert", after
        if after is None:
            return row["action"], row["table_name"], "delete", before
        changed = {key: after[key] for key in after if after[key] != before[key]}
        return row["action"], row["table_name"], "update", changed

    @contextmanager
    def watch(store: Store) -> Iterator[list[tuple]]:
        last, changes = store.version(), []
        yield changes
        changes += [told(row) for row in store.rows("history", "id > ?", [last])]

    return watch


class Unsealed(Store):
    """A store that writes the history as it was before the fifth step."""

    def _record(
        self, operation: str, table: str, row_id: int, before: Row | None, after: Row | None
    ) -> None:
        sides = [side and json.dumps(side, ensure_ascii=False) for side in (before, after)]
        actor = (self.actor.name, self.actor.role, self._actions[-1], operation)
        at = self.now().isoformat(timespec="microseconds")
        self.db.execute(
            "INSERT INTO history (at, actor, role, action, operation, table_name, row_id, before,"
            " after) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [at, *actor, table, row_id, *sides],
        )


@pytest.fixture
def open_former() -> Callable[..., Unsealed]:
    """`open_former(path, clock=...)` opens a database of earlier steps as the system then did."""

    def opened(path: Path, **more: object) -> Unsealed:
        open_store(path, demo.SYSTEM, **more).close()  # made by the steps that are known
        return Unsealed(connect(path), path, demo.SYSTEM, more.get("clock", utc_now))

    return opened


class Writers:
    """Processes of `writers.py` at work on one database; `lines` is what they said so far."""

    def __init__(self, env: dict[str, str], task: str, path: Path, processes: int, argument: str):
        self.path, self.processes, self.lines = path, processes, list[str]()
        command = [sys.executable, str(Path(__file__).with_name("writers.py"))]
        self.process = subprocess.Popen(
            [*command, task, str(path), str(processes), argument],
            stdout=subprocess.PIPE, text=True, env=env, start_new_session=True,
        )  # fmt: skip
        while sum(line == "ready" for line in self.lines) < processes:
            line = self.process.stdout.readline()
            assert line, self.lines
            self.lines.append(line.strip())

    def start(self) -> None:
        Path(f"{self.path}.start").touch()

    def read(self) -> None:
        """Read one more line."""
        self.lines.append(self.process.stdout.readline().strip())

    def kill(self) -> list[list[str]]:
        """End them all at once with SIGKILL; returns what they had said, word by word."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        return self.finish()

    def finish(self) -> list[list[str]]:
        """Wait for the end; returns what they have said, word by word."""
        rest, _ = self.process.communicate(timeout=60)
        self.lines += rest.splitlines()
        return [line.split() for line in self.lines if line != "ready"]


@pytest.fixture
def start_writers(subprocess_env: dict[str, str]) -> Iterator[Callable[..., Writers]]:
    """`start_writers("tasks", path, 8, "20")`: processes that are ready when this returns."""
    started: list[Writers] = []

    def start(task: str, path: Path, processes: int = 1, argument: str = "") -> Writers:
        started.append(Writers(subprocess_env, task, path, processes, argument))
        return started[-1]

    yield start
    for writers in started:
        if writers.process.poll() is None:
            writers.kill()
