"""Many processes after the last places: as many get one as there are, and nobody is fooled.

`PLACES_ROUNDS=200` is the whole; every round is 40 cases, decided at once by 8 processes.
"""

import json
import os
import shutil
import subprocess
import sys
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from advisory import frames
from advisory.domain.enrolments import Status
from advisory.store import Store, decisions, demo, enrolments, open_store, place_changes
from advisory.store.history import HEAD, differences

ROUNDS = int(os.environ.get("PLACES_ROUNDS", "10"))
PROCESSES, PLACES, HELD, APPLIED, WAITING = 8, 20, 10, 20, 20
WIDE, OWN = "2025-11", "2025-08"
OWN_PLACES, OWN_HELD = 8, 4
DAY = timedelta(days=1)
COPENHAGEN = ZoneInfo("Europe/Copenhagen")
NOW, LATER = datetime(2025, 3, 13, 9, tzinfo=UTC), datetime(2025, 9, 13, 9, tzinfo=UTC)
NO_PLACE = {"no_place_left", "cohort_full", "place_taken"}
MEANWHILE = {"decided_meanwhile", "changed_meanwhile"}


@dataclass(frozen=True)
class Try:
    """What a process tried in a round, what came of it, and between which versions and days.

    `seen` is the version it had looked at before; 0 when it was not asked to.
    """

    turn: int
    verb: str
    case: int
    key: str
    versions: tuple[int, int]
    days: tuple[date, date]
    seen: int

    @classmethod
    def heard(cls, words: list[str]) -> "Try":
        turn, verb, case, key, *rest = words
        days = tuple(date.fromisoformat(day) for day in rest[2:4])
        versions = int(rest[0]), int(rest[1])
        return cls(int(turn), verb, int(case), key, versions, days, int(rest[4]))


@pytest.fixture
def run(subprocess_env) -> Callable[..., list[Try]]:
    """`run("rush", folder, "")`: all that 8 processes tried, which begin together."""

    def start(task: str, folder: Path, argument: str = "", processes: int = PROCESSES):
        script = Path(__file__).with_name("place_writers.py")
        (folder / "all").touch()
        process = subprocess.Popen(
            [sys.executable, str(script), task, str(folder), str(processes), argument],
            stdout=subprocess.PIPE, text=True, env=subprocess_env,
        )  # fmt: skip
        lines = [process.stdout.readline() for _ in range(processes)]
        (folder / "all.start").touch()
        lines += process.communicate(timeout=3000)[0].splitlines()
        said = [line.split() for line in lines if line.strip() != "ready"]
        assert [words for words in said if words[0] == "failed"] == []
        assert sum(words[0] == "done" for words in said) == processes
        return [Try.heard(words) for words in said if words[0].isdigit()]

    return start


