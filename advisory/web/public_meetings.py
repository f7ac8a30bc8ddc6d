"""What the public pages say about a meeting: when, where, how many seats, which mails come when.

How many seats are free is said in tens, and `under 10` below that: a number that falls by one when
an address is new would tell whoever typed it that it was.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property

from ..domain import calendar
from ..domain import messages as mail_rules
from ..domain import signups as rules
from ..domain.messages import Kind
from ..domain.signups import State
from ..store import Row, Store, messages, seats
from ..store.instants import instant
from ..texts import Text, local

TEN = 10


@dataclass(frozen=True)
class Step:
    """One line of what happens next: its icon, when, and what."""

    icon: str
    when: str
    what: str


class Meeting:
    """One meeting as it stands; times are Copenhagen's. `row` is its record."""

    def __init__(self, store: Store, row: Row):
        self._store, self.row = store, row
        self.now = store.now()
        self._starts_at = instant(row["starts_at"])
        by = instant(row["signup_by"]) if row["signup_by"] else None
        self._closes_at = rules.closes_at(by, self._starts_at)

    @property
    def id(self) -> int:
        return self.row["id"]

    @property
    def starts(self) -> datetime:
        return local(self._starts_at)

    @property
    def ends(self) -> datetime:
        return local(instant(self.row["ends_at"]))

    @property
    def closes(self) -> datetime:
        """The last instant to sign up."""
        return local(self._closes_at)

    @property
    def is_cancelled(self) -> bool:
        return self.row["cancelled_at"] is not None

    @property
    def is_open(self) -> bool:
        return not self.is_cancelled and self.now <= self._closes_at

    @property
    def is_ahead(self) -> bool:
        return self.now < self._starts_at

    @property
    def is_over(self) -> bool:
        return self.now >= instant(self.row["ends_at"])

    @cached_property
    def free(self) -> int | None:
        """Seats nobody holds, is offered or waits for; None when there is no limit."""
        if self.row["capacity"] is not None and seats.waiting(self._store, self.id):
            return 0
        return seats.free(self._store, self.row)

    @property
    def gives(self) -> State:
        """What the next person to sign up gets."""
        return State.WAITING if self.free == 0 else State.SEAT

    @property
    def is_online(self) -> bool:
        place = (self.row["place"] or "").casefold()
        return bool(self.row["link"]) or not place or place.startswith("online")

    @property
    def deleted_after(self) -> date:
        """The last day on which we keep the details of those who sign up."""
        return calendar.add_months(self.ends.date(), self.row["keep_months"])

    # --- in words ---------------------------------------------------------------------------

    def day(self, text: Text) -> str:
        """`Torsdag den 20. marts 2025`."""
        return begun_large(self.inside(text))

    def inside(self, text: Text) -> str:
        """The day inside a sentence: `torsdag den 20. marts 2025`."""
        return text.date_full(self.starts)

    def hours(self, text: Text) -> str:
        """`kl. 14.30–15.15`."""
        return text("public.hours", start=self.starts.time(), end=self.ends.time())

    def seats(self, text: Text) -> str:
        """How many seats are free, in tens."""
        if self.free is None:
            return text("public.no_limit")
        if self.gives == State.WAITING:
            return text("public.full")
        tens = self.free // TEN * TEN
        return text("public.at_least", n=tens) if tens else text("public.few", n=TEN)

    def where(self, text: Text) -> str:
        return self.row["place"] or text("public.online")

    def controller(self, text: Text) -> str:
        """Who answers for the details: the organiser."""
        return self.row["organiser"] or text("public.organiser")

    # --- what happens next ------------------------------------------------------------------

    def steps(self, text: Text, state: State) -> list[Step]:
        """What happens for one who has a seat, or who waits, in the order of time."""
        if state == State.SEAT:
            return list(self._for_a_seat(text))
        hours = timedelta(hours=self.row["answer_hours"])
        offer = text("public.step_offer", hours=int(hours.total_seconds()) // 3600)
        steps = [Step("run", text("public.step_offer_when"), offer)]
        if at := self._due(Kind.NO_SEAT):
            when = text("public.latest", when=at_time(text, at))
            steps.append(Step("plan", when, text("public.step_no_seat")))
        return steps

    def _for_a_seat(self, text: Text) -> Iterator[Step]:
        yield Step("done", text("public.today"), text("public.step_confirmation"))
        mails = [(self._due(Kind.REMINDER), "public.step_reminder")]
        if self.is_online:
            mails.append((self._due(Kind.LINK), "public.step_link"))
        for at, key in sorted((due, key) for due, key in mails if due):
            yield Step("plan", begun_large(at_time(text, at)), text(key))
        yield Step("plan", begun_large(at_time(text, self.starts)), text("public.step_start"))

    def _due(self, kind: Kind) -> datetime | None:
        """When a timed mail goes; None when it is stopped or its time has passed."""
        row = self._store.find("mail_rule", activity_id=self.id, kind=str(kind))
        if row is None or not row["active"]:
            return None
        at = mail_rules.rule_time(messages.rule_of(row), messages.meeting_of(self.row))
        if kind == Kind.LINK:
            at = max(at, self._closes_at if self.row["signup_by"] else at)
        return at if at > self.now else None


def at_time(text: Text, at: datetime) -> str:
    """`onsdag den 19. marts 2025 kl. 12.30`."""
    there = local(at)
    return text("public.at_time", day=text.date_full(there), time=there.time())


def begun_large(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]


def shown(store: Store) -> list[Meeting]:
    """The public meetings that have not begun and are not cancelled, first things first."""
    now = store.now().astimezone(UTC).isoformat(timespec="microseconds")
    rows = store.rows(
        "activity",
        "public = 1 AND cancelled_at IS NULL AND starts_at > ?",
        [now],
        order="starts_at, id",
    )
    return [Meeting(store, row) for row in rows]


def alike(meeting: Meeting, meetings: list[Meeting]) -> list[Meeting]:
    """Those one can still sign up for that are of the same kind as `meeting`."""
    return [one for one in meetings if one.is_open and one.row["kind"] == meeting.row["kind"]]
