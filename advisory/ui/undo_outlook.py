"""What taking an operation back would come to, in one sentence."""

from collections import Counter
from collections.abc import Sequence

from ..domain.enrolments import HOLDS, Status
from ..store.undo import PutBack
from .history_words import HistoryWords
from .view import View

CHANGES = ("deleted", "created", "changed")
FEW = 3  # cases whose status is told one by one


def outlook(view: View, words: HistoryWords, records: Sequence[PutBack]) -> str:
    """The consequence of putting `records` back: who loses a place, and how much else changes."""
    clauses = _of_cases(view, words, records)
    counted = [one for one in records if not clauses or one.table != "enrolment_status"]
    amounts = Counter((_change(one), one.table) for one in counted)
    for change in CHANGES:
        found = {table: n for (kind, table), n in amounts.items() if kind == change}
        if found:
            what = [view.text.count(f"historik_many.{table}", n) for table, n in found.items()]
            joined = _joined(view, what, "historik.things")
            total = sum(found.values())
            clauses.append(view.text.count(f"historik_will.{change}_many", total, what=joined))
    said = _joined(view, clauses, "historik.clauses")
    return view.text("historik.sentence", said=said[:1].upper() + said[1:])


def _change(record: PutBack) -> str:
    if record.then is None:
        return "deleted"
    return "created" if record.now is None else "changed"


def _joined(view: View, parts: Sequence[str], key: str) -> str:
    *most, last = parts
    return view.text(key, most=", ".join(most), last=last) if most else last


def _of_cases(view: View, words: HistoryWords, records: Sequence[PutBack]) -> list[str]:
    """A clause for each case that gets another status; none when there are too many."""
    changes = [one for one in records if one.table == "enrolment_status"]
    cases = dict.fromkeys(map(_case, changes))
    if len(cases) > FEW:
        return []
    clauses = []
    for case in cases:
        now, then = _statuses(view, case, changes)
        if now and then and now != then:
            place = words.value("enrolment_status", "enrolment_id", case)
            clauses.append(view.text(f"historik_will.{_move(now, then)}", place=place, status=then))
    return clauses


def _statuses(
    view: View, case: int, changes: Sequence[PutBack]
) -> tuple[Status | None, Status | None]:
    """The status a case was given last, now and as it would be then; None without any."""
    rows = view.store.rows("enrolment_status", "enrolment_id = ?", [case])
    now = {row["id"]: row for row in rows}
    then = now | {one.row_id: one.then for one in changes if _case(one) == case}
    last = [[row["status"] for _, row in sorted(side.items()) if row] for side in (now, then)]
    first, second = (Status(side[-1]) if side else None for side in last)
    return first, second


def _case(record: PutBack) -> int:
    return (record.now or record.then or {})["enrolment_id"]


def _move(now: Status, then: Status) -> str:
    """The name of the clause that tells what becomes of the place."""
    if now in HOLDS and then not in HOLDS:
        return "offer_lost" if now is Status.OFFERED else "place_lost"
    if then in HOLDS and now not in HOLDS:
        return "offer_back" if then is Status.OFFERED else "place_back"
    return "status"
