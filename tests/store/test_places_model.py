"""Applications and places step by step beside a plain model that shares no code with the product.

`PLACES_STEPS=5000` takes the long random walk at its full length; `TEST_SEED` repeats one.
"""

import os
import random
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from advisory import frames
from advisory.domain import capacity as rules
from advisory.domain import enrolments as moves
from advisory.domain.enrolments import Status
from advisory.domain.errors import AdvisoryError, Refused
from advisory.settings import shipped
from advisory.store import (
    decisions,
    demo,
    enrolments,
    open_store,
    place_changes,
    places,
    seed,
    undo,
)
from advisory.store.history import HEAD, differences
from advisory.store.promises import Promises
from advisory.store.scenarios import Wanted, carry_out

STEPS = int(os.environ.get("PLACES_STEPS", "1500"))
DAY = timedelta(days=1)
FIRST, OVER = date(2025, 3, 3), date(2025, 7, 20)
TOWNS = (101, 147, 151, 153, 155, 157, 159, 161, 163, 165, 167, 169, 173, 175)
CODES = ("A", "B", "C")
LAST = {"A": date(2025, 5, 9), "B": date(2025, 7, 19), "C": date(2025, 9, 30)}
STARTS = {"A": date(2025, 4, 10), "B": date(2025, 5, 20), "C": date(2025, 7, 1)}
APPLY_BY = {"A": date(2025, 3, 14), "B": None, "C": date(2025, 4, 20)}
# Public holidays and closing days that are no Saturdays or Sundays.
CLOSED = {
    date(2025, 4, 17), date(2025, 4, 18), date(2025, 4, 21), date(2025, 5, 1), date(2025, 5, 29),
    date(2025, 6, 5), date(2025, 6, 9),
}  # fmt: skip
ALLOWED = {
    "": ("applied",),
    "applied": ("admitted", "waitlisted", "declined", "withdrawn"),
    "waitlisted": ("offered", "withdrawn"),
    "offered": ("admitted", "lapsed", "offered", "withdrawn"),
    "admitted": ("withdrawn",),
    "active": ("withdrawn",),
}


class No(Exception):
    """The model says no, with the key that the product is to say."""


@dataclass(frozen=True)
class Case:
    """One municipality in one cohort, and what decides its place in the line."""

    town: int
    cohort: str
    received: date
    priority: tuple[int | None, str] = (None, "")
    reviewed: date | None = None


@dataclass(frozen=True)
class Said:
    """One dated status of a case."""

    case: int
    status: str
    day: date
    answer_by: date | None = None


@dataclass(frozen=True)
class Change:
    """A decision about numbers of places, about a place given up, or about another cohort."""

    kind: str
    day: date
    case: int | None = None
    cohort: str | None = None
    before: object = None
    after: object = None


Record = Case | Said | Change | int | None


