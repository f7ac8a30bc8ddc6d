"""What is said about a decision: why it needs a reason, and what follows beside the numbers."""

from ..domain import calendar
from ..domain.enrolments import Status
from ..store import Row
from ..store.plan import closing_days
from .decision_effect import OFFERS, WAIT, Effect
from .view import View

FOLLOWED = (Status.ADMITTED, Status.ACTIVE)
Line = tuple[int, ...]


def of(row: Row, choice: str) -> str:
    """The name of a choice in the texts: who is in does not withdraw an application, but leaves."""
    return "leave" if choice == "withdraw" and row["status"] in FOLLOWED else choice


def why(view: View, row: Row, found: Effect) -> list[str]:
    """Why a reason is needed, a sentence each; nothing when none is."""
    text, whose = view.text, row["municipality"]
    said = [text("decision_why.late")] if found.late else []
    if found.passed:
        names = ", ".join(_name(view, one) for one in found.passed)
        said.append(text("decision_why.passed", names=names, municipality=whose))
    if found.needs_reason and not said:
        said.append(text(f"decision_why.{of(row, found.choice)}"))
    return said


def then(view: View, row: Row, found: Effect) -> list[str]:
    """What follows beside the numbers, a sentence each; nothing when it is refused."""
    text, before, after = view.text, found.before, found.after
    if after is None:
        return []
    said = []
    if found.choice in OFFERS:
        key = "over_at_once" if after.status == Status.LAPSED else "holds"
        said.append(text(f"decision_then.{key}", day=text.date_full(found.answer_by)))
        if found.answer_by and not calendar.is_working_day(
            found.answer_by, closing_days(view.store)
        ):
            said.append(text("decision_then.day_off"))
    if after.status in FOLLOWED and before.status not in FOLLOWED:
        said.append(text("decision_then.plan"))
    if before.holds and not after.holds:
        said.append(text("decision_then.freed"))
    if before.holds and after.holds and after.status == Status.WITHDRAWN:
        said.append(text("decision_then.stays", starts_on=row["starts_on"]))
    if found.choice == WAIT:
        n = after.line.index(row["enrolment_id"]) + 1
        said.append(text("decision_then.number", municipality=row["municipality"], n=n))
    else:
        said.append(_next(view, before.line, after.line))
    return said


def _next(view: View, before: Line, after: Line) -> str:
    if not after:
        return view.text("decision_then.emptied" if before else "decision_then.nobody")
    key = "still" if before[:1] == after[:1] else "next"
    return view.text(f"decision_then.{key}", municipality=_name(view, after[0]))


def _name(view: View, enrolment_id: int) -> str:
    home = view.store.get("enrolment", enrolment_id)["municipality_id"]
    return view.store.get("municipality", home)["name"]
