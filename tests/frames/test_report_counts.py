"""Counting the people in a report: by municipality and audience as far as that is certain."""

from datetime import UTC, date, datetime, timedelta

import pytest

from advisory import frames
from advisory.domain.attendance import Person, Report
from advisory.domain.errors import Refused
from advisory.store import activities, people

STARTS = datetime(2025, 3, 11, 8, tzinfo=UTC)
ENDS = STARTS + timedelta(hours=3)
LEADS = {"audience": "leadership", "valid_from": date(2025, 1, 1)}


@pytest.fixture
def served(demo_store):
    """Two running cases, in the order of their names: (enrolment, municipality, slug)."""
    found = frames.enrolments(demo_store).query("status == 'active'").sort_values("municipality")
    found = found[~found["slug"].str.contains("-")].head(2)
    return list(zip(found["enrolment_id"].tolist(), found["municipality"], found["slug"]))


@pytest.fixture
def workshop(demo_store, served):
    """A workshop for both; Ane leads in the first and has a domain that tells where she works."""
    first = served[0][0]
    people.add_contact(demo_store, first, "Ane Skov", "leder", email="Ane@egen.example", **LEADS)
    people.add_contact(demo_store, first, "Bo Eng", "leder", email="bo.eng@gmail.com", **LEADS)
    return activities.create(
        demo_store,
        "workshop",
        "Fælles workshop",
        starts_at=STARTS,
        ends_at=ENDS,
        enrolments={enrolment_id: None for enrolment_id, _, _ in served},
        expected={"leadership": 3, "staff": 8},
    )


def report(*found: Person) -> Report:
    return Report("table", None, None, None, len(found), found, ())


def rows(store, activity_id, *found: Person) -> list[tuple]:
    counted = frames.report_counts(store, activity_id, report(*found))
    counted["enrolment_id"] = counted["enrolment_id"].astype(object)
    return [
        tuple(None if value != value or value is None else value for value in row)
        for row in counted.astype(object).where(counted.notna(), None).itertuples(index=False)
    ]


def test_people_are_counted_where_their_address_places_them(demo_store, served, workshop):
    (first, one, _), (second, other, slug) = served

    found = rows(
        demo_store,
        workshop,
        Person("Ane Skov", "ane@EGEN.example"),
        Person("Ukendt", "ny@egen.example"),
        Person("Ukendt", f"x@post.{slug}.example"),
        Person("Ukendt", f"y@{slug}.example"),
        Person(f"Peer fra {one}", None),
    )

    assert found == [
        (first, one, "leadership", 1, 0),
        (first, one, "", 1, 0),
        (second, other, "", 2, 0),
        (None, "", "", 1, 0),
    ]


def test_an_address_anybody_can_have_places_only_the_contact_who_has_it(
    demo_store, served, workshop
):
    found = rows(
        demo_store, workshop, Person("B", "BO.ENG@gmail.com"), Person("C", "en.anden@gmail.com")
    )

    assert found == [(served[0][0], served[0][1], "leadership", 1, 0), (None, "", "", 1, 0)]


def test_a_domain_that_two_municipalities_share_places_nobody(demo_store, served, workshop):
    alone = rows(demo_store, workshop, Person("N", "ny@egen.example"))
    people.add_contact(
        demo_store, served[1][0], "Else", "leder", email="else@egen.example", **LEADS
    )

    shared = rows(demo_store, workshop, Person("N", "ny@egen.example"))

    assert alone == [(served[0][0], served[0][1], "", 1, 0)]
    assert shared == [(None, "", "", 1, 0)]


def test_in_a_report_with_times_only_those_count_who_were_there(demo_store, workshop):
    there = ((STARTS, STARTS + timedelta(minutes=30)),)
    gone = ((ENDS + timedelta(minutes=5), ENDS + timedelta(minutes=9)),)

    found = rows(
        demo_store,
        workshop,
        Person("A", None, there),
        Person("B", None, gone),
        Person("C", None, (), 20.0),
        Person("D", None, (), None),
    )

    assert found == [(None, "", "", 3, 1)]


def test_everyone_on_a_list_without_times_counts(demo_store, workshop):
    assert rows(demo_store, workshop, Person("A"), Person("B")) == [(None, "", "", 2, 0)]


def test_a_report_of_another_time_and_one_without_people_are_refused(demo_store, workshop):
    days = timedelta(days=9)
    other = Person("A", None, ((STARTS - days, ENDS - days),))

    with pytest.raises(Refused, match="report_of_another_time"):
        rows(demo_store, workshop, other)
    with pytest.raises(Refused, match="report_empty"):
        rows(demo_store, workshop)


def test_counting_writes_nothing(demo_store, workshop):
    before = demo_store.version()

    rows(demo_store, workshop, Person("A"))

    assert demo_store.version() == before
