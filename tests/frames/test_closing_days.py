"""The closing days are data: changing the setting moves the dates that fell on them."""

from datetime import date

from advisory import frames
from advisory.store import plan


def test_a_date_on_a_closing_day_moves_when_the_day_is_no_longer_closed(demo_store, as_role):
    system = as_role("system")
    case_id = int(frames.enrolments(system).query("status == 'active'").iloc[0]["enrolment_id"])
    first = frames.milestones(system, case_id).iloc[0]
    with system.write("setting.edit"):
        days = (date(2025, 6, 5) - frames.case(system, case_id)["starts_on"].date()).days
        system.update(
            "milestone",
            int(first["milestone_id"]),
            {"offset": days, "unit": "days", "pinned": 0, "override_on": None, "done_on": None},
        )

    closed = plan.dates(system, case_id)[int(first["milestone_id"])].rule_on
    setting = system.find("setting", key="closing_days")
    with system.write("setting.edit"):
        system.update("setting", setting["id"], {"value": "24/12"})
    open_ = frames.milestones(system, case_id).set_index("milestone_id")["rule_on"]

    assert closed == date(2025, 6, 6)
    assert open_[first["milestone_id"]].date() == date(2025, 6, 5)
