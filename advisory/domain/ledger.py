"""The ledger of the places: every change of how many are held, in order and with its cause."""

from bisect import insort
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from operator import attrgetter

from .capacity import Case, holds_place_on, standing
from .enrolments import Status

_DAY = timedelta(days=1)
_ID = attrgetter("id")
_NUMBERS = frozenset({"capacity", "places"})


class Cause(StrEnum):
    """Why the numbers changed; LAPSED also when the last day to answer passed by itself."""

    ADMITTED = "admitted"
    OFFERED = "offered"
    ACCEPTED = "accepted"
    TURNED_DOWN = "turned_down"
    LAPSED = "lapsed"
    WITHDRAWN = "withdrawn"
    FREED = "freed"
    MOVED = "moved"
    PLACES = "places"
    CAPACITY = "capacity"


@dataclass(frozen=True, slots=True)
class Entry:
    """One recorded status; `recorded_at` is a UTC instant, or "" when it is not known.

    `id` grows with everything recorded, changes of the places among it.
    """

    id: int
    status: str
    on_date: date
    recorded_at: str
    reason: str
    actor: str


@dataclass(frozen=True, slots=True)
class Holder:
    """An enrolment that may hold a place, and every status recorded of it.

    `cohort_id` is the cohort it is in now. Of `case` the dates are read, not the rows (`entries`
    says who recorded them) and not `freed_on` (the change `freed` says who decided it).
    """

    enrolment_id: int
    cohort_id: int
    case: Case
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """A decision about places: `kind` is capacity, places, freed or moved; `id` as of `Entry`.

    `before` and `after` are numbers of places, of moved the cohorts.
    """

    id: int
    kind: str
    on_date: date
    recorded_at: str
    enrolment_id: int | None
    cohort_id: int | None
    before: int | None
    after: int | None
    reason: str
    actor: str


@dataclass(frozen=True, slots=True)
class Movement:
    """One change of the numbers, and the numbers after it.

    `taken`, `offered` and `capacity` are changes; `before` and `after` belong to PLACES and
    CAPACITY. `cohort_*_after` are of `cohort_id`, `from_*_after` of `from_cohort_id`; 0 without.
    What happened by itself has neither reason nor actor.
    """

    on_date: date
    recorded_at: str
    cause: Cause
    enrolment_id: int | None
    cohort_id: int | None
    from_cohort_id: int | None
    before: int | None
    after: int | None
    taken: int
    offered: int
    capacity: int
    taken_after: int
    offered_after: int
    capacity_after: int
    free_after: int
    cohort_taken_after: int
    cohort_offered_after: int
    from_taken_after: int
    from_offered_after: int
    reason: str
    actor: str


def movements(
    holders: Iterable[Holder], changes: Iterable[Change], capacity: int, until: date
) -> list[Movement]:
    """Every movement up to the end of `until`, oldest first; `capacity` is the number today.

    In the order (on_date, recorded_at, id). What happens by itself opens its day. What changes no
    number is left out, and so are the changes of an enrolment that is not among `holders`.
    """
    holders, changes = list(holders), list(changes)
    lines = sorted([*_lines(holders), *_decisions(changes)], key=_Line.place)
    decided = [line.record for line in lines if isinstance(line.record, Change)]
    book = _Book(_first_capacity(decided, capacity), _accounts(holders, decided))
    entered = (book.enter(line) for line in lines if line.on_date <= until)
    return [movement for movement in entered if movement is not None]


@dataclass(slots=True)
class _Account:
    """A holder as far as the ledger has been read: where it is, and what it holds.

    `known` is its case as it is today, of which only the dates of the programme and of the answer
    are read.
    """

    known: Case
    cohort_id: int
    freed_on: date | None = None
    read: list[Entry] = field(default_factory=list)
    status: Status | None = None
    taken: int = 0
    offered: int = 0

    def settle(self, day: date) -> tuple[int, int]:
        """Find what is held at the end of `day` after the entries read; returns the changes."""
        rows = tuple((row.on_date, row.status) for row in self.read)
        own = self.known
        case = Case(rows, own.starts_on, own.ends_on, self.freed_on, own.answer_by)
        taken, offered = self.taken, self.offered
        self.status = standing(case, day)
        self.offered = int(self.status == Status.OFFERED)
        self.taken = holds_place_on(case, day) - self.offered
        return self.taken - taken, self.offered - offered


@dataclass(frozen=True, slots=True)
class _Line:
    """Something to enter: a record, or (None) that the last day to answer an offer is over."""

    on_date: date
    record: Entry | Change | None
    enrolment_id: int | None = None

    def place(self) -> tuple[date, bool, str, int]:
        """Where it stands among the others: what happens by itself opens its day."""
        if self.record is None:
            return self.on_date, False, "", self.enrolment_id or 0
        return self.on_date, True, self.record.recorded_at, self.record.id


