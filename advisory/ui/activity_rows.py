"""Activities as lines of a calendar: when, what, with whom, and how they stand, in words.

Who may not see people per activity is told of no people at all, neither expected, signed up nor
counted: other parts show the same heads as sums, and one could be taken from the other.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd

from .. import frames
from ..domain.signups import MEETINGS
from ..reports import records
from .activity_filters import DEADLINE, agency
from .balance_rows import is_open
from .view import View

SOON_DAYS = 5  # ours
NAMED = 2  # municipalities


@dataclass(frozen=True, slots=True)
class Line:
    """One line. `icon` and `words` say how it stands, `note` what else there is to know.

    `who` are the municipalities in short, `names` in full when that is more, `served` whether there
    are any. `at` is empty for what has no hour, `address` for what may not be opened.
    """

    kind: str
    day: date
    at: str
    title: str
    address: str
    who: str
    names: str
    served: bool
    provider: str
    consultant: str
    icon: str
    words: str
    note: str


def lines(view: View, found: pd.DataFrame) -> list[Line]:
    """The rows of `frames.activities` as lines, in their order."""
    rows, seats = records(found), {}
    if set(found["kind"]) & set(MEETINGS):
        known = (frames.meetings if is_open(view) else frames.meeting_states)(view.store)
        known = known[known["activity_id"].isin(found["activity_id"])]
        seats = {row["activity_id"]: row for row in records(known)}
    own = agency(view.store)
    return [_line(view, row, seats.get(row["activity_id"]), own) for row in rows]


def deadline_lines(view: View, found: Iterable[dict[str, Any]]) -> list[Line]:
    """The last days to apply as lines."""
    return [_deadline(view, row["day"], row["cohort"]) for row in found]


def _deadline(view: View, day: date, cohort: str) -> Line:
    text, left = view.text, (day - view.today).days
    return Line(
        kind=DEADLINE,
        day=day,
        at="",
        title=text("activity_list.apply_by"),
        address=view.links("kommuner", hold=cohort),
        who=view.cohort(cohort),
        names="",
        served=False,
        provider=text("activity_list.agency"),
        consultant="",
        icon=_near(left) if left >= 0 else "done",
        words=text.relative(left) if left >= 0 else text("activity_list.over"),
        note="",
    )


def _line(view: View, row: dict[str, Any], seats: dict[str, Any] | None, own: int) -> Line:
    text, served = view.text, row["municipalities"]
    icon, words, note = _meeting(view, seats) if seats else _standing(view, row)
    if row["moved"] and row["state"] == "planned" and not note:
        note = text("activity_list.moved", day=text.day_month(row["first_day"]))
    is_own = row["provider_id"] in (None, own)
    return Line(
        kind=row["kind"],
        day=row["day"],
        at=text("activity_list.at", time=text.time(row["starts_at"])),
        title=row["title"],
        address=_address(view, row),
        who=_who(view, served),
        names=", ".join(served) if len(served) > NAMED else "",
        served=bool(served),
        provider=text("activity_list.agency") if is_own else row["provider"],
        consultant=row["initials"],
        icon=icon,
        words=words,
        note=note,
    )


def _who(view: View, served: tuple[str, ...]) -> str:
    if not served:
        return view.text("activity_list.everyone")
    if len(served) > NAMED:
        return view.text("activity_list.municipalities", n=len(served))
    return ", ".join(served)


def _address(view: View, row: dict[str, Any]) -> str:
    """Where the title leads; empty for who may not see it."""
    if row["kind"] not in MEETINGS:
        return view.links("aktivitet", id=row["activity_id"])
    if not view.may_see("page.meetings"):
        return ""
    return view.links("infomoeder", moede=row["activity_id"])


def _near(days: int) -> str:
    return "soon" if days <= SOON_DAYS else "plan"


def _meeting(view: View, seats: dict[str, Any]) -> tuple[str, str, str]:
    """Icon, words and note of a meeting that people sign up for."""
    text, days = view.text, (seats["day"] - view.today).days
    if seats["status"] == "cancelled":
        return "no", text("activity_list.cancelled"), ""
    if seats["reported"] and is_open(view):
        return "done", text("activity_list.came", n=seats["present"] + seats["also_present"]), ""
    if seats["reported"] or seats["status"] == "held":
        if not is_open(view) or not seats["taken"]:
            return "done", text("activity_list.held"), ""
        return "over", text("activity_list.uncounted"), ""
    return _ahead(
        view, days, text("activity_list.signed_up", n=seats["taken"]) if is_open(view) else ""
    )


def _standing(view: View, row: dict[str, Any]) -> tuple[str, str, str]:
    """Icon, words and note of an activity of the programme."""
    text, days = view.text, (row["day"] - view.today).days
    if row["state"] == "cancelled":
        return "no", text("activity_list.cancelled"), ""
    if row["state"] == "planned":
        return _ahead(view, days, _expected(view, row) if is_open(view) else "")
    if not is_open(view):
        if row["state"] == "due":
            return "over", text("activity_page.due"), ""
        return "done", text("activity_list.held"), ""
    if row["attended"] is not None:
        some = text("activity_list.some", n=row["uncounted"]) if row["uncounted"] else ""
        unsaid = text("activity_list.unsaid") if row["state"] == "due" else ""
        return "done", text("activity_list.came", n=row["attended"]), unsaid or some
    if row["state"] == "held" and not row["audiences"]:
        return "done", text("activity_list.held"), ""
    return "over", text("activity_list.uncounted"), ""


def _ahead(view: View, days: int, people: str) -> tuple[str, str, str]:
    """Icon, words and note of what is `days` ahead, with the `people` in words; empty is none."""
    if days <= 1:
        return "soon", view.text.relative(max(days, 0)), people
    soon = days <= SOON_DAYS
    when = view.text.relative(days) if soon else view.text("activity_list.planned")
    return _near(days), people or when, ""


def _expected(view: View, row: dict[str, Any]) -> str:
    """How many are expected, of how many seats; empty when nobody has said."""
    if row["planned"] is None:
        return ""
    if row["capacity"] is not None:
        return view.text("activity_list.seats", n=row["planned"], seats=row["capacity"])
    return view.text("activity_list.expected", n=row["planned"])
