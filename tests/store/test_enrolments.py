"""The way through a programme: what is recorded, what is refused, who may."""

from datetime import date, timedelta

import pytest

from advisory.domain import capacity
from advisory.domain.enrolments import Status
from advisory.domain.errors import Conflict, Forbidden, NotFound, Refused
from advisory.store import enrolments

DAY = date(2025, 3, 13)


@pytest.fixture
def cohort(facts) -> dict:
    """The one with a deadline: 1 October 2024, start 1 January 2025."""
    return facts.find("cohort", code="2025-01")


def refused(key, call, **values):
    with pytest.raises(Refused) as refusal:
        call()
    assert refusal.value.key == key
    for name, value in values.items():
        assert refusal.value.values[name] == value


def test_a_case_opens_with_the_status_applied(facts, cohort, written):
    with written(facts) as changes:
        case = enrolments.create(
            facts, cohort["id"], 751, received_on=date(2024, 9, 1), goal="Peers i botilbud"
        )

    assert [(action, table, kind) for action, table, kind, _ in changes] == [
        ("enrolment.create", "enrolment", "insert"),
        ("enrolment.create", "enrolment_status", "insert"),
    ]
    assert facts.get("enrolment", case)["goal"] == "Peers i botilbud"
    assert enrolments.dated_statuses(facts, case) == [(date(2024, 9, 1), "applied")]


def test_a_municipality_has_one_case_in_a_cohort(facts, cohort):
    enrolments.create(facts, cohort["id"], 751, received_on=DAY)
    before = facts.version()

    refused(
        "already_enrolled",
        lambda: enrolments.create(facts, cohort["id"], 751, received_on=DAY),
        municipality="Aarhus",
        cohort="2025-01",
    )
    assert facts.version() == before


def test_an_application_from_tomorrow_is_refused(facts, cohort):
    refused(
        "received_in_future",
        lambda: enrolments.create(facts, cohort["id"], 751, received_on=DAY + timedelta(days=1)),
    )


def test_unknown_cohorts_and_municipalities_are_not_found(facts, cohort):
    for cohort_id, code in ((99, 751), (cohort["id"], 411)):
        with pytest.raises(NotFound):
            enrolments.create(facts, cohort_id, code, received_on=DAY)


def test_admission_lays_the_plan_in_the_same_operation(facts, make_case, written):
    case = make_case(751, "2024-02", Status.WAITLISTED, Status.OFFERED)
    before = facts.version()
    with written(facts) as changes:
        enrolments.set_status(facts, case, Status.ADMITTED, on_date=date(2024, 1, 15))

    assert [(action, table) for action, table, _, _ in changes] == [
        ("enrolment.status", "enrolment_status"),
        *[("milestone.add", "milestone")] * 18,
    ]
    rows = facts.rows("history", "id > ?", [before])
    assert len({row["operation"] for row in rows}) == 1


@pytest.mark.parametrize("reason", [None, "", "   "])
def test_admitting_who_applied_late_needs_a_reason(facts, cohort, reason):
    late = enrolments.create(facts, cohort["id"], 751, received_on=date(2024, 10, 2))
    in_time = enrolments.create(facts, cohort["id"], 101, received_on=date(2024, 10, 1))

    refused(
        "reason_needed",
        lambda: enrolments.set_status(facts, late, Status.ADMITTED, on_date=DAY, reason=reason),
    )
    assert facts.rows("milestone", "enrolment_id = ?", [late]) == []
    enrolments.set_status(facts, in_time, Status.ADMITTED, on_date=DAY, reason=reason)
    enrolments.set_status(facts, late, Status.ADMITTED, on_date=DAY, reason="Aftalt")


def test_moves_that_are_not_permitted_are_refused(facts, make_case):
    case = make_case(751, "2024-02", Status.DECLINED)

    for status in (Status.ADMITTED, Status.OFFERED, Status.ACTIVE, "invented"):
        refused(
            "move_not_allowed",
            lambda status=status: enrolments.set_status(facts, case, status, on_date=DAY),
            frm=Status.DECLINED,
        )