def _lines(holders: list[Holder]) -> Iterator[_Line]:
    for holder in holders:
        for entry in holder.entries:
            yield _Line(entry.on_date, entry, holder.enrolment_id)
        if any(entry.status == Status.OFFERED for entry in holder.entries):
            yield _Line(holder.case.offer_ends + _DAY, None, holder.enrolment_id)


def _decisions(changes: list[Change]) -> Iterator[_Line]:
    for change in changes:
        yield _Line(change.on_date, change, change.enrolment_id)


def _first_capacity(changes: list[Change], today: int) -> int:
    before = [change.before for change in changes if change.kind == "capacity"]
    return today if not before or before[0] is None else before[0]


def _accounts(holders: list[Holder], changes: list[Change]) -> dict[int | None, _Account]:
    first = {
        change.enrolment_id: change.before for change in reversed(changes) if change.kind == "moved"
    }
    return {
        holder.enrolment_id: _Account(
            holder.case, first.get(holder.enrolment_id) or holder.cohort_id
        )
        for holder in holders
    }


class _Book:
    """The numbers as far as the ledger has been read."""

    def __init__(self, capacity: int, accounts: dict[int | None, _Account]) -> None:
        self.capacity = capacity
        self.accounts = accounts
        self.taken: Counter[int | None] = Counter()
        self.offered: Counter[int | None] = Counter()
        self.taken_in_all = self.offered_in_all = 0

    def enter(self, line: _Line) -> Movement | None:
        """The movement that the line makes, or None when it changes no number."""
        change = line.record if isinstance(line.record, Change) else None
        if change is not None and change.kind == "capacity":
            return self._capacity(line, change)
        if change is not None and change.kind == "places":
            return self._places(line, change)
        account = self.accounts.get(line.enrolment_id)
        if account is None:
            return None
        if change is not None and change.kind == "moved":
            return self._move(line, change, account)
        return self._status(line, account)

    def _capacity(self, line: _Line, change: Change) -> Movement | None:
        more = (change.after or 0) - self.capacity
        self.capacity += more
        return self._movement(line, Cause.CAPACITY, None, capacity=more) if more else None

    def _places(self, line: _Line, change: Change) -> Movement | None:
        changed = change.before != change.after
        return self._movement(line, Cause.PLACES, change.cohort_id) if changed else None

    def _move(self, line: _Line, change: Change, account: _Account) -> Movement | None:
        old, account.cohort_id = account.cohort_id, change.after or account.cohort_id
        self._count(old, -account.taken, -account.offered)
        self._count(account.cohort_id, account.taken, account.offered)
        if old == account.cohort_id or not (account.taken or account.offered):
            return None
        return self._movement(line, Cause.MOVED, account.cohort_id, old)

    def _status(self, line: _Line, account: _Account) -> Movement | None:
        was = account.status
        if isinstance(line.record, Entry):
            insort(account.read, line.record, key=_ID)
        elif line.record is not None:
            account.freed_on = line.on_date
        taken, offered = account.settle(line.on_date)
        if not (taken or offered):
            return None
        self._count(account.cohort_id, taken, offered)
        freed = isinstance(line.record, Change)
        cause = Cause.FREED if freed else _cause(was, account.status, taken)
        return self._movement(line, cause, account.cohort_id, taken=taken, offered=offered)

    def _count(self, cohort_id: int, taken: int, offered: int) -> None:
        self.taken[cohort_id] += taken
        self.offered[cohort_id] += offered
        self.taken_in_all += taken
        self.offered_in_all += offered

    def _movement(
        self,
        line: _Line,
        cause: Cause,
        cohort_id: int | None,
        from_cohort_id: int | None = None,
        *,
        taken: int = 0,
        offered: int = 0,
        capacity: int = 0,
    ) -> Movement:
        record = line.record
        numbers = record if isinstance(record, Change) and record.kind in _NUMBERS else None
        return Movement(
            on_date=line.on_date,
            recorded_at=record.recorded_at if record else "",
            cause=cause,
            enrolment_id=line.enrolment_id,
            cohort_id=cohort_id,
            from_cohort_id=from_cohort_id,
            before=numbers.before if numbers else None,
            after=numbers.after if numbers else None,
            taken=taken,
            offered=offered,
            capacity=capacity,
            taken_after=self.taken_in_all,
            offered_after=self.offered_in_all,
            capacity_after=self.capacity,
            free_after=self.capacity - self.taken_in_all - self.offered_in_all,
            cohort_taken_after=self.taken[cohort_id],
            cohort_offered_after=self.offered[cohort_id],
            from_taken_after=self.taken[from_cohort_id],
            from_offered_after=self.offered[from_cohort_id],
            reason=record.reason if record else "",
            actor=record.actor if record else "",
        )


def _cause(was: Status | None, now: Status | None, taken: int) -> Cause:
    if now == Status.OFFERED:
        return Cause.OFFERED
    if was == Status.OFFERED:
        if taken > 0:
            return Cause.ACCEPTED
        return Cause.TURNED_DOWN if now == Status.WITHDRAWN else Cause.LAPSED
    return Cause.ADMITTED if taken > 0 else Cause.WITHDRAWN
