"""What a decision about one application would do to the places and to the waiting list."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from ..domain import capacity
from ..domain.enrolments import Status
from ..domain.errors import AdvisoryError
from ..store import Store, decisions, place_changes, places

KEEP, FREE, OFFER, WAIT, EXTEND = "keep", "free", "offer", "wait", "extend"
OFFERS = (OFFER, EXTEND)  # what has a last day to answer
# What can be decided -> the status it records; KEEP records nothing, FREE gives up a place.
RECORDS = {
    "admit": Status.ADMITTED,
    WAIT: Status.WAITLISTED,
    "decline": Status.DECLINED,
    "withdraw": Status.WITHDRAWN,
    OFFER: Status.OFFERED,
    EXTEND: Status.OFFERED,
    "accept": Status.ADMITTED,
    "turn_down": Status.WITHDRAWN,
}
CHOICES: Mapping[Status, tuple[str, ...]] = {
    Status.INTERESTED: ("withdraw",),
    Status.APPLIED: ("admit", WAIT, "decline", "withdraw"),
    Status.WAITLISTED: (OFFER, KEEP, "withdraw"),
    Status.OFFERED: ("accept", "turn_down", EXTEND),
    Status.ADMITTED: ("withdraw",),
    Status.ACTIVE: ("withdraw",),
}
EXPLAINED = ("decline", "withdraw", "turn_down", FREE, EXTEND)  # never without a reason

Known = Mapping[int, capacity.Case]


@dataclass(frozen=True, slots=True)
class Places:
    """How many places are taken, held by offers, and there in all."""

    taken: int
    offered: int
    total: int

    @property
    def free(self) -> int:
        return self.total - self.taken - self.offered


@dataclass(frozen=True, slots=True)
class Standing:
    """How things stand at the end of today.

    `status` and `holds` are of the case; `cohort` is None where it has no number of its own, and
    `line` the enrolment ids on its waiting list, first in line first.
    """

    status: Status
    holds: bool
    whole: Places
    cohort: Places | None
    line: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Effect:
    """What comes of a decision; `after` is None when it is refused, for `refusal`.

    `late` and `passed` (enrolment ids) say why giving this one a place needs a reason, as do all
    of `EXPLAINED`. `answer_by` is the last day to answer an offer.
    """

    choice: str
    before: Standing
    after: Standing | None
    refusal: AdvisoryError | None
    late: bool = False
    passed: tuple[int, ...] = ()
    answer_by: date | None = None

    @property
    def needs_reason(self) -> bool:
        return self.choice in EXPLAINED or self.late or bool(self.passed)


def choices(status: Status, can_free: bool) -> tuple[str, ...]:
    """What can be decided about a case as it stands, the usual first; nothing when it is over."""
    return (FREE,) if can_free else CHOICES.get(status, ())


def effect(
    store: Store, enrolment_id: int, choice: str, on_date: date, answer_by: date | None = None
) -> Effect:
    """What comes of a decision with a date, given that it has a reason. Nothing is written.

    The verbs of `store.decisions` and `store.place_changes` decide; a test holds this to them.
    """
    look = _Look(store, enrolment_id)
    before = look.standing(look.known)
    gives = RECORDS.get(choice) in decisions.GIVES
    unusual = decisions.unusual(store, enrolment_id, on_date) if gives else decisions.Unusual()
    why: dict[str, Any] = {"late": unusual.late, "passed": unusual.passed}
    if choice in OFFERS:
        by_rule = decisions.default_answer_by(store, look.case, on_date)
        why["answer_by"] = answer_by = answer_by or by_rule
    try:
        decided = look.decided(choice, on_date, answer_by)
    except AdvisoryError as refusal:
        return Effect(choice, before, None, refusal, **why)
    return Effect(choice, before, look.standing({**look.known, enrolment_id: decided}), None, **why)


class _Look:
    """A case among all of its initiative, as recorded."""

    def __init__(self, store: Store, enrolment_id: int):
        self.store, self.id = store, enrolment_id
        self.cohort = store.get("cohort", store.get("enrolment", enrolment_id)["cohort_id"])
        self.initiative = store.get("initiative", self.cohort["initiative_id"])
        rows = store.rows("enrolment", "cohort_id = ?", [self.cohort["id"]])
        self.here = {row["id"] for row in rows}
        self.known: Known = places.cases(store, self.initiative["id"])
        self.case = self.known[enrolment_id]

    def standing(self, known: Known) -> Standing:
        """How things stand when the cases are `known`."""
        today, number = self.store.today(), self.cohort["places"]
        own = {id_: case for id_, case in known.items() if id_ in self.here}
        line = places.queue(self.store, self.cohort, known, today)
        return Standing(
            status=capacity.standing(known[self.id], today) or Status.INTERESTED,
            holds=capacity.holds_place_on(known[self.id], today),
            whole=_counted(known, today, self.initiative["capacity"]),
            cohort=None if number is None else _counted(own, today, number),
            line=tuple(one.enrolment_id for one in line),
        )

    def decided(self, choice: str, on_date: date, answer_by: date | None) -> capacity.Case:
        """The case as it would be recorded. Refuses as the verb would, given a reason."""
        if choice == KEEP:
            return self.case
        if choice == FREE:
            return place_changes.check_free(self.store, self.id)
        told = {"on_date": on_date, "answer_by": answer_by, "reason": "given"}
        return decisions.check(self.store, self.id, RECORDS[choice], **told)


def _counted(known: Known, day: date, total: int) -> Places:
    held = [case for case in known.values() if capacity.holds_place_on(case, day)]
    offered = sum(capacity.standing(case, day) == Status.OFFERED for case in held)
    return Places(len(held) - offered, offered, total)