@dataclass
class Model:
    """All records by (table, id), as the words of the rules have them."""

    today: date
    records: dict[tuple[str, object], Record]
    last: Counter = field(default_factory=Counter)
    done: list[dict] = field(default_factory=list)  # what each operation changed
    touched: dict[tuple[str, object], int] = field(default_factory=dict)

    # --- reading --------------------------------------------------------------------------------

    def cases(self) -> dict[int, Case]:
        return {key: one for (table, key), one in self.records.items() if table == "case"}

    def said(self, case: int) -> list[tuple[int, Said]]:
        """What is recorded of a case, oldest first."""
        return sorted(
            (key, one)
            for (table, key), one in self.records.items()
            if table == "said" and one.case == case
        )

    def changes(self, kind: str) -> list[Change]:
        """The changes of a kind, oldest first."""
        found = [(key, one) for (table, key), one in self.records.items() if table == "change"]
        return [one for _, one in sorted(found, key=lambda pair: pair[0]) if one.kind == kind]

    def cohort(self, case: int, day: date) -> str:
        """The cohort that a case was in at the end of `day`."""
        later = [one for one in self.changes("moved") if one.case == case and one.day > day]
        return later[0].before if later else self.cases()[case].cohort

    def limit(self, code: str | None, day: date) -> int | None:
        """The number of places of a cohort, or of all, at the end of `day`."""
        kind = "places" if code else "capacity"
        later = [one for one in self.changes(kind) if one.cohort == code and one.day > day]
        return later[0].before if later else self.records[kind, code]

    def status(self, case: int, day: date) -> str:
        """The status at the end of `day`, `""` before there was one."""
        rows = [one for _, one in self.said(case) if one.day <= day]
        if not rows:
            return ""
        status, code = rows[-1].status, self.cases()[case].cohort
        if status == "offered" and day > rows[-1].answer_by:
            return "lapsed"
        if status == "admitted" and day >= STARTS[code]:
            return "active" if day <= LAST[code] else "completed"
        return status

    def holds(self, case: int, day: date) -> bool:
        """Who is offered a place or is in; and who left after the start, until it is given up."""
        status = self.status(case, day)
        if status != "withdrawn":
            return status in ("offered", "admitted", "active", "completed")
        rows = [one for _, one in self.said(case) if one.day <= day]
        left = rows[-1].day >= STARTS[self.cases()[case].cohort]
        freed = any(one.case == case and one.day <= day for one in self.changes("freed"))
        return left and not freed and any(one.status == "admitted" for one in rows)

    def answer_by(self, case: int) -> date | None:
        """The last day to answer the offer that the case had, if it had one."""
        days = [one.answer_by for _, one in self.said(case) if one.answer_by]
        return days[-1] if days else None

    def held(self, day: date, code: str | None = None, without: int | None = None) -> int:
        return sum(
            self.holds(case, day)
            for case in self.cases()
            if case != without and code in (None, self.cohort(case, day))
        )

    def left(self, code: str | None, day: date, without: int | None = None) -> int:
        """The fewest places left of a number on any day from `day` to today; many without one."""
        days = [day + number * DAY for number in range((self.today - day).days + 1)]
        return min(
            99
            if self.limit(code, one) is None
            else self.limit(code, one) - self.held(one, code, without)
            for one in days
        )

    def free(self, code: str, day: date) -> int:
        return min(self.left(None, day), self.left(code, day))

    def queue(self, code: str, day: date) -> list[int]:
        """Those who wait: in time before late, by day received, by priority, by number."""
        found = []
        for key, case in self.cases().items():
            if case.cohort == code and self.status(key, day) == "waitlisted":
                number = case.priority[0] or 1000
                found.append((self.late(key), case.received, number, key))
        return [key for *_, key in sorted(found)]

    def late(self, case: int) -> bool:
        one = self.cases()[case]
        by = APPLY_BY[one.cohort]
        return by is not None and one.received > by

    # --- applications ---------------------------------------------------------------------------

    def create(self, town: int, code: str, received: date) -> int:
        if received > self.today:
            raise No("received_in_future")
        if received >= STARTS[code]:
            raise No("cohort_started")
        mine = [key for key, one in self.cases().items() if one.town == town]
        self._refuse_again(town, code)
        if any(self.is_in(key) for key in mine):
            raise No("municipality_in")
        case = self._add("case", Case(town, code, received))
        self._add("said", Said(case, "applied", received))
        return case

    def _refuse_again(self, town: int, code: str) -> None:
        for key, one in self.cases().items():
            if (one.town, one.cohort) == (town, code):
                raise No("already_enrolled" if self.is_in(key) else "already_closed")

    def is_in(self, case: int) -> bool:
        over = ("declined", "lapsed", "withdrawn")
        return self.status(case, self.today) not in over or self.holds(case, self.today)

    def review(self, case: int, reviewed: bool) -> None:
        day = self.today if reviewed else None
        self.records["case", case] = replace(self.cases()[case], reviewed=day)

    def prioritise(self, case: int, number: int | None, reason: str) -> None:
        if number is not None and not 1 <= number <= 999:
            raise No("number_out_of_range")
        if number is not None and not reason.strip():
            raise No("reason_needed")
        changed = replace(self.cases()[case], priority=(number, reason.strip()))
        self.records["case", case] = changed

    # --- decisions ------------------------------------------------------------------------------

    def decide(
        self,
        case: int,
        status: str,
        on: date,
        reason: str = "",
        by: date | None = None,
        seen: int | None = None,
    ) -> None:
        self._refuse_decided(case, seen)
        if on > self.today:
            raise No("status_in_future")
        if on < self.said(case)[-1][1].day:
            raise No("status_out_of_order")
        now, gives = self.status(case, on), status in ("offered", "admitted")
        if now == "lapsed" and gives:
            raise No("offer_lapsed_on")
        if now == status == "withdrawn":
            raise No("already_withdrawn")
        if status not in ALLOWED.get(now, ()):
            raise No("move_not_allowed")
        asked = status in ("declined", "withdrawn") or (gives and self._is_unusual(case, on))
        asked |= status == "lapsed" and on <= self.answer_by(case)
        asked |= now == status == "offered"
        if asked and not reason.strip():
            raise No("reason_needed")
        starts = STARTS[self.cases()[case].cohort]
        if gives and on >= starts:
            raise No("cohort_started")
        if gives:
            self._refuse_full(case, self.cases()[case].cohort, on, seen)
        if status == "offered":
            by = by or max(min(ten_days_after(on), starts - DAY), on)
            self._refuse_answer_by(by, on, starts)
        self._add("said", Said(case, status, on, by if status == "offered" else None))

    def move(self, case: int, code: str, reason: str, seen: int | None = None) -> None:
        self._refuse_decided(case, seen)
        one, status = self.cases()[case], self.status(case, self.today)
        if code == one.cohort:
            raise No("cohort_elsewhere")
        if STARTS[code] <= self.today:
            raise No("cohort_started")
        if status not in ("applied", "waitlisted", "offered", "admitted"):
            raise No("move_not_open")
        self._refuse_again(one.town, code)
        if self.holds(case, self.today):
            self._refuse_full(case, code, self.today, seen)
        if status == "offered":
            self._refuse_answer_by(self.said(case)[-1][1].answer_by, FIRST, STARTS[code])
        if not reason.strip():
            raise No("reason_needed")
        self.records["case", case] = replace(one, cohort=code)
        self._add("change", Change("moved", self.today, case, code, one.cohort, code))

    def _refuse_decided(self, case: int, seen: int | None) -> None:
        """Refuse when it was decided, moved or given up after somebody looked; the last counts."""
        for changed in reversed(self.done[seen:] if seen is not None else []):
            for (table, _), (before, after) in reversed(changed.items()):
                if table == "said" and (before or after).case == case:
                    raise No("decided_meanwhile")
                if table == "change" and (before or after).case == case:
                    raise No("changed_meanwhile")

    def _was_given(self, code: str | None, seen: int | None) -> bool:
        """Whether another got a place since, of the cohort or of all, and it still stands."""
        new = {key[1] for one in self.done[seen:] for key in one if key[0] == "said"}
        for case, one in self.cases().items():
            way = [(0, Said(case, "", FIRST)), *self.said(case)]
            for (_, old), (key, now) in pairwise(way):
                got = now.status in ("offered", "admitted") and old.status != "offered"
                if seen is not None and key in new and got and code in (None, one.cohort):
                    return True
        return False

    def _is_unusual(self, case: int, day: date) -> bool:
        """Late, or past somebody who waits; an offer was explained when it was made."""
        if self.status(case, day) == "offered":
            return False
        code, ahead = self.cases()[case].cohort, set()
        for when in (day, self.today):
            line = self.queue(code, when)
            ahead |= {*(line[: line.index(case)] if case in line else line)}
        return self.late(case) or (bool(ahead) and self.free(code, day) <= len(ahead))

    def _refuse_full(self, case: int, code: str, day: date, seen: int | None) -> None:
        full = self.left(None, day, case) < 1, self.left(code, day, case) < 1
        if not any(full):
            return
        if self._was_given(None if full[0] else code, seen):
            raise No("place_taken")
        raise No("no_place_left" if full[0] else "cohort_full")

    def _refuse_answer_by(self, by: date, on: date, starts: date) -> None:
        if by < on:
            raise No("answer_before_offer")
        if by >= starts:
            raise No("answer_after_start")

    # --- numbers of places ----------------------------------------------------------------------

    def give_up(self, case: int, reason: str) -> None:
        if self.status(case, self.today) != "withdrawn" or not self.holds(case, self.today):
            raise No("nothing_to_free")
        if not reason.strip():
            raise No("reason_needed")
        code = self.cases()[case].cohort
        self._add("change", Change("freed", self.today, case, code))

    def set_capacity(self, number: int, reason: str) -> None:
        if not 0 <= number <= 1000:
            raise No("number_out_of_range")
        if number == self.records["capacity", None]:
            return
        if number < self.held(self.today):
            raise No("capacity_below_held")
        change = Change("capacity", self.today, None, None, self.records["capacity", None], number)
        self.records["capacity", None] = number
        self._refuse_overgiven()
        if not reason.strip():
            raise No("reason_needed")
        self._add("change", change)

    def set_places(self, code: str, number: int | None, reason: str) -> None:
        self._set_places(code, number, reason)
        self._refuse_overgiven()

    def move_place(self, source: str, target: str, reason: str) -> None:
        if source == target:
            raise No("cohort_elsewhere")
        given, taking = self.records["places", source], self.records["places", target]
        if given is None or taking is None:
            raise No("cohort_without_number")
        if not given:
            raise No("no_place_to_move")
        self._set_places(source, given - 1, reason)
        self._set_places(target, taking + 1, reason)

    def _set_places(self, code: str, number: int | None, reason: str) -> None:
        if number is not None and not 0 <= number <= 1000:
            raise No("number_out_of_range")
        before = self.records["places", code]
        if number == before:
            return
        if number is not None and number < self.held(self.today, code):
            raise No("places_below_held")
        if not reason.strip():
            raise No("reason_needed")
        self.records["places", code] = number
        self._add("change", Change("places", self.today, None, code, before, number))

    def _refuse_overgiven(self) -> None:
        given = sum(self.records["places", code] or 0 for code in CODES)
        if given > self.records["capacity", None]:
            raise No("places_over_capacity")

    # --- several as one, and back ---------------------------------------------------------------

    def carry_out(
        self, code: str, wanted: Wanted, reason: str, by: date | None, seen: int | None
    ) -> int:
        given = (*wanted.turn_down, *wanted.withdraw, *wanted.admit, *wanted.offers)
        if any(self.cases()[case].cohort != code for case in given):
            raise No("case_elsewhere")
        numbers = [number for number in (wanted.capacity, wanted.places) if number is not None]
        if not given and not numbers:
            raise No("scenario_empty")
        for case in (*wanted.turn_down, *wanted.withdraw):
            self.decide(case, "withdrawn", self.today, reason, None, seen)
        fewer = wanted.capacity is not None and wanted.capacity < self.records["capacity", None]
        if wanted.places is not None and fewer:
            self.set_places(code, wanted.places, reason)
        if wanted.capacity is not None:
            self.set_capacity(wanted.capacity, reason)
        if wanted.places is not None and not fewer:
            self.set_places(code, wanted.places, reason)
        for case in wanted.admit:
            self.decide(case, "admitted", self.today, reason, None, seen)
        if tuple(self.queue(code, self.today)[: len(wanted.offers)]) != wanted.offers:
            raise No("scenario_changed")
        for case in wanted.offers:
            self.decide(case, "offered", self.today, reason, by, seen)
        return len(given) + len(numbers)

    def undo(self, operation: int) -> None:
        """Put back what an operation changed, unless something has come of it since."""
        changed = self.done[operation]
        for key, (before, after) in changed.items():
            if self.touched[key] != operation:
                raise No("revert_too_late")
            if key[0] == "said" and any(
                later > key[1] and self.touched["said", later] != operation
                for later, _ in self.said((before or after).case)
            ):
                raise No("revert_too_late")
        was = self.copy()
        for key, (before, _) in changed.items():
            self.records.pop(key, None)
            if before is not None or key[0] == "places":
                self.records[key] = before
        self._refuse_torn()
        self._refuse_overgiven()
        homes = Counter(one.town for case, one in self.cases().items() if self.is_in(case))
        if max(homes.values(), default=0) > 1:
            raise No("municipality_in")
        self._refuse_starts(was)
        self._refuse_oversold(was)

    def _refuse_starts(self, was: "Model") -> None:
        """Refuse when another start cuts an offer short, or turns what a withdrawal did."""
        for case, one in self.cases().items():
            if case not in was.cases() or was.cases()[case].cohort == one.cohort:
                continue
            old, new = STARTS[was.cases()[case].cohort], STARTS[one.cohort]
            if was.status(case, self.today) == "offered" and self.answer_by(case) >= new:
                raise No("start_over_offer")
            left = [row.day for _, row in self.said(case) if row.status == "withdrawn"]
            if any((day >= old) != (day >= new) for day in left):
                raise No("start_over_withdrawal")

    def _refuse_torn(self) -> None:
        """Refuse when a record rests on one that is gone, or stands where another does."""
        cases = self.cases()
        for case in cases:
            way = ["", *(one.status for _, one in self.said(case))]
            if any(new not in ALLOWED.get(old, ()) for old, new in pairwise(way)):
                raise No("revert_too_late")
        rests = [
            one.case for (table, _), one in self.records.items() if table in ("said", "change")
        ]
        homes = Counter((one.town, one.cohort) for one in cases.values())
        if {*rests} - {*cases, None} or max(homes.values(), default=0) > 1:
            raise No("revert_too_late")

    def _refuse_oversold(self, was: "Model") -> None:
        days = {day for one in (self, was) for day in one.turns() if day <= self.today}
        for code in (None, *CODES):
            for day in days:
                limit, old = self.limit(code, day), was.limit(code, day)
                if limit is None:
                    continue
                held = self.held(day, code)
                more = held > was.held(day, code) or old is None or limit < old
                if more and held > limit:
                    raise No("cohort_full" if code else "no_place_left")

    def turns(self) -> Iterator[date]:
        """The days on which a number can change."""
        yield self.today
        for (table, _), one in self.records.items():
            if table in ("said", "change"):
                yield one.day
            if table == "said" and one.answer_by:
                yield one.answer_by + DAY

    def _add(self, table: str, record: Record) -> int:
        self.last[table] += 1
        self.records[table, self.last[table]] = record
        return self.last[table]

    def copy(self) -> "Model":
        """The same now; what either does then, the other does not see."""
        own = {"records": dict(self.records), "last": Counter(self.last)}
        return replace(self, **own, done=[*self.done], touched=dict(self.touched))

    def keep(self, before: dict) -> bool:
        """Remember what an operation changed; False when it changed nothing."""
        keys = [
            key for key in {**before, **self.records} if before.get(key) != self.records.get(key)
        ]
        changed = {key: (before.get(key), self.records.get(key)) for key in keys}
        if changed:
            self.touched |= dict.fromkeys(changed, len(self.done))
            self.done.append(changed)
        return bool(changed)


