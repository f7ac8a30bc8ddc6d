"""The way through a programme: what is recorded, what is refused, who may."""

from datetime import date, timedelta

import pytest

from advisory.domain.enrolments import Status
from advisory.domain.errors import Conflict, Forbidden, NotFound, Refused
from advisory.store import decisions, enrolments

DAY = date(2025, 3, 13)
RECEIVED, DECIDED = date(2024, 9, 1), date(2024, 12, 1)


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
    enrolments.create(facts, cohort["id"], 751, received_on=RECEIVED)
    before = facts.version()

    refused(
        "already_enrolled",
        lambda: enrolments.create(facts, cohort["id"], 751, received_on=RECEIVED),
        municipality="Aarhus",
        cohort="2025-01",
    )
    assert facts.version() == before


@pytest.mark.parametrize(
    ("way", "status"),
    [
        ((), "admitted"),
        ((Status.WAITLISTED,), "waitlisted"),
        ((Status.WAITLISTED, Status.OFFERED), "offered"),
    ],
)
def test_a_municipality_that_is_in_does_not_apply_elsewhere(facts, make_case, cohort, way, status):
    make_case(751, "2025-08", *way, received_on=DAY - timedelta(days=3))
    before = facts.version()

    refused(
        "municipality_in",
        lambda: enrolments.create(facts, cohort["id"], 751, received_on=RECEIVED),
        municipality="Aarhus",
        cohort="2025-08",
        status=status,
    )
    assert facts.version() == before


@pytest.mark.parametrize("way", [(Status.DECLINED,), (Status.WITHDRAWN,)])
def test_a_municipality_that_got_no_place_may_apply_to_a_later_cohort(
    facts, make_case, cohort, way
):
    make_case(751, "2024-02", *way)

    again = enrolments.create(facts, cohort["id"], 751, received_on=RECEIVED)

    assert enrolments.dated_statuses(facts, again) == [(RECEIVED, "applied")]


def test_no_application_is_received_from_the_first_day_of_the_programme_on(facts, cohort):
    start = date(2025, 1, 1)

    refused(
        "cohort_started",
        lambda: enrolments.create(facts, cohort["id"], 751, received_on=start),
        cohort="2025-01",
        starts_on=start,
    )
    enrolments.create(facts, cohort["id"], 751, received_on=start - timedelta(days=1))


def test_an_application_from_tomorrow_is_refused(facts, cohort):
    refused(
        "received_in_future",
        lambda: enrolments.create(facts, cohort["id"], 751, received_on=DAY + timedelta(days=1)),
    )


def test_unknown_cohorts_and_municipalities_are_not_found(facts, cohort):
    for cohort_id, code in ((99, 751), (cohort["id"], 411)):
        with pytest.raises(NotFound):
            enrolments.create(facts, cohort_id, code, received_on=RECEIVED)


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
        lambda: decisions.decide(store, case, Status.WITHDRAWN, on_date=DAY, reason="Trak sig"),
    ):
        with pytest.raises(Forbidden):
            verb()
    assert facts.version() == before


def test_the_period_is_the_cohorts_unless_the_case_has_its_own_start(facts, cohort, case):
    enrolment = facts.get("enrolment", case)

    assert enrolments.period(enrolment, cohort) == (date(2025, 1, 1), date(2026, 6, 30))
    own = {**enrolment, "starts_on": "2025-01-31"}
    assert enrolments.period(own, cohort) == (date(2025, 1, 31), date(2026, 7, 30))
