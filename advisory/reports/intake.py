"""The reports about the places: the applications, and what changed how many places are held."""

import pandas as pd

from .. import frames
from ..store import Store
from ..texts import Text
from .columns import Report, clock, code, columns, several, truth, word


def _ledger(store: Store) -> pd.DataFrame:
    """The movements, oldest first, each with its number in the whole ledger."""
    found = frames.ledger(store)
    return found.assign(movement=range(1, len(found) + 1))


def lacking(_: Store, text: Text, values: pd.Series) -> pd.Series:
    """What applications do not have, as `kontaktperson, motivation`."""
    words = [", ".join(text(f"application_item.{one}") for one in found) for found in values]
    return pd.Series(words, index=values.index, dtype="str")


INTAKE: dict[str, Report] = {
    "applications": Report(
        "page.intake",
        frames.applications,
        ("enrolment_id",),
        columns(
            ("code", "municipality_id", None), "municipality", "region", "cohort", "received_on",
            ("received_time", "received_at", clock), ("late_application", "late", truth),
            "moved_from", ("status", word("status")), ("stage", word("stage")),
            ("status_since", "since", None), "queue", "priority", "priority_reason", "answer_by",
            ("lacking", lacking), ("complete", truth), "reviewed_on",
            ("prior_experience", code("prior_experience")), "goal", "motivation",
            ("commitment", truth), ("attachments", several), "contact", "contact_role",
            "contact_email", "contact_phone", ("last_info_meeting", "last_meeting", None),
            "next_task", ("task_on", "next_on", None), "consultant", "decided_by",
            ("decision_reason", "reason", None), ("holds_place", truth),
        ),
    ),
    "ledger": Report(
        "page.intake",
        _ledger,
        ("movement",),
        columns(
            "movement", ("movement_on", "on", None), ("cause", word("report_cause")),
            "municipality", "cohort", "from_cohort", ("number_before", "before", None),
            ("number_after", "after", None), ("taken_change", "taken", None),
            ("offered_change", "offered", None), ("free_change", "free", None), "taken_after",
            "offered_after", "free_after", "capacity_after", "reason", "actor",
        ),
    ),
}  # fmt: skip