def ten_days_after(day: date) -> date:
    left = 10
    while left:
        day += DAY
        left -= day.weekday() < 5 and day not in CLOSED
    return day


def outcome(work: Callable[[], object]) -> tuple[object, str]:
    """What `work` answers, and the key it is refused with, "" if it is not."""
    try:
        return work(), ""
    except AdvisoryError as error:
        return None, error.key
    except No as error:
        return None, str(error)


# --- the two side by side -------------------------------------------------------------------------


class Both:
    """Three cohorts in the store and in the model; every step is taken in both and compared."""

    def __init__(self, path: Path, said: list[tuple]):
        self.now = datetime(FIRST.year, FIRST.month, FIRST.day, 9, tzinfo=UTC)
        self.store = open_store(path, demo.SYSTEM, clock=lambda: self.now)
        self.initiative, self.ids = self._found(), {}
        self.names = {
            row["code"]: row["id"] for row in self.store.rows("cohort") if row["code"] in CODES
        }
        records = {("capacity", None): 2} | {("places", code): None for code in CODES}
        self.model = Model(FIRST, records)
        self.operations: list[str] = []
        self.versions = [self.store.version()]  # after so many operations
        self.said, self.steps = said, 0

    def _found(self) -> int:
        with self.store.write("facts.load"):
            period = {"period_from": "2025-01-01", "period_to": "2026-12-31"}
            initiative = self.store.insert(
                "initiative",
                {"code": "x", "name": "X", "capacity": 2, "months": 1, "source": "x", **period},
            )
            for months, code in enumerate(CODES, 1):
                days = {"starts_on": STARTS[code].isoformat()}
                days["apply_by"] = APPLY_BY[code].isoformat() if APPLY_BY[code] else None
                own = {"initiative_id": initiative, "code": code, "months": months, "source": "x"}
                self.store.insert("cohort", own | days)
        return initiative

    def step(self, verb: str, *args) -> str:
        """Take a step in both; what they answer, and how all stands then, must be the same."""
        self.now += timedelta(minutes=1)
        before = self.model.copy()
        expected = outcome(lambda: getattr(self.model, verb)(*args))
        found = outcome(lambda: getattr(self, f"_{verb}")(*args))
        self.said.append((verb, args, found[1]))
        assert found == expected, self.said[-1]
        if expected[1]:
            self.model = before
        elif self.model.keep(before.records):
            self.operations.append(self.store.last_operation)
            self.versions.append(self.store.version())
        self.check()
        return found[1]

    def wait(self, days: int) -> None:
        self.now += days * DAY
        self.model.today += days * DAY
        self.said.append(("wait", (days,), ""))
        self.check()

    def check(self) -> None:
        """Compare how every case and every place stands; from time to time what the pages show."""
        self.steps += 1
        model, today = self.model, self.model.today
        assert self.store.today() == today
        known = places.cases(self.store, self.initiative)
        found = {
            case: (str(rules.standing(one, today)), rules.holds_place_on(one, today), one.answer_by)
            for case, one in known.items()
        }
        assert found == {
            case: (model.status(case, today), model.holds(case, today), model.answer_by(case))
            for case in model.cases()
        }
        assert self._numbers(known) == {
            code: (model.records["places", code], model.free(code, today), model.queue(code, today))
            for code in CODES
        }
        limit = self.store.get("initiative", self.initiative)["capacity"]
        assert (limit, rules.held(known.values(), today)) == (
            model.records["capacity", None], model.held(today),
        )  # fmt: skip
        assert model.held(today) <= limit
        if self.steps % 3 == 0:
            self.check_ledger(today)
        if self.steps % 25 == 0:
            self.check_pages()

    def _numbers(self, known: dict) -> dict[str, tuple]:
        found = {}
        for code, cohort_id in self.names.items():
            cohort = self.store.get("cohort", cohort_id)
            today = self.store.today()
            line = [one.enrolment_id for one in places.queue(self.store, cohort, known, today)]
            free = places.free(self.store, cohort, known, today, today)
            found[code] = cohort["places"], free, line
        return found

    def check_pages(self) -> None:
        """Compare the frames: every application, every round, and the ledger day by day."""
        model = self.model
        rows = frames.applications(self.store).astype({"queue": "object"}).fillna({"queue": 0})
        names = ["status", "cohort", "late", "holds_place", "can_free", "queue"]
        found = dict(zip(rows["enrolment_id"], rows[names].itertuples(index=False, name=None)))
        assert found == {case: self._application(case) for case in model.cases()}
        rounds = frames.rounds(self.store).to_dict("records")
        found = {
            row["cohort"]: (row["taken"], row["offered"], row["free"], row["waiting"])
            for row in rounds
            if row["cohort"] in CODES
        }
        assert found == {code: self._round(code) for code in CODES}

    def _application(self, case: int) -> tuple:
        model, today = self.model, self.model.today
        status, code = model.status(case, today), model.cases()[case].cohort
        line = model.queue(code, today)
        can_free = status == "withdrawn" and model.holds(case, today)
        number = line.index(case) + 1 if case in line else 0
        return status, code, model.late(case), model.holds(case, today), can_free, number

    def _round(self, code: str) -> tuple[int, int, int, int]:
        model, today = self.model, self.model.today
        mine = [case for case, one in model.cases().items() if one.cohort == code]
        offered = sum(model.status(case, today) == "offered" for case in mine)
        free = max(model.free(code, today), 0)
        return model.held(today, code) - offered, offered, free, len(model.queue(code, today))

    def check_ledger(self, today: date) -> None:
        """The ledger says at the end of each of its days what was held and what there was."""
        model, ledger = self.model, frames.ledger(self.store).to_dict("records")
        days = {row["on"].date(): row for row in ledger}
        assert all(day <= today for day in days)
        for day, row in days.items():
            held, limit = model.held(day), model.limit(None, day)
            assert (row["taken_after"] + row["offered_after"], row["free_after"]) == (
                held, limit - held,
            )  # fmt: skip
            assert row["free_after"] >= 0
        for code in CODES:
            inside = sum(row["taken"] + row["offered"] for row in ledger if row["cohort"] == code)
            moved = [row for row in ledger if row["cause"] == "moved"]
            inside += sum((row["cohort"] == code) - (row["from_cohort"] == code) for row in moved)
            assert inside == model.held(today, code)

    def close(self) -> None:
        self.check_pages()
        self.check_ledger(self.model.today)
        different = differences(self.store.db, self.store.path, HEAD)
        self.store.close()
        assert different == []

    # the product's side of every step

    def _create(self, town: int, code: str, received: date) -> int:
        return enrolments.create(self.store, self.names[code], town, received_on=received)

    def _review(self, case: int, reviewed: bool) -> None:
        enrolments.review(self.store, case, reviewed)

    def _prioritise(self, case: int, number: int | None, reason: str) -> None:
        enrolments.prioritise(self.store, case, number, reason)

    def _decide(self, case, status, on, reason="", by=None, seen=None) -> None:
        told = {"on_date": on, "reason": reason, "answer_by": by, "seen": self._version(seen)}
        decisions.decide(self.store, case, Status(status), **told)

    def _move(self, case: int, code: str, reason: str, seen: int | None = None) -> None:
        told = {"seen": self._version(seen)}
        decisions.move_cohort(self.store, case, self.names[code], reason, **told)

    def _give_up(self, case: int, reason: str) -> None:
        place_changes.free(self.store, case, reason)

    def _set_capacity(self, number: int, reason: str) -> None:
        place_changes.set_capacity(self.store, self.initiative, number, reason)

    def _set_places(self, code: str, number: int | None, reason: str) -> None:
        place_changes.set_places(self.store, self.names[code], number, reason)

    def _move_place(self, source: str, target: str, reason: str) -> None:
        place_changes.move_place(self.store, self.names[source], self.names[target], reason)

    def _carry_out(self, code, wanted, reason, by, seen) -> int:
        told = {"answer_by": by, "seen": self._version(seen)}
        return carry_out(self.store, self.names[code], wanted, reason, **told)

    def _version(self, seen: int | None) -> int | None:
        return None if seen is None else self.versions[seen]

    def _undo(self, operation: int) -> None:
        self.store.revert(self.operations[operation])


