"""The trends: who came month by month, what was held where, hours of competence."""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta

import pandas as pd
import pytest

from advisory import frames
from advisory.domain.enrolments import Status
from advisory.frames.trends import BY_KIND, HOURS, MONTHLY
from advisory.store import Store, activities, decisions, enrolments

FIRST = datetime(2024, 2, 13, 9, tzinfo=UTC)  # in the first month of the cohort
AHEAD = datetime(2025, 4, 24, 8, tzinfo=UTC)
ALL = {
    "attendance_by_month": MONTHLY,
    "activities_by_municipality": BY_KIND,
    "competence_hours": HOURS,
}


@pytest.fixture
def make_case(facts: Store) -> Callable[..., int]:
    def make(name: str, cohort: str = "2024-02") -> int:
        home, own = facts.find("municipality", name=name), facts.find("cohort", code=cohort)
        day = date.fromisoformat(own["starts_on"]) - timedelta(days=150)
        made = enrolments.create(facts, own["id"], home["id"], received_on=day)
        decisions.decide(facts, made, Status.ADMITTED, on_date=day, reason="sent")
        return made

    return make


@pytest.fixture
def arrange(facts: Store) -> Callable[..., int]:
    """`arrange(kind, {case: {"staff": 4}}, at)` is the id of an activity, held when it is over."""

    def make(
        kind: str, came: Mapping[int, Mapping[str, int | None]], at: datetime = FIRST, **also
    ) -> int:
        audiences = sorted({one for counts in came.values() for one in counts})
        hours, held = also.pop("hours", 3), also.pop("held", True)
        new = activities.create(
            facts,
            kind,
            kind,
            starts_at=at,
            ends_at=at + timedelta(hours=hours),
            enrolments=dict.fromkeys(came),
            expected=dict.fromkeys(audiences),
            **also,
        )
        cells = {
            (case, audience): (None, counts[audience]) if audience in counts else None
            for case, counts in came.items()
            for audience in audiences
        }
        activities.count(facts, new, cells)
        if held and at <= facts.now():
            activities.hold(facts, new)
        return new

    return make


def table(found: pd.DataFrame, *columns: str) -> list[tuple]:
    found = found[list(columns)].astype(object)
    return list(found.where(found.notna(), None).itertuples(index=False, name=None))


@pytest.mark.parametrize("name", ALL)
def test_columns_and_types_are_the_same_for_every_store(any_store, name):
    for cases in (None, frozenset(), frozenset({1})):
        found = getattr(frames, name)(any_store, cases)
        assert {column: str(dtype) for column, dtype in found.dtypes.items()} == ALL[name]
        assert list(found.index) == list(range(len(found)))


def test_people_are_added_up_by_the_month_of_their_own_programme(facts, make_case, arrange):
    one, other = make_case("Faxe"), make_case("Vejle", "2025-01")
    arrange("workshop", {one: {"staff": 6, "citizens": 0}})
    arrange("guidance", {one: {"staff": 2}}, FIRST + timedelta(days=3))
    arrange("workshop", {other: {"staff": 5}}, datetime(2025, 1, 20, 9, tzinfo=UTC))
    arrange("workshop", {one: {"staff": 1}}, datetime(2024, 1, 20, 9, tzinfo=UTC))

    found = frames.attendance_by_month(facts)

    assert table(found, *MONTHLY) == [
        (0, "staff", 1, 1, 1),
        (1, "staff", 3, 3, 13),
        (1, "citizens", 1, 1, 0),
    ]
    only = frames.attendance_by_month(facts, frozenset({other}))
    assert table(only, *MONTHLY) == [(1, "staff", 1, 1, 5)]


def test_what_is_not_counted_is_no_0(facts, make_case, arrange):
    arrange("workshop", {make_case("Faxe"): {"staff": None, "peers": 0}})

    found = table(frames.attendance_by_month(facts), *MONTHLY)

    assert found == [(1, "staff", 1, 0, None), (1, "peers", 1, 1, 0)]


