"""Moving a start, a milestone or an activity: see first what happens, then let it happen.

Moving as many days back gives what stood before, to the letter: a date that comes back to where it
was before earlier moves gets the record it had then, which the history tells.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from hashlib import blake2b

from ..domain.errors import Refused
from ..domain.municipalities import sort_key
from ..domain.replan_load import Load, loads
from ..domain.replan_rows import Asked
from ..domain.replan_rows import Row as Change
from . import Row, Store
from .promises import Promises
from .replan_move import Move, Write


@dataclass(frozen=True, slots=True)
class Group:
    """The dates of one case. `offered`: it may be left out; `own_start` when not the cohort's."""

    enrolment: int
    municipality: str
    slug: str
    cohort: str
    own_start: date | None
    offered: bool
    chosen: bool
    rows: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class Preview:
    """What a move would do. `name` is the cohort's code, the municipality, milestone or title.

    `before` and `after` are the date that is moved; `whole` says that a cohort moves as one;
    `moves` is how many dates change; a start with no open milestone can move with none. `refusal`
    is the key that `apply` would refuse with because nothing can move, empty when something can.
    `fingerprint` is another as soon as anything here is.
    """

    what: str
    id: int
    name: str
    name_en: str
    before: date
    after: date
    whole: bool
    groups: tuple[Group, ...]
    loads: tuple[Load, ...]
    moves: int
    refusal: str
    fingerprint: str

    @property
    def days(self) -> int:
        return (self.after - self.before).days

    @property
    def writes(self) -> bool:
        return not self.refusal


def preview(store: Store, asked: Asked) -> Preview:
    """What would happen. Nothing is written.

    Refuses with `not_found`, `replan_too_far` (days, most), `date_outside_programme` and
    `municipality_elsewhere`.
    """
    return _told(Move(store, asked))


def apply(store: Store, asked: Asked, *, reason: str = "", seen: str | None = None) -> int:
    """Move it, as one operation, and return how many dates changed.

    `seen` is the fingerprint of the preview that was looked at; `reason` is given to a milestone
    that gets a date of its own. Refuses as `preview`, with `replan_changed` when it would no longer
    do what was seen, `replan_nothing` when it does nothing, `activity_held` and `headcount_exists`
    when the activity cannot move there, and as `Promises.refuse_broken`.
    """
    whole = asked.what == "cohort" and asked.enrolments is None
    with store.write("cohort.replan" if whole else "plan.replan"):
        found = Move(store, asked, reason)
        now = _told(found)
        if seen is not None and seen != now.fingerprint:
            raise Refused("replan_changed")
        if now.refusal:
            raise Refused(now.refusal)
        promises = Promises(store)
        for one in found.writes():
            store.update(one.table, one.id, one.changes)
        promises.refuse_broken()
        return now.moves


def _told(move: Move) -> Preview:
    rows = defaultdict(list)
    for row in move.outcome.rows:
        rows[row.enrolment].append(row)
    shown = {*rows, *move.offered, *move.chosen} & move.known.cases.keys()
    groups = [_group(move, id, rows.get(id, ())) for id in shown]
    name, name_en = _name(move)
    told = Preview(
        what=move.what,
        id=move.row["id"],
        name=name,
        name_en=name_en,
        before=move.before,
        after=move.before + timedelta(days=move.days),
        whole=move.whole,
        groups=tuple(sorted(groups, key=lambda group: sort_key(group.municipality))),
        loads=_loads(move, rows),
        moves=len({(row.what, row.id) for row in move.outcome.rows if row.days}),
        refusal=move.refusal(),
        fingerprint="",
    )
    mark = repr((told, [_marked(one) for one in move.writes()]))
    return replace(told, fingerprint=blake2b(mark.encode(), digest_size=16).hexdigest())


def _marked(write: Write) -> tuple[str, int, Row]:
    """What is written but the reason, which is typed after the preview was seen."""
    changes = {name: value for name, value in write.changes.items() if name != "override_reason"}
    return write.table, write.id, changes


def _group(move: Move, id: int, rows: Sequence[Change]) -> Group:
    known = move.known.cases[id]
    own = known.enrolment["starts_on"]
    return Group(
        enrolment=id,
        municipality=known.municipality["name"],
        slug=known.municipality["slug"],
        cohort=known.cohort["code"],
        own_start=date.fromisoformat(own) if own else None,
        offered=id in move.offered,
        chosen=id in move.chosen,
        rows=tuple(rows),
    )


def _name(move: Move) -> tuple[str, str]:
    """What is moved, in Danish and English."""
    row = move.row
    match move.what:
        case "cohort":
            return row["code"], row["code"]
        case "enrolment":
            name = move.known.municipalities[row["municipality_id"]]["name"]
            return name, name
        case "milestone":
            return row["name"], row["name_en"] or row["name"]
    return row["title"], row["title"]


def _loads(move: Move, concerned: Collection[int]) -> tuple[Load, ...]:
    """The load of those who follow a case that is concerned, or lead what moves."""
    if not concerned:
        return ()
    people = {case.consultant_id for case in move.cases if case.id in concerned} | {
        one.booking.consultant_id for one in move.ahead if one.booking.id in move.outcome.moving
    }
    found = loads(move.cases, move.ahead, move.outcome)
    return tuple(load for load in found if load.consultant_id in people)