@pytest.fixture(scope="module")
def ready(tmp_path_factory) -> Path:
    """A closed database with the facts, to copy."""
    path = tmp_path_factory.mktemp("ready") / "peers.db"
    noon = datetime(2025, 3, 1, 9, tzinfo=UTC)
    with open_store(path, demo.SYSTEM, clock=lambda: noon) as store:
        seed.load_facts(store, shipped("data"))
    return path


@pytest.fixture
def worlds(ready, tmp_path) -> Iterator[Callable[[], Both]]:
    """`worlds()`: three cohorts in both, in a new database; all closed at the end."""
    made: list[Both] = []
    said: list[tuple] = []

    def make() -> Both:
        path = tmp_path / f"{len(made)}.db"
        shutil.copyfile(ready, path)
        made.append(Both(path, said))
        return made[-1]

    yield make
    for both in made:
        both.store.close()


# --- steps at random ------------------------------------------------------------------------------

NEXT = {
    "applied": [*["admitted", "waitlisted"] * 4, "declined", "withdrawn"],
    "waitlisted": [*["offered"] * 8, "withdrawn"],
    "offered": [*["admitted"] * 4, "withdrawn", "lapsed", "offered"],
    "admitted": ["withdrawn"],
    "active": ["withdrawn"],
}
STATUSES = ("admitted", "waitlisted", "declined", "offered", "lapsed", "withdrawn", "applied")


