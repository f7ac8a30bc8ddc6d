"""The balance against a second reading of the tables, and what is missing where."""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pandas as pd
import pytest

from advisory import frames
from advisory.domain.balance import Gap
from advisory.domain.enrolments import Status
from advisory.frames.balance import BALANCE, GAPS, case_gaps
from advisory.store import Store, activities, decisions, enrolments, targets

AUDIENCES = ("leadership", "staff", "peers", "citizens")
FIRST = datetime(2024, 5, 14, 8, tzinfo=UTC)
AHEAD = datetime(2025, 4, 24, 8, tzinfo=UTC)
FULL = {"leadership": 2, "staff": 6, "peers": 2, "citizens": 3}
DAY = timedelta(days=1)
Came = Mapping[int, Mapping[str, int | None]]


@pytest.fixture
def make_case(facts: Store) -> Callable[..., int]:
    def make(name: str = "Faxe", cohort: str = "2024-02") -> int:
        home, own = facts.find("municipality", name=name), facts.find("cohort", code=cohort)
        day = date.fromisoformat(own["starts_on"]) - timedelta(days=150)
        made = enrolments.create(facts, own["id"], home["id"], received_on=day)
        decisions.decide(facts, made, Status.ADMITTED, on_date=day, reason="sent")
        return made

    return make


@pytest.fixture
def case(make_case) -> int:
    return make_case()


@pytest.fixture
def arrange(facts: Store) -> Callable[..., int]:
    """`arrange({case: {"staff": 4}}, FIRST)` is a held workshop; an audience left out is not
    invited from there, None is not counted.
    """

    def make(came: Came, at: datetime = FIRST, *, held: bool = True, **also: Any) -> int:
        new = activities.create(
            facts,
            also.pop("kind", "workshop"),
            also.pop("title", "Workshop"),
            starts_at=at,
            ends_at=at + timedelta(hours=3),
            enrolments=dict.fromkeys(came),
            expected={},
            **also,
        )
        cells = {
            (each, audience): (None, heads)
            for each, counts in came.items()
            for audience, heads in counts.items()
        }
        activities.count(facts, new, cells)
        if held and at < facts.now():
            activities.hold(facts, new)
        return new

    return make


def plain(found: pd.DataFrame, *columns: str) -> list[tuple]:
    found = found[list(columns)].astype(object)
    return list(found.where(found.notna(), None).itertuples(index=False, name=None))


def marks(store: Store, **where: object) -> dict[str, list[str]]:
    """The marks of each audience in the order of the workshops."""
    found = frames.balance(store)
    for column, value in where.items():
        found = found[found[column] == value]
    return found.groupby("audience", sort=False)["mark"].agg(list).to_dict()


def gaps(store: Store) -> list[tuple]:
    return plain(frames.gaps(store), "municipality", "audience", "kind", "times", "of")


# --- the balance ------------------------------------------------------------------------------


def test_one_row_for_each_workshop_and_audience_of_a_case(facts, case, arrange):
    new = arrange({case: {"leadership": 2, "staff": 5, "peers": 0}}, title="Første")

    first = {
        "enrolment_id": case,
        "municipality": "Faxe",
        "slug": "faxe",
        "cohort": "2024-02",
        "activity_id": new,
        "title": "Første",
        "day": pd.Timestamp("2024-05-14"),
        "number": 1,
    }
    found = frames.balance(facts)
    assert [{name: row[name] for name in first} for row in found.to_dict("records")] == [first] * 4
    assert plain(found, "audience", "planned", "attended", "invited", "mark") == [
        ("leadership", None, 2, True, "within"),
        ("staff", None, 5, True, "under"),
        ("peers", None, 0, True, "none"),
        ("citizens", None, None, False, "not_invited"),
    ]


def test_what_is_planned_and_what_is_not_counted(facts, case, arrange):
    new = arrange({case: {"staff": None}})
    activities.count(facts, new, {(case, "peers"): (7, None)})

    found = frames.balance(facts)

    known = found[found["invited"]]
    assert plain(known, "audience", "planned", "attended", "mark") == [
        ("staff", None, None, "unknown"),
        ("peers", 7, None, "unknown"),
    ]


