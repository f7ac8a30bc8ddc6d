"""Processes that the tests start: `python writers.py TASK DATABASE COUNT [ARGUMENT]`.

COUNT processes say `ready` and then report on the standard output, a line at a time. Each line is
written with one system call, so that the processes share the pipe.
"""

import os
import sys
import time
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

from advisory.domain.enrolments import Status
from advisory.domain.errors import AdvisoryError
from advisory.settings import shipped
from advisory.store import Store, decisions, demo, enrolments, journal, open_store, people, seed

NOW = datetime(2025, 3, 13, 9, tzinfo=UTC)


def say(*words: object) -> None:
    os.write(1, (" ".join(map(str, words)) + "\n").encode())


def commands(path: Path, number: int, argument: str) -> None:
    """Write notes (one record) and contacts (two) until killed; each is told once confirmed."""
    with open_store(path, demo.SYSTEM) as store:
        case = store.rows("enrolment")[0]["id"]
        say("ready")
        for turn in count():
            name = f"{number}-{turn}-{os.getpid()}"
            if turn % 3:
                contact = people.add_contact(store, case, name, "leader", valid_from=NOW.date())
                say("contact", contact, name)
            else:
                note = journal.add_note(store, case, name, kind="note", noted_on=store.today())
                say("note", note, name)


def tasks(path: Path, number: int, argument: str) -> None:
    """Write `argument` tasks as fast as possible."""
    with open_store(path, demo.SYSTEM) as store:
        say("ready")
        wait_for_start(path)
        for turn in range(int(argument)):
            journal.add_task(store, None, f"{number}-{turn}")
            say("done", number)


def same_row(path: Path, number: int, argument: str) -> None:
    """Give task 1 the next number as its title, `argument` times, reading it first."""
    with open_store(path, demo.SYSTEM) as store:
        say("ready")
        wait_for_start(path)
        for _ in range(int(argument)):
            with store.write("task.edit"):
                title = int(store.get("task", 1)["title"])
                store.update("task", 1, {"title": str(title + 1)})
        say("done", number)


def admit(path: Path, number: int, argument: str) -> None:
    """Admit this process's eighth of those that have applied; `deferred` is a control."""
    if argument == "deferred":
        Store._transaction = deferred
    with open_store(path, demo.SYSTEM, clock=lambda: NOW) as store:
        applied = [
            row["id"]
            for row in store.rows("enrolment")
            if enrolments.dated_statuses(store, row["id"])[-1][1] == Status.APPLIED
        ]
        mine = applied[number::8]
        say("ready")
        wait_for_start(path)
        for case in mine:
            try:
                decisions.decide(store, case, Status.ADMITTED, on_date=NOW.date(), reason="x")
                say("admitted", case)
            except AdvisoryError as error:
                say(error.key, case)


@contextmanager
def deferred(store: Store):
    """A plain BEGIN that lets others in between the check and the write."""
    store.db.execute("BEGIN")
    store._operation = os.urandom(8).hex()
    insert = Store.insert

    def late(self, table, row):
        time.sleep(0.03)
        return insert(self, table, row)

    store.insert = late.__get__(store)
    try:
        yield
        store.db.execute("COMMIT")
    except BaseException:
        store.db.rollback()
        raise
    finally:
        store._operation = None
        del store.insert


def opens(path: Path, number: int, argument: str) -> None:
    """Open a database that may not be there yet, and load the facts into it."""
    say("ready")
    wait_for_start(path)
    with open_store(path, demo.SYSTEM) as store:
        say("opened", number, store.version() >= 0)
        seed.load_facts(store, shipped("data"))
        say("loaded", number)


def holds(path: Path, number: int, argument: str) -> None:
    """Keep the database open until the process is ended."""
    with open_store(path, demo.SYSTEM):
        say("ready")
        time.sleep(120)


def wait_for_start(path: Path) -> None:
    while not Path(f"{path}.start").exists():
        time.sleep(0.002)


TASKS = {work.__name__: work for work in (commands, tasks, same_row, admit, opens, holds)}


def main(task: str, path: str, processes: str, argument: str = "") -> int:
    """Fork the processes and return 0 when each has ended well."""
    children = []
    for number in range(int(processes)):
        child = os.fork()
        if child == 0:
            status = 1
            try:
                TASKS[task](Path(path), number, argument)
                status = 0
            except BaseException as error:
                say("failed", number, type(error).__name__, error)
            finally:
                os._exit(status)
        children.append(child)
    return max(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
