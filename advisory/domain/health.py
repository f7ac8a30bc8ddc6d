"""How an enrolment is doing, with every reason named."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

RHYTHM_DAYS = 30  # ours: a running programme is expected to have a contact at least monthly

SILENT = frozenset({"health_silent", "health_no_contact"})  # the reasons that mean silence


class Health(StrEnum):
    LATE = "late"
    ATTENTION = "attention"
    ON_TRACK = "on_track"


@dataclass(frozen=True, slots=True)
class Reason:
    """One sentence to show: a text key and what fills it."""

    key: str
    values: tuple[tuple[str, object], ...] = ()


def health(
    *,
    late: Sequence[tuple[str, int]],
    silent_days: int | None,
    rhythm_days: int,
    missing_audiences: Sequence[str],
    running: bool,
) -> tuple[Health, tuple[Reason, ...]]:
    """Health and its reasons, the longest overdue milestone first.

    `late` are (milestone, days overdue), `silent_days` the days since the last contact (None: there
    was none), `missing_audiences` those still to be reached. Late milestones make it late, a
    silence longer than `rhythm_days` or a missing audience calls for attention. An enrolment that
    is not running is on track for no reason.
    """
    if not running:
        return Health.ON_TRACK, ()
    overdue = [
        Reason("health_late_milestone", (("name", name), ("days", days)))
        for name, days in sorted(late, key=lambda milestone: -milestone[1])
    ]
    others = _silence(silent_days, rhythm_days) + [
        Reason("health_missing_audience", (("audience", audience),))
        for audience in missing_audiences
    ]
    verdict = Health.LATE if overdue else Health.ATTENTION if others else Health.ON_TRACK
    return verdict, (*overdue, *others)


def _silence(silent_days: int | None, rhythm_days: int) -> list[Reason]:
    if silent_days is None:
        return [Reason("health_no_contact", (("rhythm", rhythm_days),))]
    if silent_days > rhythm_days:
        return [Reason("health_silent", (("days", silent_days), ("rhythm", rhythm_days)))]
    return []