def test_what_is_to_come_or_cancelled_is_in_no_month(facts, make_case, arrange):
    case = make_case("Faxe")
    arrange("workshop", {case: {"staff": None}}, AHEAD)
    off = arrange("workshop", {case: {"staff": None}}, held=False)
    activities.cancel(facts, off, "Sygdom")

    assert frames.attendance_by_month(facts).empty


def test_an_activity_is_in_the_months_once_it_is_said_to_be_held(facts, make_case, arrange):
    new = arrange("workshop", {make_case("Faxe"): {"staff": 4}}, held=False)
    assert frames.attendance_by_month(facts).empty

    activities.hold(facts, new)
    assert len(frames.attendance_by_month(facts)) == 1


def test_activities_are_counted_where_they_are_by_kind(facts, make_case, arrange):
    one, other = make_case("Faxe"), make_case("Aabenraa")
    arrange("workshop", {one: {}, other: {}})
    arrange("workshop", {one: {}}, AHEAD)
    arrange("guidance", {one: {}})
    activities.cancel(facts, arrange("guidance", {one: {}}, held=False), "Sygdom")

    found = frames.activities_by_municipality(facts)

    assert table(found, "municipality", "kind", "held", "planned") == [
        ("Faxe", "guidance", 1, 0),
        ("Faxe", "workshop", 1, 1),
        ("Aabenraa", "workshop", 1, 0),
    ]
    assert set(found["cohort"]) == {"2024-02"}
    assert list(frames.activities_by_municipality(facts, frozenset({other}))["slug"]) == [
        "aabenraa"
    ]


def test_hours_are_the_length_times_those_who_came(facts, make_case, arrange):
    one, other = make_case("Faxe"), make_case("Vejle")
    first, second = [row["id"] for row in facts.rows("organisation", "kind = 'partner'")][:2]
    both = {one: {"staff": 4, "peers": 2}, other: {"staff": 3, "peers": None}}
    arrange("competence", both, provider_id=first, hours=6)
    arrange("competence", {one: {"staff": 2}}, provider_id=first, hours=1.5)
    arrange("competence", {one: {"leadership": 0}}, provider_id=second)
    arrange("competence", {one: {"citizens": None}}, provider_id=second)
    arrange("workshop", {one: {"staff": 9}}, provider_id=second)  # no competence development
    names = {row["id"]: row["name"] for row in facts.rows("organisation")}

    found = frames.competence_hours(facts)

    expected = [
        (first, names[first], "staff", 2, 9, 45.0),
        (first, names[first], "peers", 1, 2, 12.0),
        (second, names[second], "leadership", 1, 0, 0.0),
    ]
    assert table(found, *HOURS) == sorted(expected, key=lambda row: row[1])
    only = frames.competence_hours(facts, frozenset({other}))
    assert table(only, "audience", "sessions", "attended", "hours") == [("staff", 1, 3, 18.0)]


def test_the_sum_of_the_months_is_the_sum_of_the_head_counts(facts, make_case, arrange, draw):
    cases = [make_case("Faxe"), make_case("Vejle"), make_case("Struer", "2025-01")]
    for _ in range(25):
        at = datetime(2025, 1, 6, 9, tzinfo=UTC) + timedelta(days=draw.randrange(60))
        some = draw.sample(cases, draw.randint(1, 3))
        arrange(
            draw.choice(("workshop", "competence", "guidance")),
            {
                case: {"staff": draw.choice((None, 0, 3)), "peers": draw.randint(0, 9)}
                for case in some
            },
            at,
        )
    heads = frames.headcounts(facts)

    found = frames.attendance_by_month(facts)

    assert found["attended"].sum() == heads["attended"].sum() > 0
    assert found["invited"].sum() == len(heads)
    assert found["counted"].sum() == heads["attended"].notna().sum() < len(heads)
    served = frames.activities_by_municipality(facts)
    assert served["held"].sum() == len(frames.served(facts))
