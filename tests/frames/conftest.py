"""A store for every kind of data a frame can meet, and meetings with people at them."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest

from advisory.domain.attendance import Person, Report
from advisory.store import Store, attendance, meetings, signups

Instants = tuple[datetime, datetime]
MEETING = datetime(2025, 3, 20, 13, 30, tzinfo=UTC)  # 14.30 in Copenhagen
LENGTH = timedelta(minutes=45)


@pytest.fixture(params=["empty", "facts", "demo", "past", "future"])
def any_store(request):
    """Empty, facts only, the invented data, and the same seen from another date."""
    kind = request.param
    if kind in ("empty", "facts"):
        return request.getfixturevalue("store" if kind == "empty" else "facts")
    demo_store = request.getfixturevalue("demo_store")
    days = {"past": date(2024, 6, 1), "future": date(2027, 2, 1)}
    return demo_store.at(days[kind]) if kind in days else demo_store


@pytest.fixture
def make_meeting(facts: Store) -> Callable[..., int]:
    """`make_meeting(starts_at, cohort, ...)` announces a meeting of 45 minutes."""

    def make(starts_at: datetime = MEETING, cohort: str | None = "2025-08", **also) -> int:
        own = facts.find("cohort", code=cohort) if cohort else None
        return meetings.create(
            facts,
            "info_meeting",
            "Infomøde",
            starts_at=starts_at,
            ends_at=starts_at + LENGTH,
            cohort_id=own["id"] if own else None,
            **also,
        )

    return make


@pytest.fixture
def sign_up(facts: Store) -> Callable[..., int]:
    """`sign_up(meeting, "Ane Holm", "Struer")` signs up ane.holm@kommune.example."""

    def sign(activity_id: int, name: str, municipality: str = "", **also: str) -> int:
        return signups.sign_up(
            facts,
            activity_id,
            name=name,
            email=address(name),
            municipality=municipality,
            **also,
        ).signup_id

    return sign


@pytest.fixture
def take_in(facts: Store) -> Callable[..., attendance.Taken]:
    """`take_in(meeting, person, ...)` reads a report with these people."""

    def take(activity_id: int, *people: Person) -> attendance.Taken:
        report = Report("table", None, None, None, len(people), people, ())
        name = f"{activity_id}-{len(facts.rows('attendance_import'))}"
        return attendance.take_in(facts, activity_id, report, file_name=f"{name}.csv", sha256=name)

    return take


def address(name: str) -> str:
    return name.lower().replace(" ", ".") + "@kommune.example"


def seen(name: str, *, email: str | None = "", minutes: float | None = 45) -> Person:
    """Somebody in a report; with the address that `sign_up` gives unless another is given."""
    return Person(name, address(name) if email == "" else email, (), minutes)
