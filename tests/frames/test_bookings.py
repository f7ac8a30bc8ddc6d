"""What stands in the calendar already, for whoever looks for a day."""

from datetime import UTC, date, datetime, timedelta

import pytest

from advisory.domain.enrolments import Status
from advisory.domain.scheduling import Booking
from advisory.frames.bookings import bookings, periods
from advisory.store import activities, decisions, enrolments, users

START = datetime(2025, 3, 18, 8, tzinfo=UTC)
LENGTH = timedelta(hours=3)


@pytest.fixture
def case(facts):
    """A case of Horsens, from February 2024 to July 2025."""
    cohort = facts.find("cohort", code="2024-02")["id"]
    case_id = enrolments.create(facts, cohort, 615, received_on=date(2023, 10, 1))
    decisions.decide(facts, case_id, Status.ADMITTED, on_date=date(2023, 11, 1))
    return case_id


def plan(store, case, **also) -> int:
    return activities.create(
        store, "workshop", "En dag", starts_at=START, ends_at=START + LENGTH,
        enrolments={case: None}, expected={}, **also,
    )  # fmt: skip


def own(store) -> list[Booking]:
    """The bookings of the programme, without the meetings among the facts."""
    return [one for one in bookings(store) if one.kind == "workshop"]


def test_an_activity_is_a_booking_of_its_people_and_its_cases(facts, case):
    partner = facts.find("organisation", kind="partner")["id"]
    ida = users.add(facts, "ida@styrelsen.example", "Ida Holm", "IH", "consultant")
    planned = plan(facts, case, provider_id=partner, consultant_id=ida)

    assert own(facts) == [
        Booking(
            planned, "workshop", "En dag", START, START + LENGTH, ida, partner, frozenset({case})
        )
    ]


def test_what_is_cancelled_takes_nobodys_time(facts, case):
    activities.cancel(facts, plan(facts, case), "Sygdom")

    assert own(facts) == []


def test_the_agency_can_hold_two_activities_at_once(facts, case):
    plan(facts, case)

    assert [one.provider_id for one in own(facts)] == [None]


def test_an_activity_may_lie_three_months_before_a_programme_and_six_after(facts, case):
    assert periods(facts) == {case: (date(2023, 11, 1), date(2026, 1, 31))}


def test_an_empty_database_has_neither(store):
    assert (bookings(store), periods(store)) == ((), {})
