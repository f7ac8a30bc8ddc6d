"""How an enrolment is doing, with every reason named."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from .balance import Gap, missing
from .contacts import Silence

RHYTHM_DAYS = 30  # ours: a running programme is expected to have a contact at least monthly

_OF_PEOPLE = "health_audience_"


class Health(StrEnum):
    LATE = "late"
    ATTENTION = "attention"
    ON_TRACK = "on_track"


@dataclass(frozen=True, slots=True)
class Reason:
    """One sentence to show: a text key and what fills it."""

    key: str
    values: tuple[tuple[str, object], ...] = ()


def closed(reasons: Sequence[Reason]) -> tuple[Reason, ...]:
    """The reasons for whom few people are hidden.

    In how many workshops an audience was absent says how few of it can have come, and so does the
    order, which is else the worst first.
    """
    of_people = [reason for reason in reasons if reason.key.startswith(_OF_PEOPLE)]
    others = [reason for reason in reasons if reason not in of_people]
    told = [Reason(f"{reason.key}_closed", reason.values[:1]) for reason in of_people]
    return (*others, *sorted(told, key=lambda reason: (reason.key, reason.values)))


def health(
    *,
    late: Sequence[tuple[str, int]],
    silence: Silence | None,
    contacted: bool,
    gaps: Sequence[Gap],
    running: bool,
) -> tuple[Health, tuple[Reason, ...]]:
    """Health and its reasons, the longest overdue milestone first.

    `late` are (milestone, days overdue), `contacted` whether there has been a contact at all,
    `gaps` the audiences that the workshops do not reach. Late milestones make it late; a silence
    that has passed its limit, or an audience that was absent or never invited, calls for attention.
    An enrolment that is not running is on track for no reason.
    """
    if not running:
        return Health.ON_TRACK, ()
    overdue = [
        Reason("health_late_milestone", (("name", name), ("days", days)))
        for name, days in sorted(late, key=lambda milestone: -milestone[1])
    ]
    others = _silence(silence, contacted) + _absent(gaps)
    verdict = Health.LATE if overdue else Health.ATTENTION if others else Health.ON_TRACK
    return verdict, (*overdue, *others)


def _silence(silence: Silence | None, contacted: bool) -> list[Reason]:
    if silence is None or not silence.kind:
        return []
    if not contacted:
        return [Reason("health_no_contact", (("rhythm", silence.limit),))]
    key = "health_silent" if silence.kind == "expected" else "health_silent_own"
    return [Reason(key, (("days", silence.days), ("rhythm", silence.limit)))]


def _absent(gaps: Sequence[Gap]) -> list[Reason]:
    calling = missing(gaps)
    return [
        Reason(
            f"{_OF_PEOPLE}{gap.kind}",
            (("audience", gap.audience), ("times", gap.times), ("of", gap.of)),
        )
        for gap in gaps
        if gap.audience in calling
    ]