def test_a_status_cannot_come_before_the_one_recorded_last(facts, make_case):
    case = make_case(751, "2024-02")
    since = enrolments.dated_statuses(facts, case)[-1][0]

    refused(
        "status_out_of_order",
        lambda: enrolments.set_status(
            facts, case, Status.WITHDRAWN, on_date=since - timedelta(days=1)
        ),
        since=since,
    )
    enrolments.set_status(facts, case, Status.WITHDRAWN, on_date=since)


@pytest.fixture
def full(facts, make_case) -> list[int]:
    """Twenty admitted cases of the last cohort, and one on the waiting list."""
    codes = [row["id"] for row in facts.rows("municipality")][:21]
    cases = [make_case(code, "2025-08") for code in codes[:20]]
    return [*cases, make_case(codes[20], "2025-08", Status.WAITLISTED)]


def test_the_twenty_first_gets_no_place(facts, full):
    refused(
        "no_place_left",
        lambda: enrolments.set_status(facts, full[20], Status.OFFERED, on_date=DAY),
        capacity=20,
    )
    enrolments.set_status(facts, full[0], Status.WITHDRAWN, on_date=DAY)
    enrolments.set_status(facts, full[20], Status.OFFERED, on_date=DAY)


def test_an_offer_that_is_accepted_needs_no_second_place(facts, full):
    enrolments.set_status(facts, full[0], Status.WITHDRAWN, on_date=DAY)
    enrolments.set_status(facts, full[20], Status.OFFERED, on_date=DAY)
    enrolments.set_status(facts, full[20], Status.ADMITTED, on_date=DAY)

    assert capacity.held(enrolments.cases(facts, 1).values(), DAY) == 20


def test_a_place_promised_for_a_later_day_is_not_given_away_before_it(facts, full):
    """Either a status cannot lie in the future, or whoever comes after it counts it too."""
    enrolments.set_status(facts, full[0], Status.WITHDRAWN, on_date=DAY)
    extra = enrolments.create(
        facts, facts.find("cohort", code="2025-08")["id"], 860, received_on=DAY
    )
    later = DAY + timedelta(days=30)
    for case, status, on_date in ((full[20], Status.OFFERED, later), (extra, Status.ADMITTED, DAY)):
        try:
            enrolments.set_status(facts, case, status, on_date=on_date, reason="x")
        except Refused:
            continue

    held = capacity.held(enrolments.cases(facts, 1).values(), later)
    assert held <= 20


def test_editing_changes_the_three_fields_and_no_other(facts, case, written):
    with written(facts) as changes:
        after = enrolments.edit(facts, case, {"goal": "Ny", "prior_experience": "some"}, version=1)

    assert after == facts.get("enrolment", case)
    assert changes == [
        (
            "enrolment.edit",
            "enrolment",
            "update",
            {"goal": "Ny", "prior_experience": "some", "version": 2},
        )
    ]
    refused("field_unknown", lambda: enrolments.edit(facts, case, {"cohort_id": 2}))
    with pytest.raises(Conflict):
        enrolments.edit(facts, case, {"goal": "Anden"}, version=1)


@pytest.mark.parametrize("role", ["consultant", "leadership", "partner"])
def test_places_are_given_by_the_office(facts, cohort, case, as_role, role):
    store, before = as_role(role), facts.version()

    for verb in (
        lambda: enrolments.create(store, cohort["id"], 751, received_on=DAY),
        lambda: enrolments.set_status(store, case, Status.WITHDRAWN, on_date=DAY),
    ):
        with pytest.raises(Forbidden):
            verb()
    assert facts.version() == before


def test_the_period_is_the_cohorts_unless_the_case_has_its_own_start(facts, cohort, case):
    enrolment = facts.get("enrolment", case)

    assert enrolments.period(enrolment, cohort) == (date(2025, 1, 1), date(2026, 6, 30))
    own = {**enrolment, "starts_on": "2025-01-31"}
    assert enrolments.period(own, cohort) == (date(2025, 1, 31), date(2026, 7, 30))
