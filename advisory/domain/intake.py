"""An application on its way to a decision: what it lacks, and where it stands."""

from enum import StrEnum

from .enrolments import Status

# What an application should hold before it is decided. Ours: the agency publishes no such list,
# and prior experience with peers is no condition, but is asked about.
ITEMS = ("contact", "motivation", "experience", "goal", "commitment")


class Stage(StrEnum):
    """Where an application stands; those before WAITLISTED have not been decided."""

    NEW = "new"
    LACKING = "lacking"
    ASSESSED = "assessed"
    WAITLISTED = "waitlisted"
    OFFERED = "offered"
    ADMITTED = "admitted"
    DECLINED = "declined"
    LAPSED = "lapsed"
    WITHDRAWN = "withdrawn"


UNDECIDED = frozenset({Stage.NEW, Stage.LACKING, Stage.ASSESSED})
_FOLLOWED = frozenset({Status.ADMITTED, Status.ACTIVE, Status.COMPLETED})


def lacking(
    *, contact: bool, motivation: str, experience: str, goal: str, commitment: bool
) -> tuple[str, ...]:
    """The items of `ITEMS` that an application does not have, in their order."""
    given = {
        "contact": contact,
        "motivation": bool(motivation.strip()),
        "experience": bool(experience),
        "goal": bool(goal.strip()),
        "commitment": commitment,
    }
    return tuple(item for item in ITEMS if not given[item])


def stage(status: Status, *, reviewed: bool, complete: bool) -> Stage:
    """Where an application with this status stands.

    Nobody has looked at a new one; one that has been looked at lacks something or is assessed.
    """
    if status in (Status.INTERESTED, Status.APPLIED):
        if not reviewed:
            return Stage.NEW
        return Stage.ASSESSED if complete else Stage.LACKING
    return Stage.ADMITTED if status in _FOLLOWED else Stage(status.value)
