"""What the address, or a person, asks to have moved; and how it is named in an address."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from ..domain.errors import NotFound, Refused
from ..store import Store

NAMES = {
    "hold": "cohort",
    "forloeb": "enrolment",
    "milepael": "milestone",
    "aktivitet": "activity",
}
_DAYS = re.compile(r"[+-]?[0-9]{1,6}")


@dataclass(frozen=True)
class Subject:
    """A record that can be moved: `what` as `Asked` has it, and its part of a query."""

    what: str
    id: int
    query: tuple[str, str]


def subject(store: Store, query: Mapping[str, str]) -> Subject | None:
    """What the address names, None when it names nothing. Refuses with `replan_unknown`."""
    for name, what in NAMES.items():
        if typed := query.get(name, ""):
            return _subject(store, name, what, typed)
    return None


def _subject(store: Store, name: str, what: str, typed: str) -> Subject:
    if what == "cohort":
        row = store.find("cohort", code=typed)
    elif typed.isascii() and typed.isdigit() and len(typed) < 10:
        row = store.find(what, id=int(typed))
    else:
        row = None
    if row is None:
        raise NotFound("replan_unknown")
    return Subject(what, row["id"], (name, typed))


def days(typed: str) -> int:
    """A number of days as typed, `14`, `+14` or `-7`. Refuses with `days_unreadable` (text)."""
    plain = typed.strip().replace("−", "-").replace("–", "-")
    if not _DAYS.fullmatch(plain):
        raise Refused("days_unreadable", text=typed)
    return int(plain)
