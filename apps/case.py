"""Kommune: one municipality's case, from the plan to the last phone call."""

from collections.abc import Mapping

from advisory import Store, frames
from advisory.store import reads
from advisory.texts import Text
from advisory.ui.case_activities import CaseActivities
from advisory.ui.case_header import CaseHeader
from advisory.ui.changes import Changes
from advisory.ui.contacts import Contacts
from advisory.ui.dialog import Dialog
from advisory.ui.explain import Explain
from advisory.ui.journal import Journal
from advisory.ui.plan_board import PlanBoard
from advisory.ui.shell import Page
from advisory.ui.tasks import Tasks
from advisory.ui.toast import Toast
from advisory.ui.view import View


def page(store: Store, text: Text, query: Mapping[str, str]) -> Page:
    """The case that the address names: `k` is the municipality, `hold` its cohort."""
    row = frames.find_case(store, query.get("k", ""), query.get("hold", ""))
    case_id = int(row["enrolment_id"])
    reads.note_reading(store, case_id, "kommune")
    view = View(store, text, query)
    dialog, toast = Dialog(view), Toast(view)
    explain = Explain(view, dialog)
    parts = [
        dialog,
        toast,
        CaseHeader(view, case_id, explain, dialog, toast),
        PlanBoard(view, case_id, explain, dialog, toast),
        CaseActivities(view, case_id),
        Tasks(view, case_id, dialog, toast),
        Journal(view, case_id, dialog, toast),
        Contacts(view, case_id, toast),
        Changes(view, case_id, dialog, toast),
    ]
    return Page(
        title=row["municipality"],
        template="page_case.html",
        parts={part.live.region: part.live for part in parts},
        active="kommuner",
        values={"name": row["municipality"]},
    )