def walk(worlds: Callable[[], Both], draw: random.Random, steps: int) -> list[tuple]:
    """Take `steps` random steps, some months at a time, and return what they were."""
    both = None
    for _ in range(steps):
        if both is None or both.model.today > OVER or both.steps > 200:
            if both:
                both.close()
            both = worlds()
            both.wait(draw.choice([0, 0, 25, 60, 90]))
        random_step(both, draw)
    both.close()
    return both.said


def random_step(both: Both, draw: random.Random) -> None:
    known, lot = sorted(both.model.cases()), draw.random()
    why = draw.choice(["x", "x", "x", "x", "", " "])
    ahead = [code for code in CODES if STARTS[code] > both.model.today]
    code = draw.choice(ahead if ahead and draw.random() < 0.9 else CODES)
    if lot < 0.18 or not known:
        ago = [both.model.today - days * DAY for days in (-1, 0, 0, 1, 3, 10)]
        received = draw.choice([*ago, FIRST, FIRST, FIRST])
        both.step("create", draw.choice(TOWNS), code, received)
    elif lot < 0.56:
        random_decision(both, draw, known, why)
    elif lot < 0.59:
        random_move(both, draw, known, code, why)
    elif lot < 0.64:
        number = draw.choice([None, 1, 1, 2, 3, 0, 1000])
        line = both.model.queue(code, both.model.today)
        both.step("prioritise", draw.choice(line or known), number, why)
    elif lot < 0.65:
        both.step("review", draw.choice(known), draw.random() < 0.6)
    elif lot < 0.68:
        both.step("set_capacity", draw.choice([1, 2, 2, 3, 4, -1]), why)
    elif lot < 0.725:
        both.step("set_places", code, draw.choice([None, 0, 1, 1, 1, 2, 1001]), why)
    elif lot < 0.74:
        own = [one for one in CODES if both.model.records["places", one] is not None]
        both.step("move_place", draw.choice(own or CODES), draw.choice(own or CODES), why)
    elif lot < 0.78:
        random_scenario(both, draw, code, why)
    elif lot < 0.80:
        model = both.model
        gone = [case for case in known if model.status(case, model.today) == "withdrawn"]
        gone = [case for case in gone if model.holds(case, model.today)] or gone
        both.step("give_up", draw.choice(gone or known), why)
    elif lot < 0.88 and both.operations:
        random_undo(both, draw)
    else:
        both.wait(draw.choice([1, 1, 2, 5]))