def test_workshops_are_numbered_by_day_whatever_the_order_they_were_planned_in(
    facts, case, make_case, arrange
):
    other = make_case("Vejle")
    late = arrange({case: FULL, other: FULL}, FIRST + 90 * DAY)
    early = arrange({case: FULL}, FIRST)

    found = frames.balance(facts).drop_duplicates(["activity_id", "enrolment_id"])

    assert plain(found, "activity_id", "municipality", "number") == [
        (early, "Faxe", 1),
        (late, "Faxe", 2),
        (late, "Vejle", 1),
    ]


def test_a_cancelled_workshop_and_other_activities_are_left_out(facts, case, arrange):
    activities.cancel(facts, arrange({case: dict.fromkeys(FULL)}, AHEAD), "Sygdom")
    arrange({case: FULL}, kind="competence")
    arrange({case: FULL}, kind="guidance")

    assert frames.balance(facts).empty
    assert frames.gaps(facts).empty


def test_a_workshop_is_coming_until_it_has_ended(facts, clock, case, arrange):
    arrange({case: dict.fromkeys(FULL)}, AHEAD)
    assert marks(facts) == {one: ["coming"] for one in AUDIENCES}

    clock.now = AHEAD + timedelta(hours=3)
    assert marks(facts) == {one: ["unknown"] for one in AUDIENCES}

    clock.now -= timedelta(seconds=1)
    assert marks(facts) == {one: ["coming"] for one in AUDIENCES}


def test_a_target_changes_the_marks_at_once(facts, case, arrange):
    arrange({case: FULL})
    assert marks(facts) == {one: ["within"] for one in AUDIENCES}

    targets.set_target(facts, "peers", 3, 6)

    assert marks(facts)["peers"] == ["under"]
    assert gaps(facts) == [("Faxe", "peers", "under", 1, 1)]


def test_without_a_target_one_head_is_enough(facts, case, arrange):
    with facts.write("target.edit"):
        for row in facts.rows("audience_target"):
            facts.delete("audience_target", row["id"])
    arrange({case: {"leadership": 1, "staff": 1, "peers": 0, "citizens": 1}})

    assert marks(facts) == {
        "leadership": ["within"],
        "staff": ["within"],
        "peers": ["none"],
        "citizens": ["within"],
    }


def test_the_balance_adds_up_to_the_head_counts(facts, make_case, arrange, draw):
    cases = [make_case(name) for name in ("Faxe", "Vejle", "Struer")]
    for _ in range(20):
        at = FIRST + draw.randrange(400) * DAY
        came = {
            case: {one: draw.choice((None, 0, 1, 4, 12)) for one in draw.sample(AUDIENCES, 3)}
            for case in draw.sample(cases, draw.randint(1, 3))
        }
        if at > facts.now():
            came = {case: dict.fromkeys(counts) for case, counts in came.items()}
        arrange(came, at, held=draw.random() < 0.7)
    heads = {
        (row["activity_id"], row["enrolment_id"], row["audience"]): row
        for row in facts.rows("headcount")
    }
    aims = {row["audience"]: row["low"] for row in facts.rows("audience_target")}
    now = facts.now().isoformat()
    ended = {row["id"] for row in facts.rows("activity") if row["ends_at"][:19] <= now[:19]}

    held = {row["id"] for row in facts.rows("activity") if row["held_at"]}

    found = frames.balance(facts)

    assert len(found) == 4 * len(facts.rows("activity_enrolment"))
    assert not found.duplicated(["activity_id", "enrolment_id", "audience"]).any()
    for row in found.itertuples(index=False):
        head = heads.get((row.activity_id, row.enrolment_id, row.audience))
        came = head["attended"] if head else None
        if row.activity_id not in held:
            came = None  # it does not count yet
        if row.activity_id not in ended | held:
            mark = "coming"
        elif head is None:
            mark = "not_invited"
        elif came is None:
            mark = "unknown"
        else:
            mark = "none" if not came else "within" if came >= aims[row.audience] else "under"
        assert (row.mark, row.invited) == (mark, head is not None)
        assert (None if pd.isna(row.attended) else row.attended) == came
    numbers = found.drop_duplicates(["enrolment_id", "number"])
    for _, own in numbers.groupby("enrolment_id"):
        assert list(own["number"]) == list(range(1, len(own) + 1))
        assert own["day"].is_monotonic_increasing


# --- the gaps ---------------------------------------------------------------------------------


