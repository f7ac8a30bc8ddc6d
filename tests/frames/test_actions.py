"""What somebody has to do something about, in the order in which to do it."""

from datetime import date, timedelta

import pandas as pd
import pytest

from advisory import frames
from advisory.domain.enrolments import Status
from advisory.store import decisions, enrolments, journal

DAY = date(2025, 3, 13)


@pytest.fixture
def offer(facts):
    """`offer("Struer", date)` offers a place in the coming cohort to be answered by that day."""
    cohort_id = facts.find("cohort", code="2025-08")["id"]

    def make(name: str, answer_by: date | None) -> int:
        home = facts.find("municipality", name=name)["id"]
        case = enrolments.create(facts, cohort_id, home, received_on=DAY)
        decisions.decide(facts, case, Status.WAITLISTED, on_date=DAY)
        if answer_by:
            decisions.decide(facts, case, Status.OFFERED, on_date=DAY, answer_by=answer_by)
        return case

    return make


def test_what_is_late_comes_by_its_age_and_the_rest_by_its_date(facts, offer, clock):
    """Also for an offer made before offers had a last day to answer, which comes last."""
    far, near = offer("Ballerup", date(2025, 4, 20)), offer("København", date(2025, 3, 20))
    old = offer("Aabenraa", None)
    with facts.write("enrolment.status"):
        facts.insert(
            "enrolment_status",
            {"enrolment_id": old, "status": "offered", "on_date": str(DAY), "actor": "x"},
        )
    waiting = offer("Dragør", None)
    journal.add_task(facts, far, "Ring", due_on=DAY + timedelta(days=2))
    journal.add_task(facts, near, "Skriv", due_on=DAY + timedelta(days=1))
    clock.on(date(2025, 3, 16))

    found = frames.actions(facts)

    rows = found[["kind", "enrolment_id", "on", "days"]].astype(object)
    assert rows.where(rows.notna(), None).values.tolist() == [
        ["task", near, pd.Timestamp("2025-03-14"), 2],
        ["task", far, pd.Timestamp("2025-03-15"), 1],
        ["place", waiting, pd.Timestamp("2025-03-13"), 3],
        ["offer", near, pd.Timestamp("2025-03-20"), 4],
        ["offer", far, pd.Timestamp("2025-04-20"), 35],
        ["offer", old, None, 0],
    ]