def random_move(both: Both, draw: random.Random, known: list[int], code: str, why: str) -> None:
    """Move a case, rather one that holds a place, rather to a cohort with a number of its own."""
    model = both.model
    holding = [case for case in known if model.holds(case, model.today)]
    own = [one for one in CODES if model.records["places", one] is not None]
    case = draw.choice(holding if holding and draw.random() < 0.6 else known)
    code = draw.choice(own) if own and draw.random() < 0.5 else code
    both.step("move", case, code, why, looked(both, draw))


def random_undo(both: Both, draw: random.Random) -> None:
    """Take one operation back; or the last two, and then the first taking back back."""
    last = len(both.operations) - 1
    if last > 0 and draw.random() < 0.3:
        for operation in (last, last - 1, last + 1):
            both.step("undo", min(operation, len(both.operations) - 1))
    else:
        both.step("undo", max(last - draw.choice([0, 0, 0, 1, 2, 4, 8, 19]), 0))


def looked(both: Both, draw: random.Random) -> int | None:
    """After how many operations somebody looked; most do not say."""
    ago = draw.choice([None, None, None, 0, 0, 1, 3, 9])
    return None if ago is None else max(len(both.operations) - ago, 0)


def random_decision(both: Both, draw: random.Random, known: list[int], why: str) -> None:
    model = both.model
    hopes = draw.choice([[*NEXT], [*NEXT][:3], [*NEXT][:3], [*NEXT][:3], ["active"]])
    alive = [case for case in known if model.status(case, model.today) in hopes]
    case = draw.choice(alive if alive and draw.random() < 0.9 else known)
    likely = NEXT.get(model.status(case, model.today), STATUSES)
    status = draw.choice(likely if draw.random() < 0.9 else STATUSES)
    on = model.today - draw.choice([0] * 16 + [1, 2, 6, -1]) * DAY
    by = draw.choice([None, None, *(on + days * DAY for days in (-1, 0, 1, 4, 4, 9, 60, 120))])
    seen = looked(both, draw)
    both.step("decide", case, status, on, why, by, seen)


