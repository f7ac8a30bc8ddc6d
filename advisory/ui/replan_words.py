"""A move in words: what becomes of a date, and how many are concerned."""

from collections.abc import Iterable

from ..domain.replan_rows import Row
from ..texts import Text

STAYS = frozenset(
    {
        *("activity_outside", "activity_past", "activity_stayed"),
        *("activity_held", "headcount_exists"),
    }
)
SUMS = (
    ("moved", frozenset({"moved"})),
    ("pinned", frozenset({"pinned"})),
    ("done", frozenset({"done"})),
    ("july", frozenset({"july"})),
    ("holiday_week", frozenset({"holiday_week"})),
    ("holiday", frozenset({"holiday", "weekend"})),
    ("colliding", frozenset({"colliding"})),
    ("after_end", frozenset({"after_end"})),
    ("after_period", frozenset({"after_period"})),
    ("stays", STAYS),
)


def remarks(text: Text, row: Row) -> list[tuple[str, str]]:
    """What is to be known of one date, as (key, words); that it moves only when nothing else is."""
    told = [remark for remark in row.remarks if remark.key != "moved"]
    if any(remark.key == "holiday_week" for remark in told):
        told = [remark for remark in told if remark.key != "july"]
    found = []
    for remark in told or row.remarks:
        key = remark.key
        if key == "unchanged" and row.what == "activity":
            key = "kept"
        found.append((remark.key, text(f"replan_remark.{key}", **dict(remark.values))))
    return found


def sums(text: Text, rows: Iterable[Row]) -> list[tuple[str, str]]:
    """How many dates move, keep still, land badly, as (key, words); a shared activity once."""
    known = {(row.what, row.id): row for row in rows}
    counted = [(key, sum(bool(row.keys & keys) for row in known.values())) for key, keys in SUMS]
    return [(key, text.count(f"replan_sum.{key}", n)) for key, n in counted if n]


def summary(text: Text, rows: Iterable[Row]) -> str:
    """`12 datoer flyttes, 1 er fastholdt`; empty when there are no rows."""
    return ", ".join(words for _, words in sums(text, rows))


def distance(text: Text, days: int) -> str:
    """`14 dage frem`, `1 dag tilbage`."""
    return text.count("replan.forward" if days > 0 else "replan.back", abs(days))