@pytest.fixture
def folder(facts, tmp_path) -> Callable[[int], Path]:
    """`folder(10)`: ten closed databases: 10 of 20 places held, 20 have applied and 20 wait.

    Half of those who want one want it in the cohort with a number of its own: 4 of its 8 are held.
    """
    first = facts.find("cohort", code=OWN)
    with facts.write("facts.load"):
        again = {"code": WIDE, "starts_on": "2025-11-01", "source": "x"}
        shared = {key: first[key] for key in ("initiative_id", "months")}
        wide = facts.insert("cohort", again | shared)
    place_changes.set_places(facts, first["id"], OWN_PLACES, "Aftalt")
    codes = iter([row["id"] for row in facts.rows("municipality")])
    day = facts.today() - 5 * DAY

    def make(number: int, own: int, status: Status | None) -> None:
        for turn in range(number):
            cohort_id = first["id"] if turn < own else wide
            case = enrolments.create(facts, cohort_id, next(codes), received_on=day)
            if status:
                decisions.decide(facts, case, status, on_date=day)

    make(HELD, OWN_HELD, Status.ADMITTED)
    make(WAITING, WAITING // 2, Status.WAITLISTED)
    make(APPLIED, APPLIED // 2, None)
    facts.close()

    def copies(count: int) -> Path:
        found = tmp_path / "rounds"
        found.mkdir()
        for turn in range(count):
            shutil.copyfile(facts.path, found / f"{turn:04}.db")
        return found

    return copies


# --- what the history says ------------------------------------------------------------------------


@dataclass
class Known:
    """The records that decide about places, as they were after an operation on a day."""

    version: int = 0
    day: date = date.min
    tables: dict[str, dict[int, dict]] = field(default_factory=dict)

    def status(self, case: int, day: date) -> str:
        """The status of a case at the end of `day`; `""` before the first."""
        rows = self._rows(case, day)
        if not rows:
            return ""
        over = [row["answer_by"] for row in rows if row["answer_by"]]
        if rows[-1]["status"] == "offered" and over and over[-1] < day.isoformat():
            return "lapsed"
        return rows[-1]["status"]

    def holds(self, case: int, day: date) -> bool:
        """Whether it holds a place: offered, admitted, or gone after the start and not freed."""
        status = self.status(case, day)
        if status != "withdrawn":
            return status in ("offered", "admitted")
        rows = self._rows(case, day)
        admitted = any(row["status"] == "admitted" for row in rows)
        freed = [row["enrolment_id"] for row in self._of("place_change") if row["kind"] == "freed"]
        starts = self.tables["cohort"][self.cohort(case)]["starts_on"]
        return admitted and rows[-1]["on_date"] >= starts and case not in freed

    def cohort(self, case: int) -> int:
        return self.tables["enrolment"][case]["cohort_id"]

    def records(self, case: int) -> list[dict]:
        """All that is recorded of a case and of the place it has."""
        of_both = self._of("enrolment_status") + self._of("place_change")
        return [row for row in of_both if row["enrolment_id"] == case]

    def held(self, day: date, cohort: int | None = None) -> int:
        return sum(
            self.holds(case, day)
            for case in self.tables["enrolment"]
            if cohort in (None, self.cohort(case))
        )

    def free(self, day: date, cohort: int | None = None) -> int:
        """Places free in all, or those that a cohort can still give."""
        in_all = next(iter(self._of("initiative")))["capacity"] - self.held(day)
        own = self.tables["cohort"][cohort]["places"] if cohort else None
        return in_all if own is None else min(in_all, own - self.held(day, cohort))

    def _rows(self, case: int, day: date) -> list[dict]:
        """What is recorded of a case up to a day, oldest first."""
        rows = [row for row in self._of("enrolment_status") if row["enrolment_id"] == case]
        return sorted(
            (row for row in rows if row["on_date"] <= day.isoformat()),
            key=lambda row: (row["on_date"], row["id"]),
        )

    def _of(self, table: str) -> list[dict]:
        return list(self.tables.get(table, {}).values())


def operations(store: Store) -> Iterator[Known]:
    """What was known after each operation, from the history alone; the facts are the first."""
    tables: dict[str, dict[int, dict]] = {}
    decide = ("initiative", "cohort", "enrolment", "enrolment_status", "place_change")
    rows = store.rows("history", f"table_name IN {decide}")
    for _, group in groupby(rows, key=lambda row: row["operation"]):
        done = list(group)
        tables = {name: dict(records) for name, records in tables.items()}
        for row in done:
            records = tables.setdefault(row["table_name"], {})
            if row["after"] is None:
                del records[row["row_id"]]
            else:
                records[row["row_id"]] = json.loads(row["after"])
        day = datetime.fromisoformat(done[-1]["at"]).astimezone(COPENHAGEN).date()
        yield Known(done[-1]["id"], day, tables)


class Past:
    """The history of a database, and what was tried in it."""

    def __init__(self, store: Store, tries: list[Try]):
        self.known, self.tries = list(operations(store)), tries
        self.versions = [known.version for known in self.known]

    def wrong(self) -> list[str]:
        """Every step that gave more than there was, or refused what there was."""
        found = [problem for known in self.known for problem in self._over(known)]
        return found + [problem for one in self.tries for problem in self._fooled(one)]

    def between(self, one: Try, *, looked: bool = False) -> list[Known]:
        """What was known at each moment at which it may have been refused, or since it looked."""
        since = one.seen if looked else one.versions[0]
        first, last = (bisect_right(self.versions, version) for version in (since, one.versions[1]))
        return self.known[max(first - 1, 0) : last]

    def _over(self, known: Known) -> Iterator[str]:
        if known.tables.get("enrolment") is None:
            return
        if known.free(known.day) < 0:
            yield f"over: {known.held(known.day)} on {known.day}"
        for cohort in known.tables["cohort"].values():
            if cohort["places"] is not None:
                held = known.held(known.day, cohort["id"])
                if held > cohort["places"]:
                    yield f"over in {cohort['code']}: {held} of {cohort['places']}"

    def _fooled(self, one: Try) -> Iterator[str]:
        days = [
            one.days[0] + number * DAY for number in range((one.days[1] - one.days[0]).days + 1)
        ]
        moments = [(known, day) for known in self.between(one) for day in days]
        if one.key in MEANWHILE and one.verb != "carry_out":
            if not self._was_changed(one):
                yield f"nobody decided meanwhile: {one}"
        elif one.verb == "accept" and one.key != "done":
            if all(known.status(one.case, day) == "offered" for known, day in moments):
                yield f"no accept of what was offered: {one}"
        elif one.key in NO_PLACE and self._was_free(one, moments):
            yield f"refused while a place was free: {one}"
        elif one.key == "capacity_below_held" and self._was_low(one, moments):
            yield f"so many were never held: {one}"

    def _was_changed(self, one: Try) -> bool:
        """Whether somebody recorded something of that case after it had been looked at."""
        first, *later = (known.records(one.case) for known in self.between(one, looked=True))
        return any(records != first for records in later)

    def _was_low(self, one: Try, moments: list[tuple[Known, date]]) -> bool:
        """Whether no more was held at any moment than the number that was wanted."""
        return all(known.held(day) <= one.case for known, day in moments)

    def _was_free(self, one: Try, moments: list[tuple[Known, date]]) -> bool:
        """Whether there was a place at every moment; undoing needs one on many days, so never."""
        if one.verb in ("undo", "carry_out"):
            return False
        if one.verb.startswith("move_"):
            code = one.verb.removeprefix("move_")
            ids = {row["code"]: row["id"] for row in self.known[-1].tables["cohort"].values()}
            return all(known.free(day, ids[code]) > 0 for known, day in moments)
        return all(known.free(day, known.cohort(one.case)) > 0 for known, day in moments)


def unbalanced(store: Store) -> list[str]:
    """What is wrong with the ledger: sums that do not fit the records, a step out of line."""
    found, last = [], {"taken_after": 0, "offered_after": 0, "free_after": 0}
    ledger = frames.ledger(store)
    for number, row in enumerate(ledger.to_dict("records")):
        for name in ("taken", "offered", "free"):
            first = name == "free" and number == 0
            if not first and row[f"{name}_after"] != last[f"{name}_after"] + row[name]:
                found.append(f"{name} does not add up in line {number}")
        last = row
    rounds = frames.rounds(store)
    known = list(operations(store))[-1]
    held = known.held(store.today())
    sums = {
        "ledger": last["taken_after"] + last["offered_after"],
        "movements": ledger["taken"].sum() + ledger["offered"].sum(),
        "rounds": rounds["taken"].sum() + rounds["offered"].sum(),
        "free": last["capacity_after"] - last["free_after"],
    }
    return found + [
        f"{name}: {number}, held {held}" for name, number in sums.items() if number != held
    ]


def each(folder: Path, tries: list[Try], check: Callable[..., list[str]]) -> list[str]:
    """What `check` and every general check finds in each database of a folder."""
    found = []
    for turn, path in enumerate(sorted(folder.glob("*.db"))):
        mine = [one for one in tries if one.turn == turn]
        with open_store(path, demo.SYSTEM, clock=lambda: NOW) as store:
            past = Past(store, mine)
            problems = past.wrong() + check(past, mine) + unbalanced(store)
            problems += differences(store.db, store.path, HEAD)
        found += [f"{turn}: {problem}" for problem in problems]
    return found


# --- the last places ------------------------------------------------------------------------------


def exactly_ten(past: Past, tries: list[Try]) -> list[str]:
    """What is wrong when ten were to be given; empty is well."""
    known, found = past.known[-1], []
    day = known.day
    given = [one for one in tries if one.verb in ("admit", "offer") and one.key == "done"]
    accepted = [one for one in tries if one.verb == "accept" and one.key == "done"]
    if len(given) != PLACES - HELD or known.held(day) != PLACES:
        found.append(f"{len(given)} given, {known.held(day)} held")
    if len(tries) != APPLIED + WAITING + sum(one.verb == "offer" for one in given):
        found.append(f"{len(tries)} tries")
    keys = {one.key for one in tries} - {"done"}
    if keys - NO_PLACE:
        found.append(f"refused with {keys - NO_PLACE}")
    own = sum(known.cohort(one.case) == cohort_id(known, OWN) for one in given)
    if "cohort_full" in keys and own != OWN_PLACES - OWN_HELD:
        found.append(f"{own} given where it was full")
    for one in given:
        if not known.holds(one.case, day):
            found.append(f"told and has none: {one}")
    if {one.case for one in accepted} != {one.case for one in given if one.verb == "offer"}:
        found.append("offered and not accepted")
    return found


def cohort_id(known: Known, code: str) -> int:
    return next(row["id"] for row in known.tables["cohort"].values() if row["code"] == code)


@pytest.mark.timeout(3000)
def test_eight_processes_after_the_last_ten_places_give_exactly_ten(folder, run):
    rounds = folder(ROUNDS)

    tries = run("rush", rounds)

    assert each(rounds, tries, exactly_ten) == []
    keys = Counter(one.key for one in tries)
    print(f"{ROUNDS} rounds, {len(tries)} tries: {keys}")
    assert set(keys) >= {"done", "place_taken", "no_place_left"}


@pytest.mark.timeout(3000)
def test_places_taken_away_meanwhile_are_given_to_nobody(folder, run):
    rounds = folder(ROUNDS)

    tries = run("rush", rounds, "lowering")

    allowed = {
        *NO_PLACE,
        "done",
        "capacity_below_held",
        "places_below_held",
        "places_over_capacity",
    }
    keys = Counter(one.key for one in tries)
    print(f"{ROUNDS} rounds, {len(tries)} tries: {keys}")
    assert set(keys) <= allowed
    assert {"capacity_below_held"} <= set(keys)

    assert each(rounds, tries, lambda past, mine: []) == []


@pytest.mark.parametrize("without", ["deferred", "unchecked", "too_soon", "always_decided"])
def test_control_without_the_lock_or_the_rule_it_is_wrong(folder, run, without):
    rounds = folder(1)

    tries = run("rush", rounds, without)

    problems = each(rounds, tries, exactly_ten)
    print(Counter(one.key for one in tries), problems[:4])
    expected = {
        "deferred": "",
        "unchecked": "over",
        "too_soon": "refused while a place was free",
        "always_decided": "nobody decided meanwhile",
    }
    assert any(expected[without] in problem for problem in problems)


# --- two scenarios at once ------------------------------------------------------------------------


def one_of_two(past: Past, tries: list[Try]) -> list[str]:
    """What is wrong when two carry something out of which only one can be."""
    done = [one for one in tries if one.key == "done"]
    if len(tries) != 2 or len(done) != 1:
        return [f"{len(done)} carried out: {tries}"]
    before = next(known for known in past.known if known.version >= done[0].versions[0])
    after = past.known[-1]
    found = []
    if len(past.known) - past.known.index(before) != 2:
        found.append("more than one operation")
    more = len(after.tables["enrolment_status"]) - len(before.tables["enrolment_status"])
    if more != done[0].case:
        found.append(f"{more} decisions of {done[0].case}")
    return found


@pytest.mark.timeout(600)
def test_of_two_scenarios_at_once_one_is_carried_out_and_the_other_leaves_nothing(folder, run):
    rounds = folder(max(ROUNDS // 2, 6))

    tries = run("carries", rounds, processes=2)

    assert each(rounds, tries, one_of_two) == []
    keys = {
        kind: {one.key for one in tries if one.turn % 3 == kind} - {"done"} for kind in range(3)
    }
    print(len(tries), keys)
    assert keys[0] <= {"decided_meanwhile", "already_withdrawn"}
    assert keys[1] <= {"scenario_changed"}
    assert keys[2] <= {"no_place_left", "place_taken"}


# --- everything at once ---------------------------------------------------------------------------

VERBS = {"admit", "wait", "offer", "accept", "withdraw", "create", "undo"}  # at least these


def everything(folder: Path, tries: list[Try]) -> list[str]:
    path = next(folder.glob("*.db"))
    with open_store(path, demo.SYSTEM, clock=lambda: LATER) as store:
        past = Past(store, tries)
        return past.wrong() + unbalanced(store) + differences(store.db, store.path, HEAD)


@pytest.mark.timeout(600)
def test_whatever_eight_processes_do_no_place_is_given_twice_or_withheld(folder, run):
    rounds = folder(1)

    tries = run("mixes", rounds, str(min(8 * ROUNDS / 10, 40)))

    done = Counter(one.verb for one in tries if one.key == "done")
    refused = Counter(one.key for one in tries if one.key != "done")
    print(len(tries), done, refused)
    assert everything(rounds, tries) == []
    assert set(done) >= VERBS
    assert refused["database_busy"] <= len(tries) / 100


def test_control_places_that_nobody_counts_are_noticed_in_the_mix(folder, run):
    rounds, found = folder(1), []

    for seconds in (3, 6, 12, 24):  # what happens is left to chance; a busy machine does less
        found += everything(rounds, run("mixes", rounds, f"{seconds},unchecked"))
        if any("over" in problem for problem in found):
            return
        next(rounds.glob("*.start")).unlink()
    pytest.fail(f"nobody noticed that places were not counted: {found}")