def random_scenario(both: Both, draw: random.Random, code: str, why: str) -> None:
    model, today = both.model, both.model.today

    def some(*statuses: str) -> tuple[int, ...]:
        cases = model.cases().items()
        mine = [
            key for key, one in cases if one.cohort == code and model.status(key, today) in statuses
        ]
        return tuple(draw.sample(mine, min(len(mine), draw.choice([0, 0, 1, 2]))))

    line = tuple(model.queue(code, today)[: draw.choice([0, 1, 2, 3])])
    wanted = Wanted(offers=line if draw.random() < 0.7 else line[::-1])
    if draw.random() < 0.6:
        wanted = replace(
            wanted,
            turn_down=some("offered"),
            withdraw=some("admitted", "active"),
            capacity=draw.choice([None, None, 2, 3, 4]),
            places=draw.choice([None, None, 1, 2]),
            admit=some("applied") + (tuple(model.cases())[:1] if draw.random() < 0.1 else ()),
        )
    by = draw.choice([None, today + 3 * DAY])
    both.step("carry_out", code, wanted, why, by, looked(both, draw))


VERBS = {
    "create", "decide", "move", "prioritise", "review", "set_capacity", "set_places", "move_place",
    "carry_out", "give_up", "undo", "wait",
}  # fmt: skip
KEYS = {
    "received_in_future", "cohort_started", "already_enrolled", "municipality_in", "reason_needed",
    "decided_meanwhile", "status_in_future", "status_out_of_order", "offer_lapsed_on",
    "already_withdrawn", "move_not_allowed", "place_taken", "no_place_left", "cohort_full",
    "answer_before_offer", "answer_after_start", "move_not_open", "nothing_to_free",
    "number_out_of_range", "capacity_below_held", "places_below_held", "places_over_capacity",
    "cohort_without_number", "cohort_elsewhere", "scenario_changed", "scenario_empty",
    "case_elsewhere", "revert_too_late",
    "already_closed",
}  # fmt: skip


@pytest.mark.timeout(3000)
def test_a_long_random_walk_stays_with_the_model(worlds, draw):
    said = walk(worlds, draw, STEPS)

    keys = Counter(key for _, _, key in said)
    print(f"{len(said)} steps, {len({(verb, key) for verb, _, key in said})} kinds, {keys}")
    done = {verb for verb, _, key in said if not key}
    assert STEPS < 5000 or (done == VERBS and {*keys} >= KEYS)


# --- controls -------------------------------------------------------------------------------------


def by_day_only(rows):
    return sorted(rows, key=lambda row: (row.late, row.received_on, row.enrolment_id))


def late_first(rows):
    return sorted(rows, key=lambda row: (not row.late, row.received_on, row.enrolment_id))


def leaving_frees(status, **_):
    return status in moves.HOLDS


def one_too_many(capacity, taken):
    if taken > capacity:
        raise Refused("no_place_left", capacity=capacity)


def never_lapses(case, day):
    return moves.status_on(case.rows, case.starts_on, case.ends_on, day)


def lapses_a_day_early(case, day):
    status = moves.status_on(case.rows, case.starts_on, case.ends_on, day)
    over = status == Status.OFFERED and case.answer_by is not None and day >= case.answer_by
    return Status.LAPSED if over else status


checked = decisions._refuse_without_place


def a_moved_place_is_not_counted(store, cohort, known, enrolment_id, day, seen):
    if not rules.holds_place_on(known[enrolment_id], day):
        checked(store, cohort, known, enrolment_id, day, seen)


def nothing(*_asked):
    return None


CONTROLS = {
    "an offer never lapses": (rules, "standing", never_lapses),
    "an offer lapses a day early": (rules, "standing", lapses_a_day_early),
    "an offer lasts a day more": (rules, "ANSWER_WORKING_DAYS", 11),
    "who comes late goes first": (rules, "waiting_order", late_first),
    "priority is ignored": (rules, "waiting_order", by_day_only),
    "leaving after the start frees the place": (rules, "holds_place", leaving_frees),
    "a place given up stays held": (places, "freed_days", lambda store: {}),
    "one place too many": (rules, "check_free", one_too_many),
    "the cohort's own number is ignored": (rules, "check_free_in_cohort", nothing),
    "a moved place is not counted": (
        decisions, "_refuse_without_place", a_moved_place_is_not_counted,
    ),
    "who comes late needs no reason": (moves, "is_late", lambda received_on, apply_by: False),
    "who is passed over is not told why": (decisions, "unusual", nothing),
    "decisions of others do not count": (decisions, "_refuse_changed_since", nothing),
    "cohorts may have more than there is": (places, "refuse_overgiven", nothing),
    "undo gives a place too many": (places, "refuse_oversold", nothing),
    "undo lets one take part twice": (Promises, "_taking_part_twice", lambda one: {}),
    "undo leaves out a step": (undo, "_refuse_broken_ways", nothing),
}  # fmt: skip