def test_a_gap_has_how_often_and_the_workshop_that_could_close_it(facts, case, arrange):
    arrange({case: FULL})
    arrange({case: {**FULL, "citizens": 0}}, FIRST + 60 * DAY)
    new = arrange({case: dict.fromkeys(("staff", "peers"))}, AHEAD, title="Næste")

    assert frames.gaps(facts).to_dict("records") == [
        {
            "enrolment_id": case,
            "municipality": "Faxe",
            "slug": "faxe",
            "cohort": "2024-02",
            "audience": "citizens",
            "kind": "none",
            "times": 1,
            "of": 2,
            "next_id": new,
            "next_title": "Næste",
            "next_on": pd.Timestamp("2025-04-24"),
            "invited": False,
        }
    ]
    activities.count(facts, new, {(case, "citizens"): (None, None)})
    assert list(frames.gaps(facts)["invited"]) == [True]


def test_the_workshop_that_invites_the_audience_comes_before_an_earlier_one(facts, case, arrange):
    arrange({case: {**FULL, "citizens": 0}})
    arrange({case: {"staff": None}}, AHEAD)
    later = arrange({case: {"citizens": None}}, AHEAD + 30 * DAY)

    assert plain(frames.gaps(facts), "next_id", "invited") == [(later, True)]


def test_without_a_workshop_to_come_there_is_none_to_name(facts, case, arrange):
    arrange({case: {**FULL, "citizens": 0}})

    found = frames.gaps(facts)

    assert plain(found, "next_id", "next_title", "next_on", "invited") == [(None, "", None, False)]
    assert {name: str(dtype) for name, dtype in found.dtypes.items()} == GAPS


def test_a_workshop_to_come_of_another_municipality_closes_nothing(facts, case, make_case, arrange):
    arrange({case: {**FULL, "citizens": 0}})
    arrange({make_case("Vejle"): dict.fromkeys(FULL)}, AHEAD)

    assert plain(frames.gaps(facts), "next_id") == [(None,)]


def test_the_worst_of_all_cases_comes_first(facts, make_case, arrange):
    one, other, third = (make_case(name) for name in ("Faxe", "Vejle", "Struer"))
    arrange({one: {**FULL, "staff": 5}})
    arrange({other: FULL, third: {**FULL, "peers": 0}})
    two = {name: FULL[name] for name in ("leadership", "staff", "peers")}
    arrange({other: two}, FIRST + 60 * DAY)
    fourth = make_case("Greve")
    arrange({fourth: two})
    arrange({fourth: two}, FIRST + 60 * DAY)

    assert gaps(facts) == [
        ("Struer", "peers", "none", 1, 1),
        ("Greve", "citizens", "never", 2, 2),
        ("Faxe", "staff", "under", 1, 1),
    ]
    assert case_gaps(facts) == {
        third: (Gap("peers", "none", 1, 1),),
        fourth: (Gap("citizens", "never", 2, 2),),
        one: (Gap("staff", "under", 1, 1),),
    }


def test_what_nobody_has_counted_or_said_to_be_held_is_no_gap(facts, case, arrange):
    arrange({case: {**FULL, "citizens": None}})
    arrange({case: {**FULL, "citizens": 0}}, FIRST + 60 * DAY, held=False)
    assert gaps(facts) == []

    latest = facts.rows("activity", order="starts_at DESC")[0]["id"]
    activities.hold(facts, latest)
    assert gaps(facts) == [("Faxe", "citizens", "none", 1, 1)]  # control


def test_gaps_and_balance_agree_with_what_the_case_is_told(facts, case, arrange):
    arrange({case: {**FULL, "citizens": 0}})

    found = frames.enrolments(facts)

    reasons = found.loc[found["enrolment_id"] == case, "reasons"].iloc[0]
    assert "health_audience_none" in [reason.key for reason in reasons]


def test_the_day_that_is_shown_decides(facts, clock, case, arrange):
    first = facts.today()
    arrange({case: {**FULL, "citizens": 0}})
    clock.on(first + DAY)
    arrange({case: FULL}, FIRST + 60 * DAY)
    assert gaps(facts) == []

    assert gaps(facts.at(first)) == [("Faxe", "citizens", "none", 1, 1)]
    assert {name: len(found) for name, found in marks(facts.at(first)).items()} == dict.fromkeys(
        AUDIENCES, 1
    )


def test_columns_hold_where_there_is_nothing(store):
    types = {name: str(dtype) for name, dtype in frames.balance(store).dtypes.items()}

    assert types == BALANCE
    assert {name: str(dtype) for name, dtype in frames.gaps(store).dtypes.items()} == GAPS
    assert case_gaps(store) == {}
