"""Which audiences the workshops of a case reach, which they do not, and what could close the gap.

An audience is a code (leadership, staff, peers, citizens), a count is heads.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

KINDS = ("none", "never", "under")  # of gaps, worst first
NEVER_AFTER = 2  # ours: so many held workshops without an invitation are a gap


class Mark(StrEnum):
    """How one audience did at one workshop."""

    WITHIN = "within"
    UNDER = "under"
    NONE = "none"
    UNKNOWN = "unknown"
    COMING = "coming"
    NOT_INVITED = "not_invited"


_COUNTED = frozenset({Mark.WITHIN, Mark.UNDER, Mark.NONE})
HELD = "held"  # the one mark of a workshop that was counted at, where marks would say too much


@dataclass(frozen=True, slots=True)
class Target:
    """From `low` to `high` heads of one audience are aimed at per workshop."""

    low: int
    high: int


@dataclass(frozen=True, slots=True)
class Gap:
    """An audience that is not reached: `times` of the `of` workshops that its kind counts."""

    audience: str
    kind: str
    times: int
    of: int


@dataclass(frozen=True, slots=True)
class Coming:
    """A workshop that is planned and the audiences that it invites."""

    id: int
    day: date
    audiences: frozenset[str] = frozenset()


def closed_mark(mark: str) -> str:
    """A mark for whom few people are hidden: whether they were counted, and not how many."""
    return HELD if mark in _COUNTED else mark


def mark(*, invited: bool, held: bool, attended: int | None, target: Target | None) -> Mark:
    """The mark of one audience at one workshop; `attended` None means not counted.

    More than the target's `high` is still within it. Without a target one head is enough; where
    the target begins at 0, nobody is within it too. A workshop that is not held is COMING, whether
    the audience is invited or not.
    """
    if not held:
        return Mark.COMING
    if not invited:
        return Mark.NOT_INVITED
    if attended is None:
        return Mark.UNKNOWN
    if attended >= (target.low if target else 1):
        return Mark.WITHIN
    return Mark.UNDER if attended else Mark.NONE


def gaps(marks: Mapping[str, Sequence[Mark]]) -> tuple[Gap, ...]:
    """The gaps of one case, worst first, at most one per audience.

    `marks` has per audience its marks at the workshops of the case, in their order. The kinds,
    all ours:

    - none: nobody came in `times` of the `of` workshops that are held, counted and invited to
    - under: fewer than the target, or nobody, came in `times` of them; one below target among
      several is not yet a gap, below target in the only one is
    - never: `of` workshops are held, at least NEVER_AFTER, and the audience was invited to none

    None and under are closed when the latest counted workshop reached the target and no more than
    half of them failed. What is not counted says nothing: unknown is not absence. Worst is by
    kind, then by share, then by times, then in the order of `marks`.
    """
    found = (_gap(audience, row) for audience, row in marks.items())
    return tuple(sorted(filter(None, found), key=severity))


def severity(gap: Gap) -> tuple[int, float, int]:
    """What to sort gaps by to have the worst first, also those of several cases."""
    return KINDS.index(gap.kind), -gap.times / gap.of, -gap.times


def missing(found: Sequence[Gap]) -> tuple[str, ...]:
    """The audiences that call for attention in the health of the case: of kind none or never."""
    return tuple(gap.audience for gap in found if gap.kind != "under")


def closing(audience: str, coming: Sequence[Coming]) -> Coming | None:
    """The workshop that could close a gap of `audience`; None when none is planned.

    The first that invites the audience already, otherwise the first one: ours.
    """
    return min(
        coming,
        key=lambda workshop: (audience not in workshop.audiences, workshop.day, workshop.id),
        default=None,
    )


def _gap(audience: str, row: Sequence[Mark]) -> Gap | None:
    held = [each for each in row if each is not Mark.COMING]
    if len(held) >= NEVER_AFTER and set(held) == {Mark.NOT_INVITED}:
        return Gap(audience, "never", len(held), len(held))
    counted = [each for each in held if each in _COUNTED]
    absent, of = counted.count(Mark.NONE), len(counted)
    below = absent + counted.count(Mark.UNDER)
    if absent and not _closed(counted, absent):
        return Gap(audience, "none", absent, of)
    if below and (below > 1 or of == 1) and not _closed(counted, below):
        return Gap(audience, "under", below, of)
    return None


def _closed(counted: Sequence[Mark], times: int) -> bool:
    return counted[-1] is Mark.WITHIN and times * 2 <= len(counted)