@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", CONTROLS)
def test_control_a_wrong_rule_parts_the_two(worlds, monkeypatch, name):
    """A fixed seed, so that the control does not depend on luck."""
    monkeypatch.setattr(*CONTROLS[name])
    monkeypatch.setattr(Both, "check_pages", nothing)  # they take time and find nothing more here

    with pytest.raises(AssertionError):
        walk(worlds, random.Random(1), 5000)


# --- steps chosen to break it ---------------------------------------------------------------------


class Applications(RuleBasedStateMachine):
    """The same, with steps that are chosen to break it and made as short as they can be."""

    ready: Path
    why = st.sampled_from(["x", "x", ""])
    code = st.sampled_from(CODES)

    def __init__(self):
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        path = Path(self.folder.name) / "both.db"
        shutil.copyfile(self.ready, path)
        self.both = Both(path, [])

    def one(self, data: st.DataObject) -> int:
        return data.draw(st.sampled_from(sorted(self.both.model.cases())))

    def looked(self, data: st.DataObject) -> int | None:
        return data.draw(st.none() | st.integers(0, len(self.both.operations)))

    @initialize(capacity=st.integers(1, 3), towns=st.integers(1, 5), code=code)
    def begin(self, capacity, towns, code):
        self.both.step("set_capacity", capacity, "x")
        for town in TOWNS[:towns]:
            self.both.step("create", town, code, self.both.model.today)

    @rule(town=st.sampled_from(TOWNS[:6]), code=code, ago=st.integers(-1, 9))
    def create(self, town, code, ago):
        self.both.step("create", town, code, self.both.model.today - ago * DAY)

    @precondition(lambda self: self.both.model.cases())
    @rule(
        data=st.data(),
        status=st.sampled_from(STATUSES),
        ago=st.sampled_from([0, 0, 0, 1, 4]),
        by=st.none() | st.integers(-1, 30),
        why=why,
    )
    def decide(self, data, status, ago, by, why):
        on = self.both.model.today - ago * DAY
        until = None if by is None else on + by * DAY
        self.both.step("decide", self.one(data), status, on, why, until, self.looked(data))

    @precondition(lambda self: self.both.model.cases())
    @rule(data=st.data(), why=why)
    def decide_as_is_usual(self, data, why):
        case, today = self.one(data), self.both.model.today
        likely = NEXT.get(self.both.model.status(case, today), STATUSES)
        self.both.step("decide", case, data.draw(st.sampled_from(likely)), today, why)

    @precondition(lambda self: self.both.model.cases())
    @rule(data=st.data(), code=code, why=why)
    def move(self, data, code, why):
        self.both.step("move", self.one(data), code, why, self.looked(data))

    @precondition(lambda self: self.both.model.cases())
    @rule(data=st.data(), number=st.none() | st.integers(0, 3), why=why)
    def prioritise(self, data, number, why):
        self.both.step("prioritise", self.one(data), number, why)

    @precondition(lambda self: self.both.model.cases())
    @rule(data=st.data(), reviewed=st.booleans())
    def review(self, data, reviewed):
        self.both.step("review", self.one(data), reviewed)

    @precondition(lambda self: self.both.model.cases())
    @rule(data=st.data(), why=why)
    def give_up(self, data, why):
        self.both.step("give_up", self.one(data), why)

    @rule(number=st.integers(-1, 4), why=why)
    def set_capacity(self, number, why):
        self.both.step("set_capacity", number, why)

    @rule(code=code, number=st.none() | st.integers(-1, 3), why=why)
    def set_places(self, code, number, why):
        self.both.step("set_places", code, number, why)

    @rule(source=code, to=code, why=why)
    def move_place(self, source, to, why):
        self.both.step("move_place", source, to, why)

    @rule(code=code, why=why, seed=st.integers(0, 99))
    def carry_out(self, code, why, seed):
        random_scenario(self.both, random.Random(seed), code, why)

    @precondition(lambda self: self.both.operations)
    @rule(data=st.data())
    def undo(self, data):
        self.both.step("undo", data.draw(st.integers(0, len(self.both.operations) - 1)))

    @rule(days=st.sampled_from([1, 2, 7, 20]))
    def wait(self, days):
        self.both.wait(days)

    @precondition(lambda self: self.both.model.today < STARTS["C"])
    @rule(before=st.integers(0, 1))
    def wait_for_a_start(self, before):
        days = [starts - before * DAY for starts in STARTS.values()]
        left = [day - self.both.model.today for day in days if day > self.both.model.today]
        self.both.wait(min(left, default=DAY).days)

    def teardown(self):
        try:
            self.both.close()
        finally:
            self.folder.cleanup()


@pytest.mark.drawn
@pytest.mark.timeout(600)
def test_steps_chosen_to_break_it_do_not_part_the_two(ready):
    Applications.ready = ready
    run_state_machine_as_test(
        Applications,
        settings=settings(
            max_examples=20, stateful_step_count=30, deadline=None, print_blob=True, database=None
        ),
    )
